"""``patch``: a difference put into files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from llm_kernel.programs.options import Options, Parsed
from llm_kernel.programs.quoting import shown
from llm_kernel.programs.table import live
from llm_kernel.shell.call import Answer, Call, Io

__all__ = ["patch"]

_PATCH = Options(
    "b,backup B,prefix= c,context d,directory= D,ifdef= e,ed E,remove-empty-files f,force F,fuzz= g,get= i,input= "
    "l,ignore-whitespace n,normal N,forward o,output= p,strip= r,reject-file= R,reverse s,quiet silent t,batch "
    "T,set-time u,unified V,version-control= v x,debug= Y,basename-prefix= z,suffix= Z,set-utc binary dry-run "
    "backup-if-mismatch no-backup-if-mismatch posix verbose merge? read-only= reject-format= follow-symlinks",
    usage="[OPTION]... [ORIGFILE [PATCHFILE]]",
    about="Apply a difference to files.",
    authors="Larry Wall and Paul Eggert",
    status=2,
    package="patch 2.7.6",
)
_FUZZ = 2


@dataclass(slots=True)
class _Hunk:
    """``old`` lines at line ``start`` (from 0) become ``new``; ``top`` and ``end`` lines of context stand around."""

    start: int
    old: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    new_start: int = 0

    def around(self) -> tuple[int, int]:
        """How many lines at the top and at the end are only context."""
        top = next((at for at, line in enumerate(self.text) if line[:1] != " "), len(self.text))
        end = next((at for at, line in enumerate(reversed(self.text)) if line[:1] != " "), len(self.text))
        return top, end


@dataclass(slots=True)
class _Diff:
    names: tuple[str, str, str] = ("", "", "")
    hunks: list[_Hunk] = field(default_factory=list)


@live("patch")
async def patch(call: Call, io: Io) -> int:
    """Apply what standard input, or a file, says; the status is 1 where a part did not fit."""
    parsed = _PATCH.parse(call)
    if isinstance(parsed, Answer):
        await io.out(parsed.stdout)
        await io.err(parsed.stderr)
        return parsed.status
    folder = parsed.value("directory")
    source = parsed.value("input") or (parsed.operands[1] if len(parsed.operands) > 1 else "-")
    if folder is not None:
        if not call.machine.files.is_dir(call.path(folder)):
            await io.err(f"{call.name}: **** Can't change to directory {folder} : No such file or directory\n")
            return 2
        source = source if source == "-" else call.path(source)
        call = replace(call, cwd=call.path(folder))
    try:
        with call.acting():
            given = None if source == "-" else call.machine.files.read(call.path(source))
    except OSError as err:
        await io.err(f"{call.name}: **** Can't open patch file {source} : {err.strerror}\n")
        return 2
    work = _Work(call, parsed)
    data = await io.read() if given is None else given
    with call.acting():
        status = work.run(list(_read(data.decode(errors="surrogateescape"))))
    if work.out:
        await io.out("".join(work.out).encode(errors="surrogateescape"))
    if work.err:
        await io.err("".join(work.err))
    return status


def _read(text: str) -> Iterator[_Diff]:
    lines = [line + "\n" for line in text.split("\n")]
    lines.pop()
    if text and not text.endswith("\n"):
        lines.append(text.rpartition("\n")[2])
    diff, at = _Diff(), 0
    while at < len(lines):
        line = lines[at]
        if line.startswith("Index:"):
            diff.names = (*diff.names[:2], line[6:].strip())
        elif line.startswith("--- ") and at + 1 < len(lines) and lines[at + 1].startswith("+++ "):
            if diff.hunks:
                yield diff
                diff = _Diff()
            diff.names = (_name(line), _name(lines[at + 1]), diff.names[2])
            at += 1
        elif found := re.match(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", line):
            at = _unified(diff, lines, at + 1, found)
            continue
        elif found := re.match(r"(\d+)(?:,(\d+))?([acd])(\d+)(?:,(\d+))?\s*$", line):
            at = _normal(diff, lines, at + 1, found)
            continue
        at += 1
    if diff.hunks:
        yield diff


def _name(line: str) -> str:
    return line[4:].rstrip("\n").partition("\t")[0].strip()


def _unified(diff: _Diff, lines: list[str], at: int, found: re.Match[str]) -> int:
    old, new = int(found[2] or 1), int(found[4] or 1)
    hunk = _Hunk(int(found[1]) - (1 if old else 0), new_start=int(found[3]) - (1 if new else 0))
    while at < len(lines) and (len(hunk.old) < old or len(hunk.new) < new or lines[at].startswith("\\")):
        line = lines[at] if lines[at].strip("\n") else " \n"
        if line.startswith("\\"):
            _unended(hunk)
        else:
            hunk.text.append(line)
            if line[0] in " -":
                hunk.old.append(line[1:])
            if line[0] in " +":
                hunk.new.append(line[1:])
        at += 1
    diff.hunks.append(hunk)
    return at


def _unended(hunk: _Hunk) -> None:
    mark = hunk.text[-1][0]
    if mark in " -":
        hunk.old[-1] = hunk.old[-1].rstrip("\n")
    if mark in " +":
        hunk.new[-1] = hunk.new[-1].rstrip("\n")


def _normal(diff: _Diff, lines: list[str], at: int, found: re.Match[str]) -> int:
    hunk = _Hunk(int(found[1]) - (0 if found[3] == "a" else 1), new_start=int(found[4]) - 1)
    while at < len(lines) and lines[at][:1] in ("<", ">", "-", "\\"):
        line = lines[at]
        if line.startswith("\\"):
            _unended(hunk)
        elif line[0] != "-":
            hunk.text.append(("-" if line[0] == "<" else "+") + line[2:])
            (hunk.old if line[0] == "<" else hunk.new).append(line[2:])
        at += 1
    diff.hunks.append(hunk)
    return at


@dataclass(slots=True)
class _Work:
    call: Call
    parsed: Parsed
    out: list[str] = field(default_factory=list)
    err: list[str] = field(default_factory=list)

    def run(self, diffs: list[_Diff]) -> int:
        """Apply every part."""
        if not diffs:
            self.err.append(f"{self.call.name}: **** Only garbage was found in the patch input.\n")
            return 2
        return max(self._one(diff) for diff in diffs)

    def _one(self, diff: _Diff) -> int:
        name = self._target(diff)
        files, path = self.call.machine.files, self.call.path(name)
        if not name:
            text = "can't find file to patch at input line 3\nPerhaps you used the wrong -p or --strip option?\n"
            self.out.append(text + "File to patch: \nSkip this patch? [y] \nSkipping patch.\n")
            count = len(diff.hunks)
            self.out.append(f"{count} out of {count} hunk{'s' if count > 1 else ''} ignored\n")
            return 1
        reverse = "reverse" in self.parsed
        hunks = [_turned(hunk) for hunk in diff.hunks] if reverse else diff.hunks
        there = files.exists(path)
        old = files.read(path).decode(errors="surrogateescape") if there else ""
        lines = (
            old.splitlines(keepends=True) if "\r" not in old else [part for part in re.split(r"(?<=\n)", old) if part]
        )
        verb = "checking" if "dry-run" in self.parsed else "patching"
        output = self.parsed.value("output")
        told = f"{verb} file {shown(output or name)}"
        told += f" (read from {shown(name)})" if output else ""
        self._say(told, to_err=output == "-")
        if not there and any(hunk.old for hunk in hunks):
            self.out.append("Hunk #1 FAILED at 1.\n")
            self.err.append(f"{self.call.name}: **** Can't reopen file {name} : No such file or directory\n")
            return 2
        if not reverse and there and self._already(lines, hunks):
            return self._skip(path, name, diff)
        made, failed, shifted = self._apply(lines, hunks)
        self._write(path, name, old, "".join(made), diff, there=there, failed=failed, shifted=shifted)
        return 1 if failed else 0

    def _say(self, text: str, *, to_err: bool = False) -> None:
        if "quiet" not in self.parsed and "silent" not in self.parsed:
            (self.err if to_err else self.out).append(text + "\n")

    def _already(self, lines: list[str], hunks: list[_Hunk]) -> bool:
        return _fits(lines, hunks[0], 0) is None and _fits(lines, _turned(hunks[0]), 0) is not None

    def _skip(self, path: str, name: str, diff: _Diff) -> int:
        count = len(diff.hunks)
        hunks = f"{count} out of {count} hunk{'s' if count > 1 else ''}"
        if "forward" in self.parsed or "batch" in self.parsed:
            self.out.append("Reversed (or previously applied) patch detected!  Skipping patch.\n")
        else:
            self.out.append("Reversed (or previously applied) patch detected!  Assume -R? [n] \n")
            self.out.append("Apply anyway? [n] \nSkipping patch.\n")
        if "dry-run" in self.parsed:
            self.out.append(f"{hunks} ignored\n")
            return 1
        self.out.append(f"{hunks} ignored -- saving rejects to file {name}.rej\n")
        self._reject(path, diff, diff.hunks)
        return 1

    def _apply(self, lines: list[str], hunks: list[_Hunk]) -> tuple[list[str], list[_Hunk], bool]:
        made, at, drift, failed, moved = list[str](), 0, 0, list[_Hunk](), False
        fuzzes = int(self.parsed.value("fuzz") or _FUZZ)
        for number, hunk in enumerate(hunks, 1):
            place, fuzz = None, 0
            for fuzz in range(fuzzes + 1):
                place = _fits(lines, hunk, drift, fuzz, at)
                if place is not None or fuzz >= max(hunk.around()):
                    break
            if place is None:
                self.out.append(f"Hunk #{number} FAILED at {hunk.start + 1}.\n")
                failed.append(hunk)
                continue
            top, end = (min(fuzz, context) for context in hunk.around())
            offset = place - hunk.start
            if fuzz or offset:
                moved = True
                fuzzy = f" with fuzz {fuzz}" if fuzz else ""
                lines_word = "line" if abs(offset) == 1 else "lines"
                by = f" (offset {offset} {lines_word})" if offset else ""
                self._say(f"Hunk #{number} succeeded at {place + len(made) - at + 1}{fuzzy}{by}.")
            drift = offset
            made += lines[at : place + top] + hunk.new[top : len(hunk.new) - end]
            at = place + len(hunk.old) - end
        return made + lines[at:], failed, moved

    def _write(
        self, path: str, name: str, old: str, new: str, diff: _Diff, *, there: bool, failed: list[_Hunk], shifted: bool
    ) -> None:
        files, output = self.call.machine.files, self.parsed.value("output")
        if failed:
            count = f"{len(failed)} out of {len(diff.hunks)} hunk{'s' if len(diff.hunks) > 1 else ''} FAILED"
            self.out.append(count + ("\n" if "dry-run" in self.parsed else f" -- saving rejects to file {name}.rej\n"))
        if "dry-run" in self.parsed:
            return
        data = new.encode(errors="surrogateescape")
        if output == "-":
            self.out.append(new)
            return
        if output:
            files.write(self.call.path(output), data)
            return
        kept = "no-backup-if-mismatch" not in self.parsed and (failed or shifted)
        if there and ("backup" in self.parsed or kept):
            mode = files.stat(path).mode
            files.write(
                path + (self.parsed.value("suffix") or ".orig"), old.encode(errors="surrogateescape"), mode=mode
            )
        if failed:
            self._reject(path, diff, failed)
        gone = "/dev/null" in (diff.names[1], diff.names[0] if "reverse" in self.parsed else "")
        if not data and (gone or "remove-empty-files" in self.parsed) and there:
            files.remove(path)
        elif new != old or not there:
            files.write(path, data)

    def _reject(self, path: str, diff: _Diff, hunks: list[_Hunk]) -> None:
        text = f"--- {diff.names[0]}\n+++ {diff.names[1]}\n" if diff.names[0] else ""
        for hunk in hunks:
            text += (
                f"@@ -{hunk.start + 1},{len(hunk.old)} +{hunk.new_start + 1},{len(hunk.new)} @@\n{''.join(hunk.text)}"
            )
        self.call.machine.files.write(f"{path}.rej", text.encode(errors="surrogateescape"))

    def _target(self, diff: _Diff) -> str:
        if self.parsed.operands:
            return self.parsed.operands[0]
        strip = self.parsed.value("strip")
        names = []
        for name in diff.names:
            if not name or name == "/dev/null":
                continue
            parts = name.split("/")
            names.append("/".join(parts[int(strip) :]) if strip is not None else parts[-1])
        files = self.call.machine.files
        there = [name for name in names if name and files.exists(self.call.path(name))]
        if there:
            return min(there, key=lambda name: (name.count("/"), len(name.rpartition("/")[2]), len(name)))
        made = "/dev/null" in diff.names[:2] or not any(hunk.old for hunk in diff.hunks)
        return names[-1] if names and made else ""


def _turned(hunk: _Hunk) -> _Hunk:
    text = [{"-": "+", "+": "-"}.get(line[0], line[0]) + line[1:] for line in hunk.text]
    return _Hunk(hunk.new_start, hunk.new, hunk.old, text, hunk.start)


def _fits(lines: list[str], hunk: _Hunk, drift: int, fuzz: int = 0, least: int = 0) -> int | None:
    """Where the hunk's old lines stand, nearest to where they should; ``fuzz`` lines of context may differ."""
    top, end = (min(fuzz, context) for context in hunk.around())
    wanted = hunk.old[top : len(hunk.old) - end]
    first = hunk.start + drift
    before, after = hunk.around()
    for offset in range(len(lines) + 1):
        for place in dict.fromkeys((first + offset, first - offset)):
            inner = place + top
            if place < least or inner < 0 or inner + len(wanted) > len(lines):
                continue
            if not fuzz and before < after and hunk.start == 0 and place != 0 and hunk.old:
                continue  # less context above than below: it stood at the very top
            if lines[inner : inner + len(wanted)] == wanted:
                return place
    return None
