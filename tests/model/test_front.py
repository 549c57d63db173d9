"""The fair front of the model's server, over real connections, before a real HTTP server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from llm_kernel.errors import EndpointError
from llm_kernel.model import Message, Request
from llm_kernel.model.chat import OpenAIBackend, Patience
from llm_kernel.model.front import Front, Upstream
from tests.endpoint import Endpoint

ASK = Request((Message("system", "You are a computer."), Message("user", "$ hello")))
KEY, GUEST = "owner-key", "guest-key"


class _Room:
    """A front on a free port, and kernels that ask it."""

    def __init__(self, front: Front, address: str) -> None:
        self.front = front
        self.address = address
        self.places: dict[int, list[int]] = {}

    def kernel(self, number: int = 0, key: str = GUEST) -> OpenAIBackend:
        heard = self.places.setdefault(number, [])
        patience = Patience(retries=0)
        return OpenAIBackend(f"{self.address}/v1", key, "scripted-model", patience=patience, waiting=heard.append)

    async def ask(self, number: int = 0, key: str = GUEST) -> str:
        kernel = self.kernel(number, key)
        try:
            return "".join([delta.text async for delta in kernel.stream(ASK)])
        finally:
            await kernel.close()

    async def call(self, method: str, path: str, key: str = "", body: bytes = b"", more: str = "") -> tuple[int, str]:
        where, _, port = self.address.removeprefix("http://").rpartition(":")
        reader, writer = await asyncio.open_connection(where, int(port))
        auth = f"Authorization: Bearer {key}\r\n" if key else ""
        head = f"{method} {path} HTTP/1.1\r\nHost: x\r\n{auth}{more}Content-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        answer = (await reader.read()).decode()
        writer.close()
        return int(answer.split()[1]) if answer else 0, answer.partition("\r\n\r\n")[2]


@asynccontextmanager
async def room(endpoint: Endpoint, most: int = 1) -> AsyncIterator[_Room]:
    front = Front(Upstream(endpoint.base_url.removesuffix("/v1"), endpoint.key), most=most, owner=KEY, guest=GUEST)
    address = await front.listen("127.0.0.1", 0)
    try:
        yield _Room(front, address)
    finally:
        await front.close()


async def _until(true: Any) -> None:
    late = time.monotonic() + 60
    while not true():
        assert time.monotonic() < late
        await asyncio.sleep(0.01)


async def test_a_reply_passes_through_with_the_servers_own_key() -> None:
    with Endpoint(["hello\n"], key="inner") as endpoint:
        async with room(endpoint) as here:
            assert (await here.ask(), here.places) == ("hello\n", {0: []})


async def test_forty_kernels_are_all_answered_and_told_how_they_move_up() -> None:
    with Endpoint(lambda _: "hello\n", key="inner", delay=0.002) as endpoint:
        async with room(endpoint, most=2) as here:
            assert await asyncio.gather(*map(here.ask, range(40))) == ["hello\n"] * 40
    for places in here.places.values():
        assert places == sorted(places, reverse=True)
        assert places[-1:] in ([], [0])
    assert max(max(places, default=0) for places in here.places.values()) > 20


async def test_no_more_than_allowed_are_served_at_once() -> None:
    most = now = 0

    def answer(_: dict[str, Any]) -> str:
        nonlocal most, now
        now += 1
        most = max(most, now)
        time.sleep(0.02)
        now -= 1
        return "hello\n"

    with Endpoint(answer) as endpoint:
        async with room(endpoint, most=2) as here:
            await asyncio.gather(*map(here.ask, range(8)))
    assert most == 2


async def test_who_is_interrupted_while_waiting_or_served_has_left_at_once() -> None:
    with Endpoint(lambda _: "word " * 2000, delay=0.02) as endpoint:
        async with room(endpoint) as here:
            served = asyncio.create_task(here.ask(1))
            await _until(lambda: endpoint.requests)
            waits = asyncio.create_task(here.ask(2))
            last = asyncio.create_task(here.ask(3))
            await _until(lambda: here.places.get(3) == [2])
            waits.cancel()
            await _until(lambda: here.places[3] == [2, 1])
            served.cancel()
            await _until(lambda: endpoint.disconnects)
            await _until(lambda: here.places[3] == [2, 1, 0])
            last.cancel()
            for task in (served, waits, last):
                with suppress(asyncio.CancelledError):
                    await task
            await _until(lambda: here.front.busy == 0)
            assert here.front.turns.waiting == 0


async def test_a_fault_is_told_with_its_status_and_behind_a_wait_as_an_event() -> None:
    with Endpoint(lambda _: "word " * 40, delay=0.01) as endpoint:
        async with room(endpoint) as here:
            first = asyncio.create_task(here.ask(1))
            await _until(lambda: endpoint.requests)
            endpoint.fail("500", times=1)
            with pytest.raises(EndpointError, match="The server had an error"):
                await here.ask(2)
            await first
            endpoint.fail("500", times=1)
            with pytest.raises(EndpointError) as found:
                await here.ask(3)
            assert found.value.status == 500


async def test_a_server_that_is_gone_is_a_fault() -> None:
    with Endpoint(["hello\n"]) as endpoint:
        address = endpoint.base_url.removesuffix("/v1")
    front = Front(Upstream(address), most=1, guest=GUEST)
    here = _Room(front, await front.listen("127.0.0.1", 0))
    with pytest.raises(EndpointError) as found:
        await here.ask()
    assert found.value.status == 502
    await front.close()


async def test_keys_are_asked_for_and_only_the_owner_may_touch_what_was_read() -> None:
    with Endpoint(["hello\n"], key="inner") as endpoint:
        async with room(endpoint) as here:
            assert (await here.call("GET", "/v1/models"))[0] == 401
            assert (await here.call("GET", "/v1/models", "inner"))[0] == 401
            assert (await here.call("GET", "/v1/models", GUEST))[0] == 200
            assert (await here.call("POST", "/slots/0?action=save", GUEST))[0] == 403
            assert (await here.call("POST", "/slots/0?action=save", KEY))[0] != 403
    front = Front(Upstream(endpoint.base_url), most=1, owner=KEY)
    here = _Room(front, await front.listen("127.0.0.1", 0))
    assert (await here.call("GET", "/v1/models", ""))[0] == 401  # no key is nobody's
    await front.close()


async def test_nonsense_and_endless_requests_end_no_one_but_themselves() -> None:
    with Endpoint(["hello\n"], key="inner") as endpoint:
        async with room(endpoint) as here:
            for body in (b"", b"[]", b"{" * 5000, b"\xff"):
                await here.call("POST", "/v1/chat/completions", GUEST, body)
            assert await here.call("BREW", "/\x00", GUEST) == (0, "")
            with suppress(ConnectionError):
                assert (await here.call("POST", "/v1/chat/completions", GUEST, b"x" * (9 << 20)))[0] == 413
            endpoint.script(["hello\n"])
            assert await here.ask() == "hello\n"
            await _until(lambda: here.front.busy == 0)
