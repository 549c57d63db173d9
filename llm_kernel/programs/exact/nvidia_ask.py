"""The questions to nvidia-smi about GPUs: the report (``-q``), in text or XML, and the lists (``--query-...``)."""

from __future__ import annotations

from collections.abc import Sequence

from llm_kernel.machine.devices import Gpu
from llm_kernel.programs.exact.nvidia_lists import QUERIES
from llm_kernel.programs.exact.nvidia_log import log_text, log_xml
from llm_kernel.programs.exact.nvidia_options import COMBINATION, Asked, unknown
from llm_kernel.programs.exact.nvidia_query import BadField, Form, csv
from llm_kernel.programs.exact.nvidia_report import sections
from llm_kernel.programs.exact.nvidia_sight import Sight
from llm_kernel.programs.exact.nvidia_summary import using
from llm_kernel.shell.call import Answer, Call

__all__ = ["listed", "reported", "sights"]


def sights(call: Call, gpus: Sequence[Gpu]) -> list[Sight]:
    """What there is to see of each GPU now."""
    machine = call.machine
    readings, running = machine.readings(), machine.processes.running()
    return [
        Sight(
            machine.devices,
            gpu,
            readings[gpu.index],
            machine.clock.local,
            processes=tuple(process for _, process in using([gpu], running)),
        )
        for gpu in gpus
    ]


def _form(text: str) -> Form | None:
    words = [word.strip() for word in text.split(",")]
    if "csv" not in words or not set(words) <= {"csv", "noheader", "nounits"}:
        return None
    return Form("noheader" not in words, "nounits" not in words)


def listed(call: Call, asked: Asked, gpus: Sequence[Gpu]) -> Answer:
    """Answer a ``--query-...``: the fields asked for, one line for each row of the list."""
    form = _form(asked.options.get("format", ""))
    option = next(name for name in QUERIES if name in asked.options)
    names = [name.strip() for name in asked.options[option].split(",")]
    if form is None:
        return COMBINATION
    query, seen = QUERIES[option], sights(call, gpus)
    if seen[0].branch < query.since:
        return unknown(f"--{option}")
    rows = [row for sight in seen for row in query.rows(sight, names)]
    try:
        return Answer(csv(names, query.fields, rows, seen[0].branch, form))
    except BadField as bad:
        return Answer(f'Field "{bad}" is not a valid field to query.\n\n', status=2)


def reported(call: Call, asked: Asked, gpus: Sequence[Gpu]) -> Answer:
    """Answer ``-q``: everything, or the parts that ``-d`` names."""
    devices, now = call.machine.devices, call.machine.clock.local
    parts = asked.options.get("display")
    if "xml-format" in asked.options:
        return COMBINATION if parts is not None else Answer(log_xml(devices, sights(call, gpus), now))
    shown: list[str] | None = None
    if parts is not None:
        there = sections(devices.driver)
        names = [part.strip().upper() for part in parts.split(",")]
        if not set(names) <= set(there):
            return COMBINATION
        shown = [name for part in names for name in there[part]]
    return Answer(log_text(devices, sights(call, gpus), now, shown))
