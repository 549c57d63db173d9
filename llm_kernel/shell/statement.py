"""The statement that a command is part of: behind it, and not before, its shell looks for the signals it was sent."""

from __future__ import annotations

from tree_sitter import Node

__all__ = ["statement"]

_HOLDERS = frozenset(
    """program do_group compound_statement subshell if_statement elif_clause else_clause while_statement case_item
    list""".split()
)
_CHILDREN = frozenset(["pipeline", "command_substitution", "process_substitution", "subshell"])
_WHOLE = frozenset(
    """command redirected_statement pipeline negated_command test_command variable_assignment declaration_command
    subshell""".split()
)


def statement(command: Node) -> Node | None:
    """The whole that ``command``'s shell runs: with its redirections, its pipe, and what it is substituted into.

    None where nothing can stand behind it: it gives the words of a loop, a here-document follows, or the states of its
    pipe are asked for.
    """
    node, whole, settled = command, None, False
    while (above := node.parent) is not None:
        if node.type in _CHILDREN and not _traps(node):
            settled = False  # a child shell, whose traps are its parent's
        if not settled and above.type in _HOLDERS:
            whole, settled = (node if node.type in _WHOLE else None), True
        node = above
    if whole is None or _followed(whole):
        return None
    return None if whole.type == "pipeline" and b"PIPESTATUS" in (node.text or b"") else whole


def _traps(node: Node) -> bool:
    """Whether traps of its own are set in a child shell."""
    return b"trap " in (node.text or b"")


def _followed(node: Node) -> bool:
    """Whether the text of a here-document belongs to a statement."""
    return any(child.type == "heredoc_redirect" or _followed(child) for child in node.named_children)
