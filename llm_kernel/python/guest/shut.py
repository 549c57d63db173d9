"""The process closes itself: no file, program, address or module can be opened once the doors are shut."""

from __future__ import annotations

import sys
from types import CodeType
from typing import Any

from .guards import DUNDERS
from .world import Doubt

__all__ = ["shut"]

_ALLOWED = ("compile", "sys._getframe", "builtins.id", "sys.excepthook", "sys.unraisablehook",
            "sys.set_asyncgen_hook_firstiter", "sys.set_asyncgen_hook_finalizer",
            "_thread.start_new_thread", "array.__new__")  # fmt: skip
"""What the library's classes do among themselves."""

_READ = {
    "tb_frame": ("guest.errors",),
    "f_code": ("guest.errors",),
    "__code__": ("guest.guards", "typing", "dataclasses", "inspect"),
    "__defaults__": ("inspect",),
    "__kwdefaults__": ("inspect",),
}
"""What is looked at to tell of errors and of functions, and by which modules."""

_SET = ("__defaults__", "__kwdefaults__", "__module__", "__name__", "__qualname__", "__doc__")
"""What named tuples and data classes set of their classes and methods."""

_HIDDEN = ("f_", "gi_", "tb_", "co_", "cr_", "ag_", "func_", "format", "mro")


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
    if event in _ALLOWED:
        return
    if event == "exec":
        _written(args[0])
    elif event == "object.__getattr__":
        if sys._getframe(1).f_globals.get("__name__") not in _READ.get(args[1], ()):
            raise Doubt(f"attribute: {args[1]}")
    elif event == "sqlite3.connect/handle" or (event == "sqlite3.connect" and args[0] == ":memory:"):
        return
    elif event != "object.__setattr__" or (args[1] not in _SET and not _based(args[1])):
        raise Doubt(f"the interpreter would {event}")


def _based(name: str) -> bool:
    """Whether a named tuple of ``typing`` gets the classes that it is made of."""
    return name == "__bases__" and sys._getframe(2).f_globals.get("__name__") == "typing"


def _written(code: Any) -> None:
    """Let pass the methods that data classes and named tuples write, which name nothing of the interpreter's."""
    for name in code.co_names:
        dunder = name[:2] == "__" == name[-2:]
        if (dunder and name not in _WRITTEN and name not in DUNDERS) or name.startswith(_HIDDEN):
            raise Doubt(f"code that names {name}")
    for value in code.co_consts:
        if isinstance(value, CodeType):
            _written(value)


_WRITTEN = ("__create_fn__", "__dataclass_builtins_object__", "__builtins__")
