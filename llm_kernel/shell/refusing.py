"""Words of bash's own that the library takes although bash refuses them."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["refusal"]

_NO_NAME = re.compile(r"\d\w*")

_MAPS = ("mapfile", "readarray")

_LETTERS = {"pwd": ("LP", ""), "read": ("ers", "adinNptu"), **dict.fromkeys(_MAPS, ("t", "dnOsuCc"))}
"""The options of a word that stand alone, and those that take a word of their own."""

_USAGE = {
    "pwd": "pwd [-LP]",
    "read": "read [-ers] [-a array] [-d delim] [-i text] [-n nchars] [-N nchars] [-p prompt] [-t timeout] [-u fd] "
    "[name ...]",
    **{
        name: f"{name} [-d delim] [-n count] [-O origin] [-s count] [-t] [-u fd] [-C callback] [-c quantum] [array]"
        for name in _MAPS
    },
}


def refusal(name: str, args: Sequence[str]) -> tuple[int, str, str] | None:
    """The status, what is said behind the shell's name, and the usage; None where bash takes the words."""
    if name in _MAPS and len(args) == 1 and _NO_NAME.fullmatch(args[0]):
        return (1, f"{name}: `{args[0]}': not a valid identifier", "")
    alone, taking = _LETTERS.get(name, ("", ""))
    words = list(args)
    while words and name in _LETTERS:
        word = words.pop(0)
        if word == "--" or len(word) < 2 or not word.startswith("-") or not word.isascii():
            return None
        for at, letter in enumerate(word[1:], 2):
            if letter in taking:
                if at == len(word) and words:
                    words.pop(0)
                break
            if letter not in alone:
                wrong = None if not letter.isalnum() else f"{name}: -{letter}: invalid option"
                return (2, wrong, f"{name}: usage: {_USAGE[name]}") if wrong else None
    return None
