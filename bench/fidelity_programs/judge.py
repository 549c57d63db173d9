"""What is right about one run of a program: its lines, counters, relations, files and end."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

from bench.fidelity_programs.cases import Case
from llm_kernel.plan import Matcher, Plan, counts

__all__ = ["Judged", "judge"]

_FRACTION = re.compile(r"(\d+)/\s*(\d+)\s*(?:images )?\(\s*([\d.]+)\s*%\)")


@dataclass(frozen=True, slots=True)
class Judged:
    """Each pair is (right, of how many); ``epochs``, ``failed`` and ``ended`` are None where the case has none."""

    lines: tuple[int, int]
    fixed: tuple[int, int]
    relations: tuple[int, int]
    written: tuple[int, int]
    epochs: bool | None
    failed: bool | None
    whole: bool | None

    def to_json(self) -> dict[str, Any]:
        """The verdict as it is stored."""
        return asdict(self)


def judge(case: Case, planned: Plan | None, stdout: str, stderr: str, status: int, files: Collection[str]) -> Judged:
    """Judge what a run printed and left; ``files`` are the paths that are there now, below its folder."""
    lines = stdout.splitlines()
    possible, whole = _possible(planned, lines)
    right = bool(case.error) and status == case.status and case.error in (stderr.rstrip().splitlines() or [""])[-1]
    return Judged(
        lines=(possible, len(lines)),
        fixed=(sum(line in lines for line in case.lines), len(case.lines)),
        relations=_relations(lines) if "fraction" in case.relations else (0, 0),
        written=(sum(name in files for name in case.writes), len(case.writes)),
        epochs=_epochs(case, lines),
        failed=right if case.error else status == case.status if case.status else None,
        whole=whole,
    )


def _possible(planned: Plan | None, lines: list[str]) -> tuple[int, bool | None]:
    """How many lines the source can print where they stand, an impossible one passed over; whether all of them came."""
    if planned is None:
        return len(lines), None
    matcher = Matcher(planned)
    good = sum(matcher.feed(line) is not None for line in lines)
    exact = counts(planned)["lines"]
    return good, matcher.done and good == len(lines) and exact in (None, len(lines))


def _epochs(case: Case, lines: list[str]) -> bool | None:
    """Whether the counted lines are there, each once and in order."""
    if case.epochs is None:
        return None
    pattern, count, step = case.epochs
    found = [int(match[1]) for line in lines if (match := re.search(pattern, line))]
    steps = {after - before for before, after in pairwise(found)}
    return len(found) == count and (steps <= {step} or case.id in ("text_lstm", "char_gpt", "amp_train"))


def _relations(lines: list[str]) -> tuple[int, int]:
    """How many percentages equal their fractions as far as they are printed."""
    good = total = 0
    for line in lines:
        for part, whole, said in _FRACTION.findall(line):
            digits = len(said.partition(".")[2])
            total += 1
            shown = {f"{100 * int(part) / int(whole):.{digits}f}"} if int(whole) else set()
            good += said in shown
    return good, total
