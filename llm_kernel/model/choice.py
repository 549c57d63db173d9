"""The model that answers now: one of those that settings allow, made when it is first needed, switched by ``%model``.

A budget of tokens stands before it: a request that would begin beyond it is not sent.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from llm_kernel.errors import ModelError
from llm_kernel.model.request import Backend, Delta, Request

__all__ = ["Models"]


class Models:
    """``make`` builds the backend for a model's name, ``""`` for the one that settings choose.

    ``budget`` is the most tokens, in and out, that may be used; 0 for no limit. ``used`` counts them.
    """

    def __init__(self, make: Callable[[str], Backend], *, budget: int = 0) -> None:
        self._make = make
        self._backend: Backend | None = None
        self._chosen = ""
        self.budget = budget
        self.used = 0

    @property
    def name(self) -> str:
        """The model's name, as far as it is known before it was asked."""
        return (self._backend.name if self._backend else "") or self._chosen

    async def stream(self, request: Request) -> AsyncGenerator[Delta, None]:
        """Answer by the chosen model.

        Raises:
            ModelError: when the budget is used up; nothing was sent.
        """
        if self.budget and self.used >= self.budget:
            raise ModelError(
                f"The budget of {self.budget} tokens is used up ({self.used} were used), so nothing was sent. "
                "Raise LLM_KERNEL_BUDGET, or restart the kernel; exact commands go on working."
            )
        async with aclosing(self.backend.stream(request)) as deltas:  # type: ignore[type-var]
            async for delta in deltas:
                if delta.usage and delta.source == "model":
                    self.used += delta.usage.prompt + delta.usage.completion
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

    async def models(self) -> list[str]:
        """The names that ``switch`` takes."""
        return await self.backend.models()

    async def switch(self, name: str) -> None:
        """Answer by another model from the next request on."""
        await self.close()
        self._backend, self._chosen = None, name

    async def close(self) -> None:
        """Give back connections."""
        if self._backend is not None:
            await self._backend.close()
