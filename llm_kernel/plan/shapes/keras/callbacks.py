"""What Keras' callbacks say and do epoch by epoch, by the figures of the run: in the words of each release."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from llm_kernel.plan.paths import path_of
from llm_kernel.plan.shapes.tensor import Vague
from llm_kernel.plan.values import Thing, Unknown, Value
from llm_kernel.plan.walk import Walk

__all__ = ["CALLBACK", "CALLBACKS", "OPTIMIZERS", "Course", "Rated", "deciding", "followed", "single"]

CALLBACK = "keras callback"
"""The kind of things that stand for a callback."""
_ORDERS = {
    "EarlyStopping": ("monitor", "min_delta", "patience", "verbose", "mode", "baseline", "restore_best_weights"),
    "ModelCheckpoint": ("filepath", "monitor", "verbose", "save_best_only", "save_weights_only", "mode"),
    "ReduceLROnPlateau": ("monitor", "factor", "patience", "verbose", "mode", "min_delta", "cooldown", "min_lr"),
    "LearningRateScheduler": ("schedule", "verbose"),
}
"""The arguments of those that are followed, in their order."""
_RATES = {"SGD": 0.01, "Adagrad": 0.001, "Adadelta": 0.001}
_OPTIMIZERS = ("Adam", "AdamW", "SGD", "RMSprop", "Adagrad", "Adadelta", "Adamax", "Nadam")
Handler: TypeAlias = Callable[[Walk, list[Value], dict[str, Value], "ast.AST | None"], Value]


@dataclass(frozen=True, slots=True)
class Rated(Unknown):
    """An optimizer with its learning rate, where that is a number."""

    rate: float | None = None


@dataclass(slots=True)
class Course:
    """The figures of a run, and what is said before each epoch, at its end and behind the last.

    ``rates`` are those that the epochs' lines show, ``kept`` the epoch whose weights the model has in the end.
    """

    figures: list[Mapping[str, float]]
    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    last: str = ""
    kept: int = -1
    saved: list[str] = field(default_factory=list)


def _callback(name: str) -> Handler:
    def make(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        given = {**dict(zip(_ORDERS[name], args, strict=False)), **named}
        return Thing(CALLBACK, {"name": name, "given": given})

    return make


def _optimizer(name: str) -> Handler:
    def make(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        rate = args[0] if args else named.get("learning_rate", named.get("lr", _RATES.get(name, 0.001)))
        sure = isinstance(rate, (int, float)) and not isinstance(rate, bool)
        return Rated(origin=f"keras.optimizers.{name}()", rate=float(rate) if sure else None)  # type: ignore[arg-type]

    return make


CALLBACKS: dict[str, Handler] = {f"callbacks.{name}": _callback(name) for name in _ORDERS}
"""Makers of callbacks, by their name in the library."""
OPTIMIZERS: dict[str, Handler] = {f"optimizers.{name}": _optimizer(name) for name in _OPTIMIZERS}
"""Makers of optimizers, by their name in the library."""


def deciding(callbacks: Sequence[Value]) -> bool:
    """Whether figures decide what these callbacks do or say."""
    for each in callbacks:
        if isinstance(each, Thing) and each.kind == CALLBACK:
            silent = each.attrs["name"] == "ModelCheckpoint" and not _given(each).get("verbose", 0)
            if not silent:
                return True
    return False


def single(number: float) -> float:
    """A number as one of single precision holds it."""
    import numpy

    return float(numpy.float32(number))


def followed(
    w: Walk, callbacks: Sequence[Value], figures: Sequence[Mapping[str, float]], first: int, rate: float | None,
    version: tuple[int, int],
) -> Course:  # fmt: skip
    """The run whose epochs have these ``figures`` and whose first is number ``first``, as its callbacks guide it."""
    held = [_FOLLOWERS[str(each.attrs["name"])](w, _given(each), version) for each in callbacks
            if isinstance(each, Thing) and each.kind == CALLBACK]  # fmt: skip
    course = Course([])
    state = _State(rate if rate is None else single(rate))
    for turn, row in enumerate(figures):
        epoch = first + turn
        course.before.append("".join(said + "\n" for one in held for said in one.begin(epoch, state)))
        course.rates.append(state.rate if state.rate is not None else math.nan)
        course.after.append("".join(said + "\n" for one in held for said in one.end(epoch, row, state)))
        course.figures.append(row)
        course.kept = turn
        if state.stopped:
            break
    course.last = "".join(said + "\n" for one in held for said in one.over(first + len(course.figures) - 1, state))
    if state.kept is not None:
        course.kept = state.kept - first
    course.saved = state.saved
    return course


def _given(callback: Thing) -> dict[str, Any]:
    given = callback.attrs["given"]
    assert isinstance(given, dict)
    return given


@dataclass(slots=True)
class _State:
    """What callbacks change: the rate, whether the run goes on, whose weights it ends with, which files there are."""

    rate: float | None
    stopped: bool = False
    kept: int | None = None
    saved: list[str] = field(default_factory=list)


class _Follower:
    """A callback that says and does nothing; the others differ from it."""

    def __init__(self, w: Walk, given: Mapping[str, Any], version: tuple[int, int]) -> None:
        self.walk, self.given, self.version = w, given, version
        self.monitor = given.get("monitor", "val_loss")
        self.loud = given.get("verbose", 0) not in (0, False)
        mode = given.get("mode", "auto")
        plain = isinstance(self.monitor, str) and mode in ("auto", "min", "max")
        if not plain or any(isinstance(each, (Unknown, Thing)) for each in given.values()):
            raise Vague
        self.upward = mode == "max" or (mode == "auto" and ("acc" in self.monitor or "auc" in self.monitor))
        self.best = -math.inf if self.upward else math.inf
        self.wait = 0

    def begin(self, epoch: int, state: _State) -> list[str]:
        """What is said before an epoch."""
        return []

    def end(self, epoch: int, row: Mapping[str, float], state: _State) -> list[str]:
        """What is said at its end."""
        return []

    def over(self, epoch: int, state: _State) -> list[str]:
        """What is said behind the last epoch."""
        return []

    def number(self, name: str, usual: float) -> float:
        """A setting that is a number."""
        found = self.given.get(name, usual)
        if isinstance(found, bool) or not isinstance(found, (int, float)):
            raise Vague
        return found

    def current(self, row: Mapping[str, float]) -> float:
        """The figure that is watched."""
        if self.monitor not in row:
            raise Vague
        return row[self.monitor]

    def better(self, value: float, least: float = 0.0) -> bool:
        """Whether it is the best so far, by more than ``least``."""
        return value - least > self.best if self.upward else value + least < self.best

    def named(self, epoch: int) -> str:
        """An epoch as the release names it."""
        return f"Epoch {epoch + 1}" if self.version >= (2, 9) else f"Epoch {epoch + 1:05d}"


class _Stopping(_Follower):
    def __init__(self, w: Walk, given: Mapping[str, Any], version: tuple[int, int]) -> None:
        super().__init__(w, given, version)
        if given.get("baseline") is not None:
            raise Vague
        self.patience, self.least = self.number("patience", 0), abs(self.number("min_delta", 0))
        self.restores = given.get("restore_best_weights", False) is True
        self.at = -1

    def end(self, epoch: int, row: Mapping[str, float], state: _State) -> list[str]:
        value = self.current(row)
        if epoch < self.number("start_from_epoch", 0):
            return []
        self.wait += 1
        if self.better(value, self.least):
            self.best, self.at, self.wait = value, epoch, 0
            return []
        if self.wait < self.patience or epoch == 0:
            return []
        state.stopped = True
        if not self.restores:
            return []
        state.kept = self.at
        return [self._restored()] if self.loud and self.version < (3, 0) else []

    def _restored(self) -> str:
        number = f": {self.at + 1}" if self.version >= (2, 6) else ""
        return f"Restoring model weights from the end of the best epoch{number}."

    def over(self, epoch: int, state: _State) -> list[str]:
        late = self.version >= (3, 0)
        if late and self.restores and self.at >= 0:
            state.kept = self.at
        said = [f"{self.named(epoch)}: early stopping"] if state.stopped else []
        said += [self._restored()] if late and self.restores and self.at >= 0 else []
        return said if self.loud else []


class _Checkpoint(_Follower):
    def end(self, epoch: int, row: Mapping[str, float], state: _State) -> list[str]:
        path = path_of(self.given.get("filepath"))
        if not isinstance(path, str) or self.given.get("save_freq", "epoch") != "epoch":
            raise Vague
        try:
            path = path.format(epoch=epoch + 1, **row)
        except (KeyError, ValueError, IndexError) as err:
            raise Vague from err
        begin = f"\n{self.named(epoch)}: "
        said = f"{begin}saving model to {path}"
        if self.given.get("save_best_only", False) is True:
            value, best = self.current(row), f"{self.monitor} did not improve from {self.best:.5f}"
            if not self.better(value):
                return [f"{begin}{best}"] if self.loud else []
            said = f"{begin}{self.monitor} improved from {self.best:.5f} to {value:.5f}, saving model to {path}"
            self.best = value
        if path not in state.saved:
            state.saved.append(path)
        return [said] if self.loud else []


class _Plateau(_Follower):
    def __init__(self, w: Walk, given: Mapping[str, Any], version: tuple[int, int]) -> None:
        super().__init__(w, given, version)
        self.resting = 0

    def end(self, epoch: int, row: Mapping[str, float], state: _State) -> list[str]:
        value, least = self.current(row), self.number("min_lr", 0)
        if state.rate is None:
            raise Vague
        if self.resting:
            self.resting -= 1
            self.wait = 0
        if self.better(value, self.number("min_delta", 1e-4)):
            self.best, self.wait = value, 0
            return []
        self.wait += not self.resting
        if self.resting or self.wait < self.number("patience", 10) or state.rate <= single(least):
            return []
        rate = max(state.rate * self.number("factor", 0.1), least)
        state.rate, self.wait, self.resting = single(rate), 0, int(self.number("cooldown", 0))
        return [f"\n{self.named(epoch)}: ReduceLROnPlateau reducing learning rate to {rate}."] if self.loud else []


class _Scheduler(_Follower):
    def __init__(self, w: Walk, given: Mapping[str, Any], version: tuple[int, int]) -> None:
        super().__init__(w, {name: each for name, each in given.items() if name == "verbose"}, version)
        self.schedule = given.get("schedule")

    def begin(self, epoch: int, state: _State) -> list[str]:
        if state.rate is None or self.walk.loud_value(self.schedule):
            raise Vague
        rate = self.walk.call(self.schedule, [epoch, state.rate], {}, None)
        if isinstance(rate, bool) or not isinstance(rate, (int, float)):
            raise Vague
        state.rate = single(rate)
        word = "setting" if self.version >= (2, 6) else "reducing"
        return [f"\n{self.named(epoch)}: LearningRateScheduler {word} learning rate to {rate}."] if self.loud else []


_FOLLOWERS: dict[str, type[_Follower]] = {
    "EarlyStopping": _Stopping, "ModelCheckpoint": _Checkpoint, "ReduceLROnPlateau": _Plateau,
    "LearningRateScheduler": _Scheduler,
}  # fmt: skip
