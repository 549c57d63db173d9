"""The OpenAI client as a backend: one request, one stream; every fault is ours by the time it leaves."""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from llm_kernel.errors import BadReply, EndpointError, ModelError
from llm_kernel.model import wire
from llm_kernel.model.ability import Abilities, Grammars
from llm_kernel.model.faults import Again, Redactor, connection_fault, from_client, redact, said, status_fault
from llm_kernel.model.opening import Opening
from llm_kernel.model.request import Backend, Delta, Message, Request, ScriptedBackend, Usage
from llm_kernel.patience import within

if TYPE_CHECKING:
    import openai

__all__ = ["Backend", "Delta", "Message", "OpenAIBackend", "Patience", "Request", "ScriptedBackend", "Usage"]

OPENAI = "https://api.openai.com/v1"
SMALL_MODELS = ("gpt-5.4-mini", "gpt-5-mini", "gpt-4.1-mini", "gpt-4o-mini")
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for what (seconds), and how often to try again."""

    connect: float = 10.0
    first: float = 120.0
    between: float = 60.0
    usage: float = 2.0  # how long a finished reply waits for its costs
    retries: int = 3
    backoff: float = 0.5
    longest_wait: float = 60.0


@dataclass(slots=True)
class _Progress:
    """What has come of one reply so far."""

    began: bool = False
    said: bool = False
    finish: str = ""
    usage: Usage | None = None
    model: str = ""
    refusal: str = ""
    opening: Opening = field(default_factory=Opening)


class OpenAIBackend:
    """Any endpoint that speaks the OpenAI protocol; ``llama``: it takes llama.cpp's own parameters, and ``extra``.

    ``abilities`` remembers what was found out about endpoints; ``waiting`` hears the place in a shared server's queue.
    """

    def __init__(
        self,
        base_url: str = "",
        api_key: str = "",
        model: str = "",
        *,
        patience: Patience | None = None,
        llama: bool = False,
        extra: Mapping[str, Any] | None = None,
        abilities: Abilities | None = None,
        waiting: Callable[[int], None] | None = None,
    ) -> None:
        self._waiting = waiting or (lambda _: None)
        self._kernel = secrets.token_hex(8)
        self._abilities = abilities or Abilities()
        self._base_url = base_url
        self._key = api_key
        self._model = model
        self._patience = patience or Patience()
        self._llama = llama
        self._extra = dict(extra or {})
        self._refused: set[str] = set() if base_url else {"max_tokens"}
        self._client: openai.AsyncOpenAI | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def name(self) -> str:
        """The model's name, empty until the endpoint was asked for what it has."""
        return self._model

    @property
    def where(self) -> str:
        """The endpoint's address as messages name it, without a password that may stand in it."""
        parts = urlsplit(self._base_url or OPENAI)
        port = f":{parts.port}" if parts.port else ""
        return redact(f"{parts.scheme}://{parts.hostname}{port}{parts.path}", self._key)

    async def models(self) -> list[str]:
        """The names that the endpoint lists, in its order."""
        try:
            client = self._connect()
            page = await within(self._patience.connect, client.get("/models", cast_to=object))
        except Exception as error:
            raise self._fault(
                error, _Progress(), self._patience.connect
            ).fault from None  # the cause's own text may hold the key
        rows = page.get("data") if isinstance(page, dict) else None
        names = [row.get("id") for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
        return [redact(name, self._key) for name in names if isinstance(name, str)]

    async def close(self) -> None:
        """Close the connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    def _without_key(self, message: Message) -> Message:
        return replace(message, content=redact(message.content, self._key))

    async def stream(self, request: Request) -> AsyncGenerator[Delta, None]:
        """Answer piece by piece, trying again (a bounded number of times) as long as nothing was said."""
        dice = random.Random(request.seed)
        request = replace(request, messages=tuple(self._without_key(message) for message in request.messages))
        attempt = 0
        while True:
            progress = _Progress()
            try:
                async with aclosing(self._attempt(request, attempt, progress)) as deltas:
                    async for delta in deltas:
                        yield delta
                return
            except Again as again:
                wait = again.wait if again.wait is not None else self._patience.backoff * 2**attempt
                most = min(1, self._patience.retries) if isinstance(again.fault, BadReply) else self._patience.retries
                if progress.said or not again.helps or attempt >= most or wait > self._patience.longest_wait:
                    raise again.fault from None
            attempt += 1
            await asyncio.sleep(wait * (1 + dice.random() / 4))

    async def _attempt(self, request: Request, attempt: int, progress: _Progress) -> AsyncGenerator[Delta, None]:
        opening, redactor = progress.opening, Redactor(self._key)
        try:
            await self._choose_model()
            stream = await self._open(request, request.seed + attempt)  # the same dice would give the same bad reply
            try:
                await self._expect_events(stream)
                async with aclosing(self._texts(stream, progress)) as texts:
                    async for text in texts:
                        if shown := opening.feed(redactor.feed(text)):
                            progress.said = True
                            yield Delta(shown, model=self._model)
                        elif opening.enough:
                            break
            finally:
                await stream.close()
        except (ModelError, Again):
            raise
        except Exception as error:
            again = self._fault(error, progress, self._patience.first)
            raise (await self._name_models(again)) from None
        rest = opening.feed(redactor.flush())
        self._judge(progress, rest)
        if rest := rest + opening.flush():
            progress.said = True
            yield Delta(rest, model=self._model)
        yield Delta(finish=progress.finish, usage=progress.usage, model=progress.model or self._model)

    async def _texts(self, stream: openai.AsyncStream[object], progress: _Progress) -> AsyncGenerator[str, None]:
        events = stream.__aiter__()
        while True:
            limit = self._patience.between if progress.began else self._patience.first
            try:
                got = await within(self._patience.usage if progress.finish else limit, anext(events))
            except StopAsyncIteration:
                return
            except Exception:
                if progress.finish:  # the reply is whole; only its costs are missing
                    return
                raise
            event = wire.read(got)
            if event is None:
                raise EndpointError(f"{self.where} sent something that is no reply: {said(got, self._key)}")
            if event.error:
                raise Again(EndpointError(f"{self.where} failed: {said(event.error, self._key)} Run the cell again."))
            if event.waiting is not None:
                self._waiting(event.waiting)
            progress.finish = event.finish or progress.finish
            progress.usage = event.usage or progress.usage
            progress.model = event.model or progress.model
            progress.refusal += event.refusal
            if event.text:
                progress.began = True
                yield event.text

    def _judge(self, progress: _Progress, rest: str) -> None:
        """Raise if what came is no reply."""
        if progress.refusal or progress.opening.apology:
            words = said(progress.refusal or progress.opening.apology, self._key)
            again = Again(
                BadReply(f"The model {self._model} does not answer but says: “{words}” Say it in other words.")
            )
            again.helps = not progress.refusal
            raise again
        if progress.finish == "content_filter":
            raise BadReply(f"The content filter of {self.where} stopped the reply. Say it in other words.")
        if not progress.finish and (progress.said or rest):
            raise EndpointError(f"{self.where} broke off in the middle of the reply. Run the cell again.")
        if not progress.finish:
            raise Again(
                EndpointError(f"{self.where} sent no reply at all. Check OPENAI_BASE_URL, or run the cell again.")
            )
        if not progress.said and not rest:
            why = " (all its tokens went elsewhere)" if progress.finish == "length" else ""
            raise Again(BadReply(f"The model {self._model} gave an empty reply{why}. Say it in other words."))

    async def _open(self, request: Request, seed: int) -> openai.AsyncStream[object]:
        import openai

        kind = openai.AsyncStream[object]
        grammars = await self._grammars() if request.grammar else ""
        while True:
            body = wire.body(
                request,
                self._model,
                seed,
                llama=self._llama,
                extra=self._extra,
                refused=self._refused,
                grammars=grammars,
            )
            post = self._connect().post("/chat/completions", cast_to=object, body=body, stream=True, stream_cls=kind)
            try:
                return await within(self._patience.first, post)
            except (openai.BadRequestError, openai.UnprocessableEntityError, openai.InternalServerError) as error:
                refused = wire.refused_parameter(error.body, body)
                if refused and not isinstance(error, openai.InternalServerError):
                    self._refused.add(refused)
                elif grammars and wire.refuses_grammar(error.status_code, error.body):
                    grammars = ""  # whoever reads the reply checks it then, line by line
                    self._abilities.learn(self.where, self._model, "")
                else:
                    raise

    async def _grammars(self) -> Grammars:
        """How this endpoint takes a grammar; asked of it at the first one. OpenAI's own takes none but in a tool."""
        if self._llama:
            known = self._abilities.of(self.where, self._model)
            return known if known is not None else "grammar"
        import openai

        async def ask(body: dict[str, Any]) -> object:
            if "max_tokens" in self._refused:
                body["max_completion_tokens"] = body.pop("max_tokens")
            try:
                post = self._connect().post("/chat/completions", cast_to=object, body=body)
                return await within(self._patience.first, post)
            except openai.BadRequestError as error:
                if "max_tokens" not in body or wire.refused_parameter(error.body, body) != "max_tokens":
                    raise
            self._refused.add("max_tokens")
            return await ask(body)

        return await self._abilities.find_out(self.where, self._model, ask, fields=bool(self._base_url))

    async def _choose_model(self) -> None:
        if self._model:
            return
        try:
            offered = await self.models()
        except EndpointError as error:
            if self._base_url or error.status is None:
                raise
            offered = []
        chats = [name for name in offered if "embed" not in name.lower()]
        preferred = [name for name in SMALL_MODELS if name in chats]
        rest = chats if self._base_url else SMALL_MODELS
        self._model = next(iter([*preferred, *rest]), "")
        if not self._model:
            raise EndpointError(f"{self.where} offers no model. Load one there, or name one with LLM_KERNEL_MODEL.")

    async def _expect_events(self, stream: openai.AsyncStream[object]) -> None:
        kind = str(stream.response.headers.get("content-type", "")).partition(";")[0].strip()
        if kind not in ("text/html", "application/json"):
            return
        body = await within(self._patience.first, stream.response.aread())
        words = said(body.decode("utf-8", "replace"), self._key)
        text = f"{self.where} answers with {kind} where a stream of events was due."
        raise EndpointError(f"{text} Check OPENAI_BASE_URL: it usually ends in /v1. It says: {words}")

    def _fault(self, error: Exception, progress: _Progress, waited: float) -> Again:
        """What the client raised, in our words; ``waited`` seconds were allowed for a first answer."""
        import openai

        if isinstance(error, openai.APITimeoutError):
            text = f"{self.where} did not take the connection within {self._patience.connect:g} s. Is it up?"
            return Again(EndpointError(text))
        if isinstance(error, asyncio.TimeoutError) and progress.began:
            text = f"{self.where} fell silent for {self._patience.between:g} s in the middle of the reply."
            return Again(EndpointError(f"{text} Run the cell again."), helps=False)
        if isinstance(error, asyncio.TimeoutError):
            text = f"{self.where} gave no answer within {waited:g} s."
            return Again(EndpointError(f"{text} It may be loading or overloaded: run the cell again."), helps=False)
        if isinstance(error, openai.APIStatusError):
            wait = wire.retry_after(error.response.headers)
            return status_fault(error.status_code, error.body or error.response.text, self.where, self._key, wait)
        if not from_client(error):
            raise error
        if progress.began:
            text = f"{self.where} broke off in the middle of the reply. Run the cell again."
            return Again(EndpointError(text), helps=False)
        if isinstance(error, openai.APIConnectionError) or not isinstance(error, ValueError | openai.APIError):
            return connection_fault(error, self.where)
        text = said(error, self._key)
        return Again(EndpointError(f"{self.where} sent something that is no reply ({text}). Check OPENAI_BASE_URL."))

    async def _name_models(self, again: Again) -> Again:
        """For a model that the endpoint does not have: the fault that lists those it has."""
        words = str(again.fault)
        status = again.fault.status if isinstance(again.fault, EndpointError) else None
        if status != 404 and not (status == 400 and "model_not_found" in words):
            return again
        try:
            offered = await self.models()
        except ModelError:
            return again
        if not offered or self._model in offered:
            return again
        some = ", ".join(offered[:12]) + (", ..." if len(offered) > 12 else "")
        text = f"{self.where} has no model {self._model!r}. It has: {some}. Set LLM_KERNEL_MODEL, or use %model NAME."
        return Again(EndpointError(text, status=status), helps=False)

    def _connect(self) -> openai.AsyncOpenAI:
        """The one client, for as long as the event loop is the same: its connections belong to that loop."""
        import openai  # takes half a second and 27 MB, and a kernel that never asks a model needs none

        loop = asyncio.get_running_loop()
        if self._client is None or self._loop is not loop:
            timeout = openai.Timeout(None, connect=self._patience.connect)
            # a proxy that the environment names cannot reach this host's own loopback
            direct = urlsplit(self._base_url).hostname in LOOPBACK
            self._client = openai.AsyncOpenAI(
                api_key=self._key or "none",
                base_url=self._base_url or None,
                default_headers={wire.KERNEL: self._kernel} if self._base_url else None,
                max_retries=0,
                timeout=timeout,
                http_client=openai.DefaultAsyncHttpxClient(trust_env=False, timeout=timeout) if direct else None,
            )
            self._loop = loop
        return self._client
