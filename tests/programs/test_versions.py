"""What programs say of their versions, which are those that the release's archive has."""

from __future__ import annotations

import pytest

from llm_kernel.events import Exit, Text
from llm_kernel.machine.catalog import load
from llm_kernel.machine.profiles import PROFILES
from tests.notebook import Notebook

GCC = {"bionic": "7.5.0", "focal": "9.3.0", "jammy": "11.4.0", "noble": "13.3.0", "bullseye": "10.2.1"}


async def notebook(system: str, *packages: str) -> Notebook:
    made = Notebook(lambda _: "from the model")
    await made(f"%machine os {system}")
    for name in packages:
        made.machine.packages.install("apt", name)
    return made


async def test_the_compiler_has_one_version_in_all_its_answers() -> None:
    for os, release in (("ubuntu", "18.04"), ("ubuntu", "20.04"), ("ubuntu", "22.04"), ("debian", "11")):
        made = await notebook(f"{os} {release}", "gcc")
        version = GCC[made.machine.system.profile.codename]
        assert (await made.said("gcc --version")).split("\n")[0].split(") ")[1].split()[0] == version
        assert await made.said("gcc -dumpfullversion") == version + "\n"
        assert await made.said("gcc -dumpversion") == version.split(".")[0] + "\n"


async def test_versions_are_those_that_the_archive_lists() -> None:
    made = await notebook("ubuntu 22.04", "cmake", "nodejs", "npm")
    assert await made.said("cmake --version | head -1") == "cmake version 3.22.1\n"
    assert await made.said("dpkg -s cmake | grep ^Version") == "Version: 3.22.1-1ubuntu1.22.04.1\n"
    assert await made.said("node --version") == "v12.22.9\n"
    assert await made.said("npm -v") == "8.5.1\n"
    assert made.requests == []


async def test_a_package_of_pip_goes_before_the_archives() -> None:
    made = await notebook("ubuntu 22.04")
    made.machine.packages.install("pip", "cmake", "3.21.2")
    assert (await made.said("cmake --version")).split("\n")[0] == "cmake version 3.21.2"


async def test_what_is_not_installed_has_no_version() -> None:
    made = await notebook("ubuntu 20.04")
    assert (await made("gcc --version"))[-1] == Exit(127)
    assert made.requests == []


async def test_ssh_writes_to_standard_error() -> None:
    made = await notebook("ubuntu 20.04")
    said = "OpenSSH_8.2p1 Ubuntu-4ubuntu0.11, OpenSSL 1.1.1f  31 Mar 2020\n"
    assert await made("ssh -V") == [Text("stderr", said), Exit(0)]


async def test_the_librarys_own_tools_are_of_the_release_too() -> None:
    made = await notebook("ubuntu 20.04")
    said = {
        "tar": "tar (GNU tar) 1.30",
        "grep": "grep (GNU grep) 3.4",
        "find": "find (GNU findutils) 4.7.0",
        "gzip": "gzip 1.10",
        "sed": "sed (GNU sed) 4.7",
        "diff": "diff (GNU diffutils) 3.7",
        "ldd": "ldd (Ubuntu GLIBC 2.31-0ubuntu9.2) 2.31",
    }
    assert {name: (await made.said(f"{name} --version")).split("\n")[0] for name in said} == said


async def test_what_nobody_wrote_down_is_the_models() -> None:
    made = await notebook("ubuntu 20.04")
    assert await made.said("bzip2 --version") == "from the model\n"
    assert await made.said("curl --version -s") == "from the model\n"


@pytest.mark.parametrize("row", load("versions")["programs"], ids=lambda row: f"{row['names']} {row['asked']}")
def test_facts_are_of_releases_or_of_versions(row: dict[str, object]) -> None:
    codenames = {made.codename.lower() for made in PROFILES.values()}
    facts = row.get("facts", {})
    assert isinstance(facts, dict)
    for key, values in facts.items():
        assert "{" + key + "}" in str(row["text"]) + str(load("versions")["blocks"]) or key == "v"
        assert all(name in codenames or name[0].isdigit() for name in values), key


async def test_tools_that_the_library_plays_have_the_banners_of_their_packages() -> None:
    made = await notebook("ubuntu 20.04", "tree")
    for line, said in {
        "cat --version | head -1": "cat (GNU coreutils) 8.30\n",
        "tail --version | tail -2": "Written by Paul Rubin, David MacKenzie, Ian Lance Taylor,\nand Jim Meyering.\n",
        "xargs --version | head -1": "xargs (GNU findutils) 4.7.0\n",
        "tree --version | cut -c1-29": "tree v1.8.0 (c) 1996 - 2018 b\n",
        "pgrep -V": "pgrep from procps-ng 3.3.16\n",
    }.items():
        assert await made.said(line) == said
    assert made.requests == []


@pytest.mark.parametrize(
    ("system", "said"),
    [
        (
            "ubuntu 18.04",
            "systemd 237\nip utility, iproute2-ss180129\nss utility, iproute2-ss180129\n"
            "grep (GNU grep) 3.1\nless 487 (",
        ),
        (
            "ubuntu 22.04",
            "systemd 249 (249.11-0ubuntu3.11)\nip utility, iproute2-5.15.0, libbpf 0.5.0\n"
            "ss utility, iproute2-5.15.0\ngrep (GNU grep) 3.7\nless 590 (",
        ),
        (
            "debian 12",
            "systemd 252 (252.19-1~deb12u1)\nip utility, iproute2-6.1.0, libbpf 1.1.2\n"
            "ss utility, iproute2-6.1.0\ngrep (GNU grep) 3.8\nless 590 (",
        ),
        (
            "centos 7",
            "systemd 219\nip utility, iproute2-ss170501\nss utility, iproute2-ss170501\n"
            "grep (GNU grep) 2.20\nless 458 (",
        ),
    ],
)
async def test_tools_of_the_system_are_those_of_its_release(system: str, said: str) -> None:
    made = await notebook(system)
    told = await made.said(
        "systemctl --version | head -1; ip -V; ss -V; grep --version | head -1; "
        "less --version | head -1 | cut -d'G' -f1"
    )
    assert told == said + "\n"
    manager = await made.said("journalctl --version")
    assert [await made.said(f"{name} --version") for name in ("systemctl --no-pager", "hostnamectl")] == [manager] * 2
    assert made.requests == []


async def test_an_old_pip_has_no_commands_of_later_ones() -> None:
    made = await notebook("ubuntu 18.04")
    for command in ("config list", "cache dir", "index versions torch"):
        said = f'ERROR: unknown command "{command.split()[0]}"\n'
        assert await made(f"pip {command}") == [Text("stderr", said), Exit(1)]
