"""The machine as a program sees it: files, paths, environment, clock and terminal, each asked of the host's record."""

from __future__ import annotations

import base64
import io
import os as _os
import posixpath
import weakref
from collections.abc import Callable
from types import ModuleType
from typing import Any

from .wire import Wire

__all__ = ["Console", "Doubt", "Files", "Terminal", "system"]


class Doubt(BaseException):
    """What the program wants is not known here."""


class Environ(dict[str, str]):
    """``os.environ``."""

    def __missing__(self, name: str) -> str:
        raise Doubt("a variable that is not set")


class Console(io.TextIOBase):
    """Standard output or standard error."""

    encoding = "utf-8"
    errors = "strict"
    newlines = None

    def __init__(self, wire: Wire, stream: str, shown: Callable[[str], str]) -> None:
        self._wire, self._stream, self._shown = wire, stream, shown
        self.name = f"<{stream}>"

    def write(self, text: str) -> int:
        """Write ``text``."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        text = str(text)
        text.encode(self.encoding)
        self._wire.text(self._stream, self._shown(text))
        return len(text)

    def writable(self) -> bool:
        """Yes."""
        return True

    def isatty(self) -> bool:
        """Whether it is a terminal depends on the notebook."""
        raise Doubt("isatty")

    def fileno(self) -> int:
        """A program that asks does more than print."""
        raise OSError("no number")


class Terminal(io.TextIOBase):
    """Standard input where a person sits."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def readable(self) -> bool:
        """Yes."""
        return True

    def readline(self, size: int = -1) -> str:  # type: ignore[override]
        """The line that is typed; empty at end of file."""
        line = self._wire.ask("input", "")
        return "" if line is None else str(line) + "\n"

    def read(self, size: int | None = -1) -> str:
        """All lines up to end of file."""
        return "".join(iter(self.readline, ""))


class _Written(io.BytesIO):
    """A file's bytes, which go to the host when it is flushed or closed."""

    def __init__(self, data: bytes, path: str, name: Any, save: Callable[[str, bytes], None] | None) -> None:
        super().__init__(data)
        self._path, self._save = path, save
        self.name = name

    def flush(self) -> None:
        """Tell the host."""
        if self._save and not self.closed:
            self._save(self._path, self.getvalue())

    def close(self) -> None:
        """Tell the host, and forget."""
        self.flush()
        super().close()


class _Only(_Written):
    """One that cannot be written."""

    def writable(self) -> bool:
        return False


class _Blind(_Written):
    """One that cannot be read."""

    def readable(self) -> bool:
        return False


class Files:
    """The machine's files."""

    def __init__(self, wire: Wire, cwd: str, shown: Callable[[str], str]) -> None:
        self._wire, self.cwd, self._shown = wire, cwd, shown
        self._open: weakref.WeakSet[Any] = weakref.WeakSet()  # a file that nobody has is closed, as CPython does

    def ask(self, name: str, path: Any, *args: Any) -> Any:
        """What the host says of a path."""
        if isinstance(path, int | bytes):
            raise Doubt("a path that is no text")
        named = str(_os.fspath(path))
        if "\0" in named or any("\ud800" <= char <= "\udfff" for char in named):
            raise Doubt("a path that is no text")
        return self._wire.ask(name, named, *args)

    def open(
        self,
        file: Any,
        mode: str = "r",
        buffering: int = -1,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
    ) -> Any:
        """The builtin ``open``."""
        if not isinstance(mode, str):
            raise Doubt("mode of a file")
        plain = mode.replace("b", "").replace("t", "")
        if plain.replace("+", "") not in ("r", "w", "a", "x") or len(set(mode)) != len(mode) or buffering != -1:
            raise Doubt("mode of a file")
        if "b" in mode and (encoding or errors or newline is not None):
            raise Doubt("mode of a file")
        data = base64.b64decode(self.ask("open", file, plain))
        kind = _Written if "+" in mode else _Only if plain == "r" else _Blind
        raw = kind(data, _os.fspath(file), file, None if plain == "r" else self._save)
        if "a" in mode:
            raw.seek(0, 2)
        if "b" in mode:
            self._open.add(raw)
            return raw
        text = io.TextIOWrapper(raw, encoding or "utf-8", errors, newline)
        text.mode = mode  # type: ignore[misc]
        self._open.add(text)
        return text

    def _save(self, path: str, data: bytes) -> None:
        text = data.decode("latin-1")
        if text != self._shown(text):
            raise Doubt("a place in memory")
        self._wire.ask("write", path, base64.b64encode(data).decode())

    def close(self) -> None:
        """Close what the program left open."""
        for file in list(self._open):
            if not file.closed:
                file.close()


def system(files: Files, environ: dict[str, str], home: str) -> dict[str, Any]:
    """The modules ``os`` and ``os.path``."""
    path = ModuleType("posixpath")
    for name in ("basename", "commonpath", "commonprefix", "dirname", "isabs", "join", "normpath", "split", "splitext"):
        setattr(path, name, getattr(posixpath, name))

    def absolute(name: Any) -> str:
        return posixpath.normpath(posixpath.join(files.cwd, _os.fspath(name)))

    def kind(name: Any) -> str:
        return str(files.ask("kind", name))

    def size(name: Any) -> int:
        return int(files.ask("size", name))

    def listdir(name: Any = ".") -> list[str]:
        return list(files.ask("listdir", name))

    def mkdir(name: Any, mode: int = 0o777) -> None:
        files.ask("mkdir", name)

    def makedirs(name: Any, mode: int = 0o777, exist_ok: bool = False) -> None:
        if exist_ok and kind(name) == "directory":
            return
        files.ask("makedirs", name)

    def remove(name: Any) -> None:
        files.ask("remove", name)

    path.__dict__.update(
        abspath=absolute,
        exists=lambda name: kind(name) != "",
        isfile=lambda name: kind(name) == "file",
        isdir=lambda name: kind(name) == "directory",
        getsize=size,
        expanduser=lambda name: home + name[1:] if name == "~" or name.startswith("~/") else name,
        relpath=lambda name, start=".": posixpath.relpath(absolute(name), absolute(start)),
        sep="/",
    )
    module = ModuleType("os")
    module.__dict__.update(
        path=path,
        sep="/",
        linesep="\n",
        name="posix",
        environ=Environ(environ),
        getenv=environ.get,
        getcwd=lambda: files.cwd,
    )
    module.__dict__.update(listdir=listdir, mkdir=mkdir, makedirs=makedirs, remove=remove, unlink=remove)
    module.__dict__.update(fspath=_os.fspath)
    return {"os": module, "os.path": path}
