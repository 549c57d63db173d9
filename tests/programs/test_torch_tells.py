"""What PyTorch tells of the machine: its GPUs, its builds, its report, and its trouble with the driver."""

from __future__ import annotations

import pytest

from llm_kernel.events import Exit, Text
from llm_kernel.machine.cards import CARDS
from llm_kernel.machine.catalog import load
from tests.notebook import Notebook, err, out

FOUR = "%machine os ubuntu 18.04\n%machine python 3.8\n%machine gpu 4 'GeForce RTX 3090'\n%machine cuda 11.3\n"
NAME = "NVIDIA GeForce RTX 3090"


async def _four(torch: str = "1.8.0", more: str = "") -> Notebook:
    notebook = Notebook(lambda request: "the model's\n")
    await notebook(f"{FOUR}%machine install pip torch {torch}\n{more}")
    return notebook


def _python(*lines: str) -> str:
    return "python3 - <<'EOF'\nimport torch\n" + "\n".join(lines) + "\nEOF"


SAID = {
    "print(torch.cuda.get_device_properties(0))": f"_CudaDeviceProperties(name='{NAME}', major=8, minor=6, "
    "total_memory=24268MB, multi_processor_count=82)\n",
    "for i in range(torch.cuda.device_count()):\n    p = torch.cuda.get_device_properties(i)\n"
    "    print(i, p.name, p.total_memory // 2**20, f'{p.major}.{p.minor}')": "".join(
        f"{i} {NAME} 24268 8.6\n" for i in range(4)
    ),
    "print(torch.cuda.nccl.version(), torch.backends.cudnn.version(), torch.version.cuda)": "2708 8005 11.1\n",
    "d = torch.device('cuda:1' if torch.cuda.is_available() else 'cpu')\nprint(d, [d], d.index)": (
        "cuda:1 [device(type='cuda', index=1)] 1\n"
    ),
    "import os\nos.environ['CUDA_VISIBLE_DEVICES'] = '2,3'\nprint(torch.cuda.device_count())": "2\n",
    "torch.backends.cudnn.benchmark = True\nprint(torch.cuda.memory_allocated() / 2**20)": "0.0\n",
}


async def test_what_torch_says_of_the_gpus_is_the_machines() -> None:
    notebook = await _four()
    for lines, said in SAID.items():
        assert await notebook(_python(lines)) == out(said)
    assert notebook.requests == []


@pytest.mark.parametrize(
    "lines",
    [
        "print(torch.zeros(2))",
        "import torch.nn as nn\nprint(nn)",
        "from torch import nn\nprint(1)",
        "print(torch.cuda.get_device_name(4))",
        "print(hasattr(torch, 'compile'))",
        "try:\n    print(torch.cuda.get_device_properties(0).nothing)\nexcept AttributeError:\n    print('none')",
        "c = torch.cuda\nprint(c.memory_summary())",
        "print(torch)",
        "print(torch.cuda._rows)",
        "import torch._facts\nprint(1)",
    ],
)
async def test_more_of_torch_than_is_known_is_the_models(lines: str) -> None:
    notebook = (await _four()).unplanned()
    assert await notebook(_python(lines)) == out("the model's\n")


async def test_a_later_torch_tells_more_of_a_gpu_and_as_other_programs_do() -> None:
    notebook = Notebook()
    await notebook("%machine gpu 1 'H100 80GB HBM3'\n%machine driver 580.65.06\n%machine install pip torch 2.8.0")
    uuid = (await notebook.said("nvidia-smi --query-gpu=uuid --format=csv,noheader")).strip().removeprefix("GPU-")
    bus = int((await notebook.said("nvidia-smi --query-gpu=pci.bus --format=csv,noheader")).strip(), 16)
    assert await notebook(_python("print(torch.cuda.get_device_properties('cuda'))")) == out(
        "_CudaDeviceProperties(name='NVIDIA H100 80GB HBM3', major=9, minor=0, total_memory=80540MB, "
        f"multi_processor_count=132, uuid={uuid}, pci_bus_id={bus}, pci_device_id=0, pci_domain_id=0, "
        "L2_cache_size=50MB)\n"
    )


