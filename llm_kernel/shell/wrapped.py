"""Where the command begins that another one runs: behind ``sudo``, ``env``, ``xargs`` and the like."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["inner_at"]

_TAKING = {"sudo": "ugpCDRhrtT", "env": "uCS", "xargs": "aEdIiLlnPs", "stdbuf": "ioe", "time": "fo"}
"""The options of a wrapper that take a word of their own."""


def inner_at(base: str, rest: Sequence[str]) -> int:
    """Where among the words behind it a wrapper's own command begins; 0 for nowhere."""
    at = 0
    while at < len(rest):
        word = rest[at]
        at += 1
        if word.startswith("-") and len(word) > 1:
            takes = _TAKING.get(base, "")
            at += not word.startswith("--") and word[-1] in takes and len(word) == 2
        elif base in ("env", "sudo") and re.match(r"\w+=", word):
            continue
        else:
            return at
    return 0
