"""One run: take the job, load what it needs, close the filter, run, and say how it ended."""

from __future__ import annotations

import ast
import builtins
import importlib
import io
import linecache
import os
import sys
import traceback
import warnings
from collections.abc import Mapping, Sequence
from types import CodeType, ModuleType, TracebackType
from typing import Any

from .change import Change
from .jail import close
from .paths import pathlib
from .wire import Wire
from .world import Clock, Console, Doubt, Files, Terminal, system

__all__ = ["main"]

_LAZY = {
    "argparse": ("locale", "shutil"),
    "collections": ("heapq",),
    "datetime": ("_strptime",),
    "statistics": ("heapq",),
    "time": ("_strptime",),
}
"""Modules that others of the library load when they are first used."""
_CODINGS = ("ascii", "latin_1")
_POSITIONS = sys.version_info >= (3, 11)


def main() -> None:
    """Serve one job from standard input."""
    wire = Wire()
    job = wire.receive()
    sys.path[:] = [path for path in sys.path if path.startswith((sys.prefix, sys.base_prefix)) and path != sys.argv[1]]
    modules = {name: importlib.import_module(name) for name in job["modules"]}
    for name in (
        *(f"encodings.{coding}" for coding in _CODINGS),
        *(more for module in job["uses"] for more in _LAZY.get(module, ())),
    ):
        try:
            importlib.import_module(name)
        except ImportError:
            continue
    try:
        close(job["memory"], job["seconds"])
    except OSError as err:
        wire.send(doubt=str(err))
        return
    run = _Run(wire, job, modules)
    sys.meta_path[:] = [run]
    try:
        run.go()
    except Doubt as err:
        wire.send(doubt=str(err))
    except MemoryError:
        wire.send(doubt="memory")
    wire.flush()
    os._exit(0)


class _Run:
    def __init__(self, wire: Wire, job: Mapping[str, Any], modules: Mapping[str, ModuleType]) -> None:
        self._wire, self._job = wire, job
        self._version = tuple(job["version"])
        self._same = self._version == sys.version_info[:2]
        self._files = Files(wire, job["cwd"])
        self._clock = Clock(wire, job["now"], job["offset"], job["begin"])
        self._said: list[BaseException] = []
        shown = system(self._files, dict(job["environ"]), job["home"])
        if "pathlib" in job["modules"]:
            shown["pathlib"] = pathlib(self._files, shown["os"], job["home"])
        shown["time"] = self._clock.module()
        shown["sys"] = sys
        self._modules: dict[str, Any] = {**modules, **shown}
        self._loaded: dict[str, ModuleType] = {}
        if "argparse" in modules:
            _age(modules["argparse"], self._version)
        self._names = [job["name"]]

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        """Nothing is loaded once the filter is closed."""
        self._wire.send(doubt=f"module: {name}")
        os._exit(0)

    def go(self) -> None:
        """Run the program and say how it ended."""
        job = self._job
        self._console()
        if "random" in self._modules:
            self._modules["random"].seed(job["seed"])
        code = self._compiled(job["source"], job["name"])
        names: dict[str, Any] = {"__name__": "__main__", "__builtins__": self._builtins(), "__doc__": None}
        if job["path"]:
            names["__file__"] = job["name"]
        sys.modules["__main__"] = main = ModuleType("__main__")
        main.__dict__.update(names)
        sys.setrecursionlimit(1000 + len(traceback.extract_stack()))
        status: Any = 0
        try:
            exec(code, main.__dict__)  # noqa: S102 - a checked program, behind the filter
        except SystemExit as end:
            status = self._exit(end.code)
        except MemoryError:
            raise
        except Exception as err:
            self._fail(err)
            return
        self._files.close()
        self._clock.settle()
        self._wire.send(status=status)

    def _exit(self, code: Any) -> int:
        if code is None or isinstance(code, int):
            return int(code or 0) & 0xFF
        sys.stderr.write(f"{code}\n")
        return 1

    def _compiled(self, source: str, name: str) -> CodeType:
        if name.startswith("/") or name.endswith(".py") or (name == "<string>" and sys.version_info >= (3, 13)):
            lines = [line + "\n" for line in source.split("\n")]
            linecache.cache[name] = (len(source), None, lines, name)
        tree = ast.parse(source, name)
        Change(gate=not self._same, clock=self._job["clock"]).visit(tree)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return compile(tree, name, "exec", dont_inherit=True)

    def _console(self) -> None:
        sys.stdout, sys.stderr = Console(self._wire, "stdout"), Console(self._wire, "stderr")
        sys.stdin = Terminal(self._wire) if self._job["stdin"] is None else io.StringIO(self._job["stdin"])
        sys.argv = list(self._job["argv"])
        sys.platform = "linux"
        sys.executable = self._job["executable"]
        warnings.showwarning = self._warned

    def _warned(self, message: Any, *rest: Any, **named: Any) -> None:
        raise Doubt(f"warning: {message}")

    # what the program finds

    def _builtins(self) -> dict[str, Any]:
        names = {**dict.fromkeys(("copyright", "credits", "help", "license")), **vars(builtins)}  # hints look here
        names.update(
            __import__=self._import,
            __build_class__=builtins.__build_class__,
            open=self._files.open,
            input=self._input,
            print=print,
            exit=sys.exit,
            quit=sys.exit,
            _said_=self._say,
            _caught_=self._caught,
            _now_=self._clock.now,
            _tick_=self._clock.tick,
        )
        if self._version < (3, 12) <= sys.version_info:
            names["sum"] = _plain_sum
        elif sys.version_info < (3, 12) <= self._version:
            names["sum"] = _kept_sum
        return names

    def _import(
        self, name: str, names: Any = None, local: Any = None, wanted: Sequence[str] = (), level: int = 0
    ) -> Any:
        if name in self._job["beside"]:
            return self._beside(name)
        if name == "_strptime":
            return sys.modules[name]  # loaded on behalf of what is written in C
        if level or name not in self._modules:
            raise Doubt(f"module: {name}")
        top = name.partition(".")[0]
        return self._modules[name if wanted else top]

    def _beside(self, name: str) -> ModuleType:
        """A module of the machine's own."""
        if name not in self._loaded:
            path, source = self._job["beside"][name]
            self._names.append(path)
            module = self._loaded[name] = ModuleType(name)
            module.__dict__.update(__builtins__=self._builtins(), __file__=path)
            exec(self._compiled(source, path), module.__dict__)  # noqa: S102 - checked as well
        return self._loaded[name]

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

    # errors

    def _say(self, error: Any) -> Any:
        if isinstance(error, type) and issubclass(error, BaseException):
            error = error()
        if isinstance(error, BaseException):
            self._said.append(error)
        return error

    def _own(self, error: BaseException) -> bool:
        mine = any(error is other for other in self._said) or type(error).__module__ == "__main__"
        return mine or isinstance(error, AssertionError)

    def _caught(self, error: BaseException) -> None:
        """Give an error the words of the wanted version."""
        if self._own(error) or not error.args:
            return
        text = self._wire.ask("gate", type(error).__name__, str(error))
        if text is not None and text != str(error):
            error.args = (text,)

    def _fail(self, error: BaseException) -> None:
        chain: list[dict[str, Any]] = []
        link = ""
        seen: set[int] = set()
        while error is not None and id(error) not in seen:
            seen.add(id(error))
            chain.append(self._told(error, link))
            if error.__cause__ is not None:
                link, error = "cause", error.__cause__
            elif error.__context__ is not None and not error.__suppress_context__:
                link, error = "context", error.__context__
            else:
                break
        finals = [part.pop("error") for part in chain]
        for part, one in zip(chain, finals, strict=True):
            part["final"] = self._final(one)
        self._files.close()
        self._clock.settle()
        self._wire.send(chain=chain[::-1])

    def _told(self, error: BaseException, link: str) -> dict[str, Any]:
        top = error.__traceback__
        while top is not None and top.tb_frame.f_code.co_filename not in self._names:
            top = top.tb_next
        error.__traceback__ = _trimmed(top, self._names, isinstance(error, OSError | EOFError))
        frames = []
        step = error.__traceback__
        while step is not None:
            code = step.tb_frame.f_code
            if code.co_filename not in self._names:
                raise Doubt("frame of a library")
            place = _place(code, step.tb_lasti) if _POSITIONS else (step.tb_lineno, None, None, None)
            frames.append([code.co_filename, step.tb_lineno, *place, code.co_name])
            step = step.tb_next
        stack = traceback.TracebackException(type(error), error, error.__traceback__).stack
        return {
            "link": link,
            "kind": type(error).__name__,
            "text": str(error),
            "own": self._own(error),
            "main": type(error).__module__ == "__main__",
            "frames": frames,
            "shown": stack.format(),
            "error": error,
        }

    def _final(self, error: BaseException) -> str:
        """The error's own line as the interpreter shows it, suggestions included."""
        error.__cause__ = error.__context__ = None
        kept, sys.stderr = sys.stderr, io.StringIO()
        try:
            sys.__excepthook__(type(error), error, error.__traceback__)
            lines = sys.stderr.getvalue().splitlines(keepends=True)
        finally:
            sys.stderr = kept
        start = max((index for index, line in enumerate(lines) if line.startswith('  File "')), default=0) + 1
        while start < len(lines) and lines[start].startswith(("    ", "  [Previous line")):
            start += 1
        return "".join(lines[start:])


