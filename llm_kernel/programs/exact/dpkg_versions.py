"""Debian's order of versions: epochs, then digits as numbers, letters before other signs, ``~`` before the end."""

from __future__ import annotations

import re
from itertools import zip_longest

from llm_kernel.shell.call import Answer

__all__ = ["compare", "compared"]

_SIGNS = {
    "lt": "<",
    "le": "<=",
    "eq": "==",
    "ne": "!=",
    "ge": ">=",
    "gt": ">",
    "<<": "<",
    "<=": "<=",
    "=": "==",
    ">=": ">=",
    ">>": ">",
    "<": "<=",
    ">": ">=",
}


def compared(words: list[str]) -> Answer:
    """``--compare-versions V1 OP V2``: the status says whether it holds."""
    if len(words) != 3:
        said = "--compare-versions takes three arguments: <version> <relation> <version>"
        return Answer("", f"dpkg: error: {said}\n\nType dpkg --help for help about installing and deinstalling.\n", 2)
    left, sign, right = words
    plain = sign.removesuffix("-nl")
    if plain not in _SIGNS:
        return Answer("", "dpkg: error: --compare-versions bad relation\n", 2)
    if not left or not right:
        found = (bool(left) > bool(right)) - (bool(left) < bool(right))
        found = -found if sign.endswith("-nl") else found
    else:
        found = compare(left, right)
    holds = {"<": found < 0, "<=": found <= 0, "==": found == 0, "!=": found != 0, ">=": found >= 0, ">": found > 0}
    return Answer(status=0 if holds[_SIGNS[plain]] else 1)


def compare(left: str, right: str) -> int:
    """Negative where ``left`` comes first, positive where ``right`` does, else 0."""
    one, other = _parts(left), _parts(right)
    if one[0] != other[0]:
        return one[0] - other[0]
    return _order(one[1], other[1]) or _order(one[2], other[2])


def _parts(version: str) -> tuple[int, str, str]:
    epoch, colon, rest = version.partition(":")
    number, rest = (int(epoch), rest) if colon and epoch.isdigit() else (0, version)
    upstream, _, revision = rest.rpartition("-") if "-" in rest else (rest, "", "")
    return number, upstream, revision


def _order(left: str, right: str) -> int:
    for one, other in zip_longest(_keys(left), _keys(right), fillvalue=([0], 0)):
        if one != other:
            return 1 if one > other else -1
    return 0


def _keys(text: str) -> list[tuple[list[int], int]]:
    """Pairs of what is no digit and of the number behind it; the end counts more than ``~`` and less than a letter."""
    found = re.findall(r"(\D*)(\d*)", text)
    return [([*map(_weight, signs), 0], int(digits or 0)) for signs, digits in found if signs or digits]


def _weight(sign: str) -> int:
    return -1 if sign == "~" else ord(sign) if sign.isalpha() else ord(sign) + 256
