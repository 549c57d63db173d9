"""``fuser``: the processes that use a file, a file system or a port, and how."""

from __future__ import annotations

import re

from llm_kernel.machine import Machine
from llm_kernel.machine.descriptors import descriptors
from llm_kernel.machine.mounts import mount_of
from llm_kernel.machine.process_facts import command_name
from llm_kernel.machine.processes import Process
from llm_kernel.machine.signals import number_of
from llm_kernel.programs.exact.identity import caller
from llm_kernel.programs.exact.open_files import ports_of
from llm_kernel.programs.exact.sockets import sockets
from llm_kernel.programs.table import live
from llm_kernel.shell.call import Call, Io


@live("fuser")
async def fuser(call: Call, io: Io) -> int:
    """``fuser``: the processes that use files or ports; ``-k`` ends them."""
    letters, signal, space, names = set[str](), 9, "file", list[str]()
    args = list(call.args)
    while args:
        word = args.pop(0)
        if word in ("-n", "--namespace"):
            space = args.pop(0) if args else ""
            if space not in ("file", "tcp", "udp"):
                await io.err(f"Invalid namespace name\n{_FUSER}")
                return 1
        elif word in ("-V", "--version"):
            await io.err("fuser (PSmisc) 23.3\n")
            return 0
        elif word.startswith("-") and len(word) > 2 and (number := number_of(word[1:])) is not None:
            signal = number
        elif word.startswith("--"):
            known = {"--verbose": "v", "--kill": "k", "--silent": "s", "--user": "u", "--mount": "m", "--all": "a"}
            if word not in known:
                await io.err(f"fuser: unrecognized option '{word}'\n{_FUSER}")
                return 1
            letters.add(known[word])
        elif word.startswith("-") and len(word) > 1:
            if bad := next((letter for letter in word[1:] if letter not in "vkismuacM46w"), ""):
                await io.err(f"fuser: Invalid option {bad}\n{_FUSER}" if bad else _FUSER)
                return 1
            letters |= set(word[1:])
        else:
            names.append(word)
    if not names:
        await io.err(f"No process specification given\n{_FUSER}")
        return 1
    titled, status = False, 1
    for name in names:
        kind, port = _place(name, space)
        if kind == "file" and not call.machine.files.exists(call.path(name)):
            await io.err(f"Specified filename {name} does not exist.\n")
            continue
        users = _port_users(call.machine, kind, port) if kind != "file" else _file_users(call, name, "m" in letters)
        if users:
            status = 0
        if "s" not in letters and (users or "a" in letters):
            if "v" in letters and not titled:
                await io.err(f"{'':21}USER        PID ACCESS COMMAND\n")
                titled = True
            await _tell(call, io, name if kind == "file" else f"{port}/{kind}", users, letters)
        if "k" in letters:
            for process, _ in users:
                call.machine.processes.signal(process.pid, signal, user=caller(call))
    return status


def _place(name: str, space: str) -> tuple[str, str]:
    found = re.fullmatch(r"(\w+)/(tcp|udp)", name)
    return (found[2], found[1]) if found else (space, name)


def _port_users(machine: Machine, kind: str, port: str) -> list[tuple[Process, str]]:
    wanted = ports_of(port)
    pids = {one.pid for one in sockets(machine) if one.protocol == kind and one.local[1] in wanted}
    return [(process, "F....") for process in machine.processes.running() if process.pid in pids]


def _file_users(call: Call, name: str, whole: bool) -> list[tuple[Process, str]]:
    machine, path = call.machine, call.path(name)
    found = []
    for process in machine.processes.running():
        if caller(call) not in ("root", process.user):
            continue
        access = {"f": ".", "r": ".", "c": ".", "e": ".", "m": "."}
        for one in descriptors(machine, process):
            own = mount_of(machine.system, one.path) == mount_of(machine.system, path) if whole else one.path == path
            if not own or (one.path.startswith("/dev/") and whole):
                continue
            letter = {"cwd": "c", "rtd": "r", "txt": "e"}.get(one.name, "f")
            access[letter] = "F" if letter == "f" and one.mode != "r" else letter
            if path.startswith("/dev/nvidia"):
                access["m"] = "m"
        if set(access.values()) != {"."}:
            found.append((process, "".join(access.values())))
    return found


async def _tell(call: Call, io: Io, name: str, users: list[tuple[Process, str]], letters: set[str]) -> None:
    shown = call.path(name) if "/" not in name or not name[0].isdecimal() else name
    await io.err(f"{f'{shown}:':<21}")
    for number, (process, access) in enumerate(users):
        if "v" in letters:
            await io.err(("" if number == 0 else " " * 21) + f"{process.user:<9}")
            await io.out(f"{process.pid:>6}")
            await io.err(f" {access} {f'({process.user})' if 'u' in letters else ''}{command_name(process)}\n")
            continue
        await io.out(f" {process.pid:>5}")
        marks = "".join(letter for letter in access if letter in "rcem")
        await io.err(marks + (f"({process.user})" if "u" in letters else ""))
    if "v" not in letters or not users:
        await io.err("\n")


_FUSER = """\
Usage: fuser [-fIMuvw] [-a|-s] [-4|-6] [-c|-m|-n SPACE] [-k [-i] [-SIGNAL]] NAME...
       fuser -l
       fuser -V
"""
