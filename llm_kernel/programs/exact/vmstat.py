"""``vmstat``: processes, memory, paging and processors, in the layouts of procps 3.3.10 to 4.0."""

from __future__ import annotations

import re
from dataclasses import dataclass

from llm_kernel.machine import Machine
from llm_kernel.machine.busy import busy, cpu_times
from llm_kernel.machine.disks import block_devices, device_counters
from llm_kernel.machine.memory import memory
from llm_kernel.machine.proc_counters import context_switches, interrupts
from llm_kernel.programs.exact.rounds import report_rounds
from llm_kernel.programs.table import live
from llm_kernel.shell.call import Call, Io

_USAGE = "\nUsage:\n vmstat [options] [delay [count]]\n\nFor more details see vmstat(8).\n"
_LONG = {
    "active": "a",
    "forks": "f",
    "slabs": "m",
    "one-header": "n",
    "stats": "s",
    "disk": "d",
    "disk-sum": "D",
    "unit": "S",
    "wide": "w",
    "timestamp": "t",
    "help": "h",
    "version": "V",
    "partition": "p",
    "no-first": "y",
}
_UNITS = {"k": 1000, "K": 1024, "m": 10**6, "M": 2**20}


@dataclass(slots=True)
class _Wish:
    letters: set[str]
    numbers: list[str]
    unit: str = "K"
    part: str = ""
    wrong: str = ""


@live("vmstat")
async def vmstat(call: Call, io: Io) -> int:
    """``vmstat``; with a delay it goes on."""
    wish = _read(list(call.args))
    bad = next((text for text in wish.numbers if not re.fullmatch(r"\d+", text)), "")
    if wish.wrong or bad or len(wish.numbers) > 2:
        await io.err(wish.wrong or (f"vmstat: failed to parse argument: '{bad}'\n" if bad else _USAGE))
        return 1
    if "h" in wish.letters or "V" in wish.letters:
        await io.out(_USAGE if "h" in wish.letters else f"vmstat from procps-ng {call.machine.system.profile.procps}\n")
        return 0
    for letter, report in (("s", _stats), ("f", _forks), ("D", _disk_sum), ("d", _disks)):
        if letter in wish.letters:
            await io.out(report(call.machine))
            return 0
    if wish.part:
        await io.out(_partition(call.machine, wish.part))
        return 0
    if wish.letters & {"m"}:
        await io.err("vmstat: your kernel does not support slabinfo or your permissions are insufficient\n")
        return 1
    delay = float(wish.numbers[0]) if wish.numbers else 1.0
    count = int(wish.numbers[1]) if len(wish.numbers) > 1 else None if wish.numbers else 1
    if wish.numbers and not delay:
        await io.err("vmstat: delay must be positive integer\n")
        return 1

    def report_(n: int) -> str:
        again = n == 0 or (n % 22 == 0 and "n" not in wish.letters)
        return (_heading(call.machine, wish) if again else "") + _row(call.machine, wish, first=n == 0)

    return await report_rounds(call, io, report_, count=count, seconds=delay)


def _read(args: list[str]) -> _Wish:
    wish = _Wish(set(), [])
    while args and not wish.wrong:
        word = args.pop(0)
        name, eq, value = word[2:].partition("=")
        if word.startswith("--"):
            if name not in _LONG:
                wish.wrong = f"vmstat: unrecognized option '{word}'\n{_USAGE}"
                break
            letters = _LONG[name]
        elif word.startswith("-") and len(word) > 1:
            letters, value = word[1:], ""
        else:
            wish.numbers.append(word)
            continue
        while letters:
            letter, letters = letters[0], letters[1:]
            if letter in "Sp":
                text, letters = (value if eq else "") or letters or (args.pop(0) if args else ""), ""
                if letter == "S" and text not in _UNITS:
                    wish.wrong = "vmstat: -S requires k, K, m or M (default is KiB)\n"
                wish.unit, wish.part = (text, wish.part) if letter == "S" else (wish.unit, text)
            elif letter not in "afmnsdDwthVy":
                wish.wrong = f"vmstat: invalid option -- '{letter}'\n{_USAGE}"
            else:
                wish.letters.add(letter)
    return wish


