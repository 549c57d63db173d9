"""The release of torch in which a name came: an older one does not have it."""

from __future__ import annotations

from collections.abc import Mapping

from llm_kernel.plan.shapes.release import release

__all__ = ["has"]

_SINCE: dict[str, tuple[int, int]] = {
    "torch.compile": (2, 0),
    "torch.accelerator": (2, 6),
    "torch.amp.GradScaler": (2, 3),
    "torch.func": (2, 0),
    "torch.inference_mode": (1, 9),
    "torch.backends.mps": (1, 12),
    "torch.set_float32_matmul_precision": (1, 12),
    "torch.set_default_device": (2, 0),
    "torch.nn.functional.scaled_dot_product_attention": (2, 0),
    "torch.nn.RMSNorm": (2, 4),
}


def has(facts: Mapping[str, object], path: str) -> bool | None:
    """Whether the machine's torch has this name, where that is known."""
    since = _SINCE.get(path)
    found = release(facts, "torch") if since is not None else None
    return None if since is None or found is None else found >= since
