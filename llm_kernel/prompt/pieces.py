"""The pieces of a request under its budget: what matters least is shortened or left out first, the command never.

Tokens are estimated without a tokenizer, a little too many rather than too few: a word of letters is one and a
fraction for each six more, a digit one, a Chinese character three quarters. Held against the counts that the embedded
model's own tokenizer gave for this package's prompts it is 2 to 8 % above.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from llm_kernel.errors import TooLong
from llm_kernel.model.request import Message

__all__ = ["Piece", "fit", "of_messages", "tokens"]

_KINDS = re.compile(
    r"[A-Za-z]+|\d|[\u2e80-\u9fff\uac00-\ud7af\uff00-\uffef]|[^\x00-\x7f]|\n+[ \t]*|[ \t]{2,}|[^\w\s]+|_+"
)
_TURN = 5
"""Tokens around a message."""
_SHORTEST = 60
"""Tokens below which a shortened piece is not worth having."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a request; the one of least ``worth`` goes first, and one without a worth (None) never.

    Pieces of one ``group`` that follow each other stand under its heading. ``cut``: it may be shortened.
    """

    text: str
    worth: float | None = None
    group: str = ""
    cut: bool = False


def tokens(text: str) -> int:
    """About how many tokens ``text`` has."""
    return round(sum(map(_weight, _KINDS.findall(text))))


def of_messages(messages: Iterable[Message]) -> int:
    """About how many tokens ``messages`` have together."""
    return sum(tokens(message.content) + _TURN for message in messages)


def fit(pieces: Sequence[Piece], room: int) -> str:
    """The pieces that have a text, in their order, in at most about ``room`` tokens.

    Raises:
        TooLong: where what cannot be left out is longer.
    """
    left = [piece for piece in pieces if piece.text]
    over = sum(map(_cost, left)) - room
    for piece in sorted((one for one in left if one.worth is not None), key=lambda one: one.worth or 0.0):
        if over <= 0:
            break
        at, cost = left.index(piece), _cost(piece)
        shorter = replace(piece, text=_shortened(piece.text, (cost - over) / cost * 0.95)) if piece.cut else piece
        if piece.cut and cost - over >= _SHORTEST and _cost(shorter) <= cost - over:
            left[at] = shorter
            over -= cost - _cost(shorter)
        else:
            del left[at]
            over -= cost
    if over > 0:
        raise TooLong(
            f"What is asked has about {room + over} tokens, and {max(0, room)} are left for it under "
            "c.LLMKernel.prompt_tokens (LLM_KERNEL_PROMPT_TOKENS). Make it shorter, or raise the setting."
        )
    return _joined(left)


def _joined(pieces: Sequence[Piece]) -> str:
    parts: list[str] = []
    group = ""
    for piece in pieces:
        if piece.group and piece.group == group:
            parts[-1] += f"\n{piece.text}"
        else:
            parts.append(f"{piece.group}\n{piece.text}" if piece.group else piece.text)
        group = piece.group
    return "\n\n".join(parts)


def _cost(piece: Piece) -> int:
    return tokens(piece.text) + tokens(piece.group) + 2


def _shortened(text: str, share: float) -> str:
    """The beginning and the end of ``text``, about ``share`` of it together, in whole lines where there are some."""
    most = max(0, int(len(text) * share) - 20)
    head, tail = text[: most * 2 // 3], text[len(text) - most // 3 :]
    head = head.rpartition("\n")[0] or head
    return f"{head}\n[...]\n{tail.partition(chr(10))[2] or tail}"


def _weight(word: str) -> float:
    first = word[0]
    if first.isspace() or first.isdigit():
        return 1.0
    if not first.isascii():
        return 0.75 if first >= "\u2e80" else 1.0
    return 1 + max(0, len(word) - 5) / 6 if first.isalpha() else 1 + (len(word) - 1) * 0.35
