"""``getent``: the system's databases, read from the files that hold them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from llm_kernel.machine.hosts import name_of, resolve
from llm_kernel.machine.network import main_interface
from llm_kernel.programs.exact.identity import caller
from llm_kernel.programs.table import exact
from llm_kernel.shell.call import Answer, Call

_DATABASES = frozenset(
    """ahosts ahostsv4 ahostsv6 aliases ethers group gshadow hosts initgroups netgroup networks passwd protocols rpc
    services shadow""".split()
)
_FILES = {
    "passwd": "/etc/passwd",
    "group": "/etc/group",
    "shadow": "/etc/shadow",
    "gshadow": "/etc/gshadow",
    "services": "/etc/services",
    "protocols": "/etc/protocols",
    "networks": "/etc/networks",
    "rpc": "/etc/rpc",
    "ethers": "/etc/ethers",
    "aliases": "/etc/aliases",
}


@exact("getent")
def getent(call: Call) -> Answer:
    """``getent DATABASE [KEY...]``."""
    words = [word for word in call.args if not word.startswith("-") or word == "-"]
    if not words:
        text = "getent: wrong number of arguments\nTry `getent --help' or `getent --usage' for more information.\n"
        return Answer(stderr=text, status=1)
    database, keys = words[0], words[1:]
    if database not in _DATABASES:
        hint = "Try `getent --help' or `getent --usage' for more information.\n"
        return Answer(stderr=f"Unknown database: {database}\n{hint}", status=1)
    if database in ("shadow", "gshadow") and caller(call) != "root":
        return Answer(status=2 if keys else 0)
    match database:
        case "hosts" | "ahosts" | "ahostsv4" | "ahostsv6":
            return _hosts(call, database, keys)
        case "initgroups":
            return _initgroups(call, keys)
        case "netgroup":
            return Answer(status=2)
        case "services" | "protocols" | "networks" | "rpc" | "ethers" | "aliases":
            return _spaced(call, database, keys)
        case _:
            return _accounts(call, database, keys)


def _lines(call: Call, path: str) -> list[str]:
    try:
        text = call.machine.files.read(path).decode(errors="replace")
    except OSError:
        return []
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


def _accounts(call: Call, database: str, keys: Sequence[str]) -> Answer:
    rows = [line.split(":") for line in _lines(call, _FILES[database])]
    by_number = database in ("passwd", "group")
    return _found(
        keys,
        [":".join(row) for row in rows],
        lambda key: next(
            (
                ":".join(row)
                for row in rows
                if row[0] == key or (by_number and key.isdigit() and len(row) > 2 and row[2] == key)
            ),
            None,
        ),
    )


def _found(keys: Sequence[str], everything: Sequence[str], find: Callable[[str], str | None]) -> Answer:
    if not keys:
        return Answer("".join(f"{line}\n" for line in everything))
    hits = [find(key) for key in keys]
    return Answer("".join(f"{hit}\n" for hit in hits if hit is not None), status=0 if all(hits) else 2)


def _spaced(call: Call, database: str, keys: Sequence[str]) -> Answer:
    rows = [line.partition("#")[0].split() for line in _lines(call, _FILES[database])]

    def find(key: str) -> str | None:
        name, slash, kind = key.partition("/")
        for row in rows:
            number, _, protocol = row[1].partition("/") if len(row) > 1 else ("", "", "")
            if name in (row[0], number, *row[2:]) and (not slash or protocol == kind):
                return shown(row)
        return None

    def shown(row: Sequence[str]) -> str:
        return f"{row[0]:<21} {' '.join(row[1:])}"

    return _found(keys, [shown(row) for row in rows], find)


def _initgroups(call: Call, keys: Sequence[str]) -> Answer:
    if not keys:
        return Answer(stderr="Enumeration not supported on initgroups\n", status=3)
    out = ""
    rows = [line.split(":") for line in _lines(call, "/etc/group")]
    for key in keys:
        numbers = [row[2] for row in rows if len(row) > 3 and key in row[3].split(",")]
        out += f"{key:<21} {' '.join(numbers)}".rstrip() + "\n"
    return Answer(out)


def _hosts(call: Call, database: str, keys: Sequence[str]) -> Answer:
    rows = [line.partition("#")[0].split() for line in _lines(call, "/etc/hosts")]
    rows = [row for row in rows if len(row) > 1]
    if not keys:
        return Answer("".join(f"{row[0]:<15} {' '.join(row[1:])}\n" for row in rows))
    out, status = "", 0
    for key in keys:
        row = next((row for row in rows if key in row), None)
        if row is None and key == str(main_interface(call.machine).four.ip):
            row = [key, call.machine.system.host]
        if row is None:
            address, name = resolve(call.machine, key), name_of(call.machine, key)
            row = [address, key] if address else [key, name] if name else None
        if row is None:
            status = 2
        elif database == "hosts":
            out += f"{row[0]:<15} {' '.join(row[1:])}\n"
        else:
            out += f"{row[0]:<15} STREAM {row[1]}\n{row[0]:<15} DGRAM  \n{row[0]:<15} RAW    \n"
    return Answer(out, status=status)
