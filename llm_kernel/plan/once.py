"""A loop that is walked once for all of its turns, where they are not known or are too many."""

from __future__ import annotations

import ast
from collections.abc import Callable

from llm_kernel.plan.counted import Counter
from llm_kernel.plan.expressions import assign
from llm_kernel.plan.forgetting import forget, may_bind
from llm_kernel.plan.nodes import Choice, Free, Leave, Loop, Node, leaves
from llm_kernel.plan.reckoning import hanging
from llm_kernel.plan.targets import label_of, loop_names, word_of
from llm_kernel.plan.telling import told
from llm_kernel.plan.turns import emit_all, emit_turns, leaves_loop
from llm_kernel.plan.unrolling import repeated, teller
from llm_kernel.plan.values import Env, Items, truth
from llm_kernel.plan.walk import Exited, Flow, Raised, Walk

_READ = 3000
"""Turns that are told one by one of a loop that is walked once: nobody reads more."""


def once(w: Walk, node: ast.For | ast.AsyncFor | ast.While, items: Items, env: Env, extra: Node | None) -> Flow:
    """One turn for all; where even that is too much to walk, nobody knows what the loop prints."""
    key = node.test if isinstance(node, ast.While) else node.target
    w.doubt += 1
    try:
        done, flow = w.attempt(lambda: _abstract(w, node, items, env, extra), key)
    finally:
        w.doubt -= 1
    if done:
        return flow
    if w.loud(node):
        w.emit(Free(expr="a loop"))
    forget(w, w.touches(node)[1], env)
    may_bind(w, node, env)
    return None


def _abstract(w: Walk, node: ast.For | ast.AsyncFor | ast.While, items: Items, env: Env, extra: Node | None) -> Flow:
    """The first turn as it is, and one turn that stands for all later ones."""
    loop = Counter()
    later = hanging(items, loop)

    def turn(number: int | None) -> Callable[[], Flow]:
        def walk() -> Flow:
            if isinstance(node, ast.While):
                said = truth(w.evaluate(node.test, env))
                if said is False:
                    return "break"
            else:
                assign(w, node.target, later if number is None else items.at(number), env)
            if extra is not None:
                w.emit(extra)
            return w.execute(node.body, env)

        return walk

    def guarded(way: Callable[[], Flow]) -> tuple[Flow, tuple[Node, ...]]:
        def walk() -> Flow:
            try:
                return way()
            except Exited:
                w.emit(Leave("exit"))
            except Raised:
                w.emit(Leave("raise"))
            return "dead"

        return w.record(walk)

    if items.count == 0:
        return w.execute(node.orelse, env)
    with w.pending("break", "continue"):
        w.state.begin()
        flow, first = guarded(turn(0))
        rest: tuple[Node, ...] = ()
        again: Flow = flow
        if flow is None and _repeats(w, node):
            rest = first
        elif flow in (None, "continue"):
            for _ in range(2):
                w.state.begin()
                guarded(turn(None))
                w.state.merge([{}, w.state.rollback()], widen=True)
            w.state.begin()
            again, rest = guarded(turn(None))
            w.state.merge([{}, w.state.rollback()], widen=True)
        certain = items.count is not None or items.endless
        certain = certain or (isinstance(node, ast.While) and truth(w.evaluate(node.test, env)) is True)
        if certain:
            w.state.commit()
        else:
            w.state.merge([{}, w.state.rollback()])
    numbered = items.count is not None or items.endless
    each = teller(rest, loop) if numbered and flow == again is None else None
    if each is not None:
        _tell_each(w, node, items, first, rest, each)
        if (
            items.count is not None
            and not leaves_loop(first)
            and not leaves_loop(rest)
            and not isinstance(node, ast.While)
        ):
            assign(w, node.target, items.at(items.count - 1), env, quiet=True)
    else:
        _emit_abstract(w, node, items, (flow, first), (again, rest), certain)
    if flow == "return" and certain:
        return "return"
    if "return" in (flow, again):
        w.returns(w.result)
    if node.orelse and (leaves_loop(first) or leaves_loop(rest)):
        return w.fork([lambda: w.execute(node.orelse, env), lambda: None])
    return w.execute(node.orelse, env)


def _repeats(w: Walk, node: ast.For | ast.AsyncFor | ast.While) -> bool:
    """Whether all turns do as the one that was walked: it changed nothing, and nothing in it reads the counter."""
    if isinstance(node, ast.While):
        return False
    names = loop_names(node.target)
    moved = {key for _, key in w.state.logs[-1].moved()}
    return moved <= names and not any(w.touches(each)[0] & names for each in node.body)


def _tell_each(
    w: Walk,
    node: ast.For | ast.AsyncFor | ast.While,
    items: Items,
    first: tuple[Node, ...],
    rest: tuple[Node, ...],
    each: Callable[[int], tuple[Node, ...]],
) -> None:
    """Emit the first turn, and ``rest``, which stands for all others, as it is in ``each`` of them."""
    assert not isinstance(node, ast.While)
    count = items.count
    most = min(told(w, first or rest, _READ if count is None else count), _READ, max(2, w.left // 2))
    w.spend(most)
    turns = [(label_of(node.target, items.at(0)), first)]
    for turn in range(1, most):
        turns.append((label_of(node.target, items.at(turn)), each(turn)))
        end = turns[-1][1][-1:]
        if end and isinstance(end[0], Leave) and end[0].to != "continue":
            break
    else:
        if count is None or most < count:
            turns.append((None, (Loop(None if count is None else count - most, word_of(node.target), (), rest),)))
    emit_turns(w, node, turns, len(turns) if count is None else count, False)


def _emit_abstract(
    w: Walk,
    node: ast.For | ast.AsyncFor | ast.While,
    items: Items,
    one: tuple[Flow, tuple[Node, ...]],
    later: tuple[Flow, tuple[Node, ...]],
    certain: bool,
) -> None:
    word = "" if isinstance(node, ast.While) else word_of(node.target)
    count, times = items.count, items.times
    flow, first = one
    again, rest = later
    if flow == "return" and not certain:
        first = (*first, Leave("return"))
    if again in ("break", "return"):
        rest = (*rest, Leave("break" if again == "break" else "return"))
    if not first and not rest:
        return
    most = leaves_loop(rest)
    if first == rest and flow == again:
        emit_all(w, repeated(Loop(count, word, (), rest, (), most, times)))
        return
    inner: list[Node] = list(first)
    if rest and flow in (None, "continue"):
        inner.append(Loop(count - 1 if count is not None else None, word, (), rest, (), most))
    wrapped = (Loop(1, word, (), tuple(inner), (), True),) if _breaks(first) else tuple(inner)
    for each in wrapped if certain else (Choice((wrapped, ())),):
        w.emit(each)


def _breaks(nodes: tuple[Node, ...]) -> bool:
    return leaves(nodes, "break") or leaves(nodes, "continue")
