"""Every change the walked program makes, so that a branch or an attempt can be taken back and compared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from llm_kernel.plan.counted import Form
from llm_kernel.plan.reckoning import picked
from llm_kernel.plan.values import MISSING, SPREAD, Group, Value, join, same

Watched: TypeAlias = tuple[set[tuple[int, str]], dict[int, tuple[Any, int]]]
Slot: TypeAlias = tuple[int, object]
_WIDE = 200
_LONGEST = 5000
"""Turns beyond which nobody counts what a list holds."""


GROUPS = ("param_groups", "get_last_lr", "_last_lr")
"""The names by which a learning rate is read."""
FRAME = "<function>"
"""Stands among the names of a function that is being walked, for its own."""


def own(name: object) -> object:
    """What a name of a function is called among the moments: no attribute elsewhere is meant by it."""
    return (FRAME, name)


@dataclass(slots=True)
class Log:
    """What one stretch of the walk overwrote: the place and what was there before."""

    slots: dict[Slot, tuple[Any, Any, Value]] = field(default_factory=dict)

    def moved(self) -> set[tuple[int, str]]:
        """The places that do not hold what they held before."""
        found: set[tuple[int, str]] = set()
        for place, key, old in self.slots.values():
            whole = key is SPREAD
            if _differ(place, old) if whole else not _alike_now(old, place.get(key, MISSING)):
                found.add((id(place), key if isinstance(key, str) else "[]"))
                found |= {(id(place), name) for name in GROUPS if isinstance(place, Group)}
        return found


class State:
    """Writes names, attributes and containers, and remembers what they were while somebody asks."""

    def __init__(self) -> None:
        self.logs: list[Log] = []
        self.changed: set[tuple[int, str]] = set()
        self.fresh: dict[int, tuple[Any, int]] = {}
        """The places made since somebody watches, held so that no other gets the id of one, and ``kept`` then."""
        self.kept = 0
        """How many results of calls were remembered: what they read may be a place that was made before."""
        self.loose: set[tuple[int, str]] = set()
        self.moment = 0
        self.hooks = 0
        """How many hooks wait for the calls of modules."""
        self.moments: dict[object, int] = {}
        """When a name or attribute was last set to something else; a function's own names stand under ``own``."""
        self.contents: dict[int, int] = {}
        """When a container last changed in what it holds, by its id."""

    @contextmanager
    def rebinding(self, places: set[tuple[int, str]]) -> Iterator[None]:
        """Changes of these places are not noted: they are set anew before anybody reads them again."""
        new = places - self.loose
        self.loose |= new
        try:
            yield
        finally:
            self.loose -= new

    def put(self, place: dict[Any, Value], key: Any, value: Value, *, quiet: bool = False) -> None:
        """Set one entry; ``quiet`` hides it from those who ask whether anything changed."""
        if key is SPREAD:
            self.touch(place)
            place[SPREAD] = SPREAD
            return
        old = place.get(key, MISSING)
        if old is value:
            return
        if self.logs:
            self.logs[-1].slots.setdefault((id(place), key), (place, key, old))
        made = self.fresh.get(id(place))
        if made is not None and made[1] != self.kept and not same(old, value):
            self._set(place, key)
        if made is None and not same(old, value):
            self._set(place, key)
            if not quiet and (id(place), key) not in self.loose:
                self.changed.add((id(place), key if isinstance(key, str) else "[]"))
            if isinstance(place, Group):
                self._note(place)
        place[key] = value

    def _set(self, place: Any, key: object) -> None:
        self.moment += 1
        self.contents[id(place)] = self.moment
        self.moments[own(key) if FRAME in place else key] = self.moment

    def _note(self, place: Group) -> None:
        """A learning rate has changed, or what its next change hangs on."""
        for name in GROUPS:
            self.moments[name] = self.moment
            self.changed.add((id(place), name))

    def watch(self) -> Watched:
        """Start to note what changes; new places do not count."""
        held = (self.changed, self.fresh)
        self.changed, self.fresh = set(), {}
        return held

    def seen(self, held: Watched) -> set[str]:
        """Stop, and tell the names that changed; those who watched before know of it too."""
        inner, (outer, fresh) = self.changed, held
        self.fresh |= fresh
        self.changed = outer | {change for change in inner if change[0] not in fresh}
        return {key for _, key in inner}

    def made(self, place: Any) -> None:
        """Writing to this new place is no change for those who wait for one."""
        self.fresh[id(place)] = place, self.kept

    def touch(self, container: Any) -> None:
        """Call before a list, set or dict is changed as a whole."""
        if self.logs:
            slots = self.logs[-1].slots
            if (id(container), SPREAD) not in slots:
                slots[(id(container), SPREAD)] = (container, SPREAD, container.copy())
        self.moment += 1
        self.contents[id(container)] = self.moment
        if id(container) not in self.fresh:
            self.changed.add((id(container), "[]"))

    def begin(self) -> None:
        """Start to remember."""
        self.logs.append(Log())

    def commit(self) -> Log:
        """Stop to remember, and keep what was done."""
        log = self.logs.pop()
        if self.logs:
            outer = self.logs[-1].slots
            for slot, entry in log.slots.items():
                outer.setdefault(slot, entry)
        return log

    def since(self, level: int) -> dict[Slot, tuple[Any, Any, Value]]:
        """What the places hold that were overwritten since the log of this level began."""
        slots = {slot: entry[:2] for log in self.logs[level:] for slot, entry in log.slots.items()}
        return {slot: (place, key, _now(place, key)) for slot, (place, key) in slots.items()}

    def rollback(self) -> dict[Slot, tuple[Any, Any, Value]]:
        """Take back everything since ``begin``; what the places held is the answer."""
        log = self.logs.pop()
        held: dict[Slot, tuple[Any, Any, Value]] = {}
        for slot, (place, key, old) in reversed(log.slots.items()):
            held[slot] = (place, key, _now(place, key))
            _restore(place, key, old)
            self._set(place, key)
        return held

    def merge(
        self, outcomes: Iterable[dict[Slot, tuple[Any, Any, Value]]], *, widen: bool = False, test: Form | None = None
    ) -> None:
        """Make every place hold what is common to all outcomes; ``test`` says when it is the first of two."""
        outcomes = list(outcomes)
        slots = {slot: (place, key) for outcome in outcomes for slot, (place, key, _) in outcome.items()}
        for slot, (place, key) in slots.items():
            current = _now(place, key)
            values = [outcome[slot][2] if slot in outcome else current for outcome in outcomes]
            there = key is not SPREAD and not any(value is MISSING for value in values)
            if test is not None and len(values) == 2 and there:
                values = [picked(test, *values)]
            self.settle(place, key, values, widen=widen)

    def open_up(self, log: Log, turns: int) -> None:
        """Let the containers hold what ``turns`` further stretches like this one leave in them.

        A list that it only made longer grows by as many values each time; of the others nobody knows.
        """
        for place, key, old in log.slots.values():
            if key is not SPREAD:
                continue
            self.touch(place)
            held: Any = old
            more = len(place) - len(held)
            if isinstance(place, list) and more > 0 and SPREAD not in place and _same_all(place, held):
                new = place[len(held) :]
                kinds = [join(value, before, widen=True) for value, before in zip(new, held[-more:], strict=False)]
                place[len(held) :] = (kinds or new) * min(turns, _LONGEST) + new
                if turns > _LONGEST:
                    _empty(place)
            else:
                _empty(place)

    def settle(self, place: Any, key: Any, values: list[Value], *, widen: bool = False) -> None:
        """Make one place hold what is common to these values."""
        if key is SPREAD:
            if any(_differ(values[0], value) for value in values[1:]):
                self.touch(place)
                alike = _alike(values, widen)
                _empty(place) if alike is None else _restore(place, SPREAD, alike)
            elif _differ(place, values[0]):
                self.touch(place)
                _restore(place, key, values[0])
            return
        result = values[0]
        for value in values[1:]:
            result = join(result, value, widen=widen)
        if result is not MISSING:
            self.put(place, key, result)


