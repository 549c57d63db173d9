"""The login shell: bash over the machine's files, alive as long as the kernel, and forked for what a program does.

The shell library (bashkit) contains bash and the text tools. Everything else it meets is one of our programs: each
word that could name one is registered before a run, because the library has no catch-all. See docs/design/shell.md.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import weakref
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import replace
from functools import cache, partial
from typing import Any

import bashkit

from llm_kernel import syntax
from llm_kernel.machine import Machine
from llm_kernel.machine.processes import Process
from llm_kernel.shell.abreast import abreast
from llm_kernel.shell.background import CONTROL, Order, shown
from llm_kernel.shell.beginning import ALIASES, CONDA, environment, prologue
from llm_kernel.shell.call import Call, Run
from llm_kernel.shell.captured import captured
from llm_kernel.shell.channel import AskTerminal, Program, Streams
from llm_kernel.shell.commanded import TOLD
from llm_kernel.shell.control import WORDS
from llm_kernel.shell.deep import Deep, bare
from llm_kernel.shell.elapsed import Elapsed
from llm_kernel.shell.guide import Guide
from llm_kernel.shell.handed import handed
from llm_kernel.shell.history import History
from llm_kernel.shell.inner import NO_COPROCESS, Inner
from llm_kernel.shell.jobs import Jobs
from llm_kernel.shell.kept import Kept, chosen, give, keep, owned
from llm_kernel.shell.lead import AT, DEEP, GONE, TTY
from llm_kernel.shell.limits import Limits, State
from llm_kernel.shell.looking import Sight
from llm_kernel.shell.order import Order as Streaming
from llm_kernel.shell.order import Sink, Turns
from llm_kernel.shell.own import OWN, Own
from llm_kernel.shell.reach import ANYWHERE, Reach, reach
from llm_kernel.shell.saying import Saying, resource
from llm_kernel.shell.tables import Tables
from llm_kernel.shell.timing import Times
from llm_kernel.shell.wording import untraced
from llm_kernel.shell.words import FIRM, OURS, PLACED, TOOLS
from llm_kernel.strand import Strand
from llm_kernel.timeline import Timeline
from llm_kernel.tokens import quoted

__all__ = ["Shell"]

_FILED = 0.002
"""Real seconds in which what a job's shell wrote has come in."""

COST = 0.002
"""Seconds that a program takes to start and end, whatever it does."""

