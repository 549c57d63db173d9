"""What a program says while it works: lines for both streams, and the status that the worst of them left."""

from __future__ import annotations

from dataclasses import dataclass, field

from llm_kernel.machine.profiles import profile
from llm_kernel.programs.table import Asks
from llm_kernel.shell.call import Answer, Call

__all__ = ["Report", "coreutils"]


@dataclass(slots=True)
class Report:
    """Collects an answer; ``fail`` puts the program's name before the text."""

    call: Call
    out: list[str] = field(default_factory=list)
    err: list[str] = field(default_factory=list)
    status: int = 0
    asked: int = 0

    def say(self, text: str) -> None:
        """Print a line."""
        self.out.append(text + "\n")

    def agreed(self, text: str) -> bool:
        """Whether the person says yes to a question; nobody there says no.

        Raises:
            Asks: where the question was not answered yet.
        """
        typed = self.call.typed.split("\n") if self.call.typed is not None else []
        if self.asked >= len(typed):
            said, complaint = "".join(self.out), "".join(self.err)
            raise Asks(said, f"{self.call.name}: {text} ", complaint=complaint, aside=True)
        self.out.clear()  # all of it stood above the question
        self.err.clear()
        answer, self.asked = typed[self.asked], self.asked + 1
        return answer[:1] in ("y", "Y")

    def warn(self, text: str) -> None:
        """Complain without failing."""
        self.err.append(f"{self.call.name}: {text}\n")

    def fail(self, text: str, status: int = 1) -> None:
        """Complain; the program will end with ``status`` unless a worse one comes."""
        self.warn(text)
        self.status = max(self.status, status)

    def answer(self) -> Answer:
        """All that was said."""
        return Answer("".join(self.out), "".join(self.err), self.status)


def coreutils(call: Call) -> tuple[int, ...]:
    """The version of the GNU core utilities on this machine."""
    version = profile(call.machine.system.os, call.machine.system.release).coreutils
    return tuple(int(part) for part in version.split(".") if part.isdigit())
