"""A fault on request shows in every program that would meet it: no room on the disk, no network."""

from __future__ import annotations

import pytest

from llm_kernel.events import Exit
from tests.notebook import Notebook, err

FULL = {
    "echo hi > /root/z": err("bash: line 1: echo: write error: No space left on device\n", 1),
    "cp /etc/passwd /root/y": err("cp: cannot create regular file '/root/y': No space left on device\n", 1),
    "dd if=/dev/zero of=/root/x bs=1M count=5": err("dd: error writing '/root/x': No space left on device\n", 1),
    "git init": err(
        "error: could not write config file /root/.git/config: No space left on device\n"
        "fatal: could not set 'core.repositoryformatversion' to '0'\n",
        128,
    ),
    "git -C /work add new": err(
        "error: file write error: No space left on device\nfatal: unable to write loose object file\n", 128
    ),
    "mkdir /root/d": err("mkdir: cannot create directory ‘/root/d’: No space left on device\n", 1),
    "python3 -m venv /root/v": err("Error: [Errno 28] No space left on device: '/root/v/pyvenv.cfg'\n", 1),
    "apt-get install -y tree >/dev/null": err(
        "E: You don't have enough free space in /var/cache/apt/archives/.\n", 100
    ),
}


async def _full() -> Notebook:
    book = Notebook(lambda request: "the model's\n")
    await book("%machine os ubuntu 20.04\nmkdir /work; git init -q /work; echo one > /work/new")
    await book("%machine fault disk full")
    return book


@pytest.mark.parametrize("line", FULL)
async def test_a_full_disk(line: str) -> None:
    assert await (await _full())(line) == FULL[line]


async def test_a_full_disk_keeps_packages_out() -> None:
    book = await _full()
    assert (await book.said("df --output=avail / | tail -1")).strip() == "0"
    assert (await book("apt-get install -y tree"))[-1] == Exit(100)
    assert await book("dpkg -s tree >/dev/null 2>&1") == [Exit(1)]
    said = "ERROR: Could not install packages due to an EnvironmentError: [Errno 28] No space left on device\n\n"
    assert await book("pip install rich >/dev/null") == err(said, 1)
    assert await book("pip show rich >/dev/null 2>&1") == [Exit(1)]


async def test_a_python_program_that_fills_the_disk_is_not_computed() -> None:
    book = await _full()
    code = 'python3 -c \'open("w", "w").write("x")\''
    await book(code)
    assert book.asked == [f"$ {code}"]
    assert await book.said("python3 -c 'print(1)'") == "1\n"


OFFLINE = {
    "scp a user@example.com:b": err(
        "ssh: Could not resolve hostname example.com: Temporary failure in name resolution\r\nlost connection\n", 1
    ),
    "rsync -a a 10.0.0.9:/b": err(
        "ssh: connect to host 10.0.0.9 port 22: Network is unreachable\r\n"
        "rsync: connection unexpectedly closed (0 bytes received so far) [sender]\n"
        "rsync error: unexplained error (code 255) at io.c(235) [sender=3.1.3]\n",
        255,
    ),
    "nc -zv example.com 80": err(
        'nc: getaddrinfo for host "example.com" port 80: Temporary failure in name resolution\n', 1
    ),
    "telnet example.com": err(
        "telnet: could not resolve example.com/telnet: Temporary failure in name resolution\n", 1
    ),
    "ping -c 1 8.8.8.8": err("ping: connect: Network is unreachable\n", 2),
    "curl https://example.com": err("curl: (6) Could not resolve host: example.com\n", 6),
    "ssh -T git@github.com": err(
        "ssh: Could not resolve hostname github.com: Temporary failure in name resolution\r\n", 255
    ),
}


@pytest.mark.parametrize("line", OFFLINE)
async def test_no_network(line: str) -> None:
    book = Notebook()
    await book("%machine os ubuntu 20.04\n%machine fault network down")
    assert await book(line) == OFFLINE[line]


async def test_the_resolver_without_a_network_reaches_nobody() -> None:
    book = Notebook()
    assert (await book("host nosuch.invalid"))[0].text == "Host nosuch.invalid not found: 3(NXDOMAIN)\n"
    await book("%machine fault network down")
    assert (await book("host google.com"))[0].text == "Host google.com not found: 2(SERVFAIL)\n"
    assert (await book("nslookup google.com"))[0].text.endswith("** server can't find google.com: SERVFAIL\n\n")


async def test_what_came_with_the_system_stays_where_it_is_when_it_is_asked_for() -> None:
    book = Notebook()
    await book("%machine os ubuntu 20.04")
    said = await book.said("pip install requests 2>/dev/null")
    assert await book.said("pip install requests 2>/dev/null") == said
    assert (await book.said("pip show requests | grep Location")) == "Location: /usr/lib/python3/dist-packages\n"
