"""What a program says while it works: lines for both streams, and the status that the worst of them left."""

from __future__ import annotations

from dataclasses import dataclass, field

from llm_kernel.machine.profiles import profile
from llm_kernel.shell.call import Answer, Call

__all__ = ["Report", "coreutils"]


@dataclass(slots=True)
class Report:
    """Collects an answer; ``fail`` puts the program's name before the text."""

    call: Call
    out: list[str] = field(default_factory=list)
    err: list[str] = field(default_factory=list)
    status: int = 0

    def say(self, text: str) -> None:
        """Print a line."""
        self.out.append(text + "\n")

    def ask(self, text: str) -> None:
        """Show a question that nobody answers."""
        self.err.append(f"{self.call.name}: {text} ")

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
