"""What clients say of a port of this very machine: whether somebody listens there is known."""

from __future__ import annotations

import posixpath
from collections.abc import Callable

from packaging.version import Version

from llm_kernel.machine.listening import listeners
from llm_kernel.programs.exact.sockets import PORTS
from llm_kernel.programs.targets import (
    addresses,
    curl_fails,
    curl_release,
    is_address,
    is_here,
    target_of,
    wget_fails,
    words_of,
)
from llm_kernel.shell.call import Answer, Call

__all__ = ["refused"]


def refused(call: Call) -> Answer | None:
    """How a call ends whose port nobody listens at; None for one that reaches somebody, or goes elsewhere."""
    name = posixpath.basename(call.name)
    way = _WAYS.get(name)
    return way(call) if way is not None and call.machine.packages.provider(name) is not None else None


def _open(call: Call, port: int) -> bool:
    return any(one.protocol == "tcp" and one.port == port for one in listeners(call.machine))


def _curl(call: Call) -> Answer | None:
    words = words_of(call, "curl")
    host, port = target_of(words[0]) if len(words) == 1 else ("", 0)
    odd = {"-w", "--write-out", "--retry", "-x", "--proxy"} & {*call.args}
    if not host or odd or not is_here(call, host) or words[0].startswith("file:") or _open(call, port):
        return None
    made = curl_release(call)
    if made < Version("7.30"):
        return curl_fails(call, 7, f"Failed connect to {host}:{port}; Connection refused")
    late = " after 0 ms" if made >= Version("7.80") else ""
    why = "Couldn't connect to server" if made >= Version("7.87") else "Connection refused"
    return curl_fails(call, 7, f"Failed to connect to {host} port {port}{late}: {why}")


def _wget(call: Call) -> Answer | None:
    words = words_of(call, "wget")
    host, port = target_of(words[0]) if len(words) == 1 else ("", 0)
    if not host or not is_here(call, host) or _open(call, port):
        return None
    found = addresses(call, host)
    tried = "" if is_address(host) else f"Resolving {host} ({host})... {', '.join(found)}\n"
    for one in found:
        shown = f"[{one}]" if ":" in one else one
        place = f"{shown}:{port}" if is_address(host) else f"{host} ({host})|{shown.strip('[]')}|:{port}"
        tried += f"Connecting to {place}... failed: Connection refused.\n"
    return wget_fails(call, words[0], tried)


def _nc(call: Call) -> Answer | None:
    flags = "".join(arg[1:] for arg in call.args if arg.startswith("-"))
    words = [arg for arg in call.args if not arg.startswith("-")]
    if set(flags) - set("znv4") or len(words) != 2 or not words[1].isdecimal() or not is_here(call, words[0]):
        return None
    host, port = words[0], int(words[1])
    if _open(call, port) and "z" not in flags:
        return None
    newer = call.machine.system.os != "ubuntu" or Version(call.machine.system.release) >= Version("22.04")
    shown = f"{host} (127.0.0.1)" if newer and not is_address(host) else host
    if _open(call, port):
        said = f"Connection to {shown} {port} port [tcp/{PORTS.get(port, '*')}] succeeded!\n"
        return Answer("", said if "v" in flags else "", 0)
    said = f"nc: connect to {shown} port {port} (tcp) failed: Connection refused\n"
    return Answer("", said if "v" in flags else "", 1)


def _telnet(call: Call) -> Answer | None:
    words = [arg for arg in call.args if not arg.startswith("-")]
    if not 0 < len(words) < 3 or len(words) < len(call.args) or not is_here(call, words[0]):
        return None
    port = words[1] if len(words) > 1 else "23"
    if not port.isdecimal() or _open(call, int(port)):
        return None
    tried = "".join(f"Trying {one}...\n" for one in addresses(call, words[0]))
    return Answer(tried, "telnet: Unable to connect to remote host: Connection refused\n", 1)


def _ssh(call: Call) -> Answer | None:
    words = words_of(call, "ssh")
    host = words[0].rpartition("@")[2] if words else ""
    port = next((b for a, b in zip(call.args, call.args[1:], strict=False) if a == "-p"), "22")
    if not host or not is_here(call, host) or not port.isdecimal() or _open(call, int(port)):
        return None
    return Answer("", f"ssh: connect to host {host} port {port}: Connection refused\r\n", 255)


_WAYS: dict[str, Callable[[Call], Answer | None]] = {
    "curl": _curl,
    "wget": _wget,
    "nc": _nc,
    "telnet": _telnet,
    "ssh": _ssh,
}
