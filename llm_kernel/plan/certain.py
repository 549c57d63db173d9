"""The part of a plan that needs nobody's imagination: the lines at its beginning whose every character is known."""

from __future__ import annotations

from dataclasses import replace

from llm_kernel.plan.nodes import Line, Literal, Loop, Node, Plan, Scope, leaves

__all__ = ["certain", "text_of"]

_MOST = 2000


def certain(plan: Plan) -> tuple[tuple[Line, ...], Plan]:
    """The lines that are surely printed first, and the plan of the rest."""
    for whole in (True, False):  # a line may end in the middle only where nobody has to go on with it
        lines: list[Line] = []
        rest = _peel(plan.nodes, lines, whole)
        if not rest or not whole:
            break
    return tuple(lines), replace(plan, nodes=rest)


def text_of(line: Line) -> str:
    """What a line without holes prints."""
    return "".join(part.text for part in line.parts if isinstance(part, Literal)) + line.end


def _peel(nodes: tuple[Node, ...], lines: list[Line], whole: bool) -> tuple[Node, ...]:
    for index, node in enumerate(nodes):
        rest = nodes[index + 1 :]
        match node:
            case Line() if _literal(node, whole) and len(lines) < _MOST:
                lines.append(node)
            case Scope() if not leaves(node.body, node.target) and not node.then:
                inner = _peel(node.body, lines, whole)
                if inner:
                    return (replace(node, body=inner), *rest)
            case Loop() if node.turns and not node.most and not _jumps(node):
                turns = node.turns
                while turns:
                    left = _peel(turns[0], lines, whole)
                    if left:
                        return (*_as_loop(node, left, turns), *rest)
                    turns = turns[1:]
            case _:
                return nodes[index:]
    return ()


def _as_loop(loop: Loop, left: tuple[Node, ...], turns: tuple[tuple[Node, ...], ...]) -> tuple[Node, ...]:
    """What is left of a loop, of whose first turn only ``left`` is to come."""
    done = len(loop.turns) - len(turns)
    values = loop.values[done:]
    count = None if loop.count is None else loop.count - done
    return (replace(loop, turns=(left, *turns[1:]), values=values, count=count),)


def _jumps(loop: Loop) -> bool:
    return any(leaves(turn, target) for turn in loop.turns for target in ("break", "continue", "return", "exit"))


def _literal(line: Line, whole: bool) -> bool:
    return (whole or line.end.endswith("\n")) and all(isinstance(part, Literal) for part in line.parts)
