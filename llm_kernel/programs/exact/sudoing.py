"""``sudo`` where it has options or a user who is not root: who may, after which password, and what is run then.

Who has no password needs none, as the user of a cloud's image; who has one is asked, and then not again for a quarter
of an hour, and must be an administrator.
"""

from __future__ import annotations

import base64
import shlex
from dataclasses import dataclass, field

from llm_kernel.machine import Machine
from llm_kernel.machine.system import User
from llm_kernel.programs.exact.passwords import opens
from llm_kernel.programs.table import NotExact, live
from llm_kernel.shell.call import Call, Io
from llm_kernel.shell.lead import AT, TTY

__all__ = ["sudo"]

_TRIES = 3
_AGE = 900.0
"""Seconds that an answered question holds."""

_TAKES = {
    "u": "user",
    "g": "group",
    "p": "prompt",
    "C": "close-from",
    "h": "host",
    "r": "role",
    "t": "type",
    "D": "chdir",
}
_PLAIN = {"n": "non-interactive", "S": "stdin", "k": "reset-timestamp", "K": "remove-timestamp", "v": "validate",
          "l": "list", "i": "login", "s": "shell", "E": "preserve-env", "H": "set-home", "b": "background",
          "P": "preserve-groups", "A": "askpass"}  # fmt: skip
_USAGE = (
    "usage: sudo -h | -K | -k | -V\n"
    "usage: sudo -v [-AknS] [-g group] [-h host] [-p prompt] [-u user]\n"
    "usage: sudo -l [-AknS] [-g group] [-h host] [-p prompt] [-U user] [-u user] [command]\n"
    "usage: sudo [-AbEHknPS] [-C num] [-D directory] [-g group] [-h host] [-p prompt] [-u user] [VAR=value] "
    "[-i|-s] [<command>]\n"
)


@dataclass(slots=True)
class _Wish:
    """What is asked of it; ``wrong`` is what it complains of."""

    flags: set[str] = field(default_factory=set)
    values: dict[str, str] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)
    wrong: str = ""

    @classmethod
    def of(cls, args: tuple[str, ...]) -> _Wish:
        wish, rest = cls(), list(args)
        while rest and not wish.wrong:
            word = rest.pop(0)
            if word == "--":
                break
            if not word.startswith("-") or word == "-":
                rest.insert(0, word)
                break
            wish._option(word, rest)
        wish.words = rest
        return wish

    def _option(self, word: str, rest: list[str]) -> None:
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            letter = next((key for key, long in {**_TAKES, **_PLAIN}.items() if long == name), "")
            if letter in _TAKES:
                self.values[letter] = value if equals else rest.pop(0) if rest else ""
            elif letter:
                self.flags.add(letter)
            else:
                self.wrong = f"sudo: unrecognized option '{word}'\n"
            return
        letters = word[1:]
        while letters:
            letter, letters = letters[0], letters[1:]
            if letter in _TAKES:
                self.values[letter] = letters or (rest.pop(0) if rest else "")
                return
            if letter not in _PLAIN:
                self.wrong = f"sudo: invalid option -- '{letter}'\n"
                return
            self.flags.add(letter)


@live("sudo")
async def sudo(call: Call, io: Io) -> int:
    """Run a command as root or somebody else, when the user may and has said the password."""
    if call.args[:1] in (("-V",), ("--version",), ("--help",), ("-h",)) or call.run is None:
        raise NotExact(call.name)
    wish, machine = _Wish.of(call.args), call.machine
    shells = wish.flags & {"i", "s"}
    if wish.wrong or not (wish.words or wish.flags & set("klKvis")):
        await io.err(f"{wish.wrong}{_USAGE}")
        return 1
    target = wish.values.get("u", "root").removeprefix("#")
    account = machine.system.account(target)
    if account is None:
        old = not machine.system.profile.since("libc", "2.31")
        await io.err(f"sudo: unknown user{':' * old} {target}\n")
        return 1
    if wish.flags & {"k", "K"}:
        _forget(machine)
        if not wish.words and not wish.flags & set("vl"):
            return 0
    stdin = b"" if "0" in call.env.get(TTY, "") else await io.read()
    refused, stdin = await _admit(call, io, wish, stdin)
    if refused:
        return refused
    if "v" in wish.flags:
        return 0
    if "l" in wish.flags:
        await io.out(_listing(machine))
        return 0
    if shells and not wish.words:
        await io.err("sudo: must be run from a terminal; give it a command: sudo -i COMMAND\n")
        return 1
    return await _run(call, io, wish, account.name, stdin)


