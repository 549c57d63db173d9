"""Whether a text only declares: a shell that takes it over then runs nothing.

A kept shell may come from a file that somebody else made. What cannot be told is taken to run something.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from llm_kernel.syntax import parse, walk

__all__ = ["declares", "defines"]

_RUNS = frozenset(
    """ERROR arithmetic_expansion command_substitution expansion file_redirect heredoc_redirect herestring_redirect
    process_substitution simple_expansion subscript""".split()
)
"""What a plain value has nowhere in it."""

_NAMED = re.compile(r"(?m)^[\w.:@+-]+ \(\) $")
_PATTERN = re.compile(r"[?*+@!]\(([^()\\'\"`$;&\n{}<>]*)\)")


def declares(text: str, heads: Collection[str]) -> bool:
    """Whether ``text`` is nothing but commands of ``heads`` with values for arguments."""
    root = parse(text)
    if root.has_error:
        return False
    for child in root.named_children:
        if child.type == "comment":
            continue
        if child.type == "declaration_command":
            head = (child.children[0].text or b"").decode("utf-8", "replace")
        elif child.type in ("command", "unset_command"):
            name = child.child_by_field_name("name") or child.children[0]
            head = (name.text or b"").decode("utf-8", "replace")
            if child.named_children and child.named_children[0].type == "variable_assignment":
                return False
        else:
            return False
        if head not in heads or any(node.type in _RUNS for node in walk(child, tokens=True)):
            return False
    return all(child.is_named or child.type in ("\n", ";") for child in root.children)


def defines(text: str) -> bool:
    """Whether ``text`` is nothing but definitions of functions."""
    root = parse(_plain(text))
    kinds = {child.type for child in root.named_children}
    plain = all(child.is_named or child.type in ("\n", ";") for child in root.children)
    return not root.has_error and plain and kinds <= {"function_definition", "comment"}


def _plain(text: str) -> str:
    """``text`` with a plain name for each function, whichever it has, and words for patterns of ``extglob``.

    Neither holds anything that parts commands.
    """
    before, text = "", _NAMED.sub("f () ", text)
    while before != text:
        before, text = text, _PATTERN.sub(r"__\1_", text)
    return text
