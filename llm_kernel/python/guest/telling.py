"""``logging``, ``traceback`` and ``warnings``: what a program tells of itself, with the places its own code has."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from .frames import Frame, Trace
from .guards import check_fields
from .world import Doubt, Files

__all__ = ["Telling"]

_IDS = ("process", "thread", "taskName")
_NAMED = ("pathname", "filename", "module", "lineno", "funcName")


class Telling:
    """The three modules; ``text`` gives the traceback of an error, ``line`` a line of a file."""

    def __init__(
        self, trace: Trace, files: Files, text: Callable[[BaseException], str], line: Callable[[str, int], str]
    ) -> None:
        self._trace, self._files, self._text, self._line = trace, files, text, line
        self._told: set[tuple[str, str, int]] = set()
        self._silent = False

    def logging(self, clock: ModuleType, system: ModuleType, *, threads: bool) -> ModuleType:
        """The library's own, on the machine's clock and files; ``threads`` says whether they are known here."""
        real: Any = importlib.import_module("logging")
        real.time, real.os = clock, system
        real.logProcesses = real.logMultiprocessing = False
        real.logThreads = threads
        real._startTime = clock.time()
        real.Logger.findCaller = lambda logger, stack_info=False, stacklevel=1: self._caller(stacklevel)
        real.Formatter.formatException = lambda formatter, info: self._text(info[1]).removesuffix("\n")
        real.FileHandler._open = lambda handler: self._files.open(
            handler.baseFilename, handler.mode, encoding=handler.encoding
        )
        real.Formatter.converter = staticmethod(clock.localtime)
        plain = real.Formatter.__init__

        def formatter(of: Any, fmt: Any = None, *args: Any, **named: Any) -> None:
            if fmt is not None and type(fmt) is not str:
                raise Doubt("a format that is no text")
            if fmt is not None and ({*args, *named.values()} & {"{"} or "._" in fmt):
                check_fields(fmt)
            told = fmt.replace("threadName", "") if fmt is not None and threads else fmt
            if told is not None and any(f"({word}" in told or f"{{{word}" in told for word in _IDS):
                raise Doubt("numbers of a process")
            plain(of, fmt, *args, **named)

        real.Formatter.__init__ = formatter
        real.raiseExceptions = False
        return real  # type: ignore[no-any-return]

    def close(self) -> None:
        """Let what logs ends of itself, as Python does when it ends."""
        if "logging" in sys.modules:
            sys.modules["logging"].shutdown()

    def _frame(self, level: int) -> Frame:
        stack = self._trace.stack
        if level > len(stack):
            raise Doubt("a place above the program")
        return stack[-level]

    def _caller(self, level: int) -> tuple[str, int, str, None]:
        frame = self._frame(level)
        return frame.module.file, frame.node.lineno, frame.function, None

    def traceback(self) -> ModuleType:
        """``print_exc`` and ``format_exc``."""
        module = ModuleType("traceback")

        def format_exc() -> str:
            error = sys.exc_info()[1]
            return self._text(error) if error is not None else "NoneType: None\n"

        def print_exc(file: Any = None) -> None:
            print(format_exc(), end="", file=file or sys.stderr)

        module.__dict__.update(format_exc=format_exc, print_exc=print_exc)
        return module

    def warnings(self) -> ModuleType:
        """``warn`` as it is at the beginning: each text once for each place."""
        module = ModuleType("warnings")

        def warn(message: Any, category: type[Warning] = UserWarning, stacklevel: int = 1) -> None:
            frame = self._frame(stacklevel)
            hidden = category in (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning)
            main = category is DeprecationWarning and frame.module.names.get("__name__") == "__main__"
            place = frame.module.file, frame.node.lineno
            key = (f"{category.__name__}: {message}", *place)
            if self._silent or key in self._told or (hidden and not main):
                return
            self._told.add(key)
            text = self._line(*place)
            sys.stderr.write(f"{place[0]}:{place[1]}: {key[0]}\n" + (f"  {text}\n" if text else ""))

        def filtered(action: str, *args: Any, **named: Any) -> None:
            if action != "ignore" or args or named:
                raise Doubt("filter of warnings")
            self._silent = True

        module.__dict__.update(warn=warn, simplefilter=filtered, filterwarnings=filtered)
        return module
