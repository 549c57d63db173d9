"""The login shell: bash over the machine's files, alive as long as the kernel, and forked for what a program does.

The shell library (bashkit) contains bash and the text tools. Everything else it meets is one of our programs: each
word that could name one is registered before a run, because the library has no catch-all. See docs/design/shell.md.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any, TypeAlias

import bashkit

from llm_kernel import syntax
from llm_kernel.machine import Machine
from llm_kernel.machine.processes import Process
from llm_kernel.shell.asking import ASK, asking, unfed
from llm_kernel.shell.background import CONTROL, Order, detached, shown
from llm_kernel.shell.call import Call, Run
from llm_kernel.shell.captured import captured
from llm_kernel.shell.control import WORDS, Control
from llm_kernel.shell.feeding import fed
from llm_kernel.shell.handed import handed
from llm_kernel.shell.history import FC, HISTORY, History
from llm_kernel.shell.inner import ALOUD, NO_COPROCESS, WATCHED, Inner
from llm_kernel.shell.jobs import Jobs
from llm_kernel.shell.kept import Kept, chosen, give, keep, owned
from llm_kernel.shell.looking import Sight
from llm_kernel.shell.opened import OPENED, Opened, telling
from llm_kernel.shell.order import Order as Streaming
from llm_kernel.shell.order import Sink, Turns
from llm_kernel.shell.permits import matters
from llm_kernel.shell.reach import ANYWHERE, Reach, reach
from llm_kernel.shell.script import AT, ELAPSED, GONE, INNER, TTY, Lead, aimed, led
from llm_kernel.shell.timing import TIMES, Times, timed
from llm_kernel.shell.wording import mended, untraced
from llm_kernel.timeline import Strand, Timeline
from llm_kernel.tokens import quoted

__all__ = ["OURS", "Limits", "Program", "Shell", "Sink", "State"]


class Streams:
    """A running program's streams, as the library hands them to its callback."""

    def __init__(self, context: Any, turns: Turns, shell: Shell) -> None:
        self._context = context
        self._turns = turns
        self.strand = shell.strand
        self.parent = shell._inner.within or shell.pid
        self._shell = shell
        self.place = ""
        """Where the command stands, as its shell says it of what goes wrong; empty at the login shell."""

    @property
    def adopted(self) -> Process | None:
        """The process that this program is, where it was made before; asked for once."""
        return self._shell.adopt()

    async def out(self, data: str | bytes) -> None:
        """Write to standard output."""
        await self._write(0, self._context.stdout, data)

    async def err(self, data: str | bytes) -> None:
        """Write to standard error."""
        if self.place and isinstance(data, str) and data.startswith(_LOGIN):
            data = f"{self.place}: {data.removeprefix(_LOGIN)}"
        await self._write(1, self._context.stderr, data)

    async def ask(self, prompt: str, hidden: bool) -> str | None:
        """The line that the person at the terminal types; None at end of file, and where nobody sits."""
        if self._shell.ask is None:
            return None
        await self._shell._landed()  # a question stands below what was said before it
        async with self.strand.away():
            return await self._shell.ask(prompt, hidden)

    @property
    def listens(self) -> bool:
        """Whether somebody sits at the terminal who can be asked."""
        return self._shell.ask is not None and self._shell.listens()

    async def chunks(self) -> AsyncIterator[bytes]:
        """Standard input piece by piece, as it comes."""
        stdin = aiter(self._context.stdin)
        while True:
            with self.strand.aside():
                chunk = await anext(stdin, None)
            if chunk is None:
                return
            yield chunk

    async def read(self) -> bytes:
        """All of standard input; end of file at a terminal."""
        with self.strand.aside():
            return b"".join([chunk async for chunk in self._context.stdin])

    async def _write(self, stream: int, to: Any, text: str | bytes) -> None:
        if data := text.encode() if isinstance(text, str) else text:
            await self._turns.begin(stream, len(data))
            with self.strand.aside():
                await to.write(data)
            if self.strand is not self.strand.timeline.front:
                await self._turns.after(stream)  # before time goes on for those who look at its log


AskTerminal: TypeAlias = Callable[[str, bool], Awaitable[str | None]]
"""Reads a line from the terminal, shown or hidden; None at end of file."""

