"""What kernels speak to instead of the model's own server: a queue that is fair, and says where in it one stands.

Replies pass through as they come. Who waits for a reply that is a stream of events hears of it in that stream, as an
event that other clients take for an empty one; who goes away, waiting or served, has left at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import h11

from llm_kernel.model.turns import Turns
from llm_kernel.model.wire import KERNEL
from llm_kernel.patience import within

__all__ = ["Front", "Upstream"]

_QUEUED = frozenset(["/v1/chat/completions", "/v1/completions", "/chat/completions"])
_OPEN = frozenset([*_QUEUED, "/v1/models", "/health"])
"""What a guest may ask for; the rest (saving and loading what was read) is for the owner."""

_BODY = 8 << 20
_HEAD = 30.0
_MOST = 512
_PIECE = 1 << 16


@dataclass(frozen=True, slots=True)
class Upstream:
    """The model's own server, on this computer: where it listens, and its key."""

    address: str
    key: str = ""


@dataclass(slots=True)
class _Request:
    """A request that has come in whole."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def streams(self) -> bool:
        with contextlib.suppress(ValueError, AttributeError, RecursionError):
            return bool(json.loads(self.body).get("stream"))
        return False


class Front:
    """``owner`` and ``guest`` are the keys it takes; an empty one is nobody's. ``most`` replies are made at a time."""

    def __init__(self, upstream: Upstream, *, most: int, owner: str = "", guest: str = "") -> None:
        self._upstream = upstream
        self._keys = {"owner": owner, "guest": guest}
        self.turns = Turns(most)
        self.busy = 0
        """How many requests are there."""
        self.since = time.monotonic()
        """When the last one left."""
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()

    async def listen(self, host: str, port: int) -> str:
        """Begin; the address.

        Raises:
            OSError: where nobody can listen there.
        """
        self._server = await asyncio.start_server(self._connected, host, port)
        name, number = self._server.sockets[0].getsockname()[:2]
        return f"http://{f'[{name}]' if ':' in name else name}:{number}"

    async def close(self) -> None:
        """Take no more, and end what is there."""
        if self._server is not None:
            self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._serving.add(task := asyncio.ensure_future(self._serve(reader, writer)))
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        guest = _Guest(reader, writer)
        self.busy += 1
        try:
            if self.busy > _MOST:
                await guest.refuse(503, "too many wait already")
                return
            request = await within(_HEAD, guest.request())
            if request is not None:
                await self._answer(request, guest)
        except (OSError, asyncio.TimeoutError, h11.ProtocolError, EOFError):
            pass  # who is gone, or speaks something else, gets no answer
        finally:
            self.busy -= 1
            self.since = time.monotonic()
            writer.close()

    async def _answer(self, request: _Request, guest: _Guest) -> None:
        who = self._who(request)
        if not who and request.path != "/health":
            await guest.refuse(401, "this key is not the one of this server")
        elif who == "guest" and request.path not in _OPEN:
            await guest.refuse(403, "this is for the server's owner")
        else:
            await _while_there(guest, self._pass_on(request, guest))

    def _who(self, request: _Request) -> str:
        """Whose key the request has."""
        given = request.headers.get("authorization", "").removeprefix("Bearer ").encode()
        return next((who for who, key in self._keys.items() if key and secrets.compare_digest(key.encode(), given)), "")

    async def _pass_on(self, request: _Request, guest: _Guest) -> None:
        if request.path not in _QUEUED or request.method != "POST":
            await self._fetch(request, guest)
            return
        streams = request.streams

        async def told(place: int) -> None:
            if streams:
                await guest.event({"object": "chat.completion.chunk", "choices": [], "waiting": place})

        kernel = request.headers.get(KERNEL, "")[:64] or guest.name
        async with self.turns.turn(kernel, told):
            if guest.began:
                await guest.event({"object": "chat.completion.chunk", "choices": [], "waiting": 0})
            await self._fetch(request, guest)

    async def _fetch(self, request: _Request, guest: _Guest) -> None:
        """Ask the model's server, and let its answer through."""
        where = urlsplit(self._upstream.address)
        try:
            reader, writer = await asyncio.open_connection(where.hostname, where.port)
        except OSError:
            await guest.refuse(502, "the model's server is gone")
            return
        try:
            talk = h11.Connection(h11.CLIENT)
            headers = [
                ("Host", where.netloc),
                ("Content-Type", request.headers.get("content-type", "application/json")),
                ("Content-Length", str(len(request.body))),
                ("Connection", "close"),
            ]
            if self._upstream.key:
                headers.append(("Authorization", f"Bearer {self._upstream.key}"))
            head = h11.Request(method=request.method, target=request.target, headers=headers)
            said = [talk.send(event) for event in (head, h11.Data(data=request.body), h11.EndOfMessage())]
            writer.write(b"".join(part for part in said if part))
            await writer.drain()
            await _relay(talk, reader, guest)
        finally:
            writer.close()  # the server ends a reply that nobody hears


