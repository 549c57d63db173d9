"""What the journal knows that bears on a request, in the words of a prompt and as the parts of a tape's key."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from llm_kernel.journal import Entry, Journal, Memory, show
from llm_kernel.machine import Machine
from llm_kernel.prompt import Past, older_facts

__all__ = ["bearing_facts", "past_of"]


def past_of(memory: Memory, facts: Sequence[str] = ()) -> Past:
    """What is remembered, and the ``facts`` that no longer stand on the machine's card, as a request tells it."""
    recent = tuple(
        f"{_LONG_AGO}{show([entry])}" if at in memory.brought else show([entry])
        for at, entry in enumerate(memory.recent)
    )
    return Past(
        recent, memory.bearing, tuple(f"Fact: {fact}" for fact in facts), "\n".join(sorted(map(_tie, memory.ties)))
    )


def bearing_facts(machine: Machine, text: str, reads: Collection[str] = ()) -> list[str]:
    """The facts that have left the card and bear on a command or a question."""
    return Journal.relevant(older_facts(machine), text, reads)


_LONG_AGO = "[long before]\n"


def _tie(entry: Entry) -> str:
    return f"{'#' if entry.meta else '$'} {entry.command} -> {entry.mark}"
