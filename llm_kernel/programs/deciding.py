"""Figures that decide a program's way: a run that stops early, or keeps its best, does so by the losses that it prints.

What a condition of the training loop hangs on (a validation loss, an accuracy) is drawn before the program is walked,
along the course that such a run usually takes. The walk is then decided: counters of patience, ``saved`` and ``early
stopping`` come where the printed figures say. All other figures stay the model's.
"""

from __future__ import annotations

import ast
import math
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from llm_kernel.plan import Choice, Hole, Line, Literal, Plan, every_node, plan
from llm_kernel.plan.curves import Course, course
from llm_kernel.plan.curves.places import Places
from llm_kernel.plan.curves.roles import Role, definitions, role_of

__all__ = ["Decided", "decided"]

_FIGURES, _TURN, _RUN = "<figures>", "<turn>", "<run>"
"""Names that no source can have."""
_KINDS = frozenset({"loss", "accuracy", "f1", "rmse", "ppl", "mae", "r2"})
_RUNS = 5
"""Runs of one loop, as the folds of a cross-validation are, that go their own ways."""
_MOST = 500
_EPOCH = re.compile(r"range\(|epoch", re.IGNORECASE)
_NAME = re.compile(r"(?:self\.)?[A-Za-z_]\w*")
_ROUNDS = 4
"""How many names may stand between a figure and the condition that hangs on it."""


@dataclass(frozen=True, slots=True)
class Decided:
    """A plan whose conditions are decided; ``names`` are the figures that were drawn for it."""

    plan: Plan
    names: tuple[str, ...]


@dataclass(slots=True)
class _Spot:
    """Where a figure is known in each turn of ``loop``: behind the statement at ``index`` of ``block``."""

    loop: ast.For | ast.While
    block: list[ast.stmt]
    index: int
    target: ast.expr


def decided(
    source: str,
    argv: Sequence[str],
    first: Plan,
    *,
    read: Callable[[str], str | None],
    facts: Mapping[str, object],
    seed: str,
) -> Decided | None:
    """The plan of a training script whose figures decide its way; None where ``first`` has nothing left to decide."""
    found = course(source, argv, seed) if any(isinstance(node, Choice) for node in every_node(first.nodes)) else None
    if found is None:
        return None
    tree = ast.parse(source)
    meanings = definitions(source)
    whole = _whole(tree)
    spots = {name: spot for name, spot in _spots(tree).items() if _NAME.fullmatch(name) and name not in whole}
    bearing = _bearing(tree)
    roles = {name: _role(name, first, meanings) for name in spots if name in bearing}
    roles = {name: role for name, role in roles.items() if role.kind in _KINDS and not role.best}
    if not roles:
        return None
    places = Places(first.nodes, meanings, found.recipe.updates)
    turns = places.turns if 1 < places.turns <= _MOST else _MOST
    tables = {
        name: [[_figure(role, found, run, turn, places.scale) for turn in range(turns)] for run in range(_RUNS)]
        for name, role in roles.items()
    }
    made = plan(source, argv, read=read, facts=facts, tree=_furnished(tree, tables, spots))
    if made is None or made.fault != first.fault or _choices(made) >= _choices(first):
        return None
    return Decided(made, tuple(roles))


def _choices(made: Plan) -> int:
    return sum(isinstance(node, Choice) for node in every_node(made.nodes))


def _role(name: str, first: Plan, meanings: Mapping[str, str]) -> Role:
    """What a name stands for: by the line that prints it, else by itself."""
    for node in every_node(first.nodes):
        if isinstance(node, Line):
            for at, part in enumerate(node.parts):
                if isinstance(part, Hole) and part.expr == name:
                    return role_of(node, at, meanings)
    return role_of(Line((Literal(f"{name}: "), Hole("float", "", name))), 1, meanings)


def _figure(role: Role, way: Course, run: int, turn: int, scale: float) -> float:
    """The figure of one turn, an accuracy as a share of whole examples."""
    progress = (turn + 1) * scale
    if run:
        way = Course(way.recipe, way.regime, f"{way.seed}/{run}", way.schedule, way.pace)
    value = role.figure(way, progress, random.Random(f"{way.seed}/{run}/{turn}"))
    count = (way.recipe.test or way.recipe.pair.test) if role.split == "test" else way.recipe.examples
    if role.kind != "accuracy" or not math.isfinite(value) or count <= 0:
        return value
    return 100.0 * round(value / 100 * count) / count if role.percent else round(value * count) / count


