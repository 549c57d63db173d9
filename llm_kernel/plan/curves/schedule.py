"""The learning rate that a script's scheduler gives at each moment, for the schedulers of PyTorch and those by hand."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from llm_kernel.plan.curves.constants import Constants, last_name

__all__ = ["Schedule", "schedule"]

Curve = Callable[[float], float]
_UPDATES = "len()"
"""Under this stands how many batches a loader has."""
_FUNCTIONS: Mapping[str, Callable[..., float]] = {
    "cos": math.cos, "sin": math.sin, "sqrt": math.sqrt, "exp": math.exp, "pow": pow, "min": min, "max": max,
    "float": float, "int": int,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Schedule:
    """``factor`` of the first learning rate after so many calls of ``step``; ``batches``: called for each batch.

    ``late``: what is printed in a turn stands behind that turn's ``step``.
    """

    rate: float
    factor: Curve
    batches: bool = False
    late: bool = True

    def at(self, progress: float, updates: int, *, over: bool = False) -> float:
        """The rate that is shown at ``progress`` (1: at the end of the first epoch); ``over``: behind the loop."""
        if self.batches:
            return self.rate * self.factor(progress * updates)
        done = math.floor(progress + 1e-9) if self.late or over else math.ceil(progress - 1e-9) - 1
        return self.rate * self.factor(float(max(done, 0)))


def schedule(source: str, argv: Sequence[str], rate: float, epochs: int, updates: int) -> Schedule | None:
    """The schedule of a script; None where it has none that can be reckoned, and its rate may be anything.

    Without a scheduler the rate stays what it is.
    """
    if not re.search(r"lr|learning_rate|schedul|LR\(", source):
        return Schedule(rate, _steady)
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    constants = Constants(nodes, argv)
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    functions = {node.name: node for node in nodes if isinstance(node, ast.FunctionDef)}
    names = {last_name(call.func) for call in calls}
    if names & {"SequentialLR", "ChainedScheduler"}:
        return None
    for call in calls:
        if last_name(call.func) == "OneCycleLR":
            given = _Arguments(call, constants, functions, updates)
            return Schedule(given.number(1, "max_lr", rate), _one_cycle(given, epochs, updates), True, True)
        made = _known(last_name(call.func), _Arguments(call, constants, functions, updates), epochs, updates)
        if made is not None:
            each, late = _stepped(nodes, calls)
            return Schedule(rate, made, each, late)
    if "ReduceLROnPlateau" in names:
        return None
    hand = _by_hand(nodes, constants, rate)
    if hand is not None:
        return hand
    moved = any("lr" in ast.unparse(node.targets[0]) for node in nodes
                if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript))  # fmt: skip
    if moved or any("LR" in name or "schedule" in name.lower() for name in names):
        return None
    return Schedule(rate, _steady)


def _steady(done: float) -> float:
    return 1.0


class _Arguments:
    """The arguments of a scheduler's constructor by place and name."""

    def __init__(
        self, call: ast.Call, constants: Constants, functions: Mapping[str, ast.FunctionDef], updates: int
    ) -> None:
        self._call, self._constants, self._functions = call, constants, functions
        self._given = {_UPDATES: float(updates)}
        self._named = {word.arg: word.value for word in call.keywords}

    def node(self, at: int, name: str) -> ast.expr | None:
        return self._named.get(name) or (self._call.args[at] if at < len(self._call.args) else None)

    def number(self, at: int, name: str, default: float) -> float:
        node = self.node(at, name)
        found = reckoned(node, self._given, self._constants) if node is not None else None
        return default if found is None else found

    def numbers(self, at: int, name: str) -> list[float]:
        node = self.node(at, name)
        if isinstance(node, ast.Name):
            node = self._constants.held(node) or node
        parts = node.elts if isinstance(node, (ast.List, ast.Tuple)) else []
        found = [self._constants.number(one) for one in parts]
        return [one for one in found if one is not None]

    def curve(self, at: int, name: str) -> Curve | None:
        node = self.node(at, name)
        if isinstance(node, ast.Lambda) and node.args.args:
            return _over([ast.Return(node.body)], node.args.args[0].arg, self._given, self._constants)
        function = self._functions.get(last_name(node)) if node is not None else None
        if function is not None and function.args.args:
            return _over(function.body, function.args.args[0].arg, self._given, self._constants)
        return None


