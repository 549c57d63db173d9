"""Whatever was done before, the programs agree: each fact has one place, and every view reads it there."""

from __future__ import annotations

import asyncio
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from llm_kernel.machine import Machine
from llm_kernel.programs.sizes import disk_bytes
from tests.notebook import Notebook

_CELLS = st.sampled_from(
    [
        "%machine os ubuntu 18.04",
        "%machine os ubuntu 24.04",
        "%machine os debian 12",
        "%machine os centos 7",
        "%machine memory 8G",
        "%machine memory 512G",
        "%machine cpu '2x AMD EPYC 7742'",
        "%machine cpu '4 cores'",
        "%machine disk /data 2T",
        "%machine disk / 4T",
        "%machine host node7",
        "%machine user bob",
        "%machine user carol --login",
        "mkdir -p work/a work/b; echo hello > work/a/one; cp work/a/one work/b/two",
        "mkdir -p work; truncate -s 3G work/big; ln -f work/big work/same",
        "mkdir -p work; head -c 5000 /dev/zero > work/five; ln -sf five work/link",
        "mv work moved 2>/dev/null; mkdir -p work",
        "rm -rf work moved",
        "mkdir -p work; touch -d 2020-01-02 work/old; chmod 600 work/old",
        "sleep 90",
        "systemctl stop cron",
        "systemctl restart rsyslog",
        "sysctl -w vm.swappiness=10 >/dev/null",
    ]
)


@settings(max_examples=4, deadline=None, derandomize=True)
@given(st.lists(_CELLS, min_size=1, max_size=6))
def test_after_any_cells_every_view_is_of_one_machine(cells: list[str]) -> None:
    asyncio.run(_all_agree(cells))


async def _all_agree(cells: list[str]) -> None:
    notebook = Notebook()
    for cell in cells:
        await notebook(cell)
    await notebook("cd ~; mkdir -p work")
    await _files_agree(notebook)
    await _disks_agree(notebook)
    await _memory_agrees(notebook)
    await _processes_agree(notebook)
    await _processors_agree(notebook)
    await _names_agree(notebook)


async def _files_agree(notebook: Notebook) -> None:
    found = (await notebook.said("find work -printf '%s %m %y %p\\n' | sort -k4")).splitlines()
    stats = (await notebook.said("find work -exec stat -c '%s %a %F %n' {} +")).splitlines()
    kinds = {"d": "directory", "l": "symbolic link", "f": "regular file"}
    told = [re.sub(r"^(\S+ \S+) regular empty file ", r"\1 regular file ", line) for line in stats]
    wanted = [line.split(" ", 3) for line in found]
    assert sorted(told) == sorted(f"{size} {mode} {kinds[kind]} {path}" for size, mode, kind, path in wanted)
    listed = (await notebook.said("ls -lR --time-style=+%s work")).splitlines()
    files = sorted(int(line.split()[4]) for line in listed if line.startswith("-"))
    assert files == sorted(int(size) for size, _, kind, _ in wanted if kind == "f")


async def _disks_agree(notebook: Notebook) -> None:
    machine = notebook.machine
    taken = int((await notebook.said("du -s work")).split()[0])
    account = machine.system.account(machine.system.user)
    assert account
    top = f"{account.home}/work"
    stats = [machine.files.lstat(path) for path in [top, *machine.files.walk(top)]]
    assert taken == sum(disk_bytes(stat) for stat in {stat.ino: stat for stat in stats}.values()) // 1024
    for mount, device in ((disk.mount, disk.device) for disk in machine.system.disks):
        row = (await notebook.said(f"df -k --output=source,size,used,avail {mount} | tail -1")).split()
        block = (await notebook.said(f"findmnt -bno SOURCE,SIZE,USED,AVAIL {mount}")).split()
        assert row[0] == block[0] == device
        assert [int(size) * 1024 for size in row[1:]] == [int(size) for size in block[1:]]
        assert (await notebook.said(f"lsblk -no MOUNTPOINT {device}")).strip() == mount
    before = int(await notebook.said("df -k --output=used . | tail -1"))
    await notebook("truncate -s 1G work/more")
    assert int(await notebook.said("df -k --output=used . | tail -1")) - before == 2**20
    await notebook("rm work/more")
    assert int(await notebook.said("df -k --output=used . | tail -1")) == before


