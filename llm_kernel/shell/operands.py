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
_MOST = 100
"""Commands that are spelled anew in one script."""

_SPELLED = {"\\": "\\\\", "'": "\\x27", '"': "\\x22", "`": "\\x60", "}": "\\x7d", "\n": "\\n"}


def operands(script: str) -> str:
    """``script`` with ``${x:-$(echo "y")}`` as ``${x:-$(eval $'echo \\x22y\\x22')}``, the innermost first."""
    for _ in range(_MOST):
        if not _MAY.search(script):
            break
        found = [node for node in walk(parse(script), errors=False) if _misread(node)]
        if not found:
            break
        last = max(found, key=lambda node: node.start_byte)
        text = text_of(last).lstrip()  # in a string, the spaces before it are taken for its own
        start = last.end_byte - len(text.encode())
        run = f'printf %s "{text}"' if last.type == "expansion" else text[2:-1]
        spelled = "".join(_SPELLED.get(letter, letter) for letter in run)
        data = script.encode("utf-8", "replace")
        data = data[:start] + f"$(eval $'{spelled}')".encode() + data[last.end_byte :]
        script = data.decode("utf-8", "replace")
    return script


def _misread(node: Node) -> bool:
    """Whether a node in the operand of an expansion is a command with double quotes, or an expansion that runs one."""
    text, above = text_of(node).lstrip(), node.parent
    quotes = node.type == "command_substitution" and text.startswith("$(") and '"' in text
    if not quotes and not (node.type == "expansion" and "$(" in text):
        return False
    while above is not None and above.type not in ("expansion", "command_substitution"):
        above = above.parent
    return above is not None and above.type == "expansion"
