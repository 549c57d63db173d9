"""Programs whose output a pipe, a file or a substitution takes wherever a script calls them.

A job waits for what its programs write to come in, for others may look at its log; theirs never comes.
"""

from __future__ import annotations

from collections.abc import Collection

from tree_sitter import Node

from llm_kernel.shell.background import copies, routes
from llm_kernel.syntax import parse, walk

__all__ = ["captured"]

_RUNNING = frozenset(". alias bash dash eval sh source trap".split())
"""Words that run what is no word of the script."""

_SUBSTITUTED = frozenset(["command_substitution", "process_substitution"])


def captured(script: str, doubtful: Collection[str] = (), *, files: bool = True) -> frozenset[str]:
    """The words of ``script`` that stand only where output is taken; none of ``doubtful``, which others may call.

    ``files``: a file takes it too, not only another program.
    """
    taken: dict[str, bool] = {}
    for node in walk(parse(script)):
        if node.type == "word":
            word = (node.text or b"").decode("utf-8", "replace")
            taken[word] = taken.get(word, True) and _taken(node, files)
    if not _RUNNING.isdisjoint(taken):
        return frozenset()
    return frozenset(word for word, always in taken.items() if always).difference(doubtful)


def _taken(node: Node, files: bool) -> bool:
    while (above := node.parent) is not None:
        if above.type in _SUBSTITUTED:
            return True
        if above.type == "pipeline" and above.named_children[-1] != node:
            return True
        if files and above.type == "redirected_statement" and any(_takes(*route) for route in routes(above)):
            return True
        node = above
    return False


def _takes(descriptor: int, operator: str, to: str) -> bool:
    """Whether a redirection leads standard output into a file."""
    out, to = descriptor == 1 or operator.startswith("&"), to.strip("\"'")
    return out and not copies(operator, to) and (to == "/dev/null" or not to.startswith(("/dev/", "/proc/")))
