"""One run of a checked program by this interpreter, in a process that the operating system lets do nothing else.

The process has two pipes. What the program asks of its files and its terminal comes through them and is answered from
the machine; a filter of the system's kernel refuses every other call, before the program's first line.
"""

from __future__ import annotations

import ast
import asyncio
import base64
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from llm_kernel.python.disk import Disk
from llm_kernel.python.policy import Needs, judged
from llm_kernel.python.sandbox import Limits, Outcome, Piece
from llm_kernel.python.script import Script, Unsure
from llm_kernel.python.told import OURS, Told, gate

__all__ = ["Confined", "Place"]

_HERE = Path(__file__).parent
_START = "import sys; sys.path.insert(0, sys.argv[1]); from guest.run import main; main()"
_LINE = 1 << 24

Typed: TypeAlias = "Callable[[Sequence[Piece], str], Awaitable[str | None]]"
"""Shows what was written so far and a prompt, and gives the line that a person types; None at end of file."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a program runs: the machine's clock, environment and Python, seen from outside."""

    now: float
    offset: float = 0.0
    environ: Mapping[str, str] = field(default_factory=dict)
    home: str = "/root"
    executable: str = "/usr/bin/python3"


class Confined:
    """Runs programs within ``limits``, where the system has the filter."""

    def __init__(self, limits: Limits = Limits()) -> None:
        self._limits = limits

    async def run(
        self, script: Script, tree: ast.Module, disk: Disk, stdin: str | Typed, seed: str, place: Place
    ) -> Outcome:
        """Run ``script``, whose syntax is ``tree``, on ``disk``; nothing outside is changed.

        ``stdin`` is its text, or the person at the terminal.

        Raises:
            Unsure: where the result is not certainly CPython's.
        """
        needs = judged(script, tree)
        beside = _beside(script, needs, disk)
        job = self._job(script, needs, beside, disk, stdin, seed, place)
        return await _Guest(script, tree, disk, stdin, self._limits).serve(job, _number(seed))

    def _job(
        self,
        script: Script,
        needs: Needs,
        beside: Mapping[str, tuple[str, str]],
        disk: Disk,
        stdin: str | Typed,
        seed: str,
        place: Place,
    ) -> dict[str, Any]:
        library = set(needs.library)
        for path, source in beside.values():
            script = Script(source, path, script.argv, script.version, path)
            library |= judged(script, script.parsed()).library
        return {
            "version": script.version,
            "modules": sorted(library - {"os", "os.path", "sys", "time"}),
            "uses": sorted(library),
            "beside": dict(beside),
            "clock": bool(library & {"time", "datetime"}),
            "stdin": stdin if isinstance(stdin, str) else None,
            "argv": script.argv,
            "cwd": disk.cwd,
            "seed": seed,
            "begin": 0.012 + int(_number(seed)) % 20011 / 1e6,
            "now": place.now,
            "offset": place.offset,
            "environ": dict(place.environ),
            "home": place.home,
            "executable": place.executable,
            "memory": self._limits.memory + 300_000_000,
            "seconds": int(self._limits.seconds) + 1,
        }


def _number(seed: str) -> str:
    """The seed of texts' hashes, which order the printed items of sets."""
    return str(sum(byte * 131**place for place, byte in enumerate(seed.encode())) % 4294967296)


def _beside(script: Script, needs: Needs, disk: Disk) -> dict[str, tuple[str, str]]:
    """The machine's own modules beside the script, by name: path and source."""
    found: dict[str, tuple[str, str]] = {}
    folder = script.path.rpartition("/")[0] if script.path else disk.cwd
    todo = [*needs.others, *needs.library]
    while todo:
        name = todo.pop()
        path = f"{folder}/{name}.py"
        if name in found or disk.kind(path) != "file":
            if name not in found and (name in needs.others or disk.kind(f"{folder}/{name}")):
                raise Unsure(f"module: {name}")
            continue
        if name in needs.library:
            raise Unsure(f"module with a library's name: {name}")
        try:
            source = disk.opened(path, "r").decode()
        except (OSError, UnicodeDecodeError) as err:
            raise Unsure(f"module: {name}") from err
        found[name] = (path, source)
        inner = Script(source, path, script.argv, script.version, path)
        todo += judged(inner, inner.parsed()).others
    return found


