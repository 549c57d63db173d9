"""A port at which nobody listens refuses every client in its own words; a server that runs is reached."""

from __future__ import annotations

import pytest

from llm_kernel.machine import Clock, Machine
from llm_kernel.machine.words import say
from llm_kernel.programs.refused import refused
from llm_kernel.shell.call import Answer, Call
from tests.notebook import Notebook, err, out


def _machine(os: str = "ubuntu 20.04") -> Machine:
    machine = Machine(Clock())
    say(machine, ["os", *os.split()], "/")
    return machine


def _said(line: str, os: str = "ubuntu 20.04") -> Answer | None:
    name, *args = line.split()
    return refused(Call(name, tuple(args), _machine(os)))


CURL = "curl: (7) Failed to connect to localhost port 8000"


@pytest.mark.parametrize(
    ("os", "said"),
    [
        ("centos 7", "curl: (7) Failed connect to localhost:8000; Connection refused\n"),
        ("ubuntu 18.04", f"{CURL}: Connection refused\n"),
        ("ubuntu 20.04", f"{CURL}: Connection refused\n"),
        ("ubuntu 22.04", f"{CURL} after 0 ms: Connection refused\n"),
        ("debian 12", f"{CURL} after 0 ms: Couldn't connect to server\n"),
        ("ubuntu 24.04", f"{CURL} after 0 ms: Couldn't connect to server\n"),
    ],
)
def test_curl_says_it_as_its_release_does(os: str, said: str) -> None:
    assert _said("curl localhost:8000", os) == Answer("", said, 7)


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("curl -s http://127.0.0.1:9/x", Answer("", "", 7)),
        ("curl -sS 127.0.0.1", Answer("", "curl: (7) Failed to connect to 127.0.0.1 port 80: Connection refused\n", 7)),
        ("wget -q localhost", Answer("", "", 4)),
        ("nc -z localhost 8000", Answer("", "", 1)),
        ("nc -zv localhost 22", Answer("", "Connection to localhost 22 port [tcp/ssh] succeeded!\n", 0)),
        ("nc -vz 127.0.0.1 81", Answer("", "nc: connect to 127.0.0.1 port 81 (tcp) failed: Connection refused\n", 1)),
        ("ssh -p 2222 localhost", Answer("", "ssh: connect to host localhost port 2222: Connection refused\r\n", 255)),
        (
            "telnet 127.0.0.1 25",
            Answer("Trying 127.0.0.1...\n", "telnet: Unable to connect to remote host: Connection refused\n", 1),
        ),
        ("curl -s http://example.com", None),
        ("curl -s -w %{http_code} localhost", None),
        ("ssh localhost", None),
        ("curl file:///etc/hosts", None),
    ],
)
def test_each_client_has_its_words(line: str, answer: Answer | None) -> None:
    assert _said(line) == answer


def test_wget_tries_each_address_that_the_table_of_hosts_has() -> None:
    said = _said("wget http://localhost:8000/a", "debian 12")
    assert said is not None
    assert said.stderr.splitlines()[1:] == [
        "Resolving localhost (localhost)... ::1, 127.0.0.1",
        "Connecting to localhost (localhost)|::1|:8000... failed: Connection refused.",
        "Connecting to localhost (localhost)|127.0.0.1|:8000... failed: Connection refused.",
    ]


async def test_a_server_that_runs_is_reached() -> None:
    notebook = Notebook({"flask": "@ spend 900\n", "curl": "<h1>hello</h1>\n"})
    line = "curl -sS localhost:8000"
    assert await notebook(line) == err(f"{CURL}: Connection refused\n", 7)
    await notebook("%machine install pip flask\nflask run -p 8000 > log 2>&1 &\nsleep 1")
    assert await notebook(line) == out("<h1>hello</h1>\n")
