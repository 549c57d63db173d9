"""``loginctl``: the one session of the machine and its user."""

from __future__ import annotations

from llm_kernel.machine import Machine
from llm_kernel.programs.table import NotExact, exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["loginctl"]


@exact("loginctl")
def loginctl(call: Call) -> Answer:
    """Answer ``list-sessions``, ``list-users`` and ``list-seats``; what shows one session is the model's."""
    words = [word for word in call.args if word not in ("--no-legend", "--no-pager")]
    legend = "--no-legend" not in call.args
    match words:
        case [] | ["list-sessions"]:
            table, noun = _sessions(call.machine), "sessions"
        case ["list-users"]:
            table, noun = _users(call.machine), "users"
        case ["list-seats"]:
            table, noun = [("SEAT",), ("seat0",)], "seats"
        case _:
            raise NotExact
    text = "".join(f"{line}\n" for line in (_laid(table) if _tabular(call.machine) else _fixed(table)))
    head, _, body = text.partition("\n")
    return Answer(f"{head}\n{body}\n{len(table) - 1} {noun} listed.\n" if legend else body)


def _sessions(machine: Machine) -> list[tuple[str, ...]]:
    user = machine.system.account(machine.system.user)
    uid, name = str(user.uid if user else 0), machine.system.user
    if _late(machine):
        return [
            ("SESSION", "UID", "USER", "SEAT", "TTY", "STATE", "IDLE", "SINCE"),
            ("1", uid, name, "-", "pts/0", "active", "no", "-"),
        ]
    if machine.system.profile.since("libc", "2.27"):
        return [("SESSION", "UID", "USER", "SEAT", "TTY"), ("1", uid, name, "", "pts/0")]
    return [("SESSION", "UID", "USER", "SEAT"), ("1", uid, name, "")]


def _users(machine: Machine) -> list[tuple[str, ...]]:
    user = machine.system.account(machine.system.user)
    uid = str(user.uid if user else 0)
    if _late(machine):
        return [("UID", "USER", "LINGER", "STATE"), (uid, machine.system.user, "no", "active")]
    return [("UID", "USER"), (uid, machine.system.user)]


def _late(machine: Machine) -> bool:
    """Whether its systemd is of the kind that tells states, as from 255 on."""
    return machine.system.profile.since("libc", "2.39")


def _tabular(machine: Machine) -> bool:
    """Whether the columns are as wide as what is in them, as from 239 on."""
    return machine.system.profile.since("libc", "2.31")


def _laid(table: list[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    return [
        " ".join(
            f"{text:>{width}}" if title in ("SESSION", "UID") else f"{text:<{width}}"
            for title, text, width in zip(table[0], row, widths, strict=True)
        )
        for row in table
    ]


def _fixed(table: list[tuple[str, ...]]) -> list[str]:
    return [
        " ".join(
            f"{text:>10}" if title in ("SESSION", "UID") else f"{text:<16}"
            for title, text in zip(table[0], row, strict=True)
        )
        for row in table
    ]
