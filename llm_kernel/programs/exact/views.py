"""What a command line of ``ls`` asks to see."""

from __future__ import annotations

from dataclasses import dataclass, field

from llm_kernel.programs.options import Choices, Options, Parsed
from llm_kernel.programs.quoting import STYLES, said
from llm_kernel.programs.sizes import Unit, environment_unit, read_unit
from llm_kernel.shell.call import Answer, Call

__all__ = ["OPTIONS", "View", "read_view"]

OPTIONS = Options(
    "a,all A,almost-all author b,escape block-size= B,ignore-backups c C color? d,directory D,dired f F,classify? "
    "file-type format= full-time g group-directories-first G,no-group h,human-readable si H,dereference-command-line "
    "dereference-command-line-symlink-to-dir hide= hyperlink? indicator-style= i,inode I,ignore= k,kibibytes l "
    "L,dereference m n,numeric-uid-gid N,literal o p q,hide-control-chars show-control-chars Q,quote-name "
    "quoting-style= r,reverse R,recursive s,size S sort= t T,tabsize= time= time-style= u U v w,width= x X Z,context "
    "zero 1",
    usage="[OPTION]... [FILE]...",
    about="List information about the FILEs (the current directory by default).\n"
    "Sort entries alphabetically if none of -cftuvSUX nor --sort is specified.",
    authors="Richard M. Stallman and David MacKenzie",
    status=2,
)

_RECENT = "%b %e %H:%M"
_OLD = "%b %e  %Y"
_TIMES = {
    "full-iso": ("%Y-%m-%d %H:%M:%S.%N %z",) * 2,
    "long-iso": ("%Y-%m-%d %H:%M",) * 2,
    "iso": ("%Y-%m-%d ", "%m-%d %H:%M"),
    "locale": (_OLD, _RECENT),
}
_WHEN = (("always", "yes", "force"), ("never", "no", "none"), ("auto", "tty", "if-tty"))
_CHOICES: dict[str, Choices] = {
    "color": _WHEN,
    "classify": _WHEN,
    "hyperlink": _WHEN,
    "format": (
        ("verbose", "long"),
        ("commas",),
        ("horizontal", "across"),
        ("vertical",),
        ("single-column",),
    ),
    "indicator-style": (("none",), ("slash",), ("file-type",), ("classify",)),
    "quoting-style": tuple((style,) for style in STYLES),
    "sort": (("none",), ("time",), ("size",), ("extension",), ("version",), ("width",)),
    "time": (("atime", "access", "use"), ("ctime", "status"), ("birth", "creation")),
}
_FORMS = {
    "l": "long",
    "g": "long",
    "o": "long",
    "numeric-uid-gid": "long",
    "full-time": "long",
    "verbose": "long",
    "C": "columns",
    "vertical": "columns",
    "x": "across",
    "horizontal": "across",
    "m": "commas",
    "commas": "commas",
    "single-column": "single",
}
_SORTS = {"S": "size", "t": "time", "X": "extension", "v": "version", "U": "none", "f": "none"}


@dataclass(slots=True)
class View:
    """One way to show files; ``times`` are the formats for old and for recent ones, ``end`` what ends a line."""

    form: str = "single"
    shown: str = "plain"
    sort: str = "name"
    time: str = "mtime"
    reverse: bool = False
    folders_first: bool = False
    recursive: bool = False
    itself: bool = False
    inode: bool = False
    blocks: bool = False
    numeric: bool = False
    owner: bool = True
    group: bool = True
    author: bool = False
    context: bool = False
    marks: str = ""
    style: str = "literal"
    mask: bool = False
    color: bool = False
    follow: str = "folders"
    width: int = 80
    tab: int = 8
    end: str = "\n"
    unit: Unit = field(default_factory=Unit)
    size: Unit = field(default_factory=lambda: Unit(1))
    times: tuple[str, ...] = (_OLD, _RECENT)
    ignore: list[str] = field(default_factory=list)
    hide: list[str] = field(default_factory=list)


def read_view(call: Call, parsed: Parsed, program: str) -> View | Answer:
    """The view that the options ask for, or the complaint about a wrong argument."""
    words = []
    for name, value in parsed.options:
        if value is not None and name in _CHOICES:
            word = OPTIONS.choose(call, name, value, _CHOICES[name])
            if isinstance(word, Answer):
                return word
            value = word
        words.append((name, value))
    parsed, view = Parsed(tuple(words), parsed.operands), View()
    _defaults(view, call, program)
    _forms(view, parsed)
    _order(view, parsed)
    _details(view, parsed)
    _names(view, call, parsed)
    return _widths(view, call, parsed) or _units(view, call, parsed) or _times(view, call, parsed) or view


def _defaults(view: View, call: Call, program: str) -> None:
    if program == "dir" or (program == "ls" and call.tty):
        view.form = "columns"
    elif program == "vdir":
        view.form = "long"
    if program != "ls":
        view.style = "escape"
    elif call.tty:
        view.style, view.mask = "shell-escape", True
    style = call.env.get("QUOTING_STYLE", "")
    view.style = style if style in STYLES else view.style


