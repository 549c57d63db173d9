"""The embedded model as a backend: finds this user's server or starts it, then speaks to it as to any endpoint."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from pathlib import Path

from filelock import Timeout

import llm_kernel
from llm_kernel.errors import EndpointError, ModelError, NoModel
from llm_kernel.model.chat import OpenAIBackend, Patience
from llm_kernel.model.note import Note, Post
from llm_kernel.model.request import Delta, Request
from llm_kernel.model.warm import Warmth
from llm_kernel.model.weights import QWEN

__all__ = ["LocalBackend", "missing"]

POLL = 0.05
DETACHED: int = getattr(subprocess, "CREATE_NO_WINDOW", 0) | getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
SILENCE = 180.0  # seconds without a change after which a starting server is given up
PATIENCE = Patience(connect=10.0, first=900.0, between=120.0, retries=2, backoff=0.2)


def missing() -> str:
    """What to do where the embedded model's library is not installed; empty where it is."""
    if importlib.util.find_spec("xllamacpp") is not None:
        return ""
    return (
        "No model is there to answer. There are three ways to get one: "
        "(1) pip install 'imagined-machine[local]' for a small one on this computer; "
        "(2) set OPENAI_API_KEY, and OPENAI_BASE_URL for an endpoint that is not OpenAI's (Ollama, LM Studio, ...); "
        "(3) with (1), set LLM_KERNEL_LOCAL_MODEL to a GGUF file of your own."
    )


class LocalBackend:
    """The embedded model; ``progress`` hears (state, bytes done, bytes in all) while the server gets ready."""

    def __init__(
        self,
        model: str | Path = "",
        *,
        cache: str | Path = "",
        runtime: str | Path = "",
        idle_minutes: float = 15.0,
        progress: Callable[[str, int, int], None] | None = None,
        patience: Patience = PATIENCE,
        command: Sequence[str] = (),
    ) -> None:
        self._post = Post(model, cache=cache, runtime=runtime)
        self._name = Path(model).stem if model else QWEN.name
        self._progress = progress or (lambda *_: None)
        self._patience = patience
        own = [sys.executable, "-m", "llm_kernel.model.serve"]
        named = {"--model": model, "--cache": cache, "--runtime": runtime, "--idle": idle_minutes}
        self._command = list(command) or own
        self._command += [f"{option}={value}" for option, value in named.items() if value != ""]
        self._bundled = not command
        self._cache = cache
        self._endpoint: OpenAIBackend | None = None
        self._warmth: Warmth | None = None
        self._child: subprocess.Popen[bytes] | None = None  # kept, for Python complains of a lost running process
        self._one_start = asyncio.Lock()

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return self._name

    async def models(self) -> list[str]:
        """The one model it is."""
        return [self._name]

    async def close(self) -> None:
        """Leave the server to the other kernels."""
        endpoint, self._endpoint = self._endpoint, None
        if endpoint is not None:
            await endpoint.close()

    async def stream(self, request: Request) -> AsyncGenerator[Delta, None]:
        """Answer piece by piece; a server that left meanwhile is started again, once."""
        for last in (False, True):
            endpoint = await self.start()
            said = False
            try:
                if self._warmth is not None:
                    await self._warmth.prepare(request)
                async with aclosing(endpoint.stream(request)) as deltas:
                    async for delta in deltas:
                        said = True
                        yield delta
                return
            except EndpointError:
                if said or last or self._post.alive():
                    raise
                await self.close()

    async def start(self) -> OpenAIBackend:
        """The server's endpoint, once it is ready."""
        async with self._one_start:
            if self._endpoint is None:
                note = self._running() or await self._launch()
                self._endpoint = OpenAIBackend(
                    note.base_url,
                    note.key,
                    note.model,
                    patience=self._patience,
                    llama=True,
                    waiting=lambda place: self._progress("waiting", place, 0),
                )
                self._warmth = Warmth(note, self._post.warm, self._cache)
            return self._endpoint

    async def stop(self) -> None:
        """End the server, for all kernels."""
        note = self._post.read()
        await self.close()
        if note is not None and self._post.alive():
            os.kill(note.pid, signal.SIGTERM)
        while self._post.alive():  # noqa: ASYNC110 - another process's end
            await asyncio.sleep(POLL)

    def _running(self) -> Note | None:
        note = self._post.read()
        return note if note is not None and note.state == "ready" and self._post.alive() else None

    async def _launch(self) -> Note:
        """Start a server, or wait for the one that somebody else is starting."""
        while True:
            try:
                self._post.starting.acquire(timeout=0)
                break
            except Timeout:
                await asyncio.sleep(POLL)
        try:
            if note := self._running():
                return note
            if not self._post.alive():
                if self._bundled and (advice := missing()):
                    raise NoModel(advice)
                self._post.clear()
                self._child = self._spawn()
            return await self._wait()
        finally:
            self._post.starting.release()

    def _spawn(self) -> subprocess.Popen[bytes]:
        self._post.log.parent.mkdir(parents=True, exist_ok=True)
        environment = {name: value for name, value in os.environ.items() if name != "OPENAI_API_KEY"}
        with self._post.log.open("wb") as log:
            return subprocess.Popen(  # noqa: S603 - our own words and no shell
                self._command,
                cwd=Path(llm_kernel.__file__).parents[1],  # so that a checkout finds itself
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # an interrupt of the notebook is not for it
                creationflags=DETACHED,
            )

    async def _wait(self) -> Note:
        before: Note | None = None
        since = time.monotonic()
        while True:
            note = self._post.read()
            if note is not None and note.state == "ready":
                return note
            if note is not None and note.state == "failed":
                raise ModelError(note.message)
            starting = self._child is not None and self._child.poll() is None
            if not starting and not self._post.alive() and self._post.read() == note:
                raise EndpointError(f"The embedded model's server ended before it was ready: {self._last_words()}")
            if note != before:
                before, since = note, time.monotonic()
                if note is not None:
                    self._progress(note.state, note.done, note.total)
            if time.monotonic() - since > SILENCE:
                raise EndpointError(f"The embedded model's server does not get ready. See {self._post.log}.")
            await asyncio.sleep(POLL)

    def _last_words(self) -> str:
        try:
            lines = self._post.log.read_text("utf-8", "replace").strip().splitlines()
        except OSError:
            lines = []
        return f"{lines[-1] if lines else 'it said nothing'} (log: {self._post.log})"
