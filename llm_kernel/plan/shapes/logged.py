"""When the trainer of transformers speaks: the steps of a run, and those of them that are logged or tested."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from llm_kernel.plan.shapes.tensor import Vague
from llm_kernel.plan.values import Lib, Unknown, Value

__all__ = ["Moment", "Steps"]

_MOST = 3000
"""Lines of figures that are told one by one."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A step behind which something is told: its epoch as it is shown, the rate, whether figures are logged, tested."""

    epoch: float
    rate: float | None
    logs: bool
    tests: bool


class Steps:
    """The steps of a run with these arguments over ``batches`` of an epoch; ``late``: the last ones of it count too.

    ``tuned``: the rates are not the arguments' own.
    """

    def __init__(self, given: Mapping[str, Value], batches: int, *, late: bool, tuned: bool) -> None:
        self._given, self.batches, self._tuned = given, batches, tuned
        self.group = self._whole("gradient_accumulation_steps", 1)
        own = -(-batches // self.group) if late else batches // self.group
        self.each = max(own, 1)
        epochs = given.get("num_train_epochs", 3)
        most = given.get("max_steps", -1)
        if not isinstance(epochs, (int, float)) or not isinstance(most, int) or batches < 1:
            raise Vague
        self.count = most if most > 0 else math.ceil(epochs * self.each)
        if not late and batches % self.group and batches > self.group:
            raise Vague  # a step is made of batches of two epochs

    def _whole(self, name: str, usual: int) -> int:
        found = self._given.get(name, usual)
        if isinstance(found, float) and 0 < found < 1:
            found = math.ceil(self.count * found)
        if isinstance(found, bool) or not isinstance(found, int) or found < 1:
            raise Vague
        return found

    def _word(self, name: str, usual: str) -> str:
        found = self._given.get(name, usual)
        if isinstance(found, (Lib, Unknown)):
            found = (found.path if isinstance(found, Lib) else found.origin).rpartition(".")[2].lower()
        if not isinstance(found, str):
            raise Vague
        return found

    def epoch(self, step: int) -> float:
        """Where a step stands, in epochs."""
        full, rest = divmod(step, self.each)
        return full + min(rest * self.group, self.batches) / self.batches

    def epochs(self) -> Iterator[tuple[list[Moment], Moment | None]]:
        """For each epoch the moments within it, and that at its end."""
        tested = self._word("eval_strategy", self._word("evaluation_strategy", "no"))
        logged = self._word("logging_strategy", "steps")
        if {tested, logged} - {"no", "steps", "epoch"}:
            raise Vague
        log = self._whole("logging_steps", 500) if "steps" in (logged, tested) else 0
        test = self._whole("eval_steps", log) if tested == "steps" and self._given.get("eval_steps") else log
        first, told = self._given.get("logging_first_step") is True, 0
        for begin in range(0, self.count, self.each):
            inside = []
            for step in range(begin + 1, min(begin + self.each, self.count) + 1):
                logs = logged == "steps" and (step % log == 0 or (first and step == 1))
                tests = tested == "steps" and step % test == 0
                if logs or tests:
                    inside.append(Moment(round(self.epoch(step), 2), self.rate(step), logs, tests))
            told += len(inside) + 1
            if told > _MOST:
                raise Vague
            last = min(begin + self.each, self.count)
            ends = "epoch" in (logged, tested)
            end = Moment(round(self.epoch(last), 2), self.rate(last), logged == "epoch", tested == "epoch")
            yield inside, end if ends else None

    def rate(self, step: int) -> float | None:
        """The learning rate behind a step, where its schedule is one of the usual."""
        rate, kind = self._given.get("learning_rate", 5e-5), self._word("lr_scheduler_type", "linear")
        share, warm = self._given.get("warmup_ratio", 0.0), self._given.get("warmup_steps", 0)
        if self._tuned or not isinstance(rate, (int, float)) or not isinstance(share, (int, float)):
            return None
        if not isinstance(warm, (int, float)):
            return None
        begin = int(warm) if warm >= 1 else math.ceil(self.count * share)
        factor = _factor(kind, step, begin, self.count)
        return None if factor is None else rate * factor


def _factor(kind: str, step: int, warm: int, count: int) -> float | None:
    if kind == "constant":
        return 1.0
    if kind in ("linear", "cosine", "constant_with_warmup") and step < warm:
        return step / max(1, warm)
    if kind == "constant_with_warmup":
        return 1.0
    if kind == "linear":
        return max(0.0, (count - step) / max(1, count - warm))
    if kind == "cosine":
        return max(0.0, 0.5 * (1.0 + math.cos(math.pi * 0.5 * 2.0 * (step - warm) / max(1, count - warm))))
    return None
