"""The model that answers now: one of those that settings allow, made when it is first needed, switched by ``%model``.

What a reply cost is written on its last piece, where the model's price is known; a tape's pieces keep the recorded
figures, so the same is told when it plays.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from llm_kernel.model.budget import Budget
from llm_kernel.model.price import Price
from llm_kernel.model.request import Backend, Delta, Request
from llm_kernel.model.tape import Tape

__all__ = ["Models"]


def _unknown(model: str) -> Price | None:
    return None


class Models:
    """``make`` builds the backend for a model's name, ``""`` for the one that settings choose.

    ``price`` says what a model's tokens cost, None where nobody knows; ``budget`` is the limit that the backends keep;
    ``tape`` is the one before all of them, None where nothing is recorded.
    """

    def __init__(
        self,
        make: Callable[[str], Backend],
        *,
        price: Callable[[str], Price | None] = _unknown,
        budget: Budget | None = None,
        tape: Tape | None = None,
    ) -> None:
        self._make = make
        self._backend: Backend | None = None
        self._chosen = ""
        self.price = price
        self.budget = budget
        self.tape = tape

    @property
    def name(self) -> str:
        """The model's name, as far as it is known before it was asked."""
        return (self._backend.name if self._backend else "") or self._chosen

    async def stream(self, request: Request) -> AsyncGenerator[Delta, None]:
        """Answer by the chosen model."""
        async with aclosing(self.backend.stream(request)) as deltas:  # type: ignore[type-var]
            async for delta in deltas:
                if delta.usage:
                    price = self.price(delta.model or self.name)
                    delta = replace(delta, usd=price.of(delta.usage) if price else None)
                yield delta

    @property
    def backend(self) -> Backend:
        """The chosen backend."""
        if self._backend is None:
            self._backend = self._make(self._chosen)
        return self._backend

    @property
    def records(self) -> bool:
        """Whether the chosen backend writes down the replies that are read to their end."""
        return bool(getattr(self.backend, "records", False))

    def enough(self, request: Request) -> None:
        """Say that a reply is over for its reader, whatever the model would add: a tape records what came of it."""
        if self.tape is not None:
            self.tape.enough(request)

    def cut(self, request: Request, text: str, model: str) -> bool:
        """Let the tape hold what a kernel that is gone heard of a reply; False where none records."""
        return self.tape is not None and self.tape.cut(request, text, model)

    def position(self) -> dict[str, int]:
        """Where on its tape this kernel stands, as JSON can hold it; empty without one."""
        return self.tape.position() if self.tape else {}

    def resume(self, position: Mapping[str, int]) -> None:
        """Go on where another kernel stood on the tape.

        Raises:
            TapeError: when it is no position.
        """
        if self.tape is not None:
            self.tape.resume(position)

    def report(self) -> dict[str, Any]:
        """What the last cell asked the tape for, where there is one: the numbers of its lines; and how it begins."""
        return {"tape": {"header": self.tape.header, "asked": self.tape.asked()}} if self.tape else {}

    async def models(self) -> list[str]:
        """The names that ``switch`` takes."""
        return await self.backend.models()

    async def switch(self, name: str) -> None:
        """Answer by another model from the next request on.

        Raises:
            SettingError: for a model that cannot be had; the one before stays.
        """
        backend = self._make(name)
        await self.close()
        self._backend, self._chosen = backend, name

    async def close(self) -> None:
        """Give back connections."""
        if self._backend is not None:
            await self._backend.close()
