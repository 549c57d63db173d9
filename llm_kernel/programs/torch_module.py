"""The part of PyTorch that tells of the machine, as source for the interpreter: ``torch.cuda`` and its neighbours.

Whatever else a program asks of ``torch`` is not known: the program is the model's then.
"""

from __future__ import annotations

from typing import Any

from packaging.version import Version

from llm_kernel.machine import Machine
from llm_kernel.machine.boards import Gpu
from llm_kernel.machine.catalog import load
from llm_kernel.machine.sensors import room
from llm_kernel.programs.exact.pip_site import Site, managers_of
from llm_kernel.programs.exact.python import module_version, package_of
from llm_kernel.programs.table import NotExact
from llm_kernel.programs.torch_builds import arch_list, cudnn, nccl
from llm_kernel.programs.torch_driver import cuda_label, trouble
from llm_kernel.shell.call import Call

__all__ = ["cards", "torch_sources"]

_KEPT = 0.6875
"""The part of a MiB that a board has beyond the whole ones."""

_CONTEXT = 434
"""MiB that a process holds on a GPU once it asked the driver for anything."""


def torch_sources(call: Call) -> dict[str, str]:
    """Modules by their dotted names; empty where the Python of ``call`` has no torch, or nobody knows its build."""
    if package_of(call, "torch") is None:
        return {}
    try:
        version = module_version(call.machine, "torch", managers_of(call))
    except NotExact:
        return {}
    release = Version(version).release[:2]
    wrong = trouble(call.machine, version)
    facts: dict[str, Any] = {
        "_version": version,
        "_cuda": cuda_label(version) or None,
        "_cudnn": cudnn(version),
        "_archs": arch_list(version) or [],
        "_nccl": nccl(version),
        "_release": release,
        "_rows": _rows(call, release) if cuda_label(version) else [],
        "_trouble": wrong and wrong.warning(Site.of(call).local),
        "_troubled": wrong is not None,
        "_counted": wrong is not None and wrong.counted,
    }
    head = "".join(f"{name} = {value!r}\n" for name, value in facts.items())
    return {
        "torch": _TORCH,
        "torch._facts": head,
        "torch.version": _VERSION,
        "torch.cuda": _CUDA,
        "torch.cuda.nccl": _NCCL,
        "torch.backends": "from . import cudnn\n",
        "torch.backends.cudnn": _CUDNN,
    }


def cards(call: Call) -> list[dict[str, Any]] | None:
    """What the torch of ``call`` knows of each GPU, in order; None where nobody knows what it sees."""
    try:
        version = module_version(call.machine, "torch", managers_of(call))
    except NotExact:
        return None
    if not cuda_label(version) or trouble(call.machine, version) or "CUDA_VISIBLE_DEVICES" in call.env:
        return None
    return _rows(call, Version(version).release[:2])


def _rows(call: Call, release: tuple[int, ...]) -> list[dict[str, Any]] | None:
    """What torch knows of each GPU; None where it sees something else than boards."""
    devices = call.machine.devices
    if any(gpu.mig for gpu in devices.gpus):
        return None
    boards = load("multiprocessors")["boards"]
    return [_row(call.machine, gpu, release, *boards[gpu.card.name]) for gpu in devices.gpus] if devices.driver else []


def _row(machine: Machine, gpu: Gpu, release: tuple[int, ...], processors: int, cache: int) -> dict[str, Any]:
    driver, card = machine.devices.driver, gpu.card
    major, minor = (int(part) for part in card.compute.split("."))
    total = room(gpu, driver)
    used = sum(one.gpu[gpu.index].mem for one in machine.processes.using(gpu.index))
    shown = f"name='{card.named(driver)}', major={major}, minor={minor}, total_memory={total}MB"
    shown += f", multi_processor_count={processors}"
    if release >= (2, 5):
        shown += f", uuid={gpu.uuid.removeprefix('GPU-')}"
    if release >= (2, 8):
        domain, bus, rest = gpu.bus.split(":")
        places = (("bus", bus), ("device", rest.split(".")[0]), ("domain", domain))
        shown += "".join(f", pci_{name}_id={int(number, 16)}" for name, number in places)
    if release >= (2, 5):
        shown += f", L2_cache_size={cache}MB"
    return {
        "name": card.named(driver),
        "major": major,
        "minor": minor,
        "total_memory": int((total + _KEPT) * 2**20),
        "multi_processor_count": processors,
        "free": max(0, int((total - used - _CONTEXT + _KEPT) * 2**20)),
        "shown": f"_CudaDeviceProperties({shown})",
    }


