"""Which model answers now, and the budget before it."""

from __future__ import annotations

import pytest

from llm_kernel.errors import BadReply
from llm_kernel.model.choice import Models
from llm_kernel.model.price import Price
from llm_kernel.model.request import Backend, Message, Request, ScriptedBackend

ASK = Request((Message("user", "x" * 400),))


async def _text(models: Models) -> str:
    return "".join([delta.text async for delta in models.stream(ASK)])


def _models() -> tuple[Models, dict[str, ScriptedBackend]]:
    made: dict[str, ScriptedBackend] = {}

    def make(name: str) -> Backend:
        made[name] = ScriptedBackend(lambda request: f"from {name or 'the chosen'}\n", name=name or "chosen")
        return made[name]

    return Models(make), made


async def test_a_backend_is_made_when_it_is_first_needed() -> None:
    models, made = _models()
    assert (models.name, made) == ("", {})
    assert await _text(models) == "from the chosen\n"
    assert models.name == "chosen"


async def test_a_switch_makes_the_other_and_closes_the_one_before() -> None:
    models, made = _models()
    await _text(models)
    await models.switch("big")
    assert (models.name, made[""].closed, list(made)) == ("big", 1, ["", "big"])
    assert await _text(models) == "from big\n"
    assert await models.models() == ["big"]
    await models.close()
    assert made["big"].closed == 1


async def test_a_reply_says_what_it_cost_where_the_price_is_known() -> None:
    models = Models(lambda _: ScriptedBackend(["a\n"]), price=lambda model: Price(1.0, 1.0, 2.0))
    assert [delta.usd async for delta in models.stream(ASK) if delta.usage] == [(100 + 2 * 1) / 1e6]


async def test_a_reply_of_unknown_price_says_so() -> None:
    models, _ = _models()
    assert [delta.usd async for delta in models.stream(ASK) if delta.usage] == [None]


async def test_a_script_that_is_used_up_is_an_empty_reply() -> None:
    with pytest.raises(BadReply):
        await _text(Models(lambda _: ScriptedBackend()))
