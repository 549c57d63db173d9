"""Schedulers that are made of others: one after the other, or all of them at once."""

from __future__ import annotations

from bisect import bisect_right

from llm_kernel.plan.rates import begin_anew, give_up, move_on
from llm_kernel.plan.shapes.release import before
from llm_kernel.plan.values import Group, Thing, Value
from llm_kernel.plan.walk import Walk

__all__ = ["MADE_OF_OTHERS", "made_of_others", "step_all"]

MADE_OF_OTHERS = frozenset(["SequentialLR", "ChainedScheduler"])
_WORDS = {"SequentialLR": ("optimizer", "schedulers", "milestones"), "ChainedScheduler": ("schedulers", "optimizer")}


def made_of_others(w: Walk, name: str, args: list[Value], named: dict[str, Value]) -> Thing | None:
    """A new scheduler of others; None where one of them is not known."""
    given = dict(zip(_WORDS[name], args, strict=False)) | named
    parts, milestones = given.get("schedulers"), given.get("milestones", () if name == "ChainedScheduler" else None)
    if not isinstance(parts, (list, tuple)) or not all(_plain(each) for each in parts) or not parts:
        return None
    if not isinstance(milestones, (list, tuple)) or not all(type(each) is int for each in milestones):
        return None
    first = parts[0]
    assert isinstance(first, Thing)
    held = {"name": name, "optimizer": first.attrs["optimizer"], "parts": list(parts), "last_epoch": 0,
            "milestones": list(milestones), "around": w.around}  # fmt: skip
    made = Thing("scheduler", Group(held))
    w.state.made(made.attrs)
    if name == "SequentialLR":
        if len(milestones) != len(parts) - 1 or before(w.facts, "torch", (1, 13)):
            give_up(w, [made])
        else:
            begin_anew(w, first)
    return made


def _plain(value: Value) -> bool:
    return isinstance(value, Thing) and value.kind == "scheduler" and value.attrs["name"] != "ReduceLROnPlateau"


def step_all(w: Walk, this: Thing, args: list[Value], named: dict[str, Value]) -> Value:
    """``step()`` of a scheduler of others."""
    parts, n, milestones = this.attrs["parts"], this.attrs["last_epoch"], this.attrs["milestones"]
    assert isinstance(parts, list)
    assert isinstance(milestones, list)
    if args or named or not isinstance(n, int):
        give_up(w, [this])
    elif this.attrs["name"] == "ChainedScheduler":
        for each in parts:
            move_on(w, each, [], {})
    else:
        w.state.put(this.attrs, "last_epoch", n + 1)
        turn = bisect_right(milestones, n + 1)
        if n + 1 in milestones:
            begin_anew(w, parts[turn])
        else:
            move_on(w, parts[turn], [], {})
    return None
