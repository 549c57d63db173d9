"""Values that a C, C++ or JavaScript source fixes: what never changes after it was first given, and what follows."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

from tree_sitter import Node

from llm_kernel.plan.foreign.trees import called, given, text, unescaped

__all__ = ["Env", "Fixed", "combined", "evaluate", "fits", "spelled", "truth"]

Fixed: TypeAlias = "int | float | bool | str | tuple[Fixed, ...]"
Env: TypeAlias = Mapping[str, Fixed]

_LONGEST = 10_000
_WORD = 2**31
_SAFE = 2**53
_NUMBER = re.compile(r"(0[xX][0-9a-fA-F]+|0[bB][01]+|0[0-7]*|[1-9][0-9]*)[uUlLn]*")
_ARITHMETIC: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
}
_FUNCTIONS: Mapping[str, Callable[..., float]] = {
    "sqrt": math.sqrt,
    "pow": math.pow,
    "fabs": math.fabs,
    "floor": math.floor,
    "ceil": math.ceil,
    "trunc": math.trunc,
}
"""Those whose result IEEE 754 fixes, or nearly so."""
_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "===": operator.eq,
    "!=": operator.ne,
    "!==": operator.ne,
}


def evaluate(node: Node | None, env: Env, *, whole: bool) -> Fixed | None:
    """What an expression gives, None where the source does not fix it; ``whole``: integers divide to integers."""
    if node is None:
        return None
    match node.type:
        case "number_literal" | "number":
            return _bounded(_number(text(node)), whole)
        case "char_literal":
            return _character(node)
        case "string_literal" | "string" | "concatenated_string":
            said = unescaped(node)
            return None if whole and said and "\0" in said else said  # C ends there
        case "template_string":
            return _template(node, env, whole)
        case "true" | "false":
            return node.type == "true"
        case "identifier" | "update_expression":
            return env.get(text(node))
        case "condition_clause" if len(node.named_children) == 1:
            return evaluate(node.named_children[0], env, whole=whole)
        case "parenthesized_expression":
            inner = [one for one in node.named_children if one.type != "comment"]
            return evaluate(inner[0], env, whole=whole) if len(inner) == 1 else None
        case "unary_expression":
            return _unary(node, env, whole)
        case "binary_expression":
            return _binary(node, env, whole)
        case "conditional_expression" | "ternary_expression":
            told = truth(evaluate(node.child_by_field_name("condition"), env, whole=whole), whole=whole)
            way = None if told is None else "consequence" if told else "alternative"
            return evaluate(node.child_by_field_name(way), env, whole=whole) if way else None
        case "array" | "initializer_list":
            parts = [evaluate(one, env, whole=whole) for one in node.named_children if one.type != "comment"]
            return None if None in parts else tuple(part for part in parts if part is not None)
        case "subscript_expression":
            return _element(node, env, whole)
        case "member_expression":
            return _member(node, env, whole)
        case "call_expression":
            return _call(node, env, whole)
        case _:
            return None


def truth(value: Fixed | None, *, whole: bool) -> bool | None:
    """Whether a condition with this value holds; a text of C and an array are places, which are never nothing."""
    if isinstance(value, tuple) or (whole and isinstance(value, str)):
        return True
    return None if value is None else bool(value)


def combined(sign: str, left: Fixed | None, right: Fixed | None, *, whole: bool) -> Fixed | None:
    """What an operator makes of two values; None where that is not known."""
    if left is None or right is None or isinstance(left, tuple) or isinstance(right, tuple):
        return None
    if isinstance(left, str) or isinstance(right, str):
        return None if whole else _texts(sign, left, right)
    return _numbers(sign, left, right, whole)


def fits(kind: str, value: Fixed | None) -> Fixed | None:
    """The value of a C variable that is declared as ``kind`` and gets ``value``; None where that changes it."""
    words = set(re.findall(r"\w+", kind)) - {"const", "static", "constexpr", "register", "volatile", "std", "signed"}
    if words & {"double", "float"}:
        exact = isinstance(value, int) or (isinstance(value, float) and "float" not in words)
        return float(value) if exact and isinstance(value, int | float) else None
    if isinstance(value, str):
        return value if words & {"char", "string", "auto", "string_view"} else None
    if isinstance(value, tuple):
        return value
    if words == {"bool"}:
        return bool(value) if isinstance(value, int) else None
    if words == {"auto"}:
        return value
    if isinstance(value, float) or value is None:
        return None
    if words & {"unsigned", "size_t"} or any(one.startswith("uint") for one in words):
        return None  # what it is compared with and subtracted from has no sign either
    most = 128 if "char" in words or "8" in kind else _WORD
    return value if -most <= value < most else None


def spelled(value: Fixed) -> str | None:
    """A value as JavaScript turns it into text; None where that is not sure."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value) if 1e-4 <= abs(value) < 1e16 else None
    if isinstance(value, tuple):
        return None
    return str(value)


