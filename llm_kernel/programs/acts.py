"""A program's acts: shell lines that the machine runs on its behalf, checked before they change anything.

All acts of one reply share one shell, forked from the call: its directory, its environment, the same files. Between
two acts that shell is at rest.
"""

from __future__ import annotations

import contextlib
import random
import re
import shlex
from collections.abc import Callable, Sequence

from llm_kernel import syntax
from llm_kernel.errors import NoRoom, Refused
from llm_kernel.machine import Machine, words
from llm_kernel.machine.processes import GpuUse, Process
from llm_kernel.programs.answer import answer
from llm_kernel.programs.exact.terminal import slept
from llm_kernel.programs.progress import Progress, own
from llm_kernel.programs.table import EXACT, NotExact
from llm_kernel.provenance import Answer, Refusal
from llm_kernel.shell.bash import Shell
from llm_kernel.shell.call import Call, Io
from llm_kernel.shell.limits import Limits
from llm_kernel.shell.words import OURS
from llm_kernel.tokens import quoted

__all__ = ["Acts"]

_WORDS = frozenset({"spend", "gpu", "curve", "machine"})
_CODE = (".py", ".sh", ".c", ".cc", ".cpp", ".cu", ".h", ".js", ".ts", ".rs", ".go", ".java", ".rb", ".pl", ".R")
_SPENDS = re.compile(r"(spend|sleep) +(\S+)")
_SLEEPS = re.compile(r"\b(?:spend|sleep)\b")
_ENDS = re.compile(r"\b(?:exit|return|set|trap|exec)\b")
_STIRS = re.compile(r"=|\(\)|\b(?:cd|pushd|popd|read|set|unset|export|declare|local|let|printf -v|shopt|alias|trap)\b")
_COMPOUND = "spend stands in no compound but a for over a list or a range"


