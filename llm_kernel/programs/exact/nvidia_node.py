"""One entry of nvidia-smi's report: its name in the XML, its name in the text, and a value or entries below it."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Node"]


@dataclass(slots=True)
class Node:
    """An entry without ``tag`` is only in the text, one without ``label`` only in the XML.

    ``alone``: in the XML its value stands on a line of its own; ``deeper``: one level further in in the text.
    """

    tag: str
    label: str
    value: str | None = None
    children: list[Node] = field(default_factory=list)
    alone: bool = False
    deeper: bool = False