def _forms(view: View, parsed: Parsed) -> None:
    for name, value in parsed.options:
        form = _FORMS.get(value or "" if name == "format" else name)
        if form:
            view.form = form
        elif name == "1" and view.form != "long":
            view.form = "single"
        elif name == "zero":
            view.form = view.form if view.form == "long" else "single"
            view.style, view.mask, view.end = "literal", False, "\0"
        elif name == "f":
            view.color = False
            view.form = "columns" if view.form == "long" else view.form


def _order(view: View, parsed: Parsed) -> None:
    sort = ""
    for name, value in parsed.options:
        sort = _SORTS.get(name, sort)
        if name == "sort" and value is not None:
            sort = value
        elif name in ("c", "u"):
            view.time = {"c": "ctime", "u": "atime"}[name]
        elif name == "time" and value is not None:
            view.time = value
    timed = view.form != "long" and any(option in parsed for option in ("c", "u", "time"))
    view.sort = sort or ("time" if timed else "name")
    view.reverse = "reverse" in parsed
    view.folders_first = "group-directories-first" in parsed


def _details(view: View, parsed: Parsed) -> None:
    shown = {"all": "all", "f": "all", "almost-all": "almost"}
    view.shown = shown.get(parsed.last("all", "almost-all", "f"), "plain")
    view.recursive, view.itself = "recursive" in parsed, "directory" in parsed
    view.recursive = view.recursive and not view.itself
    view.inode, view.blocks = "inode" in parsed, "size" in parsed
    view.context = "context" in parsed
    view.numeric, view.author = "numeric-uid-gid" in parsed, "author" in parsed
    view.owner, view.group = "g" not in parsed, "o" not in parsed and "no-group" not in parsed
    view.ignore = parsed.values("ignore") + (["*~", ".*~"] if "ignore-backups" in parsed else [])
    view.hide = parsed.values("hide")
    view.marks = _marks(parsed)
    still = view.itself or view.form == "long" or view.marks == "classify"
    view.follow = {
        "": "never" if still else "folders",
        "dereference": "all",
        "dereference-command-line": "given",
        "dereference-command-line-symlink-to-dir": "folders",
    }[parsed.last("dereference", "dereference-command-line", "dereference-command-line-symlink-to-dir")]


def _marks(parsed: Parsed) -> str:
    marks = ""
    for name, value in parsed.options:
        if name == "classify":
            marks = "classify" if value != "never" else marks
        elif name == "file-type":
            marks = "file-type"
        elif name == "p":
            marks = "slash"
        elif name == "indicator-style":
            marks = value or ""
    return "" if marks == "none" else marks


def _names(view: View, call: Call, parsed: Parsed) -> None:
    for name, value in parsed.options:
        if name == "literal":
            view.style = "literal"
        elif name == "escape":
            view.style = "escape"
        elif name == "quote-name":
            view.style = "c"
        elif name == "quoting-style":
            view.style = value or ""
        elif name == "color":
            view.color = value in (None, "always") or (value == "auto" and call.tty)
        elif name == "hide-control-chars":
            view.mask = True
        elif name == "show-control-chars":
            view.mask = False


def _widths(view: View, call: Call, parsed: Parsed) -> Answer | None:
    columns = call.env.get("COLUMNS", "")
    view.width = int(columns) if columns.isdigit() and int(columns) else 80
    for name in ("width", "tabsize"):
        value = parsed.value(name)
        if value is None:
            continue
        if not value.isdigit():
            what = "line width" if name == "width" else "tab size"
            return Answer(stderr=f"{call.name}: invalid {what}: {said(value, call.env)}\n", status=2)
        if name == "width":
            view.width = int(value)
        else:
            view.tab = int(value)
    return None


def _units(view: View, call: Call, parsed: Parsed) -> Answer | None:
    view.unit = environment_unit(call.env, "LS_BLOCK_SIZE")
    for name, value in parsed.options:
        if name == "human-readable":
            view.unit = view.size = Unit(base=1024)
        elif name == "si":
            view.unit = view.size = Unit(base=1000)
        elif name == "kibibytes" and not view.unit.base:
            view.unit = Unit()
        elif name == "block-size" and value is not None:
            unit = read_unit(value)
            if unit is None:
                return Answer(stderr=f"{call.name}: invalid --block-size argument '{value}'\n", status=2)
            view.unit = view.size = unit
    return None


def _times(view: View, call: Call, parsed: Parsed) -> Answer | None:
    if view.form != "long":
        return None
    style = "full-iso" if parsed.last("full-time", "time-style") == "full-time" else parsed.value("time-style")
    style = (style if style is not None else call.env.get("TIME_STYLE", "locale")).removeprefix("posix-")
    if style.startswith("+"):
        old, newline, recent = style[1:].partition("\n")
        view.times = (old, recent if newline else old)
    elif style in _TIMES:
        view.times = _TIMES[style]
    else:
        text = f"{call.name}: invalid argument {said(style, call.env)} for {said('time style', call.env)}\n"
        valid = "".join(f"  - [posix-]{name}\n" for name in ("full-iso", "long-iso", "iso", "locale"))
        hint = f"  - +FORMAT (e.g., +%H:%M) for a 'date'-style format\nTry '{call.name} --help' for more information.\n"
        return Answer(stderr=f"{text}Valid arguments are:\n{valid}{hint}", status=2)
    return None
