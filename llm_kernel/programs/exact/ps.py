"""``ps``, ``pgrep`` and ``pidof``: the process table in the ways people ask for it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from llm_kernel.machine.process_facts import thread_ids
from llm_kernel.machine.processes import Process
from llm_kernel.programs.exact.identity import caller
from llm_kernel.programs.exact.process_fields import FIELDS, Field, View, command_name
from llm_kernel.programs.table import exact
from llm_kernel.shell.call import Answer, Call

_USAGE = """
Usage:
 ps [options]

 Try 'ps --help <simple|list|output|threads|misc|all>'
  or 'ps --help <s|l|o|t|m|a>'
 for additional help text.

For more details see ps(1).
"""
_FORMATS = {
    "": "pid tname time ucmd",
    "L": "pid lwp tname time ucmd",
    "T": "pid spid tname time ucmd",
    "fL": "uid_name pid ppid lwp c nlwp stime tname time cmd",
    "fT": "uid_name pid spid ppid c stime tname time cmd",
    "FL": "uid_name pid ppid lwp c nlwp sz rss psr stime tname time cmd",
    "FT": "uid_name pid spid ppid c sz rss psr stime tname time cmd",
    "lL": "f s uid pid ppid lwp c opri ni addr_sz wchan tname time ucmd",
    "lT": "f s uid pid spid ppid c opri ni addr_sz wchan tname time ucmd",
    "jL": "pid pgid sid lwp tname time ucmd",
    "jT": "pid spid pgid sid tname time ucmd",
    "f": "uid_name pid ppid c stime tname time cmd",
    "F": "uid_name pid ppid c sz rss psr stime tname time cmd",
    "l": "f s uid pid ppid c opri ni addr_sz wchan tname time ucmd",
    "j": "pid pgid sid tname time ucmd",
    "bsd": "pid tname stat bsdtime args",
    "u": "user pid %cpu %mem vsz rss tname stat start_time bsdtime args",
    "bj": "ppid pid pgid sid tname tpgid stat uid bsdtime args",
    "bl": "f uid pid ppid opri ni vsz rss wchan stat tname bsdtime args",
    "bs": "uid pid pending blocked ignored caught stat tname bsdtime args",
    "bv": "pid tname stat bsdtime maj_flt trs drs rss %mem args",
    "bX": "pid stackp esp eip tmout alarm stat tname bsdtime args",
    "O": "pid {} s tname time args",
}


@dataclass(slots=True)
class _Wish:
    """What the command line asks for; a set of picks narrows the choice, ``every`` widens it."""

    every: bool = False
    terminals: bool = False
    mine: bool = False
    format: str = ""
    columns: list[tuple[str, str | None, int]] = field(default_factory=list)
    pids: set[int] = field(default_factory=set)
    parents: set[int] = field(default_factory=set)
    users: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    ttys: set[str] = field(default_factory=set)
    sort: list[tuple[str, bool]] = field(default_factory=list)
    tree: bool = False
    heading: bool = True
    again: int = 0
    inverted: bool = False
    threads: bool = False
    environment: bool = False
    bare: bool = False
    width: int = 0
    groups: set[str] = field(default_factory=set)
    wrong: str = ""


@exact("ps")
def ps(call: Call) -> Answer:
    """``ps``; it sees itself, as the real one does."""
    if call.args[:1] in (("--version",), ("-V",), ("V",)):
        return Answer(f"ps from procps-ng {call.machine.system.profile.procps}\n")
    if call.args[:1] == ("--help",):
        return Answer(_USAGE)
    wish = _read(call)
    if wish.wrong:
        return Answer(stderr=f"error: {wish.wrong}\n{_USAGE}", status=1)
    table = call.machine.processes
    own = table.spawn(
        (call.name, *call.args), user=caller(call), ppid=call.parent, now=call.machine.clock.now, cwd=call.cwd
    )
    own.state, own.rss = "R", 3_424_256
    try:
        chosen = [process for process in table.running() if _wanted(call, wish, process) != wish.inverted]
        views = [View(process, call.machine, environment=wish.environment) for process in chosen]
        views = _ordered(views, wish)
        if wish.threads:
            views = [replace(view, thread=thread) for view in views for thread in thread_ids(view.process)]
        text = _table(views, wish, call)
    finally:
        table.end(own.pid)
    return Answer(text, status=0 if views else 1)


def _read(call: Call) -> _Wish:
    wish = _Wish()
    args = list(call.args)
    if args[:1] and re.fullmatch(r"-?(?=[a-z]*aux)[a-z]*", args[0]):
        args[0] = args[0].removeprefix("-")
    while args and not wish.wrong:
        word = args.pop(0)
        if word.startswith("--"):
            _long(wish, word[2:], args)
        elif word.startswith("-"):
            _short(wish, word[1:], args)
        elif re.fullmatch(r"[\d,]+", word):
            wish.pids |= _numbers(word)
            wish.format = wish.format or "bsd"
        else:
            _bsd(wish, word, args)
    return wish


def _long(wish: _Wish, word: str, args: list[str]) -> None:
    name, eq, value = word.partition("=")
    valued = (
        "sort",
        "format",
        "pid",
        "ppid",
        "user",
        "tty",
        "User",
        "group",
        "Group",
        "sid",
        "cols",
        "columns",
        "width",
    )
    if name in (*valued, "rows", "lines", "quick-pid") and not eq:
        value = args.pop(0) if args else ""
    match name:
        case "sort":
            _sort(wish, value)
        case "format":
            _pick_columns(wish, value)
        case "pid" | "quick-pid" | "sid":
            wish.pids |= _numbers(value)
        case "ppid":
            wish.parents |= _numbers(value)
        case "user" | "User":
            wish.users |= set(value.split(","))
        case "tty":
            wish.ttys |= {part.removeprefix("/dev/") for part in value.split(",")}
        case "no-headers" | "no-heading" | "noheader" | "noheaders" | "no-header":
            wish.heading = False
        case "headers" | "heading":
            wish.again = wish.again or 24
        case "rows" | "lines":
            wish.again = int(value) if value.isdigit() else 24
        case "cols" | "columns" | "width":
            if not value.isdigit() or not int(value):
                wish.wrong = "number of columns must follow --cols, --width, or --columns"
            wish.width = int(value) if value.isdigit() else 0
        case "group" | "Group":
            wish.groups |= set(value.split(","))
        case "forest":
            wish.tree = True
        case "deselect":
            wish.inverted = True
        case "cumulative" | "context":
            pass
        case _:
            wish.wrong = "unknown gnu long option"


def _short(wish: _Wish, letters: str, args: list[str]) -> None:
    while letters and not wish.wrong:
        letter, letters = letters[0], letters[1:]
        if letter in "oOpCuUtGgqs":
            value, letters = letters or (args.pop(0) if args else ""), ""
            if not value:
                wish.wrong = "list of process IDs must follow -p" if letter == "p" else "option requires an argument"
            _valued(wish, letter, value)
        elif letter in "eA":
            wish.every = True
        elif letter in "ad":
            wish.terminals = True
        elif letter in "fFlj":
            wish.format = letter + wish.format.strip("fFlj")
        elif letter == "H":
            wish.tree = True
        elif letter == "N":
            wish.inverted = True
        elif letter in "LT":
            wish.threads = True
            wish.format += letter if wish.format in ("", "f", "F", "l", "j") else ""
        elif letter not in "wyMcPZm":
            wish.wrong = "unsupported SysV option"


def _valued(wish: _Wish, letter: str, value: str) -> None:
    match letter:
        case "o":
            _pick_columns(wish, value)
        case "O":
            _pick_columns(wish, _FORMATS["O"].format(value))
        case "p" | "q" | "s":
            if not re.fullmatch(r"[\d, ]+", value):
                wish.wrong = "process ID list syntax error"
            wish.pids |= _numbers(value)
        case "g" | "G":
            if re.fullmatch(r"[\d, ]+", value) and letter == "g":
                wish.pids |= _numbers(value)
            wish.groups |= set(re.split(r"[, ]+", value))
        case "C":
            wish.names |= set(value.split(","))
        case "t":
            wish.ttys |= {part.removeprefix("/dev/") for part in value.split(",")}
        case _:
            wish.users |= set(re.split(r"[, ]+", value))


def _bsd(wish: _Wish, letters: str, args: list[str]) -> None:
    while letters and not wish.wrong:
        letter, letters = letters[0], letters[1:]
        wish.format = wish.format or "bsd"
        if letter in "oOpUtk":
            value, letters = letters or (args.pop(0) if args else ""), ""
            if letter == "k":
                _sort(wish, value)
            else:
                _valued(wish, letter, value)
        elif letter in "ax":
            wish.every = wish.every or (letter == "x" and wish.terminals) or (letter == "a" and wish.mine)
            wish.terminals, wish.mine = wish.terminals or letter == "a", wish.mine or letter == "x"
        elif letter == "u":
            wish.format = "u"
        elif letter in "jlsvX":
            wish.format = f"b{letter}"
        elif letter == "f":
            wish.tree = True
        elif letter == "h":
            wish.heading = False
        elif letter == "e":
            wish.environment = True
        elif letter == "c":
            wish.bare = True
        elif letter in "HLm":
            wish.threads = True
        elif letter not in "wSrnTgZ":
            wish.wrong = "unsupported option (BSD syntax)"


def _pick_columns(wish: _Wish, text: str) -> None:
    for part in re.split(r"[, ]+", text) if "=" not in text else _titled(text):
        name, eq, title = part.partition("=")
        name, _, width = name.partition(":")
        if name.lower() not in FIELDS or (width and not width.isdigit()):
            wish.wrong = f'unknown user-defined format specifier "{name}"'
        wish.columns.append((name.lower(), title if eq else None, int(width or 0) if width.isdigit() else 0))


def _titled(text: str) -> list[str]:
    """``pid,comm=NAME`` apart; a title runs to the end of the word."""
    names, eq, title = text.partition("=")
    parts = names.split(",")
    rest = title.lstrip(",").split(",") if title.startswith(",") else []
    return [*parts[:-1], f"{parts[-1]}{eq}{'' if rest else title}", *rest]


def _sort(wish: _Wish, text: str) -> None:
    for part in text.split(","):
        name = part.lstrip("+-").lower()
        if name not in FIELDS:
            wish.wrong = "unknown sort specifier"
        wish.sort.append((name, part.startswith("-")))


def _numbers(text: str) -> set[int]:
    return {int(part) for part in re.split(r"[, ]+", text) if part.isdigit()}


def _wanted(call: Call, wish: _Wish, process: Process) -> bool:
    if wish.every:
        return True
    view = View(process, call.machine)
    picks = (
        process.pid in wish.pids,
        process.ppid in wish.parents,
        process.user in wish.users,
        any(command_name(process) == name[:15] for name in wish.names),
        process.tty in wish.ttys,
        bool(wish.groups) and bool({FIELDS["group"].read(view), FIELDS["gid"].read(view)} & wish.groups),
        str(FIELDS["uid"].read(view)) in wish.users,
    )
    if any((wish.pids, wish.parents, wish.users, wish.names, wish.ttys, wish.groups)):
        return any(picks)
    if wish.terminals:
        return process.tty != "?" and (wish.format in ("bsd", "u") or process.command[:1] != ("-bash",))
    if wish.mine:
        return process.user == caller(call)
    return process.tty != "?" and process.user in (caller(call), call.machine.system.user)


def _ordered(views: list[View], wish: _Wish) -> list[View]:
    for name, backwards in reversed(wish.sort):
        key = FIELDS[name].key
        if key:
            views = sorted(views, key=key, reverse=backwards)
    return list(_forest(views)) if wish.tree else views


def _forest(views: Sequence[View]) -> Iterator[View]:
    pids = {view.process.pid for view in views}

    def below(parent: int, depth: int, bars: str) -> Iterator[View]:
        children = [view for view in views if view.process.ppid == parent]
        for n, view in enumerate(children):
            yield replace(view, branch=f"{bars} \\_ " if depth else "")
            more = n < len(children) - 1
            yield from below(view.process.pid, depth + 1, bars + ((" |  " if more else "    ") if depth else ""))

    for root in [view for view in views if view.process.ppid not in pids]:
        yield root
        yield from below(root.process.pid, 1, "")


def _table(views: Sequence[View], wish: _Wish, call: Call) -> str:
    columns = wish.columns or [(name, None, 0) for name in _FORMATS[wish.format].split()]
    fields = [FIELDS[name] for name, _, _ in columns]
    titles = [_own_title(name) if title is None else title for name, title, _ in columns]
    pid = 7 if call.machine.system.profile.since("libc", "2.31") else 6
    widths = [
        max(asked or FIELDS[name].width or pid, len(title))
        for (name, _, asked), title in zip(columns, titles, strict=True)
    ]
    if wish.bare:
        fields = [FIELDS["ucmd"] if spec in (FIELDS["args"], FIELDS["cmd"]) else spec for spec in fields]
    rows = [[spec.read(view) for spec in fields] for view in views]
    if wish.heading and any(titles):
        step = max(1, wish.again - 1) if wish.again > 1 else len(rows) or 1
        for place in reversed(range(0, max(1, len(rows)), step)):
            rows.insert(place, titles)
    lines = [_row(cells, fields, widths) for cells in rows]
    return "".join(f"{line[: wish.width] if wish.width else line}\n" for line in lines)


def _own_title(name: str) -> str:
    return FIELDS[name].title


def _row(cells: Sequence[str], fields: Sequence[Field], widths: Sequence[int]) -> str:
    out = ""
    place = 0
    for n, (cell, spec, width) in enumerate(zip(cells, fields, widths, strict=True)):
        if spec.title in ("USER", "UID", "GROUP") and len(cell) > width:
            cell = f"{cell[: width - 1]}+"
        room = max(0, width - max(0, len(out) - place))  # a wide cell takes from the next one's blanks
        out += cell.ljust(room) if spec.left else cell.rjust(room)
        place += width
        if n < len(cells) - 1:
            out += " "
            place += 1
    return out.rstrip() if fields[-1].left else out


@exact("pidof")
def pidof(call: Call) -> Answer:
    """``pidof``: newest first."""
    names = [word for word in call.args if not word.startswith("-")]
    found = [
        process.pid
        for process in reversed(call.machine.processes.running())
        if command_name(process) in [name.rpartition("/")[2][:15] for name in names] and process.rss
    ]
    found = found[:1] if "-s" in call.args else found
    return Answer(" ".join(map(str, found)) + "\n" if found else "", status=0 if found else 1)
