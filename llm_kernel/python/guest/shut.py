"""The process closes itself: no file, program, address or module can be opened once the doors are shut."""

from __future__ import annotations

import sys
from typing import Any

from .world import Doubt

__all__ = ["shut"]

_ALLOWED = (
    "exec",
    "compile",
    "object.__getattr__",
    "object.__setattr__",
    "object.__delattr__",
    "sys._getframe",
    "builtins.id",
)
"""What the library's classes do among themselves (data classes and named tuples write their methods)."""

_OPEN = ("cpython.run_", "gc.", "sys.excepthook", "sys.unraisablehook", "code.__new__", "time.sleep", "marshal.")


def shut(memory: int, seconds: int) -> None:
    """Bound the process and refuse what leads out of it, from here on."""
    try:
        import resource
    except ImportError:  # a system without such bounds: the host ends the process in time
        pass
    else:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    sys.addaudithook(_refuse)


def _refuse(event: str, args: Any) -> None:
    if event not in _ALLOWED and not event.startswith(_OPEN):
        raise Doubt(f"the interpreter would {event}")
