"""``ifconfig``, ``route`` and ``arp`` of net-tools, from the machine's interfaces."""

from __future__ import annotations

from llm_kernel.machine import Machine
from llm_kernel.machine.network import Interface, gateway, interfaces, main_interface
from llm_kernel.programs.table import exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["route_table"]


@exact("ifconfig", needs="package:net-tools")
def ifconfig(call: Call) -> Answer:
    """``ifconfig``: all interfaces, or one."""
    words = [word for word in call.args if not word.startswith("-")]
    flags = [word for word in call.args if word.startswith("-")]
    bad = next((word for word in flags if word not in ("-a", "-s", "-v", "--version", "--help")), "")
    if bad:
        text = f"ifconfig: option `{bad}' not recognised.\nifconfig: `--help' gives usage information.\n"
        return Answer(stderr=text, status=1)
    if "--version" in flags:
        return Answer(stderr="net-tools 2.10-alpha\n")
    rows = sorted(interfaces(call.machine), key=lambda row: row.name)
    if words:
        rows = [row for row in rows if row.name == words[0]]
        if not rows:
            text = f"{words[0]}: error fetching interface information: Device not found\n"
            return Answer(stderr=text, status=1)
        if len(words) > 1:
            return Answer(stderr="SIOCSIFADDR: Operation not permitted\n", status=255)
    if "-s" in flags:
        title = "Iface      MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg\n"
        return Answer(title + "".join(_short(row) for row in rows))
    base = 1000 if call.machine.system.os == "ubuntu" else 1024
    return Answer("".join(_block(row, base) for row in rows))


def _short(row: Interface) -> str:
    own, flags = row.counters, "LRU" if row.loopback else "BMRU"
    received, sent = f"{own.packets_in:>8}      0      0 0", f"{own.packets_out:>8}      0      0      0"
    return f"{row.name:<8} {row.mtu:>5} {received}      {sent} {flags}\n"


def _block(row: Interface, base: int) -> str:
    flags = "73<UP,LOOPBACK,RUNNING>" if row.loopback else "4163<UP,BROADCAST,RUNNING,MULTICAST>"
    broadcast = "" if row.loopback else f"  broadcast {row.four.network.broadcast_address}"
    scope = "0x10<host>" if row.loopback else "0x20<link>"
    hardware = "loop  txqueuelen 1000  (Local Loopback)"
    hardware = hardware if row.loopback else f"ether {row.mac}  txqueuelen 1000  (Ethernet)"
    own = row.counters
    return (
        f"{row.name}: flags={flags}  mtu {row.mtu}\n"
        f"        inet {row.four.ip}  netmask {row.four.netmask}{broadcast}\n"
        f"        inet6 {row.six}  prefixlen {row.six_prefix}  scopeid {scope}\n"
        f"        {hardware}\n"
        f"        RX packets {own.packets_in}  bytes {own.bytes_in} ({_amount(own.bytes_in, base)})\n"
        "        RX errors 0  dropped 0  overruns 0  frame 0\n"
        f"        TX packets {own.packets_out}  bytes {own.bytes_out} ({_amount(own.bytes_out, base)})\n"
        "        TX errors 0  dropped 0 overruns 0  carrier 0  collisions 0\n\n"
    )


def _amount(size: int, base: int) -> str:
    """``1.8 MB``, cut and not rounded; Ubuntu counts in thousands, the others in 1024 and say so."""
    for step, letter in ((4, "T"), (3, "G"), (2, "M"), (1, "K")):
        if size >= base**step:
            return f"{size * 10 // base**step / 10:.1f} {letter}{'B' if base == 1000 else 'iB'}"
    return f"{size}.0 B"


@exact("route", needs="package:net-tools")
def route(call: Call) -> Answer:
    """``route``: the table; changing it is not for guests."""
    if any(word in ("add", "del") for word in call.args):
        return Answer(stderr="SIOCADDRT: Operation not permitted\n", status=7)
    return Answer(route_table(call.machine, numeric=any("n" in word for word in call.args)))


def route_table(machine: Machine, *, numeric: bool, netstat: bool = False) -> str:
    """The kernel's routes as ``route`` or ``netstat -r`` lays them out."""
    card = main_interface(machine)
    anywhere, router = ("0.0.0.0", gateway(machine)) if numeric else ("default", "_gateway")  # noqa: S104
    no_router = "0.0.0.0"  # noqa: S104  # an address to print
    net = str(card.four.network.network_address)
    rows = [(anywhere, router, "0.0.0.0", "UG"), (net, no_router, str(card.four.netmask), "U")]  # noqa: S104
    title = "MSS Window  irtt Iface" if netstat else "Metric Ref    Use Iface"
    lines = ["Kernel IP routing table", f"Destination     Gateway         Genmask         Flags   {title}"]
    if not netstat:
        lines[1] = f"Destination     Gateway         Genmask         Flags {title}"
    for target, via, mask, flags in rows:
        tail = "0 0          0" if netstat else "0      0        0"
        gap = "     " if netstat else " "
        lines.append(f"{target:<15} {via:<15} {mask:<15} {flags:<5}{gap}{tail} {card.name}")
    return "".join(f"{line}\n" for line in lines)


@exact("arp", needs="package:net-tools")
def arp(call: Call) -> Answer:
    """``arp``: the router is the one neighbour."""
    card, router = main_interface(call.machine), gateway(call.machine)
    mac = f"3c:ec:ef:00:{card.mac[-5:]}"
    letters = {letter for word in call.args if word.startswith("-") for letter in word[1:]}
    if "a" in letters:
        name = "?" if "n" in letters else "_gateway"
        return Answer(f"{name} ({router}) at {mac} [ether] on {card.name}\n")
    name = router if "n" in letters else "_gateway"
    title = "Address                  HWtype  HWaddress           Flags Mask            Iface\n"
    return Answer(f"{title}{name:<23}  ether   {mac}   C                     {card.name}\n")