def _known(name: str, given: _Arguments, epochs: int, updates: int) -> Curve | None:
    match name:
        case "StepLR":
            size, gamma = max(given.number(1, "step_size", 30), 1), given.number(2, "gamma", 0.1)
            return lambda done: float(gamma ** (done // size))
        case "MultiStepLR":
            marks, gamma = given.numbers(1, "milestones"), given.number(2, "gamma", 0.1)
            return lambda done: float(gamma ** sum(done >= mark for mark in marks))
        case "ExponentialLR":
            gamma = given.number(1, "gamma", 0.9)
            return lambda done: float(gamma**done)
        case "CosineAnnealingLR":
            most = max(given.number(1, "T_max", epochs), 1)
            return lambda done: (1 + math.cos(math.pi * done / most)) / 2
        case "CosineAnnealingWarmRestarts":
            first = max(given.number(1, "T_0", 10), 1)
            return lambda done: (1 + math.cos(math.pi * (done % first) / first)) / 2
        case "LinearLR":
            low, high = given.number(1, "start_factor", 1 / 3), given.number(2, "end_factor", 1.0)
            total = max(given.number(3, "total_iters", 5), 1)
            return lambda done: low + (high - low) * min(done / total, 1.0)
        case "ConstantLR":
            held, total = given.number(1, "factor", 1 / 3), given.number(2, "total_iters", 5)
            return lambda done: held if done < total else 1.0
        case "PolynomialLR":
            total, power = max(given.number(1, "total_iters", 5), 1), given.number(2, "power", 1.0)
            return lambda done: float((1 - min(done / total, 1.0)) ** power)
        case "LambdaLR":
            return given.curve(1, "lr_lambda")
        case "get_linear_schedule_with_warmup" | "get_cosine_schedule_with_warmup":
            warm = given.number(1, "num_warmup_steps", 0)
            total = max(given.number(2, "num_training_steps", epochs * updates), warm + 1)
            return _warmed(warm, total, cosine="cosine" in name)
    return None


def _one_cycle(given: _Arguments, epochs: int, updates: int) -> Curve:
    """Up in a cosine from a 25th of the highest rate, and down to nearly nothing."""
    total = max(given.number(2, "total_steps", given.number(3, "epochs", epochs) * updates), 2)
    up = max(given.number(5, "pct_start", 0.3) * total - 1, 1)
    first = 1 / given.number(10, "div_factor", 25.0)
    last = first / given.number(11, "final_div_factor", 1e4)

    def factor(done: float) -> float:
        if done <= up:
            return 1 + (first - 1) * (1 + math.cos(math.pi * done / up)) / 2
        share = min((done - up) / max(total - 1 - up, 1), 1.0)
        return last + (1 - last) * (1 + math.cos(math.pi * share)) / 2

    return factor


def _warmed(warm: float, total: float, *, cosine: bool) -> Curve:
    def factor(done: float) -> float:
        if done < warm:
            return done / max(warm, 1)
        share = min((done - warm) / (total - warm), 1.0)
        return (1 + math.cos(math.pi * share)) / 2 if cosine else 1 - share

    return factor


def _stepped(nodes: Sequence[ast.AST], calls: Sequence[ast.Call]) -> tuple[bool, bool]:
    """Whether the scheduler steps with each batch, and whether the rate is read behind its step."""
    owners = {last_name(node.targets[0]) for node in nodes
              if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
              and re.search(r"LR|schedule|WarmRestarts", last_name(node.value.func))}  # fmt: skip
    steps = [call for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == "step"
             and ("sched" in ast.unparse(call.func) or last_name(call.func.value) in owners - {""})]  # fmt: skip
    if not steps:
        return False, True
    line = steps[0].lineno
    loops = [node for node in nodes if isinstance(node, (ast.For, ast.While))]
    around = [loop for loop in loops if loop.lineno < line <= (loop.end_lineno or 0)]
    texts = " ".join(ast.unparse(loop.iter) for loop in around if isinstance(loop, ast.For))
    begin, end = (around[0].lineno, around[0].end_lineno or line) if around else (0, max(line, 1 << 30))
    reads = [node.lineno for node in nodes
             if isinstance(node, ast.Attribute) and node.attr in ("get_last_lr", "get_lr", "param_groups")
             and isinstance(node.ctx, ast.Load) and begin <= node.lineno <= end]  # fmt: skip
    return "loader" in texts.lower() or "dataloader" in texts.lower(), not reads or min(reads) > line


def _by_hand(nodes: Sequence[ast.AST], constants: Constants, rate: float) -> Schedule | None:
    """``lr = args.lr * 0.1 ** (epoch // 30)`` in a function of the epoch."""
    for node in nodes:
        if not (isinstance(node, ast.Assign) and last_name(node.targets[0]) in ("lr", "new_lr", "cur_lr")):
            continue
        names = {one.id for one in ast.walk(node.value) if isinstance(one, ast.Name)}
        var = next((name for name in ("epoch", "ep") if name in names), "")
        if var and reckoned(node.value, {var: 0.0}, constants) is not None:
            return Schedule(1.0, _over([ast.Return(node.value)], var, {}, constants), False, False)
    return None


def _over(body: Sequence[ast.stmt], var: str, given: Mapping[str, float], constants: Constants) -> Curve:
    return lambda done: _returned(body, {**given, var: done}, constants) or 0.0


def _returned(body: Sequence[ast.stmt], given: dict[str, float], constants: Constants) -> float | None:
    """What a function of arithmetic and conditions gives; None where it is another one, or gives nothing."""
    for node in body:
        match node:
            case ast.Return(value=ast.expr() as value):
                return reckoned(value, given, constants)
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                if (found := reckoned(value, given, constants)) is not None:
                    given[name] = found
            case ast.If():
                told = reckoned(node.test, given, constants)
                made = None if told is None else _returned(node.body if told else node.orelse, given, constants)
                if told is None or made is not None:
                    return made
    return None


def reckoned(node: ast.expr, given: Mapping[str, float], constants: Constants, depth: int = 12) -> float | None:
    """The value of an arithmetic expression with these names given; None where it is something else."""
    if depth == 0:
        return None
    match node:
        case ast.Name(id=name) if name in given:
            return given[name]
        case ast.Call(func=ast.Name(id="len"), args=[held]) if (
            _UPDATES in given and "load" in ast.unparse(held).lower()
        ):
            return given[_UPDATES]
        case ast.Attribute(value=ast.Name(id="math" | "np" | "numpy"), attr="pi"):
            return math.pi
        case ast.BinOp() | ast.Compare():
            parts = [node.left, node.right] if isinstance(node, ast.BinOp) else [node.left, node.comparators[0]]
            values = [reckoned(part, given, constants, depth - 1) for part in parts]
            a, b = values
            return None if a is None or b is None else _combined(node, a, b)
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            value = reckoned(inner, given, constants, depth - 1)
            return None if value is None else -value
        case ast.IfExp(test=test, body=body, orelse=other):
            said = reckoned(test, given, constants, depth - 1)
            return None if said is None else reckoned(body if said else other, given, constants, depth - 1)
        case ast.Call(func=func, args=args) if last_name(func) in _FUNCTIONS and len(args) <= 4:
            found = [reckoned(one, given, constants, depth - 1) for one in args]
            sure = [one for one in found if one is not None]
            try:
                return float(_FUNCTIONS[last_name(func)](*sure)) if len(sure) == len(found) else None
            except (ArithmeticError, ValueError, TypeError):
                return None
    known = constants.number(node)
    late = constants.held(node) if known is None else None
    return known if late is None else reckoned(late, given, constants, depth - 1)


def _combined(node: ast.BinOp | ast.Compare, a: float, b: float) -> float | None:
    op = node.op if isinstance(node, ast.BinOp) else node.ops[0]
    try:
        match op:
            case ast.Add():
                return a + b
            case ast.Sub():
                return a - b
            case ast.Mult():
                return a * b
            case ast.Div():
                return a / b
            case ast.FloorDiv():
                return a // b
            case ast.Mod():
                return a % b
            case ast.Pow() if abs(b) <= 1000 and abs(a) <= 1e6:
                return float(a**b)
            case ast.Lt() | ast.LtE():
                return float(a < b or (isinstance(op, ast.LtE) and a == b))
            case ast.Gt() | ast.GtE():
                return float(a > b or (isinstance(op, ast.GtE) and a == b))
    except (ArithmeticError, ValueError):
        return None
    return None
