"""Which files the commands of a script write that are programs of the library's, and write only where they are told to.

Sources: the GNU manuals of sed (its commands ``w``, ``W`` and ``e``, its option ``-i``), sort (``-o``), uniq (its
second operand), shuf (``-o``), tee; POSIX of awk (``print >``, ``|``, ``system``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from tree_sitter import Node

__all__ = ["TOLD", "written"]

_Words = Sequence[str]

_ADDRESS = r"(?:\d+(?:~\d+)?|\$|/(?:[^/\\\n]|\\.)*/I?)"
_PART = r"(?:(?!(?P=mark))[^\\\n]|\\.)*"
_SIMPLE = re.compile(
    rf"\s*(?:{_ADDRESS}(?:\s*,\s*[+~]?{_ADDRESS})?\s*!?\s*)?"
    rf"(?:[pdDnNgGhHxPlF=]|[qQ]\s*\d*|s(?P<mark>[/|#,:@!%]){_PART}(?P=mark){_PART}(?P=mark)[gpiI\d]*)\s*(?:[;\n]|$)"
)
"""A command of sed that only edits."""
_ACTS = re.compile("[wWe]")
_OUTSIDE = re.compile(r">|\||\bsystem\b")
_SED_FLAGS = re.compile(r"-[nErsuz]+|--(?:quiet|silent|regexp-extended|separate|unbuffered|null-data|posix)")


def _sed(words: _Words) -> _Words | None:
    scripts, operands, in_place = list[str](), list[str](), False
    rest = iter(words)
    for word in rest:
        if word in ("-e", "--expression", "-ne", "-Ee", "-rne", "-nEe"):
            scripts.append(next(rest, ""))
        elif word.startswith("--expression="):
            scripts.append(word.partition("=")[2])
        elif word in ("-i", "--in-place", "-ni", "-Ei", "-ri"):
            in_place = True
        elif word.startswith("-") and word != "-":
            if not _SED_FLAGS.fullmatch(word):
                return None
        else:
            operands.append(word)
    if not scripts:
        scripts, operands = operands[:1], operands[1:]
    if any(_ACTS.search(script) and not _simple(script) for script in scripts):
        return None
    return operands if in_place else []


def _simple(script: str) -> bool:
    at = 0
    while at < len(script):
        found = _SIMPLE.match(script, at)
        if found is None:
            return False
        at = found.end()
    return True


def _awk(words: _Words) -> _Words | None:
    return None if any(_OUTSIDE.search(word) or word.startswith(("-f", "-i", "--")) for word in words) else []


def _sort(words: _Words) -> _Words | None:
    return None if any(re.match(r"-\w*o|--o", word) for word in words) else []


def _uniq(words: _Words) -> _Words | None:
    return None if sum(not word.startswith("-") for word in words) > 1 else []


def _tee(words: _Words) -> _Words | None:
    return [word for word in words if not word.startswith("-")]


_TOLD: dict[str, Callable[[_Words], _Words | None]] = {
    "sed": _sed,
    **dict.fromkeys(("awk", "gawk", "mawk"), _awk),
    **dict.fromkeys(("sort", "shuf"), _sort),
    "uniq": _uniq,
    "tee": _tee,
}
TOLD = frozenset(_TOLD)
"""Programs whose words say what they write."""


def written(command: Node) -> _Words | None:
    """What a command of ``TOLD`` is told to write, as it is called there; None where that does not stand in it."""
    name = command.child_by_field_name("name")
    words = [_word(node) for node in command.children_by_field_name("argument")]
    if name is None or None in words:
        return None
    return _TOLD[(name.text or b"").decode()]([word for word in words if word is not None])


def _word(node: Node) -> str | None:
    """What the shell makes of a word; None where that is not known."""
    text = (node.text or b"").decode("utf-8", "replace")
    if node.type == "raw_string":
        return text[1:-1]
    if node.type == "string":
        return None if set("$`\\") & set(text) else text[1:-1]
    if node.type in ("word", "number"):
        return None if set("*?[]{}~\\$`\"'") & set(text) else text
    if node.type == "concatenation":
        parts = [_word(part) for part in node.children]
        return None if None in parts else "".join(part for part in parts if part is not None)
    return None
