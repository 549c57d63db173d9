"""The syntax trees of C, C++ and JavaScript, by tree-sitter's grammars, and what their nodes hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Literal, TypeAlias

from tree_sitter import Language, Node, Parser

__all__ = ["Tongue", "called", "every", "given", "text", "tree", "unescaped"]

Tongue: TypeAlias = Literal["c", "cpp", "javascript"]

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "e": "\x1b"}
_DEEPEST = 150


@cache
def _language(tongue: Tongue) -> Language:
    return Language(import_module(f"tree_sitter_{tongue}").language())


def tree(source: str, tongue: Tongue) -> Node | None:
    """The root of a source's tree; None where it cannot be read whole, or is nested too deeply to be walked."""
    root = Parser(_language(tongue)).parse(source.encode("utf-8", "replace")).root_node
    return None if root.has_error or _deep(root) else root


def _deep(root: Node) -> bool:
    level = [root]
    for _ in range(_DEEPEST):
        level = [child for node in level for child in node.named_children]
        if not level:
            return False
    return True


def every(*roots: Node) -> Iterator[Node]:
    """These nodes and all below them, in the order of the text."""
    todo = list(reversed(roots))
    while todo:
        node = todo.pop()
        yield node
        todo.extend(reversed(node.named_children))


def text(node: Node | None) -> str:
    """The source of a node; empty without one."""
    return (node.text or b"").decode("utf-8", "replace") if node is not None else ""


def called(call: Node) -> tuple[str, Node | None]:
    """The name that a call calls, without what stands before its last dot, and the object before that."""
    function = call.child_by_field_name("function") or call.child_by_field_name("constructor")
    if function is None:
        return "", None
    if function.type in ("member_expression", "field_expression"):
        named = function.child_by_field_name("property") or function.child_by_field_name("field")
        return text(named), function.child_by_field_name("object") or function.child_by_field_name("argument")
    if function.type == "qualified_identifier":
        return text(function).rpartition("::")[2], None
    return (text(function), None) if function.type == "identifier" else ("", None)


def given(call: Node) -> list[Node]:
    """The arguments of a call."""
    arguments = call.child_by_field_name("arguments")
    return [one for one in arguments.named_children if one.type != "comment"] if arguments is not None else []


def unescaped(node: Node) -> str | None:
    """What the text of a string's node means; None where it is put together at run time or is no string."""
    if node.type == "concatenated_string":
        parts = [unescaped(part) for part in node.named_children if part.type != "comment"]
        return None if None in parts else "".join(part or "" for part in parts)
    if node.type not in ("string_literal", "string", "template_string"):
        return None
    if node.type == "string_literal" and not text(node).startswith('"'):  # u8"", L"", R"()"
        return None
    made = ""
    for part in node.named_children:
        if part.type in ("string_content", "string_fragment"):
            made += text(part)
        elif part.type == "escape_sequence":
            made += _escape(text(part)[1:])
        else:
            return None
    return made


def _escape(code: str) -> str:
    if found := re.fullmatch(r"x([0-9a-fA-F]+)|u\{?([0-9a-fA-F]+)\}?|U([0-9a-fA-F]{8})", code):
        value = int(found[1] or found[2] or found[3], 16)
    elif re.fullmatch(r"[0-7]{1,3}", code):
        value = int(code, 8)
    else:
        return "" if code.startswith("\n") else _ESCAPES.get(code, code)
    return chr(value) if value < 0xD800 or 0xDFFF < value <= 0x10FFFF else "\ufffd"
