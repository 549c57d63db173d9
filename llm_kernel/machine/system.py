"""System facts: what ``uname``, ``lscpu``, ``free``, ``id`` and ``/etc`` are rendered from. One record, no rendering.

The facts change only through the methods here. Each answers with notes: sentences that name what was set and what
had to follow. What was set on purpose stays; what still had the old system's default follows the new system.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from llm_kernel.errors import Refused
from llm_kernel.machine.clock import Clock
from llm_kernel.machine.cpus import Cpu, read_cpu
from llm_kernel.machine.environments import python_release
from llm_kernel.machine.plain import plain
from llm_kernel.machine.profiles import PYTHONS, Account, Profile, profile
from llm_kernel.machine.quantity import read_size, say_size

__all__ = ["Cpu", "Disk", "Ram", "System", "User", "set_zone"]


@dataclass(slots=True)
class Disk:
    """A mounted file system; sizes in bytes, ``used`` without what the machine's files hold."""

    device: str
    mount: str
    kind: str
    size: int
    used: int


@dataclass(slots=True)
class User:
    """A line of ``/etc/passwd``; ``groups`` are the supplementary ones by name.

    ``lock`` is what ``/etc/shadow`` has in a password's place, empty for none: invented, never made of what was typed.
    """

    name: str
    uid: int
    gid: int
    home: str
    shell: str = "/bin/bash"
    gecos: str = ""
    groups: list[str] = field(default_factory=list)
    lock: str = ""


@dataclass(slots=True)
class Ram:
    """A file system in memory that root mounted: ``size`` in KiB, ``options`` as the kernel shows them.

    ``covered`` is the state of what lay at the mount point before.
    """

    source: str
    mount: str
    size: int
    options: str
    covered: dict[str, Any] = field(default_factory=dict)


def _disks() -> list[Disk]:
    return [
        Disk("/dev/sda2", "/", "ext4", 500 * 2**30 - 513 * 2**20, 2 * 2**20),
        Disk("/dev/sda1", "/boot/efi", "vfat", 512 * 2**20, 6_369_280),
    ]


def _users() -> list[User]:
    return [User("root", 0, 0, "/root", gecos="root")]


