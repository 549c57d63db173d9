"""Small commands that tell of the system (loginctl, lsusb, modinfo, gpustat, chage, service); a lost GPU in lspci."""

from __future__ import annotations

import pytest

from llm_kernel.events import Exit
from tests.notebook import Notebook, err, out

TWO = "%machine os ubuntu 20.04\n%machine gpu 2 'GeForce RTX 3090'\n%machine driver 460.73.01"


async def _two() -> Notebook:
    notebook = Notebook()
    await notebook(TWO)
    return notebook


SESSIONS = {
    "centos 7": "   SESSION        UID USER             SEAT            \n"
    "         1          0 root                             \n",
    "ubuntu 18.04": "   SESSION        UID USER             SEAT             TTY             \n"
    "         1          0 root                              pts/0           \n",
    "ubuntu 20.04": "SESSION UID USER SEAT TTY  \n      1   0 root      pts/0\n",
    "debian 12": "SESSION UID USER SEAT TTY  \n      1   0 root      pts/0\n",
    "ubuntu 24.04": "SESSION UID USER SEAT TTY   STATE  IDLE SINCE\n      1   0 root -    pts/0 active no   -    \n",
}


@pytest.mark.parametrize("system", SESSIONS)
async def test_the_session_is_laid_out_as_the_release_does(system: str) -> None:
    book = Notebook()
    await book(f"%machine os {system}")
    assert await book("loginctl") == out(f"{SESSIONS[system]}\n1 sessions listed.\n")


async def test_usb_devices_are_chosen_by_their_ids() -> None:
    book = Notebook()
    said = "Bus 001 Device 003: ID 0557:2419 ATEN International Co., Ltd\n"
    assert await book("lsusb -d 0557:") == out(said)
    assert await book("lsusb -s 1:3") == out(said)
    assert await book("lsusb -d 10de:") == [Exit(1)]
    assert (await book.said("lsusb")).count("root hub") == 2


async def test_the_driver_says_its_version_everywhere() -> None:
    book = await _two()
    asked = "nvidia-smi --query-gpu=driver_version --format=csv,noheader -i 0"
    assert await book.said("modinfo -F version nvidia") == await book.said(asked) == "460.73.01\n"
    assert "NVIDIA UNIX x86_64 Kernel Module  460.73.01" in await book.said("cat /proc/driver/nvidia/version")
    assert (await book.said("modinfo nvidia-drm")).splitlines()[
        4
    ] == "depends:        nvidia-modeset,drm,drm_kms_helper"


async def test_gpustat_says_what_the_driver_says() -> None:
    book = await _two()
    await book("pip install -q gpustat 2>/dev/null")
    head, *rows = (await book.said("gpustat --no-color")).splitlines()
    host, stamp = await book.said("hostname"), await book.said("date '+%a %b %e %H:%M:%S %Y'")
    assert head == f"{host.strip():<19}  {stamp.strip()}  460.73.01"
    query = "name,temperature.gpu,utilization.gpu,memory.used,memory.total"
    asked = await book.said(f"nvidia-smi --query-gpu={query} --format=csv,noheader,nounits")
    told = [line.split(", ") for line in asked.splitlines()]
    assert rows == [
        f"[{number}] {name} | {heat:>3}'C, {load:>3} % | {used:>5} / {total:>5} MB |"
        for number, (name, heat, load, used, total) in enumerate(told)
    ]


async def test_a_lost_gpu_is_lost_to_every_command() -> None:
    book = await _two()
    await book("pip install -q gpustat 2>/dev/null\n%machine fault gpu 1 lost")
    rows = (await book.said("lspci -d 10de::0300")).splitlines()
    assert [row.rpartition("(")[2] for row in rows] == ["rev a1)", "rev ff)"]
    assert (await book.said("lspci -k -d 10de::0300")).splitlines()[-1] == "\t!!! Unknown header type 7f"
    assert (await book("gpustat"))[-1] == Exit(1)
    assert "GPU has fallen off the bus." in await book.said("dmesg | tail -1")


async def test_drivers_of_devices_are_shown_without_blank_lines() -> None:
    assert (await (await _two()).said("lspci -k -s 01:00.0")).splitlines()[1:] == [
        "\tKernel driver in use: nvidia",
        "\tKernel modules: nvidiafb, nouveau, nvidia_drm, nvidia",
    ]


async def test_an_account_ages_as_its_record_says() -> None:
    book = Notebook()
    day = "Apr 01, 2021"
    await book(f"sed -i 's/^root:\\([^:]*\\):[^:]*:0:99999:7:::/root:\\1:{18718}:2:30:5:10:19000:/' /etc/shadow")
    assert await book("chage -l root") == out(
        f"Last password change\t\t\t\t\t: {day}\nPassword expires\t\t\t\t\t: May 01, 2021\n"
        "Password inactive\t\t\t\t\t: May 11, 2021\nAccount expires\t\t\t\t\t\t: Jan 08, 2022\n"
        "Minimum number of days between password change\t\t: 2\n"
        "Maximum number of days between password change\t\t: 30\n"
        "Number of days of warning before password expires\t: 5\n"
    )
    assert await book("chage -l nobody2") == err("chage: user 'nobody2' does not exist in /etc/passwd\n", 1)


async def test_services_that_run_are_marked() -> None:
    book = await _two()
    assert await book("service --status-all") == out(" [ + ]  cron\n [ + ]  dbus\n [ + ]  rsyslog\n [ + ]  ssh\n")
    await book("systemctl stop cron")
    assert (await book.said("service --status-all")).startswith(" [ - ]  cron\n")


async def test_what_is_newer_than_the_index_is_kept() -> None:
    book = Notebook()
    await book("%machine clock '2021-04-01 09:00'\n%machine install numpy==1.24.4")
    assert (await book.said("pip install --upgrade numpy 2>/dev/null")).startswith(
        "Requirement already satisfied: numpy in "
    )
    assert (await book.said("pip list 2>/dev/null | grep numpy")).split() == ["numpy", "1.24.4"]


async def test_a_program_whose_package_is_taken_away_is_gone() -> None:
    book = await _two()
    await book("apt-get remove -y lsof")
    assert (await book("lsof"))[-1] == Exit(127)
    assert await book("which lsof") == [Exit(1)]
    await book("apt-get install -y lsof")
    assert await book.said("lsof | head -1 | cut -c1-7") == "COMMAND\n"
