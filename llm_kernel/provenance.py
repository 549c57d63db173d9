"""Who answered, from what, and what it cost: one record for each command or instruction of a cell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypeAlias

from llm_kernel.errors import ImaginedMachineError, OverBudget, TapeMiss
from llm_kernel.model.price import money
from llm_kernel.model.request import Usage

__all__ = ["Answer", "Refusal", "Source", "Sum", "mark", "sums"]

Source: TypeAlias = Literal["exact", "model", "tape", "unknown"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A proposal of the model that the machine did not take."""

    text: str
    reason: str


@dataclass(slots=True)
class Answer:
    """One command; ``files`` are the paths the model was shown, ``facts`` the sentences; ``prompt``, ``cached`` and
    ``completion`` count tokens, ``usd`` is their price, None where that is not known;
    ``fault`` names the class of our own fault that left it without an answer, and ``note`` has its words then;
    ``computed`` counts the lines that code printed because its source fixes them, ``note`` says how or why not;
    ``bounded`` counts the values that were replaced by what such a run usually gives, or by what follows from others,
    ``bounded_kinds`` the same by what they show.
    ``between`` and ``planned`` are spans of lines of its output: those of a loop that lie between said ones, and those
    that were printed from the source because nobody said them.
    """

    command: str
    by: Source
    model: str = ""
    files: list[str] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)
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
    bounded_kinds: dict[str, int] = field(default_factory=dict)
    between: list[list[int]] = field(default_factory=list)
    planned: list[list[int]] = field(default_factory=list)
    note: str = ""
    fault: str = ""

    def count(self, usage: Usage | None, usd: float | None = None) -> None:
        """Add what one reply took and cost, where it is known; a price that is unknown once stays so."""
        if usage:
            self.usd = None if usd is None or self.usd is None else self.usd + usd
            self.prompt += usage.prompt
            self.cached += usage.cached
            self.completion += usage.completion

    def fail(self, fault: ImaginedMachineError) -> None:
        """Say why there is no answer; what was not sent to a model is no request."""
        self.note, self.fault = str(fault), type(fault).__name__
        if isinstance(fault, OverBudget | TapeMiss):
            self.tries -= 1

    @property
    def who(self) -> str:
        """Who answered, and how: the same from the model and from its tape."""
        if self.by == "exact":
            return f"exact: {self.note or 'computed from the machine'}"
        if self.by == "unknown":
            return "exact: no such program on this machine"
        return f"model: {self.model or 'unnamed'}"

    @property
    def price(self) -> str:
        """What it cost, for a person."""
        return "price unknown" if self.usd is None else money(self.usd)

    def details(self) -> list[str]:
        """From what it was answered, and what became of the model's proposals: a line each."""
        if self.by not in ("model", "tape"):
            return [f"from: {', '.join(self.files)}"] if self.files else []
        lines = []
        if self.tries > 1:
            lines.append(f"asked {self.tries} times")
        if self.computed:
            lines.append(f"computed from its source: the first {self.computed} lines")
        if self.between:
            lines.append(f"drawn between those that the model gave: {_told(self.between)}")
        if self.planned:
            lines.append(f"left out by the model, and printed from the source: {_told(self.planned)}")
        if self.bounded:
            kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(self.bounded_kinds.items()))
            behind = f" ({kinds})" if kinds else ""
            lines.append(f"out of bounds, and replaced by what such a run usually gives: {self.bounded} values{behind}")
        if self.files:
            lines.append(f"from: {', '.join(self.files)}")
        lines += [f"known: {fact}" for fact in self.facts]
        if self.note:
            lines += self.note.splitlines()
        lines += [f"@ {act}" for act in self.acts]
        for row in self.refused:
            lines += [f"refused: {row.text}", f"    {row.reason}"]
        return lines

    def line(self) -> str:
        """All of it as plain text for ``%why``."""
        head = self.who
        if self.by in ("model", "tape"):
            cost = f"{self.prompt} tokens in ({self.cached} cached), {self.completion} out, {self.seconds:.1f} s"
            head = f"{head}, {cost}, {self.price}"
        return "\n".join([self.command, *(f"    {line}" for line in [head, *self.details()])])

    def to_json(self) -> dict[str, Any]:
        """The record for a reply's metadata."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Sum:
    """What one model took for several answers; ``usd`` is None where a price was not known."""

    model: str
    requests: int
    prompt: int
    cached: int
    completion: int
    seconds: float
    usd: float | None

    @classmethod
    def of(cls, model: str, answers: Iterable[Answer]) -> Sum:
        """The sum of ``answers``."""
        rows = list(answers)
        prices = [one.usd for one in rows]
        known = [price for price in prices if price is not None]
        return cls(
            model,
            sum(one.tries for one in rows),
            sum(one.prompt for one in rows),
            sum(one.cached for one in rows),
            sum(one.completion for one in rows),
            round(sum(one.seconds for one in rows), 1),
            sum(known) if len(known) == len(prices) else None,
        )

    @property
    def price(self) -> str:
        """What it cost, for a person."""
        return "price unknown" if self.usd is None else money(self.usd)

    def line(self) -> str:
        """One line for ``%usage``."""
        return (
            f"{self.model}: {self.requests} request{'s' if self.requests != 1 else ''}, {self.prompt} tokens in "
            f"({self.cached} cached), {self.completion} out, {self.seconds:.1f} s, {self.price}"
        )

    def to_json(self) -> dict[str, Any]:
        """The sum for a reply's metadata."""
        return asdict(self)


def sums(answers: Iterable[Answer]) -> list[Sum]:
    """What each model that was asked took, by name; the last row is of all of them where there are several."""
    by_model: dict[str, list[Answer]] = {}
    for answer in (one for one in answers if one.tries):
        by_model.setdefault(answer.model or "unnamed", []).append(answer)
    rows = [Sum.of(name, some) for name, some in sorted(by_model.items())]
    return [*rows, Sum.of("together", (one for some in by_model.values() for one in some))] if len(rows) > 1 else rows


def mark(spans: list[list[int]], line: int) -> None:
    """Add a line's number to spans of them."""
    if spans and spans[-1][1] in (line, line - 1):
        spans[-1][1] = line
    else:
        spans.append([line, line])


def _told(spans: list[list[int]]) -> str:
    """Spans of lines, as a person notes them."""
    count = sum(last - first + 1 for first, last in spans)
    shown = ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in spans[:12])
    return f"{count} line{'s' if count != 1 else ''} ({shown}{', ...' if len(spans) > 12 else ''})"
