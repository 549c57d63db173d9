"""``/proc/PID``: each process as the kernel tells it. Rendered when it starts or changes, gone when it ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from llm_kernel.machine.descriptors import program_file
from llm_kernel.machine.files import Files
from llm_kernel.machine.process_facts import (
    command_name,
    is_kernel,
    session,
    shared,
    threads,
    user_ids,
    virtual,
)
from llm_kernel.machine.processes import Process

if TYPE_CHECKING:  # Machine is made of this package's parts; its name is only needed for the hint
    from llm_kernel.machine.machine import Machine

__all__ = ["follow_processes", "render_process"]


def follow_processes(files: Files, machine: Machine) -> None:
    """Bring ``/proc/PID`` up to the table: a glance for a process that did not change."""
    table, laid = machine.processes.table, machine.processes.laid
    if laid:
        for pid in laid.keys() - table.keys():
            del laid[pid]
            if files.root.exists(f"/proc/{pid}"):
                files.remove(f"/proc/{pid}", recursive=True)
        for pid, process in list(table.items()):
            if process.ppid == 2 and pid in laid:  # a thread of the kernel stays as it is
                continue
            key = _key(process, table)
            if laid.get(pid) != key:
                _lay(files, machine, process, _stat(machine, process), fresh=pid not in laid)
                laid[pid] = key
        return
    entries = files.root.read_dir("/proc") if files.root.exists("/proc") else []
    there = {int(entry["name"]) for entry in entries if str(entry["name"]).isdigit()}
    for pid in there - table.keys():
        files.remove(f"/proc/{pid}", recursive=True)
    for pid in sorted(table):
        if pid in there and table[pid].ppid == 2:  # a thread of the kernel stays as it is
            continue
        stat = _stat(machine, table[pid])
        if pid in there and files.root.read_file(f"/proc/{pid}/stat") == stat:
            continue
        _lay(files, machine, table[pid], stat, fresh=pid not in there)
    laid.update((pid, _key(process, table)) for pid, process in table.items())
    _point(files, machine.processes.shell)


def _key(process: Process, table: Mapping[int, Process]) -> tuple[object, ...]:
    """All of a process that its files tell and that may change."""
    return (
        process.state,
        int(process.cpu * 100),
        process.rss,
        process.nice,
        bool(process.gpu),
        process.ppid,
        process.command,
        process.tty,
        process.user,
        process.start,
        session(process, table),
    )


def render_process(machine: Machine, process: Process) -> dict[str, bytes]:
    """The files of one process by their names in its folder."""
    rows = {
        "cgroup": _cgroup(machine, process),
        "comm": f"{command_name(process)}\n",
        "limits": _limits(machine),
        "oom_score_adj": "0\n",
        "oom_score": "0\n" if not process.rss else f"{666 + process.rss // 1024 * 1000 // machine.system.total_kb}\n",
        "statm": _statm(process),
        "status": _status(machine, process),
    }
    found = {name: text.encode() for name, text in rows.items()}
    kernel = is_kernel(process)
    found["cmdline"] = b"" if kernel else "".join(f"{word}\0" for word in process.command).encode()
    found["environ"] = b"" if kernel else _environ(machine, process)
    found["stat"] = _stat(machine, process)
    return {name: found[name] for name in _KERNEL} if kernel else found


_MOVING = ("cmdline", "comm", "stat", "status", "statm")
"""The files of a process that change while it lives."""

_BITS = {"environ": 0o400, "oom_score_adj": 0o644}
"""Whose bits are not those of a file that everybody may read."""

_KERNEL = ("cmdline", "comm", "stat", "statm", "status")
"""The files of a kernel's thread: it has no memory, and nobody reads its limits."""


def _lay(files: Files, machine: Machine, process: Process, stat: bytes, *, fresh: bool) -> None:
    folder, owner = f"/proc/{process.pid}", user_ids(machine, process)
    wanted = render_process(machine, process)
    if not fresh:
        wanted = {name: wanted[name] for name in _MOVING}
        if files.root.read_file(f"{folder}/cmdline") != wanted["cmdline"]:  # another program has taken the process over
            files.remove(f"{folder}/exe")
            files.symlink(program_file(machine, process), f"{folder}/exe")
    if fresh:
        files.lay_folder(folder, mode=0o555, owner=owner)
    for name, data in wanted.items():
        files.lay(f"{folder}/{name}", data, mode=_BITS.get(name, 0o444), owner=owner)
    links = dict(_links(machine, process)) if fresh and not is_kernel(process) else {}
    for name, target in links.items():
        files.mkdir(f"{folder}/{name}".rpartition("/")[0])
        files.symlink(target, f"{folder}/{name}")


