"""Whatever jobs are started, stopped and killed: ps, /proc, pgrep, nvidia-smi and the shell see the same ones."""

from __future__ import annotations

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from llm_kernel.events import Text
from tests.scenarios.transcript import notebook

_STEP = st.one_of(
    st.just("perl gpu.pl > log 2>&1 &"),
    st.just("sleep 20 &"),
    st.integers(1, 30).map(lambda n: f"sleep {n}"),
    st.tuples(st.sampled_from(["TERM", "KILL", "STOP", "CONT", "HUP", "INT"]), st.integers(1, 4)).map(
        lambda pair: f"kill -{pair[0]} %{pair[1]} 2> /dev/null"
    ),
)
_VIEWS = (
    "ps -eo pid=,stat=,comm= | awk '$3 ~ /sleep|perl/ {print $1, substr($2, 1, 1), $3}'",
    "for p in $(pgrep 'sleep|perl'); do awk -v p=$p '/^State/ {s=$2} /^Name/ {n=$2} END {print p, s, n}' "
    "/proc/$p/status; done",
)
_GPU = "nvidia-smi --query-compute-apps=pid --format=csv,noheader; true"
_JOBS = "jobs -p"


async def _checked(steps: list[str]) -> None:
    made = notebook({"perl gpu.pl": "@ gpu 0 util 50 mem 900\n@ spend 25\nend\n"})

    async def said(code: str) -> list[str]:
        events = await made(code)
        return "".join(e.text for e in events if isinstance(e, Text) and e.stream == "stdout").splitlines()

    await made("%machine gpu 1 'GeForce RTX 3090'\ntouch gpu.pl")
    for step in steps:
        await made(step)
        table, proc = [await said(view) for view in _VIEWS]
        assert table == proc, step
        pids = [row.split()[0] for row in table]
        assert sorted(await said(_JOBS)) == sorted(pids), step
        assert sorted(await said(_GPU)) == [row.split()[0] for row in table if row.endswith("perl")], step
    await made.session.close()


@given(st.lists(_STEP, min_size=3, max_size=8))
@settings(max_examples=15, deadline=None, derandomize=True)
def test_every_view_agrees_after_every_step(steps: list[str]) -> None:
    asyncio.run(_checked(steps))
