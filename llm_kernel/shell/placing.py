"""Where bash says that an error is: in a function of ``bash -c`` it is in the environment, not at the text's line."""

from __future__ import annotations

import re
from itertools import accumulate

from llm_kernel.syntax import parse, walk

__all__ = ["Bodies"]

_SAID = re.compile(rb"(?m)^bash: (line (\d+): (?!syntax error)([^\n]+?)(?::(?: [^\n]*)?)?)$")


class Bodies:
    """The lines of a text, and what of them is the body of a function."""

    def __init__(self, text: str) -> None:
        data = text.encode("utf-8", "replace")
        inside = bytearray(b" " * len(data))
        for node in walk(parse(text), errors=False):
            body = node.child_by_field_name("body") if node.type == "function_definition" else None
            if body is not None:
                inside[body.start_byte : body.end_byte] = data[body.start_byte : body.end_byte]
        outside = bytes(32 if held != 32 else one for one, held in zip(data, inside, strict=True))
        lines = data.splitlines(keepends=True)
        spans = list(zip([0, *accumulate(map(len, lines))], accumulate(map(len, lines)), strict=False))
        self._inside = [bytes(inside[start:end]) for start, end in spans]
        self._outside = [outside[start:end] for start, end in spans]

    def placed(self, data: bytes) -> bytes:
        """``data`` of standard error, with the place of what only a function can have said."""
        return _SAID.sub(lambda found: (b"environment: " if self._held(found) else b"bash: ") + found[1], data)

    def _held(self, found: re.Match[bytes]) -> bool:
        line = int(found[2]) - 1
        if not 0 <= line < len(self._inside):
            return False
        word = re.compile(rb"(?<![\w$])" + re.escape(found[3].partition(b": ")[0]) + rb"(?!\w)")
        return bool(word.search(self._inside[line])) and not word.search(self._outside[line])
