"""``passwd`` and ``chpasswd``: passwords that are asked for hidden and kept nowhere.

What was typed stays in this process as a digest, by which ``su`` and ``sudo`` know it again; ``/etc/shadow`` shows an
invented text. Where a machine was stored and made again, any password is taken for the right one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from llm_kernel.machine import Machine
from llm_kernel.machine.profiles import Account
from llm_kernel.machine.system import User
from llm_kernel.programs.table import NotExact, live
from llm_kernel.shell.call import Call, Io

__all__ = ["Typed", "chpasswd", "opens", "passwd"]

_TRIES = 3
_SIGNS = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class Typed:
    """The lines of a program's input: those piped in, else what the person at the terminal types, unseen."""

    def __init__(self, io: Io) -> None:
        self._io = io
        self._piped: list[str] | None = None
        self._asks = False

    async def line(self, prompt: str) -> str | None:
        """The next one; None at end of file."""
        if self._piped is None:
            self._piped = (await self._io.read()).decode("utf-8", "replace").splitlines()
            self._asks = not self._piped
        typed = await self._io.ask(prompt, True) if self._asks else None
        if typed is None:
            await self._io.err(prompt)
        return typed if self._asks else self._piped.pop(0) if self._piped else None


def opens(machine: Machine, account: User | Account, typed: str) -> bool:
    """Whether ``typed`` is the account's password; of the session's own user any, until one is set."""
    lock = account.lock if isinstance(account, User) else ""
    if not lock and account.name == machine.system.user:
        return True
    if not lock or lock.startswith("!"):
        return False
    known = machine.passwords.get(lock)
    return known is None or known == _digest(lock, typed)


def _digest(lock: str, typed: str) -> bytes:
    return hashlib.scrypt(typed.encode("utf-8", "surrogatepass"), salt=lock.encode()[:64], n=1024, r=8, p=1)


def _lock(machine: Machine, user: User, typed: str) -> None:
    """Give ``user`` a password."""
    chance = hashlib.sha512(f"{machine.seed}/{machine.clock.now}/{user.name}".encode()).digest() * 2
    signs = "".join(_SIGNS[byte % 64] for byte in chance)
    new = machine.system.profile.since("libc", "2.35") or machine.system.os == "debian"
    user.lock = f"$y$j9T${signs[:22]}${signs[22:65]}" if new else f"$6${signs[:16]}${signs[16:102]}"
    machine.passwords[user.lock] = _digest(user.lock, typed)
    machine.follow()


@live("passwd")
async def passwd(call: Call, io: Io) -> int:
    """Set a password, asked for twice; lock, unlock, remove it or tell how it is."""
    machine, flags = call.machine, {word for word in call.args if word.startswith("-")}
    names = [word for word in call.args if not word.startswith("-")]
    own = "root" if "SUDO_USER" in call.env else machine.system.user
    name = names[0] if names else own
    kinds = {
        "-S": "S",
        "--status": "S",
        "-l": "l",
        "--lock": "l",
        "-u": "u",
        "--unlock": "u",
        "-d": "d",
        "--delete": "d",
    }
    if flags - kinds.keys():
        raise NotExact(call.name)
    account = machine.system.account(name)
    if account is None or account.name != name:
        await io.err(_unknown(machine, name))
        return 1
    if own != "root" and (name != own or flags - {"-S", "--status"}):
        red = machine.system.profile.like == "rhel"
        await io.err("passwd: Only root can specify a user name.\n" if red
                     else f"passwd: You may not view or modify password information for {name}.\n")  # fmt: skip
        return 1
    if flags:
        return await _manage(call, io, account, {kinds[flag] for flag in flags})
    return await _change(call, io, account, asks_old=own != "root")


def _unknown(machine: Machine, name: str) -> str:
    if machine.system.profile.like == "rhel":
        return f"passwd: Unknown user name '{name}'.\n"
    return f"passwd: user '{name}' does not exist\n"


