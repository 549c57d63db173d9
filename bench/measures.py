"""What is measured, one function each; kernels take turns, so that a busy moment of the computer hits all alike."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench.kernels import KERNELS, Kernel, Running, running
from tests.endpoint import Endpoint

__all__ = ["Samples", "first_text", "interrupts", "memory", "ready", "round_trips"]

Samples = dict[str, list[float]]
"""A kernel's name, or a stage's, and what was measured each time (seconds; memory in MB)."""

OURS = KERNELS[0]
REPLY = "commit 5f2c1e0\nAuthor: Ada <ada@example.org>\n\n    Say hello\n"
LONG = "".join(f"commit {n:07x}\n" for n in range(4000))


def ready(kernels: Sequence[Kernel], folder: Path, times: int) -> Samples:
    """Seconds from the start of a kernel's process to its answer to ``kernel_info``; one start before counts not."""
    found: Samples = {kernel.name: [] for kernel in kernels}
    for turn in range(times + 1):
        for kernel in kernels:
            with running(kernel, folder) as started:
                if turn:
                    found[kernel.name].append(started.ready)
    return found


def round_trips(kernels: Sequence[Kernel], folder: Path, times: int) -> Samples:
    """Seconds of a trivial cell, from sending it to its reply and idle status, whichever is later."""
    found: Samples = {kernel.name: [] for kernel in kernels}
    with ExitStack() as stack:
        started = [stack.enter_context(running(kernel, folder)) for kernel in kernels]
        for turn in range(times + 10):
            for one in started:
                seconds, text = one.cell(one.kernel.trivial)
                if text.strip() != "1":
                    raise RuntimeError(f"{one.kernel.name} answers {one.kernel.trivial} with {text!r}")
                if turn >= 10:
                    found[one.kernel.name].append(seconds)
    return found


def first_text(folder: Path, times: int) -> Samples:
    """Seconds from an endpoint's first token to text: at a raw client, and in the notebook; and from cell to request.

    The endpoint streams, four characters every 5 ms; ``asks first`` is the kernel's first request of its life.
    """
    asked: list[float] = []

    def answer(_: dict[str, Any]) -> str:
        asked.append(time.monotonic())
        return REPLY

    found: Samples = {"raw": [], "llm_kernel": [], "late": [], "asks": [], "asks first": []}
    with Endpoint(answer, delay=0.005) as endpoint, running(OURS, folder, _model(endpoint)) as kernel:
        for turn in range(times):
            seen = _raw(endpoint)
            raw = seen - endpoint.first_token_at[-1]
            sent = time.monotonic()
            request = kernel.channels.execute(OURS.endless, allow_stdin=False)
            texts = [at for at, kind, _ in kernel.outputs(request) if kind == "stream"]
            kernel.reply(request)
            ours = texts[0] - endpoint.first_token_at[-1]
            found["asks" if turn else "asks first"].append(asked[-1] - sent)
            if turn:
                found["raw"].append(raw)
                found["llm_kernel"].append(ours)
                found["late"].append(ours - raw)
    return found


def memory(kernels: Sequence[Kernel], folder: Path) -> dict[str, dict[str, float]]:
    """Resident MB of each kernel after its start, after a trivial cell, and (ours) after a call of a model."""
    found: dict[str, dict[str, float]] = {}
    with Endpoint([REPLY]) as endpoint:
        for kernel in kernels:
            with running(kernel, folder, _model(endpoint)) as started:
                row = {"start": _settled(started)}
                started.cell(kernel.trivial)
                row["cell"] = _settled(started)
                if kernel is OURS:
                    _, text = started.cell(OURS.endless)
                    if text != REPLY:
                        raise RuntimeError(f"the model's answer came out as {text!r}")
                    row["model"] = _settled(started)
                found[kernel.name] = row
    return found


def interrupts(kernels: Sequence[Kernel], folder: Path, times: int) -> Samples:
    """Seconds from the wish to stop a cell that has printed and goes on, to its idle status."""
    found: Samples = {kernel.name: [] for kernel in kernels}
    with Endpoint(lambda _: LONG, delay=0.02) as endpoint, ExitStack() as stack:
        started = [stack.enter_context(running(kernel, folder, _model(endpoint))) for kernel in kernels]
        for _ in range(times):
            for one in started:
                found[one.kernel.name].append(_stopped(one))
    return found


def _stopped(kernel: Running) -> float:
    request = kernel.channels.execute(kernel.kernel.endless, allow_stdin=False)
    outputs = kernel.outputs(request)
    for _, kind, _ in outputs:
        if kind == "stream":
            break
    time.sleep(0.3)
    wished = time.monotonic()
    kernel.interrupt()
    for _ in outputs:
        pass
    seconds = time.monotonic() - wished
    kernel.reply(request)
    return seconds


def _raw(endpoint: Endpoint) -> float:
    """The moment at which a client that does nothing else sees the first token of a stream."""
    address = urlsplit(endpoint.base_url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port)
    body = {"model": endpoint.model, "stream": True, "messages": [{"role": "user", "content": "git log"}]}
    connection.request("POST", "/v1/chat/completions", json.dumps(body), {"Content-Type": "application/json"})
    response = connection.getresponse()
    seen = 0.0
    while line := response.readline():
        data = line.decode().removeprefix("data: ").strip()
        choices = json.loads(data)["choices"] if data.startswith("{") else []
        if not seen and choices and choices[0]["delta"].get("content"):
            seen = time.monotonic()
    connection.close()
    return seen


def _settled(kernel: Running) -> float:
    time.sleep(0.5)
    return kernel.memory()


def _model(endpoint: Endpoint) -> dict[str, str]:
    return {"OPENAI_BASE_URL": endpoint.base_url, "OPENAI_API_KEY": "bench"}
