"""``nvidia-smi topo -m``: how the GPUs of a machine are joined, from their kind, number and the machine's sockets."""

from __future__ import annotations

from collections.abc import Sequence

from llm_kernel.machine.devices import Gpu
from llm_kernel.machine.system import Cpu

__all__ = ["topology"]

_LEGEND = """
Legend:

  X    = Self
  SYS  = Connection traversing PCIe as well as the SMP interconnect between NUMA nodes (e.g., QPI/UPI)
  NODE = Connection traversing PCIe as well as the interconnect between PCIe Host Bridges within a NUMA node
  PHB  = Connection traversing PCIe as well as a PCIe Host Bridge (typically the CPU)
  PXB  = Connection traversing multiple PCIe bridges (without traversing the PCIe Host Bridge)
  PIX  = Connection traversing at most a single PCIe bridge
  NV#  = Connection traversing a bonded set of # NVLinks
"""

_SWITCHED = {"A100-SXM4": "NV12", "H100 80GB HBM3": "NV18", "H200": "NV18", "B200": "NV18"}
"""Boards whose GPUs are all joined alike, through switches."""

_MESHED = {"V100-SXM2": (("NV2",) * 4,) * 4, "P100-SXM2": (("NV1",) * 4,) * 4}
"""Boards of four whose links go from each to each; eight make a mesh of another shape."""


def _socket(index: int, count: int, sockets: int) -> int:
    return index * sockets // count


def _link(a: int, b: int, gpus: Sequence[Gpu], sockets: int) -> str:
    name, count = gpus[0].card.name, len(gpus)
    if a == b:
        return " X "
    for part, link in _SWITCHED.items():
        if part in name:
            return link
    for part, links in _MESHED.items():
        if part in name and count <= 4:
            return links[a][b]
    if _socket(a, count, sockets) != _socket(b, count, sockets):
        return "SYS"
    return "PHB" if count <= 2 else "NODE"


def _cores(socket: int, cpu: Cpu) -> str:
    """The logical processors of a socket: its cores, and after all cores their second threads."""
    real = cpu.cores // cpu.threads_per_core
    each = max(1, real // cpu.sockets)
    spans = [(start + socket * each, start + socket * each + each - 1) for start in range(0, cpu.cores, real or 1)]
    if cpu.sockets == 1:
        return f"0-{cpu.cores - 1}"
    return ",".join(f"{first}-{last}" for first, last in spans)


def topology(gpus: Sequence[Gpu], cpu: Cpu, branch: int) -> str | None:
    """The matrix and its legend; None for boards whose links are not known here."""
    if len(gpus) > 4 and any(part in gpus[0].card.name for part in _MESHED):
        return None
    names = [f"GPU{gpu.index}" for gpu in gpus]
    columns = [*names, "CPU Affinity", "NUMA Affinity", *(["GPU NUMA ID"] if branch >= 535 else [])]
    lines = ["\t\x1b[4m" + "\t".join(columns) + "\x1b[0m"]
    for a, name in enumerate(names):
        socket = _socket(a, len(gpus), cpu.sockets)
        links = [_link(a, b, gpus, cpu.sockets) for b in range(len(gpus))]
        places = [_cores(socket, cpu), str(socket), *(["", "N/A"] if branch >= 535 else [])]
        lines.append("\t".join([name, *links, *places]))
    return "\n".join(lines) + "\n" + _LEGEND
