"""One run of a script in the sandbox: pydantic-monty's interpreter in a process of its own, without the host.

It gets no file, no clock, no chance and no network; what it may ask is answered here from the machine.
"""

from __future__ import annotations

import ast
import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from pydantic_monty import AsyncMonty, MontyCrashedError, MontyError, MontyRuntimeError, ResourceLimits

from llm_kernel.python.disk import Disk
from llm_kernel.python.edits import apply
from llm_kernel.python.faults import Fault, wording
from llm_kernel.python.frames import Shown, traced
from llm_kernel.python.rewrite import PRELUDE, SUM, SUM_SINCE_12, Rewriter
from llm_kernel.python.script import Script, Unsure
from llm_kernel.python.subset import check

__all__ = ["Limits", "Outcome", "Piece", "Sandbox"]

Piece: TypeAlias = tuple[Literal["stdout", "stderr"], str] | float
"""What a run does in order: text to a stream, or seconds of sleep."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may use: seconds of computing, bytes of memory, characters of output, calls to the host.

    The interpreter of our own counts ``steps``; it is ended after ``patience`` seconds at the latest.
    """

    seconds: float = 2.0
    patience: float = 10.0
    steps: int = 1_000_000
    memory: int = 200_000_000
    output: int = 4_000_000
    calls: int = 200_000
    depth: int = 900


@dataclass(frozen=True, slots=True)
class Outcome:
    """A run to its end: what it wrote and slept, its exit status, and the files as it left them."""

    pieces: tuple[Piece, ...]
    status: int
    disk: Disk


class _Stop(BaseException):
    """Ends a run from within a call to the host."""


class Sandbox:
    """Runs scripts within ``limits``. Its worker is started by the first run and kept until ``close``."""

    def __init__(self, limits: Limits = Limits()) -> None:
        self._limits = limits
        self._pool: AsyncMonty | None = None
        self._home: asyncio.AbstractEventLoop | None = None

    async def close(self) -> None:
        """End the worker."""
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.__aexit__(None, None, None)

    async def _worker(self) -> AsyncMonty:
        """The worker of this event loop, started where there is none yet."""
        if self._pool is None or self._home is not asyncio.get_running_loop():
            made = AsyncMonty(
                max_processes=_WORKERS, max_checkouts_per_worker=_RUNS, request_timeout=self._limits.seconds + 1.0
            )
            self._pool, self._home = await made.__aenter__(), asyncio.get_running_loop()
        return self._pool

    async def run(
        self, script: Script, tree: ast.Module, disk: Disk, stdin: str, seed: str, facts: Mapping[ast.AST, str]
    ) -> Outcome:
        """Run ``script``, whose syntax is ``tree``, on ``disk``; nothing outside is changed.

        ``facts`` are nodes of ``tree`` and the text that takes their place.

        Raises:
            Unsure: where the result is not certainly CPython's.
        """
        first = _Run(script, tree, disk, stdin, self._limits, facts)
        check(script, tree, first.replaced)
        try:
            return await self._go(first, seed)
        except _Types:
            again = _Run(script, tree, disk.fresh(), stdin, self._limits, facts, typed=True)
            return await self._go(again, seed)

    async def _go(self, run: _Run, seed: str) -> Outcome:
        whole = False
        try:
            outcome = await run.go(await self._worker(), seed)
            whole = True
            return outcome
        except _Types:
            whole = True
            raise
        finally:
            if not whole:  # interrupted or beyond a limit: nothing of this worker is used again
                await self.close()


_WORKERS = 4
"""Scripts that are computed at one time."""

_RUNS = 100
"""Scripts after which a worker is replaced by a new one."""


_FLOAT = re.compile(r"(?<![\w.])\d+\.\d+(?:e[+-]\d+)?(?![\w.])")
_LONG = 15
"""Digits from which on two texts of a float can be equally short and near: CPython takes the even one."""


