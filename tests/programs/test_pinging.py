"""``ping`` and the resolver: who answers, from where, and that every program tells the same address."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_kernel.machine import Clock, Machine
from llm_kernel.machine.hosts import resolve, road
from llm_kernel.machine.words import say
from tests.notebook import Notebook, out

NAMES = ["github.com", "google.com", "www.university.edu", "ubuntu"]


async def test_an_address_that_answers() -> None:
    notebook = Notebook(machine=Machine(Clock()))
    assert await notebook("ping -c 2 8.8.8.8") == out(
        "PING 8.8.8.8 (8.8.8.8) 56(84) bytes of data.\n"
        "64 bytes from 8.8.8.8: icmp_seq=1 ttl=51 time=21.4 ms\n"
        "64 bytes from 8.8.8.8: icmp_seq=2 ttl=51 time=20.9 ms\n"
        "\n"
        "--- 8.8.8.8 ping statistics ---\n"
        "2 packets transmitted, 2 received, 0% packet loss, time 1002ms\n"
        "rtt min/avg/max/mdev = 20.867/21.152/21.438/0.286 ms\n"
    )
    assert notebook.asked == []


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("-c 1 -W 1 10.9.8.7", "1 packets transmitted, 0 received, 100% packet loss, time 0ms\n\n"),
        ("-c 1 192.168.1.200", "1 packets transmitted, 0 received, +1 errors, 100% packet loss, time 0ms\npipe 1\n"),
    ],
)
async def test_an_address_that_does_not_answer(target: str, said: str) -> None:
    notebook = Notebook(machine=Machine(Clock()))
    assert (await notebook.said(f"ping {target} | tail -n 2; echo ${{PIPESTATUS[0]}}")) == f"{said}1\n"


@pytest.mark.parametrize("name", ["nosuch", "printer.invalid", "a..com", "a-.com", "x" * 64 + ".com", "shop.test"])
async def test_a_name_that_nobody_has(name: str) -> None:
    notebook = Notebook(machine=Machine(Clock()))
    assert await notebook.said(f"ping -c 1 ./{name} 2>&1 | cut -c1-4; host {name}; true") == (
        f"ping\nHost {name} not found: 3(NXDOMAIN)\n"
    )
    assert resolve(notebook.machine, name) is None


@pytest.mark.parametrize("name", NAMES)
async def test_every_program_tells_the_same_address(name: str) -> None:
    notebook = Notebook(machine=Machine(Clock()))
    address = await notebook.said(f"dig +short {name}")
    assert address == f"{resolve(notebook.machine, name)}\n"
    assert await notebook.said(f"getent hosts {name} | awk '{{print $1}}'") == address
    assert await notebook.said(f"host {name} | awk '{{print $NF}}'") == address
    assert await notebook.said(f"nslookup {name} | awk '/^Address/ {{a = $2}} END {{print a}}'") == address
    assert await notebook.said(f"ping -c 1 {name} | sed -n '1s/^[^(]*(\\([0-9.]*\\)).*/\\1/p'") == address


async def test_a_line_of_etc_hosts_names_a_computer() -> None:
    notebook = Notebook(machine=Machine(Clock()))
    await notebook("echo '192.168.1.1 router # the box' >> /etc/hosts")
    assert await notebook.said("ping -c 1 router | sed -n 2p | cut -d: -f1; host 192.168.1.1") == (
        "64 bytes from router (192.168.1.1)\n1.1.168.192.in-addr.arpa domain name pointer router.\n"
    )


async def test_a_ping_without_an_end_ends_by_itself_and_says_so() -> None:
    notebook = Notebook(machine=Machine(Clock()))
    assert await notebook.said("ping 1.1.1.1 2>&1 | grep -c icmp_seq") == "10\n"
    assert await notebook.said("ping 1.1.1.1 2>&1 | tail -n 1") == (
        "ping: ended after 10 packets, since nobody presses Ctrl-C here; -c COUNT says how many\n"
    )


async def test_without_a_network_no_name_is_found() -> None:
    notebook = Notebook(machine=Machine(Clock()))
    await notebook("%machine fault network down")
    assert await notebook.said("dig +short github.com; ping -c 1 -q localhost | head -1") == (
        "PING localhost (127.0.0.1) 56(84) bytes of data.\n"
    )


@settings(deadline=None, max_examples=50)
@given(st.text(max_size=300))
def test_any_text_is_a_name_or_none(name: str) -> None:
    machine = Machine(Clock())
    address = resolve(machine, name)
    assert address is None or (resolve(machine, name), road(machine, address)) == (address, road(machine, address))


def test_an_address_stays_when_others_are_asked() -> None:
    first, second = Machine(Clock()), Machine(Clock())
    say(second, ["os", "centos", "7"], "/")
    assert [resolve(first, name) for name in NAMES[:3]] == [resolve(second, name) for name in reversed(NAMES[:3])][::-1]
