"""From settings to a session: the only place that picks concrete classes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import cast

from traitlets import TraitError

from llm_kernel.errors import SettingError, StateError, StoreError, TapeError
from llm_kernel.machine import DEFAULT_EPOCH, Clock, Machine
from llm_kernel.model.ability import Abilities
from llm_kernel.model.budget import Bounded, read_budget
from llm_kernel.model.chat import OpenAIBackend
from llm_kernel.model.choice import Models
from llm_kernel.model.local import LocalBackend
from llm_kernel.model.price import FREE, Price, known_host, known_price, read_price
from llm_kernel.model.request import Backend
from llm_kernel.model.tape import Mode, Tape, header_of
from llm_kernel.moments import Moments
from llm_kernel.programs.emulated import Options
from llm_kernel.python import Limits as Bounds
from llm_kernel.session import Session, Setup
from llm_kernel.settings import Settings, variable
from llm_kernel.shell.limits import Limits
from llm_kernel.shell.order import untold
from llm_kernel.store.store import Store, home

__all__ = ["Settings", "build"]


def build(settings: Settings) -> Session:
    """The session that ``settings`` (a ``Settings``) describe.

    Raises:
        SettingError: for a value nobody can use.
    """
    try:
        return _build(settings)
    except TraitError as error:
        raise SettingError(f"{error} Correct the environment variable or llm_kernel_config.py.") from error


def _build(settings: Settings) -> Session:
    untold()
    local = _is_local(settings)
    taped = bool(settings.tape) and settings.tape_mode != "off"
    if settings.tape_base and not settings.tape:
        raise SettingError("LLM_KERNEL_TAPE_BASE names a tape; name the one that lies over it with LLM_KERNEL_TAPE.")
    header = header_of(settings.tape, settings.tape_base) if taped and settings.tape_mode != "record" else {}
    seed = int(header.get("seed", settings.seed))
    stepped = settings.clock == "stepped" or (not settings.clock and taped)
    epoch = float(header["epoch"]) if "epoch" in header else _moment(settings.epoch)
    clock = Clock(epoch if stepped else time.time(), host=time.time)
    style = header.get("prompt") or settings.prompt_set or ("compact" if local else "full")
    options = Options(
        style=style,
        tokens=settings.reply_tokens,
        spend=settings.spend_limit,
        continuations=settings.continuations,
        mends=settings.mends,
        prompt=settings.prompt_tokens,
        seed=seed,
    )
    setup = Setup(
        physics=str(header.get("physics", settings.physics)),
        unknown=str(header.get("unknown", settings.unknown)),
        output=settings.output_limit,
        meta_tokens=settings.meta_tokens,
        options=options,
        limits=Limits(settings.max_commands, settings.max_loops, settings.max_memory, settings.max_jobs),
        python=Bounds(settings.python_seconds, settings.python_memory),
        pace=_rate(settings.pace, stepped),
        watch=settings.watch_limit,
        cell=settings.cell_seconds,
    )

    def live(model: str) -> Backend:
        recorded = "" if local or settings.model else str(header.get("model", ""))
        backend = _live(settings, model or recorded, lambda *state: session.waiting(*state), abilities)
        return Bounded(backend, budget, own) if budget else backend

    def make(model: str) -> Backend:
        return tape.over(lambda: live(model)) if tape else live(model)

    abilities = Abilities()
    clock_start = clock.now
    limit, own = _limit(settings, header), _prices(settings, local)
    budget = read_budget(limit)
    said = {
        **{"seed": seed, "epoch": clock_start, "prompt": style, "physics": setup.physics, "unknown": setup.unknown},
        **({"budget": limit} if limit else {}),
        "price": _written(own(settings.model), settings.endpoint),
    }
    tape = _tape(settings, said) if taped else None
    models = Models(make, price=_taped(str(header.get("price", ""))) if header else own, budget=budget, tape=tape)
    session = Session(
        Machine(clock, seed=seed),
        models,
        setup,
        wall=None if stepped else time.time,
        moments=lambda: _moments(settings),
        clock=lambda: Clock(clock_start if stepped else time.time(), host=time.time),
    )
    return session


def _tape(settings: Settings, header: Mapping[str, object]) -> Tape:
    """The one tape of a kernel's life, whichever models answer behind it."""

    def nobody() -> Backend:
        raise SettingError("no model was chosen yet")

    return Tape(
        settings.tape,
        cast(Mode, settings.tape_mode),
        backend=nobody,
        header=header,
        secret=variable("OPENAI_API_KEY"),
        base=settings.tape_base,
    )