def _even(found: re.Match[str]) -> str:
    """A float as CPython writes it, where the sandbox took the other of two equally near texts."""
    text = found[0]
    if len(text) <= _LONG:
        return text
    said = repr(float(text))
    return said if len(said) == len(text) and said[:-1] == text[:-1] else text


def _own(frame: Shown, kind: str) -> bool:
    """Whether the error is the one that the frame's statement makes."""
    return frame.node is frame.statement or kind == "AssertionError"


class _Types(Exception):  # noqa: N818
    """Something failed, and what that says depends on types that were not noted: run again and note them."""


class _Run:
    def __init__(
        self,
        script: Script,
        tree: ast.Module,
        disk: Disk,
        stdin: str,
        limits: Limits,
        facts: Mapping[ast.AST, str],
        *,
        typed: bool = False,
    ) -> None:
        self.script, self.tree, self.disk, self._limits, self._typed = script, tree, disk, limits, typed
        self._stdin = stdin.splitlines(keepends=True)
        self._rewriter = Rewriter(script, tree, facts, typed=typed)
        self.replaced = self._rewriter.replaced
        self._code, self._runs = apply(script.source, self._rewriter.edits)
        self._pieces: list[Piece] = []
        self._length = 0
        self._status: int | None = None
        self._doubt = ""
        self._wants_types = False

    async def go(self, pool: AsyncMonty, seed: str) -> Outcome:
        limits: ResourceLimits = {
            "max_feed_duration_secs": self._limits.seconds,
            "max_memory": self._limits.memory,
            "max_recursion_depth": self._limits.depth,
            "max_suspensions": self._limits.calls,
        }
        policy: Any = {"datetime": "call_host", "sleep": "call_host", "random_start": {"seed": seed}}
        fault: MontyRuntimeError | None = None
        last: Any = None
        try:
            async with pool.checkout(limits=limits, os_policy=policy, assert_message_annotations=False) as session:
                await session.feed_run(PRELUDE + (SUM if self.script.version < (3, 12) else SUM_SINCE_12))
                try:
                    await session.feed_run(
                        self._code,
                        external_lookup=self._names(),
                        print_callback=self._print,
                        cwd=self.disk.cwd,
                        os=self._os,
                    )
                except MontyRuntimeError as err:
                    fault = err
                    if self._typed and self._status is None:
                        last = await session.feed_run("_last")
        except MontyCrashedError as err:
            raise Unsure(f"crash: {err}") from err
        except MontyError as err:
            raise Unsure(f"{type(err).__name__}: {err}") from err
        if self._wants_types:
            raise _Types
        if self._doubt:
            raise Unsure(self._doubt)
        if self._status is None:
            self._status = 0 if fault is None else self._fail(fault, last)
        self._check_output()
        pieces = (
            piece if isinstance(piece, float) else (piece[0], _FLOAT.sub(_even, piece[1])) for piece in self._pieces
        )
        return Outcome(tuple(pieces), self._status, self.disk)

    def _fail(self, error: MontyRuntimeError, last: Any) -> int:
        """Word an error that nothing caught; the exit status."""
        frames = traced(error, self.script, self.tree, self._code, self._runs)
        kind, text = error.display("type-msg").partition(":")[0], str(error.exception())
        raised = isinstance(frames[-1].statement, ast.Raise | ast.Assert | ast.Import) and _own(frames[-1], kind)
        fault = Fault(
            kind,
            text,
            raised=raised,
            node=frames[-1].node,
            floats=last[0][1] if last and last[0] else None,
            key=tuple(last[1]) if last and last[1] else None,
        )
        if not raised and last is None and self._wants(fault):
            raise _Types
        said = wording(fault, self.script, self.tree)
        lines = ["Traceback (most recent call last):\n", *(frame.shown(self.script) for frame in frames)]
        self._pieces.append(("stderr", "".join(lines) + said + "\n"))
        return 1

    def _wants(self, fault: Fault) -> bool:
        """Whether an error's text depends on what only a second run notes."""
        if fault.kind == "KeyError":
            return isinstance(fault.node, ast.Subscript) and not isinstance(fault.node.slice, ast.Constant)
        return fault.kind == "ZeroDivisionError" and self.script.version < (3, 14)

    def _check_output(self) -> None:
        for piece in self._pieces:
            if isinstance(piece, tuple) and (" at 0x" in piece[1] or "onty" in piece[1]):
                raise Unsure("an address in the output")

    # what the script asks

    def _names(self) -> dict[str, Any]:
        return {
            "_argv": list(self.script.argv),
            "_exit": self._exit,
            "_path": self.disk.spell,
            "_gate": self._gate,
            "_round": self._round,
            "_stdin_read": self._stdin_read,
            "_stdin_line": self._stdin_line,
            "_stdin_lines": self._stdin_lines,
            "_stdout_write": lambda text: self._write("stdout", text),
            "_stderr_write": lambda text: self._write("stderr", text),
            "_flush": lambda: None,
            "input": self._input,
        }

    def _doubtful(self, why: str) -> _Stop:
        self._doubt = self._doubt or why
        return _Stop(why)

    def _print(self, stream: Literal["stdout", "stderr"], text: str) -> None:
        self._length += len(text)
        if self._length > self._limits.output:
            raise self._doubtful("too much output")
        self._pieces.append((stream, text))

    def _write(self, stream: Literal["stdout", "stderr"], text: Any) -> int:
        if not isinstance(text, str):
            raise self._doubtful("write of no string")
        self._print(stream, text)
        return len(text)

    def _exit(self, status: Any = None) -> None:
        if status is None or isinstance(status, int):
            self._status = int(status or 0) & 0xFF
        elif isinstance(status, str):
            self._print("stderr", status + "\n")
            self._status = 1
        else:
            raise self._doubtful("exit status")
        raise _Stop("exit")

    def _gate(self, kind: str, text: str, named: bool, raised: bool, last: Any) -> str:
        """An error that the script caught: its own words go on, CPython's of this version are known, others end it."""
        if self._status is not None:
            raise self._doubtful("exit caught")
        if kind == "ZeroDivisionError" and not raised and named and last is None and self.script.version < (3, 14):
            self._wants_types = True
            raise _Stop("types")
        node = self._rewriter.divisions[last[0]] if last else None
        fault = Fault(kind, text, raised=raised, node=node, floats=last[1] if last else None, caught=True)
        try:
            said = wording(fault, self.script, self.tree).partition(": ")[2]
        except Unsure as err:
            raise self._doubtful(f"caught {err}") from err
        if named and said != text and kind not in ("TypeError", "ValueError", "ZeroDivisionError"):
            raise self._doubtful(f"caught {kind}: {text}")
        return said

    def _round(self, number: Any, digits: Any) -> Any:
        if not isinstance(number, int | float) or not isinstance(digits, int | None):
            raise self._doubtful("round")
        try:
            return round(number) if digits is None else round(number, digits)
        except (ValueError, OverflowError) as err:
            raise self._doubtful("round") from err

    def _input(self, prompt: Any = "") -> str:
        if not isinstance(prompt, str):
            raise self._doubtful("prompt")
        if not self._stdin:
            raise self._doubtful("input at end of file")
        self._print("stdout", prompt)
        return self._stdin.pop(0).rstrip("\n")

    def _stdin_read(self) -> str:
        text = "".join(self._stdin)
        self._stdin.clear()
        return text

    def _stdin_line(self) -> str:
        return self._stdin.pop(0) if self._stdin else ""

    def _stdin_lines(self) -> list[str]:
        lines = list(self._stdin)
        self._stdin.clear()
        return lines

    def _os(self, *, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], **_: Any) -> Any:
        if name == "time.sleep":
            self._pieces.append(float(args[0]))
            return None
        answer: Callable[..., Any] | None = self.disk.calls().get(name)
        if answer is None:
            raise self._doubtful(f"system call {name}")
        try:
            return answer(*args, **kwargs)
        except Unsure as err:
            raise self._doubtful(str(err)) from err
