"""What real machines printed, and what one of the same system prints here: the same titles, fields and columns."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from llm_kernel.machine import Machine
from llm_kernel.shell.call import Call
from tests.programs.running import answered

_TRUTH = Path(__file__).resolve().parents[3] / "shared" / "truth" / "linux"
pytestmark = pytest.mark.skipif(not _TRUTH.exists(), reason="the captures are not here")


@pytest.fixture(scope="module", params=[("ubuntu", "18.04"), ("centos", "7"), ("ubuntu", "20.04")], ids="-".join)
def machine(request: pytest.FixtureRequest) -> Machine:
    made = Machine()
    made.system.set_os(*request.param)
    for name in ("net-tools", "sysstat"):
        made.packages.install("yum" if made.system.os == "centos" else "apt", name)
    made.follow()
    return made


def _said(machine: Machine, line: str) -> list[str]:
    name, *args = shlex.split(line)
    answer = answered(Call(name, tuple(args), machine, env={"LANG": "en_US.UTF-8", "HOME": "/root"}))
    return str(answer.stdout).splitlines()


def _real(name: str) -> list[str]:
    return (_TRUTH / f"jc_{name}.txt").read_text().splitlines()


def _words(line: str) -> list[str]:
    return line.split()


def _keys(lines: list[str]) -> list[str]:
    return [re.split(r"\s*:", line, maxsplit=1)[0].strip() for line in lines]


def _shape(line: str) -> str:
    """A line with its numbers and names taken out, but not its marks."""
    return re.sub(r"\s+", " ", re.sub(r"[\w.]+", "x", line)).strip()


_TITLES = [
    ("ubuntu-18.04", "df", "df", 0),
    ("ubuntu-18.04", "df-h", "df -h", 0),
    ("centos-7", "df-h", "df -h", 0),
    ("ubuntu-18.04", "free", "free", 0),
    ("ubuntu-18.04", "free-h", "free -h", 0),
    ("ubuntu-18.04", "free-w", "free -w", 0),
    ("centos-7", "free-h", "free -h", 0),
    ("ubuntu-18.04", "lsblk", "lsblk", 0),
    ("centos-7", "lsblk", "lsblk", 0),
    ("ubuntu-18.04", "lsmod", "lsmod", 0),
    ("ubuntu-18.04", "netstat", "netstat", 1),
    ("ubuntu-18.04", "ps-axu", "ps axu", 0),
    ("centos-7", "ps-axu", "ps axu", 0),
    ("ubuntu-18.04", "ps-ef", "ps -ef", 0),
    ("ubuntu-18.04", "iostat", "iostat", 2),
    ("ubuntu-18.04", "iostat", "iostat", 5),
    ("ubuntu-18.04", "mpstat-A", "mpstat", 2),
    ("ubuntu-18.04", "vmstat-1-long", "vmstat", 0),
    ("ubuntu-18.04", "vmstat-1-long", "vmstat", 1),
    ("ubuntu-18.04", "w", "w", 1),
    ("ubuntu-18.04", "who", "who -H", 0),
    ("ubuntu-18.04", "dpkg-l", "dpkg -l", 0),
    ("ubuntu-18.04", "dpkg-l", "dpkg -l", 3),
    ("ubuntu-18.04", "systemctl", "systemctl", 0),
]


@pytest.mark.parametrize(("system", "name", "line", "row"), _TITLES)
def test_the_titles_are_the_real_ones(machine: Machine, system: str, name: str, line: str, row: int) -> None:
    if f"{machine.system.os}-{machine.system.release}" != system:
        pytest.skip("a capture of another system")
    real = _real(f"{'centos-7.7' if system == 'centos-7' else system}_{name}")[row]
    if name.startswith("mpstat"):
        real = re.sub(r"^\S+ \S+", "", real)
        assert _words(re.sub(r"^\S+ \S+", "", _said(machine, line)[row])) == _words(real)
    else:
        assert _words(_said(machine, line)[row]) == _words(real)


_SHAPES = [
    ("ubuntu-18.04", "uname-a", "uname -a", lambda lines: [re.sub(r"\d+", "9", lines[0]).count(" ")]),
    ("ubuntu-18.04", "uptime", "uptime", lambda lines: [re.sub(r".* load", "load", _shape(lines[0]))]),
    ("ubuntu-18.04", "timedatectl", "timedatectl", _keys),
    ("ubuntu-18.04", "timedatectl", "timedatectl", lambda lines: [line.index(":") for line in lines]),
    ("ubuntu-18.04", "blkid", "blkid", lambda lines: [re.findall(r"(\w+)=", x) for x in lines if "ext4" in x]),
    ("ubuntu-18.04", "pip-list-legacy", "pip list --format=legacy", lambda lines: {_shape(lines[0])}),
    (
        "ubuntu-18.04",
        "ifconfig",
        "ifconfig",
        lambda lines: [_shape(re.sub(r"\S+:\S*|<.*>", "", x)) for x in lines[-8:]],
    ),
]


@pytest.mark.parametrize(("system", "name", "line", "shape"), _SHAPES)
def test_the_rows_have_the_real_shape(
    machine: Machine, system: str, name: str, line: str, shape: Callable[[list[str]], object]
) -> None:
    if f"{machine.system.os}-{machine.system.release}" != system:
        pytest.skip("a capture of another system")
    assert shape(_said(machine, line)) == shape(_real(f"{system}_{name}"))


def test_proc_has_the_fields_of_the_kernel(machine: Machine) -> None:
    def ours(name: str) -> list[str]:
        return machine.files.read(f"/proc/{name}").decode().splitlines()

    if machine.system.release == "20.04":
        assert _keys(ours("meminfo")) == _keys(_real("linux-proc_meminfo"))
    wide = {line.split(":")[0]: len(line) for line in _real("linux-proc_meminfo")}
    assert {key: len(line) for key, line in zip(_keys(ours("meminfo")), ours("meminfo"), strict=True)}.items() <= {
        **wide,
        "CmaTotal": 27,
        "CmaFree": 27,
    }.items()
    fields = [key for key in _keys(_real("linux-proc_cpuinfo2")) if key]
    first = _keys(ours("cpuinfo"))[: len(fields)]
    if machine.system.os == "ubuntu":
        one = fields[: fields.index("power management") + 1]
        assert [key for key in first if key != "microcode"][: len(one)] == one
    assert _keys(ours("interrupts"))[-19:] == _keys(_real("linux-proc_interrupts"))[-19:]
    assert [line.split()[0] for line in ours("stat") if line[:3] != "cpu"] == [
        line.split()[0] for line in _real("linux-proc_stat") if line[:3] != "cpu"
    ]
    assert [len(line.split()) for line in ours("stat")][-1] == len(_real("linux-proc_stat")[-1].split())
    assert ours("swaps")[0] == _real("linux-proc_swaps")[0]
    assert ours("partitions")[:2] == _real("linux-proc_partitions")[:2]
    assert [_shape(line) for line in ours("loadavg")] == [_shape(line) for line in _real("linux-proc_loadavg")]
    assert set(ours("filesystems")) >= {line for line in _real("linux-proc_filesystems") if "btrfs" not in line} - {
        "nodev\tbinfmt_misc"
    }


def test_the_files_of_etc_have_the_real_lines(machine: Machine) -> None:
    def ours(path: str) -> list[str]:
        return machine.files.read(path).decode().splitlines()

    if machine.system.release == "18.04":
        assert _shape(ours("/etc/fstab")[-1]) == _shape(_real("ubuntu-18.04_fstab")[-1].partition("#")[0])
        assert [line for line in ours("/etc/crontab") if line[:1].isdigit()] == [
            line for line in _real("ubuntu-18.04_crontab-u") if line[:1].isdigit()
        ]
        real = _real("ubuntu-18.04_passwd")
        assert set(real[:18]) <= set(ours("/etc/passwd"))
    if machine.system.os == "centos":
        assert _keys(ours("/etc/os-release"))[0].split("=")[0] == _real("generic_os-release-centos")[0].split("=")[0]
