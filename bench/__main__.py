"""``python -m bench`` measures and writes the table; ``--dry`` only prints it, ``--quick`` measures a few times."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from importlib import metadata
from pathlib import Path
from statistics import median

from bench import measures, table
from bench.kernels import KERNELS, ROOT, Kernel, installed
from bench.measures import Samples

DOCUMENT = ROOT / "docs" / "benchmarks.md"
NAMES = ("llm_kernel", "ipykernel", "bash_kernel")


def main(words: list[str]) -> int:
    """Measure all, print the tables, write them into the document; 1 where a target is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--dry", action="store_true", help="print the tables and write nothing")
    parser.add_argument("--quick", action="store_true", help="a few rounds, to see that it works")
    options = parser.parse_args(words)
    kernels = [kernel for kernel in KERNELS if installed(kernel)]
    for kernel in set(KERNELS) - set(kernels):
        print(f"without {kernel.name}: pip install {kernel.name} to compare with it", file=sys.stderr)
    text, missed = _measure(kernels, options.quick)
    print(text)
    if not options.dry:
        table.put(DOCUMENT, "benchmarks", text)
    return 1 if missed else 0


def _measure(kernels: list[Kernel], quick: bool) -> tuple[str, int]:
    starts, cells, calls, stops = (3, 20, 5, 2) if quick else (11, 200, 41, 9)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        _say("ready")
        ready = measures.ready(kernels, folder, starts)
        _say("round trips")
        trips = measures.round_trips(kernels, folder, cells)
        _say("first text")
        first = measures.first_text(folder, calls)
        _say("memory")
        memory = measures.memory(kernels, folder)
        _say("interrupts")
        stopped = measures.interrupts(kernels, folder, stops)
    body = [
        _row(f"ready, median of {starts}", ready),
        _row(f"trivial cell, median of {cells}", trips),
        _row(f"interrupt to idle, median of {stops}", stopped),
        *_memory_rows(memory),
    ]
    targets = _targets(ready, trips, first, memory)
    parts = [
        f"{_where()}\n\n",
        table.rows(("", *NAMES), body),
        "\nA model's program, its first text after the endpoint's first token "
        f"(median of {calls - 1}): a raw client {table.seconds(first['raw'])}, the notebook "
        f"{table.seconds(first['llm_kernel'])}. From sending the cell to the request: "
        f"{table.seconds(first['asks'])}; the first in a kernel's life {table.seconds(first['asks first'])}.\n\n",
        table.rows(("target", "limit", "measured", ""), targets),
    ]
    return "".join(parts), sum(row[-1] == "missed" for row in targets)


def _row(name: str, samples: Samples) -> list[str]:
    return [name, *(table.seconds(samples.get(kernel, [])) for kernel in NAMES)]


def _memory_rows(memory: dict[str, dict[str, float]]) -> list[list[str]]:
    stages = {"start": "memory after the start", "cell": "after a trivial cell", "model": "after a model's answer"}
    found = []
    for stage, name in stages.items():
        values = [memory.get(kernel, {}).get(stage) for kernel in NAMES]
        found.append([name, *("-" if value is None else f"{value:.1f} MB" for value in values)])
    return found


def _targets(
    ready: Samples, trips: Samples, first: Samples, memory: dict[str, dict[str, float]]
) -> list[tuple[str, str, str, str]]:
    ours = "llm_kernel"
    start, trip = median(ready[ours]), median(trips[ours])
    late, most = median(first["late"]), max(memory[ours].values())
    ratio = start / median(ready["ipykernel"])
    beside = trip / median(trips["ipykernel"])
    found = [
        ("ready, of ipykernel's time", "1.10", f"{ratio:.2f}", table.verdict(ratio, 1.1)),
        ("`echo 1`, of ipykernel's `print(1)`", "1.00", f"{beside:.2f}", table.verdict(beside, 1.0)),
    ]
    if "bash_kernel" in trips:
        share = trip / median(trips["bash_kernel"])
        limit = table.verdict(share, 1 / 20)
        found.append(("`echo 1`, of bash_kernel's `echo 1`", "0.050", f"{share:.3f}", limit))
    found.append(("first text, after a raw client's", "10 ms", f"{late * 1000:.1f} ms", table.verdict(late, 0.01)))
    found.append(("memory, the most of the three", "90 MB", f"{most:.1f} MB", table.verdict(most, 90)))
    return found


def _where() -> str:
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in ("ipykernel", "bash_kernel") if _has(name))
    return f"{platform.system()}, {os.cpu_count()} cores, Python {platform.python_version()}, {versions}."


def _has(name: str) -> bool:
    return any(kernel.name == name and installed(kernel) for kernel in KERNELS)


def _say(what: str) -> None:
    print(f"measuring {what} ...", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