def _guest(machine: Machine) -> bool:
    return machine.system.profile.since("procps", "4.0.1")


_MIDDLE = "  si   so    bi    bo   in   cs"


def _heading(machine: Machine, wish: _Wish) -> str:
    third, fourth = ("inact", "active") if "a" in wish.letters else ("buff", "cache")
    stamp = machine.clock.local.tzname() or "UTC"
    gu = _guest(machine)
    if "w" in wish.letters:
        line = "-----------------------memory----------------------"
        cpu = "----------cpu----------" if gu else "--------cpu--------"
        top = f"--procs-- {line} ---swap-- -----io---- -system-- {cpu}"
        names = f"{'r':>4} {'b':>4} {'swpd':>12} {'free':>12} {third:>12} {fourth:>12} {_MIDDLE}"
        names += f" {'us':>3} {'sy':>3} {'id':>3} {'wa':>3} {'st':>3}" + (f" {'gu':>3}" if gu else "")
    else:
        top = "procs -----------memory---------- ---swap-- -----io---- -system-- "
        top += "-------cpu-------" if gu else "------cpu-----"
        names = f"{'r':>2} {'b':>2} {'swpd':>6} {'free':>6} {third:>6} {fourth:>6} {_MIDDLE} us sy id wa st"
        names += " gu" if gu else ""
    if "t" in wish.letters:
        top, names = f"{top} -----timestamp-----", f"{names} {stamp:>19}"
    return f"{top}\n{names}\n"


