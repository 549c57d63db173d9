"""The whole report of a GPU as one tree of names and values, from which both the text and the XML are written.

What a driver's report contains, and in which order, stands in the catalogue.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

from llm_kernel.machine.catalog import load
from llm_kernel.programs.exact.nvidia_clocks import supported_clocks
from llm_kernel.programs.exact.nvidia_lists import QUERIES
from llm_kernel.programs.exact.nvidia_mignodes import mig_nodes
from llm_kernel.programs.exact.nvidia_node import Node
from llm_kernel.programs.exact.nvidia_sight import Sight, features, within
from llm_kernel.programs.exact.nvidia_slices import home
from llm_kernel.programs.exact.nvidia_values import VALUES, told

__all__ = ["Node", "report", "sections"]

_FACTS = load("nvidia_report")


@dataclass(frozen=True, slots=True)
class _Row:
    """One line of the catalogue; ``deeper`` lines are one level further in in the text, not in the XML."""

    depth: int
    tag: str
    label: str
    value: str
    spans: str
    needs: tuple[str, ...]
    deeper: bool


@cache
def _rows() -> tuple[_Row, ...]:
    rows = []
    for line in _FACTS["rows"]:
        text = line.lstrip(" ")
        tag, label, value, spans, needs = ([part.strip() for part in text.split("|")] + [""] * 4)[:5]
        depth = (len(line) - len(text)) // 2 if not text.startswith("|") else (len(line) - len(text) - 1) // 2
        if tag.startswith("@bits"):
            tag, value = "", tag
        label = label[:-1] + " " if label.endswith("_") else label
        rows.append(_Row(depth, tag.lstrip("+"), label, value, spans, tuple(needs.split()), tag.startswith("+")))
    return tuple(rows)


def sections(driver: str) -> dict[str, list[str]]:
    """What ``-d`` takes under this driver, each with the names of what it shows."""
    spans = _FACTS["section_branches"]
    found: dict[str, list[str]] = _FACTS["sections"]
    return {name: shown for name, shown in found.items() if within(spans.get(name, ""), driver)}


def _wanted(row: _Row, sight: Sight, has: set[str], medium: str, display: bool) -> bool:
    if not within(row.spans, sight.devices.driver):
        return False
    media = {need for need in row.needs if need in ("xml", "text", "display")}
    if media and medium not in media and not (display and "display" in media and medium == "text"):
        return False
    needs = [need for need in row.needs if need not in ("xml", "text", "display")]
    return all((need[1:] not in has) if need.startswith("!") else (need in has) for need in needs)


def report(sight: Sight, medium: str, shown: Sequence[str] | None = None) -> list[Node]:
    """The report of one GPU for ``medium`` ``text`` or ``xml``; ``shown`` are the names that ``-d`` selects."""
    has, event = features(sight), "throttle" if sight.branch < 535 else "event"
    top: list[Node] = []
    path: list[list[Node] | None] = [top]
    keep = True
    for row in _rows():
        del path[row.depth + 1 :]
        above = path[row.depth] if row.depth < len(path) else None
        if row.depth == 0:
            keep = shown is None or (row.tag or row.label) in shown or row.tag in shown
        if above is None or not keep or not _wanted(row, sight, has, medium, shown is not None):
            path.append(None)
            continue
        tag, label = row.tag.replace("@event@", event), row.label.replace("@Event@", event.capitalize())
        if row.value.startswith("@"):
            kind, _, name = row.value[1:].partition(" ")
            above.extend(_LISTS[kind](sight, medium, Node(tag, label), name))
            path.append(None)
            continue
        value = row.value[1:] if row.value.startswith("=") else told(sight, row.value) if row.value else None
        node = Node(tag, label, value, deeper=row.deeper)
        above.append(node)
        path.append(node.children)
    return top


_List: TypeAlias = Callable[[Sight, str, Node, str], "list[Node]"]


def _bits(sight: Sight, _: str, __: Node, span: str) -> list[Node]:
    """The errors of boards before Turing, counted by place."""
    if "bits" not in features(sight):
        return []
    return [
        Node(tag, label, children=[_place(sight, kind, span, *names) for names in _PLACES])
        for tag, label, kind in (("single_bit", "Single Bit", "corrected"), ("double_bit", "Double Bit", "uncorrected"))
    ]


_PLACES = (
    ("device_memory", "Device Memory", "device_memory"),
    ("register_file", "Register File", "register_file"),
    ("l1_cache", "L1 Cache", "l1_cache"),
    ("l2_cache", "L2 Cache", "l2_cache"),
    ("texture_memory", "Texture Memory", "texture_memory"),
    ("texture_shm", "Texture Shared", "texture_memory"),
    ("cbu", "CBU", "cbu"),
    ("total", "Total", "total"),
)


def _place(sight: Sight, kind: str, span: str, tag: str, label: str, place: str) -> Node:
    return Node(tag, label, told(sight, f"ecc.errors.{kind}.{span}.{place}"))


def _samples(sight: Sight, _: str, head: Node, name: str) -> list[Node]:
    """Samples of the last seconds: around what the sensor says now."""
    field = VALUES[name]
    text = field.value(sight)
    labels = ("Duration", "Number of Samples", "Max", "Min", "Avg")
    if text is None or ("clock" in name and "GeForce" in sight.card.name and sight.branch >= 450):
        values = ["Not Found"] * 5
    else:
        now, digits = float(text), 2 if "." in text else 0
        spread = 0.04 * now if digits or "util" in name else 0.0
        cells = (f"{value:.{digits}f} {field.unit}" for value in (now + spread, now - spread, now))
        if field.unit == "%":
            cells = (f"{min(100, round(value))} %" for value in (now + spread, now - spread, now))
        values = ["2.36 sec" if digits else "19.78 sec", "119" if digits else "99", *cells]
    children = [Node("", label, value) for label, value in zip(labels, values, strict=True)]
    return [Node("", head.label, children=children)]


def _pagelist(sight: Sight, _: str, head: Node, __: str) -> list[Node]:
    return [Node(head.tag, "", "N/A" if sight.reading.ecc.pages_single is None else None)]


def _clocks(sight: Sight, medium: str, head: Node, _: str) -> list[Node]:
    listed = supported_clocks(sight)
    if not listed:
        return [Node(head.tag, head.label, "N/A")]
    nodes = []
    for memory, graphics in listed:
        below = [Node("supported_graphics_clock", "Graphics", f"{clock} MHz") for clock in graphics]
        if medium == "xml":
            nodes.append(Node("supported_mem_clock", "", children=[Node("value", "", f"{memory} MHz"), *below]))
        else:
            nodes.append(Node("", "Memory", f"{memory} MHz", children=below))
    return [Node(head.tag, head.label, children=nodes)]


def _processes(sight: Sight, medium: str, head: Node, _: str) -> list[Node]:
    nodes: list[Node] = []
    for process in sight.processes:
        use = process.gpu[sight.gpu.index]
        inside = home(sight.gpu, sight.processes, process.pid)
        ids = (str(inside.gi), str(inside.ci)) if inside else ("N/A", "N/A")
        instance = [Node("gpu_instance_id", "GPU instance ID", ids[0])]
        instance.append(Node("compute_instance_id", "Compute instance ID", ids[1]))
        own = [
            Node("type", "Type", use.kind),
            Node("process_name", "Name", process.command[0]),
            Node("used_memory", "Used GPU Memory", f"{use.mem} MiB"),
        ]
        pid = Node("pid", "Process ID", str(process.pid))
        shown = instance if sight.branch >= 450 else []
        if medium == "xml":
            nodes.append(Node("process_info", "", children=[*shown, pid, *own]))
        else:
            nodes += [*shown, Node("", pid.label, pid.value, children=own)]
    if medium == "text" and not nodes:
        return [Node(head.tag, head.label, "None")]
    return [Node(head.tag, head.label, children=nodes)]


def _accounted(sight: Sight, medium: str, head: Node, _: str) -> list[Node]:
    nodes: list[Node] = []
    for row in QUERIES["query-accounted-apps"].rows(sight, []):
        cells = [
            Node("gpu_util", "GPU Utilization", f"{row.row['gpu']} %"),
            Node("memory_util", "Memory Utilization", f"{row.row['mem']} %"),
            Node("max_memory_usage", "Max memory usage", f"{row.row['max']} MiB"),
            Node("time", "Time", f"{row.row['time']} ms"),
            Node("is_running", "Is Running", "1"),
        ]
        pid = Node("pid", "Process ID", str(row.process.pid if row.process else 0))
        if medium == "xml":
            nodes.append(Node("accounted_process_info", "", children=[pid, *cells]))
        else:
            nodes.append(Node("", pid.label, pid.value, children=cells))
    if medium == "text" and not nodes:
        return [Node(head.tag, head.label, "None")]
    return [Node(head.tag, head.label, children=nodes)]


_LISTS: dict[str, _List] = {
    "bits": _bits,
    "samples": _samples,
    "pages": _pagelist,
    "clocks": _clocks,
    "processes": _processes,
    "accounted": _accounted,
    "mig": mig_nodes,
}
