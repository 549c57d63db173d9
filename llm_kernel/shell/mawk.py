"""What ``mawk``, which is ``awk`` on Debian and Ubuntu, says where the library speaks as GNU awk does."""

from __future__ import annotations

import re

__all__ = ["mawk_says"]

_UNREAD = re.compile(rb"(?m)^awk: fatal: (?:cannot open file|can't open source file) `([^'\n]*)' for reading: (.*)$")
_UNDEFINED = re.compile(rb"(?m)^awk: cmd\. line:(\d+): fatal: function `([^'\n]*)' not defined$")
_MISTAKE = re.compile(
    rb"(?m)^awk: cmd\. line:(?P<line>\d+): (?P<source>.*)\nawk: cmd\. line:\d+: (?P<before> *)\^ (?P<said>[a-z ]+)$"
)
_TOKEN = re.compile(rb"\w+|\"(?:[^\"\\]|\\.)*\"|[-+*/%^<>=!&|]=?|.")
_SHOWN = 10
"""Letters of a text without an end that are shown."""


def mawk_says(data: bytes) -> bytes:
    """Complaints of ``awk`` in the words of mawk."""
    data = _UNREAD.sub(rb"awk: cannot open \1 (\2)", data)
    data = _UNDEFINED.sub(
        lambda found: b"awk: line %d: function %s never defined" % (int(found[1]) + 1, found[2]), data
    )
    return _MISTAKE.sub(_mistake, data)


def _mistake(found: re.Match[bytes]) -> bytes:
    line, source, at = int(found["line"]), found["source"], len(found["before"])
    rest = source[at:]
    match found["said"]:
        case b"unexpected newline or end of string":
            line, said = line + 1, b"missing } near end of file"
        case b"unterminated regexp":
            said = b"runaway regular expression %s ..." % rest[:_SHOWN]
        case b"unterminated string":
            said = b"runaway string constant %s ..." % rest[:_SHOWN]
        case _:
            near = _near(rest)
            before = source[:at]
            if near == b"}" and before.count(b"{") == before.count(b"}"):
                said = b"extra '}'\nawk: line %d: syntax error at or near %s" % (line, _near(rest[1:]))
            elif near in b"}" and before.count(b"(") > before.count(b")"):
                said = b"missing ) near %s" % near
            else:
                said = b"syntax error at or near %s" % near
    return b"awk: line %d: %s" % (line, said)


def _near(text: bytes) -> bytes:
    """The first token of what could not be read."""
    token = _TOKEN.match(text.lstrip())
    return token[0] if token else b"end of line"
