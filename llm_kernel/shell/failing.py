"""``trap '... exit 1' ERR``: the library goes on behind a trap that exits; ``set -e`` tells it where one was left."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tree_sitter import Node

from llm_kernel.shell.lead import Edit, replaced, text_of

__all__ = ["failing"]

_SPELLED = re.compile(r"([\\\"$`])")
_EXIT = re.compile(r"(?<![\w$.-])exit(?:[ \t]+(\d+|\"?\$\w+\"?|\$\?|\$\{\w+\}))?(?=\s*(?:[;}\n]|$))")
_STATUS, _FLAGS = "__llm_kernel_failed", "__llm_kernel_flags"


def failing(nodes: Sequence[Node], script: str) -> list[Edit]:
    """The edits of a script's traps for errors, and of what exits in its functions, which these may call."""
    traps = [body for node in nodes if (body := _body(node)) is not None] if "exit" in script else []
    if not traps:
        return []
    own = "EXIT" in script  # what happens at its end is in its own hands
    edits = [replaced(body, _watched(body, own=own)) for body in traps]
    return edits + [edit for node in nodes for edit in _told(node, own=own)]


def _body(node: Node) -> Node | None:
    """What a trap for errors runs."""
    name = node.child_by_field_name("name") if node.type == "command" else None
    words = node.children_by_field_name("argument")
    if name is None or text_of(name) != "trap" or len(words) < 2 or "ERR" not in map(text_of, words[1:]):
        return None
    return words[0] if words[0].type in ("raw_string", "string") else None


def _watched(body: Node, *, own: bool) -> str:
    """Such a body; where it is left before its end, errors are fatal from then on."""
    text, raw = text_of(body)[1:-1], body.type == "raw_string"
    head = f"{_STATUS}=$? {_FLAGS}=$-; set -e; (exit ${_STATUS}) || {{ "
    tail = f"}}; [[ ${_FLAGS} = *e* ]] || set +e"
    text = _EXIT.sub(lambda found: _leaving(found, own=own, raw=raw), text)
    text = f"{text.rstrip()}{'' if text.rstrip().endswith((';', '&')) else ';'} "
    return f"'{head}{text}{tail}'" if raw else f'"{_barred(head)}{text}{_barred(tail)}"'


def _leaving(found: re.Match[str], *, own: bool, raw: bool = True) -> str:
    """An exit whose status outlives the trap; in double quotes its status stands as it was written there."""
    status = (found[1] or ("$?" if raw else "\\$?")).replace('"', "")
    quote = '"' if raw else '\\"'
    return f"{{ {'' if own else f'trap {quote}exit {status}{quote} EXIT; '}trap - ERR; {found[0]}; }}"


def _barred(text: str) -> str:
    return _SPELLED.sub(r"\\\1", text)


def _told(node: Node, *, own: bool) -> list[Edit]:
    """``exit N`` in a function."""
    found = _EXIT.fullmatch(text_of(node)) if node.type == "command" and _in_function(node) else None
    return [replaced(node, _leaving(found, own=own))] if found else []


def _in_function(node: Node) -> bool:
    above = node.parent
    while above is not None and above.type not in ("function_definition", "subshell", "command_substitution"):
        above = above.parent
    return above is not None and above.type == "function_definition"
