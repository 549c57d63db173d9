"""Graphics cards as models: what a board of this name has, whichever machine it is in. Facts from the catalogue."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from llm_kernel.errors import Refused
from llm_kernel.machine.catalog import load
from llm_kernel.machine.drivers import branch_of

__all__ = ["CARDS", "Card", "find_card"]


@dataclass(frozen=True, slots=True)
class Card:
    """One row of the catalogue.

    ``memory`` is pairs of (first driver branch, MiB); ``power`` the default cap in watts; ``ecc`` is ``none``, ``off``
    or ``on``; ``last`` the last driver branch that knows the card, 0 where there is none yet; ``fan`` is None on
    boards without one; ``clocks`` are idle graphics, idle memory, maximum graphics, maximum memory in MHz.
    """

    name: str
    old_name: str
    memory: tuple[tuple[int, int], ...]
    power: int
    power_range: tuple[int, int]
    ecc: str
    compute: str
    arch: str
    pci: str
    pcie: int
    since: str
    last: int
    idle_temp: int
    idle_power: int
    fan: int | None
    load_temp: int
    load_fan: int | None
    clocks: tuple[int, int, int, int]
    also: tuple[str, ...] = ()

    def named(self, driver: str) -> str:
        """The name as this driver gives it: the prefix came with 465, which alone put it before every name."""
        branch = branch_of(driver)
        if branch < 465:
            return self.old_name
        return f"NVIDIA {self.old_name}" if branch == 465 else self.name

    def total(self, driver: str) -> int:
        """``memory.total`` in MiB as this driver counts it: before 510 without what the driver reserves."""
        branch = branch_of(driver)
        return [size for first, size in self.memory if first <= branch][-1]

    @property
    def reserved(self) -> int:
        """MiB that a driver from 510 on counts as reserved."""
        (_, old), (_, new) = self.memory[-2:] if len(self.memory) > 1 else ((0, 0), (0, 0))
        return new - old or round(self.memory[-1][1] * 0.0125)

    @property
    def mig(self) -> bool:
        """Whether the card can be cut into instances."""
        return self.compute in ("8.0", "9.0", "10.0")

    @property
    def remaps(self) -> bool:
        """Whether bad memory is mapped to spare rows; older models retire pages instead."""
        return self.compute in ("8.0",) or self.arch in ("Hopper", "Blackwell") or (self.ecc == "on" and self.pcie >= 4)

    @property
    def averages(self) -> bool:
        """Whether the board tells its mean draw beside that of the moment: since Ampere."""
        return self.arch in ("Ampere", "Ada Lovelace", "Hopper", "Blackwell")

    @property
    def server(self) -> bool:
        """A board without a fan of its own, made for racks."""
        return self.fan is None

    @property
    def idle_state(self) -> str:
        """The performance state with nothing to do: boards whose memory has one clock stay in P0."""
        return "P0" if self.server and self.clocks[1] == self.clocks[3] else "P8"

    @property
    def busy_state(self) -> str:
        """The performance state of a compute job: P2 on desktop boards, not P0."""
        return "P0" if self.server else "P2"


def _card(row: Mapping[str, Any], arch: Mapping[str, Any]) -> Card:
    idle_temp, idle_power, fan = row["idle"]
    load_temp, load_fan = row["load"]
    graphics, memory, most_graphics, most_memory = row["clocks"]
    least, most = row["power_range"]
    return Card(
        name=row["name"],
        old_name=row.get("old_name", row["name"]),
        memory=tuple((int(first), size) for first, size in row["memory"].items()),
        power=row["power"],
        power_range=(least, most),
        ecc=row["ecc"],
        compute=row["compute"],
        arch=row["arch"],
        pci=row["pci"],
        pcie=arch["pcie"],
        since=row["since"],
        last=arch["last"],
        idle_temp=idle_temp,
        idle_power=idle_power,
        fan=fan,
        load_temp=load_temp,
        load_fan=load_fan,
        clocks=(graphics, memory, most_graphics, most_memory),
        also=tuple(row.get("also", ())),
    )


def _cards() -> tuple[Card, ...]:
    data = load("gpus")
    return tuple(_card(row, data["architectures"][row["arch"]]) for row in data["gpus"])


CARDS: tuple[Card, ...] = _cards()
"""Every card of the catalogue; where several fit a name, the first is the usual one."""

_BRANDS = frozenset(("nvidia", "geforce", "tesla", "quadro", "graphics", "card", "cards", "gpu", "gpus", "generation"))
_KINDS = frozenset(("ti", "super", "ada", "nvl", "titan", "gtx", "rtx"))


def _words(name: str) -> set[str]:
    """``RTX3090Ti``, ``rtx 3090 ti`` and ``RTX-3090 TI 24 GB`` in the same small words, brands left out."""
    text = re.sub(r"^\s*\d+\s*[x×*]\s*", "", name.lower())
    text = re.sub(r"[^a-z0-9]+", " ", text.replace("geforce", " "))
    text = re.sub(r"\b(\d+) ?gi?b?\b", r"\1gb", text)
    text = re.sub(r"\b(gtx|rtx|titan|tesla)(?=[a-z]?\d)", r"\1 ", text)
    text = re.sub(r"\b([a-z]?\d{3,4})(ti|super|s)\b", lambda m: f"{m[1]} {'super' if m[2] == 's' else m[2]}", text)
    text = re.sub(r"\btisuper\b", "ti super", text)
    return set(text.split()) - _BRANDS


def _known(card: Card) -> set[str]:
    return _words(card.name) | set(card.also) | {f"{round(card.memory[-1][1] / 1024)}gb"}


def find_card(name: str) -> Card:
    """The card that ``name`` means, however loosely it is written.

    Raises:
        Refused: when no card fits; the message names the near ones.
    """
    asked = _words(name)
    fitting = [card for card in CARDS if asked and asked <= _known(card)]
    singular = re.sub(r"(?<=[\da-z])s\b", "", name)
    if not fitting and singular != name:  # "four 3090s" are several, not a 3090 SUPER
        return find_card(singular)
    if not fitting or not asked - _KINDS - {word for word in asked if word.endswith("gb")}:
        fitting = [card for card in fitting if "titan" in asked and "titan" in _known(card)]
    if not fitting:
        raise Refused(f"no GPU named '{name}' is known; near ones: {', '.join(_near(name))}")
    # a kind that was not said is a different card: "3090" is not the 3090 Ti
    return min(fitting, key=lambda card: len((_known(card) & _KINDS) - asked - {"rtx", "gtx"}))


def _near(name: str) -> list[str]:
    asked = " ".join(sorted(_words(name)))
    spelled = {" ".join(sorted(_words(card.name))): card.name for card in CARDS}
    near = difflib.get_close_matches(asked, spelled, n=3, cutoff=0.5)
    return [spelled[text] for text in near] or ["NVIDIA GeForce RTX 3090", "Tesla T4", "NVIDIA A100-SXM4-80GB"]
