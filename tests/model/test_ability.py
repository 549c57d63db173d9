"""Whether an endpoint takes grammars is found out once for each model, by what it does."""

from __future__ import annotations

import pytest

from llm_kernel.model.ability import Abilities
from llm_kernel.model.chat import Message, OpenAIBackend, Patience, Request
from tests.endpoint import GRAMMARS, WAYS, Endpoint

ASK = Request((Message("user", "$ python3 a.py"),), grammar='root ::= "a\\n"* tail\ntail ::= ""\n')
PATIENT = Patience(connect=60.0, first=60.0, between=60.0, backoff=0.01)


async def said(backend: OpenAIBackend, request: Request = ASK) -> str:
    text = "".join([delta.text async for delta in backend.stream(request)])
    await backend.close()
    return text


def given(endpoint: Endpoint) -> list[tuple[str, ...]]:
    """The names of grammars in each request."""
    return [tuple(name for name in WAYS if name in body) for body in endpoint.requests]


@pytest.fixture(params=GRAMMARS)
def field(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def test_one_tiny_request_tells_which_parameter_is_obeyed(field: str) -> None:
    with Endpoint(["a\n"], grammars=field) as endpoint:
        backend = OpenAIBackend(endpoint.base_url, patience=PATIENT)
        assert [await said(backend), await said(backend)] == ["a\n", "a\n"]
        assert given(endpoint) == [GRAMMARS, (field,), (field,)]
        assert endpoint.requests[0]["max_tokens"] == 16
        sent = endpoint.requests[1][field]
        assert sent == ({"grammar": ASK.grammar} if field == "structured_outputs" else ASK.grammar)


async def test_one_that_ignores_what_it_does_not_know_gets_no_grammar() -> None:
    with Endpoint(["a\n"]) as endpoint:
        assert await said(OpenAIBackend(endpoint.base_url, patience=PATIENT)) == "a\n"
        assert given(endpoint) == [GRAMMARS, ("tools",), ()]


async def test_one_that_refuses_unknown_names_is_asked_for_each(field: str) -> None:
    with Endpoint(["a\n"], grammars=field, strict=True) as endpoint:
        assert await said(OpenAIBackend(endpoint.base_url, patience=PATIENT)) == "a\n"
        assert given(endpoint)[-2:] == [(field,), (field,)]


async def test_a_grammar_that_is_refused_is_left_out_then_and_later() -> None:
    with Endpoint(["a\n"], grammars="grammar") as endpoint:
        backend = OpenAIBackend(endpoint.base_url, patience=PATIENT)
        assert await said(backend) == "a\n"
        endpoint.fail("no-grammar")
        assert [await said(backend), await said(backend)] == ["a\n", "a\n"]
        assert given(endpoint) == [GRAMMARS, ("grammar",), ("grammar",), (), ()]


async def test_what_is_known_holds_for_the_next_backend_of_the_same_model_alone() -> None:
    known = Abilities()
    with Endpoint(["a\n"], grammars="grammar") as endpoint:
        for model in ("one", "one", "two"):
            await said(OpenAIBackend(endpoint.base_url, model=model, patience=PATIENT, abilities=known))
        assert given(endpoint) == [GRAMMARS, ("grammar",), ("grammar",), GRAMMARS, ("grammar",)]


async def test_an_endpoint_that_fails_at_the_trial_is_tried_again_later() -> None:
    with Endpoint(["a\n"], grammars="grammar") as endpoint:
        backend = OpenAIBackend(endpoint.base_url, patience=PATIENT)
        endpoint.fail("500")
        assert [await said(backend), await said(backend)] == ["a\n", "a\n"]
        assert given(endpoint) == [GRAMMARS, (), GRAMMARS, ("grammar",)]


async def test_without_a_grammar_nothing_is_tried() -> None:
    with Endpoint(["a\n"], grammars="grammar") as endpoint:
        assert await said(OpenAIBackend(endpoint.base_url, patience=PATIENT), Request(ASK.messages)) == "a\n"
        assert given(endpoint) == [()]


async def test_the_embedded_server_is_known_to_take_them() -> None:
    with Endpoint(["a\n"], grammars="grammar") as endpoint:
        assert await said(OpenAIBackend(endpoint.base_url, patience=PATIENT, llama=True)) == "a\n"
        assert given(endpoint) == [("grammar",)]


async def test_a_model_that_writes_into_a_tool_is_given_the_grammar_there() -> None:
    with Endpoint(["a\na\n"], grammars="tools", strict=True) as endpoint:
        backend = OpenAIBackend(endpoint.base_url, patience=PATIENT)
        deltas = [delta async for delta in backend.stream(ASK)]
        await backend.close()
        assert ("".join(delta.text for delta in deltas), deltas[-1].finish) == ("a\na\n", "stop")
        assert given(endpoint) == [GRAMMARS, *((field,) for field in GRAMMARS), ("tools",), ("tools",)]
        assert {name: endpoint.requests[-1][name] for name in ("tools", "tool_choice")} == {
            "tools": [
                {
                    "type": "custom",
                    "custom": {
                        "name": "write",
                        "description": "Takes the whole reply, exactly as it is to be shown.",
                        "format": {
                            "type": "grammar",
                            "grammar": {"syntax": "lark", "definition": "start: /a\\n/*\n"},
                        },
                    },
                }
            ],
            "tool_choice": {"type": "custom", "custom": {"name": "write"}},
        }


async def test_an_endpoint_that_calls_the_length_otherwise_is_asked_again() -> None:
    with Endpoint(["a\n"], grammars="tools") as endpoint:
        endpoint.fail("no-max-tokens", times=2)
        assert await said(OpenAIBackend(endpoint.base_url, patience=PATIENT)) == "a\n"
        lengths = [name for body in endpoint.requests for name in body if name.startswith("max")]
        assert lengths == ["max_tokens", *["max_completion_tokens"] * 3]
