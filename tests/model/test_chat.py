"""The OpenAI backend against a real HTTP server that answers and fails as told."""
# ruff: noqa: E501 - a table of messages reads best with one message a line

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest

from llm_kernel.errors import BadReply, EndpointError, ModelError
from llm_kernel.model import Delta, Message, OpenAIBackend, Patience, Request, ScriptedBackend, Usage
from tests.endpoint import Endpoint

KEY = "sk-proj-0123456789abcdef"
PATIENT = Patience(connect=60.0, first=60.0, between=60.0, usage=60.0, retries=3, backoff=0.01, longest_wait=1.0)
SHORT = {
    "hang-first": replace(PATIENT, first=0.4),
    "hang-open": replace(PATIENT, first=0.4),
    "hang-mid": replace(PATIENT, between=2.0),
    "hang-usage": replace(PATIENT, usage=0.1),
}
"""The patience that each silence of the endpoint outlasts."""
REPLY = "epoch 1 loss 0.61\nepoch 2 loss 0.32\n"
ASK = Request((Message("system", "You are a computer."), Message("user", "$ python3 train.py")), {"kind": "program"})


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint([REPLY]) as server:
        yield server


@pytest.fixture
async def backend(endpoint: Endpoint, request: pytest.FixtureRequest) -> AsyncIterator[OpenAIBackend]:
    params = request.node.callspec.params if hasattr(request.node, "callspec") else {}
    one = OpenAIBackend(endpoint.base_url, KEY, patience=SHORT.get(params.get("fault"), PATIENT))
    yield one
    await one.close()


async def text_of(backend: OpenAIBackend, request: Request = ASK) -> str:
    return "".join([delta.text async for delta in backend.stream(request)])


async def fault_of(backend: OpenAIBackend) -> tuple[str, ModelError]:
    """What was said before the fault, and the fault."""
    said = ""
    try:
        async for delta in backend.stream(ASK):
            said += delta.text
    except ModelError as fault:
        return said, fault
    raise AssertionError(f"no fault, but {said!r}")


