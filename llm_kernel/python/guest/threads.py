"""``threading``, ``queue`` and ``concurrent.futures``: the library's own, on locks and threads that take turns."""

from __future__ import annotations

import _queue
import _thread
import importlib
import sys
from collections import deque
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any

from .clock import Clock
from .turns import Turns
from .world import Doubt

__all__ = ["NEEDING", "threading_on"]

NEEDING = ("threading", "queue", "concurrent.futures")
"""Modules that begin threads or wait for them."""


def threading_on(
    turns: Turns,
    clock: Clock,
    processors: Callable[[], int],
    version: tuple[int, ...],
    ended: Callable[..., str],
) -> Any:
    """The module ``threading``, and the others that import it, made anew with threads of ``turns``.

    ``ended`` gives the traceback of an error that ended one.
    """
    for name in ("threading", *(known for known in sys.modules if known.partition(".")[0] in ("queue", "concurrent"))):
        sys.modules.pop(name, None)
    real = sys.modules["_thread"], sys.modules["_queue"]
    sys.modules["_thread"], sys.modules["_queue"] = _primitives(turns, _failing(ended, version)), _only_empty()
    try:
        made: Any = importlib.import_module("threading")
        queue: Any = importlib.import_module("queue")
    finally:
        sys.modules["_thread"], sys.modules["_queue"] = real
    made._time = queue.time = clock.since
    base: Any = importlib.import_module("concurrent.futures._base")
    pool: Any = importlib.import_module("concurrent.futures.thread")
    base.time, base.LOGGER = clock.module(), _Silent()
    pool.os = ModuleType("os")
    pool.os.cpu_count = pool.os.process_cpu_count = processors
    if version < (3, 10):
        _age(made.Thread)
    return made


def _age(kind: Any) -> None:
    """Name threads as it was before 3.10."""
    plain = kind.__init__

    def begin(self: Any, group: None = None, target: Any = None, name: Any = None, *args: Any, **named: Any) -> None:
        plain(self, group, target, name, *args, **named)
        if not name:
            self._name = self._name.partition(" ")[0]

    kind.__init__ = begin


class _Silent:
    """Where the library would log an error with its traceback."""

    def exception(self, *args: Any) -> None:
        """Of a callback."""
        raise Doubt("an error that nobody awaited")

    critical = exception


def _only_empty() -> ModuleType:
    """Of ``_queue`` what does not wait: the library has the rest in Python."""
    module = ModuleType("_queue")
    module.__dict__["Empty"] = _queue.Empty
    return module


def _failing(ended: Callable[..., str], version: tuple[int, ...]) -> Callable[[Any], None]:
    """What tells of an error that ends a thread."""

    def failed(args: Any) -> None:
        error, kind = args.exc_value, type(args.thread)
        if isinstance(error, Doubt | MemoryError | RecursionError):
            raise error
        base: Any = next(one for one in kind.__mro__ if one.__module__ == "threading")
        if base.__name__ != "Thread":
            raise Doubt("an error that ends a thread")
        if not isinstance(error, SystemExit):
            told = ended(error, plain=kind.run is base.run)
            sys.stderr.write(f"Exception in thread {args.thread.name}:\n{told}" + "\n" * (version < (3, 8)))

    return failed


def _primitives(turns: Turns, failed: Callable[[Any], None]) -> ModuleType:
    """What ``_thread`` is to the library: before 3.13 a thread that ends lets a lock go, later it has a handle."""
    module = ModuleType("_thread")
    lock, lasting = _lock(turns), list[_Handle]()

    def start(function: Callable[..., Any], args: Iterable[Any] = ()) -> int:
        return turns.start(lambda: function(*args)).number

    def sentinel() -> Any:
        made = lock()
        turns.current.ended.append(lambda: made.release() if made.locked() else None)
        return made

    def start_joinable(function: Callable[..., Any], handle: _Handle, daemon: bool = True) -> None:
        began = turns.start(function)
        handle.ident = began.number
        began.ended.append(handle._set_done)
        if not daemon:
            lasting.append(handle)

    def ended() -> None:
        for handle in lasting:
            handle.join()

    number: Callable[[], int] = lambda: turns.current.number  # noqa: E731
    first = number()
    module.__dict__.update(
        {name: getattr(_thread, name) for name in ("error", "TIMEOUT_MAX", "_local", "_ExceptHookArgs", "stack_size")},
        allocate_lock=lock, LockType=lock, lock=lock, start_new_thread=start, _set_sentinel=sentinel,
        start_joinable_thread=start_joinable, daemon_threads_allowed=lambda: True, _shutdown=ended,
        _make_thread_handle=lambda ident: _Handle(turns, ident), _ThreadHandle=lambda: _Handle(turns),
        _get_main_thread_ident=lambda: first, _is_main_interpreter=lambda: True, _excepthook=failed,
        get_ident=number, get_native_id=number,
    )  # fmt: skip
    return module


class _Handle:
    """A thread that can be joined."""

    def __init__(self, turns: Turns, ident: int = 0) -> None:
        self._turns, self.ident = turns, ident
        self._done = False
        self._line: deque[Any] = deque()

    def is_done(self) -> bool:
        """Whether it has ended."""
        return self._done

    def _set_done(self) -> None:
        self._done = True
        while self._line:
            self._turns.wake(self._line)

    def join(self, timeout: float | None = None) -> None:
        """Wait for its end, or for so long."""
        if not self._done:
            self._turns.wait(self._line, None if timeout is None or timeout < 0 else timeout)


def _lock(turns: Turns) -> Any:
    """The type of locks that take turns, which looks like the library's."""

    class Lock:
        __slots__ = ("__weakref__", "_held", "_line")

        def __init__(self) -> None:
            self._held = False
            self._line: deque[Any] = deque()

        def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
            if not blocking and timeout != -1:
                raise ValueError("can't specify a timeout for a non-blocking call")
            if timeout < 0 and timeout != -1:
                raise ValueError("timeout value must be a non-negative number")
            end = None if timeout == -1 else turns.now() + timeout
            while self._held:
                if not blocking or (end is not None and turns.now() >= end):
                    return False
                turns.wait(self._line, None if end is None else end - turns.now())
            self._held = True
            return True

        def release(self) -> None:
            if not self._held:
                raise RuntimeError("release unlocked lock")
            self._held = False
            turns.wake(self._line)

        def locked(self) -> bool:
            return self._held

        def __enter__(self) -> bool:
            return self.acquire()

        def __exit__(self, *error: Any) -> None:
            self.release()

        def __repr__(self) -> str:
            return f"<{'' if self._held else 'un'}locked _thread.lock object at 0x{id(self):x}>"

        def _at_fork_reinit(self) -> None:
            raise Doubt("a fork")

    Lock.__module__, Lock.__name__, Lock.__qualname__ = "_thread", "lock", "lock"
    return Lock
