"""What the embedded model has read stays read: the frozen front of the prompts is kept on disk, ready in a moment.

Reading a thousand tokens takes a small computer many seconds, and loading their saved state a few hundredths of one.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, build_opener
from urllib.request import Request as HttpRequest

from llm_kernel.errors import BadReply
from llm_kernel.model.chat import OpenAIBackend, Patience
from llm_kernel.model.note import Note
from llm_kernel.model.request import Message, Request
from llm_kernel.model.weights import cache_folder

__all__ = ["Warmth"]

WORTH = 800  # characters; a shorter front is read at once anyway
KEEP = 6  # saved fronts, some 30 MB each


class Warmth:
    """The saved fronts of one server; ``marks`` is a folder that says which it holds, emptied when it starts."""

    def __init__(self, note: Note, marks: Path, cache: str | Path) -> None:
        self._note = note
        self._marks = marks
        self._saved = cache_folder(cache) / "prompts"
        self._known: set[str] = set()

    async def prepare(self, request: Request) -> None:
        """See to it that the server need not read the request's frozen front; a failure only costs time."""
        front = request.messages[: request.frozen]
        if sum(len(message.content) for message in front) < WORTH:
            return
        name = self._name(front)
        if name in self._known or (self._marks / name).exists():
            self._known.add(name)
            return
        try:
            slots = await self._free_slots()
            if not slots:
                return
            if not (self._saved / name).exists():
                first = slots.pop(0)
                await self._read(front, first)
                await self._act(first, "save", name)
                self._prune()
            for slot in slots:
                await self._act(slot, "restore", name)
        except (OSError, ValueError, KeyError):
            return
        finally:
            self._known.add(name)
        self._marks.mkdir(parents=True, exist_ok=True, mode=0o700)
        (self._marks / name).touch()

    def _name(self, front: tuple[Message, ...]) -> str:
        """A saved state fits only the very model and library that made it."""
        parts = [self._note.model, metadata.version("xllamacpp"), *(f"{one.role}\n{one.content}" for one in front)]
        return f"{hashlib.sha256(chr(0).join(parts).encode('utf-8', 'replace')).hexdigest()[:32]}.bin"

    async def _read(self, front: tuple[Message, ...], slot: int) -> None:
        patience = Patience(first=900.0, retries=0)
        reader = OpenAIBackend(
            self._note.base_url,
            self._note.key,
            self._note.model,
            patience=patience,
            llama=True,
            extra={"id_slot": slot},
        )
        try:
            async for _ in reader.stream(Request(front, max_tokens=1)):
                pass
        except BadReply:
            pass  # what it says does not matter
        finally:
            await reader.close()

    async def _free_slots(self) -> list[int]:
        """The idle slot that holds least, and with it all that hold nothing: kernels then need not share one."""
        slots = await self._call("/slots", None)
        idle = [(int(slot.get("n_prompt_tokens", 0)), int(slot["id"])) for slot in slots if not slot["is_processing"]]
        return [slot for n, (tokens, slot) in enumerate(sorted(idle)) if n == 0 or tokens == 0]

    async def _act(self, slot: int, action: str, name: str) -> None:
        await self._call(f"/slots/{slot}?action={action}", {"filename": name})

    async def _call(self, path: str, body: Mapping[str, str] | None) -> Any:
        headers = {"Authorization": f"Bearer {self._note.key}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        address = self._note.base_url.removesuffix("/v1") + path
        request = HttpRequest(address, data=data, headers=headers)  # noqa: S310 - our own server
        opener = build_opener(ProxyHandler({}))

        def ask() -> Any:
            with opener.open(request, timeout=10) as answer:
                return json.load(answer)

        return await asyncio.to_thread(ask)

    def _prune(self) -> None:
        saved = sorted(self._saved.glob("*.bin"), key=lambda one: one.stat().st_mtime)
        for old in saved[:-KEEP]:
            old.unlink(missing_ok=True)
