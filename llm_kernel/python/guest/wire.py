"""What guest and host say to each other: one JSON value a line; the guest asks, the host answers."""

from __future__ import annotations

import json
import os
from typing import Any

__all__ = ["Wire"]

_ENOUGH = 1 << 14


class Wire:
    """The guest's end of the two pipes; written text is kept until there is enough, or something is asked.

    ``written`` counts the texts.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._texts: list[tuple[str, str]] = []
        self._length = self.written = 0

    def _line(self) -> bytes:
        parts = [self._rest]
        while b"\n" not in parts[-1]:
            part = os.read(0, 1 << 16)
            if not part:
                os._exit(1)
            parts.append(part)
        line, _, self._rest = b"".join(parts).partition(b"\n")
        return line

    def receive(self) -> Any:
        """The next value from the host."""
        return json.loads(self._line())

    def send(self, **value: Any) -> None:
        """Say something to the host, after what was written before."""
        self.flush()
        self._put(value)

    def ask(self, name: str, *args: Any) -> Any:
        """What the host answers; its ``OSError`` is raised here.

        Raises:
            OSError: as the machine's files say.
        """
        self.send(ask=name, args=args)
        answer = self.receive()
        if "errno" in answer:
            raise OSError(answer["errno"], answer["words"], answer["path"])
        return answer["ok"]

    def text(self, stream: str, text: str) -> None:
        """Write to standard output or standard error."""
        self._texts.append((stream, text))
        self._length += len(text)
        self.written += 1
        if self._length > _ENOUGH:
            self.flush()

    def flush(self) -> None:
        """Let the host see what was written."""
        if self._texts:
            texts, self._texts, self._length = self._texts, [], 0
            self._put({"texts": texts})

    @staticmethod
    def _put(value: dict[str, Any]) -> None:
        data = json.dumps(value).encode() + b"\n"
        while data:
            data = data[os.write(1, data) :]
