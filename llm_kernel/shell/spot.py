"""Where a command stands in a script: what is put there asks for it by the shell's number and complains at its line."""

from __future__ import annotations

from dataclasses import dataclass

from tree_sitter import Node

from llm_kernel.shell.lead import INNER, Edit, Lead
from llm_kernel.tokens import quoted

__all__ = ["Spot"]


@dataclass(frozen=True, slots=True)
class Spot:
    """A command's node, and what its script is led by."""

    node: Node
    lead: Lead

    @property
    def place(self) -> str:
        """The script and the line, as an inner shell says it."""
        return f"{self.lead.source or '$0'}: line {self.node.start_point[0] + 1}"

    @property
    def who(self) -> str:
        """The word for what its shell calls itself where it complains."""
        return f'"{self.place}"' if self.lead.inner else '"$0"'

    def says(self, said: str, usage: str = "") -> str:
        """The words for what a builtin complains of, behind the place where it stands."""
        who = f'"{self.lead.source or ("$0" if self.lead.inner else "bash")}: line {self.node.start_point[0] + 1}: "'
        return f"{who}{quoted(said)} {quoted(usage) if usage else ''}".rstrip()

    def asks(self, kind: str) -> str:
        """The words that ask for a text of this kind."""
        given = "" if kind.startswith("s:") else " </dev/null"  # the input of a group is not for this
        return f"{INNER}{given} {self.lead.pid} {kind}"

    def refuses(self, first: Node, last: Node, status: int, said: str) -> list[Edit]:
        """The words ``said`` on standard error, and a status, in the place of a command's words."""
        return [(first.start_byte, last.end_byte, f"{self.asks('!')} {status} {said}")]

    def asked(self, word: Node, kind: str) -> list[Edit]:
        """What is asked for with ``word`` in the place of it."""
        return [
            (word.start_byte, word.start_byte, f'"$({self.asks(kind)} '),
            (word.end_byte, word.end_byte, ')"'),
        ]
