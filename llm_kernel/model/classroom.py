"""One embedded model for a class: served by hand, with a key that its teacher hands out."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from filelock import Timeout

from llm_kernel.errors import SettingError
from llm_kernel.model.note import Post
from llm_kernel.model.serve import Load, Wish, live

__all__ = ["Lesson", "serve"]

_NEAR = frozenset(["127.0.0.1", "localhost", "::1"])
_KEY = re.compile(r"[\w-]{20,200}")


@dataclass(frozen=True, slots=True)
class Lesson:
    """Where to serve and for how long; ``shown``: the key may be printed."""

    host: str = "127.0.0.1"
    port: int = 0
    idle_minutes: float = 0.0
    model: str = ""
    cache: str = ""
    runtime: str = ""
    shown: bool = False


def serve(lesson: Lesson, say: Callable[[str], None], load: Load | None = None) -> int:
    """Serve until interrupted or idle for long enough; ``say`` hears how students come here. The exit status.

    Raises:
        SettingError: where a server of this user runs already, or the port is none.
    """
    if not 0 <= lesson.port <= 65535:
        raise SettingError(f"--port {lesson.port}: a port is a number from 0 (any free one) to 65535.")
    if not lesson.idle_minutes >= 0:
        raise SettingError("--idle-minutes: a number of minutes, 0 to serve until it is interrupted.")
    post = Post(lesson.model, cache=lesson.cache, runtime=lesson.runtime)
    place = post.path.with_suffix(".key")
    key = _key(place)
    wish = Wish(lesson.model, lesson.cache, lesson.idle_minutes * 60, lesson.host, lesson.port, key)
    try:
        return live(post, replace(wish, ready=lambda address: say(_card(lesson, address, key, place))), load)
    except Timeout:
        note = post.read()
        who = f" (process {note.pid})" if note else ""
        raise SettingError(
            f"An embedded server of yours runs already{who}. It leaves when no kernel has asked it for some minutes; "
            "end it, then serve."
        ) from None
    except KeyboardInterrupt:
        return 130


def _key(place: Path) -> str:
    """The class's key: the same one at the next lesson, readable by this user alone."""
    try:
        if _KEY.fullmatch(found := place.read_text("utf-8").strip()) and not place.stat().st_mode & 0o077:
            return found
    except (OSError, UnicodeDecodeError):
        pass
    place.unlink(missing_ok=True)
    key = secrets.token_urlsafe(24)
    with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        out.write(f"{key}\n")
    return key


def _card(lesson: Lesson, address: str, key: str, place: Path) -> str:
    """What to tell the students; the key itself only where that was asked for."""
    lines = [f"The embedded model answers at {address} ({_until(lesson.idle_minutes)}).", ""]
    if lesson.host not in _NEAR:
        lines += [
            f"WARNING: whoever reaches {address} over the network and has the key can use this computer's model, and",
            "what they type travels unencrypted. Serve like this only in a network that you trust.",
            "",
        ]
    if any(wild in address for wild in ("//0.0.0.0:", "//[::]:")):
        lines += ["Put this computer's name or address in the place of the one below.", ""]
    lines += [
        "Each student sets, before Jupyter starts:",
        f"  export OPENAI_BASE_URL={address}",
        f"  export OPENAI_API_KEY={key if lesson.shown else 'KEY'}",
    ]
    if not lesson.shown:
        lines.append(f"KEY is in {place}, which only you can read (--show-key prints it).")
    return "".join(f"{line}\n" for line in lines)


def _until(minutes: float) -> str:
    return f"until nobody asked for {minutes:g} minutes, or ^C" if minutes else "until ^C"
