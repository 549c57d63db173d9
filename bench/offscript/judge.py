"""What is wrong with an answer: a list of plain sentences, empty where all that was expected is there. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bench.offscript.cases import NEVER, Case

__all__ = ["checks", "judge"]


def judge(case: Case, output: str, status: int, seen: Mapping[str, str]) -> list[str]:
    """The expectations that the answer misses; ``seen`` has the outputs of the cells behind the command."""
    wrong = []
    if status not in case.status:
        wrong.append(f"status {status}, not {' or '.join(map(str, case.status))}")
    wrong += [f"no {pattern}" for pattern in case.must if not _has(pattern, output)]
    wrong += [f"has {pattern}" for pattern in (*case.never, *NEVER) if _has(pattern, output)]
    for check in case.then:
        if not _has(check.must, seen.get(check.cell, "")):
            wrong.append(f"then `{check.cell}` gives {seen.get(check.cell, '')[:80]!r}")
    for agreement in case.agrees:
        here, there = _named(agreement.here, output), _named(agreement.there, seen.get(agreement.cell, ""))
        if here is None or here != there:
            wrong.append(f"says {here!r} where `{agreement.cell}` says {there!r}")
    return wrong


def checks(case: Case) -> int:
    """How many things are expected of an answer, the things that none may hold not counted."""
    return 1 + len(case.must) + len(case.never) + len(case.then) + len(case.agrees)


def _has(pattern: str, text: str) -> bool:
    return re.search(pattern, text, re.MULTILINE) is not None


def _named(pattern: str, text: str) -> str | None:
    found = re.search(pattern, text, re.MULTILINE)
    return found[1] if found else None
