"""Loops: turn by turn where the turns are known, once for all of them where they are not."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import TypeAlias

from llm_kernel.plan.counting import counting
from llm_kernel.plan.expressions import assign
from llm_kernel.plan.filling import FEW, TURNS, ends_oddly, fill_fired, fill_kinds, follow, odd_turn
from llm_kernel.plan.idle import second_turn, set_anew
from llm_kernel.plan.items import iterate
from llm_kernel.plan.nodes import Free, Loop, Node
from llm_kernel.plan.once import once
from llm_kernel.plan.reckoning import counts
from llm_kernel.plan.shapes.tensor import Tensor
from llm_kernel.plan.skips import Skip, skipper
from llm_kernel.plan.targets import bind_turn, label_of, loop_names, remade, varying
from llm_kernel.plan.turns import LONG, Turns, around, emit_turns, interrupted, leaves_loop, noted, watched
from llm_kernel.plan.values import Env, Instance, Items, Thing, Unknown, Value, truth
from llm_kernel.plan.walk import Exited, Flow, Raised, Walk

_TRIED = 4
"""Turns that all change something, behind which one tells what all take; before it, what is far too much."""
_FAR = 2_000_000
"""Turns that may be passed over, where it is known of each whether anything happens in it."""
_MANY = 5
_AGAIN = 3
"""How often at least a loop is walked that lies in another."""
_LITTLE = 0.35
"""The share of the steps left that turn by turn may have taken in vain, to be tried once more with less known."""


def for_(w: Walk, node: ast.For | ast.AsyncFor, env: Env) -> Flow:
    """``for``: the iterable decides how many turns."""
    held = w.evaluate(node.iter, env)
    items = iterate(w, held)
    if items.endless:
        return _until(w, node, items, env, lambda turn: _begins(w, node, items, turn, env))
    noisy = _noisy_source(w, held)
    if items.count is not None and items.count <= _FAR and not noisy and (w.loud(node) or not _opaque(items)):
        before = w.left
        done, flow = w.attempt(lambda: _turns(w, node, items, env), node)
        if done:
            return flow
        dear = before - w.left > w.left * _LITTLE
        if items.count > FEW and not (dear and counts(items)):
            done, flow = w.attempt(lambda: _widened(w, node, items, env), node.iter)
            if done:
                return flow
    elif items.count and _holds_tensor(items.at(0)):
        w.attempt(lambda: _first(w, node, items, env), node.target)
    return once(w, node, items, env, noisy)


def _first(w: Walk, node: ast.For | ast.AsyncFor, items: Items, env: Env) -> Flow:
    """Try the first turn of a quiet loop, which surely happens: shapes that do not fit end the program there."""

    def turn() -> Flow:
        assign(w, node.target, items.at(0), env, quiet=True)
        return w.execute(node.body, env)

    w.state.begin()
    try:
        with w.pending("break", "continue"):
            w.record(turn)
    finally:
        w.state.rollback()
    return None


def _holds_tensor(item: Value) -> bool:
    return isinstance(item, Tensor) or (isinstance(item, tuple) and any(isinstance(each, Tensor) for each in item))


def _widened(w: Walk, node: ast.For | ast.AsyncFor, items: Items, env: Env) -> Flow:
    """Turn by turn, but all that changes from turn to turn is unknown from the start, so that the turns are alike."""

    def turn() -> Flow:
        assign(w, node.target, items.at(None), env)
        return w.execute(node.body, env)

    w.doubt += 1
    try:
        for _ in range(2):
            w.state.begin()
            try:
                with w.pending("break", "continue"):
                    w.record(turn)
            except (Raised, Exited):
                pass
            w.state.merge([{}, w.state.rollback()], widen=True)
    finally:
        w.doubt -= 1
    return _turns(w, node, items, env)


def _opaque(items: Items) -> bool:
    first = items.at(0) if items.count else None
    if (items.count or 0) <= FEW or (isinstance(first, Tensor) and first.cell is not None):
        return False
    return isinstance(first, Unknown) or (isinstance(first, tuple) and any(isinstance(each, Unknown) for each in first))


def _noisy_source(w: Walk, held: Value) -> Node | None:
    """A data set of the source whose items print: nobody knows how its workers' lines interleave."""
    inner = held.attrs.get("data") if isinstance(held, Thing) else None
    if isinstance(inner, Instance) and w.loud_value(inner):
        return Free(expr="the data set's own lines")
    return None


