"""Strands of time: in order, never past what is not known yet, and sound whatever is cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import astuple

import pytest

from llm_kernel.errors import CellOver
from llm_kernel.machine import Clock
from llm_kernel.strand import Strand
from llm_kernel.timeline import Pace, Timeline

START = 1617267600.0


def _timeline(*, stepped: bool = True) -> tuple[Timeline, Strand]:
    timeline = Timeline(Clock(), stepped=stepped)
    front = timeline.strand(front=True)
    front.open()
    return timeline, front


def _job(timeline: Timeline, work: Callable[[Strand], Awaitable[None]]) -> tuple[Strand, asyncio.Task[None]]:
    strand = timeline.strand()
    strand.open()

    async def live() -> None:
        try:
            await work(strand)
        finally:
            strand.close()
            timeline.announce()

    return strand, asyncio.create_task(live())


def _counters(strand: Strand) -> tuple[object, ...]:
    return astuple(strand.doing)


async def test_two_hours_of_sleep_are_at_once() -> None:
    timeline, front = _timeline()
    await asyncio.wait_for(front.sleep(7200), 30)
    assert (timeline.moment, timeline.clock.now, front.spent) == (7200.0, START + 7200, 7200.0)


async def test_sleepers_wake_in_the_order_of_their_instants_and_of_their_asking() -> None:
    timeline, front = _timeline()
    log: list[tuple[str, float]] = []

    def sleeper(name: str, *naps: float) -> None:
        async def work(strand: Strand) -> None:
            for nap in naps:
                await strand.sleep(nap)
                log.append((name, timeline.moment))

        _job(timeline, work)

    sleeper("a", 3, 3)
    sleeper("b", 2, 4)
    sleeper("c", 1, 1, 1)
    await front.sleep(10)
    assert log == [("c", 1), ("b", 2), ("c", 2), ("a", 3), ("c", 3), ("b", 6), ("a", 6)]
    assert timeline.moment == 10


async def test_without_a_cell_time_stands_still() -> None:
    timeline, front = _timeline()
    _, task = _job(timeline, lambda strand: strand.sleep(5))
    front.close()
    await asyncio.sleep(0.02)
    assert (timeline.moment, task.done()) == (0.0, False)
    front.open()
    await front.sleep(6)
    assert (timeline.moment, task.done()) == (6.0, True)


async def test_a_stepped_clock_waits_for_what_a_job_has_not_generated_yet() -> None:
    timeline, front = _timeline()
    said = asyncio.Event()
    log: list[float] = []

    async def work(strand: Strand) -> None:
        async with strand.away():
            await said.wait()
        log.append(timeline.moment)
        await strand.sleep(3)
        log.append(timeline.moment)

    _job(timeline, work)
    sleep = asyncio.create_task(front.sleep(60))
    await asyncio.sleep(0.02)
    assert (timeline.moment, sleep.done()) == (0.0, False)
    said.set()
    await sleep
    assert log == [0.0, 3.0]


async def test_a_flowing_clock_stamps_what_is_late_when_it_arrives() -> None:
    timeline, front = _timeline(stepped=False)
    said = asyncio.Event()
    log: list[float] = []

    async def work(strand: Strand) -> None:
        async with strand.away():
            await said.wait()
        log.append(timeline.moment)

    _job(timeline, work)
    await front.sleep(60)
    said.set()
    await front.sleep(1)
    assert log == [60.0]


async def test_a_stopped_strand_sleeps_on_where_it_stood() -> None:
    timeline, front = _timeline()
    strand, task = _job(timeline, lambda strand: strand.sleep(10))
    await front.sleep(4)
    strand.freeze()
    strand.freeze()
    await front.sleep(100)
    assert (task.done(), timeline.busy) == (False, False)
    strand.thaw()
    strand.thaw()
    assert timeline.busy
    await front.sleep(5.5)
    assert not task.done()
    await front.sleep(1)
    assert task.done()


async def test_who_listens_hears_of_the_end_at_that_instant() -> None:
    timeline, front = _timeline()
    _job(timeline, lambda strand: strand.sleep(42))
    assert not front.expects
    await front.listen()
    assert timeline.moment == 42
    assert _counters(front) == (1, 0, 0, 0)


@pytest.mark.parametrize("state", ["sleep", "listen", "away", "frozen", "heard"])
async def test_cancelled_in_any_state_the_counters_are_right(state: str) -> None:
    timeline, front = _timeline()
    strand = timeline.strand()
    strand.open()

    async def work() -> None:
        if state in ("listen", "heard"):
            await strand.listen()
        elif state == "away":
            async with strand.away():
                await asyncio.sleep(60)
        else:
            await strand.sleep(60)

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    if state == "frozen":
        strand.freeze()
    if state == "heard":
        timeline.announce()
    task.cancel()
    await asyncio.wait({task})
    assert _counters(strand) == (1, 0, 0, 0)
    strand.close()
    await front.sleep(5)
    assert timeline.moment == 5


@pytest.mark.parametrize("state", ["sleep", "listen", "away", "inside", "aside"])
async def test_what_unwinds_behind_the_end_of_a_strand_has_no_part_in_its_next_life(state: str) -> None:
    _, front = _timeline()

    async def work() -> None:
        if state == "listen":
            await front.listen()
        elif state == "sleep":
            await front.sleep(60)
        elif state == "away":
            async with front.away():
                await asyncio.sleep(60)
        else:
            with front.inside() if state == "inside" else front.aside():
                await asyncio.sleep(60)

    front.timeline.strand().open()
    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    front.close()
    front.open()
    task.cancel()
    await asyncio.wait({task})
    assert _counters(front) == (1, 0, 0, 0)


async def test_what_begins_between_two_lives_of_a_strand_has_no_part_in_the_second() -> None:
    timeline, front = _timeline()
    front.close()

    async def late() -> None:
        with front.inside():
            await front.sleep(1)

    timeline.strand().open()
    task = asyncio.create_task(late())
    await asyncio.sleep(0)
    front.open()
    assert _counters(front) == (1, 0, 0, 0)
    task.cancel()
    await asyncio.wait({task})
    assert _counters(front) == (1, 0, 0, 0)


@pytest.mark.parametrize("ahead", [None, 7300.0])
async def test_a_bounded_wait_lasts_no_longer_than_a_cell_may_take(ahead: float | None) -> None:
    timeline, front = _timeline()
    timeline.cell_limit = 7200.0
    _, task = _job(timeline, lambda strand: strand.sleep(ahead) if ahead else strand.listen())
    await front.sleep(200)
    with pytest.raises(CellOver, match="a cell may take 7200 seconds of the machine's time"):
        await front.listen(bounded=True)
    assert (timeline.moment, _counters(front), front.weary) == (7200.0, (1, 0, 0, 0), True)
    task.cancel()
    await asyncio.wait({task})


async def test_where_time_is_shown_somebody_may_interrupt_what_waits_for_nothing() -> None:
    timeline, front = _timeline()
    timeline.cell_limit, timeline.pace = 7200.0, Pace(1.0)
    _, job = _job(timeline, lambda strand: strand.listen())
    task = asyncio.create_task(front.listen(bounded=True))
    for _ in range(20):
        await asyncio.sleep(0)
    assert (task.done(), timeline.moment) == (False, 0.0)
    for one in (task, job):
        one.cancel()
    await asyncio.wait({task, job})


async def test_a_strand_that_computes_without_end_holds_nobody_up_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("llm_kernel.timeline.STEADY", 0.05)
    timeline, front = _timeline()
    strand, task = _job(timeline, lambda _: asyncio.sleep(60))
    await asyncio.wait_for(front.sleep(3), 30)
    assert (timeline.moment, strand.patient) == (3.0, True)
    task.cancel()
    await asyncio.wait({task})


async def test_at_a_pace_time_is_waited_for_and_an_interrupt_ends_it() -> None:
    timeline, front = _timeline()
    timeline.pace = Pace(100.0)
    began = asyncio.get_running_loop().time()
    await front.sleep(5)
    assert 0.04 <= asyncio.get_running_loop().time() - began < 5
    task = asyncio.create_task(front.sleep(1000))
    await asyncio.sleep(0.02)
    task.cancel()
    await asyncio.wait({task})
    assert (timeline.moment, _counters(front)) == (5.0, (1, 0, 0, 0))
    front.close()
    front.open()
    timeline.pace = Pace()
    await asyncio.wait_for(front.sleep(1), 30)
    assert timeline.moment == 6


def test_a_budget_never_runs_out_before_the_output_does() -> None:
    pace = Pace(1.0, 10.0)
    waits = [pace.wait(3600) for _ in range(200)]
    assert waits[0] == 1.0
    assert all(wait > 0 for wait in waits)
    assert sum(waits) < 10
    assert (pace.wait(0.01), pace.steady, Pace(1.0).steady, Pace().wait(5)) == (0.0, False, True, 0.0)


async def test_skipped_time_passes_for_jobs_and_is_not_the_cells() -> None:
    timeline, front = _timeline()
    timeline.pace = Pace(1.0)
    _, task = _job(timeline, lambda strand: strand.sleep(30))
    await asyncio.wait_for(timeline.skip(7200), 30)
    assert (task.done(), timeline.moment, front.spent, timeline.pace.rate) == (True, 7200.0, 0.0, 1.0)
