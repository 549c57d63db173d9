"""``read`` at the terminal: the library gives it end of file, so its input is asked for in the notebook instead.

Whether standard input is the terminal comes from the script's text. Where that cannot tell (in a function, behind a
pipe), it is end of file.
"""

from __future__ import annotations

import re

from tree_sitter import Node

from llm_kernel.syntax import parse, walk
from llm_kernel.tokens import unquoted

__all__ = ["ASK", "asking", "at_terminal", "unfed"]

ASK = "__llm_kernel_ask"
"""Our word that asks the person at the notebook for a line: ``-s`` hidden, then the prompt."""

_MAY = re.compile(r"\bread\b")
_RUNS = re.compile(r"(?:bash|sh|dash|source|\.|eval|[^=]*/.*)")
_TAKES = "adinNptu"
"""The options of ``read`` that take a word."""


def asking(script: str) -> str:
    """``script`` with the lines that it reads from the terminal asked for."""
    if not _MAY.search(script):
        return script
    data = script.encode("utf-8", "replace")
    edits: list[tuple[int, str]] = []
    for node in walk(parse(script)):
        if node.type == "command" and _text(node.child_by_field_name("name")) == "read" and at_terminal(node):
            asked = _asked(node)
            if asked is not None:
                edits.append((node.end_byte, f" < <({ASK}{asked})"))
    for at, text in sorted(edits, reverse=True):
        data = data[:at] + text.encode() + data[at:]
    return data.decode("utf-8", "replace")


def unfed(script: str) -> bool:
    """Whether the terminal is the standard input of every shell text that ``script`` runs."""
    for node in walk(parse(script)):
        runs = node.type == "command" and _RUNS.fullmatch(_text(node.child_by_field_name("name")))
        if runs and not at_terminal(node):
            return False
    return True


def at_terminal(node: Node) -> bool:
    """Whether nothing around ``node`` feeds its standard input."""
    below, above = node, node.parent
    while above is not None:
        if above.type in ("function_definition", "process_substitution", "ERROR"):
            return False
        if above.type == "pipeline" and above.named_children[0].id != below.id:
            return False
        if above.type == "redirected_statement" and any(_feeds(child) for child in above.children):
            return False
        below, above = above, above.parent
    return not any(_feeds(child) for child in node.children)


def _feeds(redirect: Node) -> bool:
    if redirect.type in ("herestring_redirect", "heredoc_redirect"):
        return True
    return redirect.type == "file_redirect" and _text(redirect).lstrip("0").startswith("<")


def _asked(node: Node) -> str | None:
    """The words behind ours; None where ``read`` reads something else."""
    words = [_text(word) for word in node.children_by_field_name("argument")]
    hidden, prompt = "", ""
    while words:
        word = words.pop(0)
        letters = unquoted(word)[1:] if word.startswith("-") and len(word) > 1 else ""
        if not letters or word == "--":
            break
        for at, letter in enumerate(letters):
            hidden = " -s" if letter == "s" else hidden
            if letter in _TAKES:
                rest = letters[at + 1 :]
                value = f"'{rest}'" if rest and "'" not in rest else words.pop(0) if words and not rest else ""
                if letter == "u":
                    return None
                prompt = value if letter == "p" else prompt
                break
    return f"{hidden} -- {prompt}" if prompt else hidden


def _text(node: Node | None) -> str:
    return (node.text or b"").decode("utf-8", "replace") if node is not None else ""
