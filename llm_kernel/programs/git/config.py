"""Git's settings: the files ``/etc/gitconfig``, ``~/.gitconfig`` and ``.git/config``, read and written in place."""

from __future__ import annotations

import re

from llm_kernel.machine import Machine

__all__ = ["Config"]

_SECTION = re.compile(r'\[([\w.-]+)(?:\s+"((?:[^"\\]|\\.)*)")?\]')
_SET = re.compile(r"([A-Za-z][\w-]*)\s*(?:=\s*(.*))?$")


class Config:
    """One file of settings, kept as lines."""

    def __init__(self, machine: Machine, path: str) -> None:
        self.path = path
        self._files = machine.files
        try:
            self._lines = machine.files.read(path).decode("utf-8", "replace").splitlines() if path else []
        except OSError:
            self._lines = []

    def rows(self) -> list[tuple[str, str]]:
        """Every setting as ``section.name`` or ``section.part.name`` with its value, in order."""
        return [(f"{section}.{name}", value) for section, name, value, _ in self._walk()]

    def get(self, name: str) -> str | None:
        """The last value of ``name``."""
        wanted = _folded(name)
        return next((value for key, value in reversed(self.rows()) if key == wanted), None)

    def set(self, name: str, value: str) -> None:
        """Give ``name`` a value, in its place where it has one."""
        section, _, key = name.rpartition(".")
        line, wanted = f"\t{key} = {_quoted(value)}", _folded(name)
        at = [at for found, last, _, at in self._walk() if f"{found}.{last}" == wanted]
        if at:
            self._lines[at[-1]] = line
        else:
            self._lines.insert(self._end(section), line)
        self._write()

    def unset(self, name: str) -> bool:
        """Take ``name`` away, and a section that is left empty; whether it was there."""
        wanted = _folded(name)
        gone = {at for section, key, _, at in self._walk() if f"{section}.{key}" == wanted}
        self._lines = [line for at, line in enumerate(self._lines) if at not in gone]
        section = wanted.rpartition(".")[0]
        if gone and not any(found == section for found, *_ in self._walk()):
            self._lines = [line for line in self._lines if _head(line) != section]
        self._write()
        return bool(gone)

    def drop(self, section: str) -> bool:
        """Take a section away; whether it was there."""
        kept, inside, found = [], False, False
        for line in self._lines:
            if head := _head(line):
                inside = head == _folded(f"{section}.x")[:-2]
                found = found or inside
            if not inside:
                kept.append(line)
        self._lines = kept
        self._write()
        return found

    def _walk(self) -> list[tuple[str, str, str, int]]:
        found, section = [], ""
        for at, line in enumerate(self._lines):
            text = line.strip()
            if head := _head(text):
                section = head
                text = text[text.index("]") + 1 :].strip()
            match = _SET.match(text)
            if match and section:
                value = "true" if match[2] is None else _plain(match[2])
                found.append((section, match[1].lower(), value, at))
        return found

    def _end(self, section: str) -> int:
        wanted = _folded(f"{section}.x")[:-2]
        inside, end = False, -1
        for at, line in enumerate(self._lines):
            if head := _head(line):
                inside = head == wanted
            if inside:
                end = at + 1
        if end < 0:
            first, dot, rest = section.partition(".")
            self._lines.append(f'[{first} "{rest}"]' if dot else f"[{section}]")
            end = len(self._lines)
        return end

    def _write(self) -> None:
        self._files.write(self.path, "".join(f"{line}\n" for line in self._lines).encode())


def _head(line: str) -> str:
    match = _SECTION.match(line.strip())
    if match is None:
        return ""
    return match[1].lower() + (f".{match[2]}" if match[2] is not None else "")


def _folded(name: str) -> str:
    """Section and key fold case, what stands between them does not."""
    section, _, key = name.rpartition(".")
    first, dot, rest = section.partition(".")
    return f"{first.lower()}{dot}{rest}.{key.lower()}"


def _plain(text: str) -> str:
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    return re.split(r"(?<!\s)\s+[#;]", text)[0]


def _quoted(value: str) -> str:
    plain = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{plain}"' if value != value.strip() or any(sign in value for sign in "#;") else plain
