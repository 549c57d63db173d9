"""Names as GNU programs print them: safe to paste into a shell, as C strings, or as they are."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from llm_kernel import tokens

__all__ = ["STYLES", "is_utf8", "quoted", "said", "shown", "styled", "width"]

STYLES = ("literal", "shell", "shell-always", "shell-escape", "shell-escape-always", "c", "escape", "locale", "clocale")
_SPECIAL = frozenset(" !\"$&'()*;<=>?[\\^`|\t\n")
_ESCAPES = {"\a": "a", "\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t", "\v": "v"}


def quoted(name: str) -> str:
    """``name`` in quotes, as error messages show file names: ``'a b'``, ``"it's"``, ``'a'$'\\n''b'``."""
    return _shell(name)


def shown(name: str) -> str:
    """``name`` as a shell would need it: bare where that is safe, quoted where not."""
    return _shell(name) if _needs(name) else name


def said(text: str, env: Mapping[str, str]) -> str:
    """``text`` in the quotes that messages use for other words: curly ones in a UTF-8 locale."""
    return f"‘{text}’" if is_utf8(env) else f"'{text}'"


def is_utf8(env: Mapping[str, str]) -> bool:
    """Whether the environment's locale encodes text as UTF-8."""
    locale = env.get("LC_ALL") or env.get("LC_CTYPE") or env.get("LANG") or ""
    return "utf8" in locale.lower().replace("-", "")


def styled(name: str, style: str) -> str:
    """``name`` in one of the styles of ``ls --quoting-style``."""
    match style:
        case "literal":
            return name
        case "shell":
            return _plain(name) if _needs(name) else name
        case "shell-always":
            return _plain(name)
        case "shell-escape-always":
            return quoted(name)
        case "c":
            return '"' + _escaped(name, '"') + '"'
        case "locale" | "clocale":
            return "‘" + _escaped(name, "") + "’"
        case "escape":
            return _escaped(name, " ")
        case _:
            return shown(name)


def width(text: str) -> int:
    """How many columns of a terminal ``text`` takes."""
    return len(text) if text.isascii() else sum(_columns(char) for char in text)


def _columns(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _needs(name: str) -> bool:
    if name in ("", "{", "}") or name[0] in "#~":
        return True
    return any(char in _SPECIAL or not char.isprintable() for char in name)


def _plain(name: str) -> str:
    if "'" in name and name.isprintable() and not set(name) & set('"$`\\!'):
        return f'"{name}"'
    return tokens.quoted(name)


def _shell(name: str) -> str:
    if name.isprintable():
        return _plain(name)
    pieces: list[str] = []
    escaped = False
    for char in name:
        if char.isprintable():
            pieces.append(("''" if escaped else "") + char.replace("'", "'\\''"))
        else:
            pieces.append(("" if escaped else "'$'") + _code(char))
        escaped = not char.isprintable()
    return "'" + "".join(pieces) + "'"


def _escaped(name: str, extra: str) -> str:
    pieces = []
    for char in name:
        if char == "\\" or char in extra:
            pieces.append("\\" + char)
        else:
            pieces.append(char if char.isprintable() else _code(char))
    return "".join(pieces)


def _code(char: str) -> str:
    if char in _ESCAPES:
        return "\\" + _ESCAPES[char]
    return "".join(f"\\{byte:03o}" for byte in char.encode(errors="surrogateescape"))
