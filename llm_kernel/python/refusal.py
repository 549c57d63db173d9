"""What CPython says of a source that is no Python: each version has words and markers of its own.

The interpreter that runs this code finds the error; its words are turned into those of the wanted version.
"""

from __future__ import annotations

import ast
import re
import sys
import warnings
from dataclasses import dataclass

from llm_kernel.python.script import Script

__all__ = ["refused"]

_SINCE_10 = (3, 10)


def refused(script: Script) -> str | None:
    """The message of a syntax error; None where there is none, or where its wording is not known."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(script.source, script.name, "exec", dont_inherit=True)
    except SyntaxError as error:
        if sys.version_info < _SINCE_10 or error.lineno is None or "\t" in script.source or not script.source.isascii():
            return None
        return _modern(error, script) if script.version >= _SINCE_10 else _older(error, script)
    except (ValueError, RecursionError, MemoryError):
        return None
    return None


def _modern(error: SyntaxError, script: Script) -> str | None:
    """From 3.10 on the words are those of this interpreter; what came with 3.13 is left out unless both have it."""
    new = (sys.version_info >= (3, 13)) != (script.version >= (3, 13))
    if new and ("indented block" in error.msg or "import" in (error.text or "")):
        return None
    if max(sys.version_info[:2], script.version) >= (3, 14) and sys.version_info[:2] != script.version:
        return None
    lines = script.source.split("\n")
    text = lines[min(error.lineno or 1, len(lines)) - 1]
    start = max(0, (error.offset or 1) - 1)
    end = start + 1
    if error.end_offset:
        end = error.end_offset - 1 if error.end_lineno == error.lineno else len(text)
    at_end = error.msg.endswith(f"on line {error.lineno}")
    if "indented block" in error.msg and script.version < (3, 13):
        end = start + 1
    indent = len(text) - len(text.lstrip())
    marks = " " * (start - indent) + "^" * max(1, end - start)
    caret = "" if error.msg == "unexpected indent" or at_end else f"    {marks}\n"
    kind = type(error).__name__
    return f'  File "{script.name}", line {error.lineno}\n    {text.lstrip()}\n{caret}{kind}: {error.msg}\n'


@dataclass(frozen=True, slots=True)
class _Found:
    """An error in one line of the source; columns count from 0, ``end`` is past the offending text."""

    message: str
    kind: str
    line: int
    text: str
    start: int
    end: int
    last: int


def _older(error: SyntaxError, script: Script) -> str | None:
    """3.6 to 3.9: fewer words and one caret, whose place moved with 3.8 and with 3.9."""
    if script.version < (3, 7) and re.search(r"\b(async|await)\b", script.source):
        return None  # plain names then
    lines = script.source.rstrip("\n").split("\n")
    line = min(error.lineno or 1, len(lines))
    start = max(0, (error.offset or 1) - 1)
    end = error.end_offset - 1 if error.end_offset and error.end_lineno == error.lineno else start + 1
    found = _Found(error.msg, type(error).__name__, line, lines[line - 1], start, max(end, start + 1), len(lines))
    if not script.path and found.message.endswith("was never closed"):
        return None
    for pattern, words in _OLDER:
        if re.fullmatch(pattern, found.message):
            return words(found, script)
    return None


def _message(script: Script, found: _Found, message: str, column: int | None, *, kind: str = "SyntaxError") -> str:
    indent = len(found.text) - len(found.text.lstrip())
    caret = "" if column is None else f"    {' ' * max(0, column - indent)}^\n"
    return f'  File "{script.name}", line {found.line}\n    {found.text.lstrip()}\n{caret}{kind}: {message}\n'


def _at_end(script: Script, found: _Found, message: str, kind: str = "SyntaxError") -> str:
    """An error behind the last line."""
    width = 0 if script.version >= (3, 9) else len(found.text)
    return f'  File "{script.name}", line {found.last + 1}\n    \n    {" " * width}^\n{kind}: {message}\n'


def _column(found: _Found, version: tuple[int, int]) -> int:
    """Where the caret stands under a token that does not fit: its beginning, before 3.8 its last character."""
    if found.start >= len(found.text.rstrip()):  # the end of the line
        return found.start if version >= (3, 9) else found.start - 1
    return found.start if version >= (3, 8) else found.end - 1


def _invalid(found: _Found, script: Script) -> str:
    return _message(script, found, "invalid syntax", _column(found, script.version))


def _same(found: _Found, script: Script) -> str:
    return _message(script, found, found.message, found.start)


def _bracket(found: _Found, script: Script) -> str:
    return _same(found, script) if script.version >= (3, 8) else _invalid(found, script)


def _never_closed(found: _Found, script: Script) -> str | None:
    lines = script.source.rstrip("\n").split("\n")
    if found.line != found.last or not script.source.endswith("\n") or lines[-1] != lines[-1].rstrip():
        return None
    return _at_end(script, found, "unexpected EOF while parsing")


def _print(found: _Found, script: Script) -> str | None:
    call = re.fullmatch(r"\s*print (.*\S)\s*", found.text)
    if not call or script.version < (3, 8) or ";" in call[1] or "#" in call[1]:
        return None
    message = f"Missing parentheses in call to 'print'. Did you mean print({call[1]})?"
    return _message(script, found, message, call.start(1))


def _string(found: _Found, script: Script) -> str | None:
    """The end of a line in a string, if what stands before the string could go on with one."""
    before = found.text[: found.start]
    if not any(_parses(before.lstrip() + "''" + closing) for closing in ("", ")", "]", "}", "))", ":\n pass")):
        return None
    width = len(found.text)
    return _message(
        script, found, "EOL while scanning string literal", width if script.version >= (3, 9) else width - 1
    )


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def _block(found: _Found, script: Script) -> str | None:
    header = re.search(r"on line (\d+)$", found.message)
    if header and int(header[1]) == found.line:
        if not script.path or not script.source.endswith("\n") or found.line != found.last:
            return None
        if script.version >= (3, 9):
            return _at_end(script, found, "expected an indented block", "IndentationError")
        return _at_end(script, found, "unexpected EOF while parsing")
    if script.version < (3, 8):
        return None
    indent = len(found.text) - len(found.text.lstrip())
    return _message(script, found, "expected an indented block", indent, kind=found.kind)


def _indent(found: _Found, script: Script) -> str:
    indent = len(found.text) - len(found.text.lstrip())
    return _message(script, found, found.message, None if script.version >= (3, 9) else indent, kind=found.kind)


def _unindent(found: _Found, script: Script) -> str:
    width = len(found.text)
    return _message(
        script, found, found.message, width if script.version >= (3, 9) else width - 1, kind="IndentationError"
    )


def _equals(found: _Found, script: Script) -> str | None:
    sign = re.compile(r"(?<![=!<>:])=(?!=)").search(found.text, found.start)
    return _message(script, found, "invalid syntax", sign.start()) if sign else None


_OLDER = (
    (r"invalid syntax", _invalid),
    (r"expected ':'", _invalid),
    (r"unmatched '.'|closing parenthesis '.' does not match opening parenthesis '.'", _bracket),
    (r"'.' was never closed", _never_closed),
    (r"Missing parentheses in call to 'print'\. Did you mean print\(\.\.\.\)\?", _print),
    (r"unterminated string literal \(detected at line \d+\)", _string),
    (r"expected an indented block.*", _block),
    (r"unexpected indent", _indent),
    (r"unindent does not match any outer indentation level", _unindent),
    (r"invalid syntax\. Maybe you meant '==' or ':=' instead of '='\?", _equals),
    (r"'(return|yield|break)' (outside function|outside loop)|'continue' not properly in loop", _same),
)
