"""One run: take the job, load what it needs, shut the doors, carry the program out, and say how it ended."""

from __future__ import annotations

import builtins
import datetime
import importlib
import io
import os
import sys
import threading
import warnings
from collections.abc import Mapping
from functools import partial
from types import ModuleType
from typing import Any, NamedTuple

from . import calls, comprehensions, definitions, expressions, functions, matching, names, statements
from .addresses import Addresses
from .clock import Clock
from .commands import Commands
from .coroutines import Routines
from .errors import Errors
from .frames import Trace
from .guards import DUNDERS, Reach
from .hashes import Hashes
from .modules import Modules, proxies
from .paths import pathlib
from .shut import shut
from .storage import opening, storage
from .telling import Telling
from .testing import unittest_on
from .texts import Texts
from .threads import NEEDING, threading_on
from .turns import Turns
from .versions import age_argparse, sum_of
from .wire import Wire
from .world import Console, Doubt, Files, Terminal, system

__all__ = ["main"]

_SYNTAX = (calls, comprehensions, definitions, expressions, functions, matching, names, statements)
_LAZY: dict[str, tuple[str, ...]] = {
    "argparse": ("locale", "shutil", "gettext", "textwrap"),
    "collections": ("heapq",),
    "datetime": ("_strptime",),
    "decimal": ("numbers",),
    "fractions": ("decimal",),
    "functools": ("types", "weakref"),
    "getopt": ("locale", "gettext"),
    "pathlib": ("fnmatch",),
    "statistics": ("heapq", "decimal", "fractions"),
    "time": ("_strptime",),
    "unittest": ("locale", "shutil", "gettext", "textwrap"),
}
"""Modules that others of the library load when they are first used."""
_CODINGS = ("ascii", "latin_1", "utf_16", "utf_8_sig", "cp1252")
_STACK = 256 * 2**20
_FRAMES = 150_000
"""Frames of the host's that the deepest calls of a program take at most."""
_SHALLOWEST, _DEEPEST = 50, 6000


def main() -> None:
    """Serve one job from standard input."""
    wire = Wire()
    job = wire.receive()
    lazy = [more for module in job["library"] for more in _LAZY.get(module, ())]
    if "\\N{" in job["source"]:
        lazy.append("unicodedata")  # what reads the syntax looks the names up there
    for name in (*lazy, *(f"encodings.{coding}" for coding in _CODINGS)):
        try:
            importlib.import_module(name)
        except ImportError:
            continue
    threading.stack_size(_STACK)
    sys.setrecursionlimit(_FRAMES)
    worker = threading.Thread(target=_serve, args=(wire, job), name="MainThread")
    worker.start()
    worker.join()
    os._exit(0)


def _serve(wire: Wire, job: Mapping[str, Any]) -> None:
    try:
        _Run(wire, job).go()
    except (Doubt, MemoryError, RecursionError) as err:
        _doubt(wire, err)
    wire.flush()
    os._exit(0)


def _doubt(wire: Wire, error: BaseException) -> None:
    """Tell what is not known here, and end."""
    wire.send(doubt=str(error) if isinstance(error, Doubt) else type(error).__name__.removesuffix("Error").lower())
    os._exit(0)


class _Version(NamedTuple):
    major: int
    minor: int
    micro: int
    releaselevel: str = "final"
    serial: int = 0


