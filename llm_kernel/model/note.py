"""The note by which kernels find the embedded server: who it is, where, and its key; only this user can read it.

The server holds a lock for as long as it lives, so a note whose lock is free is stale, whatever its pid says.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import platformdirs
from filelock import FileLock, Timeout

from llm_kernel.errors import SettingError
from llm_kernel.model.weights import cache_folder

__all__ = ["Note", "Post", "runtime_folder"]

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Note:
    """What the server says of itself; ``done`` of ``total`` bytes while it fetches its weights."""

    state: Literal["starting", "fetching", "loading", "ready", "failed"]
    pid: int
    base_url: str = ""
    key: str = ""
    model: str = ""
    done: int = 0
    total: int = 0
    message: str = ""
    format: int = FORMAT


class Post:
    """The place of the note for one model's server, with its locks and its log."""

    def __init__(self, model: str | Path = "", *, cache: str | Path = "", runtime: str | Path = "") -> None:
        self.folder = runtime_folder(runtime)
        which = str(Path(model).expanduser().resolve()) if model else f"default:{cache_folder(cache).resolve()}"
        stem = f"server-{hashlib.sha256(which.encode()).hexdigest()[:8]}"
        self.path = self.folder / f"{stem}.json"
        self.warm = self.folder / f"{stem}.warm"
        self.log = cache_folder(cache) / "logs" / f"{stem}.log"
        self.life = FileLock(str(self.folder / f"{stem}.lock"))
        self.starting = FileLock(str(self.folder / f"{stem}.start.lock"), thread_local=False)

    def alive(self) -> bool:
        """Whether a server holds its lock."""
        try:
            with self.life.acquire(timeout=0):
                return False
        except Timeout:
            return True

    def read(self) -> Note | None:
        """The note, or None where there is none that can be trusted."""
        try:
            if not _private(self.path):
                return None
            value: Any = json.loads(self.path.read_text("utf-8"))
            return Note(**value) if value.get("format") == FORMAT else None
        except (OSError, ValueError, TypeError, AttributeError):
            return None

    def write(self, note: Note) -> None:
        """Replace the note at once, never readable by others for a moment."""
        fresh = self.path.with_suffix(f".{os.getpid()}.tmp")
        fresh.unlink(missing_ok=True)
        target = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(target, "w", encoding="utf-8") as out:
            json.dump(asdict(note), out)
        fresh.replace(self.path)

    def clear(self) -> None:
        """Take the note away."""
        self.path.unlink(missing_ok=True)


def runtime_folder(runtime: str | Path = "") -> Path:
    """The user's own folder for what lives no longer than a login; made 0700, refused if others can write to it."""
    if runtime:
        folder = Path(runtime)
    elif sys.platform in ("win32", "darwin") or os.environ.get("XDG_RUNTIME_DIR"):
        folder = Path(platformdirs.user_runtime_dir("llm-kernel", appauthor=False))
    else:
        folder = cache_folder() / "run"  # /tmp would be shared with others
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not _private(folder):
        raise SettingError(f"{folder} belongs to somebody else or can be read by others. Remove it, or chmod 700 it.")
    return folder


def _private(path: Path) -> bool:
    if sys.platform == "win32":  # the profile's folders are private there
        return True
    status = path.stat()
    return status.st_uid == os.getuid() and not status.st_mode & 0o077