async def test_every_board_has_its_processors_written_down() -> None:
    assert set(load("multiprocessors")["boards"]) == {card.name for card in CARDS}


OLD = (
    "/usr/local/lib/python3.8/dist-packages/torch/cuda/__init__.py:138: UserWarning: CUDA initialization: The NVIDIA "
    "driver on your system is too old (found version 11020). Please update your GPU driver by downloading and "
    "installing a new version from the URL: http://www.nvidia.com/Download/index.aspx Alternatively, go to: "
    "https://pytorch.org to install a PyTorch version that has been compiled with your version of the CUDA driver. "
    "(Triggered internally at ../c10/cuda/CUDAFunctions.cpp:108.)\n  return torch._C._cuda_getDeviceCount() > 0\n"
)
LOST = (
    "/usr/local/lib/python3.8/dist-packages/torch/cuda/__init__.py:52: UserWarning: CUDA initialization: CUDA unknown "
    "error - this may be due to an incorrectly set up environment, e.g. changing env variable CUDA_VISIBLE_DEVICES "
    "after program start. Setting the available devices to be zero. (Triggered internally at  "
    "/pytorch/c10/cuda/CUDAFunctions.cpp:100.)\n  return torch._C._cuda_getDeviceCount() > 0\n"
)
ASKS = _python("print(torch.cuda.is_available(), torch.cuda.device_count())")


async def test_a_torch_of_a_later_cuda_than_the_drivers_sees_no_gpu_and_says_so() -> None:
    notebook = Notebook()
    machine = "%machine gpu 2 'GeForce RTX 3090'\n%machine driver 460.91.03\n%machine install pip torch 2.1.0"
    await notebook(machine)
    assert await notebook(ASKS) == [Text("stderr", OLD), Text("stdout", "False 2\n"), Exit(0)]


async def test_a_lost_gpu_takes_them_all_from_torch() -> None:
    notebook = await _four()
    await notebook("%machine fault gpu 1 lost")
    assert await notebook(ASKS) == [Text("stderr", LOST), Text("stdout", "False 0\n"), Exit(0)]


REPORT = f"""\
Collecting environment information...
PyTorch version: 1.8.0+cu111
Is debug build: False
CUDA used to build PyTorch: 11.1
ROCM used to build PyTorch: N/A

OS: Ubuntu 18.04.5 LTS (x86_64)
GCC version: (Ubuntu 7.5.0-3ubuntu1~18.04) 7.5.0
Clang version: Could not collect
CMake version: Could not collect

Python version: 3.8 (64-bit runtime)
Is CUDA available: True
CUDA runtime version: 11.3.109
GPU models and configuration:{" "}
GPU 0: {NAME}
GPU 1: {NAME}
GPU 2: {NAME}
GPU 3: {NAME}

Nvidia driver version: 465.19.01
cuDNN version: Could not collect
HIP runtime version: N/A
MIOpen runtime version: N/A

Versions of relevant libraries:
[pip3] numpy==1.20.2
[pip3] torch==1.8.0+cu111
[pip3] torchaudio==0.8.0
[pip3] torchvision==0.9.0+cu111
[conda] Could not collect
"""


async def test_the_report_gathers_what_the_machine_says() -> None:
    notebook = await _four(more="%machine install apt gcc")
    assert await notebook("python3 -m torch.utils.collect_env") == out(REPORT)


async def test_a_later_report_has_the_processors_as_lscpu_tells_them() -> None:
    notebook = Notebook()
    await notebook("%machine install pip torch 2.1.0")
    said = await notebook.said("python3 -m torch.utils.collect_env")
    assert f"\n\nCPU:\n{(await notebook.said('lscpu')).strip()}\n\nVersions of relevant libraries:\n" in said
    assert "GPU models and configuration: No CUDA\nNvidia driver version: No CUDA\ncuDNN version: No CUDA\n" in said


async def test_without_torch_the_module_is_not_found() -> None:
    text = "Error while finding module specification for 'torch.utils.collect_env'"
    said = f"/usr/bin/python3: {text} (ModuleNotFoundError: No module named 'torch')\n"
    assert await Notebook()("python3 -m torch.utils.collect_env") == err(said, 1)