async def test_a_reply_streams_and_ends_with_what_it_cost(backend: OpenAIBackend) -> None:
    deltas = [delta async for delta in backend.stream(ASK)]
    assert "".join(delta.text for delta in deltas) == REPLY
    assert len(deltas) == 10
    last = deltas[-1]
    assert (last.text, last.finish, last.model, last.source) == ("", "stop", "scripted-model", "model")
    assert last.usage is not None
    assert (last.usage.completion, last.usage.cached) == (9, last.usage.prompt // 2)


async def test_the_request_is_sent_whole(backend: OpenAIBackend, endpoint: Endpoint) -> None:
    await text_of(backend, Request(ASK.messages, max_tokens=7, temperature=0.5, seed=3, stop=("\n$ ",)))
    assert endpoint.requests == [
        {
            "model": "scripted-model",
            "messages": [
                {"role": "system", "content": "You are a computer."},
                {"role": "user", "content": "$ python3 train.py"},
            ],
            "stream": True,
            "stream_options": {"include_usage": True},
            "max_tokens": 7,
            "temperature": 0.5,
            "seed": 3,
            "stop": ["\n$ "],
        }
    ]


async def test_llama_takes_a_grammar_and_keeps_the_prompt(endpoint: Endpoint) -> None:
    backend = OpenAIBackend(endpoint.base_url, llama=True)
    await text_of(backend, Request(ASK.messages, grammar='root ::= "a"'))
    await backend.close()
    assert {name: endpoint.requests[0][name] for name in ("grammar", "cache_prompt")} == {
        "grammar": 'root ::= "a"',
        "cache_prompt": True,
    }


async def test_without_a_name_the_first_model_of_the_endpoint_is_taken(backend: OpenAIBackend) -> None:
    assert backend.name == ""
    await text_of(backend)
    assert backend.name == "scripted-model"
    assert await backend.models() == ["scripted-model", "scripted-model-large"]


@pytest.mark.parametrize("fault", ["no-stream-options", "no-seed", "no-max-tokens"])
async def test_a_refused_parameter_is_left_out_and_remembered(
    backend: OpenAIBackend, endpoint: Endpoint, fault: str
) -> None:
    name = fault.removeprefix("no-").replace("-", "_")
    endpoint.fail(fault, times=-1)
    assert await text_of(backend) + await text_of(backend) == REPLY * 2
    assert [name in request for request in endpoint.requests] == [True, False, False]
    assert ("max_completion_tokens" in endpoint.requests[-1]) == (fault == "no-max-tokens")


@pytest.mark.parametrize(
    ("fault", "times"), [("429", 2), ("500", 3), ("502", 1), ("503", 3), ("cut-first", 2), ("empty", 1)]
)
async def test_trying_again_helps(backend: OpenAIBackend, endpoint: Endpoint, fault: str, times: int) -> None:
    endpoint.fail(fault, times)
    assert await text_of(backend) == REPLY
    assert [request["seed"] for request in endpoint.requests] == list(range(42, 43 + times))


@pytest.mark.parametrize(
    ("fault", "requests", "kind", "words"),
    [
        ("401", 1, EndpointError, "{} refuses the key (401). Set OPENAI_API_KEY to a valid one. It says: Incorrect API key provided"),
        ("403", 1, EndpointError, "{} forbids this request (403). The key may lack the right to use this model. It says: Country, region, or territory not supported"),
        ("429", 4, EndpointError, "{} gets too many requests (429). Run the cell again later. It says: Rate limit reached"),
        ("quota", 1, EndpointError, "The account at {} has no credit left (429). Add some, or use another endpoint. It says: You exceeded your current quota"),
        ("500", 4, EndpointError, "{} failed (500). Run the cell again later. It says: The server had an error"),
        ("too-long", 1, EndpointError, "The request is too long for the model at {} (400). Use a model with a larger context. It says: This model's maximum context length is 4096 tokens"),
        ("hang-first", 1, EndpointError, "{} gave no answer within 0.4 s. It may be loading or overloaded: run the cell again."),
        ("hang-open", 1, EndpointError, "{} gave no answer within 0.4 s. It may be loading or overloaded: run the cell again."),
        ("empty", 2, BadReply, "The model scripted-model gave an empty reply. Say it in other words."),
        ("blank", 2, BadReply, "The model scripted-model gave an empty reply. Say it in other words."),
        ("refusal", 1, BadReply, "The model scripted-model does not answer but says: “I can't do that.” Say it in other words."),
        ("apology", 2, BadReply, "The model scripted-model does not answer but says: “I'm sorry, but I can't help with running commands on a computer.” Say it in other words."),
        ("html", 1, EndpointError, "{} answers with text/html where a stream of events was due. Check OPENAI_BASE_URL: it usually ends in /v1. It says: <html><h1>Welcome to our router</h1></html>"),
        ("nonsense", 1, EndpointError, "{} sent something that is no reply: [1, 2, 3]"),
        ("echo-key-error", 1, EndpointError, "{} refuses the key (401). Set OPENAI_API_KEY to a valid one. It says: Incorrect API key provided: [key]"),
    ],
)  # fmt: skip
async def test_a_fault_before_the_first_word_names_its_cause_and_what_to_do(
    backend: OpenAIBackend, endpoint: Endpoint, fault: str, requests: int, kind: type[ModelError], words: str
) -> None:
    endpoint.fail(fault, times=-1)
    said, error = await fault_of(backend)
    assert (said, type(error), str(error)) == ("", kind, words.format(endpoint.base_url))
    assert len(endpoint.requests) == requests


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("hang-mid", "{} fell silent for 2 s in the middle of the reply. Run the cell again."),
        ("cut-mid", "{} broke off in the middle of the reply. Run the cell again."),
        ("end-mid", "{} broke off in the middle of the reply. Run the cell again."),
    ],
)
async def test_what_was_said_before_a_break_stays_and_is_not_asked_for_again(
    backend: OpenAIBackend, endpoint: Endpoint, fault: str, words: str
) -> None:
    endpoint.fail(fault)
    said, error = await fault_of(backend)
    assert (said, str(error)) == (REPLY[:16], words.format(endpoint.base_url))
    assert len(endpoint.requests) == 1


async def test_an_error_event_in_the_middle_ends_the_reply(backend: OpenAIBackend, endpoint: Endpoint) -> None:
    endpoint.fail("error-mid")
    said, error = await fault_of(backend)
    assert (said, type(error)) == (REPLY[:16], EndpointError)


async def test_garbage_is_named(backend: OpenAIBackend, endpoint: Endpoint) -> None:
    endpoint.fail("garbage", times=-1)
    said, error = await fault_of(backend)
    assert said == ""
    assert str(error).startswith(f"{endpoint.base_url} sent something that is no reply (Expecting property name")
    assert len(endpoint.requests) == 4


async def test_an_unknown_model_is_answered_with_the_known_ones(endpoint: Endpoint) -> None:
    backend = OpenAIBackend(endpoint.base_url, KEY, "gpt-none", patience=PATIENT)
    endpoint.fail("404")
    _, error = await fault_of(backend)
    await backend.close()
    assert str(error) == (
        f"{endpoint.base_url} has no model 'gpt-none'. It has: scripted-model, scripted-model-large. "
        "Set LLM_KERNEL_MODEL, or use %model NAME."
    )
    assert isinstance(error, EndpointError)
    assert error.status == 404


async def test_a_filtered_reply_is_a_bad_reply(backend: OpenAIBackend, endpoint: Endpoint) -> None:
    endpoint.fail("filter")
    said, error = await fault_of(backend)
    assert (said, type(error)) == (REPLY, BadReply)


