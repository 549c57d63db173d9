"""``csplit``: a file cut into pieces at line numbers and patterns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from llm_kernel.programs.feeding import fed, tell
from llm_kernel.programs.options import Options, Parsed
from llm_kernel.programs.quoting import quoted, said
from llm_kernel.programs.table import live
from llm_kernel.shell.call import Answer, Call, Io

__all__ = ["csplit"]

_CSPLIT = Options(
    "b,suffix-format= f,prefix= k,keep-files n,digits= s,q,quiet silent suppress-matched z,elide-empty-files",
    usage="[OPTION]... FILE PATTERN...",
    about="Output pieces of FILE separated by PATTERN(s) to files 'xx00', 'xx01', ...,\nand output byte counts of each piece to standard output.",  # noqa: E501
    authors="Stuart Kemp and David MacKenzie",
)
_REPEAT = re.compile(r"\{(\+?\d+|\*)\}")
_PATTERN = re.compile(r"([/%])(.*)\1(.*)", re.DOTALL)
_CONVERSION = re.compile(r"%(?!%)[-0#']*\d*(?:\.\d*)?(.?)", re.DOTALL)
_SAYS = {
    "unterminated character set": "Invalid regular expression",
    "missing ), unterminated subpattern": "Unmatched ( or \\(",
    "unbalanced parenthesis": "Unmatched ) or \\)",
}
"""What is wrong with a pattern, and the real one's words for it."""

_MOST = 10_000


class _Wrong(Exception):  # noqa: N818 - what csplit says, no fault of ours
    pass


@dataclass(slots=True)
class _Cut:
    """The lines, how far they are given out, and the pieces so far.

    ``passed``: a pattern is looked for behind that line only; ``over``: what is left belongs to no piece.
    """

    lines: list[bytes]
    matched: bool
    at: int = 0
    passed: bool = False
    over: bool = False
    pieces: list[bytes] = field(default_factory=list)

    def take(self, to: int, *, keep: bool = True) -> None:
        if keep:
            self.pieces.append(b"".join(self.lines[self.at : to]))
        self.at = to


@live("csplit")
async def csplit(call: Call, io: Io) -> int:
    """Cut a file into pieces."""
    parsed = _CSPLIT.parse(call)
    if isinstance(parsed, Answer):
        return await tell(io, parsed)
    if len(parsed.operands) < 2:
        after = f" after {said(parsed.operands[0], call.env)}" if parsed.operands else ""
        return await tell(io, _CSPLIT.refuse(call, f"missing operand{after}"))
    name, *patterns = parsed.operands
    [(_, data)] = [pair async for pair in fed(call, io, [name])]
    if isinstance(data, OSError):
        await io.err(f"csplit: cannot open {quoted(name)} for reading: {data.strerror}\n")
        return 1
    try:
        _check_names(call, parsed)
        cuts, warnings = _checked(call, patterns)
    except _Wrong as err:
        await io.err(f"csplit: {err}\n")
        return 1
    await io.err("".join(f"csplit: warning: {warning}\n" for warning in warnings))
    cut, wrong = _Cut(data.splitlines(keepends=True), "suppress-matched" in parsed), ""
    try:
        _all(call, cut, cuts)
        if not cut.over:
            cut.take(len(cut.lines))
    except _Wrong as err:
        wrong = str(err)
        cut.take(len(cut.lines))
    pieces = [piece for piece in cut.pieces if piece or "elide-empty-files" not in parsed]
    if not {"quiet", "silent", "s"} & {given for given, _ in parsed.options}:
        await io.out("".join(f"{len(piece)}\n" for piece in pieces))
    if wrong:
        await io.err(f"csplit: {wrong}\n")
    if not wrong or "keep-files" in parsed:
        for number, piece in enumerate(pieces):
            call.machine.files.write(call.path(_name(parsed, number)), piece)
    return 1 if wrong else 0


def _name(parsed: Parsed, number: int) -> str:
    form = parsed.value("suffix-format") or f"%0{parsed.value('digits') or 2}d"
    shown = re.fullmatch(r"(.*?)(%[-0#]*(?:[1-9]\d*)?[diux])(.*)", form)
    suffix = f"{shown[1]}{shown[2].replace('i', 'd').replace('u', 'd') % number}{shown[3]}" if shown else form
    return (parsed.value("prefix") or "xx") + suffix


