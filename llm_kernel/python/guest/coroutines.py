"""Coroutines: what is awaited is asked as a generator asks what it yields from; the library's own loop carries them."""

from __future__ import annotations

import ast
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Generator
from typing import Any

from .code import BREAK, CONTINUE, Goes, expression
from .frames import Frame
from .generators import STATEMENTS, going
from .handlers import departing
from .scopes import Scope
from .stops import Item, asked, awaited
from .targets import assign
from .world import Doubt

__all__ = ["Routine", "Routines", "Stream"]


class Routine(Coroutine[Any, Any, Any]):
    """What a call of an ``async def`` gives; ``begun`` is told when it is, for Python warns of one that never was."""

    def __init__(
        self, steps: Generator[Any, Any, Any], called: str, word: str, begun: Callable[[Routine], Any]
    ) -> None:
        self._steps, self._begun = steps, begun
        self.__name__, self.__qualname__ = called, word

    def send(self, value: Any) -> Any:
        """Go on with the value of what was awaited."""
        self._begun(self)
        return self._steps.send(value)

    def throw(self, *error: Any) -> Any:
        """Go on with an error."""
        self._begun(self)
        return self._steps.throw(*error)

    def close(self) -> None:
        """End it."""
        self._begun(self)
        self._steps.close()

    def __await__(self) -> Generator[Any, Any, Any]:
        self._begun(self)
        return self._steps

    def __repr__(self) -> str:
        return f"<coroutine object {self.__qualname__} at 0x{id(self):x}>"


class _Step(Awaitable[Any]):
    """One step of a stream, to be awaited."""

    def __init__(self, going: Generator[Any, Any, Any]) -> None:
        self._going = going

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._going


class Stream(AsyncGenerator[Any, Any]):
    """What a call of an ``async def`` that yields gives; ``ended`` is told when nothing more can come of it."""

    def __init__(self, steps: Generator[Any, Any, Any], called: str, word: str, ended: Callable[[Stream], Any]) -> None:
        self._steps, self._ended = steps, ended
        self.__name__, self.__qualname__ = called, word

    def asend(self, value: Any) -> Any:
        """Go on with the value of the ``yield`` at which it stands."""
        return _Step(self._going(lambda: self._steps.send(value)))

    def athrow(self, *error: Any) -> Any:
        """Go on with an error."""
        return _Step(self._going(lambda: self._steps.throw(*error)))

    def aclose(self) -> Any:
        """End it."""
        return _Step(self._closing())

    def _closing(self) -> Generator[Any, Any, None]:
        try:
            yield from self._going(lambda: self._steps.throw(GeneratorExit()))
        except (GeneratorExit, StopAsyncIteration):
            return
        raise RuntimeError("async generator ignored GeneratorExit")

    def _going(self, step: Callable[[], Any]) -> Generator[Any, Any, Any]:
        """Await what the steps await, up to the next item."""
        try:
            got = step()
            while type(got) is not Item:
                try:
                    sent = yield got
                except BaseException as error:
                    got = self._steps.throw(error)
                else:
                    got = self._steps.send(sent)
        except StopIteration:
            self._ended(self)
            raise StopAsyncIteration from None
        except BaseException:
            self._ended(self)
            raise
        return got.value

    def __repr__(self) -> str:
        return f"<async_generator object {self.__qualname__} at 0x{id(self):x}>"


class Routines:
    """The coroutines of one run, of which none may be left that was never begun, nor a stream that has to clean up."""

    def __init__(self) -> None:
        self._idle: dict[int, Routine] = {}
        self._open: dict[int, Stream] = {}

    def made(self, steps: Generator[Any, Any, Any], called: str, word: str) -> Routine:
        """One more."""
        routine = Routine(steps, called, word, lambda one: self._idle.pop(id(one), None))
        self._idle[id(routine)] = routine
        return routine

    def streaming(self, steps: Generator[Any, Any, Any], called: str, word: str, *, cleans: bool) -> Stream:
        """An asynchronous generator; one that ``cleans`` up must come to its end, for Python chooses when."""
        stream = Stream(steps, called, word, lambda one: self._open.pop(id(one), None))
        if cleans:
            self._open[id(stream)] = stream
        return stream

    def close(self) -> None:
        """Doubt one that was never awaited, of which Python warns."""
        if self._open:
            raise Doubt("an asynchronous generator that was left")
        if self._idle:
            raise Doubt("a coroutine that was never awaited")


def _entered(manager: Any) -> tuple[Any, Any]:
    kind = type(manager)
    if not hasattr(kind, "__aenter__") or not hasattr(kind, "__aexit__"):
        raise Doubt("async with what is no context manager")
    return kind.__aenter__, kind.__aexit__


def _with(node: ast.AsyncWith, scope: Scope) -> Goes:
    item, *more = node.items
    inner = [ast.copy_location(ast.AsyncWith(more, node.body), node)] if more else node.body
    manager, body = expression(item.context_expr, scope), going(inner, scope)
    keep = assign(item.optional_vars, scope) if item.optional_vars else None

    def run(frame: Frame) -> Generator[Any, Any, Any]:
        owner = manager(frame)
        frame.node = item.context_expr
        enter, leave = _entered(owner)
        value = yield from awaited(enter(owner))
        try:
            if keep is not None:
                keep(frame, value)
            signal = yield from body(frame)
        except BaseException as error:
            way = departing(frame, error, node)
            if not (yield from awaited(leave(owner, type(error), error, None))):
                frame.module.run.restored(error, way, frame)
                raise
            return None
        frame.node = node
        yield from awaited(leave(owner, None, None, None))
        return signal

    return run


def _for(node: ast.AsyncFor, scope: Scope) -> Goes:
    items, keep = expression(node.iter, scope), assign(node.target, scope)
    body, other = going(node.body, scope), going(node.orelse, scope)

    def run(frame: Frame) -> Generator[Any, Any, Any]:
        values = items(frame)
        frame.node = node.iter
        following = asked(values)
        while True:
            frame.node = node
            try:
                value = yield from following()
            except StopAsyncIteration:
                break
            frame.module.run.step()
            keep(frame, value)
            signal = yield from body(frame)
            if signal is BREAK:
                return None
            if signal is not None and signal is not CONTINUE:
                return signal
        return (yield from other(frame))

    return run


STATEMENTS[ast.AsyncWith] = _with
STATEMENTS[ast.AsyncFor] = _for
