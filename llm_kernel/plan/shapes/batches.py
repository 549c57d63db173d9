"""Batches of the well-known data sets: what a loader gives at each turn."""

from __future__ import annotations

import ast
from collections.abc import Callable

from llm_kernel.plan.shapes.tensor import Shape, Tensor, tensor, whole
from llm_kernel.plan.values import Collated, Instance, Thing, Unknown, Value
from llm_kernel.plan.walk import Exited, Raised, Walk

__all__ = ["PICTURES", "TRANSFORMS", "Rows", "batch", "example", "gathered", "item_of", "replicas", "stored"]

PICTURES: dict[str, Shape] = {
    "MNIST": (1, 28, 28), "FashionMNIST": (1, 28, 28), "KMNIST": (1, 28, 28), "QMNIST": (1, 28, 28),
    "EMNIST": (1, 28, 28), "CIFAR10": (3, 32, 32), "CIFAR100": (3, 32, 32), "SVHN": (3, 32, 32), "STL10": (3, 96, 96),
}  # fmt: skip
"""Channels, height and width of the pictures in a data set."""


_MANY = 12
"""Turns of a loop over which sums are still followed."""


class Rows(int):
    """How many examples a batch holds; a sum of them over a loop is not followed turn by turn."""

    __slots__ = ()