async def _admit(call: Call, io: Io, wish: _Wish, stdin: bytes) -> tuple[int, bytes]:
    """The status with which the user is refused, 0 for none; and what of the input is left."""
    machine = call.machine
    name = machine.system.user
    me = machine.system.account(name)
    if name == "root" or "SUDO_USER" in call.env or not isinstance(me, User):
        return 0, stdin
    may = machine.system.profile.admin in me.groups
    if not me.lock or _fresh(machine):
        return 0, stdin
    if "n" in wish.flags:
        await io.err("sudo: a password is required\n")
        return 1, stdin
    lines = stdin.split(b"\n") if stdin else []
    prompt = wish.values.get("p", f"[sudo] password for {name}: ").replace("%u", name).replace("%p", name)
    for turn in range(1, _TRIES + 1):
        if "S" in wish.flags and stdin:
            await io.err(prompt)
            typed = lines.pop(0).decode("utf-8", "replace") if lines and lines != [b""] else None
        else:
            typed = await io.ask(prompt, True)
        if typed is None:
            await io.err(_unasked(machine, turn, "S" in wish.flags))
            return 1, stdin
        if opens(machine, me, typed):
            break
        if turn == _TRIES:
            await io.err(f"sudo: {_TRIES} incorrect password attempts\n")
            return 1, stdin
        await io.err("Sorry, try again.\n")
    if not may:
        await io.err(f"{name} is not in the sudoers file.  This incident will be reported.\n")
        return 1, stdin
    with machine.files.as_root():
        machine.files.write(_ticket(machine), b"", mode=0o600)
    return 0, b"\n".join(lines) if "S" in wish.flags else stdin


def _unasked(machine: Machine, turn: int, piped: bool) -> str:
    """What is said where nobody can be asked, or nobody answers any more."""
    since = machine.system.profile.since
    if piped or turn > 1:
        tries = f"sudo: {turn - 1} incorrect password attempt{'s' * (turn > 2)}\n"
        return f"\nsudo: no password was provided\n{tries if turn > 1 else 'sudo: a password is required' + chr(10)}"
    if not since("libc", "2.31"):
        return "sudo: no tty present and no askpass program specified\n"
    last = "sudo: a password is required\n" if since("libc", "2.35") else ""
    return (
        "sudo: a terminal is required to read the password; either use the -S option to read from standard input or "
        f"configure an askpass helper\n{last}"
    )


def _ticket(machine: Machine) -> str:
    return f"/run/sudo/ts/{machine.system.user}"


def _fresh(machine: Machine) -> bool:
    with machine.files.as_root():
        place = _ticket(machine)
        return machine.files.exists(place) and machine.clock.now - machine.files.stat(place).mtime < _AGE


def _forget(machine: Machine) -> None:
    with machine.files.as_root():
        if machine.files.exists(_ticket(machine)):
            machine.files.remove(_ticket(machine))


def _listing(machine: Machine) -> str:
    """``sudo -l``."""
    name, host = machine.system.user, machine.system.host
    path = "/usr/local/sbin\\:/usr/local/bin\\:/usr/sbin\\:/usr/bin\\:/sbin\\:/bin\\:/snap/bin"
    me = machine.system.account(name)
    asks = "" if not isinstance(me, User) or me.lock or name == "root" else "NOPASSWD: "
    return (
        f"Matching Defaults entries for {name} on {host}:\n    env_reset, mail_badpass,\n    secure_path={path}\n\n"
        f"User {name} may run the following commands on {host}:\n    (ALL : ALL) {asks}ALL\n"
    )


async def _run(call: Call, io: Io, wish: _Wish, target: str, stdin: bytes) -> int:
    """Run the command as ``target``."""
    machine, words = call.machine, list(wish.words)
    sets = []
    while words and "=" in words[0] and words[0].partition("=")[0].isidentifier():
        sets.append(words.pop(0))
    command = shlex.join(words)
    if wish.flags & {"i", "s"}:
        command = f"bash -c {shlex.quote(' '.join(words))}"
    elif words:
        command = f"{AT}={shlex.quote(f'sudo: {words[0]}: command not found')} {command}"
    account = machine.system.account(target)
    assert account is not None
    assert call.run is not None
    who = {"SUDO_USER": machine.system.user, "USER": target, "LOGNAME": target, "HOME": account.home}
    line = " ".join([*(f"{key}={shlex.quote(value)}" for key, value in who.items()), *map(shlex.quote, sets)])
    move = f"cd {shlex.quote(account.home)}; " if "i" in wish.flags else ""
    pipe = f"base64 -d <<< {base64.b64encode(stdin).decode()} | " if stdin else ""
    if target == "root":
        return await call.run(f"export {line}; {move}{pipe}{command}", io.out, io.err)
    line = line.partition(" ")[2]  # who is not root has no more rights than its own
    before, owner = machine.system.user, machine.files.owner
    machine.system.user, machine.files.owner = target, (account.uid, account.gid)
    try:
        return await call.run(f"unset SUDO_USER; export {line}; {move}{pipe}{command}", io.out, io.err)
    finally:
        machine.system.user, machine.files.owner = before, owner