def _links(machine: Machine, process: Process) -> Iterator[tuple[str, str]]:
    yield "cwd", process.cwd
    yield "root", "/"
    yield "exe", program_file(machine, process)
    stream = "/dev/null" if process.tty == "?" else f"/dev/{process.tty}"
    for number in range(3):
        yield f"fd/{number}", stream


def _point(files: Files, shell: int) -> None:
    """Let ``/proc/self`` be the login shell, which reads for the user."""
    try:
        if files.lstat("/proc/self").target == str(shell):
            return
        files.remove("/proc/self", recursive=True)
    except OSError:
        pass
    files.symlink(str(shell), "/proc/self")


def _stat(machine: Machine, process: Process) -> bytes:
    """The 52 fields of ``/proc/PID/stat``."""
    table = machine.processes.table
    group = process.pid if not is_kernel(process) else 0
    terminal = 34816 + int(process.tty[4:]) if process.tty.startswith("pts/") and process.tty[4:].isdigit() else 0
    ticks = int(process.cpu * 100)
    start = max(0, int((process.start - machine.system.boot) * 100))
    front = process.pid if terminal else -1
    head = [process.pid, f"({command_name(process)})", process.state, process.ppid, group, session(process, table)]
    head += [terminal, front, 4194560 if not is_kernel(process) else 2129984, 0, 0, 0, 0, ticks * 24 // 25]
    head += [ticks - ticks * 24 // 25, 0, 0, 20 + process.nice, process.nice, threads(process)]
    head += [0, start, virtual(process) * 1024]
    head += [process.rss // 4096, 18446744073709551615, *[0] * 12, 17, process.pid % machine.system.cpu.cores]
    head += [0, 0, 0, 0, 0, *[0] * 7, 0]
    return (" ".join(map(str, head)) + "\n").encode()


def _statm(process: Process) -> str:
    pages = virtual(process) // 4
    resident, common = process.rss // 4096, shared(process) // 4
    return f"{pages} {resident} {common} {min(pages, 230)} 0 {max(0, resident - common)} 0\n"


_STATES = {"R": "running", "S": "sleeping", "D": "disk sleep", "T": "stopped", "Z": "zombie", "I": "idle"}


def _status(machine: Machine, process: Process) -> str:
    uid, gid = user_ids(machine, process)
    account = machine.system.account(process.user)
    groups = " ".join(map(str, machine.system.groups_of(account))) if account else str(gid)
    cores = machine.system.cpu.cores
    rows = [
        ("Name", command_name(process)),
        ("Umask", "0022"),
        ("State", f"{process.state} ({_STATES.get(process.state, 'sleeping')})"),
        ("Tgid", process.pid),
        ("Ngid", 0),
        ("Pid", process.pid),
        ("PPid", process.ppid),
        ("TracerPid", 0),
        ("Uid", f"{uid}\t{uid}\t{uid}\t{uid}"),
        ("Gid", f"{gid}\t{gid}\t{gid}\t{gid}"),
        ("FDSize", 256 if process.rss else 64),
        ("Groups", f"{groups} "),
        ("NStgid", process.pid),
        ("NSpid", process.pid),
        ("NSpgid", process.pid if not is_kernel(process) else 0),
        ("NSsid", session(process, machine.processes.table)),
        *(_status_memory(process) if process.rss else ()),
        ("Threads", threads(process)),
        ("SigQ", f"0/{_pending(machine)}"),
        ("SigPnd", f"{0:016x}"),
        ("ShdPnd", f"{0:016x}"),
        ("SigBlk", f"{0:016x}"),
        ("SigIgn", f"{0:016x}"),
        ("SigCgt", f"{0:016x}"),
        ("CapInh", f"{0:016x}"),
        ("CapPrm", "000001ffffffffff" if uid == 0 else f"{0:016x}"),
        ("CapEff", "000001ffffffffff" if uid == 0 else f"{0:016x}"),
        ("CapBnd", "000001ffffffffff"),
        ("CapAmb", f"{0:016x}"),
        ("NoNewPrivs", 0),
        ("Seccomp", 0),
        ("Speculation_Store_Bypass", "thread vulnerable"),
        ("Cpus_allowed", _mask(cores)),
        ("Cpus_allowed_list", f"0-{cores - 1}" if cores > 1 else "0"),
        ("Mems_allowed", "00000000,00000001"),
        ("Mems_allowed_list", f"0-{machine.system.cpu.sockets - 1}" if machine.system.cpu.sockets > 1 else "0"),
        ("voluntary_ctxt_switches", int(process.cpu * 40) + 120),
        ("nonvoluntary_ctxt_switches", int(process.cpu * 4) + 3),
    ]
    return "".join(f"{name}:\t{value}\n" for name, value in rows)


def _status_memory(process: Process) -> list[tuple[str, str]]:
    resident, files = process.rss // 1024, shared(process)
    sizes = {
        "VmPeak": virtual(process),
        "VmSize": virtual(process),
        "VmLck": 0,
        "VmPin": 0,
        "VmHWM": resident,
        "VmRSS": resident,
        "RssAnon": resident - files,
        "RssFile": files,
        "RssShmem": 0,
        "VmData": max(132, resident - files + 512),
        "VmStk": 132,
        "VmExe": 920,
        "VmLib": min(files, 4096),
        "VmPTE": max(44, resident // 512 // 4 * 4),
        "VmSwap": 0,
        "HugetlbPages": 0,
    }
    return [(name, f"{size:8d} kB") for name, size in sizes.items()]


def _mask(cores: int) -> str:
    digits = f"{(1 << cores) - 1:x}"
    digits = digits.zfill(-(-len(digits) // 8) * 8) if len(digits) > 8 else digits
    return ",".join(digits[n : n + 8] for n in range(0, len(digits), 8))


def _pending(machine: Machine) -> int:
    """How many signals and processes a user may have: the kernel's rule of thumb from the memory."""
    return machine.system.total_kb // 128


def _limits(machine: Machine) -> str:
    many = str(_pending(machine))
    rows = (
        ("Max cpu time", "unlimited", "unlimited", "seconds"),
        ("Max file size", "unlimited", "unlimited", "bytes"),
        ("Max data size", "unlimited", "unlimited", "bytes"),
        ("Max stack size", "8388608", "unlimited", "bytes"),
        ("Max core file size", "0", "unlimited", "bytes"),
        ("Max resident set", "unlimited", "unlimited", "bytes"),
        ("Max processes", many, many, "processes"),
        ("Max open files", "1024", "1048576", "files"),
        ("Max locked memory", "67108864", "67108864", "bytes"),
        ("Max address space", "unlimited", "unlimited", "bytes"),
        ("Max file locks", "unlimited", "unlimited", "locks"),
        ("Max pending signals", many, many, "signals"),
        ("Max msgqueue size", "819200", "819200", "bytes"),
        ("Max nice priority", "0", "0", ""),
        ("Max realtime priority", "0", "0", ""),
        ("Max realtime timeout", "unlimited", "unlimited", "us"),
    )
    title = ("Limit", "Soft Limit", "Hard Limit", "Units")
    return "".join(f"{name:<25} {soft:<20} {hard:<20} {unit:<10}\n" for name, soft, hard, unit in (title, *rows))


def _environ(machine: Machine, process: Process) -> bytes:
    account = machine.system.account(process.user)
    home = account.home if account else "/"
    rows = {"PATH": ":".join(_PATH), "LANG": "C.UTF-8"}
    if process.tty != "?":
        rows |= {"HOME": home, "LOGNAME": process.user, "SHELL": "/bin/bash", "USER": process.user}
    return "".join(f"{name}={value}\0" for name, value in rows.items()).encode()


def _cgroup(machine: Machine, process: Process) -> str:
    if is_kernel(process):
        return "0::/\n"
    if process.tty != "?":
        uid = user_ids(machine, process)[0]
        return f"0::/user.slice/user-{uid}.slice/session-1.scope\n"
    return "0::/init.scope\n" if process.pid == 1 else f"0::/system.slice/{command_name(process)}.service\n"


_PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
