"""What a request that is not on the tape looks like beside those that are: what differs, and which are stale."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path

from llm_kernel.model.recording import Part, Parts, Recording, text_of

__all__ = ["brief", "explain"]

_NEAR = 16
_ROWS = 8
_NAMED = 5
_ADVICE = "To add it, set LLM_KERNEL_TAPE_MODE=auto; to record anew, =record."


def explain(path: Path, asked: Parts, recordings: Sequence[Recording], left: Sequence[Recording]) -> str:
    """Why ``asked`` is not played.

    ``left`` are the recordings that nothing has asked for yet: one of them may be what this request was before.
    """
    what = f"The tape {path} has no recording of `{brief(asked)}`"
    if not recordings:
        return f"The tape {path} is empty. {_ADVICE}"
    same = [recording for recording in recordings if recording.parts == asked]
    if same:
        times = "once" if len(same) == 1 else f"{len(same)} times"
        return f"{what} left: it was recorded {times} (line {same[-1].line}) and is asked once more. {_ADVICE}"
    nearest = _nearest(asked, left or recordings)
    names = [name for name in {**nearest.parts, **asked} if nearest.parts.get(name) != asked.get(name)]
    told = "\n".join(_difference(name, nearest.parts.get(name), asked.get(name)) for name in names)
    head = f"{what}. The nearest is line {nearest.line}, `{brief(nearest.parts)}`; it differs in {', '.join(names)}:"
    return "\n".join([head, told, *_stale(left), _ADVICE])


def brief(parts: Parts) -> str:
    """What was asked, on a line."""
    said = (text_of(parts.get(name, "")) for name in ("command", "instruction", *parts))
    line = next((text for text in said if text), "").strip().split("\n")[0]
    return line if len(line) <= 80 else line[:79] + "…"


def _stale(left: Sequence[Recording]) -> list[str]:
    """The recordings that were not asked for so far: stale, unless a later cell asks for them."""
    if not left:
        return []
    named = [f"line {one.line} `{brief(one.parts)}`" for one in left[:_NAMED]]
    more = [f"{len(left) - _NAMED} more"] if len(left) > _NAMED else []
    return [f"Not asked for so far, and stale if nothing later does: {', '.join([*named, *more])}."]


def _nearest(asked: Parts, recordings: Sequence[Recording]) -> Recording:
    close = sorted(recordings, key=lambda one: -sum(one.parts.get(name) == part for name, part in asked.items()))
    return max(close[:_NEAR], key=lambda one: _likeness(one.parts, asked))


def _likeness(one: Parts, other: Parts) -> float:
    def ratio(name: str) -> float:
        return difflib.SequenceMatcher(None, text_of(one.get(name, "")), text_of(other.get(name, ""))).ratio()

    return sum(1.0 if one.get(name) == other.get(name) else ratio(name) for name in {**one, **other})


def _difference(name: str, taped: Part | None, asked: Part | None) -> str:
    if taped is None or asked is None:
        return (
            f"  {name}: only {'asked' if taped is None else 'on the tape'}; another version of this kernel recorded it"
        )
    before, after = text_of(taped).splitlines(), text_of(asked).splitlines()
    if before == after:
        return f"  {name}: the middle of a long text differs"
    rows = [row for row in [*difflib.unified_diff(before, after, lineterm="", n=0)][2:] if not row.startswith("@@ ")]
    some = [f"    {row[:100]}" for row in rows[:_ROWS]] + (["    ..."] if len(rows) > _ROWS else [])
    return "\n".join([f"  {name} (- on the tape, + asked):", *some])
