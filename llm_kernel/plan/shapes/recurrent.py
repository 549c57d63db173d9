"""RNN, LSTM and GRU, and their cells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llm_kernel.plan.shapes import rules
from llm_kernel.plan.shapes.layers import LAYERS, Made, layer, param
from llm_kernel.plan.shapes.tensor import Tensor, Vague, fault, like, whole
from llm_kernel.plan.values import Value

__all__ = ["LAYERS"]

_GATES = {"RNN": 1, "LSTM": 4, "GRU": 3}


def _weights(gates: int, ins: int, hidden: int, layers: int, ways: int, bias: bool, out: int) -> Mapping[str, Value]:
    held: dict[str, Value] = {}
    for n in range(layers):
        for way in range(ways):
            end = f"l{n}" + "_reverse" * way
            size = ins if n == 0 else out * ways
            held[f"weight_ih_{end}"] = param(gates * hidden, size)
            held[f"weight_hh_{end}"] = param(gates * hidden, out)
            if bias:
                held[f"bias_ih_{end}"] = param(gates * hidden)
                held[f"bias_hh_{end}"] = param(gates * hidden)
            if out != hidden:
                held[f"weight_hr_{end}"] = param(out, hidden)
    return held


def _recurrent(kind: str) -> Any:
    gates = _GATES[kind]

    def make(
        input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True, batch_first: bool = False,
        dropout: Any = 0.0, bidirectional: bool = False, proj_size: int = 0, nonlinearity: str = "tanh",
    ) -> Made:  # fmt: skip
        ins, hidden, layers, ways = whole(input_size), whole(hidden_size), whole(num_layers), 1 + bool(bidirectional)
        out = proj_size or hidden
        extra = f"{ins}, {hidden}" + f", proj_size={proj_size}" * bool(proj_size)
        extra += f", num_layers={layers}" * (layers != 1) + ", bias=False" * (not bias)
        extra += ", batch_first=True" * bool(batch_first) + f", dropout={dropout}" * bool(dropout)
        extra += ", bidirectional=True" * bool(bidirectional)

        def forward(x: Tensor, state: Value = None) -> Value:
            if len(x.dims) not in (2, 3):
                raise Vague
            if x.dims[-1] != ins:
                text = "input.size(-1) must be equal to input_size. Expected {}, got {}"
                raise fault(text.format(ins, x.dims[-1]))
            batch = () if len(x.dims) == 2 else (x.dims[0 if batch_first else 1],)
            _check_state(state, (layers * ways, *batch, hidden), kind)
            last = like(x, (layers * ways, *batch, out))
            output = like(x, (*x.dims[:-1], out * ways))
            return (output, (last, like(x, (layers * ways, *batch, hidden))) if kind == "LSTM" else last)

        attrs = {"input_size": ins, "hidden_size": hidden, "num_layers": layers, "bidirectional": bool(bidirectional),
                 "batch_first": bool(batch_first)}  # fmt: skip
        return Made(extra, {**attrs, **_weights(gates, ins, hidden, layers, ways, bool(bias), out)}, forward)

    return make


def _check_state(state: Value, wanted: tuple[int, ...], kind: str) -> None:
    first = state[0] if isinstance(state, (tuple, list)) and state else state
    if isinstance(first, Tensor) and first.dims != wanted and len(first.dims) == len(wanted):
        word = "hidden[0] size" if kind == "LSTM" else "hidden size"
        shown = str(wanted), rules.shown(first.dims)
        raise fault(f"Expected {word} {shown[0]}, got {shown[1]}")


def _cell(kind: str) -> Any:
    gates = _GATES[kind]

    def make(input_size: int, hidden_size: int, bias: bool = True, nonlinearity: str = "tanh") -> Made:
        ins, hidden = whole(input_size), whole(hidden_size)
        attrs: dict[str, Value] = {"weight_ih": param(gates * hidden, ins), "weight_hh": param(gates * hidden, hidden)}
        if bias:
            attrs |= {"bias_ih": param(gates * hidden), "bias_hh": param(gates * hidden)}

        def forward(x: Tensor, state: Value = None) -> Value:
            if x.dims[-1] != ins:
                raise Vague
            made = like(x, (*x.dims[:-1], hidden))
            return (made, made) if kind == "LSTM" else made

        return Made(f"{ins}, {hidden}" + ", bias=False" * (not bias), attrs, forward)

    return make


for _kind in _GATES:
    layer(_kind)(_recurrent(_kind))
    layer(f"{_kind}Cell")(_cell(_kind))
