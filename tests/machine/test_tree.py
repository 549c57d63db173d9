"""The tree: a believable server at first, in step with the facts later, and never over a user's edit."""

from __future__ import annotations

import pytest

from llm_kernel.machine import Machine
from llm_kernel.machine.busy import load_average
from llm_kernel.machine.memory import memory
from llm_kernel.machine.mounts import fill
from llm_kernel.machine.proc import render_proc
from llm_kernel.machine.processes import GpuUse
from llm_kernel.machine.profiles import PROFILES


@pytest.fixture
def machine() -> Machine:
    made = Machine()
    made.system.set_os("ubuntu", "22.04")
    made.follow()
    return made


def _text(machine: Machine, path: str) -> str:
    return machine.files.read(path).decode()


@pytest.mark.parametrize("key", PROFILES)
def test_every_system_is_small_enough_to_be_walked_often(key: tuple[str, str]) -> None:
    machine = Machine()
    machine.system.set_os(*key)
    machine.follow()
    assert 400 < len(list(machine.files.walk())) <= 1500


def test_the_top_of_the_tree_is_a_servers(machine: Machine) -> None:
    assert machine.files.listdir("/") == [
        *("bin", "boot", "dev", "etc", "home", "lib", "lib64", "media", "mnt", "opt", "proc", "root", "run", "sbin"),
        *("snap", "srv", "swap.img", "sys", "tmp", "usr", "var"),
    ]
    assert (machine.files.listdir("/home"), machine.files.listdir("/root")) == ([], [".bashrc", ".profile"])
    assert (oct(machine.files.stat("/tmp").mode), oct(machine.files.stat("/root").mode)) == ("0o1777", "0o700")
    shadow = machine.files.stat("/etc/shadow")
    assert (oct(shadow.mode), machine.files.names().group(shadow.gid)) == ("0o640", "shadow")


def test_programs_are_files_with_a_size(machine: Machine) -> None:
    stat = machine.files.stat("/bin/ls")
    assert (stat.kind, stat.size, oct(stat.mode), stat.sized) == ("file", 138_208, "0o755", True)
    assert machine.files.readlink("/bin") == "usr/bin"
    assert machine.files.readlink("/usr/bin/python3") == "python3.10"


def test_bionic_has_a_bin_of_its_own(machine: Machine) -> None:
    machine.system.set_os("ubuntu", "18.04")
    machine.follow()
    assert (machine.files.lstat("/bin").kind, machine.files.exists("/usr/bin/ls")) == ("directory", False)
    assert machine.files.exists("/bin/ls")


def test_there_and_back_again_is_the_same_tree(machine: Machine) -> None:
    before = {path: machine.files.lstat(path).size for path in machine.files.walk() if not path.startswith("/proc")}
    for key in (("ubuntu", "18.04"), ("centos", "7"), ("ubuntu", "22.04")):
        machine.system.set_os(*key)
        machine.follow()
    after = {path: machine.files.lstat(path).size for path in machine.files.walk() if not path.startswith("/proc")}
    assert after == before


def test_files_follow_the_facts(machine: Machine) -> None:
    machine.system.set_os("ubuntu", "18.04")
    machine.system.set_host("gpu01")
    machine.system.set_python("3.9")
    machine.system.set_user("alice --sudo")
    machine.follow()
    assert _text(machine, "/etc/hostname") == "gpu01\n"
    assert "127.0.1.1 gpu01\n" in _text(machine, "/etc/hosts")
    assert 'PRETTY_NAME="Ubuntu 18.04.5 LTS"\n' in _text(machine, "/etc/os-release")
    assert machine.files.readlink("/usr/bin/python3") == "python3.9"
    assert machine.files.exists("/usr/bin/python3.6")
    assert _text(machine, "/etc/passwd").splitlines()[-1] == "alice:x:1000:1000:,,,:/home/alice:/bin/bash"
    assert "sudo:x:27:alice\n" in _text(machine, "/etc/group")
    stat = machine.files.stat("/home/alice")
    assert (stat.uid, stat.gid, oct(stat.mode)) == (1000, 1000, "0o755")


def test_an_edited_file_stays_as_the_user_left_it(machine: Machine) -> None:
    machine.files.write("/etc/hosts", b"mine\n")
    machine.files.remove("/etc/issue")
    machine.files.write("/usr/bin/ls", b"#!/bin/sh\n")
    machine.system.set_os("ubuntu", "18.04")
    machine.system.set_host("gpu01")
    machine.follow()
    assert _text(machine, "/etc/hosts") == "mine\n"
    assert not machine.files.exists("/etc/issue")
    assert _text(machine, "/usr/bin/ls") == "#!/bin/sh\n"


