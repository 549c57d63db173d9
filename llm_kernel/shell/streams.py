"""Which streams of a command are the terminal, and whether what it reads is a file that its script opened."""

from __future__ import annotations

import re

from tree_sitter import Node

from llm_kernel.shell.lead import text_of
from llm_kernel.syntax import parse

__all__ = ["aimed", "opened", "terminals"]

_AIMED = re.compile(r"(\d?)\s*(&>>|&>|>>|>&|<&|>\||<>|<|>)\s*(\S*)")


def opened(node: Node) -> bool:
    """Whether what a command reads is a file that its script opened."""
    above = node.parent
    while above is not None and above.type in ("redirected_statement", "compound_statement", "subshell", "list"):
        for redirect in above.children if above.type == "redirected_statement" else ():
            found = _AIMED.match(text_of(redirect)) if redirect.type == "file_redirect" else None
            if found and found[2] == "<" and found[1] in ("", "0"):
                return not found[3].startswith(("<", "/dev/"))
            if redirect.type in ("herestring_redirect", "heredoc_redirect"):
                return False
        above = above.parent
    return False


def terminals(node: Node, terminal: str) -> str:
    """Which streams of a command are the terminal, where its script's are ``terminal``."""
    found = set(terminal)
    below, above = node, node.parent
    while above is not None:
        if above.type == "redirected_statement":
            for redirect in above.children:
                _aim(redirect, found)
        elif above.type == "pipeline":
            parts = above.named_children
            found -= {"0"} if parts[0].id != below.id else set()
            found -= {"1"} if parts[-1].id != below.id else set()
        elif above.type in ("command_substitution", "process_substitution"):
            found -= {"1"}
        below, above = above, above.parent
    return "".join(sorted(found))


def aimed(terminal: str, text: str) -> str:
    """Which streams of a whole command are the terminal, where its shell's are ``terminal``."""
    found = set(terminal)
    for node in parse(text).named_children[:1]:
        for redirect in node.children if node.type == "redirected_statement" else ():
            _aim(redirect, found)
    return "".join(sorted(found))


def _aim(redirect: Node, found: set[str]) -> None:
    """Take from ``found`` what a redirection leads away from the terminal."""
    if redirect.type in ("herestring_redirect", "heredoc_redirect"):
        found.discard("0")
    aimed = _AIMED.match(text_of(redirect)) if redirect.type == "file_redirect" else None
    if aimed is None:
        return
    stream, operator, target = aimed.groups()
    stream = stream or ("0" if operator.startswith("<") else "1")
    if operator in (">&", "<&") and target in ("0", "1", "2"):
        (found.add if target in found else found.discard)(stream)
    else:
        found -= {"1", "2"} if "&" in operator and not target.isdigit() else {stream}
