"""Who answers what: the names under which the walk finds shapes."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace

from llm_kernel.plan.shapes import activations, arrays, containers, losses, module, norms, recurrent
from llm_kernel.plan.shapes.attention import STACKS
from llm_kernel.plan.shapes.casting import UNSURE, cast, plain
from llm_kernel.plan.shapes.chance import CHANCE, built, generator_attribute, lose
from llm_kernel.plan.shapes.creation import MAKERS, device_of, dtype_of
from llm_kernel.plan.shapes.estimators import kept
from llm_kernel.plan.shapes.fit import check, of_targets, reach
from llm_kernel.plan.shapes.frames import inside
from llm_kernel.plan.shapes.functions import FUNCTIONS, METHODS
from llm_kernel.plan.shapes.gradients import backward, begin_tape
from llm_kernel.plan.shapes.hooks import HANDLES, handle_attribute
from llm_kernel.plan.shapes.hooks import after as after_call
from llm_kernel.plan.shapes.hooks import before as before_call
from llm_kernel.plan.shapes.inplace import change
from llm_kernel.plan.shapes.keras.tensors import PIPELINE, pipeline_attribute
from llm_kernel.plan.shapes.linear import LINEAR
from llm_kernel.plan.shapes.load import weigh
from llm_kernel.plan.shapes.metrics import METRICS
from llm_kernel.plan.shapes.module import LAYER, is_module, layer_of
from llm_kernel.plan.shapes.nets import QUESTIONS
from llm_kernel.plan.shapes.numeric import filled, given_numbers, of_layer
from llm_kernel.plan.shapes.numpys import NUMPY, forget, related
from llm_kernel.plan.shapes.release import before
from llm_kernel.plan.shapes.samples import SAMPLES, bunch_attribute
from llm_kernel.plan.shapes.searches import SEARCH, SEARCHES, search_attribute
from llm_kernel.plan.shapes.summaries import passed, torchinfo, torchsummary
from llm_kernel.plan.shapes.tensor import Cell, DType, Rough, Size, Tensor, Vague, tensor
from llm_kernel.plan.shapes.trainer import TRAINERS, trainer_attribute
from llm_kernel.plan.shapes.versions import version_of
from llm_kernel.plan.shapes.vision.models import MODELS
from llm_kernel.plan.values import Bound, Instance, Lib, Thing, Unknown, Value
from llm_kernel.plan.walk import Raised, Walk

__all__ = ["OBJECTS", "SHAPES", "base", "called", "method", "module_attribute", "of_module", "tensor_attribute", "text"]

_UNSURE = (Vague, TypeError, ValueError, LookupError, AttributeError, AssertionError, ArithmeticError)
"""Too little is known, or the arguments are not what anybody foresaw: no fault of the program's."""
LAYERS = activations.LAYERS | losses.LAYERS | norms.LAYERS | recurrent.LAYERS
_HEADS = ("torch.nn.functional.", "torch.")


