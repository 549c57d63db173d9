"""What an endpoint can be made to do: whether it holds a reply to a grammar, and under which name it is given one.

Many endpoints take any parameter and ignore it, so each is asked once, by a grammar that only lets a nonsense word
pass: who says that word obeys.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal, TypeAlias

from llm_kernel.model.lark import lark

__all__ = ["Abilities", "Grammars", "parameter", "written"]

Grammars: TypeAlias = Literal["", "grammar", "structured_outputs", "guided_grammar", "tools"]
"""The parameter that takes a grammar: llama.cpp's, vLLM's, and that of vLLM before 0.12; empty where none does.

``tools``: the model writes into a tool of its own whose input has a grammar, as OpenAI's models do.
"""

_FIELDS: tuple[Grammars, ...] = ("grammar", "structured_outputs", "guided_grammar")
_TOOLS: tuple[Grammars, ...] = ("tools",)
_WORDS: Mapping[Grammars, str] = {
    "grammar": "qexvu",
    "structured_outputs": "zibwoj",
    "guided_grammar": "fupkyx",
    "tools": "wyrdok",
}
_TOOL = "write"
_ROOM, _THOUGHT = 16, 1024
"""Tokens of a trial: for a word, and for a model that thinks before it uses a tool."""


class Abilities:
    """What was found out about each endpoint and model, for as long as a kernel lives."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Grammars] = {}

    def of(self, where: str, model: str) -> Grammars | None:
        """How it takes grammars; None where nobody asked yet."""
        return self._known.get((where, model))

    def learn(self, where: str, model: str, grammars: Grammars) -> None:
        """Remember it."""
        self._known[where, model] = grammars

    async def find_out(
        self,
        where: str,
        model: str,
        ask: Callable[[dict[str, Any]], Awaitable[object]],
        *,
        fields: bool = True,
    ) -> Grammars:
        """Give it a grammar under all names at once, where it refuses that under each alone, then in a tool; once.

        ``ask`` sends a body and gives the answer; ``fields``: the endpoint may take a grammar as a parameter.
        """
        import openai  # takes half a second, and only who sends a grammar needs it

        known = self.of(where, model)
        if known is not None:
            return known
        ways: list[tuple[Grammars, ...]] = [_FIELDS, *((field,) for field in _FIELDS)] if fields else []
        for way in [*ways, _TOOLS]:
            if known == "" and way != _TOOLS:
                continue  # it takes all of these, and obeys none
            try:
                known = _obeyed(await ask(_trial(model, way)))
            except (openai.BadRequestError, openai.UnprocessableEntityError):
                continue
            except (openai.OpenAIError, asyncio.TimeoutError, ValueError):
                return ""  # it does not answer now, which says nothing of what it can
            if known:
                break
        self.learn(where, model, known or "")
        return known or ""


def parameter(field: Grammars, grammar: str) -> dict[str, Any]:
    """A grammar as that endpoint takes it."""
    if not field:
        return {}
    if field == "tools":
        try:
            form = {"type": "grammar", "grammar": {"syntax": "lark", "definition": lark(grammar)}}
        except ValueError:
            return {}  # whoever reads the reply checks it then, line by line
        tool = {"name": _TOOL, "description": "Takes the whole reply, exactly as it is to be shown.", "format": form}
        choice = {"type": "custom", "custom": {"name": _TOOL}}
        return {"tools": [{"type": "custom", "custom": tool}], "tool_choice": choice}
    return {field: {"grammar": grammar} if field == "structured_outputs" else grammar}


def _trial(model: str, fields: tuple[Grammars, ...]) -> dict[str, Any]:
    """The body of a tiny request that gives each of these parameters a word of its own."""
    body: dict[str, Any] = {
        "model": model,
        "messages": [{"role": "user", "content": "Say hello."}],
        "stream": False,
        "max_tokens": _THOUGHT if fields == _TOOLS else _ROOM,
    }
    for field in fields:
        body |= parameter(field, f'root ::= "{_WORDS[field]}"\n')
    return body


def _obeyed(answer: object) -> Grammars:
    """Which of the parameters an answer to ``_trial`` followed."""
    choices = answer.get("choices") if isinstance(answer, dict) else None
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get("message") if isinstance(choice, dict) else None
    said = written(message).strip() if isinstance(message, dict) else ""
    return next((field for field in (*_FIELDS, *_TOOLS) if said == _WORDS[field]), "")


def written(message: Mapping[str, Any]) -> str:
    """The text of a message or of a piece of one: what stands in it, or what is written into a tool."""
    content = message.get("content")
    calls = message.get("tool_calls")
    call = calls[0] if isinstance(calls, list) and calls else None
    custom = call.get("custom") if isinstance(call, dict) else None
    put = custom.get("input") if isinstance(custom, dict) else None
    return next((text for text in (content, put) if isinstance(text, str) and text), "")