class Acts:
    """Runs one program's acts; what is refused goes into ``record`` and nowhere else.

    ``sources`` are files that the program reads as its code; no act may change them.

    ``most`` bounds the seconds that the program may spend in all. ``status`` is set by an act ``exit N``;
    ``failed`` is the GPU and the MiB that it had no room for. ``credit``: seconds that have passed for the program's
    lines, and are not spent again; ``keeps`` tells the files that no act may touch.
    """

    def __init__(
        self,
        machine: Machine,
        process: Process,
        call: Call,
        streams: Io,
        record: Answer,
        *,
        most: float,
        limits: Limits,
        sources: Sequence[str] = (),
        credit: Callable[[], float] = lambda: 0.0,
        keeps: Callable[[str], bool] = lambda path: False,
        progress: Progress | None = None,
    ) -> None:
        self._progress = progress or Progress()
        self._machine = machine
        self._process = process
        self._streams = streams
        self._record = record
        self._left = most
        self._sources = tuple(path for path in sources if path.endswith(_CODE))
        self._noise = random.Random(f"{machine.seed}/{process.pid}/{' '.join(process.command)}")
        self._credit, self._credited = credit, 0.0
        self._cwd, self._keeps = call.cwd, keeps
        self._given = False
        self.failed: tuple[int, int] | None = None
        self.spent = 0.0
        self.status = 0
        names = [name for name in EXACT if name not in OURS]
        self.shell = Shell(
            machine,
            self._program,
            ours=[*names, *_WORDS],
            cwd=self._progress.shell.cwd if self._progress.shell else call.cwd,
            env=dict(call.env),
            limits=limits,
            strand=own(streams.strand),
            process=process,
        )

    def begin(self, record: Answer, most: float) -> None:
        """Begin another reply in the same shell."""
        self._record, self._left, self.spent, self.status = record, most, 0.0, 0

    @property
    def over(self) -> bool:
        """Whether the program has failed in an act, and says nothing more."""
        return self.failed is not None

    @property
    def ghost(self) -> bool:
        """Whether what the next act does has happened before."""
        return self._progress.ghost

    async def run(self, act: str) -> bool:
        """Check one act and run it, a top-level loop turn by turn; False where it was refused."""
        turns = syntax.unroll(act) or [act]
        reason = next((why for turn in turns if (why := self._objection(turn))), "")
        if reason:
            self._refuse(act, reason)
            return False
        kept = {path: self._machine.files.read(path) for path in self._sources if self._machine.files.exists(path)}
        self._record.acts.append(act.partition("\n")[0])
        for turn in [part for whole in turns for part in self._parts(whole)]:
            if self._progress.effect():
                self._skip(turn)
                continue
            status = await self._turn(turn)
            if self.over:
                break
            self.status = status
        return self._unharmed(act, kept)

    async def _turn(self, turn: str) -> int:
        """Run one turn, in the shell that was kept where the program is taken up again; keep it where it changed."""
        progress = self._progress
        if progress.shell is not None and not self._given:
            await self.shell.give(progress.shell)
        self._given, progress.inside = True, True
        status = await self.shell.run(turn, self._streams.out, self._streams.err)
        if _STIRS.search(turn) and own(self._streams.strand) is not self._streams.strand:
            progress.shell = await self.shell.keep()
        progress.inside = False
        progress.happened()
        return status

    def _skip(self, turn: str) -> None:
        """A turn that has happened before: the seconds that it spent are spent."""
        if spent := _SPENDS.fullmatch(turn.partition("#")[0].strip()):
            amount = slept((spent[2],)) if spent[1] == "sleep" else None
            with contextlib.suppress(Refused):  # what was refused then is refused again
                self._charge(words.seconds(spent[2] if amount is None else f"{amount:f}", self._left))

    def _parts(self, turn: str) -> list[str]:
        """A turn that sleeps, command by command where it may be cut: what it did before is not done again."""
        apart = own(self._streams.strand) is not self._streams.strand and _SLEEPS.search(turn)
        return syntax.apart(turn) if apart and not _ENDS.search(turn) else [turn]

    def _charge(self, amount: float) -> float:
        """Count seconds that the program spends; those of them that have not passed yet."""
        self._left -= amount
        self.spent += amount
        if (known := min(amount, self._credit() - self._credited)) > 0:  # it passed with the lines before
            self._credited += known
            amount -= known
        return amount

    def _unharmed(self, act: str, kept: dict[str, bytes]) -> bool:
        """Put back a source that ``act`` changed: a small model may name the script where it means its output."""
        files = self._machine.files
        harmed = [path for path, data in kept.items() if not files.exists(path) or files.read(path) != data]
        for path in harmed:
            mode = files.stat(path).mode if files.exists(path) else None
            files.write(path, kept[path], mode=mode)
        if harmed:
            self._refuse(act, f"a program does not overwrite its own source: {', '.join(harmed)}")
        return not harmed

    async def set(self, name: str, value: str) -> None:
        """Give the program's shell variable ``name`` what was typed."""
        await self.shell.run(f"{name}={quoted(value)}", self._streams.out, self._streams.err)

    def _objection(self, turn: str) -> str:
        """Why ``turn`` may not run; empty where it may."""
        if syntax.inside_compound(turn, "spend"):
            return _COMPOUND
        kept = [word for word in _words(turn) if self._keeps(self._machine.files.absolute(word, self._cwd))]
        if kept:
            return f"the machine keeps this checkpoint itself: {', '.join(kept)}"
        called = syntax.names(turn) - OURS - _WORDS - EXACT.keys()
        strangers = sorted(name for name in called if self._is_program(name))
        if strangers:
            return f"an act starts no emulated program: {', '.join(strangers)}"
        return ""

    def _is_program(self, name: str) -> bool:
        return "/" in name or self._machine.packages.provider(name) is not None

    def _refuse(self, act: str, reason: str) -> None:
        self._record.refused.append(Refusal(act, reason))

    async def _program(self, call: Call, streams: Io) -> int:
        try:
            match call.name:
                case "spend":
                    return await self._spend(call.args)
                case "gpu":
                    return self._gpu(call.args)
                case "curve":
                    return await self._curve(call.args, streams)
                case "machine":
                    return self._word(call)
            if call.name.rpartition("/")[2] == "sleep" and (amount := slept(call.args)) is not None:
                return await self._spend((f"{amount:f}",))
            return await answer(call, streams)
        except NoRoom as err:
            self.failed, self.status = (err.index, err.mem), 1
            return 1
        except Refused as err:
            self._refuse(" ".join((call.name, *call.args)), str(err))
            return 2
        except NotExact:
            self._refuse(" ".join((call.name, *call.args)), "an act starts no emulated program")
            return 126

    async def _spend(self, args: tuple[str, ...]) -> int:
        if len(args) != 1:
            raise Refused("usage: spend SECONDS")
        amount = words.seconds(args[0], self._left)
        if self._progress.left is None:  # else it was counted when the sleep began, before the machine was cut
            self._process.cpu += amount
        await self._streams.strand.sleep(self._charge(amount))
        return 0

    def _gpu(self, args: tuple[str, ...]) -> int:
        found = re.fullmatch(
            r"(?P<which>all|\d+(?:-\d+)?(?:,\d+(?:-\d+)?)*)(?: util (?P<util>\d+)%?)?(?: mem (?P<mem>\d+)(?:MiB)?)?"
            r"(?: enc (?P<enc>\d+)%?)?(?: dec (?P<dec>\d+)%?)?",
            " ".join(args),
        )
        if not found:
            raise Refused("usage: gpu 0-3 util 97 mem 8421")
        gpus = self._machine.devices.gpus
        which = _indices(found["which"], len(gpus))
        for index in which:
            others = [p for p in self._machine.processes.using(index) if p is not self._process]
            self._machine.devices.check_load(index, int(found["mem"] or 0), others)
        for index in which:
            coding = [int(found[name]) if found[name] else None for name in ("enc", "dec")]
            use = GpuUse(int(found["util"] or 0), int(found["mem"] or 0), encoder=coding[0], decoder=coding[1])
            self._machine.processes.load_gpu(self._process.pid, index, use)
        return 0

    async def _curve(self, args: tuple[str, ...], streams: Io) -> int:
        try:
            first, last, i, n, m = (float(arg) for arg in args)
        except ValueError:
            raise Refused("usage: curve FIRST LAST i n m") from None
        value = words.curve(first, last, i, n, m, self._noise.uniform(-1, 1))
        await streams.out(f"{value:.6g}\n")
        return 0

    def _word(self, call: Call) -> int:
        if not call.args or call.args[0] not in words.PROGRAM_WORDS:
            raise Refused(f"a program may use machine {', '.join(sorted(words.PROGRAM_WORDS))} only")
        words.say(self._machine, call.args, call.cwd)
        return 0


def _words(turn: str) -> list[str]:
    try:
        return shlex.split(turn)[1:]
    except ValueError:
        return turn.split()[1:]


def _indices(text: str, count: int) -> list[int]:
    if text == "all":
        return list(range(count))
    found: dict[int, None] = {}
    for part in text.split(","):
        first, _, last = part.partition("-")
        if int(last or first) > 64:
            raise Refused(f"gpu: there is no GPU {last or first}; the machine has {count}")
        found |= dict.fromkeys(range(int(first), int(last or first) + 1))
    return list(found)
