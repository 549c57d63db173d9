"""What ``set -x`` shows of compound commands, of which the library traces only what is in them."""

from __future__ import annotations

import re

from tree_sitter import Node

from llm_kernel.shell.lead import INNER, Edit, Lead, alone, text_of
from llm_kernel.tokens import quoted

__all__ = ["HEADED", "heads", "traces"]

HEADED = frozenset(["for_statement", "case_statement"])
"""Commands whose heads are shown."""

_TRACED = re.compile(r"\bset\s(?:[-+]\w+\s+)*-\w*x|\bxtrace\b")


def traces(script: str) -> bool:
    """Whether ``script`` may show what it does."""
    return _TRACED.search(script) is not None


def heads(node: Node, lead: Lead) -> list[Edit]:
    """``for x in WORDS``, shown at each turn, and ``case WORD in``, shown before it chooses."""
    if node.type == "case_statement":
        value = node.child_by_field_name("value")
        if value is None or not alone(node):
            return []
        return [_shown(node.start_byte, f"case {text_of(value)} in", lead)]
    body = node.child_by_field_name("body")
    variable = node.child_by_field_name("variable")
    if body is None or variable is None or text_of(node.children[0]) != "for" or text_of(body.children[0]) != "do":
        return []
    words = " ".join(map(text_of, node.children_by_field_name("value")))
    if not any(child.type == "in" for child in node.children):
        words = '"$@"'
    return [_shown(body.children[0].end_byte, f"for {text_of(variable)} in {words}", lead)]


def _shown(at: int, head: str, lead: Lead) -> Edit:
    # a trace of the word itself is one line, and is taken out as such
    told = quoted(head.replace("\n", " "))
    return at, at, f' {INNER} </dev/null {lead.pid} traced $? "$-" "$PS4" {told}; '
