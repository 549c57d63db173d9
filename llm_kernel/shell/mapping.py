"""``mapfile`` with what the library's lacks: a descriptor to read from, and a callback for every so many lines."""

from __future__ import annotations

from collections.abc import Sequence

from tree_sitter import Node

from llm_kernel.shell.lead import Edit, text_of

__all__ = ["mapped"]

_TAKING, _LACKING = "dnOsuCc", "uCc"
"""The options that take a word, and those of them that the library does not have."""

_EVERY = "5000"
_INDEX, _COUNT = "__llm_kernel_index", "__llm_kernel_count"
"""The variables of the loop that calls back."""


def mapped(words: Sequence[Node], command: Node) -> list[Edit]:
    """The edits of a call of it."""
    options, gone, rest = _options(words)
    edits: list[Edit] = []
    if "u" in options:
        above = command.parent
        end = above.end_byte if above is not None and above.type == "redirected_statement" else command.end_byte
        edits.append((end, end, f" <&{options['u']}"))
    if "C" in options and len(rest) < 2:
        edits += _calls(words, options["C"], options.get("c", _EVERY), text_of(rest[0]) if rest else "MAPFILE")
    return edits + gone if edits else []


def _calls(words: Sequence[Node], callback: str, every: str, array: str) -> list[Edit]:
    """Once the lines are read, ``callback`` is given the index and the text of the last of each ``every`` of them."""
    calls = (
        f"; {_COUNT}=0; for {_INDEX} in ${{!{array}[@]}}; do"
        f' ((++{_COUNT} % {every})) || eval {callback}" ${_INDEX} ${{{array}[{_INDEX}]@Q}}"; done;'
        f" unset {_INDEX} {_COUNT}; }}"
    )
    start, end = words[0].start_byte, words[-1].end_byte
    return [(start, start, "{ "), (end, end, calls)]


def _options(words: Sequence[Node]) -> tuple[dict[str, str], list[Edit], list[Node]]:
    """The values of its options, the edits that take out what the library lacks, and the words behind them."""
    options, gone, at = dict[str, str](), list[Edit](), 1
    while at < len(words) and (text := text_of(words[at])).startswith("-") and text not in ("-", "--"):
        word, letter = words[at], next((letter for letter in text[1:] if letter in _TAKING), "")
        at += 1
        before, _, value = text.partition(letter) if letter else (text, "", "")
        whole = [word]
        if letter and not value and at < len(words):
            value, whole = text_of(words[at]), [word, words[at]]
            at += 1
        if letter:
            options[letter] = value
        if letter and letter in _LACKING:
            gone.append((word.start_byte, whole[-1].end_byte, before if len(before) > 1 else ""))
    at += at < len(words) and text_of(words[at]) == "--"
    return options, gone, list(words[at:])
