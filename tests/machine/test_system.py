"""The record: what was said is kept, what hung on the old default follows, nonsense is refused and changes nothing."""

from __future__ import annotations

import copy

import pytest

from llm_kernel.errors import Refused
from llm_kernel.machine.clock import Clock
from llm_kernel.machine.cpus import Cpu
from llm_kernel.machine.quantity import read_size, say_size
from llm_kernel.machine.system import Disk, System, set_zone


def test_another_system_brings_its_kernel_host_and_python() -> None:
    system = System()
    assert system.set_os("Ubuntu", "18.04 LTS") == ["Ubuntu 18.04.5 LTS"]
    assert (system.os, system.release, system.kernel, system.host, system.python) == (
        "ubuntu",
        "18.04",
        "4.15.0-140-generic",
        "ubuntu",
        "3.6.9",
    )


def test_a_python_that_was_asked_for_survives_another_system() -> None:
    system = System()
    assert system.set_python("3.9") == ["python3 is Python 3.9.18", "it stands beside the system's Python 3.10.12"]
    assert system.set_os("bionic") == ["Ubuntu 18.04.5 LTS", "Python 3.9.18 stays, beside the system's 3.6.9"]
    assert system.python == "3.9.18"


def test_a_host_name_that_was_given_survives_another_system() -> None:
    system = System()
    system.set_host("gpu01")
    system.set_os("debian", "12")
    assert system.host == "gpu01"


def test_the_systems_own_branch_of_python_is_its_own_release() -> None:
    system = System()
    assert (system.set_python("Python 3.10"), system.python) == (["python3 is Python 3.10.12"], "3.10.12")


@pytest.mark.parametrize(
    ("text", "cpu"),
    [
        ("32 cores", Cpu("Intel(R) Xeon(R) Gold 6248R CPU @ 3.00GHz", 32, 1, 2, 3000.0)),
        ("64", Cpu("Intel(R) Xeon(R) Gold 6248R CPU @ 3.00GHz", 64, 2, 2, 3000.0)),
        ("7 vCPUs", Cpu("Intel(R) Xeon(R) Gold 6248R CPU @ 3.00GHz", 7, 1, 1, 3000.0)),
        ("AMD EPYC 7742", Cpu("AMD EPYC 7742 64-Core Processor", 128, 1, 2, 2250.0)),
        ("AMD EPYC 7742 64-Core Processor", Cpu("AMD EPYC 7742 64-Core Processor", 128, 1, 2, 2250.0)),
        ("2x EPYC 7742", Cpu("AMD EPYC 7742 64-Core Processor", 256, 2, 2, 2250.0)),
        ("dual Xeon Gold 6230", Cpu("Intel(R) Xeon(R) Gold 6230 CPU @ 2.10GHz", 80, 2, 2, 2100.0)),
        ("Intel i9-10900K", Cpu("Intel(R) Core(TM) i9-10900K CPU @ 3.70GHz", 20, 1, 2, 3700.0)),
        ("E5-2680 v4, 28 cores", Cpu("Intel(R) Xeon(R) CPU E5-2680 v4 @ 2.40GHz", 28, 1, 2, 2400.0)),
    ],
)
def test_a_processor_is_read_as_people_name_it(text: str, cpu: Cpu) -> None:
    system = System()
    system.set_cpu(text)
    assert system.cpu == cpu


