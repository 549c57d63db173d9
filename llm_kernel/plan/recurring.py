"""Loops whose turns are of a few kinds: tests on the counter decide which, and two turns of a kind tell all of it."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

from llm_kernel.plan.nodes import Node
from llm_kernel.plan.skips import number
from llm_kernel.plan.templates import fitting, indifferent, text_template
from llm_kernel.plan.trees import every
from llm_kernel.plan.values import Env, Value
from llm_kernel.plan.walk import Walk

__all__ = ["by_kind", "kinds"]

Turn: TypeAlias = "tuple[Value, tuple[Node, ...]]"
Visit: TypeAlias = Callable[[int], "tuple[Node, ...] | None"]
"""Walks one turn; None where it changed something or left the loop."""

_KINDS = 8
_ENOUGH = 24
"""Turns below which all are walked."""


def kinds(
    w: Walk, body: Sequence[ast.stmt], word: str, turns: range, begun: int, odd: bool, env: Env
) -> list[list[int]] | None:
    """The turns behind the first ``begun``, those of a kind together; None where they cannot be told apart.

    ``word`` is the counter, ``turns`` its values; ``odd`` says that the last turn is not like the others.
    """
    count, first = len(turns), turns[0]
    if count - begun < _ENOUGH:
        return None
    written = {name for each in body for name in w.writes(each)}
    tests = list(_tests(w, body, word, written, env))
    said = [number(w, part, word, written, env) for test in tests for part in _parts(w, test, word)]
    sure = [each for each in said if each is not None]
    ifs = [each.test for stmt in body for each in every(stmt) if isinstance(each, ast.If)]
    inside = frozenset(id(each) for test in ifs if word in w.reads(test) for each in every(test))
    if len(sure) < len(said) or not indifferent(w, body, {word}, inside):
        return None
    found: defaultdict[tuple[bool, ...], list[int]] = defaultdict(list)
    try:
        for turn in range(begun, count):
            last = odd and turn == count - 1
            kind = (last, *[bool(each(first + turn)) for each in sure])
            found[kind].append(turn)
    except (ArithmeticError, TypeError):
        return None
    return list(found.values()) if len(found) <= _KINDS else None


def _tests(w: Walk, body: Iterable[ast.AST], word: str, written: set[str], env: Env) -> Iterator[ast.expr]:
    """The tests that read the counter, but for those in branches that are never taken."""
    for each in body:
        if not isinstance(each, ast.If):
            yield from _tests(w, ast.iter_child_nodes(each), word, written, env)
            continue
        if word in w.reads(each.test):
            yield each.test
        said = None if word in w.reads(each.test) else number(w, each.test, word, written, env)
        yield from _tests(w, each.body if said is None or said(0) else [], word, written, env)
        yield from _tests(w, each.orelse if said is None or not said(0) else [], word, written, env)


def _parts(w: Walk, test: ast.expr, word: str) -> list[ast.expr]:
    """The parts of a test that hang on the counter: of what else it asks nobody tells turns apart."""
    match test:
        case ast.BoolOp():
            return [part for each in test.values for part in _parts(w, each, word)]
        case ast.UnaryOp(op=ast.Not()):
            return _parts(w, test.operand, word)
    return [test] if word in w.reads(test) else []


def by_kind(w: Walk, alike: Sequence[list[int]], first: int, told: int, turns: list[Turn], visit: Visit) -> bool:
    """Add the turns behind those in ``turns``, up to ``told``, walking a few of each kind; False where none can."""
    begun = len(turns)
    found: dict[int, tuple[Node, ...]] = {}
    for members in alike:
        if not _all_of(w, members, first, told, visit, found):
            return False
    turns += [(first + turn, found[turn]) for turn in range(begun, told)]
    return True


def _all_of(
    w: Walk, members: list[int], first: int, told: int, visit: Visit, found: dict[int, tuple[Node, ...]]
) -> bool:
    """The turns of one kind: the first two and the last that is told are walked, the others made like them."""
    near = [turn for turn in members if turn < told]
    files: dict[int, list[str]] = {}
    for turn in dict.fromkeys((*members[:2], *near[-1:])):
        before = len(w.wrote)
        nodes = visit(turn)
        if nodes is None:
            return False
        found[turn] = nodes
        files[turn] = list(w.wrote)[before:]
    if len(members) < 4:
        return True
    if len(near) > 3 and not _between(near, first, found):
        return False
    one, two = members[:2]
    for path, other in zip(files[one], files[two], strict=False):
        made = text_template(path, other, first + one, two - one)
        if made is not None:
            w.wrote.update((made(first + turn), w.wrote.get(files[one][0], False)) for turn in members[2:])
    return True


def _between(members: list[int], first: int, found: dict[int, tuple[Node, ...]]) -> bool:
    """Fill in the turns between the second of these and the last, where those say how."""
    one, two, *_, last = members
    made = fitting(found[one], found[two], first + one, two - one, first + last, found[last])
    if made is None:
        return False
    found.update((turn, made(first + turn)) for turn in members[2:-1])
    return True