def _turns(w: Walk, node: ast.For | ast.AsyncFor, items: Items, env: Env) -> Flow:
    count = items.count or 0
    turns: Turns = []
    body: Sequence[ast.stmt] = node.body
    targets = varying(node.target, items.at(0)) if count else set()
    flow: Flow = None
    steady = False
    skip: Skip | None = None
    turn, mark, start, busy, tried = 0, w.mark(), w.left, True, False
    anew = set_anew(w, node.body)
    own = {(id(env.home(name).names), name) for name in loop_names(node.target) | anew}
    made: set[str] = set()
    with (
        w.pending("break", "continue"),
        interrupted(w, node, turns, mark),
        w.state.rebinding(own),
        around(w, count),
    ):
        while turn < count:
            bind_turn(w, node, items.at(turn), env, made)
            if turn == 1:
                flow, nodes, body, steady = second_turn(w, body, targets, env)
                made = remade(w, node, [each for each in node.body if each not in body])
                skip = skipper(w, body, node.target, items, env) if count > FEW and not steady else None
                if count > TURNS and skip is None and not steady:
                    w.give_up()
                quiet = False
            else:
                flow, nodes, quiet = watched(w, body, env)
            turns.append((label_of(node.target, items.at(turn)), nodes))
            busy = busy and not (quiet and turn > 1)
            cost, start = start - w.left, w.left
            whole = cost * (count - turn) * (_AGAIN if w.around > 1 else 1)
            dear = (busy or skip is None) and turn > 1 and whole > w.left * (1 if turn > _TRIED else 3)
            if dear and (skip is not None or tried or cost * _TRIED > w.left):
                w.give_up()
            if flow in ("break", "return") or (steady and turn >= 1) or not body:
                break
            if turn == count - 2 and ends_oddly(items):
                body, made = node.body, set()
            if turn == 2 and count > _MANY and skip is None and follow(w, node, items, turns, env):
                turn = count
                continue
            if turn > 1 and skip is None and not tried and (quiet or (dear and turn >= _TRIED)):
                tried = True
                if fill_kinds(w, node, items, turns, env):
                    turn = count
                    continue
            if dear and tried:
                w.give_up()
            if skip is not None and quiet and fill_fired(w, node, items, turns, skip, turn, env):
                turn = count
                continue
            turn = skip(turn, count) if skip is not None and quiet else turn + 1
    over = flow in ("break", "return")
    last: list[tuple[Node, ...]] = []
    if not over and 1 < turn + 1 < count and ends_oddly(items):
        flow, nodes = odd_turn(w, node, items, env)
        last += [nodes] if nodes != turns[-1][1] else []
        over = flow in ("break", "return")
    emit_turns(w, node, turns, turn + 1 if over and not last else count - len(last), steady and not over)
    for each in last:
        for one in each:
            w.emit(one)
    if not over and count:
        bind_turn(w, node, items.at(count - 1), env, remade(w, node, node.body))
    if flow == "return":
        return flow
    return w.execute(node.orelse, env) if flow != "break" else None


def while_(w: Walk, node: ast.While, env: Env) -> Flow:
    """``while``: turn by turn as long as the condition is decided; as a ``for`` where it counts too far for that."""
    counts = counting(w, node, env)
    if counts is not None and counts.count > LONG:
        return for_(w, counts.loop(), env)
    return _until(w, node, Items(None, lambda turn: None), env, lambda turn: truth(w.evaluate(node.test, env)))


def _begins(w: Walk, node: ast.For | ast.AsyncFor, items: Items, turn: int, env: Env) -> bool:
    """Begin another turn of a loop over what has no end."""
    assign(w, node.target, items.at(turn), env, quiet=True)
    return True


_More: TypeAlias = Callable[[int], bool | None]
"""Begins a turn, by its number; False where there is no other, None where nobody knows."""


def _until(w: Walk, node: ast.For | ast.AsyncFor | ast.While, items: Items, env: Env, more: _More) -> Flow:
    done, flow = w.attempt(lambda: _open(w, node, env, more), node)
    return flow if done else once(w, node, items, env, None)


def _open(w: Walk, node: ast.For | ast.AsyncFor | ast.While, env: Env, more: _More) -> Flow:
    """Turn by turn until the loop is left, or no other turn begins."""
    turns: Turns = []
    flow: Flow = None
    with w.pending("break", "continue"), interrupted(w, node, turns, w.mark()):
        while said := more(len(turns)):
            if len(turns) > TURNS:
                w.give_up()
            flow, nodes, changed = noted(w, lambda: w.execute(node.body, env))
            turns.append((None, nodes))
            if flow in ("break", "return"):
                break
            if not changed and isinstance(node, ast.While):
                w.give_up()
        if said is None:
            w.give_up()
    printing = tuple(nodes for _, nodes in turns if nodes)
    if printing:
        most = any(leaves_loop(nodes) for nodes in printing)
        w.emit(Loop(len(turns), "", (None,) * len(printing), printing[0], printing, most))
    if flow == "return":
        return flow
    return w.execute(node.orelse, env) if flow != "break" else None