def _trimmed(top: TracebackType | None, names: Sequence[str], said: bool) -> TracebackType | None:
    """Without the frames of the machine's shims below the program's own; CPython's are no Python code."""
    if top is None:
        return None
    below = _trimmed(top.tb_next, names, said)
    code = top.tb_frame.f_code
    if below is None and code.co_filename not in names:
        if not code.co_filename.startswith(_SHIMS) or code.co_name in _PYTHON or not said:
            raise Doubt("frame of a library")
        return None
    return TracebackType(below, top.tb_frame, top.tb_lasti, top.tb_lineno)


_SHIMS = __file__.rpartition("/")[0]

_PYTHON = ("makedirs", "read_text", "write_text", "iterdir", "size", "getsize", "absolute")
"""Functions that are Python code in CPython too, whose frames would show."""


def _age(argparse: Any, version: tuple[int, ...]) -> None:
    """Let ``argparse`` write as it did in an earlier version."""
    if version < (3, 10):
        argparse._ = lambda text: "optional arguments" if text == "options" else text
    if version < (3, 9):
        argparse.Namespace._get_kwargs = lambda self: sorted(vars(self).items())


def _place(code: CodeType, at: int) -> tuple[int | None, int | None, int | None, int | None]:
    positions: Any = code
    found: tuple[int | None, int | None, int | None, int | None] = list(positions.co_positions())[at // 2]
    return found


def _plain_sum(items: Any, /, start: Any = 0) -> Any:
    for item in items:
        start = start + item
    return start


def _kept_sum(items: Any, /, start: Any = 0) -> Any:
    lost = 0.0
    for item in items:
        if type(start) is float and type(item) is float:
            total = start + item
            lost += ((start - total) + item) if abs(start) >= abs(item) else ((item - total) + start)
            start = total
        elif type(start) is float and type(item) in (int, bool):
            start += item
        elif type(start) is float:
            start = start + lost + item
            lost = 0.0
        else:
            start = start + item
    return start + lost if lost and lost - lost == 0 else start
