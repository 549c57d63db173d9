"""Sensors: they follow the load with lag, stay within the card, and say the same however often they are asked."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llm_kernel.errors import Refused
from llm_kernel.machine import Clock, Machine
from llm_kernel.machine.cards import CARDS
from llm_kernel.machine.devices import Devices
from llm_kernel.machine.load import Loads, Step
from llm_kernel.machine.processes import GpuUse, Processes
from llm_kernel.machine.sensors import Reading, room, sense
from llm_kernel.machine.words import say

_START = 1617267600.0


def _made(name: str = "RTX 3090", count: int = 1, driver: str = "535.129.03") -> tuple[Clock, Devices, Processes]:
    clock, devices = Clock(_START), Devices(3)
    devices.set_gpus(count, name)
    devices.set_driver(driver)
    return clock, devices, Processes(_START - 86400, clock=clock)


def _job(processes: Processes, util: int, mem: int, index: int = 0) -> int:
    process = processes.spawn(("python3", "train.py"), user="root", now=processes.clock.now)
    processes.load_gpu(process.pid, index, GpuUse(util, mem))
    return process.pid


def _over(clock: Clock, devices: Devices, processes: Processes, seconds: list[float]) -> list[Reading]:
    readings = []
    for amount in seconds:
        clock.advance(amount)
        readings.append(devices.readings(processes, clock.now)[0])
    return readings


_MOVES = st.lists(
    st.tuples(
        st.sampled_from(["load", "end", "wait", "limit"]),
        st.integers(0, 100),
        st.integers(0, 30000),
        st.floats(0.01, 120),
    ),
    max_size=14,
)


def _check(devices: Devices, processes: Processes, now: float, reading: Reading) -> None:
    gpu, driver = devices.gpus[0], devices.driver
    uses = [process.gpu[0] for process in processes.using(0)]
    total = gpu.card.total(driver)
    assert reading.util == min(100, sum(use.util for use in uses))
    assert reading.fb.total == total == reading.fb.reserved + reading.fb.used + reading.fb.free
    assert reading.mem_used == reading.fb.used <= total - reading.fb.reserved
    if uses:
        own = sum(use.mem for use in uses)
        assert min(own + 5, total - reading.fb.reserved) <= reading.mem_used <= own + 10
    else:
        assert (reading.mem_used, reading.util_mem) == (0 if gpu.card.server else 1, 0)
    assert 0 < reading.power < gpu.cap
    assert 0 < reading.watts.instant < gpu.cap
    assert gpu.card.idle_temp - 3 <= reading.temp <= reading.limits.slowdown
    assert reading.clocks.graphics <= reading.clocks_max.graphics
    assert reading.clocks.memory <= reading.clocks_max.memory
    assert reading.clocks.video <= reading.clocks_max.video
    assert reading.bar1.total == reading.bar1.used + reading.bar1.free
    assert (reading.fan is None) == (gpu.card.fan is None)
    assert ("gpu_idle" in reading.reasons) <= (reading.util == 0)
    assert devices.readings(processes, now)[0] == reading


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(CARDS), st.sampled_from(["470.82.01", "535.129.03", "580.95.05"]), _MOVES)
def test_whatever_happens_the_readings_stay_possible(card, driver, moves) -> None:  # type: ignore[no-untyped-def]
    clock, devices, processes = _made(card.name, driver=driver)
    pids: list[int] = []
    for kind, util, mem, seconds in moves:
        gpu = devices.gpus[0]
        if kind == "load":
            try:
                devices.check_load(0, mem, processes.using(0))
                pids.append(_job(processes, util, mem))
            except Refused:
                assert mem + sum(p.gpu[0].mem for p in processes.using(0)) > room(gpu, devices.driver)
        elif kind == "end" and pids:
            processes.end(pids.pop(util % len(pids)))
        elif kind == "limit":
            least, most = gpu.card.power_range
            gpu.limit(least + (most - least) * util // 100, clock.now)
        clock.advance(seconds)
        _check(devices, processes, clock.now, devices.readings(processes, clock.now)[0])
    back = Devices.from_state(json.loads(json.dumps(devices.to_state())))
    rest = Processes.from_state(json.loads(json.dumps(processes.to_state())), clock)
    assert back.readings(rest, clock.now + 7) == devices.readings(processes, clock.now + 7)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(CARDS), st.integers(1, 100), st.lists(st.floats(0.1, 60), min_size=2, max_size=12))
def test_heat_rises_and_falls_without_turning(card, util, waits) -> None:  # type: ignore[no-untyped-def]
    clock, devices, processes = _made(card.name, driver="")
    pid = _job(processes, util, 500)
    rising = [reading.temp for reading in _over(clock, devices, processes, waits)]
    assert rising == sorted(rising)
    processes.end(pid)
    falling = [reading.temp for reading in _over(clock, devices, processes, waits)]
    assert falling == sorted(falling, reverse=True)


def test_power_comes_within_two_seconds_and_heat_within_minutes() -> None:
    clock, devices, processes = _made()
    _job(processes, 98, 8000)
    at_once, soon, later, settled = _over(clock, devices, processes, [0.0, 3.0, 27.0, 600.0])
    assert at_once.power < 60 < 270 < soon.power
    assert at_once.temp <= soon.temp < later.temp < settled.temp
    assert soon.temp < at_once.temp + 10
    assert (at_once.pstate, settled.pstate) == ("P2", "P2")
    assert 61 <= settled.temp <= 81
    assert 291 <= settled.power <= 348
    assert settled.fan is not None
    assert 55 <= settled.fan <= 72


def test_the_fan_is_behind_the_heat() -> None:
    clock, devices, processes = _made()
    _job(processes, 98, 8000)
    readings = _over(clock, devices, processes, [4.0, 20.0, 600.0])
    fans = [reading.fan or 0 for reading in readings]
    assert readings[0].temp > devices.readings([], clock.now)[0].temp
    assert fans[0] == devices.readings([], clock.now)[0].fan
    assert fans[0] < fans[1] < fans[2]


def test_a_gpu_falls_asleep_after_the_work_and_cools_slowly() -> None:
    clock, devices, processes = _made()
    pid = _job(processes, 98, 8000)
    clock.advance(600)
    processes.end(pid)
    now, soon, minute, hour = _over(clock, devices, processes, [0.1, 5.0, 55.0, 3600.0])
    assert (now.util, now.mem_used, now.pstate) == (0, 1, "P2")
    assert (soon.pstate, soon.clocks.graphics, soon.reasons) == ("P8", 210, frozenset({"gpu_idle"}))
    assert now.temp > soon.temp > minute.temp > hour.temp
    assert soon.power < 60


def test_a_lower_limit_caps_the_draw_lowers_the_clocks_and_cools() -> None:
    clock, devices, processes = _made()
    _job(processes, 98, 8000)
    clock.advance(600)
    free = devices.readings(processes, clock.now)[0]
    devices.gpus[0].limit(200, clock.now)
    assert devices.readings(processes, clock.now)[0].temp == free.temp
    clock.advance(600)
    held = devices.readings(processes, clock.now)[0]
    assert (free.reasons, held.reasons) == (frozenset(), frozenset({"sw_power_cap"}))
    assert held.power < 200 < free.power
    assert held.clocks.graphics < free.clocks.graphics
    assert held.temp < free.temp


def test_two_halves_of_a_load_are_the_whole() -> None:
    """Steps that change nothing leave no trace, so a reading does not depend on how the load was said."""
    _, devices, _ = _made()
    whole, parts = Loads(), Loads()
    whole.note(0, Step(0, 1, 80, 1000))
    for moment in range(0, 100, 10):
        parts.note(0, Step(moment, 1, 80, 1000))
    gpu = devices.gpus[0]
    assert sense(gpu, parts.trail(0), 120, devices.driver) == sense(gpu, whole.trail(0), 120, devices.driver)


def test_a_long_trail_stays_short_and_the_heat_nearly_the_same() -> None:
    loads, exact = Loads(), []
    for moment in range(3000):
        step = Step(moment * 0.5, 1, 60 + 40 * (moment % 2), 1000)
        loads.note(0, step)
        exact.append(step)
    _, devices, _ = _made()
    trail, gpu = loads.trail(0), devices.gpus[0]
    assert len(trail) <= 128
    assert abs(sense(gpu, trail, 1500, "").temp - sense(gpu, tuple(exact), 1500, "").temp) <= 1


def test_the_heat_goes_with_a_clock_that_is_set() -> None:
    machine = Machine(Clock(_START))
    machine.devices.set_gpus(1, "3090")
    _job(machine.processes, 98, 8000)
    machine.clock.advance(300)
    before = machine.readings()[0]
    say(machine, ["clock", "2022-05-01 10:00"], "/")
    after = machine.readings()[0]
    assert (after.temp, after.fan, after.util) == (before.temp, before.fan, before.util)


@pytest.mark.parametrize("driver", ["470.82.01", "535.129.03"])
def test_more_memory_than_the_card_has_is_refused(driver: str) -> None:
    _, devices, processes = _made(driver=driver)
    most = room(devices.gpus[0], devices.driver)
    devices.check_load(0, most, [])
    with pytest.raises(Refused, match=f"GPU 0 has {most} MiB left of .*, not {most + 1}"):
        devices.check_load(0, most + 1, [])
    _job(processes, 10, 20000)
    with pytest.raises(Refused, match=f"GPU 0 has {most - 20000} MiB left"):
        devices.check_load(0, most - 19999, processes.using(0))
    with pytest.raises(Refused, match="there is no GPU 1; the machine has 1"):
        devices.check_load(1, 10, [])


def test_an_older_driver_counts_the_reserve_away() -> None:
    _, old, processes = _made(driver="470.82.01")
    _, new, _ = _made(driver="535.129.03")
    _job(processes, 10, 5000)
    first, second = old.readings(processes, _START)[0], new.readings(processes, _START)[0]
    assert (first.fb.total, first.fb.reserved) == (24268, 0)
    assert (second.fb.total, second.fb.total - second.fb.reserved) == (24576, 24268)
    assert first.fb.used == second.fb.used
    assert replace(first, fb=second.fb) == second
