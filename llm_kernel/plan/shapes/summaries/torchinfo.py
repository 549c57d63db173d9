"""The table of ``torchinfo.summary``."""

from __future__ import annotations

import ast
import math
from dataclasses import dataclass, field

from llm_kernel.plan.nodes import Free
from llm_kernel.plan.shapes import module as modules
from llm_kernel.plan.shapes.nets import QUESTIONS
from llm_kernel.plan.shapes.summaries.passed import Call, calls, class_name, own_parameters, placed
from llm_kernel.plan.shapes.tensor import Shape, Tensor, Vague, tensor, whole, wholes
from llm_kernel.plan.values import Value
from llm_kernel.plan.walk import Walk

__all__ = ["summary"]

_TITLES = {"input_size": "Input Shape", "output_size": "Output Shape", "num_params": "Param #",
           "mult_adds": "Mult-Adds", "trainable": "Trainable"}  # fmt: skip
_ORDER = ("model", "input_size", "input_data", "batch_dim", "cache_forward_pass", "col_names", "col_width", "depth",
          "device", "dtypes", "mode", "row_settings", "verbose")  # fmt: skip


@dataclass(slots=True)
class _Row:
    call: Call
    again: bool
    index: int = 0
    inner: list[_Row] = field(default_factory=list)
    params: int = 0
    learning: int = 0
    leaf: bool = True

    def rest(self, learning: bool = False) -> int:
        """The parameters that none of the rows inside has."""
        own = self.learning if learning else self.params
        return own - sum(
            (each.learning if learning else each.params) if each.leaf else each.rest(learning)
            for each in self.inner
            if not each.again
        )

    @property
    def multiplied(self) -> int:
        """Multiplications of a layer without parts, as the package counts them."""
        total, out = 0, self.call.shape
        for name, each in own_parameters(self.call.module):
            if name in ("weight", "bias"):
                conv = "Conv" in class_name(self.call.module)
                total += each.count * (math.prod((*out[:1], *out[2:])) if conv else out[0])
            elif "weight" in name or "bias" in name:
                total += each.count * math.prod(out[:2])
        return total


