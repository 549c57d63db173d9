"""What a plan prints, as one text."""

from __future__ import annotations

from bench.shapes.__main__ import printed as text
from llm_kernel.plan import plan


def printed(source: str, **facts: object) -> str:
    """The lines of the program's plan, with ``?`` for what nobody knows."""
    found = plan(source, facts=facts)
    assert found is not None
    return text(found.nodes)
