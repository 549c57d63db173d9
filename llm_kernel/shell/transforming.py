"""What an expansion makes of a value where the library has no word for it: ``@A``, ``@K``, a replacement's ``&``."""

from __future__ import annotations

import re
from collections.abc import Sequence

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


def matched(options: str, value: str, where: str, parts: Sequence[str]) -> str:
    """``${value/pattern/text}``; ``parts``: the pattern's, a slash and the text's, ``open`` or ``shut`` before each."""
    edge = parts[::2].index("/") * 2
    pattern, instead = _paired(parts[:edge]), _paired(parts[edge + 1 :])
    form = "".join(re.escape(text) if shut else "".join(map(_form, _PART.finditer(text))) for shut, text in pattern)
    form = {"/#": rf"\A(?:{form})", "/%": rf"(?:{form})\Z"}.get(where, form)
    plainly = "patsub_replacement" not in options.split(":")

    def put(found: re.Match[str]) -> str:
        return "".join(text if shut else _instead(text, "&" if plainly else found[0]) for shut, text in instead)

    return re.sub(form, put, value, count=int(where != "//"), flags=re.DOTALL)


def _paired(parts: Sequence[str]) -> list[tuple[bool, str]]:
    return [(how == "shut", text) for how, text in zip(parts[::2], parts[1::2], strict=True)]


def _form(part: re.Match[str]) -> str:
    """One part of a pattern of the shell as a regular expression."""
    text = part[0]
    if text in ("?", "*"):
        return {"?": ".", "*": ".*"}[text]
    if len(text) > 2 and text[0] == "[":
        barred = text[1] in "!^"
        body = _SPECIAL.sub(r"\\\1", text[1 + barred : -1])
        return f"[{'^' * barred}{body}]"
    return re.escape(part[1] or text)


def _instead(text: str, found: str) -> str:
    return re.sub(r"\\(.)|&", lambda part: part[1] or found, text, flags=re.DOTALL)