def _spots(tree: ast.Module) -> dict[str, _Spot]:
    """Each name that a turn of an epoch loop sets, outside of its inner loops, by where it does so last."""
    found: dict[str, _Spot] = {}
    inside: set[int] = set()
    for loop in ast.walk(tree):
        if isinstance(loop, (ast.For, ast.While)) and id(loop) not in inside and _epochs(loop):
            inside |= {id(node) for node in ast.walk(loop)}
            for block, index in _statements(loop.body):
                for target in _targets(block[index]):
                    found[ast.unparse(target)] = _Spot(loop, block, index, target)
    return found


def _epochs(loop: ast.For | ast.While) -> bool:
    if isinstance(loop, ast.While):
        return any(isinstance(node, ast.For) for node in ast.walk(loop))
    return _EPOCH.search(f"{ast.unparse(loop.target)} {ast.unparse(loop.iter)}") is not None


def _statements(block: list[ast.stmt]) -> Iterator[tuple[list[ast.stmt], int]]:
    """The statements of a turn, those behind conditions too, in order; not those of inner loops and functions."""
    for index, node in enumerate(block):
        yield block, index
        if isinstance(node, (ast.If, ast.With, ast.Try)):
            yield from _statements(node.body)
        if isinstance(node, (ast.If, ast.Try)):
            yield from _statements(node.orelse)


def _targets(node: ast.stmt) -> Iterator[ast.expr]:
    """What a statement sets to something that is not written there."""
    match node:
        case ast.Assign(targets=targets, value=value) if not isinstance(value, ast.Constant):
            for target in targets:
                yield from target.elts if isinstance(target, ast.Tuple) else [target]
        case ast.AugAssign(target=target, op=ast.Div()):
            yield target
        case ast.AnnAssign(target=target, value=value) if value is not None and not isinstance(value, ast.Constant):
            yield target


def _whole(tree: ast.Module) -> frozenset[str]:
    """What has attributes or entries that somebody asks for: it is used as more than a number is."""
    holders = (node.value for node in ast.walk(tree) if isinstance(node, (ast.Attribute, ast.Subscript)))
    return frozenset(ast.unparse(node) for node in holders if isinstance(node, (ast.Name, ast.Attribute)))


def _bearing(tree: ast.Module) -> frozenset[str]:
    """The names that a condition hangs on: by itself, through other names, and through the arguments of a call."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.If, ast.While, ast.IfExp)):
            found |= _names(node.test)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("max", "min"):
            found |= _names(node)
    functions, objects = _functions(tree), _objects(tree)
    for _ in range(_ROUNDS):
        before = len(found)
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and any(ast.unparse(one) in found for one in node.targets):
                found |= _names(node.value)
            elif isinstance(node, ast.Call):
                found |= _passed(node, functions, objects, found)
        if len(found) == before:
            break
    return frozenset(found)


def _names(node: ast.AST) -> set[str]:
    return {
        ast.unparse(one)
        for one in ast.walk(node)
        if isinstance(one, ast.Name) or (isinstance(one, ast.Attribute) and isinstance(one.value, ast.Name))
    }


def _functions(tree: ast.Module) -> dict[str, list[list[str]]]:
    """The parameters of each function, by the name it is called by; those of ``__call__`` stand under no name."""
    found: dict[str, list[list[str]]] = {}
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            words = [one.arg for one in (*node.args.posonlyargs, *node.args.args)]
            words = words[1:] if words[:1] == ["self"] else words
            found.setdefault("" if node.name == "__call__" else node.name, []).append(words)
    return found


def _objects(tree: ast.Module) -> frozenset[str]:
    """What is made by a call of a class, by its look: it may be called itself."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Name):
            found |= {ast.unparse(target) for target in node.targets if node.value.func.id[:1].isupper()}
    return frozenset(found)


