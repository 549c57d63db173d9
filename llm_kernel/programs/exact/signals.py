"""Programs that send signals: ``kill`` of its own, ``pkill``, ``killall``, ``skill``."""

from __future__ import annotations

import re

from llm_kernel.machine.process_facts import command_name
from llm_kernel.machine.processes import Process
from llm_kernel.machine.signals import NAMES, number_of
from llm_kernel.programs.table import NotExact, exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["killall", "pkill"]

_LONG = {"--full": "f", "--exact": "x", "--newest": "n", "--oldest": "o", "--ignore-case": "i", "--echo": "e"}
_KILLALL = "Usage: killall [OPTION]... [--] NAME...\n       killall -l, --list\n       killall -V, --version\n"


@exact("pkill")
def pkill(call: Call) -> Answer:
    """Signal the processes whose name, or with ``-f`` whose command line, a pattern fits."""
    signal, flags, users, pattern, parents = 15, set[str](), "", "", ""
    args = list(call.args)
    while args:
        word = args.pop(0)
        if word in ("-u", "-U", "--euid", "--uid", "-t", "-g", "-P", "--parent", "-s") or word.startswith("--signal"):
            value = word.partition("=")[2] or (args.pop(0) if args else "")
            if word.startswith("--signal"):
                signal = number_of(value) or 15
            elif word in ("-u", "-U", "--euid", "--uid"):
                users = value
            elif word in ("-P", "--parent"):
                parents = value
            else:
                raise NotExact(call.name)
        elif re.fullmatch(r"-(?:\d+|(?:SIG)?[A-Z]{2,}\d*)", word) and (number := number_of(word[1:])) is not None:
            signal = number
        elif word.startswith("--"):
            if word not in _LONG:
                return Answer(stderr=f"pkill: unrecognized option '{word}'\n{_hint('pkill')}", status=2)
            flags.add(_LONG[word])
        elif word.startswith("-") and len(word) > 1:
            if wrong := [letter for letter in word[1:] if letter not in "fxnoiec"]:
                return Answer(stderr=f"pkill: invalid option -- '{wrong[0]}'\n{_hint('pkill')}", status=2)
            flags |= set(word[1:])
        else:
            pattern = word
    if not pattern and not users and not parents:
        return Answer(stderr=f"pkill: no matching criteria specified\n{_hint('pkill')}", status=2)
    chosen = [
        one for one in _matching(call, pattern, flags, users) if not parents or str(one.ppid) in parents.split(",")
    ]
    return _send(call, chosen, signal, "pkill: killing pid {} failed: {}\n", echo="e" in flags)


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
        answer = _send(call, chosen, signal, f"{name}({{}}): {{}}\n", echo=False)
        said, status = said + str(answer.stderr), max(status, answer.status)
        if "v" in flags:
            said += "".join(f"Killed {name}({one.pid}) with signal {signal}\n" for one in chosen)
    return Answer(stderr=said, status=status)


def _called(call: Call, name: str, flags: set[str], user: str) -> list[Process]:
    """The processes of a name, or with ``r`` of a pattern; only those of ``user``, if one is given."""
    wanted = name if "r" in flags else f"{re.escape(name.rpartition('/')[2][:15])}$" if name else ""
    fits = re.compile(wanted, re.IGNORECASE if "I" in flags else 0)
    running = call.machine.processes.running()
    return [one for one in running if (not user or one.user == user) and fits.match(command_name(one))]


def _matching(call: Call, pattern: str, flags: set[str], users: str) -> list[Process]:
    try:
        fits = re.compile(pattern, re.IGNORECASE if "i" in flags else 0)
    except re.error:
        return []
    chosen = []
    for process in call.machine.processes.running():
        text = " ".join(process.command) if "f" in flags else command_name(process)
        there = fits.fullmatch(text) if "x" in flags else fits.search(text)
        if there and (not users or process.user in users.split(",")):
            chosen.append(process)
    newest = sorted(chosen, key=lambda one: (one.start, one.pid))
    return newest[-1:] if "n" in flags else newest[:1] if "o" in flags else chosen


def _send(call: Call, chosen: list[Process], signal: int, complaint: str, *, echo: bool) -> Answer:
    machine = call.machine
    said, wrong, sent = "", "", 0
    for process in chosen:
        why = machine.processes.signal(process.pid, signal, user=machine.system.user)
        if why:
            wrong += complaint.format(process.pid, why)
        else:
            sent += 1
            said += f"{command_name(process)} killed (pid {process.pid})\n" if echo else ""
    return Answer(said, wrong, 0 if sent else 1)


def _hint(name: str) -> str:
    return f"Try `{name} --help' for more information.\n"
