"""``python -m bench.crash``: a kernel that is killed at random moments, and what its successor is.

Cells run one after the other in a real kernel; it is killed (SIGKILL) at a random moment, and the next kernel of the
same notebook must be as after the last cell that was acknowledged. A cell that was complete when the kernel died, but
whose reply nobody heard, may count as run; none may be run twice or in part.
"""

from __future__ import annotations

import argparse
import difflib
import os
import random
import signal
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from bench import table
from bench.kernels import KERNELS, ROOT, Running, running

DOCUMENT = ROOT / "docs" / "benchmarks.md"

CELLS = (
    'n=0; declare -A seen; note() { echo "$1 $n" >> ~/notes; }',
    "n=$((n + 1)); note step; seen[$n]=$(date +%s)",
    "mkdir -p data/$n; for i in 1 2 3; do head -c 2000 /dev/zero | tr '\\0' x > data/$n/$i; done",
    "%machine gpu 2 'RTX 3090'",
    "sed -i 's/step/STEP/' ~/notes; cd data",
    "alias ll2='ls -l'; set -o pipefail; export STAGE=two; note alias",
    "sleep 100 &",
    "%machine install pip torch 1.8.0",
    "cd; git init -q repo; cd repo; echo $n > f; git add f; git -c user.name=a -c user.email=a@b commit -qm step; cd",
    "sleep 20; note slept; unset seen[1]",
    "truncate -s 2G model.pt; chmod 600 notes; ln -s notes soft",
    "n=$((n * 2)); note twice; rm -rf data/1; kill %1",
)
LOOK = (
    "echo $n ${!seen[@]}; cat ~/notes; alias; find ~ -type f -not -path '*/.git/*' | sort | xargs md5sum; ls -l ~; "
    "pwd; git -C ~/repo log --format='%H %at'; nvidia-smi -L; pip list 2>/dev/null | grep torch; jobs; ps -e; "
    "date +%s.%N; set -o"
)


@dataclass(slots=True)
class Outcome:
    """Kills, those after which the last acknowledged cell was there, those with one more, and what was neither."""

    kills: int = 0
    exact: int = 0
    unheard: int = 0
    wrong: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


def crash(folder: Path, kills: int, seed: int) -> Outcome:
    """Kill kernels ``kills`` times under the session; they write into ``folder``."""
    chance, outcome = random.Random(seed), Outcome()
    wanted = _wanted(folder / "whole")
    lived = 0
    while outcome.kills < kills:
        lived += 1
        _session(folder / f"cut{lived}", kills, chance, wanted, outcome)
    return outcome


def _session(folder: Path, kills: int, chance: random.Random, wanted: list[str], outcome: Outcome) -> None:
    done, killed = 0, False
    while killed or (done < len(CELLS) and outcome.kills < kills):
        with _kernel(folder) as kernel:
            if killed:
                started = time.perf_counter()
                found = _look(kernel)
                outcome.seconds.append(time.perf_counter() - started)
                done, killed = _judge(found, done, wanted, outcome), False
            if done < len(CELLS) and outcome.kills < kills:
                done += _run_and_kill(kernel, CELLS[done:], chance)
                outcome.kills += 1
                killed = True


def _judge(found: str, done: int, wanted: list[str], outcome: Outcome) -> int:
    """How many cells the kernel that came back has run."""
    if found == wanted[done]:
        outcome.exact += 1
    elif done < len(CELLS) and found == wanted[done + 1]:
        outcome.unheard += 1
        return done + 1
    else:
        lines = difflib.unified_diff(wanted[done].splitlines(), found.splitlines(), "wanted", "found", lineterm="")
        outcome.wrong.append(f"after cell {done}:\n" + "\n".join(lines))
    return done


def _run_and_kill(kernel: Running, cells: tuple[str, ...], chance: random.Random) -> int:
    """Run cells until the kernel is killed; how many were acknowledged."""
    deadline = time.monotonic() + chance.uniform(0.0, 0.1 * len(cells) + 0.2)
    for number, code in enumerate(cells):
        request = kernel.channels.execute(code, allow_stdin=False)
        while time.monotonic() < deadline:
            try:
                message: dict[str, Any] = kernel.channels.get_shell_msg(timeout=max(0.001, deadline - time.monotonic()))
            except Exception:  # nothing came in time: queue.Empty, or zmq's own
                continue
            if message["parent_header"].get("msg_id") == request:
                break
        else:
            os.kill(getattr(kernel.manager.provisioner, "pid", 0), signal.SIGKILL)
            return number + _heard(kernel, request)
    os.kill(getattr(kernel.manager.provisioner, "pid", 0), signal.SIGKILL)
    return len(cells)


def _heard(kernel: Running, request: str) -> bool:
    """Whether the reply was on its way when the kernel was killed."""
    try:
        while True:
            message = kernel.channels.get_shell_msg(timeout=0.2)
            if message["parent_header"].get("msg_id") == request:
                return True
    except Exception:  # queue.Empty, or zmq's own
        return False


def _look(kernel: Running) -> str:
    """What the machine is, looked at without a trace."""
    text = kernel.cell(LOOK)[1]
    kernel.cell("%undo")
    lines = text.splitlines(keepends=True)
    return "".join(lines[1:] if lines and lines[0].startswith("[the machine is back") else lines)


def _wanted(folder: Path) -> list[str]:
    """What is there after each number of cells."""
    with _kernel(folder) as kernel:
        found = [_look(kernel)]
        for code in CELLS:
            kernel.cell(code)
            found.append(_look(kernel))
    return found


def _kernel(folder: Path) -> Any:
    folder.mkdir(parents=True, exist_ok=True)
    env = {"LLM_KERNEL_SESSION": "crash", "LLM_KERNEL_CLOCK": "stepped", "LLM_KERNEL_HOME": str(folder / "home")}
    return running(KERNELS[0], folder, env)


def main(words: list[str]) -> int:
    """Kill, print the table, write it into the document; 1 where a kernel did not come back right."""
    parser = argparse.ArgumentParser(prog="python -m bench.crash", description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--dry", action="store_true", help="print the table and write nothing")
    options = parser.parse_args(words)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        outcome = crash(folder, options.kills, options.seed)
    for one in outcome.wrong[:3]:
        print(one, file=sys.stderr)
    judged = outcome.exact + outcome.unheard + len(outcome.wrong)
    back = f"{median(outcome.seconds):.1f} s" if outcome.seconds else "-"
    rows = [
        "| kill -9 at a random moment | kernels |",
        "|---|---:|",
        f"| killed | {outcome.kills} |",
        f"| as after the last acknowledged cell | {outcome.exact} of {judged} |",
        f"| as after the cell whose reply was not heard any more | {outcome.unheard} of {judged} |",
        f"| anything else | {len(outcome.wrong)} of {judged} |",
    ]
    rows.append(f"| back and looked at, median | {back} |")
    text = "\n".join(rows) + "\n"
    print(text)
    if not options.dry:
        table.put(DOCUMENT, "crash", text)
    return 1 if outcome.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
