"""Watches a kernel's process from inside: what it loaded, and whom it tried to reach over a network.

Python loads this by its name. At the process's end the file that WATCHED_REPORT names gets both, as JSON; a connection
that leaves this computer is refused.
"""

from __future__ import annotations

import atexit
import json
import os
import sys
from pathlib import Path
from typing import Any

REPORT = os.environ.get("WATCHED_REPORT", "")
REACHED: list[str] = []


def _watch(event: str, args: tuple[Any, ...]) -> None:
    if event == "socket.connect" and isinstance(args[1], tuple):
        where = str(args[1][0])
    elif event == "socket.getaddrinfo":
        where = str(args[0])
    else:
        return
    REACHED.append(where)
    if where not in ("127.0.0.1", "localhost", "::1"):
        raise OSError(f"the network is off: {where}")


def _tell() -> None:
    Path(REPORT).write_text(json.dumps({"modules": sorted(sys.modules), "reached": REACHED}), encoding="utf-8")


if REPORT:
    sys.addaudithook(_watch)
    atexit.register(_tell)
