"""``diff``: how two files, or two trees, differ."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from llm_kernel.programs.edits import Edit, edits
from llm_kernel.programs.exact import hunks
from llm_kernel.programs.exact.hunks import Paper
from llm_kernel.programs.moments import filled, nanoseconds_of
from llm_kernel.programs.options import Options, Parsed
from llm_kernel.programs.quoting import shown
from llm_kernel.programs.table import live
from llm_kernel.shell.call import Answer, Call, Io

__all__ = ["diff"]

_DIGITS = 9
"""Digits of a number of lines that stand among the options, as in ``-u5``."""

_DIFF = Options(
    "a,text b,ignore-space-change B,ignore-blank-lines c C,context? u U,unified? e,ed E,ignore-tab-expansion "
    "F,show-function-line= H,speed-large-files i,ignore-case I,ignore-matching-lines= l,paginate L,label= n,rcs "
    "N,new-file p,show-c-function P,unidirectional-new-file q,brief r,recursive s,report-identical-files "
    "S,starting-file= t,expand-tabs T,initial-tab w,ignore-all-space W,width= x,exclude= X,exclude-from= "
    "y,side-by-side Z,ignore-trailing-space d,minimal color? palette= from-file= to-file= horizon-lines= left-column "
    "no-dereference no-ignore-file-name-case normal strip-trailing-cr suppress-blank-empty suppress-common-lines "
    "tabsize= 0 1 2 3 4 5 6 7 8 9",
    usage="[OPTION]... FILES",
    about="Compare FILES line by line.",
    authors="Paul Eggert, Mike Haertel, David Hayes,\nRichard Stallman, and Len Tower",
    status=2,
    package="diffutils 3.8",
)


@live("diff")
async def diff(call: Call, io: Io) -> int:
    """Compare; the status is 0 for equal, 1 for different, 2 for trouble."""
    parsed = _DIFF.parse(call)
    if isinstance(parsed, Answer):
        await io.out(parsed.stdout)
        await io.err(parsed.stderr)
        return parsed.status
    if len(parsed.operands) != 2:
        wrong = f"missing operand after '{(call.name, *call.args)[-1]}'"
        if len(parsed.operands) > 2:
            wrong = f"extra operand '{parsed.operands[2]}'"
        await io.err(f"{call.name}: {wrong}\n{call.name}: Try '{call.name} --help' for more information.\n")
        return 2
    stdin = await io.read() if "-" in parsed.operands else b""
    pair = _Pair(replace(call, stdin=stdin), parsed, [], [])
    status = pair.given(*parsed.operands)
    if pair.out:
        await io.out(b"".join(text.encode(errors="surrogateescape") for text in pair.out))
    if pair.err:
        await io.err("".join(pair.err))
    return status


@dataclass(slots=True)
class _Pair:
    call: Call
    parsed: Parsed
    out: list[str]
    err: list[str]

    def given(self, old: str, new: str) -> int:
        """Compare two operands; a directory and a file: the file of that name in the directory."""
        files = self.call.machine.files
        folders = [name != "-" and files.is_dir(self.call.path(name)) for name in (old, new)]
        if all(folders):
            return self.trees(old, new, 0)
        if folders[0] and new != "-":
            old = f"{old.rstrip('/')}/{new.rstrip('/').rpartition('/')[2]}"
        elif folders[1] and old != "-":
            new = f"{new.rstrip('/')}/{old.rstrip('/').rpartition('/')[2]}"
        return self.files(old, new, headed=False)

    def trees(self, old: str, new: str, depth: int) -> int:
        """Compare what two directories hold."""
        files, status = self.call.machine.files, 0
        names = [set(files.listdir(self.call.path(folder))) for folder in (old, new)]
        skip = self.parsed.values("exclude")
        for name in sorted(names[0] | names[1]):
            if any(fnmatchcase(name, pattern) for pattern in skip):
                continue
            one, other = _under(old, name), _under(new, name)
            dirs = [
                name in there and files.is_dir(self.call.path(path))
                for there, path in zip(names, (one, other), strict=True)
            ]
            filled_in = "new-file" in self.parsed or ("unidirectional-new-file" in self.parsed and name in names[1])
            if not (name in names[0] and name in names[1]) and not (filled_in and not any(dirs)):
                if filled_in and "recursive" in self.parsed:
                    status = max(status, self.lone(one if dirs[0] else other, one, other))
                    continue
                self.out.append(f"Only in {old if name in names[0] else new}: {name}\n")
                status = max(status, 1)
            elif all(dirs):
                if "recursive" in self.parsed:
                    status = max(status, self.trees(one, other, depth + 1))
                else:
                    self.out.append(f"Common subdirectories: {one} and {other}\n")
            elif any(dirs):
                words = ["directory" if folder else "regular file" for folder in dirs]
                self.out.append(f"File {one} is a {words[0]} while file {other} is a {words[1]}\n")
                status = max(status, 1)
            else:
                status = max(status, self.files(one, other, headed=True))
        return status

    def lone(self, there: str, old: str, new: str) -> int:
        """Compare a tree with nothing, file by file."""
        files, status = self.call.machine.files, 0
        for name in files.listdir(self.call.path(there)):
            inner = _under(there, name)
            run = self.lone if files.is_dir(self.call.path(inner)) else None
            one, other = _under(old, name), _under(new, name)
            status = max(status, run(inner, one, other) if run else self.files(one, other, headed=True))
        return status

    def files(self, old: str, new: str, *, headed: bool) -> int:
        """Compare two files."""
        data: list[bytes] = []
        for name in (old, new):
            try:
                data.append(self.call.stdin if name == "-" else self._read(name))
            except OSError as err:
                if "new-file" in self.parsed and err.strerror == "No such file or directory":
                    data.append(b"")
                    continue
                self.err.append(f"{self.call.name}: {name}: {err.strerror}\n")
        if len(data) < 2:
            return 2
        if data[0] == data[1] and self._sizes(old) == self._sizes(new):
            if "report-identical-files" in self.parsed:
                self.out.append(f"Files {old} and {new} are identical\n")
            if "side-by-side" not in self.parsed:
                return 0
        if "text" not in self.parsed and any(b"\0" in part[:4096] for part in data):
            kind = "Files" if "brief" in self.parsed else "Binary files"
            self.out.append(f"{kind} {old} and {new} differ\n")
            return 1 if "brief" in self.parsed else 2 if "text" in self.parsed else 1
        return self._texts(old, new, data, headed=headed)

    def _sizes(self, name: str) -> int:
        return 0 if name == "-" or not self.exists(name) else self.call.machine.files.stat(self.call.path(name)).size

    def exists(self, name: str) -> bool:
        """Whether a name leads to something."""
        return self.call.machine.files.exists(self.call.path(name))

    def _read(self, name: str) -> bytes:
        return self.call.machine.files.head(self.call.path(name))

    def _texts(self, old: str, new: str, data: Sequence[bytes], *, headed: bool) -> int:
        lines = [_lines(part.decode(errors="surrogateescape")) for part in data]
        form, around = self._form()
        key = _key(self.parsed)
        same = [[key(line) for line in part] for part in lines]
        found = edits(same[0], same[1], horizon=around if form in ("unified", "context") else 0)
        paper = self._paper(lines, around)
        shown_edits = [edit for edit in found if not self._ignored(edit, lines)]
        if not shown_edits and form != "side":
            return 0
        if "brief" in self.parsed:
            self.out.append(f"Files {old} and {new} differ\n")
            return 1
        if headed:
            options = " ".join(shown(word) for word in self.call.args if word not in self.parsed.operands)
            line = " ".join(part for part in (self.call.name, options, shown(old), shown(new)) if part)
            self.out.append(paper.paint(line, "head") + "\n")
        if form in ("unified", "context"):
            self.out += self._head(form, paper, old, new)
        self.out += _FORMS[form](paper, found if form == "side" else shown_edits)
        return 1 if shown_edits else 0

    def _paper(self, lines: Sequence[Sequence[str]], around: int) -> Paper:
        parsed = self.parsed
        width = parsed.value("width") or "130"
        return Paper(
            lines[0],
            lines[1],
            color="color" in parsed and (parsed.value("color") or "auto") == "always",
            around=around,
            columns=int(width) if width.isdigit() else 130,
            common="suppress-common-lines" not in parsed,
            left="left-column" in parsed,
            expand="expand-tabs" in parsed,
        )

    def _form(self) -> tuple[str, int]:
        form, asked, digits = "normal", -1, ""
        for name, value in self.parsed.options:
            if name in _STYLES:
                form = _STYLES[name]
            if name in ("unified", "context") and value and value.isdigit():
                asked = int(value)
            digits += name if name.isdigit() else ""
        around = max(asked, int(digits[:_DIGITS] or -1))
        return form, around if around >= 0 else 3

    def _head(self, form: str, paper: Paper, old: str, new: str) -> list[str]:
        labels = self.parsed.values("label")
        marks = ("---", "+++") if form == "unified" else ("***", "---")
        rows = []
        for number, (mark, name) in enumerate(zip(marks, (old, new), strict=True)):
            text = labels[number] if number < len(labels) else f"{_quoted(name)}\t{self._when(name)}"
            rows.append(paper.paint(f"{mark} {text}", "head") + "\n")
        return rows

    def _when(self, name: str) -> str:
        clock, moment = self.call.machine.clock, self.call.machine.clock.now
        if name != "-":
            moment = self.call.machine.files.stat(self.call.path(name)).mtime if self.exists(name) else 0.0
        return filled("%Y-%m-%d %H:%M:%S.%N %z", clock.at(moment), nanoseconds_of(moment))

    def _ignored(self, edit: Edit, lines: Sequence[Sequence[str]]) -> bool:
        changed = [*lines[0][edit.old : edit.old_end], *lines[1][edit.new : edit.new_end]]
        if "ignore-blank-lines" in self.parsed and all(not line.strip("\n") for line in changed):
            return True
        patterns = self.parsed.values("ignore-matching-lines")
        return bool(patterns) and all(any(re.search(pattern, line) for pattern in patterns) for line in changed)


_STYLES = {
    "u": "unified",
    "unified": "unified",
    "c": "context",
    "context": "context",
    "ed": "ed",
    "rcs": "rcs",
    "side-by-side": "side",
    "normal": "normal",
}
_FORMS: dict[str, Callable[[Paper, Sequence[Edit]], Iterable[str]]] = {
    "normal": hunks.normal,
    "unified": hunks.unified,
    "context": hunks.context,
    "ed": hunks.ed,
    "rcs": hunks.rcs,
    "side": hunks.side_by_side,
}


def _lines(text: str) -> list[str]:
    parts = text.split("\n")
    return [part + "\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _key(parsed: Parsed) -> Callable[[str], str]:
    """What of a line counts."""
    steps: list[Callable[[str], str]] = []
    if "strip-trailing-cr" in parsed:
        steps.append(lambda line: line.replace("\r\n", "\n"))
    if "ignore-all-space" in parsed:
        steps.append(lambda line: re.sub(r"\s+", "", line))
    elif "ignore-space-change" in parsed:
        steps.append(lambda line: re.sub(r"\s+", " ", line).rstrip())
    elif "ignore-trailing-space" in parsed:
        steps.append(str.rstrip)
    if "ignore-tab-expansion" in parsed:
        steps.append(str.expandtabs)
    if "ignore-case" in parsed:
        steps.append(str.lower)

    def key(line: str) -> str:
        for step in steps:
            line = step(line)
        return line

    return key


def _under(folder: str, name: str) -> str:
    return folder + name if folder.endswith("/") else f"{folder}/{name}"


def _quoted(name: str) -> str:
    return f'"{name}"' if set(name) & set(' "\\\n\t') and set(name) & set('"\\\n\t') else name
