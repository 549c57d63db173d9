"""The machine's clock: it moves when told, never back by itself, and reads the host's stamps as its own time."""

from __future__ import annotations

import pytest

from llm_kernel.machine.clock import DEFAULT_EPOCH, Clock


def test_it_starts_at_the_default_epoch_and_stands_still() -> None:
    clock = Clock()
    assert (clock.now, str(clock.local)) == (DEFAULT_EPOCH, "2021-04-01 09:00:00+00:00")


def test_it_moves_when_told() -> None:
    clock = Clock(100.0)
    clock.advance(2.5)
    clock.advance(0)
    assert clock.now == 102.5


@pytest.mark.parametrize("seconds", [-1, float("inf"), float("nan")])
def test_time_has_one_direction_and_an_end(seconds: float) -> None:
    clock = Clock(100.0)
    with pytest.raises(ValueError, match="cannot let"):
        clock.advance(seconds)
    assert clock.now == 100.0


def test_it_tells_time_in_its_zone() -> None:
    clock = Clock(zone="Asia/Shanghai")
    assert f"{clock.local:%H:%M %Z}" == "17:00 CST"
    assert f"{clock.at(0):%H:%M}" == "08:00"


def test_a_stamp_of_the_host_is_read_as_the_time_it_was_here() -> None:
    host = [1000.0]
    clock = Clock(50.0, host=lambda: host[0])
    host[0] = 1010.0
    clock.advance(5.0)
    host[0] = 1020.0
    clock.set(500.0)
    host[0] = 1030.0
    assert [clock.stamp(at) for at in (1000.0, 1005.0, 1010.0, 1019.0, 1025.0)] == [50.0, 50.0, 55.0, 55.0, 500.0]


@pytest.mark.parametrize("stamp", [10.0, 999.0, 5000.0])
def test_a_stamp_from_before_or_after_was_meant(stamp: float) -> None:
    assert Clock(50.0, host=lambda: 1000.0).stamp(stamp) == stamp
