"""What programs say when the machine has no network: each fails in its own words; what needs no network goes on.

pip is not here: it knows by itself when the network is down, for it may need none.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from llm_kernel.programs.exact import apt_lines
from llm_kernel.programs.targets import curl_fails, is_address, is_here, target_of, wget_fails, words_of
from llm_kernel.shell.call import Answer, Call

__all__ = ["patience", "unreachable"]

_REMOTE = ("clone", "fetch", "pull", "push", "ls-remote")


def unreachable(call: Call) -> Answer | None:
    """How a call fails without a network; None where the network is up or the call needs none."""
    machine = call.machine
    if not machine.faults.network_down:
        return None
    name = posixpath.basename(call.name)
    if name not in _WAYS or (name not in ("apt", "apt-get") and machine.packages.provider(name) is None):
        return None
    return _WAYS[name](call)


def patience(call: Call) -> float:
    """Seconds for which the program of ``call`` tries before it gives up."""
    return {"ping": 0.01, "apt": 20.1, "apt-get": 20.1}.get(posixpath.basename(call.name), 0.2)


def _resolver(call: Call) -> str:
    old = call.machine.system.os == "centos"
    return "Name or service not known" if old else "Temporary failure in name resolution"


def _ping(call: Call) -> Answer | None:
    words = words_of(call, "ping")
    if len(words) != 1 or is_here(call, words[0]):
        return None
    if not is_address(words[0]):
        return Answer("", f"ping: {words[0]}: {_resolver(call)}\n", 2)
    old = call.machine.system.release in ("7", "18.04")
    return Answer("", f"{'' if old else 'ping: '}connect: Network is unreachable\n", 2)


def _curl(call: Call) -> Answer | None:
    words = words_of(call, "curl")
    host, port = target_of(words[-1]) if words else ("", 0)
    if not host or is_here(call, host) or words[-1].startswith("file:"):
        return None
    if is_address(host):
        return curl_fails(call, 7, f"Failed to connect to {host} port {port}: Network is unreachable")
    return curl_fails(call, 6, f"Could not resolve host: {host}")


def _wget(call: Call) -> Answer | None:
    words = words_of(call, "wget")
    host, port = target_of(words[0]) if words else ("", 0)
    if not host or is_here(call, host):
        return None
    if is_address(host):
        return wget_fails(call, words[0], f"Connecting to {host}:{port}... failed: Network is unreachable.\n")
    tried = f"Resolving {host} ({host})... failed: {_resolver(call)}.\n"
    return wget_fails(call, words[0], f"{tried}wget: unable to resolve host address ‘{host}’\n")


def _git(call: Call) -> Answer | None:
    words = words_of(call, "git")
    if not words or words[0] not in _REMOTE:
        return None
    folder = call.path(call.args[call.args.index("-C") + 1]) if "-C" in call.args[:-1] else call.cwd
    url = words[1] if len(words) > 1 and words[0] == "clone" else _origin(call, folder, words[1:2])
    found = re.fullmatch(r"(?:ssh://)?(?:[\w.-]+@)?(?P<ssh>[\w.-]+\.[a-z]+)[:/](?P<path>\S+)", url)
    if url.startswith(("http://", "https://")):
        host = target_of(url)[0]
        said = f"fatal: unable to access '{url.rstrip('/')}/': Could not resolve host: {host}\n"
    elif found and not call.machine.files.exists(call.path(url)):
        said = (
            f"ssh: Could not resolve hostname {found['ssh']}: {_resolver(call)}\n"
            "fatal: Could not read from remote repository.\n\n"
            "Please make sure you have the correct access rights\nand the repository exists.\n"
        )
    else:
        return None
    if words[0] != "clone":
        return Answer("", said, 1 if words[0] in ("fetch", "pull") and not url.startswith("http") else 128)
    name = words[2] if len(words) > 2 else re.sub(r"\.git$", "", re.split(r"[/:]", url.rstrip("/"))[-1])
    quiet = any(arg in ("-q", "--quiet") for arg in call.args)
    return Answer("", ("" if quiet else f"Cloning into '{name}'...\n") + said, 128)


def _origin(call: Call, folder: str, named: Sequence[str]) -> str:
    """The address of the remote that is meant, from the repository's configuration; empty without one."""
    files, name = call.machine.files, named[0] if named else "origin"
    while True:
        path = posixpath.join(folder, ".git/config")
        if files.exists(path):
            text = files.read(path).decode(errors="replace")
            found = re.search(rf'\[remote "{re.escape(name)}"\][^\[]*?url\s*=\s*(\S+)', text)
            return found[1] if found else ""
        if folder in ("/", ""):
            return ""
        folder = posixpath.dirname(folder)


def _ssh(call: Call) -> Answer | None:
    words = words_of(call, "ssh")
    host = words[0].rpartition("@")[2] if words else ""
    if not host or is_here(call, host):
        return None
    if is_address(host):
        port = next((b for a, b in zip(call.args, call.args[1:], strict=False) if a == "-p"), "22")
        return Answer("", f"ssh: connect to host {host} port {port}: Network is unreachable\r\n", 255)
    return Answer("", f"ssh: Could not resolve hostname {host}: {_resolver(call)}\r\n", 255)


