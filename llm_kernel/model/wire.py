"""The OpenAI protocol's JSON: the body of a request, and what an event of a stream tells. Parsed here, once."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any

from llm_kernel.model.ability import Grammars, parameter, written
from llm_kernel.model.request import Request, Usage

__all__ = [
    "KERNEL",
    "TOO_LONG",
    "Event",
    "body",
    "error_text",
    "read",
    "refused_parameter",
    "refuses_grammar",
    "retry_after",
]

KERNEL = "x-kernel"
"""The header by which a kernel says that its connections are one kernel's, so that a shared server can be fair."""

OPTIONAL = ("stream_options", "max_tokens", "max_completion_tokens", "seed", "temperature", "stop", "cache_prompt")
REFUSES = re.compile(
    r"un(known|supported|recognized|expected)|not (supported|permitted|allowed)|extra (inputs|fields)|only the default",
    re.IGNORECASE,
)
_ENDS = {"tool_calls": "stop"}
"""A reply that was written into a tool is as whole as another."""
TOO_LONG = re.compile(r"context.{0,10}(length|size|window)|too (long|large|many tokens)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a stream, as far as it concerns us; ``waiting`` is a place in a queue, 0 for being served."""

    text: str = ""
    refusal: str = ""
    finish: str = ""
    usage: Usage | None = None
    model: str = ""
    error: str = ""
    waiting: int | None = None


def body(
    request: Request,
    model: str,
    seed: int,
    *,
    llama: bool,
    extra: Mapping[str, Any],
    refused: Set[str],
    grammars: Grammars = "",
) -> dict[str, Any]:
    """The JSON to send, without the parameters that this endpoint refused before; ``grammars``: how it takes those."""
    length = "max_completion_tokens" if "max_tokens" in refused else "max_tokens"
    whole: dict[str, Any] = {
        "model": model,
        "messages": [{"role": message.role, "content": message.content} for message in request.messages],
        "stream": True,
        "stream_options": {"include_usage": True},
        length: request.max_tokens,
        "temperature": request.temperature,
        "seed": seed,
    }
    if request.stop:
        whole["stop"] = list(request.stop)
    if llama:
        whole["cache_prompt"] = True
    if llama and request.penalty != 1.0:
        whole["repeat_penalty"] = request.penalty
    if request.grammar:
        whole |= parameter(grammars, request.grammar)
    return {name: value for name, value in {**whole, **extra}.items() if name not in refused}


def read(event: object) -> Event | None:
    """What an event tells, or None for JSON that no endpoint of this protocol sends."""
    if not isinstance(event, dict):
        return None
    if event.get("error"):
        return Event(error=error_text(event))
    choices = event.get("choices")
    choice: Any = choices[0] if isinstance(choices, list) and choices else None
    choice = choice if isinstance(choice, dict) else {}
    delta = choice.get("delta")
    delta = delta if isinstance(delta, dict) else {}
    return Event(
        text=written(delta),
        refusal=_string(delta.get("refusal")),
        finish=_ENDS.get(_string(choice.get("finish_reason")), _string(choice.get("finish_reason"))),
        usage=_usage(event),
        model=_string(event.get("model")),
        waiting=_number(event["waiting"]) if "waiting" in event else None,
    )


def error_text(told: object) -> str:
    """An endpoint's own words in an error body, in any of the shapes that are common."""
    inner: Any = told
    if isinstance(inner, Mapping):
        inner = inner.get("error", inner)
    if isinstance(inner, Mapping):
        inner = inner.get("message") or inner.get("detail") or inner
    return " ".join(str(inner if inner is not None else "").split())


def refused_parameter(told: object, sent: Mapping[str, Any]) -> str:
    """The optional parameter that an endpoint says it does not know, if that is what it says."""
    text = json.dumps(told, ensure_ascii=False) if isinstance(told, dict | list) else str(told)
    if TOO_LONG.search(text) or not REFUSES.search(text):
        return ""
    named = [(found.start(), name) for name in OPTIONAL if name in sent and (found := re.search(rf"\b{name}\b", text))]
    return min(named)[1] if named else ""


def refuses_grammar(status: int, told: object) -> bool:
    """Whether an endpoint may have failed for the grammar that it was sent: another fault speaks of something else."""
    text = error_text(told)
    if TOO_LONG.search(text):
        return False
    return status < 500 or bool(re.search(r"grammar|gbnf|ebnf|lark|structured|guided|tool", text, re.IGNORECASE))


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds an endpoint asks to wait; a date is not honoured, for it needs two clocks that agree."""
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            return max(0.0, float(headers.get(name, "")) / unit)
        except ValueError:
            continue
    return None


def _usage(event: dict[str, Any]) -> Usage | None:
    """OpenAI's ``usage``; what was cached may stand in llama.cpp's ``timings`` instead."""
    usage, timings = event.get("usage"), event.get("timings")
    if not isinstance(usage, dict):
        return None
    details = usage.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, dict) else None
    if cached is None and isinstance(timings, dict):
        cached = timings.get("cache_n")
    return Usage(_number(usage.get("prompt_tokens")), _number(cached), _number(usage.get("completion_tokens")))


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
