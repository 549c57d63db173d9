"""What a long output comes down to: the last line of each form that holds a number, and its end."""

from __future__ import annotations

import re

__all__ = ["ending", "essence"]

_NUMBER = re.compile(r"[-+]?\d[\d.,:]*(?:e[-+]?\d+)?|\b[0-9a-f]{7,64}\b", re.IGNORECASE)
_TELLS = re.compile(r"\d|[:=]\s*\S")
_WIDEST = 200


def essence(text: str, most: int, *, but: str = "") -> list[str]:
    """At most ``most`` characters of lines that tell something, in their order: of lines of one form the last.

    A hundred epochs are one form, and so come down to the last of them. Forms of lines in ``but`` are left out.
    """
    known = {_form(line) for line in but.splitlines()}
    kept: list[str] = []
    for raw in reversed(text.split("\n")):
        line = raw.rstrip("\r").rpartition("\r")[2].strip()
        if not line or not _TELLS.search(line) or (form := _form(line)) in known:
            continue
        known.add(form)
        most -= len(line[:_WIDEST]) + 1
        if most < 0:
            break
        kept.append(line[:_WIDEST])
    return kept[::-1]


def ending(text: str, most: int) -> str:
    """The end of ``text`` from a whole line on, and before it what the rest comes down to: about ``most`` characters.

    What is short enough stays as it is.
    """
    if len(text) <= most:
        return text
    end = text[-(most - most // 4) :]
    end = end.partition("\n")[2] or end
    facts = essence(text[: len(text) - len(end)], most // 4, but=end)
    return "".join(f"{line}\n" for line in ["...", *facts, *(["..."] if facts else [])]) + end


def _form(line: str) -> str:
    return _NUMBER.sub("#", line.strip()[:_WIDEST])