async def _manage(call: Call, io: Io, account: User | Account, kinds: Iterable[str]) -> int:
    """``-S``, ``-l``, ``-u`` and ``-d``."""
    machine, user = call.machine, account if isinstance(account, User) else None
    lock = user.lock if user else ""
    for kind in sorted(kinds):
        if kind == "S":
            state = "P" if lock.startswith("$") else "NP" if lock == " " else "L"
            day = machine.clock.at(machine.system.boot).strftime("%m/%d/%Y")
            await io.out(f"{account.name} {state} {day} 0 99999 7 -1\n")
            continue
        if user is None or (kind == "u" and not lock.startswith("!$")):
            text = f"passwd: unlocking the password for {account.name} would result in a passwordless account.\n"
            await io.err(text if kind == "u" else "passwd: Permission denied\n")
            return 3 if kind == "u" else 1
        user.lock = {"l": f"!{lock.removeprefix('!')}", "u": lock.removeprefix("!"), "d": ""}[kind]
        machine.follow()
        new = machine.system.profile.since("libc", "2.37")
        await io.out("passwd: password changed.\n" if new else "passwd: password expiry information changed.\n")
    return 0


async def _change(call: Call, io: Io, account: User | Account, *, asks_old: bool) -> int:
    """Ask for the new password twice, and before that for the old one of somebody who is not root."""
    machine, typed = call.machine, Typed(io)
    red = machine.system.profile.like == "rhel"
    old = not red and not machine.system.profile.since("libc", "2.31")
    failed = "passwd: Authentication token manipulation error\n" + ("" if red else "passwd: password unchanged\n")
    if red or asks_old:
        await (io.out if red else io.err)(f"Changing password for {'user ' * red}{account.name}.\n")
    if asks_old:
        said = await typed.line("(current) UNIX password: " if old or red else "Current password: ")
        if said is None or not opens(machine, account, said):
            await io.err(f"\n{failed}" if said is None else failed)
            return 1 if red else 10
    first, again = ("Enter new UNIX password: ", "Retype new UNIX password: ") if old else (
        "New password: ", "Retype new password: ")  # fmt: skip
    for _ in range(_TRIES):
        one = await typed.line(first)
        two = await typed.line(again) if one is not None else None
        if one is None or two is None:
            await io.err(f"\nPassword change has been aborted.\n{failed}")
            return 1 if red else 10
        if one != two:
            await io.err(f"Sorry, passwords do not match{'' if red or old else '.'}\n{failed}")
            return 1 if red else 10
        if one and isinstance(account, User):
            _lock(machine, account, one)
            text = "all authentication tokens updated successfully." if red else "password updated successfully"
            await (io.out if red else io.err)(f"passwd: {text}\n")
            return 0
        await io.err("No password has been supplied.\n" if not one else "")
    await io.err(failed)
    return 1 if red else 10


@live("chpasswd")
async def chpasswd(call: Call, io: Io) -> int:
    """Set the passwords that lines of ``NAME:PASSWORD`` name."""
    machine = call.machine
    if [word for word in call.args if word.startswith("-")]:
        raise NotExact(call.name)
    if machine.system.user != "root" and "SUDO_USER" not in call.env:
        await io.err("chpasswd: Permission denied.\nchpasswd: cannot lock /etc/passwd; try again later.\n")
        return 1
    wrong = ""
    for number, line in enumerate((await io.read()).decode("utf-8", "replace").splitlines(), 1):
        name, colon, secret = line.partition(":")
        user = next((one for one in machine.system.users if one.name == name), None)
        if not colon:
            wrong += f"chpasswd: line {number}: missing new password\n"
        elif user is None:
            wrong += f"chpasswd: line {number}: user '{name}' does not exist\n"
        else:
            _lock(machine, user, secret)
    await io.err(f"{wrong}chpasswd: error detected, changes ignored\n" if wrong else "")
    return int(bool(wrong))
