"""``$BASH_COMMAND``, which the library leaves empty: each statement is put behind an assignment of its own text."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from tree_sitter import Node

from llm_kernel.shell.lead import Edit, replaced, text_of
from llm_kernel.shell.printed import printed
from llm_kernel.tokens import quoted

__all__ = ["TOLD", "commanded"]

_HOLDERS = frozenset(
    """program do_group compound_statement subshell if_statement elif_clause else_clause while_statement case_item
    list""".split()
)
_NAMED = frozenset(
    ["command", "variable_assignment", "test_command", "declaration_command", "unset_command", "subshell"]
)
_UNSAID = frozenset(["exit", "return"])
"""Words that, alone, go by the status of the command before, as ``$?`` does."""

TOLD = "__llm_kernel_told"
"""Says in a trap that a statement has been named; a shell forgets it before its next script."""
_WORD = re.compile(r"[\w.:-]+")


def commanded(nodes: Sequence[Node]) -> list[Edit]:
    """The edits of a script that asks for it; the functions that its traps call leave it as it is."""
    traps = [body for node in nodes if (body := _body(node)) is not None]
    handlers = {word for body in traps for word in _WORD.findall(text_of(body))}
    asking = {_name(node) for node in nodes if node.type == "function_definition" and "$?" in text_of(node)}
    edits: list[Edit] = []
    for node in nodes:
        said = _said(node, asking)
        if said and handlers.isdisjoint(_around(node)):
            edits += _telling(node, said)
    return edits + [edit for node in nodes for edit in _debugging(node)]


def _body(node: Node) -> Node | None:
    """What a trap runs."""
    name = node.child_by_field_name("name") if node.type == "command" else None
    words = node.children_by_field_name("argument")
    return words[0] if name is not None and text_of(name) == "trap" and len(words) > 1 else None


def _debugging(node: Node) -> list[Edit]:
    """A trap for ``DEBUG`` does not run for the assignments."""
    body = _body(node)
    if body is None or "DEBUG" not in text_of(node) or body.type not in ("raw_string", "string"):
        return []
    quote, text = text_of(body)[0], text_of(body)[1:-1]
    mark = "$" if quote == "'" else "\\$"
    return [replaced(body, f"{quote}[[ -z {mark}{TOLD} ]] || {{ {TOLD}=; {text.rstrip(' ;')}; }}{quote}")]


def _around(node: Node) -> set[str]:
    """The functions in which a node stands."""
    names, above = set[str](), node.parent
    while above is not None:
        if above.type == "function_definition":
            names.add(_name(above))
        above = above.parent
    return names


def _name(function: Node) -> str:
    name = function.child_by_field_name("name")
    return "" if name is None else text_of(name)


def _said(node: Node, asking: Collection[str]) -> str:
    """What a statement is called; empty for a compound, and where an assignment before it would be seen.

    ``asking``: functions that look at the status of what was before.
    """
    if node.parent is None or node.parent.type not in _HOLDERS:
        return ""
    last = node
    while last.type in ("pipeline", "negated_command"):
        last = last.named_children[-1]
    simple = last.child_by_field_name("body") if last.type == "redirected_statement" else last
    counts = simple is not None and simple.type == "compound_statement" and text_of(simple).startswith("((")
    if simple is None or not (counts or simple.type in _NAMED) or "$?" in text_of(node):
        return ""
    text = printed(last) or text_of(last)
    first, _, rest = text.partition(" ")
    silent = first in asking or (first in _UNSAID and not rest) or first == "trap" or "__llm_kernel" in text
    return "" if silent else text


def _telling(node: Node, said: str) -> list[Edit]:
    told = quoted(said).replace("\n", "'$'\\n''")  # lines keep their numbers
    # the spaces let it stand before what else is put there
    before = f"{TOLD}= BASH_COMMAND={told} {TOLD}=1; "
    if node.parent is not None and node.parent.type == "list" and node.prev_sibling is not None:
        if any(child.type == "heredoc_redirect" for child in node.children):
            return []
        return [(node.start_byte, node.start_byte, f"    {{ {before}"), (node.end_byte, node.end_byte, "; }")]
    return [(node.start_byte, node.start_byte, f"    {before}")]
