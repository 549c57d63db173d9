"""Faults: each is asked for in one word, shows wherever it would, and goes away again."""

from __future__ import annotations

import errno
import json

import pytest

from llm_kernel.errors import Refused
from llm_kernel.machine import Clock, Machine
from llm_kernel.machine.faults import spoken
from llm_kernel.machine.kernel_log import kernel_log
from llm_kernel.machine.mounts import fill
from llm_kernel.machine.processes import GpuUse
from llm_kernel.machine.telling import tell
from llm_kernel.machine.words import say
from llm_kernel.programs.exact.ip import ip
from llm_kernel.shell.call import Answer, Call


def _machine(count: int = 4, name: str = "A100 80GB") -> Machine:
    machine = Machine(Clock())
    say(machine, ["gpu", str(count), name], "/")
    return machine


def _fault(machine: Machine, text: str) -> list[str]:
    return say(machine, ["fault", *text.split()], "/")


@pytest.mark.parametrize(
    ("text", "said", "told"),
    [
        ("gpu 2 lost", ["GPU 2: lost"], ["GPU 2 has fallen off the bus and cannot be used"]),
        ("gpu 1 err", ["GPU 1: failing"], ["GPU 1 fails: its sensors read ERR! and kernels on it hang"]),
        ("gpu 0 ecc 12", ["GPU 0: 12 uncorrectable ECC errors"], ["GPU 0 has had 12 uncorrectable ECC errors"]),
        ("gpu 0,3 hot", ["GPU 0, 3: hot"], [f"GPU {i} overheats and is slowed down" for i in (0, 3)]),
        ("disk full", ["disk / full"], ["the disk at / is full: no space left on device"]),
        ("network down", ["network down"], ["the network is down: no name resolves and every connection fails"]),
        ("none", ["no fault"], []),
    ],
)
def test_a_fault_is_asked_for_told_kept_and_healed(text: str, said: list[str], told: list[str]) -> None:
    machine = _machine()
    before = machine.essence()
    assert _fault(machine, text) == said
    assert spoken(machine) == told
    assert tell(before, machine, []) == [f"fault: {line}" for line in told]
    back = Machine.from_state(json.loads(json.dumps(machine.to_state())), Clock())
    assert spoken(back) == told
    assert back.faults.log == machine.faults.log
    assert _fault(machine, "none") == ["no fault"]
    assert spoken(machine) == []


@pytest.mark.parametrize(
    "text",
    [
        "gpu 9 lost",
        "gpu 1 broken",
        "gpu 1 lost 3",
        "gpu x lost",
        "gpu 1 ecc many",
        "disk / gone",
        "disk full /data",
        "network",
        "network sideways",
        "cpu hot",
        "gpu 1 ecc 99999",
    ],
)
def test_what_cannot_break_is_refused_and_nothing_changes(text: str) -> None:
    machine = _machine()
    before = machine.to_state()
    with pytest.raises(Refused):
        _fault(machine, text)
    assert machine.to_state() == before


def test_without_ecc_there_are_no_ecc_errors() -> None:
    machine = _machine(1, "3090")
    with pytest.raises(Refused, match=r"NVIDIA GeForce RTX 3090 has no ECC memory$"):
        _fault(machine, "gpu 0 ecc 3")
    with pytest.raises(Refused, match="NVIDIA RTX A6000 has no ECC memory switched on"):
        _fault(_machine(1, "A6000"), "gpu 0 ecc 3")


def test_a_lost_gpu_takes_its_load_along_and_refuses_a_new_one() -> None:
    machine = _machine()
    process = machine.processes.spawn(("python3", "train.py"), user="root", now=machine.clock.now)
    for index in range(4):
        machine.processes.load_gpu(process.pid, index, GpuUse(95, 20000))
    _fault(machine, "gpu 2 lost")
    assert sorted(process.gpu) == [0, 1, 3]
    with pytest.raises(Refused, match="GPU 2 is lost"):
        machine.devices.check_load(2, 100, [])
    assert [text for _, text in machine.faults.log] == [
        f"NVRM: GPU at PCI:0000:86:00: {machine.devices.gpus[2].uuid}",
        f"NVRM: Xid (PCI:0000:86:00): 79, pid={process.pid}, name=python3, GPU has fallen off the bus.",
        "NVRM: GPU 0000:86:00.0: GPU has fallen off the bus.",
    ]
    machine.clock.advance(5)
    assert [message.text for message in kernel_log(machine)][-3:] == [text for _, text in machine.faults.log]


