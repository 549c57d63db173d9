"""A ``while`` that counts to a known number is a ``for`` over its counter."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from llm_kernel.plan.skips import number
from llm_kernel.plan.values import Env
from llm_kernel.plan.walk import Walk

__all__ = ["Counting", "counting"]

_MOST = 20000
"""Turns beyond which nobody looks for the end."""
_KEEPERS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
"""What reads a counter later than where it stands."""


@dataclass(frozen=True, slots=True)
class Counting:
    """A loop that takes ``count`` turns unless something else ends it; ``steps`` says where each counter grows."""

    node: ast.While
    word: str
    first: int
    step: int
    count: int
    steps: dict[int, tuple[str, int]]
    starts: dict[str, int]
    ends: frozenset[int]

    def loop(self) -> ast.For:
        """The same loop as a ``for``: the counters that keep pace with the first are written as sums of it."""
        body: list[ast.stmt] = []
        ahead = dict.fromkeys(self.starts, 0)
        for word, start in self.starts.items():
            if word != self.word:
                body.append(_set(word, self._sum(start - self.first), self.node))
        for n, each in enumerate(self.node.body):
            if n in self.steps:
                ahead[self.steps[n][0]] = self.step
            elif n not in self.ends:
                sums = {word: self._sum(self.starts[word] - self.first + more) for word, more in ahead.items()}
                body.append(cast(ast.stmt, _Replaced(sums).visit(copy.deepcopy(each))))
        over = [_set(word, ast.Constant(start + self.step * self.count), self.node)
                for word, start in self.starts.items()]  # fmt: skip
        turns: Any = range(self.first, self.first + self.step * self.count, self.step)
        more = [] if self.ends else self.node.orelse
        made = ast.For(ast.Name(self.word, ast.Store()), ast.Constant(turns), body, [*over, *more], None)
        return ast.fix_missing_locations(ast.copy_location(made, self.node))

    def _sum(self, more: int) -> ast.expr:
        name = ast.Name(self.word, ast.Load())
        return ast.BinOp(name, ast.Add(), ast.Constant(more)) if more else name


class _Replaced(ast.NodeTransformer):
    """Names that are read become what they stand for."""

    def __init__(self, sums: dict[str, ast.expr]) -> None:
        self._sums = sums

    def visit_Name(self, node: ast.Name) -> ast.expr:
        found = self._sums.get(node.id) if isinstance(node.ctx, ast.Load) else None
        plain = isinstance(found, ast.Name) and found.id == node.id
        return node if found is None or plain else _placed(copy.deepcopy(found), node)


def counting(w: Walk, node: ast.While, env: Env) -> Counting | None:
    """How a ``while`` counts; None where its end hangs on anything else."""
    if any(isinstance(each, (ast.Continue, *_KEEPERS)) for each in _own(node.body)):
        return None
    steps = {n: found for n, each in enumerate(node.body) if (found := _step(each)) is not None}
    names = [word for word, _ in steps.values()]
    written = {name for n, each in enumerate(node.body) if n not in steps for name in w.touches(each)[1]}
    starts = {word: _now(env, word) for word in names if names.count(word) == 1 and word not in written}
    sure = {word: start for word, start in starts.items() if start is not None}
    for at, (word, step) in steps.items():
        if word not in sure:
            continue
        ends, over = _ends(w, node, at, word, written | set(names), env)
        count = _count(sure[word], step, over)
        if count is not None:
            alike = {n: each for n, each in steps.items() if each[0] in sure and each[1] == step}
            paced = {one: sure[one] for one, _ in alike.values()}
            return Counting(node, word, sure[word], step, count, alike, paced, frozenset(ends))
    return None


def _own(body: Sequence[ast.stmt]) -> Iterator[ast.AST]:
    """Every node of a loop's body but those of loops and functions inside it."""
    stack: list[ast.AST] = list(body)
    while stack:
        each = stack.pop()
        yield each
        if not isinstance(each, (ast.For, ast.While, *_KEEPERS)):
            stack += ast.iter_child_nodes(each)


def _step(node: ast.stmt) -> tuple[str, int] | None:
    match node:
        case ast.AugAssign(target=ast.Name(id=word), op=ast.Add(), value=ast.Constant(value=step)):
            return (word, step) if type(step) is int and step > 0 else None
    return None


def _now(env: Env, word: str) -> int | None:
    value = env.home(word).names.get(word)
    return value if type(value) is int else None


def _ends(
    w: Walk, node: ast.While, at: int, word: str, written: set[str], env: Env
) -> tuple[set[int], Callable[[int, int], bool] | None]:
    """The statements behind the step that end the loop, and whether it is over at a value, in a turn."""
    always = isinstance(node.test, ast.Constant) and bool(node.test.value)
    going = None if always else number(w, node.test, word, written - {word}, env)
    found: dict[int, Callable[[int], Any]] = {}
    for n, each in enumerate(node.body[at + 1 :], at + 1):
        if isinstance(each, ast.If) and len(each.body) == 1 and isinstance(each.body[0], ast.Break) and not each.orelse:
            test = number(w, each.test, word, written - {word}, env) if word in w.reads(each.test) else None
            if test is not None:
                found[n] = test
    if always and found:
        tests = list(found.values())
        return set(found), lambda value, turn: turn > 0 and any(each(value) for each in tests)
    if going is not None and word in w.reads(node.test) and not found:
        return set(), lambda value, turn: not going(value)
    return set(), None


def _count(first: int, step: int, over: Callable[[int, int], bool] | None) -> int | None:
    if over is None:
        return None
    try:
        return next((turn for turn in range(_MOST + 1) if over(first + step * turn, turn)), None)
    except (ArithmeticError, TypeError):
        return None


def _set(word: str, value: ast.expr, node: ast.While) -> ast.stmt:
    return ast.fix_missing_locations(ast.copy_location(ast.Assign([ast.Name(word, ast.Store())], value), node))


def _placed(value: ast.expr, node: ast.Name) -> ast.expr:
    return ast.fix_missing_locations(ast.copy_location(value, node))
