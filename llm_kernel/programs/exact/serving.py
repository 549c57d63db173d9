"""``python3 -m http.server``: serves the files of a directory until it is stopped, and tells who asked for what."""

from __future__ import annotations

from llm_kernel.machine.listening import listeners
from llm_kernel.programs.exact.python import own_version
from llm_kernel.programs.served import FileServer
from llm_kernel.programs.table import NotExact, live
from llm_kernel.shell.call import Call, Io

__all__ = ["http_server"]

_ANY = "0.0.0.0"  # noqa: S104 - an address to print, nobody binds it


@live("python3 -m http.server", needs="python")
async def http_server(call: Call, io: Io) -> int:
    """Answer whoever asks, by ``machine.processes.servers``, until a signal or the interrupt ends it."""
    address, root = _wish(call)
    sockets = listeners(call.machine)
    port = next((one.port for one in sockets if one.pid == call.pid), 0)
    if not port or any(one.port == port and one.pid != call.pid for one in sockets):
        await io.err("OSError: [Errno 98] Address already in use\n")
        return 1
    server = FileServer(call.machine, root, own_version(call))
    call.machine.processes.servers[call.pid] = server.ask
    timeline = io.strand.timeline
    try:
        await io.out(f"Serving HTTP on {address} port {port} (http://{address}:{port}/) ...\n")
        while io.strand is not timeline.front or timeline.pace.steady or timeline.busy:
            await io.strand.listen()
            told, server.log = server.log, []
            for line in told:
                await io.err(line)
        await io.err(f"{call.name}: nothing runs here that could ask; with & behind it, the next commands can\n")
        return 0
    finally:
        call.machine.processes.servers.pop(call.pid, None)


def _wish(call: Call) -> tuple[str, str]:
    """The address and the directory.

    Raises:
        NotExact: for a command line that asks for more.
    """
    words, address, root, ports = list(call.args[2:]), _ANY, call.cwd, 0
    while words:
        name, joined, value = words.pop(0).partition("=")
        if name in ("--bind", "-b", "--directory", "-d"):
            value = value if joined else words.pop(0) if words else ""
            address, root = (value, root) if "b" in name[:3] else (address, call.path(value))
        elif name.isdecimal() and not ports:
            ports += 1
        else:
            raise NotExact(call.name)
    if address not in (_ANY, "127.0.0.1") or not call.machine.files.is_dir(root):
        raise NotExact(call.name)
    return address, root
