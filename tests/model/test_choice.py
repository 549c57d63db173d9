"""Which model answers now, and the budget before it."""

from __future__ import annotations

import pytest

from llm_kernel.errors import BadReply, ModelError
from llm_kernel.model.choice import Models
from llm_kernel.model.request import Backend, Delta, Message, Request, ScriptedBackend

ASK = Request((Message("user", "x" * 400),))


async def _text(models: Models) -> str:
    return "".join([delta.text async for delta in models.stream(ASK)])


def _models(budget: int = 0) -> tuple[Models, dict[str, ScriptedBackend]]:
    made: dict[str, ScriptedBackend] = {}

    def make(name: str) -> Backend:
        made[name] = ScriptedBackend(lambda request: f"from {name or 'the chosen'}\n", name=name or "chosen")
        return made[name]

    return Models(make, budget=budget), made


async def test_a_backend_is_made_when_it_is_first_needed() -> None:
    models, made = _models()
    assert (models.name, made) == ("", {})
    assert await _text(models) == "from the chosen\n"
    assert models.name == "chosen"


async def test_a_switch_closes_one_and_makes_the_other_later() -> None:
    models, made = _models()
    await _text(models)
    await models.switch("big")
    assert (models.name, made[""].closed, list(made)) == ("big", 1, [""])
    assert await _text(models) == "from big\n"
    assert await models.models() == ["big"]
    await models.close()
    assert made["big"].closed == 1


async def test_a_budget_is_counted_in_both_directions_and_stops_the_next_request() -> None:
    models, made = _models(budget=100)
    await _text(models)
    assert models.used == 100 + 4
    with pytest.raises(ModelError, match=r"The budget of 100 tokens is used up \(104 were used\)"):
        await _text(models)
    assert len(made[""].requests) == 1


async def test_what_a_tape_plays_costs_nothing() -> None:
    class Tape(ScriptedBackend):
        async def stream(self, request: Request):  # type: ignore[no-untyped-def]
            async for delta in super().stream(request):
                yield Delta(delta.text, delta.finish, delta.usage, source="tape")

    models = Models(lambda _: Tape(["a\n", "b\n"]), budget=10)
    assert await _text(models) + await _text(models) == "a\nb\n"
    assert models.used == 0


async def test_a_script_that_is_used_up_is_an_empty_reply() -> None:
    with pytest.raises(BadReply):
        await _text(Models(lambda _: ScriptedBackend()))
