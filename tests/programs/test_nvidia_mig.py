"""nvidia-smi mig: sizes, instances and places, as real programs list and make them."""

from __future__ import annotations

from typing import Any

from llm_kernel.machine import Clock, Machine
from llm_kernel.machine.processes import GpuUse
from llm_kernel.programs.exact.nvidia import nvidia_smi
from llm_kernel.shell.call import Answer, Call


def _machine(name: str, *, mig: bool = True) -> Machine:
    machine = Machine(Clock(1617267600.0))
    machine.devices.set_gpus(1, name)
    machine.devices.set_driver("535.129.03")
    machine.devices.gpus[0].mig = mig
    return machine


def _run(machine: Machine, *args: str, **env: Any) -> Answer:
    return nvidia_smi(Call("nvidia-smi", args, machine, env=env))


def test_the_sizes_of_an_a100() -> None:
    lines = str(_run(_machine("A100-SXM4-80GB"), "mig", "-lgip").stdout).splitlines()
    rule = "+-----------------------------------------------------------------------------+"
    assert lines[:8] == [
        rule,
        "| GPU instance profiles:                                                      |",
        "| GPU   Name             ID    Instances   Memory     P2P    SM    DEC   ENC  |",
        "|                              Free/Total   GiB              CE    JPEG  OFA  |",
        "|=============================================================================|",
        "|   0  MIG 1g.10gb       19     7/7        9.50       No     14     0     0   |",
        "|                                                             1     0     0   |",
        rule,
    ]
    assert lines[-3:] == [
        "|   0  MIG 7g.80gb        0     1/1        79.00      No     98     5     0   |",
        "|                                                             7     1     1   |",
        rule,
    ]


def test_instances_are_made_listed_and_unmade() -> None:
    machine = _machine("A100-SXM4-40GB")
    assert _run(machine, "mig", "-lgi") == Answer("No GPU instances found: Not Found\n", status=6)
    assert _run(machine, "mig", "-cgi", "9,3g.20gb", "-C") == Answer(
        "Successfully created GPU instance ID  2 on GPU  0 using profile MIG 3g.20gb (ID  9)\n"
        "Successfully created compute instance ID  0 on GPU  0 GPU instance ID  2 using profile MIG 3g.20gb (ID  2)\n"
        "Successfully created GPU instance ID  1 on GPU  0 using profile MIG 3g.20gb (ID  9)\n"
        "Successfully created compute instance ID  0 on GPU  0 GPU instance ID  1 using profile MIG 3g.20gb (ID  2)\n"
    )
    assert str(_run(machine, "mig", "-lgi").stdout).splitlines() == [
        "+-------------------------------------------------------+",
        "| GPU instances:                                        |",
        "| GPU   Name             Profile  Instance   Placement  |",
        "|                          ID       ID       Start:Size |",
        "|=======================================================|",
        "|   0  MIG 3g.20gb          9        1          4:4     |",
        "+-------------------------------------------------------+",
        "|   0  MIG 3g.20gb          9        2          0:4     |",
        "+-------------------------------------------------------+",
    ]
    assert str(_run(machine, "mig", "-lci").stdout).splitlines()[6] == (
        "|   0      1       MIG 3g.20gb          2         0          0:3     |"
    )
    assert str(_run(machine, "-L").stdout).count("  MIG 3g.20gb     Device  ") == 2
    assert _run(machine, "mig", "-cgi", "19", "-C") == Answer(
        "Unable to create a GPU instance on GPU  0 using profile 19: Insufficient Resources\n"
        "Failed to create GPU instances: Insufficient Resources\n",
        status=4,
    )
    assert _run(machine, "mig", "-dgi", "-gi", "1") == Answer("Successfully destroyed GPU instance ID  1 from GPU  0\n")
    assert [(one.device, one.gi) for one in machine.devices.gpus[0].instances] == [(0, 2)]


def test_an_instance_in_use_stays() -> None:
    machine = _machine("H100 80GB HBM3")
    _run(machine, "mig", "-cgi", "9", "-C")
    process = machine.processes.spawn(("python3", "train.py"), user="root", now=machine.clock.now)
    machine.processes.load_gpu(process.pid, 0, GpuUse(50, 2000))
    assert _run(machine, "mig", "-dgi").status == 19
    assert len(machine.devices.gpus[0].instances) == 1


def test_boards_that_are_not_or_cannot_be_divided() -> None:
    assert _run(_machine("A100-SXM4-40GB", mig=False), "mig", "-lgi") == Answer(
        "No MIG-enabled devices found.\n", status=6
    )
    assert _run(_machine("RTX 3090", mig=False), "mig", "-lgip") == Answer(
        "No MIG-supported devices found.\n", status=6
    )


def test_what_only_root_may_and_what_nobody_can() -> None:
    machine = _machine("A100-SXM4-40GB")
    assert _run(machine, "mig", "-cgi", "9").status == 1
    assert _run(machine, "mig", "-cgi", "x", "-C").stdout == (
        "Unable to create a GPU instance on GPU  0 using profile x: Invalid Argument\n"
        "Failed to create GPU instances: Invalid Argument\n"
    )
    machine.system.user = "ann"
    assert _run(machine, "mig", "-cgi", "9", "-C", USER="ann") == Answer(
        "Failed to create GPU instances: Insufficient Permissions\n", status=4
    )
    assert machine.devices.gpus[0].instances == ()
