"""Which files a script lets the library write by itself: those of its redirections, or any.

Programs of ours write through ``Files``, which knows; what the library writes is only seen by looking. Here everything
counts as a write anywhere that is not certainly none, or one to a path that stands in the script.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection

from tree_sitter import Node

from llm_kernel.shell.writing import TOLD, written
from llm_kernel.syntax import parse, walk

__all__ = ["ANYWHERE", "Reach", "reach"]

Reach = frozenset[str] | None
"""Paths; None: any."""

ANYWHERE: Reach = None

WRITERS = frozenset(
    ". bash builtin command csplit dash env eval exec iconv sh source split sudo trap xargs xxd".split()
)
"""Words of the library that write files, or run what the script does not show."""

_COMMAND = re.compile(rf"(?<![\w./-])(?:{'|'.join(sorted(TOLD))})(?![\w./-])")

_MOVES = frozenset(["cd", "pushd", "popd"])
_MAY = re.compile(r">|<<")
_QUIET = frozenset(["/dev/null", "/dev/stdout", "/dev/stderr", "/dev/tty"])
_LONGEST = 20_000


def reach(script: str, names: Collection[str], cwd: str, known: Collection[str]) -> Reach:
    """Where the library may write while ``script``, which runs ``names``, runs in ``cwd``.

    ``known`` are the shell's functions and aliases: what those do is not looked into.
    """
    if not WRITERS.isdisjoint(names) or not set(names).isdisjoint(known) or "()" in script or len(script) > _LONGEST:
        return ANYWHERE
    told = not TOLD.isdisjoint(names)
    if not told and "$" not in script and "`" not in script and not _MAY.search(script):
        return frozenset()
    left = len(_COMMAND.findall(script)) if told else 0
    moves = not _MOVES.isdisjoint(names)
    found = set()
    for node in walk(parse(script)):
        if node.type in ("function_definition", "process_substitution", "ERROR"):
            return ANYWHERE
        if node.type == "command_name" and any(one.type != "word" for one in node.named_children):
            return ANYWHERE
        if told and node.type == "command" and _named(node) in TOLD:
            left -= 1
            paths = written(node)
            if paths is None or (moves and any(not path.startswith("/") for path in paths)):
                return ANYWHERE
            found |= {posixpath.normpath(posixpath.join(cwd, path)) for path in paths if path != "-"}
        if node.type == "file_redirect":
            to = node.child_by_field_name("destination")
            path = _literal(to)
            operator = (node.text or b"").lstrip(b"0123456789")[:2]
            if operator[:1] == b"<" and operator != b"<>":
                continue
            if path is None or (moves and not path.startswith("/")):
                return ANYWHERE
            if path and path not in _QUIET and not path.isdigit():
                found.add(posixpath.normpath(posixpath.join(cwd, path)))
    return frozenset(found) if left <= 0 else ANYWHERE  # one more is run by what is not looked into


def _named(command: Node) -> str:
    name = command.child_by_field_name("name")
    return "" if name is None else (name.text or b"").decode("utf-8", "replace")


def _literal(node: Node | None) -> str | None:
    """A word's text where the shell takes it as it stands; None where it does not."""
    text = (node.text or b"").decode("utf-8", "replace") if node is not None else ""
    if node is None or node.type not in ("word", "number") or set(text) & set("*?[]{}~\\$`\"'"):
        return None
    return text
