"""Programs that the model plays: a request is made from the machine, and the reply is read as it arrives.

Plain lines are the program's output at once; acts are checked and run in their place. What the model says changes the
machine only through those acts.
"""

from __future__ import annotations

import asyncio
import posixpath
import shlex
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TypeAlias

from llm_kernel.errors import BadReply, EndpointError
from llm_kernel.journal import Journal, show
from llm_kernel.machine import Machine
from llm_kernel.machine.processes import Process
from llm_kernel.model.ahead import Ahead
from llm_kernel.model.request import Backend, Message, Request
from llm_kernel.plan import Plan, certain, grammar, hint, plan, text_of
from llm_kernel.programs import reads, startup
from llm_kernel.programs.acts import Acts
from llm_kernel.programs.exact.pip_site import managers_of
from llm_kernel.prompt import program_request
from llm_kernel.provenance import Answer, Refusal
from llm_kernel.reply import Act, Bad, ReplyReader, Say, Turn, apology
from llm_kernel.shell.bash import Limits
from llm_kernel.shell.call import Call, Io
from llm_kernel.syntax import ends_with

__all__ = ["AskTerminal", "Emulator", "Options", "converse", "python_script"]

AskTerminal: TypeAlias = Callable[[str, bool], Awaitable[str | None]]
"""Reads a line from the terminal, shown or hidden; None at end of file."""

_ASKS = 20
"""How often one program may read the terminal."""


@dataclass(frozen=True, slots=True)
class Options:
    """How programs are asked for: ``style`` names the prompt set, ``tokens`` bounds one reply, ``spend`` its seconds.

    ``grammars`` says whether the endpoint takes GBNF; ``stdin`` bounds the characters of input shown.
    """

    style: str = "compact"
    tokens: int = 4096
    spend: float = 30 * 86400.0
    grammars: bool = False
    stdin: int = 4000
    history: int = 2400
    files: int = 9000
    seed: int = 42


class Emulator:
    """Plays programs by a model. ``ask`` reads the terminal and gives None at end of file."""

    def __init__(
        self,
        machine: Machine,
        backend: Backend,
        journal: Journal,
        options: Options,
        *,
        limits: Limits,
        ask: AskTerminal,
    ) -> None:
        self._machine = machine
        self.backend = backend
        self._journal = journal
        self.options = options
        self._limits = limits
        self._ask = ask

    async def run(self, call: Call, streams: Io, record: Answer, process: Process, *, command: str) -> int:
        """Run one program to its end, as ``process``, and return its exit status.

        Raises:
            ModelError, TapeError: where the model could not answer; what was printed stays.
        """
        script, _ = python_script(call)
        said = startup.trouble(self._machine, script, call.path(script), managers_of(call)) if script else None
        if said:
            record.by = "exact"
            await streams.err(said[0])
            return said[1]
        planned = self._plan(call)
        first, planned = certain(planned) if planned else ((), None)
        for line in first:
            await (streams.out if line.stream == "stdout" else streams.err)(text_of(line))
        record.computed = len(first)
        if planned:
            await self._fetch(call, planned, streams)
            if not planned.nodes and startup.quiet(self._source(call.path(script))):
                record.by = "exact"
                return 0
        paths = reads.read_by(self._machine, call.name, call.args, call.cwd)
        stdin = (await streams.read())[: self.options.stdin].decode("utf-8", "replace")
        request = self._request(call, paths, stdin, command, planned)
        record.files = paths
        process.state, process.rss = "R", 48 * 2**20
        return await self._play(request, call, streams, record, process)

    def _request(self, call: Call, paths: list[str], stdin: str, command: str, planned: Plan | None) -> Request:
        machine, options = self._machine, self.options
        return program_request(
            machine,
            command,
            cwd=call.cwd,
            shown=reads.show(machine, paths, call.cwd, budget=options.files),
            stdin=stdin,
            history=show(self._journal.bearing_on(command, budget=options.history)),
            hint=_hint(planned),
            grammar=grammar(planned) if planned and options.grammars else "",
            style=options.style,
            tokens=options.tokens,
            seed=options.seed,
        )

    async def _fetch(self, call: Call, planned: Plan, streams: Io) -> None:
        """Let the data sets that the program downloads arrive: files with sizes, and the seconds that it takes."""
        for fetched in planned.fetched:
            for name, size in fetched.files:
                self._machine.files.sized(self._machine.files.absolute(name, call.cwd), size)
            await streams.strand.sleep(1.0 + sum(size for _, size in fetched.files) / _BANDWIDTH)

    def _plan(self, call: Call) -> Plan | None:
        script, args = python_script(call)
        if not script:
            return None
        path = call.path(script)
        return plan(self._source(path), args, read=self._beside(path), facts=self._facts(call))

    def _source(self, path: str) -> str:
        """A script's text; empty where it cannot be read."""
        try:
            return self._machine.files.read(path).decode("utf-8")
        except (OSError, UnicodeDecodeError):
            return ""

    def _beside(self, script: str) -> Callable[[str], str | None]:
        """Reads the modules that stand beside a script."""
        files = self._machine.files

        def read(name: str) -> str | None:
            path = files.absolute(name, posixpath.dirname(script))
            try:
                return None if files.is_sized(path) else files.read(path).decode("utf-8")
            except (OSError, UnicodeDecodeError):
                return None

        return read

    def _facts(self, call: Call) -> dict[str, object]:
        """What the machine knows that a script may ask a library for."""
        devices, files = self._machine.devices, self._machine.files
        count = sum(not gpu.lost for gpu in devices.gpus) if devices.driver else 0
        return {
            "torch.cuda.is_available()": count > 0,
            "torch.cuda.device_count()": count,
            "exists": lambda name: files.exists(files.absolute(str(name), call.cwd)),
        }

    async def _play(self, request: Request, call: Call, streams: Io, record: Answer, process: Process) -> int:
        acts = Acts(
            self._machine,
            process,
            call,
            streams,
            record,
            most=self.options.spend,
            limits=self._limits,
            sources=record.files,
        )
        status = await converse(self.backend, request, acts, streams, record, self._ask)
        if not acts.spent:
            await streams.strand.sleep(_SMALL)
        return status


