"""What the wheels of torch were built with: their cuDNN, their NCCL and the GPUs they have code for, by release."""

from __future__ import annotations

__all__ = ["arch_list", "cudnn", "nccl"]

_CUDNN = {
    "1.5": {"101": 7603, "102": 7605, "92": 7603},
    "1.6": {"101": 7603, "102": 7605, "92": 7603},
    "1.7": {"101": 7603, "102": 7605, "92": 7603, "110": 8005},
    "1.8": {"101": 7603, "102": 7605, "111": 8005},
    "1.9": {"102": 7605, "111": 8005},
    "1.10": {"102": 7605, "111": 8005, "113": 8200},
    "1.11": {"102": 7605, "113": 8200, "115": 8302},
    "1.12": {"102": 7605, "113": 8302, "116": 8302},
    "1.13": {"116": 8302, "117": 8500},
    "2.0": {"117": 8500, "118": 8700},
    "2.1": {"118": 8700, "121": 8902},
    "2.2": {"118": 8700, "121": 8902},
    "2.3": {"118": 8700, "121": 8902},
    "2.4": {"118": 90100, "121": 90100, "124": 90100},
    "2.5": {"118": 90100, "121": 90100, "124": 90100},
    "2.6": {"118": 90100, "124": 90100, "126": 90501},
    "2.7": {"118": 90100, "126": 90501, "128": 90701},
}
"""``torch.backends.cudnn.version()``, by branch and the CUDA of the label."""

_OLD = "37 50 60 70"
_ARCHS = {
    "92": _OLD,
    "101": f"{_OLD} 75",
    "102": _OLD,
    "110": "37 50 60 61 70 75 80",
    "111": f"{_OLD} 75 80 86",
    "113": f"{_OLD} 75 80 86",
    "115": f"{_OLD} 75 80 86",
    "116": f"{_OLD} 75 80 86",
    "117": f"{_OLD} 75 80 86",
    "121": "50 60 70 75 80 86 90",
    "124": "50 60 70 75 80 86 90",
    "126": "50 60 70 75 80 86 90",
    "128": "75 80 86 90 100 120",
}

_NCCL: dict[str, tuple[int, int, int]] = {
    "1.5": (2, 4, 8),
    "1.6": (2, 4, 8),
    "1.7": (2, 7, 8),
    "1.8": (2, 7, 8),
    "1.9": (2, 7, 8),
    "1.10": (2, 10, 3),
    "1.11": (2, 10, 3),
    "1.12": (2, 10, 3),
    "1.13": (2, 14, 3),
    "2.0": (2, 14, 3),
    "2.1": (2, 18, 1),
    "2.2": (2, 19, 3),
    "2.3": (2, 20, 5),
    "2.4": (2, 20, 5),
    "2.5": (2, 21, 5),
    "2.6": (2, 21, 5),
    "2.7": (2, 26, 2),
    "2.8": (2, 27, 3),
    "2.9": (2, 27, 5),
}


def cudnn(version: str) -> int | None:
    """The cuDNN of a build such as ``1.8.0+cu111``; None where nobody wrote it down."""
    public, _, label = version.partition("+cu")
    return _CUDNN.get(".".join(public.split(".")[:2]), {}).get(label)


def arch_list(version: str) -> list[str] | None:
    """``torch.cuda.get_arch_list()`` of a build where there is a GPU; None where nobody wrote it down."""
    public, _, label = version.partition("+cu")
    branch = tuple(int(part) for part in public.split(".")[:2])
    if label == "118":
        listed = f"{_OLD} 75 80 86 90" if branch < (2, 1) else "50 60 70 75 80 86 37 90"
    else:
        listed = _ARCHS.get(label, "") if branch >= (1, 8) or label not in ("102", "101", "92") else ""
    made = [f"sm_{number}" for number in listed.split()]
    return ([*made, "compute_37"] if label == "110" else made) or None


def nccl(version: str) -> tuple[int, int, int] | int | None:
    """``torch.cuda.nccl.version()``: one number before 1.10, three since; None where nobody wrote it down."""
    branch = ".".join(version.partition("+")[0].split(".")[:2])
    found = _NCCL.get(branch)
    if found is None or int(branch.split(".")[0]) > 1 or branch in ("1.10", "1.11", "1.12", "1.13"):
        return found
    major, minor, patch = found
    return major * 1000 + minor * 100 + patch
