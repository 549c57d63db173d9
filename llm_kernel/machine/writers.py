"""Where somebody may have written past ``Files`` since it was last looked: scripts that run, and that have run."""

from __future__ import annotations

__all__ = ["Writers"]


class Writers:
    """Each script says before it runs which paths it can write to; None stands for any path."""

    def __init__(self) -> None:
        self._running: dict[int, frozenset[str] | None] = {}
        self._over: set[str] | None = None
        self._number = 0

    def begin(self, paths: frozenset[str] | None) -> int:
        """A script begins that may write to ``paths``; its number for ``end``."""
        self._number += 1
        self._running[self._number] = paths
        return self._number

    def end(self, number: int) -> None:
        """It is over: what it may have written is not written again."""
        paths = self._running.pop(number, frozenset())
        self._over = None if paths is None or self._over is None else self._over | paths

    def anywhere(self) -> None:
        """Somebody who said nothing before may have written anywhere."""
        self._over = None

    @property
    def unknown(self) -> bool:
        """Whether a script runs that may write anywhere."""
        return None in self._running.values()

    def take(self) -> set[str] | None:
        """Where to look now, as nobody has looked there since; None: everywhere."""
        found = self._over
        for paths in self._running.values():
            found = None if paths is None or found is None else found | paths
        self._over = set()
        return found
