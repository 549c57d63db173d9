"""Whether a value is an instance of a class, as far as that is known."""

from __future__ import annotations

import ast
import builtins

from llm_kernel.plan.shapes.module import Modules, layer_of
from llm_kernel.plan.shapes.tensor import Size, Tensor
from llm_kernel.plan.values import Class, Instance, Lib, Thing, Unknown, Value, known
from llm_kernel.plan.walk import Walk

__all__ = ["isinstance_"]

_CONTAINERS = (list, tuple, dict, set)
_INNER = {"_BatchNorm": ("BatchNorm", "SyncBatchNorm"), "_ConvNd": ("Conv",), "_DropoutNd": ("Dropout",),
          "_InstanceNorm": ("InstanceNorm",), "RNNBase": ("RNN", "LSTM", "GRU")}  # fmt: skip
"""Classes between torch's layers and ``Module``, and how the names of theirs begin."""


def isinstance_(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``isinstance(value, kinds)``."""
    said = [_is(args[0], each) for each in _kinds(args[1])]
    return True if True in said else Unknown("bool") if None in said else False


def _kinds(told: Value) -> list[Value]:
    return [each for one in told for each in _kinds(one)] if isinstance(told, tuple) else [told]


def _is(value: Value, kind: Value) -> bool | None:
    if isinstance(kind, Lib) and kind.path == "builtins.object":
        return True
    if isinstance(value, Instance):
        return _of_source(value, kind)
    layer = "ModuleList" if isinstance(value, Modules) else layer.name if (layer := layer_of(value)) else ""
    if layer or isinstance(value, Tensor):
        if isinstance(kind, Class):
            return False
        if not isinstance(kind, Lib):
            return None
        return _of_layers(layer, kind.path) if layer else _of_tensors(value, kind.path)
    if isinstance(value, Thing):
        return _of_exceptions(str(value.attrs["name"]), kind) if value.kind == "exception" else None
    if known(value) or isinstance(value, _CONTAINERS):
        return False if isinstance(kind, Class) else _of_builtins(value, kind)
    if isinstance(value, Unknown) and value.kind == "str" and isinstance(kind, Lib) and _builtin(kind.path):
        return kind.path == "builtins.str"
    return None


def _builtin(path: str) -> bool:
    return isinstance(getattr(builtins, path.removeprefix("builtins."), None), type)


def _of_source(value: Instance, kind: Value) -> bool | None:
    """An object of a class of the source."""
    if isinstance(kind, Class):
        return kind in value.cls.line()
    foreign = value.cls.foreign()
    if not isinstance(kind, Lib):
        return None
    if kind.path == foreign or (kind.path == "torch.nn.Module" and foreign.startswith("torch.nn.")):
        return True
    if foreign == "torch.nn.Module":
        return False if kind.path.startswith(("torch.", "builtins.")) else None
    return False if not foreign and (_builtin(kind.path) or kind.path.startswith(("torch.", "numpy."))) else None


def _of_layers(layer: str, path: str) -> bool | None:
    last = path.rpartition(".")[2]
    if not path.startswith("torch.nn."):
        return False if _builtin(path) or path == "torch.Tensor" else None
    if last in _INNER:
        return layer.startswith(_INNER[last])
    return None if last.startswith("_") else last in (layer, "Module")


def _of_tensors(value: Value, path: str) -> bool | None:
    assert isinstance(value, Tensor)
    if _builtin(path):
        return False if value.of == "torch" or value.dims else None
    if path in ("torch.nn.Parameter", "torch.nn.parameter.Parameter"):
        return True if value.role == "param" else None
    return value.of == path.partition(".")[0] if path in ("torch.Tensor", "numpy.ndarray") else None


def _of_exceptions(name: str, kind: Value) -> bool | None:
    own = getattr(builtins, name, None)
    if not isinstance(own, type) or not isinstance(kind, (Lib, Class)):
        return None
    return isinstance(kind, Lib) and kind.path in {f"builtins.{each.__name__}" for each in own.__mro__}


def _of_builtins(value: Value, kind: Value) -> bool | None:
    if not isinstance(kind, Lib):
        return None
    if _builtin(kind.path):
        return kind.path.removeprefix("builtins.") in {each.__name__ for each in type(value).__mro__}
    if kind.path == "torch.Size":
        return isinstance(value, Size)
    return False if kind.path.startswith("torch.") or kind.path == "numpy.ndarray" else None
