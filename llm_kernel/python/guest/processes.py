"""``multiprocessing`` and ``ProcessPoolExecutor``: what each process would do is done in turn, on copies of plain data.

What would show that there is one process only (changed names, sleeps, output of a pool's workers) is doubted.
"""

from __future__ import annotations

import sys
import types
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import ModuleType
from typing import Any

from .clock import Clock
from .guards import Reach
from .wire import Wire
from .world import Doubt

__all__ = ["Processes"]

_PLAIN = (int, float, complex, bool, str, bytes, type(None))
_EXECUTOR = "ProcessPoolExecutor"
_MOST = 64
"""Processes that are waited for at one time."""


def _copied(value: Any) -> Any:
    """What comes out of a pipe for what was put in."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind in (list, tuple, set, frozenset):
        return kind([_copied(item) for item in value])
    if kind is dict:
        return {_copied(key): _copied(item) for key, item in value.items()}
    raise Doubt("an object on its way to another process")


class _Quiet:
    """Where a process would write in an order that differs from run to run, or between a terminal and a pipe."""

    def __getattr__(self, name: str) -> Any:
        raise Doubt("output of several processes")


class Processes:
    """The processes of one run; ``names`` are the program's own, which none of them changes for the others."""

    def __init__(self, wire: Wire, clock: Clock, reach: Reach, processors: Callable[[], int]) -> None:
        self._wire, self._clock, self._reach, self._processors = wire, clock, reach, processors
        self._beside = 0
        self.waiting: deque[_Process] = deque()
        self._inside = False

    def modules(self) -> dict[str, ModuleType]:
        """What a program imports of them."""
        found = ModuleType("multiprocessing")

        def pool(processes: int | None = None) -> _Pool:
            if processes is not None and processes < 1:
                raise ValueError("Number of processes must be at least 1")
            return _Pool(self)

        def process(*, target: Any = None, args: Iterable[Any] = (), kwargs: Mapping[str, Any] | None = None) -> Any:
            return _Process(self, target, tuple(args), dict(kwargs or {}))

        found.__dict__.update(
            Pool=pool, Process=process, Queue=lambda: _Queue(self), cpu_count=self._processors, Lock=_Lock
        )
        return {"multiprocessing": found}

    def beside(self, futures: ModuleType) -> ModuleType:
        """``concurrent.futures`` with their executor."""
        found = ModuleType(futures.__name__)
        found.__dict__.update({name: getattr(futures, name) for name in futures.__all__ if name != _EXECUTOR})
        setattr(found, _EXECUTOR, self.executor)
        return found

    def executor(self, max_workers: int | None = None) -> _Executor:
        """``concurrent.futures.ProcessPoolExecutor``."""
        if max_workers is not None and max_workers < 1:
            raise ValueError("max_workers must be greater than 0")
        return _Executor(self)

    def begin(self, process: _Process) -> None:
        """One more that runs when somebody waits."""
        if self._inside or len(self.waiting) >= _MOST:
            raise Doubt("processes of processes")
        process.after = self._wire.written - self._beside
        self.waiting.append(process)

    def go_on(self) -> None:
        """Let all that began come to their end."""
        while self.waiting:
            process, before = self.waiting.popleft(), self._wire.written
            self._apart(process.work, quiet=process.after != before - self._beside)
            self._beside += self._wire.written - before
            process.done = True

    def pooled(self, function: Any, calls: Iterable[tuple[tuple[Any, ...], dict[str, Any]]]) -> list[Any]:
        """What workers of a pool give back."""
        named = getattr(function, "__qualname__", "<")
        if "<" in named or not (self._reach.own(function) or isinstance(function, types.BuiltinFunctionType | type)):
            raise Doubt("a function that has no name for another process")
        given = [(_copied(args), _copied(words)) for args, words in calls]
        found: list[Any] = self._apart(lambda: [_copied(function(*args, **words)) for args, words in given], quiet=True)
        return found

    def _apart(self, work: Callable[[], Any], *, quiet: bool) -> Any:
        """Do what another process would: it waits for nobody, fails not, and leaves the program's names alone."""
        if self._inside:
            raise Doubt("processes of processes")
        names = vars(sys.modules["__main__"])
        before, pause, streams = _frozen(names, {}), self._clock.pause, (sys.stdout, sys.stderr)
        self._clock.pause, self._inside = _doubted, True
        if quiet:
            sys.stdout = sys.stderr = _Quiet()
        try:
            found = work()
        except (Doubt, MemoryError, RecursionError):
            raise
        except BaseException as error:
            raise Doubt("an error in another process") from error
        finally:
            self._clock.pause, self._inside = pause, False
            sys.stdout, sys.stderr = streams
        if _frozen(names, {}) != before:
            raise Doubt("what another process changes for itself")
        return found


def _doubted(seconds: float) -> None:
    raise Doubt("sleeps of several processes")


