"""``unittest``: the library's own, on the machine's clock, with the tracebacks of the program's code alone."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from .world import Doubt

__all__ = ["unittest_on"]

_UNKNOWN = ("assertWarns", "assertWarnsRegex", "assertLogs", "assertNoLogs")
"""Methods of test cases that look into modules of the library."""


def unittest_on(clock: ModuleType, text: Callable[[BaseException], str], version: tuple[int, ...]) -> None:
    """Let test cases be told of as Python does; ``text`` gives the traceback of what a test met."""
    importlib.import_module("unittest")
    case, result, runner, loader = (
        importlib.import_module(f"unittest.{name}") for name in ("case", "result", "runner", "loader")
    )
    vars(runner)["time"] = vars(case)["time"] = clock
    vars(case)["traceback"] = _Frames
    _told(vars(result)["TestResult"], text)
    kind = vars(case)["TestCase"]
    for name in _UNKNOWN:
        setattr(kind, name, _unknown)
    if version < (3, 11):
        owner = vars(case)["strclass"]
        kind.__str__ = lambda test: f"{test._testMethodName} ({owner(type(test))})"
    _named(vars(loader)["TestLoader"], kind)


class _Frames:
    """Of ``traceback`` what is asked of errors that were expected: their frames are ours."""

    @staticmethod
    def clear_frames(trace: Any) -> None:
        """Nothing is kept in them."""


def _told(kind: Any, text: Callable[[BaseException], str]) -> None:
    def told(result: Any, error: Any, test: Any) -> str:
        if result.buffer or result.tb_locals:
            raise Doubt("more than the traceback of a test")
        return text(error[1])

    kind._exc_info_to_string = told


def _named(kind: Any, case: type) -> None:
    """Names of tests are looked for nowhere but in the program."""
    plain = kind.loadTestsFromName

    def by_name(loader: Any, name: Any, module: Any = None) -> Any:
        if type(name) is not str or module is not sys.modules["__main__"]:
            raise Doubt("tests by a name")
        first, _, rest = name.partition(".")
        found = vars(module).get(first)
        if not isinstance(found, type) or not issubclass(found, case) or rest[:1] == "_" or "." in rest:
            raise Doubt("tests by a name")
        return plain(loader, name, module)

    kind.loadTestsFromName = by_name
    kind.discover = _unknown


def _unknown(*args: Any, **named: Any) -> Any:
    raise Doubt("more of unittest than is known")