Program: TypeAlias = Callable[[Call, Streams], Awaitable[int]]
"""Runs one program call to its end and returns its exit status."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one shell may use; memory in bytes for all its variables and files together, jobs at one time."""

    commands: int = 3_000_000
    loops: int = 3_000_000
    memory: int = 1 << 30
    jobs: int = 256


@dataclass(frozen=True, slots=True)
class State:
    """The shell between two cells, for completion and inspection."""

    cwd: str
    variables: Mapping[str, str]
    aliases: Mapping[str, str]
    functions: tuple[str, ...]


KEYWORDS = frozenset(
    "if then elif else fi for in do done while until case esac select function time coproc { } [[ ]] !".split()
)

BUILTINS = frozenset(
    """. : [ alias bg bind break builtin caller cd command compgen complete compopt continue declare dirs disown echo
    eval exec exit export false fg getopts hash jobs kill let local logout mapfile popd printf pushd pwd read
    readarray readonly return set shift shopt source suspend test times trap true type typeset ulimit unalias
    unset wait""".split()
)
"""Bash's own builtins that the library runs; ``enable``, ``fc``, ``help``, ``history`` and ``umask`` are ours."""

TOOLS = frozenset(
    """awk base32 base64 basename bash cat column comm csplit cut dirname egrep env envsubst expand expr factor
    fgrep fmt fold gawk grep head hexdump iconv join jq mapfile nl numfmt od paste pr rev sed seq
    sh shuf sort split strings sudo tac tail test tr tsort unexpand uniq xargs xxd yes""".split()
)
"""Programs whose answer the library computes as the real ones do."""


OURS = BUILTINS | KEYWORDS | TOOLS
"""Every word the library answers by itself."""

OUTDONE = frozenset("column csplit cut expr fmt hexdump iconv join numfmt shuf split tee uniq xxd".split())
"""Tools of the library that an exact program stands in for where there is one."""

_ALIASES = frozenset(["ll", "la", "l"])
_LOCAL = BUILTINS | frozenset(["enable", "fc", "help", "history", "umask"])
_LED = TOOLS | frozenset(["echo", "printf", "pwd", "kill", "[", "true", "false", "compgen"])

_MAWK = ("ubuntu", "debian")
"""Systems whose awk is mawk."""

_LOGIN = "bash: "
"""What the words of the login shell begin with."""

_FILED = 0.002
"""Real seconds in which what a job's shell wrote has come in."""

COST = 0.002
"""Seconds that a program takes to start and end, whatever it does."""

_FIRM = (
    TOOLS | frozenset("cd echo printf pwd test [ [[ true false : exit kill jobs wait fg bg type times".split())
) - {"bash", "sh", "sudo", "env", "xargs"}
"""Words that change nothing of a shell but what its own lists of values tell."""

_RESTLESS = (
    "RANDOM",
    "SRANDOM",
    "SECONDS",
    "EPOCHSECONDS",
    "EPOCHREALTIME",
    "LINENO",
    "_",
    "PIPESTATUS",
    "BASH_COMMAND",
)

_TRAPS, _STARTS = re.compile(r"\btrap\s"), re.compile(r"[^&>]&(?![&>])")
_WORD = re.compile(r"[\w./+:@~-]+")

_SINGLE = re.compile(r"[^;\n|&<>`$(){}!]+")
"""One simple command: before its program writes, nobody does."""

_TIME = re.compile(rb"real\t0m[\d.]+s\nuser\tunavailable\nsys\tunavailable\n")
_TWICE = re.compile(rb"(?m)^env: '[^']*': No such file or directory\n")
_LINE = re.compile(rb"(command not found)\. Did you mean: [^\n]*\?")
_DEPTH = re.compile(rb"resource limit exceeded: maximum function depth exceeded \(\d+\)")
_SHELLS = re.compile(rb"\bBashkit [\d.]+ \(virtual \w+ interpreter\)")
_CLOSED = "Bad file descriptor"
"""Of the library's word for a stream that the shell has closed."""

_TOOLS = re.compile(rb"\b([\w\[]+) \(bashkit\) [\d.]+")
_OPTION = re.compile(
    rb"error: unexpected argument '(-[^']*)' found\n\n(?:  tip: .*\n\n)?Usage: (\w+).*\n(?:(?!\w+: |error: ).+\n)*"
    rb"(?:\nFor more .*\n)?"
)


