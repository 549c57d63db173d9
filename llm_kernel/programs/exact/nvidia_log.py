"""``nvidia-smi -q`` written out: the report's tree as text with its column of colons, or as XML."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from xml.sax.saxutils import escape

from llm_kernel.machine.catalog import load
from llm_kernel.machine.devices import Devices
from llm_kernel.machine.drivers import branch_of, order
from llm_kernel.programs.exact.nvidia_node import Node
from llm_kernel.programs.exact.nvidia_report import report
from llm_kernel.programs.exact.nvidia_sight import Sight

__all__ = ["log_text", "log_xml"]

_FACTS = load("nvidia_report")


def _since(name: str, branch: int) -> int:
    return int([value for first, value in _FACTS[name].items() if int(first) <= branch][-1])


def _date(now: datetime) -> str:
    days, months = "Mon Tue Wed Thu Fri Sat Sun".split(), "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
    return f"{days[now.weekday()]} {months[now.month - 1]} {now.day:>2} {now:%H:%M:%S} {now.year}"


_LATER = "[Deprecated; will be removed in CUDA 14.0. Use {} Version instead]"


def _head(devices: Devices, now: datetime, *, plain: bool) -> list[tuple[str, str, str]]:
    """The lines before the first GPU: XML element, label, value."""
    driver, cuda = devices.driver, devices.shown_cuda
    rows = [("timestamp", "Timestamp", _date(now))]
    new = branch_of(driver) >= 610
    tail = (f" {_LATER.format('KMD')}", f" {_LATER.format('CUDA UMD')}") if new and not plain else ("", "")
    rows.append(("driver_version", "Driver Version", driver + tail[0]))
    if order(driver) >= (410, 72):
        rows.append(("cuda_version", "CUDA Version", cuda + tail[1]))
    if new:
        rows += [("kmd_version", "KMD Version", driver), ("cuda_umd_version", "CUDA UMD Version", cuda)]
    return rows


def log_text(devices: Devices, sights: Sequence[Sight], now: datetime, shown: Sequence[str] | None = None) -> str:
    """The report of these GPUs; ``shown`` are the names that ``-d`` selects, None for all."""
    branch = branch_of(devices.driver)
    column = _since("columns_of_text", branch)
    lines = ["", "==============NVSMI LOG==============", ""]
    lines += [f"{label:<{column}}: {value}" for _, label, value in _head(devices, now, plain=False)]
    lines += ["", f"{'Attached GPUs':<{column}}: {len(devices.gpus)}"]
    for sight in sights:
        lines.append(f"GPU {sight.gpu.bus}")
        for node in report(sight, "text", shown):
            # the list of processes kept its place when the column moved
            lines += _text(node, 1, min(column, 42) if node.tag == "processes" and node.children else column)
        lines.append("")
    return "\n".join(lines) + "\n"


def _text(node: Node, depth: int, column: int) -> Iterator[str]:
    if not node.label:
        return
    indent = "    " * (depth + node.deeper)
    yield f"{indent}{node.label}" if node.value is None else f"{indent + node.label:<{column}}: {node.value}"
    for child in node.children:
        yield from _text(child, depth + 1, column)


def log_xml(devices: Devices, sights: Sequence[Sight], now: datetime) -> str:
    """The same as an XML document in the format of the driver."""
    version = _since("xml_formats", branch_of(devices.driver))
    lines = ['<?xml version="1.0" ?>', f'<!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v{version}.dtd">']
    lines.append("<nvidia_smi_log>")
    for tag, _, value in _head(devices, now, plain=True):
        lines.append(f"\t<{tag}>{escape(value)}</{tag}>")
    lines.append(f"\t<attached_gpus>{len(devices.gpus)}</attached_gpus>")
    for sight in sights:
        lines.append(f'\t<gpu id="{sight.gpu.bus}">')
        for node in report(sight, "xml"):
            lines += _xml(node, 2)
        lines += ["\t</gpu>", ""]
    return "\n".join([*lines, "</nvidia_smi_log>"]) + "\n"


def _xml(node: Node, depth: int) -> Iterator[str]:
    tab = "\t" * depth
    if not node.tag:
        return
    if node.value is not None and not node.alone:
        value = node.value
        if node.tag.startswith("pci_") and value.startswith("0x"):
            value = value[2:]
        yield f"{tab}<{node.tag}>{escape(value)}</{node.tag}>"
        return
    yield f"{tab}<{node.tag}>"
    if node.value is not None:
        yield f"{tab}\t{escape(node.value)}"
    for child in node.children:
        yield from _xml(child, depth + 1)
    yield f"{tab}</{node.tag}>"