def _number(said: str) -> int | float | None:
    said = said.replace("_", "").replace("'", "")
    if found := _NUMBER.fullmatch(said):
        digits = found[1].lower()
        octal = len(digits) > 1 and digits[0] == "0" and digits[1].isdigit()
        return int(digits, 8 if octal else 0)
    try:
        return float(said.rstrip("fFlL"))
    except ValueError:
        return None


def _character(node: Node) -> int | None:
    held = [one for one in node.named_children if one.type in ("character", "escape_sequence")]
    if len(held) != 1:
        return None
    said = text(held[0])
    if held[0].type == "character":
        return ord(said) if len(said) == 1 and said.isascii() else None
    plain = {"n": 10, "t": 9, "r": 13, "0": 0, "\\": 92, "'": 39, '"': 34}
    return plain.get(said[1:])


def _template(node: Node, env: Env, whole: bool) -> str | None:
    made = ""
    for part in node.named_children:
        if part.type != "template_substitution":
            made += text(part) if part.type == "string_fragment" else (_escaped(part) or "")
            continue
        value = evaluate(part.named_children[0] if part.named_children else None, env, whole=whole)
        said = spelled(value) if value is not None else None
        if said is None:
            return None
        made += said
    return made


def _escaped(part: Node) -> str:
    return {"\\n": "\n", "\\t": "\t", "\\`": "`", "\\$": "$", "\\\\": "\\"}.get(text(part), text(part)[1:])


def _unary(node: Node, env: Env, whole: bool) -> Fixed | None:
    value = evaluate(node.child_by_field_name("argument"), env, whole=whole)
    sign = text(node.child_by_field_name("operator"))
    if sign == "!":
        told = truth(value, whole=whole)
        return None if told is None else int(not told) if whole else not told
    if isinstance(value, int | float) and not isinstance(value, bool) and sign in ("-", "+"):
        return value if sign == "+" else -value if value or whole else None  # JavaScript knows a zero below zero
    return None


def _binary(node: Node, env: Env, whole: bool) -> Fixed | None:
    sign = text(node.child_by_field_name("operator"))
    left = evaluate(node.child_by_field_name("left"), env, whole=whole)
    told = truth(left, whole=whole)
    if sign in ("&&", "||"):
        if told is None:
            return None
        if told == (sign == "||"):
            return int(told) if whole else left
        right = evaluate(node.child_by_field_name("right"), env, whole=whole)
        held = truth(right, whole=whole)
        return int(held) if whole and held is not None else right
    return combined(sign, left, evaluate(node.child_by_field_name("right"), env, whole=whole), whole=whole)


def _texts(sign: str, left: Fixed, right: Fixed) -> Fixed | None:
    if sign == "+":
        one, other = spelled(left), spelled(right)
        return one + other if one is not None and other is not None and len(one) + len(other) < _LONGEST else None
    if isinstance(left, str) and isinstance(right, str) and sign in ("===", "!==", "==", "!="):
        return (left == right) == (sign[0] == "=")
    return None


