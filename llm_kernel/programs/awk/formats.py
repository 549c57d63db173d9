"""``printf``: C's conversions, each with the value that stands for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from llm_kernel.programs.awk.faults import TroubleError
from llm_kernel.programs.awk.values import Dialect, Read, Value, c_format, integer, looked, number

__all__ = ["formatted"]

_CONVERSION = re.compile(r"%(?:%|([-+ #0']*)(\*|\d*)(?:(\.)(\*|\d*))?([hlL]?)(.?))", re.DOTALL)
_WIDTH_DIGITS = 9
_WIDEST = 1_000_000
"""Letters that a width may ask for."""


def formatted(form: str, args: Sequence[Value], dialect: Dialect, who: str, text: Callable[[Value], str]) -> str:
    """``form`` with ``args`` in their places; ``text`` turns a value into letters."""
    pieces, at, rest = [], 0, iter(args)
    for count, found in enumerate(_CONVERSION.finditer(form), 1):
        pieces.append(form[at : found.start()])
        at = found.end()
        try:
            pieces.append("%" if found[0] == "%%" else _one(found, rest, dialect, text, f'{who}("{form}")', count))
        except TroubleError as err:
            err.said = "".join(pieces)
            raise
    return "".join([*pieces, form[at:]])


def _one(
    found: re.Match[str], rest: Iterator[Value], dialect: Dialect, text: Callable[[Value], str], call: str, count: int
) -> str:
    flags, letter = found[1].replace("'", ""), found[6]
    sizes = [_size(found[2], rest), _size(found[4], rest) if found[3] else None]
    width, precision = sizes[0] or 0, sizes[1]
    if width < 0:
        flags, width = f"{flags}-", -width
    if precision is not None and precision < 0:
        precision = None
    missing = object()
    value = next(rest, missing)
    if value is missing:
        raise TroubleError(f"not enough arguments passed to {call}")
    if max(width, precision or 0) > _WIDEST:
        raise TroubleError(f"program limit exceeded: sprintf buffer size={_WIDEST}", placed=False)
    if letter not in tuple("sciduoxXeEfFgG") or (letter in "scefgEG" and found[5]):
        raise TroubleError(f"improper conversion(number {count}) in {call}")
    assert value is None or isinstance(value, float | str)
    if letter in "sc":
        said = text(value) if letter == "s" else _letter(value, dialect)
        said = said if precision is None else said[:precision]
        return said.ljust(width) if "-" in flags else said.rjust(width)
    form = f"%{flags}{width or ''}{'' if precision is None else f'.{precision}'}"
    if letter in "di":
        return _whole(form + "d", _signed(number(value), dialect))
    if letter in "uoxX":
        return _unsigned(form, letter, number(value), dialect)
    return c_format(form + letter, number(value))


def _size(word: str, rest: Iterator[Value]) -> int:
    return integer(number(next(rest, None)), 1 << 31) if word == "*" else int(word[:_WIDTH_DIGITS] or 0)


def _letter(value: Value, dialect: Dialect) -> str:
    """What ``%c`` shows: a number's byte, a text's first one."""
    if type(value) is Read:
        value = looked(value)
    if isinstance(value, str):
        return value[:1] or "\0"
    return chr(integer(number(value), dialect.whole) & 255)


def _whole(form: str, value: int) -> str:
    """A whole number; with a precision, zeros fill nothing else."""
    if "." in form:
        head, _, tail = form.partition(".")
        body = re.match(r"%([-+ #0]*)(\d*)", head)
        assert body is not None
        head = f"%{body[1].replace('0', '')}{body[2]}"
        if tail == "0d" and value == 0:
            return (head + "s") % ""
        form = f"{head}.{tail}"
    return form % value


def _signed(value: float, dialect: Dialect) -> int:
    """A whole number; where they are wide, those without a sign go further."""
    return integer(value, dialect.top if dialect.intervals and value > 0 else dialect.whole)


def _unsigned(form: str, letter: str, value: float, dialect: Dialect) -> str:
    top = dialect.top
    whole = int(value) if 0 < value < top else top if value >= top else 0
    if value < 0 and (dialect.intervals or dialect.old):
        whole = integer(value, dialect.whole) & top
    if "#" in form and letter == "o":
        form = form.replace("#", "")
        return (re.sub(r"\.\d+$", "", form) + "s") % (f"0{whole:o}" if whole else "0")
    if "#" in form and not whole:
        form = form.replace("#", "")
    return _whole(form + ("d" if letter == "u" else letter), whole)
