"""What comes of asking a server for a file: one of files on this machine, or one of the web."""

from __future__ import annotations

import errno
import os
import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from llm_kernel.machine.hosts import resolve, road
from llm_kernel.machine.listening import listeners
from llm_kernel.machine.served import Reply, Server
from llm_kernel.machine.web import page, rate
from llm_kernel.programs.table import NotExact, Unwritten
from llm_kernel.programs.targets import addresses, is_here, target_of
from llm_kernel.shell.call import Call, Io

__all__ = ["Download", "asked", "whole"]

_HOPS = 10
_NEAR = 300e6
"""Bytes in a second from one program to another."""
_LEAST = 0.002
"""Seconds that any request takes."""
_TRIPS = 3
"""Ways there and back before the first byte from afar: to connect, to agree on a cipher, to ask."""
_NOTHING = b"404: Not Found"


@dataclass(frozen=True, slots=True)
class Download:
    """``addresses`` of the host, and the ``replies``, each but the last to another place.

    ``before`` and ``seconds`` are what it takes to be answered, and to receive it.
    """

    url: str
    addresses: tuple[str, ...]
    replies: tuple[Reply, ...] = ()
    before: float = 0.0
    seconds: float = 0.0

    @property
    def reply(self) -> Reply:
        """The last reply."""
        return self.replies[-1]

    def body(self, call: Call) -> bytes | None:
        """The bytes; None where nobody holds them.

        Raises:
            Unwritten: where they have to be imagined first.
        """
        reply, machine = self.reply, call.machine
        if reply.origin:
            data = machine.invented.get(reply.origin)
            if data is None:
                raise Unwritten([reply.origin])
            return data
        if reply.path:
            return None if machine.files.is_sized(reply.path) else machine.files.read(reply.path)
        return reply.body if len(reply.body) == reply.size else None

    def land(self, call: Call, name: str, head: str = "") -> None:
        """Let it be the file ``name``, behind ``head``; what is not imagined yet is so when it is read.

        Raises:
            OSError: where it cannot be written.
        """
        files, path, reply = call.machine.files, call.path(name), self.reply
        if path == "/dev/null":
            return
        if not files.is_dir(posixpath.dirname(path)):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name)
        with call.acting():
            if reply.origin and call.machine.invented.get(reply.origin) is None:
                files.latent(path, reply.size, reply.origin)
            elif (body := self.body(call)) is not None:
                files.write(path, head.encode() + body)
            else:
                files.sized(path, reply.size)


async def asked(
    call: Call, io: Io, url: str, method: str = "GET", *, follows: bool = True, said: bool = False
) -> Download:
    """Ask for ``url`` and wait for the answer, not for what it brings.

    ``said``: this client may have shown texts of the web before, as the model said them.

    Raises:
        NotExact: where what is there is no server of files, and not of the web as everybody knows it.
    """
    parts, (host, port) = urlsplit(url), target_of(url)
    if parts.scheme not in ("http", "https") or not host or parts.username:
        raise NotExact(call.name)
    if is_here(call, host):
        there = [one for one in listeners(call.machine) if one.protocol == "tcp" and one.port == port]
        server = call.machine.processes.servers.get(there[0].pid) if there else None
        if server is None or parts.scheme != "http":
            raise NotExact(call.name)
        replies = tuple(_followed(server, parts.path or "/", method, _HOPS if follows else 0))
        io.strand.timeline.announce()
        await io.strand.sleep(_LEAST)
        return Download(url, tuple(addresses(call, host)), replies, _LEAST, replies[-1].size / _NEAR)
    address = resolve(call.machine, host)
    way = road(call.machine, address) if address else None
    if address is None or way is None or method != "GET":
        raise NotExact(call.name)  # a network of one's own may have any host
    before, reply = _TRIPS * way.delay / 1000, _far(call, url, host, parts.path)
    if said and reply.origin.startswith("url "):
        raise NotExact(call.name)
    await io.strand.sleep(before)
    return Download(url, (address,), (reply,), before, reply.size / rate(address) + way.delay / 1000)


def _followed(server: Server, target: str, method: str, hops: int) -> Iterator[Reply]:
    for _ in range(hops + 1):
        yield (reply := server(method, target, "127.0.0.1"))
        if reply.status != 301:
            return
        target = urljoin(target, reply.headers["Location"])


def _far(call: Call, url: str, host: str, path: str) -> Reply:
    found = page(call.machine, url, host, posixpath.normpath(path) if path.strip("/") else "/")
    if found is None:
        return Reply(404, "Not Found", {"Content-type": "text/plain"}, _NOTHING, size=len(_NOTHING))
    data = call.machine.invented.get(found.origin) if found.origin else None
    size = found.size if data is None else len(data)
    return Reply(200, "OK", {"Content-type": found.kind}, size=size, origin=found.origin)


def whole(call: Call, url: str) -> str:
    """An address as a client understands it that was given without its protocol, or without a path.

    Raises:
        NotExact: where it is none.
    """
    url = url if "://" in url else f"http://{url}"
    if not target_of(url)[0]:
        raise NotExact(call.name)
    return url if urlsplit(url).path else f"{url}/"