def _row(machine: Machine, wish: _Wish, *, first: bool) -> str:
    now, times, gu = memory(machine), cpu_times(machine), _guest(machine)
    running = sum(process.state == "R" for process in machine.processes.running())
    cached = (now.cached - now.slab) // 8 * 4
    pair = (now.cached - now.slab - cached, cached) if "a" in wish.letters else (now.buffers, now.cached)
    sizes = [int(size * 1024 // _UNITS[wish.unit]) for size in (now.swap_total - now.swap_free, now.free, *pair)]
    up = max(1.0, machine.clock.now - machine.system.boot)
    whole = device_counters(machine, block_devices(machine)[0])
    blocks = (int(whole.sectors_read / 2 / up), int(whole.sectors_written / 2 / up)) if first else (0, 12)
    rates = (int(interrupts(machine) / up), int(context_switches(machine) / up)) if first else (61, 104)
    if first:
        user, system, wait = (round(times.percent(part)) for part in (times.user, times.system, times.wait))
    else:
        user, system, wait = round(busy(machine)), 0, 0
    idle = max(0, 100 - user - system - wait)
    if "w" in wish.letters:
        text = f"{running:>4} {0:>4} " + " ".join(f"{size:>12}" for size in sizes)
        text += f" {0:>4} {0:>4} {blocks[0]:>5} {blocks[1]:>5} {rates[0]:>4} {rates[1]:>4}"
        text += "".join(f" {value:>3}" for value in (user, system, idle, wait, 0, *([0] if gu else [])))
    else:
        text = f"{running:>2} {0:>2} " + " ".join(f"{size:>6}" for size in sizes)
        text += f" {0:>4} {0:>4} {blocks[0]:>5} {blocks[1]:>5} {rates[0]:>4} {rates[1]:>4}"
        text += "".join(f" {value:>2}" for value in (user, system, idle, wait, 0, *([0] if gu else [])))
    return text + (f" {machine.clock.local:%Y-%m-%d %H:%M:%S}" if "t" in wish.letters else "") + "\n"


def _stats(machine: Machine) -> str:
    now, times = memory(machine), cpu_times(machine)
    active = (now.cached - now.slab) // 8 * 4 + now.taken // 12 * 4
    inactive = now.cached - now.slab - (now.cached - now.slab) // 8 * 4 + now.taken // 12 * 4
    whole = device_counters(machine, block_devices(machine)[0])
    used = now.total - now.available if machine.system.profile.since("procps", "4.0") else now.taken
    last = max((process.pid for process in machine.processes.running()), default=1)
    rows: list[tuple[int, str]] = [
        (now.total, "K total memory"),
        (used, "K used memory"),
        (active, "K active memory"),
        (inactive, "K inactive memory"),
        (now.free, "K free memory"),
        (now.buffers, "K buffer memory"),
        (now.cached, "K swap cache"),
        (now.swap_total, "K total swap"),
        (now.swap_total - now.swap_free, "K used swap"),
        (now.swap_free, "K free swap"),
        (int(times.user * 100), "non-nice user cpu ticks"),
        (0, "nice user cpu ticks"),
        (int(times.system * 100), "system cpu ticks"),
        (int(times.idle * 100), "idle cpu ticks"),
        (int(times.wait * 100), "IO-wait cpu ticks"),
        (0, "IRQ cpu ticks"),
        (0, "softirq cpu ticks"),
        (0, "stolen cpu ticks"),
        *([(0, "non-nice guest cpu ticks"), (0, "nice guest cpu ticks")] if _guest(machine) else []),
        (whole.sectors_read // 2, "pages paged in" if not _guest(machine) else "K paged in"),
        (whole.sectors_written // 2, "pages paged out" if not _guest(machine) else "K paged out"),
        (0, "pages swapped in"),
        (0, "pages swapped out"),
        (interrupts(machine), "interrupts"),
        (context_switches(machine), "CPU context switches"),
        (int(machine.system.boot), "boot time"),
        (last, "forks"),
    ]
    return "".join(f"{value:>13} {name}\n" for value, name in rows)


def _forks(machine: Machine) -> str:
    last = max((process.pid for process in machine.processes.running()), default=1)
    return f"{last:>13} forks\n"


def _disks(machine: Machine) -> str:
    lines = [
        "disk- ------------reads------------ ------------writes----------- -----IO------",
        "       total merged sectors      ms  total merged sectors      ms    cur    sec",
    ]
    for row in block_devices(machine):
        if row.part is None:
            own = device_counters(machine, row)
            read = f"{own.reads:>6} {0:>6} {own.sectors_read:>7} {own.reads // 2:>7}"
            wrote = f"{own.writes:>6} {0:>6} {own.sectors_written:>7} {own.writes // 2:>7}"
            lines.append(f"{row.name:<5} {read} {wrote} {0:>6} {(own.reads + own.writes) // 2000:>6}")
    return "".join(f"{line}\n" for line in lines)


def _disk_sum(machine: Machine) -> str:
    rows = block_devices(machine)
    whole = [device_counters(machine, row) for row in rows if row.part is None]
    values = (
        (len(whole), "disks"),
        (len(rows) - len(whole), "partitions"),
        (sum(own.reads for own in whole), "total reads"),
        (0, "merged reads"),
        (sum(own.sectors_read for own in whole), "read sectors"),
        (sum(own.reads // 2 for own in whole), "milli reading"),
        (sum(own.writes for own in whole), "writes"),
        (0, "merged writes"),
        (sum(own.sectors_written for own in whole), "written sectors"),
        (sum(own.writes // 2 for own in whole), "milli writing"),
        (0, "inprogress IO"),
        (sum((own.reads + own.writes) // 2000 for own in whole), "milli spent IO"),
    )
    return "".join(f"{value:>13} {name}\n" for value, name in values)


def _partition(machine: Machine, name: str) -> str:
    row = next((row for row in block_devices(machine) if row.name == name.removeprefix("/dev/")), None)
    if row is None:
        return ""
    own = device_counters(machine, row)
    title = f"{row.name:<9} {'reads':>10} {'read sectors':>14} {'writes':>10} {'requested writes':>18}\n"
    return f"{title}{own.reads:>20} {own.sectors_read:>14} {own.writes:>10} {own.sectors_written:>18}\n"
