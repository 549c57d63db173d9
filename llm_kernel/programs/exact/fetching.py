"""``curl`` and ``wget`` of a server of files on this very machine; what others would answer is the model's."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from packaging.version import Version

from llm_kernel.machine.listening import listeners
from llm_kernel.machine.served import Reply, Server
from llm_kernel.programs.sizes import human
from llm_kernel.programs.table import NotExact, live
from llm_kernel.programs.targets import addresses, curl_fails, curl_release, is_address, is_here, target_of
from llm_kernel.shell.call import Call, Io
from llm_kernel.shell.lead import TTY

__all__ = ["curl", "wget"]

_FLAGS = {
    "silent": "s",
    "show-error": "S",
    "fail": "f",
    "include": "i",
    "head": "I",
    "location": "L",
    "remote-name": "O",
}
_VALUED = {"output": "o", "write-out": "w", "request": "X", "max-time": "m"}
_HOPS = 10
_SPEED = 300e6
"""Bytes in a second from one program to another."""
_LEAST = 0.002
"""Seconds that any request takes."""


@dataclass(slots=True)
class _Wish:
    """What a client is asked for: letters without a value, those with one, and the address."""

    flags: set[str] = field(default_factory=set)
    values: dict[str, str] = field(default_factory=dict)
    url: str = ""


@live("curl", needs="package:curl")
async def curl(call: Call, io: Io) -> int:
    """Fetch from a server of files that runs on this machine."""
    wish = _curl_wish(call)
    url, method = wish.url, wish.values.get("X") or ("HEAD" if "I" in wish.flags else "GET")
    replies = await _asked(call, io, url, method, hops=_HOPS if "L" in wish.flags else 0)
    reply = replies[-1]
    if "f" in wish.flags and reply.status >= 400:
        shown = f" {reply.reason}" if curl_release(call) < Version("7.76") else ""
        said = curl_fails(call, 22, f"The requested URL returned error: {reply.status}{shown}")
        await io.err(said.stderr)
        return said.status
    heads = "".join(one.head for one in replies) if wish.flags & {"i", "I"} else ""
    body = b"" if method == "HEAD" else _body(call, reply)
    target = posixpath.basename(urlsplit(url).path) if "O" in wish.flags else wish.values.get("o", "")
    if not target and body is None:
        raise NotExact(call.name)  # more than anybody holds
    if "s" not in wish.flags and (target or "1" not in call.env.get(TTY, "1")):
        await io.err(_meter(0 if method == "HEAD" else reply.size))
    if not target:
        await io.out(heads.encode() + (body or b""))
    elif not _write(call, target, heads.encode(), body, reply.size):
        await io.err("curl: (23) Failure writing output to destination\n")
        return 23
    if form := wish.values.get("w"):
        await io.out(_written(form, reply))
    return 0


def _curl_wish(call: Call) -> _Wish:
    """The command line taken apart.

    Raises:
        NotExact: for one that asks for more, or goes elsewhere.
    """
    wish, words, urls = _Wish(), list(call.args), list[str]()
    while words:
        word = words.pop(0)
        if word.startswith("--"):
            name, joined, _ = word[2:].partition("=")
            if name in _FLAGS and not joined:
                wish.flags.add(_FLAGS[name])
            elif name in _VALUED and words:
                wish.values[_VALUED[name]] = words.pop(0)
            else:
                raise NotExact(call.name)
        elif word.startswith("-") and len(word) > 1:
            for at, letter in enumerate(word[1:], 2):
                if letter in _VALUED.values():
                    wish.values[letter] = word[at:] or (words.pop(0) if words else "")
                    break
                if letter not in _FLAGS.values():
                    raise NotExact(call.name)
                wish.flags.add(letter)
        else:
            urls.append(word)
    if len(urls) != 1:
        raise NotExact(call.name)
    wish.url = urls[0] if "://" in urls[0] else f"http://{urls[0]}"
    return wish


async def _asked(call: Call, io: Io, url: str, method: str, *, hops: int) -> list[Reply]:
    """The replies of the server at ``url`` and of those to which they lead, the last one last.

    Raises:
        NotExact: where the server is none of files, or not here.
    """
    host, port = target_of(url)
    there = [one for one in listeners(call.machine) if one.protocol == "tcp" and one.port == port]
    server = call.machine.processes.servers.get(there[0].pid) if there else None
    if server is None or not url.startswith("http://") or not is_here(call, host):
        raise NotExact(call.name)
    replies = list(_followed(server, urlsplit(url).path or "/", method, hops))
    io.strand.timeline.announce()
    await io.strand.sleep(_LEAST + replies[-1].size / _SPEED)
    return replies


def _followed(server: Server, target: str, method: str, hops: int) -> Iterator[Reply]:
    for _ in range(hops + 1):
        yield (reply := server(method, target, "127.0.0.1"))
        if reply.status != 301:
            return
        target = urljoin(target, reply.headers["Location"])


def _body(call: Call, reply: Reply) -> bytes | None:
    """The bytes, None where nobody holds them."""
    if not reply.path:
        return reply.body
    files = call.machine.files
    return None if files.is_sized(reply.path) else files.read(reply.path)


def _write(call: Call, name: str, head: bytes, body: bytes | None, size: int) -> bool:
    files, path = call.machine.files, call.path(name)
    if path == "/dev/null":
        return True
    if not files.is_dir(posixpath.dirname(path)):
        return False
    try:
        with call.acting():
            if body is None:
                files.sized(path, size)
            else:
                files.write(path, head + body)
    except OSError:
        return False
    return True


def _meter(size: int) -> str:
    """How curl shows that it comes along."""
    speed = int(size / (size / _SPEED + _LEAST))
    rows = [(0, 0, 0, 0), (100 if size else 0, size, 100 if size else 0, speed)]
    shown = "\r".join(
        f"{whole:3d} {human(amount):>5}  {part:3d} {human(amount):>5}    0     0  {human(rate):>5}      0 "
        f"--:--:-- --:--:-- --:--:-- {human(rate):>5}"
        for whole, amount, part, rate in rows
    )
    return (
        "  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n"
        f"                                 Dload  Upload   Total   Spent    Left  Speed\n{shown}\n"
    )


def _written(form: str, reply: Reply) -> str:
    """What ``-w`` shows.

    Raises:
        NotExact: for what is not known here.
    """
    code, kind = f"{reply.status:03d}", reply.headers.get("Content-type") or reply.headers.get("Content-Type", "")
    known = {"http_code": code, "response_code": code, "size_download": f"{reply.size}", "content_type": kind}
    text = re.sub(r"%\{(\w+)\}", lambda found: known.get(found[1], "\0"), form)
    if "\0" in text:
        raise NotExact("curl")
    return text.replace("\\n", "\n").replace("\\t", "\t")


@live("wget", needs="package:wget")
async def wget(call: Call, io: Io) -> int:
    """Fetch from a server of files that runs on this machine."""
    url, target, quiet = _wget_wish(call)
    if call.machine.system.os == "centos" and not quiet:
        raise NotExact(call.name)  # its bar is another
    reply = (await _asked(call, io, url, "GET", hops=_HOPS))[-1]
    body = _body(call, reply)
    stamp = f"{call.machine.clock.local:%Y-%m-%d %H:%M:%S}"
    said = f"--{stamp}--  {url}\n{_connected(call, url)}"
    said += f"HTTP request sent, awaiting response... {reply.status} {reply.reason}\n"
    if reply.status >= 400:
        await io.err("" if quiet else f"{said}{stamp} ERROR {reply.status}: {reply.reason}.\n\n")
        return 8
    name = target or _fresh(call, posixpath.basename(urlsplit(url).path) or "index.html")
    if target == "-" and body is None:
        raise NotExact(call.name)
    if not quiet:
        await io.err(said + _progress(reply, "STDOUT" if target == "-" else name))
    if target == "-":
        await io.out(body or b"")
    elif not _write(call, name, b"", body, reply.size):
        await io.err(f"{name}: No such file or directory\n")
        return 3
    if not quiet:
        done = "written to stdout" if target == "-" else f"‘{name}’ saved"
        await io.err(f"{stamp} ({_rate(reply.size)}) - {done} [{reply.size}/{reply.size}]\n\n")
    return 0


def _wget_wish(call: Call) -> tuple[str, str, bool]:
    """The address, the file to write (empty: the address' own), and whether to be quiet.

    Raises:
        NotExact: for a command line that asks for more.
    """
    words, urls, target, quiet = list(call.args), list[str](), "", False
    while words:
        word = words.pop(0)
        name, joined, value = word.partition("=")
        if word in ("-q", "--quiet"):
            quiet = True
        elif word in ("-qO-", "-qO", "-O", "--output-document") or (name == "--output-document" and joined):
            quiet = quiet or word.startswith("-q")
            target = "-" if word == "-qO-" else value if joined else words.pop(0) if words else ""
        elif word == "-O-":
            target = "-"
        elif word.startswith("-"):
            raise NotExact(call.name)
        else:
            urls.append(word)
    if len(urls) != 1:
        raise NotExact(call.name)
    url = urls[0] if "://" in urls[0] else f"http://{urls[0]}"
    return url if urlsplit(url).path else f"{url}/", target, quiet


def _connected(call: Call, url: str) -> str:
    host, port = target_of(url)
    if is_address(host):
        return f"Connecting to {host}:{port}... connected.\n"
    found = addresses(call, host)
    rows = [f"Resolving {host} ({host})... {', '.join(found)}\n"]
    for one in found:
        shown = f"Connecting to {host} ({host})|{one}|:{port}... "
        rows.append(f"{shown}{'failed: Connection refused.' if ':' in one else 'connected.'}\n")
    return "".join(rows)


def _progress(reply: Reply, name: str) -> str:
    kind = reply.headers["Content-type"].partition(";")[0]
    amount = f" ({human(reply.size)})" if reply.size >= 1024 else ""
    bar = f"{name[:18]:<20}100%[===================>] {human(reply.size):>7}  --.-KB/s    in 0s      "
    return f"Length: {reply.size}{amount} [{kind}]\nSaving to: ‘{name}’\n\n{bar}\n\n"


def _rate(size: int) -> str:
    speed, unit = size / (size / _SPEED + 6e-6), 0
    while speed >= 1024 and unit < 3:
        speed, unit = speed / 1024, unit + 1
    return f"{speed:.{2 if speed < 10 else 1 if speed < 100 else 0}f} {('B/s', 'KB/s', 'MB/s', 'GB/s')[unit]}"


def _fresh(call: Call, name: str) -> str:
    """A name that no file has yet."""
    number, free = 0, name
    while call.machine.files.exists(call.path(free)):
        number += 1
        free = f"{name}.{number}"
    return free
