"""Programs that run another one: for so long and no longer, beyond the end of the terminal, more politely, apart."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import re
import shlex
from collections.abc import Sequence

from llm_kernel.machine.signals import ENDS, name_of, number_of
from llm_kernel.programs.exact.terminal import seconds
from llm_kernel.programs.options import Options, Parsed
from llm_kernel.programs.quoting import said
from llm_kernel.programs.table import NotExact, live
from llm_kernel.shell.call import Answer, Call, Io
from llm_kernel.shell.deadline import overdue
from llm_kernel.shell.lead import AT, TTY
from llm_kernel.shell.order import Sink
from llm_kernel.shell.signals import heeded
from llm_kernel.shell.words import BUILTINS, KEYWORDS

__all__ = ["nice", "nohup", "run_on", "setsid", "timeout"]

_FAILED, _MISSING, _KILL = 125, 127, 9
_TIMEOUT = Options(
    "preserve-status foreground k,kill-after= s,signal= v,verbose",
    usage="[OPTION] DURATION COMMAND [ARG]...\n[OPTION]",
    about="Run COMMAND, and end it where it still runs after DURATION: a number of seconds, or with the suffix\n"
    "'m', 'h' or 'd' of minutes, hours or days. With 0 there is no end.",
    authors="Padraig Brady",
    status=_FAILED,
    ordered=True,
)
_NOHUP = Options(
    "",
    usage="COMMAND [ARG]...\nOPTION",
    about="Run COMMAND, deaf to hangup signals; what it would write to the terminal goes to nohup.out.",
    authors="Jim Meyering",
    status=_FAILED,
    ordered=True,
)
_NICE = Options(
    "n,adjustment=",
    usage="[OPTION] [COMMAND [ARG]...]",
    about="Run COMMAND with an adjusted niceness, or print the niceness. From -20 (first) to 19 (last).",
    authors="David MacKenzie",
    status=_FAILED,
    ordered=True,
)
_SETSID = Options("c,ctty f,fork w,wait", usage="[options] <program> [arguments ...]", about="", ordered=True)
_FILES = frozenset("[ echo false kill printf pwd test true bash sh".split())
"""Builtins of bash, and words that it knows, which are programs too."""


@live("timeout")
async def timeout(call: Call, io: Io) -> int:
    """Run a command, and end it when so much of the machine's time has passed."""
    parsed = _TIMEOUT.parse(call)
    if isinstance(parsed, Answer):
        return await _tell(parsed, io)
    hint = f"Try '{call.name} --help' for more information.\n"
    wrong = _wrong(call, parsed)
    if len(parsed.operands) < 2 or wrong:
        await io.err(f"{wrong}{hint}")
        return _FAILED
    limit, words = seconds(parsed.operands[0]) or 0.0, parsed.operands[1:]
    signal = number_of(parsed.value("signal") or "TERM") or 0
    if own := call.machine.processes.table.get(call.pid):
        own.group = own.pid
    missing = f"timeout: failed to run command {said(words[0], call.env)}"
    running = asyncio.ensure_future(run_on(call, io, words, missing))
    at_once = False

    def strikes() -> bool:
        nonlocal at_once
        at_once = signal in ENDS and not heeded(call.machine.processes, call.pid, signal)
        return at_once

    try:
        if not limit or not await overdue(io.strand, limit, running, ends=strikes):
            return await running
        await _sends(call, io, parsed, signal)
        if not at_once and not await _killed(call, io, parsed, running):
            return await running if "preserve-status" in parsed else 124
    finally:
        await _end(running)
    last = signal if at_once else _KILL
    _end_group(call, last)
    return 128 + last if last == _KILL or "preserve-status" in parsed else 124


def _end_group(call: Call, signal: int) -> None:
    """What the command has started in the background gets the signal too."""
    processes = call.machine.processes
    for one in [one.pid for one in processes.running() if call.pid and one.group == call.pid != one.pid]:
        processes.signal(one, signal)


async def _killed(call: Call, io: Io, parsed: Parsed, running: asyncio.Future[int]) -> bool:
    """Whether what goes on after its signal is ended by another one, and not by itself."""
    after = seconds(parsed.value("kill-after") or "") or 0.0
    if after and await overdue(io.strand, after, running):
        await _sends(call, io, parsed, _KILL)
        return True
    await asyncio.wait({running})
    return False


async def _sends(call: Call, io: Io, parsed: Parsed, signal: int) -> None:
    if "verbose" not in parsed:
        return
    held = io.strand.timeline.strand()  # no time passes meanwhile
    held.open()
    try:
        await io.err(f"timeout: sending signal {name_of(signal)} to command {said(parsed.operands[1], call.env)}\n")
    finally:
        held.close()


