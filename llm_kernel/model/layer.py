"""One tape file as it is played: each key's recordings by the turn that they answer, read again where it changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from llm_kernel.model import reel
from llm_kernel.model.recording import Recording, digest_of

__all__ = ["Layer"]


class Layer:
    """``header`` and ``recordings`` are what the file held when it was last read; both empty before and without one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.header: Mapping[str, Any] = {}
        self.recordings: list[Recording] = []
        self._turns: dict[tuple[str, int], Recording] = {}
        self._counts: Counter[str] = Counter()
        self._seen: reel.Stamp = None
        self._size = self._lines = 0

    def find(self, key: str, turn: int) -> Recording | None:
        """What answers a key's turn-th asking, where the file as it was read has it."""
        return self._turns.get((key, turn))

    def load(self) -> None:
        """Read the file if it is there and changed since.

        Raises:
            TapeError: it is damaged, too large, or of another format.
        """
        now = reel.stamp(self.path)
        if now is None or now == self._seen:
            return
        found = reel.read(self.path)
        self._seen = now
        self._clear()
        self.header, self._size, self._lines = found.header, found.size, found.lines
        for recording in found.recordings:
            self._add(digest_of(recording.parts), recording)

    def _clear(self) -> None:
        self.header, self._size, self._lines = {}, 0, 0
        self.recordings.clear()
        self._turns.clear()
        self._counts.clear()

    def append(self, header: Mapping[str, Any], key: str, recording: Recording) -> Recording:
        """Write a recording of one turn of ``key`` behind the others; as it stands there.

        Raises:
            TapeError: when it cannot be written.
        """
        if recording.turn == self._counts[key]:  # so it is counted anyway
            recording = replace(recording, turn=None)
        before, after = reel.append(self.path, header, recording)
        if before not in (0, self._size):
            self.load()  # another kernel writes on it as well
            return self.recordings[-1]
        self._lines += 1 if before else 2
        self._size = after
        now = reel.stamp(self.path)
        self._seen = now if now and now[0] == after else None
        self.header = self.header or dict(header)
        recording = replace(recording, line=self._lines)
        self._add(key, recording)
        return recording

    def _add(self, key: str, recording: Recording) -> None:
        """Count a recording; where two answer the same turn, the first reply of them plays."""
        turn = recording.turn if recording.turn is not None else self._counts[key]
        self._counts[key] = max(self._counts[key], turn + 1)
        known = self._turns.get((key, turn))
        if known is None or known.refused:
            self._turns[key, turn] = recording
        self.recordings.append(recording)
