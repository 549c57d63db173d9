"""A real HTTP server that speaks the OpenAI protocol from a script, and fails in every way it is told to.

In a test:      with Endpoint(["hello"]) as endpoint: endpoint.fail("429", times=2); ... endpoint.base_url ...
As a process:   python -m tests.endpoint --port 0 --rules rules.json --fail cut-mid --delay 0.02
                It prints one JSON line {"base_url": ..., "port": ..., "pid": ...}. ``POST /control`` takes
                {"fail": NAME, "times": N, "retry_after": S} or {"replies": [...]} or {"rules": {...}};
                ``GET /control`` tells {"requests": [...], "disconnects": [seconds of time.monotonic(), ...]}.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import select
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

__all__ = ["FAULTS", "Endpoint", "Fault"]

FAULTS = {
    "401": "refuses the key",
    "403": "forbids",
    "404": "has no such model",
    "429": "too many requests (with Retry-After where retry_after is given)",
    "quota": "429, no credit left",
    "500": "internal error",
    "502": "bad gateway, an HTML page",
    "503": "still loading",
    "too-long": "400, the context is exceeded",
    "no-stream-options": "400 for stream_options",
    "no-seed": "422 for seed",
    "no-max-tokens": "400 for max_tokens, wants max_completion_tokens",
    "no-grammar": "400 for a grammar, under whatever name",
    "hang-first": "accepts the request and never answers",
    "hang-open": "opens the stream and never says anything",
    "hang-mid": "says half the reply and falls silent",
    "cut-mid": "says half the reply and drops the connection",
    "end-mid": "says half the reply and ends the stream politely, without a finish reason",
    "cut-first": "drops the connection before a first byte",
    "error-mid": "says half the reply and then an error event",
    "empty": "a reply without text",
    "blank": "a reply of blanks",
    "length": "a reply that stops at the token limit",
    "refusal": "OpenAI's refusal field",
    "filter": "finish reason content_filter",
    "apology": "a reply that is an apology",
    "garbage": "events that are no JSON",
    "nonsense": "events that are JSON of another kind",
    "html": "status 200 and an HTML page",
    "echo-key-error": "401 that repeats the key",
    "echo-key-text": "a reply that repeats the key",
    "no-usage": "never tells the usage",
    "hang-usage": "finishes the reply and keeps the connection open, silent",
}

GRAMMARS = ("grammar", "structured_outputs", "guided_grammar")
"""The names under which endpoints take grammars."""

WAYS = (*GRAMMARS, "tools")
"""These, and the tool whose input has one."""

Replies = Sequence[str] | Mapping[str, str] | Callable[[dict[str, Any]], str]


@dataclass
class Fault:
    """A way to fail, so many times; ``times`` below 0: always."""

    name: str
    times: int = 1
    retry_after: float | None = None


def _put(text: str, tool: bool, *, first: bool = True) -> dict[str, Any]:
    """A message, or a piece of one: its text, or what is written into a tool."""
    if not tool:
        return {"content": text}
    custom = {"name": "write", "input": text} if first else {"input": text}
    kind = "custom" if first else None
    return {
        "content": None,
        "tool_calls": [
            {"index": 0, "id": "call_1" if first else None, "type": kind, "function": None, "custom": custom}
        ],
    }


class Endpoint:
    """The server; a context manager. ``replies``: a list in order, rules (substring of the last message -> reply),
    or a function of the request's body. ``grammars`` is the parameter whose grammar it obeys, where that allows but
    one word; ``strict``: it refuses the names that it does not know."""

    def __init__(
        self,
        replies: Replies = ("ok\n",),
        *,
        model: str = "scripted-model",
        key: str = "",
        delay: float = 0.0,
        piece: int = 4,
        port: int = 0,
        grammars: str = "",
        strict: bool = False,
    ) -> None:
        self.grammars = grammars
        self.strict = strict
        self.model = model
        self.key = key
        self.delay = delay
        self.piece = piece
        self.requests: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.disconnects: list[float] = []
        self.first_token_at: list[float] = []
        self.faults: list[Fault] = []
        self.stopping = threading.Event()
        self.script(replies)
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.endpoint = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> Endpoint:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()

    def fail(self, name: str, times: int = 1, retry_after: float | None = None) -> None:
        """Fail the next ``times`` chat requests that way."""
        if name not in FAULTS:
            raise ValueError(f"unknown fault {name!r}: one of {', '.join(FAULTS)}")
        self.faults.append(Fault(name, times, retry_after))

    def script(self, replies: Replies) -> None:
        """Answer by this from now on; a list repeats its last reply."""
        if callable(replies):
            self._answer = replies
        elif isinstance(replies, Mapping):
            self._answer = lambda body: _by_rule(replies, str(body["messages"][-1]["content"]))
        else:
            left = list(replies)
            self._answer = lambda _: left.pop(0) if len(left) > 1 else left[0]

    def answer(self, body: dict[str, Any]) -> str:
        return self._answer(body)

    def departures(self, within: float = 60.0) -> int:
        """How many clients left in the middle of a reply, once one has: the server learns of it as it next writes."""
        until = time.monotonic() + within
        while not self.disconnects and time.monotonic() < until:
            time.sleep(0.01)
        return len(self.disconnects)

    def next_fault(self) -> Fault | None:
        while self.faults and self.faults[0].times == 0:
            self.faults.pop(0)
        if not self.faults:
            return None
        self.faults[0].times -= 1
        return self.faults[0]


def _by_rule(rules: Mapping[str, str], asked: str) -> str:
    """The rule whose word stands last in what is asked; the empty word is the default."""
    found = [(asked.rfind(word), len(word), reply) for word, reply in rules.items() if word and word in asked]
    return max(found)[2] if found else rules.get("", "no rule for this\n")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    endpoint: Endpoint

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is what many tests want; it is counted, not printed."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def do_GET(self) -> None:
        endpoint = self.server.endpoint
        endpoint.paths.append(self.path)
        if self.path == "/v1/models":
            rows = [{"id": endpoint.model, "object": "model"}, {"id": f"{endpoint.model}-large", "object": "model"}]
            self._json(200, {"object": "list", "data": rows})
        elif self.path == "/control":
            self._json(200, {"requests": endpoint.requests, "disconnects": endpoint.disconnects})
        else:
            self._error(404, "not found")

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        endpoint = self.server.endpoint
        endpoint.paths.append(self.path)
        if self.path == "/control":
            self._control(body)
        elif self.path != "/v1/chat/completions":
            self._error(404, "not found")
        elif endpoint.key and self.headers.get("Authorization") != f"Bearer {endpoint.key}":
            endpoint.requests.append(body)
            self._error(401, "Incorrect API key provided")
        else:
            endpoint.requests.append(body)
            try:
                self._chat(body, endpoint.next_fault())
            except (BrokenPipeError, ConnectionResetError):
                endpoint.disconnects.append(time.monotonic())
                self.close_connection = True

    def _control(self, body: dict[str, Any]) -> None:
        endpoint = self.server.endpoint
        if "fail" in body:
            endpoint.fail(body["fail"], body.get("times", 1), body.get("retry_after"))
        if "replies" in body or "rules" in body:
            endpoint.script(body.get("replies") or body["rules"])
        endpoint.delay = body.get("delay", endpoint.delay)
        self._json(200, {})

    def _chat(self, body: dict[str, Any], fault: Fault | None) -> None:
        name = fault.name if fault else ""
        key = self.headers.get("Authorization", "").removeprefix("Bearer ")
        statuses: dict[str, tuple[int, str, str]] = {
            "401": (401, "Incorrect API key provided", "invalid_api_key"),
            "403": (403, "Country, region, or territory not supported", "unsupported_country"),
            "404": (404, f"The model `{body.get('model')}` does not exist", "model_not_found"),
            "429": (429, "Rate limit reached", "rate_limit_exceeded"),
            "quota": (429, "You exceeded your current quota", "insufficient_quota"),
            "500": (500, "The server had an error", "server_error"),
            "503": (503, "Loading model", "unavailable_error"),
            "too-long": (400, "This model's maximum context length is 4096 tokens", "context_length_exceeded"),
            "echo-key-error": (401, f"Incorrect API key provided: {key}", "invalid_api_key"),
        }
        unknown = {"no-stream-options": "stream_options", "no-seed": "seed", "no-max-tokens": "max_tokens"}.get(name)
        if name in statuses:
            status, message, code = statuses[name]
            self._error(status, message, code, fault.retry_after if fault else None)
        elif unknown and unknown in body:
            hint = " Use 'max_completion_tokens' instead." if unknown == "max_tokens" else ""
            self._error(
                422 if name == "no-seed" else 400, f"Unsupported parameter: '{unknown}' is not supported.{hint}"
            )
        elif name == "no-grammar" and any(one in body for one in WAYS):
            self._error(400, "failed to parse grammar")
        elif self.server.endpoint.strict and any(one in body for one in WAYS if one != self.server.endpoint.grammars):
            self._error(400, "Unrecognized request argument supplied")
        elif name == "502":
            self._page(502, "<html><h1>502 Bad Gateway</h1></html>")
        elif name == "html":
            self._page(200, "<html><h1>Welcome to our router</h1></html>")
        elif name == "hang-first":
            self._hang()
        elif name == "cut-first":
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        else:
            self._reply(body, name, key)

    def _reply(self, body: dict[str, Any], name: str, key: str) -> None:
        forced = re.search(r'(?:root ::=|start:) ["/](\w+)["/]', str(body.get(self.server.endpoint.grammars)))
        tool = self.server.endpoint.grammars == "tools" and "tools" in body
        text = forced[1] if forced else self.server.endpoint.answer(body)
        special = {
            "empty": "",
            "blank": " \n\n",
            "refusal": "",
            "apology": "I'm sorry, but I can't help with running commands on a computer.",
            "echo-key-text": f"export OPENAI_API_KEY={key} # as you wished\n",
        }
        text = special.get(name, text)
        if not body.get("stream"):
            message = {"role": "assistant", **_put(text, tool)}
            choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if tool else "stop"}
            self._json(200, {"object": "chat.completion", "model": self.server.endpoint.model, "choices": [choice]})
            return
        self._open_stream(chunked=name != "end-mid")
        self._say(text, name, tool)

    def _say(self, text: str, name: str, tool: bool) -> None:
        endpoint = self.server.endpoint
        if name == "hang-open":
            return self._hang()
        self._event({"role": "assistant", "content": ""})
        if name == "garbage":
            return self._chunk(b"data: {this is no json\n\n")
        if name == "nonsense":
            return self._chunk(b"data: [1, 2, 3]\n\n")
        if name == "refusal":
            self._event({"refusal": "I can't do that."})
        size = endpoint.piece
        pieces = [text[at : at + size] for at in range(0, len(text), size)]
        half = len(pieces) // 2
        for n, piece in enumerate(pieces):
            if n == half and name == "hang-mid":
                return self._hang()
            if n == half and name == "error-mid":
                return self._chunk(b'data: {"error": {"message": "out of memory", "code": 500}}\n\n')
            if n == half and name in ("cut-mid", "end-mid"):
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return None
            if n:
                self._wait(endpoint.delay)
            else:
                endpoint.first_token_at.append(time.monotonic())
            self._event(_put(piece, tool, first=not n))
        ends = {"length": "length", "filter": "content_filter"}
        self._event({}, ends.get(name, "tool_calls" if tool else "stop"))
        if name == "hang-usage":
            return self._hang()
        if name != "no-usage":
            prompt = len(json.dumps(endpoint.requests[-1]["messages"])) // 4
            usage = {"prompt_tokens": prompt, "completion_tokens": len(pieces), "total_tokens": prompt + len(pieces)}
            details = {"prompt_tokens_details": {"cached_tokens": prompt // 2}}
            self._data(
                {"object": "chat.completion.chunk", "model": endpoint.model, "choices": [], "usage": usage | details}
            )
        self._chunk(b"data: [DONE]\n\n")
        self._chunk(b"")
        return None

    def _wait(self, seconds: float) -> None:
        """Sleep; a client that leaves meanwhile ends it."""
        if seconds and self._gone(seconds):
            raise ConnectionResetError

    def _hang(self) -> None:
        while not self.server.endpoint.stopping.is_set():
            if self._gone(0.05):
                raise ConnectionResetError

    def _gone(self, seconds: float) -> bool:
        readable, _, _ = select.select([self.connection], [], [], seconds)
        return bool(readable) and self.connection.recv(1, socket.MSG_PEEK) == b""

    def _event(self, delta: dict[str, Any], finish: str | None = None) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        self._data({"object": "chat.completion.chunk", "model": self.server.endpoint.model, "choices": [choice]})

    def _data(self, event: dict[str, Any]) -> None:
        self._chunk(b"data: " + json.dumps(event, ensure_ascii=False).encode() + b"\n\n")

    def _chunk(self, data: bytes) -> None:
        if self._gone(0):
            raise ConnectionResetError
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data) if self._chunked else data)

    def _open_stream(self, *, chunked: bool) -> None:
        self._chunked = chunked
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header(*(("Transfer-Encoding", "chunked") if chunked else ("Connection", "close")))
        self.end_headers()

    def _error(
        self, status: int, message: str, code: str = "invalid_request", retry_after: float | None = None
    ) -> None:
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        self._json(status, {"error": {"message": message, "type": "error", "param": None, "code": code}}, headers)

    def _json(self, status: int, value: object, headers: Mapping[str, str] | None = None) -> None:
        self._send(status, "application/json", json.dumps(value).encode(), headers or {})

    def _page(self, status: int, text: str) -> None:
        self._send(status, "text/html", text.encode(), {})

    def _send(self, status: int, kind: str, data: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--model", default="scripted-model")
    parser.add_argument("--key", default="")
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--piece", type=int, default=4)
    parser.add_argument("--rules", type=Path, help="JSON: a list of replies, or substring -> reply")
    parser.add_argument("--fail", action="append", default=[], metavar="NAME[:TIMES]")
    args = parser.parse_args()
    replies = json.loads(args.rules.read_text("utf-8")) if args.rules else ["ok\n"]
    endpoint = Endpoint(replies, model=args.model, key=args.key, delay=args.delay, piece=args.piece, port=args.port)
    for fault in args.fail:
        name, _, times = fault.partition(":")
        endpoint.fail(name, int(times or 1))
    with endpoint:
        print(json.dumps({"base_url": endpoint.base_url, "port": endpoint.port, "pid": os.getpid()}), flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