def _check_names(call: Call, parsed: Parsed) -> None:
    """Whether the options can make names of pieces."""
    digits = parsed.value("digits")
    if digits is not None and not digits.isdigit():
        raise _Wrong(f"invalid number: {said(digits, call.env)}")
    form = parsed.value("suffix-format")
    kinds = _CONVERSION.findall(form.replace("%%", "")) if form is not None else ["d"]
    wrong = next((kind for kind in kinds if kind not in "diuoxX"), None)
    if not kinds:
        raise _Wrong("missing % conversion specification in suffix")
    if wrong:
        raise _Wrong(f"invalid conversion specifier in suffix: {wrong}")
    if not all(kinds):
        raise _Wrong("missing conversion specifier in suffix")
    if len(kinds) > 1:
        raise _Wrong("too many % conversion specifications in suffix")


def _checked(call: Call, patterns: Sequence[str]) -> tuple[list[tuple[str, int | None]], list[str]]:
    """Each pattern and how often it cuts, None for as often as it can; and what there is to warn of."""
    cuts: list[tuple[str, int | None]] = []
    warnings: list[str] = []
    before = 0
    todo = list(patterns)
    while todo:
        pattern = todo.pop(0)
        if pattern[:1] in ("/", "%"):
            _check_pattern(call, pattern)
        elif not pattern.isdigit():
            raise _Wrong(f"{said(pattern, call.env)}: invalid pattern")
        else:
            now = int(pattern)
            if not now:
                raise _Wrong(f"{pattern}: line number must be greater than zero")
            if now < before:
                raise _Wrong(f"line number {said(pattern, call.env)} is smaller than preceding line number, {before}")
            if now == before:
                warnings.append(f"line number {said(pattern, call.env)} is the same as preceding line number")
            before = now
        count: int | None = 1
        if todo and todo[0].startswith("{"):
            count = _times(call, todo.pop(0))
        cuts.append((pattern, count))
    return cuts, warnings


def _check_pattern(call: Call, pattern: str) -> None:
    found = _PATTERN.fullmatch(pattern)
    if not found:
        raise _Wrong(f"{pattern}: closing delimiter '{pattern[0]}' missing")
    try:
        _basic(found[2])
    except re.error as err:
        why = _SAYS.get(err.msg, err.msg)
        raise _Wrong(f"{said(_shown(pattern), call.env)}: invalid regular expression: {why}") from err
    if not re.fullmatch(r"(?:[-+]?\d+)?", found[3]):
        raise _Wrong(f"{said(_shown(pattern), call.env)}: integer expected after delimiter")


def _shown(pattern: str) -> str:
    return pattern.replace("\\", "\\\\")


def _times(call: Call, text: str) -> int | None:
    if not text.endswith("}"):
        raise _Wrong(f"{said(text, call.env)}: '}}' is required in repeat count")
    found = _REPEAT.fullmatch(text)
    if not found:
        raise _Wrong(f"{said(text[:-1], call.env)}}}: integer required between '{{' and '}}'")
    return None if found[1] == "*" else int(found[1]) + 1


def _all(call: Call, cut: _Cut, cuts: Sequence[tuple[str, int | None]]) -> None:
    for pattern, count in cuts:
        done = 0
        while count is None or done < count:
            if done > _MOST or not _once(call, cut, pattern, done, forever=count is None):
                break
            done += 1


def _once(call: Call, cut: _Cut, pattern: str, done: int, *, forever: bool) -> bool:
    """Cut at a pattern once more; False where it is looked for until the end and is not there."""
    again = f" on repetition {done}" if done else ""
    if pattern.isdigit():
        line = int(pattern) * (done + 1) - 1
        if line >= len(cut.lines):
            if forever:
                return False
            raise _Wrong(f"{said(pattern, call.env)}: line number out of range{again}")
        cut.take(max(line, cut.at))
        cut.passed = False
        cut.at += cut.matched
        return True
    found = _PATTERN.fullmatch(pattern)
    assert found is not None
    place = _find(cut, _basic(found[2]), cut.at + cut.passed)
    if place is None:
        if forever:
            cut.over = found[1] == "%"
            return False
        raise _Wrong(f"{said(_shown(pattern), call.env)}: match not found{again}")
    to = place + int(found[3] or 0)
    if not 0 <= to <= len(cut.lines):
        raise _Wrong(f"{said(_shown(pattern), call.env)}: line number out of range{again}")
    cut.take(to, keep=found[1] == "/")
    cut.passed = not cut.matched
    cut.at += cut.matched
    return True


def _basic(text: str) -> re.Pattern[bytes]:
    # a basic pattern: what an extended one has bare has a backslash here, and the other way round
    return re.compile(re.sub(r"\\([(){}|+?])|([(){}|+?])", lambda m: m[1] or f"\\{m[2]}", text).encode())


def _find(cut: _Cut, wanted: re.Pattern[bytes], start: int) -> int | None:
    numbers = range(start, len(cut.lines))
    return next((number for number in numbers if wanted.search(cut.lines[number].rstrip(b"\n"))), None)
