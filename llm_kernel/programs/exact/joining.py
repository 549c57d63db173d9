"""``join``: the lines of two sorted files that have a field in common."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, groupby, islice

from llm_kernel.programs.feeding import fed, lines, tell
from llm_kernel.programs.options import Options, Parsed
from llm_kernel.programs.quoting import said
from llm_kernel.programs.table import live
from llm_kernel.shell.call import Answer, Call, Io

__all__ = ["join"]

_JOIN = Options(
    "a= e= i,ignore-case j= o= t= v= 1= 2= check-order nocheck-order header z,zero-terminated",
    usage="[OPTION]... FILE1 FILE2",
    about="For each pair of input lines with identical join fields, write a line to\nstandard output.",
    authors="Mike Haertel",
)
_PIECE = 1000
_MOST = 1000
"""Lines that are written at once, and how often: two files may have the same field in every line."""


@dataclass(frozen=True, slots=True)
class _Rules:
    fields: tuple[int, int]
    mark: str | None
    empty: str
    pattern: tuple[tuple[int, int], ...]
    widths: tuple[int, int] | None
    alone: frozenset[str]
    paired: bool
    fold: bool

    def key(self, row: Sequence[str], file: int) -> str:
        """The field that a row is joined by."""
        at = self.fields[file]
        text = row[at] if at < len(row) else ""
        return text.lower() if self.fold else text


@live("join")
async def join(call: Call, io: Io) -> int:
    """Join two files."""
    parsed = _JOIN.parse(call)
    if isinstance(parsed, Answer):
        return await tell(io, parsed)
    if len(parsed.operands) != 2:
        wrong = "missing operand"
        if parsed.operands:
            wrong = f"missing operand after {said(parsed.operands[-1], call.env)}"
        if len(parsed.operands) > 2:
            wrong = f"extra operand '{parsed.operands[2]}'"
        return await tell(io, _JOIN.refuse(call, wrong))
    rules = _rules(call, parsed)
    if isinstance(rules, Answer):
        return await tell(io, rules)
    end = b"\0" if "zero-terminated" in parsed else b"\n"
    tables = []
    async for name, data in fed(call, io, parsed.operands):
        if isinstance(data, OSError):
            await io.err(f"join: {name}: {data.strerror}\n")
            return 1
        texts = [line.decode("utf-8", "surrogateescape") for line in lines(data, end)]
        tables.append(
            [text.split(rules.mark) if rules.mark else [text] if rules.mark == "" else text.split() for text in texts]
        )
    heads = [table.pop(0) if table else [] for table in tables] if "header" in parsed else []
    if parsed.value("o") == "auto":
        first = [table[0] if table else [] for table in ([[head] for head in heads] or tables)]
        rules = replace(rules, widths=(len(first[0]), len(first[1])))
    show = _shown(rules)
    order = parsed.last("check-order", "nocheck-order").partition("-")[0] or "default"
    walk = _Walk(rules, tables, order)
    rows = chain([show(heads[0], heads[1])] if heads else [], walk.rows(show))
    for _ in range(_MOST):
        if not (some := list(islice(rows, _PIECE))):
            break
        await io.out("".join(row + end.decode() for row in some).encode("utf-8", "surrogateescape"))
    else:
        await io.err("join: memory exhausted\n")
        return 1
    for file, (number, row) in walk.disorder.items():
        line = (rules.mark or " ").join(row)
        await io.err(f"join: {parsed.operands[file]}:{number + bool(heads)}: is not sorted: {line}\n")
    if walk.disorder and order != "check":
        await io.err("join: input is not in sorted order\n")
    return int(bool(walk.disorder))


def _rules(call: Call, parsed: Parsed) -> _Rules | Answer:
    fields = []
    for name in ("1", "2"):
        value = parsed.value(name) or parsed.value("j") or "1"
        if not re.fullmatch(r"0*[1-9]\d{0,8}", value):
            return Answer(stderr=f"join: invalid field number: {said(value, call.env)}\n", status=1)
        fields.append(int(value) - 1)
    for letter in ("a", "v"):
        for value in parsed.values(letter):
            if value not in ("1", "2"):
                return Answer(stderr=f"join: invalid field number: {said(value, call.env)}\n", status=1)
    mark = parsed.value("t")
    if mark is not None and len(mark) > 1 and mark != r"\0":
        return Answer(stderr=f"join: multi-character tab {said(mark, call.env)}\n", status=1)
    pattern = []
    for word in re.split(r"[ ,\t]+", " ".join(parsed.values("o"))) if parsed.values("o") not in ([], ["auto"]) else ():
        found = re.fullmatch(r"([12])\.0*([1-9]\d{0,8})|0", word)
        if found is None:
            wrong = "file number in field spec" if re.match(r"[^12]\.", word) else "field specifier"
            return Answer(stderr=f"join: invalid {wrong}: {said(word, call.env)}\n", status=1)
        pattern.append((int(found[1]) - 1, int(found[2]) - 1) if found[1] else (-1, 0))
    alone = frozenset(parsed.values("a") + parsed.values("v"))
    fold = "ignore-case" in parsed
    empty = parsed.value("e") or ""
    return _Rules((fields[0], fields[1]), mark, empty, tuple(pattern), None, alone, "v" not in parsed, fold)


def _shown(rules: _Rules) -> Callable[[Sequence[str] | None, Sequence[str] | None], str]:
    """How a pair of rows, of which one may lack, is written."""
    joint = rules.mark or " "

    def cell(row: Sequence[str] | None, at: int) -> str:
        return (row[at] if row is not None and at < len(row) else "") or rules.empty

    def show(one: Sequence[str] | None, other: Sequence[str] | None) -> str:
        file = 0 if one is not None else 1
        rows = (one, other)
        shared = cell(rows[file], rules.fields[file])
        if rules.pattern:
            return joint.join(shared if number < 0 else cell(rows[number], at) for number, at in rules.pattern)
        cells = [shared]
        for number, row in enumerate(rows):
            if rules.widths is not None:
                cells += [cell(row, at) for at in range(rules.widths[number]) if at != rules.fields[number]]
            elif row is not None:
                cells += [text or rules.empty for at, text in enumerate(row) if at != rules.fields[number]]
        return joint.join(cells)

    return show


class _Walk:
    """Two tables walked in step; ``order``: when a line that is out of order counts (check, default, no)."""

    def __init__(self, rules: _Rules, tables: Sequence[Sequence[Sequence[str]]], order: str) -> None:
        self._rules, self._order = rules, order
        self._groups = [
            [list(rows) for _, rows in groupby(table, self._key(file))] for file, table in enumerate(tables)
        ]
        self._at, self._line = [0, 0], [1, 1]
        self._lonely = False
        self.disorder: dict[int, tuple[int, Sequence[str]]] = {}

    def rows(self, show: Callable[[Sequence[str] | None, Sequence[str] | None], str]) -> Iterator[str]:
        """The lines that come of it."""
        while not self._ended:
            left, right = self._group(0), self._group(1)
            if left and (not right or self._key(0)(left[0]) < self._key(1)(right[0])):
                self._lone(0, right)
                yield from (show(row, None) for row in left if "1" in self._rules.alone)
            elif right and (not left or self._key(1)(right[0]) < self._key(0)(left[0])):
                self._lone(1, left)
                yield from (show(None, row) for row in right if "2" in self._rules.alone)
            elif left and right:
                self._next(0)
                self._next(1)
                if self._rules.paired and not self._stopped:
                    yield from (show(one, other) for one in left for other in right)

    @property
    def _stopped(self) -> bool:
        return self._order == "check" and bool(self.disorder)

    @property
    def _ended(self) -> bool:
        return self._stopped or (self._group(0) is None and self._group(1) is None)

    def _key(self, file: int) -> Callable[[Sequence[str]], str]:
        return lambda row: self._rules.key(row, file)

    def _group(self, file: int) -> list[Sequence[str]] | None:
        groups, at = self._groups[file], self._at[file]
        return groups[at] if at < len(groups) else None

    def _lone(self, file: int, other: object) -> None:
        """Go on behind lines without a pair: from then on the order counts."""
        if not other:
            self._lonely = True
        self._next(file)
        self._lonely = True

    def _next(self, file: int) -> None:
        before = self._group(file)
        self._at[file] += 1
        after, key = self._group(file), self._key(file)
        if before is None:
            return
        self._line[file] += len(before)
        counts = self._order == "check" or (self._order == "default" and self._lonely)
        if after and counts and file not in self.disorder and key(after[0]) < key(before[0]):
            self.disorder[file] = (self._line[file], after[0])
