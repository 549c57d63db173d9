"""``seq`` against recordings of the real one, and as much of it as a pipe is given."""

from __future__ import annotations

from llm_kernel.events import Exit, Text
from tests.notebook import Notebook, out
from tests.programs.recorded import cases


async def test_numbers_are_counted_as_recorded() -> None:
    notebook, found = Notebook(), []
    for case in cases("sequences"):
        events = await notebook(case["script"])
        [status] = [event.status for event in events if isinstance(event, Exit)]
        shown = [event for event in events if isinstance(event, Text)]
        texts = ["".join(one.text for one in shown if one.stream == name) for name in ("stdout", "stderr")]
        found.append({"script": case["script"], "stdout": texts[0], "stderr": texts[1], "status": status})
    assert found == cases("sequences")


async def test_a_million_lines_go_through_a_pipe() -> None:
    notebook = Notebook()
    assert await notebook("seq 1000000 | wc -lc; seq 1e9 2> why | tail -1; cat why") == out(
        "1000000 6888896\n1000000\nseq: memory exhausted\n"
    )
