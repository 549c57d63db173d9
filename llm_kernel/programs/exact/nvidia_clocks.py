"""The clocks that a board can be set to, as its driver lists them: memory clocks, and graphics clocks under each."""

from __future__ import annotations

from llm_kernel.machine.cards import Card
from llm_kernel.programs.exact.nvidia_sight import Sight

__all__ = ["supported_clocks"]

_LEAST = {"Turing": 300, "Volta": 135, "Pascal": 139, "Maxwell": 135, "Kepler": 324}
_STEPS = {"Volta": 7.5, "Pascal": 12.65, "Maxwell": 12.65, "Kepler": 13.0}
_SLOW = 405
"""MHz of the memory in its slowest state on boards with memory chips around the GPU."""


def _memory(card: Card) -> list[int]:
    most = card.clocks[3]
    if card.clocks[1] == most:
        return [most]
    if card.server:
        return [most, _SLOW]
    below = {"Ampere": [most - 250], "Ada Lovelace": [most - 250], "Blackwell": [most - 200], "Turing": [most - 200]}
    middle = [5001] if most > 6000 and card.arch in below else []
    return [most, *below.get(card.arch, []), *middle, 810, _SLOW]


def _graphics(card: Card, memory: int) -> list[int]:
    least, step, most = _LEAST.get(card.arch, 210), _STEPS.get(card.arch, 15.0), card.clocks[2]
    if memory == _SLOW:
        most = min(most, 645 if card.arch == "Turing" else 607 if card.arch in _STEPS else 420)
    found, clock = [], float(most)
    while clock >= least:
        found.append(int(clock))
        clock -= step
    return found


def supported_clocks(sight: Sight) -> list[tuple[int, list[int]]]:
    """Memory clocks, fastest first, each with its graphics clocks; none for players' boards under old drivers."""
    card = sight.card
    if ("GeForce" in card.name or "TITAN" in card.name) and sight.branch < 450:
        return []
    return [(memory, _graphics(card, memory)) for memory in _memory(card)]
