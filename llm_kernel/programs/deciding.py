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

from llm_kernel.plan import Choice, Free, Hole, Line, Literal, Loop, Plan, every_node, plan
from llm_kernel.plan.curves import Course, course
from llm_kernel.plan.curves.kinds import SHARES
from llm_kernel.plan.curves.meanings import definitions
from llm_kernel.plan.curves.places import Places
from llm_kernel.plan.curves.roles import Role, role_of
from llm_kernel.plan.environments import TASKS
from llm_kernel.plan.nodes import Node, Part
from llm_kernel.programs.bearing import bearing
from llm_kernel.programs.episodes import Kept, kept, last_step, read_from, returns, silent

__all__ = ["Decided", "decided", "foreseen"]

_FIGURES, _TURN, _RUN, _TORCH = "<figures>", "<turn>", "<run>", "<torch>"
"""Names that no source can have."""
_KINDS = SHARES - {"top5"} | {"loss", "rmse", "ppl", "mae", "r2", "reward"}
_RUNS = 5
"""Runs of one loop, as the folds of a cross-validation are, that go their own ways."""
_MOST = 500
_EPISODES = 3000
_STEPS = 180_000
"""What a walk may take that goes through an agent's episodes one by one."""
_EPOCH = re.compile(r"range\(|epoch|episode", re.IGNORECASE)
_RATE = re.compile(r"""\blr\b|_lr\b|param_groups""")
_SCALAR = frozenset({"item", "backward", "detach"})
_NAME = re.compile(r"(?:self\.)?[A-Za-z_]\w*")


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
    open_ = _open(first)
    found = course(source, argv, seed) if open_ else None
    if found is None:
        return None
    tree = ast.parse(source)
    meanings = definitions(source)
    whole = _whole(tree) | _shown(first)
    spots = {name: spot for name, spot in _spots(tree).items() if _NAME.fullmatch(name) and name not in whole}
    decisive = bearing(tree)
    roles = {name: _role(name, first, meanings) for name in spots if name in decisive}
    roles = {name: role for name, role in roles.items() if role.kind in _KINDS and not role.best}
    brought = _brought(tree) if "reward" in found.recipe.pair.figures else {}
    if brought:
        roles = {name: role for name, role in roles.items() if role.kind != "reward"}
        _hasten(tree, brought, whole=_whole_steps(found))
    if not roles and not brought:
        return None
    places = Places(first.nodes, meanings, found.recipe.updates)
    turns = places.turns if 1 < places.turns <= _MOST else _MOST
    tables = {
        name: [[_figure(role, found, run, turn, places.scale) for turn in range(turns)] for run in range(_RUNS)]
        for name, role in roles.items()
    }
    tables |= {name: [_episodes(found)] for name in brought}
    steps = _STEPS if brought else None
    made = plan(source, argv, read=read, facts=facts, tree=_furnished(tree, tables, spots | brought), steps=steps)
    if made is None or made.fault != first.fault or (_free(made), _open(made)) >= (_free(first), open_):
        return None
    return Decided(made, tuple(tables))


def _brought(tree: ast.Module) -> dict[str, _Spot]:
    """Where it is known what an episode of an agent brought."""
    return {
        name: _Spot(loop, loop.body, index, ast.parse(name, mode="eval").body)
        for loop in _loops(tree)
        for name, index in returns(loop).items()
    }


def _hasten(tree: ast.Module, spots: Mapping[str, _Spot], *, whole: bool) -> None:
    """Walk the steps of an episode that say nothing in the first one only: what they bring is drawn.

    ``whole``: so many steps were taken as were brought.
    """
    for name, spot in spots.items():
        steps = spot.block[spot.index]
        if not isinstance(steps, (ast.For, ast.While)) or not silent(tree, steps):
            continue
        if whole and (last := last_step(steps, name)) is not None:
            spot.block.insert(spot.index + 1, ast.copy_location(last, steps))
        first = _at(steps, f"if {_word(_TURN)} == 0: pass")
        assert isinstance(first, ast.If)
        first.body = [steps]
        spot.block[spot.index] = first


def _episodes(found: Course) -> list[float]:
    """What each of many episodes brings."""
    brings = (_figure(Role("reward"), found, 0, turn, 1.0) for turn in range(_EPISODES))
    return [float(round(one)) for one in brings] if _whole_steps(found) else list(brings)


def _whole_steps(found: Course) -> bool:
    """Whether each step of the agent's environment gives or takes one."""
    data = found.recipe.pair.data
    return bool(data) and any(task.whole for name, task in TASKS.items() if name.startswith(data))


def foreseen(source: str, argv: Sequence[str], seed: str) -> Callable[[str, int], float | None]:
    """What a figure of a library's own training is after each turn; None where nobody knows such a run."""
    found: list[Course | None] = []

    def figure(name: str, turn: int) -> float | None:
        found[:] = found or [course(source, argv, seed)]
        role = _named(name if name.startswith("val_") else f"train_{name}", {})
        return None if found[0] is None or role.kind not in _KINDS else _figure(role, found[0], 0, turn, 1.0)

    return figure


def _open(made: Plan) -> int:
    """What figures may still decide: the choices, the ends of loops, and the learning rates that nobody knows."""
    return sum(map(_undecided, every_node(made.nodes)))


def _free(made: Plan) -> int:
    """The places of which nobody knows what is printed: a walk in which more is decided may be too long to end."""
    return sum(isinstance(node, Free) for node in every_node(made.nodes))


