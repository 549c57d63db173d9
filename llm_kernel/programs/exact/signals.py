"""``killall``: a signal to every process of a name."""

from __future__ import annotations

import re

from llm_kernel.machine.process_facts import command_name
from llm_kernel.machine.processes import Process
from llm_kernel.machine.signals import NAMES, number_of
from llm_kernel.programs.table import exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["killall"]

_KILLALL = "Usage: killall [OPTION]... [--] NAME...\n       killall -l, --list\n       killall -V, --version\n"


@exact("killall")
def killall(call: Call) -> Answer:
    """Signal every process of a name; complain of names that nobody has."""
    signal, quiet, names, flags, user = 15, False, [], set[str](), ""
    args = list(call.args)
    while args:
        word = args.pop(0)
        if word in ("-l", "--list"):
            return Answer(" ".join(NAMES[number] for number in range(1, 32)) + "\n")
        if word in ("-s", "--signal", "-u", "--user"):
            value = args.pop(0) if args else ""
            if word in ("-u", "--user"):
                user = value
                continue
            found = number_of(value)
        elif word.startswith("-") and (found := number_of(word[1:])) is not None:
            pass
        elif word.startswith("-"):
            known = {"q": "q", "v": "v", "w": "w", "e": "e", "I": "I", "r": "r", "i": "i", "g": "g"}
            letters = (
                [{"--quiet": "q", "--verbose": "v", "--wait": "w", "--regexp": "r", "--ignore-case": "I"}.get(word, "")]
                if word[:2] == "--"
                else word[1:]
            )
            if not all(letter in known for letter in letters):
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
    said, status = "", 0
    for name in names or [""]:
        try:
            chosen = _called(call, name, flags, user)
        except re.error:
            return Answer(stderr=f"killall: Bad regular expression: {name}\n", status=1)
        if not chosen:
            said += "" if quiet else f"{name}: no process found\n"
            status = 1
            continue
        wrong = _send(call, chosen, signal, name)
        said, status = said + wrong, max(status, int(bool(wrong)))
        if "v" in flags:
            said += "".join(f"Killed {name}({one.pid}) with signal {signal}\n" for one in chosen)
    return Answer(stderr=said, status=status)


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