class Shell:
    """One bash process of the machine.

    ``program`` runs what the library does not contain; ``exact`` names what is ours whatever the script says.
    """

    def __init__(
        self,
        machine: Machine,
        program: Program,
        *,
        ours: Iterable[str] = (),
        cwd: str = "/root",
        env: Mapping[str, str] | None = None,
        limits: Limits = Limits(),
        strand: Strand | None = None,
        process: Process | None = None,
        orders: dict[int, Order] | None = None,
        readers: Collection[str] = frozenset(),
    ) -> None:
        self._readers = readers
        self.strand = strand or _alone(machine)
        self.pid = process.pid if process else machine.processes.shell
        self.ask: AskTerminal | None = None
        self.listens: Callable[[], bool] = lambda: False
        self._adopted: Process | None = None
        self._unfed = False
        self._limits = limits
        self._orders: dict[int, Order] = {} if orders is None else orders
        self._tables: dict[str, Jobs] = {}
        self._machine = machine
        self._program = program
        self._registered: set[str] = set()
        self._always = frozenset(ours)
        self.status = 0
        self.functions: tuple[str, ...] = ()
        system = machine.system
        self._bash = bashkit.Bash(
            username=system.user,
            hostname=system.host,
            cwd=cwd,
            env=dict(env) if env is not None else environment(machine),
            profile=bashkit.ExecutionProfile.Interactive,
            timeout_seconds=1e9,
            max_commands=limits.commands,
            max_loop_iterations=limits.loops,
            max_memory=limits.memory,
        )
        self._bash.mount("/", machine.files.root)
        self._register({*self._always, *WORDS, ASK, CONTROL, TIMES, HISTORY, FC, INNER, ELAPSED, OPENED})
        self._times = Times(machine)
        self._inner = Inner(machine, self._lead, self._absent, self.adopt)
        self._sight = Sight(machine.files, TOOLS)
        self._looks = True
        self._wild = False
        self._opened = Opened()
        self._dated = False
        self._kept: Kept | None = None
        self._values: list[dict[str, Any]] = []
        self._single = False
        self._epoch = machine.login
        self._running = False
        self._stopped: int | None = None
        self._terminal = "012"
        self._root = 0
        self._source, self._here = "", cwd
        self._forked = False
        self._doubtful: Collection[str] = ()
        self._piped: Callable[[], Collection[str]] = frozenset
        self._said = environment(machine)
        self._prologue = _PROLOGUE + (f"{_CONDA}; " if machine.packages.has_conda else "") + _bash_says(machine)
        self.history = History()
        self._turns: set[Turns] = set()

    async def run(self, script: str, out: Sink, err: Sink, *, typed: str = "", writes: bool = True) -> int:
        """Run ``script`` to its end and return its exit status; cancelling the task interrupts it at once.

        ``typed`` is what of it a user typed, for ``history``; ``writes``: it may write files.
        A script that bash would not parse prints bash's message, and its status is 2.
        """
        self.history.add(typed)
        verdict = syntax.judge(script)
        if verdict.state != "complete" and not verdict.runs:
            # bash reads line by line: what is complete above the mistake has run when it is met
            if script[: verdict.start].strip():
                await self.run(script[: verdict.start], out, err)
            await err(verdict.error.encode() + b"\n")
            self.status = 2
            return 2
        if "coproc" in script and (at := syntax.coprocess(script)) >= 0:
            if script[:at].strip():
                await self.run(script[:at], out, err)
            await err(f"bash: {NO_COPROCESS}\n".encode())
            self.status = 1
            return 1
        self._single = _SINGLE.fullmatch(script.strip()) is not None
        # our own questions look nowhere, whatever words are in them
        self._looks = self._sight.reaches(script, self._bash.shell_state, self.functions) if writes else False
        self._source = script
        self._moved()
        names = syntax.names(script)
        if writes and (_defines(script) or not (_FIRM | self._always).issuperset(names)):
            self._kept = None
        reached = self._reach(script, names) if writes else frozenset()
        script = self._led(script)
        self._register(syntax.names(script) - OURS)

        async def errors(data: bytes) -> None:
            await err(self._mend(data))

        async def output(data: bytes) -> None:
            if b"__llm_kernel" in data:
                data = untraced(shown(data, self._orders))
            await out(self._named(data) if b"ashkit" in data else data)

        self._order = Streaming(output, errors, cache(partial(captured, self._source, self._doubtful)))
        self._piped = cache(partial(captured, self._source, files=False))
        line = f"{self._prologue}{self._chance()}(exit {self.status}); {script}\n"
        self._prologue = ""
        self._running, written = True, self._machine.files.writers.begin(reached)
        run = asyncio.ensure_future(_await(self._bash.execute(line, stdout=self._order.out, stderr=self._order.err)))
        try:
            with self.strand.aside():
                result = await asyncio.shield(run)
        except asyncio.CancelledError:
            await self._interrupt(run)
            self.status = 130
            raise
        finally:
            self._running = False
            self._machine.files.writers.end(written)
            self._inner.over()
            self._times.over()
        stopped, self._stopped = self._stopped, None
        if stopped is not None:
            self._bash.clear_cancel()
        elif result.error:
            await err(_resource(result.error))
        self.status = result.exit_code if stopped is None else stopped
        if _defines(script):
            self.functions = await self._functions()
        return self.status

    def _reach(self, script: str, names: Collection[str]) -> Reach:
        """Where the library may write by itself while ``script`` runs."""
        self._wild = self._wild or not {"exec", "trap"}.isdisjoint(names)
        if self._wild:  # what an exec or a trap leaves behind is in no later script
            return ANYWHERE
        here = self._bash.shell_state()
        self._here = here.cwd
        known = {*self.functions, *here.aliases} - _ALIASES
        return reach(script, names, here.cwd, known)

    def _moved(self) -> None:
        """``/proc`` is not what it was: written anew at once only where the library itself may read it."""
        if self._looks:
            self._machine.refresh()
        else:
            self._machine.stir()

    def _moment(self) -> tuple[list[int], float]:
        return list(self._machine.processes.table), self._machine.clock.now

    async def stop(self, status: int = 1) -> None:
        """End what runs with ``status``, from inside one of its programs: what was written is shown, it stays."""
        for turns in list(self._turns):
            await turns.fault()
        self._stopped = status
        self._bash.cancel()

    async def _functions(self) -> tuple[str, ...]:
        listing = await self.capture("declare -F")
        return tuple(line.split()[-1] for line in listing.splitlines() if line.startswith("declare -f"))

    async def follow(self, cwd: str, exports: Mapping[str, str]) -> None:
        """Take over what the machine says of the environment now, then ``exports``, then go to ``cwd``."""
        wanted = environment(self._machine)
        here = self.state()
        names = ("USER", "LOGNAME", "HOME", "PATH", "LANG", "CONDA_PREFIX", "CONDA_DEFAULT_ENV", "CONDA_SHLVL")
        news = {k: wanted[k] for k in names if k in wanted and wanted[k] != self._said.get(k)}
        self._said = wanted
        lines = [f"export {name}={quoted(value)}" for name, value in {**news, **exports}.items()]
        if here.variables.get("HOSTNAME") != self._machine.system.host:
            lines.append(f"HOSTNAME={quoted(self._machine.system.host)}")
        if "USER" in news and cwd in ("", here.cwd):
            cwd = wanted["HOME"]  # who logs in begins at home
        if cwd and cwd != here.cwd:
            lines.append(f"cd {quoted(cwd)}")
        if self._machine.packages.has_conda and "conda" not in self.functions:
            lines.append(_CONDA)
        if lines:
            await self.capture("; ".join(lines))

    async def _interrupt(self, run: asyncio.Future[Any]) -> None:
        """Cancel what runs and wait for its end, which another interrupt must not cut short: the shell lives on."""
        self._bash.cancel()
        try:
            while not run.done():
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.wait({run})
            if not run.cancelled():
                run.exception()
        finally:
            self._bash.clear_cancel()

    def state(self) -> State:
        """The shell between two runs.

        Raises:
            RuntimeError: while it runs; the library cannot be asked then.
        """
        if self._running:
            raise RuntimeError("the shell is running")
        state = self._bash.shell_state()
        return State(state.cwd, dict(state.variables), dict(state.aliases), self.functions)

    @property
    def registered(self) -> frozenset[str]:
        """Every word that reaches our programs."""
        return frozenset(self._registered)

    def value(self, name: str) -> str:
        """A variable's text as it would be shown, empty without one."""
        text = str(self._bash.shell_state().variables.get(name, ""))
        return shown(text.encode("utf-8", "replace"), self._orders).decode()

    async def capture(self, script: str) -> str:
        """What a harmless ``script`` prints, with the shell's status left as it was."""
        status, parts = self.status, bytearray()
        self._sight.lose()

        async def out(data: bytes) -> None:
            parts.extend(data)

        async def drop(data: bytes) -> None:
            pass

        await self.run(script, out, drop, writes=False)
        self.status = status
        return parts.decode(errors="replace")

    async def begin(self, state: str) -> None:
        """Take over ``state``, which the library itself printed."""
        line, self._prologue = f"{self._prologue}{state}\n:", ""
        with self.strand.aside():
            await _await(self._bash.execute(line))

    async def keep(self) -> Kept:
        """What this shell is, between two runs."""
        here = self._bash.shell_state()
        values = [dict(one) for one in (here.variables, here.env, here.arrays, here.assoc_arrays, here.aliases)]
        for name in _RESTLESS:
            values[0].pop(name, None)
            values[1].pop(name, None)
        history = tuple(self.history.lines)
        if self._kept is None or self._values != values:
            self._kept = await keep(self, here.cwd, self._epoch, history, opens=self._wild)
            self._values = values
        opened = self._opened.told(self._kept.descriptors)
        now = replace(self._kept, cwd=here.cwd, status=self.status, since=self._epoch, history=history)
        return replace(now, descriptors=opened)

    async def give(self, kept: Kept) -> None:
        """Be what ``kept`` says, as a new shell."""
        await give(self, kept, environment(self._machine))
        self._epoch = kept.since
        self.history.take(kept.history)

    def know(self, names: Iterable[str]) -> None:
        """Let ``names`` reach our programs, from now on even in the middle of a run."""
        self._register(set(names) - OURS)

    def _led(self, script: str, pid: int = 0, parent: int = 0, source: str = "") -> str:
        machine = self._machine
        self._dated = self._dated or ")T" in script
        login = machine.processes.table.get(machine.processes.shell)
        asked = False
        if self.ask is not None:
            self._unfed = unfed(script) and (self._unfed or not parent)
            asked = self._unfed or not parent
        lead = Lead(
            pid or self._root or machine.processes.shell,
            parent or (login.ppid if login else 1),
            machine.system.profile.bash,
            _LED,
            OURS | WORDS | {CONTROL},
            _LOCAL,
            self._place,
            self._absent,
            inner=bool(parent) and (bool(source) or pid != machine.processes.shell),
            watched=source == WATCHED,
            source="" if source == WATCHED else source,
            terminal=self._terminal if source not in ("", WATCHED) or not parent else "",
            shared=machine.files.shared,
            trapped=bool(_TRAPS.search(script) and (self._forked or _STARTS.search(script))),
            guarded=matters(machine, script, login.cwd if login else "/"),
            dated=self._dated,
            asked=asked,
        )
        text = detached(script, self._orders, pid if parent else 0)
        text = text if lead.inner else telling(text)
        text = led(fed(timed(text), self._readers, OURS), lead)
        if "command time" in text:
            self._enter("time")
        return asking(text) if asked else text

    def _lead(self, script: str, pid: int, parent: int, source: str) -> str:
        """What a shell inside this one runs, edited, and its programs registered."""
        if not self._looks:
            self._looks = True  # what only comes now may look anywhere
            self._moved()
        text = self._led(script, pid, parent, source)
        self._register(syntax.names(text) - OURS)
        return text

    def _absent(self, name: str) -> bool:
        """Whether ``name`` is registered, as any word of a script is, and no program, function or alias."""
        known = name in OURS or name in _LOCAL or name in self.functions or name in _ALIASES
        return not known and not self._machine.packages.provider(name) and self._place(name) == name

    def _place(self, tool: str) -> str:
        return next((path for path in (f"/usr/bin/{tool}", f"/bin/{tool}") if self._machine.files.exists(path)), tool)

    def _register(self, names: Iterable[str]) -> None:
        for name in names:
            if not name.startswith(GONE):
                self._enter(name)

    def _enter(self, name: str) -> None:
        """Let one name reach our programs."""
        if name not in self._registered:
            self._registered.add(name)
            self._bash.add_command(name, _weakly(self._callback))

    async def _callback(self, context: Any) -> int:
        try:
            return await self._called(context)
        except RuntimeError as error:
            if _CLOSED not in str(error):
                raise
            name = context.name if context.name in self._always else "bash"  # no word of ours
            with contextlib.suppress(RuntimeError):
                await context.stderr.write(f"{name}: write error: {_CLOSED}\n".encode())
            return 1

    async def _called(self, context: Any) -> int:
        env = dict(context.env)
        call = Call(context.name, tuple(context.argv), self._machine, context.cwd, env, at=env.pop(AT, ""))
        turns, self._single = Turns(self._order, (call.name, *call.args), first=self._single), False
        streams = Streams(context, turns, self)
        call = replace(call, run=self._apart(call, streams), parent=streams.parent)
        if call.name in (HISTORY, FC):
            text, status = self.history.answer(call.name, call.args)
            await (streams.err if status else streams.out)(text)
            return status
        if call.name == INNER:
            stdin = await streams.read() if call.args[1] in ("s", "sx", "full", "tty") else b""
            if call.args[1] == "tty":
                await self._order.out(stdin)
                return 0
            text, status = self._inner.answer(call.args, call.cwd, stdin, call.env)
            await (context.stderr if call.args[1] in ALOUD else context.stdout).write(text.encode())
            return status
        if call.name == ASK:
            args = list(call.args)
            line = await streams.ask(" ".join(args[args.index("--") + 1 :] if "--" in args else []), "-s" in args[:1])
            if line is not None:
                await context.stdout.write(f"{line}\n".encode())
            return int(line is None)
        if call.name == TIMES:
            await self._order.landed()
            text, status = self._times.answer(call.args)
            await streams.err(text)
            await turns.end()
            return status
        if call.name == OPENED:
            self._opened.note(call.args, call.cwd)
            return 0
        if call.name == ELAPSED:
            await context.stdout.write(self._elapsed(call.args).encode())
            return 0
        self._turns.add(turns)
        before = self._moment()
        try:
            with self.strand.inside():
                if self.strand is not self.strand.timeline.front:
                    await self._order.landed(_FILED)  # what a job wrote is in its file before time goes on
                elif any(table.busy for table in self._tables.values()):
                    await self._order.landed()  # what a job writes now comes behind what was written before
                if call.name in WORDS or call.name == CONTROL:
                    status = await self._control(call, streams)
                    await turns.end()
                    return status
                with handed(context, self._machine.files):
                    status = await self._program(call, streams)
                await turns.end()
                await self.strand.sleep(COST)
                if any(table.busy for table in self._tables.values()) and call.name not in self._piped():
                    await self.jobs.notice()  # not in the middle of a pipeline
                return status
        except (asyncio.CancelledError, GeneratorExit):
            raise
        except BrokenPipeError:
            return 141
        finally:
            self._turns.discard(turns)
            table, now = before
            if not self._looks or self._machine.clock.now > now + 2 * COST or self._moment()[0] != table:
                self._moved()

    # -- job control --------------------------------------------------------------------------------------------

    @property
    def jobs(self) -> Jobs:
        """The jobs of this shell itself."""
        return self._table(str(self.pid))

    def _table(self, which: str) -> Jobs:
        """The jobs of this shell, or of one that runs inside it: by its process, a subshell also by its place."""
        if which not in self._tables:
            home = self.jobs if which != str(self.pid) else None
            loud = which == str(self._machine.processes.shell)
            timeline = self.strand.timeline
            self._tables[which] = Jobs(
                self._machine, timeline, self._fork, loud=loud, most=self._limits.jobs, home=home, landed=self._landed
            )
        return self._tables[which]

    async def _landed(self) -> None:
        await self._order.landed()

    async def _control(self, call: Call, streams: Streams) -> int:
        """Job control for this shell, or for the one inside it whose process the first words name."""
        which = str(self.pid)
        if call.name == CONTROL:
            which = call.args[0]
            call = replace(call, name=call.args[1], args=call.args[2:])
        streams.place = call.at
        table, pid = self._table(which), int(which.partition(".")[0]) or self.pid
        pending = self._inner.pending(pid)
        control = Control(table, self._machine, call, streams, self.strand, pid, pending)
        if which != str(self._machine.processes.shell) and table.screen is None:
            table.screen = _Writer(streams)
            try:
                return await control.answer(self._orders)
            finally:
                table.screen = None
        return await control.answer(self._orders)

    async def _fork(self, order: Order, call: Call, process: Process, strand: Strand) -> Shell:
        """A child with the state that ``call`` carries, as fork() gives it; it knows the programs that this names."""
        named = set(_WORD.findall("\n".join([order.body, *call.args])))
        child = Shell(
            self._machine,
            self._program,
            ours=self._always | (self._registered & named),
            cwd=call.cwd,
            env=call.env,
            limits=self._limits,
            strand=strand,
            process=process,
            orders=self._orders,
            readers=self._readers,
        )
        state, options, *args = call.args
        kept = chosen(options).replace("\n", "; ")
        words = " ".join(map(quoted, args))
        await child.begin(owned(state))
        child._prologue += f"set -- {words}; " if words else ""
        child._prologue += f"{kept}; " if kept else ""
        child._sight = Sight(self._machine.files, TOOLS, blind="()" in state)
        child._adopted = process if order.simple else None
        child._forked, child._inner.own = True, process.pid
        child._root = process.ppid if self.pid == self._machine.processes.shell else self._root
        child._terminal = aimed(self._terminal, order.text)
        child._doubtful = frozenset(_WORD.findall(state))  # its functions and aliases may call them
        return child

    def caught(self, signal: int) -> bool:
        """Whether a trap takes a signal for this shell."""
        return self._inner.caught(signal)

    def adopt(self) -> Process | None:
        """The process that the first program of this shell is: the shell's own, where it was made for it alone."""
        adopted, self._adopted = self._adopted, None
        if adopted is not None:
            adopted.nice = self.strand.nice or adopted.nice
        return adopted

    # -- the library's words ------------------------------------------------------------------------------------

    def _elapsed(self, args: tuple[str, ...]) -> str:
        """``$SECONDS``, which a number sets; the time of day for ``now``."""
        now = self._machine.clock.now
        if args == ("now",):
            return str(int(now))
        if args and re.fullmatch(r"-?\d{1,15}", args[0]):
            self._epoch = now - int(args[0])
        return str(int(now - self._epoch))

    def _apart(self, call: Call, streams: Streams) -> Run:
        """What runs command lines for ``call`` in a shell of their own, as its fork and exec would."""

        async def run(line: str, out: Sink, err: Sink, parent: int = 0) -> int:
            shell = Shell(
                self._machine,
                self._program,
                ours=self._registered,
                cwd=call.cwd,
                env={name: value for name, value in call.env.items() if name != TTY},
                limits=self._limits,
                strand=self.strand,
                readers=self._readers,
            )
            shell.pid, shell._adopted, shell._root = parent or self.pid, streams.adopted, parent
            shell._forked = True
            shell._inner.join(self._inner)
            return await shell.run(line, out, err)

        return run

    def _chance(self) -> str:
        """Assignments that take chance and time away from the host."""
        clock = self._machine.clock
        seed = (self._machine.seed * 1103515245 + int(clock.now) * 12345 + self.status) % 32768
        moment = f"EPOCHSECONDS={int(clock.now)}; EPOCHREALTIME={clock.now:.6f}"
        return f"RANDOM={seed}; SECONDS={int(clock.now - self._epoch)}; {moment}; "

    def _named(self, data: bytes) -> bytes:
        """A tool's version where the script did not let it be seen that it is asked for."""
        profile = self._machine.system.profile
        data = _SHELLS.sub(f"GNU bash, version {profile.bash} (x86_64-pc-linux-gnu)".encode(), data)
        return _TOOLS.sub(rb"\1 (GNU coreutils) " + profile.coreutils.encode(), data)

    def _mend(self, data: bytes) -> bytes:
        """The library's few wordings that are not bash's, in bash's words."""
        mawk = self._machine.system.os in _MAWK
        data = self._inner.named(mended(data, self._source, self._here, mawk=mawk))
        if b"__llm_kernel" in data:
            data = data.replace(GONE.encode(), b"")
        if b"unavailable" in data:
            spent, slept = self._times.since()
            busy = max(0.0, spent - slept)
            times = _minutes(spent), _minutes(busy * 0.87), _minutes(busy * 0.04)
            data = _TIME.sub(b"real\t%s\nuser\t%s\nsys\t%s\n" % times, data)
        if b"env: '" in data:
            data = _TWICE.sub(b"", data)  # it was said by us, in the words of the real one
        if b"resource limit" in data:
            data = _DEPTH.sub(b"fork: retry: Resource temporarily unavailable", data)
        if b"unexpected argument" in data:
            data = _OPTION.sub(_no_option, data)
        return _LINE.sub(rb"\1", data) if b"Did you mean" in data else data


