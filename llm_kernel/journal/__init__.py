"""What happened on the machine, as far as it bears on later answers: not a transcript, and never without end."""

from llm_kernel.journal.entry import Entry, show
from llm_kernel.journal.journal import Journal, Memory

__all__ = ["Entry", "Journal", "Memory", "show"]
