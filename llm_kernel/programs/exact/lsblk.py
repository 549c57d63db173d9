"""``lsblk`` and ``blkid``: the block devices with their file systems, in the columns that people ask for."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from llm_kernel.machine import Machine
from llm_kernel.machine.disks import Block, block_devices, file_system_id, partition_id
from llm_kernel.machine.mounts import Mount, fill
from llm_kernel.programs.exact.identity import caller
from llm_kernel.programs.table import exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["short"]

_FS = "NAME FSTYPE FSVER LABEL UUID FSAVAIL FSUSE% MOUNTPOINTS"
_OLD_FS = "NAME FSTYPE LABEL UUID FSAVAIL FSUSE% MOUNTPOINT"
_OLDEST_FS = "NAME FSTYPE LABEL UUID MOUNTPOINT"
_SETS = {
    "f": _FS,
    "m": "NAME SIZE OWNER GROUP MODE",
    "t": "NAME ALIGNMENT MIN-IO OPT-IO PHY-SEC LOG-SEC ROTA SCHED RQ-SIZE RA WSAME",
    "S": "NAME HCTL TYPE VENDOR MODEL REV SERIAL TRAN",
    "D": "NAME DISC-ALN DISC-GRAN DISC-MAX DISC-ZERO",
    "O": """NAME KNAME PATH MAJ:MIN FSAVAIL FSSIZE FSTYPE FSUSED FSUSE% FSVER MOUNTPOINT LABEL UUID PTTYPE PARTUUID RO
    RM HOTPLUG MODEL SERIAL SIZE STATE OWNER GROUP MODE ALIGNMENT MIN-IO OPT-IO PHY-SEC LOG-SEC ROTA SCHED RQ-SIZE TYPE
    RA TRAN VENDOR""",
}
_RIGHT = frozenset(
    """RM RO SIZE FSAVAIL FSSIZE FSUSED FSUSE% ROTA RQ-SIZE RA MIN-IO OPT-IO PHY-SEC LOG-SEC ALIGNMENT HOTPLUG DISC-ALN
    DISC-GRAN DISC-MAX DISC-ZERO WSAME""".split()
)
_LONG = {
    "all": "a",
    "bytes": "b",
    "nodeps": "d",
    "fs": "f",
    "perms": "m",
    "noheadings": "n",
    "paths": "p",
    "list": "l",
    "ascii": "i",
    "pairs": "P",
    "raw": "r",
    "json": "J",
    "topology": "t",
    "scsi": "S",
    "output": "o",
    "output-all": "O",
    "sort": "x",
    "include": "I",
    "exclude": "e",
    "inverse": "s",
    "discard": "D",
    "tree": "T",
    "help": "h",
    "version": "V",
    "zoned": "z",
}
_HINT = "\nTry 'lsblk --help' for more information."


@dataclass(slots=True)
class _Wish:
    letters: set[str] = field(default_factory=set)
    columns: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    excluded: set[str] = field(default_factory=set)
    wrong: str = ""


@exact("lsblk")
def lsblk(call: Call) -> Answer:
    """``lsblk``."""
    wish = _read(call)
    if wish.wrong:
        return Answer(stderr=f"lsblk: {wish.wrong}\n", status=1)
    if "V" in wish.letters:
        return Answer(f"lsblk from util-linux {call.machine.system.profile.util_linux}\n")
    if "h" in wish.letters:
        return Answer("\nUsage:\n lsblk [options] [<device> ...]\n\nFor more details see lsblk(8).\n")
    rows = block_devices(call.machine)
    known = {row.path for row in rows} | {row.name for row in rows}
    missing = [name for name in wish.names if name not in known]
    if wish.names:
        wanted = {name.removeprefix("/dev/") for name in wish.names}
        rows = [row for row in rows if row.name in wanted or row.parent in wanted]
    rows = [row for row in rows if str(row.major) not in wish.excluded and not ("d" in wish.letters and row.part)]
    unknown = next((name for name in wish.columns if name not in _CELLS), "")
    if unknown:
        return Answer(stderr=f"lsblk: unknown column: {unknown}\n", status=1)
    errors = "".join(f"lsblk: {name}: not a block device\n" for name in missing)
    text = _shown(call.machine, wish, rows) if rows else ""
    return Answer(text, errors, (64 if rows else 32) if errors else 0)


def _read(call: Call) -> _Wish:
    wish, args = _Wish(), list(call.args)
    while args and not wish.wrong:
        word = args.pop(0)
        name, eq, value = word[2:].partition("=")
        if word.startswith("--"):
            found = [name] if name in _LONG else [full for full in _LONG if full.startswith(name)]
            if len(found) != 1:
                wish.wrong = f"unrecognized option '{word}'{_HINT}"
                break
            _letters(wish, _LONG[found[0]], value if eq else "", args)
        elif word.startswith("-") and len(word) > 1:
            _letters(wish, word[1:], "", args)
        else:
            wish.names.append(word)
    made = call.machine.system.profile
    points = "MOUNTPOINTS" if made.since("util_linux", "2.37") else "MOUNTPOINT"
    if wish.columns == _FS.split() and not made.since("util_linux", "2.37"):
        wish.columns = (_OLD_FS if made.since("util_linux", "2.33") else _OLDEST_FS).split()
    standard = ["NAME", "MAJ:MIN", "RM", "SIZE", "RO", "TYPE", points]
    wish.columns = [*standard, *wish.columns[1:]] if wish.columns[:1] == ["+"] else wish.columns or standard
    return wish


def _letters(wish: _Wish, letters: str, value: str, args: list[str]) -> None:
    while letters and not wish.wrong:
        letter, letters = letters[0], letters[1:]
        if letter in "oeIx":
            text, letters = value or letters or (args.pop(0) if args else ""), ""
            if not text:
                wish.wrong = f"option requires an argument -- '{letter}'{_HINT}"
            if letter == "o":
                names = [part.upper() for part in text.removeprefix("+").split(",")]
                wish.columns = ["+", *names] if text.startswith("+") else names
            elif letter == "e":
                wish.excluded |= set(text.split(","))
        elif letter in _SETS:
            wish.columns = _SETS[letter].split()
            wish.letters |= {"d"} if letter == "S" else set()
        elif letter not in "abdnpliPrJsThVz":
            wish.wrong = f"invalid option -- '{letter}'{_HINT}"
        wish.letters.add(letter)


@dataclass(frozen=True, slots=True)
class _Sight:
    """A device with what its cells are read from."""

    machine: Machine
    row: Block
    mount: Mount | None
    letters: frozenset[str]

    def size(self, kib: int | None) -> str:
        if kib is None:
            return ""
        return str(kib * 1024) if "b" in self.letters else short(kib * 1024)


def short(size: int) -> str:
    """One decimal, none where it is zero: ``1.8T``, ``512M``."""
    step = min((max(size, 1).bit_length() - 1) // 10, 5)
    return f"{size / 1024**step:.1f}".removesuffix(".0") + "BKMGTP"[step]


def _shown(machine: Machine, wish: _Wish, rows: Sequence[Block]) -> str:
    held = {mount.device: mount for mount in fill(machine)}
    sights = [_Sight(machine, row, held.get(row.path), frozenset(wish.letters)) for row in rows]
    if "J" in wish.letters:
        return json.dumps({"blockdevices": _nested(sights, wish.columns)}, indent=3) + "\n"
    if "P" in wish.letters:
        return "".join(" ".join(f'{name}="{_CELLS[name](s)}"' for name in wish.columns) + "\n" for s in sights)
    tree = "NAME" in wish.columns and not wish.letters & set("lrd") and rows[0].part is None
    table = [] if "n" in wish.letters else [list(wish.columns)]
    for n, sight in enumerate(sights):
        cells = [_CELLS[name](sight) for name in wish.columns]
        if sight.row.part and tree:
            last = n + 1 == len(sights) or not sights[n + 1].row.part
            branch = ("`-" if last else "|-") if "i" in wish.letters else ("└─" if last else "├─")
            place = wish.columns.index("NAME")
            cells[place] = branch + cells[place]
        table.append(cells)
    if "r" in wish.letters:
        return "".join(" ".join(cells).rstrip() + "\n" for cells in table)
    return _aligned(table, wish.columns)


def _aligned(table: Sequence[list[str]], columns: Sequence[str]) -> str:
    """Columns as wide as their widest cell; a device number is aligned at its colon."""
    if "MAJ:MIN" in columns:
        place = columns.index("MAJ:MIN")
        for cells in table:
            left, _, right = cells[place].partition(":")
            cells[place] = f"{left:>3}:{right:<3}"
    wide = [max(len(row[n]) for row in table) for n in range(len(columns))]
    out = ""
    for row in table:
        cells = []
        for n, (cell, name) in enumerate(zip(row, columns, strict=True)):
            last = n == len(columns) - 1
            cells.append(cell.rjust(wide[n]) if name in _RIGHT else cell if last else cell.ljust(wide[n]))
        out += " ".join(cells) + "\n"
    return out


def _nested(sights: Sequence[_Sight], columns: Sequence[str]) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    children: list[dict[str, object]] = []
    for sight in sights:
        item = {name.lower(): _typed(name, _CELLS[name](sight)) for name in columns}
        if found and sight.row.part:
            children.append(item)
            found[-1]["children"] = children
        else:
            found.append(item)
            children = []
    return found


def _typed(name: str, text: str) -> object:
    if name in ("RM", "RO", "ROTA", "HOTPLUG"):
        return text == "1"
    return [text or None] if name == "MOUNTPOINTS" else text or None


def _percent(sight: _Sight) -> str:
    row = sight.mount
    return f"{-(-row.used * 100 // max(1, row.used + row.available))}%" if row else ""


def _whole(text: str) -> Callable[[_Sight], str]:
    """A cell that only a whole disk has."""
    return lambda sight: "" if sight.row.part else text


def _always(text: str) -> Callable[[_Sight], str]:
    return lambda sight: text


_CELLS: dict[str, Callable[[_Sight], str]] = {
    "NAME": lambda s: s.row.path if "p" in s.letters else s.row.name,
    "KNAME": lambda s: s.row.path if "p" in s.letters else s.row.name,
    "PATH": lambda s: s.row.path,
    "PKNAME": lambda s: s.row.parent,
    "MAJ:MIN": lambda s: f"{s.row.major}:{s.row.minor}",
    "SIZE": lambda s: s.size(s.row.size // 1024),
    "TYPE": lambda s: "part" if s.row.part else "disk",
    "MOUNTPOINT": lambda s: s.row.part.mount if s.row.part else "",
    "MOUNTPOINTS": lambda s: s.row.part.mount if s.row.part else "",
    "FSTYPE": lambda s: s.row.part.kind if s.row.part else "",
    "FSVER": lambda s: {"ext4": "1.0", "vfat": "FAT32"}.get(s.row.part.kind, "") if s.row.part else "",
    "PARTLABEL": lambda s: "EFI System Partition" if s.row.part and s.row.part.kind == "vfat" else "",
    "UUID": lambda s: file_system_id(s.row.part) if s.row.part else "",
    "PARTUUID": lambda s: partition_id(s.row.part) if s.row.part else "",
    "FSAVAIL": lambda s: s.size(s.mount.available if s.mount else None),
    "FSSIZE": lambda s: s.size(s.mount.total if s.mount else None),
    "FSUSED": lambda s: s.size(s.mount.used if s.mount else None),
    "FSUSE%": _percent,
    "SCHED": lambda s: "mq-deadline" if s.machine.system.profile.since("libc", "2.31") else "cfq",
    "WSAME": lambda s: s.size(0),
    "SERIAL": lambda s: "" if s.row.part else f"S45NNE0M{s.row.minor:06d}",
    "HCTL": lambda s: "" if s.row.part else f"{s.row.minor // 16}:0:0:0",
    "DISC-GRAN": lambda s: s.size(4),
    "DISC-MAX": lambda s: s.size(2 * 2**20),
    **{name: _always("0") for name in "RM RO HOTPLUG ALIGNMENT OPT-IO ROTA DISC-ALN DISC-ZERO".split()},
    **{name: _always("512") for name in ("MIN-IO", "PHY-SEC", "LOG-SEC")},
    **{name: _always(text) for name, text in (("LABEL", ""), ("OWNER", "root"), ("GROUP", "disk"), ("PTTYPE", "gpt"))},
    **{name: _always(text) for name, text in (("MODE", "brw-rw----"), ("RQ-SIZE", "64"), ("RA", "128"))},
    **{name: _whole(text) for name, text in (("MODEL", "SAMSUNG_MZ7LH960"), ("VENDOR", "ATA     "), ("REV", "904Q"))},
    **{name: _whole(text) for name, text in (("STATE", "running"), ("TRAN", "sata"))},
    "SUBSYSTEMS": _always("block:scsi:pci"),
}


@exact("blkid")
def blkid(call: Call) -> Answer:
    """``blkid``: the file systems with their identifiers."""
    args, names, tags, values = list(call.args), list[str](), list[str](), False
    while args:
        word = args.pop(0)
        if word in ("-s", "-o", "-t", "-L", "-U") and args:
            value = args.pop(0)
            tags += [value] if word == "-s" else []
            values = values or (word == "-o" and value == "value")
            if word in ("-U", "-L"):
                return _by_id(call, value if word == "-U" else "")
        elif word.startswith("-") and word not in ("-p", "-g", "-i", "-k", "-V", "-v"):
            return Answer(stderr=f"blkid: invalid option -- '{word[1:2]}'\n", status=4)
        elif not word.startswith("-"):
            names.append(word)
    rows = [row for row in block_devices(call.machine) if row.part and (not names or row.path in names)]
    if caller(call) != "root" or not rows:
        return Answer(status=2)
    out = ""
    for row in rows:
        shown = {key: text for key, text in _tags(call.machine, row).items() if not tags or key in tags}
        if values:
            out += "".join(f"{text}\n" for text in shown.values())
        elif shown:
            out += f"{row.path}: " + " ".join(f'{key}="{text}"' for key, text in shown.items()) + "\n"
    return Answer(out)


def _tags(machine: Machine, row: Block) -> dict[str, str]:
    assert row.part
    fields = {"UUID": file_system_id(row.part)}
    if machine.system.profile.since("util_linux", "2.36"):
        fields["BLOCK_SIZE"] = "4096" if row.part.kind == "ext4" else "512"
    return {**fields, "TYPE": row.part.kind, "PARTUUID": partition_id(row.part)}


def _by_id(call: Call, value: str) -> Answer:
    rows = block_devices(call.machine)
    found = [row.path for row in rows if value and row.part and file_system_id(row.part) == value]
    return Answer("".join(f"{path}\n" for path in found), status=0 if found else 2)
