"""A request is ordered by how rarely its parts change: frozen prefix, machine card, files, journal, then the command.

The frozen prefix is a file of the package: a system message and worked examples, so that a model which learns by
imitation and one that reads instructions both know what to do. An endpoint's prompt cache keeps it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files as resources
from typing import Literal

from llm_kernel.machine import Machine
from llm_kernel.machine.faults import spoken
from llm_kernel.model.request import Message, Request

__all__ = ["Shown", "card", "frozen", "meta_request", "program_request", "pure_request", "volatile"]

_TURNS: dict[str, Literal["system", "user", "assistant"]] = {
    "=== system": "system",
    "=== user": "user",
    "=== assistant": "assistant",
}
_FAMOUS = (
    "torch torchvision torchaudio tensorflow keras jax numpy pandas scipy scikit-learn transformers datasets "
    "matplotlib tqdm pillow opencv-python pytorch-lightning xgboost"
).split()


@dataclass(frozen=True, slots=True)
class Shown:
    """A file as the model sees it; ``text`` may be its head and tail."""

    path: str
    text: str
    lines: int


@cache
def frozen(name: str) -> tuple[Message, ...]:
    """The frozen prefix ``name``: what stands in ``prompt/NAME.md``."""
    text = (resources("llm_kernel.prompt") / f"{name}.md").read_text(encoding="utf-8")
    messages: list[Message] = []
    role: Literal["system", "user", "assistant"] | None = None
    body: list[str] = []
    for line in [*text.splitlines(), "=== end"]:
        if line in _TURNS or line == "=== end":
            if role is not None:
                messages.append(Message(role, "\n".join(body).strip("\n")))
            role, body = _TURNS.get(line), []
        else:
            body.append(line)
    return tuple(messages)


def card(machine: Machine) -> str:
    """The machine in a few lines, without time and load."""
    system, devices = machine.system, machine.devices
    gpus = f"{len(devices.gpus)} x {devices.gpus[0].model}" if devices.gpus else "no GPU"
    lines = [
        f"Machine: {system.profile.pretty}, host {system.host}, user {system.user}, "
        f"Python {system.python or 'none'}, {system.cpu.cores} cores, {system.memory // 2**30} GiB memory",
        f"GPUs: {gpus}"
        + (f", driver {devices.driver}" if devices.driver else "")
        + (f", CUDA {devices.cuda}" if devices.cuda else ""),
    ]
    if packages := _packages(machine):
        lines.append(f"Packages: {packages}")
    lines += [f"Fact: {fact}" for fact in [*machine.facts[-20:], *spoken(machine)]]
    return "\n".join(lines)


def _packages(machine: Machine) -> str:
    found = {package.name.lower(): package.version for package in machine.packages.asked()}
    famous = [name for name in _FAMOUS if name in found]
    rest = [name for name in found if name not in famous]
    return ", ".join(f"{name} {found[name]}" for name in [*famous, *rest][:24])


def volatile(machine: Machine, cwd: str) -> str:
    """What changes from request to request: the time, the directory and the load."""
    lines = [f"Now: {machine.clock.local:%Y-%m-%d %H:%M:%S %Z}, in {cwd}"]
    busy = [p for p in machine.processes.running() if p.gpu]
    lines += [f"Running: pid {p.pid} {' '.join(p.command)[:80]} on GPU {sorted(p.gpu)}" for p in busy]
    return "\n".join(lines)


def program_request(
    machine: Machine,
    command: str,
    *,
    cwd: str,
    shown: Sequence[Shown] = (),
    stdin: str = "",
    history: str = "",
    hint: str = "",
    grammar: str = "",
    style: str = "compact",
    tokens: int = 2048,
    seed: int = 42,
) -> Request:
    """Ask what the program of ``command`` prints and does.

    The request ends with the line ``$ COMMAND``; ``hint`` is what its source is known to print.
    """
    about, now = card(machine), volatile(machine, cwd)
    parts = [about, *(_file(one) for one in shown)]
    if history:
        parts.append(f"Before:\n{history}")
    if stdin:
        parts.append(f"Standard input:\n{stdin}")
    parts.append(now)
    if hint:
        parts.append(f"It prints:\n{hint}")
    parts.append(f"$ {command}")
    key = {
        "kind": "program",
        "command": command,
        "machine": about,
        "files": "\n".join(_file(one) for one in shown),
        "stdin": stdin,
        "history": history,
        "now": now,
    }
    prefix = frozen(f"program-{style}")
    messages = (*prefix, Message("user", "\n\n".join(parts)))
    return Request(
        messages,
        key,
        max_tokens=tokens,
        temperature=0.8,
        seed=seed,
        grammar=grammar,
        penalty=1.1 if hint.count("\n") + _lines_of(hint) < _LONG else 1.0,
        frozen=len(prefix),
    )


def _lines_of(hint: str) -> int:
    """How many lines a hint announces, in its own words."""
    return sum(int(number) for number in re.findall(r"\((\d+) lines", hint))


_LONG = 40
"""From how many lines on a penalty on repetition drives a run's figures away from where they settle."""


def meta_request(
    machine: Machine,
    instruction: str,
    *,
    cwd: str,
    listing: Sequence[str] = (),
    shown: Sequence[Shown] = (),
    history: str = "",
    trouble: str = "",
    before: str = "",
    tokens: int = 3072,
    seed: int = 42,
) -> Request:
    """Ask for the bash script that carries out ``instruction``.

    ``before`` is the script of a first try and ``trouble`` what is to be said about it; both empty at first.
    """
    about, now = card(machine), volatile(machine, cwd)
    names = f"Files in {cwd}: {', '.join(listing[:60]) or 'none'}"
    parts = [about, names, *(_file(one) for one in shown)]
    if history:
        parts.append(f"Before:\n{history}")
    parts += [now, instruction]
    prefix = frozen("meta")
    messages = [*prefix, Message("user", "\n\n".join(parts))]
    key = {
        "kind": "meta",
        "instruction": instruction,
        "machine": about,
        "listing": names,
        "files": "\n".join(_file(one) for one in shown),
        "history": history,
        "now": now,
    }
    if trouble:
        messages += [Message("assistant", before), Message("user", trouble)]
        key |= {"before": before, "trouble": trouble}
    return Request(tuple(messages), key, max_tokens=tokens, temperature=0.3, seed=seed, frozen=len(prefix))


def pure_request(
    machine: Machine,
    cell: str,
    *,
    cwd: str,
    listing: Sequence[str] = (),
    shown: Sequence[Shown] = (),
    history: str = "",
    tokens: int = 2048,
    seed: int = 42,
) -> Request:
    """Give a whole cell to the model, which plays the terminal."""
    about, now = card(machine), volatile(machine, cwd)
    names = f"Files in {cwd}: {', '.join(listing[:60]) or 'none'}"
    parts = [about, names, *(_file(one) for one in shown)]
    if history:
        parts.append(f"Before:\n{history}")
    parts += [now, f"$ {cell.rstrip()}"]
    key = {
        "kind": "pure",
        "command": cell,
        "machine": about,
        "listing": names,
        "files": "\n".join(_file(one) for one in shown),
        "history": history,
        "now": now,
    }
    prefix = frozen("pure")
    messages = (*prefix, Message("user", "\n\n".join(parts)))
    return Request(messages, key, max_tokens=tokens, temperature=0.5, seed=seed, frozen=len(prefix))


def _file(shown: Shown) -> str:
    return f"File {shown.path} ({shown.lines} lines):\n{shown.text.rstrip()}"
