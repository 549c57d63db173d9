"""A turn that stands for all turns of a loop, told for each of them: its counter becomes a number."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TypeAlias

from llm_kernel.plan.automaton import LINE_ENDS
from llm_kernel.plan.counted import Counter, Form, Formula, Turn, counters, settling
from llm_kernel.plan.nodes import Choice, Hole, Leave, Line, Literal, Loop, Node, Part, Scope, leaves

__all__ = ["repeated", "teller"]

_Nodes: TypeAlias = tuple[Node, ...]
_LONG = 1000
"""Letters beyond which a piece is not written out."""


def teller(nodes: Sequence[Node], loop: Counter) -> Callable[[int], _Nodes] | None:
    """The nodes as they are in a turn of the loop, by its number; None where nothing in them hangs on its counter.

    What stands behind a way out that is surely taken is left out.
    """
    made = [_teller(node, loop) for node in nodes]
    if not any(made):
        return None

    def at(turn: int) -> _Nodes:
        out: list[Node] = []
        for node, tell in zip(nodes, made, strict=True):
            out += tell(turn) if tell is not None else (node,)
            if out and isinstance(out[-1], Leave):
                break
        return tuple(out)

    return at


def _teller(node: Node, loop: Counter) -> Callable[[int], _Nodes] | None:
    match node:
        case Line() if any(isinstance(part, Hole) and _reads(part.form, loop) for part in node.parts):
            parts = [_part(part, loop) for part in node.parts]
            return lambda turn: (Line(_joined(part(turn) for part in parts), node.end, node.stream),)
        case Loop():
            return _loop(node, loop)
        case Choice():
            return _choice(node, loop)
        case Scope():
            body, then = teller(node.body, loop), teller(node.then, loop)
            if body is None and then is None:
                return None
            return lambda turn: _scope(
                Scope(node.target, body(turn) if body else node.body, then(turn) if then else node.then)
            )
    return None


def _scope(node: Scope) -> _Nodes:
    """The scope; without it where nothing jumps to its end but what stands there."""
    if node.then:
        return (node,)
    body = node.body[:-1] if node.body and node.body[-1] == Leave(node.target) else node.body
    return (replace(node, body=body),) if leaves(body, node.target) else body


def _loop(node: Loop, loop: Counter) -> Callable[[int], _Nodes] | None:
    made = [teller(each, loop) for each in (node.body, *node.turns)]
    if not any(made) and not _reads(node.times, loop):
        return None
    often = _settling(node.times, loop)

    def at(turn: int) -> _Nodes:
        pairs = zip((node.body, *node.turns), made, strict=True)
        body, *turns = (tell(turn) if tell is not None else each for each, tell in pairs)
        count, times = node.count, often(turn)
        if type(times) is int:
            count, times = times, None
        return repeated(Loop(count, node.var, node.values, body, tuple(turns), node.most, times))

    return at


def repeated(node: Loop) -> _Nodes:
    """The loop; one that writes the same piece of a line again and again is one piece."""
    if node.count == 0:
        return ()
    match node.body:
        case (Line(parts=(Literal(text),), end="", stream=stream),) if node.count is not None and not node.turns:
            if len(text) * node.count <= _LONG and not any(end in text for end in LINE_ENDS):
                return (Line((Literal(text * node.count),), "", stream),)
    return (node,)


def _choice(node: Choice, loop: Counter) -> Callable[[int], _Nodes] | None:
    test, made = node.test, [teller(each, loop) for each in node.branches]
    if not any(made) and not _reads(test, loop):
        return None
    decide = _settling(test, loop)

    def at(turn: int) -> _Nodes:
        said = decide(turn)
        both = [tell(turn) if tell is not None else each for each, tell in zip(node.branches, made, strict=True)]
        if said is not None and not isinstance(said, (Turn, Formula)):
            return both[not said]
        return (Choice(tuple(both), said),)

    return at


def _reads(form: Form | None, loop: Counter) -> bool:
    return form is not None and loop in counters(form)


def _part(part: Part, loop: Counter) -> Callable[[int], Part]:
    if isinstance(part, Literal) or part.form is None:
        return lambda turn: part
    settle = _settling(part.form, loop)

    def at(turn: int) -> Part:
        form = settle(turn)
        if form is None or isinstance(form, (Turn, Formula)):
            return Hole(part.kind, part.format, part.expr, part.among, form)
        whole = part.format.endswith("d") and isinstance(form, float)
        try:
            return Literal(format(int(form) if whole else form, part.format))
        except (ValueError, OverflowError):
            return replace(part, form=None)

    return at


def _settling(form: Form | None, loop: Counter) -> Callable[[int], Form | None]:
    """What the form is in a turn; None where the numbers do not fit."""
    if form is None:
        return lambda turn: None
    settle = settling(form, loop)

    def at(turn: int) -> Form | None:
        try:
            return settle(turn)
        except (ArithmeticError, TypeError, ValueError):
            return None

    return at


def _joined(parts: Iterable[Part]) -> tuple[Part, ...]:
    """The parts with literals that touch made one, as a line that was known from the start has them."""
    out: list[Part] = []
    for part in parts:
        if isinstance(part, Literal) and out and isinstance(out[-1], Literal):
            out[-1] = Literal(out[-1].text + part.text)
        else:
            out.append(part)
    return tuple(out)
