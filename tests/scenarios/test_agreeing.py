"""Whatever jobs are started, stopped, killed, undone: ps, top, /proc, pgrep, nvidia-smi and the shell see the same."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from llm_kernel.errors import CellError
from llm_kernel.events import Text
from llm_kernel.machine import Clock, Machine
from llm_kernel.model.choice import Models
from llm_kernel.model.request import ScriptedBackend
from llm_kernel.moments import Moments
from llm_kernel.session import Session
from llm_kernel.store import Store

_STEP = st.one_of(
    st.just("perl gpu.pl > log 2>&1 &"),
    st.sampled_from(["sleep 20 &", "nice -n 5 sleep 9 &", "(sleep 4; sleep 6) &"]),
    st.sampled_from(["%undo", "%undo 2", "%redo"]),
    st.integers(1, 30).map(lambda n: f"sleep {n}"),
    st.tuples(st.sampled_from(["TERM", "KILL", "STOP", "CONT", "HUP", "INT"]), st.integers(1, 4)).map(
        lambda pair: f"kill -{pair[0]} %{pair[1]} 2> /dev/null"
    ),
)
_VIEWS = (
    "ps -eo pid=,stat=,comm= | awk '$3 ~ /sleep|perl/ {print $1, substr($2, 1, 1), $3}'",
    "for p in $(pgrep 'sleep|perl'); do awk -v p=$p '/^State/ {s=$2} /^Name/ {n=$2} END {print p, s, n}' "
    "/proc/$p/status; done",
    "top -bn1 | awk '$NF ~ /^(sleep|perl)$/ {print $1, $8, $NF}' | sort -n",
)
_NICE = (
    "ps -eo pid=,ni=,comm= | awk '$3 ~ /sleep|perl/ {print $1, $2}'",
    "for p in $(pgrep 'sleep|perl'); do echo $p $(cut -d' ' -f19 /proc/$p/stat); done",
)
_GPU = "nvidia-smi --query-compute-apps=pid --format=csv,noheader; true"
_JOBS = "jobs -p; echo; for p in $(jobs -p); do ps -o pid= -p $p | tr -d ' '; done"


async def _checked(steps: list[str], folder: Path) -> None:
    model = ScriptedBackend(lambda _: "@ gpu 0 util 50 mem 900\n@ spend 25\nend\n")
    store = Store(folder)
    machine = Machine(Clock(host=time.time))
    machine.devices.set_gpus(1, "GeForce RTX 3090")
    machine.follow()
    machine.files.write("/root/gpu.pl", b"")
    session = Session(machine, Models(lambda _: model), moments=lambda: Moments(store, store.enter("agreeing")))

    async def said(code: str) -> list[str]:
        events = [event async for event in session.run_cell(code)]
        return "".join(e.text for e in events if isinstance(e, Text) and e.stream == "stdout").splitlines()

    await said("true")
    for step in steps:
        try:
            await said(step)
        except CellError:
            assert step.startswith("%")  # there was nothing to go back to
        views = await said("; echo; ".join([*_VIEWS, *_NICE, _JOBS, _GPU]))
        table, proc, top, nice, stat, jobs, living, gpu = _parts(views)
        assert table == proc == top, step
        assert nice == stat, step
        assert jobs == living, step
        assert gpu == [row.split()[0] for row in table if row.endswith("perl")], step
    await session.close()


def _parts(lines: list[str]) -> list[list[str]]:
    """The lines between the empty ones."""
    found: list[list[str]] = [[]]
    for line in lines:
        found[-1].append(line) if line else found.append([])
    return found


@given(st.lists(_STEP, min_size=3, max_size=8))
@settings(max_examples=8, deadline=None, derandomize=True)
def test_every_view_agrees_after_every_step(steps: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_checked(steps, Path(folder)))
