"""``nvidia-smi dmon``: one line of figures for each GPU and sample, in the columns of each generation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from llm_kernel.machine.devices import Gpu, Reading

__all__ = ["METRICS", "Columns", "columns", "dmon_heads", "dmon_row", "stamp", "stamp_heads"]

METRICS = "pucvmet"
"""The letters that ``-s`` takes."""

Cell: TypeAlias = "int | None"


@dataclass(frozen=True, slots=True)
class Columns:
    """How a generation lays out its figures: their width, and how wide the moments before them are."""

    width: int
    date: int
    time: int


@dataclass(frozen=True, slots=True)
class _Figure:
    name: str
    unit: str
    value: Callable[[Gpu, Reading], Cell]
    since: int = 0
    last: int = 9999
    divided: bool = True
    """Whether a GPU that is cut into instances has it."""


def columns(branch: int) -> Columns:
    """The layout of this driver branch; figures became wider with 525."""
    return Columns(6, 12, 13) if branch >= 525 else Columns(5, 11, 12)


def _load(name: str, value: Callable[[Gpu, Reading], Cell], since: int = 0) -> _Figure:
    return _Figure(name, "%", value, since, divided=False)


_FIGURES: dict[str, tuple[_Figure, ...]] = {
    "p": (
        _Figure("pwr", "W", lambda _, now: round(now.power)),
        _Figure("temp", "C", lambda _, now: now.temp, last=409),
        _Figure("gtemp", "C", lambda _, now: now.temp, since=410),
        _Figure("mtemp", "C", lambda _, now: now.memory_temp, since=410),
    ),
    "u": (
        _load("sm", lambda _, now: now.util),
        _load("mem", lambda _, now: now.util_mem),
        _load("enc", lambda _, now: now.encoder),
        _load("dec", lambda _, now: now.decoder),
        _load("jpg", lambda _, now: now.jpeg, since=545),
        _load("ofa", lambda _, now: now.ofa, since=545),
    ),
    "c": (
        _Figure("mclk", "MHz", lambda _, now: now.clocks.memory),
        _Figure("pclk", "MHz", lambda _, now: now.clocks.sm),
    ),
    "v": (
        _Figure("pviol", "%", lambda _, now: 99 if "sw_power_cap" in now.reasons else 0),
        _Figure("tviol", "bool", lambda _, now: int(any("thermal" in name for name in now.reasons))),
    ),
    "m": (
        _Figure("fb", "MB", lambda _, now: now.mem_used),
        _Figure("bar1", "MB", lambda _, now: now.bar1.used),
        _Figure("ccpm", "MB", lambda _gpu, _now: 0, since=535),
    ),
    "e": (
        _Figure("sbecc", "errs", lambda _, now: now.ecc.corrected),
        _Figure("dbecc", "errs", lambda _, now: now.ecc.uncorrected),
        _Figure("pci", "errs", lambda _, now: now.link.replays),
    ),
    "t": (
        _Figure("rxpci", "MB/s", lambda _, now: now.link.rx // 1024),
        _Figure("txpci", "MB/s", lambda _, now: now.link.tx // 1024),
    ),
}


def _figures(select: str, branch: int) -> list[_Figure]:
    figures = [figure for letter in dict.fromkeys(select) for figure in _FIGURES[letter]]
    return [figure for figure in figures if figure.since <= branch <= figure.last]


def stamp_heads(options: str, layout: Columns) -> tuple[str, str]:
    """The beginnings of the two heading lines: date and time where ``-o`` asks for them, and the GPU."""
    if not options:
        return "# gpu", "# Idx"
    first = f"{'Date':<{layout.date}}" if "D" in options else ""
    second = f"{'YYYYMMDD':<{layout.date}}" if "D" in options else ""
    if "T" in options:
        first += f"{'Time':<{layout.time}}"
        second += f"{'HH:MM:SS':<{layout.time}}"
    return f"#{first}gpu", f"#{second}Idx"


def stamp(options: str, layout: Columns, now: datetime, index: int) -> str:
    """The beginning of a line: when it was taken and of which GPU."""
    if not options:
        return f"{index:>5}"
    date = f"{now:%Y%m%d}".ljust(layout.date) if "D" in options else ""
    time = f"{now:%H:%M:%S}".ljust(layout.time) if "T" in options else ""
    return f" {date}{time}{index:>3}"


def dmon_heads(select: str, options: str, branch: int) -> str:
    """The two heading lines."""
    layout, figures = columns(branch), _figures(select, branch)
    first, second = stamp_heads(options, layout)
    first += "".join(f" {figure.name:>{layout.width}}" for figure in figures)
    second += "".join(f" {figure.unit:>{layout.width}}" for figure in figures)
    return f"{first} \n{second} \n"


def dmon_row(gpu: Gpu, reading: Reading, select: str, options: str, branch: int, now: datetime) -> str:
    """One GPU's figures; what it does not have is a dash."""
    layout = columns(branch)
    cells = []
    for figure in _figures(select, branch):
        hidden = reading.failing or (gpu.mig and not figure.divided)
        value = None if hidden else figure.value(gpu, reading)
        cells.append(f" {'-' if value is None else value:>{layout.width}}")
    return f"{stamp(options, layout, now, gpu.index)}{''.join(cells)} \n"
