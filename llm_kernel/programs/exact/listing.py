"""``ls``, ``dir`` and ``vdir``: what is in a directory, in every form that GNU ls has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from llm_kernel.machine.stat import Stat
from llm_kernel.programs.exact.colors import Colors, can_color
from llm_kernel.programs.exact.layout import Cell, across, columns, commas
from llm_kernel.programs.exact.views import OPTIONS, View, read_view
from llm_kernel.programs.moments import HALF_YEAR, filled, nanoseconds_of
from llm_kernel.programs.ordering import collation, version_key
from llm_kernel.programs.permissions import long_mode
from llm_kernel.programs.quoting import quoted, styled, width
from llm_kernel.programs.sizes import disk_bytes
from llm_kernel.programs.table import exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["directory_columns", "directory_long", "ls"]


@exact("ls")
def ls(call: Call) -> Answer:
    """List directories."""
    return _run(call, "ls")


@exact("dir")
def directory_columns(call: Call) -> Answer:
    """List directories in columns with escapes."""
    return _run(call, "dir")


@exact("vdir")
def directory_long(call: Call) -> Answer:
    """List directories in long form with escapes."""
    return _run(call, "vdir")


def _run(call: Call, program: str) -> Answer:
    parsed = OPTIONS.parse(call)
    if isinstance(parsed, Answer):
        return parsed
    view = read_view(call, parsed, program)
    if isinstance(view, Answer):
        return view
    with call.machine.files.still():
        return _Listing(call, view).run(parsed.operands or (".",))


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    path: str
    stat: Stat
    target: Stat | None = None


@dataclass(slots=True)
class _Listing:
    call: Call
    view: View
    out: list[str] = field(default_factory=list)
    err: list[str] = field(default_factory=list)
    status: int = 0
    colors: Colors | None = None
    dates: dict[tuple[bool, int], str] = field(default_factory=dict)

    def run(self, names: Sequence[str]) -> Answer:
        self.colors = Colors(self.call.env) if self.view.color and can_color(self.call.env) else None
        rows = [row for name in names if (row := self._given(name)) is not None]
        files = [row for row in rows if self.view.itself or row.stat.kind != "directory"]
        folders = [row for row in rows if row not in files]
        if files:
            self.out.append(self._body(self._sorted(files), rows))
        todo = self._sorted(folders)
        headed = len(names) > 1 or self.view.recursive
        while todo:
            row = todo.pop(0)
            todo = self._folder(row, headed) + todo
        text = "".join(self.out)
        return Answer(Colors.begun(text) if self.colors else text, "".join(self.err), self.status)

    def _given(self, name: str) -> _Row | None:
        files, path = self.call.machine.files, self.call.path(name)
        try:
            stat = files.lstat(path)
            follow = self.view.follow in ("given", "all") or name.endswith("/")
            if stat.kind == "symlink" and not follow and self.view.follow == "folders":
                follow = files.is_dir(path)
            if follow:
                stat = files.stat(path)
            if name.endswith("/") and stat.kind != "directory":
                files.listdir(path)
        except OSError as err:
            self._complain(f"cannot access {quoted(name)}", err, 2)
            return None
        return _Row(name, path, stat, self._target(path, stat))

    def _folder(self, folder: _Row, headed: bool) -> list[_Row]:
        files = self.call.machine.files
        try:
            there = files.entries(folder.path)
        except OSError as err:
            self._complain(f"cannot open directory {quoted(folder.name)}", err, 2)
            return []
        rows = []
        for name in self._wanted(list(there)):
            path = _under(folder.path, name)
            try:
                if name in there and self.view.follow != "all":
                    stat = there[name]
                else:
                    path = files.absolute(name, folder.path)
                    stat = files.stat(path)
            except OSError as err:
                self._complain(f"cannot access {quoted(_under(folder.name, name))}", err, 1)
                continue
            rows.append(_Row(name, path, stat, self._target(path, stat)))
        rows = self._sorted(rows)
        if headed:
            name = styled(folder.name, self.view.style)
            self.out.append(("\n" if self.out else "") + name + ":\n")
        if self.view.form == "long" or self.view.blocks:
            total = sum(disk_bytes(row.stat) for row in rows)
            self.out.append(f"total {self.view.unit.show(total)}{self.view.end}")
        self.out.append(self._body(rows))
        if not self.view.recursive:
            return []
        below = [row for row in rows if row.stat.kind == "directory" and row.name not in (".", "..")]
        return [_Row(_under(folder.name, row.name), row.path, row.stat) for row in below]

    def _complain(self, text: str, err: OSError, status: int) -> None:
        self.err.append(f"{self.call.name}: {text}: {err.strerror}\n")
        self.status = max(self.status, status)

    def _target(self, path: str, stat: Stat) -> Stat | None:
        if stat.kind != "symlink" or not (self.colors or self.view.marks or self.view.folders_first):
            return None  # what a link leads to shows in nothing else
        try:
            return self.call.machine.files.stat(path)
        except OSError:
            return None

    def _wanted(self, names: Sequence[str]) -> list[str]:
        names = [*([".", ".."] if self.view.shown == "all" else []), *names]
        patterns = [*self.view.ignore, *(self.view.hide if self.view.shown == "plain" else [])]
        kept = [name for name in names if self.view.shown != "plain" or not name.startswith(".")]
        return [name for name in kept if not any(_matches(name, pattern) for pattern in patterns)]

    def _sorted(self, rows: list[_Row]) -> list[_Row]:
        if self.view.sort != "none":
            rows = sorted(rows, key=lambda row: collation(self.call.env)(row.name))
            if self.view.sort != "name":
                rows.sort(key=self._rank())
            if self.view.reverse:
                rows.reverse()
        if self.view.folders_first:
            rows.sort(key=lambda row: (row.target or row.stat).kind != "directory")
        return rows

    def _rank(self) -> Callable[[_Row], Any]:
        match self.view.sort:
            case "size":
                return lambda row: -row.stat.size
            case "time":
                return lambda row: -self._moment(row.stat)
            case "extension":
                return lambda row: row.name[row.name.rfind(".") :] if "." in row.name else ""
            case "width":
                return lambda row: width(styled(row.name, self.view.style))
            case _:
                return lambda row: version_key(row.name)

    def _moment(self, stat: Stat) -> float:
        return {"mtime": stat.mtime, "atime": stat.atime, "ctime": stat.ctime, "birth": stat.birth}[self.view.time]

    def _body(self, rows: Sequence[_Row], beside: Sequence[_Row] = ()) -> str:
        # columns are as wide as all operands need, though the directories among them are shown later
        count, rows = len(rows), [*rows, *(row for row in beside if row not in rows)]
        if self.view.form == "long":
            return "".join(self._long(rows)[:count])
        cells = self._cells(rows)[:count]
        tab = 0 if self.colors else self.view.tab
        match self.view.form:
            case "columns":
                return columns(cells, self.view.width, tab)
            case "across":
                return across(cells, self.view.width, tab)
            case "commas":
                return commas(cells, self.view.width)
            case _:
                return "".join(cell.text + self.view.end for cell in cells)

    def _cells(self, rows: Sequence[_Row]) -> list[Cell]:
        padded = self.view.form in ("columns", "across") and bool(self.view.width)
        names = self._names(rows, pad=padded)
        fronts = self._fronts(rows)
        return [Cell(front + name.text, len(front) + name.width) for front, name in zip(fronts, names, strict=True)]

    def _fronts(self, rows: Sequence[_Row]) -> list[str]:
        fronts = [""] * len(rows)
        before = [[str(row.stat.ino) for row in rows]] if self.view.inode else []
        before += [[self.view.unit.show(disk_bytes(row.stat)) for row in rows]] if self.view.blocks else []
        for values in before:
            most = 0 if self.view.form == "commas" else max(map(len, values), default=0)
            fronts = [f"{front}{value:>{most}} " for front, value in zip(fronts, values, strict=True)]
        return [front + "? " for front in fronts] if self.view.context and self.view.form != "long" else fronts

    def _names(self, rows: Sequence[_Row], *, pad: bool) -> list[Cell]:
        texts = [self._text(row.name) for row in rows]
        some = pad and self.view.style.startswith("shell") and any(text[:1] in "'\"" for text in texts if text)
        cells = []
        for row, text in zip(rows, texts, strict=True):
            gap = " " if some and text[:1] not in ("'", '"') else ""
            mark = self._mark(row.stat) if row.stat.kind != "symlink" or self.view.form != "long" else ""
            painted = self.colors.paint(text, row.name, row.stat, row.target) if self.colors else text
            cells.append(Cell(gap + painted + mark, len(gap) + width(text) + len(mark)))
        return cells

    def _text(self, name: str) -> str:
        text = styled(name, self.view.style)
        return "".join(char if char.isprintable() else "?" for char in text) if self.view.mask else text

    def _mark(self, stat: Stat) -> str:
        if stat.kind == "directory":
            return "/" if self.view.marks else ""
        if stat.kind == "symlink":
            return "@" if self.view.marks in ("file-type", "classify") else ""
        return "*" if self.view.marks == "classify" and stat.kind == "file" and stat.mode & 0o111 else ""

    def _long(self, rows: Sequence[_Row]) -> list[str]:
        lines = self._fronts(rows)
        for column, right in self._facts(rows):
            widths = list(map(len if "".join(column).isascii() else width, column))
            most = max(widths, default=0)
            for number, text in enumerate(column):
                gap = " " * (most - widths[number])
                lines[number] += (gap + text if right else text + gap) + " "
        names = self._names(rows, pad=True)
        return [
            f"{line}{name.text}{self._arrow(row)}{self.view.end}"
            for line, name, row in zip(lines, names, rows, strict=True)
        ]

    def _facts(self, rows: Sequence[_Row]) -> list[tuple[list[str], bool]]:
        names = self.call.machine.files.names()
        users = {uid: str(uid) if self.view.numeric else names.user(uid) for uid in {row.stat.uid for row in rows}}
        teams = {gid: str(gid) if self.view.numeric else names.group(gid) for gid in {row.stat.gid for row in rows}}
        owners, groups = [users[row.stat.uid] for row in rows], [teams[row.stat.gid] for row in rows]
        facts = [([long_mode(row.stat) for row in rows], False), ([str(row.stat.nlink) for row in rows], True)]
        if self.view.owner:
            facts.append((owners, self.view.numeric))
        if self.view.group:
            facts.append((groups, self.view.numeric))
        if self.view.author:
            facts.append((owners, self.view.numeric))
        if self.view.context:
            facts.append((["?"] * len(rows), False))
        return [*facts, (self._sizes(rows), True), ([self._when(row.stat) for row in rows], False)]

    def _sizes(self, rows: Sequence[_Row]) -> list[str]:
        devices = [row.stat.device for row in rows if row.stat.device]
        major = max((len(str(device[0])) for device in devices), default=0)
        minor = max((len(str(device[1])) for device in devices), default=0)
        texts = []
        for row in rows:
            if row.stat.device:
                texts.append(f"{row.stat.device[0]:>{major}}, {row.stat.device[1]:>{minor}}")
            else:
                texts.append(self.view.size.show(row.stat.size))
        return texts

    def _when(self, stat: Stat) -> str:
        moment, clock = self._moment(stat), self.call.machine.clock
        recent = clock.now - HALF_YEAR < moment <= clock.now
        if "N" in self.view.times[recent]:
            return filled(self.view.times[recent], clock.at(moment), nanoseconds_of(moment))
        key = recent, int(moment // 1)
        if key not in self.dates:
            self.dates[key] = filled(self.view.times[recent], clock.at(moment))
        return self.dates[key]

    def _arrow(self, row: _Row) -> str:
        if row.stat.kind != "symlink":
            return ""
        text = self._text(row.stat.target)
        if row.target is None:
            return f" -> {text}"
        painted = self.colors.paint(text, row.stat.target, row.target) if self.colors else text
        return f" -> {painted}{self._mark(row.target)}"


def _under(folder: str, name: str) -> str:
    return folder + name if folder.endswith("/") else f"{folder}/{name}"


def _matches(name: str, pattern: str) -> bool:
    return fnmatchcase(name, pattern) and (not name.startswith(".") or pattern.startswith("."))
