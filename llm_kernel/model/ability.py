"""What an endpoint can be made to do: whether it holds a reply to a grammar, and under which name it is given one.

Many endpoints take any parameter and ignore it, so each is asked once, by a grammar that only lets a nonsense word
pass: who says that word obeys.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal, TypeAlias

__all__ = ["Abilities", "Grammars", "parameter"]

Grammars: TypeAlias = Literal["", "grammar", "structured_outputs", "guided_grammar"]
"""The parameter that takes a grammar: llama.cpp's, vLLM's, and that of vLLM before 0.12; empty where none does."""

_FIELDS: tuple[Grammars, ...] = ("grammar", "structured_outputs", "guided_grammar")
_WORDS: Mapping[Grammars, str] = {"grammar": "qexvu", "structured_outputs": "zibwoj", "guided_grammar": "fupkyx"}


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
        self, where: str, model: str, ask: Callable[[dict[str, Any]], Awaitable[object]], length: str
    ) -> Grammars:
        """Give it a grammar under all names at once, and where it refuses that, under each alone; once.

        ``ask`` sends a body and gives the answer; ``length`` is the name of the parameter that bounds a reply.
        """
        import openai  # takes half a second, and only who sends a grammar needs it

        known = self.of(where, model)
        ways = () if known is not None else (_FIELDS, *((field,) for field in _FIELDS))
        for fields in ways:
            try:
                known = _obeyed(await ask(_trial(model, fields, length)))
            except (openai.BadRequestError, openai.UnprocessableEntityError):
                continue
            except (openai.OpenAIError, asyncio.TimeoutError, ValueError):
                return ""  # it does not answer now, which says nothing of what it can
            break
        self.learn(where, model, known or "")
        return known or ""


def parameter(field: Grammars, grammar: str) -> dict[str, Any]:
    """A grammar as that endpoint takes it."""
    if not field:
        return {}
    return {field: {"grammar": grammar} if field == "structured_outputs" else grammar}


def _trial(model: str, fields: tuple[Grammars, ...], length: str) -> dict[str, Any]:
    """The body of a tiny request that gives each of these parameters a word of its own."""
    body: dict[str, Any] = {
        "model": model,
        "messages": [{"role": "user", "content": "Say hello."}],
        "stream": False,
        length: 16,
    }
    for field in fields:
        body |= parameter(field, f'root ::= "{_WORDS[field]}"\n')
    return body


def _obeyed(answer: object) -> Grammars:
    """Which of the parameters an answer to ``_trial`` followed."""
    choices = answer.get("choices") if isinstance(answer, dict) else None
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get("message") if isinstance(choice, dict) else None
    text = message.get("content") if isinstance(message, dict) else None
    said = text.strip() if isinstance(text, str) else ""
    return next((field for field in _FIELDS if said == _WORDS[field]), "")
