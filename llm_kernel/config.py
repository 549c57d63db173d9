"""Settings as traits, each with its environment variable; the only place that picks concrete classes.

The help texts are the manual: ``llm-kernel config`` prints them.
"""

from __future__ import annotations

import os
import re
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from traitlets import Enum, Float, HasTraits, Int, TraitError, Unicode, default

from llm_kernel.errors import SettingError
from llm_kernel.machine import DEFAULT_EPOCH, Clock, Machine
from llm_kernel.model.chat import OpenAIBackend
from llm_kernel.model.choice import Models
from llm_kernel.model.local import LocalBackend, missing
from llm_kernel.model.request import Backend
from llm_kernel.model.tape import Tape, header_of
from llm_kernel.programs.emulated import Options
from llm_kernel.session import Session, Setup
from llm_kernel.shell.bash import Limits

__all__ = ["Settings", "build"]


def _env(name: str, fallback: str = "") -> str:
    return os.environ.get(name, "").strip() or fallback


class Settings(HasTraits):
    """Everything that can be set, as ``c.LLMKernel.NAME`` in ``llm_kernel_config.py`` or by the environment."""

    model = Unicode(help="The model's name at the endpoint; empty: the first that it lists. LLM_KERNEL_MODEL").tag(
        config=True
    )
    endpoint = Unicode(help="Base URL of an OpenAI-compatible endpoint. OPENAI_BASE_URL").tag(config=True)
    backend = Enum(
        ("auto", "openai", "local"),
        "auto",
        help="Who answers: openai (an endpoint), local (the embedded model), auto: an endpoint where "
        "OPENAI_BASE_URL or OPENAI_API_KEY is set, else the embedded model. LLM_KERNEL_BACKEND",
    ).tag(config=True)
    local_model = Unicode(help="A GGUF file to run instead of the embedded model. LLM_KERNEL_LOCAL_MODEL").tag(
        config=True
    )
    cache = Unicode(help="Folder for the embedded model's file. LLM_KERNEL_CACHE").tag(config=True)
    tape = Unicode(help="A file that model traffic is recorded on and replayed from. LLM_KERNEL_TAPE").tag(config=True)
    tape_mode = Enum(
        ("auto", "record", "replay", "off"),
        "auto",
        help="auto plays what the tape has and asks and records the rest; record begins it anew; replay never asks. "
        "LLM_KERNEL_TAPE_MODE",
    ).tag(config=True)
    physics = Enum(
        ("exact", "pure"),
        "exact",
        help="exact: what can be computed is computed; pure: whole cells go to the model. LLM_KERNEL_PHYSICS",
    ).tag(config=True)
    clock = Enum(
        ("", "flowing", "stepped"),
        "",
        help="flowing: the machine's clock moves with real time between cells; stepped: only with time that programs "
        "spend. Empty: stepped with a tape, else flowing. LLM_KERNEL_CLOCK",
    ).tag(config=True)
    epoch = Unicode(help="Where a stepped clock starts, 2021-04-01T09:00 (UTC). LLM_KERNEL_EPOCH").tag(config=True)
    seed = Int(42, help="The seed of everything that looks like chance. LLM_KERNEL_SEED").tag(config=True)
    budget = Unicode(help="The most tokens this kernel may use, as a number. LLM_KERNEL_BUDGET").tag(config=True)
    unknown = Enum(
        ("hint", "ask"),
        "hint",
        help="A command that is not on the machine: hint prints command not found as that system does, ask lets the "
        "model play it. LLM_KERNEL_UNKNOWN",
    ).tag(config=True)
    prompt_set = Enum(
        ("", "compact", "full"),
        "",
        help="Worked examples for programs: compact (acts at the end) for small models, full for large ones. Empty: "
        "compact for the embedded model.",
    ).tag(config=True)
    reply_tokens = Int(4096, min=16, help="The most tokens of one program's reply.").tag(config=True)
    meta_tokens = Int(4096, min=16, help="The most tokens of an instruction's script.").tag(config=True)
    output_limit = Int(2_000_000, min=100, help="The most characters that one cell shows.").tag(config=True)
    spend_limit = Float(30 * 86400.0, min=1.0, help="The most seconds that one program may spend.").tag(config=True)
    max_commands = Int(10_000_000, min=1, help="The most commands that one cell's shell runs.").tag(config=True)
    max_loops = Int(10_000_000, min=1, help="The most turns that one loop of the shell takes.").tag(config=True)
    max_memory = Int(1 << 30, min=1 << 20, help="The most bytes that shell variables and files hold.").tag(config=True)
    idle_minutes = Float(15.0, min=0.1, help="When the embedded model's server leaves.").tag(config=True)

    @default("model")
    def _model(self) -> str:
        return _env("LLM_KERNEL_MODEL")

    @default("endpoint")
    def _endpoint(self) -> str:
        return _env("OPENAI_BASE_URL")

    @default("backend")
    def _backend(self) -> str:
        return _env("LLM_KERNEL_BACKEND", "auto")

    @default("local_model")
    def _local_model(self) -> str:
        return _env("LLM_KERNEL_LOCAL_MODEL")

    @default("cache")
    def _cache(self) -> str:
        return _env("LLM_KERNEL_CACHE")

    @default("tape")
    def _tape(self) -> str:
        return _env("LLM_KERNEL_TAPE")

    @default("tape_mode")
    def _tape_mode(self) -> str:
        return _env("LLM_KERNEL_TAPE_MODE", "auto")

    @default("physics")
    def _physics(self) -> str:
        return _env("LLM_KERNEL_PHYSICS", "exact")

    @default("clock")
    def _clock(self) -> str:
        return _env("LLM_KERNEL_CLOCK")

    @default("epoch")
    def _epoch(self) -> str:
        return _env("LLM_KERNEL_EPOCH")

    @default("seed")
    def _seed(self) -> int:
        text = _env("LLM_KERNEL_SEED", "42")
        if not re.fullmatch(r"-?\d{1,18}", text):
            raise TraitError(f"LLM_KERNEL_SEED is {text!r}; it is a whole number")
        return int(text)

    @default("budget")
    def _budget(self) -> str:
        return _env("LLM_KERNEL_BUDGET")

    @default("unknown")
    def _unknown(self) -> str:
        return _env("LLM_KERNEL_UNKNOWN", "hint")


