"""Tests of files that the library answers otherwise than bash: they are led to what knows the machine's files."""

from __future__ import annotations

from tree_sitter import Node

from llm_kernel.shell.lead import INNER, Edit, Lead, replaced, text_of
from llm_kernel.syntax import walk

__all__ = ["newer", "same", "tests_of"]

_WORDS = frozenset(
    "word string raw_string simple_expansion expansion concatenation command_substitution test_operator number".split()
)


def tests_of(node: Node, shared: bool) -> list[Edit]:
    """``[[ -L x ]]``, ``-o`` and ``-x``, which the library finds true of everything, by way of ``[``."""
    edits: list[Edit] = []
    for inner in walk(node, errors=False) if text_of(node).startswith("[[") else ():
        if inner.type != "unary_expression" or len(inner.named_children) != 2:
            continue
        operator, operand = inner.named_children
        if text_of(operator) in ("-L", "-h", "-o", "-x"):
            word = text_of(operand)
            shown = word if word[:1] in "'\"$" and word[-1:] in "'\"" else f'"{word}"'
            asked = f"[ {text_of(operator)} {shown} ] && echo 1"
            edits.append(
                replaced(inner, f'-n "$(readlink -- {shown})"' if shared and asked[3] in "Lh" else f"-n $({asked})")
            )
    return edits


def same(node: Node, shared: bool) -> list[Edit]:
    """``[ -L x ]`` where names of one file are links below, and ``-ef``, which the library follows no links for."""
    edits: list[Edit] = []
    for word in _words(node):
        if text_of(word) not in ("-L", "-h", "-ef"):
            continue
        before, after = _beside(node, word)
        if text_of(word) != "-ef" and shared and after and not text_of(node).startswith("[["):
            edits += [replaced(word, "-n"), replaced(after, f'"$(readlink -- {text_of(after)})"')]
        if text_of(word) == "-ef" and before and after:
            for side, missing in ((before, "none"), (after, "neither")):
                shown = f'"$(stat -L -c %d:%i -- {text_of(side)} 2>/dev/null || echo {missing})"'
                edits.append(replaced(side, shown))
            edits.append(replaced(word, "="))
    return edits


def newer(node: Node, lead: Lead) -> list[Edit]:
    """``-nt`` and ``-ot``: the machine knows when its files were changed, the library when it wrote them."""
    edits: list[Edit] = []
    for word in _words(node):
        before, after = _beside(node, word) if text_of(word) in ("-nt", "-ot") else (None, None)
        if before and after:
            one, other = (_whole(side, node) for side in (before, after))
            asked = f"{INNER} </dev/null {lead.pid} newer {one} {text_of(word)} {other}"
            edits += [replaced(before, f'"$({asked})"'), replaced(word, "="), replaced(after, "1")]
    return edits


def _whole(word: Node, test: Node) -> str:
    """A word of a test as a command takes it: between double brackets it is never parted."""
    parted = word.type in ("simple_expansion", "expansion", "command_substitution")
    return f'"{text_of(word)}"' if parted and text_of(test).startswith("[[") else text_of(word)


def _words(node: Node) -> list[Node]:
    return [inner for inner in walk(node, errors=False) if inner.type in _WORDS]


def _beside(node: Node, word: Node) -> tuple[Node | None, Node | None]:
    """The whole words before and after one in a test."""
    words = _words(node)
    before = [one for one in words if one.end_byte < word.start_byte]
    after = [one for one in words if one.start_byte > word.end_byte]
    return (
        max(before, key=lambda one: (one.end_byte, -one.start_byte), default=None),
        min(after, key=lambda one: (one.start_byte, -one.end_byte), default=None),
    )
