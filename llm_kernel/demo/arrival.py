"""The weights on their way: a thread fetches them while the recording is read, and a bar shows the rest."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from llm_kernel.demo.page import Page
from llm_kernel.model import weights

__all__ = ["Arrival"]

LOOK = 0.2  # seconds between two looks at the thread: Ctrl-C must get its turn


class Arrival:
    """Begins at once; ``wait`` raises what the fetching raised. Daemonic: leaving does not wait for it."""

    def __init__(self, env: Mapping[str, str], fetch: Callable[..., Path] = weights.fetch) -> None:
        self._env = env
        self._fetch = fetch
        self._done = 0
        self._total = weights.QWEN.size
        self._notes: list[str] = []
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def wait(self, page: Page) -> None:
        """Show the progress until the file is there.

        Raises:
            WeightsError: when it cannot be had.
        """
        self._thread.join(LOOK)
        if self._thread.is_alive():
            page.say(f"The model is on its way, {self._total / 1e9:.1f} GB, once for all notebooks of this user.")
            self._watch()
        for note in self._notes:
            page.say(note)
        if self._error is not None:
            raise self._error

    def _watch(self) -> None:
        with weights.bar(weights.QWEN.name) as show:
            while self._thread.is_alive():
                show(self._done, self._total)
                self._thread.join(LOOK)
            show(self._done, self._total)

    def _work(self) -> None:
        cache, own = self._env.get("LLM_KERNEL_CACHE", ""), self._env.get("LLM_KERNEL_LOCAL_MODEL", "")
        try:
            if not weights.find(cache=cache, override=own):
                self._fetch(cache=cache, progress=self._heard, note=self._notes.append)
        except Exception as error:  # carried to the thread that waits
            self._error = error

    def _heard(self, done: int, total: int) -> None:
        self._done, self._total = done, total
