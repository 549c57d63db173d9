"""Figures in lines of text: ``loss=0.3``, ``val acc: 94 %``, below an ``Epoch 3/10`` or behind a ``[3/10]``.

A name is the words before a figure. A figure counts where its name is marked by ``:`` or ``=``, or is known to be a
metric; words like ``train`` and ``val`` hold for all that follows on their line.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = ["Reading", "is_metric", "is_place", "read_lines"]

_MOST_LINES = 50_000
_LONGEST = 2_000

_NUMBER = r"[+-]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_TOKEN = re.compile(
    rf"""
    (?P<clock>\d{{4}}-\d\d-\d\d(?:[T ]\d\d?:\d\d(?::\d\d(?:[.,]\d+)?)?)?|\d+:\d\d(?::\d\d)?(?:\.\d+)?)
  | (?P<source>[^\W\d_][\w./]*\.py:\d+\b)
  | (?P<part>(?<![\w.])\d+(?:\.\d+)?\s?/\s?\d+(?:\.\d+)?(?![\w./]|\.\d))
  | (?P<number>(?<![\w.]){_NUMBER}|(?<!\w)[+-]?(?:nan|inf(?:inity)?)\b)
    (?P<percent>\s?%)?(?P<unit>[A-Za-zµ/]\w*(?:/\w+)*)?
  | (?P<word>[^\W\d_][\w@./]*(?:-[^\W_]\w*)*|_\w+)
  | (?P<mark>[:=]|：)
  | (?P<stop>[,;|\[\](){{}}\t，；。]|[-=]>|\s[-–—]\s)
    """,
    re.VERBOSE,
)
_STYLE = re.compile(r"\x1b\[[\d;?]*[A-Za-z]")
_ORDINAL = re.compile(r"第\s*(\d+)\s*(?:轮次?|代|个?周期|(?=[/ :：]))")
_BACK = re.compile(r"\x08+")

_EPOCHS = frozenset("epoch epochs ep 轮 轮次 第 周期 世代 round".split())
_STEPS = frozenset(
    "step steps iter iters iteration iterations it batch global_step update updates 步 迭代 步数".split()
)
_PHASES = {
    "train": "train",
    "training": "train",
    "trn": "train",
    "训练": "train",
    "训练集": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "validating": "val",
    "dev": "val",
    "验证": "val",
    "验证集": "val",
    "test": "test",
    "testing": "test",
    "测试": "test",
    "测试集": "test",
    "eval": "eval",
    "evaluation": "eval",
}
_CHINESE = {
    "损失": "loss",
    "损失值": "loss",
    "准确率": "accuracy",
    "精度": "accuracy",
    "准确度": "accuracy",
    "学习率": "lr",
}
_FILLERS = frozenset("set average avg mean the of on is was at for and with running current info debug after".split())
_METRIC = re.compile(
    r"(?i)(?:^|[ _./-])(?:\w*loss|acc|accuracy|top-?[15]|err|error|lr|learning_rate|f1|auc|bleu|rouge\w*|perplexity"
    r"|ppl|map|m?iou|dice|mae|mse|rmse|r2|reward|return|score|precision|recall|psnr|ssim|fid|kl|nll|elbo|cer|wer|grad_norm)$"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """One figure: its name, the epoch (with a part of it) and the step where they are told."""

    name: str
    value: float
    at: float | None = None
    step: float | None = None
    percent: bool = False


@dataclass(slots=True)
class _Place:
    """Where the text is: in which epoch, which part of it is over on this line, and at which step."""

    epoch: float | None = None
    part: float | None = None
    step: float | None = None

    @property
    def at(self) -> float | None:
        if self.epoch is None:
            return None
        return self.epoch if self.part is None else self.epoch - 1 + self.part


@dataclass(slots=True)
class _Line:
    """What was read of one line so far."""

    place: _Place
    words: list[str] = field(default_factory=list)
    phase: str = ""
    marked: bool = False
    placed: bool = False
    bracket: bool = False
    readings: list[tuple[str, float, bool]] = field(default_factory=list)

    def forget(self) -> None:
        self.words, self.marked = [], False


def is_place(name: str) -> str:
    """``epoch`` or ``step`` where a column or a word of that name tells a place, else nothing."""
    last = name.lower().replace("-", "_").rpartition(" ")[2]
    return "epoch" if last in _EPOCHS else "step" if last in _STEPS else ""


def is_metric(name: str) -> bool:
    """Whether a name is one that programs give to what they measure of a model."""
    return _METRIC.search(name) is not None


def read_lines(text: str) -> Iterator[Reading]:
    """Every figure with a name, in the order of the text."""
    place = _Place()
    for number, raw in enumerate(text.split("\n")):
        if number == _MOST_LINES:
            return
        line = _BACK.split(_STYLE.sub("", raw.rstrip("\r").rpartition("\r")[2]))[-1][:_LONGEST]
        line = _ORDINAL.sub(r"epoch \1 ", line)
        place.part = None
        read = _Line(place)
        for token in _TOKEN.finditer(line):
            _take(read, token)
        for name, value, percent in read.readings:
            yield Reading(name, value, place.at, place.step, percent)


def _take(line: _Line, token: re.Match[str]) -> None:
    match token.lastgroup:
        case "word":
            _word(line, token["word"])
        case "mark":
            if line.marked:
                line.forget()
            line.marked = bool(line.words)
        case "part":
            _part(line, token["part"], token.string[token.end() : token.end() + 20])
        case "number" | "percent" | "unit":
            _number(line, token)
        case "stop":
            line.bracket = token[0] == "["
            line.forget()


def _word(line: _Line, word: str) -> None:
    if line.marked:  # what was marked is a word and no figure
        line.forget()
    plain = word.strip(".").lower()
    if plain in _PHASES:
        line.phase = _PHASES[plain]
        line.words = []
    elif (two := _PHASES.get(plain[:2])) and plain[2:] in _CHINESE:
        line.phase, line.words = two, [_CHINESE[plain[2:]]]
    elif plain not in _FILLERS:
        line.words.append(_CHINESE.get(plain, word.strip(".")))


def _part(line: _Line, text: str, behind: str) -> None:
    """``3/10``: an epoch, a batch of one, or a share that is meant as a figure."""
    done, most = (float(part) for part in text.split("/"))
    kind = is_place(" ".join(line.words))
    if (
        kind == "epoch"
        or (not line.words and not line.placed and line.place.epoch is None)
        or (not line.words and not line.placed and line.bracket)
    ):
        line.place.epoch, line.placed = done, True
    elif kind == "step" or not line.words:
        if kind == "step":
            line.place.step = done
        if most:
            line.place.part = min(done / most, 1.0)
    elif most and (found := _name(line)):
        line.readings.append((found, 100 * done / most, True))
    line.forget()


def _number(line: _Line, token: re.Match[str]) -> None:
    value = _value(token["number"])
    name = " ".join(line.words)
    kind = is_place(name)
    if token["unit"] or value is None:
        line.forget()
    elif kind and not token["percent"]:
        if kind == "epoch":
            line.place.epoch, line.placed = value, True
        else:
            line.place.step = value
        line.forget()
    else:
        found = _name(line)
        if found and (line.marked or is_metric(found)):
            line.readings.append((found, value, bool(token["percent"])))
        line.forget()


def _name(line: _Line) -> str:
    """The words before a figure, with the phase that holds for them."""
    words = line.words[-3:]
    if not words:
        return ""
    name = " ".join(words).rstrip("./")
    told = re.match(r"(?i)(?:train|val|valid|test|eval|dev)", name)
    return f"{line.phase} {name}" if line.phase and not told else name


def _value(text: str) -> float | None:
    try:
        value = float(text.replace("_", ""))
    except ValueError:
        return None
    return value if math.isfinite(value) else math.nan
