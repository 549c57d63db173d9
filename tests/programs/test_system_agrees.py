"""What a system tells of itself in one place, it tells in every other: on each of the systems."""

from __future__ import annotations

import re

import pytest

from tests.leaks import SYSTEMS, notebook

every_system = pytest.mark.parametrize("system", SYSTEMS)


@every_system
async def test_a_boot_has_one_identifier(system: str) -> None:
    book = notebook(system)
    name = (await book.said("tr -d - < /proc/sys/kernel/random/boot_id")).strip()
    assert re.search(r"Boot ID: (\S+)", await book.said("hostnamectl"))[1] == name  # type: ignore[index]
    assert re.findall(r"\b[0-9a-f]{32}\b", await book.said("journalctl --list-boots")) == [name]


@every_system
async def test_logs_end_when_they_were_written_last(system: str) -> None:
    book = notebook(system)
    log = "/var/log/messages" if system == "centos 7" else "/var/log/syslog"
    last = await book.said(f"tail -n 1 {log} | cut -c1-12")
    assert await book.said(f"stat -c %y {log}") >= await book.said(f"date -d '{last.strip()} 2021' '+%F %H:%M'")


@every_system
async def test_the_kernel_is_one_in_every_view(system: str) -> None:
    book = notebook(system)
    kernel = (await book.said("uname -r")).strip()
    boot = "initramfs-{}.img" if system == "centos 7" else "initrd.img-{}"
    named = [f"System.map-{kernel}", f"config-{kernel}", boot.format(kernel), f"vmlinuz-{kernel}"]
    assert sorted((await book.said(f"ls /boot | grep -F {kernel}")).split()) == sorted(named)
    assert await book.said("ls /lib/modules") == f"{kernel}\n"
    asked = "rpm -q kernel" if system == "centos 7" else f"dpkg-query -W -f '${{Package}}\\n' 'linux-image-{kernel}'"
    assert await book.said(asked) == (f"kernel-{kernel}\n" if system == "centos 7" else f"linux-image-{kernel}\n")


@every_system
async def test_processors_are_counted_alike(system: str) -> None:
    book = notebook(system)
    count = await book.said("nproc")
    assert await book.said("ls -d /sys/devices/system/cpu/cpu[0-9]* | wc -l") == count
    assert await book.said("cat /sys/devices/system/cpu/online") == f"0-{int(count) - 1}\n"


@every_system
async def test_the_network_card_is_one_in_every_view(system: str) -> None:
    book = notebook(system)
    found = re.search(r"2: (\w+):.*?link/ether (\S+)", await book.said("ip addr"), re.DOTALL)
    assert found
    assert await book.said(f"cat /sys/class/net/{found[1]}/address") == f"{found[2]}\n"


@every_system
async def test_memory_that_holds_devices_is_half_of_all(system: str) -> None:
    book = notebook(system)
    mounted = (await book.said("grep ' /dev devtmpfs ' /proc/mounts")).split()
    total = int((await book.said("awk '/MemTotal/ { print $2 }' /proc/meminfo")).strip())
    size = int(re.search(r"size=(\d+)k", mounted[3])[1])  # type: ignore[index]
    assert mounted[0] == ("devtmpfs" if system == "centos 7" else "udev")
    assert total * 0.49 < size < total * 0.5


@every_system
async def test_the_first_process_runs_a_file_that_is_there(system: str) -> None:
    book = notebook(system)
    place = (await book.said("readlink -f /proc/1/exe")).strip()
    folder = "/lib" if system == "ubuntu 18.04" else "/usr/lib"
    assert place == f"{folder}/systemd/systemd"
    assert await book.said("readlink -f /sbin/init") == f"{place}\n"


@every_system
async def test_the_makers_names_are_one_in_every_view(system: str) -> None:
    book = notebook(system)
    assert await book.said("dmidecode -s system-product-name") == await book.said("cat /sys/class/dmi/id/product_name")
    assert await book.said("dmidecode -s bios-version") == await book.said("cat /sys/class/dmi/id/bios_version")
