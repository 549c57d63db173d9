"""What ``--query-compute-apps`` and its sisters list: the fields of each list, and its rows on one GPU."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TypeAlias

from llm_kernel.programs.exact.nvidia_clocks import supported_clocks
from llm_kernel.programs.exact.nvidia_fields import GPU_FIELDS, stamp
from llm_kernel.programs.exact.nvidia_sight import Field, Sight, Value

__all__ = ["QUERIES", "Query"]

Rows: TypeAlias = Callable[[Sight, "list[str]"], "Iterable[Sight]"]


@dataclass(frozen=True, slots=True)
class Query:
    """One ``--query-`` option: what can be asked for, and the rows of a GPU when those fields are asked for."""

    fields: dict[str, Field]
    rows: Rows
    since: int = 0


def _cell(name: str) -> Value:
    return lambda s: s.row.get(name)


def _table(*own: Field, **also: str) -> dict[str, Field]:
    """The fields that every list has, its own ones, and other names for these."""
    common = [
        Field("timestamp", stamp),
        Field("gpu_name", GPU_FIELDS["name"].value),
        Field("gpu_bus_id", GPU_FIELDS["pci.bus_id"].value),
        Field("gpu_serial", GPU_FIELDS["serial"].value),
        Field("gpu_uuid", GPU_FIELDS["uuid"].value),
    ]
    fields = {field.name: field for field in (*common, *own)}
    return fields | {name: fields[meant] for name, meant in also.items()}


def _one(sight: Sight, _: list[str]) -> Iterable[Sight]:
    return (sight,)


def _computing(sight: Sight, _: list[str]) -> Iterable[Sight]:
    """Processes with a compute context, the one that began first before the others."""
    found = [process for process in sight.processes if "C" in process.gpu[sight.gpu.index].kind]
    return [replace(sight, process=process) for process in sorted(found, key=lambda process: process.start)]


def _accounted(sight: Sight, _: list[str]) -> Iterable[Sight]:
    """What is accounted for: the time of a process that still runs is told as none."""
    if not sight.reading.accounting:
        return
    for process in sight.processes:
        use = process.gpu[sight.gpu.index]
        row = {"gpu": str(use.util), "mem": str(round(use.util * 0.42)), "max": str(use.mem), "time": "0"}
        yield replace(sight, process=process, row=row)


def _pages(sight: Sight, _: list[str]) -> Iterable[Sight]:
    """One row for each cause where pages cannot be retired; else one for each page."""
    ecc = sight.reading.ecc
    if ecc.pages_single is None:
        for cause in ("Single Bit ECC", "Double Bit ECC"):
            yield replace(sight, row={"address": None, "time": None, "cause": cause})
        return
    for number in range(ecc.pages_double or 0):
        address = f"0x{sight.seeded(f'page {number}').getrandbits(20):016x}"
        yield replace(sight, row={"address": address, "time": f"{sight.now:%c}", "cause": "Double Bit ECC"})


def _clocks(sight: Sight, asked: list[str]) -> Iterable[Sight]:
    """Every pair of clocks, or the memory clocks alone where nothing else is asked for."""
    pairs = bool({"graphics", "gr"} & set(asked))
    listed = supported_clocks(sight)
    if not listed:
        yield replace(sight, row={"memory": None, "graphics": None})
    for memory, graphics in listed:
        for clock in graphics if pairs else graphics[:1]:
            yield replace(sight, row={"memory": str(memory), "graphics": str(clock)})


def _pid(s: Sight) -> str | None:
    return str(s.process.pid) if s.process else None


def _held(s: Sight) -> str | None:
    return str(s.process.gpu[s.gpu.index].mem) if s.process else None


_ROWS = ("correctable", "uncorrectable", "pending", "failure")
_HISTOGRAM = ("max", "high", "partial", "low", "none")

QUERIES: dict[str, Query] = {
    "query-gpu": Query(GPU_FIELDS, _one),
    "query-compute-apps": Query(
        _table(
            Field("pid", _pid),
            Field("process_name", lambda s: s.process.command[0] if s.process else None),
            Field("used_gpu_memory", _held, "MiB"),
            name="process_name",
            used_memory="used_gpu_memory",
        ),
        _computing,
    ),
    "query-accounted-apps": Query(
        _table(
            Field("vgpu_instance", _cell("vgpu"), since=450),
            Field("pid", _pid),
            Field("gpu_utilization", _cell("gpu"), "%"),
            Field("mem_utilization", _cell("mem"), "%"),
            Field("max_memory_usage", _cell("max"), "MiB"),
            Field("time", _cell("time"), "ms"),
            gpu_util="gpu_utilization",
            mem_util="mem_utilization",
        ),
        _accounted,
    ),
    "query-retired-pages": Query(
        _table(
            Field("retired_pages.address", _cell("address")),
            Field("retired_pages.timestamp", _cell("time"), since=430),
            Field("retired_pages.cause", _cell("cause")),
        ),
        _pages,
    ),
    "query-remapped-rows": Query(
        _table(
            *(GPU_FIELDS[f"remapped_rows.{part}"] for part in _ROWS),
            *(GPU_FIELDS[f"remapped_rows.histogram.{part}"] for part in _HISTOGRAM),
        ),
        _one,
        since=450,
    ),
    "query-supported-clocks": Query(
        _table(
            Field("memory", _cell("memory"), "MHz"),
            Field("graphics", _cell("graphics"), "MHz"),
            mem="memory",
            gr="graphics",
        ),
        _clocks,
    ),
}