def _now(place: Any, key: Any) -> Value:
    return place.copy() if key is SPREAD else place.get(key, MISSING)


def _restore(place: Any, key: Any, old: Any) -> None:
    if key is SPREAD:
        place.clear()
        place.extend(old) if isinstance(place, list) else place.update(old)
    elif old is MISSING:
        place.pop(key, None)
    else:
        place[key] = old


def _empty(place: Any) -> None:
    place.clear()
    if isinstance(place, list):
        place.append(SPREAD)
    elif isinstance(place, set):
        place.add(SPREAD)
    else:
        place[SPREAD] = SPREAD


def _alike_now(one: Any, other: Any) -> bool:
    """Whether two values are the same: two tensors of the same numbers are, and two lists of the same values."""
    if same(one, other):
        return True
    if type(one) is list and type(other) is list:
        return len(one) == len(other) <= _WIDE and all(same(a, b) for a, b in zip(one, other, strict=True))
    if type(one) is dict and type(other) is dict:
        return one.keys() == other.keys() and len(one) <= _WIDE and all(same(one[key], other[key]) for key in one)
    numbers, others = getattr(one, "numbers", None), getattr(other, "numbers", None)
    if numbers is None or others is None or one.dtype != other.dtype or numbers.shape != others.shape:
        return False
    return bool((numbers == others).all())


def _same_all(one: list[Any], other: list[Any]) -> bool:
    """Whether a list begins with another."""
    return all(same(a, b) for a, b in zip(one, other, strict=False))


def _alike(values: list[Any], widen: bool) -> Any:
    """What containers of one length, or with the same keys, have in common; None where they differ in that."""
    first, *others = values
    if isinstance(first, list) and all(len(each) == len(first) and SPREAD not in each for each in values):
        for other in others:
            first = [join(a, b, widen=widen) for a, b in zip(first, other, strict=True)]
        return first
    if isinstance(first, dict) and SPREAD not in first and all(each.keys() == first.keys() for each in others):
        for other in others:
            first = {key: join(value, other[key], widen=widen) for key, value in first.items()}
        return first
    return None


def _differ(one: Any, other: Any) -> bool:
    if len(one) != len(other):
        return True
    if isinstance(one, dict):
        return any(key not in other or not same(value, other[key]) for key, value in one.items())
    return any(not same(a, b) for a, b in zip(one, other, strict=True))
