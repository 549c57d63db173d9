"""What belongs to the terminal and the login shell: waiting, a clean screen, the environment, the builtins."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence

from llm_kernel.machine.profiles import profile
from llm_kernel.programs.options import Options
from llm_kernel.programs.quoting import said
from llm_kernel.programs.table import NotExact, exact, live
from llm_kernel.shell.call import Answer, Call, Io
from llm_kernel.shell.words import KEYWORDS

__all__ = ["bash", "clear", "compgen", "enable", "manual", "printenv", "seconds", "sleep", "slept"]

_END = 4102444800.0
"""2100: a sleep that would last longer never ends."""

_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_SLEEP = Options(
    "",
    usage="NUMBER[SUFFIX]...\nOPTION",
    about="Pause for NUMBER seconds.  SUFFIX may be 's' for seconds (the default),\n'm' for minutes, 'h' for hours "
    "or 'd' for days.  Given two or more arguments, pause\nfor the amount of time specified by the sum of "
    "their values.",
    authors="Jim Meyering and Paul Eggert",
)
_PRINTENV = Options(
    "0,null",
    usage="[OPTION]... [VARIABLE]...",
    about="Print the values of the specified environment VARIABLE(s).\n"
    "If no VARIABLE is specified, print name and value pairs for them all.",
    authors="David MacKenzie and Richard Mlynarik",
    status=2,
)
_BUILTINS = """. : [ alias bg bind break builtin caller cd command compgen complete compopt continue declare dirs disown
echo enable eval exec exit export false fc fg getopts hash help history jobs kill let local logout mapfile popd printf
pushd pwd read readarray readonly return set shift shopt source suspend test times trap true type typeset ulimit umask
unalias unset wait""".split()
_YEARS = {"4.2": "2011", "4.4": "2016", "5.0": "2019", "5.1": "2020", "5.2": "2022"}


@live("sleep")
async def sleep(call: Call, io: Io) -> int:
    """Let the machine's time pass; where it would never end, wait for an interrupt."""
    parsed = _SLEEP.parse(call)
    if not isinstance(parsed, Answer) and not parsed.operands:
        parsed = _SLEEP.refuse(call, "missing operand")
    if isinstance(parsed, Answer):
        return await _say(parsed, io)
    wrong = [word for word in parsed.operands if seconds(word) is None]
    if wrong:
        text = "".join(f"{call.name}: invalid time interval {said(word, call.env)}\n" for word in wrong)
        await io.err(f"{text}Try '{call.name} --help' for more information.\n")
        return 1
    amount = sum(seconds(word) or 0.0 for word in parsed.operands)
    if io.strand.weary:
        raise io.strand.tired
    if call.machine.clock.now + amount >= _END:
        while True:
            await io.strand.listen()
    call.machine.processes.slept += amount
    await io.strand.sleep(amount)
    return 0


def slept(args: Sequence[str]) -> float | None:
    """How many seconds ``sleep`` would take; None where it would complain or explain itself."""
    amounts = [seconds(word) for word in args]
    return sum(amount or 0.0 for amount in amounts) if amounts and None not in amounts else None


def seconds(word: str) -> float | None:
    """A length of time as the core utilities take it; None where it is none."""
    found = re.fullmatch(r"((?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?|inf(?:inity)?)([smhd]?)", word)
    return float(found[1]) * _UNITS[found[2]] if found else None


async def _say(answer: Answer, io: Io) -> int:
    await io.out(answer.stdout)
    await io.err(answer.stderr)
    return answer.status


@exact("clear", "reset")
def clear(call: Call) -> Answer:
    """What a terminal is sent to be wiped."""
    if call.args:
        raise NotExact(call.name)
    return Answer("\x1b[H\x1b[2J\x1b[3J" if call.name.endswith("clear") else "\x1bc\x1b[!p\x1b[?3;4l\x1b[4l\x1b>")


@exact("printenv")
def printenv(call: Call) -> Answer:
    """The environment, or some of it."""
    parsed = _PRINTENV.parse(call)
    if isinstance(parsed, Answer):
        return parsed
    end = "\0" if "null" in parsed else "\n"
    env = {name: value for name, value in call.env.items() if not name.startswith("__llm_kernel")}
    if not parsed.operands:
        return Answer("".join(f"{name}={value}{end}" for name, value in sorted(env.items())))
    found = [env[name] for name in parsed.operands if name in env]
    return Answer("".join(value + end for value in found), status=int(len(found) < len(parsed.operands)))


@exact("enable")
def enable(call: Call) -> Answer:
    """The shell's builtins, none of which can be switched off here."""
    names = [arg for arg in call.args if not arg.startswith("-")]
    strange = [name for name in names if name not in _BUILTINS]
    if strange:
        text = "".join(f"bash: enable: {name}: not a shell builtin\n" for name in strange)
        return Answer(stderr=text, status=1)
    listed = "" if names or "-n" in call.args else "".join(f"enable {name}\n" for name in _BUILTINS)
    return Answer(listed)


@exact("compgen")
def compgen(call: Call) -> Answer:
    """The builtins, or every command, that begin with a word; the shell answers its other questions itself."""
    asked = [arg for arg in call.args if arg in ("-b", "-c", "builtin", "command")]
    rest = [arg for arg in call.args if arg not in asked and arg not in ("-A", "--")]
    if not asked or len(rest) > 1 or any(arg.startswith("-") for arg in rest):
        raise NotExact(call.name)
    names = list(_BUILTINS)
    if asked[0] in ("-c", "command"):
        names += [*sorted(KEYWORDS), *_programs(call)]
    found = [name for name in names if name.startswith(rest[0] if rest else "")]
    return Answer("".join(f"{name}\n" for name in found), status=int(not found))


def _programs(call: Call) -> list[str]:
    names: list[str] = []
    for folder in call.env.get("PATH", "").split(":"):
        with contextlib.suppress(OSError):
            names += call.machine.files.listdir(call.path(folder))
    return names


@exact("man", "info")
def manual(call: Call) -> Answer:
    """Manuals are prose: the model's."""
    raise NotExact(call.name)


@exact("bash", "sh")
def bash(call: Call) -> Answer:
    """What ``bash --version`` says; the shell runs everything else by itself."""
    if call.args[:1] != ("--version",) or call.name.endswith("/sh"):
        raise NotExact(call.name)
    version = profile(call.machine.system.os, call.machine.system.release).bash
    year = _YEARS.get(version[:3], "2022")
    return Answer(
        f"GNU bash, version {version} (x86_64-pc-linux-gnu)\n"
        f"Copyright (C) {year} Free Software Foundation, Inc.\n"
        "License GPLv3+: GNU GPL version 3 or later <http://gnu.org/licenses/gpl.html>\n\n"
        "This is free software; you are free to change and redistribute it.\n"
        "There is NO WARRANTY, to the extent permitted by law.\n"
    )
