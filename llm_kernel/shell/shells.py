"""Commands that run another text as a shell's: ``bash`` and ``sh`` with a text, file or pipe, ``eval``, ``source``."""

from __future__ import annotations

from tree_sitter import Node

from llm_kernel.shell.lead import Edit, replaced, text_of
from llm_kernel.shell.spot import Spot

__all__ = ["SHELLS", "builtin", "called"]

SHELLS = frozenset(["bash", "sh", "dash"])
"""The names of shells."""

_ARGUMENTS = frozenset(
    """word string raw_string concatenation simple_expansion expansion ansi_c_string number
    command_substitution""".split()
)


def builtin(words: list[Node], base: str, spot: Spot) -> list[Edit]:
    """``eval`` and ``source``: what they run is asked for first."""
    if len(words) < 2:
        return []
    if base == "eval":
        first, last = words[1].start_byte, words[-1].end_byte
        return [(first, first, f'"$({spot.asks("e")} $? '), (last, last, ')"')]
    return spot.asked(words[1], ".") if words[1].type != "process_substitution" else []


def called(words: list[Node], base: str, spot: Spot) -> tuple[list[Edit], bool]:
    """``bash`` with what it is given to run, a text, a file, or its input; and whether it runs anything."""
    edits = [replaced(words[0], "sh" if base == "dash" else base)]
    at, text, flags = 1, False, ":" if base == "bash" else ":d"
    while at < len(words) and (option := text_of(words[at]))[:1] in ("-", "+") and len(option) > 1:
        if option in ("--version", "--help"):
            return ([] if "/" in text_of(words[0]) else [replaced(words[0], spot.lead.place(base))]), False
        at += 1
        if option == "--":
            break
        if not option.startswith("--"):
            text = text or "c" in option
            flags += "".join(letter for letter in "ux" if option[0] == "-" and letter in option)
            edits += _letters(words[at - 1], option)
            at += option[-1] in "oO" and at < len(words)
        elif option in ("--rcfile", "--init-file"):
            at += 1
    stdin = any(text_of(word) in ("-s", "-is", "-") for word in words[1:at])
    if at < len(words) and words[at].type in _ARGUMENTS:
        if text:
            return [*edits, *spot.asked(words[at], f"c{flags}")], True
        if not stdin:
            return [*edits, *_filed(words[at], f"f{flags}", spot)], True
    if text or (at < len(words) and not stdin):
        return edits, False
    edits += [replaced(word, "") for word in words[1:at] if text_of(word) == "--"]
    return [*edits, *_piped(words, at, f"s{flags}", spot)], True


def _letters(word: Node, option: str) -> list[Edit]:
    """A bundle's letters that the library does not take."""
    kept = "".join(letter for letter in option if letter not in ("lisx" if option[0] == "-" else "lis"))
    return [replaced(word, kept if len(kept) > 1 else "")] if kept != option else []


def _filed(word: Node, kind: str, spot: Spot) -> list[Edit]:
    name = text_of(word)
    if "$(" in name or "`" in name:
        return []
    start = word.start_byte
    return [(start, start, f'-c "$({spot.asks(kind)} {name})" ')]


def _piped(words: list[Node], at: int, kind: str, spot: Spot) -> list[Edit]:
    end, start, last = words[at - 1].end_byte, spot.node.start_byte, words[-1].end_byte
    return [
        (start, start, "{ "),
        (end, end, f' -c "$({spot.asks(kind)})" {text_of(words[0])}'),
        (last, last, "; }"),
    ]
