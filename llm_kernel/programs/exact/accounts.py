"""Programs that add, change and remove users and groups, and ``su``: the accounts are the machine's record of users."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable

from llm_kernel.errors import Refused
from llm_kernel.machine import Machine
from llm_kernel.machine.system import User
from llm_kernel.programs.exact.passwords import Typed, opens
from llm_kernel.programs.table import exact, live
from llm_kernel.shell.call import Answer, Call, Io

__all__ = ["gpasswd", "groupadd", "groupdel", "su", "useradd", "userdel", "usermod"]

_NAME = re.compile(r"[a-z_][a-z0-9_-]{0,31}\$?")
_TAKES = {"useradd": "bcdeEgGkKpRsuZ", "usermod": "cdegGlpRsuZ", "userdel": "RZ", "groupadd": "gKpRU", "groupdel": "R"}
_LONG = {
    "create-home": "m",
    "no-create-home": "M",
    "shell": "s",
    "uid": "u",
    "gid": "g",
    "groups": "G",
    "home-dir": "d",
    "home": "d",
    "comment": "c",
    "system": "r",
    "append": "a",
    "remove": "r",
    "force": "f",
    "login": "l",
    "lock": "L",
    "unlock": "U",
    "password": "p",
    "no-user-group": "N",
    "user-group": "U",
}


class _Asked:
    """A command line: single letters with their values, and the names."""

    def __init__(self, call: Call) -> None:
        self.options: dict[str, str] = {}
        self.names: list[str] = []
        self.wrong = ""
        rest, takes = list(call.args), _TAKES[_base(call)]
        while rest and not self.wrong:
            word = rest.pop(0)
            if word.startswith("--") and len(word) > 2:
                name, equals, value = word[2:].partition("=")
                letter = _LONG.get(name, "")
                if not letter:
                    self.wrong = f"{_base(call)}: unrecognized option '{word}'"
                elif letter in takes and not equals:
                    value = rest.pop(0) if rest else ""
                self.options[letter] = value
            elif word.startswith("-") and len(word) > 1:
                letters = word[1:]
                while letters:
                    letter, letters = letters[0], letters[1:]
                    if letter in takes:
                        if not letters and not rest:
                            self.wrong = f"{_base(call)}: option requires an argument -- '{letter}'"
                            break
                        self.options[letter], letters = letters or rest.pop(0), ""
                    elif letter in "abcdefghlmnoprsuvxADFLMNORSUVZ":
                        self.options[letter] = ""
                    else:
                        self.wrong = f"{_base(call)}: invalid option -- '{letter}'"
                        break
            else:
                self.names.append(word)


def _base(call: Call) -> str:
    return call.name.rpartition("/")[2]


def _change(call: Call, change: Callable[[Machine, _Asked, str], Answer]) -> Answer:
    """``change`` for the one name that is given, by root; then the files follow."""
    name, machine = _base(call), call.machine
    asked = _Asked(call)
    if asked.wrong or len(asked.names) != 1:
        text = f"{asked.wrong}\n" if asked.wrong else ""
        return Answer(stderr=f"{text}Usage: {name} [options] {'GROUP' if 'group' in name else 'LOGIN'}\n", status=2)
    if machine.system.user != "root":
        file = "group" if "group" in name else "passwd"
        text = f"{name}: Permission denied.\n{name}: cannot lock /etc/{file}; try again later.\n"
        return Answer(stderr=text, status=10 if "group" in name else 1)
    try:
        said = change(machine, asked, asked.names[0])
    except Refused as err:
        return Answer(stderr=f"{name}: {str(err).removeprefix('user: ')}\n", status=4)
    machine.follow()
    return said


def _missing(name: str, kind: str, what: str) -> Answer:
    return Answer(stderr=f"{name}: {kind} '{what}' does not exist\n", status=6)


@exact("useradd")
def useradd(call: Call) -> Answer:
    """Add a user."""
    return _change(call, _useradd)


def _useradd(machine: Machine, asked: _Asked, name: str) -> Answer:
    system = machine.system
    if not _NAME.fullmatch(name):
        hint = ": use --badname to ignore" if system.profile.since("libc", "2.35") else ""
        return Answer(stderr=f"useradd: invalid user name '{name}'{hint}\n", status=3)
    if system.account(name) is not None:
        return Answer(stderr=f"useradd: user '{name}' already exists\n", status=9)
    uid = asked.options.get("u")
    if uid is not None and not uid.isdigit():
        return Answer(stderr=f"useradd: invalid user ID '{uid}'\n", status=3)
    if uid is not None and any(str(row.uid) == uid for row in system.accounts()):
        return Answer(stderr=f"useradd: UID {uid} is not unique\n", status=4)
    if wrong := _unknown_group(machine, asked, "useradd"):
        return wrong
    system.set_user(f"{name} --uid {uid}" if uid else name)
    user = next(one for one in system.users if one.name == name)
    user.gecos, user.shell = asked.options.get("c", ""), asked.options.get("s", _shell(machine))
    user.home = asked.options.get("d", user.home)
    _join(machine, user, asked)
    return Answer()


def _shell(machine: Machine) -> str:
    """The shell that useradd gives where nobody names one: Debian's default is sh, Red Hat's bash."""
    return "/bin/sh" if machine.system.profile.like == "debian" else "/bin/bash"


def _unknown_group(machine: Machine, asked: _Asked, name: str) -> Answer | None:
    table = machine.system.all_groups()
    wanted = [one for one in [asked.options.get("g", ""), *asked.options.get("G", "").split(",")] if one]
    missing = [one for one in wanted if one not in table and not (one.isdigit() and int(one) in table.values())]
    return _missing(name, "group", missing[0]) if missing else None


def _join(machine: Machine, user: User, asked: _Asked) -> None:
    table = machine.system.all_groups()
    if group := asked.options.get("g", ""):
        user.gid = table.get(group, int(group) if group.isdigit() else user.gid)
    if "G" in asked.options:
        given = [one for one in asked.options["G"].split(",") if one]
        kept = user.groups if "a" in asked.options else []
        user.groups = [*kept, *(one for one in given if one not in kept)]


@exact("usermod")
def usermod(call: Call) -> Answer:
    """Change a user: groups, shell, home, name of the person."""
    return _change(call, _usermod)


def _usermod(machine: Machine, asked: _Asked, name: str) -> Answer:
    user = next((one for one in machine.system.users if one.name == name), None)
    if user is None:
        return _missing("usermod", "user", name)
    if wrong := _unknown_group(machine, asked, "usermod"):
        return wrong
    user.shell = asked.options.get("s", user.shell)
    user.home = asked.options.get("d", user.home)
    user.gecos = asked.options.get("c", user.gecos)
    _join(machine, user, asked)
    return Answer()


@exact("userdel")
def userdel(call: Call) -> Answer:
    """Remove a user; with ``-r`` the home as well."""
    return _change(call, _userdel)


def _userdel(machine: Machine, asked: _Asked, name: str) -> Answer:
    user = next((one for one in machine.system.users if one.name == name), None)
    if user is None:
        return _missing("userdel", "user", name)
    using = [one.pid for one in machine.processes.running() if one.user == name]
    if using and "f" not in asked.options:
        return Answer(stderr=f"userdel: user {name} is currently used by process {using[0]}\n", status=8)
    machine.system.remove_user(name)
    if "r" in asked.options and machine.files.exists(user.home):
        machine.files.remove(user.home, recursive=True)
    spool = f"userdel: {name} mail spool (/var/mail/{name}) not found\n" if "r" in asked.options else ""
    return Answer(stderr=spool)


@exact("groupadd")
def groupadd(call: Call) -> Answer:
    """Add a group."""
    return _change(call, _groupadd)


def _groupadd(machine: Machine, asked: _Asked, name: str) -> Answer:
    table = machine.system.all_groups()
    if name in table:
        return Answer(stderr="" if "f" in asked.options else f"groupadd: group '{name}' already exists\n",
                      status=0 if "f" in asked.options else 9)  # fmt: skip
    if not _NAME.fullmatch(name):
        return Answer(stderr=f"groupadd: '{name}' is not a valid group name\n", status=3)
    wanted = asked.options.get("g", "")
    if wanted.isdigit() and int(wanted) in table.values():
        return Answer(stderr=f"groupadd: GID '{wanted}' already exists\n", status=4)
    taken = {*table.values(), *(row.uid for row in machine.system.accounts())}
    machine.system.groups[name] = (
        int(wanted) if wanted.isdigit() else next(n for n in range(1000, 60000) if n not in taken)
    )
    return Answer()


@exact("groupdel")
def groupdel(call: Call) -> Answer:
    """Remove a group that was added."""
    return _change(call, _groupdel)


def _groupdel(machine: Machine, asked: _Asked, name: str) -> Answer:
    system = machine.system
    if name not in system.all_groups():
        return _missing("groupdel", "group", name)
    owner = next((one.name for one in system.users if system.all_groups()[name] == one.gid), "")
    if owner:
        return Answer(stderr=f"groupdel: cannot remove the primary group of user '{owner}'\n", status=8)
    if name not in system.groups:
        return Answer(stderr=f"groupdel: cannot remove entry '{name}' from /etc/group\n", status=10)
    del system.groups[name]
    for user in system.users:
        user.groups = [one for one in user.groups if one != name]
    return Answer()


@exact("gpasswd")
def gpasswd(call: Call) -> Answer:
    """Add a user to a group (``-a``) or take one out of it (``-d``)."""
    system = call.machine.system
    if len(call.args) != 3 or call.args[0] not in ("-a", "-d", "--add", "--delete"):
        return Answer(stderr="Usage: gpasswd [option] GROUP\n", status=2)
    adds, name, group = call.args[0] in ("-a", "--add"), call.args[1], call.args[2]
    user = next((one for one in system.users if one.name == name), None)
    if group not in system.all_groups():
        return Answer(stderr=f"gpasswd: group '{group}' does not exist in /etc/group\n", status=3)
    if user is None:
        return Answer(stderr=f"gpasswd: user '{name}' does not exist\n", status=3)
    if system.user != "root":
        return Answer(stderr="gpasswd: Permission denied.\n", status=1)
    if not adds and group not in user.groups:
        return Answer(stderr=f"gpasswd: user '{name}' is not a member of '{group}'\n", status=3)
    user.groups = [*(one for one in user.groups if one != group), *([group] if adds else [])]
    call.machine.follow()
    return Answer(f"{'Adding' if adds else 'Removing'} user {name} {'to' if adds else 'from'} group {group}\n")


@live("su")
async def su(call: Call, io: Io) -> int:
    """Run a command as somebody else: ``su [-] [USER] -c COMMAND``; a shell of its own wants a terminal."""
    login, command, name = False, None, "root"
    rest = list(call.args)
    while rest:
        word = rest.pop(0)
        if word in ("-", "-l", "--login"):
            login = True
        elif word in ("-c", "--command") and rest:
            command = rest.pop(0)
        elif word.startswith("--command="):
            command = word.partition("=")[2]
        elif word.startswith("-") and word not in ("-m", "-p", "--preserve-environment"):
            await io.err(f"su: invalid option -- '{word[1:2]}'\nTry 'su --help' for more information.\n")
            return 1
        elif not word.startswith("-"):
            name = word
    machine = call.machine
    account = machine.system.account(name)
    if account is None or account.name != name:
        old = not machine.system.profile.since("libc", "2.31")
        await io.err(f"No passwd entry for user '{name}'\n" if old else f"su: user {name} does not exist or the user "
                     "entry does not contain all the required fields\n")  # fmt: skip
        return 1
    if machine.system.user != "root" and "SUDO_USER" not in call.env:
        typed = await Typed(io).line("Password: ")
        if typed is None or not opens(machine, account, typed):
            await io.err("\nsu: Authentication failure\n" if typed is None else "su: Authentication failure\n")
            return 1
    if command is None or call.run is None:
        await io.err("su: must be run from a terminal; give it a command: su - USER -c COMMAND\n")
        return 1
    if account.shell.endswith(("nologin", "false")):
        await io.out("" if account.shell.endswith("false") else "This account is currently not available.\n")
        return 1
    who = {"HOME": account.home, "USER": name, "LOGNAME": name, "SHELL": account.shell}
    if name == "root" and not login:
        who = {"HOME": account.home, "SHELL": account.shell}
    line = " ".join(f"{key}={shlex.quote(value)}" for key, value in who.items())
    move = f"cd {shlex.quote(account.home)} 2>/dev/null; " if login else ""
    before, owner = machine.system.user, machine.files.owner
    machine.system.user, machine.files.owner = name, (account.uid, account.gid)
    try:
        return await call.run(f"export {line}; {move}{command}", io.out, io.err)
    finally:
        machine.system.user, machine.files.owner = before, owner
