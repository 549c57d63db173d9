"""Every setting of a kernel as a trait, each with its environment variable.

The help texts are the manual: ``llm-kernel config`` prints them. Nothing heavy is imported here, so that a kernel can
answer its first question before the machine is loaded.
"""

from __future__ import annotations

import os
import re

from traitlets import Enum, Float, HasTraits, Int, TraitError, Unicode, default

__all__ = ["Settings", "variable"]


def variable(name: str, fallback: str = "") -> str:
    """An environment variable without the blanks around it; ``fallback`` where it is empty or not there."""
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
    tape_base = Unicode(
        help="A tape that is read and never written; the tape lies over it and takes what it lacks. "
        "LLM_KERNEL_TAPE_BASE"
    ).tag(config=True)
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
    budget = Unicode(
        help="The most that this kernel may use: tokens in and out, 200000, or money, 0.50usd. LLM_KERNEL_BUDGET"
    ).tag(config=True)
    price = Unicode(
        help="US dollars per million tokens in and out, 0.15/0.60, and a third number for cached ones. Empty: the "
        "endpoint's price where it is known; the embedded model costs nothing. LLM_KERNEL_PRICE"
    ).tag(config=True)
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
    prompt_tokens = Int(
        8000,
        min=3000,
        help="The most tokens of one request, by an estimate: what matters least is left out first, the command never. "
        "LLM_KERNEL_PROMPT_TOKENS",
    ).tag(config=True)
    reply_tokens = Int(4096, min=16, help="The most tokens of one program's reply.").tag(config=True)
    meta_tokens = Int(4096, min=16, help="The most tokens of an instruction's script.").tag(config=True)
    output_limit = Int(3_000_000, min=100, help="The most characters that one cell shows.").tag(config=True)
    spend_limit = Float(30 * 86400.0, min=1.0, help="The most seconds that one program may spend.").tag(config=True)
    max_commands = Int(3_000_000, min=1, help="The most commands that one cell's shell runs.").tag(config=True)
    max_loops = Int(3_000_000, min=1, help="The most turns that one loop of the shell takes.").tag(config=True)
    max_memory = Int(1 << 30, min=1 << 20, help="The most bytes that shell variables and files hold.").tag(config=True)
    pace = Unicode(
        help="Simulated seconds that are shown in one real second; 0 shows all at once. Empty: a visible rhythm of "
        "at most ten real seconds a cell where the client takes input and the clock flows, else 0. LLM_KERNEL_PACE"
    ).tag(config=True)
    watch_limit = Float(
        600.0, min=1.0, help="Simulated seconds after which watch, top, tail -f or nvidia-smi -l ends by itself."
    ).tag(config=True)
    cell_seconds = Float(
        6 * 3600.0, min=1.0, help="Simulated seconds after which a cell begins no further sleep: its loop is ended."
    ).tag(config=True)
    python_seconds = Float(
        2.0, min=0.1, help="Real seconds that a computed Python program may take; what needs longer is the model's."
    ).tag(config=True)
    python_memory = Int(
        200_000_000, min=1 << 20, help="Bytes that a computed Python program may use; what needs more is the model's."
    ).tag(config=True)
    max_jobs = Int(256, min=1, help="The most background jobs at one time.").tag(config=True)
    continuations = Int(
        4, min=0, help="How often a reply that was cut after reply_tokens is asked to go on where it was cut."
    ).tag(config=True)
    mends = Int(
        3,
        min=0,
        help="How often a reply is asked for again from the first line on that the program's source cannot print; "
        "then the source prints the rest itself.",
    ).tag(config=True)
    home = Unicode(help="Folder for snapshots; empty: the user's data folder. LLM_KERNEL_HOME").tag(config=True)
    session_name = Unicode(
        help="Which notebook this is: a kernel finds again what the one before it on the same notebook left. Empty: "
        "nobody's, and snapshots live as long as the kernel. JPY_SESSION_NAME (Jupyter Server sets it), else "
        "LLM_KERNEL_SESSION"
    ).tag(config=True)
    keep = Int(
        1000, min=1, help="Snapshots kept of each notebook; older ones go, but for those with a name. LLM_KERNEL_KEEP"
    ).tag(config=True)
    idle_minutes = Float(15.0, min=0.1, help="When the embedded model's server leaves.").tag(config=True)

    @default("model")
    def _model(self) -> str:
        return variable("LLM_KERNEL_MODEL")

    @default("endpoint")
    def _endpoint(self) -> str:
        return variable("OPENAI_BASE_URL")

    @default("backend")
    def _backend(self) -> str:
        return variable("LLM_KERNEL_BACKEND", "auto")

    @default("local_model")
    def _local_model(self) -> str:
        return variable("LLM_KERNEL_LOCAL_MODEL")

    @default("cache")
    def _cache(self) -> str:
        return variable("LLM_KERNEL_CACHE")

    @default("tape")
    def _tape(self) -> str:
        return variable("LLM_KERNEL_TAPE")

    @default("tape_base")
    def _tape_base(self) -> str:
        return variable("LLM_KERNEL_TAPE_BASE")

    @default("tape_mode")
    def _tape_mode(self) -> str:
        return variable("LLM_KERNEL_TAPE_MODE", "auto")

    @default("physics")
    def _physics(self) -> str:
        return variable("LLM_KERNEL_PHYSICS", "exact")

    @default("clock")
    def _clock(self) -> str:
        return variable("LLM_KERNEL_CLOCK")

    @default("epoch")
    def _epoch(self) -> str:
        return variable("LLM_KERNEL_EPOCH")

    @default("pace")
    def _pace(self) -> str:
        return variable("LLM_KERNEL_PACE")

    @default("home")
    def _home(self) -> str:
        return variable("LLM_KERNEL_HOME")

    @default("session_name")
    def _session_name(self) -> str:
        return variable("JPY_SESSION_NAME") or variable("LLM_KERNEL_SESSION")

    @default("keep")
    def _keep(self) -> int:
        text = variable("LLM_KERNEL_KEEP", "1000")
        if not re.fullmatch(r"\d{1,9}", text) or not int(text):
            raise TraitError(f"LLM_KERNEL_KEEP is {text!r}; it is a number of snapshots, 1000")
        return int(text)

    @default("seed")
    def _seed(self) -> int:
        text = variable("LLM_KERNEL_SEED", "42")
        if not re.fullmatch(r"-?\d{1,18}", text):
            raise TraitError(f"LLM_KERNEL_SEED is {text!r}; it is a whole number")
        return int(text)

    @default("prompt_tokens")
    def _prompt_tokens(self) -> int:
        text = variable("LLM_KERNEL_PROMPT_TOKENS", "8000")
        if not re.fullmatch(r"\d{4,8}", text) or int(text) < 3000:
            raise TraitError(f"LLM_KERNEL_PROMPT_TOKENS is {text!r}; it is a number of tokens, 3000 or more")
        return int(text)

    @default("budget")
    def _budget(self) -> str:
        return variable("LLM_KERNEL_BUDGET")

    @default("price")
    def _price(self) -> str:
        return variable("LLM_KERNEL_PRICE")

    @default("unknown")
    def _unknown(self) -> str:
        return variable("LLM_KERNEL_UNKNOWN", "hint")
