"""The embedded server: one process a user; fetches and loads the model, serves all kernels, leaves when idle."""

from __future__ import annotations

import argparse
import asyncio
import importlib
import os
import secrets
import shutil
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol, TypeAlias
from urllib.parse import urlsplit

from filelock import Timeout

from llm_kernel.errors import ImaginedMachineError
from llm_kernel.model.front import Front, Upstream
from llm_kernel.model.note import Note, Post
from llm_kernel.model.weights import QWEN, cache_folder, fetch, find

__all__ = ["CONTEXT", "SLOTS", "Wish", "live", "main"]

CONTEXT = 16384  # tokens, shared by the slots as they need them
SLOTS = 2  # two replies at a time: more would only slow each other down on a few cores
PROMPTS_MIB = 1024  # memory for prompts that lost their slot
LOOK = 1.0
WILD = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where this computer finds what listens there


@dataclass(frozen=True, slots=True)
class Wish:
    """What to serve and where: ``guest`` is the key that others may use, empty for nobody; ``idle`` in seconds.

    ``ready`` hears the address once requests are taken.
    """

    model: str = ""
    cache: str = ""
    idle: float = 900.0
    host: str = "127.0.0.1"
    port: int = 0
    guest: str = ""
    ready: Callable[[str], None] = lambda address: None


class Listens(Protocol):
    """The model's own server, which lives as long as this object."""

    @property
    def listening_address(self) -> str: ...


Load: TypeAlias = Callable[[Path, str, str, str], Listens]
"""Loads weights; is given the file, the key that the server must ask for, the model's name, the cache's folder."""


def main(argv: list[str] | None = None) -> int:
    """Serve until nobody asked for ``--idle`` minutes (0: for ever)."""
    parser = argparse.ArgumentParser(prog="python -m llm_kernel.model.serve", description=__doc__)
    parser.add_argument("--model", default="", help="a GGUF file of your own")
    parser.add_argument("--cache", default="")
    parser.add_argument("--runtime", default="")
    parser.add_argument("--idle", type=float, default=15.0, help="minutes")
    args = parser.parse_args(argv)
    post = Post(args.model, cache=args.cache, runtime=args.runtime)
    try:
        return live(post, Wish(args.model, args.cache, args.idle * 60))
    except Timeout:
        return 0  # another server is there already


def live(post: Post, wish: Wish, load: Load | None = None) -> int:
    """Fetch, load and serve, to the end; the exit status.

    Raises:
        Timeout: where another server of this user lives.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with post.life.acquire(timeout=5):
        return _live(post, wish, load or _load)


def _live(post: Post, wish: Wish, load: Load) -> int:
    model, cache = wish.model, wish.cache
    note = Note("starting", os.getpid(), model=Path(model).stem if model else QWEN.name)
    shutil.rmtree(post.warm, ignore_errors=True)
    try:
        post.write(note)
        path = find(override=model, cache=cache) or _fetch(post, note, cache)
        post.write(replace(note, state="loading"))
        inner, owner = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        server = load(path, inner, note.model, cache)
        front = Front(Upstream(server.listening_address, inner), most=SLOTS, owner=owner, guest=wish.guest)

        def ready(address: str) -> None:
            here = urlsplit(address)
            host = WILD.get(here.hostname or "", here.hostname or "")
            near = f"http://{f'[{host}]' if ':' in host else host}:{here.port}"
            post.write(replace(note, state="ready", base_url=f"{near}/v1", key=owner))
            wish.ready(f"{address}/v1")

        asyncio.run(_stay(front, wish, ready))
    except ImaginedMachineError as fault:
        return _fail(post, note, str(fault))
    except Exception as error:  # the library's own kinds are not told apart; the kernel must learn of any
        return _fail(post, note, f"The embedded model could not be started: {error}. See {post.log}.")
    except (SystemExit, KeyboardInterrupt):
        post.clear()
        raise
    post.clear()
    return 0


def _fail(post: Post, note: Note, message: str) -> int:
    print(message, file=sys.stderr, flush=True)  # noqa: T201 - into the log
    post.write(replace(note, state="failed", message=message))
    return 1


def _fetch(post: Post, note: Note, cache: str) -> Path:
    told = 0.0

    def progress(done: int, total: int) -> None:
        nonlocal told
        if time.monotonic() - told > 0.5:
            told = time.monotonic()
            post.write(replace(note, state="fetching", done=done, total=total))

    return fetch(cache=cache, progress=progress, note=lambda text: print(text, flush=True))  # noqa: T201 - the log


def _load(path: Path, key: str, name: str, cache: str) -> Any:
    library: Any = importlib.import_module("xllamacpp")  # a compiled module that declares no names
    prompts = cache_folder(cache) / "prompts"
    prompts.mkdir(parents=True, exist_ok=True, mode=0o700)
    threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 2
    params = library.CommonParams()
    params.model.path = str(path)
    params.cpuparams.n_threads = threads
    params.cpuparams_batch.n_threads = threads
    # n_cache_reuse stays 0: shifted pieces would carry what they were read beside, an older state of the machine
    wanted = {
        "model_alias": {name},
        "hostnames": ["127.0.0.1"],
        "hostname": "127.0.0.1",
        "port": 0,
        "api_keys": [key],
        "n_ctx": CONTEXT,
        "n_parallel": SLOTS,
        "kv_unified": True,
        "cache_prompt": True,
        "cache_ram_mib": PROMPTS_MIB,
        "endpoint_slots": True,
        "slot_save_path": f"{prompts}{os.sep}",
        "ui": False,
        "warmup": False,
        "verbosity": 2,
    }
    for option, value in wanted.items():
        if hasattr(params, option):  # the library's versions differ between systems
            setattr(params, option, value)
    return library.Server(params)


async def _stay(front: Front, wish: Wish, ready: Callable[[str], None]) -> None:
    """Serve until no request was there for ``wish.idle`` seconds."""
    ready(await front.listen(wish.host, wish.port))
    try:
        while not wish.idle or front.busy or time.monotonic() - front.since < wish.idle:  # noqa: ASYNC110 - no event of it
            await asyncio.sleep(min(LOOK, wish.idle / 4) if wish.idle else LOOK)
    finally:
        await front.close()


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)  # the library's threads may still wait for connections that kernels keep open
