"""``lsof``: who has which file or socket open, from the descriptors and the sockets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from llm_kernel.machine import Machine
from llm_kernel.machine.descriptors import Descriptor, descriptors
from llm_kernel.machine.mounts import mount_of
from llm_kernel.machine.process_facts import command_name
from llm_kernel.machine.processes import Process
from llm_kernel.programs.exact.identity import caller
from llm_kernel.programs.exact.sockets import PORTS, Socket, sockets
from llm_kernel.programs.table import exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["ports_of"]

_TERMINALS = "/dev/pts/"
_KINDS = {"directory": "DIR", "file": "REG", "character": "CHR", "block": "BLK", "symlink": "LINK", "fifo": "FIFO"}


@dataclass(frozen=True, slots=True)
class _Row:
    process: Process
    name: str
    mode: str
    kind: str
    device: str
    size: str
    node: str
    path: str


@dataclass(slots=True)
class _Wish:
    pids: list[int] = field(default_factory=list)
    users: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    trees: list[str] = field(default_factory=list)
    net: list[str] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    flags: set[str] = field(default_factory=set)

    @property
    def picky(self) -> bool:
        """Whether it asks for some and not for all."""
        named = self.pids or self.users or self.names or self.paths or self.trees or self.numbers
        return bool(named or "i" in self.flags)


@exact("lsof")
def lsof(call: Call) -> Answer:
    """``lsof``: all open files, or those of files, folders, processes, users, commands and ports."""
    wish = _read(call)
    if isinstance(wish, Answer):
        return wish
    if "v" in wish.flags:
        return Answer(stderr="lsof version information:\n    revision: 4.93.2\n")
    wrong = "".join(f"lsof: status error on {path}: No such file or directory\n" for path in _absent(call, wish))
    rows = [row for row in _rows(call) if _kept(call, wish, row)]
    if "t" in wish.flags:
        return Answer("".join(f"{pid}\n" for pid in dict.fromkeys(row.process.pid for row in rows)), wrong, not rows)
    if not rows:
        return Answer("", wrong, 1)
    return Answer(_table(call, rows, wish), wrong, 1 if wrong else 0)


def _read(call: Call) -> _Wish | Answer:
    wish, args = _Wish(), list(call.args)
    while args:
        word = args.pop(0)
        if not word.startswith(("-", "+")) or word in ("-", "+"):
            wish.paths.append(call.path(word))
            continue
        if word[:2] in ("+D", "+d"):
            wish.trees.append(call.path(word[2:] or (args.pop(0) if args else "")))
            continue
        rest = word[1:]
        while rest:
            letter, rest = rest[0], rest[1:]
            if letter in "pucigFfd":
                value, rest = rest, ""
                follows = letter in "pucd" or (letter == "i" and args[:1] and args[0][:1] == ":")
                if not value and follows:
                    value = args.pop(0) if args else ""
                if wrong := _note(wish, letter, value):
                    return Answer(stderr=wrong, status=1)
            elif letter in "antPlNRUvhw":
                wish.flags.add(letter)
            else:
                return Answer(stderr=f"lsof: illegal option character: {letter}\n{_USAGE}", status=1)
    return Answer(stderr=_USAGE) if "h" in wish.flags else wish


def _note(wish: _Wish, letter: str, value: str) -> str:
    match letter:
        case "p":
            if bad := next((part for part in value.split(",") if not part.lstrip("^").isdecimal()), None):
                return f"lsof: illegal process ID: {bad}\n{_USAGE}"
            if not value:
                return f"lsof: no process ID specified\n{_USAGE}"
            wish.pids += [int(part) for part in value.split(",") if part.isdecimal() and len(part) < 12]
        case "u":
            wish.users += value.split(",")
        case "c":
            wish.names.append(value)
        case "d":
            wish.numbers += value.split(",")
        case "i":
            wish.flags.add("i")
            wish.net += [value] if value else []
    return ""


def _absent(call: Call, wish: _Wish) -> list[str]:
    return [path for path in [*wish.paths, *wish.trees] if not call.machine.files.exists(path)]


def _kept(call: Call, wish: _Wish, row: _Row) -> bool:
    tests = []
    if wish.pids:
        tests.append(row.process.pid in wish.pids)
    if wish.users:
        tests.append(row.process.user in wish.users)
    if wish.names:
        tests.append(any(command_name(row.process).startswith(name) for name in wish.names))
    if wish.numbers:
        tests.append(any(_numbered(row.name, wanted) for wanted in wish.numbers))
    if wish.paths or wish.trees:
        below = any(row.path == top or row.path.startswith(f"{top.rstrip('/')}/") for top in wish.trees)
        tests.append(row.path in wish.paths or below)
    if "i" in wish.flags:
        tests.append(row.kind in ("IPv4", "IPv6") and all(_fits(row, part) for part in wish.net))
    if not wish.picky:
        return True
    return all(tests) if "a" in wish.flags else any(tests)


def _numbered(name: str, wanted: str) -> bool:
    """Whether a descriptor is the one, or in the range, that ``-d`` names."""
    first, dash, last = wanted.partition("-")
    if dash and first.isdecimal() and last.isdecimal() and name.isdecimal():
        return int(first) <= int(name) <= int(last)
    return name == wanted


def _fits(row: _Row, wanted: str) -> bool:
    """Whether a socket is what ``-i`` names: ``[46][tcp|udp][@host][:port]``."""
    found = re.fullmatch(r"([46])?(tcp|udp)?(?:@([^:]*))?(?::([\w,-]+))?", wanted, re.IGNORECASE)
    if not found:
        return False
    version, protocol, host, ports = found.groups()
    here = {int(port) for port in re.findall(r":(\d+)", row.path)}
    asked = {port for part in (ports or "").split(",") for port in ports_of(part)}
    return (
        (not version or row.kind == f"IPv{version}")
        and (not protocol or row.node == protocol.upper())
        and (not host or host in row.path)
        and (not ports or bool(here & asked))
    )


def ports_of(text: str) -> set[int]:
    """The ports that ``22``, ``ssh`` or ``8000-8010`` names."""
    first, dash, last = text.partition("-")
    if dash and first.isdecimal() and last.isdecimal():
        return set(range(int(first[:6]), min(int(last[:6]), 65535) + 1))
    known = {name: port for port, name in PORTS.items()}
    return {int(text[:6])} if text.isdecimal() else {known[text]} if text in known else set()


def _rows(call: Call) -> Iterator[_Row]:
    machine, user = call.machine, caller(call)
    connections: dict[int, list[Socket]] = {}
    for end in sockets(machine):
        connections.setdefault(end.pid, []).append(end)
    for process in machine.processes.running():
        mine = user in ("root", process.user)
        if not mine:
            for name in ("cwd", "rtd", "txt", "NOFD"):
                path = f"/proc/{process.pid}/{ {'rtd': 'root', 'txt': 'exe', 'NOFD': 'fd'}.get(name, name) }"
                yield _Row(process, name, "", "unknown", "", "", "", f"{path} (Permission denied)")
            continue
        for one in descriptors(machine, process):
            yield _file(machine, process, one)
        ends = connections.get(process.pid, [])
        yield from (_socket(machine, process, end, number) for number, end in enumerate(ends))


def _file(machine: Machine, process: Process, one: Descriptor) -> _Row:
    terminal = one.path.removeprefix(_TERMINALS)
    if terminal != one.path:
        return _Row(process, one.name, one.mode, "CHR", f"136,{terminal}", "0t0", str(int(terminal) + 3), one.path)
    try:
        stat = machine.files.stat(one.path)
    except OSError:
        return _Row(process, one.name, one.mode, "unknown", "", "", "", f"{one.path} (deleted)")
    kind = _KINDS.get(stat.kind, "REG")
    disk = next(
        (n for n, disk in enumerate(machine.system.disks) if disk.mount == mount_of(machine.system, one.path)), 0
    )
    if stat.device is not None:
        return _Row(process, one.name, one.mode, kind, "{},{}".format(*stat.device), "0t0", str(stat.ino), one.path)
    return _Row(process, one.name, one.mode, kind, f"8,{disk + 1}", str(stat.size), str(stat.ino), one.path)


def _socket(machine: Machine, process: Process, one: Socket, number: int) -> _Row:
    def end(where: tuple[str, int]) -> str:
        host = where[0].partition("%")[0]
        host = "*" if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host  # noqa: S104
        return f"{host}:{where[1]}"

    kind, protocol = "IPv6" if one.six else "IPv4", one.protocol.upper()
    state = {"LISTEN": " (LISTEN)", "ESTAB": " (ESTABLISHED)"}.get(one.state, "")
    name = end(one.local) + (f"->{end(one.peer)}" if one.peer[1] else "")
    inode = 21_000 + process.pid * 7 % 4_000 + number
    return _Row(process, str(one.fd), "u", kind, str(inode), "0t0", protocol, name + state)


def _table(call: Call, rows: list[_Row], wish: _Wish) -> str:
    """Columns as wide as their widest cell, as ``lsof`` measures them."""
    heads = ("COMMAND", "PID", "USER", "DEVICE", "SIZE/OFF", "NODE")
    cells = [
        (command_name(row.process)[:9], str(row.process.pid), _user(call, row, wish), row.device, row.size, row.node)
        for row in rows
    ]
    wide = [max([len(head), *(len(line[n]) for line in cells)]) for n, head in enumerate(heads)]
    kinds = max(4, *(len(row.kind) for row in rows)) if rows else 4
    lines = [
        f"{heads[0]:<{wide[0]}} {heads[1]:>{wide[1]}} {heads[2]:>{wide[2]}}   FD   {'TYPE':>{kinds}} "
        f"{heads[3]:>{wide[3]}} {heads[4]:>{wide[4]}} {heads[5]:>{wide[5]}} NAME"
    ]
    for row, line in zip(rows, cells, strict=True):
        lines.append(
            f"{line[0]:<{wide[0]}} {line[1]:>{wide[1]}} {line[2]:>{wide[2]}} {row.name:>4}{row.mode or ' '}  "
            f"{row.kind:>{kinds}} {line[3]:>{wide[3]}} {line[4]:>{wide[4]}} {line[5]:>{wide[5]}} "
            f"{_said(call, row, wish)}"
        )
    return "".join(f"{line}\n" for line in lines)


def _user(call: Call, row: _Row, wish: _Wish) -> str:
    account = call.machine.system.account(row.process.user)
    return str(account.uid) if "l" in wish.flags and account else row.process.user


def _said(call: Call, row: _Row, wish: _Wish) -> str:
    """A socket's name with the names of ports and of this host where they are not asked as numbers."""
    if row.kind not in ("IPv4", "IPv6"):
        return row.path
    text = row.path
    if "P" not in wish.flags:
        text = re.sub(r":(\d+)", lambda m: f":{PORTS.get(int(m[1]), m[1])}", text)
    if "n" not in wish.flags:
        text = re.sub(r"^\d[\d.]*(?=:)", call.machine.system.host, text)
    return text


_USAGE = """\
lsof 4.93.2
 usage: [-?abhKlnNoOPRtUvVX] [+|-c c] [+|-d s] [+D D] [+|-E] [+|-e s] [+|-f[gG]]
"""
