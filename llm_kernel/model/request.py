"""What is said to a model and what comes back: a request goes in whole, a reply comes out in pieces as they arrive."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from llm_kernel.errors import BadReply

__all__ = ["Backend", "Delta", "Message", "Request", "ScriptedBackend", "Usage"]


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Request:
    """All that one reply depends on; ``key`` names the parts that the user and the machine gave, for the tape.

    ``penalty`` above 1 keeps a small model from saying one thing over and over, at an endpoint that knows it.
    ``frozen`` says how many messages at the front are the same in every request, so that their work can be kept.
    """

    messages: tuple[Message, ...]
    key: Mapping[str, str] = field(default_factory=dict)
    max_tokens: int = 1024
    temperature: float = 0.3
    seed: int = 42
    stop: tuple[str, ...] = ()
    grammar: str = ""
    penalty: float = 1.0
    frozen: int = 1


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one reply; ``cached`` are those of the prompt that the endpoint did not compute again."""

    prompt: int
    cached: int
    completion: int


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of a reply; the last one says why it ended ("stop", "length", ...) and what it cost, where known.

    ``seconds`` is how long the whole reply took, from a tape: the same figure when it is recorded and replayed.
    ``usd`` is the price of ``usage`` in US dollars, None where it is not known.
    """

    text: str = ""
    finish: str = ""
    usage: Usage | None = None
    model: str = ""
    source: Literal["model", "tape"] = "model"
    seconds: float | None = None
    usd: float | None = None


class Backend(Protocol):
    """Anything that answers requests."""

    @property
    def name(self) -> str:
        """The model's name, empty until it is known."""
        ...

    def stream(self, request: Request) -> AsyncIterator[Delta]:
        """Answer piece by piece; an async generator, so ``aclose()`` ends the work at once."""
        ...

    async def models(self) -> list[str]:
        """The names that ``%model`` can switch to."""
        ...

    async def close(self) -> None:
        """Give back connections; a later request may open new ones."""
        ...


class ScriptedBackend:
    """A model for tests and demonstrations: answers from a list in order, or by a function of the request.

    A list that is used up is a ``BadReply``, as an empty reply is from a real endpoint.
    """

    def __init__(
        self, replies: Iterable[str] | Callable[[Request], str] = (), *, name: str = "scripted", piece: int = 7
    ) -> None:
        self.name = name
        self.requests: list[Request] = []
        self.closed = 0
        self._piece = piece
        self._answer: Callable[[Request], str]
        if callable(replies):
            self._answer = replies
        else:
            left = iter(tuple(replies))
            self._answer = lambda _: next(left, "")

    async def stream(self, request: Request) -> AsyncIterator[Delta]:
        """Answer in pieces of a few characters."""
        self.requests.append(request)
        text = self._answer(request)
        if not text:
            raise BadReply("The script has no reply left for this request.")
        for at in range(0, len(text), self._piece):
            yield Delta(text[at : at + self._piece], model=self.name)
        prompt = sum(len(message.content) for message in request.messages) // 4
        yield Delta(finish="stop", usage=Usage(prompt, 0, max(1, len(text) // 4)), model=self.name)

    async def models(self) -> list[str]:
        """Its own name."""
        return [self.name]

    async def close(self) -> None:
        """Count the call; there is nothing to give back."""
        self.closed += 1
