"""``pgrep`` and ``pkill``: the processes that a pattern and other criteria fit are listed, or sent a signal."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from llm_kernel.machine.process_facts import command_name, session
from llm_kernel.machine.processes import Process
from llm_kernel.machine.signals import number_of
from llm_kernel.programs.options import Options, Parsed
from llm_kernel.programs.table import NotExact, exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["pgrep", "pkill"]

_CRITERIA = (
    "f,full g,pgroup= G,group= i,ignore-case n,newest o,oldest P,parent= s,session= t,terminal= u,euid= U,uid= x,exact "
    "F,pidfile= L,logpidfile r,runstates= ns= nslist= c,count "
)
_PGREP = Options(
    f"{_CRITERIA}d,delimiter= l,list-name a,list-full v,inverse w,lightweight", usage="", about="", status=2
)
_PKILL = Options(_CRITERIA + "e,echo inverse signal=", usage="", about="", status=2)
_CHOOSING = ("pgroup", "parent", "session", "terminal", "euid", "uid", "pidfile", "runstates")
_UNKNOWN = ("group", "lightweight", "ns", "nslist")
"""Options that are the model's to answer."""


@exact("pgrep")
def pgrep(call: Call) -> Answer:
    """List the processes that are meant, by number or with their names."""
    meant = _meant(_PGREP, call)
    if isinstance(meant, Answer):
        return meant
    parsed, found = meant
    status = 0 if found else 1
    if "count" in parsed:
        return Answer(f"{len(found)}\n", status=status)
    lines = [_line(process, parsed) for process in found]
    delimiter = parsed.value("delimiter")
    return Answer(("\n" if delimiter is None else delimiter).join(lines) + "\n" if lines else "", status=status)


@exact("pkill")
def pkill(call: Call) -> Answer:
    """Send the processes that are meant a signal."""
    words = [word for word in call.args if _signal(word) is None]
    given = [number for word in call.args if (number := _signal(word)) is not None]
    meant = _meant(_PKILL, replace(call, args=tuple(words)))
    if isinstance(meant, Answer):
        return meant
    parsed, found = meant
    named = parsed.value("signal")
    signal = number_of(named) if named is not None else given[-1] if given else 15
    if signal is None:
        return _wrong(call, f"unknown signal name {named}")
    said, wrong, sent = "", "", 0
    for process in found:
        if why := call.machine.processes.signal(process.pid, signal, user=call.machine.system.user):
            wrong += f"pkill: killing pid {process.pid} failed: {why}\n"
            continue
        sent += 1
        said += f"{command_name(process)} killed (pid {process.pid})\n" if "echo" in parsed else ""
    said += f"{sent}\n" if "count" in parsed else ""
    return Answer(said, wrong, 0 if sent else 1)


def _signal(word: str) -> int | None:
    return number_of(word[1:]) if re.fullmatch(r"-(?:\d+|(?:SIG)?[A-Z]{2,}\d*)", word) else None


def _meant(options: Options, call: Call) -> tuple[Parsed, list[Process]] | Answer:
    """The options, and the processes that fit all criteria."""
    parsed = options.parse(call)
    if isinstance(parsed, Answer):
        if not parsed.status:  # its help and its version
            raise NotExact(call.name)
        return Answer(stderr=str(parsed.stderr).replace("Try '", "Try `"), status=parsed.status)
    if any(name in parsed for name in _UNKNOWN):
        raise NotExact(call.name)
    if len(parsed.operands) > 1:
        return _wrong(call, "only one pattern can be provided")
    if not parsed.operands and not any(name in parsed for name in _CHOOSING):
        return _wrong(call, "no matching criteria specified")
    try:
        wanted = re.compile("".join(parsed.operands), re.IGNORECASE if "ignore-case" in parsed else 0)
    except re.error as err:
        return Answer(stderr=f"{call.name}: {err}\n", status=2)
    numbers = _listed(call, parsed)
    if isinstance(numbers, Answer):
        return numbers
    found = [
        process
        for process in call.machine.processes.running()
        if _fits(process, wanted, parsed)
        and all(_among(call, process, parsed, name) for name in _CHOOSING)
        and (numbers is None or process.pid in numbers)
    ]
    if "inverse" in parsed:
        there = {process.pid for process in found}
        found = [process for process in call.machine.processes.running() if process.pid not in there]
    oldest = sorted(found, key=lambda one: (one.start, one.pid))
    return parsed, oldest[-1:] if "newest" in parsed else oldest[:1] if "oldest" in parsed else found


def _fits(process: Process, wanted: re.Pattern[str], parsed: Parsed) -> bool:
    text = " ".join(process.command) if "full" in parsed else command_name(process)
    return bool(wanted.fullmatch(text) if "exact" in parsed else wanted.search(text))


def _among(call: Call, process: Process, parsed: Parsed, name: str) -> bool:
    """Whether a process has one of the values that are listed for a criterion."""
    listed = parsed.value(name)
    if listed is None or name == "pidfile":
        return True
    if name == "runstates":
        return process.state in listed
    processes = call.machine.processes
    own = {"pgroup": call.parent or processes.shell, "session": processes.shell}.get(name)
    words = [str(own) if word == "0" and own else word for word in listed.split(",")]
    account = call.machine.system.account(process.user)
    ids: Mapping[str, Sequence[str | int]] = {
        "pgroup": [process.pid],
        "session": [session(process, processes.table)],
        "parent": [process.ppid],
        "terminal": [process.tty],
    }
    has = ids.get(name, [process.user, account.uid if account else ""])
    return not {str(one) for one in has}.isdisjoint(words)


def _listed(call: Call, parsed: Parsed) -> set[int] | Answer | None:
    """The process that a file names; None without one."""
    name = parsed.value("pidfile")
    if name is None:
        return None
    files, path = call.machine.files, call.path(name)
    text = files.read(path).decode("utf-8", "replace").split() if files.exists(path) and not files.is_dir(path) else []
    if not text or not text[0].isdigit():
        return _wrong(call, "pidfile not valid")
    return {int(text[0])}


def _line(process: Process, parsed: Parsed) -> str:
    if "list-full" in parsed:
        return f"{process.pid} {' '.join(process.command)}"
    return f"{process.pid} {command_name(process)}" if "list-name" in parsed else str(process.pid)


def _wrong(call: Call, text: str) -> Answer:
    return Answer(stderr=f"{call.name}: {text}\nTry `{call.name} --help' for more information.\n", status=2)
