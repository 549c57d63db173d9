"""What an expansion makes of a value where the library has no word for it: ``@A``, ``@K``, a replacement's ``&``."""

from __future__ import annotations

import re

__all__ = ["matched", "told"]

_DECLARED = re.compile(r"declare (-\S+) (\w+)=\((.*)\)\n?", re.DOTALL)
_PAIR = re.compile(r"\[(\"(?:[^\"\\]|\\.)*\"|[^\]]*)\]=(\"(?:[^\"\\]|\\.)*\")")
_PART = re.compile(r"\\(.)|\[[!^]?\]?[^]]*\]|.", re.DOTALL)
_SPECIAL = re.compile(r"([][\\^&~|])")


def told(operator: str, declared: str) -> str:
    """An array that ``declare -p`` told of, as ``${name[@]@OPERATOR}`` tells of it."""
    found = _DECLARED.fullmatch(declared)
    if operator == "A" or found is None:
        return declared.rstrip("\n")
    pairs = " ".join(f"{key} {value}" for key, value in _PAIR.findall(found[3]))
    return f"{pairs} " if "A" in found[1] else pairs


def matched(value: str, pattern: str, instead: str) -> str:
    """``${value/pattern/instead}``, where ``&`` in ``instead`` is what was matched; no ``*`` is in ``pattern``."""
    where, pattern = (pattern[0], pattern[1:]) if pattern[:1] in ("/", "#", "%") else ("", pattern)
    form = "".join(map(_form, _PART.finditer(pattern)))
    form = {"#": rf"\A(?:{form})", "%": rf"(?:{form})\Z"}.get(where, form)
    return re.sub(form, lambda found: _instead(instead, found[0]), value, count=int(where != "/"), flags=re.DOTALL)


def _form(part: re.Match[str]) -> str:
    """One part of a pattern of the shell as a regular expression."""
    text = part[0]
    if text == "?":
        return "."
    if len(text) > 2 and text[0] == "[":
        barred = text[1] in "!^"
        body = _SPECIAL.sub(r"\\\1", text[1 + barred : -1])
        return f"[{'^' * barred}{body}]"
    return re.escape(part[1] or text)


def _instead(text: str, found: str) -> str:
    return re.sub(r"\\(.)|&", lambda part: part[1] or found, text, flags=re.DOTALL)
