"""Whether an endpoint takes grammars is found out once for each model, by what it does."""

from __future__ import annotations

import pytest

from llm_kernel.model.ability import Abilities
from llm_kernel.model.chat import Message, OpenAIBackend, Patience, Request
from tests.endpoint import GRAMMARS, Endpoint

ASK = Request((Message("user", "$ python3 a.py"),), grammar='root ::= "a\\n"* tail\ntail ::= ""\n')
QUICK = Patience(connect=1.0, first=1.0, between=1.0, backoff=0.01)


async def said(backend: OpenAIBackend, request: Request = ASK) -> str:
    text = "".join([delta.text async for delta in backend.stream(request)])
    await backend.close()
    return text


def given(endpoint: Endpoint) -> list[tuple[str, ...]]:
    """The names of grammars in each request."""
    return [tuple(name for name in GRAMMARS if name in body) for body in endpoint.requests]


@pytest.fixture(params=GRAMMARS)
def field(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def test_one_tiny_request_tells_which_parameter_is_obeyed(field: str) -> None:
    with Endpoint(["a\n"], grammars=field) as endpoint:
        backend = OpenAIBackend(endpoint.base_url, patience=QUICK)
        assert [await said(backend), await said(backend)] == ["a\n", "a\n"]
        assert given(endpoint) == [GRAMMARS, (field,), (field,)]
        assert endpoint.requests[0]["max_tokens"] == 16
        sent = endpoint.requests[1][field]
        assert sent == ({"grammar": ASK.grammar} if field == "structured_outputs" else ASK.grammar)


async def test_one_that_ignores_what_it_does_not_know_gets_no_grammar() -> None:
    with Endpoint(["a\n"]) as endpoint:
        assert await said(OpenAIBackend(endpoint.base_url, patience=QUICK)) == "a\n"
        assert given(endpoint) == [GRAMMARS, ()]


async def test_one_that_refuses_unknown_names_is_asked_for_each(field: str) -> None:
    with Endpoint(["a\n"], grammars=field, strict=True) as endpoint:
        assert await said(OpenAIBackend(endpoint.base_url, patience=QUICK)) == "a\n"
        assert given(endpoint)[-2:] == [(field,), (field,)]


async def test_a_grammar_that_is_refused_is_left_out_then_and_later() -> None:
    with Endpoint(["a\n"], grammars="grammar") as endpoint:
        backend = OpenAIBackend(endpoint.base_url, patience=QUICK)
        assert await said(backend) == "a\n"
        endpoint.fail("no-grammar")
        assert [await said(backend), await said(backend)] == ["a\n", "a\n"]
        assert given(endpoint) == [GRAMMARS, ("grammar",), ("grammar",), (), ()]


async def test_what_is_known_holds_for_the_next_backend_of_the_same_model_alone() -> None:
    known = Abilities()
    with Endpoint(["a\n"], grammars="grammar") as endpoint:
        for model in ("one", "one", "two"):
            await said(OpenAIBackend(endpoint.base_url, model=model, patience=QUICK, abilities=known))
        assert given(endpoint) == [GRAMMARS, ("grammar",), ("grammar",), GRAMMARS, ("grammar",)]


async def test_an_endpoint_that_fails_at_the_trial_is_tried_again_later() -> None:
    with Endpoint(["a\n"], grammars="grammar") as endpoint:
        backend = OpenAIBackend(endpoint.base_url, patience=QUICK)
        endpoint.fail("500")
        assert [await said(backend), await said(backend)] == ["a\n", "a\n"]
        assert given(endpoint) == [GRAMMARS, (), GRAMMARS, ("grammar",)]


async def test_without_a_grammar_nothing_is_tried() -> None:
    with Endpoint(["a\n"], grammars="grammar") as endpoint:
        assert await said(OpenAIBackend(endpoint.base_url, patience=QUICK), Request(ASK.messages)) == "a\n"
        assert given(endpoint) == [()]


async def test_the_embedded_server_is_known_to_take_them() -> None:
    with Endpoint(["a\n"], grammars="grammar") as endpoint:
        assert await said(OpenAIBackend(endpoint.base_url, patience=QUICK, llama=True)) == "a\n"
        assert given(endpoint) == [("grammar",)]
