"""``renice``: how polite processes are from now on."""

from __future__ import annotations

import re

from llm_kernel.machine.processes import Process
from llm_kernel.programs.table import NotExact, exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["renice"]

_KINDS = {"p": "process ID", "g": "process group ID", "u": "user ID"}
_LONG = {"--priority": "n", "--relative": "r", "--pid": "p", "--pgrp": "g", "--user": "u"}


@exact("renice")
def renice(call: Call) -> Answer:
    """Change the niceness of processes, groups or a user's; only root makes one less nice."""
    kind, amount, relative, wanted = "p", "", False, []
    rest = list(call.args)
    while rest:
        word = rest.pop(0)
        letter = _LONG.get(word, word[1:] if re.fullmatch(r"-[nrpgu]", word) else "")
        if letter in ("n", "r") and letter:
            amount, relative = (rest.pop(0) if rest else ""), letter == "r"
        elif letter:
            kind = letter
        elif word.startswith("--"):
            raise NotExact(call.name)
        elif not amount:
            amount = word
        else:
            wanted.append((kind, word))
    if not amount or not wanted:
        return Answer(stderr=f"renice: not enough arguments\n{_hint()}", status=1)
    if not re.fullmatch(r"[+-]?\d+", amount):
        return Answer(stderr=f"renice: invalid priority '{amount}'\n{_hint()}", status=1)
    said, wrong = "", ""
    for kind, word in wanted:
        told, complaint = _one(call, kind, word, int(amount), relative)
        said, wrong = said + told, wrong + complaint
    return Answer(said, wrong, int(bool(wrong)))


def _one(call: Call, kind: str, word: str, amount: int, relative: bool) -> tuple[str, str]:
    """What is said of one operand, and what is complained of."""
    machine = call.machine
    number, chosen = word, list[Process]()
    if kind == "u":
        account = machine.system.account(word)
        if account is None:
            return "", f"renice: unknown user {word}\n"
        number = str(account.uid)
        chosen = [one for one in machine.processes.running() if one.user == account.name]
    elif not word.isdigit():
        return "", f"renice: bad {_KINDS[kind]} value: {word}\n"
    elif int(word) in machine.processes.table:
        chosen = [machine.processes.table[int(word)]]
    if not chosen:
        return "", f"renice: failed to get priority for {number} ({_KINDS[kind]}): No such process\n"
    old = min(one.nice for one in chosen)
    new = max(-20, min(19, old + amount if relative else amount))
    root = machine.system.user == "root" or "SUDO_USER" in call.env
    if not root and (new < old or any(one.user != machine.system.user for one in chosen)):
        why = "Permission denied" if new < old else "Operation not permitted"
        return "", f"renice: failed to set priority for {number} ({_KINDS[kind]}): {why}\n"
    for one in chosen:
        one.nice = new
    return f"{number} ({_KINDS[kind]}) old priority {old}, new priority {new}\n", ""


def _hint() -> str:
    return "Try 'renice --help' for more information.\n"
