"""What a model's tokens cost: figures that somebody set, or that the endpoint is known to ask.

``prices.json`` holds what the endpoints' price pages said, with its source and date. A model is matched by its whole
name, or by its name with a date behind it; the same name at another host has another price, and so an unknown one.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files as resources
from urllib.parse import urlsplit

from llm_kernel.errors import SettingError
from llm_kernel.model.request import Usage

__all__ = ["FREE", "Price", "known_host", "known_price", "money", "read_price"]

_OPENAI = "api.openai.com"
_DATED = re.compile(r"-(?:\d{4}-?\d{2}-?\d{2}|latest)$", re.ASCII)


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for a million tokens: of a prompt, of those of them that were cached, of a reply."""

    prompt: float
    cached: float
    completion: float

    def of(self, usage: Usage) -> float:
        """What one reply cost."""
        cached = min(usage.cached, usage.prompt)
        parts = (usage.prompt - cached) * self.prompt + cached * self.cached + usage.completion * self.completion
        return parts / 1e6

    def __str__(self) -> str:
        return f"{self.prompt:g}/{self.completion:g}" + (f"/{self.cached:g}" if self.cached != self.prompt else "")


FREE = Price(0.0, 0.0, 0.0)
"""What the embedded model costs."""


def read_price(text: str) -> Price | None:
    """The price in ``0.15/0.60``, or ``0.15/0.60/0.075`` with cached tokens; None for an empty text.

    Raises:
        SettingError: for what is no price.
    """
    if not text.strip():
        return None
    if not re.fullmatch(r"\d+(\.\d+)?(\s*/\s*\d+(\.\d+)?){1,2}", text.strip(), re.ASCII):
        raise SettingError(
            f"LLM_KERNEL_PRICE is {text!r}; it is US dollars per million tokens in and out, 0.15/0.60, "
            "with a third number for cached ones where they cost less"
        )
    prompt, completion, *cached = (float(part) for part in text.split("/"))
    return Price(prompt, cached[0] if cached else prompt, completion)


def known_price(endpoint: str, model: str) -> Price | None:
    """What ``endpoint`` (empty: OpenAI's own) asks for ``model``; None where nobody wrote it down."""
    rows = _prices().get(known_host(endpoint), {})
    name = model.strip().lower().removeprefix("models/")
    return rows.get(name) or rows.get(_DATED.sub("", name))


def known_host(endpoint: str) -> str:
    """The host of ``endpoint`` (empty: OpenAI's own), where its prices are known; else empty."""
    host = (urlsplit(endpoint).hostname or "") if endpoint else _OPENAI
    return host if host in _prices() else ""


def money(usd: float) -> str:
    """Dollars for a person: two digits that say something, and no more than six behind the point."""
    if not usd:
        return "0 USD"
    digits = next((places for places in range(2, 7) if usd >= 10.0 ** (1 - places)), 6)
    return f"{usd:.{digits}f} USD"


@cache
def _prices() -> dict[str, dict[str, Price]]:
    told = json.loads((resources("llm_kernel.model") / "prices.json").read_text(encoding="utf-8"))
    return {
        host: {name: Price(prompt, cached, completion) for name, (prompt, cached, completion) in rows.items()}
        for host, rows in told["hosts"].items()
    }