class _Run:
    def __init__(self, wire: Wire, job: Mapping[str, Any]) -> None:
        self._wire, self._job = wire, job
        self._version = tuple(job["version"])
        DUNDERS.update(job["dunders"])
        self._addresses = Addresses(int(job["number"]))
        self._files = Files(wire, job["cwd"], self._addresses.shown)
        self._clock = Clock(wire, job["now"], job["offset"], job["begin"])
        self._hashes = Hashes(self._addresses)
        clocks = (datetime.datetime, datetime.date)
        self._reach = Reach(self._clock.now, clocks, self._addresses.shown, self._hashes)
        self._trace = Trace(
            job["steps"], self._version, self._reach, lambda error: self._errors.caught(error), self._addresses.shown
        )
        self._errors = Errors(wire, self._trace, self._addresses, self._version)
        shown = system(self._files, dict(job["environ"]), job["home"])
        if "pathlib" in job["library"]:
            shown["pathlib"] = pathlib(self._files, shown["os"], job["home"])
        shown["time"] = self._clock.module()
        shown |= storage(self._files, shown["os"], job["seed"] if "tempfile" in job["library"] else "")
        commands = Commands(wire, self._clock, shown["os"].environ)
        shown["os"].__dict__.update(system=commands.system, popen=commands.popen)
        if "subprocess" in job["library"]:
            shown["subprocess"] = commands.module()
        if "sqlite3" in job["library"]:
            databases = importlib.import_module(".databases", __package__).databases
            shown["sqlite3"] = databases(self._files, shown["os"], self._trace.doubt, self._version)
        opening(job["library"], self._files, shown["time"])
        shown |= {name: ModuleType(name) for name in _FACTS}
        self._processes = self._several()
        if self._processes is not None:
            shown |= self._processes.modules()
        self._telling = Telling(self._trace, self._files, self._errors.text, self._line)
        self._threads = self._threading()
        if "logging" in job["library"]:
            shown["logging"] = self._telling.logging(shown["time"], shown["os"], threads=self._threads is not None)
        shown |= {"traceback": self._telling.traceback(), "warnings": self._telling.warnings()}
        if {"secrets", "uuid"} & job["library"].keys():
            shown["secrets"] = importlib.import_module(".chance", __package__).unseeded(job["seed"])
        if "unittest" in job["library"]:
            unittest_on(shown["time"], partial(self._errors.text, under="unittest"), self._version)
        if "argparse" in job["library"]:
            age_argparse(importlib.import_module("argparse"), self._version)
        self._trace.routines = Routines()
        if "asyncio" in job["library"]:
            importlib.import_module(".loop", __package__).on_clock(self._clock, self._trace)
        if self._processes is not None and "concurrent.futures" in job["library"]:
            shown["concurrent.futures"] = self._processes.beside(importlib.import_module("concurrent.futures"))
        self._modules = proxies(job["library"], shown, self._reach, self._system(), job["facts"])
        self._reach.stand_ins = tuple(self._modules.values())
        self._own = self._builtins()
        self._imports = Modules(wire, self._modules, self._trace, self._own, job["optimized"])
        self._own["__import__"] = self._imports.load
        texts = Texts(wire, self._trace, self._own)
        self._own.update(eval=texts.eval, exec=texts.exec)

    def _threading(self) -> Any:
        """The module of threads, where the program needs them."""
        job = self._job
        if not any(name in job["library"] for name in NEEDING) and "threadName" not in job["source"]:
            return None
        processors = job["facts"].get("os.cpu_count", 1)
        turns = Turns(self._clock, self._trace, self._stop)
        return threading_on(turns, self._clock, lambda: processors, self._version, self._errors.ended)

    def _several(self) -> Any:
        """Processes beside the first, where the program may begin some."""
        if not {"multiprocessing", "concurrent.futures"} & self._job["library"].keys():
            return None
        made: Any = importlib.import_module(".processes", __package__)
        return made.Processes(self._wire, self._clock, self._reach, lambda: self._job["facts"].get("os.cpu_count", 1))

    def _stop(self, error: BaseException) -> None:
        """A thread met what is not known here."""
        _doubt(self._wire, error)

    def go(self) -> None:
        """Carry the program out and say how it ended."""
        job = self._job
        self._console()
        if "random" in self._modules:
            importlib.import_module("random").seed(job["seed"])
        warnings.simplefilter("ignore")
        names: dict[str, Any] = {"__name__": "__main__", "__builtins__": self._own, "__doc__": None}
        if job["path"]:
            names["__file__"] = job["name"]
        sys.modules["__main__"] = main = ModuleType("__main__")
        main.__dict__.update(names)
        shut(job["memory"] + _STACK + (Turns.ROOM if self._threads else 0), job["seconds"])
        status: Any = 0
        try:
            self._imports.run(job["source"], job["name"], main.__dict__)
        except SystemExit as end:
            status = self._exit(end.code)
        except (MemoryError, Doubt):
            raise
        except BaseException as err:
            self._fail(err)
            return
        self._end()
        self._wire.send(status=status)

    def _end(self) -> None:
        if self._threads is not None:
            self._threads._shutdown()
        if self._processes is not None:
            self._processes.go_on()
        self._trace.sure()
        self._trace.routines.close()
        self._telling.close()
        self._files.close()
        self._clock.settle()

    def _exit(self, code: Any) -> int:
        if code is None or isinstance(code, int):
            return int(code or 0) & 0xFF
        sys.stderr.write(f"{code}\n")
        return 1

    def _console(self) -> None:
        shown = self._addresses.shown
        sys.stdout, sys.stderr = Console(self._wire, "stdout", shown), Console(self._wire, "stderr", shown)
        sys.stdin = Terminal(self._wire) if self._job["stdin"] is None else io.StringIO(self._job["stdin"])
        sys.argv = list(self._job["argv"])
        warnings.showwarning = self._warned

    def _system(self) -> dict[str, Any]:
        """What ``sys`` says of the machine."""
        job = self._job
        known = {"argv": list(job["argv"]), "platform": "linux", "executable": job["executable"]}
        known |= {"version_info": _Version(*job["python"]), "setrecursionlimit": self._deeper}
        known |= {"getrecursionlimit": lambda: self._trace.limit}
        return {word: value for word, value in known.items() if word in job["library"].get("sys", ())}

    def _deeper(self, limit: int) -> None:
        if not isinstance(limit, int) or not _SHALLOWEST <= limit <= _DEEPEST:
            raise Doubt("limit of recursion")
        self._trace.limit = limit

    def _warned(self, message: Any, *rest: Any, **named: Any) -> None:
        raise Doubt(f"warning: {message}")

    # what the program finds

    def _builtins(self) -> dict[str, Any]:
        names = {word: getattr(builtins, word) for word in self._job["builtins"] if hasattr(builtins, word)}
        names.update(
            open=self._files.open,
            input=self._input,
            exit=sys.exit,
            quit=sys.exit,
            getattr=self._reach.getattr,
            hasattr=self._reach.hasattr,
            setattr=self._reach.set,
            delattr=self._reach.delete,
            vars=self._reach.vars,
            hash=self._hashes.of,
            id=self._addresses.of,
        )
        names["__debug__"] = not self._job["optimized"]
        if made := sum_of(self._version):
            names["sum"] = made
        return names

    def _input(self, prompt: Any = "", /) -> str:
        if self._job["stdin"] is None:
            line = self._wire.ask("input", str(prompt))
            if line is None:
                raise EOFError("EOF when reading a line")
            return str(line)
        sys.stdout.write(str(prompt))
        line = sys.stdin.readline()
        if not line:
            raise EOFError("EOF when reading a line")
        return line[:-1] if line.endswith("\n") else line

    def _fail(self, error: BaseException | None) -> None:
        if self._threads is not None and self._threads.active_count() > 1:
            raise Doubt("threads that go on after an error")
        chain = self._errors.chain(error)
        self._wire.ask("traceback", chain)  # what is doubted is doubted before anything more is told
        self._end()
        self._wire.send(chain=chain, status=130 if chain[-1]["kind"] == "KeyboardInterrupt" else 1)

    def _line(self, path: str, line: int) -> str:
        return str(self._wire.ask("line", path, line))


_FACTS = ("platform", "getpass", "socket")
