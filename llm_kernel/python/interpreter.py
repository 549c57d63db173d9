"""One run of a checked program by the interpreter of ``guest``, in a process of its own that can open nothing.

The process has two pipes. What the program asks of its files and its terminal comes through them and is answered from
the machine.
"""

from __future__ import annotations

import ast
import asyncio
import base64
import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from llm_kernel.patience import within
from llm_kernel.python.beginning import begun
from llm_kernel.python.beside import Beside
from llm_kernel.python.disk import Disk
from llm_kernel.python.library import BUILTINS, DUNDERS, LIBRARY
from llm_kernel.python.policy import judged
from llm_kernel.python.sandbox import Limits, Outcome, Piece
from llm_kernel.python.script import Script, Unsure
from llm_kernel.python.told import Told
from llm_kernel.python.warned import warned
from llm_kernel.python.words import gate

__all__ = ["Interpreter", "Place", "Runs"]

_HERE = Path(__file__).parent
_START = "import sys; sys.path[0] = sys.argv[1]; from guest.run import main; main()"
_LINE = 1 << 26
_PROCESSES = 4
"""Programs that are computed at one time."""
_KILL = getattr(signal, "SIGKILL", signal.SIGTERM)


class Runs(Protocol):
    """Runs commands for a program; ``undo`` takes back what they did to files."""

    async def run(self, asked: Mapping[str, Any], disk: Disk) -> dict[str, Any]: ...

    def undo(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where a program runs: the machine's clock, environment and Python, seen from outside.

    ``lacks`` says whether a module is surely not there, ``facts`` are what functions of the library say of the machine,
    ``made`` is the source of what is known of other libraries, by module. ``library`` is the folder of Python's own,
    empty where it is not known. ``commands`` runs those of the machine.
    """

    now: float
    offset: float = 0.0
    environ: Mapping[str, str] = field(default_factory=dict)
    home: str = "/root"
    executable: str = "/usr/bin/python3"
    library: str = ""
    lacks: Callable[[str], bool] = lambda module: False
    facts: Mapping[str, Any] = field(default_factory=dict)
    version: tuple[int, ...] = ()
    made: Mapping[str, str] = field(default_factory=dict)
    commands: Runs | None = None


class Interpreter:
    """Runs programs within ``limits``, each in a process of its own."""

    def __init__(self, limits: Limits = Limits()) -> None:
        self._limits = limits
        self._room = asyncio.Semaphore(_PROCESSES)
        self._home: asyncio.AbstractEventLoop | None = None

    async def run(self, script: Script, tree: ast.Module, disk: Disk, stdin: str, seed: str, place: Place) -> Outcome:
        """Run ``script``, whose syntax is ``tree``, on ``disk``; nothing outside is changed.

        Raises:
            Unsure: where the result is not certainly CPython's.
        """
        library = judged(script, tree)
        number = str(sum(byte * 131**index for index, byte in enumerate(seed.encode())) % 4294967296)
        async with self._place():
            try:
                return await _Guest(script, tree, disk, self._limits, place).serve(library, stdin, seed, number)
            except Unsure:
                if place.commands is not None:
                    place.commands.undo()
                raise

    def _place(self) -> asyncio.Semaphore:
        """Room for a process of this event loop's."""
        if self._home is not asyncio.get_running_loop():
            self._room, self._home = asyncio.Semaphore(_PROCESSES), asyncio.get_running_loop()
        return self._room


class _Guest:
    """One process and the talk with it."""

    def __init__(self, script: Script, tree: ast.Module, disk: Disk, limits: Limits, place: Place) -> None:
        self._script, self._tree, self._disk, self._limits, self._place = script, tree, disk, limits, place
        self._beside = Beside(script, disk, place.lacks, place.made)
        self._library: frozenset[str] = frozenset()
        self._pieces: list[Piece] = []
        self._length = self._calls = self._saved = 0
        self._ended = False

    async def serve(self, library: frozenset[str], stdin: str, seed: str, number: str) -> Outcome:
        """Run the program to its end; ``number`` seeds the hashes of texts, which order the items of sets."""
        self._library = self._beside.gathered(self._tree) | library
        job = self._job(stdin, seed, number)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-S", "-s", "-X", "utf8", "-c", _START, str(_HERE)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={
                "PYTHONHASHSEED": number,
                "MALLOC_ARENA_MAX": "1",  # more of them would take of the memory that is allowed
                "TZ": _zone(self._place.offset),
                **{name: os.environ[name] for name in _NEEDED if name in os.environ},
            },
            cwd="/",
            limit=_LINE,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            self._say(process.stdin, job)
            return await within(self._limits.patience, self._talk(process.stdout, process.stdin))
        except asyncio.TimeoutError as err:
            raise Unsure("time") from err
        except (ValueError, ConnectionError) as err:
            raise Unsure(f"the process: {err}") from err
        finally:
            if process.returncode is None and not self._ended:
                with suppress(ProcessLookupError):
                    os.kill(process.pid, _KILL)  # the process object would reap it behind the loop's back
            process.stdin.close()
            await process.wait()

    def _job(self, stdin: str, seed: str, number: str) -> dict[str, Any]:
        script, place, limits = self._script, self._place, self._limits
        return {
            "source": script.source,
            "name": script.name,
            "path": script.path,
            "version": script.version,
            "optimized": script.optimized,
            "library": {name: sorted(LIBRARY[name]) for name in sorted(self._library)},
            "builtins": sorted(BUILTINS),
            "dunders": sorted(DUNDERS),
            "stdin": stdin,
            "argv": script.argv,
            "cwd": self._disk.cwd,
            "seed": seed,
            "number": number,
            "begin": 0.012 + int(number) % 20011 / 1e6,
            "now": place.now,
            "offset": place.offset,
            "environ": dict(place.environ),
            "home": place.home,
            "executable": place.executable,
            "facts": dict(place.facts),
            "python": (*script.version, *place.version[2:3]) if place.version else (*script.version, 0),
            "steps": limits.steps,
            "memory": limits.memory + 300_000_000,
            "seconds": int(limits.patience) + 1,
        }

    async def _talk(self, heard: asyncio.StreamReader, pipe: asyncio.StreamWriter) -> Outcome:
        while line := await heard.readline():
            try:
                said = json.loads(line)
                self._ended = bool(said.keys() & {"status", "doubt"})
                if said.get("ask") == "run":
                    self._say(pipe, {"ok": await self._ran(*said["args"])})
                elif (end := self._heard(said, pipe)) is not None:
                    return end
            except (AttributeError, KeyError, TypeError, ValueError, OverflowError, RecursionError) as err:
                raise Unsure(f"the process: {err}") from err
        raise Unsure("the process ended")

    @staticmethod
    def _say(pipe: asyncio.StreamWriter, value: Mapping[str, Any]) -> None:
        pipe.write(json.dumps(value).encode() + b"\n")

    def _heard(self, said: Mapping[str, Any], pipe: asyncio.StreamWriter) -> Outcome | None:
        match said:
            case {"texts": texts}:
                for stream, text in texts:
                    self._length += len(text)
                    self._pieces.append((stream, text))
                if self._length > self._limits.output:
                    raise Unsure("too much output")
            case {"sleep": float(seconds)} if seconds >= 0:
                self._calls += 1
                if self._calls > self._limits.calls:
                    raise Unsure("too many calls")
                self._pieces.append(seconds)
            case {"ask": name, "args": args}:
                self._calls += 1
                if self._calls > self._limits.calls:
                    raise Unsure("too many calls")
                self._say(pipe, self._answer(name, args))
            case {"chain": chain, "status": status}:
                self._pieces.append(("stderr", self._traceback(chain)))
                return self._outcome(int(status))
            case {"status": status}:
                return self._outcome(int(status))
            case {"doubt": why}:
                raise Unsure(str(why))
            case _:
                raise Unsure("the process says something else")
        return None

    async def _ran(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """What a command did that the program ran."""
        if self._place.commands is None:
            raise Unsure("a command of the shell")
        if sum(piece for piece in self._pieces if isinstance(piece, float)) > _SOON:
            raise Unsure("a command after a sleep")
        return await self._place.commands.run(asked, self._disk)

    def _answer(self, name: str, args: list[Any]) -> dict[str, Any]:
        disk = self._disk
        try:
            match name, args:
                case "open", [str(path), str(mode)]:
                    return {"ok": base64.b64encode(disk.opened(path, mode)).decode()}
                case "write", [str(path), str(data)]:
                    self._saved += len(data)
                    if self._saved > self._limits.memory:
                        raise Unsure("too much written")
                    disk.save(path, base64.b64decode(data))
                    return {"ok": None}
                case (("kind" | "size" | "listdir" | "mkdir" | "makedirs" | "remove" | "rmdir"), [str(path)]):
                    return {"ok": getattr(disk, name)(path)}
                case "gate", [str(kind), str(text)]:
                    return {"ok": gate(kind, text, self._script, self._tree)}
                case "traceback", [list(chain)]:
                    return {"ok": self._traceback(chain)}
                case "thread", [bool(plain)]:
                    place = self._place
                    return {"ok": begun(place.version or self._script.version, place.library, plain=plain)}
                case "line", [str(path), int(line)]:
                    return {"ok": self._line(path, line)}
                case "judge", [str(source)]:
                    return {"ok": self._judged(source)}
                case "module", [str(dotted), bool(maybe)]:
                    return {"ok": self._beside.module(dotted, maybe=maybe)}
        except OSError as err:
            return {"errno": err.errno, "words": err.strerror, "path": args[0]}
        raise Unsure(f"asked: {name}")

    def _judged(self, source: str) -> str:
        """Pass a text that the program runs as code; where its errors are placed."""
        script = replace(self._script, source=source, name="<string>", path="")
        tree = script.parsed()
        if not judged(script, tree) <= self._library or warned(script):
            raise Unsure("a text that needs more of the library")
        place = f"<string>{len(self._beside.sources)}"
        self._beside.sources[place] = (script, tree)
        return place

    def _traceback(self, chain: list[Any]) -> str:
        return Told(self._script, self._tree, self._beside.sources).traceback(chain)

    def _line(self, path: str, line: int) -> str:
        """A line of a file that is run, as warnings show it; empty where the program came as text."""
        if path in ("<string>", "<stdin>") or path not in self._beside.sources:
            return ""
        lines = self._beside.sources[path][0].source.splitlines()
        return lines[line - 1].strip() if 0 < line <= len(lines) else ""

    def _outcome(self, status: int) -> Outcome:
        text = "".join(piece[1] for piece in self._pieces if isinstance(piece, tuple))
        if any(word in text for word in _INNER):
            raise Unsure("an address in the output")
        if any(f"from '<{name}>'" in text for name in self._place.made):
            raise Unsure("where a module of a library lies")
        if self._script.version[:2] != sys.version_info[:2] and any(word in text for word in _BY_VERSION):
            raise Unsure("a text that changed with a version")
        return Outcome(tuple(self._pieces), status, disk=self._disk)


def _zone(offset: float) -> str:
    """A time zone ``offset`` seconds ahead of UTC, as a process is told of it."""
    if not offset:
        return "UTC0"
    hours, minutes = divmod(round(abs(offset) / 60), 60)
    ahead, behind = ("+", "-") if offset > 0 else ("-", "+")
    return f"<{ahead}{hours:02}{f'{minutes:02}' if minutes else ''}>{behind}{hours:02}:{minutes:02}"


_NEEDED = ("SYSTEMROOT",)
"""What the interpreter cannot start without on some systems."""

_SOON = 0.5
"""Seconds of a program's own before a command: those are shown only when the program has ended."""

_INNER = ("guest.", " with id=", "<Task ", "Future ")
"""What tells of the interpreter rather than of the program."""

_BY_VERSION = ("re.Match object", "OrderedDict(", "partial(", "re.compile(", "timedelta(", "mappingproxy(", "Match(")
"""What some versions write in another way."""
