"""Scripts on the host's GNU tools and on the machine, side by side: what differs is printed, or the host recorded.

``python -m bench.against_host [FILE] [--record NAME] [--corpus FILE]``. A script stands on a line of its own in FILE,
one of several lines between ``<<<`` and ``>>>``; a blank line and one that begins with ``##`` are passed over. The host
runs each in a temporary directory of its own, whose name is then that of the directory on the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

from llm_kernel.events import Exit, Text
from tests.programs.recorded import ENV, FOLDER, HOME, MADE, machine, run

SCRIPTS = Path(__file__).parent / "scripts" / "text.txt"
_LONGEST = 20


@dataclass(frozen=True, slots=True)
class Case:
    script: str
    now: float
    stdout: str
    stderr: str
    status: int


def host(script: str) -> Case:
    """What the host's programs say to ``script`` in the tree that the recordings know."""
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder + HOME)
        _plant(top)
        now = time.time()
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=top,
            env=ENV,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_LONGEST,
            check=False,
        )
        stdout, stderr = (
            written.decode(errors="replace").replace(folder + HOME, HOME) for written in (done.stdout, done.stderr)
        )
        subprocess.run(["chmod", "-R", "u+rwX", folder], check=False)  # what a script closed is to be removed as well
    return Case(script, now, stdout, stderr, done.returncode)


def _plant(top: Path) -> None:
    """Make the tree that the recordings know at ``top``."""
    tree = json.loads((FOLDER / "tree.json").read_text(encoding="utf-8"))
    top.mkdir(parents=True)
    for folder in tree["dirs"]:
        (top / folder).mkdir(parents=True, exist_ok=True)
    for name, text in tree["files"].items():
        (top / name).write_text(text, newline="")
    for name, mode in tree["modes"].items():
        (top / name).chmod(int(mode, 8))
    for path in [*top.rglob("*"), top, top.parent]:
        os.utime(path, (MADE, MADE))


async def bare(script: str, now: float) -> Case:
    """What the exact programs say to ``script`` in the shell library alone."""
    made = machine(now)
    for name in _INSTALLED:
        made.packages.install("apt", name)
    said = await asyncio.wait_for(run(script, made), _LONGEST)
    return Case(script, now, said.stdout, said.stderr, said.status)


async def ours(script: str, now: float) -> Case:
    """What the machine says to ``script`` in the same tree."""
    from tests.notebook import Notebook

    made = machine(now)
    for name in _INSTALLED:
        made.packages.install("apt", name)
    book = Notebook(machine=made)
    exports = " ".join(f"export {name}={shlex.quote(value)};" for name, value in ENV.items() if name != "UID")
    await book(f"{exports} cd {HOME}")
    try:
        events: list[Any] = await asyncio.wait_for(book(f"bash -c {shlex.quote(script)}"), _LONGEST)
    except Exception as err:
        return Case(script, now, "", f"!! {err!r}", -1)
    said = {
        stream: "".join(event.text for event in events if isinstance(event, Text) and event.stream == stream)
        for stream in ("stdout", "stderr")
    }
    status = next(event.status for event in events if isinstance(event, Exit))
    return Case(script, now, said["stdout"], said["stderr"], status)


_INSTALLED = ("tree", "file", "jq", "zip", "unzip", "bc", "xxd", "patch", "gawk", "bsdextrautils", "bsdmainutils")


def cases(args: argparse.Namespace) -> list[Case]:
    """The corpus's cases as it has them, else the file's scripts on the host."""
    if args.corpus:
        rows = json.loads(Path(args.corpus).read_text(encoding="utf-8"))["cases"]
        return [host(row["script"]) for row in rows if row["id"].startswith(tuple(args.kinds.split(",")))]
    return [host(script) for script in scripts(Path(args.file)) if args.only in script]


def scripts(path: Path) -> Iterator[str]:
    """The scripts of a file."""
    lines = iter(path.read_text(encoding="utf-8").splitlines())
    for line in lines:
        if line == "<<<":
            yield "\n".join(takewhile(lambda inner: inner != ">>>", lines))
        elif line.strip() and not line.startswith("##"):
            yield line


async def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", default=str(SCRIPTS))
    parser.add_argument("--corpus", default="")
    parser.add_argument("--kinds", default="text,ls")
    parser.add_argument("--only", default="")
    parser.add_argument("--record", default="")
    parser.add_argument("--bare", action="store_true", help="without the session")
    parser.add_argument("--quiet", action="store_true")
    args = parser.parse_args()
    same = there = 0
    recorded = []
    for real in cases(args):
        recorded.append(asdict(real))
        if args.record:
            continue
        mine = await (bare if args.bare else ours)(real.script, real.now)
        there += 1
        same += mine == real
        if mine != real:
            print(f"=== {real.script}")
            for name in () if args.quiet else ("stdout", "stderr", "status"):
                left, right = getattr(real, name), getattr(mine, name)
                if left != right:
                    print(f"--- {name} real\n{left}\n--- {name} ours\n{right}")
    if args.record:
        text = json.dumps(recorded, indent=1, ensure_ascii=False)
        (FOLDER / f"{args.record}.json").write_text(text + "\n", encoding="utf-8")
        return 0
    print(f"{same} of {there} the same")
    return 0 if same == there else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
