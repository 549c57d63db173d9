"""The figures that a run printed, as series: read from logs, tables, CSV and JSON of any program. Pure.

A point's place is the epoch where the text tells one (with the part of it that batches tell), else the step, else its
number. What is printed once is a setting and no series.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from itertools import pairwise

from llm_kernel.views.lines import Reading, is_metric, read_lines
from llm_kernel.views.tables import read_table

__all__ = ["MOST", "Series", "of_a_run", "series"]

MOST = 1_000_000
"""Characters that are read of a text: its beginning."""

_SERIES = 24
_TIMES = re.compile(
    r"(?i)^(?:.*[ _./])?(?:time|eta|elapsed|seconds|secs?|duration|speed|throughput|memory|mem|seed|batch_size|bs|pid"
    r"|epochs|steps|workers|gpu|gpus|rank|port|timestamp|date|samples|params|parameters|total|size|flos|flops|mfu"
    r"|runtime|(?:\w+_)?per_second|用时|耗时|时间)$"
)


@dataclass(frozen=True, slots=True)
class Series:
    """``points`` by their place ``x`` (epoch, step or number), as they came; ``percent``: they were said in percent."""

    name: str
    x: str
    points: tuple[tuple[float, float], ...]
    percent: bool = False


def series(text: str) -> list[Series]:
    """Every series of two points or more, in the order in which they begin."""
    text = text[:MOST]
    found: dict[str, list[Reading]] = {}
    for reading in read_table(text) or read_lines(text):
        if math.isfinite(reading.value) and not _TIMES.match(reading.name):
            found.setdefault(reading.name, []).append(reading)
    first = min((reading.at for some in found.values() for reading in some if reading.at is not None), default=0.0)
    if first < 0:  # epochs that are counted from 0, with batches
        found = {name: [replace(one, at=_later(one.at)) for one in some] for name, some in found.items()}
    made = (_series(name, readings) for name, readings in found.items())
    return [one for one in made if len(one.points) > 1][:_SERIES]


def _later(at: float | None) -> float | None:
    return None if at is None else at + 1


def of_a_run(found: list[Series]) -> bool:
    """Whether these are what a training prints, and not what happens to look like it."""
    return any(one.x != "number" or is_metric(one.name) for one in found)


def _series(name: str, readings: list[Reading]) -> Series:
    percent = all(reading.percent for reading in readings)
    values = [reading.value for reading in readings]
    for label, places in (
        ("epoch", [reading.at for reading in readings]),
        ("step", [reading.step for reading in readings]),
    ):
        known = [place for place in places if place is not None]
        if len(known) == len(values) and _rises(known):
            return Series(name, label, tuple(zip(known, values, strict=True)), percent)
    return Series(name, "number", tuple(enumerate(values, 1)), percent)


def _rises(places: list[float]) -> bool:
    return all(before < after for before, after in pairwise(places))