def _defines(script: str) -> bool:
    """Whether a function may be defined in it."""
    return "()" in script or "function " in script


def _alone(machine: Machine) -> Strand:
    """The time of a shell that shares it with nobody but its own jobs."""
    strand = Timeline(machine.clock).strand(front=True)
    strand.open()
    return strand


class _Writer:
    """A program's streams as the terminal of a shell inside a shell."""

    def __init__(self, streams: Streams) -> None:
        self.out = streams.out
        self.err = streams.err


def _weakly(method: Callable[[Any], Awaitable[int]]) -> Callable[[Any], Awaitable[int]]:
    """``method`` for the library to keep: it must not keep the shell, whose pipes would then stay open for ever."""
    kept = weakref.WeakMethod(method)

    async def callback(context: Any) -> int:
        found = kept()
        return await found(context) if found else 127

    return callback


async def _await(awaitable: Any) -> Any:
    return await awaitable


def _resource(error: str) -> bytes:
    """What bash prints when a resource that the library bounds is used up."""
    for word, said in _RESOURCES.items():
        if word in error:
            return f"bash: {said}\n".encode()
    return b"bash: Cannot allocate memory\n"


_RESOURCES = {
    "function depth": "maximum function nesting level exceeded",
    "loop iterations": "fork: retry: Resource temporarily unavailable",
    "command count": "fork: retry: Resource temporarily unavailable",
    "brace range": "brace expansion: failed to allocate memory",
    "intermediate bytes": "xrealloc: cannot allocate 33554432 bytes",
    "memory": "xrealloc: cannot allocate 1048576 bytes",
    "cancelled": "interrupted",
    "file": "write error: No space left on device",
}