class _Guest:
    """One process and the talk with it."""

    def __init__(self, script: Script, tree: ast.Module, disk: Disk, stdin: str | Typed, limits: Limits) -> None:
        self._script, self._tree, self._disk, self._stdin, self._limits = script, tree, disk, stdin, limits
        self._pieces: list[Piece] = []
        self._length = self._calls = 0
        self._waited = 0.0

    async def serve(self, job: dict[str, Any], seed: str) -> Outcome:
        """Run the job to its end."""
        job = {**job, "source": self._script.source, "name": self._script.name, "path": self._script.path}
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-S", "-s", "-X", "utf8", "-c", _START, str(_HERE)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={"PYTHONHASHSEED": seed},
            cwd="/",
            limit=_LINE,
        )
        ended = False
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            self._say(process.stdin, job)
            loop = asyncio.get_running_loop()
            began = loop.time()
            while True:
                left = self._limits.seconds + 1.0 + self._waited - (loop.time() - began)
                line = await asyncio.wait_for(process.stdout.readline(), max(left, 0.001))
                if not line:
                    ended = True
                    raise Unsure("the process ended")
                end = await self._heard(json.loads(line), process.stdin)
                if end is not None:
                    ended = True
                    return end
        except (asyncio.TimeoutError, ValueError) as err:
            raise Unsure("time") from err
        finally:
            if not ended and process.returncode is None:
                with suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGKILL)
            process.stdin.close()
            await process.wait()

    @staticmethod
    def _say(pipe: asyncio.StreamWriter, value: Mapping[str, Any]) -> None:
        pipe.write(json.dumps(value).encode() + b"\n")

    async def _heard(self, said: Mapping[str, Any], pipe: asyncio.StreamWriter) -> Outcome | None:
        match said:
            case {"texts": texts}:
                for stream, text in texts:
                    self._length += len(text)
                    self._pieces.append((stream, text))
                if self._length > self._limits.output:
                    raise Unsure("too much output")
            case {"sleep": seconds}:
                self._pieces.append(float(seconds))
            case {"ask": name, "args": args}:
                self._calls += 1
                if self._calls > self._limits.calls:
                    raise Unsure("too many calls")
                self._say(pipe, await self._answer(name, args))
            case {"status": status}:
                return self._outcome(int(status))
            case {"chain": chain}:
                self._pieces.append(("stderr", Told(self._script, self._tree).traceback(chain)))
                return self._outcome(1)
            case {"doubt": why}:
                raise Unsure(str(why))
        return None

    async def _answer(self, name: str, args: list[Any]) -> dict[str, Any]:
        disk = self._disk
        try:
            match name, args:
                case "open", [str(path), str(mode)]:
                    return {"ok": base64.b64encode(disk.opened(path, mode)).decode()}
                case "write", [str(path), str(data)]:
                    disk.save(path, base64.b64decode(data))
                    return {"ok": None}
                case (("kind" | "size" | "listdir" | "mkdir" | "makedirs" | "remove"), [str(path)]):
                    return {"ok": getattr(disk, name)(path)}
                case "gate", [str(kind), str(text)]:
                    return {"ok": gate(kind, text, self._script, self._tree)}
                case "input", [str(prompt)] if not isinstance(self._stdin, str):
                    return {"ok": await self._ask(self._stdin, prompt)}
        except OSError as err:
            return {"errno": err.errno, "words": err.strerror, "path": args[0]}
        raise Unsure(f"asked: {name}")

    async def _ask(self, typed: Typed, prompt: str) -> str | None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            pieces, self._pieces = self._pieces, []
            return await typed(pieces, prompt)
        finally:
            self._waited += loop.time() - began

    def _outcome(self, status: int) -> Outcome:
        text = "".join(piece[1] for piece in self._pieces if isinstance(piece, tuple))
        if " at 0x" in text or OURS.search(text):
            raise Unsure("an address in the output")
        if self._script.version[:2] != sys.version_info[:2] and any(word in text for word in _BY_VERSION):
            raise Unsure("a text that changed with a version")
        return Outcome(tuple(self._pieces), status, disk=self._disk)


_BY_VERSION = ("re.Match object", "OrderedDict(", "partial(", "re.compile(", "timedelta(", "mappingproxy(", "Match(")
"""What some versions write in another way."""
