"""A kernel under the stopwatch: started from a spec of its own, with a client that reads every message itself."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import zmq
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

__all__ = ["KERNELS", "Kernel", "Running", "installed", "running"]

ROOT = Path(__file__).resolve().parents[1]
WAIT = 60.0


@dataclass(frozen=True, slots=True)
class Kernel:
    """One of those compared: its module, a trivial cell and one that runs until it is stopped."""

    name: str
    module: str
    trivial: str
    endless: str
    interrupt_mode: str = "signal"


KERNELS = (
    Kernel("llm_kernel", "llm_kernel", "echo 1", "perl -v", "message"),
    Kernel("ipykernel", "ipykernel_launcher", "print(1)", "import time; print(1); time.sleep(60)"),
    Kernel("bash_kernel", "bash_kernel", "echo 1", "echo 1; sleep 60"),
)


def installed(kernel: Kernel) -> bool:
    """Whether this Python has the kernel."""
    return importlib.util.find_spec(kernel.module) is not None


class Running:
    """A started kernel. ``ready`` is how many seconds passed from its start to its answer to ``kernel_info``."""

    def __init__(self, kernel: Kernel, manager: KernelManager, channels: BlockingKernelClient, ready: float) -> None:
        self.kernel = kernel
        self.manager = manager
        self.channels = channels
        self.ready = ready

    def cell(self, code: str) -> tuple[float, str]:
        """Run a cell: the seconds until both its reply and its idle status are here, and what it printed."""
        started = time.perf_counter()
        request = self.channels.execute(code, allow_stdin=False)
        text = "".join(content["text"] for _, kind, content in self.outputs(request) if kind == "stream")
        self.reply(request)
        return time.perf_counter() - started, text

    def outputs(self, request: str) -> Iterator[tuple[float, str, dict[str, Any]]]:
        """What a cell sends, each with its moment (``time.monotonic``), to its idle status."""
        while True:
            message = self.channels.get_iopub_msg(timeout=WAIT)
            at = time.monotonic()
            if message["parent_header"].get("msg_id") != request:
                continue
            content = message["content"]
            if message["msg_type"] == "status" and content["execution_state"] == "idle":
                return
            yield at, message["msg_type"], content

    def reply(self, request: str) -> dict[str, Any]:
        """The reply to a request on the shell channel."""
        while True:
            message = self.channels.get_shell_msg(timeout=WAIT)
            if message["parent_header"].get("msg_id") == request:
                return dict(message["content"])

    def interrupt(self) -> None:
        """Stop the cell the way this kernel's spec says."""
        if self.kernel.interrupt_mode == "message":
            self.channels.control_channel.send(self.channels.session.msg("interrupt_request", {}))
        else:
            self.manager.interrupt_kernel()

    def memory(self) -> float:
        """Resident memory of the kernel and its children, in MB (10^6 bytes)."""
        process = psutil.Process(getattr(self.manager.provisioner, "pid", None))
        family = [process, *process.children(recursive=True)]
        return float(sum(member.memory_info().rss for member in family)) / 1e6


@contextmanager
def running(kernel: Kernel, folder: Path, env: dict[str, str] | None = None) -> Iterator[Running]:
    """A fresh kernel for the time of a block; ``folder`` holds its spec and whatever it writes."""
    _write_spec(kernel, folder)
    context = zmq.Context()
    context.setsockopt(zmq.RECONNECT_IVL, 2)  # a socket that looks every 100 ms would measure itself
    context.setsockopt(zmq.LINGER, 0)
    manager = KernelManager(
        kernel_name=kernel.name,
        kernel_spec_manager=KernelSpecManager(kernel_dirs=[str(folder)]),
        connection_file=str(folder / f"connection-{kernel.name}.json"),
    )
    started = time.perf_counter()
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    manager.start_kernel(env=_environment(folder) | (env or {}), cwd=str(folder), **quiet)
    channels = manager.client(context=context)
    try:
        channels.start_channels(hb=False, stdin=False)
        channels.kernel_info(reply=False)
        channels.get_shell_msg(timeout=WAIT)
        ready = time.perf_counter() - started
        _hear(channels)
        yield Running(kernel, manager, channels, ready)
    finally:
        channels.stop_channels()
        manager.shutdown_kernel(now=True)
        context.term()


def _hear(channels: BlockingKernelClient) -> None:
    """Return when what the kernel publishes arrives: a subscription takes a moment that no reply waits for."""
    while True:
        channels.kernel_info(reply=False)
        channels.get_shell_msg(timeout=WAIT)
        if channels.iopub_channel.msg_ready():
            break
        time.sleep(0.02)
    time.sleep(0.1)
    while channels.iopub_channel.msg_ready():
        channels.get_iopub_msg(timeout=WAIT)


def _write_spec(kernel: Kernel, folder: Path) -> None:
    spec = {
        "argv": [sys.executable, "-m", kernel.module, "-f", "{connection_file}"],
        "display_name": kernel.name,
        "language": "bash",
        "interrupt_mode": kernel.interrupt_mode,
    }
    (folder / kernel.name).mkdir(exist_ok=True)
    (folder / kernel.name / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")


def _environment(folder: Path) -> dict[str, str]:
    """This environment without anybody's settings, and with the checkout on the import path."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("OPENAI_", "LLM_KERNEL_", "JPY_", "PYTHON"))
    }
    homes = {
        "IPYTHONDIR": "ipython",
        "JUPYTER_CONFIG_DIR": "config",
        "LLM_KERNEL_HOME": "home",
        "PYTHONPYCACHEPREFIX": "bytecode",  # an installed package has its bytecode; a checkout may have none yet
    }
    return kept | {name: str(folder / place) for name, place in homes.items()} | {"PYTHONPATH": str(ROOT)}
