"""``seq``: numbers one behind another, as GNU's writes them: with the first's decimals, exactly."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from llm_kernel.programs.options import Options, Parsed
from llm_kernel.programs.quoting import said
from llm_kernel.programs.table import NotExact, exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["seq"]

MOST = 1_000_000
"""Lines that are made at most."""

_SEQ = Options(
    "f,format= s,separator= w,equal-width",
    usage="[OPTION]... LAST\n[OPTION]... FIRST LAST\n[OPTION]... FIRST INCREMENT LAST",
    about="Print numbers from FIRST to LAST, in steps of INCREMENT.",
    authors="Ulrich Drepper",
    ordered=True,
)
_NUMBER = re.compile(r"\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?")
_ODD = re.compile(r"\s*[+-]?(?:0[xX][\da-fA-F.]+(?:[pP][+-]?\d+)?|inf(?:inity)?|nan)", re.IGNORECASE)
_DIRECTIVE = re.compile(r"%([-+ #0']*\d*(?:\.\d*)?)(L?)(.?)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Form:
    """How a number is written: ``spec`` is Python's, between two texts."""

    before: str
    spec: str
    behind: str

    def line(self, number: Decimal) -> str:
        """``number`` in it."""
        return f"{self.before}{self.spec % float(number)}{self.behind}"


_WHOLE = _Form("", "%.0f", "")


@exact("seq")
def seq(call: Call) -> Answer:
    """Count.

    Raises:
        NotExact: for numbers without an end, or in another notation.
    """
    at = _first_operand(call.args)
    parsed = _SEQ.parse(replace(call, args=call.args[:at]))
    if isinstance(parsed, Answer):
        return parsed
    words = call.args[at + 1 if call.args[at : at + 1] == ("--",) else at :]
    if not words:
        return _SEQ.refuse(call, "missing operand")
    if len(words) > 3:
        return _SEQ.refuse(call, f"extra operand {said(words[3], call.env)}")
    if "format" in parsed and "equal-width" in parsed:
        return _SEQ.refuse(call, "format string may not be specified when printing equal width strings")
    for word in words:
        if _ODD.fullmatch(word):
            raise NotExact(call.name)
        if not _NUMBER.fullmatch(word):
            return _SEQ.refuse(call, f"invalid floating point argument: {said(word, call.env)}")
    last = Decimal(words[-1])
    first = Decimal(words[0]) if len(words) > 1 else Decimal(1)
    step = Decimal(words[1]) if len(words) > 2 else Decimal(1)
    if not step:
        return _SEQ.refuse(call, f"invalid Zero increment value: {said(words[1], call.env)}")
    form = _form(call, parsed, first, step, last)
    return form if isinstance(form, Answer) else _counted(form, parsed.value("separator"), first, step, last)


def _first_operand(args: tuple[str, ...]) -> int:
    """Where the numbers begin: a minus before a digit is no option."""
    at = 0
    while at < len(args) and re.match(r"-(?![\d.]|$)", args[at]) and args[at] != "--":
        at += 2 if args[at] in ("-s", "-f", "--separator", "--format") else 1
    return min(at, len(args))


def _form(call: Call, parsed: Parsed, first: Decimal, step: Decimal, last: Decimal) -> _Form | Answer:
    given = parsed.value("format")
    if given is not None:
        return _given(call, given)
    places = max(_places(first), _places(step))
    width = 0
    if "equal-width" in parsed:
        width = max(len(f"{number:.{places}f}") for number in (first, last.quantize(Decimal(1).scaleb(-places))))
    return _Form("", f"%0{width}.{places}f" if width else f"%.{places}f", "")


def _given(call: Call, text: str) -> _Form | Answer:
    """The form of ``-f``: one directive for a float."""
    found = [each for each in _DIRECTIVE.finditer(text.replace("%%", "\0\0")) if each[0]]
    if not found:
        return _refused(call, text, "has no % directive")
    one = found[0]
    if not one[3]:
        return _refused(call, text, "ends in %")
    if one[3] not in "aefgAEFG":
        return _refused(call, text, f"has unknown %{one[3]} directive")
    if len(found) > 1:
        return _refused(call, text, "has too many % directives")
    if one[3] in "aA" or "'" in one[1]:
        raise NotExact(call.name)
    return _Form(text[: one.start()].replace("%%", "%"), f"%{one[1]}{one[3]}", text[one.end() :].replace("%%", "%"))


def _refused(call: Call, text: str, why: str) -> Answer:
    return Answer(stderr=f"{call.name}: format {said(text, call.env)} {why}\n", status=1)


def _places(number: Decimal) -> int:
    return max(0, -int(number.as_tuple().exponent))


def _counted(form: _Form, between: str | None, first: Decimal, step: Decimal, last: Decimal) -> Answer:
    count = int((last - first) / step) + 1 if (last - first) * step >= 0 else 0
    made = min(count, MOST)
    text = ("\n" if between is None else between).join(_lines(form, first, step, made))
    end = "\n" if made else ""
    return Answer(text + end, *(() if made == count else ("seq: memory exhausted\n", 1)))


def _lines(form: _Form, first: Decimal, step: Decimal, count: int) -> Iterator[str]:
    if form == _WHOLE:
        yield from map(str, range(int(first), int(first) + int(step) * count, int(step)))
        return
    for at in range(count):
        yield form.line(first + at * step)
