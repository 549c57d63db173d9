"""Basic regular expressions, as ``expr`` and ``find`` take them, in the words of Python's."""

from __future__ import annotations

import re

__all__ = ["CLASSES", "extended"]

_CLASS = re.compile(r"\[:(\w+):\]")
_LIST = re.compile(r"\[\^?\]?(?:\[:\w+:\]|[^]])*\]")
CLASSES = {
    "alpha": "a-zA-Z",
    "digit": "0-9",
    "alnum": "a-zA-Z0-9",
    "upper": "A-Z",
    "lower": "a-z",
    "space": r"\s",
    "blank": r" \t",
    "punct": r"!-/:-@\[-`{-~",
    "xdigit": "0-9A-Fa-f",
    "cntrl": r"\x00-\x1f\x7f",
    "print": " -~",
    "graph": "!-~",
}
"""What POSIX calls its classes of characters, in a list of Python's."""


def extended(pattern: str) -> str:
    """A basic regular expression as one of Python's.

    Raises:
        re.error: where a list is not closed.
    """
    pieces, at, first = [], 0, True
    while at < len(pattern):
        char = pattern[at]
        pair = pattern[at : at + 2]
        if char == "[":
            found = _LIST.match(pattern, at)
            if found is None:
                raise re.error("unterminated")
            pieces.append(_listed(found[0]))
            at, first = found.end(), False
            continue
        if pair in (r"\(", r"\)", r"\{", r"\}", r"\|", r"\+", r"\?"):
            pieces.append(pair[1])
            at, first = at + 2, pair in (r"\(", r"\|")
            continue
        if char == "\\" and len(pair) == 2:
            pieces.append(pair if pair[1] in "123456789wWsSbB" else re.escape(pair[1]))
            at += 1
        elif char == "*" and not first:
            pieces.append("*")
        elif char == ".":
            pieces.append(".")
        elif (char == "^" and first) or (char == "$" and pattern[at + 1 : at + 3] in ("", r"\)", r"\|")):
            pieces.append(r"\Z" if char == "$" else "^")
        else:
            pieces.append(re.escape(char))
        first = char == "^" and first
        at += 1
    return "".join(pieces)


def _listed(text: str) -> str:
    inner = text[1:-1].replace("\\", r"\\").replace("[:", "\0").replace("[", r"\[").replace("\0", "[:")
    if inner.startswith("]"):
        inner = r"\]" + inner[1:]
    elif inner.startswith("^]"):
        inner = r"^\]" + inner[2:]
    return f"[{_CLASS.sub(lambda one: CLASSES.get(one[1], ''), inner)}]"
