"""``subprocess``, and what of ``os`` runs commands: the host runs them on the machine."""

from __future__ import annotations

import base64
import importlib
import io
import sys
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

from .clock import Clock
from .wire import Wire
from .world import Doubt

__all__ = ["Commands"]

_SHELL = ("/bin/sh", "-c")
_NAMES = ("CalledProcessError", "CompletedProcess", "SubprocessError", "TimeoutExpired", "PIPE", "STDOUT", "DEVNULL")


class Commands:
    """Runs commands in the environment ``environ``, as the program changed it since it began."""

    def __init__(self, wire: Wire, clock: Clock, environ: Mapping[str, str]) -> None:
        self._wire, self._clock, self._environ, self._begun = wire, clock, environ, dict(environ)

    def module(self) -> ModuleType:
        """``subprocess``."""
        real: Any = importlib.import_module("subprocess")
        module = ModuleType("subprocess")
        module.__dict__.update({name: getattr(real, name) for name in _NAMES})

        def popen(*args: Any, **named: Any) -> Popen:
            return Popen(self, real, *args, **named)

        def run(*args: Any, capture_output: bool = False, check: bool = False, **named: Any) -> Any:
            if capture_output:
                if named.get("stdout") is not None or named.get("stderr") is not None:
                    raise ValueError("stdout and stderr arguments may not be used with capture_output.")
                named.update(stdout=real.PIPE, stderr=real.PIPE)
            given, timeout = named.pop("input", None), named.pop("timeout", None)
            if given is not None:
                if named.get("stdin") is not None:
                    raise ValueError("stdin and input arguments may not both be used.")
                named["stdin"] = real.PIPE
            process = popen(*args, **named)
            out, err = process.communicate(given, timeout)
            if check and process.returncode:
                raise real.CalledProcessError(process.returncode, process.args, output=out, stderr=err)
            return real.CompletedProcess(process.args, process.returncode, out, err)

        def check_output(*args: Any, **named: Any) -> Any:
            if "stdout" in named:
                raise ValueError("stdout argument not allowed, it will be overridden.")
            return run(*args, stdout=real.PIPE, check=True, **named).stdout

        def getstatusoutput(cmd: str, **named: Any) -> tuple[int, str]:
            named |= {"shell": True, "text": True, "stdout": real.PIPE, "stderr": real.STDOUT}
            done = run(cmd, **named)
            return done.returncode, done.stdout.removesuffix("\n")

        module.__dict__.update(
            run=run,
            Popen=popen,
            check_output=check_output,
            call=lambda *args, **named: run(*args, **named).returncode,
            check_call=lambda *args, **named: run(*args, check=True, **named).returncode,
            getstatusoutput=getstatusoutput,
            getoutput=lambda cmd, **named: getstatusoutput(cmd, **named)[1],
        )
        return module

    def asked(
        self,
        words: Sequence[str],
        given: bytes | None = None,
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
        *,
        merged: bool = False,
    ) -> tuple[int, bytes, bytes]:
        """A command's status and what it wrote to both streams, which may be ``merged`` into the first."""
        now = dict(self._environ if env is None else env)
        changed: dict[str, str | None] = {name: value for name, value in now.items() if self._begun.get(name) != value}
        changed.update(dict.fromkeys(self._begun.keys() - now.keys()))
        if not all(name.isidentifier() and type(value) in (str, type(None)) for name, value in changed.items()):
            raise Doubt("the environment of a command")
        self._clock.settle()
        said = self._wire.ask(
            "run",
            {
                "words": list(words),
                "input": None if given is None else base64.b64encode(given).decode(),
                "cwd": cwd,
                "environ": changed,
                "merged": merged,
            },
        )
        if "missing" in said:
            raise FileNotFoundError(2, "No such file or directory", words[0])
        self._clock.away(said["seconds"])
        return int(said["status"]), base64.b64decode(said["out"]), base64.b64decode(said["err"])

    def shown(self, stream: str, data: bytes) -> None:
        """What a command writes to a stream that it shares with the program."""
        try:
            text = data.decode()
        except UnicodeDecodeError as err:
            raise Doubt("output that is not text") from err
        if text:
            self._wire.text(stream, text)

    def system(self, command: str) -> int:
        """``os.system``."""
        if type(command) is not str:
            raise Doubt("a command that is no text")
        status, out, err = self.asked((*_SHELL, command))
        self.shown("stdout", out)
        self.shown("stderr", err)
        return status << 8

    def popen(self, cmd: str, mode: str = "r", buffering: int = -1) -> Any:
        """``os.popen``."""
        if type(cmd) is not str or mode != "r":
            raise Doubt("a command that is written to")
        status, out, err = self.asked((*_SHELL, cmd))
        self.shown("stderr", err)
        return Piped(out, status)