def _frozen(value: Any, seen: dict[int, int]) -> Any:
    """What a value holds, to be compared with what it holds later; ``seen`` numbers what was met."""
    if type(value) in _PLAIN:
        return value
    if id(value) in seen:
        return seen[id(value)]
    seen[id(value)] = len(seen)
    if isinstance(value, Mapping):
        return [type(value), [(key, _frozen(item, seen)) for key, item in value.items() if key != "__builtins__"]]
    if isinstance(value, list | tuple | deque):
        return [type(value), [_frozen(item, seen) for item in value]]
    if isinstance(value, set | frozenset | bytearray):
        return [type(value), value.copy()]
    if isinstance(value, types.ModuleType | types.FunctionType | types.BuiltinFunctionType | _Closed):
        return id(value)
    held = getattr(value, "__dict__", None)
    if held is None and type(value).__module__ == "__main__":
        raise Doubt("what slots of an object hold")
    return [id(value), _frozen(dict(held), seen) if held is not None else None]


class _Closed:
    """What has more to it than is known here."""

    def __getattr__(self, name: str) -> Any:
        raise Doubt(f"attribute of a process: {name}")


class _Process(_Closed):
    """``multiprocessing.Process``."""

    def __init__(self, run: Processes, target: Any, args: tuple[Any, ...], words: dict[str, Any]) -> None:
        self._run, self._target, self._args, self._words = run, target, args, words
        self.done = self._begun = False
        self.after = 0

    def start(self) -> None:
        """Begin."""
        if self._begun:
            raise Doubt("a process that begins again")
        self._begun = True
        self._run.begin(self)

    def work(self) -> None:
        """What it is for."""
        if self._target is not None:
            kept = [one if isinstance(one, _Queue | _Lock) else _copied(one) for one in self._args]
            self._target(*kept, **_copied(self._words))

    def join(self, timeout: float | None = None) -> None:
        """Wait for its end."""
        if not self._begun:
            raise Doubt("a process that never began")
        self._run.go_on()

    @property
    def exitcode(self) -> int | None:
        """Its status."""
        return 0 if self._known() else None

    def is_alive(self) -> bool:
        """Whether it runs."""
        return not self._known()

    def _known(self) -> bool:
        if self._begun and not self.done:
            raise Doubt("whether a process has ended")
        return self.done


class _Queue(_Closed):
    """``multiprocessing.Queue``."""

    def __init__(self, run: Processes) -> None:
        self._run = run
        self._items: deque[Any] = deque()

    def put(self, item: Any) -> None:
        """Add one at the end."""
        self._items.append(_copied(item))

    def get(self) -> Any:
        """Take the first, when there is one."""
        if not self._items:
            self._run.go_on()
        if not self._items:
            raise Doubt("a wait without end")
        return self._items.popleft()

    def empty(self) -> bool:
        """Whether there is none."""
        if self._run.waiting:
            raise Doubt("whether a process has ended")
        return not self._items


class _Lock(_Closed):
    """``multiprocessing.Lock``, which nobody else holds."""

    def __enter__(self) -> bool:
        return True

    def __exit__(self, *error: Any) -> None:
        pass


class _Promise(_Closed):
    """What a worker will have given back."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def get(self, timeout: float | None = None) -> Any:
        """Wait for it."""
        return self._value

    result = get


class _Workers(_Closed):
    def __init__(self, run: Processes) -> None:
        self._run, self._open = run, True

    def _each(self, function: Any, calls: Iterable[tuple[Any, ...]]) -> list[Any]:
        if not self._open:
            raise Doubt("a pool that is closed")
        return self._run.pooled(function, [(args, {}) for args in calls])

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *error: Any) -> None:
        self._open = False


class _Pool(_Workers):
    """``multiprocessing.Pool``."""

    def map(self, func: Any, iterable: Iterable[Any], chunksize: int | None = None) -> list[Any]:
        """The results in order."""
        return self._each(func, [(item,) for item in iterable])

    def starmap(self, func: Any, iterable: Iterable[Any], chunksize: int | None = None) -> list[Any]:
        """The results in order, of several arguments each."""
        return self._each(func, [tuple(item) for item in iterable])

    def imap(self, func: Any, iterable: Iterable[Any], chunksize: int = 1) -> Iterator[Any]:
        """The results one by one."""
        return iter(self.map(func, iterable))

    def apply(self, func: Any, args: tuple[Any, ...] = (), kwds: Mapping[str, Any] | None = None) -> Any:
        """The result of one call."""
        return self._run.pooled(func, [(tuple(args), dict(kwds or {}))])[0]

    def apply_async(self, func: Any, args: tuple[Any, ...] = (), kwds: Mapping[str, Any] | None = None) -> _Promise:
        """The result of one call, later."""
        return _Promise(self.apply(func, args, kwds))

    def map_async(self, func: Any, iterable: Iterable[Any], chunksize: int | None = None) -> _Promise:
        """The results in order, later."""
        return _Promise(self.map(func, iterable))

    def close(self) -> None:
        """Take no more work."""
        self._open = False

    def join(self) -> None:
        """Wait for the workers to end."""
        if self._open:
            raise ValueError("Pool is still running")

    terminate = close


class _Executor(_Workers):
    """``concurrent.futures.ProcessPoolExecutor``."""

    def map(self, fn: Any, *iterables: Iterable[Any], chunksize: int = 1) -> Iterator[Any]:
        """The results in order."""
        return iter(self._each(fn, list(zip(*iterables, strict=False))))

    def submit(self, fn: Any, /, *args: Any, **words: Any) -> _Promise:
        """The result of one call, later."""
        return _Promise(self._run.pooled(fn, [(args, words)])[0])

    def shutdown(self, wait: bool = True) -> None:
        """Take no more work."""
        self._open = False
