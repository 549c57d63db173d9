"""The kernel over a session of a few scripted words, to make every kind of event and fault at will."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from llm_kernel.app import LLMKernelApp
from llm_kernel.errors import NoModel
from llm_kernel.events import Ask, Clear, Display, Exit, Text
from llm_kernel.kernel import LLMKernel


@dataclass(frozen=True)
class Match:
    text: str
    kind: str
    start: int
    end: int


@dataclass(frozen=True)
class Completion:
    matches: tuple[Match, ...]
    start: int
    end: int


class Session:
    async def run_cell(self, code: str, *, silent=False, store_history=True, allow_stdin=False):
        status = 0
        for line in code.splitlines():
            word, _, rest = line.partition(" ")
            if word == "echo":
                yield Text("stdout", rest.strip("'\"") + "\n")
            elif word == "err":
                yield Text("stderr", rest + "\n")
            elif word == "sleep":
                await asyncio.sleep(float(rest))
            elif word == "read":
                answer = yield Ask(rest)
                yield Text("stdout", f"got {answer!r}\n")
            elif word in ("display", "result", "page"):
                yield Display({"text/plain": rest}, kind=word)
            elif word == "clear":
                yield Clear(False)
            elif word == "ask-model":
                raise NoModel("no model: three ways")
            elif word == "bug":
                raise ZeroDivisionError("oops")
            elif word == "exit":
                status = int(rest)
            elif "=" not in word and not word.startswith("#"):
                status = 127
        yield Exit(status)

    async def is_complete(self, code):
        return ("incomplete", "  ") if code.endswith("\\") else ("invalid", "") if code == ")" else ("complete", "")

    async def complete(self, code, cursor):
        return Completion((Match("echo", "command", 0, cursor),), 0, cursor)

    async def inspect(self, code, cursor, detail):
        return {"text/plain": "echo is a shell builtin"} if code.startswith("echo") else {}

    def report(self) -> dict[str, Any]:
        return {"by": "double"}

    async def close(self) -> None: ...


class BareKernel(LLMKernel):
    """The kernel, over the scripted session."""

    async def notebook(self) -> Session:
        if self._notebook is None:
            self._notebook = Session()
        return self._notebook


class BareApp(LLMKernelApp):
    kernel_class = BareKernel


if __name__ == "__main__":
    BareApp.launch_instance()