async def _relay(talk: h11.Connection, reader: asyncio.StreamReader, guest: _Guest) -> None:
    failed: list[bytes] | None = None
    while True:
        event = talk.next_event()
        if event is h11.NEED_DATA:
            talk.receive_data(await reader.read(_PIECE))
        elif isinstance(event, h11.Response):
            if guest.began and event.status_code >= 400:
                failed = []
            kinds = [value.decode("latin-1") for name, value in event.headers if name == b"content-type"]
            await guest.begin(event.status_code, next(iter(kinds), "application/json"))
        elif isinstance(event, h11.Data) and failed is not None:
            failed.append(bytes(event.data))
        elif isinstance(event, h11.Data):
            await guest.say(bytes(event.data))
        elif isinstance(event, h11.EndOfMessage):
            break
        elif isinstance(event, h11.ConnectionClosed):
            raise EOFError
    if failed is not None:
        await guest.event(_error(b"".join(failed)))
    await guest.end()


async def _while_there(guest: _Guest, work: object) -> None:
    """Do ``work`` unless the guest goes away meanwhile."""
    doing = asyncio.ensure_future(work)  # type: ignore[call-overload]
    watching = asyncio.ensure_future(guest.gone())
    try:
        await asyncio.wait({doing, watching}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (doing, watching):
            if not task.done():
                task.cancel()
        found = await asyncio.gather(doing, watching, return_exceptions=True)
    if isinstance(found[0], Exception):
        raise found[0]


@dataclass(slots=True)
class _Guest:
    """One connection of somebody who asks; it carries one request."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    began: bool = False
    _talk: h11.Connection = field(default_factory=lambda: h11.Connection(h11.SERVER))

    @property
    def name(self) -> str:
        """Where the connection comes from: who does not say which kernel it is, is told by this."""
        return str((self.writer.get_extra_info("peername") or ("",))[0])

    async def request(self) -> _Request | None:
        """What is asked for; None where that was refused."""
        made: _Request | None = None
        parts: list[bytes] = []
        while True:
            event = self._talk.next_event()
            if event is h11.NEED_DATA:
                if self._talk.they_are_waiting_for_100_continue:
                    await self._send(h11.InformationalResponse(status_code=100, headers=[]))
                self._talk.receive_data(await self.reader.read(_PIECE))
            elif isinstance(event, h11.Request):
                headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in event.headers}
                made = _Request(event.method.decode(), event.target.decode("latin-1"), headers)
            elif isinstance(event, h11.Data):
                parts.append(bytes(event.data))
                if sum(map(len, parts)) > _BODY:
                    await self.refuse(413, "the request is too large")
                    return None
            elif isinstance(event, h11.EndOfMessage) and made is not None:
                made.body = b"".join(parts)
                return made
            else:
                raise EOFError

    async def begin(self, status: int, kind: str) -> None:
        """Begin the answer, if it has not begun."""
        if not self.began:
            self.began = True
            headers = [("Content-Type", kind), ("Connection", "close"), ("Transfer-Encoding", "chunked")]
            await self._send(h11.Response(status_code=status, headers=headers))

    async def event(self, told: Mapping[str, object]) -> None:
        """Send an event of a stream of events."""
        await self.begin(200, "text/event-stream")
        await self.say(f"data: {json.dumps(told)}\n\n".encode())

    async def say(self, data: bytes) -> None:
        """Send what the model's server sent."""
        await self._send(h11.Data(data=data))

    async def end(self) -> None:
        """The answer is whole."""
        await self._send(h11.EndOfMessage())

    async def refuse(self, status: int, message: str) -> None:
        """Answer with a fault."""
        fault = {"error": {"message": message, "code": status}}
        if self.began:
            await self.event(fault)
        else:
            await self.begin(status, "application/json")
            await self.say(json.dumps(fault).encode())
        await self.end()

    async def gone(self) -> None:
        """Return when the other side has closed; more that it says on this connection is not heard."""
        with contextlib.suppress(OSError):
            while await self.reader.read(_PIECE):
                pass

    async def _send(self, event: h11.Event) -> None:
        self.writer.write(self._talk.send(event) or b"")
        await self.writer.drain()


def _error(body: bytes) -> dict[str, object]:
    """A fault as an event, where the answer had begun before it was known."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict) and found.get("error"):
        return found
    return {"error": {"message": body.decode("utf-8", "replace")[:500] or "the model's server failed"}}
