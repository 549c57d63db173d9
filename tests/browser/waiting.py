"""Waiting for what another process does: asked often, and never for ever."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

__all__ = ["BLINK", "WAIT", "wait_until"]

T = TypeVar("T")
WAIT = 20.0
BLINK = 0.05


def wait_until(ask: Callable[[], T], what: str, seconds: float = WAIT, *, again: tuple[type[Exception], ...] = ()) -> T:
    """The first true answer of ``ask``; a fault named in ``again`` counts as no answer."""
    end = time.monotonic() + seconds
    while True:
        last: object = None
        try:
            if answer := ask():
                return answer
        except again as error:
            last = error
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {seconds:g} s" + (f" ({last!r})" if last else ""))
        time.sleep(BLINK)
