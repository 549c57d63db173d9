"""The first characters of a reply: held back for as long as they may be blank or an apology, then let go whole."""

from __future__ import annotations

__all__ = ["Opening"]

APOLOGIES = (
    "i'm sorry, but",
    "i'm sorry, i",
    "i'm sorry but",
    "i am sorry, but",
    "i apologize, but",
    "i apologize for",
    "sorry, but i",
    "sorry, i can",
    "i cannot assist",
    "i cannot help",
    "i can't assist",
    "i can't help",
    "i'm unable to",
    "i am unable to",
    "as an ai",
    "as a language model",
    "unfortunately, i can",
    "抱歉,",
    "很抱歉",
    "非常抱歉",
    "对不起,",
    "作为一个ai",
    "作为一个人工智能",
    "作为人工智能",
)
ENOUGH = 120  # so much of an apology is read that the user can be told what was said


class Opening:
    """What a program prints first passes at once, unless it reads like the beginning of an apology."""

    def __init__(self) -> None:
        self._held = ""
        self._open = False

    @property
    def apology(self) -> str:
        """The apology that the reply begins with, or nothing."""
        plain = _plain(self._held)
        return " ".join(self._held.split()) if not self._open and plain.startswith(APOLOGIES) else ""

    @property
    def enough(self) -> bool:
        """Whether reading on would tell nothing new."""
        return len(self._held) >= ENOUGH and bool(self.apology)

    def feed(self, text: str) -> str:
        """The text that may be shown now."""
        if self._open:
            return text
        self._held += text
        plain = _plain(self._held)
        if self.apology or any(start.startswith(plain) for start in APOLOGIES):
            return ""
        self._open = True
        out, self._held = self._held, ""
        return out

    def flush(self) -> str:
        """What was held when the reply ended; blanks alone are no reply."""
        out, self._held = self._held, ""
        return out if out.strip() else ""


def _plain(text: str) -> str:
    return text.lstrip().lower().replace("’", "'").replace("，", ",")