def build(settings: Any) -> Session:
    """The session that ``settings`` (a ``Settings``) describe.

    Raises:
        SettingError: for a value nobody can use.
    """
    try:
        return _build(settings)
    except TraitError as error:
        raise SettingError(f"{error} Correct the environment variable or llm_kernel_config.py.") from error


def _build(settings: Any) -> Session:
    local = _is_local(settings)
    taped = bool(settings.tape) and settings.tape_mode != "off"
    header = header_of(settings.tape) if taped and settings.tape_mode != "record" else {}
    seed = int(header.get("seed", settings.seed))
    stepped = settings.clock == "stepped" or (not settings.clock and taped)
    epoch = float(header["epoch"]) if "epoch" in header else _moment(settings.epoch)
    clock = Clock(epoch if stepped else time.time(), host=time.time)
    style = header.get("prompt") or settings.prompt_set or ("compact" if local else "full")
    options = Options(
        style=style,
        tokens=settings.reply_tokens,
        spend=settings.spend_limit,
        grammars=local,
        seed=seed,
    )
    setup = Setup(
        physics=settings.physics,
        unknown=settings.unknown,
        output=settings.output_limit,
        meta_tokens=settings.meta_tokens,
        options=options,
        limits=Limits(settings.max_commands, settings.max_loops, settings.max_memory),
    )

    def make(model: str) -> Backend:
        if not taped:
            return _live(settings, model)
        said = {"seed": seed, "epoch": clock_start, "prompt": style}
        return Tape(
            settings.tape,
            settings.tape_mode,
            backend=lambda: _live(settings, model),
            header=said,
            secret=_env("OPENAI_API_KEY"),
        )

    clock_start = clock.now
    models = Models(make, budget=_tokens(settings.budget))
    return Session(Machine(clock, seed=seed), models, setup, wall=None if stepped else time.time)


def _is_local(settings: Any) -> bool:
    if settings.backend == "auto":
        return not (settings.endpoint or _env("OPENAI_API_KEY"))
    return bool(settings.backend == "local")


def _live(settings: Any, model: str) -> Backend:
    if _is_local(settings):
        path = model if model.endswith(".gguf") else settings.local_model
        return LocalBackend(path, cache=settings.cache, idle_minutes=settings.idle_minutes)
    return OpenAIBackend(settings.endpoint, _env("OPENAI_API_KEY"), model or settings.model)


def _moment(text: str) -> float:
    if not text:
        return DEFAULT_EPOCH
    try:
        when = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise SettingError(f"LLM_KERNEL_EPOCH is {text!r}; write it as 2021-04-01T09:00") from None
    return (when if when.tzinfo else when.replace(tzinfo=timezone.utc)).timestamp()


def _tokens(text: str) -> int:
    if not text:
        return 0
    if re.fullmatch(r"\d+(\.\d+)?\s*usd", text.strip(), re.I):
        raise SettingError(
            f"LLM_KERNEL_BUDGET is {text!r}: amounts of money are not supported yet; give a number of tokens"
        )
    if not re.fullmatch(r"\d[\d_]*", text.strip()) or not int(text.replace("_", "")):
        raise SettingError(f"LLM_KERNEL_BUDGET is {text!r}; it is a number of tokens, 200000")
    return int(text.replace("_", ""))


def model_missing(settings: Any) -> str:
    """What to do where the chosen backend cannot answer at all; empty where it can be tried."""
    return missing() if _is_local(settings) and not Path(settings.local_model or "").is_file() else ""
