"""Whether torch gets on with the machine's driver, and the warning that it prints where it does not."""

from __future__ import annotations

from dataclasses import dataclass

from packaging.version import Version

from llm_kernel.errors import Refused
from llm_kernel.machine import Machine
from llm_kernel.machine.drivers import carries, cuda_of, find_toolkit, order

__all__ = ["Trouble", "cuda_label", "trouble"]

_PLACES = {
    "1.7": (52, " /pytorch/c10/cuda/CUDAFunctions.cpp:100"),
    "1.8": (52, " /pytorch/c10/cuda/CUDAFunctions.cpp:100"),
    "1.9": (52, " /pytorch/c10/cuda/CUDAFunctions.cpp:115"),
    "1.10": (80, " ../c10/cuda/CUDAFunctions.cpp:112"),
    "1.11": (82, " ../c10/cuda/CUDAFunctions.cpp:112"),
    "1.12": (83, " ../c10/cuda/CUDAFunctions.cpp:109"),
    "1.13": (88, "../c10/cuda/CUDAFunctions.cpp:109"),
    "2.0": (107, "../c10/cuda/CUDAFunctions.cpp:109"),
    "2.1": (138, "../c10/cuda/CUDAFunctions.cpp:108"),
    "2.2": (141, "../c10/cuda/CUDAFunctions.cpp:108"),
    "2.3": (118, "../c10/cuda/CUDAFunctions.cpp:108"),
    "2.4": (128, "../c10/cuda/CUDAFunctions.cpp:108"),
    "2.5": (129, "../c10/cuda/CUDAFunctions.cpp:108"),
    "2.6": (129, "../c10/cuda/CUDAFunctions.cpp:109"),
}
"""Where the warning comes from: the line of ``torch/cuda/__init__.py``, and the one that raised it inside."""

_OLD = (
    "The NVIDIA driver on your system is too old (found version {found}). Please update your GPU driver by downloading "
    "and installing a new version from the URL: http://www.nvidia.com/Download/index.aspx Alternatively, go to: "
    "https://pytorch.org to install a PyTorch version that has been compiled with your version of the CUDA driver."
)
_LOST = (
    "CUDA unknown error - this may be due to an incorrectly set up environment, e.g. changing env variable "
    "CUDA_VISIBLE_DEVICES after program start. Setting the available devices to be zero."
)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why torch sees no GPU where there are some; ``counted``: its count of devices, which asks nobody but the driver,
    is right all the same."""

    text: str
    release: str
    counted: bool

    def warning(self, folder: str) -> str | None:
        """What goes to standard error, once a process; ``folder`` holds torch. None where nobody wrote it down."""
        place = _PLACES.get(self.release)
        if place is None:
            return None
        line, inside = place
        head = f"{folder}/torch/cuda/__init__.py:{line}: UserWarning: CUDA initialization: {self.text}"
        return f"{head} (Triggered internally at {inside}.)\n  return torch._C._cuda_getDeviceCount() > 0\n"


def cuda_label(torch: str) -> str:
    """The CUDA of a build: ``11.1`` of ``1.8.0+cu111``; empty for one without."""
    label = torch.partition("+cu")[2]
    return f"{label[:-1]}.{label[-1]}" if label.isdigit() else ""


def trouble(machine: Machine, torch: str) -> Trouble | None:
    """What keeps this build of torch from the machine's GPUs; None where nothing does, or there are none."""
    devices, cuda = machine.devices, cuda_label(torch)
    if not (cuda and devices.driver and devices.gpus):
        return None
    release = Version(torch).release
    branch = ".".join(str(part) for part in release[:2])
    if any(gpu.lost for gpu in devices.gpus):
        return Trouble(_LOST, branch, counted=False)
    try:
        toolkit = find_toolkit(cuda)
    except Refused:
        return None
    if carries(devices.driver, toolkit):
        return None
    major, minor, *_ = order(cuda_of(devices.driver))
    return Trouble(_OLD.format(found=major * 1000 + minor * 10), branch, counted=release >= (2, 0))
