"""How fast a card trains against one RTX 3090: by its generation, its multiprocessors and its clock."""

from __future__ import annotations

from llm_kernel.machine.cards import CARDS, Card
from llm_kernel.machine.catalog import load

__all__ = ["halved", "speed"]

_MEASURE = "NVIDIA GeForce RTX 3090"
_USUAL = 40
"""Multiprocessors of a card whose number is not known."""


def speed(card: Card) -> float:
    """How many times more examples a second than on one RTX 3090."""
    measure = next(each for each in CARDS if each.name == _MEASURE)
    return _rate(card) / _rate(measure)


def halved(card: Card) -> float:
    """What a step in mixed precision takes of one in full."""
    return 1.0 / float(load("throughput")["rates"].get(card.compute, (1.0, 1.0))[1])


def _rate(card: Card) -> float:
    rates = load("throughput")["rates"]
    each, _ = rates.get(card.compute, rates["8.6"])
    processors, _ = load("multiprocessors")["boards"].get(card.name, (_USUAL, 0))
    return float(each * processors * card.clocks[2] / 1000)
