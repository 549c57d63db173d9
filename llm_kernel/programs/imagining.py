"""What nobody has written yet is asked for once, written down, and is so from then on."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Awaitable, Callable, Iterable
from contextlib import aclosing

from llm_kernel.errors import BadReply, ImaginedMachineError, ModelError
from llm_kernel.machine import Machine
from llm_kernel.model.ahead import Ahead
from llm_kernel.model.request import Backend
from llm_kernel.programs.answer import row_of
from llm_kernel.programs.exact.journal import journal_lines
from llm_kernel.programs.reads import read_by
from llm_kernel.programs.table import Unwritten
from llm_kernel.programs.wanted import READERS, wanted
from llm_kernel.prompt import file_request
from llm_kernel.provenance import Answer
from llm_kernel.reply import apology
from llm_kernel.shell.call import Call
from llm_kernel.strand import Strand

__all__ = ["MOST", "Imagination"]

MOST = 5
"""How many files one command has imagined at most; the others stay what they are, a size."""

_LOGGED = {"auth.log": r"(?:sshd|sudo|su|login|systemd-logind|useradd)\[?", "kern.log": r"kernel:"}
_LOGGED["secure"] = _LOGGED["auth.log"]
_FENCED = re.compile(r"\A\s*```[\w.+-]*\n(.*?)\n?```\s*\Z", re.S)
_TREE = 1500
_MANUAL = 4000


def _logged(origin: str, lines: list[str]) -> str:
    """The lines of the journal that a log holds."""
    own = _LOGGED.get(posixpath.basename(origin))
    return "".join(f"{line}\n" for line in lines if own is None or re.search(rf"^\S+ +\d+ \S+ \S+ {own}", line))


class Imagination:
    """``fill`` and ``foresee`` end with a word for standard error where something could not be imagined."""

    def __init__(
        self, machine: Machine, backend: Backend, records: Callable[[], list[Answer]], *, tokens: int, seed: int
    ) -> None:
        self._machine = machine
        self._backend = backend
        self._records = records
        self._tokens = tokens
        self._seed = seed

    async def foresee(self, text: str, cwd: str, strand: Strand) -> tuple[str, bool]:
        """Imagine what the shell ``text`` reads; what is to be said, and whether it can run."""
        paths = wanted(self._machine, text, cwd)
        paths += [path for path in self._beside(paths, cwd) if path not in paths]
        done: list[str] = []
        while len(done) < min(len(paths), MOST):
            path = paths[len(done)]
            done.append(path)
            if origin := self._machine.files.origin(path):
                if wrong := await self.fill([origin], strand, self._machine.files.stat(path).size):
                    return wrong, False
                paths += [one for one in self._beside([path], cwd) if one not in paths]
        left = len(paths) - len(done)
        note = f"[{left} more files are listed here and not written yet: {MOST} are imagined at a time]\n"
        return (note if left > 0 else ""), True

    async def for_call(self, call: Call, strand: Strand) -> tuple[str, bool]:
        """Imagine the files that one program is given to read."""
        machine, name = self._machine, posixpath.basename(call.name)
        if name not in READERS or not machine.files.latents():
            return "", True
        words = [word for word in call.args if not word.startswith("-")]
        paths = [path for word in words if (path := call.path(word)) and machine.files.origin(path)]
        if row_of(call) is None:
            paths += [path for path in read_by(machine, name, call.args, call.cwd) if machine.files.origin(path)]
        for path in list(dict.fromkeys(paths))[:MOST]:
            if wrong := await self.fill([machine.files.origin(path)], strand, machine.files.stat(path).size):
                return wrong, False
        return "", True

    async def manual(self, page: str, strand: Strand) -> tuple[str, str]:
        """The manual page of ``page``, the same one each time, and what is to be said where it cannot be imagined."""
        origin = f"man {page}"
        wrong = await self.fill([origin], strand)
        return (self._machine.invented.get(origin) or b"").decode("utf-8", "replace"), wrong

    async def settled(
        self, work: Callable[[], Awaitable[int]], strand: Strand, err: Callable[[str], Awaitable[None]]
    ) -> int:
        """Run ``work``, which says what it lacks before it changes anything, until it lacks nothing."""
        for _ in range(4 * MOST):
            try:
                return await work()
            except Unwritten as lacking:
                if wrong := await self.fill(lacking.origins, strand):
                    await err(wrong)
                    return 1
        await err("too many files would have to be imagined for this\n")
        return 1

    async def fill(self, origins: Iterable[str], strand: Strand, size: int = 0) -> str:
        """Let each of ``origins`` have its content; what is to be said where one cannot."""
        for origin in origins:
            if self._machine.invented.get(origin) is None:
                try:
                    await self._invent(origin, size or self._size(origin), strand)
                except ModelError as err:
                    what = origin.partition("\n")[0].partition(" ")[2]
                    return f"{what}: nobody has written this yet, and it cannot be imagined now: {err}\n"
            data = self._machine.invented.get(origin)
            assert data is not None
            self._machine.files.imagine(origin, data)
        return ""

    def _beside(self, paths: list[str], cwd: str) -> list[str]:
        """What Python files that are already written import and open, as far as it is not."""
        machine = self._machine
        found = []
        for path in paths:
            if path.endswith(".py") and not machine.files.origin(path):
                found += [one for one in read_by(machine, "python3", [path], cwd) if machine.files.origin(one)]
        return found

    def _size(self, origin: str) -> int:
        for path, one in self._machine.files.latents().items():
            if one == origin:
                return self._machine.files.stat(path).size
        return {"git-tree": _TREE, "man": _MANUAL}.get(origin.partition(" ")[0], 2000)

    async def _invent(self, origin: str, size: int, strand: Strand) -> None:
        machine = self._machine
        if origin.startswith("log "):
            machine.invented.keep(origin, _logged(origin, journal_lines(machine)).encode())
            return
        record = Answer(f"(imagined) {origin.partition(chr(10))[0]}", "model")
        self._records().append(record)
        current, beside, after = origin.partition(" before ")[0], [], ""
        within = current.split(" ", 2)[-1]
        if origin.startswith("git ") and (place := self._place(current)).endswith(f"/{within}"):
            top = place[: -len(within)]
            beside = [path[len(top) :] for path in machine.files.walk(top) if not machine.files.is_dir(path)]
            beside = [path for path in beside if not path.startswith(".git/")]
        if current != origin:
            after = (machine.invented.get(current) or b"").decode("utf-8", "replace")
        request = file_request(
            machine, origin, size=size, beside=beside, after=after, most=self._tokens, seed=self._seed
        )
        ahead, text = Ahead(self._backend.stream(request), strand.away), ""
        try:
            async with aclosing(ahead.deltas()) as deltas:
                async for delta in deltas:
                    record.by, record.model = delta.source, delta.model or record.model
                    text += delta.text
        except ImaginedMachineError as fault:
            record.fail(fault)
            raise
        finally:
            record.seconds = ahead.seconds
            record.count(ahead.usage, ahead.usd)
        if apology(text) and not origin.startswith("git-tree "):
            record.status = 1
            raise BadReply(f"the model answered with an apology: {text.strip()[:200]}")
        machine.invented.keep(origin, _plain(text).encode())

    def _place(self, origin: str) -> str:
        """Where a file of ``origin``'s repository lies, to see what is beside it."""
        return next((path for path, one in self._machine.files.latents().items() if one == origin), "")


def _plain(text: str) -> str:
    """A reply without the fence around it, ending in a newline."""
    found = _FENCED.match(text)
    body = found[1] if found else text
    return body.lstrip("\n").rstrip() + "\n" if body.strip() else ""
