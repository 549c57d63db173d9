"""What a user reads when an endpoint fails: the cause and what to do, and never the key."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

from llm_kernel.errors import EndpointError, ModelError
from llm_kernel.model.wire import TOO_LONG, error_text

__all__ = ["Again", "Redactor", "connection_fault", "from_client", "redact", "said", "status_fault"]

MARK = "[key]"
SHORTEST = 8  # shorter ones ("none", "ollama") are placeholders; cutting them out would hurt plain words
HOLD = 4  # so many characters of a key may be shown ("sk-p" is no secret) before a stream is held back for them
EXCERPT = 300
CLIENT = ("openai", "httpx", "httpx2", "httpcore", "httpcore2", "anyio")


class Again(Exception):  # noqa: N818 - a signal between the backend's own functions, not a fault
    """An attempt came to nothing: ``fault`` is what to say, ``helps`` whether another attempt may do better."""

    def __init__(self, fault: ModelError, *, helps: bool = True, wait: float | None = None) -> None:
        super().__init__(str(fault))
        self.fault = fault
        self.helps = helps
        self.wait = wait


def redact(text: str, key: str) -> str:
    """``text`` without the key."""
    return text.replace(key, MARK) if len(key) >= SHORTEST else text


class Redactor:
    """``redact`` for a stream, where the key may arrive in any pieces."""

    def __init__(self, key: str) -> None:
        self._key = key if len(key) >= SHORTEST else ""
        self._tail = ""  # the end of the text so far that may be the start of the key
        self._shown = 0  # how many of its characters are out already

    def feed(self, text: str) -> str:
        """The part of the stream that is safe to show now."""
        if not self._key or not text:
            return text
        seen = self._tail + text
        clean = seen.replace(self._key, MARK)
        skip = 0 if seen.startswith(self._key) else self._shown
        length = self._overlap(clean)
        tail = clean[len(clean) - length :]
        shown = min(length, HOLD - 1)
        out = clean[skip : len(clean) - length + shown]
        self._tail, self._shown = tail, shown
        return out

    def flush(self) -> str:
        """What was held back and turned out not to be the key."""
        left = self._tail[self._shown :]
        self._tail, self._shown = "", 0
        return left

    def _overlap(self, text: str) -> int:
        longest = min(len(text), len(self._key) - 1)
        return next((n for n in range(longest, 0, -1) if text.endswith(self._key[:n])), 0)


def from_client(error: BaseException) -> bool:
    """Whether the client, its transport or the network raised this; all else is a mistake of this program."""
    root = type(error).__module__.partition(".")[0]
    return root in CLIENT or isinstance(error, (OSError, ValueError))


def said(told: object, key: str) -> str:
    """An endpoint's own words, without the key and not too long."""
    text = redact(error_text(told), key)
    return text if len(text) <= EXCERPT else text[: EXCERPT - 1] + "…"


def connection_fault(error: BaseException, where: str) -> Again:
    """Why no connection came about."""
    causes = list(_chain(error))
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        text = f"The host name of {where} is not known. Check OPENAI_BASE_URL and the network."
        return Again(EndpointError(text), helps=False)
    tls = next((str(cause) for cause in causes if isinstance(cause, ssl.SSLError)), "")
    if tls:
        text = f"No secure connection to {where}: {tls}. Should OPENAI_BASE_URL begin with http://?"
        return Again(EndpointError(text), helps=False)
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        text = f"Nothing answers at {where} (connection refused). Start it, or set OPENAI_BASE_URL."
        return Again(EndpointError(text))
    inner = next((f"{type(cause).__name__}: {cause}" for cause in causes[1:] if str(cause)), str(error))
    return Again(EndpointError(f"The connection to {where} failed ({inner}). Run the cell again."))


def status_fault(status: int, told: object, where: str, key: str, wait: float | None) -> Again:
    """What an HTTP status means for the user; ``told`` is the error's body."""
    words = said(told, key)
    quote = f" It says: {words}" if words else ""
    broke = "insufficient_quota" in str(told)
    if status == 401:
        text = f"{where} refuses the key (401). Set OPENAI_API_KEY to a valid one."
    elif status == 403:
        text = f"{where} forbids this request (403). The key may lack the right to use this model."
    elif status == 404:
        text = f"{where} has nothing at this address (404). Check OPENAI_BASE_URL: it usually ends in /v1."
    elif status == 429 and broke:
        text = f"The account at {where} has no credit left (429). Add some, or use another endpoint."
    elif status == 429:
        pause = f" It asks to wait {wait:.0f} s." if wait else ""
        text = f"{where} gets too many requests (429).{pause} Run the cell again later."
    elif status >= 500:
        text = f"{where} failed ({status}). Run the cell again later."
    elif TOO_LONG.search(words):
        text = f"The request is too long for the model at {where} ({status}). Use a model with a larger context."
    else:
        text = f"{where} refuses the request ({status})."
    helps = (status in (408, 409, 429) and not broke) or status >= 500
    return Again(EndpointError(text + quote, status=status), helps=helps, wait=wait)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and everything that caused it, groups included."""
    todo: list[BaseException] = [error]
    seen: set[int] = set()
    while todo:
        one = todo.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        todo.extend(getattr(one, "exceptions", ()))
        todo.extend(cause for cause in (one.__cause__, one.__context__) if cause is not None)
