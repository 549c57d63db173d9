"""One kernel's line of steps on a session: it only grows at its end."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

from llm_kernel.store import chain
from llm_kernel.store.alive import Pulse
from llm_kernel.store.database import Database
from llm_kernel.store.frame import Past, draw
from llm_kernel.store.moment import Moment, Step
from llm_kernel.store.retention import Retention

__all__ = ["ENDED", "LIVING", "RESTARTED", "Line", "Place"]

LIVING, ENDED, RESTARTED = 0, 1, 2
"""How a line stands: its kernel lives (or was killed), left, or was restarted by the user."""

_LABEL = 200


@dataclass(frozen=True, slots=True)
class Place:
    """Where a line stands in the store, as it was found when it began."""

    number: int
    session: str
    predecessor: Step | None
    cut: bool
    shared: bool


class Line:
    """``predecessor`` is the last step of the life before, None without one.

    ``cut``: that life ended without a restart that the user asked for. ``shared``: another living kernel holds the
    session, and this line is a branch beside it; its ``predecessor`` is then the other's last step.
    """

    def __init__(self, database: Database, place: Place, pulse: Pulse, retention: Retention, longest: int) -> None:
        self.number = place.number
        self.session = place.session
        self.predecessor = place.predecessor
        self.cut = place.cut
        self.shared = place.shared
        self.steps: list[Step] = []
        self._database = database
        self._pulse = pulse
        self._retention = retention
        self._longest = longest
        self._past: Past | None = None
        self._count = 0
        self._root = 0
        self._key_size = self._grown = 0

    def add(self, kind: str, label: str, moment: Moment, *, when: float | None = None, forced: bool = True) -> Step:
        """Store ``moment``; when this returns, it survives a killed kernel and, where ``forced``, a loss of power.

        ``when`` is the machine's time, read from the part ``clock`` where it is not given.

        Raises:
            StoreError: when it could not be stored: all is as before, and the next step may succeed.
        """
        with self._database.writing(forced=forced) as sql:
            last = sql.execute("SELECT max(number) FROM steps WHERE line = ?", (self.number,)).fetchone()[0] or 0
            if last < self._count:
                raise ValueError(f"step {self._count} is gone")
            number = last + 1
            whole = self._past is None or last != self._count or self._long(number)
            frame = draw(sql, self._past, moment, whole=whole)
            key = 1 + (sql.execute("SELECT max(key) FROM steps").fetchone()[0] or 0)
            root = number if whole else self._root
            made = Step(number, key, kind, _short(label), _time(moment) if when is None else float(when))
            chain.append(sql, self.number, root, made, frame)
        self._past, self._root, self._count = frame.past, root, number
        self._key_size, self._grown = (len(frame.body), 0) if whole else (self._key_size, self._grown + len(frame.body))
        self.steps.append(made)
        self.steps = self._retention.line(self.number, self.steps)
        return made

    def _long(self, number: int) -> bool:
        """Whether it is time for a key frame: loading would read too much, or too many steps."""
        return self._grown > self._key_size or number - self._root >= self._longest

    def end(self, *, restart: bool) -> None:
        """The kernel leaves in order; ``restart``: because the user asked for a new one."""
        try:
            with self._database.writing() as sql:
                sql.execute("UPDATE lines SET ended = ? WHERE id = ?", (RESTARTED if restart else ENDED, self.number))
                if not self.session:
                    self._retention.drop(sql, self.number)
        finally:
            self._pulse.leave()


def _short(label: str) -> str:
    line = label.strip().partition("\n")[0][:_LABEL]
    return "".join(letter if letter.isprintable() else " " for letter in line)


def _time(moment: Moment) -> float:
    try:
        now = float(json.loads(moment.parts["clock"])["now"])
    except (KeyError, TypeError, ValueError):
        return 0.0
    return now if math.isfinite(now) else 0.0
