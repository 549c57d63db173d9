"""The most that a kernel may use, in tokens or in money: a request that would go beyond it is never sent.

How long a prompt is can only be estimated before it is sent, and is estimated high. What a reply may still say is
bounded by what is left, and requests that run at the same time keep each other's share.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from llm_kernel.errors import ModelError, OverBudget, SettingError
from llm_kernel.model.price import Price, money
from llm_kernel.model.request import Backend, Delta, Request, Usage

__all__ = ["Bounded", "Budget", "estimate", "read_budget"]

Unit: TypeAlias = Literal["tokens", "usd"]

_LEAST = 16
"""A reply of fewer tokens is not worth its prompt."""


@dataclass(slots=True)
class Budget:
    """``limit`` in tokens, in and out, or in US dollars; ``used`` is what replies took, ``held`` what is under way."""

    limit: float
    unit: Unit = "tokens"
    used: float = 0.0
    held: float = 0.0

    def __str__(self) -> str:
        return self.say(self.limit)

    def say(self, amount: float) -> str:
        """An amount in the budget's own unit."""
        return money(amount) if self.unit == "usd" else f"{amount:.0f} tokens"

    @property
    def left(self) -> float:
        """What the next request may use."""
        return max(0.0, self.limit - self.used - self.held)


def read_budget(text: str) -> Budget | None:
    """The budget in ``200000``, ``200_000 tokens``, ``0.50usd`` or ``$0.50``; None for an empty text.

    Raises:
        SettingError: for what is neither, and for nothing at all.
    """
    plain = text.strip().lower()
    if not plain:
        return None
    amount = re.fullmatch(r"\$\s*(\d+(?:\.\d+)?)|(\d+(?:\.\d+)?)\s*(?:usd|\$)", plain, re.ASCII)
    tokens = re.fullmatch(r"(\d[\d_]*)(?:\s*tokens)?", plain, re.ASCII)
    limit = float(amount[1] or amount[2]) if amount else float(tokens[1].replace("_", "")) if tokens else 0.0
    if not 0 < limit < 1e15:
        raise SettingError(
            f"LLM_KERNEL_BUDGET is {text!r}; it is a number of tokens, 200000, or an amount of money, 0.50usd"
        )
    return Budget(limit, "usd" if amount else "tokens")


def estimate(request: Request) -> int:
    """How many tokens a prompt takes at most, as far as can be said without the model's own tokenizer."""
    text = "".join(message.content for message in request.messages)
    plain = sum(char.isascii() for char in text)
    return -(-plain // 3) + (len(text) - plain) * 3 // 2 + 4 * len(request.messages)


class Bounded:
    """A backend with a budget before it; ``price`` says what a model's tokens cost, None where nobody knows."""

    def __init__(self, inner: Backend, budget: Budget, price: Callable[[str], Price | None]) -> None:
        self._inner = inner
        self._budget = budget
        self._price = price

    @property
    def name(self) -> str:
        """The model's name."""
        return self._inner.name

    async def models(self) -> list[str]:
        """The names that the model's endpoint offers."""
        return await self._inner.models()

    async def close(self) -> None:
        """Give back connections."""
        await self._inner.close()

    async def stream(self, request: Request) -> AsyncGenerator[Delta, None]:
        """Answer as far as the budget allows.

        Raises:
            OverBudget: where it is used up, or the prompt alone would be more than what is left; nothing was sent.
            ModelError: where nobody knows what the model costs; nothing was sent.
        """
        prompt = estimate(request)
        rates = self._rates()
        asked = replace(request, max_tokens=self._room(prompt, request.max_tokens, rates))
        share = rates.of(Usage(prompt, 0, asked.max_tokens))
        usage: Usage | None = None
        said = 0
        self._budget.held += share
        try:
            async with aclosing(self._inner.stream(asked)) as deltas:  # type: ignore[type-var]
                async for delta in deltas:
                    usage, said = delta.usage or usage, said + len(delta.text)
                    yield delta
        finally:
            self._budget.held = max(0.0, self._budget.held - share)
            if usage or said:  # a reply that is not read to its end never says what it took
                self._budget.used += rates.of(usage or Usage(prompt, 0, -(-said // 3)))

    def _rates(self) -> Price:
        """What a million tokens count, in the budget's unit."""
        if self._budget.unit == "tokens":
            return _EACH
        price = self._price(self.name)
        if price is None:
            who = f"the model {self.name}" if self.name else "the model that the endpoint chooses"
            raise ModelError(
                f"LLM_KERNEL_BUDGET is {self._budget}, and what {who} costs is not known, so nothing was sent. Set "
                "LLM_KERNEL_PRICE to US dollars per million tokens in and out, 0.15/0.60"
                + ("." if self.name else ", or name the model with LLM_KERNEL_MODEL.")
            )
        return price

    def _room(self, prompt: int, most: int, rates: Price) -> int:
        """How many tokens the reply may have."""
        budget = self._budget
        if budget.used >= budget.limit and (rates.prompt or rates.completion):
            raise OverBudget(
                f"The budget of {budget} is used up ({budget.say(budget.used)} were used), so nothing was sent. "
                f"{_ADVICE}"
            )
        least = Usage(prompt, 0, min(_LEAST, most))
        if rates.of(least) > budget.left:
            raise OverBudget(
                f"The budget of {budget} has {budget.say(budget.left)} left, and this request needs about "
                f"{budget.say(rates.of(least))}, so nothing was sent. {_ADVICE}"
            )
        left = budget.left - rates.of(Usage(prompt, 0, 0))
        return min(most, int(left * 1e6 / rates.completion)) if rates.completion else most


_EACH = Price(1e6, 1e6, 1e6)
"""A budget in tokens counts each of them."""

_ADVICE = "Raise LLM_KERNEL_BUDGET, or restart the kernel; exact commands go on working."
