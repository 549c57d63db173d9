"""What runs since the boot has the names that each system gives it, in the table and in ``/proc``."""

from __future__ import annotations

from llm_kernel.machine import Machine


def _commands(machine: Machine) -> dict[int, str]:
    return {one.pid: " ".join(one.command) for one in machine.processes.running()}


def test_centos_starts_crond_and_its_own_systemd() -> None:
    machine = Machine()
    machine.system.set_os("centos", "7")
    machine.follow()
    table = machine.processes.table
    assert _commands(machine)[1] == "/usr/lib/systemd/systemd --switched-root --system --deserialize 22"
    assert (_commands(machine)[742], table[743].user, table[756].user) == ("/usr/sbin/crond -n", "dbus", "root")
    assert machine.files.read("/proc/742/cmdline") == b"/usr/sbin/crond\0-n\0"
    assert machine.files.read("/proc/9/comm") == b"rcu_sched\n"


def test_every_thread_of_the_kernel_is_one_of_kthreadd() -> None:
    machine = Machine()
    threads = [one for one in machine.processes.running() if one.command[0].startswith("[")]
    assert {(one.ppid, one.user, one.rss) for one in threads if one.pid != 2} == {(2, "root", 0)}
    assert {"[kthreadd]", "[ksoftirqd/0]", "[kswapd0]", "[rcu_sched]"} <= {one.command[0] for one in threads}


def test_a_service_that_was_stopped_stays_so() -> None:
    machine = Machine()
    machine.processes.end(742)
    machine.system.set_os("centos", "7")
    machine.follow()
    assert 742 not in machine.processes.table


def test_the_driver_brings_its_threads_and_takes_them_along() -> None:
    machine = Machine()
    there = "[nvidia-modeset/]" in _commands(machine).values()
    machine.devices.driver = "" if there else "470.57.02"
    machine.follow()
    assert there is bool(machine.devices.gpus)
    assert "[nvidia-modeset/]" not in _commands(machine).values()
