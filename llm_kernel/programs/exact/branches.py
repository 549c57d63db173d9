"""``tree``: directories as branches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from llm_kernel.machine.stat import Stat
from llm_kernel.programs.exact.colors import Colors, can_color
from llm_kernel.programs.options import Options, Parsed
from llm_kernel.programs.ordering import collation, version_key
from llm_kernel.programs.permissions import long_mode
from llm_kernel.programs.quoting import is_utf8
from llm_kernel.programs.report import Report
from llm_kernel.programs.sizes import human
from llm_kernel.programs.table import exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["tree"]

_OPTIONS = Options(
    "a d l f x L= P= I= ignore-case noreport p u g s h si D F q N Q i A S n C charset= v t c U r dirsfirst filesfirst "
    "sort? prune du o= inodes",
    usage="[-acdfghilnpqrstuvxACDFQNSUX] [-L level] [-P pattern] [-I pattern] [--] [directory ...]",
    about="List contents of directories in a tree-like format.",
)
_LINES = ("│\u00a0\u00a0 ", "├── ", "└── ")
_PLAIN = ("|   ", "|-- ", "`-- ")


@exact("tree", needs="package:tree")
def tree(call: Call) -> Answer:
    """Draw directories as branches."""
    parsed = _OPTIONS.parse(call)
    if isinstance(parsed, Answer):
        return parsed
    depth = parsed.value("L")
    if depth is not None and (not depth.isdigit() or int(depth) < 1):
        return Answer(stderr=f"{call.name}: Invalid level, must be greater than 0.\n", status=1)
    drawing = _Drawing(Report(call), parsed, int(depth) if depth else 0, _lines(call, parsed), _colors(call, parsed))
    for name in parsed.operands or (".",):
        drawing.root(name)
    drawing.close()
    text = "".join(drawing.report.out)
    return Answer(text, "".join(drawing.report.err), drawing.report.status)


def _lines(call: Call, parsed: Parsed) -> tuple[str, str, str]:
    if "i" in parsed:
        return "", "", ""
    return _LINES if is_utf8(call.env) and parsed.value("charset") in (None, "utf-8", "UTF-8") else _PLAIN


def _colors(call: Call, parsed: Parsed) -> Colors | None:
    wanted = "C" in parsed or (call.tty and can_color(call.env) and "n" not in parsed)
    return Colors(call.env) if wanted else None


@dataclass(slots=True)
class _Drawing:
    report: Report
    parsed: Parsed
    depth: int
    lines: tuple[str, str, str]
    colors: Colors | None
    folders: int = 0
    leaves: int = 0

    def root(self, name: str) -> None:
        """Draw one operand and what is below it."""
        call = self.report.call
        try:
            stat = call.machine.files.stat(call.path(name))
            call.machine.files.listdir(call.path(name))
        except OSError:
            self.report.say(f"{name}  [error opening dir]")
            self.report.status = 2
            return
        self.report.say(self._label(name, name, stat))
        self._below(name, call.path(name), "", 1)

    def close(self) -> None:
        """Count what was drawn."""
        if "noreport" in self.parsed:
            return
        text = f"{self.folders} {'directory' if self.folders == 1 else 'directories'}"
        if "d" not in self.parsed:
            text += f", {self.leaves} file{'' if self.leaves == 1 else 's'}"
        self.report.say(f"\n{text}")

    def _below(self, name: str, path: str, front: str, level: int) -> None:
        rows = self._rows(path)
        bar, branch, last = self.lines
        for number, (entry, stat) in enumerate(rows):
            end = number == len(rows) - 1
            full = name + entry if name.endswith("/") else f"{name}/{entry}"
            label = self._label(full if "f" in self.parsed else entry, entry, stat, path)
            self.report.say(front + (last if end else branch) + label)
            if stat.kind != "directory":
                self._count(path, entry, stat)
                continue
            self.folders += 1
            if not self.depth or level < self.depth:
                gap = " " * len(bar) if end else bar
                self._below(full, _inside(path, entry), front + gap, level + 1)

    def _count(self, path: str, entry: str, stat: Stat) -> None:
        to_folder = stat.kind == "symlink" and self.report.call.machine.files.is_dir(_inside(path, entry))
        self.folders += to_folder
        self.leaves += not to_folder

    def _rows(self, path: str) -> list[tuple[str, Stat]]:
        files, env = self.report.call.machine.files, self.report.call.env
        rows = [(entry, files.lstat(_inside(path, entry))) for entry in files.listdir(path)]
        rows = [(entry, stat) for entry, stat in rows if self._wanted(entry, stat, path)]
        rows.sort(key=lambda row: version_key(row[0]) if "v" in self.parsed else collation(env)(row[0]))
        if "t" in self.parsed or "c" in self.parsed:
            rows.sort(key=lambda row: row[1].mtime if "t" in self.parsed else row[1].ctime)
        if "r" in self.parsed:
            rows.reverse()
        if "dirsfirst" in self.parsed:
            rows.sort(key=lambda row: row[1].kind != "directory")
        if "filesfirst" in self.parsed:
            rows.sort(key=lambda row: row[1].kind == "directory")
        return rows

    def _wanted(self, entry: str, stat: Stat, path: str) -> bool:
        if entry.startswith(".") and "a" not in self.parsed:
            return False
        folder = stat.kind == "directory"
        linked = stat.kind == "symlink" and self.report.call.machine.files.is_dir(_inside(path, entry))
        if "d" in self.parsed and not folder and not linked:
            return False
        if any(_match(entry, pattern) for pattern in self.parsed.values("I")):
            return False
        patterns = self.parsed.values("P")
        return folder or not patterns or any(_match(entry, pattern) for pattern in patterns)

    def _label(self, shown: str, entry: str, stat: Stat, folder: str = "") -> str:
        call = self.report.call
        target = None
        if stat.kind == "symlink":
            path = _inside(folder, entry)
            target = call.machine.files.stat(path) if call.machine.files.exists(path) else None
        text = f'"{shown}"' if "Q" in self.parsed else shown
        if self.colors:
            text = self.colors.paint(text, entry, stat, target)
        if stat.kind == "symlink":
            text += f" -> {stat.target}"
        if "F" in self.parsed:
            text += _mark(target or stat)
        facts = self._facts(stat)
        return f"[{' '.join(facts)}]  {text}" if facts and folder else text

    def _facts(self, stat: Stat) -> Sequence[str]:
        names, clock = self.report.call.machine.files.names(), self.report.call.machine.clock
        facts = [long_mode(stat)] if "p" in self.parsed else []
        if "u" in self.parsed:
            facts.append(f"{names.user(stat.uid):<8}")
        if "g" in self.parsed:
            facts.append(f"{names.group(stat.gid):<8}")
        if "h" in self.parsed or "si" in self.parsed:
            facts.append(f"{human(stat.size, 1000 if 'si' in self.parsed else 1024):>4}")
        elif "s" in self.parsed:
            facts.append(f"{stat.size:>11}")
        if "D" in self.parsed:
            at = clock.at(stat.mtime)
            facts.append(
                f"{at:%b} {at.day:2d} " + (f"{at:%H:%M}" if clock.now - stat.mtime < 15778476 else f" {at:%Y}")
            )
        return facts


def _match(entry: str, pattern: str) -> bool:
    return any(fnmatchcase(entry, part) for part in pattern.split("|"))


def _mark(stat: Stat) -> str:
    if stat.kind == "directory":
        return "/"
    return "*" if stat.kind == "file" and stat.mode & 0o111 else ""


def _inside(folder: str, entry: str) -> str:
    return folder + entry if folder.endswith("/") else f"{folder}/{entry}"
