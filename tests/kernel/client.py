"""A client that runs cells on a real kernel and returns everything that the kernel sent for each."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager, start_new_kernel

WAIT = 60


@dataclass
class Ran:
    """One cell's reply and its output messages as (type, content), in order."""

    reply: dict[str, Any]
    metadata: dict[str, Any]
    outputs: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def text(self, stream: str) -> str:
        return "".join(c["text"] for kind, c in self.outputs if kind == "stream" and c["name"] == stream)

    def kinds(self) -> list[str]:
        return [kind for kind, _ in self.outputs]


class Client:
    """A kernel and the channels to it."""

    def __init__(self, manager: KernelManager, channels: BlockingKernelClient) -> None:
        self.manager = manager
        self.channels = channels

    def send(self, code: str, **options: Any) -> str:
        """Send a cell and do not wait."""
        options.setdefault("allow_stdin", False)
        return self.channels.execute(code, **options)

    def run(self, code: str, **options: Any) -> Ran:
        """Send a cell and wait for its end."""
        return self.finish(self.send(code, **options))

    def finish(self, cell: str) -> Ran:
        """Everything that came for a cell, to its idle status and its reply."""
        outputs = []
        while True:
            kind, content = self.next_output(cell)
            if kind == "status" and content["execution_state"] == "idle":
                break
            if kind not in ("status", "execute_input"):
                outputs.append((kind, content))
        reply = self.reply(cell)
        return Ran(reply["content"], reply["metadata"], outputs)

    def next_output(self, cell: str) -> tuple[str, dict[str, Any]]:
        """The next iopub message whose parent is the cell."""
        end = time.monotonic() + WAIT
        while time.monotonic() < end:
            message = self.channels.get_iopub_msg(timeout=WAIT)
            if message["parent_header"].get("msg_id") == cell:
                return message["msg_type"], message["content"]
        raise TimeoutError(cell)

    def wait_for(self, cell: str, kind: str) -> dict[str, Any]:
        """The content of the cell's next message of a kind."""
        while True:
            found, content = self.next_output(cell)
            if found == kind:
                return content

    def control(self, kind: str, **content: Any) -> dict[str, Any]:
        """The answer to a request on the control channel."""
        request = self.channels.session.msg(kind, content)
        self.channels.control_channel.send(request)
        while True:
            message = self.channels.get_control_msg(timeout=WAIT)
            if message["parent_header"].get("msg_id") == request["header"]["msg_id"]:
                return dict(message)

    def reply(self, request: str) -> dict[str, Any]:
        """The shell reply to a request."""
        while True:
            message = self.channels.get_shell_msg(timeout=WAIT)
            if message["parent_header"].get("msg_id") == request:
                return dict(message)


@contextmanager
def kernel(name: str = "llm_kernel", *, env: dict[str, str] | None = None, **options: Any) -> Iterator[Client]:
    """A fresh kernel for the time of a block; ``env`` is added to this process's environment."""
    manager, channels = start_new_kernel(kernel_name=name, env={**os.environ, **(env or {})}, **options)
    try:
        yield Client(manager, channels)
    finally:
        channels.stop_channels()
        manager.shutdown_kernel(now=True)