def test_ecc_errors_are_counted_and_spare_memory_takes_their_place() -> None:
    machine = _machine(1)
    _fault(machine, "gpu 0 ecc 2")
    _fault(machine, "gpu 0 ecc 3")
    ecc = machine.readings()[0].ecc
    assert (ecc.corrected, ecc.uncorrected, ecc.uncorrected_ever) == (0, 5, 5)
    assert (ecc.rows_uncorrected, ecc.rows_pending, ecc.pages_double) == (5, True, None)
    old = _machine(1, "V100")
    _fault(old, "gpu 0 ecc 2")
    ecc = old.readings()[0].ecc
    assert (ecc.pages_double, ecc.pages_pending, ecc.rows_uncorrected) == (2, True, None)
    assert " 48, " in old.faults.log[0][1]


@pytest.mark.parametrize("name", ["3090", "T4", "H100", "1080 Ti", "A6000"])
def test_a_hot_gpu_is_hot_at_once_and_slows_down_under_load(name: str) -> None:
    machine = _machine(1, name)
    cool = machine.readings()[0]
    _fault(machine, "gpu 0 hot")
    idle = machine.readings()[0]
    assert cool.temp + 30 < idle.temp < idle.limits.slowdown
    process = machine.processes.spawn(("python3",), user="root", now=machine.clock.now)
    machine.processes.load_gpu(process.pid, 0, GpuUse(100, 1000), since=machine.clock.now - 600)
    busy = machine.readings()[0]
    assert idle.temp < busy.temp <= busy.limits.slowdown
    assert "sw_thermal_slowdown" in busy.reasons
    fine = _machine(1, name)
    again = fine.processes.spawn(("python3",), user="root", now=fine.clock.now)
    fine.processes.load_gpu(again.pid, 0, GpuUse(100, 1000), since=fine.clock.now - 600)
    assert busy.clocks.graphics < fine.readings()[0].clocks.graphics
    assert busy.power < fine.readings()[0].power


def test_a_full_disk_has_nothing_left_and_lets_nothing_grow() -> None:
    machine = _machine()
    machine.files.write("/root/old.txt", b"some text")
    _fault(machine, "disk full")
    root = next(row for row in fill(machine) if row.mount == "/")
    assert root.available == 0
    for work in (
        lambda: machine.files.write("/root/new.txt", b"text"),
        lambda: machine.files.write("/root/old.txt", b"some longer text"),
        lambda: machine.files.sized("/root/fit.pt", 1000),
    ):
        with pytest.raises(OSError, match="No space left on device") as caught:
            work()
        assert caught.value.errno == errno.ENOSPC
    machine.files.write("/root/empty", b"")
    machine.files.write("/root/old.txt", b"less")
    machine.files.write("/dev/shm/x", b"text")
    machine.clock.advance(60)
    machine.follow()
    machine.refresh()
    _fault(machine, "disk none")
    machine.files.write("/root/new.txt", b"text")
    assert next(row for row in fill(machine) if row.mount == "/").available > 0


def test_only_the_disk_that_was_named_is_full() -> None:
    machine = _machine()
    say(machine, ["disk", "/data", "4T"], "/")
    _fault(machine, "disk full /data")
    machine.files.write("/root/x", b"text")
    with pytest.raises(OSError, match="No space left on device"):
        machine.files.write("/data/x", b"text")


def test_new_boards_are_sound() -> None:
    machine = _machine()
    _fault(machine, "gpu all lost")
    say(machine, ["gpu", "2", "3090"], "/")
    assert spoken(machine) == []


def test_a_network_that_is_down_has_no_carrier_and_no_route() -> None:
    machine = _machine()
    _fault(machine, "network down")
    link = str(ip(Call("ip", ("link", "show"), machine)).stdout).splitlines()[2]
    assert link.startswith("2: eno1: <NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 1500 qdisc mq state DOWN ")
    assert ip(Call("ip", ("route",), machine)) == Answer()
    _fault(machine, "network up")
    link = str(ip(Call("ip", ("link", "show"), machine)).stdout).splitlines()[2]
    assert link.startswith("2: eno1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq state UP ")
    assert [text for _, text in machine.faults.log] == [
        "eno1: NIC Link is Down",
        "eno1: NIC Link is Up, 1000 Mbps Full Duplex, Flow Control: None",
    ]
