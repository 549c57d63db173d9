"""What runs since the boot: the kernel's threads and the services, as each system starts them.

A service that somebody stopped stays stopped; the kernel's threads are always there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llm_kernel.machine.processes import Process
from llm_kernel.machine.profiles import Profile

if TYPE_CHECKING:  # Machine is made of this package's parts; its name is only needed for the hint
    from llm_kernel.machine.machine import Machine

__all__ = ["settle"]

_NEW = (
    "3 I rcu_gp, 6 I kworker/0:0H-kblockd, 9 I mm_percpu_wq, 10 S ksoftirqd/0, 11 I rcu_sched, 12 S migration/0, "
    "15 S kdevtmpfs, 18 S kauditd, 19 S khungtaskd, 20 S oom_reaper, 21 I writeback, 24 S khugepaged, 71 I kblockd, "
    "82 S kswapd0, 240 S jbd2/sda2-8"
)
_THREADS = {
    "18.04": (
        "4 I kworker/0:0H, 6 I mm_percpu_wq, 7 S ksoftirqd/0, 8 I rcu_sched, 9 I rcu_bh, 10 S migration/0, "
        "11 S watchdog/0, 13 S kdevtmpfs, 16 S kauditd, 17 S khungtaskd, 18 S oom_reaper, 22 S khugepaged, "
        "25 I kblockd, 34 S kswapd0, 240 S jbd2/sda2-8"
    ),
    "7": (
        "4 S kworker/0:0H, 6 S ksoftirqd/0, 7 S migration/0, 8 S rcu_bh, 9 S rcu_sched, 10 S lru-add-drain, "
        "11 S watchdog/0, 13 S kdevtmpfs, 15 S khungtaskd, 16 S writeback, 18 S bioset, 21 S kblockd, 30 S kswapd0, "
        "32 S khugepaged, 240 S xfsalloc"
    ),
}
"""The kernel's threads with their pids and states; those of every processor only for the first."""

_CARDS = "612 S nvidia-modeset/, 614 S nv_queue, 616 S UVM global queu"


def settle(machine: Machine) -> None:
    """Give what runs since the boot the names that this system gives it."""
    table, boot = machine.processes.table, machine.system.boot
    threads = _threads(machine)
    kept = {pid: (one.state, one.command[0]) for pid, one in table.items() if one.ppid == 2}
    for pid in [pid for pid, row in kept.items() if threads.get(pid) != row]:
        del table[pid]
        _unlist(machine, pid)
    for pid, (state, name) in threads.items():
        if pid not in table:
            table[pid] = Process(pid, 2, "root", "?", boot, (name,), state)
    for pid, (command, user) in _services(machine.system.profile).items():
        one = table.get(pid)
        if one and one.start == boot and (one.command, one.user) != (command, user):
            one.command, one.user = command, user
            _unlist(machine, pid)
        elif machine.files.is_dir(f"/proc/{pid}/fd") and not machine.files.exists(f"/proc/{pid}/exe"):
            _unlist(machine, pid)  # the system moved its programs


def _unlist(machine: Machine, pid: int) -> None:
    """Let the process's folder be made anew."""
    if machine.files.exists(f"/proc/{pid}"):
        machine.files.remove(f"/proc/{pid}", recursive=True)


def _threads(machine: Machine) -> dict[int, tuple[str, str]]:
    text = _THREADS.get(machine.system.profile.release, _NEW)
    if machine.devices.driver and machine.devices.gpus:
        text = f"{text}, {_CARDS}"
    rows = (row.split(" ", 2) for row in text.split(", "))
    return {int(pid): (state, f"[{name}]") for pid, state, name in rows}


def _services(made: Profile) -> dict[int, tuple[tuple[str, ...], str]]:
    rhel = made.like == "rhel"
    systemd = "/usr/lib/systemd" if rhel or made.since("libc", "2.38") else "/lib/systemd"
    first = (
        "/usr/lib/systemd/systemd",
        "--switched-root",
        "--system",
        "--deserialize",
        "22" if made.os == "centos" else "18",
    )
    cron = (
        ("/usr/sbin/cron", "-f", "-P") if made.os == "ubuntu" and made.release >= "22.04" else ("/usr/sbin/cron", "-f")
    )
    naming = {
        "ubuntu": ((f"{systemd}/systemd-resolved",), "systemd-resolve"),
        "debian": (("/sbin/dhclient", "-4", "-i", "eno1"), "root"),
    }
    return {
        688: naming.get(made.os, (("/usr/sbin/NetworkManager", "--no-daemon"), "root")),
        1: (first if rhel else ("/sbin/init",), "root"),
        487: ((f"{systemd}/systemd-journald",), "root"),
        531: ((f"{systemd}/systemd-udevd",), "root"),
        742: (("/usr/sbin/crond", "-n") if rhel else cron, "root"),
        743: (("/usr/bin/dbus-daemon", "--system"), "dbus" if rhel else "messagebus"),
        756: (("/usr/sbin/rsyslogd", "-n"), "syslog" if made.os == "ubuntu" else "root"),
        771: ((f"{systemd}/systemd-logind",), "root"),
    }
