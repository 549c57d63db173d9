"""Long ranges in braces: the library leaves one of more than ten thousand words as it stands, so it gets several."""

from __future__ import annotations

import re

from tree_sitter import Node

from llm_kernel.shell.lead import Edit, replaced, text_of

__all__ = ["RANGED", "parted"]

RANGED = frozenset({"brace_expression", "concatenation"})
"""Nodes that a range may be or lie in."""

_PART, _MOST = 10_000, 500_000
"""Words that the library makes of one range, and those that a shell has the memory for."""

_RANGE = re.compile(r"([\w./,:@%+-]*)\{(-?\d{1,15})\.\.(-?\d{1,15})(?:\.\.(-?\d{1,15}))?\}([\w./,:@%+-]*)")
_HOLDERS = frozenset({"command", "for_statement", "array"})


def parted(node: Node) -> list[Edit]:
    """``f{1..20000}`` as ``f{1..10000} f{10001..20000}``, with bash's rules for steps and leading zeros."""
    found = _RANGE.fullmatch(text_of(node)) if node.parent is not None and node.parent.type in _HOLDERS else None
    if found is None:
        return []
    before, first, last, step, behind = found.groups()
    start, end = int(first), int(last)
    by = max(1, abs(int(step or 1)))
    count = abs(end - start) // by + 1
    if not _PART < count <= _MOST:
        return []
    padded = any(re.match(r"-?0\d", word) for word in (first, last))
    width = max(len(first), len(last)) if padded else 0
    stride = by if end >= start else -by
    words = []
    for at in range(0, count, _PART):
        ends = start + at * stride, start + (min(at + _PART, count) - 1) * stride
        words.append(f"{before}{{{ends[0]:0{width}}..{ends[1]:0{width}}..{by}}}{behind}")
    return [replaced(node, " ".join(words))]
