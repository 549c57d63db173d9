"""Types of elements under automatic mixed precision."""

from tests.plan.shapes.reading import printed

_SOURCE = """
import torch
import torch.nn as nn
import torch.nn.functional as F

net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(144, 10)).to(DEVICE)
norm = nn.LayerNorm(10).to(DEVICE)
x, y = torch.randn(2, 3, 8, 8, device=DEVICE), torch.zeros(2, dtype=torch.long, device=DEVICE)

def step():
    return net(x)

print(step().dtype)
with torch.autocast(DEVICE):
    out = step()
    print(out.dtype, (out @ out.t()).dtype, F.relu(out).dtype, (out + 1).dtype, out.float().dtype)
    print(F.cross_entropy(out, y).dtype, norm(out).dtype, out.softmax(1).dtype, (out ** 2).dtype, (1 / out).dtype)
    with torch.autocast(DEVICE, enabled=False):
        print(step().dtype)
    print((out + torch.randn(10, device=DEVICE)).dtype, (x.double() + 1).dtype)
print(step().dtype, out.dtype)
"""
_FULL = "torch.float32"


def _lines(device: str) -> list[str]:
    facts: dict[str, object] = {
        "torch.__version__": "2.1.0",
        "torch.cuda.is_available()": True,
        "torch.cuda.device_count()": 1,
    }
    return printed(_SOURCE.replace("DEVICE", repr(device)), **facts).splitlines()


def test_products_are_short_on_a_gpu_and_what_needs_precision_is_not() -> None:
    short = "torch.float16"
    assert _lines("cuda") == [
        _FULL,
        " ".join([*[short] * 4, _FULL]),
        " ".join([_FULL] * 5),
        _FULL,
        f"{_FULL} torch.float64",
        f"{_FULL} {short}",
    ]


def test_on_a_processor_only_products_are_sure() -> None:
    short = "torch.bfloat16"
    assert _lines("cpu") == [
        _FULL,
        " ".join([*[short] * 4, _FULL]),
        " ".join(["?"] * 5),
        _FULL,
        f"{_FULL} torch.float64",
        f"{_FULL} {short}",
    ]
