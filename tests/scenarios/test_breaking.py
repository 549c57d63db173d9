"""Jobs, interrupts and faults: what was done by then stays, and the rest goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from llm_kernel.errors import EndpointError
from llm_kernel.events import Event, Exit, Text
from llm_kernel.model.request import Delta, Request
from llm_kernel.session import Setup
from llm_kernel.shell.limits import Limits
from tests.notebook import Notebook, out
from tests.scenarios.transcript import notebook


class Slow:
    """A model that says a line and then nothing more; ``closed``: its stream was."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.fault = fault
        self.closed = asyncio.Event()

    async def close(self) -> None:
        """Nothing to close."""

    async def stream(self, request: Request) -> AsyncIterator[Delta]:
        try:
            yield Delta("first\n")
            if self.fault:
                raise self.fault
            await asyncio.sleep(60)
        finally:
            self.closed.set()


async def _interrupted(made: Notebook, code: str, *, shown: bool = False) -> list[Event]:
    """What a cell shows until it is interrupted: after a tenth of a second, or once it has ``shown`` something."""
    events: list[Event] = []

    async def read() -> None:
        async for event in made.session.run_cell(code):
            events.append(event)

    cell = asyncio.create_task(read())
    await asyncio.sleep(0.1)
    while shown and not events and not cell.done():
        await asyncio.sleep(0.01)
    cell.cancel()
    await asyncio.wait({cell}, timeout=30)
    assert cell.done()
    return events


async def test_an_interrupt_closes_the_stream_and_keeps_what_was_written() -> None:
    model = Slow()
    made = notebook(model)
    assert await _interrupted(made, "touch a.pl; perl a.pl", shown=True) == [Text("stdout", "first\n")]
    await asyncio.wait_for(model.closed.wait(), 30)
    assert await made("echo $?; ls") == out("130\na.pl\n")
    await made.session.close()


async def test_background_jobs_live_on_after_an_interrupt() -> None:
    made = notebook(setup=Setup(pace=10.0))
    assert await _interrupted(made, "sleep 5000 & sleep 5000; echo never") == [Text("stderr", "[1] 2413\n")]
    assert await made("jobs") == out("[1]+  Running                 sleep 5000 &\n")
    assert await _interrupted(made, "fg") == [Text("stdout", "sleep 5000\n")]
    assert await made("jobs; pgrep sleep") == [Exit(1)]
    await made.session.close()


async def test_an_endpoint_that_dies_under_a_job_ends_the_job_and_its_log_says_so() -> None:
    made = notebook(Slow(EndpointError("The connection broke.")))
    assert await made("touch a.pl; perl a.pl > log 2>&1 & wait $!; echo $?") == [
        Text("stderr", "[1] 2413\n[1]+  Killed                  perl a.pl > log 2>&1\n"),
        Text("stdout", "137\n"),
        Exit(0),
    ]
    assert await made("cat log") == out("first\nperl: The connection broke.\nKilled\n")
    await made.session.close()


async def test_jobs_that_never_end_and_too_many_of_them_are_bounded() -> None:
    made = notebook(setup=Setup(limits=Limits(jobs=20)))
    events = await made("for i in {1..21}; do sleep 100000 & done")
    refused = "bash: fork: retry: Resource temporarily unavailable\n" * 4
    started = "".join(f"[{n}] {2412 + n}\n" for n in range(1, 21))
    assert events == [
        Text("stderr", f"{started}{refused}bash: fork: Resource temporarily unavailable\n"),
        Exit(254),
    ]
    assert (await made("kill $(jobs -p); wait"))[-1] == Exit(0)
    assert await made("jobs; pgrep sleep") == [Exit(1)]
    await made.session.close()