async def converse(
    backend: Backend, request: Request, acts: Acts, streams: Io, record: Answer, ask: AskTerminal
) -> int:
    """Let the model speak until it is done; where its reply reads the terminal, go on with what was typed.

    Raises:
        ModelError, TapeError: where the model could not answer; what was printed stays.
    """
    for _ in range(_ASKS):
        reader = ReplyReader(request.key.get("command", ""))
        text = await _stream(backend, request, reader, acts, streams, record)
        if reader.ended == "exit":
            return acts.status
        if reader.ended != "read":
            break
        said = Message("assistant", text)
        async with streams.strand.away():
            shown = await _read(acts, text, ask)
        messages = (*request.messages, said, Message("user", shown))
        key = {**request.key, "typed": f"{request.key.get('typed', '')}{shown}\n"}
        request = replace(request, messages=messages, key=key)
    return 0


async def _read(acts: Acts, text: str, ask: AskTerminal) -> str:
    """Carry out a reply's last act, ``read``; what the model is told of it."""
    line = text.rstrip("\n").rpartition("\n")[2].removeprefix("@ ")
    hidden, prompt, name = _read_options(line)
    typed = await ask(prompt, hidden)
    if typed is None:
        return "<end of file>"
    if name:
        await acts.set(name, typed)
    return "<hidden>" if hidden else typed


async def _stream(
    backend: Backend, request: Request, reader: ReplyReader, acts: Acts, streams: Io, record: Answer
) -> str:
    """Read one reply to its end, showing and doing what it says as it comes; its text."""
    pieces: list[str] = []
    ahead = Ahead(backend.stream(request), streams.strand.away)
    finish, held, said = "", "", 0
    taped: float | None = None
    try:
        async with aclosing(ahead.deltas()) as deltas:
            async for delta in deltas:
                record.by, record.model = delta.source, delta.model or record.model
                finish, taped = delta.finish or finish, delta.seconds if delta.seconds is not None else taped
                record.count(delta.usage)
                if not delta.text:
                    continue
                pieces.append(delta.text)
                held += delta.text
                said += len(delta.text)
                if len(held) == said and apology(held):  # only a beginning can be a refusal
                    continue
                await _turns(reader.feed(held), acts, streams, record)
                held = ""
                if reader.closed:
                    break
    finally:
        record.seconds += ahead.seconds if taped is None else taped
    text = "".join(pieces)
    if held and apology(text):
        raise BadReply(f"The model answered with an apology instead of the program's output: {text.strip()[:300]}")
    await _turns([*reader.feed(held), *reader.close()], acts, streams, record)
    if finish == "length" and not reader.ended:
        raise EndpointError(
            f"The reply was cut after {request.max_tokens} tokens; what was printed stays. "
            "Raise c.LLMKernel.reply_tokens to let programs say more."
        )
    return text


async def _turns(turns: list[Turn], acts: Acts, streams: Io, record: Answer) -> None:
    for turn in turns:
        match turn:
            case Say(text):
                await streams.out(text)
            case Act(text):
                if ends_with(text) != "read":
                    await acts.run(text)
            case Bad(text, reason):
                record.refused.append(Refusal(text, reason))
    await asyncio.sleep(0)


def _hint(planned: Plan | None) -> str:
    """What the model is told of the lines that it has to fill in."""
    lines = hint(planned) if planned else ""
    return f"{lines}\n({planned.usual})" if planned and lines and planned.usual else lines


_BANDWIDTH = 12e6
"""Bytes a second that a data set comes down with, unpacked files counted too."""

_SMALL = 0.05
"""Seconds that a program takes which says nothing about time."""


def _read_options(line: str) -> tuple[bool, str, str]:
    try:
        found = shlex.split(line)[1:]
    except ValueError:
        found = line.split()[1:]
    hidden, prompt, name = False, "", ""
    while found:
        word = found.pop(0)
        if word.startswith("-"):
            hidden = hidden or "s" in word[1:].partition("p")[0]
            if "p" in word and found:
                prompt = found.pop(0)
        else:
            name = word
    return hidden, prompt, name if name.isidentifier() else ""


def python_script(call: Call) -> tuple[str, tuple[str, ...]]:
    """The Python script that ``call`` runs and its arguments; empty where it runs none."""
    base = call.name.rpartition("/")[2]
    if base.endswith(".py") and "/" in call.name:
        return call.name, call.args
    if not base.startswith("python"):
        return "", ()
    rest = list(call.args)
    while rest and rest[0].startswith("-") and rest[0] in ("-u", "-B", "-O", "-OO", "-s", "-E", "-I"):
        rest.pop(0)
    if rest and rest[0].endswith(".py"):
        return rest[0], tuple(rest[1:])
    return "", ()