def _passed(
    node: ast.Call, functions: Mapping[str, Sequence[list[str]]], objects: frozenset[str], found: set[str]
) -> set[str]:
    """The names that a call hands to a parameter which a condition hangs on."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    called = functions.get(name, functions.get("", ()) if ast.unparse(node.func) in objects else ())
    out: set[str] = set()
    for words in called:
        for word, value in zip(words, node.args, strict=False):
            out |= _names(value) if word in found else set()
        for given in node.keywords:
            out |= _names(given.value) if given.arg in found and given.arg in words else set()
    return out


def _furnished(tree: ast.Module, tables: Mapping[str, Any], spots: Mapping[str, _Spot]) -> ast.Module:
    """The program with its figures in it: a table, a count of each loop's turns, and the figure where it is known."""
    behind: dict[int, list[tuple[int, ast.stmt]]] = {}
    blocks = {id(spots[name].block): spots[name].block for name in tables}
    for name in tables:
        spot = spots[name]
        behind.setdefault(id(spot.block), []).append((spot.index, _set(spot, name)))
    for key, block in blocks.items():
        for index, node in sorted(behind[key], key=lambda one: -one[0]):
            block.insert(index + 1, node)
    loops = {id(spots[name].loop): spots[name].loop for name in tables}
    for loop in loops.values():
        loop.body.insert(0, _at(loop, f"{_word(_TURN)} = {_word(_TURN)} + 1"))
    _Before(loops).visit(tree)
    start = 1 if ast.get_docstring(tree) is not None else 0
    while start < len(tree.body) and isinstance(tree.body[start], ast.ImportFrom):
        start += 1
    table = ast.Assign([ast.Name(_FIGURES, ast.Store())], _held(tables))
    tree.body[start:start] = [table, ast.Assign([ast.Name(_RUN, ast.Store())], ast.Constant(-1))]
    return ast.fix_missing_locations(tree)


def _held(value: Any) -> ast.expr:
    """A table as the tree holds it: a figure may be nan, which no source can write."""
    if isinstance(value, Mapping):
        return ast.Dict([ast.Constant(key) for key in value], [_held(one) for one in value.values()])
    return ast.List([_held(one) for one in value], ast.Load()) if isinstance(value, list) else ast.Constant(value)


def _word(name: str) -> str:
    """A name of ours as it is parsed, before it gets its own."""
    return f"__{name.strip('<>')}__"


def _at(node: ast.stmt, text: str) -> ast.stmt:
    """A statement in the place of another, with our names in it."""
    made = ast.parse(text).body[0]
    for one in ast.walk(made):
        if isinstance(one, ast.Name) and one.id in (_word(_TURN), _word(_RUN), _word(_FIGURES)):
            one.id = f"<{one.id.strip('_')}>"
        if isinstance(one, (ast.stmt, ast.expr)):
            ast.copy_location(one, node)
    return made


def _set(spot: _Spot, name: str) -> ast.stmt:
    row = f"{_word(_FIGURES)}[{name!r}][{_word(_RUN)} % {_RUNS}]"
    made = _at(spot.block[spot.index], f"x = {row}[min({_word(_TURN)}, len({row}) - 1)]")
    assert isinstance(made, ast.Assign)
    target: Any = deepcopy(spot.target)
    made.targets = [target]
    return made


class _Before(ast.NodeTransformer):
    """Sets the count of turns anew before each of ``loops``, wherever it stands."""

    def __init__(self, loops: Mapping[int, ast.stmt]) -> None:
        self._loops = loops
        self._deep = 0

    def _function(self, node: Any) -> Any:
        self._deep += 1
        self.generic_visit(node)
        self._deep -= 1
        return node

    visit_FunctionDef = visit_AsyncFunctionDef = _function  # noqa: N815 - the names that ast looks for

    def _loop(self, node: Any) -> Any:
        self.generic_visit(node)
        if id(node) not in self._loops:
            return node
        told = ast.copy_location(ast.Global([_RUN]), node)
        starts = [_at(node, f"{_word(_TURN)} = -1"), _at(node, f"{_word(_RUN)} = {_word(_RUN)} + 1")]
        return [*([told] if self._deep else []), *starts, node]

    visit_For = visit_While = _loop  # noqa: N815
