"""The settings of ``nvidia-smi``: persistence, limits, clocks, modes and resets. All of them are root's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from llm_kernel.machine.devices import Gpu
from llm_kernel.shell.call import Answer, Call

__all__ = ["PLAIN", "SETTERS", "VALUED"]

VALUED = {
    "-pm": "persistence-mode",
    "-pl": "power-limit",
    "-e": "ecc-config",
    "-p": "reset-ecc-errors",
    "-c": "compute-mode",
    "-lgc": "lock-gpu-clocks",
    "-ac": "applications-clocks",
    "-am": "accounting-mode",
    "-mig": "multi-instance-gpu",
}
"""Options that take a value, by their short form."""

PLAIN = {
    "-r": "gpu-reset",
    "-rgc": "reset-gpu-clocks",
    "-rac": "reset-applications-clocks",
    "-caa": "clear-accounted-apps",
}
"""Options that take none."""

Setter: TypeAlias = "Callable[[Call, str, Gpu], str | Answer]"
"""Sets one GPU; its line, or the answer where the whole command ends."""

_WRONG = Answer("Invalid combination of input arguments. Please run 'nvidia-smi -h' for help.\n\n", status=2)
_MOVING_ON = "Treating as warning and moving on."
_SWITCH = {"0": False, "disabled": False, "1": True, "enabled": True}
_MODES = {
    "0": ("DEFAULT", "Default"),
    "2": ("PROHIBITED", "Prohibited"),
    "3": ("EXCLUSIVE_PROCESS", "E. Process"),
}
_NAMED = {name: number for number, (name, _) in _MODES.items()}


def _root(call: Call) -> bool:
    return call.machine.system.user == "root" or call.env.get("EUID", call.env.get("USER")) in ("0", "root")


def _ended(line: str, status: int) -> Answer:
    return Answer(f"{line}\nTerminating early due to previous errors.\n", status=status)


def _each(
    setter: Setter, denied: str, *, warns: bool = True, last: str = ""
) -> Callable[[Call, str, Sequence[Gpu]], Answer]:
    """``setter`` for every GPU; ``denied`` is what others than root are told of the first one."""

    def answer(call: Call, value: str, gpus: Sequence[Gpu]) -> Answer:
        if not _root(call):
            return _ended(denied.format(gpus[0].bus), 4)
        lines: list[str] = []
        for gpu in gpus:
            said = setter(call, value, gpu)
            if isinstance(said, Answer):
                return (
                    said
                    if said is _WRONG
                    else Answer("".join(f"{line}\n" for line in lines) + str(said.stdout), "", said.status)
                )
            lines.append(said)
        done = any(_MOVING_ON not in line and "already" not in line for line in lines)
        lines += [_warning(gpu) for gpu in gpus if warns and not gpu.persistence]
        return Answer("\n".join([*filter(None, lines), "All done.", *([last] if last and done else [])]) + "\n")

    return answer


def _warning(gpu: Gpu) -> str:
    return (
        f"\nWarning: persistence mode is disabled on device {gpu.bus}. See the Known Issues section of the "
        "nvidia-smi(1) man page for more information. Run with [--help | -h] switch to get more information on how "
        "to enable persistence mode."
    )


def _persistence(call: Call, value: str, gpu: Gpu) -> str | Answer:
    wanted = _SWITCH.get(value.lower())
    if wanted is None:
        return _WRONG
    word, same = "Enabled" if wanted else "Disabled", gpu.persistence == wanted
    gpu.persistence = wanted
    return (
        f"Persistence mode is already {word} for GPU {gpu.bus}."
        if same
        else f"{word} persistence mode for GPU {gpu.bus}."
    )


def _power(call: Call, value: str, gpu: Gpu) -> str | Answer:
    try:
        watts = float(value)
    except ValueError:
        return _WRONG
    least, most = gpu.card.power_range
    if not least <= watts <= most:
        return _ended(
            f"Provided power limit {watts:.2f} W is not a valid power limit which should be between "
            f"{least:.2f} W and {most:.2f} W for GPU {gpu.bus}",
            2,
        )
    before = gpu.cap
    gpu.limit(round(watts), call.machine.clock.now)
    return f"Power limit for GPU {gpu.bus} was set to {watts:.2f} W from {before:.2f} W."


def _ecc(_: Call, value: str, gpu: Gpu) -> str | Answer:
    wanted = _SWITCH.get(value.lower())
    if wanted is None:
        return _WRONG
    if gpu.ecc_on is None:
        return f"Setting ECC mode is not supported for GPU {gpu.bus}.\n{_MOVING_ON}"
    word, pending = "Enabled" if wanted else "Disabled", gpu.ecc_on if gpu.ecc_pending is None else gpu.ecc_pending
    gpu.ecc_pending = wanted
    return (
        f"ECC support is already {word} for GPU {gpu.bus}."
        if pending == wanted
        else f"{word} ECC support for GPU {gpu.bus}."
    )


def _forget_errors(_: Call, value: str, gpu: Gpu) -> str | Answer:
    kind = {"0": "volatile", "volatile": "volatile", "1": "aggregate", "aggregate": "aggregate"}.get(value.lower())
    if kind is None:
        return _WRONG
    if not gpu.ecc_on:
        return f"Resetting ECC error counts is not supported for GPU {gpu.bus}.\n{_MOVING_ON}"
    gpu.errors = {}
    return f"Reset {kind} ECC errors to zero for GPU {gpu.bus}."


def _mode(_: Call, value: str, gpu: Gpu) -> str | Answer:
    number = _NAMED.get(value.upper(), value)
    if number == "1" or value.upper() == "EXCLUSIVE_THREAD":
        number = "3"  # the driver has taken the one for the other since 2016
    if number not in _MODES:
        return _WRONG
    name, shown = _MODES[number]
    same, gpu.mode = gpu.mode == shown, shown
    return (
        f"Compute mode is already set to {name} for GPU {gpu.bus}."
        if same
        else f"Set compute mode to {name} for GPU {gpu.bus}."
    )


def _accounting(_: Call, value: str, gpu: Gpu) -> str | Answer:
    wanted = _SWITCH.get(value.lower())
    if wanted is None:
        return _WRONG
    word, same = "Enabled" if wanted else "Disabled", gpu.accounting == wanted
    gpu.accounting = wanted
    return (
        f"Accounting mode is already {word} for GPU {gpu.bus}."
        if same
        else f"{word} Accounting Mode for GPU {gpu.bus}."
    )


def _cleared(_: Call, __: str, gpu: Gpu) -> str:
    return f"Cleared Accounted PIDs for GPU {gpu.bus}."


def _pair(value: str) -> tuple[int, int] | None:
    words = value.split(",")
    if not 1 <= len(words) <= 2 or not all(word.strip().isdigit() for word in words):
        return None
    return int(words[0]), int(words[-1])


def _locked(_: Call, value: str, gpu: Gpu) -> str | Answer:
    pair = _pair(value)
    if pair is None or pair[0] > pair[1]:
        return _WRONG
    if gpu.card.arch in ("Kepler", "Maxwell", "Pascal"):
        return f"Setting locked GPU clocks is not supported for GPU {gpu.bus}.\n{_MOVING_ON}"
    least, most = (min(max(mhz, gpu.card.clocks[0]), gpu.card.clocks[2]) for mhz in pair)
    gpu.locked = least, most
    return f'GPU clocks set to "(gpuClkMin {pair[0]}, gpuClkMax {pair[1]})" for GPU {gpu.bus}'


def _unlocked(_: Call, __: str, gpu: Gpu) -> str:
    gpu.locked = None
    return ""


def _applications(_: Call, value: str, gpu: Gpu) -> str | Answer:
    pair = _pair(value)
    if pair is None or "," not in value:
        return _WRONG
    if not gpu.card.server:
        return f"Setting applications clocks is not supported for GPU {gpu.bus}.\n{_MOVING_ON}"
    idle_graphics, idle_memory, graphics, memory = gpu.card.clocks
    if pair[0] not in (idle_memory, memory) or not idle_graphics <= pair[1] <= graphics:
        text = f'Specified clock combination "(MEM {pair[0]}, SM {pair[1]})" is not supported for GPU {gpu.bus}. '
        return _ended(f"{text}Run 'nvidia-smi -q -d SUPPORTED_CLOCKS' to see list of supported clock combinations", 2)
    gpu.locked = idle_graphics, pair[1]
    return f'Applications clocks set to "(MEM {pair[0]}, SM {pair[1]})" for GPU {gpu.bus}'


def _divided(call: Call, value: str, gpu: Gpu) -> str | Answer:
    wanted = _SWITCH.get(value.lower())
    if wanted is None:
        return _WRONG
    if not gpu.card.mig:
        verb = "enable" if wanted else "disable"
        return f"Unable to {verb} MIG Mode for GPU {gpu.bus}: Not Supported\n{_MOVING_ON}"
    word = "Enabled" if wanted else "Disabled"
    if gpu.mig != wanted and call.machine.processes.using(gpu.index):
        state = "enable" if wanted else "disable"
        return (
            f"Warning: MIG mode is in pending {state} state for GPU {gpu.bus}:In use by another client\n"
            f"{gpu.bus} is currently being used by one or more other processes (e.g. CUDA application or a monitoring "
            "application such as another instance of nvidia-smi). Please first kill all processes using the device "
            "and retry the command or reboot the system to make MIG mode effective."
        )
    gpu.mig = wanted
    gpu.instances = gpu.instances if wanted else ()
    return f"{word} MIG Mode for GPU {gpu.bus}"


_NO_CLOCKS = "The current user does not have permission to change clocks for GPU {0}."
_UNABLE = "Unable to set {0} for GPU {{0}}: Insufficient Permissions"


def _reset(call: Call, _: str, gpus: Sequence[Gpu]) -> Answer:
    """Start boards anew: errors and pending modes are gone, settings that live in the driver too."""
    if not _root(call):
        return Answer(f"GPU {gpus[0].bus} could not be reset: Insufficient Permissions\n", status=4)
    busy = [gpu for gpu in gpus if call.machine.processes.using(gpu.index)]
    if busy:
        rows = "".join(f"  GPU {gpu.bus}: In use by another client\n" for gpu in busy)
        count = f"{len(busy)} device is" if len(busy) == 1 else f"{len(busy)} devices are"
        return Answer(
            f"The following GPUs could not be reset:\n{rows}\n{count} currently being used by one or more other "
            "processes (e.g., Fabric Manager, CUDA application, graphics application such as an X server, or a "
            "monitoring application such as another instance of nvidia-smi). Please first kill all processes using "
            f"{'this device' if len(busy) == 1 else 'these devices'} and all compute applications running in the "
            "system.\n",
            status=19,
        )
    shown = next((gpu for gpu in gpus if gpu.display), None)
    if shown:
        return Answer(f"Resetting GPU {shown.bus} is not supported.\n", status=3)
    for gpu in gpus:
        gpu.faults.pop("err", None)
        gpu.errors, gpu.locked = {}, None
        if gpu.ecc_pending is not None:
            gpu.ecc, gpu.ecc_pending = gpu.ecc_pending, None
    return Answer("".join(f"GPU {gpu.bus} was successfully reset.\n" for gpu in gpus) + "All done.\n")


SETTERS: Mapping[str, Callable[[Call, str, Sequence[Gpu]], Answer]] = {
    "persistence-mode": _each(_persistence, _UNABLE.format("persistence mode"), warns=False),
    "power-limit": _each(_power, "Failed to set power management limit for GPU {0}: Insufficient Permissions"),
    "ecc-config": _each(_ecc, _UNABLE.format("ECC mode"), warns=False, last="Reboot required."),
    "reset-ecc-errors": _each(_forget_errors, _UNABLE.format("ECC error counts"), warns=False),
    "compute-mode": _each(_mode, _UNABLE.format("compute mode")),
    "accounting-mode": _each(_accounting, _UNABLE.format("accounting mode")),
    "clear-accounted-apps": _each(_cleared, _UNABLE.format("accounted PIDs"), warns=False),
    "lock-gpu-clocks": _each(_locked, _NO_CLOCKS),
    "reset-gpu-clocks": _each(_unlocked, _NO_CLOCKS),
    "applications-clocks": _each(_applications, _NO_CLOCKS),
    "reset-applications-clocks": _each(_unlocked, _NO_CLOCKS),
    "multi-instance-gpu": _each(_divided, _UNABLE.format("MIG mode")),
    "gpu-reset": _reset,
}
"""What each setting does with its value and the GPUs of ``-i``, by the long name of its option."""
