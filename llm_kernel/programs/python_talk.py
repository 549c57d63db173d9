"""``python3`` alone at a terminal: each line is asked for, and computed as long as that is possible.

From there on it is the model's, which is told what was typed and said so far.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from llm_kernel.programs.exact.lookup import which
from llm_kernel.python import Outcome, Piece, Script, Unsure, refused
from llm_kernel.python.dialogue import Dialogue, complete
from llm_kernel.shell.call import Call, Io

__all__ = ["Exchange", "Talk", "banner"]

_FIRST, _MORE = ">>> ", "... "
_MAIN = (3, 10)
"""The Python whose builds are the first to be called after their branch."""

_HELP = 'Type "help", "copyright", "credits" or "license" for more information.\n'
_LEAVE = (3, 13)
"""The Python that leaves at the bare word ``exit``."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was said, the prompt below it, and the line that was typed there."""

    said: str
    prompt: str
    typed: str


@dataclass(slots=True)
class Talk:
    """One such talk; ``compute`` runs a program, ``show`` lets what it did happen."""

    version: tuple[int, int]
    streams: Io
    compute: Callable[[str], Awaitable[Outcome]]
    show: Callable[[tuple[Piece, ...]], Awaitable[None]]
    said: str = ""
    past: list[Exchange] = field(default_factory=list)
    outcome: Outcome | None = None

    async def run(self) -> int | None:
        """Its exit status; None where it is the model's to go on."""
        dialogue = Dialogue(self.version)
        while True:
            typed = await self._typed()
            if typed is None:
                return 0
            if all(not line or line.startswith("#") for line in map(str.strip, typed.splitlines())):
                continue
            try:
                status = await self._part(dialogue, typed)
            except Unsure:
                return None
            if status is not None:
                return status

    async def _typed(self) -> str | None:
        """One part, line by line; None at end of file."""
        lines: list[str] = []
        while not lines or not complete("\n".join(lines)):
            prompt = _MORE if lines else _FIRST
            line = await self.streams.ask(prompt, False)
            if line is None:
                return None
            self.past.append(Exchange(self.said, prompt, line))
            self.said = ""
            lines.append(line)
        return "\n".join(lines)

    async def _part(self, dialogue: Dialogue, typed: str) -> int | None:
        """Carry out one part; an exit status where it was the last."""
        word = typed.strip()
        if word in ("exit", "quit") and self.version < _LEAVE:
            await self._say((("stdout", f"Use {word}() or Ctrl-D (i.e. EOF) to exit\n"),))
            return None
        if wrong := refused(Script(typed, "<stdin>", ("",), self.version)):
            await self._say((("stderr", wrong),))
            return None
        outcome = await self.compute(dialogue.source(typed))
        said = dialogue.heard(typed, outcome)
        self.outcome = outcome
        await self._say(said.pieces)
        return outcome.status if said.ended else None

    async def _say(self, pieces: tuple[Piece, ...]) -> None:
        await self.show(pieces)
        self.said += "".join(piece[1] for piece in pieces if isinstance(piece, tuple))


def banner(call: Call, version: str) -> str:
    """What Python says first: its version, when it was built, by what, and where to find help."""
    machine, branch = call.machine, tuple(int(part) for part in version.split(".")[:2])
    path = next(iter(which(machine, call.name, call.env.get("PATH", ""), call.cwd)), call.path(call.name))
    try:
        built = time.strftime("%b %e %Y, %H:%M:%S", time.gmtime(machine.files.stat(path).mtime))
    except OSError:
        built = time.strftime("%b %e %Y, %H:%M:%S", time.gmtime(machine.files.stat("/usr").mtime))
    name, gcc = "main" if branch >= _MAIN else "default", _compiler(machine.system.profile.compiler)
    return f"Python {version} ({name}, {built}) \n[GCC {gcc}] on linux\n{_HELP}"


def _compiler(text: str) -> str:
    words = [word.strip("(),") for word in text.split()]
    return next((word for word in words if word.count(".") == 2 and word.replace(".", "").isdigit()), "")
