"""``ip``: addresses, links, routes and neighbours, read-only; what would change them is refused as to a guest."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from llm_kernel.machine.network import Interface, gateway, interfaces, main_interface
from llm_kernel.programs.exact.versions import told
from llm_kernel.programs.table import exact
from llm_kernel.shell.call import Answer, Call

_OBJECTS = ("address", "link", "route", "neighbour", "rule", "netns", "maddress", "tunnel")
_NAMES = {"neighbor": "neighbour", "addr": "address", "maddr": "maddress"}
_USAGE = """\
Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }
       ip [ -force ] -batch filename
where  OBJECT := { address | link | maddress | neighbour | netns | route | rule | tunnel }
       OPTIONS := { -V[ersion] | -s[tatistics] | -d[etails] | -h[uman-readable] |
                    -f[amily] { inet | inet6 } | -4 | -6 | -o[neline] | -br[ief] | -j[son] | -p[retty] | -c[olor] }
"""
_OPTIONS = ("brief", "color", "details", "family", "force", "human-readable", "json", "oneline", "pretty")
_MORE_OPTIONS = ("resolve", "statistics", "Version", "4", "6", "0", "iec", "Numeric", "all", "timestamp")
_CHANGES = ("add", "delete", "del", "set", "change", "replace", "flush", "append", "prepend", "restore")


@dataclass(slots=True)
class _Wish:
    """The options before the object."""

    flags: set[str] = field(default_factory=set)
    family: str = ""

    def shows(self, family: str) -> bool:
        return self.family in ("", family)


@exact("ip")
def ip(call: Call) -> Answer:
    """``ip``."""
    wish, args = _Wish(), list(call.args)
    while args and args[0].startswith("-"):
        wrong = _option(wish, args.pop(0).lstrip("-"), args)
        if wrong:
            return Answer(stderr=wrong, status=255)
    if "Version" in wish.flags:
        return told(replace(call, args=("-V",)))
    if not args or "help".startswith(args[0]):
        return Answer(stderr=_USAGE, status=255)
    name = next((full for full in (*_OBJECTS, *_NAMES) if full.startswith(args[0])), "")
    if not name:
        return Answer(stderr=f'Object "{args[0]}" is unknown, try "ip help".\n', status=1)
    return _object(call, wish, _NAMES.get(name, name), args[1:])


def _option(wish: _Wish, word: str, args: list[str]) -> str:
    name = next((full for full in (*_OPTIONS, *_MORE_OPTIONS) if word and full.startswith(word)), "")
    if word in ("br", "j", "o", "s", "d", "c", "p", "V", "h", "a", "r", "t", "n", "N"):
        name = next(full for full in (*_OPTIONS, *_MORE_OPTIONS) if full.startswith(word) or word == "n")
    if not name and word.partition("=")[0] != "color":
        return f'Option "-{word}" is unknown, try "ip -help".\n'
    if name == "family":
        wish.family = args.pop(0) if args else ""
        return ""
    if name in ("4", "6"):
        wish.family = {"4": "inet", "6": "inet6"}[name]
    wish.flags.add(name)
    return ""


def _object(call: Call, wish: _Wish, name: str, args: Sequence[str]) -> Answer:
    verb = args[0] if args else "show"
    if any(word == verb for word in _CHANGES):
        return Answer(stderr="RTNETLINK answers: Operation not permitted\n", status=2)
    rest = [word for word in args if word not in ("show", "list", "ls", "sh", "s", "l", "lst")]
    match name:
        case "address" | "link":
            return _interfaces(call, wish, rest, addresses=name == "address")
        case "route":
            return _routes(call, wish, rest)
        case "neighbour":
            card = main_interface(call.machine)
            mac = "3c:ec:ef:00:" + card.mac[-5:]
            row = f"{gateway(call.machine)} dev {card.name} lladdr {mac} REACHABLE\n"
            return Answer(row if wish.shows("inet") else "")
        case "rule":
            return Answer("".join(f"{n}:\tfrom all lookup {table}\n" for n, table in _RULES))
        case _:
            return Answer()


def _interfaces(call: Call, wish: _Wish, rest: Sequence[str], *, addresses: bool) -> Answer:
    rows, words = interfaces(call.machine), list(rest)
    while words:
        word = words.pop(0)
        if word == "up":
            continue
        if word in ("dev", "type", "master", "vrf", "scope", "to", "label"):
            word = words.pop(0) if words else ""
        found = [row for row in rows if row.name == word]
        if not found:
            return Answer(stderr=f'Device "{word}" does not exist.\n', status=1)
        rows = found
    if "json" in wish.flags:
        data = [_as_json(row, wish, addresses=addresses) for row in rows]
        return Answer((json.dumps(data, indent=4) if "pretty" in wish.flags else _tight(data)) + "\n")
    if "brief" in wish.flags:
        return Answer("".join(_brief(row, wish, addresses=addresses) for row in rows))
    return Answer("".join(_block(row, wish, addresses=addresses) for row in rows))


def _tight(data: Any) -> str:
    return json.dumps(data, separators=(",", ":"))


def _flags(row: Interface) -> str:
    if row.loopback:
        return "LOOPBACK,UP,LOWER_UP"
    return "NO-CARRIER,BROADCAST,MULTICAST,UP" if row.down else "BROADCAST,MULTICAST,UP,LOWER_UP"


def _brief(row: Interface, wish: _Wish, *, addresses: bool) -> str:
    state = row.state
    if not addresses:
        return f"{row.name:<16} {state:<14} {row.mac} <{_flags(row)}> \n"
    shown = [str(row.four)] if wish.shows("inet") else []
    shown += [f"{row.six}/{row.six_prefix}"] if wish.shows("inet6") else []
    return f"{row.name:<16} {state:<14} {' '.join(shown)} \n"


def _block(row: Interface, wish: _Wish, *, addresses: bool) -> str:
    state, queue = row.state, "noqueue" if row.loopback else "mq"
    head = f"{row.index}: {row.name}: <{_flags(row)}> mtu {row.mtu} qdisc {queue} state {state} "
    head += f"{'' if addresses else 'mode DEFAULT '}group default qlen 1000"
    kind = "loopback" if row.loopback else "ether"
    broad = "00:00:00:00:00:00" if row.loopback else "ff:ff:ff:ff:ff:ff"
    lines = [head] if not (wish.family and addresses) or "oneline" not in wish.flags else []
    if not wish.family or not addresses:
        lines.append(f"    link/{kind} {row.mac} brd {broad}")
    if addresses:
        lines += _address_lines(row, wish)
    if "statistics" in wish.flags:
        lines += _statistics(row)
    if "oneline" in wish.flags:
        return _one_line(row, lines, addresses=addresses)
    return "".join(f"{line}\n" for line in lines)


def _address_lines(row: Interface, wish: _Wish) -> list[str]:
    lines = []
    if wish.shows("inet"):
        where = "scope host lo" if row.loopback else f"brd {row.four.network.broadcast_address} scope global {row.name}"
        lines += [f"    inet {row.four} {where}", "       valid_lft forever preferred_lft forever"]
    if wish.shows("inet6"):
        scope = "host" if row.loopback else "link"
        lines += [f"    inet6 {row.six}/{row.six_prefix} scope {scope} ", _FOREVER]
    return lines


_FOREVER = "       valid_lft forever preferred_lft forever"


def _statistics(row: Interface) -> list[str]:
    own = row.counters
    return [
        "    RX: bytes  packets  errors  dropped overrun mcast   ",
        f"    {own.bytes_in:<10} {own.packets_in:<8} 0       0       0       0       ",
        "    TX: bytes  packets  errors  dropped carrier collsns ",
        f"    {own.bytes_out:<10} {own.packets_out:<8} 0       0       0       0       ",
    ]


def _one_line(row: Interface, lines: Sequence[str], *, addresses: bool) -> str:
    if not addresses:
        return "\\".join(lines) + "\n"
    pairs = [
        f"{row.index}: {row.name:<7} {line.strip()}\\{lines[n + 1]}"
        for n, line in enumerate(lines)
        if line.lstrip().startswith("inet")
    ]
    return "".join(f"{line}\n" for line in pairs)


def _as_json(row: Interface, wish: _Wish, *, addresses: bool) -> dict[str, Any]:
    data: dict[str, Any] = {
        "ifindex": row.index,
        "ifname": row.name,
        "flags": _flags(row).split(","),
        "mtu": row.mtu,
        "qdisc": "noqueue" if row.loopback else "mq",
        "operstate": row.state,
    }
    data |= {} if addresses else {"linkmode": "DEFAULT"}
    data |= {
        "group": "default",
        "txqlen": 1000,
        "link_type": "loopback" if row.loopback else "ether",
        "address": row.mac,
        "broadcast": "00:00:00:00:00:00" if row.loopback else "ff:ff:ff:ff:ff:ff",
    }
    if not addresses:
        return data
    for_ever = {"valid_life_time": 4294967295, "preferred_life_time": 4294967295}
    four: dict[str, Any] = {"family": "inet", "local": str(row.four.ip), "prefixlen": row.four.network.prefixlen}
    four |= {} if row.loopback else {"broadcast": str(row.four.network.broadcast_address)}
    four |= {"scope": "host" if row.loopback else "global", "label": row.name, **for_ever}
    six = {"family": "inet6", "local": row.six, "prefixlen": row.six_prefix}
    six |= {"scope": "host" if row.loopback else "link", **for_ever}
    return {**data, "addr_info": [*([four] if wish.shows("inet") else []), *([six] if wish.shows("inet6") else [])]}


def _routes(call: Call, wish: _Wish, rest: Sequence[str]) -> Answer:
    card, router = main_interface(call.machine), gateway(call.machine)
    if card.down:  # a link that is lost takes its routes along
        return Answer("", "RTNETLINK answers: Network is unreachable\n", 2) if rest[:1] == ["get"] else Answer()
    if rest[:1] == ["get"]:
        target = rest[1] if len(rest) > 1 else ""
        via = "" if target.rpartition(".")[0] == str(card.four.ip).rpartition(".")[0] else f"via {router} "
        return Answer(f"{target} {via}dev {card.name} src {card.four.ip} uid 0 \n    cache \n")
    if wish.family == "inet6":
        return Answer(
            f"::1 dev lo proto kernel metric 256 pref medium\nfe80::/64 dev {card.name} proto kernel {_SIX}\n"
        )
    default = f"default via {router} dev {card.name} proto static \n"
    if rest[:1] == ["default"]:
        return Answer(default)
    local = f"{card.four.network} dev {card.name} proto kernel scope link src {card.four.ip} \n"
    return Answer(default + local)


_SIX = "metric 256 pref medium"
_RULES = ((0, "local"), (32766, "main"), (32767, "default"))