def transform(name: str) -> Callable[[Walk, list[Value], dict[str, Value], ast.AST | None], Value]:
    """A transform of torchvision, kept with its arguments."""

    def make(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        return Thing("transform", {"name": name, "args": args, "named": named})

    return make


_NAMES = ("Compose", "ToTensor", "Normalize", "Resize", "CenterCrop", "RandomCrop", "RandomResizedCrop", "Grayscale",
          "RandomHorizontalFlip", "RandomVerticalFlip", "RandomRotation", "RandomAffine", "ColorJitter", "Pad",
          "RandomGrayscale", "RandomErasing", "AutoAugment", "RandAugment", "TrivialAugmentWide", "GaussianBlur",
          "RandomPerspective", "RandomApply", "ToPILImage", "PILToTensor", "ConvertImageDtype", "Lambda")  # fmt: skip
TRANSFORMS = {f"torchvision.transforms.{name}": transform(name) for name in _NAMES}
"""Makers of transforms by their full name."""


def example(name: str, given: Value) -> Shape | None:
    """The shape of one picture of a data set after its transform; None where that is not known."""
    shape = PICTURES.get(name)
    steps = _steps(given)
    if shape is None or steps is None or not any(str(each.attrs["name"]) == "ToTensor" for each in steps):
        return None
    for step in steps:
        shape = _after(step, shape)
        if shape is None:
            return None
    return shape


def stored(name: str, size: int | None) -> dict[str, Value]:
    """What a data set of ``size`` pictures holds in memory, as far as its form is known."""
    channels, height, width = PICTURES.get(name, (0, 0, 0))
    if size is None or name.startswith("E"):  # which of EMNIST's parts it is decides
        return {}
    if channels == 1:
        return {"data": tensor((size, height, width), "uint8"), "targets": tensor((size,), "int64")}
    if name.startswith("CIFAR"):
        return {"data": tensor((size, height, width, channels), "uint8", of="numpy")}
    return {}


def _steps(given: Value) -> list[Thing] | None:
    if not isinstance(given, Thing) or given.kind != "transform":
        return None
    args, named = given.attrs["args"], given.attrs["named"]
    if given.attrs["name"] != "Compose" or not isinstance(args, list) or not isinstance(named, dict):
        return [given]
    inner = args[0] if args else named.get("transforms")
    found = [_steps(each) for each in inner] if isinstance(inner, (list, tuple)) else [None]
    return None if None in found else [step for steps in found if steps for step in steps]


def _after(step: Thing, shape: Shape) -> Shape | None:
    args, named = step.attrs["args"], step.attrs["named"]
    if not isinstance(args, list) or not isinstance(named, dict):
        return None
    channels, height, width = shape
    first = args[0] if args else named.get("size", named.get("padding"))
    match step.attrs["name"]:
        case "Grayscale":
            count = args[0] if args else named.get("num_output_channels", 1)
            return (count, height, width) if isinstance(count, int) else None
        case "CenterCrop" | "RandomCrop" | "RandomResizedCrop":
            return _sized(channels, first)
        case "Resize":
            if isinstance(first, int):
                return (channels, first, first) if height == width else None
            return _sized(channels, first)
        case "Pad":
            return (channels, height + 2 * first, width + 2 * first) if isinstance(first, int) else None
        case "Lambda" | "RandomApply" | "ToPILImage" | "PILToTensor":
            return None
    return shape


def _sized(channels: int, size: Value) -> Shape | None:
    if isinstance(size, int):
        return (channels, size, size)
    if isinstance(size, (list, tuple)) and len(size) == 2:
        return (channels, whole(size[0]), whole(size[1]))
    return None


def item_of(w: Walk, data: Value) -> Value:
    """One example of a data set: what is known of it, or of what its ``__getitem__`` gives."""
    if isinstance(data, Thing):
        return data.attrs.get("item")
    if not isinstance(data, Instance) or w.loud_value(data):
        return None
    getter = w.attribute(data, "__getitem__")
    if isinstance(getter, Unknown):
        return None
    w.state.begin()
    try:
        return _example(w.call(getter, [0], {}, None))
    except (Raised, Exited):
        return None
    finally:
        w.state.rollback()


def _example(value: Value) -> Value:
    """An example as the loader's batches will hold it."""
    if isinstance(value, (list, tuple)):
        held = [_example(each) for each in value]
        return held if isinstance(value, list) else tuple(held)
    if isinstance(value, (bool, Tensor, Unknown)):
        return value
    if isinstance(value, (int, float)):
        return tensor((), "int64" if isinstance(value, int) else "float64")
    return Unknown()


def replicas(values: list[Value], count: int) -> list[list[Value]]:
    """The arguments of each GPU's replica: tensors are cut along their first dimension."""
    rows = next((each.dims[0] for each in values if isinstance(each, Tensor) and each.dims), None)
    if rows is None or count < 1:
        return []
    step = -(-rows // count)
    return [[_cut(each, start, step) for each in values] for start in range(0, rows, step)]


def _cut(value: Value, start: int, step: int) -> Value:
    if not isinstance(value, Tensor) or not value.dims:
        return value
    return tensor((min(step, value.dims[0] - start), *value.dims[1:]), value.dtype, device="?")  # each on its own GPU


def gathered(value: Value, rows: int) -> Value:
    """What the replicas' answers make together."""
    if isinstance(value, Tensor) and value.dims:
        return tensor((rows, *value.dims[1:]), value.dtype, device="cuda:0")
    return value if isinstance(value, Tensor) else Unknown("tensor")


def batch(loader: Thing, turn: int | None) -> Value:
    """What the loader gives at a turn, counted from 0; None is any later one."""
    item, rows = loader.attrs.get("item"), _rows(loader, turn)
    if rows is None:
        return Unknown("tensor")
    if item is None or (isinstance(item, Unknown) and not isinstance(item, Tensor)):
        return Collated("tensor", rows=rows) if loader.attrs.get("plain") else Unknown("tensor")
    if isinstance(item, Tensor):
        return tensor((rows, *item.dims), item.dtype)
    if not isinstance(item, (list, tuple)):
        return Unknown("tensor")
    unknown = Unknown(size=rows)
    return tuple(tensor((rows, *each.dims), each.dtype) if isinstance(each, Tensor) else unknown for each in item)


def _rows(loader: Thing, turn: int | None) -> int | None:
    total, size = loader.attrs.get("rows"), loader.attrs.get("batch_size")
    count = loader.attrs.get("size")
    if not isinstance(total, int) or not isinstance(size, int) or not isinstance(count, int):
        return None
    if turn is not None and turn == count - 1 and loader.attrs.get("drop_last") is not True:
        return total - size * (count - 1)
    return Rows(size) if count > _MANY else size