@pytest.mark.parametrize(
    ("word", "text", "said"),
    [
        ("cpu", "hello", "cannot tell a processor"),
        ("cpu", "0 cores", "1 to 2048"),
        ("cpu", "Neoverse-V2", "x86_64"),
        ("memory", "lots", "usage: machine memory 256G"),
        ("memory", "100K", "256M to 64T"),
        ("disk", "nope", "usage: machine disk / 2T"),
        ("disk", "/ 5G", "holds 8 GiB already"),
        ("host", "a b", "usage: machine host NAME"),
        ("host", "-x", "usage: machine host NAME"),
        ("python", "2.7", "3.4 to 3.14"),
        ("python", "three", "3.4 to 3.14"),
        ("user", "Bad Name", "usage: machine user NAME"),
        ("user", "www-data", "account of the system"),
        ("user", "eve --uid 33", "uid 33 is taken"),
    ],
)
def test_nonsense_is_refused_and_nothing_changes(word: str, text: str, said: str) -> None:
    system = System()
    before = copy.deepcopy(system)
    with pytest.raises(Refused, match=said):
        getattr(system, f"set_{word}")(text)
    assert system == before


@pytest.mark.parametrize("text", ["256G", "256GB", "256 GiB", "256"])
def test_memory_is_read_in_every_spelling(text: str) -> None:
    system = System()
    assert (system.set_memory(text), system.memory) == (["256 GiB of memory"], 256 * 2**30)


def test_the_kernel_keeps_a_little_of_the_memory() -> None:
    shown = []
    for size in ("16G", "64G", "128G", "256G", "512G"):
        system = System()
        system.set_memory(size)
        shown.append(system.total_kb // 2**20)
    assert shown == [15, 62, 125, 251, 503]


def test_a_new_mount_point_gets_the_next_disk() -> None:
    system = System()
    assert system.set_disk("/data 4T") == ["/data: 4 TiB on /dev/sdb1"]
    system.set_disk("/scratch 1T xfs")
    assert system.disks[-2:] == [
        Disk("/dev/sdb1", "/data", "ext4", 4 * 2**40, 0),
        Disk("/dev/sdc1", "/scratch", "xfs", 2**40, 0),
    ]


def test_the_root_disk_needs_no_name() -> None:
    system = System()
    system.set_disk("2T")
    assert system.disk_at("/").size == 2 * 2**40


def test_users_get_free_numbers_and_the_systems_administrators_group() -> None:
    system = System()
    assert system.set_user("alice --sudo") == ["user alice (uid 1000) in sudo"]
    assert system.set_user("bob --login") == ["user bob (uid 1001)", "the session is bob's"]
    system.set_os("centos", "7")
    alice = system.account("alice")
    assert alice is not None
    assert ([system.group_name(gid) for gid in system.groups_of(alice)], system.user) == (["alice", "wheel"], "bob")


def test_the_sessions_user_cannot_be_removed() -> None:
    system = System()
    system.set_user("alice --login")
    with pytest.raises(Refused, match="alice is in use"):
        system.remove_user("alice")


def test_a_record_survives_its_state() -> None:
    system = System()
    system.set_user("alice --sudo")
    system.set_disk("/data 4T")
    system.set_cpu("2x EPYC 7742")
    assert System.from_state(system.to_state()) == system


def test_a_time_zone_is_found_by_its_city() -> None:
    clock = Clock()
    assert (set_zone(clock, "shanghai"), clock.zone) == (["time zone Asia/Shanghai"], "Asia/Shanghai")
    assert (set_zone(clock, "utc"), clock.zone) == (["time zone UTC"], "UTC")
    with pytest.raises(Refused, match="unknown time zone"):
        set_zone(clock, "Mars/Olympus")


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("256G", 256 * 2**30),
        ("1.5 TiB", 3 * 2**39),
        ("512", 512),
        ("7kb", 7168),
        ("", None),
        ("G", None),
        ("1 2", None),
        (f"{'9' * 300}G", None),
        (f"{'9' * 400}", None),
    ],
)
def test_amounts_of_bytes(text: str, size: int | None) -> None:
    assert read_size(text) == size


def test_amounts_are_told_in_the_largest_fitting_unit() -> None:
    assert [say_size(n) for n in (0, 1023, 1024, 1782579, 2**40)] == [
        "0 bytes",
        "1023 bytes",
        "1 KiB",
        "1.7 MiB",
        "1 TiB",
    ]
