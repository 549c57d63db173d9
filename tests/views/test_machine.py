"""The machine's card and its twin in plain text."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest

from llm_kernel.machine import Machine, words
from llm_kernel.machine.packages import Packages
from llm_kernel.machine.processes import GpuUse
from llm_kernel.views import machine_view
from tests.views.html import HOSTILE, check, names, parse
from tests.views.html import words as read


def _machine(*said: str) -> Machine:
    machine = Machine()
    for line in said:
        words.say(machine, line.split(), "/root")
    return machine


def test_the_plain_text_is_whole() -> None:
    machine = _machine("os ubuntu 18.04", "gpu 1 Tesla T4", "install pip requests 2.25.1")
    machine.files.write("/root/runs/a/log.txt", b"x" * 2048)
    machine.files.write("/root/train.py", b"print()\n")
    assert machine_view(machine, "/root").data["text/plain"].split("\n") == [
        "Machine: Ubuntu 18.04.5 LTS, host ubuntu, user root, Python 3.6.9, 16 cores, 64 GiB memory",
        "GPUs: 1 x Tesla T4, driver 460.73.01",
        "Packages: requests 2.25.1",
        "Now: 2021-04-01 09:00:00 UTC, in /root",
        "",
        f"Kernel:      {machine.system.kernel} x86_64",
        "Processors:  16 logical processors: Intel(R) Xeon(R) Gold 6248R CPU @ 3.00GHz",
        "Memory:      64 GiB, swap 8 GiB",
        "Disks:       / 499.5 GiB (ext4), /boot/efi 512 MiB (vfat)",
        "Python:      3.6.9",
        "Driver:      460.73.01",
        "Users:       root (this session)",
        "",
        "GPU 0 Tesla T4  [..........]   0 %  [..........] 0 of 15109 MiB  "
        + machine_view(machine, "/root").data["text/plain"].split("MiB  ")[1].split("\n")[0],
        "",
        " PID  USER  COMMAND",
        "2412  root  -bash",
        f"and {len(machine.processes.table) - 1} of the system",
        "",
        "Files in /root:",
        "    runs/",
        "        a/",
        "            log.txt  2 KiB",
        "    train.py  8 bytes",
        "    (2 hidden)",
        "",
        "Packages of pip: requests 2.25.1",
    ]


def test_it_is_the_same_each_time_and_changes_nothing() -> None:
    machine = _machine("gpu 2 RTX 3090")
    before = machine.to_state()
    assert machine_view(machine, "/root") == machine_view(machine, "/root")
    assert machine.to_state() == before


def test_load_stands_on_bars() -> None:
    machine = _machine("gpu 2 RTX 3090")
    job = machine.processes.spawn(("python3", "train.py"), user="root", now=machine.clock.now)
    machine.processes.load_gpu(job.pid, 1, GpuUse(90, 12_000))
    machine.clock.advance(30)
    view = machine_view(machine, "/root")
    meters = [element.attrib for element in parse(view).iter("meter")]
    assert [(one["min"], one["max"]) for one in meters] == [("0", "100"), ("0", "24268")] * 2
    assert [int(one["value"]) for one in meters[:2]] == [0, 1]
    assert 80 <= int(meters[2]["value"]) <= 100
    assert int(meters[3]["value"]) >= 12_000
    assert f"{job.pid}  root  python3 train.py  GPU 1: 90 %, 12000 MiB" in view.data["text/plain"]
    assert "[####" in view.data["text/plain"]


def test_both_forms_tell_the_same() -> None:
    machine = _machine("gpu 1 RTX 3090", "user alice", "install pip torch 1.13.0")
    machine.know("MNIST is there")
    view = machine_view(machine, "/tmp")
    for word in ("RTX 3090", "alice", "torch", "1.13.0", "MNIST is there", "-bash", "/tmp", "/root", "350 W"):
        assert (word in view.data["text/plain"], word in read(view)) == (True, True), word


def test_a_machine_without_gpus_says_so() -> None:
    view = machine_view(Machine(), "/root")
    assert "GPUs: no GPU" in view.data["text/plain"]
    assert "meter" not in names(view)


def test_a_lost_gpu_has_no_bar() -> None:
    machine = _machine("gpu 2 RTX 3090")
    machine.devices.gpus[1].faults["lost"] = machine.clock.now
    view = machine_view(machine, "/root")
    assert len(list(parse(view).iter("meter"))) == 2
    assert "GPU 1 NVIDIA GeForce RTX 3090  lost" in view.data["text/plain"]


def test_endless_trees_and_tables_are_cut() -> None:
    machine = Machine()
    for number in range(100):
        machine.files.write(f"/root/f{number:03}.txt", b"")
        machine.processes.spawn(("sleep", "1"), user="root", now=0.0)
    plain = machine_view(machine, "/root").data["text/plain"]
    assert (plain.count(".txt"), plain.count("sleep 1"), "\n    ..." in plain) == (60, 29, True)


def test_a_clean_card_uses_only_what_an_untrusted_notebook_shows() -> None:
    check(machine_view(_machine("gpu 4 RTX 3090", "install pip torch 1.13.0", "user alice"), "/root"))


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_becomes_more_than_text(name: str) -> None:
    machine = _machine("gpu 1 RTX 3090", "install pip requests 2.25.1")
    clean = names(machine_view(machine, "/root"))
    system = machine.system
    system.host = system.kernel = system.python = system.cpu.model = system.user = system.users[0].name = name
    system.disks[0].mount = system.disks[0].kind = name
    machine.devices.driver, machine.devices.cuda = f"460.73.01 {name}", f"11.1 {name}"
    machine.devices.gpus[0].card = replace(machine.devices.gpus[0].card, name=name)
    machine.facts.append(name)
    kept = machine.packages.to_state()
    machine.packages = Packages.from_state(system, {**kept, "added": [*kept["added"], ["pip", name, name, True]]})
    machine.processes.spawn((name, name), user=name, now=0.0)
    with suppress(OSError, UnicodeError):  # where the machine takes no such name
        machine.files.write(f"/root/{name.replace('/', '_')}", b"")
        machine.files.symlink(name, "/root/link")
    view = machine_view(machine, name)
    check(view)
    assert names(view) - {"details", "pre", "summary"} <= clean
