"""``python -m torch.utils.collect_env``: what other programs of the machine print, gathered for a report."""

from __future__ import annotations

import re

from packaging.version import Version

from llm_kernel.programs.answer import row_of
from llm_kernel.programs.exact.lookup import which
from llm_kernel.programs.exact.pip_site import managers_of
from llm_kernel.programs.exact.python import module_version, own_version, package_of
from llm_kernel.programs.python_platform import platform_line
from llm_kernel.programs.python_talk import banner
from llm_kernel.programs.table import NotExact
from llm_kernel.programs.torch_driver import cuda_label, trouble
from llm_kernel.shell.call import Answer, Call

__all__ = ["collect_env"]

_MISSING = "Could not collect"
_CUDA_ROWS = ("CUDA runtime version", "GPU models and configuration", "Nvidia driver version")
_PIP = "numpy torch"
_LATER_PIP = {(2, 0): "mypy flake8", (2, 1): "triton optree onnx", (2, 6): "nvidia-"}
_CONDA = "torch numpy cudatoolkit soumith mkl magma"


def collect_env(call: Call) -> Answer:
    """The report, in the layout of the torch that the Python of ``call`` has.

    Raises:
        NotExact: where a program that it asks cannot be computed.
    """
    if package_of(call, "torch") is None:
        path = next(iter(which(call.machine, call.name, call.env.get("PATH", ""), call.cwd)), call.name)
        text = "Error while finding module specification for 'torch.utils.collect_env'"
        return Answer("", f"{path}: {text} (ModuleNotFoundError: No module named 'torch')\n", 1)
    torch = module_version(call.machine, "torch", managers_of(call))
    return Answer("Collecting environment information...\n" + _Report(call, torch).text())


class _Report:
    def __init__(self, call: Call, torch: str) -> None:
        self._call, self._torch = call, torch
        self._release = Version(torch).release[:2]
        self._cuda = cuda_label(torch)
        devices = call.machine.devices
        if any(gpu.mig for gpu in devices.gpus) or trouble(call.machine, torch):
            raise NotExact("torch and GPUs that are cut up, or that it cannot use")
        self._available = bool(self._cuda and devices.driver and devices.gpus)

    def text(self) -> str:
        """All of it."""
        blocks = [self._build(), self._system(), self._python()]
        if self._release >= (2, 0):
            blocks.append([f"CPU:\n{self._printed('lscpu')}"])
        blocks.append(["Versions of relevant libraries:", *self._packages()])
        return "\n\n".join("\n".join(block) for block in blocks) + "\n"

    def _build(self) -> list[str]:
        rows = [f"PyTorch version: {self._torch}", f"Is debug build: {self._truth(False)}"]
        rows.append(f"CUDA used to build PyTorch: {self._cuda or _MISSING}")
        return [*rows, "ROCM used to build PyTorch: N/A"] if self._release >= (1, 7) else rows

    def _system(self) -> list[str]:
        system = self._call.machine.system
        name = self._found("lsb_release -a", r"Description:\t(.*)") or system.profile.pretty
        rows = [f"OS: {name}{f' ({system.arch})' if self._release >= (1, 7) else ''}"]
        rows.append(f"GCC version: {self._found('gcc --version', r'gcc (.*)') or _MISSING}")
        rows.append(f"Clang version: {self._found('clang --version', r'clang version (.*)') or _MISSING}")
        rows.append(f"CMake version: {self._found('cmake --version', r'cmake (.*)') or _MISSING}")
        return [*rows, f"Libc version: glibc-{system.profile.libc}"] if self._release >= (1, 9) else rows

    def _python(self) -> list[str]:
        version = own_version(self._call)
        if self._release < (1, 9):
            rows = [f"Python version: {'.'.join(version.split('.')[:2])} (64-bit runtime)"]
        else:
            own = banner(self._call, version).partition(" on linux")[0].removeprefix("Python ").replace("\n", " ")
            line = platform_line(self._call.machine, tuple(int(part) for part in version.split(".")[:2]))
            rows = [f"Python version: {own} (64-bit runtime)", f"Python platform: {line}"]
        rows.append(f"Is CUDA available: {self._truth(self._available)}")
        rows += [f"{name}: {text}" for name, text in self._devices().items()]
        if self._release >= (1, 7):
            rows += ["HIP runtime version: N/A", "MIOpen runtime version: N/A"]
        return [*rows, "Is XNNPACK available: True"] if self._release >= (1, 12) else rows

    def _devices(self) -> dict[str, str]:
        driver, gpus = self._call.machine.devices.driver, self._call.machine.devices.gpus
        lines = [f"GPU {gpu.index}: {gpu.card.named(driver)}" for gpu in gpus] if driver else []
        found = {
            "CUDA runtime version": self._found("nvcc --version", r"release .+ V(.*)"),
            "CUDA_MODULE_LOADING set to": "LAZY" if self._available else "N/A",
            "GPU models and configuration": "\n" + "\n".join(lines) + "\n" if len(lines) > 1 else "".join(lines),
            "Nvidia driver version": driver if lines else None,
            "cuDNN version": None,
        }
        if self._release < (1, 13):
            del found["CUDA_MODULE_LOADING set to"]
        nothing = not self._available and not any(found[name] for name in _CUDA_ROWS)
        rows = {name: text or _MISSING for name, text in found.items()}
        if nothing:
            rows |= dict.fromkeys([*_CUDA_ROWS, "cuDNN version"], "No CUDA")
        return rows | ({"Is XPU available": "False"} if self._release >= (2, 8) else {})

    def _packages(self) -> list[str]:
        words = _PIP + "".join(f" {more}" for since, more in _LATER_PIP.items() if self._release >= since)
        folder, _, base = self._call.name.rpartition("/")
        pip = "pip3" if base == "python3" else "pip"
        listed = self._printed(f"{folder}/{pip} list --format=freeze" if folder else f"{pip} list --format=freeze")
        rows = [f"[pip3] {line}" for line in _having(listed or "", words)]
        here = self._printed("conda list")
        if here is None:
            return [*(rows or ["[pip3] No relevant packages"]), f"[conda] {_MISSING}"]
        brought = [f"[conda] {line}" for line in _having(here, _CONDA) if not line.startswith("#")]
        return [*(rows or ["[pip3] No relevant packages"]), *(brought or ["[conda] No relevant packages"])]

    def _truth(self, value: bool) -> str:
        words = ("False", "True") if self._release >= (1, 7) else ("No", "Yes")
        return words[value]

    def _found(self, line: str, pattern: str) -> str | None:
        match = re.search(pattern, self._printed(line) or "")
        return match[1] if match else None

    def _printed(self, line: str) -> str | None:
        """What a program prints, without the blank at its ends; None where it is not there or fails."""
        name, *words = line.split()
        if not which(self._call.machine, name, self._call.env.get("PATH", ""), self._call.cwd):
            return None
        call = Call(name, tuple(words), self._call.machine, self._call.cwd, self._call.env)
        row = row_of(call)
        if row is None or row.run is None:
            raise NotExact(name)
        answer = row.run(call)
        text = answer.stdout if isinstance(answer.stdout, str) else answer.stdout.decode()
        return None if answer.status else text.strip()


def _having(text: str, words: str) -> list[str]:
    return [line for line in text.splitlines() if any(word in line for word in words.split())]
