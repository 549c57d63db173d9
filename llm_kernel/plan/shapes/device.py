"""``torch.device``: a name that knows its type and its index."""

from __future__ import annotations

import ast

from llm_kernel.plan.values import Unknown, Value
from llm_kernel.plan.walk import Walk

__all__ = ["DEVICES", "Device"]


class Device(str):
    """A device by its name, ``cuda:0``."""

    __slots__ = ()

    @property
    def type(self) -> str:
        """Its kind: ``cuda``, ``cpu`` ..."""
        return self.partition(":")[0]

    @property
    def index(self) -> int | None:  # type: ignore[override]  # a device is no text to its program
        """Its number, where one is given."""
        number = self.partition(":")[2]
        return int(number) if number.isdigit() else None

    def __repr__(self) -> str:
        number = "" if self.index is None else f", index={self.index}"
        return f"device(type='{self.type}'{number})"


def _made(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``torch.device("cuda", 1)`` and its other forms."""
    kind = args[0] if args else named.get("type", named.get("device"))
    index = args[1] if len(args) > 1 else named.get("index")
    if type(kind) is int:
        return Device(f"cuda:{kind}")
    if not isinstance(kind, str) or not (index is None or type(index) is int):
        return kind if isinstance(kind, Unknown) and kind.kind == "str" else Unknown("str")
    return Device(kind if index is None else f"{kind}:{index}")


def _count(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    return w.facts.get("torch.cuda.device_count()", Unknown("int"))


def _there(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    return w.facts.get("torch.cuda.is_available()", Unknown("bool"))


def _current(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``torch.accelerator.current_accelerator()``; where nothing is known of GPUs, nobody knows."""
    there = w.facts.get("torch.cuda.is_available()")
    return Device("cuda") if there is True else None if there is False else Unknown("str")


DEVICES = {
    "torch.device": _made, "torch.accelerator.device_count": _count, "torch.accelerator.is_available": _there,
    "torch.accelerator.current_accelerator": _current,
}  # fmt: skip
"""Handlers by full name."""
