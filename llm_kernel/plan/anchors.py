"""Which turns of a long loop are asked of a model: the first ones, the last, some between; the rest lies between them.

Only loops whose number of turns is known, which nothing leaves early, and whose turns can be told from each other by
their first line, a counter in it.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace

from llm_kernel.plan.nodes import Choice, Free, Hole, Leave, Line, Literal, Loop, Node, Plan, Scope, children, leaves

__all__ = ["anchors", "between", "thinned"]

_MANY = 12
"""Turns up to which a loop is asked for whole."""
_MOST = 5000
_KINDS = 6
"""Kinds of lines of which the first and the last are asked for, wherever they stand."""


def anchors(loop: Loop, deep: int = 0) -> tuple[int, ...]:
    """The turns of ``loop``, counted from 0, that are asked for; empty where all are. ``deep``: the loops around it."""
    count = len(loop.turns)
    if not _MANY < count <= _MOST or loop.most or not _told_apart(loop) or not all(map(_closed, loop.turns)):
        return ()
    few = {0, count // 2, count - 1} if deep else {0, 1, count // 4 - 1, count // 2 - 1, count - 1}
    seen: dict[tuple[object, ...], tuple[int, int]] = {}
    for at, turn in enumerate(loop.turns):
        shape = _shape(turn)
        seen[shape] = (seen[shape][0] if shape in seen else at, at)
    if len(seen) <= _KINDS:
        few |= {at for ends in seen.values() for at in ends}
    return tuple(sorted(few)) if len(few) * 2 <= count else ()


def between(turn: Iterable[Node], seed: str) -> tuple[Line, ...]:
    """The lines of a turn that nobody is asked for; where its source leaves it open which, chance decides."""
    lines: list[Line] = []
    _run(tuple(turn), lines, random.Random(seed))
    return tuple(lines)


def thinned(plan: Plan) -> Plan:
    """The plan in which long loops have only the turns that are asked for; the same plan where there are none."""
    nodes = _thin_all(plan.nodes, 0)
    return plan if nodes == plan.nodes else replace(plan, nodes=nodes)


def _thin_all(nodes: tuple[Node, ...], deep: int) -> tuple[Node, ...]:
    out: list[Node] = []
    for node in nodes:
        match node:
            case Loop() if asked := anchors(node, deep):
                turns = [_thin_all(node.turns[at], deep + 1) for at in asked]
                out += [Scope("continue", turn) for turn in turns]
            case Loop() if node.turns:
                out.append(replace(node, turns=tuple(_thin_all(turn, deep + 1) for turn in node.turns)))
            case Loop():
                out.append(replace(node, body=_thin_all(node.body, deep + 1)))
            case Scope():
                out.append(replace(node, body=_thin_all(node.body, deep), then=_thin_all(node.then, deep)))
            case Choice():
                out.append(Choice(tuple(_thin_all(branch, deep) for branch in node.branches)))
            case _:
                out.append(node)
    return tuple(out)


def _told_apart(loop: Loop) -> bool:
    """Whether the first line of each turn is unlike that of every other."""
    first = [next((node for node in turn if not isinstance(node, Leave)), None) for turn in loop.turns]
    texts = [_first_text(node) for node in first]
    return None not in texts and len(set(texts)) == len(texts)


def _first_text(node: Node | None) -> str | None:
    """The fixed text at the beginning of what a node prints first; None where it is not one line."""
    if isinstance(node, Loop) and (node.turns or node.count):
        inner = node.turns[0] if node.turns else node.body
        return _first_text(inner[0]) if inner else None
    if isinstance(node, Scope):
        return _first_text(node.body[0]) if node.body else None
    if not isinstance(node, Line):
        return None
    return "".join(part.text if isinstance(part, Literal) else "\0" for part in node.parts)


def _closed(turn: tuple[Node, ...]) -> bool:
    """Whether a turn ends at the beginning of a line, stays in its loop, and foresees all that it prints."""
    if any(leaves(turn, target) for target in ("break", "return", "raise", "exit")):
        return False
    return _whole(turn)


def _whole(nodes: tuple[Node, ...]) -> bool:
    for node in nodes:
        if isinstance(node, Free) and node.stream == "stdout":
            return False
        if isinstance(node, Line) and not node.end.endswith("\n"):
            return False
        if not all(map(_whole, children(node))):
            return False
    return True


def _shape(turn: tuple[Node, ...]) -> tuple[object, ...]:
    """What kinds of lines a turn has, whatever its counters say."""
    found: list[object] = []
    for node in turn:
        if isinstance(node, Line):
            found.append(tuple(part if isinstance(part, Hole) else len(part.text.split()) for part in node.parts))
        else:
            found.append((type(node).__name__, *(_shape(inner) for inner in children(node)[:1])))
    return tuple(found)


def _run(nodes: tuple[Node, ...], lines: list[Line], dice: random.Random) -> str:
    """Walk through nodes and keep the lines; where control leaves to, empty at their end."""
    for node in nodes:
        left = ""
        match node:
            case Line():
                lines.append(node)
            case Choice():
                left = _run(node.branches[dice.randrange(len(node.branches))], lines, dice)
            case Loop():
                for turn in node.turns or (node.body,) * (node.count or 0):
                    if (left := _run(turn, lines, dice)) and left != "continue":
                        break
                left = "" if left in ("break", "continue") else left
            case Scope():
                left = _run(node.body, lines, dice)
                left = _run(node.then, lines, dice) if left == node.target else left
            case Leave():
                return node.to
            case Free():
                pass
        if left:
            return left
    return ""