def _copies(call: Call) -> Answer | None:
    """``scp`` and ``rsync``, which go to another machine by way of ssh."""
    found = [re.fullmatch(r"(?:[\w.-]+@)?([\w.-]+):(?!//).*", word) for word in call.args]
    host = next((match[1] for match in found if match), "")
    if not host or is_here(call, host):
        return None
    why = f"connect to host {host} port 22: Network is unreachable"
    said = f"ssh: {why if is_address(host) else f'Could not resolve hostname {host}: {_resolver(call)}'}\r\n"
    if posixpath.basename(call.name) == "scp":
        closed = call.machine.system.profile.since("libc", "2.34")
        return Answer(
            "", said + ("scp: Connection closed\r\n" if closed else "lost connection\n"), 255 if closed else 1
        )
    package = call.machine.packages.find(call.machine.packages.archive, "rsync")
    version = package.version.partition("-")[0] if package else ""
    role, line = "sender" if found[-1] else "Receiver", 228 if version >= "3.2" else 235
    said += f"rsync: connection unexpectedly closed (0 bytes received so far) [{role}]\n"
    return Answer("", f"{said}rsync error: unexplained error (code 255) at io.c({line}) [{role}={version}]\n", 255)


def _nc(call: Call) -> Answer | None:
    words = [arg for arg in call.args if not arg.startswith("-")]
    if len(words) != 2 or not words[1].isdecimal() or is_here(call, words[0]) or call.machine.system.os == "centos":
        return None
    host, port = words
    if is_address(host):
        return Answer("", f"nc: connect to {host} port {port} (tcp) failed: Network is unreachable\n", 1)
    named = "" if call.machine.system.release == "18.04" else f' for host "{host}" port {port}'
    return Answer("", f"nc: getaddrinfo{named}: {_resolver(call)}\n", 1)


def _telnet(call: Call) -> Answer | None:
    words = [arg for arg in call.args if not arg.startswith("-")]
    if not words or is_here(call, words[0]) or call.machine.system.os == "centos":
        return None
    host, port = words[0], (words[1:] or ["telnet"])[0]
    if is_address(host):
        return Answer(f"Trying {host}...\n", "telnet: Unable to connect to remote host: Network is unreachable\n", 1)
    return Answer("", f"telnet: could not resolve {host}/{port}: {_resolver(call)}\n", 1)


def _apt(call: Call) -> Answer | None:
    words = [arg for arg in call.args if not arg.startswith("-")]
    root = (call.env.get("USER") or call.machine.system.user) == "root"
    if not words or not root or call.machine.system.profile.manager != "apt":
        return None
    if words[0] == "update":
        return _apt_update(call)
    packages = call.machine.packages
    missing = [name for name in words[1:] if packages.find("apt", name.partition("=")[0]) is None]
    if words[0] not in ("install", "reinstall") or not missing:
        return None
    debs = [(name, apt_lines.policy(call.machine, name)) for name in missing]
    if any(not text for _, text in debs):  # what no index knows fails without a network too
        return None
    place, _ = next(iter(_sources(call)), ("", ""))
    host, err = urlsplit(place).hostname, ""
    for name, text in debs:
        version = re.search(r"Candidate: (\S+)", text)
        pool = f"pool/main/{name[:4] if name.startswith('lib') else name[0]}/{name}/{name}"
        file = f"{place}/{pool}_{(version[1] if version else '').partition(':')[2] or (version[1] if version else '')}"
        err += f"E: Failed to fetch {file}_amd64.deb  Temporary failure resolving '{host}'\n"
    err += "E: Unable to fetch some archives, maybe run apt-get update or try with --fix-missing?\n"
    return Answer(apt_lines.reading(call.machine, tty=call.tty), err, 100)


def _sources(call: Call) -> list[tuple[str, str]]:
    rows = [line.split() for line in call.machine.system.profile.sources]
    return [(row[1], row[2]) for row in rows if len(row) > 2]


def _apt_update(call: Call) -> Answer:
    out, err = "", ""
    for number, (place, suite) in enumerate(_sources(call), 1):
        host = urlsplit(place).hostname
        out += f"Err:{number} {place} {suite} InRelease\n  Temporary failure resolving '{host}'\n"
        err += f"W: Failed to fetch {place}/dists/{suite}/InRelease  Temporary failure resolving '{host}'\n"
    err += "W: Some index files failed to download. They have been ignored, or old ones used instead.\n"
    return Answer(f"{out}Reading package lists...{' Done' if call.tty else ''}\n", err, 0)


_WAYS: dict[str, Callable[[Call], Answer | None]] = {
    "ping": _ping,
    "ping6": _ping,
    "curl": _curl,
    "wget": _wget,
    "git": _git,
    "ssh": _ssh,
    "scp": _copies,
    "rsync": _copies,
    "nc": _nc,
    "telnet": _telnet,
    "apt": _apt,
    "apt-get": _apt,
}