def _numbers(sign: str, left: float, right: float, whole: bool) -> Fixed | None:
    if not whole and isinstance(left, bool) != isinstance(right, bool):
        return None
    if sign in _COMPARE:
        told = _COMPARE[sign](left, right)
        return int(told) if whole else told
    integers = isinstance(left, int) and isinstance(right, int)
    if sign in _ARITHMETIC:
        value = _ARITHMETIC[sign](left, right)
        return _bounded(value, whole) if value or whole or min(left, right) >= 0 else None
    if sign == "/" and right:
        if whole and integers:
            return _bounded(int(abs(left) // abs(right)) * (1 if (left < 0) == (right < 0) else -1), whole)
        return _bounded(left / right, whole) if left or whole or right > 0 else None
    if sign == "%" and right and integers and (whole or left >= 0):
        return int(abs(left) % abs(right)) * (-1 if left < 0 else 1)
    return None


def _bounded(value: float | None, whole: bool) -> int | float | None:
    """An overflow, or a number that the language would hold otherwise, is not known."""
    if value is None:
        return None
    if isinstance(value, int):
        return value if abs(value) < (_WORD if whole else _SAFE) else None
    if not whole and value.is_integer() and abs(value) < _SAFE:
        return int(value)
    return value if abs(value) < 1e300 else None


def _element(node: Node, env: Env, whole: bool) -> Fixed | None:
    held = node.child_by_field_name("argument") or node.child_by_field_name("object")
    inside = evaluate(held, env, whole=whole)
    place = node.child_by_field_name("index")
    if place is None:  # C++ has a list of them
        lists = [one for one in node.named_children if one.type == "subscript_argument_list"]
        place = lists[0].named_children[0] if lists and lists[0].named_children else None
    at = evaluate(place, env, whole=whole)
    if isinstance(at, int) and isinstance(inside, tuple) and 0 <= at < len(inside):
        return inside[at]
    return None


def _member(node: Node, env: Env, whole: bool) -> Fixed | None:
    if text(node) in env:  # process.argv
        return env[text(node)]
    inside = evaluate(node.child_by_field_name("object"), env, whole=whole)
    length = text(node.child_by_field_name("property")) == "length"
    return len(inside) if length and isinstance(inside, str | tuple) else None


def _call(node: Node, env: Env, whole: bool) -> Fixed | None:
    """The few calls whose result a page of output is made with."""
    name, owner = called(node)
    with_ = [evaluate(one, env, whole=whole) for one in given(node)]
    if (owner is None and whole) or text(owner) == "Math":
        return _mathematics(name, with_, whole)
    held = evaluate(owner, env, whole=whole)
    match name, held, with_:
        case "repeat", str(), [int() as times] if 0 <= times * len(held) < _LONGEST:
            return held * times
        case (("padStart" | "padEnd"), str(), [int() as width, *fill]) if width < _LONGEST and fill in ([], [" "]):
            return held.rjust(width) if name == "padStart" else held.ljust(width)
        case "toUpperCase", str(), [] if held.isascii():
            return held.upper()
        case "toLowerCase", str(), [] if held.isascii():
            return held.lower()
        case "join", tuple(), [str() as between]:
            parts = [spelled(one) for one in held]
            return None if None in parts else between.join(part or "" for part in parts)
        case _:
            return None


def _mathematics(name: str, values: list[Fixed | None], whole: bool) -> Fixed | None:
    """A function of C's ``math.h``, which gives a double, or of JavaScript's ``Math``."""
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    compute = _FUNCTIONS.get(name) if len(numbers) == len(values) else None
    if compute is None:
        return None
    try:
        value = float(compute(*numbers))
    except (ArithmeticError, ValueError, TypeError):
        return None
    return value if whole else _bounded(value, whole)