def test_the_driver_and_the_toolkit_come_and_go_with_their_files(machine: Machine) -> None:
    machine.devices.set_gpus(2, "RTX 3090")
    machine.devices.set_driver("465.19.01")
    machine.devices.set_cuda("11.3")
    machine.follow()
    assert _text(machine, "/proc/driver/nvidia/version").splitlines()[0] == (
        "NVRM version: NVIDIA UNIX x86_64 Kernel Module  465.19.01"
    )
    assert [name for name in machine.files.listdir("/dev") if "nvidia" in name] == [
        *("nvidia-uvm", "nvidia0", "nvidia1", "nvidiactl"),
    ]
    assert machine.files.readlink("/usr/local/cuda") == "/usr/local/cuda-11.3"
    machine.devices.set_gpus(0)
    machine.devices.set_cuda("none")
    machine.devices.set_driver("none")
    machine.follow()
    gone = ("/proc/driver", "/dev/nvidia0", "/usr/local/cuda", "/usr/local/cuda-11.3", "/usr/bin/nvidia-smi")
    assert [path for path in gone if machine.files.exists(path)] == []


def test_proc_tells_the_record(machine: Machine) -> None:
    proc = {path: data.decode() for path, data in render_proc(machine).items()}
    assert proc["/proc/version"].startswith("Linux version 5.15.0-91-generic (buildd@")
    assert proc["/proc/cpuinfo"].count("processor\t: ") == machine.system.cpu.cores
    assert proc["/proc/meminfo"].splitlines()[0] == f"MemTotal:       {machine.system.total_kb} kB"
    assert proc["/proc/uptime"].split()[0] == f"{machine.clock.now - machine.system.boot:.2f}"
    machine.clock.advance(10)
    machine.refresh()
    assert _text(machine, "/proc/uptime").split()[0] == f"{machine.clock.now - machine.system.boot:.2f}"
    assert _text(machine, "/proc/mounts") == _text(machine, "/etc/mtab")


def test_memory_is_one_account(machine: Machine) -> None:
    idle = memory(machine)
    assert idle.total == idle.free + idle.buffers + idle.cached + idle.taken == machine.system.total_kb
    process = machine.processes.spawn(("python3", "train.py"), user="root", now=machine.clock.now)
    process.rss = 8 * 2**30
    busy = memory(machine)
    assert (busy.taken - idle.taken, busy.cached, idle.free - busy.free) == (8 * 2**20, idle.cached, 8 * 2**20)
    assert idle.available - busy.available == 8 * 2**20
    machine.processes.end(process.pid)
    assert memory(machine) == idle


def test_too_much_memory_goes_to_swap(machine: Machine) -> None:
    process = machine.processes.spawn(("python3",), user="root", now=machine.clock.now)
    process.rss = 66 * 2**30
    now = memory(machine)
    assert now.swap_free < now.swap_total
    assert min(now.free, now.available, now.cached, now.buffers) >= 0


def test_a_busy_process_raises_the_load_slowly(machine: Machine) -> None:
    assert [f"{load:.2f}" for load in load_average(machine)] == ["0.01", "0.02", "0.00"]
    process = machine.processes.spawn(("python3",), user="root", now=machine.clock.now)
    process.state = "R"
    machine.processes.load_gpu(process.pid, 0, GpuUse(97, 8000))
    machine.clock.advance(60)
    assert [f"{load:.2f}" for load in load_average(machine)] == ["0.64", "0.20", "0.06"]


def test_files_take_space_on_the_disk_they_lie_on(machine: Machine) -> None:
    machine.system.set_disk("/data 2T")
    machine.follow()
    before = {row.mount: row.used for row in fill(machine)}
    machine.files.sized("/data/set.bin", 10 * 2**30)
    machine.files.sized("/root/fit.pt", 5000)
    after = {row.mount: row.used for row in fill(machine)}
    assert {mount: after[mount] - before[mount] for mount in after if after[mount] != before[mount]} == {
        "/": 8,
        "/data": 10 * 2**20,
    }


def test_a_tree_without_its_folders_follows_the_facts(machine: Machine) -> None:
    for folder in ("/usr/local", "/etc/systemd", "/usr/share", "/usr/lib"):
        machine.files.remove(folder, recursive=True)
    machine.files.write("/usr/lib", b"in the way\n")
    machine.devices.set_gpus(2, "V100")
    machine.devices.set_cuda("11.0")
    machine.system.set_os("centos", "7")
    machine.follow()
    assert machine.files.listdir("/usr/local") == ["cuda", "cuda-11.0"]
    assert machine.files.read("/usr/lib") == b"in the way\n"
