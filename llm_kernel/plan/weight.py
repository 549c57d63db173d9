"""What the network of a training script weighs."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Load"]


@dataclass(frozen=True, slots=True)
class Load:
    """Of one batch of ``examples``: elements that come ``inputs`` in, and are put out; multiplications, in millions.

    ``parameters`` counts elements, of all layers that were called.
    """

    examples: int
    inputs: int
    parameters: int
    activations: int
    millions: float
    layers: int
