"""Who answered, from what, and what it cost: one record for each command or instruction of a cell."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypeAlias

from llm_kernel.model.request import Usage

__all__ = ["Answer", "Refusal", "Source"]

Source: TypeAlias = Literal["exact", "model", "tape", "unknown"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A proposal of the model that the machine did not take."""

    text: str
    reason: str


@dataclass(slots=True)
class Answer:
    """One command; ``files`` are the paths the model was shown, ``tokens`` prompt, cached, completion;
    ``computed`` counts the lines that code printed because its source fixes them, ``note`` says how or why not;
    ``bounded`` counts the values that were replaced by what such a run usually gives.
    """

    command: str
    by: Source
    model: str = ""
    files: list[str] = field(default_factory=list)
    acts: list[str] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    prompt: int = 0
    cached: int = 0
    completion: int = 0
    usd: float | None = 0.0
    seconds: float = 0.0
    tries: int = 1
    status: int = 0
    computed: int = 0
    bounded: int = 0
    note: str = ""

    def count(self, usage: Usage | None, usd: float | None = None) -> None:
        """Add what one reply took and cost, where it is known; a price that is unknown once stays so."""
        if usage:
            self.usd = None if usd is None or self.usd is None else self.usd + usd
            self.prompt += usage.prompt
            self.cached += usage.cached
            self.completion += usage.completion

    def line(self) -> str:
        """One line for ``%why``: the same from the model and from its tape."""
        if self.by == "exact":
            return f"{self.command}\n    exact: {self.note or 'computed from the machine'}"
        if self.by == "unknown":
            return f"{self.command}\n    exact: no such program on this machine"
        cost = f"{self.prompt} tokens in ({self.cached} cached), {self.completion} out, {self.seconds:.1f} s"
        lines = [self.command, f"    model: {self.model or 'unnamed'}, {cost}"]
        if self.tries > 1:
            lines.append(f"    asked {self.tries} times")
        if self.computed:
            lines.append(f"    computed from its source: the first {self.computed} lines")
        if self.bounded:
            lines.append(f"    out of bounds, and replaced by what such a run usually gives: {self.bounded} values")
        if self.files:
            lines.append(f"    from: {', '.join(self.files)}")
        if self.note:
            lines.append(f"    {self.note}")
        lines += [f"    @ {act}" for act in self.acts]
        lines += [f"    refused: {row.text}\n        {row.reason}" for row in self.refused]
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """The record for a reply's metadata."""
        return asdict(self)