def summary(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``summary(model, input_size, ...)``: prints its table, and is it."""
    given = {**dict(zip(_ORDER, args, strict=False)), **named}
    try:
        text = _text(w, given)
    except (Vague, KeyError, TypeError, IndexError):
        if given.get("verbose", 1) != 0:
            w.emit(Free(expr=w.source(node)))
        return None
    if given.get("verbose", 1) != 0:
        for line in text.split("\n"):
            w.say(line)
    return text


def _text(w: Walk, given: dict[str, Value]) -> str:
    if set(given) - set(_ORDER) or any(given.get(each) is not None for each in ("batch_dim", "dtypes", "mode")):
        raise Vague
    model, inputs = given["model"], _inputs(given)
    made = _calls(w, model, inputs)
    usual = ["output_size", "num_params"] if inputs else ["num_params"]
    columns = [str(each) for each in _listed(given.get("col_names"), usual)]
    settings = [str(each) for each in _listed(given.get("row_settings"), ["depth"])]
    if set(columns) - set(_TITLES) or set(settings) - {"depth", "var_names"}:
        raise Vague
    table = _Table(_rows(made), columns, whole(given.get("col_width", 25)), whole(given.get("depth", 3)), settings)
    return table.text(sum(each.count * each.width for each in inputs), sized=bool(inputs), unit=_unit(w))


def _listed(value: Value, usual: list[str]) -> list[Value]:
    if value is None:
        return list(usual)
    if not isinstance(value, (list, tuple)):
        raise Vague
    return list(value)


def _unit(w: Walk) -> tuple[str, str, str]:
    """How Python writes the package's units: 3.11 changed what a format makes of a word's name."""
    version = w.facts.get("python")
    if isinstance(version, tuple) and version < (3, 11):
        return "M", "G", "T"
    return "Units.MEGABYTES", "Units.GIGABYTES", "Units.TERABYTES"


def _inputs(given: dict[str, Value]) -> list[Tensor]:
    data, size = given.get("input_data"), given.get("input_size")
    if data is not None:
        many = data if isinstance(data, (list, tuple)) else [data]
        if not all(isinstance(each, Tensor) for each in many):
            raise Vague
        return [each for each in many if isinstance(each, Tensor)]
    if size is None:
        return []
    if isinstance(size, (list, tuple)) and size and isinstance(size[0], (list, tuple)):
        return [tensor(wholes(each)) for each in size]
    return [tensor(wholes(size))]


def _calls(w: Walk, model: Value, inputs: list[Tensor]) -> list[Call]:
    if not inputs:
        return [Call(each, name, depth, ()) for name, each, depth in placed(model)]
    if any(isinstance(each, modules.Modules) for _, each, _ in placed(model)):
        raise Vague  # the package puts lists where nobody called them
    trained = modules.held(model).get("training", True) is not False
    QUESTIONS["eval"](w, model)
    first = next((each for _, each in modules.parameters(model)), None)
    device = first.device if first is not None else "cpu"
    try:
        return calls(w, model, [tensor(each.dims, each.dtype, device=device) for each in inputs])
    finally:
        QUESTIONS["train"](w, model, trained)


def _rows(made: list[Call]) -> list[_Row]:
    seen: set[int] = set()
    counts: dict[int, int] = {}
    rows: list[_Row] = []
    for call in made:
        row = _Row(call, id(call.module) in seen)
        seen.add(id(call.module))
        counts[call.depth] = row.index = counts.get(call.depth, 0) + 1
        held = [each for _, each in modules.parameters(call.module)]
        row.params = sum(each.count for each in held)
        row.learning = sum(each.count for each in held if each.learns is not False)
        row.leaf = not modules.children(call.module)
        rows.append(row)
    for n, row in enumerate(rows):
        for inner in rows[n + 1 :]:
            if inner.call.depth <= row.call.depth:
                break
            row.inner.append(inner)
    return rows


class _Table:
    """Rows with a name and some columns."""

    def __init__(self, rows: list[_Row], columns: list[str], width: int, depth: int, settings: list[str]) -> None:
        self._rows, self._columns, self._width, self._depth, self._settings = rows, columns, width, depth, settings
        longest = max(len(self._name(each)) + 5 * each.call.depth + 1 for each in rows)
        self._first = 5 * math.ceil(longest / 5) if longest >= 40 else 40

    def _name(self, row: _Row) -> str:
        text = class_name(row.call.module)
        if "var_names" in self._settings and row.call.name:
            text += f" ({row.call.name})"
        if "depth" in self._settings and row.call.depth:
            text += f": {row.call.depth}-{row.index}"
        return text

    def _line(self, name: str, values: list[str]) -> str:
        return (f"{name:<{self._first}} " + "".join(f"{each:<{self._width}} " for each in values)).rstrip()

    def _cell(self, row: _Row, column: str) -> str:
        deepest = row.call.depth == self._depth
        match column:
            case "input_size" | "output_size":
                size: Shape = row.call.input_shape if column == "input_size" else row.call.shape
                return str(list(size)) if size else "--"
            case "trainable":
                return _trainable(row)
            case "mult_adds":
                many = [row] if row.leaf else [each for each in row.inner if each.leaf] if deepest else []
                return f"{sum(each.multiplied for each in many):,}" if any(each.multiplied for each in many) else "--"
        if not row.params:
            return "--"
        if row.again:
            return "(recursive)"
        if deepest or row.leaf:
            return f"{row.params:,}" if row.learning else f"({row.params:,})"
        return f"{row.rest():,}" if row.rest() > 0 else "--"

    def text(self, taken: int, *, sized: bool, unit: tuple[str, str, str]) -> str:
        """The whole table; ``taken``: bytes of the input."""
        bar = "=" * (len(self._columns) * self._width + self._first)
        head = "Layer (type" + " (var_name)" * ("var_names" in self._settings)
        head += ":depth-idx" * ("depth" in self._settings) + ")"
        lines = [bar, self._line(head, [_TITLES[each] for each in self._columns]), bar]
        for row in self._rows:
            if row.call.depth <= self._depth:
                name = _branch(row.call.depth) + self._name(row)
                lines.append(self._line(name, [self._cell(row, each) for each in self._columns]))
        return "\n".join([*lines, bar, *self._totals(taken, sized, unit, bar)])

    def _totals(self, taken: int, sized: bool, unit: tuple[str, str, str], bar: str) -> list[str]:
        fresh = [each for each in self._rows if not each.again]
        total = sum(each.params if each.leaf else max(each.rest(), 0) for each in fresh)
        learning = sum(each.learning if each.leaf else max(each.rest(True), 0) for each in fresh)
        lines = [f"Total params: {total:,}", f"Trainable params: {learning:,}",
                 f"Non-trainable params: {total - learning:,}"]  # fmt: skip
        if not sized:
            return [*lines, bar]
        leaves = [each for each in self._rows if each.leaf]
        passed = sum(2 * 4 * math.prod(each.call.shape) for each in leaves if each.params) / 1e6
        held = sum(4 * each.params for each in leaves if not each.again) / 1e6
        given = taken / 1e6
        return [
            *lines, f"Total mult-adds{_scaled(sum(each.multiplied for each in leaves), unit)}", bar,
            f"Input size (MB): {given:.2f}", f"Forward/backward pass size (MB): {passed:.2f}",
            f"Params size (MB): {held:.2f}", f"Estimated Total Size (MB): {given + passed + held:.2f}", bar,
        ]  # fmt: skip


def _trainable(row: _Row) -> str:
    if not row.params:
        return "--"
    return str(row.learning > 0) if row.learning in (0, row.params) else "Partial"


def _branch(depth: int) -> str:
    """The lines of the tree before a name."""
    if depth < 2:
        return "├─" * depth
    return "│    " * (depth - 1) + "└─"


def _scaled(count: int, unit: tuple[str, str, str]) -> str:
    word, size = (unit[2], 1e12) if count >= 1e12 else (unit[1], 1e9) if count >= 1e9 else (unit[0], 1e6)
    value = count / size
    return f" ({word}): {int(value):,d}" if value.is_integer() else f" ({word}): {value:,.2f}"
