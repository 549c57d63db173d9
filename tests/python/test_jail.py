"""The filter itself: what a process may still do behind it, tried with every door of the interpreter open."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    platform.system() != "Linux" or platform.machine() not in ("x86_64", "aarch64"),
    reason="the system's kernel has no such filter",
)

FOLDER = Path(__file__).parents[2] / "llm_kernel" / "python"
TRIES = """
import json, os, socket, subprocess, sys
sys.path.insert(0, sys.argv[1])
from guest.jail import close
close(2_000_000_000, 5)
def tried(work):
    try:
        work()
    except OSError as err:
        return type(err).__name__
    return "done"
print(json.dumps([
    tried(lambda: open("/etc/passwd")),
    tried(lambda: os.listdir("/")),
    tried(lambda: open("/tmp/new-file", "w")),
    tried(socket.socket),
    tried(os.fork),
    tried(lambda: os.execv("/bin/sh", ["sh"])),
    tried(lambda: os.kill(1, 0)),
    tried(lambda: os.unlink("/tmp/nothing")),
    tried(lambda: bytearray(1000)),
]))
"""


def test_behind_the_filter_nothing_of_the_host_can_be_reached() -> None:
    done = subprocess.run([sys.executable, "-c", TRIES, str(FOLDER)], capture_output=True, text=True, timeout=20)
    assert json.loads(done.stdout) == ["PermissionError"] * 8 + ["done"]
