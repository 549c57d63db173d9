"""GNU ``time``: the program, not bash's word of that name: it runs a command and tells what that took."""

from __future__ import annotations

import posixpath
import re
import zlib
from collections.abc import Mapping

from llm_kernel.programs.exact.wrapping import run_on
from llm_kernel.programs.options import Options
from llm_kernel.programs.table import live
from llm_kernel.shell.call import Answer, Call, Io

__all__ = ["time"]

_TIME = Options(
    "a,append f,format= o,output= p,portability q,quiet v,verbose",
    usage="[-apvV] [-f format] [-o file] [--append] [--verbose]\n       [--portability] [--format=format] "
    "[--output=file] [--version]\n       [--quiet] [--help] command [arg...]",
    about="Run COMMAND, then print system resource usage.",
    status=125,
    package="GNU time UNKNOWN",
    ordered=True,
)
_DEFAULT = (
    "%Uuser %Ssystem %Eelapsed %PCPU (%Xavgtext+%Davgdata %Mmaxresident)k\n"
    "%Iinputs+%Ooutputs (%Fmajor+%Rminor)pagefaults %Wswaps"
)
_PORTABLE = "real %e\nuser %U\nsys %S"
_VERBOSE = """\tCommand being timed: "%C"
\tUser time (seconds): %U
\tSystem time (seconds): %S
\tPercent of CPU this job got: %P
\tElapsed (wall clock) time (h:mm:ss or m:ss): %E
\tAverage shared text size (kbytes): %X
\tAverage unshared data size (kbytes): %D
\tAverage stack size (kbytes): %p
\tAverage total size (kbytes): %K
\tMaximum resident set size (kbytes): %M
\tAverage resident set size (kbytes): %t
\tMajor (requiring I/O) page faults: %F
\tMinor (reclaiming a frame) page faults: %R
\tVoluntary context switches: %w
\tInvoluntary context switches: %c
\tSwaps: %W
\tFile system inputs: %I
\tFile system outputs: %O
\tSocket messages sent: %s
\tSocket messages received: %r
\tSignals delivered: %k
\tPage size (bytes): %Z
\tExit status: %x"""
_FIELD = re.compile(r"%(.)|\\(.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "\\": "\\"}
_NOTHING = dict.fromkeys("XDpKtFWIOsrkc", "0")
_USER, _SYSTEM = 0.87, 0.04
"""The processor's share of the time in which a program does not sleep."""


@live("time", needs="package:time")
async def time(call: Call, io: Io) -> int:
    """Run a command and tell what it took, on standard error or in a file."""
    parsed = _TIME.parse(call)
    if not isinstance(parsed, Answer) and not parsed.operands:
        parsed = _TIME.refuse(call, "missing program to run")
    if isinstance(parsed, Answer):
        await io.out(parsed.stdout)
        await io.err(parsed.stderr)
        return parsed.status
    clock, processes = call.machine.clock, call.machine.processes
    words = parsed.operands
    began, slept = clock.now, processes.slept
    status = await run_on(call, io, words, f"time: cannot run {words[0]}")
    spent = clock.now - began
    busy = max(0.0, spent - (processes.slept - slept))
    form = parsed.value("format") or _DEFAULT
    if parsed.last("portability", "verbose"):
        form = _PORTABLE if parsed.last("portability", "verbose") == "portability" else _VERBOSE
    text = "" if "quiet" in parsed else _ended(status)
    text += _told(form, _fields(words, status, spent, busy)) + "\n"
    place = parsed.value("output")
    if place is None:
        await io.err(text)
        return status
    return await _put(call, io, place, text, status, append="append" in parsed)


def _ended(status: int) -> str:
    if status > 128:
        return f"Command terminated by signal {status - 128}\n"
    return f"Command exited with non-zero status {status}\n" if status else ""


def _fields(words: tuple[str, ...], status: int, spent: float, busy: float) -> Mapping[str, str]:
    """What each letter of a format stands for (time(1)); sizes are those of a small program, by its name."""
    share = (_USER + _SYSTEM) * busy / spent if spent else 0.0
    spread = zlib.crc32(posixpath.basename(words[0]).encode()) % 400
    minutes, seconds = divmod(spent, 60)
    hours, minutes = divmod(int(minutes), 60)
    elapsed = f"{hours}:{minutes:02d}:{int(seconds):02d}" if hours else f"{minutes}:{seconds:05.2f}"
    return {
        **_NOTHING,
        "C": " ".join(words),
        "E": elapsed,
        "e": f"{spent:.2f}",
        "U": f"{_USER * busy:.2f}",
        "S": f"{_SYSTEM * busy:.2f}",
        "P": f"{100 * share:.0f}%",
        "M": str(1900 + spread),
        "R": str(80 + spread // 8),
        "w": "2" if spent > busy else "1",
        "x": str(status % 128 if status > 128 else status),
        "Z": "4096",
    }


def _told(form: str, fields: Mapping[str, str]) -> str:
    def one(found: re.Match[str]) -> str:
        if found[2]:
            return _ESCAPES.get(found[2], f"?\\{found[2]}")
        return "%" if found[1] == "%" else fields.get(found[1], f"?{found[1]}")

    return _FIELD.sub(one, form)


async def _put(call: Call, io: Io, place: str, text: str, status: int, *, append: bool) -> int:
    files, path = call.machine.files, call.path(place)
    if not files.is_dir(posixpath.dirname(path)) or files.is_dir(path):
        why = "Is a directory" if files.is_dir(path) else "No such file or directory"
        await io.err(f"time: {place}: {why}\n")
        return 125
    before = files.read(path) if append and files.exists(path) else b""
    files.write(path, before + text.encode())
    return status
