"""Samples made into tables of medians, and the place between two markers of a document where they go."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import median, quantiles

__all__ = ["put", "rows", "seconds", "verdict"]


def seconds(values: Sequence[float]) -> str:
    """The median in ms, with the middle half of the values behind it; a dash for none."""
    if not values:
        return "-"
    if len(values) < 4:
        return _ms(median(values))
    low, _, high = quantiles(values, n=4)
    return f"{_ms(median(values))} ({_ms(low)} to {_ms(high)})"


def _ms(value: float) -> str:
    return f"{value * 1000:.0f} ms" if value >= 0.1 else f"{value * 1000:.1f} ms"


def verdict(value: float, most: float) -> str:
    """Whether a target is met."""
    return "met" if value <= most else "missed"


def rows(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    """A markdown table."""
    lines = [head, ["---"] * len(head), *body]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def put(document: Path, name: str, text: str) -> None:
    """Put ``text`` between the document's markers ``<!-- NAME -->`` and ``<!-- /NAME -->``.

    Raises:
        ValueError: where the document has not exactly one such place.
    """
    opening, closing = f"<!-- {name} -->\n", f"<!-- /{name} -->\n"
    whole = document.read_text(encoding="utf-8")
    if whole.count(opening) != 1 or whole.count(closing) != 1 or whole.index(opening) > whole.index(closing):
        raise ValueError(f"{document.name} has no one place between {opening.strip()} and {closing.strip()}")
    before, rest = whole.split(opening)
    document.write_text(before + opening + text + closing + rest.split(closing)[1], encoding="utf-8")
