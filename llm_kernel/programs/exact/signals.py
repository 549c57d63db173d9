"""``killall``: a signal to every process of a name."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from llm_kernel.machine.process_facts import command_name
from llm_kernel.machine.processes import Process
from llm_kernel.machine.signals import NAMES, number_of
from llm_kernel.programs.table import Asks, exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["killall"]

_KILLALL = "Usage: killall [OPTION]... [--] NAME...\n       killall -l, --list\n       killall -V, --version\n"


_LETTERS = ("q", "v", "w", "e", "I", "r", "i", "g")
_LONG = {"--quiet": "q", "--verbose": "v", "--wait": "w", "--exact": "e", "--ignore-case": "I", "--regexp": "r",
         "--interactive": "i", "--process-group": "g"}  # fmt: skip


@exact("killall")
def killall(call: Call) -> Answer:
    """Signal every process of a name; complain of names that nobody has."""
    signal, quiet, names, flags, user = 15, False, [], set[str](), ""
    ages = dict[str, float]()
    args = list(call.args)
    while args:
        word = args.pop(0)
        if word in ("-l", "--list"):
            return Answer(" ".join(NAMES[number] for number in range(1, 32)) + "\n")
        if word in _AGES:
            age = _seconds(args.pop(0) if args else "")
            if age is None:
                return Answer(stderr="killall: Invalid time format\n", status=1)
            ages[_AGES[word]] = age
            continue
        if word in ("-s", "--signal", "-u", "--user"):
            value = args.pop(0) if args else ""
            if word in ("-u", "--user"):
                user = value
                continue
            found = number_of(value)
        elif word.startswith("-") and (found := number_of(word[1:])) is not None:
            pass
        elif word.startswith("-"):
            letters = [_LONG.get(word, "")] if word[:2] == "--" else word[1:]
            if not all(letter in _LETTERS for letter in letters):
                return Answer(stderr=_KILLALL, status=1)
            flags |= set(letters)
            quiet = quiet or "q" in flags
            continue
        else:
            names.append(word)
            continue
        if found is None:
            return Answer(stderr=f"{word}: unknown signal; killall -l lists signals.\n", status=1)
        signal = found
    if not names and not user:
        return Answer(stderr=_KILLALL, status=1)
    if user and call.machine.system.account(user) is None:
        return Answer(stderr=f"Cannot find user {user}\n", status=1)
    said, status, found_of = "", 0, dict[str, list[Process]]()
    for name in names or [""]:
        try:
            found_of[name] = [one for one in _called(call, name, flags, user) if _aged(call, one, ages)]
        except re.error:
            return Answer(stderr=f"killall: Bad regular expression: {name}\n", status=1)
    agreed = _agreed(call, [one for chosen in found_of.values() for one in chosen]) if "i" in flags else None
    for name, running in found_of.items():
        chosen = running if agreed is None else [one for one in running if one.pid in agreed]
        if not chosen:
            said += "" if quiet or running else f"{name}: no process found\n"
            status = 1
            continue
        wrong = _send(call, chosen, signal, name)
        said, status = said + wrong, max(status, int(bool(wrong)))
        if "v" in flags:
            said += "".join(f"Killed {name}({one.pid}) with signal {signal}\n" for one in chosen)
    return Answer(stderr=said, status=status)


_AGES = {"-o": "older", "--older-than": "older", "-y": "younger", "--younger-than": "younger"}
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "M": 2629800, "y": 31557600}
"""Seconds of a unit of time, as ``killall`` counts them."""


def _seconds(text: str) -> float | None:
    found = re.fullmatch(r"(\d+(?:\.\d*)?)([smhdwMy])", text)
    return float(found[1]) * _UNITS[found[2]] if found else None


def _aged(call: Call, one: Process, ages: Mapping[str, float]) -> bool:
    """Whether a process is as old as it was said."""
    age = call.machine.clock.now - one.start
    return age > ages.get("older", -1.0) and age < ages.get("younger", math.inf)


def _agreed(call: Call, chosen: list[Process]) -> set[int]:
    """The processes that the person at the terminal wants to end.

    Raises:
        Asks: while there is one that was not spoken of.
    """
    typed = call.typed.split("\n") if call.typed is not None else []
    if len(typed) < len(chosen):
        one = chosen[len(typed)]
        raise Asks("", f"Kill {command_name(one)}({one.pid}) ? (y/N) ")
    return {one.pid for one, said in zip(chosen, typed, strict=False) if said[:1] in ("y", "Y")}


def _called(call: Call, name: str, flags: set[str], user: str) -> list[Process]:
    """The processes of a name, or with ``r`` of a pattern; only those of ``user``, if one is given."""
    wanted = name if "r" in flags else f"{re.escape(name.rpartition('/')[2][:15])}$" if name else ""
    fits = re.compile(wanted, re.IGNORECASE if "I" in flags else 0)
    running = call.machine.processes.running()
    return [one for one in running if (not user or one.user == user) and fits.match(command_name(one))]


def _send(call: Call, chosen: list[Process], signal: int, name: str) -> str:
    """What is complained of."""
    said = ""
    for process in chosen:
        why = call.machine.processes.signal(process.pid, signal, user=call.machine.system.user)
        said += f"{name}({process.pid}): {why}\n" if why else ""
    return said