async def test_the_token_limit_is_told_as_the_reason_of_the_end(backend: OpenAIBackend, endpoint: Endpoint) -> None:
    endpoint.fail("length")
    assert [delta.finish async for delta in backend.stream(ASK)][-1] == "length"


@pytest.mark.parametrize("fault", ["no-usage", "hang-usage"])
async def test_a_whole_reply_without_its_costs_is_a_reply(
    backend: OpenAIBackend, endpoint: Endpoint, fault: str
) -> None:
    endpoint.fail(fault)
    deltas = [delta async for delta in backend.stream(ASK)]
    assert "".join(delta.text for delta in deltas) == REPLY
    assert deltas[-1] == Delta(finish="stop", usage=None, model="scripted-model")


async def test_retry_after_is_obeyed(backend: OpenAIBackend, endpoint: Endpoint) -> None:
    endpoint.fail("429", retry_after=0.3)
    started = time.monotonic()
    assert await text_of(backend) == REPLY
    assert time.monotonic() - started >= 0.3


async def test_a_long_retry_after_is_told_instead_of_waited_for(backend: OpenAIBackend, endpoint: Endpoint) -> None:
    endpoint.fail("429", times=-1, retry_after=600)
    _, error = await fault_of(backend)
    assert " It asks to wait 600 s. " in str(error)
    assert len(endpoint.requests) == 1


@pytest.mark.parametrize("piece", [1, 3, 4, 11, 200])
async def test_the_key_is_cut_out_of_a_reply_in_any_chunking(piece: int) -> None:
    with Endpoint(piece=piece) as endpoint:
        endpoint.fail("echo-key-text")
        backend = OpenAIBackend(endpoint.base_url, KEY, patience=PATIENT)
        said = await text_of(backend)
        await backend.close()
    assert KEY not in said
    assert said.replace("sk-[key]", "[key]") == "export OPENAI_API_KEY=[key] # as you wished\n"


async def test_a_key_that_somebody_typed_into_a_cell_is_in_no_prompt() -> None:
    with Endpoint(["ok"]) as endpoint:
        backend = OpenAIBackend(endpoint.base_url, KEY, patience=PATIENT)
        await text_of(backend, Request((Message("user", f"$ export OPENAI_API_KEY={KEY}"),)))
        await backend.close()
    assert endpoint.requests[0]["messages"] == [{"role": "user", "content": "$ export OPENAI_API_KEY=[key]"}]


async def test_nothing_listening_is_named() -> None:
    with Endpoint() as endpoint:
        address = endpoint.base_url
    backend = OpenAIBackend(address, KEY, "m", patience=PATIENT)
    _, error = await fault_of(backend)
    assert str(error) == f"Nothing answers at {address} (connection refused). Start it, or set OPENAI_BASE_URL."


async def test_an_unknown_host_is_named() -> None:
    backend = OpenAIBackend("http://user:secretword@nowhere.invalid/v1", KEY, "m", patience=PATIENT)
    _, error = await fault_of(backend)
    assert "nowhere.invalid/v1" in str(error)
    assert "secretword" not in str(error)


async def test_closing_the_stream_hangs_up_at_once(backend: OpenAIBackend, endpoint: Endpoint) -> None:
    endpoint.delay = 0.02
    endpoint.script(["word " * 40_000])  # more than anybody waits for
    stream = backend.stream(ASK)
    await anext(stream)
    await stream.aclose()
    await disconnect(endpoint)


@pytest.mark.parametrize("fault", ["hang-first", "hang-open", "hang-mid"])
async def test_cancelling_a_waiting_stream_hangs_up_at_once(endpoint: Endpoint, fault: str) -> None:
    backend = OpenAIBackend(endpoint.base_url, KEY, "m")
    endpoint.fail(fault)
    task = asyncio.create_task(text_of(backend))
    while not endpoint.requests:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await disconnect(endpoint)
    await backend.close()


async def test_one_client_serves_event_loop_after_event_loop(endpoint: Endpoint) -> None:
    backend = OpenAIBackend(endpoint.base_url, KEY, patience=PATIENT)
    both = [await asyncio.to_thread(lambda: asyncio.run(text_of(backend))) for _ in range(2)]
    assert both == [REPLY, REPLY]


async def test_a_script_answers_in_order_and_keeps_the_requests() -> None:
    backend = ScriptedBackend(["first reply", "second"])
    deltas = [delta async for delta in backend.stream(ASK)]
    assert deltas == [
        Delta("first r", model="scripted"),
        Delta("eply", model="scripted"),
        Delta(finish="stop", usage=Usage(9, 0, 2), model="scripted"),
    ]
    assert [delta.text async for delta in backend.stream(ASK)] == ["second", ""]
    with pytest.raises(BadReply):
        await anext(backend.stream(ASK))
    assert backend.requests == [ASK, ASK, ASK]


async def disconnect(endpoint: Endpoint) -> float:
    """When the server saw its client leave."""
    assert await asyncio.to_thread(endpoint.departures) > 0
    return endpoint.disconnects[0]
