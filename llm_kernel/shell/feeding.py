"""What stands in a group behind a pipe, and reads no input, must not take the group's: the library would give it all.

In ``ls | while read f; do stat "$f"; done`` it is ``read`` that the lines are for.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from tree_sitter import Node

from llm_kernel.syntax import parse, walk
from llm_kernel.tokens import unquoted

__all__ = ["fed"]

_MAY = re.compile(r"\|\s*(?:\\\n\s*)*(?:while|until|for|if|case|select|\(|\{)|^[^|\n]*\|[^\n]*(?:\$\(|`)", re.MULTILINE)
_NOTHING = " </dev/null"
_WRAPPERS = frozenset("sudo env timeout nice nohup time command exec setsid stdbuf".split())
_ALWAYS = frozenset(["tee", "bc", "patch"])
"""Readers that take words which are no files to read."""
_FEEDS = frozenset(["herestring_redirect", "heredoc_redirect"])


def fed(script: str, readers: Collection[str], builtins: Collection[str]) -> str:
    """``script`` where programs in such groups have no input, but for ``readers`` and the library's ``builtins``."""
    if not _MAY.search(script):
        return script
    data = script.encode("utf-8", "replace")
    ends = [
        node.end_byte
        for node in walk(parse(script))
        if node.type == "command" and _behind_a_pipe(node) and not _has_input(node) and _deaf(node, readers, builtins)
    ]
    for end in sorted(ends, reverse=True):
        data = data[:end] + _NOTHING.encode() + data[end:]
    return data.decode("utf-8", "replace")


def _behind_a_pipe(node: Node) -> bool:
    """Whether ``node`` stands in a group that a pipe feeds, and nothing nearer to it does."""
    below, above = node, node.parent
    while above is not None:
        if above.type in ("function_definition", "process_substitution"):
            return False
        if above.type == "pipeline" and above.named_children[0].id != below.id:
            return below.id != node.id and not (below.type == "redirected_statement" and _is(below, node))
        if above.type == "redirected_statement" and any(map(_feeds, above.children)):
            return False
        below, above = above, above.parent
    return False


def _is(statement: Node, command: Node) -> bool:
    body = statement.child_by_field_name("body")
    return body is not None and body.id == command.id


def _has_input(node: Node) -> bool:
    return any(map(_feeds, node.children))


def _feeds(redirect: Node) -> bool:
    text = (redirect.text or b"").lstrip(b"0")
    return redirect.type in _FEEDS or (redirect.type == "file_redirect" and text.startswith(b"<"))


def _deaf(node: Node, readers: Collection[str], builtins: Collection[str]) -> bool:
    """Whether the program reads nothing: it is none that does, or it was given files to read."""
    nodes = [node.child_by_field_name("name"), *node.children_by_field_name("argument")]
    words = [unquoted((word.text or b"").decode("utf-8", "replace")) for word in nodes if word is not None]
    for at, text in enumerate(words):
        name = text.rpartition("/")[2]
        if name in _WRAPPERS or text.startswith("-") or "=" in text or text[:1].isdigit():
            continue
        if not name or "$" in text or name in builtins:
            return False
        if name == "dd":
            return any(word.startswith("if=") for word in words[at:])
        return name not in readers or (name not in _ALWAYS and _has_operand(words[at + 1 :]))
    return False


def _has_operand(words: list[str]) -> bool:
    return any(word != "-" and not word.startswith("-") for word in words)
