"""What is told of an error: where it came through the program's own code, and what it says in the wanted version."""

from __future__ import annotations

import ast
import os
import sys
from typing import Any

from .addresses import Addresses
from .frames import Trace
from .near import near
from .storage import NATIVE
from .wire import Wire
from .world import Doubt

__all__ = ["Errors"]

_HERE = os.path.split(__file__)[0]  # pathlib would take half of the time in which a process begins


class Errors:
    """The errors of one run, each with the way that ``trace`` has of it."""

    def __init__(self, wire: Wire, trace: Trace, addresses: Addresses, version: tuple[int, ...]) -> None:
        self._wire, self._trace, self._addresses, self._version = wire, trace, addresses, version
        self._same = version == sys.version_info[:2]

    def caught(self, error: BaseException) -> None:
        """Give an error the words of the wanted version."""
        _check_arguments(error)
        if self._same or self._mine(error) or not error.args:
            return
        text = self._wire.ask("gate", type(error).__name__, str(error))
        if text is not None and text != str(error):
            error.args = (text,)

    def text(self, error: BaseException, *, under: str = "") -> str:
        """The traceback of an error that the program caught, without what called it in the library's ``under``."""
        return str(self._wire.ask("traceback", self.chain(error, under=under)))

    def ended(self, error: BaseException, *, plain: bool) -> str:
        """The traceback of an error that ended a thread; ``plain`` where the thread's ``run`` is the library's."""
        above = self._wire.ask("thread", plain)
        chain = self.chain(error, under="threading.py")
        chain[-1]["frames"][:0] = above
        return str(self._wire.ask("traceback", chain))

    def chain(self, error: BaseException | None, *, under: str = "") -> list[dict[str, Any]]:
        """What is told of an error and of those behind it, the oldest first."""
        chain: list[dict[str, Any]] = []
        link = ""
        seen: set[int] = set()
        while error is not None and id(error) not in seen:
            seen.add(id(error))
            _check_way(error, under)
            chain.append(self._told(error, link))
            if error.__cause__ is not None:
                link, error = "cause", error.__cause__
            elif error.__context__ is not None and not error.__suppress_context__:
                link, error = "context", error.__context__
            else:
                break
        return chain[::-1]

    def _told(self, error: BaseException, link: str) -> dict[str, Any]:
        _check_arguments(error)
        way = self._trace.way(error)
        kind, text = type(error), self._said(error)
        module = kind.__module__
        name = kind.__qualname__ if module in ("builtins", "__main__") else f"{module}.{kind.__qualname__}"
        return {
            "link": link,
            "kind": kind.__name__,
            "text": text,
            "own": self._mine(error),
            "main": module == "__main__",
            "frames": [[frame.module.file, *_place(node, self._version), frame.function] for frame, node in way],
            "final": f"{name}: {text}\n" if text else f"{name}\n",
            "notes": [str(note) for note in getattr(error, "__notes__", ())],
            "near": near(error, way, self._version),
        }

    def _mine(self, error: BaseException) -> bool:
        said = any(error is other for other in self._trace.said) or type(error).__module__ == "__main__"
        return said or isinstance(error, AssertionError)

    def _said(self, error: BaseException) -> str:
        try:
            return self._addresses.shown(str(error))
        except Exception as err:
            raise Doubt("an error that cannot be shown") from err


def _check_way(error: BaseException, under: str) -> None:
    """Doubt an error that came through Python's library, but for what calls a test or a thread, or fails in a test."""
    begun, step = False, error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        folder, file = os.path.split(code.co_filename)
        if under and under in (file, os.path.split(folder)[1]):
            if begun and type(error) is not AssertionError:
                raise Doubt("frame of a library")
        elif folder != _HERE or _written(file, code.co_name):
            raise Doubt("frame of a library")
        else:
            begun = True
        step = step.tb_next


def _written(file: str, function: str) -> bool:
    """Whether a function of ours stands for one that is Python code in CPython too, whose frame would show."""
    if file in ("storage.py", "paths.py", "telling.py", "commands.py", "processes.py"):
        return function not in NATIVE
    return file == "world.py" and function in ("makedirs", "size")


def _check_arguments(error: BaseException) -> None:
    """Doubt what is said of the arguments of a function of ours, which are not those of Python's."""
    owner, called, _ = str(error).partition("() ") if type(error) is TypeError else ("", "", "")
    first, inner, _ = owner.partition(".")
    if called and (inner or first.startswith("_")):
        ours = (vars(module) for name, module in sys.modules.items() if name.startswith("guest."))
        if any(first in names for names in ours):
            raise Doubt("arguments of a function of the library")


def _place(node: Any, version: tuple[int, ...]) -> tuple[int, int, int, int, int]:
    """Line, first and last line, first and last column; the last is below zero where nothing is marked."""
    if isinstance(node, ast.Assert):
        node = node.test
    if isinstance(node, ast.With | ast.AsyncWith):  # what is left
        if version < (3, 13):
            return node.lineno, node.lineno, node.end_lineno or 0, node.col_offset, -1
        node = node.items[0].context_expr
    if isinstance(node, ast.For | ast.comprehension):
        node = node.iter
        if version < (3, 13):
            return node.lineno, node.lineno, node.end_lineno, node.col_offset, -1
    return node.lineno, node.lineno, node.end_lineno, node.col_offset, node.end_col_offset
