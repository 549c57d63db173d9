"""Commands in the operand of an expansion: the library takes double quotes there for its own and leaves marks.

In the operand of an operand it runs no command at all.
"""

from __future__ import annotations

import re

from tree_sitter import Node

from llm_kernel.shell.lead import text_of
from llm_kernel.syntax import parse, walk

__all__ = ["operands"]

_MAY = re.compile(r"\$\{[^}\n]*\$\([^)]*\"|\$\{[^}\n]*\$\{[^}\n]*\$\(")
_DEEPEST = 10
"""Operands within operands that are looked for."""

_SPELLED = {"\\": "\\\\", "'": "\\x27", '"': "\\x22", "`": "\\x60", "}": "\\x7d", "\n": "\\n"}


def operands(script: str) -> str:
    """``script`` with ``${x:-$(echo "y")}`` as ``${x:-$(eval $'echo \\x22y\\x22')}``, the innermost first."""
    for _ in range(_DEEPEST):
        found = [node for node in walk(parse(script), errors=False) if _misread(node)] if _MAY.search(script) else []
        if not found:
            break
        data, behind = script.encode("utf-8", "replace"), len(script.encode("utf-8", "replace")) + 1
        for node in sorted(found, key=lambda one: (one.start_byte, -one.end_byte), reverse=True):
            if node.end_byte > behind:
                continue  # it holds one that is spelled anew now
            text = text_of(node).lstrip()  # in a string, the spaces before it are taken for its own
            behind = node.end_byte - len(text.encode())
            data = data[:behind] + _spelled(node, text) + data[node.end_byte :]
        script = data.decode("utf-8", "replace")
    return script


def _spelled(node: Node, text: str) -> bytes:
    run = f'printf %s "{text}"' if node.type == "expansion" else text[2:-1]
    return f"$(eval $'{''.join(_SPELLED.get(letter, letter) for letter in run)}')".encode()


def _misread(node: Node) -> bool:
    """Whether a node in the operand of an expansion is a command with double quotes, or an expansion that runs one."""
    text, above = text_of(node).lstrip(), node.parent
    quotes = node.type == "command_substitution" and text.startswith("$(") and '"' in text
    if not quotes and not (node.type == "expansion" and "$(" in text):
        return False
    while above is not None and above.type not in ("expansion", "command_substitution"):
        above = above.parent
    return above is not None and above.type == "expansion"
