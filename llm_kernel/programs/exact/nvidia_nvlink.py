"""``nvidia-smi nvlink``: each link's speed, abilities, errors and far end."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from llm_kernel.machine.devices import Gpu
from llm_kernel.machine.drivers import branch_of
from llm_kernel.programs.exact.nvidia_choose import chosen
from llm_kernel.programs.exact.nvidia_links import Links
from llm_kernel.shell.call import Answer, Call

__all__ = ["nvlink"]

_DIVIDED = "Nvlink queries are not supported for Devices in MIG mode\n"
_SWITCH_BUS = "00000008:00:00.0"
_ABILITIES = (
    ("P2P is supported", True),
    ("Access to system memory supported", True),
    ("P2P atomics supported", True),
    ("System memory atomics supported", True),
    ("SLI is supported", True),
    ("Link is supported", False),
)


def nvlink(call: Call, args: Sequence[str]) -> Answer:
    """Answer one form of ``nvlink``; ``args`` is what follows that word."""
    verbs: dict[str, Callable[[Gpu, Links, list[Gpu]], str]] = {
        "-s": _status,
        "--status": _status,
        "-c": _abilities,
        "--capabilities": _abilities,
        "-e": _errors,
        "--errorcounters": _errors,
        "-p": _peers,
        "--pcibusid": _peers,
        "-R": _remote,
        "--remotelinkinfo": _remote,
    }
    asked, ids, link, todo = [], None, None, list(args)
    while todo:
        word = todo.pop(0)
        if word in ("-i", "--id") and todo:
            ids = todo.pop(0)
        elif word in ("-l", "--link") and todo and todo[0].isdigit():
            link = todo.pop(0)
        elif word in verbs:
            asked.append(verbs[word])
        elif word in ("-h", "--help"):
            return Answer(_USAGE)
        else:
            return _refused()
    machine = call.machine
    gpus, branch = chosen(machine.devices, ids), branch_of(machine.devices.driver)
    if not asked or not gpus:
        return _refused()
    links = Links(machine.devices.gpus, machine.system.cpu.sockets, machine.facts)
    lines = []
    for verb in asked:
        for gpu in gpus:
            lines.append(f"GPU {gpu.index}: {gpu.card.named(machine.devices.driver)} (UUID: {gpu.uuid})\n")
            lines.append(_told(verb, gpu, links, machine.devices.gpus, branch, link))
    return Answer("".join(lines))


def _refused() -> Answer:
    text = "Invalid combination of input arguments. Please run 'nvidia-smi nvlink -h' for help.\n\n"
    return Answer(text, status=2)


def _told(
    verb: Callable[[Gpu, Links, list[Gpu]], str], gpu: Gpu, links: Links, gpus: list[Gpu], branch: int, link: str | None
) -> str:
    """What there is to say below a GPU's name."""
    if gpu.mig:
        return _DIVIDED
    ends = links.of(gpu.index)
    if not ends:
        return "Device does not have or support Nvlink\n" if branch >= 545 else ""
    if all(end == -2 for end in ends):
        name = "Nvlink" if branch >= 545 else "NVLink"
        return f"NVML: Unable to retrieve {name} information as all links are inActive\n"
    text = verb(gpu, links, gpus)
    if link is None:
        return text
    return "".join(
        f"{line}\n" for line in text.splitlines() if line.startswith((f"\t Link {link}:", f"\t Link {link},"))
    )


def _status(gpu: Gpu, links: Links, _: list[Gpu]) -> str:
    ends = links.of(gpu.index)
    speeds = ["<inactive>" if end == -2 else f"{links.speed} GB/s" for end in ends]
    return "".join(f"\t Link {number}: {speed}\n" for number, speed in enumerate(speeds))


def _abilities(gpu: Gpu, links: Links, _: list[Gpu]) -> str:
    # Volta could not yet be joined for graphics
    told = [(what, able and not ("SLI" in what and gpu.card.arch in ("Pascal", "Volta"))) for what, able in _ABILITIES]
    rows = []
    for number, end in enumerate(links.of(gpu.index)):
        if end != -2:
            rows += [f"\t Link {number}, {what}: {str(able).lower()}\n" for what, able in told]
    return "".join(rows)


def _errors(gpu: Gpu, links: Links, _: list[Gpu]) -> str:
    rows = []
    for number, end in enumerate(links.of(gpu.index)):
        if end != -2:
            kinds = ("Replay", "Recovery", "CRC")
            rows.append("".join(f"\t Link {number}: {kind} Errors: 0\n" for kind in kinds))
    return "\n".join(rows) + "\n"


def _peers(gpu: Gpu, links: Links, gpus: list[Gpu]) -> str:
    ends = enumerate(links.of(gpu.index))
    return "".join(f"\t Link {number}: {_bus(end, gpus)}\n" for number, end in ends if end != -2)


def _remote(gpu: Gpu, links: Links, gpus: list[Gpu]) -> str:
    rows = []
    for number, end in enumerate(links.of(gpu.index)):
        if end == -1:
            rows.append(f"\t Link {number}: Remote Device {_bus(end, gpus)}: Link {gpu.index * 4 + number % 4}\n")
        elif end >= 0:
            mine = [n for n, other in enumerate(links.of(gpu.index)) if other == end]
            back = [n for n, other in enumerate(links.of(end)) if other == gpu.index]
            rows.append(f"\t Link {number}: Remote Device {_bus(end, gpus)}: Link {back[mine.index(number)]}\n")
    return "".join(rows)


def _bus(end: int, gpus: list[Gpu]) -> str:
    return _SWITCH_BUS if end == -1 else gpus[end].bus


_USAGE = """Usage: nvidia-smi nvlink [options]

    -s, --status          the speed of each link
    -c, --capabilities    what each link can do
    -e, --errorcounters   errors of each link
    -p, --pcibusid        the bus id of the far end
    -R, --remotelinkinfo  the far end and its link
    -l, --link            only this link
    -i, --id              only these GPUs
"""
