"""What the archives, npm's registry and pip's index say when they are asked, and what of it is kept."""

from __future__ import annotations

import json
from datetime import datetime, timezone

import pytest

from llm_kernel.machine import Clock, Machine
from llm_kernel.programs.exact.apt import apt, apt_cache
from llm_kernel.programs.exact.dpkg import dpkg
from llm_kernel.programs.exact.npm import npm
from llm_kernel.programs.exact.pip import pip
from llm_kernel.programs.exact.rpm import rpm
from llm_kernel.shell.call import Answer, Call


def _machine(os: str = "ubuntu", release: str = "20.04") -> Machine:
    machine = Machine()
    machine.system.set_os(os, release)
    machine.packages.refit()
    machine.follow()
    return machine


def _call(machine: Machine, line: str, cwd: str = "/root") -> Call:
    name, *args = line.split()
    return Call(name, tuple(args), machine, cwd, {"USER": "root", "HOME": "/root"})


def test_apt_shows_the_record_of_a_package() -> None:
    text = str(apt_cache(_call(_machine(), "apt-cache show git")).stdout)
    assert text.splitlines()[:3] == ["Package: git", "Architecture: amd64", "Version: 1:2.25.1-1ubuntu3.11"]
    assert "Depends: git-man" in text.splitlines()


def test_apt_searches_names_and_shows_nothing_it_does_not_have() -> None:
    assert str(apt_cache(_call(_machine(), "apt-cache search -n ^htop$")).stdout).startswith("htop - ")
    assert apt(_call(_machine(), "apt show zzz")) == Answer(
        "",
        "\nWARNING: apt does not have a stable CLI interface. Use with caution in scripts.\n\n"
        "N: Unable to locate package zzz\nE: No packages found\n",
        100,
    )


def test_dpkg_knows_whose_a_file_is() -> None:
    assert dpkg(_call(_machine(), "dpkg -S /usr/bin/git")) == Answer("git: /usr/bin/git\n")
    assert dpkg(_call(_machine(), "dpkg -S /nowhere/x")).status == 1


def test_rpm_lists_what_is_installed() -> None:
    machine = _machine("centos", "7")
    rows = str(rpm(_call(machine, "rpm -qa")).stdout).splitlines()
    assert len(rows) == len(machine.packages.installed("dnf"))
    assert rpm(_call(machine, "rpm -q bash nothing")).status == 1
    assert str(rpm(_call(machine, "rpm -q nothing")).stdout) == "package nothing is not installed\n"


def test_npm_keeps_a_projects_packages_in_its_files() -> None:
    machine = _machine()
    assert npm(_call(machine, "npm install express@4.17.1")).status == 0
    assert json.loads(machine.files.read("/root/package.json")) == {"dependencies": {"express": "^4.17.1"}}
    assert npm(_call(machine, "npm ls")) == Answer("/root\n└── express@4.17.1\n\n")
    assert npm(_call(machine, "npm uninstall express")).status == 0
    assert npm(_call(machine, "npm ls")) == Answer("/root\n└── (empty)\n\n")


def test_npm_does_not_find_what_the_registry_has_not() -> None:
    machine = _machine()
    answer = npm(_call(machine, "npm install expres-no-such-thing"))
    assert (answer.status, "is not in this registry" in str(answer.stderr)) == (1, True)
    assert not machine.files.exists("/root/package.json")


def test_a_dry_run_and_a_download_put_nothing_there() -> None:
    machine = _machine()
    before = machine.packages.to_state()
    assert (
        str(pip(_call(machine, "pip install --dry-run six==1.15.0 flask")).stdout)
        .splitlines()[-1]
        .startswith("Would install")
    )
    assert pip(_call(machine, "pip download six==1.15.0")).status == 0
    assert machine.packages.to_state() == before
    assert machine.files.exists("/root/six-1.15.0-py3-none-any.whl")


def test_a_users_own_packages_are_at_home() -> None:
    machine = _machine()
    assert pip(_call(machine, "pip install --user -q six==1.15.0")).status == 0
    assert machine.files.exists("/root/.local/lib/python3.8/site-packages/six.py")
    assert str(pip(_call(machine, "pip freeze --user")).stdout) == "six==1.15.0\n"


@pytest.mark.parametrize(
    ("line", "freeze"),
    [
        ("install torch==1.8.0+cu111 -f https://download.pytorch.org/whl/torch_stable.html", "torch==1.8.0+cu111"),
        ("install torch==1.8.0+cpu -f https://download.pytorch.org/whl/torch_stable.html", "torch==1.8.0+cpu"),
    ],
)
def test_a_build_is_fetched_from_the_place_that_has_it(line: str, freeze: str) -> None:
    machine = _machine()
    assert pip(_call(machine, line.replace("install", "pip install", 1))).status == 0
    assert freeze in str(pip(_call(machine, "pip freeze")).stdout).splitlines()


def test_a_build_is_not_found_on_the_index_itself() -> None:
    assert pip(_call(_machine(), "pip install torch==1.8.0+cu111")).status == 1


def test_the_second_fetch_is_from_the_cache() -> None:
    machine = _machine()
    pip(_call(machine, "pip install six==1.13.0"))
    pip(_call(machine, "pip uninstall -y six"))
    assert "  Using cached six-1.13.0-py3-none-any.whl" in str(pip(_call(machine, "pip install six==1.13.0")).stdout)


def test_settings_are_kept_in_the_users_file() -> None:
    machine = _machine()
    assert pip(_call(machine, "pip config set global.timeout 60")) == Answer("Writing to /root/.config/pip/pip.conf\n")
    assert machine.files.read("/root/.config/pip/pip.conf") == b"[global]\ntimeout = 60\n\n"
    assert pip(_call(machine, "pip config list")) == Answer("global.timeout='60'\n")


def test_a_project_on_the_disk_is_installed_with_what_it_needs() -> None:
    machine = _machine()
    machine.files.write(
        "/root/p/setup.py",
        b"from setuptools import setup\nsetup(name='p', version='0.3', install_requires=['flask'])\n",
    )
    assert pip(_call(machine, "pip install -e ./p")).status == 0
    assert [package.version for package in machine.packages.installed("pip") if package.name == "p"] == ["0.3"]
    assert machine.packages.find("pip", "flask") is not None


def test_a_marker_that_does_not_hold_is_ignored() -> None:
    machine = _machine()
    machine.files.write("/root/r.txt", b"dataclasses; python_version < '3.7'\nsix\n")
    assert str(pip(_call(machine, "pip install -r r.txt")).stdout).splitlines()[0] == (
        "Ignoring dataclasses: markers 'python_version < \"3.7\"' don't match your environment"
    )


def test_npm_has_what_there_was_in_the_machines_month() -> None:
    found = {}
    for month in ("2019-06", "2021-04", "2024-04"):
        machine = Machine(Clock(datetime.fromisoformat(f"{month}-01").replace(tzinfo=timezone.utc).timestamp()))
        machine.packages.install("apt", "npm")
        found[month] = [str(npm(_call(machine, f"npm view {name} version")).stdout) for name in ("express", "lodash")]
    assert found == {
        "2019-06": ["4.17.1\n", "4.17.11\n"],
        "2021-04": ["4.17.1\n", "4.17.21\n"],
        "2024-04": ["4.19.2\n", "4.17.21\n"],
    }


def test_npm_begins_a_project_as_its_directory_is_called() -> None:
    machine = Machine()
    assert npm(_call(machine, "npm init -y")).status == 0
    kept = json.loads(machine.files.read("/root/package.json"))
    assert (kept["name"], kept["version"], kept["license"]) == ("root", "1.0.0", "ISC")
