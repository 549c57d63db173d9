"""Which files a program or an instruction is about, and what of them a model is shown."""

from __future__ import annotations

import ast
import hashlib
import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence

from llm_kernel.machine import Machine
from llm_kernel.programs.compiled import units
from llm_kernel.prompt import Shown

__all__ = ["named_in", "read_by", "show", "show_text"]

_WORD = re.compile(r"[\w./~-]+")
_FAMOUS = frozenset(["Makefile", "Dockerfile", "README"])
_LONGEST = 255
_MOST_FILES = 6


def show_text(data: bytes, *, budget: int) -> tuple[str, int]:
    """Text of at most about ``budget`` characters: whole, or head and tail; and its number of lines."""
    text = data.decode("utf-8", "replace")
    lines = text.count("\n") + (not text.endswith("\n") and bool(text))
    if len(text) <= budget:
        return text, lines
    head = text[: budget * 2 // 3].rpartition("\n")[0] or text[: budget * 2 // 3]
    tail = text[-budget // 3 :].partition("\n")[2] or text[-budget // 3 :]
    left = lines - head.count("\n") - tail.count("\n") - 2
    return f"{head}\n[... {max(left, 1)} lines ...]\n{tail}", lines


def show(machine: Machine, paths: Iterable[str], cwd: str, *, budget: int = 9000) -> list[Shown]:
    """The files as the model sees them, relative to ``cwd`` where they lie below it; directories are left out."""
    shown: list[Shown] = []
    for path in paths:
        if len(shown) == _MOST_FILES or budget < 200:
            break
        try:
            stat = machine.files.stat(path)
            if stat.kind != "file":
                continue
            digest = ""
            if machine.files.is_sized(path):
                text, lines = f"[{stat.size} bytes]", 0
            else:
                data = machine.files.read(path)
                digest = hashlib.sha256(data).hexdigest()[:16]
                if made_of := units(data):
                    text, lines = show_text("\n".join(unit.text for unit in made_of).encode(), budget=budget)
                elif b"\0" in data[:4096]:
                    text, lines = f"[binary, {len(data)} bytes]", 0
                else:
                    text, lines = show_text(data, budget=budget)
        except OSError:
            continue
        budget -= len(text)
        shown.append(Shown(_short(path, cwd), text, lines, digest))
    return shown


def _short(path: str, cwd: str) -> str:
    return path[len(cwd.rstrip("/")) + 1 :] if path.startswith(cwd.rstrip("/") + "/") else path


def read_by(machine: Machine, name: str, args: Sequence[str], cwd: str) -> list[str]:
    """The files that a program reads, as far as text can tell: named, imported, or opened by a literal path."""
    found: dict[str, None] = {}
    words = [name] if "/" in name else []
    for word in [*words, *args]:
        for part in (word, word.partition("=")[2]):
            path = machine.files.absolute(part, cwd) if part and not part.startswith("-") else ""
            if path and _is_text(machine, path):
                found[path] = None
    for path in list(found):
        for other in _named_by_source(machine, path, cwd):
            found[other] = None
    return list(found)


def named_in(machine: Machine, text: str, cwd: str) -> list[str]:
    """The files that an instruction speaks of; where it names none, the youngest few text files at hand."""
    words = dict.fromkeys(word.rstrip(".") for word in _WORD.findall(text[:200_000]) if len(word) <= _LONGEST)
    found = [machine.files.absolute(word, cwd) for word in words if "." in word or "/" in word or word in _FAMOUS]
    found = [path for path in found if _is_text(machine, path)]
    if found:
        return found
    here = [posixpath.join(cwd, name) for name in machine.files.listdir(cwd) if not name.startswith(".")]
    here = [path for path in here if _is_text(machine, path)]
    return sorted(here, key=lambda path: (-machine.files.stat(path).mtime, path))[:2]


def _is_text(machine: Machine, path: str) -> bool:
    try:
        return machine.files.stat(path).kind == "file" and not path.startswith(("/usr/", "/bin/", "/proc/"))
    except OSError:
        return False


def _named_by_source(machine: Machine, path: str, cwd: str) -> Iterator[str]:
    """Modules that a Python file imports from beside it, and files whose literal path stands in it."""
    if machine.files.is_sized(path):
        return
    text = machine.files.read(path)[:200_000].decode("utf-8", "replace")
    names: list[str] = re.findall(r"""["']([\w./-]+\.\w{1,5})["']""", text)
    if path.endswith(".py"):
        names += [f"{module.replace('.', '/')}.py" for module in _imports(text)]
    for name in dict.fromkeys(names):
        for base in (cwd, posixpath.dirname(path)):
            other = machine.files.absolute(name, base)
            if other != path and _is_text(machine, other):
                yield other
                break


def _imports(source: str) -> list[str]:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    found: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.append(node.module)
    return found