def _limit(settings: Settings, header: Mapping[str, object]) -> str:
    """The budget that holds: in replay the recorded one; else one's own, and the recorded one where there is none."""
    recorded = str(header.get("budget", ""))
    return recorded if settings.tape_mode == "replay" and header else settings.budget or recorded


def _moments(settings: Settings) -> Moments:
    """Where this notebook's steps are kept; one without a name needs no file, and does without where none can be."""
    try:
        store = Store(home(settings.home), keep=settings.keep)
        return Moments(store, store.enter(settings.session_name))
    except (StateError, StoreError) as error:
        if settings.session_name:
            raise
        store = Store(None, keep=settings.keep)
        return Moments(store, store.enter(""), fleeting=str(error))


def _is_local(settings: Settings) -> bool:
    if settings.backend == "auto":
        return not (settings.endpoint or variable("OPENAI_API_KEY"))
    return bool(settings.backend == "local")


def _live(settings: Settings, model: str, progress: Callable[[str, int, int], None], abilities: Abilities) -> Backend:
    if _is_local(settings):
        path = model if model.endswith(".gguf") else settings.local_model
        embedded = LocalBackend(path, cache=settings.cache, idle_minutes=settings.idle_minutes, progress=progress)
        if model not in ("", path, embedded.name):
            raise SettingError(
                f"No endpoint is set, so there is no model {model!r}: {embedded.name} answers. Name a .gguf file, "
                "or set OPENAI_BASE_URL before the kernel starts."
            )
        return embedded
    key = variable("OPENAI_API_KEY")
    return OpenAIBackend(
        settings.endpoint,
        key,
        model or settings.model,
        abilities=abilities,
        waiting=lambda place: progress("waiting", place, 0),
    )


def _moment(text: str) -> float:
    if not text:
        return DEFAULT_EPOCH
    try:
        when = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise SettingError(f"LLM_KERNEL_EPOCH is {text!r}; write it as 2021-04-01T09:00") from None
    return (when if when.tzinfo else when.replace(tzinfo=timezone.utc)).timestamp()


def _rate(text: str, stepped: bool) -> float | None:
    """Simulated seconds a real second; None for the rhythm that is chosen where nobody says which."""
    if not text.strip():
        return 0.0 if stepped else None
    try:
        rate = float(text)
    except ValueError:
        rate = -1.0
    if not 0 <= rate < float("inf"):
        raise SettingError(f"LLM_KERNEL_PACE is {text!r}; it is simulated seconds a real second, 0 shows all at once")
    return rate


def _prices(settings: Settings, local: bool) -> Callable[[str], Price | None]:
    """What a model costs: as somebody set it, nothing where it is embedded, else what its endpoint is known to ask."""
    said = read_price(settings.price) or (FREE if local else None)
    return lambda model: said or known_price(settings.endpoint, model)


def _written(price: Price | None, endpoint: str) -> str:
    """What a tape keeps of a price: the figures, else the host that is known to have some, else nothing."""
    return str(price) if price else known_host(endpoint)


def _taped(written: str) -> Callable[[str], Price | None]:
    """What the models of a tape cost; a figure of today's tells nothing of a tape that says none."""
    if "/" in written:
        try:
            said = read_price(written)
        except SettingError:
            raise TapeError(f"The tape's header says the price {written!r}, which is none; correct it.") from None
        return lambda model: said
    return lambda model: known_price(f"https://{written}", model) if written else None
