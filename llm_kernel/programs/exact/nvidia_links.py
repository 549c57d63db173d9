"""How the GPUs of a machine are joined: which boards have NVLink, how many links lie between two, and how fast."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from llm_kernel.machine.devices import Gpu

__all__ = ["Links", "bridged"]


@dataclass(frozen=True, slots=True)
class _Kind:
    """Boards whose name contains ``part``: links a board has, their speed, and how boards are joined.

    ``joint``: ``switch`` (each to each through switches; four boards without them), ``mesh``, or ``bridge`` (pairs).
    """

    part: str
    count: int
    speed: str
    joint: str


_KINDS = (
    _Kind("P100-SXM2", 4, "19.531", "mesh"),
    _Kind("V100-SXM2", 6, "25.781", "mesh"),
    _Kind("A100-SXM4", 12, "25", "switch"),
    _Kind("H100 80GB HBM3", 18, "26.562", "switch"),
    _Kind("H200", 18, "26.562", "switch"),
    _Kind("B200", 18, "53.125", "switch"),
    _Kind("A100-PCIE", 12, "25", "bridge"),
    _Kind("A100 80GB PCIe", 12, "25", "bridge"),
    _Kind("H100 PCIe", 12, "26.562", "bridge"),
    _Kind("H100 NVL", 12, "26.562", "bridge"),
    _Kind("A30", 4, "25", "bridge"),
    _Kind("A40", 4, "14.062", "bridge"),
    _Kind("RTX A6000", 4, "14.062", "bridge"),
    _Kind("RTX A5000", 4, "14.062", "bridge"),
    _Kind("RTX 3090", 4, "14.062", "bridge"),
    _Kind("TITAN RTX", 2, "25.781", "bridge"),
    _Kind("Quadro RTX 6000", 2, "25.781", "bridge"),
    _Kind("Quadro RTX 8000", 2, "25.781", "bridge"),
    _Kind("Quadro GV100", 4, "25.781", "bridge"),
    _Kind("RTX 2080 Ti", 2, "25.781", "bridge"),
    _Kind("RTX 2080", 1, "25.781", "bridge"),
)
"""The first row that fits counts."""

_CUBE_V100 = ("01122000", "10210200", "12020010", "21200001", "20000112", "02001021", "00101202", "00012120")
_AZURE_V100 = ("02120010", "20210001", "12012000", "21100200", "00200112", "00021021", "10001202", "01002120")
"""Eight boards on two sockets, and as clouds give them to a virtual machine without sockets."""

_CUBE_P100 = ("01111000", "10110100", "11010010", "11100001", "10000111", "01001011", "00101101", "00011110")


class Links:
    """The NVLinks of one machine's boards, by their places in the row of boards."""

    def __init__(self, gpus: Sequence[Gpu], sockets: int, facts: Iterable[str] = ()) -> None:
        self.kind = _kind(gpus[0]) if gpus else None
        alike = len({gpu.card.name for gpu in gpus}) == 1
        self._count, self._sockets = len(gpus), sockets
        self._joined = alike and (self.kind is None or self.kind.joint != "bridge" or bridged(gpus[0], facts))

    @property
    def speed(self) -> str:
        """Gigabytes a second of one link, as the program writes them."""
        return self.kind.speed if self.kind else ""

    def between(self, a: int, b: int) -> int:
        """How many links join boards ``a`` and ``b``."""
        kind = self.kind
        if kind is None or a == b or not self._joined:
            return 0
        if kind.joint == "switch":
            return kind.count // 3 if self._count == 4 else kind.count
        if kind.joint == "bridge":
            return kind.count if a // 2 == b // 2 else 0
        return int(self._mesh()[a][b])

    def of(self, a: int) -> list[int]:
        """The boards that the links of board ``a`` lead to, one entry a link; -1 for switches, -2 for nothing."""
        kind = self.kind
        if kind is None:
            return []
        if kind.joint == "switch" and self._count != 4:
            return [-1] * kind.count
        peers = [b for b in range(self._count) for _ in range(self.between(a, b))]
        return [*peers, *[-2] * (kind.count - len(peers))]

    def _mesh(self) -> Sequence[str]:
        if self._count > 4:
            if self.kind and self.kind.part.startswith("P100"):
                return _CUBE_P100
            return _CUBE_V100 if self._sockets > 1 else _AZURE_V100
        each = "1" if self.kind and self.kind.part.startswith("P100") else "2"
        return [each * 4] * 4


def _kind(gpu: Gpu) -> _Kind | None:
    return next((kind for kind in _KINDS if kind.part in gpu.card.name), None)


def bridged(gpu: Gpu, facts: Iterable[str]) -> bool:
    """Whether pairs of these boards have a bridge on them: where they are sold so, or a fact says so."""
    said = [fact for fact in facts if re.search(r"nv-?link", fact, re.I)]
    return "H100 NVL" in gpu.card.name or any(not re.search(r"\b(no|not|without)\b", fact, re.I) for fact in said)