def _no_option(found: re.Match[bytes]) -> bytes:
    option, name = found[1], found[2]
    said = b"unrecognized option '%s'" % option if option.startswith(b"--") else b"invalid option -- '%s'" % option[1:2]
    return b"%s: %s\nTry '%s --help' for more information.\n" % (name, said, name)


def _bash_says(machine: Machine) -> str:
    version = machine.system.profile.bash
    parts = " ".join(re.findall(r"\d+", version))
    return f"BASH_VERSINFO=({parts} release x86_64-pc-linux-gnu); BASH=/bin/bash; "


def _minutes(seconds: float) -> bytes:
    return b"%dm%.3fs" % (int(seconds // 60), seconds % 60)


def environment(machine: Machine) -> dict[str, str]:
    """A login shell's environment on ``machine``."""
    system = machine.system
    user = system.user
    home = next((u.home for u in system.users if u.name == user), "/root" if user == "root" else f"/home/{user}")
    uid = next((u.uid for u in system.users if u.name == user), 0 if user == "root" else 1000)
    env = {
        "SHELL": "/bin/bash",
        "PWD": home,
        "LOGNAME": user,
        "HOME": home,
        "LANG": "en_US.UTF-8" if system.os == "centos" else "C.UTF-8",
        "TERM": "xterm-256color",
        "USER": user,
        "SHLVL": "1",
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "UID": str(uid),
        "EUID": str(uid),
    }
    if machine.devices.cuda:
        env["PATH"] = f"/usr/local/cuda/bin:{env['PATH']}"
    if machine.packages.has_conda:
        env["PATH"] = f"/opt/conda/bin:{env['PATH']}"
        env |= {"CONDA_PREFIX": "/opt/conda", "CONDA_DEFAULT_ENV": "base", "CONDA_SHLVL": "1"}
    return env


_CONDA = (
    'conda() { case "$1" in activate|deactivate) '
    'local asked; asked="$(command conda shell.posix "$@")" || return; eval "$asked" ;; '
    '*) command conda "$@" ;; esac; }'
)
"""What conda's own start file defines: entering an environment changes the shell, which no program can."""

_PROLOGUE = (
    "shopt -s expand_aliases; declare +x UID; declare +x EUID; alias ll='ls -alF'; alias la='ls -A'; alias l='ls -CF'; "
)