def function(path: str) -> Callable[[Walk, list[Value], dict[str, Value], ast.AST | None], Value]:
    """A function of torch as the walk calls it; what has no known shape is a tensor of which nothing is known."""
    name = path.rsplit(".", 1)[-1]
    compute = FUNCTIONS[name]

    def handle(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        first = args[0] if args else named.get("input", named.get("tensors"))
        listed = isinstance(first, (list, tuple)) and any(isinstance(each, Tensor) for each in first)
        rest = {key: each for key, each in named.items() if key not in ("input", "tensors")}
        if not (isinstance(first, Tensor) or listed or (isinstance(first, str) and path.endswith("einsum"))):
            return _opaque(path, args, named)
        if name.startswith("dropout"):
            lose(w)
        if name in ("cross_entropy", "nll_loss") and len(args) > 1:
            of_targets(w.facts, args[0], args[1], named.get("ignore_index", -100))
        try:
            values = plain(w, name, args or [first])
            found = related(w, filled(compute(*values, **rest), name, values, rest), [first])
            return cast(w, name, args, found)
        except _UNSURE:
            return _opaque(path, args, named)

    return handle


def _opaque(path: str, args: list[Value], named: dict[str, Value]) -> Value:
    """What is known of a result when the shapes are not."""
    name = path.rsplit(".", 1)[-1]
    if name in ("max", "min", "topk", "sort") and (len(args) > 1 or "dim" in named):
        return (Unknown("tensor"), Unknown("ints"))
    if name in ("argmax", "argmin", "argsort"):
        return Unknown("ints")
    if name in ("split", "chunk", "unbind", "meshgrid"):
        return Unknown("any", path + "()")
    return Unknown("bools" if name in ("eq", "ne", "gt", "lt", "ge", "le") else "tensor")


def made_with(path: str, made: Value, args: list[Value], named: dict[str, Value]) -> Value:
    """The numbers of a new tensor, where the source fixes them."""
    if not isinstance(made, Tensor) or made.count > arrays.MOST or made.of != "torch":
        return made
    if path == "torch.from_numpy" and isinstance(args[0], Tensor) and args[0].numbers is not None:
        return replace(made, cell=Cell({"array": args[0].numbers}))
    found = given_numbers(path, made, args, named)
    return made if found is None else replace(made, cell=Cell({"array": found, "grad": made.grad}))


def _maker(path: str) -> Callable[[Walk, list[Value], dict[str, Value], ast.AST | None], Value]:
    make = MAKERS[path]

    def handle(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        try:
            made = make(*args, **named)
            if isinstance(made, Tensor) and named.get("requires_grad") is True:
                made = replace(made, grad=True)
            made = made_with(path, made, args, named)
        except _UNSURE:
            return Unknown("tensor")
        if isinstance(made, Tensor) and made.cell is not None:
            w.state.made(made.cell.held)
            if made.learns:
                begin_tape(w, made)
        return related(w, made, args)

    return handle


def _layer(name: str) -> Callable[[Walk, list[Value], dict[str, Value], ast.AST | None], Value]:
    build = LAYERS[name]

    def handle(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        try:
            made = build(args, named)
        except _UNSURE:
            lose(w)
            return Thing("module", {LAYER: module.Layer(name, ("", ""), _unknown), "<open>": True})
        built(w, name, made)
        return made

    return handle


def _unknown(w: Walk, this: Value, args: list[Value], named: dict[str, Value]) -> Value:
    return Unknown("tensor")


def _question(name: str) -> Callable[[Walk, list[Value], dict[str, Value], ast.AST | None], Value]:
    answer = QUESTIONS[name]

    def handle(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        try:
            return answer(w, *args, **named)
        except _UNSURE:
            return args[0] if name in ("to", "eval", "train") else Unknown(origin=f"torch.nn.Module().{name}()")

    return handle


def _parameter(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    data = args[0] if args else named.get("data")
    if not isinstance(data, Tensor):
        return Unknown("tensor")
    return tensor(data.dims, data.dtype, role="param", grad=named.get("requires_grad", True) is not False)


def _extra(w: Walk, this: Instance) -> str:
    """What the source says stands between the parentheses of its module."""
    for cls in this.cls.line():
        if "__repr__" in cls.attrs or "_get_name" in cls.attrs:
            raise Vague
        if "extra_repr" in cls.attrs:
            said = w.call(cls.attrs["extra_repr"], [this], {}, None)
            if not isinstance(said, str):
                raise Vague
            return said
    return ""


def base(path: str) -> bool:
    """Whether a class of this name is a layer that a class of the source can descend from."""
    return path in SHAPES and path.startswith("torch.nn.") and path.count(".") == 2


def descend(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``super().__init__(...)`` of a class that descends from a layer: the object becomes one."""
    path, this, *rest = args
    made = SHAPES[str(path)](w, rest, named, node)
    if isinstance(this, Instance) and isinstance(made, Thing):
        for name, each in made.attrs.items():
            w.state.put(this.attrs, name, each)
    return None


def text(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """What ``print`` shows of a module; None where that is not known."""
    value = args[0]
    lines = value.cls.line() if isinstance(value, Instance) else []
    own = next((cls.attrs["__repr__"] for cls in lines if "__repr__" in cls.attrs), None)
    if own is not None:
        return w.call(own, [value], {}, None)
    version = version_of(w.facts, "torch")
    folded = not isinstance(version, str) or not version.startswith(("0.", "1."))
    try:
        return module.show(value, folded, lambda this: _extra(w, this))
    except _UNSURE:
        return None


SHAPES: dict[str, Callable[[Walk, list[Value], dict[str, Value], ast.AST | None], Value]] = {
    **{head + name: function(head + name) for head in _HEADS for name in FUNCTIONS},
    **{f"torch.nn.{name}": _layer(name) for name in LAYERS},
    **{path: _maker(path) for path in MAKERS},
    **{f"torch.nn.Module.{name}": _question(name) for name in QUESTIONS},
    **NUMPY, **CHANCE, **STACKS, **MODELS, **HANDLES, **TRAINERS, **SAMPLES, **METRICS, **SEARCHES,
    **passed.HANDLERS, "torchsummary.summary": torchsummary.summary, "torchsummary.torchsummary.summary":
        torchsummary.summary, "torchinfo.summary": torchinfo.summary,
    "torch.nn.Sequential": containers.sequential,
    "torch.nn.ModuleList": containers.module_list,
    "torch.nn.ModuleDict": containers.module_dict, "torch.nn.Parameter": _parameter,
    "torch.nn.parameter.Parameter": _parameter,
}  # fmt: skip
"""Handlers by the full name of what is called."""
OBJECTS: dict[str, Callable[[Thing, str], Value]] = {
    "generator": generator_attribute, "handle": handle_attribute, "trainer": trainer_attribute,
    "training arguments": trainer_attribute, "bunch": bunch_attribute, PIPELINE: pipeline_attribute,
    SEARCH: search_attribute,
}  # fmt: skip
"""Who answers for the attributes of an object, by its kind."""
SHAPES |= LINEAR
SHAPES["torch.nn.Module.<descend>"] = descend
SHAPES["torch.nn.Module.<forward>"] = lambda w, args, named, node: called(w, args[0], args[1:], named, node)
SHAPES["torch.nn.Module.__str__"] = SHAPES["torch.nn.Module.__repr__"] = text


def called(w: Walk, this: Value, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """A library's module is called."""
    layer = layer_of(this)
    if layer is None:
        return Unknown("tensor")
    if "Dropout" in layer.name:
        lose(w)
    holder = this if isinstance(this, (Thing, Instance)) else None
    args = before_call(w, holder, args) if holder is not None else args
    try:
        given, args = args, plain(w, layer.name, args) if not module.children(this) else args
        check(w, layer, this, args)
        if layer.name in ("CrossEntropyLoss", "NLLLoss") and len(args) == 2 and layer.given is not None:
            of_targets(w.facts, args[0], args[1], layer.given[1].get("ignore_index", -100))
        found = layer.forward(w, this, args, named)
    except Raised as err:
        inside(w.facts, layer.name, err)
        raise
    except _UNSURE:
        return Unknown("tensor")
    if not module.children(this):
        weigh(w, this, args[0] if args else None, found)
        found = cast(w, layer.name, given, of_layer(found, layer, args, named))
    return after_call(w, holder, args, found) if holder is not None else found


def module_attribute(w: Walk, this: Thing, name: str) -> Value:
    """``module.name``."""
    if name in this.attrs:
        return this.attrs[name]
    if name in QUESTIONS or name in ("__str__", "__repr__"):
        return Bound(Lib(f"torch.nn.Module.{name}"), this)
    if name == "training":
        return True
    if name == "__class__":
        layer = layer_of(this)
        return Thing("class", {"__name__": layer.name if layer else "?"})
    if name == "forward":
        return this
    return Unknown(origin=f"torch.nn.Module().{name}")


def of_module(this: Instance, name: str) -> Value | None:
    """``this.name`` of an object whose class descends from torch's modules, where torch has it."""
    if name == "training":
        return True
    asked = name in QUESTIONS or name in ("__str__", "__repr__")
    return Bound(Lib(f"torch.nn.Module.{name}"), this) if asked and is_module(this) else None


def method(w: Walk, this: Tensor, name: str, args: list[Value], named: dict[str, Value]) -> Value | None:
    """``this.name(...)`` of a tensor; None where nothing is known of it."""
    try:
        if this.of == "numpy":
            return _array_method(w, this, name, args, named)
        if name == "backward":
            backward(w, this, args, named)
            return None
        if name == "detach" and this.numbers is not None:
            return _apart(this)
        if name == "type" and not args and not named:
            return _type_name(this)
        if name in ("to", "cuda", "cpu", "type"):
            elsewhere = _moved(this, name, args, named)
            if isinstance(elsewhere, Tensor):
                reach(w.facts, elsewhere.device)
            made = filled(elsewhere, name, [this], {})
            stays = isinstance(made, Tensor) and made.device == this.device and made == replace(this, cell=made.cell)
            if this.learns and not stays and isinstance(elsewhere, Tensor):
                return replace(elsewhere, cell=None)
            return this if stays else made
        if name == "item" and this.count != 1:
            raise _no_scalar(w, this)
        if name in ("item", "tolist") and this.numbers is not None:
            return _plain_values(this, name)
        if name.endswith("_") and not name.endswith("__"):
            return change(w, this, name, args, named)
        compute = METHODS.get(name)
        if compute is None:
            forget(w, [this, *args])
            lose(w)
            return NOT_KNOWN
        found = related(w, filled(compute(this, *args, **named), name, [this, *args], named), [this])
        return cast(w, name, [this, *args], found)
    except _UNSURE:
        return NOT_KNOWN


def _plain_values(this: Tensor, name: str) -> Value:
    """``tolist`` and ``item``."""
    assert this.numbers is not None
    found: Value = this.numbers.item() if name == "item" else this.numbers.tolist()
    return _as_rough(found) if this.rough else found


def _apart(this: Tensor) -> Value:
    """The same numbers, of which nobody asks a gradient."""
    assert this.numbers is not None
    assert this.cell is not None
    made = tensor(this.dims, this.dtype, of=this.of, device=this.device)
    cell = Cell({"array": this.numbers, "rough": this.rough, "whole": this})
    this.cell.share(cell)
    return replace(made, cell=cell)


def _as_rough(value: Value) -> Value:
    if isinstance(value, list):
        return [_as_rough(each) for each in value]
    return Rough(value) if isinstance(value, float) else value


def _no_scalar(w: Walk, this: Tensor) -> Raised:
    """What ``item`` raises of several elements, as torch says it before 2.1 and since."""
    if before(w.facts, "torch", (2, 1)):
        return Raised("ValueError", "only one element tensors can be converted to Python scalars")
    return Raised("RuntimeError", f"a Tensor with {this.count} elements cannot be converted to Scalar")


_TYPES = {"float32": "Float", "float64": "Double", "float16": "Half", "bfloat16": "BFloat16", "int64": "Long",
          "int32": "Int", "int16": "Short", "int8": "Char", "uint8": "Byte", "bool": "Bool"}  # fmt: skip


def _type_name(this: Tensor) -> Value:
    """``x.type()``."""
    if this.device == "?" or this.dtype not in _TYPES:
        return Unknown("str")
    return f"torch.{'cuda.' if this.device.startswith('cuda') else ''}{_TYPES[this.dtype]}Tensor"


def _array_method(w: Walk, this: Tensor, name: str, args: list[Value], named: dict[str, Value]) -> Value:
    """A method of a numpy array."""
    if name == "astype" and args and not isinstance(args[0], str):
        args = [dtype_of(args[0], this.dtype), *args[1:]]
    if this.numbers is not None and name in arrays.METHODS:
        try:
            return related(w, arrays.apply(this, name, args, named), [this])
        except _UNSURE:
            pass
    if name not in arrays.METHODS:
        forget(w, [this])
    if name in ("sum", "mean", "std", "var", "min", "max", "argmin", "argmax", "prod"):
        return SHAPES[f"numpy.{name}"](w, [this, *args], named, None)
    if name == "astype":
        return tensor(this.dims, dtype_of(args[0], this.dtype), of="numpy")
    if name == "ravel":
        name = "flatten"
    if name == "dot":
        return SHAPES["numpy.dot"](w, [this, *args], named, None)
    compute = METHODS.get(name)
    return NOT_KNOWN if compute is None or name in ("size", "view") else kept(this, compute(this, *args, **named))


NOT_KNOWN = Unknown("?", "shapes")
"""Stands for the answer that shapes do not have."""


def _moved(this: Tensor, name: str, args: list[Value], named: dict[str, Value]) -> Value:
    if name == "cpu":
        return replace(this, device="cpu", role="")
    if name == "cuda":
        given = args[0] if args else named.get("device")
        return replace(this, device=device_of("cuda" if given is None else given), role="")
    made = replace(this, role="")
    for each in (*args, *named.values()):
        if isinstance(each, Tensor):
            made = replace(made, device=each.device, dtype=each.dtype)
        elif isinstance(each, Lib):
            made = tensor(made.dims, dtype_of(each, made.dtype), of=made.of, device=made.device)
        elif isinstance(each, (str, Unknown)) or type(each) is int:
            made = replace(made, device=device_of(each))
    return made


def tensor_attribute(this: Tensor, name: str) -> Value | None:
    """``this.name`` of a tensor."""
    match name:
        case "shape":
            return Size(this.dims) if this.of == "torch" else this.dims
        case "ndim":
            return len(this.dims)
        case "data" if this.numbers is not None:
            return _apart(this)
        case "data" | "real":
            return replace(this, role="", grad=False, cell=None)
        case "T":
            turned = tensor(this.dims[::-1], this.dtype, of=this.of, device=this.device)
            if this.numbers is None or this.cell is None or this.learns:
                return turned
            cell = Cell({"array": this.numbers.T})
            this.cell.share(cell)
            return replace(turned, cell=cell)
        case "dtype" if this.dtype == UNSURE:
            return Unknown("any")
        case "dtype":
            return DType(f"torch.{this.dtype}" if this.of == "torch" else this.dtype)
        case "requires_grad":
            return Unknown("bool") if this.learns is None else this.learns
        case "device":
            return this.device if this.device != "?" else Unknown("str")
        case "size" if this.of == "numpy":
            return this.count
    return None
