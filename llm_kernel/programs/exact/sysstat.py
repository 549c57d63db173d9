"""``iostat``, ``mpstat`` and ``sar`` of sysstat: the counters of processors and disks, since the boot and in rounds."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from llm_kernel.machine import Machine
from llm_kernel.machine.busy import busy, cpu_times
from llm_kernel.machine.disks import Block, DiskCounters, block_devices, device_counters
from llm_kernel.machine.proc_counters import interrupts
from llm_kernel.programs.exact.rounds import report_rounds
from llm_kernel.programs.table import live
from llm_kernel.shell.call import Call, Io

_VERSIONS = {"18.04": "11.6.1", "20.04": "12.2.0", "22.04": "12.5.2", "24.04": "12.6.1", "12": "12.6.1", "7": "10.1.5"}


@dataclass(slots=True)
class _Wish:
    letters: set[str] = field(default_factory=set)
    names: list[str] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    cpus: str = ""
    wrong: str = ""

    @property
    def seconds(self) -> float:
        """The time between two rounds."""
        return float(self.numbers[0]) if self.numbers else 1.0

    @property
    def count(self) -> int | None:
        """How many rounds; None is without end."""
        return self.numbers[1] if len(self.numbers) > 1 else None if self.numbers else 1


def _read(call: Call, letters: str, valued: str, usage: str) -> _Wish:
    wish, args = _Wish(), list(call.args)
    while args:
        word = args.pop(0)
        if re.fullmatch(r"\d{1,9}", word):
            wish.numbers.append(int(word))
        elif not word.startswith("-") or word == "-":
            wish.names.append(word.removeprefix("/dev/"))
        elif word[1:2] in valued and len(word) == 2:
            wish.cpus = args.pop(0) if args else ""
        elif len(word) > 1 and all(letter in letters for letter in word[1:]):
            wish.letters |= set(word[1:])
        else:
            wish.wrong = usage
            break
    if len(wish.numbers) > 2 or (wish.numbers[:1] == [0] and len(wish.numbers) > 1) or wish.numbers[1:] == [0]:
        wish.wrong = usage
    return wish


def _version(call: Call) -> str:
    number = _VERSIONS.get(call.machine.system.profile.release, "12.5.4")
    return f"sysstat version {number}\n(C) Sebastien Godard (sysstat <at> orange.fr)\n"


def banner(call: Call) -> str:
    """The first line: kernel, host, day, processors; the day as the language writes it."""
    system, now = call.machine.system, call.machine.clock.local
    posix = call.env.get("LC_ALL") or call.env.get("LC_TIME") or call.env.get("LANG") or "C"
    iso = call.env.get("S_TIME_FORMAT") == "ISO" or not posix.startswith(("C", "POSIX", "en_US"))
    day = f"{now:%Y-%m-%d}" if iso else f"{now:%m/%d/%y}" if posix.startswith(("C", "POSIX")) else f"{now:%m/%d/%Y}"
    host = system.host.partition(".")[0]
    return f"Linux {system.kernel} ({host}) \t{day} \t_{system.arch}_\t({system.cpu.cores} CPU)\n"


def _moment(call: Call) -> str:
    now = call.machine.clock.local
    english = (call.env.get("LC_ALL") or call.env.get("LANG") or "C").startswith("en_US")
    return f"{now:%I:%M:%S %p}" if english and call.env.get("S_TIME_FORMAT") != "ISO" else f"{now:%H:%M:%S}"


def shares(machine: Machine, *, first: bool) -> tuple[float, float, float, float]:
    """User, system, waiting and idle percent: since the boot, or now."""
    if first:
        times = cpu_times(machine)
        user, system, wait = (times.percent(part) for part in (times.user, times.system, times.wait))
    else:
        user, system, wait = busy(machine) * 0.96, busy(machine) * 0.04 + 0.07, 0.02
    return user, system, wait, max(0.0, 100 - user - system - wait)


_IOSTAT = (
    "Usage: iostat [ options ] [ <interval> [ <count> ] ]\nOptions are:\n"
    "[ -c ] [ -d ] [ -h ] [ -k | -m ] [ -N ] [ -s ] [ -t ] [ -V ] [ -x ] [ -y ] [ -z ]\n"
)


@live("iostat", needs="package:sysstat")
async def iostat(call: Call, io: Io) -> int:
    """``iostat``: processors and disks; with an interval it goes on."""
    wish = _read(call, "cdhkmNstVxyzp", "jgo", _IOSTAT)
    if wish.wrong:
        await io.err(wish.wrong)
        return 1
    if "V" in wish.letters:
        await io.out(_version(call))
        return 0
    await io.out(banner(call) + "\n")

    def report(n: int) -> str:
        text = f"{call.machine.clock.local:%m/%d/%Y %I:%M:%S %p}\n" if "t" in wish.letters else ""
        if "d" not in wish.letters or "c" in wish.letters:
            text += _processors(call.machine, first=n == 0) + "\n"
        if "c" not in wish.letters or "d" in wish.letters:
            text += _disks(call.machine, wish, first=n == 0) + "\n"
        return text + ("\n" if "d" not in wish.letters and "c" not in wish.letters else "")

    return await report_rounds(call, io, report, count=wish.count, seconds=wish.seconds)


def _processors(machine: Machine, *, first: bool) -> str:
    user, system, wait, idle = shares(machine, first=first)
    titles = ("%user", "%nice", "%system", "%iowait", "%steal", "%idle")
    head = "avg-cpu:  " + " ".join(f"{title:>7}" for title in titles).replace("  %user", "%user", 1)
    cells = [f"{value:7.2f}" for value in (user, 0.0, system, wait, 0.0, idle)]
    return f"{head}\n        {' '.join(cells)}\n"


def _disks(machine: Machine, wish: _Wish, *, first: bool) -> str:
    unit = 2048 if "m" in wish.letters else 2
    name = "MB" if "m" in wish.letters else "kB"
    up = max(1.0, machine.clock.now - machine.system.boot)
    rows = [row for row in block_devices(machine) if not row.parent or "p" in wish.letters or row.name in wish.names]
    rows = [row for row in rows if not wish.names or row.name in wish.names or row.parent in wish.names]
    discards = machine.system.profile.since("util_linux", "2.34")
    counted = [(row, device_counters(machine, row) if first else DiskCounters(0, 0, 0, 0)) for row in rows]
    if "x" in wish.letters:
        return _extended(counted, up, unit, name, discards=discards)
    titles = [f"{name}_read/s", f"{name}_wrtn/s", *([f"{name}_dscd/s"] if discards else [])]
    sums = [f"{name}_read", f"{name}_wrtn", *([f"{name}_dscd"] if discards else [])]
    lines = [
        f"{'Device':<13}{'tps':>9}" + "".join(f"{title:>13}" for title in titles) + "".join(f"{t:>11}" for t in sums)
    ]
    for row, own in counted:
        read, written = own.sectors_read / unit, own.sectors_written / unit
        speeds = [read / up, written / up, *([0.0] if discards else [])]
        totals = [int(read), int(written), *([0] if discards else [])]
        cells = "".join(f"{value:>13.2f}" for value in speeds) + "".join(f"{value:>11}" for value in totals)
        lines.append(f"{row.name:<13}{(own.reads + own.writes) / up:>9.2f}{cells}")
    return "".join(f"{line}\n" for line in lines)


def _extended(rows: list[tuple[Block, DiskCounters]], up: float, unit: int, name: str, *, discards: bool) -> str:
    titles = [("r/s", 7), (f"r{name}/s", 9), ("rrqm/s", 8), ("%rrqm", 6), ("r_await", 7), ("rareq-sz", 8)]
    titles += [("w/s", 7), (f"w{name}/s", 9), ("wrqm/s", 8), ("%wrqm", 6), ("w_await", 7), ("wareq-sz", 8)]
    if discards:
        titles += [("d/s", 7), (f"d{name}/s", 9), ("drqm/s", 8), ("%drqm", 6), ("d_await", 7), ("dareq-sz", 8)]
    titles += [("aqu-sz", 7), ("%util", 6)]
    lines = [f"{'Device':<13}" + " ".join(f"{title:>{wide}}" for title, wide in titles)]
    for row, own in rows:
        values: list[float] = []
        for many, sectors in ((own.reads, own.sectors_read), (own.writes, own.sectors_written)):
            size = sectors / 2 / many if many else 0.0
            values += [many / up, sectors / unit / up, 0.0, 0.0, 0.5 if many else 0.0, size]
        values += [0.0] * (6 if discards else 0)
        values += [(own.reads + own.writes) / up / 2000, (own.reads + own.writes) / up / 20]
        lines.append(f"{row.name:<13}" + " ".join(f"{v:>{w}.2f}" for v, (_, w) in zip(values, titles, strict=True)))
    return "".join(f"{line}\n" for line in lines)


_MPSTAT = (
    "Usage: mpstat [ options ] [ <interval> [ <count> ] ]\nOptions are:\n"
    "[ -A ] [ -n ] [ -u ] [ -V ] [ -I { SUM | CPU | SCPU | ALL } ] [ -N { <node_list> | ALL } ]\n"
    "[ -o JSON ] [ -P { <cpu_list> | ON | ALL } ]\n"
)


@live("mpstat", needs="package:sysstat")
async def mpstat(call: Call, io: Io) -> int:
    """``mpstat``: what each processor spends its time on."""
    wish = _read(call, "AnuV", "PINo", _MPSTAT)
    if wish.wrong or wish.names:
        await io.err(wish.wrong or _MPSTAT)
        return 1
    if "V" in wish.letters:
        await io.out(_version(call))
        return 0
    every = "A" in wish.letters or wish.cpus.upper() in ("ALL", "ON")
    cores = call.machine.system.cpu.cores
    cpus = ["all", *map(str, range(cores))] if every else _listed(wish.cpus, cores) if wish.cpus else ["all"]
    if not cpus:
        await io.err("Not that many processors!\n")
        return 1
    await io.out(banner(call))

    def report(n: int) -> str:
        text = f"\n{_usage(call, cpus, 'CPU', first=n == 0)}"
        if "A" in wish.letters:
            nodes = ["all", *map(str, range(call.machine.system.cpu.sockets))]
            text += f"\n{_usage(call, nodes, 'NODE', first=n == 0)}\n{_interrupts(call, cpus)}"
        return text

    if not wish.numbers:
        await io.out(report(0))
        return 0
    # with an interval the first line is of the first interval, not of the time since the boot
    rounds = None if wish.count is None else wish.count + 1
    status = await report_rounds(call, io, lambda n: report(n) if n else "", count=rounds, seconds=wish.seconds)
    await io.out("\n" + _usage(call, cpus, "CPU", first=False, moment="Average:"))
    return status


def _listed(text: str, cores: int) -> list[str]:
    return [part for part in text.split(",") if part.isdecimal() and len(part) < 6 and int(part) < cores]


def _usage(call: Call, names: list[str], kind: str, *, first: bool, moment: str = "") -> str:
    titles = ("%usr", "%nice", "%sys", "%iowait", "%irq", "%soft", "%steal", "%guest", "%gnice", "%idle")
    user, system, wait, idle = shares(call.machine, first=first)
    values = (user, 0.0, system, wait, 0.0, 0.0, 0.0, 0.0, 0.0, idle)
    now = f"{moment or _moment(call):<11}"
    lines = [f"{now} {kind:>4}  " + " ".join(f"{title:>7}" for title in titles)]
    lines += [f"{now} {name:>4}  " + " ".join(f"{value:7.2f}" for value in values) for name in names]
    return "".join(f"{line}\n" for line in lines)


def _interrupts(call: Call, names: list[str]) -> str:
    up = max(1.0, call.machine.clock.now - call.machine.system.boot)
    whole = interrupts(call.machine) / up
    now = f"{_moment(call):<11}"
    lines = [f"{now}  CPU  {'intr/s':>9}"]
    for name in names:
        value = whole if name == "all" else whole / call.machine.system.cpu.cores
        lines.append(f"{now} {name:>4}  {value:9.2f}")
    return "".join(f"{line}\n" for line in lines)


_SAR = "Usage: sar [ options ] [ <interval> [ <count> ] ]\n"


@live("sar", needs="package:sysstat")
async def sar(call: Call, io: Io) -> int:
    """``sar -u`` with an interval; the collector of the past was never enabled."""
    wish = _read(call, "uAV", "Pfnos", _SAR)
    if wish.wrong or wish.names:
        await io.err(wish.wrong or _SAR)
        return 1
    if "V" in wish.letters:
        await io.out(_version(call))
        return 0
    if not wish.numbers:
        debian = call.machine.system.profile.like == "debian"
        path = f"/var/log/{'sysstat' if debian else 'sa'}/sa{call.machine.clock.local:%d}"
        await io.err(f"Cannot open {path}: No such file or directory\nPlease check if data collecting is enabled\n")
        return 2
    await io.out(f"{banner(call)}\n")

    def line(name: str, *, title: bool = False) -> str:
        if title:
            cells = [f"{text:>9}" for text in ("%user", "%nice", "%system", "%iowait", "%steal", "%idle")]
            return f"{name:<11}     CPU " + " ".join(cells) + "\n"
        user, system, wait, idle = shares(call.machine, first=False)
        cells = [f"{value:9.2f}" for value in (user, 0.0, system, wait, 0.0, idle)]
        return f"{name:<11}     all " + " ".join(cells) + "\n"

    def report(n: int) -> str:
        return line(_moment(call), title=True) if n == 0 else line(_moment(call))

    rounds = None if wish.count is None else wish.count + 1
    status = await report_rounds(call, io, report, count=rounds, seconds=wish.seconds)
    await io.out(line("Average:"))
    return status
