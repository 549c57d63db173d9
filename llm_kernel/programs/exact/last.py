"""``last``, ``lastlog`` and ``runlevel``: the one session and the boot."""

from __future__ import annotations

import re

from llm_kernel.programs.table import exact
from llm_kernel.shell.call import Answer, Call

_FROM = "192.168.1.100"


@exact("last")
def last(call: Call) -> Answer:
    """``last``: newest first."""
    machine, args, names, most, full = call.machine, list(call.args), set[str](), 0, False
    while args:
        word = args.pop(0)
        if re.fullmatch(r"-\d+", word):
            most = int(word[1:])
        elif word in ("-n", "--limit"):
            most = int(args.pop(0)) if args and args[0].isdecimal() else 0
        elif word in ("-F", "--fulltimes"):
            full = True
        elif word in ("-x", "-w", "-i", "-a", "-d", "-R", "--system", "--fullnames", "--ip", "--hostlast", "--dns"):
            continue
        elif word in ("-V", "--version"):
            return Answer(f"last from util-linux {machine.system.profile.util_linux}\n")
        elif word.startswith("-"):
            hint = "Try 'last --help' for more information.\n"
            return Answer(stderr=f"last: invalid option -- '{word[1:2]}'\n{hint}", status=1)
        else:
            names.add(word)
    form = "%a %b %e %H:%M:%S %Y" if full else "%a %b %e %H:%M"
    login, boot = machine.clock.at(machine.login), machine.clock.at(machine.system.boot)
    user, kernel = machine.system.user, machine.system.kernel[:16]
    rows = [
        (user, "pts/0", f"{user[:8]:<8} {'pts/0':<12} {_FROM:<16} {login:{form}}   still logged in"),
        ("reboot", "system boot", f"{'reboot':<8} {'system boot':<12} {kernel:<16} {boot:{form}}   still running"),
    ]
    shown = [text for name, line, text in rows if not names or names & {name, line}]
    shown = shown[:most] if most else shown
    return Answer("".join(f"{text}\n" for text in shown) + f"\nwtmp begins {boot:%a %b %e %H:%M:%S %Y}\n")


@exact("lastlog")
def lastlog(call: Call) -> Answer:
    """``lastlog``: who was never here, and the one who is."""
    wanted = call.args[call.args.index("-u") + 1] if "-u" in call.args[:-1] else ""
    machine = call.machine
    lines = ["Username         Port     From             Latest"]
    for row in machine.system.accounts():
        if wanted and row.name != wanted:
            continue
        if row.name == machine.system.user:
            login = machine.clock.at(machine.login)
            lines.append(f"{row.name:<16} {'pts/0':<8} {_FROM:<16} {login:%a %b %e %H:%M:%S %z %Y}")
        else:
            lines.append(f"{row.name:<16} {'':<8} {'':<16} **Never logged in**")
    return Answer("".join(f"{line}\n" for line in lines))


@exact("runlevel")
def runlevel(call: Call) -> Answer:
    """``runlevel``."""
    return Answer(f"N {'3' if call.machine.system.profile.like == 'rhel' else '5'}\n")
