"""A request is ordered by how rarely its parts change, and never longer than its budget.

The frozen front comes first, a file of the package: a system message and worked examples, so that a model which
learns by imitation and one that reads instructions both know what to do. Then the machine card, files that stood in
the last request as they are now, what happened lately, the other files, what happened long ago and bears on the
command, its input, the time, and the command. An endpoint's prompt cache keeps the front.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files as resources
from typing import Literal

from llm_kernel.machine import Machine
from llm_kernel.model.request import Message, Request
from llm_kernel.prompt.card import card, given, running, volatile
from llm_kernel.prompt.pieces import Piece, fit, of_messages

__all__ = ["MOST", "Past", "Shown", "frozen", "meta_request", "program_request", "pure_request"]

MOST = 8000
"""The tokens that a request has at most where nobody says how many."""

_TURNS: dict[str, Literal["system", "user", "assistant"]] = {
    "=== system": "system",
    "=== user": "user",
    "=== assistant": "assistant",
}
_LISTED = 60


@dataclass(frozen=True, slots=True)
class Shown:
    """A file as the model sees it; ``text`` may be its head and tail, ``digest`` tells its contents apart."""

    path: str
    text: str
    lines: int
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Past:
    """What happened before: ``recent`` in its order, ``earlier`` what else bears on the request.

    Those of ``recent`` at ``bearing`` bear on it too. ``ties`` is what the answer depends on of it, for the tape.
    """

    recent: tuple[str, ...] = ()
    bearing: frozenset[int] = frozenset()
    earlier: tuple[str, ...] = ()
    ties: str = ""


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


@cache
def _front(name: str) -> int:
    """About how many tokens the frozen prefix has."""
    return of_messages(frozen(name))


def program_request(
    machine: Machine,
    command: str,
    *,
    cwd: str,
    shown: Sequence[Shown] = (),
    led: Sequence[Shown] = (),
    past: Past = Past(),
    stdin: str = "",
    hint: str = "",
    grammar: str = "",
    style: str = "compact",
    tokens: int = 2048,
    seed: int = 42,
    most: int = MOST,
) -> Request:
    """Ask what the program of ``command`` prints and does, in at most about ``most`` tokens.

    The request ends with the line ``$ COMMAND``; ``hint`` is what its source is known to print, ``led`` the files
    that the last request showed.

    Raises:
        TooLong: where the command alone is too long.
    """
    pieces = [
        *_before(machine, shown, led, past),
        Piece(stdin, 75, "Standard input:", cut=True),
        Piece(volatile(machine, cwd)),
        Piece(hint, 80, "It prints:", cut=True),
        Piece(f"$ {command}"),
    ]
    name = f"program-{style}"
    text = fit(pieces, most - _front(name))
    return Request(
        (*frozen(name), Message("user", text)),
        {
            "kind": "program",
            "command": command,
            **_key(machine, cwd, shown, past),
            "stdin": stdin,
        },
        max_tokens=tokens,
        temperature=0.8,
        seed=seed,
        grammar=grammar,
        penalty=1.1 if hint.count("\n") + _lines_of(hint) < _LONG else 1.0,
        frozen=len(frozen(name)),
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
    past: Past = Past(),
    trouble: str = "",
    before: str = "",
    tokens: int = 3072,
    seed: int = 42,
    most: int = MOST,
) -> Request:
    """Ask for the bash script that carries out ``instruction``, in at most about ``most`` tokens.

    ``before`` is the script of a first try and ``trouble`` what is to be said about it; both empty at first.

    Raises:
        TooLong: where the instruction alone is too long.
    """
    more = (Message("assistant", before), Message("user", trouble)) if trouble else ()
    pieces = [
        *_before(machine, shown, (), past, _listed(cwd, listing)),
        Piece(volatile(machine, cwd)),
        Piece(instruction),
    ]
    text = fit(pieces, most - _front("meta") - of_messages(more))
    key = {
        "kind": "meta",
        "instruction": instruction,
        "listing": "\n".join(listing[:_LISTED]),
        **_key(machine, cwd, shown, past),
    }
    if trouble:
        key |= {"before": before}
    messages = (*frozen("meta"), Message("user", text), *more)
    return Request(messages, key, max_tokens=tokens, temperature=0.3, seed=seed, frozen=len(frozen("meta")))


def pure_request(
    machine: Machine,
    cell: str,
    *,
    cwd: str,
    listing: Sequence[str] = (),
    shown: Sequence[Shown] = (),
    past: Past = Past(),
    tokens: int = 2048,
    seed: int = 42,
    most: int = MOST,
) -> Request:
    """Give a whole cell to the model, which plays the terminal, in at most about ``most`` tokens.

    Raises:
        TooLong: where the cell alone is too long.
    """
    pieces = [
        *_before(machine, shown, (), past, _listed(cwd, listing)),
        Piece(volatile(machine, cwd)),
        Piece(f"$ {cell.rstrip()}"),
    ]
    text = fit(pieces, most - _front("pure"))
    key = {
        "kind": "pure",
        "command": cell,
        "listing": "\n".join(listing[:_LISTED]),
        **_key(machine, cwd, shown, past),
    }
    messages = (*frozen("pure"), Message("user", text))
    return Request(messages, key, max_tokens=tokens, temperature=0.5, seed=seed, frozen=len(frozen("pure")))


def _before(
    machine: Machine, shown: Sequence[Shown], led: Sequence[Shown], past: Past, listed: str = ""
) -> list[Piece]:
    """What stands before the time and the command, with what each is worth."""
    leading = [one for one in led if one in shown]
    worth = {one.path: 70 - at for at, one in enumerate(shown)}

    def file(one: Shown) -> Piece:
        return Piece(f"File {one.path} ({one.lines} lines):\n{one.text.rstrip()}", worth[one.path], cut=True)

    return [
        Piece(card(machine), 90, cut=True),
        Piece(listed, 20),
        *map(file, leading),
        *(
            Piece(text, (30 if at in past.bearing else 10) + at / 1000, "Before:", cut=at in past.bearing)
            for at, text in enumerate(past.recent)
        ),
        *(file(one) for one in shown if one not in leading),
        *(Piece(text, 40 - at / 1000, "Earlier:", cut=True) for at, text in enumerate(past.earlier)),
    ]


def _listed(cwd: str, listing: Sequence[str]) -> str:
    return f"Files in {cwd}: {', '.join(listing[:_LISTED]) or 'none'}"


def _key(machine: Machine, cwd: str, shown: Sequence[Shown], past: Past) -> dict[str, str]:
    """What the user and the machine gave: no word of the prompt's, no time, no order."""
    return {
        "machine": given(machine),
        "files": "\n".join(sorted(f"{one.path} {one.lines} {one.digest or _digest(one.text)}" for one in shown)),
        "history": past.ties,
        "cwd": cwd,
        "running": running(machine),
    }


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
