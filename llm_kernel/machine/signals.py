"""Signals: their names and numbers (signal(7), x86), and what a shell says of a process that one of them ended."""

from __future__ import annotations

__all__ = ["ENDS", "NAMES", "name_of", "number_of", "said_of"]

NAMES: dict[int, str] = dict(
    enumerate(
        """HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU
        URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS""".split(),
        1,
    )
)
NAMES |= {34: "RTMIN", 64: "RTMAX"}
NAMES |= {34 + n: f"RTMIN+{n}" for n in range(1, 16)} | {64 - n: f"RTMAX-{n}" for n in range(1, 15)}

_SAID = {
    1: "Hangup",
    2: "Interrupt",
    3: "Quit",
    4: "Illegal instruction",
    5: "Trace/breakpoint trap",
    6: "Aborted",
    7: "Bus error",
    8: "Floating point exception",
    9: "Killed",
    10: "User defined signal 1",
    11: "Segmentation fault",
    12: "User defined signal 2",
    13: "Broken pipe",
    14: "Alarm clock",
    15: "Terminated",
    24: "CPU time limit exceeded",
    25: "File size limit exceeded",
    31: "Bad system call",
}
_HARMLESS = frozenset([17, 18, 23, 28])  # CHLD, CONT, URG, WINCH

ENDS = frozenset(NAMES) - _HARMLESS - {19, 20, 21, 22}
"""The signals that end a process which has not asked otherwise; STOP, TSTP, TTIN and TTOU stop it."""


def number_of(name: str) -> int | None:
    """The number of a signal given as ``15``, ``TERM``, ``SIGTERM`` or ``term``; 0 asks whether a process is there."""
    if name.isdecimal():
        number = int(name)
        return number if number in NAMES or number == 0 else None
    wanted = name.upper().removeprefix("SIG")
    if wanted == "EXIT":
        return 0
    return next((number for number, one in NAMES.items() if one == wanted), None)


def name_of(number: int) -> str:
    """The name without ``SIG``; the number itself where it has none."""
    return NAMES.get(number, str(number))


def said_of(number: int) -> str:
    """What a shell prints of a process that signal ``number`` ended."""
    return _SAID.get(number, f"Unknown signal {number}")
