"""The terminal as a program asks for its size."""

from __future__ import annotations

import ast

from llm_kernel.plan.known import Handler
from llm_kernel.plan.values import Thing, Unknown, Value
from llm_kernel.plan.walk import Walk

__all__ = ["TERMINAL"]


def _size(w: Walk) -> tuple[int, int] | None:
    """Rows and columns, where the program has a terminal."""
    told = w.facts.get("terminal")
    return told if isinstance(told, tuple) and len(told) == 2 else None


def _opened(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``os.popen``: what ``stty size`` says is known."""
    size = _size(w)
    if size is None or not args or args[0] != "stty size":
        return Unknown(origin="os.popen()")
    return Thing("file", {"text": "{} {}\n".format(*size), "mode": "r"})


def _asked(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``get_terminal_size``."""
    size = _size(w)
    if size is None:
        return Unknown(origin="os.get_terminal_size()")
    return Thing("simple", {"columns": size[1], "lines": size[0]})


TERMINAL: dict[str, Handler] = {
    "os.popen": _opened, "os.get_terminal_size": _asked, "shutil.get_terminal_size": _asked,
}  # fmt: skip
"""Handlers by full name."""
