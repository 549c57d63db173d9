"""Without a network each program fails in its own words, and what needs none goes on."""

from __future__ import annotations

import pytest

from llm_kernel.machine import Clock, Machine
from llm_kernel.machine.words import say
from llm_kernel.programs.answer import row_of
from llm_kernel.programs.unreachable import unreachable
from llm_kernel.shell.call import Answer, Call


def _machine(os: str = "ubuntu 20.04") -> Machine:
    machine = Machine(Clock())
    say(machine, ["os", *os.split()], "/")
    say(machine, ["install", "apt" if "ubuntu" in os else "yum", "git", "curl", "wget"], "/")
    say(machine, ["fault", "network", "down"], "/")
    return machine


def _said(line: str, machine: Machine | None = None) -> Answer | None:
    name, *args = line.split()
    return unreachable(Call(name, tuple(args), machine or _machine()))


@pytest.mark.parametrize(
    ("line", "stderr", "status"),
    [
        ("ping -c 1 example.com", "ping: example.com: Temporary failure in name resolution\n", 2),
        ("ping -c1 8.8.8.8", "ping: connect: Network is unreachable\n", 2),
        ("curl https://example.com/x", "curl: (6) Could not resolve host: example.com\n", 6),
        ("curl -sS example.com", "curl: (6) Could not resolve host: example.com\n", 6),
        ("curl -s example.com", "", 6),
        (
            "curl http://10.0.0.9:8080/",
            "curl: (7) Failed to connect to 10.0.0.9 port 8080: Network is unreachable\n",
            7,
        ),
        ("wget -q https://example.com/a.tar", "", 4),
        (
            "wget -O a https://example.com/a.tar",
            "--2021-04-01 09:00:00--  https://example.com/a.tar\n"
            "Resolving example.com (example.com)... failed: Temporary failure in name resolution.\n"
            "wget: unable to resolve host address ‘example.com’\n",
            4,
        ),
        (
            "git clone --depth 1 https://github.com/pytorch/examples.git",
            "Cloning into 'examples'...\n"
            "fatal: unable to access 'https://github.com/pytorch/examples.git/': Could not resolve host: github.com\n",
            128,
        ),
        (
            "git clone git@github.com:pytorch/examples.git there",
            "Cloning into 'there'...\n"
            "ssh: Could not resolve hostname github.com: Temporary failure in name resolution\n"
            "fatal: Could not read from remote repository.\n\n"
            "Please make sure you have the correct access rights\nand the repository exists.\n",
            128,
        ),
        ("ssh root@gpu1", "ssh: Could not resolve hostname gpu1: Temporary failure in name resolution\r\n", 255),
    ],
)
def test_it_fails_in_its_own_words(line: str, stderr: str, status: int) -> None:
    assert _said(line) == Answer("", stderr, status)


@pytest.mark.parametrize(
    "line",
    [
        "ping -c 1 localhost",
        "ping 127.0.0.1",
        "curl file:///etc/hosts",
        "curl http://localhost:8888/",
        "git status",
        "git clone /root/old new",
        "apt list",
        "ls",
        "nmap example.com",
    ],
)
def test_what_needs_no_network_goes_on(line: str) -> None:
    assert _said(line) is None


def test_apt_cannot_fetch() -> None:
    said = _said("apt-get update")
    assert said is not None
    assert str(said.stdout).splitlines()[:2] == [
        "Err:1 http://archive.ubuntu.com/ubuntu focal InRelease",
        "  Temporary failure resolving 'archive.ubuntu.com'",
    ]
    said = _said("apt-get install -y htop")
    assert said is not None
    assert (said.status, str(said.stderr).splitlines()[-1]) == (
        100,
        "E: Unable to fetch some archives, maybe run apt-get update or try with --fix-missing?",
    )


def test_the_table_gives_way_while_the_network_is_down_and_no_longer() -> None:
    machine = _machine()
    call = Call("apt-get", ("install", "-y", "htop"), machine)
    before = machine.clock.now
    down = row_of(call)
    assert down is not None
    assert down.run is not None
    assert machine.clock.now == before
    assert down.run(call).status == 100
    assert machine.clock.now > before
    assert machine.packages.find("apt", "htop") is None
    say(machine, ["fault", "network", "up"], "/")
    up = row_of(call)
    assert up is not None
    assert up.run is not down.run


def test_an_older_system_has_older_words() -> None:
    assert _said("ping example.com", _machine("centos 7")) == Answer(
        "", "ping: example.com: Name or service not known\n", 2
    )
    assert _said("ping 8.8.8.8", _machine("ubuntu 18.04")) == Answer("", "connect: Network is unreachable\n", 2)
