"""The most that a kernel may use."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from llm_kernel.errors import ModelError, OverBudget, SettingError
from llm_kernel.model.budget import Bounded, Budget, estimate, read_budget
from llm_kernel.model.price import FREE, Price
from llm_kernel.model.request import Delta, Message, Request, ScriptedBackend, Usage

ASK = Request((Message("user", "x" * 400),), max_tokens=1000)
PROMPT = estimate(ASK)


def _bounded(budget: Budget, replies: list[str], price: Price | None = None) -> tuple[Bounded, ScriptedBackend]:
    inner = ScriptedBackend(replies)
    return Bounded(inner, budget, lambda _: price), inner


async def _text(backend: Bounded) -> str:
    return "".join([delta.text async for delta in backend.stream(ASK)])


@pytest.mark.parametrize(
    ("text", "budget"),
    [
        ("", None),
        ("200000", Budget(200_000)),
        ("200_000 tokens", Budget(200_000)),
        ("0.50usd", Budget(0.5, "usd")),
        ("2 USD", Budget(2.0, "usd")),
        ("$0.25", Budget(0.25, "usd")),
    ],
)
def test_a_budget_is_read_as_people_write_it(text: str, budget: Budget | None) -> None:
    assert read_budget(text) == budget


@pytest.mark.parametrize(
    "text", ["0", "0usd", "-5", "many", "1e5", "0.5", "0.5 eur", "inf", "nan usd", "1" * 20, "５００"]
)
def test_what_is_no_budget_is_said_to_be_none(text: str) -> None:
    with pytest.raises(SettingError, match="LLM_KERNEL_BUDGET is"):
        read_budget(text)


def test_a_prompt_is_not_estimated_low() -> None:
    assert estimate(Request((Message("user", "word " * 100),))) >= 101
    assert estimate(Request((Message("user", "请写一个训练脚本" * 10),))) >= 80


async def test_what_was_used_is_counted_in_both_directions() -> None:
    budget = Budget(10_000)
    backend, _ = _bounded(budget, ["12345678"])
    assert (await _text(backend), budget.used, budget.held) == ("12345678", 100 + 2, 0.0)


async def test_a_reply_may_only_say_what_is_left() -> None:
    backend, inner = _bounded(Budget(PROMPT + 30), ["ab"])
    await _text(backend)
    assert [request.max_tokens for request in inner.requests] == [30]


async def test_a_budget_that_is_used_up_sends_nothing() -> None:
    budget = Budget(10_000, used=10_000)
    backend, inner = _bounded(budget, ["never"])
    with pytest.raises(OverBudget, match=r"The budget of 10000 tokens is used up \(10000 tokens were used\)"):
        await _text(backend)
    assert inner.requests == []


async def test_a_prompt_that_is_longer_than_what_is_left_is_not_sent() -> None:
    budget = Budget(10_000, used=9_950)
    backend, inner = _bounded(budget, ["never"])
    with pytest.raises(OverBudget, match=r"has 50 tokens left, and this request needs about \d+ tokens"):
        await _text(backend)
    assert (inner.requests, budget.used, budget.held) == ([], 9_950, 0.0)


async def test_money_is_counted_by_the_price() -> None:
    budget = Budget(1.0, "usd")
    backend, inner = _bounded(budget, ["12345678"], Price(1000.0, 1000.0, 10_000.0))
    await _text(backend)
    assert budget.used == pytest.approx(100 * 0.001 + 2 * 0.01)
    assert inner.requests[0].max_tokens == int((1.0 - PROMPT * 0.001) / 0.01)


async def test_money_without_a_price_is_refused_at_once() -> None:
    backend, inner = _bounded(Budget(1.0, "usd"), ["never"])
    with pytest.raises(ModelError, match=r"what the model scripted costs is not known.*LLM_KERNEL_PRICE"):
        await _text(backend)
    assert inner.requests == []


async def test_what_costs_nothing_is_never_refused() -> None:
    backend, inner = _bounded(Budget(0.01, "usd", used=0.01), ["a"], FREE)
    assert (await _text(backend), inner.requests[0].max_tokens) == ("a", 1000)


async def test_a_reply_that_is_left_in_the_middle_is_counted_by_estimate() -> None:
    budget = Budget(10_000)
    backend, _ = _bounded(budget, ["1234567" * 9])
    async with aclosing(backend.stream(ASK)) as deltas:
        async for _delta in deltas:
            break
    assert (budget.used, budget.held) == (PROMPT + 3, 0.0)


async def test_a_reply_that_never_came_costs_nothing() -> None:
    budget = Budget(10_000)
    backend, _ = _bounded(budget, [])
    with pytest.raises(ModelError):
        await _text(backend)
    assert (budget.used, budget.held) == (0.0, 0.0)


async def test_requests_at_the_same_time_do_not_use_the_same_rest() -> None:
    gate = asyncio.Event()

    class Slow(ScriptedBackend):
        async def stream(self, request: Request):  # type: ignore[no-untyped-def]
            self.requests.append(request)
            await gate.wait()
            yield Delta("a", "stop", Usage(PROMPT, 0, 1000))

    inner, budget = Slow(), Budget(2 * (PROMPT + 1000) + 100)
    backend = Bounded(inner, budget, lambda _: None)
    running = [asyncio.create_task(_text(backend)) for _ in range(3)]
    await asyncio.sleep(0)
    gate.set()
    ended = await asyncio.gather(*running, return_exceptions=True)
    assert (ended[:2], type(ended[2])) == (["a", "a"], OverBudget)
    assert len(inner.requests) == 2
    assert budget.used <= budget.limit
