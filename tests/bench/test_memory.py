"""The session of 1,000 commands and the recall of fifty facts, shortened: the targets hold."""

from __future__ import annotations

from statistics import median

from bench.memory import course, shared
from bench.recall import FACTS, missed
from llm_kernel.model.request import Message, Request
from llm_kernel.prompt import MOST


async def test_a_session_keeps_its_requests_short_and_their_front_the_same() -> None:
    done = await course(150)
    assert len(done.requests) > 60
    assert max(done.sizes) <= MOST
    assert done.near(150) <= 1.2 * done.near(100)
    assert median(done.shares()) >= 0.88
    assert done.transcript > 3 * sum(done.sizes)
    assert done.grown < 50


async def test_facts_are_held_by_the_requests_that_need_them() -> None:
    assert len(FACTS) == 50
    assert await missed(FACTS[::3], between=60) == []


def test_what_two_requests_share_is_measured_from_the_front() -> None:
    one = Request((Message("user", "a b c d"),))
    assert shared(one, one) == 1.0
    assert shared(one, Request((Message("user", "x b c d"),))) <= 0.5
