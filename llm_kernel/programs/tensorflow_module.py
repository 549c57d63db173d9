"""The part of TensorFlow and JAX that tells of devices, as source for the interpreter; the rest is the model's."""

from __future__ import annotations

from packaging.version import Version

from llm_kernel.machine import Machine
from llm_kernel.machine.drivers import order
from llm_kernel.programs.exact.pip_site import managers_of
from llm_kernel.programs.exact.python import module_version, package_of
from llm_kernel.programs.table import NotExact
from llm_kernel.shell.call import Call

__all__ = ["device_sources"]

_BUILDS = (((2, 15), "12"), ((2, 5), "11"), ((2, 4), "11.0"))
"""From which release on TensorFlow loads the libraries of which toolkit; those of one major release fit from 11 on."""
_LISTED = (2, 4)
"""Since this release TensorFlow lists no devices of its compiler beside the others."""
_NAMED = (0, 4, 20)
"""Since this release JAX names its devices as here, and is silent on a machine without GPUs."""


def device_sources(call: Call) -> dict[str, str]:
    """Modules by their dotted names: those of the frameworks that the Python of ``call`` has."""
    return _tensorflow(call) | _jax(call)


def _tensorflow(call: Call) -> dict[str, str]:
    version = _version(call, "tensorflow")
    cut = any(gpu.lost or gpu.mig for gpu in call.machine.devices.gpus)
    if not version or cut or Version(version).release < _LISTED or "CUDA_VISIBLE_DEVICES" in call.env:
        return {}
    seen = _seen(call.machine, Version(version).release[:2])
    return {
        "tensorflow": _TENSORFLOW,
        "tensorflow._facts": f"_version = {version!r}\n_gpus = {seen}\n",
        "tensorflow.version": "from tensorflow._facts import _version\nVERSION = _version\n",
        "tensorflow.test": _TEST,
        "tensorflow.config": _CONFIG,
        "tensorflow.config.experimental": _EXPERIMENTAL,
    }


def _jax(call: Call) -> dict[str, str]:
    version, devices = _version(call, "jax"), call.machine.devices
    packages = call.machine.packages
    plugged = any(packages.find(one, f"jax-cuda{n}-plugin") for one in managers_of(call) for n in (12, 13))
    gpus = len(devices.gpus) if devices.driver else 0
    if not version or Version(version).release < _NAMED or (gpus and not plugged) or "JAX_PLATFORMS" in call.env:
        return {}
    named = ("Cuda", "gpu", gpus) if gpus else ("Cpu", "cpu", 1)
    return {"jax": _JAX.format(version=version, kind=named[0], backend=named[1], count=named[2])}


def _version(call: Call, module: str) -> str:
    """The module's version; empty where it is not there, or nobody knows."""
    if package_of(call, module) is None:
        return ""
    try:
        return module_version(call.machine, module, managers_of(call))
    except NotExact:
        return ""


def _seen(machine: Machine, release: tuple[int, ...]) -> int:
    """How many GPUs TensorFlow sees: none where the toolkit is not the one whose libraries it loads."""
    devices = machine.devices
    wanted = next((order(toolkit) for since, toolkit in _BUILDS if release >= since), (0,))
    fits = order(devices.cuda)[: len(wanted)] == wanted
    return len(devices.gpus) if devices.driver and fits else 0


_TENSORFLOW = """\
from tensorflow._facts import _version
from . import config, test, version
__version__ = _version
"""

_TEST = """\
from tensorflow._facts import _gpus

def is_built_with_cuda():
    return True

def gpu_device_name():
    return '/device:GPU:0' if _gpus else ''
"""

_CONFIG = """\
from tensorflow._facts import _gpus

class PhysicalDevice:
    def __init__(self, name, device_type):
        self.name, self.device_type = name, device_type
    def __repr__(self):
        return f'PhysicalDevice(name={self.name!r}, device_type={self.device_type!r})'

class LogicalDevice:
    def __init__(self, name, device_type):
        self.name, self.device_type = name, device_type
    def __repr__(self):
        return f'LogicalDevice(name={self.name!r}, device_type={self.device_type!r})'

_KINDS = {'CPU': 1, 'GPU': _gpus}

def _listed(made, place, wanted):
    if wanted not in (None, 'CPU', 'GPU', 'TPU'):
        _unknown()
    chosen = {kind: count for kind, count in _KINDS.items() if wanted in (None, kind)}
    return [made(f'/{place}:{kind}:{number}', kind) for kind, count in chosen.items() for number in range(count)]

def list_physical_devices(device_type=None):
    return _listed(PhysicalDevice, 'physical_device', device_type)

def get_visible_devices(device_type=None):
    return list_physical_devices(device_type)

def list_logical_devices(device_type=None):
    return _listed(LogicalDevice, 'device', device_type)

from . import experimental
"""

_EXPERIMENTAL = """\
from tensorflow.config import list_logical_devices, list_physical_devices

def set_memory_growth(device, enable):
    pass
"""

_JAX = """\
__version__ = {version!r}

class {kind}Device:
    def __init__(self, id):
        self.id, self.platform, self.process_index = id, {backend!r}, 0
    def __repr__(self):
        return f'{kind}Device(id={{self.id}})'
    def __str__(self):
        _unknown()
    def __getattr__(self, name):
        _unknown(name)

_devices = [{kind}Device(number) for number in range({count})]

def devices(backend=None):
    return list(_devices) if backend in (None, {backend!r}) else _unknown()

def local_devices():
    return devices()

def device_count():
    return {count}

def local_device_count():
    return {count}

def default_backend():
    return {backend!r}
"""
