"""``pathlib`` on the machine's files."""

from __future__ import annotations

import fnmatch
import importlib
from collections.abc import Iterator
from types import ModuleType
from typing import TYPE_CHECKING, Any

from .world import Doubt, Files

if TYPE_CHECKING:
    from pathlib import PurePosixPath

__all__ = ["pathlib"]


def pathlib(files: Files, system: ModuleType, home: str) -> ModuleType:
    """The module, with ``system`` as its ``os``."""
    pure = importlib.import_module("pathlib").PurePosixPath
    module = ModuleType("pathlib")
    module.__dict__.update(Path=_path_class(files, system, home), PurePosixPath=pure)
    return module


def _path_class(files: Files, system: ModuleType, home: str) -> type[PurePosixPath]:
    from pathlib import PurePosixPath

    class PosixPath(PurePosixPath):
        """``pathlib.Path`` on the machine's files."""

        def open(self, *args: Any, **named: Any) -> Any:
            return files.open(self, *args, **named)

        def read_text(self, encoding: str | None = None) -> Any:
            with self.open(encoding=encoding) as file:
                return file.read()

        def write_text(self, data: str, encoding: str | None = None) -> Any:
            with self.open("w", encoding=encoding) as file:
                return file.write(data)

        def exists(self) -> bool:
            return bool(system.path.exists(self))

        def is_file(self) -> bool:
            return bool(system.path.isfile(self))

        def is_dir(self) -> bool:
            return bool(system.path.isdir(self))

        def iterdir(self) -> Iterator[PosixPath]:
            return iter([self / name for name in system.listdir(self)])

        def mkdir(self, mode: int = 0o777, parents: bool = False, exist_ok: bool = False) -> None:
            if exist_ok and system.path.isdir(self):
                return
            files.ask("makedirs" if parents else "mkdir", self)

        def unlink(self, missing_ok: bool = False) -> None:
            if not missing_ok or self.exists():
                files.ask("remove", self)

        def rmdir(self) -> None:
            system.rmdir(self)

        def rename(self, target: Any) -> PosixPath:
            system.rename(self, target)
            return type(self)(target)

        def touch(self, mode: int = 0o666, exist_ok: bool = True) -> None:
            self.open("a" if exist_ok else "x").close()

        def stat(self) -> Any:
            return system.stat(self)

        def read_bytes(self) -> Any:
            with self.open("rb") as file:
                return file.read()

        def write_bytes(self, data: bytes) -> Any:
            with self.open("wb") as file:
                return file.write(data)

        def glob(self, pattern: str) -> Iterator[PosixPath]:
            if "/" in pattern or "**" in pattern:
                raise Doubt("a pattern of several parts")
            return iter([path for path in self.iterdir() if fnmatch.fnmatchcase(path.name, pattern)])

        def rglob(self, pattern: str) -> Iterator[PosixPath]:
            found = list(self.glob(pattern))
            for path in self.iterdir():
                if path.is_dir():
                    found += path.rglob(pattern)
            return iter(found)

        def resolve(self) -> PosixPath:
            return type(self)(system.path.abspath(self))

        def absolute(self) -> PosixPath:
            return type(self)(files.cwd, self)

        @classmethod
        def cwd(cls) -> PosixPath:
            return cls(files.cwd)

        @classmethod
        def home(cls) -> PosixPath:
            return cls(home)

    PosixPath.__module__, PosixPath.__qualname__ = "pathlib", "PosixPath"
    return PosixPath
