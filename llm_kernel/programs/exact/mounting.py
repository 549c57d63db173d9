"""``findmnt``, ``mountpoint`` and ``swapon``: what is mounted, as a tree or a list."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence

from llm_kernel.machine.disks import file_system_id
from llm_kernel.machine.memory import memory
from llm_kernel.machine.mounts import Mount, fill
from llm_kernel.programs.exact.lsblk import short
from llm_kernel.programs.table import exact
from llm_kernel.shell.call import Answer, Call

_COLUMNS = ("TARGET", "SOURCE", "FSTYPE", "OPTIONS")
_DF = ("SOURCE", "FSTYPE", "SIZE", "USED", "AVAIL", "USE%", "TARGET")
_RIGHT = frozenset({"SIZE", "USED", "AVAIL", "USE%"})
_VALUED = {"-o": "o", "--output": "o", "-t": "t", "--types": "t", "-T": "T", "--target": "T", "-S": "S"}
_VALUED |= {"--source": "S", "-M": "M", "--mountpoint": "M", "-O": "O", "--options": "O"}
_FLAGS = {
    "--all": "a",
    "--bytes": "b",
    "--df": "D",
    "--list": "l",
    "--noheadings": "n",
    "--raw": "r",
    "--pairs": "P",
    "--json": "J",
    "--ascii": "i",
    "--real": "R",
    "--submounts": "R",
    "--first-only": "f",
    "--uniq": "U",
    "--kernel": "k",
    "--mtab": "m",
    "--fstab": "s",
    "--evaluate": "e",
    "--notruncate": "u",
    "--nofsroot": "v",
    "--version": "V",
}


@exact("findmnt")
def findmnt(call: Call) -> Answer:
    """``findmnt``."""
    letters, values, words, wrong = _read(call)
    if wrong:
        return wrong
    if "V" in letters:
        return Answer(f"findmnt from util-linux {call.machine.system.profile.util_linux}\n")
    columns = [name.upper() for name in values.get("o", "").split(",") if name] or list(
        _DF if "D" in letters else _COLUMNS
    )
    unknown = next((name for name in columns if name not in _CELLS and name not in ("UUID", "SIZE")), "")
    if unknown:
        return Answer(stderr=f"findmnt: unknown column: {unknown}\n", status=1)
    rows = _picked(call, fill(call.machine), letters, values, words)
    if not rows:
        return Answer(status=1)
    flat = bool(letters & set("lDrP") or values.keys() & {"T", "S", "M"} or words or "t" in values)
    return Answer(_shown(call, rows, columns, letters, flat=flat))


def _read(call: Call) -> tuple[set[str], dict[str, str], list[str], Answer | None]:
    letters, values, words, args = set[str](), dict[str, str](), list[str](), list(call.args)
    while args:
        word = args.pop(0)
        name, eq, value = word.partition("=")
        if name in _VALUED:
            values[_VALUED[name]] = value if eq else (args.pop(0) if args else "")
        elif word in _FLAGS:
            letters.add(_FLAGS[word])
        elif word.startswith("--"):
            return letters, values, words, _wrong(f"unrecognized option '{word}'")
        elif word.startswith("-") and len(word) > 1:
            for n, letter in enumerate(word[1:], 1):
                if f"-{letter}" in _VALUED:
                    values[letter] = word[n + 1 :] or (args.pop(0) if args else "")
                    break
                if letter not in "abDlnrPJiRfUkmseuvVhA":
                    return letters, values, words, _wrong(f"invalid option -- '{letter}'")
                letters.add(letter)
        else:
            words.append(word)
    return letters, values, words, None


def _wrong(text: str) -> Answer:
    return Answer(stderr=f"findmnt: {text}\nTry 'findmnt --help' for more information.\n", status=1)


def _picked(
    call: Call, rows: Sequence[Mount], letters: set[str], values: dict[str, str], words: Sequence[str]
) -> list[Mount]:
    found = list(rows)
    if kinds := values.get("t", ""):
        found = [row for row in found if (row.kind in kinds.removeprefix("no").split(",")) != kinds.startswith("no")]
    if source := values.get("S", ""):
        found = [row for row in found if row.device == source]
    if point := values.get("M", ""):
        found = [row for row in found if row.mount == point]
    if path := values.get("T", ""):
        place = call.path(path)
        held = [row for row in found if row.mount in ("/", place) or place.startswith(f"{row.mount}/")]
        found = [max(held, key=lambda row: len(row.mount))] if held else []
    for word in words:
        found = [row for row in found if word in (row.device, row.mount) or call.path(word) == row.mount]
    if "D" in letters:
        found = [row for row in found if row.total]
    return found


def _shown(call: Call, rows: Sequence[Mount], columns: Sequence[str], letters: set[str], *, flat: bool) -> str:
    ordered = [(row, "") for row in rows] if flat else list(_tree(rows, ascii_only="i" in letters))

    def cell(row: Mount, name: str) -> str:
        if name == "UUID":
            disk = next((disk for disk in call.machine.system.disks if disk.mount == row.mount), None)
            return file_system_id(disk) if disk else ""
        text = _CELLS[name](row)
        return str(int(text) * 1024) if name in _RIGHT - {"USE%"} and "b" in letters else _sized(name, text)

    if "J" in letters:
        data = [{name.lower(): cell(row, name) or None for name in columns} for row, _ in ordered]
        return json.dumps({"filesystems": data}, indent=3) + "\n"
    if "P" in letters:
        return "".join(" ".join(f'{name}="{cell(row, name)}"' for name in columns) + "\n" for row, _ in ordered)
    table = [[f"{bars}{cell(row, n)}" if n == "TARGET" else cell(row, n) for n in columns] for row, bars in ordered]
    table = table if "n" in letters else [list(columns), *table]
    if "r" in letters:
        return "".join(" ".join(line) + "\n" for line in table)
    wide = [max(len(line[n]) for line in table) for n in range(len(columns))]
    out = ""
    for line in table:
        cells = [
            text.rjust(wide[n]) if columns[n] in _RIGHT else text if n == len(columns) - 1 else text.ljust(wide[n])
            for n, text in enumerate(line)
        ]
        out += " ".join(cells) + "\n"
    return out


def _sized(name: str, text: str) -> str:
    return short(int(text) * 1024) if name in _RIGHT - {"USE%"} else text


def _tree(rows: Sequence[Mount], *, ascii_only: bool) -> Iterator[tuple[Mount, str]]:
    """The rows below the root they lie on, with the drawing before each."""
    tee, end, bar = ("|-", "`-", "| ") if ascii_only else ("├─", "└─", "│ ")

    def parent(row: Mount) -> str:
        above = [one.mount for one in rows if row.mount.startswith(one.mount.rstrip("/") + "/") and one is not row]
        return max(above, key=len) if above and row.mount != "/" else ""

    def below(point: str, bars: str) -> Iterator[tuple[Mount, str]]:
        children = [row for row in rows if row.mount != "/" and parent(row) == point]
        for n, row in enumerate(children):
            last = n == len(children) - 1
            yield row, bars + (end if last else tee)
            yield from below(row.mount, bars + ("  " if last else bar))

    for row in rows:
        if row.mount == "/":
            yield row, ""
            yield from below("/", "")


_VFS = frozenset({"rw", "ro", "nosuid", "nodev", "noexec", "relatime", "noatime"})
_CELLS: dict[str, Callable[[Mount], str]] = {
    "TARGET": lambda row: row.mount,
    "SOURCE": lambda row: row.device,
    "FSTYPE": lambda row: row.kind,
    "OPTIONS": lambda row: row.options,
    "VFS-OPTIONS": lambda row: ",".join(part for part in row.options.split(",") if part in _VFS),
    "FS-OPTIONS": lambda row: ",".join(part for part in row.options.split(",") if part not in _VFS - {"rw", "ro"}),
    "SIZE": lambda row: str(row.total),
    "USED": lambda row: str(row.used),
    "AVAIL": lambda row: str(row.available),
    "USE%": lambda row: f"{-(-row.used * 100 // max(1, row.used + row.available))}%" if row.total else "-",
    "LABEL": lambda row: "",
    "FSROOT": lambda row: "/",
    "PROPAGATION": lambda row: "shared",
}


@exact("mountpoint")
def mountpoint(call: Call) -> Answer:
    """``mountpoint [-q] PATH``."""
    words = [word for word in call.args if not word.startswith("-")]
    quiet = any(word in ("-q", "--quiet") for word in call.args)
    if len(words) != 1:
        return Answer(stderr="mountpoint: bad usage\nTry 'mountpoint --help' for more information.\n", status=1)
    if not call.machine.files.exists(call.path(words[0])):
        text = f"mountpoint: {words[0]}: No such file or directory\n"
        return Answer(stderr="" if quiet else text, status=1)
    there = any(row.mount == call.machine.files.resolve(call.path(words[0])) for row in fill(call.machine))
    text = f"{words[0]} is {'' if there else 'not '}a mountpoint\n"
    return Answer("" if quiet else text, status=0 if there else 32 if _new(call) else 1)


def _new(call: Call) -> bool:
    return call.machine.system.profile.since("util_linux", "2.34")


@exact("swapon")
def swapon(call: Call) -> Answer:
    """``swapon -s`` and ``swapon --show``; what is on stays on."""
    now = memory(call.machine)
    used = now.swap_total - now.swap_free
    words = set(call.args)
    if words & {"-s", "--summary"}:
        if not now.swap_total:
            return Answer()
        return Answer(call.machine.files.read("/proc/swaps"))
    if any(word for word in words if not word.startswith(("--show", "--noheadings", "--bytes", "--output", "-v"))):
        bad = next((word for word in call.args if not word.startswith("-")), "")
        return Answer(stderr=f"swapon: cannot open {bad or '/swap.img'}: Operation not permitted\n", status=255)
    if not now.swap_total:
        return Answer()
    cells = [
        ("NAME", "/swap.img"),
        ("TYPE", "file"),
        ("SIZE", _amount(now.swap_total, words)),
        ("USED", _amount(used, words)),
        ("PRIO", "-2"),
    ]
    wide = [max(len(title), len(text)) for title, text in cells]
    right = {2, 3, 4}
    lines = [
        " ".join(
            pair[which].rjust(wide[n]) if n in right else pair[which].ljust(wide[n]) for n, pair in enumerate(cells)
        )
        for which in ((1,) if "--noheadings" in words else (0, 1))
    ]
    return Answer("".join(f"{line}\n" for line in lines))


def _amount(kib: int, words: set[str]) -> str:
    return str(kib * 1024) if "--bytes" in words else short(kib * 1024)