async def _memory_agrees(notebook: Notebook) -> None:
    free = [int(part) for part in (await notebook.said("free -k")).splitlines()[1].split()[1:]]
    info = {
        key: int(value.split()[0])
        for key, value in (line.split(":") for line in (await notebook.said("cat /proc/meminfo")).splitlines())
    }
    assert (free[0], free[2], free[5]) == (info["MemTotal"], info["MemFree"], info["MemAvailable"])
    assert free[4] == info["Buffers"] + info["Cached"] + info["SReclaimable"]
    stats = await notebook.said("vmstat -s")
    assert f"{free[0]} K total memory" in stats
    assert f"{free[2]} K free memory" in stats
    top = await notebook.said("top -bn1 -E k")
    line = next(line for line in top.splitlines() if line.startswith("KiB Mem"))
    assert [int(part) for part in re.findall(r"\d+(?= )", line)] == [free[0], free[2], free[1], free[4]]


async def _processes_agree(notebook: Notebook) -> None:
    machine = notebook.machine
    table = {process.pid: process for process in machine.processes.running()}
    rows = {}
    for line in (await notebook.said("ps -eo pid,ppid,rss,stat,comm --no-headers")).splitlines():
        pid, ppid, rss, state, name = line.split(None, 4)
        if name.strip() != "ps":
            rows[int(pid)] = (int(ppid), int(rss), state[0], name.strip())
    assert rows.keys() == table.keys()
    there = {int(name) for name in (await notebook.said("ls /proc")).split() if name.isdigit()}
    assert there == rows.keys()
    for pid, (ppid, rss, state, name) in rows.items():
        status = dict(line.split(":\t", 1) for line in machine.files.read(f"/proc/{pid}/status").decode().splitlines())
        assert (int(status["PPid"]), status["State"][0], status["Name"]) == (ppid, state, name)
        assert int(status.get("VmRSS", "0 kB").split()[0]) == rss
    up = (await notebook.said("uptime")).split(",  1 user")[0].split("up ")[1]
    assert f"up {up}," in await notebook.said("w")
    assert f"up {up}," in await notebook.said("top -bn1 | head -1")


async def _processors_agree(notebook: Notebook) -> None:
    count = notebook.machine.system.cpu.cores
    assert int(await notebook.said("nproc")) == count
    assert int(await notebook.said("grep -c ^processor /proc/cpuinfo")) == count
    assert int(await notebook.said("grep -c '^cpu[0-9]' /proc/stat")) == count
    assert int(await notebook.said("getconf _NPROCESSORS_ONLN")) == count
    assert (await notebook.said("lscpu | grep '^CPU(s):'")).split()[-1] == str(count)
    assert len((await notebook.said("lscpu -p | grep -v '^#'")).splitlines()) == count


async def _names_agree(notebook: Notebook) -> None:
    system = notebook.machine.system
    host = {(await notebook.said(line)).strip() for line in ("hostname", "uname -n", "cat /etc/hostname")}
    assert host | {(await notebook.said("sysctl -n kernel.hostname")).strip()} == {system.host}
    assert (await notebook.said("whoami")).strip() == (await notebook.said("id -un")).strip() == system.user
    assert (await notebook.said(f"getent passwd {system.user}")).split(":")[0] == system.user
    assert system.kernel in await notebook.said("cat /proc/version")
    address = (await notebook.said("hostname -I")).strip()
    assert f"inet {address}/" in await notebook.said("ip -4 addr")


def test_a_machine_agrees_with_itself_before_anything_was_done() -> None:
    asyncio.run(_all_agree([]))
    assert Machine().files.is_dir("/proc/1")
