"""Settings of nvidia-smi: what they say, what they change, and who may."""

from __future__ import annotations

from typing import Any

import pytest

from llm_kernel.machine import Clock, Machine
from llm_kernel.machine.processes import GpuUse
from llm_kernel.programs.exact.nvidia import nvidia_smi
from llm_kernel.shell.call import Answer, Call


def _machine(count: int, name: str, *, on: bool = True) -> Machine:
    machine = Machine(Clock(1617267600.0))
    machine.devices.set_gpus(count, name)
    machine.devices.set_driver("535.129.03")
    for gpu in machine.devices.gpus:
        gpu.persistence = on
    return machine


def _run(machine: Machine, *args: str, **env: Any) -> Answer:
    return nvidia_smi(Call("nvidia-smi", args, machine, env=env))


def _load(machine: Machine, util: int, mem: int) -> int:
    process = machine.processes.spawn(("python3", "train.py"), user="root", now=machine.clock.now)
    machine.processes.load_gpu(process.pid, 0, GpuUse(util, mem))
    machine.clock.advance(60)
    return process.pid


@pytest.mark.parametrize(
    ("args", "line"),
    [
        ("-pm 1", "Persistence mode is already Enabled for GPU {0}."),
        ("-pl 300", "Power limit for GPU {0} was set to 300.00 W from 400.00 W."),
        ("-c 3", "Set compute mode to EXCLUSIVE_PROCESS for GPU {0}."),
        ("-c DEFAULT", "Compute mode is already set to DEFAULT for GPU {0}."),
        ("-lgc 1000,1200", 'GPU clocks set to "(gpuClkMin 1000, gpuClkMax 1200)" for GPU {0}'),
        ("--lock-gpu-clocks=1000", 'GPU clocks set to "(gpuClkMin 1000, gpuClkMax 1000)" for GPU {0}'),
        ("-ac 1215,1410", 'Applications clocks set to "(MEM 1215, SM 1410)" for GPU {0}'),
        ("-am 1", "Enabled Accounting Mode for GPU {0}."),
        ("-mig 1", "Enabled MIG Mode for GPU {0}"),
        ("-p 0", "Reset volatile ECC errors to zero for GPU {0}."),
    ],
)
def test_a_setting_is_confirmed(args: str, line: str) -> None:
    machine = _machine(1, "A100-SXM4-40GB")
    assert _run(machine, *args.split()) == Answer(f"{line.format(machine.devices.gpus[0].bus)}\nAll done.\n")


def test_without_persistence_there_is_a_warning() -> None:
    machine = _machine(1, "RTX 3090", on=False)
    bus = machine.devices.gpus[0].bus
    assert _run(machine, "-pl", "300").stdout == (
        f"Power limit for GPU {bus} was set to 300.00 W from 350.00 W.\n\n"
        f"Warning: persistence mode is disabled on device {bus}. See the Known Issues section of the nvidia-smi(1) man "
        "page for more information. Run with [--help | -h] switch to get more information on how to enable persistence "
        "mode.\nAll done.\n"
    )


@pytest.mark.parametrize(
    ("args", "line"),
    [
        ("-ac 9501,1700", "Setting applications clocks is not supported for GPU {0}."),
        ("-mig 1", "Unable to enable MIG Mode for GPU {0}: Not Supported"),
        ("-e 1", "Setting ECC mode is not supported for GPU {0}."),
    ],
)
def test_what_a_board_cannot_do_is_a_warning(args: str, line: str) -> None:
    machine = _machine(1, "RTX 3090")
    bus = machine.devices.gpus[0].bus
    assert _run(machine, *args.split()) == Answer(
        f"{line.format(bus)}\nTreating as warning and moving on.\nAll done.\n"
    )


@pytest.mark.parametrize(
    ("args", "line"),
    [
        ("-pm 0", "Unable to set persistence mode for GPU {0}: Insufficient Permissions"),
        ("-pl 300", "Failed to set power management limit for GPU {0}: Insufficient Permissions"),
        ("-lgc 1000", "The current user does not have permission to change clocks for GPU {0}."),
        ("-rgc", "The current user does not have permission to change clocks for GPU {0}."),
    ],
)
def test_others_than_root_may_not(args: str, line: str) -> None:
    machine = _machine(2, "A100-SXM4-40GB")
    machine.system.user = "ann"
    before = machine.devices.to_state()
    assert _run(machine, *args.split(), USER="ann") == Answer(
        f"{line.format(machine.devices.gpus[0].bus)}\nTerminating early due to previous errors.\n", status=4
    )
    assert machine.devices.to_state() == before


def test_locked_clocks_are_kept_under_load_until_they_are_reset() -> None:
    machine = _machine(1, "A100-SXM4-40GB")
    _load(machine, 99, 20000)
    query = ("--query-gpu=clocks.sm", "--format=csv,noheader")
    free = _run(machine, *query).stdout
    _run(machine, "-lgc", "900,900")
    assert _run(machine, *query).stdout == "900 MHz\n" != free
    assert Machine.from_state(machine.to_state()).devices.gpus[0].locked == (900, 900)
    assert _run(machine, "-rgc") == Answer("All done.\n")
    assert _run(machine, *query).stdout == free


def test_ecc_waits_for_a_reset_and_a_reset_for_an_idle_board() -> None:
    machine = _machine(1, "A40")
    bus = machine.devices.gpus[0].bus
    query = ("--query-gpu=ecc.mode.current,ecc.mode.pending", "--format=csv,noheader")
    before = str(_run(machine, *query).stdout).split(",")[0]
    wanted, word = ("0", "Disabled") if before == "Enabled" else ("1", "Enabled")
    assert _run(machine, "-e", wanted) == Answer(f"{word} ECC support for GPU {bus}.\nAll done.\nReboot required.\n")
    assert _run(machine, *query).stdout == f"{before}, {word}\n"
    pid = _load(machine, 10, 500)
    refused = _run(machine, "-r")
    assert refused.status == 19
    assert str(refused.stdout).startswith(
        f"The following GPUs could not be reset:\n  GPU {bus}: In use by another client\n"
    )
    machine.processes.end(pid)
    assert _run(machine, "--gpu-reset") == Answer(f"GPU {bus} was successfully reset.\nAll done.\n")
    assert _run(machine, *query).stdout == f"{word}, {word}\n"


@pytest.mark.parametrize(
    "args", ["-pm x", "-pl x", "-c 7", "-lgc 5,x", "-lgc 2000,1000", "-ac 5", "-mig 2", "-e x", "-am z"]
)
def test_values_without_sense_are_refused(args: str) -> None:
    machine = _machine(1, "A100-SXM4-40GB")
    before = machine.devices.to_state()
    said = _run(machine, *args.split())
    assert said == Answer("Invalid combination of input arguments. Please run 'nvidia-smi -h' for help.\n\n", status=2)
    assert machine.devices.to_state() == before


def test_a_limit_outside_the_boards_is_refused() -> None:
    machine = _machine(1, "RTX 3090")
    assert _run(machine, "-pl", "900") == Answer(
        "Provided power limit 900.00 W is not a valid power limit which should be between 100.00 W and 375.00 W for "
        f"GPU {machine.devices.gpus[0].bus}\nTerminating early due to previous errors.\n",
        status=2,
    )
