"""Where snapshots go: every step of every notebook of a user, in one file."""

from llm_kernel.store.line import Line
from llm_kernel.store.moment import Moment, Saved, Step
from llm_kernel.store.store import Store, home

__all__ = ["Line", "Moment", "Saved", "Step", "Store", "home"]
