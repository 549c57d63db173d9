"""How far an emulated program has come, so that it can go on after the kernel that ran it is gone.

A running program is its reply's text, the number of its effects that have happened, and its shell's state. An effect is
one character of output, however many come at once, one sleep or one act. Taking a program up again reads the same text
and skips as many effects.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing
from dataclasses import asdict, dataclass
from typing import Any, Literal, cast

from llm_kernel.errors import StateError
from llm_kernel.model.request import Backend, Delta, Message, Request
from llm_kernel.shell.call import Io
from llm_kernel.shell.kept import Kept
from llm_kernel.strand import Strand

__all__ = ["Heard", "Progress", "Tracked", "own"]


@dataclass(slots=True)
class Part:
    """One answer of the model as far as it has come; ``finish`` is empty while it is under way."""

    text: str = ""
    finish: str = ""
    model: str = ""
    source: Literal["model", "tape"] = "model"


class Progress:
    """``done`` effects of a program have happened; ``left`` seconds remain of the sleep that was cut."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.request: Request | None = None
        self.done = 0
        self.shell: Kept | None = None
        self.left: float | None = None
        self.inside = False
        self.seen: dict[str, Any] = {}
        self._skip = 0

    @property
    def ghost(self) -> bool:
        """Whether what happens now has happened before."""
        return self.done < self._skip

    def witness(self, question: str, ask: Callable[[], Any]) -> Any:
        """What the machine says to ``question``, as it said when the program began: it has read its source by now."""
        if question not in self.seen:
            self.seen[question] = ask()
        return self.seen[question]

    def effect(self, count: int = 1) -> int:
        """Count those of ``count`` effects that begin now which have happened before; how many these are."""
        if self.inside or not self.ghost:
            return 0
        skipped = min(count, self._skip - self.done)
        self.done += skipped
        return skipped

    def happened(self, count: int = 1) -> None:
        """Effects that were not skipped are over."""
        if not self.inside:
            self.done += count

    def to_state(self, left: float | None) -> dict[str, Any]:
        """The progress as JSON-able data; ``left`` are the seconds until the program wakes."""
        return {
            "parts": [asdict(part) for part in self.parts],
            "request": asdict(self.request) if self.request else None,
            "seen": self.seen,
            "done": max(self.done, self._skip),
            "shell": self.shell.to_state() if self.shell else None,
            "left": self.left if self.ghost or self.left is not None else left,
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Progress:
        """A program that skips what has happened and goes on behind it.

        Raises:
            StateError: for a damaged state.
        """
        made = cls()
        try:
            made.parts = [Part(str(row["text"]), str(row["finish"]), str(row["model"])) for row in state["parts"]]
            made.request = _request(state["request"]) if state["request"] else None
            made.seen = {str(question): answer for question, answer in state["seen"].items()}
            made._skip = int(state["done"])
            made.shell = Kept.from_state(state["shell"]) if state["shell"] else None
            made.left = None if state["left"] is None else max(0.0, float(state["left"]))
        except (KeyError, TypeError, ValueError, AttributeError) as err:
            raise StateError(f"the stored program is damaged: {err!r}") from err
        return made


def _request(row: Mapping[str, Any]) -> Request:
    messages = tuple(Message(cast(Any, str(one["role"])), str(one["content"])) for one in row["messages"])
    key = {str(name): str(text) for name, text in row["key"].items()}
    return Request(**{**row, "messages": messages, "key": key, "stop": tuple(row["stop"])})


class Heard:
    """A backend that writes down what is said, and first says again what was said before."""

    def __init__(self, backend: Backend, progress: Progress) -> None:
        self._backend = backend
        self._progress = progress
        self._asked = 0
        self._known = len(progress.parts)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)

    async def stream(self, request: Request) -> AsyncGenerator[Delta, None]:
        """Answer; an answer that was cut with the machine ends as one that was too long does, and is continued."""
        progress, number = self._progress, self._asked
        self._asked += 1
        if number < self._known and (known := progress.parts[number]).text and not self._taped(request, known):
            for line in known.text.splitlines(keepends=True):
                yield Delta(line, model=known.model, source=known.source)
            known.finish = known.finish or "length"
            yield Delta(finish=known.finish, model=known.model, source=known.source)
            return
        part = Part()
        progress.parts[number:] = [part]
        async with aclosing(cast(AsyncGenerator[Delta, None], self._backend.stream(request))) as deltas:
            async for delta in deltas:
                part.text += delta.text
                part.finish, part.model, part.source = delta.finish or part.finish, delta.model, delta.source
                yield delta

    def _taped(self, request: Request, known: Part) -> bool:
        """Whether a tape plays what was heard of an answer that was cut, or all that came of it by then."""
        cut: Callable[[Request, str, str], bool] | None = getattr(self._backend, "cut", None)
        return not known.finish and cut is not None and cut(request, known.text, known.model)


class Tracked:
    """A program's streams that count its effects, and swallow those that have happened before."""

    def __init__(self, streams: Io, progress: Progress) -> None:
        self._streams = streams
        self._progress = progress
        self.strand = cast(Strand, _Sleeper(streams.strand, progress))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._streams, name)

    async def out(self, data: str | bytes) -> None:
        """Write to standard output."""
        if left := data[self._progress.effect(len(data)) :]:
            await self._streams.out(left)
            self._progress.happened(len(left))

    async def err(self, data: str | bytes) -> None:
        """Write to standard error."""
        if left := data[self._progress.effect(len(data)) :]:
            await self._streams.err(left)
            self._progress.happened(len(left))

    async def ask(self, prompt: str, hidden: bool) -> str | None:
        """Nobody sits at the terminal of a program that can be taken up again."""
        return await self._streams.ask(prompt, hidden)

    def chunks(self) -> AsyncIterator[bytes]:
        """Standard input piece by piece."""
        return self._streams.chunks()

    async def read(self) -> bytes:
        """All of standard input."""
        return await self._streams.read()


class _Sleeper:
    """A strand whose sleeps are counted; everything else of it is ``strand``'s own."""

    def __init__(self, strand: Strand, progress: Progress) -> None:
        self.own = strand
        self._progress = progress

    def __getattr__(self, name: str) -> Any:
        return getattr(self.own, name)

    async def sleep(self, seconds: float) -> None:
        """Let ``seconds`` pass, or what is left of them."""
        progress = self._progress
        if progress.effect():
            return
        if progress.left is not None:
            seconds, progress.left = min(seconds, progress.left), None
        await self.own.sleep(seconds)
        progress.happened()


def own(strand: Strand) -> Strand:
    """The strand itself, whose sleeps nobody counts."""
    return strand.own if isinstance(strand, _Sleeper) else strand
