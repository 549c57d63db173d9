"""An instruction to the machine, carried out: the model writes a bash script, the machine takes it whole or not at all.

Before anything is kept the script is parsed, its programs are checked, and each Python file that it wrote must
compile and be free of undefined names. A script that fails gets one more try with the reason.
"""

from __future__ import annotations

import ast
import posixpath
import re
import shlex
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from time import monotonic

from pyflakes.checker import Checker
from pyflakes.messages import UndefinedExport, UndefinedLocal, UndefinedName

from llm_kernel import syntax
from llm_kernel.errors import BadReply, EndpointError, Refused
from llm_kernel.journal import Journal, Memory
from llm_kernel.machine import Machine, words
from llm_kernel.machine.snapshot import Change
from llm_kernel.machine.telling import tell
from llm_kernel.model.request import Backend, Request
from llm_kernel.programs import reads
from llm_kernel.programs.answer import answer
from llm_kernel.programs.asked import left_out
from llm_kernel.programs.failing import fails
from llm_kernel.programs.imports import added, forgotten
from llm_kernel.programs.lacking import lacks
from llm_kernel.programs.recalled import bearing_facts, past_of
from llm_kernel.programs.table import EXACT, NotExact
from llm_kernel.programs.wished import fulfilled, unasked
from llm_kernel.prompt import MOST, meta_request, told_facts
from llm_kernel.provenance import Answer, Refusal
from llm_kernel.reply import apology, meta_script
from llm_kernel.shell.bash import Shell
from llm_kernel.shell.call import Call, Io
from llm_kernel.shell.limits import Limits
from llm_kernel.shell.words import OURS

__all__ = ["Metas", "Outcome", "faults_of_python", "summary"]

