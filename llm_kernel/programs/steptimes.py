"""Times of single steps that a training script prints: they are parts of the epoch that the steps make."""

from __future__ import annotations

import random
import re

from llm_kernel.plan import Hole, Line, Literal

__all__ = ["StepTimes"]

_SINCE = re.compile(r"elapsed|total|start|begin|since|\beta\b|remain|epoch_time|so far", re.IGNORECASE)
"""What counts from the run's or the epoch's beginning."""
_LOADING = re.compile(r"data|load", re.IGNORECASE)
_COUNTER = re.compile(r"(?<! ) *\d+")
"""A number of a plan that is told turn by turn, however it is padded."""
_FAR = 3.0
"""How many times longer or shorter than reckoned a step may say that it took."""
_SHARE = 0.06
"""The part of a step that waits for its data."""


class StepTimes:
    """The holes of a line that tell how long one step took."""

    def __init__(self, line: Line) -> None:
        self._scales: list[float] = []
        pieces: list[str] = []
        for at, part in enumerate(line.parts):
            if isinstance(part, Literal):
                text = re.escape(_COUNTER.sub("\0", part.text.strip("\n")))
                pieces.append(text.replace(re.escape("\0"), r" *\d+"))
                continue
            scale = self._scale(line, at, part, self._scales[-1] if self._scales else 0.0)
            pieces.append("(.*?)" if scale else ".*?")
            self._scales += [scale] if scale else []
        self._pattern = re.compile("".join(pieces)) if self._scales else None

    @staticmethod
    def _scale(line: Line, at: int, hole: Hole, before_it: float) -> float:
        """What a step's seconds are multiplied by; 0 where the hole tells something else.

        A time in brackets behind another is the same thing's: its mean.
        """
        before, after = (line.parts[n] if 0 <= n < len(line.parts) else None for n in (at - 1, at + 1))
        label = before.text[-16:] if isinstance(before, Literal) else ""
        if hole.kind != "time" or "%" in hole.format[:-1] or _SINCE.search(f"{label} {hole.expr}"):
            return 0.0
        if label.strip() == "(" and before_it:
            return before_it
        unit = 1000.0 if isinstance(after, Literal) and re.match(r"\s*ms\b", after.text) else 1.0
        return unit * (_SHARE if _LOADING.search(f"{label} {hole.expr}") else 1.0)

    def held(self, text: str, seconds: float, noise: random.Random) -> str:
        """``text`` with the times of a step that takes so many seconds; one of the right order stays."""
        found = self._pattern.fullmatch(text) if self._pattern is not None and seconds > 0 else None
        if found is None:
            return text
        for group in range(len(self._scales), 0, -1):
            usual, said = seconds * self._scales[group - 1], found[group].strip()
            if not re.fullmatch(r"\d+(\.\d+)?", said) or usual / _FAR < float(said) < usual * _FAR:
                continue
            digits = len(said.partition(".")[2])
            new = f"{usual * noise.uniform(0.92, 1.1):{len(found[group])}.{digits}f}"
            text = f"{text[: found.start(group)]}{new}{text[found.end(group) :]}"
        return text
