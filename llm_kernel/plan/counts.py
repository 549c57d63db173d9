"""How many lines a plan prints, and how often its loops turn."""

from __future__ import annotations

from typing import TypedDict

from llm_kernel.plan.nodes import LINES, Choice, Free, Hole, Leave, Line, Literal, Loop, Node, Plan, Scope, leaves, walk


class Counts(TypedDict):
    """``lines`` is None where only ``least`` and ``most`` are known, and ``most`` where there is no bound."""

    lines: int | None
    least: int
    most: int | None
    loops: list[tuple[str, int | None]]
    free: int


def counts(plan: Plan, stream: str = "stdout") -> Counts:
    """Lines on one stream, and for each printing loop its variable and its turns."""
    low, high = _lines(plan.nodes, stream)
    nodes = list(walk(plan.nodes))
    loops = [(each.var, each.count) for each in nodes if isinstance(each, Loop)]
    free = sum(isinstance(each, Free) and each.stream == stream for each in nodes)
    return Counts(lines=low if low == high else None, least=low, most=high, loops=loops, free=free)


def _lines(nodes: tuple[Node, ...], stream: str) -> tuple[int, int | None]:
    low, high = 0, 0
    open_ = sure = False
    for node in nodes:
        least, most = _node(node, stream)
        low += least if not sure else 0
        open_ = open_ or most is None
        high += most or 0
        sure = sure or any(leaves((node,), target) for target in ("break", "continue", "return", "raise", "exit"))
    return low, None if open_ else high


def _node(node: Node, stream: str) -> tuple[int, int | None]:
    match node:
        case Line():
            text = "".join(part.text for part in node.parts if isinstance(part, Literal)) + node.end
            lines = text.count("\n") if node.stream == stream else 0
            several = any(isinstance(part, Hole) and part.format == LINES for part in node.parts)
            return lines, None if several and node.stream == stream else lines
        case Free():
            return 0, None if node.stream == stream else 0
        case Choice():
            both = [_lines(branch, stream) for branch in node.branches]
            most = [high for _, high in both if high is not None]
            return min(low for low, _ in both), max(most) if len(most) == len(both) else None
        case Scope():
            low, high = _lines(node.body, stream)
            _, after = _lines(node.then, stream)
            return low, None if high is None or after is None else high + after
        case Loop():
            return _loop(node, stream)
        case Leave():
            return 0, 0


def _loop(node: Loop, stream: str) -> tuple[int, int | None]:
    if node.turns:
        both = [_lines(turn, stream) for turn in node.turns]
        most = [high for _, high in both if high is not None]
        low = both[0][0] if node.most else sum(low for low, _ in both)
        return low, sum(most) if len(most) == len(both) else None
    low, high = _lines(node.body, stream)
    if node.count is None:
        return 0, 0 if high == 0 else None
    return (0 if node.most else low * node.count), None if high is None else high * node.count