def _undecided(node: Node) -> bool:
    match node:
        case Choice() | Loop(count=None) | Free():
            return True
        case Line():
            return any(map(_rate, node.parts))
    return False


def _rate(part: Part) -> bool:
    return isinstance(part, Hole) and _RATE.search(part.expr) is not None


def _role(name: str, first: Plan, meanings: Mapping[str, str]) -> Role:
    """What a name stands for: by the line that prints it, else by itself."""
    for node in every_node(first.nodes):
        if isinstance(node, Line):
            for at, part in enumerate(node.parts):
                if isinstance(part, Hole) and part.expr == name:
                    return role_of(node, at, meanings)
    return _named(name, meanings)


def _named(name: str, meanings: Mapping[str, str]) -> Role:
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
    for loop in _loops(tree):
        for block, index in _statements(loop.body):
            for target in _targets(block[index]):
                found[ast.unparse(target)] = _Spot(loop, block, index, target)
    return found


def _loops(tree: ast.Module) -> Iterator[ast.For | ast.While]:
    """The outermost loops over epochs or episodes."""
    inside: set[int] = set()
    for loop in ast.walk(tree):
        if isinstance(loop, (ast.For, ast.While)) and id(loop) not in inside and _epochs(loop):
            inside |= {id(node) for node in ast.walk(loop)}
            yield loop


def _epochs(loop: ast.For | ast.While) -> bool:
    if isinstance(loop, ast.While):
        named = _EPOCH.search(ast.unparse(loop.test)) is not None
        return named or any(isinstance(node, ast.For) or _learns(node) for node in ast.walk(loop))
    return _EPOCH.search(f"{ast.unparse(loop.target)} {ast.unparse(loop.iter)}") is not None


def _learns(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "backward"


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
    holders = (
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Subscript) or (isinstance(node, ast.Attribute) and node.attr not in _SCALAR)
    )
    return frozenset(ast.unparse(node) for node in holders if isinstance(node, (ast.Name, ast.Attribute)))


def _scalars(tree: ast.Module) -> frozenset[str]:
    """What is asked for its one number, or for its gradients: a tensor without dimensions."""
    holders = (node.value for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr in _SCALAR)
    return frozenset(ast.unparse(node) for node in holders if isinstance(node, (ast.Name, ast.Attribute)))


def _shown(first: Plan) -> frozenset[str]:
    """The names that are printed as they are, whatever they hold."""
    lines = (node for node in every_node(first.nodes) if isinstance(node, Line))
    return frozenset(part.expr for line in lines for part in line.parts if isinstance(part, Hole) and not part.format)


def _furnished(tree: ast.Module, tables: Mapping[str, Any], spots: Mapping[str, _Spot]) -> ast.Module:
    """The program with its figures in it: a table, a count of each loop's turns, and the figure where it is known."""
    scalars = _scalars(tree)
    behind: dict[int, list[tuple[int, ast.stmt]]] = {}
    blocks = {id(spots[name].block): spots[name].block for name in tables}
    for name in tables:
        spot = spots[name]
        behind.setdefault(id(spot.block), []).append((spot.index, _set(spot, name, len(tables[name]), name in scalars)))
    for key, block in blocks.items():
        for index, node in sorted(behind[key], key=lambda one: -one[0]):
            block.insert(index + 1, node)
    loops = {id(spots[name].loop): spots[name].loop for name in tables}
    for loop in loops.values():
        own = frozenset(name for name in tables if spots[name].loop is loop)
        read_from(loop, {name: _held_so_far(loop, one) for name, one in kept(tree, loop, own).items()})
        loop.body.insert(0, _at(loop, f"{_word(_TURN)} = {_word(_TURN)} + 1"))
    _Before(loops).visit(tree)
    start = 1 if ast.get_docstring(tree) is not None else 0
    while start < len(tree.body) and isinstance(tree.body[start], ast.ImportFrom):
        start += 1
    table = ast.Assign([ast.Name(_FIGURES, ast.Store())], _held(tables))
    run = ast.Assign([ast.Name(_RUN, ast.Store())], ast.Constant(-1))
    torch = [ast.Import([ast.alias("torch", _TORCH)])] if scalars & tables.keys() else []
    tree.body[start:start] = [table, run, *torch]
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
        if isinstance(one, ast.Name) and one.id in map(_word, (_TURN, _RUN, _FIGURES, _TORCH)):
            one.id = f"<{one.id.strip('_')}>"
        if isinstance(one, (ast.stmt, ast.expr)):
            ast.copy_location(one, node)
    return made


def _set(spot: _Spot, name: str, runs: int, scalar: bool) -> ast.stmt:
    row = f"{_word(_FIGURES)}[{name!r}][{_word(_RUN)} % {runs}]"
    figure = f"{row}[min({_word(_TURN)}, len({row}) - 1)]"
    figure = f"{_word(_TORCH)}.tensor({figure}, requires_grad=True)" if scalar else figure
    made = _at(spot.block[spot.index], f"x = {figure}")
    assert isinstance(made, ast.Assign)
    target: Any = deepcopy(spot.target)
    made.targets = [target]
    return made


def _held_so_far(loop: ast.For | ast.While, one: Kept) -> ast.expr:
    """What a list holds behind this turn."""
    end = f"{_word(_TURN)} + 1"
    start = f"max(0, {end} - {one.most})" if one.most else "0"
    made = _at(loop, f"{_word(_FIGURES)}[{one.name!r}][0][{start}:{end}]")
    assert isinstance(made, ast.Expr)
    return made.value


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
