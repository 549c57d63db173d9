"""``nvidia-smi``: what the driver says about the machine's GPUs and the processes that use them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from llm_kernel.machine.devices import Devices, Gpu
from llm_kernel.machine.drivers import branch_of, order
from llm_kernel.programs.exact.nvidia_ask import listed, reported
from llm_kernel.programs.exact.nvidia_choose import NONE_FOUND, chosen, lost_answer, with_lost
from llm_kernel.programs.exact.nvidia_lists import QUERIES
from llm_kernel.programs.exact.nvidia_mig import mig
from llm_kernel.programs.exact.nvidia_nvlink import nvlink
from llm_kernel.programs.exact.nvidia_options import COMBINATION, HELPS, Asked, fields_text, help_text, parse, unknown
from llm_kernel.programs.exact.nvidia_set import SETTERS
from llm_kernel.programs.exact.nvidia_summary import summary
from llm_kernel.programs.exact.nvidia_topo import topo
from llm_kernel.shell.call import Answer, Call

__all__ = ["nvidia_smi"]

_NO_DRIVER = (
    "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. "
    "Make sure that the latest NVIDIA driver is installed and running.\n\n"
)


_TOOLS: dict[str, Callable[[Call, Sequence[str]], Answer]] = {"topo": topo, "nvlink": nvlink, "mig": mig}
"""What a first word without a dash starts."""

_WITH = {"format": tuple(QUERIES), "display": ("query",), "xml-format": ("query",)}
"""Options that make sense only together with one of others."""


def nvidia_smi(call: Call) -> Answer:
    """Answer the summary table, lists, queries, the topology, and the setting of persistence and power limits."""
    devices = call.machine.devices
    asked = parse(call.args)
    if asked.wrong is not None:
        return asked.wrong
    if "help" in asked.options:
        return Answer(help_text(devices.driver))
    if not devices.driver:
        return Answer(_NO_DRIVER, status=9)
    for option in ("version", *HELPS):
        if option in asked.options:
            return _versions(devices) if option == "version" else Answer(fields_text(option, branch_of(devices.driver)))
    if lost := lost_answer(devices):
        return lost
    if asked.words:
        if asked.words == ["vgpu"]:
            return Answer("No supported devices in vGPU mode\n", status=6)
        tool = _TOOLS.get(asked.words[0])
        return tool(call, asked.words[1:]) if tool else _unsimulated(asked.words[0])
    gpus = chosen(devices, asked.options.get("id"))
    return with_lost(_answer(call, asked, gpus) if gpus else NONE_FOUND, devices.gpus)


def _answer(call: Call, asked: Asked, gpus: list[Gpu]) -> Answer:
    verbs: dict[str, Callable[[Call, Asked, list[Gpu]], Answer]] = {
        "list-gpus": _list,
        "list-excluded-gpus": _excluded,
        "query": reported,
        **dict.fromkeys(QUERIES, listed),
        **dict.fromkeys(SETTERS, _set),
    }
    given = [name for name in verbs if name in asked.options]
    for option, of in _WITH.items():
        if option in asked.options and not set(given) & set(of):
            return COMBINATION
    if len(given) > 1:
        return COMBINATION
    return verbs[given[0]](call, asked, gpus) if given else _summary(call, asked, gpus)


def _unsimulated(what: str) -> Answer:
    return Answer(stderr=f"nvidia-smi: {what} is not simulated on this machine\n", status=1)


def _summary(call: Call, _: Asked, gpus: list[Gpu]) -> Answer:
    return Answer(summary(call.machine, gpus))


def _list(call: Call, _: Asked, gpus: list[Gpu]) -> Answer:
    driver = call.machine.devices.driver
    return Answer("".join(_listed(gpu, driver) for gpu in gpus))


def _excluded(call: Call, _: Asked, __: list[Gpu]) -> Answer:
    """No machine here excludes a GPU; what that is called changed with 450."""
    word = "excluded" if branch_of(call.machine.devices.driver) >= 450 else "blacklisted"
    return Answer(f"No {word} devices found.\n")


def _listed(gpu: Gpu, driver: str) -> str:
    lines = [f"GPU {gpu.index}: {gpu.card.named(driver)} (UUID: {gpu.uuid})\n"]
    for one in sorted(gpu.instances, key=lambda one: one.device):
        lines.append(f"  MIG {one.profile:<11} Device {one.device:>2}: (UUID: {one.uuid})\n")
    return "".join(lines)


def _set(call: Call, asked: Asked, gpus: list[Gpu]) -> Answer:
    name = next(name for name in SETTERS if name in asked.options)
    return SETTERS[name](call, asked.options[name], gpus)


def _versions(devices: Devices) -> Answer:
    driver, branch = devices.driver, branch_of(devices.driver)
    if branch < 535:
        return unknown("--version")
    lines = [("NVIDIA-SMI version", driver), ("NVML version", ".".join(map(str, order(driver)[:2])))]
    if branch < 610:
        lines += [("DRIVER version", driver), ("CUDA Version", devices.shown_cuda)]
    else:
        lines += [("DRIVER version", 'Deprecated, see "KMD version" instead')]
        lines += [("CUDA version", 'Deprecated, see "CUDA UMD version" instead')]
        lines += [("KMD version", driver), ("CUDA UMD version", devices.shown_cuda)]
    return Answer("".join(f"{name:<19} : {value}\n" for name, value in lines))