class Piped(io.StringIO):
    """What ``os.popen`` gives."""

    def __init__(self, data: bytes, status: int) -> None:
        super().__init__(data.decode())
        self._status = status

    def close(self) -> int | None:  # type: ignore[override]
        """The status, None for success."""
        super().close()
        return self._status << 8 or None


class Popen:
    """A command that runs as soon as its input is known; it has ended when the program goes on."""

    def __init__(
        self,
        commands: Commands,
        real: Any,
        args: Any,
        *,
        stdin: Any = None,
        stdout: Any = None,
        stderr: Any = None,
        shell: bool = False,
        cwd: Any = None,
        env: Mapping[str, str] | None = None,
        text: bool | None = None,
        universal_newlines: bool | None = None,
        encoding: str | None = None,
        errors: str | None = None,
        bufsize: int = -1,
    ) -> None:
        self.args = args
        self.returncode: int | None = None
        self._commands, self._real, self._cwd, self._env = commands, real, cwd, env
        self._words = _words(args, shell=shell)
        self._text = bool(text or universal_newlines or encoding or errors)
        self._coding = encoding or "utf-8", errors or "strict"
        self._out, self._err = stdout, stderr
        self.stdout: Any = None
        self.stderr: Any = None
        self.stdin: Any = self._file(b"") if stdin == real.PIPE else None
        if stdin is None or stdin in (real.DEVNULL, real.PIPE):
            given = None
        elif hasattr(stdin, "read"):
            given = stdin.read()
            given = given.encode() if isinstance(given, str) else given
        else:
            raise Doubt("input of a command")
        if stdin != real.PIPE:
            self._go(given)

    def communicate(self, input: Any = None, timeout: float | None = None) -> tuple[Any, Any]:
        """What it wrote."""
        if self.returncode is None:
            self._go(self._written() if input is None else input.encode() if isinstance(input, str) else bytes(input))
        return tuple(None if pipe is None else pipe.read() for pipe in (self.stdout, self.stderr))  # type: ignore[return-value]

    def wait(self, timeout: float | None = None) -> int:
        """Its status."""
        if self.returncode is None:
            self._go(self._written())
        assert self.returncode is not None
        return self.returncode

    def __enter__(self) -> Popen:
        return self

    def __exit__(self, *error: Any) -> None:
        self.wait()

    def _written(self) -> bytes:
        if self.stdin.closed:
            raise Doubt("input of a command")
        data = self.stdin.getvalue()
        return data.encode(*self._coding) if isinstance(data, str) else bytes(data)

    def _file(self, data: bytes) -> Any:
        if not self._text:
            return io.BytesIO(data)
        return io.StringIO(data.decode(*self._coding).replace("\r\n", "\n").replace("\r", "\n"))

    def _go(self, given: bytes | None) -> None:
        cwd = None if self._cwd is None else str(self._cwd)
        merged = self._err == self._real.STDOUT
        status, out, err = self._commands.asked(self._words, given, cwd, self._env, merged=merged)
        if status in _SIGNALLED:
            raise Doubt("what ended a command")
        self.returncode = status
        self.stdout = self._taken(self._out, "stdout", out)
        self.stderr = None if merged else self._taken(self._err, "stderr", err)

    def _taken(self, where: Any, stream: str, data: bytes) -> Any:
        if where == self._real.PIPE:
            return self._file(data)
        if where is None or where in (sys.stdout, sys.stderr):
            name = {sys.stdout: "stdout", sys.stderr: "stderr"}.get(where, stream)
            self._commands.shown(name, data)
        elif hasattr(where, "write"):
            where.write(data.decode() if hasattr(where, "encoding") else data)
        elif where != self._real.DEVNULL:
            raise Doubt("output of a command")
        return None


_SIGNALLED = range(129, 160)
"""What a shell says of a command that a signal ended, and Python with another number."""


def _words(args: Any, *, shell: bool) -> tuple[str, ...]:
    if shell:
        if type(args) is not str:
            raise Doubt("a shell's words")
        return (*_SHELL, args)
    words = (args,) if type(args) is str else tuple(str(word) if hasattr(word, "__fspath__") else word for word in args)
    if not words or not all(type(word) is str and "\0" not in word for word in words):
        raise Doubt("words of a command")
    return words
