"""``python -m bench.store``: what it costs to keep every cell's end, and what is left when a kernel is killed.

Cells run in a session of this process, with its snapshots in a file as a user's are; kernels that are killed are
processes of their own.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench import table
from llm_kernel.machine import Clock, Machine, words
from llm_kernel.model.choice import Models
from llm_kernel.model.request import ScriptedBackend
from llm_kernel.moments import Moments
from llm_kernel.session import Session
from llm_kernel.store import Store
from tests.store.adding import at, killed
from tests.store.moments import plain

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "docs" / "benchmarks.md"
LIMITS = {100: 0.005, 5000: 0.100}
"""Seconds that it may take to keep a small change beside so many files."""

RESTORE = 1.5
CELL = 16_000
"""Bytes that a cell may add to the file beside three times those that it changed."""

WRITTEN = 30_000


@dataclass(slots=True)
class Costs:
    """Seconds to look at the machine and to store the moment, cell by cell; bytes a cell; seconds to go back."""

    looked: list[float] = field(default_factory=list)
    stored: list[float] = field(default_factory=list)
    growth: float = 0.0
    written: float = 0.0
    back: list[float] = field(default_factory=list)

    @property
    def both(self) -> list[float]:
        """Seconds that a cell waits."""
        return [looked + stored for looked, stored in zip(self.looked, self.stored, strict=True)]


class _Book:
    """A session whose snapshots lie in ``folder``."""

    def __init__(self, folder: Path, files: int) -> None:
        self.folder = folder
        machine = Machine(Clock(host=time.time))
        words.say(machine, ["install", "pip", "torch"], "/root")
        for number in range(files):
            machine.files.write(f"/root/many/d{number % 50}/f{number}.txt", f"line one\nline two {number}\n".encode())
        self.store = Store(folder)
        moments = Moments(self.store, self.store.enter("bench.ipynb"))
        self.moments = moments
        self.session = Session(machine, Models(lambda _: ScriptedBackend([])), moments=lambda: moments)

    async def cell(self, code: str) -> float:
        """Run one; its seconds."""
        start = time.perf_counter()
        async for _ in self.session.run_cell(code):
            pass
        return time.perf_counter() - start

    def size(self) -> int:
        """Bytes of the store's files."""
        return sum(path.stat().st_size for path in self.folder.iterdir() if path.is_file())


async def costs(folder: Path, files: int, cells: int) -> Costs:
    """What small changes beside ``files`` files cost, what cells that write ``WRITTEN`` bytes, and what going back."""
    book, found, chance = _Book(folder, files), Costs(), random.Random(1)
    await book.cell("echo begin > log.txt")
    before = book.size()
    for number in range(cells):
        await book.cell(f"echo 'epoch {number}: loss 0.{number:03d}' >> log.txt")
    found.growth = (book.size() - before) / cells
    for number in range(cells):
        book.session.machine.files.append("/root/log.txt", b"epoch %d\n" % number)
        start = time.perf_counter()
        moment = await book.session.life.moment()
        looked = time.perf_counter()
        book.moments.line.add("cell", "echo", moment)
        found.looked.append(looked - start)
        found.stored.append(time.perf_counter() - looked)
    before = book.size()
    for number in range(cells):
        book.session.machine.files.write(f"/root/out/{number}", _text(chance))
        await book.cell("true")
    found.written = (book.size() - before) / cells
    for _ in range(5):
        await book.cell("rm -rf many/d1; echo other > log.txt")
        found.back.append(await book.cell("%undo"))
    await book.session.close()
    return found


def _text(chance: random.Random) -> bytes:
    """So many bytes that do not pack well."""
    return json.dumps([chance.random() for _ in range(WRITTEN // 20)]).encode()[:WRITTEN]


def kills(folder: Path, times: int) -> int:
    """How many of so many killed kernels left what they had acknowledged, and a life that knows it was cut."""
    chance, good = random.Random(7), 0
    for _ in range(times):
        said = killed(folder, chance.uniform(0.0, 0.3))
        store = Store(folder)
        line = store.enter("a.ipynb")
        step = line.predecessor
        right = step is not None and line.cut and step.number in (said, said + 1)
        good += right and step is not None and plain(store.load(step)) == plain(at(step.number, "a.ipynb"))
        line.end(restart=True)
        store.close()
    return good


def main(arguments: list[str]) -> int:
    """Measure, print the tables, write them into the document; 1 where a target is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.store", description=__doc__)
    parser.add_argument("--dry", action="store_true", help="print the tables and write nothing")
    parser.add_argument("--quick", action="store_true", help="a few rounds, to see that it works")
    options = parser.parse_args(arguments)
    cells, times = (20, 5) if options.quick else (200, 200)
    with tempfile.TemporaryDirectory() as place:
        measured = {files: asyncio.run(costs(Path(place) / str(files), files, cells)) for files in LIMITS}
        good = kills(Path(place) / "killed", times)
    text, missed = _tables(measured, cells, good, times)
    print(text)
    if not options.dry:
        table.put(DOCUMENT, "store", text)
    return 1 if missed else 0


def _tables(measured: dict[int, Costs], cells: int, good: int, times: int) -> tuple[str, int]:
    names = [f"{files} files" for files in measured]
    rows = {
        "looking at the machine": [table.seconds(one.looked) for one in measured.values()],
        "storing what changed": [table.seconds(one.stored) for one in measured.values()],
        "the slowest of both": [table.seconds([max(one.both)]) for one in measured.values()],
        "growth by a small cell": [f"{one.growth / 1000:.1f} kB" for one in measured.values()],
        f"growth by {WRITTEN // 1000} kB written": [f"{one.written / 1000:.1f} kB" for one in measured.values()],
        "`%undo`": [table.seconds(one.back) for one in measured.values()],
    }
    body = [[name, *values] for name, values in rows.items()]
    targets = [row for files, one in measured.items() for row in _targets(files, one)]
    targets.append((f"killed kernels whose work was there, of {times}", str(times), str(good), _all(good, times)))
    parts = [
        f"{os.cpu_count()} cores, {cells} cells each.\n\n",
        table.rows(("median", *names), body),
        "\n",
        table.rows(("target", "limit", "measured", ""), targets),
    ]
    return "".join(parts), sum(row[-1] == "missed" for row in targets)


def _targets(files: int, one: Costs) -> list[tuple[str, str, str, str]]:
    both, most, back = median(one.both), LIMITS[files], median(one.back)
    room = 3 * WRITTEN + CELL
    small = (f"growth by a small cell, {files} files", f"{CELL // 1000} kB", f"{one.growth / 1000:.1f} kB")
    large = (f"growth by {WRITTEN // 1000} kB, {files} files", f"{room // 1000} kB", f"{one.written / 1000:.1f} kB")
    return [
        (f"to keep a small change, {files} files", table.seconds([most]), table.seconds([both]), _limit(both, most)),
        (*small, _limit(one.growth, CELL)),
        (*large, _limit(one.written, room)),
        (f"`%undo`, {files} files", table.seconds([RESTORE]), table.seconds([back]), _limit(back, RESTORE)),
    ]


def _limit(value: float, most: float) -> str:
    return table.verdict(value, most)


def _all(good: int, times: int) -> str:
    return "met" if good == times else "missed"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
