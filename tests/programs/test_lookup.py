"""Where programs stand, and what each system says about a word that is none."""

from __future__ import annotations

import pytest

from llm_kernel.machine import Machine
from llm_kernel.machine.profiles import PROFILES
from llm_kernel.programs.exact.dpkg import dpkg
from llm_kernel.programs.exact.lookup import DEFAULT_PATH, hidden, not_found, whereis, which, which_program
from llm_kernel.programs.exact.rpm import rpm
from llm_kernel.shell.call import Answer, Call


def _machine(os: str = "ubuntu", release: str = "20.04") -> Machine:
    machine = Machine()
    machine.system.set_os(os, release)
    machine.packages.refit()
    machine.follow()
    return machine


def _which(machine: Machine, *args: str) -> Answer:
    return which_program(Call("which", args, machine, env={"PATH": DEFAULT_PATH}))


def test_which_names_the_first_file_of_each() -> None:
    machine = _machine(release="18.04")
    assert _which(machine, "python3", "ls") == Answer("/usr/bin/python3\n/bin/ls\n")
    assert _which(machine, "git", "zzz") == Answer("/usr/bin/git\n", "", 1)


def test_a_program_is_found_once_it_is_installed() -> None:
    machine = _machine()
    assert which(machine, "gcc") == []
    machine.packages.install("apt", "gcc")
    assert which(machine, "gcc") == ["/usr/bin/gcc"]


@pytest.mark.parametrize("key", PROFILES)
def test_every_program_that_is_found_is_a_file_that_a_package_owns(key: tuple[str, str]) -> None:
    machine = _machine(*key)
    manager, packages = machine.packages.archive, machine.packages.installed(machine.packages.archive)
    names = {name for package in packages for name in package.commands} | machine.packages.all_commands()
    found = [files[0] for name in sorted(names) if (files := which(machine, name))]
    stats = {file: machine.files.stat(file) for file in found}
    assert [file for file, stat in stats.items() if stat.kind != "file" or not stat.size or not stat.mode & 0o111] == []
    assert len(found) > 500
    ask, flag = (dpkg, "-S") if manager == "apt" else (rpm, "-qf")
    assert ask(Call(manager, (flag, *found), machine)).stderr == ""
    assert "is not owned" not in str(ask(Call(manager, (flag, *found), machine)).stdout)
    assert str(ask(Call(manager, (flag, "/usr/bin/pip3"), machine)).stdout).startswith("python3-pip")


def test_a_file_of_the_same_name_elsewhere_is_no_packages() -> None:
    machine = _machine()
    machine.packages.install("conda", "conda")
    machine.follow()
    said = dpkg(Call("dpkg", ("-S", "/opt/conda/bin/pip", "/usr/bin/pip", "/root/ls"), machine))
    assert said == Answer(
        "python3-pip: /usr/bin/pip\n",
        "dpkg-query: no path found matching pattern /opt/conda/bin/pip\n"
        "dpkg-query: no path found matching pattern /root/ls\n",
        1,
    )


def test_bionic_starts_from_directories_of_its_own() -> None:
    places = {name: which(_machine(release="18.04"), name) for name in ("dumpe2fs", "zgrep", "bzless", "dmidecode")}
    assert places == {
        "dumpe2fs": ["/sbin/dumpe2fs"],
        "zgrep": ["/bin/zgrep"],
        "bzless": ["/bin/bzless"],
        "dmidecode": ["/usr/sbin/dmidecode"],
    }


def test_a_file_of_ones_own_is_a_program_where_it_may_be_executed() -> None:
    machine = _machine()
    machine.files.write("/root/bin/greet", b"#!/bin/sh\n", mode=0o644)
    assert which(machine, "greet", "/root/bin") == []
    machine.files.chmod("/root/bin/greet", 0o755)
    assert which(machine, "greet", f"/root/bin:{DEFAULT_PATH}") == ["/root/bin/greet"]
    assert which(machine, "./bin/greet", DEFAULT_PATH, "/root") == ["./bin/greet"]