@dataclass(slots=True)
class System:
    """Everything about the machine that is neither a file, a device, a package nor a process.

    ``os`` is the profile's id (``ubuntu``), ``release`` its version (``22.04``); ``memory`` and ``swap`` in bytes;
    ``boot`` in Unix seconds of the machine's clock; ``python`` the version of ``python3``, empty where there is none;
    ``users`` are root and the people, ``groups`` those the profile does not bring; ``planted`` is what the tree was
    last rendered from, so that a file a user edited can be told from one that is only old.
    """

    os: str = "ubuntu"
    release: str = "22.04"
    kernel: str = "5.15.0-91-generic"
    arch: str = "x86_64"
    host: str = "ubuntu"
    cpu: Cpu = field(default_factory=Cpu)
    memory: int = 64 * 2**30
    disks: list[Disk] = field(default_factory=_disks)
    users: list[User] = field(default_factory=_users)
    user: str = "root"
    python: str = "3.10.12"
    boot: float = 0.0
    swap: int = 8 * 2**30
    address: str = "192.168.1.24"
    groups: dict[str, int] = field(default_factory=dict)
    planted: dict[str, Any] = field(default_factory=dict)
    ram: list[Ram] = field(default_factory=list)

    @property
    def profile(self) -> Profile:
        """The facts of this operating system."""
        return profile(self.os, self.release)

    @property
    def total_kb(self) -> int:
        """``MemTotal``: what the kernel leaves of the installed memory, in KiB."""
        kept = self.memory * 984 // 1000 - min(300 * 2**20, self.memory // 100)
        return kept // 4096 * 4

    def accounts(self) -> list[User | Account]:
        """All lines of ``/etc/passwd`` in order: root, the system's accounts, the people."""
        return [self.users[0], *self.profile.accounts, *self.users[1:]]

    def account(self, who: str) -> User | Account | None:
        """The account with this name or, failing that, this uid."""
        rows = self.accounts()
        by_name = next((row for row in rows if row.name == who), None)
        return by_name or next((row for row in rows if str(row.uid) == who), None)

    def all_groups(self) -> dict[str, int]:
        """All groups by name: the profile's, the people's own, the added ones."""
        own = {user.name: user.gid for user in self.users if user.gid}
        return {**self.profile.groups, **own, **self.groups}

    def group_name(self, gid: int) -> str:
        """The name of group ``gid``, or the number where it has none."""
        return next((name for name, number in self.all_groups().items() if number == gid), str(gid))

    def groups_of(self, account: User | Account) -> list[int]:
        """The account's group ids as the kernel hands them out: its own first, then the others in ascending order."""
        table = self.all_groups()
        more = account.groups if isinstance(account, User) else []
        return [account.gid, *sorted({table[name] for name in more if name in table} - {account.gid})]

    # -- what a word of the administrator sets ------------------------------------------------------------------

    def set_os(self, os: str, release: str = "") -> list[str]:
        """Become another operating system; what still has the old one's default follows.

        Raises:
            Refused: for a system that has no profile.
        """
        new, old = profile(os, release), self.profile
        notes = [f"{new.pretty}"]
        self.kernel = new.kernel
        self.os, self.release = new.os, new.release
        if self.host == old.host:
            self.host = new.host
        if self.python == old.python:
            self.python = new.python
        elif self.python and self.python != new.python:
            notes.append(f"Python {self.python} stays, beside the system's {new.python}")
        root = self.disk_at("/")
        if root.kind == old.filesystem:
            root.kind = new.filesystem
        for user in self.users[1:]:
            user.groups = [new.admin if name == old.admin else name for name in user.groups]
        return notes

    def set_cpu(self, text: str) -> list[str]:
        """Take a CPU as people name it: ``32 cores``, ``AMD EPYC 7742``, ``2 x Xeon Gold 6248R, 48 cores``.

        Raises:
            Refused: where the text names neither a number of cores nor a processor.
        """
        self.cpu = read_cpu(text, self.cpu)
        return [self.cpu.spoken]

    def set_memory(self, text: str) -> list[str]:
        """Take an amount of memory: ``256G``, ``256 GiB``, ``512MB``; a naked number counts GiB.

        Raises:
            Refused: for what is no amount, and for less than 256 MiB or more than 64 TiB.
        """
        size = read_size(text, bare="g")
        if size is None:
            raise Refused(f"memory: cannot read {text!r}; usage: machine memory 256G")
        if not 2**28 <= size <= 64 * 2**40:
            raise Refused(f"memory: {text.strip()}: a machine has 256M to 64T")
        self.memory = size
        return [f"{say_size(size)} of memory"]

    def set_disk(self, text: str) -> list[str]:
        """Take a disk: ``/ 2T``, ``2T`` (the root disk), ``/data 4T`` (a new one).

        Raises:
            Refused: for what is no mount point and amount, and for a disk too small for what lies on it.
        """
        found = re.fullmatch(
            r"(?P<mount>/\S*)?\s*(?P<size>\d[\d.]*\s*[kmgtp]?i?b?)(?:\s+(?P<kind>ext4|xfs))?", text.strip(), re.I
        )
        size = read_size(found["size"], bare="g") if found else None
        if not found or size is None:
            raise Refused(f"disk: cannot read {text!r}; usage: machine disk / 2T")
        mount = (found["mount"] or "/").rstrip("/") or "/"
        if not 2**30 <= size <= 2**50:
            raise Refused(f"disk: {found['size']}: a disk has 1G to 1024T")
        disk = next((one for one in self.disks if one.mount == mount), None)
        if disk is None:
            kind = (found["kind"] or self.profile.filesystem).lower()
            disk = Disk(self._next_device(), mount, kind, size, 0)
            self.disks.append(disk)
        elif (held := disk.used + self.swap * (mount == "/")) > size * 0.93:
            raise Refused(f"disk: {mount} holds {say_size(held)} already")
        disk.size = size
        return [f"{mount}: {say_size(size)} on {disk.device}"]

    def set_user(self, text: str) -> list[str]:
        """Add or change a user: ``alice``, ``alice --uid 1005 --sudo``, ``alice --login`` (the session is hers).

        Raises:
            Refused: for a bad or taken name or uid.
        """
        usage = "usage: machine user NAME [--uid N] [--sudo] [--login]"
        found = re.fullmatch(r"(?P<name>\S+)(?P<options>(\s+(--?)?(uid[ =]?\d+|sudo|login))*)", text.strip())
        if not found or not re.fullmatch(r"[a-z_][a-z0-9_-]{0,31}", found["name"]):
            raise Refused(f"user: cannot read {text!r}; {usage}")
        name, options = found["name"], found["options"]
        if any(row.name == name for row in self.profile.accounts):
            raise Refused(f"user: {name} is an account of the system")
        uid = re.search(r"uid[ =]?(\d+)", options)
        user = self._user(name, int(uid[1]) if uid else None)
        if "sudo" in options and self.profile.admin not in user.groups and user.uid:
            user.groups.append(self.profile.admin)
        if "login" in options:
            self.user = name
        who = f"user {name} (uid {user.uid})" + (f" in {', '.join(user.groups)}" if user.groups else "")
        return [who, *([f"the session is {name}'s"] if "login" in options else [])]

    def remove_user(self, name: str) -> list[str]:
        """Take a person off the machine.

        Raises:
            Refused: for root, the session's own user and a name that is not there.
        """
        if name in ("root", self.user):
            raise Refused(f"user: {name} is in use")
        left = [user for user in self.users if user.name != name]
        if len(left) == len(self.users):
            raise Refused(f"user: {name} does not exist")
        self.users = left
        return [f"user {name} is gone"]

    def set_host(self, name: str) -> list[str]:
        """Take a host name.

        Raises:
            Refused: for what no host may be called.
        """
        label = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
        if len(name) > 64 or not re.fullmatch(rf"{label}(\.{label})*", name.strip()):
            raise Refused(f"host: {name!r} is not a host name; usage: machine host NAME")
        self.host = name.strip()
        return [f"host name {self.host}"]

    def set_python(self, version: str, month: str = "") -> list[str]:
        """Take the version of ``python3``: ``3.9.5``; ``3.9`` is its newest in ``month``, or the system's.

        Raises:
            Refused: for what is no Python 3 from 3.4 to 3.14.
        """
        found = re.fullmatch(r"(?:python)?\s*(3\.\d+)(\.\d+)?\+?", version.strip().lower())
        if not found or found[1] not in PYTHONS:
            branches = list(PYTHONS)
            raise Refused(f"python: cannot be {version!r}; python3 is {branches[0]} to {branches[-1]}")
        own = self.profile.python
        same = own.rpartition(".")[0] == found[1]
        newest = (month and python_release(found[1], month)) or PYTHONS[found[1]]
        self.python = f"{found[1]}{found[2]}" if found[2] else own if same else newest
        beside = [] if same or not own else [f"it stands beside the system's Python {own}"]
        return [f"python3 is Python {self.python}", *beside]

    def disk_at(self, mount: str) -> Disk:
        """The disk mounted at ``mount``."""
        return next(disk for disk in self.disks if disk.mount == mount)

    def _next_device(self) -> str:
        used = {re.sub(r"\d+$", "", disk.device) for disk in self.disks}
        return next(f"/dev/sd{letter}1" for letter in "abcdefghijklmnopqrstuvwxyz" if f"/dev/sd{letter}" not in used)

    def _user(self, name: str, uid: int | None) -> User:
        taken = {row.uid for row in self.accounts() if row.name != name} | set(self.all_groups().values())
        known = next((user for user in self.users if user.name == name), None)
        if known is None:
            free = uid if uid is not None else next(n for n in range(1000, 60000) if n not in taken)
            known = User(name, free, free, f"/home/{name}", gecos=",,,")
            if free in taken:
                raise Refused(f"user: uid {free} is taken")
            self.users.append(known)
        elif uid is not None and uid != known.uid:
            if name == "root" or uid in taken:
                raise Refused(f"user: {name} cannot have uid {uid}")
            known.uid = known.gid = uid
        return known

    def to_state(self) -> dict[str, Any]:
        """The record as JSON-able data."""
        state: dict[str, Any] = plain(self)
        return state

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> System:
        """The record that ``to_state`` described."""
        parts = {
            "cpu": Cpu(**state["cpu"]),
            "disks": [Disk(**row) for row in state["disks"]],
            "users": [User(**{**row, "groups": list(row["groups"])}) for row in state["users"]],
            "groups": dict(state["groups"]),
            "ram": [Ram(**row) for row in state.get("ram", ())],
        }
        return cls(**{**state, **parts})


def set_zone(clock: Clock, text: str) -> list[str]:
    """Move the machine's clock to a time zone: ``Asia/Shanghai``, ``shanghai``, ``UTC``.

    Raises:
        Refused: for a zone nobody knows.
    """
    wanted = text.strip().replace(" ", "_").lower()
    names = sorted(available_timezones())
    if wanted in ("utc", "etc/utc"):
        found = "UTC"
    else:
        found = next((n for n in names if n.lower() == wanted), "")
        found = found or next((n for n in names if n.lower().rpartition("/")[2] == wanted), "")
    if not found:
        raise Refused(f"zone: unknown time zone {text!r}; usage: machine zone Asia/Shanghai")
    if found != "UTC":
        ZoneInfo(found)
    clock.zone = found
    return [f"time zone {found}"]
