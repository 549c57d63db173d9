"""The print plan: what a Python program can print, read off its source without running it."""

from __future__ import annotations

import ast
import posixpath
import warnings
from collections.abc import Callable, Mapping, Sequence

from llm_kernel.plan.beyond import beyond
from llm_kernel.plan.certain import certain, text_of
from llm_kernel.plan.check import Matcher, check
from llm_kernel.plan.counts import counts
from llm_kernel.plan.gbnf import grammar
from llm_kernel.plan.hint import hint
from llm_kernel.plan.nodes import Choice, Free, Hole, Leave, Line, Literal, Loop, Node, Plan, Scope
from llm_kernel.plan.nodes import walk as every_node
from llm_kernel.plan.saves import saved
from llm_kernel.plan.shapes.load import load_of
from llm_kernel.plan.trees import every
from llm_kernel.plan.typical import typical
from llm_kernel.plan.walk import Exhausted
from llm_kernel.plan.walker import STEPS, Walker
from llm_kernel.plan.writes import writes

__all__ = [
    "Choice",
    "Free",
    "Hole",
    "Leave",
    "Line",
    "Literal",
    "Loop",
    "Matcher",
    "Plan",
    "Scope",
    "certain",
    "check",
    "counts",
    "every_node",
    "grammar",
    "hint",
    "plan",
    "text_of",
]

_LONGEST = 400_000


def _nothing(path: str) -> str | None:
    return None


def plan(
    source: str,
    argv: Sequence[str] = (),
    *,
    read: Callable[[str], str | None] = _nothing,
    facts: Mapping[str, object] | None = None,
    tree: ast.Module | None = None,
    steps: int | None = None,
) -> Plan | None:
    """What the program prints with these arguments, or None when that cannot be said.

    ``read`` gives the source of a module beside the script by its relative path (``utils/data.py``); ``facts`` are
    values the machine knows, by the dotted name of the attribute (``torch.__version__``) or call
    (``torch.cuda.device_count()``). ``tree`` is walked in place of the parsed source, ``steps``
    how long the walk may be in place of the usual.
    """
    if len(source) > _LONGEST:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            parsed = ast.parse(source)
            every_one = every(parsed)
            if beyond(every_one):
                return None
            walker = Walker(argv, read, facts or {}, steps or STEPS)
            nodes = walker.program(tree) if tree else walker.program(parsed, every_one)
        found = typical(source, argv)
        usual = found.sentence(*_epochs(nodes)) if found else ""
        named = writes(parsed, every_one)
        known = {posixpath.normpath(path) for path in named}
        return Plan(
            nodes,
            tuple(walker.fetched),
            (*named, *(path for path in walker.wrote if path not in known)),
            usual,
            saved(walker.saved),
            walker.fault,
            walker.status,
            tuple(path for path, sure in walker.wrote.items() if sure),
            tuple(sorted(walker.drawn)),
            load_of(walker.globals.names),
        )
    except (SyntaxError, ValueError, RecursionError, MemoryError, Exhausted):
        return None
    except Exception:
        return None


def _epochs(nodes: tuple[Node, ...]) -> tuple[int, int]:
    """The turns of the first loop that surely prints, for a training script its epochs, and the number of the first."""
    loop = next((node for node in every_node(nodes) if isinstance(node, Loop) and node.count), None)
    if loop is None or loop.count is None:
        return 1, 1
    first = loop.values[0] if loop.values else 1
    return loop.count, first if isinstance(first, int) and first > 1 else 1