def test_an_option_which_does_not_have() -> None:
    assert _which(_machine(), "-x") == Answer("", "Illegal option -x\nUsage: which [-a] args\n", 2)


def test_on_centos_which_says_where_it_looked() -> None:
    assert _which(_machine("centos", "7"), "zzz") == Answer("", f"/usr/bin/which: no zzz in ({DEFAULT_PATH})\n", 1)


def test_whereis_adds_the_manual() -> None:
    assert whereis(Call("whereis", ("curl", "zzz"), _machine(release="18.04"))) == Answer(
        "curl: /usr/bin/curl /usr/share/man/man1/curl.1.gz\nzzz:\n"
    )


_HTOP = """
Command 'tree' not found, but can be installed with:

apt install tree

"""
_DOCKER = """Command 'docker' not found, but can be installed with:
snap install docker         # version 24.0.5, or
apt  install docker.io      # version 24.0.5-0ubuntu1~22.04.1
apt  install podman-docker  # version 3.4.4+ds1-1ubuntu1.22.04.2
See 'snap info docker' for additional versions.
"""
_TRACE = """Command 'traceroute' not found, but can be installed with:
apt install traceroute            # version 1:2.1.0-2, or
apt install inetutils-traceroute  # version 2:2.2-2ubuntu0.1
"""
_PYTHON = """Command 'python' not found, did you mean:
  command 'python3' from deb python3
  command 'python' from deb python-is-python3
"""


@pytest.mark.parametrize(
    ("os", "release", "name", "text"),
    [
        ("ubuntu", "20.04", "tree", _HTOP),
        ("ubuntu", "18.04", "tree", _HTOP),
        ("ubuntu", "22.04", "tree", _HTOP.replace("\n\n", "\n").lstrip()),
        ("ubuntu", "22.04", "docker", _DOCKER),
        ("ubuntu", "22.04", "traceroute", _TRACE),
        ("ubuntu", "22.04", "python", _PYTHON),
        (
            "ubuntu",
            "22.04",
            "kubectl",
            "Command 'kubectl' not found, but can be installed with:\nsnap install kubectl\n",
        ),
        ("ubuntu", "22.04", "qqqqq", "qqqqq: command not found\n"),
        ("ubuntu", "22.04", "./nope", "bash: ./nope: No such file or directory\n"),
        ("debian", "12", "tree", "bash: tree: command not found\n"),
        ("centos", "7", "tree", "bash: tree: command not found\n"),
    ],
)
def test_each_system_has_its_own_words(os: str, release: str, name: str, text: str) -> None:
    assert not_found(_machine(os, release), name) == text


@pytest.mark.parametrize("slip", ["gti", "gitt", "got", "gi t".replace(" ", "q")])
def test_a_slip_is_answered_with_what_was_meant(slip: str) -> None:
    said = not_found(_machine(release="22.04"), slip).splitlines()
    assert said[0] == f"Command '{slip}' not found, did you mean:"
    assert "  command 'git' from deb git (1:2.34.1-1ubuntu1.10)" in said
    assert said[-1] == "Try: apt install <deb name>"


def test_a_user_is_told_to_use_sudo() -> None:
    machine = _machine(release="22.04")
    machine.system.user = "ann"
    assert not_found(machine, "tree") == "Command 'tree' not found, but can be installed with:\nsudo apt install tree\n"


def test_a_program_that_path_does_not_lead_to_is_said_to_be_elsewhere() -> None:
    assert hidden(_machine(release="22.04"), "ls", ["/usr/bin/ls", "/bin/ls"]) == (
        "Command 'ls' is available in the following places\n * /bin/ls\n * /usr/bin/ls\n"
        "The command could not be located because '/bin:/usr/bin' is not included in the PATH environment variable.\n"
        "ls: command not found\n"
    )
