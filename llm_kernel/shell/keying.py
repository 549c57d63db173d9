"""Keys of associative arrays: the library takes ``${m[$i,1]}`` for arithmetic, and ``([a b]=x)`` for two values."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tree_sitter import Node

from llm_kernel.shell.lead import Edit, text_of

__all__ = ["keyed", "keys_of"]

_STATEMENTS = frozenset(["command", "declaration_command", "test_command", "variable_assignment"])
_HELD = frozenset(["heredoc_body", "heredoc_redirect", "for_statement", "c_style_for_statement", "ERROR"])
_MIXED = re.compile(r"\$(?:\w|\{|\().*,.*", re.DOTALL)
_PLAIN = re.compile(r"\$\w+,\$\w+")
_KEY = "__llm_kernel_key_"


def keyed(nodes: Iterable[Node]) -> list[Edit]:
    """``${m[$i,1]}``: keys that begin with an expansion and have a comma are made before their statement."""
    edits: list[Edit] = []
    made: dict[tuple[int, int], str] = {}
    for node in nodes:
        key = _key(node)
        whole = _statement(node) if _MIXED.fullmatch(key) and not _PLAIN.fullmatch(key) else None
        if whole is None:
            continue
        name, place = f"{_KEY}{node.start_byte}", (whole.start_byte, whole.end_byte)
        made[place] = f'{made.get(place, "")}{name}="{key}"; '
        edits.append((node.end_byte - 1 - len(key.encode()), node.end_byte - 1, f"${name}"))
    for (start, end), keys in made.items():
        edits += [(start, start, f"{{ {keys}"), (end, end, "; }")]
    return edits


def _key(node: Node) -> str:
    """The key of an element whose value is asked for."""
    index = node.child_by_field_name("index") if node.type == "subscript" else None
    if index is None or node.parent is None or node.parent.type != "expansion":
        return ""
    return (node.text or b"")[index.start_byte - node.start_byte : -1].decode("utf-8", "replace")


def _statement(node: Node) -> Node | None:
    above: Node | None = node
    while above is not None and above.type not in _HELD:
        parent = above.parent
        if above.type in _STATEMENTS and parent is not None and parent.type not in (*_STATEMENTS, "array"):
            return parent if parent.type == "redirected_statement" else above
        above = parent
    return None


def keys_of(node: Node) -> list[Edit]:
    """``([a b]=x)``: a key of several words, which the library takes for several values."""
    edits: list[Edit] = []
    start = -1
    for word in node.named_children if node.type == "array" else ():
        text = text_of(word)
        if start < 0 and text.startswith("[") and "]" not in text:
            start = word.start_byte + 1
        elif start >= 0 and (close := re.match(r"[^]'\"]*(?=\]\+?=)", text)):
            end = word.start_byte + len(close[0].encode())
            edits += [(start, start, '"'), (end, end, '"')]
            start = -1
        elif "]" in text or not re.fullmatch(r"[^'\"]*", text):
            start = -1
    return edits
