"""What torch raises where a tensor does not fit a layer's device, type of elements or mode, in each release's words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from llm_kernel.plan.shapes.module import Layer, held
from llm_kernel.plan.shapes.release import before, release
from llm_kernel.plan.shapes.tensor import Tensor, fault
from llm_kernel.plan.shapes.versions import version_of
from llm_kernel.plan.values import Instance, Thing, Unknown, Value
from llm_kernel.plan.walk import Raised, Walk

__all__ = ["CHECKED", "check", "of_targets", "reach", "together"]

_SAME = "Expected all tensors to be on the same device, but found at least two devices, {} and {}!"
_KINDS = {"float64": "Double", "float32": "Float", "float16": "Half", "bfloat16": "BFloat16", "int64": "Long",
          "int32": "Int", "uint8": "Byte", "bool": "Bool"}  # fmt: skip
_SPELLED = {"float64": "double", "float32": "float", "float16": "c10::Half", "bfloat16": "c10::BFloat16",
            "int64": "long int", "int32": "int", "uint8": "unsigned char", "bool": "bool"}  # fmt: skip


_NO_DRIVER = ("Found no NVIDIA driver on your system. Please check that you have an NVIDIA GPU and installed a driver "
              "from http://www.nvidia.com/Download/index.aspx")  # fmt: skip
_ASYNC = """
CUDA kernel errors might be asynchronously reported at some other API call{}so the stacktrace below might be incorrect.
For debugging consider passing CUDA_LAUNCH_BLOCKING=1."""


def reach(facts: Mapping[str, object], device: str) -> None:
    """Raise where the machine has no such GPU, or none at all."""
    if not device.startswith("cuda"):
        return
    if facts.get("torch.cuda.is_available()") is False:
        if "+cpu" in (version_of(facts, "torch") or ""):
            raise fault("Torch not compiled with CUDA enabled", "AssertionError")
        raise fault(_NO_DRIVER)
    count, index = facts.get("torch.cuda.device_count()"), device.partition(":")[2]
    if isinstance(count, int) and 0 < count <= int(index if index.isdigit() else 0):
        late = not before(facts, "torch", (2, 0))
        tail = "\nCompile with `TORCH_USE_CUDA_DSA` to enable device-side assertions.\n" if late else ""
        comma = "," if before(facts, "torch", (2, 1)) else ", "
        raise fault("CUDA error: invalid device ordinal" + _ASYNC.format(comma) + tail)


def together(one: Tensor, other: Tensor) -> None:
    """Two tensors that one operation takes have to be on one device; a single number may come from the processor."""
    if "?" in (one.device, other.device) or one.device == other.device or not one.dims or not other.dims:
        return
    if "cpu" in (one.device, other.device) and "torch" == one.of == other.of:
        raise fault(_SAME.format(one.device, other.device))


def check(w: Walk, layer: Layer, this: Value, args: list[Value]) -> None:
    """Raise what a call of this layer raises before any shape is looked at."""
    x = args[0] if args else None
    checked = next((each for name, each in CHECKED.items() if layer.name.startswith(name)), None)
    if checked is None or not isinstance(x, Tensor) or x.of != "torch" or not isinstance(this, (Thing, Instance)):
        return
    own = {name: each for name, each in held(this).items() if isinstance(each, Tensor)}
    checked(w.facts, layer, x, own, this)


Facts = Mapping[str, object]
Own = dict[str, Tensor]


def _apart(x: Tensor, weight: Tensor | None) -> bool:
    return weight is not None and "?" not in (x.device, weight.device) and x.device != weight.device


def _linear(facts: Facts, layer: Layer, x: Tensor, own: Own, this: Value) -> None:
    weight = own.get("weight")
    if weight is None:
        return
    if _apart(x, weight):
        raise _devices(facts, x, weight, bias="bias" in own)
    if weight.dtype == x.dtype or x.dtype not in _KINDS:
        return
    names = _KINDS[x.dtype], _KINDS.get(weight.dtype, "Float")
    if before(facts, "torch", (1, 13)):
        raise Raised("RuntimeError")
    if "bias" not in own:
        raise fault(f"expected scalar type {names[0]} but found {names[1]}" if before(facts, "torch", (2, 1)) else
                    f"expected m1 and m2 to have the same dtype, but got: {_cpp(x)} != {_cpp(weight)}")  # fmt: skip
    more = "" if before(facts, "torch", (2, 1)) else f", but got {names[0]} and {names[1]}"
    raise fault(f"mat1 and mat2 must have the same dtype{more}")


def _cpp(x: Tensor) -> str:
    return _SPELLED.get(x.dtype, x.dtype).replace("long int", "long")


def _devices(facts: Facts, x: Tensor, weight: Tensor, *, bias: bool) -> Raised:
    if before(facts, "torch", (1, 9)):
        return Raised("RuntimeError")
    word = "wrapper_" if before(facts, "torch", (2, 0)) else "wrapper_CUDA_"
    if bias:
        tail = f" (when checking argument for argument mat1 in method {word}addmm)"
        return fault(_SAME.format(weight.device, x.device) + tail)
    tail = f" (when checking argument for argument mat2 in method {word}mm)"
    return fault(_SAME.format(x.device, weight.device) + tail)


def _conv(facts: Facts, layer: Layer, x: Tensor, own: Own, this: Value) -> None:
    weight, bias = own.get("weight"), own.get("bias")
    if weight is None:
        return
    if _apart(x, weight):
        names = _type(x), _type(weight)
        more = " or input should be a MKLDNN tensor and weight is a dense tensor" if x.device == "cpu" else ""
        raise fault(f"Input type ({names[0]}) and weight type ({names[1]}) should be the same{more}")
    if weight.dtype == x.dtype or x.dtype not in _KINDS:
        return
    if x.device != "cpu" or before(facts, "torch", (1, 12)):
        raise Raised("RuntimeError")
    if bias is None:
        raise fault(f"expected scalar type {_KINDS[x.dtype]} but found {_KINDS.get(weight.dtype, 'Float')}")
    raise fault(f"Input type ({_SPELLED[x.dtype]}) and bias type ({_SPELLED[bias.dtype]}) should be the same")


def _type(x: Tensor) -> str:
    return f"torch.{'cuda.' if x.device.startswith('cuda') else ''}{_KINDS.get(x.dtype, 'Float')}Tensor"


def _embedding(facts: Facts, layer: Layer, x: Tensor, own: Own, this: Value) -> None:
    weight = own.get("weight")
    if weight is None:
        return
    if _apart(x, weight):
        if before(facts, "torch", (1, 10)):
            raise Raised("RuntimeError")
        word = "wrapper__" if before(facts, "torch", (2, 0)) else "wrapper_CUDA__"
        tail = f" (when checking argument for argument index in method {word}index_select)"
        raise fault(_SAME.format(weight.device, x.device) + tail)
    if x.numbers is not None and x.dtype in ("int64", "int32") and x.device == "cpu" and x.count:
        least, most = x.numbers.min(), x.numbers.max()
        if least < 0 or most >= weight.dims[0]:
            raise fault("index out of range in self", "IndexError")


def _recurrent(facts: Facts, layer: Layer, x: Tensor, own: Own, this: Value) -> None:
    weight = own.get("weight_ih_l0")
    if _apart(x, weight) and weight is not None:
        raise fault("Input and parameter tensors are not at the same device, found input tensor at "
                    f"{x.device} and parameter tensor at {weight.device}")  # fmt: skip


def _batch_norm(facts: Facts, layer: Layer, x: Tensor, own: Own, this: Any) -> None:
    training = this.attrs.get("training", True)
    ranks = {"BatchNorm1d": (2, 3), "BatchNorm2d": (4,), "BatchNorm3d": (5,)}.get(layer.name, ())
    features = this.attrs.get("num_features")
    if training is not True or len(x.dims) not in ranks or x.dims[1] != features or x.count != features:
        return
    size = f"torch.Size([{', '.join(map(str, x.dims))}])"
    raise fault(f"Expected more than 1 value per channel when training, got input size {size}", "ValueError")


CHECKED: dict[str, Callable[[Facts, Layer, Tensor, Own, Value], None]] = {
    "Linear": _linear, "Conv1d": _conv, "Conv2d": _conv, "Conv3d": _conv, "ConvTranspose": _conv,
    "Embedding": _embedding, "LSTM": _recurrent, "GRU": _recurrent, "RNN": _recurrent, "BatchNorm": _batch_norm,
}  # fmt: skip
"""Who looks at the call of a layer, by how its class's name begins."""


def of_targets(facts: Facts, x: Value, target: Value, ignore: Value = -100) -> None:
    """Raise what cross entropy raises of targets on another device, or of classes that there are not."""
    if not isinstance(x, Tensor) or not isinstance(target, Tensor) or len(x.dims) != 2 or not isinstance(ignore, int):
        return
    if _apart(x, target):
        if release(facts, "torch") is None or before(facts, "torch", (1, 10)):
            raise Raised("RuntimeError", Unknown("str"))
        word = "wrapper_" if before(facts, "torch", (2, 0)) else "wrapper_CUDA_"
        tail = f" (when checking argument for argument target in method {word}nll_loss_forward)"
        raise fault(_SAME.format(x.device, target.device) + tail)
    if target.numbers is None or target.dtype != "int64" or x.device != "cpu" or len(target.dims) != 1:
        return
    for each in target.numbers.tolist():
        if each != ignore and not 0 <= each < x.dims[1]:
            raise fault(f"Target {each} is out of bounds.", "IndexError")
