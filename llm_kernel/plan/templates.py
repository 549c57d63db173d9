"""Turns of a loop that differ only in a counter: two of them tell all, and a last one confirms it."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

from llm_kernel.plan.nodes import Choice, Free, Hole, Leave, Line, Literal, Loop, Node, Part, Scope
from llm_kernel.plan.trees import every
from llm_kernel.plan.walk import Walk

Nodes: TypeAlias = tuple[Node, ...]
Template: TypeAlias = Callable[[int], Nodes]
_Text: TypeAlias = Callable[[int], str]

_ROUNDS = 4
_DIGITS = re.compile(r"(\d+)")


def fitting(one: Nodes, two: Nodes, at: int, step: int, last: int, nodes: Nodes) -> Template | None:
    """What the turns print as a function of the counter, where that gives ``nodes`` at ``last``."""
    for padded in (False, True):
        made = template(one, two, at, step, padded)
        if made is not None and made(last) == nodes:
            return made
    return None


def template(one: Nodes, two: Nodes, at: int, step: int, padded: bool = False) -> Template | None:
    """What the turns print as a function of the counter, from the turns at ``at`` and ``at + step``.

    ``padded``: blanks before a number make room for it as it grows.
    """
    made = [_node(a, b, at, step, padded) for a, b in zip(one, two, strict=False)]
    sure = [each for each in made if each is not None]
    if len(one) != len(two) or len(sure) < len(made):
        return None
    if one == two:
        return lambda value: one
    return lambda value: tuple(each(value) for each in sure)


def _node(a: Node, b: Node, at: int, step: int, padded: bool) -> Callable[[int], Node] | None:
    if a == b:
        return lambda value: a
    match a, b:
        case Line(), Line() if (a.end, a.stream) == (b.end, b.stream):
            return _line(a, b, at, step, padded)
        case Loop(), Loop() if replace(a, values=(), body=(), turns=()) == replace(b, values=(), body=(), turns=()):
            return _loop(a, b, at, step, padded)
        case Choice(), Choice() if a.test == b.test:
            branches = _all(a.branches, b.branches, at, step, padded)
            return None if branches is None else lambda value: Choice(tuple(each(value) for each in branches), a.test)
        case Scope(), Scope() if a.target == b.target:
            both = _all((a.body, a.then), (b.body, b.then), at, step, padded)
            return None if both is None else lambda value: Scope(a.target, both[0](value), both[1](value))
        case (Free() | Leave(), _):
            return None
    return None


def _all(ones: Sequence[Nodes], twos: Sequence[Nodes], at: int, step: int, padded: bool) -> list[Template] | None:
    made = [template(a, b, at, step, padded) for a, b in zip(ones, twos, strict=False)]
    sure = [each for each in made if each is not None]
    return sure if len(ones) == len(twos) and len(sure) == len(made) else None


def _loop(a: Loop, b: Loop, at: int, step: int, padded: bool) -> Callable[[int], Node] | None:
    if a.values != b.values:
        return None
    turns = _all(a.turns, b.turns, at, step, padded)
    body = template(a.body, b.body, at, step, padded)
    if turns is None or body is None:
        return None

    def make(value: int) -> Loop:
        made = tuple(each(value) for each in turns)
        return replace(a, body=made[0] if made else body(value), turns=made)

    return make


def _line(a: Line, b: Line, at: int, step: int, padded: bool) -> Callable[[int], Node] | None:
    if len(a.parts) != len(b.parts):
        return None
    parts: list[Part | _Text] = []
    for x, y in zip(a.parts, b.parts, strict=True):
        if x == y:
            parts.append(x)
        elif isinstance(x, Literal) and isinstance(y, Literal):
            text = _text(x.text, y.text, at, step, padded)
            if text is None:
                return None
            parts.append(text)
        else:
            return None

    def make(value: int) -> Line:
        made = (each if isinstance(each, (Literal, Hole)) else Literal(each(value)) for each in parts)
        return Line(tuple(made), a.end, a.stream)

    return make


def _text(a: str, b: str, at: int, step: int, padded: bool) -> _Text | None:
    """A text whose numbers follow the counter; the others stay."""
    ones, twos = _DIGITS.split(a), _DIGITS.split(b)
    if len(ones) != len(twos) or ones[::2] != twos[::2]:
        return None
    moving: list[tuple[int, int, int]] = []
    for n in range(1, len(ones), 2):
        slope, rest = divmod(int(twos[n]) - int(ones[n]), step)
        if rest:
            return None
        if slope:
            moving.append((n, int(ones[n]), slope))

    def make(value: int) -> str:
        pieces = list(ones)
        for n, first, slope in moving:
            old = ones[n]
            pieces[n] = new = str(first + slope * (value - at)).zfill(len(old) if old[0] == "0" else 0)
            if padded:
                pieces[n - 1] = _narrower(ones[n - 1], len(new) - len(old))
        return "".join(pieces)

    return make


def _narrower(text: str, room: int) -> str:
    """The text with so many blanks less at its end as a number behind it grew; a blank between words stays."""
    plain = text.rstrip(" ")
    blanks = len(text) - len(plain)
    least = 0 if plain[-1:] in ("[", "(", "/", "|", "") else 1
    return plain + " " * (max(least, blanks - room) if blanks else 0)


def text_template(one: str, two: str, at: int, step: int) -> Callable[[int], str] | None:
    """A text as a function of the counter, from two of them."""
    return _text(one, two, at, step, False)


def indifferent(w: Walk, body: Sequence[ast.stmt], names: set[str], excepted: frozenset[int] = frozenset()) -> bool:
    """Whether no decision in the code, or in the functions it calls, depends on these names.

    ``excepted`` are the ids of expressions that may.
    """
    kept: frozenset[str] = frozenset()
    for _ in range(_ROUNDS):
        found = _indifferent(w, body, frozenset(names) | kept, kept, excepted)
        if found is None or found == kept:
            return found is not None
        kept = found
    return False


def _indifferent(
    w: Walk, body: Sequence[ast.stmt], names: frozenset[str], kept: frozenset[str], excepted: frozenset[int]
) -> frozenset[str] | None:
    """None where a decision depends on the names; else ``kept`` and every attribute that is set to what does."""
    queue: list[tuple[Sequence[ast.stmt], frozenset[str]]] = [(body, names)]
    seen: set[tuple[int, frozenset[str]]] = set()
    found = set(kept)
    while queue:
        code, tainted = queue.pop()
        if not code or (id(code[0]), tainted) in seen:
            continue
        seen.add((id(code[0]), tainted))
        grown = _tainted(w, code, tainted)
        if grown is None or len(seen) > 80:
            return None
        harmless: set[int] = set()
        for each in code:
            for node in every(each):
                if isinstance(node, ast.If) and _harmless(w, node):
                    harmless |= {id(part) for part in every(node.test)}
                at = id(getattr(node, "test", node))
                if at not in excepted and at not in harmless and _decides(w, node, grown):
                    return None
                if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and node.attr in grown:
                    found.add(node.attr)
                if isinstance(node, ast.Call):
                    queue += _into(w, node, grown, kept)
    return frozenset(found)


def _tainted(w: Walk, code: Sequence[ast.stmt], tainted: frozenset[str]) -> frozenset[str] | None:
    """The names that depend on the tainted ones; None when one is kept where nobody follows it."""
    while True:
        grown = set(tainted)
        for each in code:
            for node in every(each):
                value = getattr(node, "value", None)
                targets = getattr(node, "targets", None) or [getattr(node, "target", None)]
                if not isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.NamedExpr)) or value is None:
                    continue
                if w.reads(value) & tainted and not _from_call(w, value):
                    for target in targets:
                        if isinstance(target, ast.Attribute):
                            grown.add(target.attr)
                            continue
                        if isinstance(target, ast.Subscript):
                            grown |= w.reads(target.value) - {"self"}
                            continue
                        if not isinstance(target, (ast.Name, ast.Tuple)):
                            return None
                        grown |= w.reads(target)
        if grown == tainted:
            return tainted
        tainted = frozenset(grown)


def _from_call(w: Walk, value: ast.AST) -> bool:
    """The result of a function of the source that may print: its body is looked at on its own."""
    return isinstance(value, ast.Call) and not _silent(w, _called(value))


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def _silent(w: Walk, name: str) -> bool:
    """Whether a function of the source prints nothing: what it decides shows in its value alone."""
    found = w.definitions(name)
    return bool(found) and not any(w.loud(each) for each in found)


_LEAVING = (ast.Return, ast.Break, ast.Continue, ast.Raise, ast.Delete, ast.Global, ast.Import, ast.ImportFrom)


def _harmless(w: Walk, node: ast.If) -> bool:
    """Whether neither branch prints, sets a name or leaves: which is taken nobody sees."""
    return not any(
        isinstance(each, _LEAVING) or isinstance(getattr(each, "ctx", None), ast.Store)
        for branch in (node.body, node.orelse) for stmt in branch for each in every(stmt)
    ) and not any(w.loud(stmt) for branch in (node.body, node.orelse) for stmt in branch)  # fmt: skip


def _decides(w: Walk, node: ast.AST, tainted: frozenset[str]) -> bool:
    if isinstance(node, (ast.If, ast.While, ast.IfExp, ast.Assert)):
        return bool(w.reads(node.test) & tainted)
    if isinstance(node, (ast.Compare, ast.BoolOp)):
        return bool(w.reads(node) & tainted)
    if isinstance(node, (ast.For, ast.comprehension)):
        return bool(w.reads(node.iter) & tainted)
    return isinstance(node, ast.Subscript) and bool(w.reads(node.slice) & tainted)


def _into(
    w: Walk, node: ast.Call, tainted: frozenset[str], kept: frozenset[str]
) -> list[tuple[Sequence[ast.stmt], frozenset[str]]]:
    name = _called(node)
    found: list[tuple[Sequence[ast.stmt], frozenset[str]]] = []
    if _silent(w, name):
        return found
    for each in w.definitions(name):
        if not isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        params = [arg.arg for arg in (*each.args.posonlyargs, *each.args.args)]
        if params[:1] == ["self"]:
            params = params[1:]
        into = {param for param, arg in zip(params, node.args, strict=False) if w.reads(arg) & tainted}
        into |= {word.arg for word in node.keywords if word.arg is not None and w.reads(word.value) & tainted}
        if into or kept:
            found.append((each.body, frozenset(into) | kept))
    return found
