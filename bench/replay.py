"""``python -m bench.replay``: every example with a tape, replayed many times with the network off; are all bytes equal?

The network is taken away by the system (``unshare``: a namespace without so much as a loopback) where it allows that;
elsewhere the kernel's process refuses to connect (``tests/kernel/watch``), and the table says so.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from statistics import median
from unittest import mock

import nbformat

from bench import table
from llm_kernel.errors import ImaginedMachineError
from llm_kernel.execution import Execution, Taped, open_book
from llm_kernel.replaying import difference, tape_of

__all__ = ["Replays", "books", "offline", "replays", "watched"]

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "docs" / "benchmarks.md"
EXAMPLES = ROOT / "examples"
WATCH = ROOT / "tests" / "kernel" / "watch"
NAMESPACE = ("unshare", "--net", "--map-root-user", "--")


@dataclass(slots=True)
class Replays:
    """What a notebook's replays gave: ``digests`` of the bytes of each, the lines that ``differ`` from the notebook."""

    book: Path
    cells: int = 0
    replies: int = 0
    digests: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    differ: list[str] = field(default_factory=list)

    @property
    def equal(self) -> int:
        """How many runs gave the bytes of the first."""
        return self.digests.count(self.digests[0]) if self.digests else 0


def books(folder: Path = EXAMPLES) -> list[Path]:
    """The notebooks that have a tape."""
    return [path for path in sorted(folder.glob("*.ipynb")) if tape_of(path).exists()]


def offline() -> tuple[str, ...]:
    """The words that start a process without a network; none where the system does not let us."""
    try:
        done = subprocess.run([*NAMESPACE, "true"], capture_output=True, check=False, timeout=10)
    except OSError:
        return ()
    return NAMESPACE if done.returncode == 0 else ()


@contextlib.contextmanager
def watched(report: Path) -> Iterator[None]:
    """Let kernels that start meanwhile refuse to reach beyond this computer, and tell what they loaded and tried."""
    path = os.pathsep.join([str(WATCH), str(ROOT), os.environ.get("PYTHONPATH", "")])
    with mock.patch.dict(os.environ, {"PYTHONPATH": path, "WATCHED_REPORT": str(report)}):
        for name in [name for name in os.environ if name.startswith(("OPENAI_", "LLM_KERNEL_"))]:
            del os.environ[name]
        yield


def replays(path: Path, times: int) -> Replays:
    """Replay a notebook ``times`` times, each in a kernel of its own without a network.

    Raises:
        ImaginedMachineError: where one could not be played to its end.
    """
    found = Replays(path)
    recorded = open_book(path)
    for _ in range(times):
        with tempfile.TemporaryDirectory() as folder, watched(Path(folder) / "report.json"):
            taped = Taped(tape_of(path), "replay")
            run = Execution(recorded, Path(folder), taped, allow_errors=True, before=offline())
            began = time.perf_counter()
            run.run()
        found.seconds.append(time.perf_counter() - began)
        found.digests.append(sha256(nbformat.writes(run.book).encode()).hexdigest())
        found.differ = found.differ or difference(recorded, run.book, path.name)
        found.cells, found.replies = run.cells, run.replies
    return found


def main(words: list[str]) -> int:
    """Replay all, print the table and put it into the document; 1 where bytes differ."""
    parser = argparse.ArgumentParser(prog="python -m bench.replay", description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--dry", action="store_true", help="print the table and write nothing")
    parser.add_argument("folder", nargs="?", type=Path, default=EXAMPLES, help="where the notebooks are")
    options = parser.parse_args(words)
    rows, wrong = [], 0
    for path in books(options.folder):
        print(f"replaying {path.name} ...", file=sys.stderr, flush=True)
        try:
            found = replays(path, options.runs)
        except ImaginedMachineError as error:
            print(error, file=sys.stderr)
            rows.append((path.name, "-", "-", f"0 of {options.runs}", "-", "-"))
            wrong += 1
            continue
        same = "yes" if not found.differ else f"{len(found.differ)} lines differ"
        wrong += found.equal < options.runs or bool(found.differ)
        equal = f"{found.equal} of {options.runs}"
        counts = (str(found.cells), str(found.replies))
        rows.append((path.name, *counts, equal, same, f"{median(found.seconds):.1f} s"))
    how = "a network namespace with nothing in it" if offline() else "a process that refuses to connect"
    head = (
        "notebook",
        "cells",
        "replies",
        "identical bytes",
        "as the notebook holds",
        "seconds, kernel's start included",
    )
    text = f"Network off: {how}. No model, no key.\n\n{table.rows(head, rows)}"
    print(text)
    if not options.dry:
        table.put(DOCUMENT, "replay", text)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