_RESTLESS = (
    TOLD,
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

_WORD = re.compile(r"[\w./+:@~-]+")

_FUNCTION = "function_definition"
_SINGLE = re.compile(r"[^;\n|&<>`$(){}!]+")
"""One simple command: before its program writes, nobody does."""

_CLOSED = "Bad file descriptor"
"""Of the library's word for a stream that the shell has closed."""


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
        self._limits = limits
        self._orders: dict[int, Order] = {} if orders is None else orders
        self._machine = machine
        self._program = program
        self._registered: set[str] = set()
        self._always = frozenset(ours)
        self.status = 0
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
        self._register({*self._always, *WORDS, *OWN, CONTROL, DEEP})
        self._times = Times(machine)
        self._guide = Guide(machine, self._orders, readers)
        self._inner = Inner(machine, self._lead, self._guide.absent, self.adopt)
        self._saying = Saying(machine, self._inner, self._times)
        self._elapsed = Elapsed(machine.clock, machine.login)
        self._own = Own(self._inner, self._times, self._elapsed, self._saying, machine.files)
        self._tables = Tables(
            machine, self.strand, self._fork, self.landed, self._orders, self._inner.pending, limits.jobs
        )
        self.deep = Deep(self._grow)
        self._sight = Sight(machine.files, TOOLS)
        self._looks = True
        self._wild = False
        self._kept: Kept | None = None
        self._values: list[dict[str, Any]] = []
        self._single = False
        self._abreast = False
        self._running = False
        self._stopped: int | None = None
        self._source, self._here = "", cwd
        self._doubtful: Collection[str] = ()
        self._piped: Callable[[], Collection[str]] = frozenset
        self._said = environment(machine)
        self._prologue = prologue(machine)
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
        if writes and (_defines(script) or not (FIRM | self._always).issuperset(names)):
            self._kept = None
        reached = self._reach(script, names) if writes else frozenset()
        script = self._led(script)
        crowded = self.strand.abreast
        self._calls(script)

        async def errors(data: bytes) -> None:
            await err(self._saying.mended(data, self._source, self._here))

        async def output(data: bytes) -> None:
            if b"__llm_kernel" in data:
                data = untraced(bare(shown(data, self._orders)))
            await out(self._saying.named(data) if b"ashkit" in data else data)

        self._order = Streaming(output, errors, cache(partial(captured, self._source, self._doubtful)))
        self._piped = cache(partial(captured, self._source, files=False))
        line = f"{self._prologue}{self._chance()}(exit {self.status}); {script}\n"
        self._prologue = f"unset {TOLD}; " if TOLD in script else ""
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
            self.strand.abreast = crowded
            self._machine.files.writers.end(written)
            self._inner.over()
            self._times.over()
        stopped, self._stopped = self._stopped, None
        if stopped is not None:
            self._bash.clear_cancel()
        elif result.error:
            await err(resource(result.error))
        self.status = result.exit_code if stopped is None else stopped
        if _defines(script):
            self._guide.functions = await self._functions()
        return self.status

    def _reach(self, script: str, names: Collection[str]) -> Reach:
        """Where the library may write by itself while ``script`` runs."""
        self._wild = self._wild or not {"exec", "trap"}.isdisjoint(names)
        if self._wild:  # what an exec or a trap leaves behind is in no later script
            return ANYWHERE
        here = self._bash.shell_state()
        self._here = here.cwd
        known = {*self.functions, *here.aliases} - ALIASES
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
            lines.append(CONDA)
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
        return bare(shown(text.encode("utf-8", "replace"), self._orders)).decode()

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
            self._kept = await keep(self, here.cwd, self._elapsed.since, history, opens=self._wild)
            self._values = values
        opened = self._own.opened.told(self._kept.descriptors)
        now = replace(self._kept, cwd=here.cwd, status=self.status, since=self._elapsed.since, history=history)
        return replace(now, descriptors=opened)

    async def give(self, kept: Kept) -> None:
        """Be what ``kept`` says, as a new shell."""
        await give(self, kept, environment(self._machine))
        self._elapsed.since = kept.since
        self.history.take(kept.history)

    def know(self, names: Iterable[str]) -> None:
        """Let ``names`` reach our programs, from now on even in the middle of a run."""
        self._register(set(names) - OURS)

    def _led(self, script: str, pid: int = 0, parent: int = 0, source: str = "") -> str:
        self._guide.listened = self.ask is not None
        text = self._guide.led(script, pid, parent, source)
        if "command time" in text:
            self._enter("time")
        return text

    def _lead(self, script: str, pid: int, parent: int, source: str) -> str:
        """What a shell inside this one runs, edited, and its programs registered."""
        if not self._looks:
            self._looks = True  # what only comes now may look anywhere
            self._moved()
        text = self._led(script, pid, parent, source)
        self._calls(text)
        return text

    def _calls(self, script: str) -> None:
        """Let what ``script`` calls reach our programs; its functions need not, and would have no input from a pipe."""
        functions = _defined(script).union(self.functions) if "|" in script else frozenset[str]()
        for name in (functions & self._registered) - self._always:
            self._registered.discard(name)
            self._bash.remove_builtin(name)  # type: ignore[attr-defined]  # the library's stubs lack it
        self.strand.abreast = self.strand.abreast or self._abreast or abreast(script)
        self._abreast = self._abreast or (self.strand.abreast and _defines(script))
        self._register(syntax.names(script) - OURS - functions)

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
        if call.name in OWN:
            return await self._own.answer(call, streams, context, self._order, turns)
        if call.name == DEEP:
            with self.strand.inside():
                return await self.deep.answer(call, streams, context)
        streams.place = call.at if call.name in PLACED else ""
        self._turns.add(turns)
        before = self._moment()
        try:
            with self.strand.inside():
                if self.strand is not self.strand.timeline.front:
                    await self._order.landed(_FILED)  # what a job wrote is in its file before time goes on
                elif self._tables.busy:
                    await self._order.landed()  # what a job writes now comes behind what was written before
                if call.name in WORDS or call.name == CONTROL:
                    status = await self._tables.control(call, streams, self.pid)
                    await turns.end()
                    return status
                with handed(context, self._machine.files):
                    status = await self._program(call, streams)
                await turns.end()
                await self.strand.sleep(COST)
                if self._tables.busy and call.name not in self._piped():
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
        return self._tables.home(self.pid)

    async def landed(self) -> None:
        """Give what was written before to be shown."""
        await self._order.landed()

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
        child._abreast = self._abreast
        child._sight = Sight(self._machine.files, TOOLS, blind="()" in state)
        child._adopted = process if order.simple else None
        child._guide.forked, child._inner.own = True, process.pid
        child._guide.root = process.ppid if self.pid == self._machine.processes.shell else self._guide.root
        child._guide.turn(self._guide, order.text)
        child._doubtful = frozenset(_WORD.findall(state))  # its functions and aliases may call them
        return child

    async def _grow(self, call: Call) -> Shell:
        """A shell that goes on for this one, as the same process."""
        process = self._machine.processes.table[self.innermost]
        name, *given = call.args
        child = await self._fork(Order(name, (), False, ()), replace(call, args=tuple(given)), process, self.strand)
        child._guide.root = self._guide.root or self.pid
        return child

    def caught(self, signal: int) -> bool:
        """Whether a trap takes a signal for this shell."""
        return self._inner.caught(signal)

    @property
    def functions(self) -> tuple[str, ...]:
        """The names of the functions that are defined."""
        return self._guide.functions

    @property
    def history(self) -> History:
        """What was typed into it."""
        return self._own.history

    @property
    def innermost(self) -> int:
        """The process of the innermost shell that runs now: one inside this one, or its own."""
        return self._inner.within or self.pid

    def adopt(self) -> Process | None:
        """The process that the first program of this shell is: the shell's own, where it was made for it alone."""
        adopted, self._adopted = self._adopted, None
        if adopted is not None:
            adopted.nice = self.strand.nice or adopted.nice
        return adopted

    # -- the library's words ------------------------------------------------------------------------------------

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
            shell.pid, shell._adopted, shell._guide.root = parent or self.pid, streams.adopted, parent
            shell._guide.forked = True
            shell._inner.join(self._inner)
            return await shell.run(line, out, err)

        return run

    def _chance(self) -> str:
        """Assignments that take chance and time away from the host."""
        clock = self._machine.clock
        seed = (self._machine.seed * 1103515245 + int(clock.now) * 12345 + self.status) % 32768
        moment = f"EPOCHSECONDS={int(clock.now)}; EPOCHREALTIME={clock.now:.6f}"
        return f"RANDOM={seed}; SECONDS={self._elapsed.seconds}; {moment}; "


def _defined(script: str) -> frozenset[str]:
    """The functions that it defines."""
    if not _defines(script):
        return frozenset()
    found = (node.child_by_field_name("name") for node in syntax.walk(syntax.parse(script)) if node.type == _FUNCTION)
    return frozenset((name.text or b"").decode("utf-8", "replace") for name in found if name is not None)


def _defines(script: str) -> bool:
    """Whether a function may be defined in it."""
    return "()" in script or "function " in script


def _alone(machine: Machine) -> Strand:
    """The time of a shell that shares it with nobody but its own jobs."""
    strand = Timeline(machine.clock).strand(front=True)
    strand.open()
    return strand


def _weakly(method: Callable[[Any], Awaitable[int]]) -> Callable[[Any], Awaitable[int]]:
    """``method`` for the library to keep: it must not keep the shell, whose pipes would then stay open for ever."""
    kept = weakref.WeakMethod(method)

    async def callback(context: Any) -> int:
        found = kept()
        return await found(context) if found else 127

    return callback


async def _await(awaitable: Any) -> Any:
    return await awaitable
