"""The shortest way from one list of lines to another, chosen among equals as GNU diff chooses."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

__all__ = ["Edit", "edits"]

_PATIENCE = 2500
"""After so many changed lines in one stretch the way found need no longer be the shortest."""

_FAR = 1 << 60


@dataclass(frozen=True, slots=True)
class Edit:
    """Lines ``old:old_end`` of the first list become lines ``new:new_end`` of the second; counted from 0."""

    old: int
    old_end: int
    new: int
    new_end: int


def edits(old: Sequence[Hashable], new: Sequence[Hashable], *, horizon: int = 0) -> list[Edit]:
    """What must be changed in ``old`` to get ``new``, from the top.

    Equal lines at both ends are left out of the search but for ``horizon`` of them.
    """
    shortest = min(len(old), len(new))
    top = end = 0
    while top < shortest and old[top] == new[top]:
        top += 1
    while end < shortest - top and old[-1 - end] == new[-1 - end]:
        end += 1
    top, end = max(top - horizon, 0), max(end - horizon, 0)
    found = _between(old[top : len(old) - end], new[top : len(new) - end])
    return [Edit(top + edit.old, top + edit.old_end, top + edit.new, top + edit.new_end) for edit in found]


def _between(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[Edit]:
    there, here = set(new), set(old)
    gone = [False, *(line not in there for line in old), False]
    came = [False, *(line not in here for line in new), False]
    left = [at for at, line in enumerate(old, 1) if line in there]
    right = [at for at, line in enumerate(new, 1) if line in here]
    _Search([old[at - 1] for at in left], [new[at - 1] for at in right], left, right, gone, came).run()
    _slide(old, gone, came)
    _slide(new, came, gone)
    return _runs(gone[1:-1], came[1:-1])


@dataclass(slots=True)
class _Search:
    """Myers' search from both ends; ``left`` and ``right`` lead back to the places in ``gone`` and ``came``."""

    xs: list[Hashable]
    ys: list[Hashable]
    left: list[int]
    right: list[int]
    gone: list[bool]
    came: list[bool]

    def run(self) -> None:
        todo = [(0, len(self.xs), 0, len(self.ys))]
        while todo:
            x, x_end, y, y_end = todo.pop()
            while x < x_end and y < y_end and self.xs[x] == self.ys[y]:
                x, y = x + 1, y + 1
            while x < x_end and y < y_end and self.xs[x_end - 1] == self.ys[y_end - 1]:
                x_end, y_end = x_end - 1, y_end - 1
            if x == x_end or y == y_end:
                for at in range(x, x_end):
                    self.gone[self.left[at]] = True
                for at in range(y, y_end):
                    self.came[self.right[at]] = True
                continue
            middle, across = self._middle(x, x_end, y, y_end)
            todo += [(x, middle, y, across), (middle, x_end, across, y_end)]

    def _middle(self, x: int, x_end: int, y: int, y_end: int) -> tuple[int, int]:
        """A point on a shortest way, where the searches from both corners meet."""
        lowest, highest = x - y_end, x_end - y
        ahead, back = {x - y: x}, {x_end - y_end: x_end}
        low = high = x - y
        back_low = back_high = x_end - y_end
        odd = (low - back_low) % 2
        for cost in range(1, _FAR):
            low, high = _widen(ahead, low, high, lowest, highest, -1)
            for d in range(high, low - 1, -2):
                under, over = ahead[d - 1], ahead[d + 1]
                at = over if under < over else under + 1
                while at < x_end and at - d < y_end and self.xs[at] == self.ys[at - d]:
                    at += 1
                ahead[d] = at
                if odd and back_low <= d <= back_high and back[d] <= at:
                    return at, at - d
            back_low, back_high = _widen(back, back_low, back_high, lowest, highest, _FAR)
            for d in range(back_high, back_low - 1, -2):
                under, over = back[d - 1], back[d + 1]
                at = under if under < over else over - 1
                while x < at and y < at - d and self.xs[at - 1] == self.ys[at - d - 1]:
                    at -= 1
                back[d] = at
                if not odd and low <= d <= high and at <= ahead[d]:
                    return at, at - d
            if cost > _PATIENCE:
                d = max(range(low, high + 1, 2), key=lambda d: 2 * min(ahead[d], x_end, y_end + d) - d)
                at = min(ahead[d], x_end, y_end + d)
                return at, at - d
        raise AssertionError("two searches in one rectangle meet")


def _widen(best: dict[int, int], low: int, high: int, lowest: int, highest: int, beyond: int) -> tuple[int, int]:
    if low > lowest:
        low -= 1
        best[low - 1] = beyond
    else:
        low += 1
    if high < highest:
        high += 1
        best[high + 1] = beyond
    else:
        high -= 1
    return low, high


def _slide(lines: Sequence[Hashable], mine: list[bool], other: list[bool]) -> None:
    """Move each run of changed lines as far down as the same text allows, or next to a change on the other side.

    Both lists begin and end with an unchanged place, so a number here is one more than the line's.
    """
    end, at, to = len(lines) + 1, 1, 1
    while True:
        while at < end and not mine[at]:
            to = _next(other, to) + 1
            at += 1
        if at >= end:
            return
        start = at
        at, to = _next(mine, at), _next(other, to)
        length = 0
        facing = end
        while length != at - start:
            length = at - start
            while start > 1 and lines[start - 2] == lines[at - 2]:
                start, at = start - 1, at - 1
                mine[start], mine[at] = True, False
                start = _before(mine, start)
                to = _above(other, to - 1)
            facing = at if other[to - 1] else end
            while at < end and lines[start - 1] == lines[at - 1]:
                mine[start], mine[at] = False, True
                start, at = start + 1, _next(mine, at)
                to += 1
                if other[to]:
                    facing = at
                    to = _next(other, to)
        while facing < at:
            start, at = start - 1, at - 1
            mine[start], mine[at] = True, False
            to = _above(other, to - 1)


def _next(changed: list[bool], at: int) -> int:
    """The first unchanged place from ``at`` on."""
    while changed[at]:
        at += 1
    return at


def _above(changed: list[bool], at: int) -> int:
    """The last unchanged place up to ``at``."""
    while changed[at]:
        at -= 1
    return at


def _before(changed: list[bool], at: int) -> int:
    """Where the run of changed places that ends before ``at`` begins; ``at`` where there is none."""
    while changed[at - 1]:
        at -= 1
    return at


def _runs(gone: list[bool], came: list[bool]) -> list[Edit]:
    found = []
    x = y = 0
    while x < len(gone) or y < len(came):
        start, across = x, y
        while x < len(gone) and gone[x]:
            x += 1
        while y < len(came) and came[y]:
            y += 1
        if x > start or y > across:
            found.append(Edit(start, x, across, y))
        else:
            x, y = x + 1, y + 1
    return found
