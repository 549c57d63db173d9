"""What a running program reads and writes: files, commands and its own streams, each by its name until it is closed."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from itertools import count

from llm_kernel.programs.awk.desk import Desk
from llm_kernel.programs.awk.faults import TroubleError
from llm_kernel.programs.awk.inputs import Input
from llm_kernel.shell.call import Call, Io
from llm_kernel.tokens import quoted

__all__ = ["Streams"]

_FULL = 1 << 16
"""Bytes that are kept back before they are written."""

_MOST = 100_000_000
"""Bytes that one command is given, or writes."""

_FED = "/dev/shm/.{}"  # noqa: S108 - a folder of the machine
"""Where the input of a command lies while it runs."""

_OWN = {"/dev/stdout": "out", "-": "out", "/dev/stderr": "err"}
_PLACES = "/dev/std"


class _Kept:
    """What was written and is not yet where it goes."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self.size = 0

    def add(self, text: str) -> None:
        """Keep one more piece."""
        self.size += len(text)
        if self.size > _MOST:
            raise TroubleError("out of memory", placed=False)
        self._pieces.append(text)

    def taken(self) -> bytes:
        """All of it, which is kept no more."""
        data = "".join(self._pieces).encode("latin-1")
        self._pieces.clear()
        self.size = 0
        return data


class Streams:
    """Everything that is open; ``tty``: what is written is seen at once, as at a terminal."""

    def __init__(self, call: Call, io: Io, desk: Desk, name: str) -> None:
        self._call, self._io, self._desk, self._name = call, io, desk, name
        self._own = _Kept()
        self._files: dict[str, _Kept] = {}
        self._commands: dict[str, _Kept] = {}
        self._inputs: dict[str, Input] = {}
        self._chunks = aiter(io.chunks())
        self.stdin = Input(self._chunk)

    # -- its own ------------------------------------------------------------------------------------------------

    def write(self, text: str) -> None:
        """Write to standard output."""
        self._own.add(text)
        if self._own.size > _FULL:
            self.flush()

    def flush(self) -> None:
        """Let everything be seen that was written to standard output."""
        if data := self._own.taken():
            self._desk.ask(lambda: self._io.out(data))

    def complain(self, words: str) -> None:
        """Say something on standard error."""
        self._desk.ask(lambda: self._io.err(words.encode("latin-1", "replace")))

    def _chunk(self) -> bytes:
        """More of standard input; what was written is seen before it is waited for."""
        self.flush()

        async def piece() -> bytes:
            return await anext(self._chunks, b"")

        return self._desk.ask(piece)

    # -- files --------------------------------------------------------------------------------------------------

    def opened(self, name: str) -> Input | OSError:
        """A file to read."""
        if name in ("-", "/dev/stdin"):
            return self.stdin
        found = self._content(name)
        if isinstance(found, OSError):
            return found
        whole = [found]
        return Input(lambda: whole.pop() if whole else b"")

    def _content(self, name: str) -> bytes | OSError:
        files, path = self._call.machine.files, self._call.path(name)

        async def content() -> bytes | OSError:
            try:
                if files.is_dir(path):
                    raise TroubleError("read error (Is a directory)", placed=False)
                with self._call.acting():
                    return files.head(path)
            except OSError as err:
                return err

        return self._desk.ask(content)

    def reading(self, name: str, *, command: bool) -> Input | None:
        """What ``getline`` reads from: a file, or what a command writes; None for a file that is not there."""
        if name not in self._inputs:
            if command:
                self._inputs[name] = self._command(name)
            else:
                found = self.opened(name)
                if isinstance(found, OSError):
                    return None
                self._inputs[name] = found
        return self._inputs[name]

    def writing(self, name: str, to: str) -> Callable[[str], None]:
        """What writes to a file or a command."""
        if to == "|":
            if name not in self._commands:
                self._settled()
                self._commands[name] = _Kept()
            return self._commands[name].add
        if name in _OWN:
            return self.write if _OWN[name] == "out" else self._aside
        if name not in self._files:
            self._begin(name, append=to == ">>")
            self._files[name] = _Kept()
        kept = self._files[name]
        if kept.size > _FULL:
            self._saved(name)
        return kept.add

    def _aside(self, text: str) -> None:
        self.flush()
        self.complain(text)

    def _begin(self, name: str, *, append: bool) -> None:
        """Open a file to write to."""
        files, path = self._call.machine.files, self._call.path(name)

        async def begin() -> OSError | None:
            try:
                if files.is_dir(path):
                    raise IsADirectoryError(21, "Is a directory")
                if not files.is_dir(posixpath.dirname(path)):
                    raise FileNotFoundError(2, "No such file or directory")
                if path != "/dev/null" and not (append and files.exists(path)):
                    with self._call.acting():
                        files.write(path, b"")
            except OSError as err:
                return err
            return None

        if (err := self._desk.ask(begin)) is not None:
            raise TroubleError(f'cannot open "{name}" for output ({err.strerror})', placed=False)

    def _saved(self, name: str) -> None:
        """Write what is kept for a file."""
        files, path = self._call.machine.files, self._call.path(name)
        data = self._files[name].taken()
        if not data or path == "/dev/null":
            return

        async def save() -> OSError | None:
            try:
                if files.no_room(path):
                    raise OSError(28, "No space left on device")
                with self._call.acting():
                    files.append(path, data)
            except OSError as err:
                return err
            return None

        if (err := self._desk.ask(save)) is not None:
            raise TroubleError(f"write failure ({err.strerror})", placed=False)

    # -- commands -----------------------------------------------------------------------------------------------

    def _settled(self) -> None:
        """Everything that was written is there before a command looks."""
        self.flush()
        for name in self._files:
            self._saved(name)

    def system(self, command: str) -> int:
        """Run a command; its status."""
        self._settled()
        return self._ran(command, self._io.out)

    def _command(self, command: str) -> Input:
        """What a command writes, as something to read."""
        self._settled()
        pieces: list[bytes] = []

        async def keep(data: bytes) -> None:
            if sum(map(len, pieces)) < _MOST:
                pieces.append(data)

        status = self._ran(command, keep)
        whole = [b"".join(pieces)]
        return Input(lambda: whole.pop() if whole else b"", lambda: status)

    def _ran(self, command: str, out: Callable[..., object], data: bytes | None = None) -> int:
        run, files = self._call.run, self._call.machine.files
        if run is None:
            return 127

        async def work() -> int:
            line = f"sh -c {quoted(command.encode('latin-1').decode('utf-8', 'replace'))}"
            if data is None:
                return await run(line, out, self._io.err)  # type: ignore[arg-type]
            place = next(path for path in map(_FED.format, count()) if not files.exists(path))
            files.write(place, data)
            try:
                return await run(f"{line} < {place}", out, self._io.err)  # type: ignore[arg-type]
            finally:
                files.remove(place)

        return self._desk.ask(work)

    def close(self, name: str) -> int:
        """Close what has a name; -1 where nothing has it."""
        status = -1
        if name in self._files:
            self._saved(name)
            del self._files[name]
            status = 0
        if (source := self._inputs.pop(name, None)) is not None:
            status = source.status()
        if (kept := self._commands.pop(name, None)) is not None:
            self._settled() if self._call.tty else None
            status = self._ran(name, self._io.out, kept.taken())
        return status

    def finish(self) -> None:
        """Close everything: what was written to standard output last, where nobody watches."""
        for name in [*self._files, *self._commands]:
            self.close(name)
        self.flush()
