"""``host``, ``nslookup`` and ``dig +short``: what the machine's resolver says of a name or an address."""

from __future__ import annotations

import ipaddress
import re

from llm_kernel.machine.hosts import name_of, resolve
from llm_kernel.machine.network import gateway
from llm_kernel.programs.table import NotExact, exact
from llm_kernel.shell.call import Answer, Call


@exact("host")
def host(call: Call) -> Answer:
    """``host NAME`` or ``host ADDRESS``, for addresses of the older protocol."""
    words = [arg for arg in call.args if arg not in ("-4", "-t", "A", "a")]
    if len(words) != 1 or words[0].startswith("-"):
        raise NotExact(call.name)
    target = words[0].rstrip(".")
    pointer = _pointer(target)
    if pointer:
        name = name_of(call.machine, target)
        return _answer(
            name,
            f"{pointer} domain name pointer {name}.\n",
            "Host {}. not found: {}({})\n".format(pointer, *_failure(call)),
        )
    address = resolve(call.machine, target)
    number, word = _failure(call)
    return _answer(address, f"{target} has address {address}\n", f"Host {target} not found: {number}({word})\n")


@exact("nslookup")
def nslookup(call: Call) -> Answer:
    """``nslookup NAME`` or ``nslookup ADDRESS``, without asking another server."""
    if len(call.args) != 1 or call.args[0].startswith("-"):
        raise NotExact(call.name)
    target, server = call.args[0].rstrip("."), _server(call)
    head = f"Server:\t\t{server}\nAddress:\t{server}#53\n\n"
    pointer = _pointer(target)
    if pointer:
        name = name_of(call.machine, target)
        missing = f"** server can't find {pointer}: {_failure(call)[1]}\n\n"
        return _answer(name, f"{pointer}\tname = {name}.\n\nAuthoritative answers can be found from:\n\n", missing)
    address = resolve(call.machine, target)
    found = f"{head}Non-authoritative answer:\nName:\t{target}\nAddress: {address}\n\n"
    return _answer(address, found, f"{head}** server can't find {target}: {_failure(call)[1]}\n\n")


def _failure(call: Call) -> tuple[int, str]:
    """What the resolver answers: that there is no such name, or that it reaches nobody who would know."""
    return (2, "SERVFAIL") if call.machine.faults.network_down else (3, "NXDOMAIN")


@exact("dig")
def dig(call: Call) -> Answer:
    """``dig +short NAME`` and ``dig +short -x ADDRESS``; the long form is not played here."""
    words = [arg for arg in call.args if arg not in ("+short", "A", "a", "IN", "-4")]
    backwards = words[:1] == ["-x"]
    words = words[1:] if backwards else words
    if "+short" not in call.args or len(words) != 1 or re.match(r"[-+@]", words[0]):
        raise NotExact(call.name)
    if backwards:
        name = name_of(call.machine, words[0]) if _pointer(words[0]) else None
        return Answer(f"{name}.\n" if name else "")
    address = resolve(call.machine, words[0])
    return Answer(f"{address}\n" if address else "")


def _answer(found: str | None, said: str, missing: str) -> Answer:
    return Answer(said) if found else Answer(missing, status=1)


def _pointer(target: str) -> str:
    """The name under which an address is looked up; empty where ``target`` is no address of the older protocol."""
    try:
        return ipaddress.IPv4Address(target).reverse_pointer
    except ValueError:
        return ""


def _server(call: Call) -> str:
    """The name server of /etc/resolv.conf, else the router."""
    path = "/etc/resolv.conf"
    text = call.machine.files.read(path).decode("utf-8", "replace") if call.machine.files.exists(path) else ""
    found = re.search(r"(?m)^nameserver\s+(\S+)", text)
    return found[1] if found else gateway(call.machine)
