"""The numbers and letters that stand in a C source."""

from __future__ import annotations

import re

from tree_sitter import Node

from llm_kernel.plan.foreign.computed.doubt import Unsure
from llm_kernel.plan.foreign.computed.kinds import (
    DOUBLE,
    INT,
    LONG,
    NULL,
    UINT,
    ULONG,
    VOID,
    Float,
    Int,
    Pointer,
    convert,
)
from llm_kernel.plan.foreign.computed.operators import Expr, constant, negated
from llm_kernel.plan.foreign.trees import every, text, unescaped

__all__ = ["letters", "literal"]

_WHOLE = re.compile(r"(0[xX][0-9a-fA-F]+|0[bB][01]+|\d+)([uU]?[lL]{0,2}|[lL]{1,2}[uU])")
_POINTED = re.compile(r"((?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)([fF]?)")
_ESCAPES = {"n": 10, "t": 9, "r": 13, "a": 7, "b": 8, "f": 12, "v": 11, "\\": 92, "'": 39, '"': 34, "?": 63, "e": 27}


def literal(node: Node) -> Expr:
    """A constant and its type."""
    said = text(node)
    match node.type:
        case "null":
            return constant(Pointer(VOID), NULL)
        case "true" | "false":
            return constant(INT, int(said == "true"))
        case "char_literal":
            return constant(INT, _letter(said))
    return negated(said[0], _number(said[1:].lstrip())) if said.startswith(("-", "+")) else _number(said)


def _number(said: str) -> Expr:
    if found := _WHOLE.fullmatch(said):
        return _integer(*found.groups())
    found = _POINTED.fullmatch(said)
    if found is None:
        raise Unsure("a number")
    kind = Float(4) if found[2] else DOUBLE
    change = convert(DOUBLE, kind)
    value = float(found[1])
    return constant(kind, change(value) if change else value)


def letters(node: Node) -> list[int] | None:
    """The letters of a text of the source and the zero behind them; None where it is no text."""
    said = unescaped(node)
    if said is None:
        return None
    if not said.isascii() and any(
        one.type == "escape_sequence" and text(one)[1:2] in "x01234567" for one in every(node)
    ):
        raise Unsure("a letter by its number")
    return [*(one - 256 if one > 127 else one for one in said.encode()), 0]


def _integer(digits: str, suffix: str) -> Expr:
    plain = not digits.startswith("0") or digits == "0"
    octal = not plain and digits[1:].isdigit()
    value = int(digits, 8 if octal else 0)
    unsigned, longer = "u" in suffix.lower(), suffix.lower().count("l")
    kinds = [INT, UINT, LONG, ULONG]
    for kind in kinds:
        wanted = kind.signed != unsigned if plain or unsigned else True
        if wanted and value <= kind.high and (not longer or kind.bytes_ == 8):
            return constant(Int(8, signed=kind.signed, long=2) if longer == 2 else kind, value)
    raise Unsure("a great number")


def _letter(said: str) -> int:
    inside = said[1:-1]
    if said[0] != "'" or not inside.isascii():
        raise Unsure("a letter")
    if len(inside) == 1:
        return ord(inside)
    if found := re.fullmatch(r"\\([0-7]{1,3})|\\x([0-9a-fA-F]{1,2})", inside):
        value = int(found[1], 8) if found[1] else int(found[2], 16)
        return value - 256 if value > 127 else value
    if len(inside) != 2 or inside[1] not in _ESCAPES:
        raise Unsure("a letter")
    return _ESCAPES[inside[1]]