_INSTALLERS = frozenset("pip pip3 conda mamba apt apt-get dnf yum npm cargo gem snap".split())
_TRIES = 2
_QUESTION = re.compile(
    r"[?？]|^\s*(?:why|how|what|which|who|when|where|is|are|does|do|did|has|have|can)\b|为什么|为何|吗|几|多少|什么|哪|怎么",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Outcome:
    """What an instruction did: sentences, changed files, what the script said, where the shell is now.

    ``short`` names what was asked and not done, ``lacking`` the modules that its Python files need and do not have and
    the errors that they will end with, ``mended`` what was added to them.
    """

    notes: list[str] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    said: str = ""
    cwd: str = ""
    exports: Mapping[str, str] = field(default_factory=dict)
    short: list[str] = field(default_factory=list)
    lacking: list[str] = field(default_factory=list)
    mended: list[str] = field(default_factory=list)


class Metas:
    """Carries out instructions on one machine by one model."""

    def __init__(
        self,
        machine: Machine,
        backend: Backend,
        journal: Journal,
        *,
        limits: Limits,
        tokens: int,
        seed: int,
        prompt: int = MOST,
    ) -> None:
        self._machine = machine
        self.backend = backend
        self._journal = journal
        self._limits = limits
        self._tokens = tokens
        self._seed = seed
        self._prompt = prompt

    async def run(self, instruction: str, record: Answer, *, cwd: str, env: Mapping[str, str]) -> Outcome:
        """Carry out ``instruction``; on any fault the machine is as before.

        Raises:
            ModelError, TapeError: where the model could not answer.
            Refused: where its script was refused twice; the message says why.
        """
        before, trouble = "", ""
        for attempt in range(_TRIES):
            record.tries = attempt + 1
            script = meta_script(await self._reply(self._request(instruction, record, cwd, before, trouble), record))
            outcome, wrong = await self._try(instruction, script, cwd, env)
            if wrong and before and "No such file" in wrong:  # it mends what the first one wrote, which is not there
                both = f"{before}\n{script}"
                outcome, still = await self._try(instruction, both, cwd, env)
                script, wrong = (script, wrong) if still else (both, "")
            if not wrong:
                record.acts = script.splitlines()
                impossible = outcome.short
                outcome.short = left_out(instruction, self._python_of(outcome.changes))
                if outcome.short and attempt + 1 < _TRIES:
                    await self._complete(instruction, record, outcome, script, cwd, env)
                outcome.short = impossible + outcome.short
                return outcome
            record.refused.append(Refusal(script, wrong))
            before, trouble = script, f"That script fails:\n{wrong}\nWrite it again."
        raise Refused(
            f"The model's script was refused {_TRIES} times and nothing was changed. The last reason: {wrong} "
            "(%why shows the scripts). Say it in other words, or set the machine with %machine."
        )

    async def _complete(
        self, instruction: str, record: Answer, outcome: Outcome, script: str, cwd: str, env: Mapping[str, str]
    ) -> None:
        """Ask once for what a script that works has left out; where that fails, what is done stays."""
        record.tries += 1
        missing = "\n".join(outcome.short)
        trouble = f"That is done, but this is not:\n{missing}\nWrite a script for what is missing."
        more = meta_script(await self._reply(self._request(instruction, record, cwd, script, trouble), record))
        rest, wrong = await self._try(instruction, more, cwd, env)
        if wrong:
            record.refused.append(Refusal(more, wrong))
            return
        record.acts += more.splitlines()
        known = {change.path: change for change in outcome.changes}
        outcome.changes = [
            *{**known, **{c.path: replace(c, kind=known.get(c.path, c).kind) for c in rest.changes}}.values()
        ]
        outcome.notes += [note for note in rest.notes if note not in outcome.notes]
        outcome.said += rest.said
        outcome.lacking += [line for line in rest.lacking if line not in outcome.lacking]
        outcome.mended += [line for line in rest.mended if line not in outcome.mended]
        outcome.cwd, outcome.exports = rest.cwd, {**outcome.exports, **rest.exports}
        outcome.short = left_out(instruction, self._python_of(outcome.changes))

    def _request(self, instruction: str, record: Answer, cwd: str, before: str, trouble: str) -> Request:
        machine = self._machine
        paths = reads.named_in(machine, instruction, cwd)
        record.files, record.facts = paths, told_facts(machine)
        listing = [name for name in machine.files.listdir(cwd) if not name.startswith(".")]
        memory = Memory()
        if _QUESTION.search(instruction):  # what was printed bears on a question; an order it only confuses
            memory = self._journal.about(instruction)
        return meta_request(
            machine,
            instruction,
            cwd=cwd,
            listing=listing,
            shown=reads.show(machine, paths, cwd),
            past=past_of(memory, bearing_facts(machine, instruction)),
            before=before,
            trouble=trouble,
            tokens=self._tokens,
            seed=self._seed,
            most=self._prompt,
        )

    async def _reply(self, request: Request, record: Answer) -> str:
        pieces, finish, started = [], "", monotonic()
        taped: float | None = None
        try:
            async with aclosing(self.backend.stream(request)) as deltas:  # type: ignore[type-var]
                async for delta in deltas:
                    pieces.append(delta.text)
                    record.by, record.model = delta.source, delta.model or record.model
                    finish, taped = delta.finish or finish, delta.seconds if delta.seconds is not None else taped
                    record.count(delta.usage, delta.usd)
        finally:
            record.seconds += monotonic() - started if taped is None else taped
        text = "".join(pieces)
        if apology(text):
            raise BadReply(f"The model answered with an apology instead of a script: {text.strip()[:300]}")
        if finish == "length":
            raise EndpointError(
                f"The model's script was cut after {request.max_tokens} tokens; nothing was changed. "
                "Ask for less at once, or raise c.LLMKernel.meta_tokens."
            )
        return text

    async def _try(self, instruction: str, script: str, cwd: str, env: Mapping[str, str]) -> tuple[Outcome, str]:
        """Run ``script`` and keep what it did, or put everything back; the reason in the second case."""
        machine = self._machine
        if not script.strip():
            return Outcome(), "the script is empty"
        verdict = syntax.judge(script)
        if verdict.state != "complete" and not verdict.runs:
            return Outcome(), verdict.error
        files, essence = machine.files.snapshot(), machine.essence()
        kept = False
        try:
            outcome, trouble = await self._apply(instruction, script, cwd, env, files)
            outcome.notes = tell(essence, machine, outcome.notes)
            kept = not trouble
            return outcome, trouble
        finally:
            if not kept:
                machine.adopt(essence)
                machine.files.restore(files)

    def _python_of(self, changes: Sequence[Change]) -> dict[str, str]:
        """The text of each Python file that came or changed."""
        files = self._machine.files
        paths = [change.path for change in changes if change.kind != "-" and change.path.endswith(".py")]
        return {path: files.read(path).decode("utf-8", "replace") for path in paths if not files.is_sized(path)}

    def _import(self, changes: Sequence[Change]) -> list[str]:
        """Add the imports that Python files forgot; what is said of it."""
        said = []
        for path, text in self._python_of(changes).items():
            if lines := forgotten(text):
                self._machine.files.write(path, added(text, lines).encode())
                said.append(f"{posixpath.basename(path)} forgot, and now has: {'; '.join(lines)}")
        return said

    async def _apply(
        self, instruction: str, script: str, cwd: str, env: Mapping[str, str], files: object
    ) -> tuple[Outcome, str]:
        machine = self._machine
        run = _Script(machine, instruction, cwd, env, self._limits)
        trouble = await run.run(script)
        if trouble:
            return Outcome(), trouble
        notes, impossible = fulfilled(machine, instruction, run.defined)
        run.notes += notes
        machine.follow()
        changes = machine.files.diff(files, machine.files.snapshot())  # type: ignore[arg-type]
        mended = self._import(changes)
        if mended:
            changes = machine.files.diff(files, machine.files.snapshot())  # type: ignore[arg-type]
        trouble = "\n".join(
            f"{path}: {fault}"
            for path, source in self._python_of(changes).items()
            for fault in faults_of_python(source.encode())[:5]
        )
        if trouble:
            return Outcome(), trouble
        here, exports = await run.place()
        told = _worth_telling(changes, machine)
        sources = self._python_of(told).items()
        lacking = [line for path, text in sources for line in lacks(machine, text, path, cwd, env)]
        lacking += [line for path, text in sources for line in fails(machine, text, path, cwd)]
        done = Outcome(run.notes, told, run.said, here, exports, impossible, lacking, mended)
        return done, ""


class _Script:
    """One run of a meta script in a shell of its own.

    ``said`` is what it printed, ``notes`` what its words did, ``defined`` the words of the machine that it used.
    """

    def __init__(self, machine: Machine, instruction: str, cwd: str, env: Mapping[str, str], limits: Limits) -> None:
        self._machine = machine
        self._instruction = instruction
        self._python = machine.system.python
        self.defined = set[str]()
        self._refusals: list[str] = []
        self._errors = bytearray()
        self._out = bytearray()
        self._env = dict(env)
        self.notes: list[str] = []
        names = [name for name in EXACT if name not in OURS]
        self._shell = Shell(
            machine, self._program, ours=[*names, "machine", *_INSTALLERS], cwd=cwd, env=env, limits=limits
        )

    @property
    def said(self) -> str:
        return self._out.decode("utf-8", "replace")

    async def run(self, script: str) -> str:
        """Run it; the reason why it must not be kept, or nothing."""
        called = syntax.names(script) - OURS - EXACT.keys() - _INSTALLERS - {"machine"}
        strangers = sorted(n for n in called if "/" in n or self._machine.packages.provider(n) is not None)
        if strangers:
            return f"a script starts no program: {', '.join(strangers)}; use machine install, cat > FILE, sed -i, echo"
        status = await self._shell.run(script, self._keep(self._out), self._keep(self._errors))
        if self._refusals:
            return "\n".join(self._refusals)
        errors = self._errors.decode("utf-8", "replace").strip()
        if status and "No such file" in errors:
            errors += "\nA file that is not there yet is written whole: cat > FILE <<'EOF'"
        return f"exit status {status}: {errors}" if status and errors else ""

    async def place(self) -> tuple[str, Mapping[str, str]]:
        """Where the script's shell is, and what it exported that is new."""
        await self._shell.run(":", self._keep(bytearray()), self._keep(bytearray()))
        state = self._shell.state()
        text = await self._shell.capture("export -p")
        exports = dict(re.findall(r'^(?:declare -x|export) (\w+)="((?:[^"\\]|\\.)*)"$', text, re.M))
        own = {"PWD", "OLDPWD", "SHLVL", "_", "PATH"}
        return state.cwd, {k: v for k, v in exports.items() if k not in own and self._env.get(k) != v}

    @staticmethod
    def _keep(into: bytearray):  # type: ignore[no-untyped-def]
        async def sink(data: bytes) -> None:
            if len(into) < 200_000:
                into.extend(data)

        return sink

    async def _program(self, call: Call, streams: Io) -> int:
        try:
            if call.name == "machine":
                if unasked(self._instruction, list(call.args), self._python):
                    return 0
                self.defined |= set(call.args[:1])
                self.notes += words.say(self._machine, call.args, call.cwd)
                return 0
            if call.name in _INSTALLERS:
                self.defined.add("install")
                self.notes += _install(self._machine, call)
                return 0
            return await answer(call, streams)
        except Refused as err:
            self._refusals.append(str(err))
            return 2
        except NotExact:
            self._refusals.append(f"a script starts no program: {call.name}")
            return 126


def _install(machine: Machine, call: Call) -> list[str]:
    """``pip install X`` in a script means ``machine install pip X``; what only updates an index says nothing."""
    manager = {"pip3": "pip", "apt-get": "apt", "mamba": "conda"}.get(call.name, call.name)
    words_ = [arg for arg in call.args if not arg.startswith("-")]
    if not words_ or words_[0] in ("update", "upgrade", "autoremove", "clean", "init", "activate", "create"):
        return []
    if words_[0] in ("install", "add", "i") and len(words_) > 1:
        return words.say(machine, ["install", manager, *words_[1:]], call.cwd)
    if words_[0] in ("remove", "uninstall", "purge") and len(words_) > 1:
        return words.say(machine, ["remove", manager, *words_[1:]], call.cwd)
    raise Refused(f"{call.name} {shlex.join(call.args)}: only install and remove are known here")


def faults_of_python(source: bytes) -> list[str]:
    """Why a Python file would not run as far as that can be seen: it does not compile, or a name is undefined."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as err:
        where = f"line {err.lineno}: " if isinstance(err, SyntaxError) and err.lineno else ""
        return [f"{where}{getattr(err, 'msg', err)}"]
    kinds = (UndefinedName, UndefinedLocal, UndefinedExport)
    found = [message for message in Checker(tree).messages if isinstance(message, kinds)]  # type: ignore[no-untyped-call]
    return [f"line {one.lineno}: {one.message % one.message_args}" for one in sorted(found, key=lambda m: m.lineno)]


_RENDERED = (
    *("/proc/", "/dev/", "/usr/", "/bin", "/sbin", "/lib", "/sys", "/run", "/var/lib", "/var/log", "/boot"),
    "/opt/conda",
)


def _worth_telling(changes: Sequence[Change], machine: Machine) -> list[Change]:
    """The changes that are the user's business, not what follows from the machine's facts."""
    return [
        change
        for change in changes
        if not change.path.startswith((*_RENDERED, *(f"{root}/" for root in machine.packages.environments)))
        and not (change.path.startswith("/etc") or change.path in ("/root/.bashrc", "/root/.profile"))
        and not (change.path.startswith(("/home/", "/root/.")) and change.path.count("/") <= 2)
    ]


def summary(outcome: Outcome, cwd: str) -> list[str]:
    """What changed, a line each: ``4 x NVIDIA GeForce RTX 3090``, ``+ train.py  61 lines``."""
    lines = list(dict.fromkeys(outcome.notes))
    for change in outcome.changes:
        below = cwd.rstrip("/") + "/"
        path = change.path[len(below) :] if change.path.startswith(below) else change.path
        if change.folder:
            if change.kind != "+" or not any(other.path.startswith(f"{change.path}/") for other in outcome.changes):
                lines.append(f"{change.kind} {path}/")
        elif change.kind == "-":
            lines.append(f"- {path}")
        elif change.lines is not None:
            lines.append(f"{change.kind} {path}  {change.lines} line{'' if change.lines == 1 else 's'}")
        else:
            lines.append(f"{change.kind} {path}  {change.size} bytes")
    return [*lines, *outcome.mended, *outcome.lacking, *(f"not as asked: {short}" for short in outcome.short)]
