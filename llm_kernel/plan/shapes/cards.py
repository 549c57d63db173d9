"""What ``torch.cuda`` tells of the machine's GPUs one by one."""

from __future__ import annotations

import ast

from llm_kernel.plan.values import Thing, Unknown, Value
from llm_kernel.plan.walk import Walk

__all__ = ["CARDS"]


def _properties(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``torch.cuda.get_device_properties(device)``: what stands in the machine's row of that GPU."""
    ask = w.facts.get("cards")
    rows = ask() if callable(ask) else None
    asked = args[0] if args else named.get("device", 0)
    text = "0" if asked == "cuda" else asked.removeprefix("cuda:") if isinstance(asked, str) else f"{asked}"
    if not rows or not text.isdigit() or int(text) >= len(rows):
        return Unknown("any", "torch.cuda.get_device_properties()")
    return Thing("card", {name: each for name, each in rows[int(text)].items() if name != "free"})


CARDS = {"torch.cuda.get_device_properties": _properties}
"""Handlers by full name."""
