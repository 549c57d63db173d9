"""The ``%`` words of a cell: one function a word, in one table."""

from llm_kernel.magics import ledger, machine, moments, physics, plot, writing
from llm_kernel.magics.table import MAGICS, run

__all__ = ["MAGICS", "NAMES", "run"]

NAMES = frozenset({*MAGICS, "meta"})
"""What completion offers behind a percent sign."""

_FILES = (ledger, machine, moments, physics, plot, writing)  # each registers its words
