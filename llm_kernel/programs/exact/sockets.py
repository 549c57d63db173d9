"""Who talks to whom: ``ss``, and ``netstat`` of net-tools, from the listeners and the one session's connection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from llm_kernel.machine import Machine
from llm_kernel.machine.listening import listeners
from llm_kernel.machine.network import interfaces, main_interface
from llm_kernel.programs.exact.identity import caller
from llm_kernel.programs.exact.routes import route_table
from llm_kernel.programs.exact.versions import told
from llm_kernel.programs.table import exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["PORTS", "Socket", "sockets"]

PORTS = {22: "ssh", 53: "domain", 80: "http", 443: "https"}
_PEER = ("192.168.1.100", 51622)
_SS_LONG = {
    "numeric": "n",
    "resolve": "r",
    "all": "a",
    "listening": "l",
    "processes": "p",
    "tcp": "t",
    "udp": "u",
    "unix": "x",
    "raw": "w",
    "ipv4": "4",
    "ipv6": "6",
    "no-header": "H",
    "summary": "s",
    "extended": "e",
    "memory": "m",
    "info": "i",
    "options": "o",
    "oneline": "O",
    "help": "h",
    "version": "V",
}
_SS_USAGE = """\
Usage: ss [ OPTIONS ]
       ss [ OPTIONS ] [ FILTER ]
   -n, --numeric   -r, --resolve   -a, --all   -l, --listening   -p, --processes   -s, --summary
   -4, --ipv4      -6, --ipv6      -t, --tcp   -u, --udp         -x, --unix        -H, --no-header
"""


@dataclass(frozen=True, slots=True)
class Socket:
    """One socket as ``ss`` and ``netstat`` know it; a port of 0 is any."""

    protocol: str
    state: str
    local: tuple[str, int]
    peer: tuple[str, int]
    backlog: int
    program: str
    pid: int
    fd: int

    @property
    def six(self) -> bool:
        """Whether it speaks IPv6."""
        return self.local[0].startswith(":")


def sockets(machine: Machine) -> list[Socket]:
    """All internet sockets: those that listen, and the login's connection while ``sshd`` runs."""
    rows = []
    for one in listeners(machine):
        state = "LISTEN" if one.protocol == "tcp" else "UNCONN"
        nowhere = ("::" if ":" in one.address else "0.0.0.0", 0)  # noqa: S104  # an address to print
        backlog = one.backlog if one.protocol == "tcp" else 0
        rows.append(
            Socket(one.protocol, state, (one.address, one.port), nowhere, backlog, one.program, one.pid, one.fd)
        )
    daemon = next((row for row in rows if row.program == "sshd"), None)
    if daemon:
        own = (str(main_interface(machine).four.ip), 22)
        rows.append(Socket("tcp", "ESTAB", own, _PEER, 0, "sshd", daemon.pid, 5))
    return rows


@exact("ss")
def ss(call: Call) -> Answer:
    """``ss`` of the internet sockets; nobody holds others here."""
    letters, wrong = _letters(call)
    if wrong:
        return wrong
    if "V" in letters:
        return told(replace(call, args=("-V",)))
    if "h" in letters:
        return Answer(_SS_USAGE)
    rows = _chosen(call.machine, letters)
    if "s" in letters:
        return Answer(_sums(sockets(call.machine)))
    kinds = len(letters & set("tuwx")) != 1
    shown = [_ss_row(row, letters, call, kinds=kinds) for row in rows]
    titles = [*(["Netid"] if kinds else []), "State", "Recv-Q", "Send-Q", "Local Address", "Port", "Peer Address"]
    titles += ["Port", "Process"]
    table = shown if "H" in letters else [titles, *shown]
    return Answer(_ss_table(table, first=kinds))


def _letters(call: Call) -> tuple[set[str], Answer | None]:
    letters: set[str] = set()
    for word in call.args:
        if word.startswith("--"):
            if word[2:] not in _SS_LONG:
                return letters, Answer(stderr=f"ss: unrecognized option '{word}'\n{_SS_USAGE}", status=255)
            letters.add(_SS_LONG[word[2:]])
        elif word.startswith("-"):
            bad = next((letter for letter in word[1:] if letter not in "nralpetuxw46HshViomOKbEZzNBDFfSd0Q"), "")
            if bad:
                return letters, Answer(stderr=f"ss: invalid option -- '{bad}'\n{_SS_USAGE}", status=255)
            letters |= set(word[1:])
    return letters, None


def _chosen(machine: Machine, letters: set[str]) -> list[Socket]:
    rows = sockets(machine)
    kinds = {"t": "tcp", "u": "udp"}
    wanted = {kinds.get(letter, "") for letter in letters & set("tuwx")}
    rows = [row for row in rows if not wanted or row.protocol in wanted]
    if "4" in letters or "6" in letters:
        rows = [row for row in rows if row.six == ("6" in letters)]
    if "a" in letters:
        return rows
    waiting = ("LISTEN", "UNCONN")
    return [row for row in rows if (row.state in waiting) == ("l" in letters)]


def _ss_row(row: Socket, letters: set[str], call: Call, *, kinds: bool) -> list[str]:
    named = "n" not in letters
    local = f"[{row.local[0]}]" if row.six else row.local[0]
    peer = f"[{row.peer[0]}]" if row.six else row.peer[0]
    port = PORTS.get(row.local[1], str(row.local[1])) if named else str(row.local[1])
    users = ""
    if "p" in letters and caller(call) == "root":
        users = f'users:(("{row.program}",pid={row.pid},fd={row.fd}))'
    cells = [row.state, "0", str(row.backlog), local, port, peer, str(row.peer[1] or "*"), users]
    return [*([row.protocol] if kinds else []), *cells]


