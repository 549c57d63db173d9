"""The lines that ``git log --graph`` draws beside commits."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["Graph"]


class Graph:
    """Columns of lines, one for each commit that is still to come."""

    def __init__(self) -> None:
        self._columns: list[str] = []

    def commit(self, name: str, parents: Sequence[str]) -> tuple[list[str], str, list[str]]:
        """What stands above the commit, before it, and below it; then the columns are its parents'."""
        if name not in self._columns:
            self._columns.append(name)
        at = self._columns.index(name)
        width = len(self._columns)
        mark = " ".join("*" if column == at else "|" for column in range(width))
        before, after = self._columns[:at], self._columns[at + 1 :]
        if len(parents) > 1:
            mark += "  "
            fresh = [parent for parent in parents if parent not in (*before, *after)]
            self._columns = [*before, *fresh, *after]
            tail = " \\" * len(after)
            below = ["| " * at + "|" + "\\" + tail + "  "]
            return [], mark + " ", [below[0].rstrip() + "  "] if len(fresh) > 1 else []
        if not parents:
            self._columns = [*before, *after]
            closing = ["| " * at + " /" * len(after)] if after else []
            return [], mark + " ", [line.rstrip() + "  " for line in closing]
        parent = parents[0]
        others = [*before, *after]
        if parent not in others:
            self._columns[at] = parent
            return [], mark + " ", []
        self._columns = others
        where = self._columns.index(parent)
        if where < at:
            between = at - where - 1
            line = "| " * (where) + "|" + ("_|" * between if between else "") + "/"
            rest = " /" * len(after)
            return [], mark + " ", [line + rest + "  "]
        return [], mark + " ", ["| " * at + "|/" + "  "]

    def padding(self) -> str:
        """What stands before a line that belongs to no commit's first."""
        return "| " * len(self._columns)