_TORCH = """\
from torch._facts import _version, _release
from . import version, cuda, backends
__version__ = _version

class device:
    def __init__(self, type, index=None):
        if isinstance(type, device):
            type, index = type.type, type.index
        if isinstance(type, int):
            type, index = 'cuda', type
        kind, _, number = type.partition(':')
        if kind not in ('cpu', 'cuda') or (number and not number.isdigit()) or (number and index is not None):
            _unknown()
        self.type, self.index = kind, int(number) if number else index
    def __str__(self):
        return self.type if self.index is None else f'{self.type}:{self.index}'
    def __repr__(self):
        more = '' if self.index is None else f', index={self.index}'
        return f"device(type='{self.type}'{more})"
    def __eq__(self, other):
        return isinstance(other, device) and (self.type, self.index) == (other.type, other.index)
    def __hash__(self):
        return hash((self.type, self.index))
    def __getattr__(self, name):
        _unknown(name)
"""

_VERSION = """\
from torch._facts import _cuda, _version
__version__ = _version
cuda = _cuda
hip = None
debug = False
"""

_CUDNN = """\
from torch._facts import _cudnn, _cuda
enabled = True
benchmark = False
deterministic = False

def version():
    if _cuda is None:
        return None
    return _unknown() if _cudnn is None else _cudnn

def is_available():
    return _cuda is not None
"""

_NCCL = """\
from torch._facts import _nccl, _cuda

def version():
    return _unknown() if _nccl is None or _cuda is None else _nccl
"""

_CUDA = """\
import os
import sys
from torch._facts import _archs, _counted, _cuda, _release, _rows, _trouble, _troubled
from . import nccl

_TOLD = ('name', 'major', 'minor', 'total_memory', 'multi_processor_count')

def _properties(row):
    class _CudaDeviceProperties:
        __module__ = 'torch._C'
        __qualname__ = '_CudaDeviceProperties'
        __slots__ = ()
        def __repr__(self):
            return row['shown']
        def __getattr__(self, name):
            if name in ('is_integrated', 'is_multi_gpu_board'):
                return 0
            return row[name] if name in _TOLD else _unknown(name)
    return _CudaDeviceProperties()

_chosen = [0]
_warned = []

def _seen():
    if _rows is None:
        _unknown()
    if not _troubled:
        return _visible()
    if _trouble is None:
        _unknown()
    if not _warned:
        _warned.append(True)
        sys.stderr.write(_trouble)
    return []

def _visible():
    wanted = os.environ.get('CUDA_VISIBLE_DEVICES')
    if wanted is None:
        return _rows
    found = []
    for word in wanted.split(','):
        number = word.strip()
        if number == '' and len(wanted.split(',')) == 1:
            break
        if number == '-1' or (number.isdigit() and int(number) >= len(_rows)):
            break
        if not number.isdigit() or int(number) in found:
            _unknown()
        found.append(int(number))
    return [_rows[number] for number in found]

def _row(device):
    if hasattr(device, 'type'):
        if device.type != 'cuda':
            _unknown()
        device = device.index
    elif isinstance(device, str):
        kind, _, number = device.partition(':')
        if kind != 'cuda' or (number and not number.isdigit()):
            _unknown()
        device = int(number) if number else None
    rows = _seen()
    device = _chosen[0] if device is None or device == -1 else device
    if not isinstance(device, int) or not 0 <= device < len(rows):
        _unknown()
    return rows[device]

def is_available():
    return bool(_seen())

def device_count():
    return len(_visible() if _counted else _seen())

def current_device():
    _row(None)
    return _chosen[0]

def set_device(device):
    row = _row(device)
    _chosen[0] = next(index for index, other in enumerate(_visible()) if other is row)

def get_device_name(device=None):
    return _row(device)['name']

def get_device_capability(device=None):
    row = _row(device)
    return (row['major'], row['minor'])

def get_device_properties(device=None):
    return _properties(_row(device))

def get_arch_list():
    if _seen() and not _archs:
        _unknown()
    return list(_archs) if _seen() else []

def is_bf16_supported():
    if _release < (1, 10):
        _unknown()
    if not _seen():
        return _unknown()
    return _release >= (2, 4) or (_row(None)['major'] >= 8 and int(_cuda.split('.')[0]) >= 11)

def mem_get_info(device=None):
    if _release < (1, 11):
        _unknown()
    row = _row(device)
    return (row['free'], row['total_memory'])

def empty_cache():
    pass

def synchronize(device=None):
    _row(device)

def memory_allocated(device=None):
    return 0 if not _seen() else _row(device) and 0

def memory_reserved(device=None):
    return memory_allocated(device)

def max_memory_allocated(device=None):
    return memory_allocated(device)

def max_memory_reserved(device=None):
    return memory_allocated(device)
"""
