"""Whether what stands behind a pipe lives through the time of what it reads, instead of only passing that on."""

from __future__ import annotations

from tree_sitter import Node

from llm_kernel.syntax import parse, walk

__all__ = ["abreast"]

_LIVING = frozenset(
    """. bash chronic dash date env eval nice nohup printf setsid sh sleep source sudo time timeout ts uptime
    watch xargs""".split()
)
"""Commands that tell or take time, or run others that may."""

_STATEMENTS = frozenset(["redirected_statement", "negated_command"])


def abreast(script: str) -> bool:
    """Whether a command of ``script`` reads from another one and looks at the clock, or sleeps, meanwhile."""
    if "|" not in script and ">(" not in script:
        return False
    return any(_lives(end) for node in walk(parse(script)) for end in _ends(node))


def _ends(node: Node) -> list[Node]:
    """The commands that read what another one of ``node`` writes, while it does."""
    if node.type == "pipeline":
        return node.named_children[1:]
    return node.named_children if node.type == "process_substitution" else []


def _lives(command: Node) -> bool:
    while command.type in _STATEMENTS and command.named_children:
        command = command.named_children[0]
    name = command.child_by_field_name("name") if command.type == "command" else None
    return name is None or (name.text or b"").decode("utf-8", "replace") in _LIVING
