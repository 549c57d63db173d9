"""Recorded model traffic: a backend that remembers what another one said, and says it again to the same request.

A tape is JSON Lines: a header with the format's number, then one recording a line. A recording is found by the
request's ``key`` alone. The nth time a key is asked, its nth recording plays, so one command run twice plays twice;
when they are used up, ``replay`` misses and ``auto`` asks the model. Only whole replies are recorded or counted.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

from llm_kernel.errors import TapeError, TapeMiss
from llm_kernel.model.faults import redact
from llm_kernel.model.recording import Parts, Recording, append, explain, line_of, parts_of, read
from llm_kernel.model.request import Backend, Delta, Request, Usage

__all__ = ["Mode", "Tape", "header_of"]

Mode: TypeAlias = Literal["auto", "record", "replay", "off"]
_OVER = re.compile(r"^@ (?:exit|read)\b.*$", re.MULTILINE)
MODES = ("auto", "record", "replay", "off")


def header_of(path: str | Path) -> dict[str, Any]:
    """The first line of a tape (model, seed, epoch, ...), empty if there is no tape yet."""
    return read(Path(path))[0] if Path(path).exists() else {}


class Tape:
    """A backend over another one: ``backend`` makes it, and is called only on a miss; ``secret`` is never written.

    ``record`` begins the tape anew with its first recording; ``header`` is what stands in the tape's first line.
    """

    def __init__(
        self,
        path: str | Path,
        mode: Mode = "auto",
        *,
        backend: Callable[[], Backend],
        header: Mapping[str, Any] | None = None,
        secret: str = "",
    ) -> None:
        if mode not in MODES:
            raise TapeError(f"LLM_KERNEL_TAPE_MODE is {mode!r}; it can be {', '.join(MODES)}.")
        self.path = Path(path).expanduser()
        self.mode = mode
        self._make = backend
        self._inner: Backend | None = None
        self._secret = secret
        self._given = dict(header or {})
        self._header: dict[str, Any] = {}
        self._recordings: dict[str, list[Recording]] = defaultdict(list)
        self._asked: Counter[str] = Counter()
        self._size = -1
        self._fresh = mode == "record"

    @property
    def records(self) -> bool:
        """Whether a reply that is read to its end is written down."""
        return self.mode in ("auto", "record")

    @property
    def name(self) -> str:
        """The model's name: the one that answers, else the one that was recorded."""
        if self._inner is not None and self._inner.name:
            return self._inner.name
        return str(self._header.get("model", ""))

    async def models(self) -> list[str]:
        """What the model behind the tape offers; in replay there is none but the recorded one."""
        if self.mode != "replay":
            return await self._model().models()
        self._load()
        return [self.name] if self.name else []

    async def close(self) -> None:
        """Close the model behind the tape, if it was ever asked."""
        if self._inner is not None:
            await self._inner.close()

    async def stream(self, request: Request) -> AsyncGenerator[Delta, None]:
        """Play the recording of this request, or ask the model and record it, as the mode says."""
        if self.mode == "off":
            async with aclosing(self._ask(request)) as deltas:
                async for delta in deltas:
                    yield delta
            return
        parts = parts_of(request.key, self._secret)
        key = line_of(parts)
        turn = self._asked[key]
        self._asked[key] += 1  # claimed at once: another reply to the same key may stream beside this one
        whole = False
        try:
            recording = None if self.mode == "record" else self._find(key, turn)
            if recording is None and self.mode == "replay":
                raise TapeMiss(self._explain(parts))
            source = _play(recording) if recording is not None else self._record(request, parts)
            async with aclosing(source) as deltas:
                async for delta in deltas:
                    yield delta
            whole = True
        finally:
            if not whole:
                self._asked[key] -= 1

    async def _ask(self, request: Request) -> AsyncGenerator[Delta, None]:
        stream = self._model().stream(request)
        try:
            async for delta in stream:
                yield delta
        finally:
            await stream.aclose()  # type: ignore[attr-defined]  # an async generator, as Backend.stream says

    async def _record(self, request: Request, parts: Parts) -> AsyncGenerator[Delta, None]:
        text, finish, model = "", "", ""
        usage: Usage | None = None
        started = time.perf_counter()
        whole = False
        try:
            async with aclosing(self._ask(request)) as deltas:
                async for delta in deltas:
                    text += delta.text
                    finish, usage, model = delta.finish or finish, delta.usage or usage, delta.model or model
                    if delta.finish:
                        whole = True
                        seconds = round(time.perf_counter() - started, 1)
                        self._append(Recording(parts, text, finish, usage, model, seconds))
                        delta = replace(delta, seconds=seconds)
                    yield delta
        except (GeneratorExit, asyncio.CancelledError):
            # a reply is over where it says so, and whoever reads it does not wait for what a model adds
            if not whole and _OVER.search(text):
                seconds = round(time.perf_counter() - started, 1)
                self._append(Recording(parts, text, "stop", usage, model or self.name, seconds))
            raise

    def _model(self) -> Backend:
        if self._inner is None:
            self._inner = self._make()
        return self._inner

    def _find(self, key: str, turn: int) -> Recording | None:
        if turn >= len(self._recordings[key]):
            self._load()  # another kernel may have recorded it meanwhile
        found = self._recordings[key]
        return found[turn] if turn < len(found) else None

    def _load(self) -> None:
        """Read the file if it changed since we last did."""
        if not self.path.exists():
            if self.mode == "replay":
                raise TapeError(f"There is no tape at {self.path}. Record one with LLM_KERNEL_TAPE_MODE=record.")
            return
        size = self.path.stat().st_size
        if size == self._size or (size == 0 and self.mode != "replay"):
            return
        self._header, recordings = read(self.path)
        self._size = size
        self._recordings.clear()
        for recording in recordings:
            self._recordings[line_of(recording.parts)].append(recording)

    def _append(self, recording: Recording) -> None:
        header = {"model": recording.model or self.name, **self._given}
        recording = replace(recording, text=redact(recording.text, self._secret))
        append(self.path, header, recording, fresh=self._fresh)
        self._fresh = False
        self._load()

    def _explain(self, parts: Parts) -> str:
        return explain(self.path, parts, [one for some in self._recordings.values() for one in some])


async def _play(recording: Recording) -> AsyncGenerator[Delta, None]:
    """The text line by line, so that the pieces depend on nothing but the text."""
    for line in recording.text.splitlines(keepends=True):
        yield Delta(line, model=recording.model, source="tape")
    yield Delta(
        finish=recording.finish,
        usage=recording.usage,
        model=recording.model,
        source="tape",
        seconds=recording.seconds,
    )
