"""What one value of nvidia-smi is taken from: a GPU at one moment under one driver. Read, never changed."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from llm_kernel.machine.cards import Card
from llm_kernel.machine.devices import Devices, Gpu, Reading
from llm_kernel.machine.drivers import branch_of, order
from llm_kernel.machine.processes import Process

__all__ = ["DEPRECATED", "Field", "Sight", "Value", "failed", "features", "has", "within"]

DEPRECATED = "[Requested functionality has been deprecated]"


@dataclass(frozen=True, slots=True)
class Sight:
    """One GPU at one moment; for applications one process, for other lists the ``row`` of the list.

    ``processes`` are all that hold memory on this GPU, by pid.
    """

    devices: Devices
    gpu: Gpu
    reading: Reading
    now: datetime
    process: Process | None = None
    processes: tuple[Process, ...] = ()
    row: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def branch(self) -> int:
        """The driver's branch, 535 of 535.129.03."""
        return branch_of(self.devices.driver)

    @property
    def card(self) -> Card:
        """The board's model."""
        return self.gpu.card

    def seeded(self, what: str) -> random.Random:
        """A generator that is the same for this board whenever ``what`` is asked."""
        return random.Random(f"{self.gpu.uuid}/{what}")


Value: TypeAlias = Callable[[Sight], "str | None"]


@dataclass(frozen=True, slots=True)
class Field:
    """``name`` is what the header prints, whichever of its names was asked for; a value of None is unsupported.

    ``absent`` are branches after ``since`` that left it out again.
    """

    name: str
    value: Value
    unit: str = ""
    since: int = 0
    absent: tuple[int, ...] = ()

    def there(self, branch: int) -> bool:
        """Whether drivers of this branch have the field."""
        return branch >= self.since and branch not in self.absent


def within(spans: str, driver: str) -> bool:
    """Whether ``driver`` is in one of ``spans``: ``535-580`` begins with 535 and ends before 580."""
    version = order(driver)
    for span in spans.split():
        first, _, last = span.partition("-")
        if (not first or version >= order(first)) and (not last or version < order(last)):
            return True
    return not spans.strip()


_NEW = ("Ampere", "Ada Lovelace", "Hopper", "Blackwell")
_KINDS: dict[str, Callable[[Card], bool]] = {
    "": lambda _: True,
    "ecc": lambda card: card.ecc == "on",
    "mig": lambda card: card.mig,
    "parity": lambda card: card.arch in _NEW,
    "coherent": lambda card: card.arch in ("Hopper", "Blackwell"),
    "hbm": lambda card: card.mig,
    "dense": lambda card: card.mig and card.arch != "Ampere",
    "bits": lambda card: card.arch in ("Kepler", "Maxwell", "Pascal", "Volta"),
}


def has(card: Card, kind: str) -> bool:
    """Whether the model is of a kind that the catalogue's tables name."""
    return _KINDS[kind](card)


def features(sight: Sight) -> set[str]:
    """What of the report's layout depends on the board."""
    card, found = sight.card, set()
    if has(card, "bits"):
        found.add("bits")
    elif has(card, "parity") and sight.branch >= 550:
        found.add("parity")
    else:
        found.add("plain")
    if card.ecc != "none" and has(card, "parity") and not sight.gpu.mig:
        found.add("remap")
    if sight.reading.limits.relative and sight.branch >= 535:
        found.add("tlimit")
    return found


_SENSED = ("temp", "tlimit", "power.draw", "enforced", "fan", "util", "clocks.current", "pstate", "voltage")


def failed(sight: Sight, name: str) -> bool:
    """Whether the value ``name`` comes from a sensor that does not answer."""
    return sight.reading.failing and name.startswith(_SENSED)
