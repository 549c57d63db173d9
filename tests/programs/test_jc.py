"""Parsers that others wrote (jc) read what our programs and ``/proc`` print, on every system, and find the machine."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from typing import Any

import pytest

from llm_kernel.machine import Machine
from llm_kernel.machine.listening import listeners
from llm_kernel.machine.memory import memory
from llm_kernel.machine.network import interfaces
from llm_kernel.programs.table import EXACT
from llm_kernel.shell.call import Call
from tests.programs.running import answered

jc = pytest.importorskip("jc")

SYSTEMS = [
    ("ubuntu", "18.04"),
    ("ubuntu", "20.04"),
    ("ubuntu", "22.04"),
    ("ubuntu", "24.04"),
    ("debian", "12"),
    ("centos", "7"),
]
Parse = Callable[..., Any]


@pytest.fixture(params=SYSTEMS, ids=lambda key: f"{key[0]}-{key[1]}")
def machine(request: pytest.FixtureRequest) -> Machine:
    made = Machine()
    made.system.set_os(*request.param)
    made.system.set_memory("96G")
    made.system.set_cpu("2x Xeon Gold 6342")
    made.system.set_disk("/data 2T")
    made.system.set_user("alice --sudo")
    made.follow()
    process = made.processes.spawn(("python3", "train.py"), user="root", now=made.clock.now, cwd="/root")
    process.state, process.rss = "R", 3 * 2**30
    made.clock.advance(120)
    process.cpu = 110.0
    made.refresh()
    return made


@pytest.fixture
def parse(machine: Machine) -> Parse:
    return lambda parser, line: jc.parse(parser, said(machine, line), quiet=True)


def said(machine: Machine, line: str) -> str:
    """What a program prints that code answers and that has nothing to complain of."""
    name, *args = shlex.split(line)
    assert name in EXACT, f"{name} is not answered by code"
    answer = answered(Call(name, tuple(args), machine, env={"LANG": "C.UTF-8", "USER": "root", "HOME": "/root"}))
    assert (answer.stderr, answer.status) == ("", 0)
    return str(answer.stdout)


def _file(machine: Machine, parser: str, path: str) -> Any:
    return jc.parse(parser, machine.files.read(path).decode(), quiet=True)


def test_free_and_meminfo(machine: Machine, parse: Parse) -> None:
    now = memory(machine)
    ram, swap = parse("free", "free")
    info = _file(machine, "proc_meminfo", "/proc/meminfo")
    assert (ram["total"], ram["free"], ram["available"]) == (now.total, now.free, now.available)
    assert (info["MemTotal"], info["MemFree"], info["MemAvailable"]) == (ram["total"], ram["free"], ram["available"])
    assert (swap["total"], info["SwapTotal"], info["SwapFree"]) == (now.swap_total, swap["total"], swap["free"])
    assert info["Buffers"] + info["Cached"] + info["SReclaimable"] == ram["buff_cache"]
    assert info["Active"] >= 0


def test_top_has_the_memory_of_free(machine: Machine, parse: Parse) -> None:
    ram, swap = parse("free", "free")
    (screen,) = parse("top", "top -b -n 1")
    unit = 1 if screen["mem_unit"] == "KiB" else 1024
    assert [round(screen[key] * unit, -3) for key in ("mem_total", "mem_free", "mem_used")] == pytest.approx(
        [ram["total"], ram["free"], ram["used"]], abs=1100
    )
    assert screen["swap_total"] * unit == pytest.approx(swap["total"], abs=60)
    train = next(row for row in screen["processes"] if row["command"] == "python3")
    assert (train["state"] if "state" in train else train["status"]) in ("running", "R")


def test_ps_has_the_table(machine: Machine, parse: Parse) -> None:
    table = {process.pid: process for process in machine.processes.running()}
    for line in ("ps -ef", "ps aux", "ps axu"):
        rows = {row["pid"]: row for row in parse("ps", line) if row["pid"] in table}
        assert rows.keys() == table.keys()
        train = max(rows)
        assert (rows[train].get("cmd") or rows[train].get("command")) == "python3 train.py"
    rows = {row["pid"]: row for row in parse("ps", "ps aux")}
    assert rows[train]["rss"] == 3 * 2**20
    assert rows[train]["cpu_percent"] == 91.6


def test_processes_in_proc_are_those_of_ps(machine: Machine, parse: Parse) -> None:
    pids = {int(name) for name in machine.files.listdir("/proc") if name.isdigit()}
    assert pids == set(machine.processes.table)
    pid = max(pids)
    stat = _file(machine, "proc_pid_stat", f"/proc/{pid}/stat")
    status = _file(machine, "proc_pid_status", f"/proc/{pid}/status")
    statm = _file(machine, "proc_pid_statm", f"/proc/{pid}/statm")
    assert (stat["pid"], stat["comm"], stat["state"], stat["utime"] + stat["stime"]) == (pid, "python3", "R", 11000)
    assert (status["VmRSS"], status["Threads"], status["PPid"]) == (3 * 2**20, 1, machine.processes.shell)
    assert (stat["rss"] * 4, statm["resident"] * 4) == (3 * 2**20, 3 * 2**20)
    assert stat["vsize"] == status["VmSize"] * 1024 == statm["size"] * 4096
    machine.processes.end(pid)
    machine.refresh()
    assert not machine.files.exists(f"/proc/{pid}")


def test_uptime_w_top_and_proc_agree(machine: Machine, parse: Parse) -> None:
    up = parse("uptime", "uptime")
    seconds = int(machine.clock.now - machine.system.boot)
    assert up["uptime_total_seconds"] == seconds // 60 * 60
    assert int(_file(machine, "proc_uptime", "/proc/uptime")["up_time"]) == seconds
    (screen,) = parse("top", "top -b -n 1")
    load = _file(machine, "proc_loadavg", "/proc/loadavg")
    assert (
        (up["load_1m"], up["load_5m"]) == (screen["load_1m"], screen["load_5m"]) == (load["load_1m"], load["load_5m"])
    )
    assert [row["user"] for row in parse("w", "w")] == ["root"]
    assert [row["user"] for row in parse("who", "who")] == ["root"]
    assert [row["user"] for row in parse("last", "last")] == ["root", "reboot"]


def test_processors(machine: Machine, parse: Parse) -> None:
    cores = _file(machine, "proc_cpuinfo", "/proc/cpuinfo")
    stat = _file(machine, "proc_stat", "/proc/stat")
    count = machine.system.cpu.cores
    rows = {row["field"]: row["data"] for row in json.loads(said(machine, "lscpu -J"))["lscpu"]}
    assert (rows["CPU(s):"], said(machine, "nproc")) == (str(count), f"{count}\n")
    assert (len(cores), len([key for key in stat if key.startswith("cpu") and key != "cpu"])) == (count, count)
    assert {core["model name"] for core in cores} == {machine.system.cpu.model}


def test_disks(machine: Machine, parse: Parse) -> None:
    df = {row["mounted_on"]: row for row in parse("df", "df")}
    assert df["/data"]["filesystem"] == "/dev/sdb1"
    assert {"/", "/boot/efi", "/data"} <= df.keys()
    blocks = {row["name"]: row for row in parse("lsblk", "lsblk -b")}
    assert "sdb1" in blocks
    assert {row["device"] for row in parse("blkid", "blkid")} == {"/dev/sda1", "/dev/sda2", "/dev/sdb1"}
    mounted = {row["mount_point"]: row for row in parse("mount", "mount")}
    assert mounted["/data"]["filesystem"] == "/dev/sdb1"
    assert {row["fs_file"] for row in _file(machine, "fstab", "/etc/fstab")} >= {"/", "/data"}
    assert {row["target"] for row in parse("findmnt", "findmnt")} == set(mounted)
    parts = {row["name"]: row for row in _file(machine, "proc_partitions", "/proc/partitions")}
    assert parts["sdb1"]["num_blocks"] == 2 * 2**30
    assert {row["device"] for row in _file(machine, "proc_diskstats", "/proc/diskstats")} == set(parts)
    assert _file(machine, "proc_swaps", "/proc/swaps")[0]["size"] == memory(machine).swap_total


def test_network(machine: Machine, parse: Parse) -> None:
    card = interfaces(machine)[1]
    machine.packages.install("apt" if machine.system.profile.like == "debian" else "dnf", "net-tools")
    machine.follow()
    found = {row["name"]: row for row in parse("ifconfig", "ifconfig")}
    assert (found[card.name]["ipv4_addr"], found[card.name]["mac_addr"]) == (str(card.four.ip), card.mac)
    assert found[card.name]["rx_bytes"] == card.counters.bytes_in
    counted = {row["interface"]: row for row in _file(machine, "proc_net_dev", "/proc/net/dev")}
    assert counted[card.name]["r_bytes"] == card.counters.bytes_in
    addresses = {row["ifname"]: row for row in json.loads(said(machine, "ip -j addr"))}
    assert addresses[card.name]["addr_info"][0]["local"] == str(card.four.ip)
    assert said(machine, "hostname -I").split() == [str(card.four.ip)]
    assert parse("ip_route", "ip route")[0]["dev"] == card.name
    open_ = listeners(machine)
    assert {row["local_port"] for row in parse("ss", "ss -tuln")} == {str(one.port) for one in open_}
    streams = {str(one.port) for one in open_ if one.protocol == "tcp"}
    assert {row["local_port"] for row in parse("netstat", "netstat -tln")} == streams
    assert parse("route", "route -n")[0]["iface"] == card.name
    assert parse("arp", "arp -a")[0]["iface"] == card.name


def test_names_and_dates(machine: Machine, parse: Parse) -> None:
    system = machine.system
    assert (parse("uname", "uname -a")["node_name"], parse("uname", "uname -a")["kernel_release"]) == (
        system.host,
        system.kernel,
    )
    assert parse("id", "id")["uid"] == {"id": 0, "name": "root"}
    assert parse("date", "date")["epoch_utc"] == int(machine.clock.now)
    assert parse("timedatectl", "timedatectl")["epoch_utc"] == int(machine.clock.now)
    people = {row["username"]: row for row in _file(machine, "passwd", "/etc/passwd")}
    assert people["alice"]["uid"] == 1000
    assert {row["group_name"] for row in _file(machine, "group", "/etc/group")} >= {"alice", "root"}
    assert {row["username"] for row in _file(machine, "shadow", "/etc/shadow")} == set(people)
    assert _file(machine, "hosts", "/etc/hosts")[0]["hostname"][0] == "localhost"
    assert _file(machine, "os_release", "/etc/os-release")["ID"] == system.os
    assert f"Linux version {system.kernel} " in machine.files.read("/proc/version").decode()
    if system.profile.compiler.startswith(("gcc (", "gcc version")):  # the parser knows no other compiler's name
        assert _file(machine, "proc_version", "/proc/version")["version"] == system.kernel
    assert {row["name"]: row for row in parse("env", "printenv")}["USER"]["value"] == "root"


def test_files(machine: Machine, parse: Parse) -> None:
    machine.files.sized("/data/model.pt", 5 * 2**30)
    (row,) = [row for row in parse("ls", "ls -l /data") if row["filename"] == "model.pt"]
    assert (row["size"], row["owner"]) == (5 * 2**30, "root")
    assert parse("stat", "stat /data/model.pt")[0]["size"] == 5 * 2**30
    assert parse("du", "du -s /data")[0]["size"] == 5 * 2**20 + 4


def test_modules_services_and_counters(machine: Machine, parse: Parse) -> None:
    loaded = {row["module"]: row["size"] for row in parse("lsmod", "lsmod")}
    assert {row["module"]: row["size"] for row in _file(machine, "proc_modules", "/proc/modules")} == loaded
    assert {row["unit"] for row in parse("systemctl", "systemctl")} >= {"dbus.service", "rsyslog.service"}
    assert parse("vmstat", "vmstat")[0]["free_mem"] == memory(machine).free
    assert parse("vmstat", "vmstat -w")[0]["buffer_mem"] == memory(machine).buffers
    tuned = parse("sysctl", "sysctl -a")
    assert (tuned["vm.swappiness"], tuned["kernel.hostname"]) == (60, machine.system.host)
    assert {row["filesystem"] for row in _file(machine, "proc_filesystems", "/proc/filesystems")} >= {"ext4", "proc"}
    assert len(_file(machine, "proc_interrupts", "/proc/interrupts")) >= 5
    assert _file(machine, "proc_vmstat", "/proc/vmstat")["nr_free_pages"] == memory(machine).free // 4
