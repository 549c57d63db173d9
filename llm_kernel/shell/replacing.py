"""``${name/pattern/text}`` with an ``&`` in its text: from bash 5.2 on, unquoted, it is what was matched.

The words are given to what replaces in parts, each with whether it is quoted; the shell expands what is in them.
"""

from __future__ import annotations

import re

from llm_kernel.tokens import quoted

__all__ = ["replacement"]

_WHOLE = re.compile(r"\$\{(\w+)(/[/#%]?)(.*)\}", re.DOTALL)
_PART = re.compile(
    r"""'(?P<raw>[^']*)'|"(?P<string>(?:[^"\\`$]|\\.|\$\{?\w+\}?)*)"|(?P<name>\$(?:\w+|\{\w+\}))"""
    r"""|(?P<plain>(?:\[[^]'"$`]+\]|\\.|[^\\'"$`{}/])+)""",
    re.DOTALL,
)


def replacement(text: str, asks: str, *, strung: bool) -> str:
    """What gives the value of an expansion; empty where the library has it, or where it is not known.

    ``strung``: it stands in double quotes, where single ones are plain characters.
    """
    whole = _WHOLE.fullmatch(text) if "&" in text else None
    if whole is None:
        return ""
    name, where, rest = whole.groups()
    pattern, end = _parts(rest, 0, strung)
    instead, over = _parts(rest, end + 1, strung) if rest[end : end + 1] == "/" else ([], 0)
    if over < len(rest) or not pattern or "&" not in rest[end:]:
        return ""
    return f'$({asks} replaced "$BASHOPTS" "${{{name}}}" {where} {" ".join([*pattern, "/", *instead])})'


def _parts(text: str, at: int, strung: bool) -> tuple[list[str], int]:
    """The parts of a word, ``open`` or ``shut`` and a text each, and where what is no part begins."""
    words: list[str] = []
    while part := _PART.match(text, at):
        if strung and part["raw"] is not None:
            break
        if part["plain"] is not None:
            words += ["open", quoted(part["plain"])]
        elif part["name"]:
            words += ["open", f'"{part["name"]}"']
        else:
            words += ["shut", quoted(part["raw"]) if part["raw"] is not None else f'"{part["string"]}"']
        at = part.end()
    return words, at
