"""Recorded model traffic: a backend that remembers what another one said, and says it again to the same request.

A tape is JSON Lines: a header with the format's number, then one recording a line. A recording is found by the
request's ``key`` alone. The nth time a key is asked, its nth recording plays, so one command run twice plays twice;
when they are used up, ``replay`` misses and ``auto`` asks the model. Only replies that were read to their end are
recorded or counted. A tape may lie over another one, its base, which is read and never written.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import aclosing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

from llm_kernel.errors import OverBudget, TapeError, TapeMiss
from llm_kernel.model import reel
from llm_kernel.model.faults import redact
from llm_kernel.model.layer import Layer
from llm_kernel.model.missing import explain
from llm_kernel.model.place import Place
from llm_kernel.model.recording import REFUSED, Parts, Recording, digest_of, parts_of
from llm_kernel.model.request import Backend, Delta, Request
from llm_kernel.model.take import Take, play

__all__ = ["Mode", "Tape", "header_of"]

Mode: TypeAlias = Literal["auto", "record", "replay", "off"]
MODES = ("auto", "record", "replay", "off")

_log = logging.getLogger(__name__)


def header_of(path: str | Path, base: str | Path = "") -> dict[str, Any]:
    """What a tape's first line says (model, seed, epoch, ...): its own, else its base's; empty if there is none yet.

    Raises:
        TapeError: it is no tape, or one of another format.
    """
    for place in (path, base):
        found = Path(place).expanduser()
        if place and found.exists() and (header := reel.read(found).header):
            return header
    return {}


class Tape:
    """A backend over another one: ``backend`` makes it, and is called only on a miss; ``secret`` is never written.

    ``record`` begins the tape anew once its first reply comes; ``header`` is what stands in the tape's first line.
    """

    def __init__(
        self,
        path: str | Path,
        mode: Mode = "auto",
        *,
        backend: Callable[[], Backend],
        header: Mapping[str, Any] | None = None,
        secret: str = "",
        base: str | Path = "",
    ) -> None:
        if mode not in MODES:
            raise TapeError(f"LLM_KERNEL_TAPE_MODE is {mode!r}; it can be {', '.join(MODES)}.")
        self.path = Path(path).expanduser()
        self.mode = mode
        self._make = backend
        self._inner: Backend | None = None
        self._secret = secret
        self.header = dict(header or {})
        self._base = Layer(Path(base).expanduser()) if base else None
        self._own = Layer(self.path)
        self._place = Place()
        self._fresh = mode == "record"
        self._found = reel.stamp(self.path)
        self._heard: set[int] = set()
        self._told: str | None = None
        self._reported = 0
        self.played: list[int] = []

    @property
    def records(self) -> bool:
        """Whether a reply that is read to its end is written down."""
        return self.mode in ("auto", "record")

    @property
    def name(self) -> str:
        """The model's name: the one that answers, else the one that was recorded."""
        if self._inner is not None and self._inner.name:
            return self._inner.name
        if self._told is not None:
            return self._told
        return str(self._own.header.get("model", "") or self.header.get("model", ""))

    def over(self, backend: Callable[[], Backend]) -> Tape:
        """This tape before another model; the one that was behind it is closed by then."""
        self._make, self._inner = backend, None
        return self

    def position(self) -> dict[str, int]:
        """How often each key was answered, by the key's digest: where a kernel that goes on has to ``resume``."""
        return {} if self._fresh else self._place.to_state()  # the tape is an older one's until it is begun

    def resume(self, position: Mapping[str, int]) -> None:
        """Go on where another kernel's tape stood; what it recorded stays, in ``record`` too.

        Raises:
            TapeError: when it is no position.
        """
        self._place.resume(position)
        self._fresh = self._fresh and not self._place.resumed

    def cut(self, request: Request, text: str, model: str) -> bool:
        """Hold what a kernel that is gone heard of a reply, unless the tape has all of it: it is played when asked for.

        False where nothing is recorded.
        """
        if not self.records:
            return False
        self._fresh = False  # the kernel that heard it began the tape
        parts = parts_of(request.key, self._secret)
        key = digest_of(parts)
        turn = self._place.next(key)
        if self._find(key, turn) is None:
            self._append(key, turn, Recording(parts, text, "length", None, model or self.name, 0.0))
        self._place.resumed = True
        return True

    def asked(self) -> list[int]:
        """The lines of this tape that were played or written since this was asked before."""
        fresh, self._reported = self.played[self._reported :], len(self.played)
        return fresh

    async def models(self) -> list[str]:
        """What the model behind the tape offers, which is recorded as well; in replay what was recorded."""
        parts: Parts = {"kind": "models"}
        key = digest_of(parts)
        turn = self._place.next(key)
        recording = None if self.mode in ("record", "off") else self._find(key, turn)
        if recording is not None:
            self._place.done(key, self._place.claim(key))
            self._note(key, turn, recording)
            return recording.text.split("\n")
        if self.mode == "replay" or (self.mode == "auto" and self._inner is None and self.name):
            return [self.name] if self.name else []
        names = await self._model().models()
        if self.records:
            self._place.done(key, self._place.claim(key))
            self._append(key, turn, Recording(parts, "\n".join(names), "stop", None, self.name, 0.0))
        return names

    async def close(self) -> None:
        """Close the model behind the tape, if it was ever asked."""
        if self._inner is not None:
            await self._inner.close()

    def enough(self, request: Request) -> None:
        """Say that a reply is over for its reader, whatever the model would add: what came so far is recorded."""
        self._heard.add(id(request))

    async def stream(self, request: Request) -> AsyncGenerator[Delta, None]:
        """Play the recording of this request, or ask the model and record it, as the mode says."""
        if self.mode == "off":
            async with aclosing(self._ask(request)) as deltas:
                async for delta in deltas:
                    yield delta
            return
        parts = parts_of(request.key, self._secret)
        key = digest_of(parts)
        turn = self._place.claim(key)
        take = Take()
        recording: Recording | None = None
        try:
            recording = self._played(key, turn)
            if recording is None and self.mode == "replay":
                raise TapeMiss(self._explain(parts))
            async with aclosing(play(recording) if recording else self._ask(request)) as deltas:
                async for delta in deltas:
                    self._begin(delta.model)
                    yield take.add(delta)
        except (GeneratorExit, asyncio.CancelledError):
            with _logged():  # whoever went away hears of no fault
                self._settle(key, turn, parts, recording, take, heard=id(request) in self._heard)
            raise
        except OverBudget as error:
            self._place.give_back(key, turn)
            if recording is None and not take.text:
                self._refuse(key, turn, parts, error)
            raise
        except BaseException:
            self._place.give_back(key, turn)
            raise
        else:
            self._settle(key, turn, parts, recording, take, heard=True)
        finally:
            self._heard.discard(id(request))

    async def _ask(self, request: Request) -> AsyncGenerator[Delta, None]:
        stream = self._model().stream(request)
        try:
            async for delta in stream:
                yield delta
        finally:
            await stream.aclose()  # type: ignore[attr-defined]  # an async generator, as Backend.stream says

    def _settle(
        self, key: str, turn: int, parts: Parts, recording: Recording | None, take: Take, *, heard: bool
    ) -> None:
        """Record and count a reply that is over; one that was broken off leaves no trace."""
        if not (take.finish or heard):
            self._place.give_back(key, turn)
            return
        self._place.done(key, turn)
        if recording is None:
            self._append(key, turn, take.recording(parts, self.name))

    def _refuse(self, key: str, turn: int, parts: Parts, error: OverBudget) -> None:
        """Record that the budget had no room for a request, once: a replay tells the same."""
        known = self._find(key, turn)
        if known is not None and known.text == str(error):
            self._note(key, turn, known)
        elif self.records:
            with _logged():
                self._append(key, turn, Recording(parts, str(error), REFUSED, None, self.name, 0.0))

    def _model(self) -> Backend:
        if self._inner is None:
            self._inner = self._make()
        return self._inner

    def _played(self, key: str, turn: int) -> Recording | None:
        """What the tape answers to a key's turn; None where the model is to be asked."""
        if self.mode == "record" and not self._place.resumed:
            return None
        found = self._find(key, turn)
        if found is None or (found.refused and self.mode != "replay"):  # there may be a budget for it now
            return None
        self._note(key, turn, found)
        return found

    def _find(self, key: str, turn: int) -> Recording | None:
        found = self._look(key, turn)
        if found is None:
            self._load()  # for the first time, or because another kernel may have recorded it meanwhile
            found = self._look(key, turn)
        return found

    def _look(self, key: str, turn: int) -> Recording | None:
        return self._own.find(key, turn) or (self._base.find(key, turn) if self._base else None)

    def _load(self) -> None:
        if self._base is not None:
            if not self._base.path.exists():
                raise TapeError(f"There is no tape at {self._base.path}, which LLM_KERNEL_TAPE_BASE names.")
            self._base.load()
        elif self.mode == "replay" and not self.path.exists():
            raise TapeError(f"There is no tape at {self.path}. Record one with LLM_KERNEL_TAPE_MODE=record.")
        self._own.load()

    def _append(self, key: str, turn: int, recording: Recording) -> None:
        recording = replace(recording, text=redact(recording.text, self._secret), turn=turn)
        self._begin(recording.model)
        self._own.load()
        self.played.append(self._own.append(self._header(recording.model), key, recording).line)

    def _begin(self, model: str) -> None:
        """Let the tape be nothing but its header where it is to be begun anew, unless another kernel did so."""
        if self._fresh and self._found is not None:
            reel.begin(self.path, self._header(model), over=self._found)
        self._fresh = False

    def _header(self, model: str) -> dict[str, Any]:
        return {"model": model or self.name, **self.header}

    def _note(self, key: str, turn: int, recording: Recording) -> None:
        self._told = recording.model
        if self._own.find(key, turn) is recording:
            self.played.append(recording.line)

    def _explain(self, parts: Parts) -> str:
        layers = [self._own, self._base] if self._base else [self._own]
        recordings = [one for layer in layers for one in layer.recordings]
        asked = set(self.played)
        left = [one for one in self._own.recordings if one.line not in asked]
        return explain(self.path, parts, recordings, left)


@contextmanager
def _logged() -> Iterator[None]:
    try:
        yield
    except TapeError as error:
        _log.warning("%s", error)
