"""Lists of all that a shell has set, in which what the edits of a script have set has no place."""

from __future__ import annotations

import re

from tree_sitter import Node

from llm_kernel.shell.lead import Edit, ended, text_of

__all__ = ["LISTS", "listing", "named"]

LISTS = frozenset(["command", "declaration_command"])
"""Nodes that may list."""

_LISTING = re.compile(
    r"set|(?:declare|typeset)(?:\s+-[pxairlun]+)*|(?:export|readonly)(?:\s+-p)?"
    r"|compgen\s+(?:-v|-e|-A\s+(?:variable|export))(?:\s+\S+)?"
)
_NAMED = re.compile(r"\$\{!(_\w*)[*@]\}")
_OURS = "^(declare -[^ ]* )?__llm_kernel_"


def listing(node: Node) -> list[Edit]:
    """A command that lists variables leaves those of ours out; ``compgen`` fails where none are left."""
    if not _LISTING.fullmatch(text_of(node)):
        return []
    status = "" if text_of(node).startswith("compgen") else " (exit ${PIPESTATUS[0]});"
    behind = f" | grep -Ev '{_OURS}';{status} }}"
    return [(node.start_byte, node.start_byte, "{ "), (node.end_byte, node.end_byte, behind)]


def named(node: Node) -> list[Edit]:
    """``${!_*}``: the names that begin so, but ours."""
    text = text_of(node).lstrip()  # in a string, the spaces before it are taken for its own
    found = _NAMED.fullmatch(text)
    return [ended(node, text, f"$(compgen -v {found[1]} | grep -Ev '{_OURS}' | tr '\\n' ' ')")] if found else []
