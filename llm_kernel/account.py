"""What a notebook has asked of models so far, and where it stands on its tape: it outlives its kernel.

Going back to an earlier moment changes none of it, for what is spent is spent.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from llm_kernel.errors import StateError
from llm_kernel.model.choice import Models
from llm_kernel.provenance import Answer, Sum

__all__ = ["take_account", "to_account"]

_COUNTS = ("prompt", "cached", "completion", "tries")


def to_account(models: Models, answers: Iterable[Answer]) -> dict[str, Any]:
    """The account as JSON-able data, a row for each model."""
    groups: dict[str, list[Answer]] = {}
    for one in answers:
        groups.setdefault(one.model, []).append(one)
    rows = [{"by": group[0].by, **_row(Sum.of(model, group))} for model, group in groups.items()]
    return {"tape": models.position(), "used": models.budget.used if models.budget else 0.0, "answers": rows}


def _row(took: Sum) -> dict[str, Any]:
    return {
        "model": took.model,
        "prompt": took.prompt,
        "cached": took.cached,
        "completion": took.completion,
        "tries": took.requests,
        "seconds": took.seconds,
        "usd": took.usd,
    }


def take_account(models: Models, state: Mapping[str, Any]) -> list[Answer]:
    """Go on with the account of another kernel; its answers, one for each model.

    Raises:
        StateError: for a damaged one; nothing is changed then.
        TapeError: for a place on the tape that is none.
    """
    try:
        used = float(state["used"])
        answers = [_answer(row) for row in state["answers"]]
        position = state["tape"]
    except (KeyError, TypeError, ValueError, AttributeError) as err:
        raise StateError(f"the stored account is damaged: {err!r}") from err
    if not 0 <= used < math.inf:
        raise StateError(f"the stored account is damaged: {used} were used")
    models.resume(position)
    if models.budget:
        models.budget.used = used
    return answers


def _answer(row: Mapping[str, Any]) -> Answer:
    made = Answer("(before)", "tape" if row["by"] == "tape" else "model", str(row["model"])[:200])
    for name in _COUNTS:
        count = int(row[name])
        if not 0 <= count < 10**15:
            raise ValueError(f"{name} is {count}")
        setattr(made, name, count)
    made.seconds = max(0.0, float(row["seconds"]))
    made.usd = None if row["usd"] is None else max(0.0, float(row["usd"]))
    return made