def _wrong(call: Call, parsed: Parsed) -> str:
    """What is said of times and signals that are none."""
    for text in (parsed.value("kill-after"), *parsed.operands[:1]):
        if text is not None and seconds(text) is None:
            return f"{call.name}: invalid time interval {said(text, call.env)}\n"
    signal = parsed.value("signal")
    return f"{call.name}: {said(signal, call.env)}: invalid signal\n" if signal and number_of(signal) is None else ""


@live("nohup")
async def nohup(call: Call, io: Io) -> int:
    """Run a command that a hangup does not end; what it would write to the terminal goes to a file."""
    parsed = _NOHUP.parse(call)
    if not isinstance(parsed, Answer) and not parsed.operands:
        parsed = _NOHUP.refuse(call, "missing operand")
    if isinstance(parsed, Answer):
        return await _tell(parsed, io)
    open_ = call.env.get(TTY, "")
    parts = ["ignoring input"] if "0" in open_ else []
    out: Sink = io.out
    if "1" in open_:
        parts.append("appending output to 'nohup.out'")
        out = _appends(call, call.path("nohup.out"))
    elif "2" in open_:
        parts.append("redirecting stderr to stdout")
    if parts:
        await io.err(f"nohup: {' and '.join(parts)}\n")
    missing = f"nohup: failed to run command '{parsed.operands[0]}'"

    async def err(data: bytes) -> None:
        own = data.startswith(missing.encode())
        await (io.err if own or "2" not in open_ else out)(data)

    return await run_on(call, io, parsed.operands, missing, out=out, err=err)


def _appends(call: Call, path: str) -> Sink:
    files = call.machine.files
    if not files.exists(path):
        files.write(path, b"")
        files.chmod(path, 0o600)

    async def write(data: bytes) -> None:
        files.root.append_file(path, data)

    return write


@live("nice")
async def nice(call: Call, io: Io) -> int:
    """Run a command more politely, or tell the niceness."""
    args = tuple(re.sub(r"^-(-?\d+)$", r"-n\1", arg) for arg in call.args[:1]) + call.args[1:]
    parsed = _NICE.parse(Call(call.name, args, call.machine, call.cwd, call.env))
    if isinstance(parsed, Answer):
        return await _tell(parsed, io)
    amount = parsed.value("adjustment")
    if amount is not None and not re.fullmatch(r"[+-]?\d+", amount):
        await io.err(f"nice: invalid adjustment {said(amount, call.env)}\n")
        return _FAILED
    if not parsed.operands and amount is not None:
        return await _tell(_NICE.refuse(call, "a command must be given with an adjustment"), io)
    here = _niceness(call, io)
    if not parsed.operands:
        await io.out(f"{here}\n")
        return 0
    before = io.strand.nice
    wanted = max(-20, min(19, here + int(amount or "10")))
    if wanted < here and call.machine.system.user != "root" and "SUDO_USER" not in call.env:
        await io.err("nice: cannot set niceness: Permission denied\n")
        wanted = here
    io.strand.nice = wanted
    try:
        return await run_on(call, io, parsed.operands, f"nice: {said(parsed.operands[0], call.env)}")
    finally:
        io.strand.nice = before


def _niceness(call: Call, io: Io) -> int:
    """That of what starts a program here: of the command around it, or of its shell."""
    processes = call.machine.processes
    shell = processes.table.get(call.parent or processes.shell)
    return io.strand.nice or (shell.nice if shell else 0)


@live("setsid")
async def setsid(call: Call, io: Io) -> int:
    """Run a program in a session of its own."""
    parsed = _SETSID.parse(call)
    if isinstance(parsed, Answer):
        raise NotExact(call.name)
    if not parsed.operands:
        await io.err("setsid: no command specified\nTry 'setsid --help' for more information.\n")
        return 1
    return await run_on(call, io, parsed.operands, f"setsid: failed to execute {parsed.operands[0]}")


async def run_on(
    call: Call, io: Io, words: Sequence[str], missing: str, *, out: Sink | None = None, err: Sink | None = None
) -> int:
    """Run a program with its words, given what this one has on its input; ``missing``: what is said of none."""
    if call.run is None:
        raise NotExact(call.name)
    name = words[0]
    if name in (BUILTINS | KEYWORDS) - _FILES:
        await (err or io.err)(f"{missing}: No such file or directory\n".encode())
        return _MISSING
    if "/" in name and call.machine.files.is_dir(call.path(name)):
        await (err or io.err)(f"{missing}: Permission denied\n".encode())
        return 126
    stdin = b"" if "0" in call.env.get(TTY, "") else await io.read()
    line = shlex.join(words)
    if name not in _FILES:
        line = f"{AT}={shlex.quote(f'{missing}: No such file or directory')} {line}"
    if stdin:
        line = f"base64 -d <<< {base64.b64encode(stdin).decode()} | {line}"
    return await call.run(line, out or io.out, err or io.err, parent=call.pid)


async def _end(running: asyncio.Future[int]) -> None:
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


async def _tell(answer: Answer, io: Io) -> int:
    await io.out(answer.stdout)
    await io.err(answer.stderr)
    return answer.status
