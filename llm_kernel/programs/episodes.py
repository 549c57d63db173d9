"""What an agent's episodes bring in a program: the names that sum up their rewards, and the lists that keep these."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

__all__ = ["Kept", "kept", "last_step", "read_from", "returns", "silent"]

_SUMS = frozenset({"sum", "fsum"})
_WORDS = frozenset("print write info warning debug error set_postfix set_description log".split())
_COUNTERS = frozenset({"range", "count"})
_MEANS = frozenset({"mean", "fmean", "average"})


@dataclass(frozen=True, slots=True)
class Kept:
    """A list to which each episode adds what it brought under ``name``; ``most`` is how many it keeps, 0: all."""

    name: str
    most: int = 0


def returns(loop: ast.For | ast.While) -> dict[str, int]:
    """The names that sum up an episode's rewards, by the last statement of the loop's body that does so."""
    rewards = {name for node in ast.walk(loop) for name in _rewarded(node)}
    lists = {ast.unparse(held) for held, value in _appended(loop) if rewards & _names(value)}
    found: dict[str, int] = {}
    for index, statement in enumerate(loop.body):
        for node in ast.walk(statement):
            if (name := _summed(node, rewards, lists)) and name not in rewards:
                found[name] = index
    return found


def silent(tree: ast.Module, statement: ast.stmt) -> bool:
    """Whether nothing that is called in ``statement`` writes a line, itself or through the program's functions."""
    said = {name: _calls(node) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) for name in [node.name]}
    called, new = set(), _calls(statement)
    while new:
        called |= new
        new = {name for each in new for name in said.get(each, ())} - called
    return not called & _WORDS


def last_step(loop: ast.stmt, name: str) -> ast.stmt | None:
    """Sets a loop's counter to its last, where each step of an episode gives or takes one: None where none counts."""
    match loop:
        case ast.For(target=ast.Name(counter), iter=ast.Call(func=func, args=args)) if _called(func) in _COUNTERS:
            begins = len(args) > 1 or (_called(func) == "count" and args)
            first = ast.unparse(args[0]) if begins else "0"
            return ast.parse(f"{counter} = {first} + abs(int({name})) - 1").body[0]
    return None


def _calls(node: ast.AST) -> set[str]:
    return {_called(one.func) for one in ast.walk(node) if isinstance(one, ast.Call)}


def _rewarded(node: ast.AST) -> Iterator[str]:
    """What a step of an environment gives as its reward."""
    match node:
        case ast.Assign(targets=[ast.Tuple(elts=[_, reward, _, *_] as given)],
                        value=ast.Call(func=ast.Attribute(attr="step"))) if len(given) in (4, 5):  # fmt: skip
            yield ast.unparse(reward)


def _summed(node: ast.AST, rewards: set[str], lists: set[str]) -> str:
    match node:
        case ast.AugAssign(target=target, op=ast.Add(), value=value) if rewards & _names(value):
            return ast.unparse(target)
        case ast.Assign(targets=[target], value=ast.BinOp(left=left, op=ast.Add(), right=right)) if rewards & _names(
            right
        ) and ast.unparse(left) == ast.unparse(target):
            return ast.unparse(target)
        case ast.Assign(targets=[target], value=ast.Call(func=func, args=[value])) if _called(func) in _SUMS:
            return ast.unparse(target) if ast.unparse(value) in lists else ""
    return ""


def kept(tree: ast.Module, loop: ast.For | ast.While, names: frozenset[str]) -> dict[str, Kept]:
    """The lists, empty at first, to which each turn of ``loop`` adds one of ``names`` and nobody anything else."""
    begun: dict[str, list[int | None]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            begun.setdefault(ast.unparse(node.targets[0]), []).append(_most(node.value))
    added: dict[str, list[str]] = {}
    for held, value in _appended(tree):
        added.setdefault(ast.unparse(held), []).append(ast.unparse(value))
    each = {ast.unparse(held) for statement in loop.body if isinstance(statement, ast.Expr)
            for held, _ in _appended(statement)}  # fmt: skip
    return {
        name: Kept(values[0], most)
        for name, values in added.items()
        if name in each and len(values) == 1 and values[0] in names
        for most in begun.get(name, [])[:1]
        if most is not None and len(begun[name]) == 1
    }


def _most(value: ast.expr) -> int | None:
    """How many an empty list or deque will keep, 0: all; None of what is not one."""
    match value:
        case ast.List(elts=[]) | ast.Call(func=ast.Name("list"), args=[], keywords=[]):
            return 0
        case ast.Call(func=func, args=[] | [ast.List(elts=[])], keywords=given) if _called(func) == "deque":
            lengths = [one.value for one in given if one.arg == "maxlen"]
            if not lengths:
                return 0
            length = lengths[0].value if isinstance(lengths[0], ast.Constant) else None
            return length if isinstance(length, int) and length > 0 else None
    return None


def read_from(loop: ast.For | ast.While, lists: Mapping[str, ast.expr]) -> None:
    """Put into ``loop``, for each list that is read there, what it holds; means of it become sums by lengths."""
    reading = _Reading(lists)
    loop.body = [reading.visit(one) for one in loop.body]


class _Reading(ast.NodeTransformer):
    def __init__(self, lists: Mapping[str, ast.expr]) -> None:
        self._lists = lists

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._lists.get(node.id, node) if isinstance(node.ctx, ast.Load) else node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(name))) if name in self._lists:
                return node  # it is added to as before
            case ast.Call(func=func, args=[value], keywords=[]) if _called(func) in _MEANS and self._reads(value):
                held = self.visit(value)
                parts = [ast.Call(ast.Name(name, ast.Load()), [held], []) for name in ("sum", "len")]
                return ast.copy_location(ast.BinOp(parts[0], ast.Div(), parts[1]), node)
        return self.generic_visit(node)

    def _reads(self, value: ast.expr) -> bool:
        held = value.value if isinstance(value, ast.Subscript) else value
        return isinstance(held, ast.Name) and held.id in self._lists


def _appended(tree: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """What is added to, and what is added."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=held, attr="append"), args=[value]):
                yield held, value


def _called(func: ast.expr) -> str:
    return func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""


def _names(node: ast.AST) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
