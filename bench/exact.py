"""How long exact commands take through real kernels: ``python -m bench.exact``, written below the other tables.

Our kernel answers from the machine, bash_kernel with the real programs of this computer; ipykernel's ``print(1)`` takes
its turn with them, as what a cell costs in any case. Each kernel runs its cells one behind the other, as a notebook in
batch does, before the next has its turn: a processor that slept through another kernel's tenth of a second would be
measured too, on the one that comes behind it. What such a pause costs stands in rows of its own, and comes first.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench import table
from bench.__main__ import DOCUMENT
from bench.kernels import KERNELS, Running, installed, running

OURS, PYTHON, BASH = KERNELS
CELLS = (
    "echo hi",
    "ls",
    "ls -l /etc",
    "cat f",
    "date",
    "free -h",
    "ps aux",
    "stat f",
    "df -h",
    "cat /proc/meminfo",
    "for i in 1 2 3; do echo $i; done",
    "python3 -c 'print(1)'",
    "pip list",
    "nvidia-smi",
)
HERE = ("pip list", "nvidia-smi")
"""What this computer need not have."""

PAUSE = 0.1
PAUSED = "after a pause"
"""Seconds in which nothing happens, before a cell that is measured after a pause."""

FILES = 5000
MADE = 'mkdir many; cd many; mkdir d{0..49}; for i in {0..4999}; do echo "needle $i" > d$((i % 50))/f$i; done; cd ..'
WHOLE = {"ls -lR many | tail -1": 0.150, "grep -r needle many | wc -l": 0.200, "find many -name '*9' | wc -l": 0.150}
JOBS = 100
LIMIT = 0.005
FORK, GROWTH = 0.010, 0.5
"""Seconds and MB that a job may take to begin."""


@dataclass(frozen=True, slots=True)
class Jobs:
    """What it costs to begin ``JOBS`` jobs, each: seconds and MB."""

    seconds: float
    memory: float


def main(words: list[str]) -> int:
    """Measure, print the tables, write them into the document; 1 where a target is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.exact", description=__doc__)
    parser.add_argument("--dry", action="store_true", help="print the tables and write nothing")
    parser.add_argument("--quick", action="store_true", help="a few rounds, to see that it works")
    options = parser.parse_args(words)
    text, missed = _measure(5 if options.quick else 30)
    print(text)
    if not options.dry:
        table.put(DOCUMENT, "exact", text)
    return 1 if missed else 0


def _measure(times: int) -> tuple[str, int]:
    with tempfile.TemporaryDirectory() as place, ExitStack() as stack:
        started = [stack.enter_context(running(kernel, Path(place))) for kernel in KERNELS if installed(kernel)]
        ours = started[0]
        for one in started:
            if one.kernel is not PYTHON:
                one.cell("mkdir -p exact; cd exact; echo x > f")
        taken = _turns(started, times)
        ours.cell(MADE)
        whole = {cell: [ours.cell(cell)[0] for _ in range(max(3, times // 4))] for cell in WHOLE}
        jobs = _jobs(ours)
    columns = (OURS.name, BASH.name)
    body = [[f"`{cell}`", *(table.seconds(taken.get((one, cell), [])) for one in columns)] for cell in CELLS]
    paused = f"after {PAUSE} s of nothing"
    body.append([f"`{CELLS[0]}` {paused}", *(table.seconds(taken.get((one, PAUSED), [])) for one in columns)])
    for row, cell in ((f"ipykernel's `{PYTHON.trivial}`", PYTHON.trivial), (f"the same {paused}", PAUSED)):
        body.append([row, table.seconds(taken.get((PYTHON.name, cell), [])), "-"])
    targets = [*_targets(taken), *_many(whole), *_forked(jobs)]
    head = (f"median of {times}", *columns)
    parts = [table.rows(head, body), "\n", table.rows(("target", "limit", "measured", ""), targets)]
    return "".join(parts), sum(row[-1] == "missed" for row in targets)


def _turns(started: Sequence[Running], times: int) -> dict[tuple[str, str], list[float]]:
    """Seconds of each cell in each kernel, and of the first after a pause; the first two rounds count not."""
    found: dict[tuple[str, str], list[float]] = {}
    for turn in range(times + 2):
        for one in started:
            for name, code in _cells(one):
                if name == PAUSED:
                    time.sleep(PAUSE)
                seconds, text = one.cell(code)
                if not text:
                    raise RuntimeError(f"{one.kernel.name} answers {code} with nothing")
                if turn >= 2:
                    found.setdefault((one.kernel.name, name), []).append(seconds)
    return found


def _cells(one: Running) -> list[tuple[str, str]]:
    """What a kernel runs in a turn: rows and their cells."""
    if one.kernel is PYTHON:
        return [(PAUSED, PYTHON.trivial)] + [(PYTHON.trivial, PYTHON.trivial)] * 5
    cells = [(cell, cell) for cell in CELLS if not (one.kernel is BASH and cell in HERE)]
    return [(PAUSED, CELLS[0]), *cells]


def _jobs(kernel: Running) -> Jobs:
    kernel.cell("sleep 1 & wait")
    before = kernel.memory()
    seconds, _ = kernel.cell(f"for i in {{1..{JOBS}}}; do sleep 5000 & done; sleep 1")
    grown = kernel.memory() - before
    kernel.cell("kill $(jobs -p); wait")
    return Jobs(seconds / JOBS, grown / JOBS)


def _targets(taken: dict[tuple[str, str], list[float]]) -> list[tuple[str, str, str, str]]:
    every = [seconds for cell in CELLS for seconds in taken[OURS.name, cell]]
    found = [_row("an exact command, median of all", LIMIT, median(every))]
    if ("ipykernel", PYTHON.trivial) in taken:
        share = median(taken[OURS.name, CELLS[0]]) / median(taken["ipykernel", PYTHON.trivial])
        found.append(("`echo hi`, of ipykernel's `print(1)`", "1.00", f"{share:.2f}", table.verdict(share, 1.0)))
    return found


def _many(whole: dict[str, list[float]]) -> list[tuple[str, str, str, str]]:
    return [
        _row(f"`{cell.partition(' | ')[0]}`, {FILES} files", WHOLE[cell], median(taken))
        for cell, taken in whole.items()
    ]


def _forked(jobs: Jobs) -> list[tuple[str, str, str, str]]:
    memory = ("a job's memory", f"{GROWTH} MB", f"{jobs.memory:.2f} MB", table.verdict(jobs.memory, GROWTH))
    return [_row(f"to begin a job, of {JOBS}", FORK, jobs.seconds), memory]


def _row(name: str, most: float, value: float) -> tuple[str, str, str, str]:
    return name, f"{most * 1000:.0f} ms", f"{value * 1000:.1f} ms", table.verdict(value, most)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