def _ss_table(rows: Sequence[Sequence[str]], *, first: bool) -> str:
    """Columns as wide as their widest cell: text to the left, an address up to its colon."""
    skip = 1 if first else 0
    wide = [max(map(len, column)) for column in zip(*rows, strict=True)]
    out = ""
    for row in rows:
        cells = [row[n].ljust(wide[n]) for n in range(skip + 3)]
        local = f"{row[skip + 3]:>{wide[skip + 3]}}:{row[skip + 4]:<{wide[skip + 4]}}"
        peer = f"{row[skip + 5]:>{wide[skip + 5]}}:{row[skip + 6]:<{wide[skip + 6]}}"
        out += " ".join([*cells, local, peer, row[skip + 7]]).rstrip(" ") + " \n"
    return out


def _sums(rows: Sequence[Socket]) -> str:
    tcp = [row for row in rows if row.protocol == "tcp"]
    udp = [row for row in rows if row.protocol == "udp"]
    busy = sum(row.state == "ESTAB" for row in tcp)
    lines = [
        f"Total: {len(rows) + 158}",
        f"TCP:   {len(tcp)} (estab {busy}, closed 0, orphaned 0, timewait 0)",
        "",
        "Transport Total     IP        IPv6",
    ]
    six = [sum(row.six for row in part) for part in (udp, tcp)]
    counts = (
        ("RAW", 0, 0),
        ("UDP", len(udp), six[0]),
        ("TCP", len(tcp), six[1]),
        ("INET", len(tcp) + len(udp), sum(six)),
        ("FRAG", 0, 0),
    )
    lines += [f"{name}\t  {whole:<9} {whole - part:<9} {part:<9}" for name, whole, part in counts]
    return "\n".join(lines) + "\n\n"


_NETSTAT_LONG = {
    "tcp": "t",
    "udp": "u",
    "listening": "l",
    "all": "a",
    "numeric": "n",
    "programs": "p",
    "route": "r",
    "interfaces": "i",
    "wide": "W",
    "version": "V",
}


@exact("netstat", needs="package:net-tools")
def netstat(call: Call) -> Answer:
    """``netstat`` of net-tools: sockets, ``-r`` routes, ``-i`` interfaces."""
    letters: set[str] = set()
    for word in call.args:
        name = word[2:].partition("=")[0]
        if word.startswith("--") and name not in _NETSTAT_LONG:
            return Answer(stderr=f"netstat: unrecognized option '{word}'\n{_NETSTAT_USAGE}", status=3)
        letters |= {_NETSTAT_LONG[name]} if word.startswith("--") else set(word.removeprefix("-"))
    bad = next((letter for letter in sorted(letters) if letter not in "tulanprievWVC46so"), "")
    if bad:
        return Answer(stderr=f"netstat: invalid option -- '{bad}'\n{_NETSTAT_USAGE}", status=3)
    if "V" in letters:
        return Answer("net-tools 2.10-alpha\n")
    if "r" in letters:
        return Answer(route_table(call.machine, numeric="n" in letters, netstat=True))
    if "i" in letters:
        return Answer(_kernel_interfaces(call.machine))
    return Answer(_connections(call, letters))


def _connections(call: Call, letters: set[str]) -> str:
    which = "servers and established" if "a" in letters else "only servers" if "l" in letters else "w/o servers"
    extra = f" {'PID/Program name':<20}" if "p" in letters else ""
    lines = [
        f"Active Internet connections ({which})",
        f"Proto Recv-Q Send-Q Local Address           Foreign Address         State      {extra}",
    ]
    for row in _chosen(call.machine, letters & set("tula46")):
        state = {"ESTAB": "ESTABLISHED", "UNCONN": ""}.get(row.state, row.state)
        proto = f"{row.protocol}{'6' if row.six else ''}"
        ends = [_end(end, numeric="n" in letters) for end in (row.local, row.peer)]
        text = f"{proto:<5} {0:>6} {0:>6} {ends[0]:<23} {ends[1]:<23} {state:<11}"
        lines.append(f"{text} {f'{row.pid}/{row.program}':<19} " if extra else text)
    return "".join(f"{line}\n" for line in lines)


def _end(end: tuple[str, int], *, numeric: bool) -> str:
    address = end[0].partition("%")[0]
    if not numeric and address == "::":
        address = "[::]"
    port = "*" if not end[1] else str(end[1]) if numeric else PORTS.get(end[1], str(end[1]))
    return f"{address}:{port}"


def _kernel_interfaces(machine: Machine) -> str:
    lines = [
        "Kernel Interface table",
        "Iface      MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg",
    ]
    for row in reversed(interfaces(machine)):
        own = row.counters
        flags = "LRU" if row.loopback else "BMRU"
        counts = f"{own.packets_in:>8} {0:>6} {0:>6} {0:<6} {own.packets_out:>8} {0:>6} {0:>6} {0:>6}"
        lines.append(f"{row.name:<8} {row.mtu:>5} {counts} {flags}")
    return "".join(f"{line}\n" for line in lines)


_NETSTAT_USAGE = """\
usage: netstat [-vWeenNcCF] [<Af>] -r         netstat {-V|--version|-h|--help}
       netstat [-vWnNcaeol] [<Socket> ...]
"""
