"""What each operating system is made of: versions, accounts, programs. Facts, not a machine."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from llm_kernel.errors import Refused
from llm_kernel.machine.catalog import load

__all__ = ["PROFILES", "PYTHONS", "Account", "Profile", "profile"]


@dataclass(frozen=True, slots=True)
class Account:
    """A system account that every machine of this family has."""

    name: str
    uid: int
    gid: int
    gecos: str
    home: str
    shell: str


@dataclass(frozen=True, slots=True)
class Profile:
    """One release of one operating system.

    ``born`` is the month in which it came out, ``like`` is its family (``debian`` or ``rhel``), ``merged`` whether
    ``/bin`` is a link to ``usr/bin``, ``programs`` the names in each folder of programs, ``admin`` the group that may
    use ``sudo``, ``processor`` what ``uname -p`` prints.
    """

    os: str
    release: str
    label: str
    version: str
    codename: str
    born: str
    kernel: str
    build: str
    builder: str
    compiler: str
    python: str
    libc: str
    libc_label: str
    bash: str
    coreutils: str
    procps: str
    util_linux: str
    debian_version: str
    merged: bool
    manager: str
    filesystem: str
    processor: str
    host: str
    admin: str
    like: str
    os_release: tuple[str, ...]
    sources: tuple[str, ...]
    accounts: tuple[Account, ...]
    groups: dict[str, int]
    programs: dict[str, tuple[str, ...]]

    @property
    def pretty(self) -> str:
        """The name people read, ``Ubuntu 22.04.3 LTS``."""
        prefix = "PRETTY_NAME="
        return next(line for line in self.os_release if line.startswith(prefix))[len(prefix) :].strip('"')

    @property
    def point(self) -> str:
        """The release with its point release, ``22.04.3``."""
        return self.version.split()[0]

    def since(self, tool: str, version: str) -> bool:
        """Whether this release's ``tool`` (``coreutils``, ``procps``, ``libc``, ...) is ``version`` or newer."""
        return _numbers(getattr(self, tool)) >= _numbers(version)

    def folder_of(self, program: str) -> str | None:
        """The folder that holds ``program``, as the release lays it out, or None."""
        return next((folder for folder, names in self.programs.items() if program in names), None)


@lru_cache(maxsize=64)
def profile(os: str, release: str = "") -> Profile:
    """The profile people mean by ``os`` and ``release``: ``("Ubuntu", "18.04 LTS")``, ``("bionic", "")``.

    Raises:
        Refused: for a system nobody described, with the list of those that are.
    """
    words = f"{os} {release}".lower().replace(",", " ").replace("-", " ").split()
    kind = next((_KINDS[word] for word in words if word in _KINDS), "")
    if not kind and (named := _by_codename(words)):
        return named
    numbers = [word.lstrip("v") for word in words if word.lstrip("v")[:1].isdigit()]
    of_kind = [made for (name, _), made in PROFILES.items() if name == kind]
    for made in of_kind:
        if any(number == made.release or number.startswith(f"{made.release}.") for number in numbers):
            return made
    named = _by_codename(words)
    if named and named in of_kind:
        return named
    if of_kind and not numbers:
        return _DEFAULTS.get(kind, of_kind[-1])
    known = ", ".join(f"{made.label} {made.release}" for made in PROFILES.values())
    raise Refused(f"os: cannot be {f'{os} {release}'.strip()!r}; known: {known}")


def _by_codename(words: list[str]) -> Profile | None:
    return next((made for made in PROFILES.values() if made.codename.lower() in words), None)


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".") if part.isdigit()]


def _read(data: dict[str, Any]) -> dict[tuple[str, str], Profile]:
    made = {}
    for row in data["profiles"]:
        like = row["like"]
        row = {**row, "os_release": tuple(row["os_release"]), "sources": tuple(row["sources"])}
        folders = {folder: tuple(names.split()) for folder, names in data["programs"].items()}
        folders["/usr/bin"] += tuple(data["managers"][like].split())
        if row["manager"] == "dnf":
            folders["/usr/bin"] += ("dnf",)
        absent = data["absent"].get(f"{row['os']} {row['release']}", "").split()
        folders = {folder: tuple(n for n in names if n not in absent) for folder, names in folders.items()}
        people, teams = _names(row, data["accounts"][like], data["groups"][like])
        groups = dict(pair.rsplit(":", 1) for pair in teams.split())
        made[row["os"], row["release"]] = Profile(
            **row,
            accounts=tuple(_account(line) for line in people.splitlines()),
            groups={name: int(gid) for name, gid in groups.items()},
            programs=_folders(folders, merged=row["merged"]),
        )
    return made


def _names(row: dict[str, Any], people: str, teams: str) -> tuple[str, str]:
    """The accounts and groups of the family with what is this release's own."""
    if row["os"] == "ubuntu" and row["release"] < "24.04":
        chat = "irc:39:39:ircd:/run/ircd:/usr/sbin/nologin\n"
        own = chat if row["release"] > "20.04" else chat.replace("/run", "/var/run")
        bugs = "gnats:41:41:Gnats Bug-Reporting System (admin):/var/lib/gnats:/usr/sbin/nologin\n"
        return people.replace(chat, own + bugs), teams.replace(" shadow:", " gnats:41 shadow:")
    if row["os"] == "centos":
        return people.replace("nobody:65534:65534:Kernel Overflow User", "nobody:99:99:Nobody"), teams.replace(
            "nobody:65534", "nobody:99"
        )
    return people, teams


def _account(line: str) -> Account:
    name, uid, gid, gecos, home, shell = line.split(":")
    return Account(name, int(uid), int(gid), gecos, home, shell)


def _folders(folders: dict[str, tuple[str, ...]], *, merged: bool) -> dict[str, tuple[str, ...]]:
    if not merged:
        return {folder: tuple(sorted(set(names))) for folder, names in folders.items()}
    return {
        "/usr/bin": tuple(sorted({*folders["/usr/bin"], *folders["/bin"]})),
        "/usr/sbin": tuple(sorted({*folders["/usr/sbin"], *folders["/sbin"]})),
    }


_KINDS = {"ubuntu": "ubuntu", "debian": "debian", "centos": "centos", "rocky": "rocky", "rockylinux": "rocky"}
PROFILES: dict[tuple[str, str], Profile] = _read(load("profiles"))
PYTHONS: dict[str, str] = dict(load("profiles")["pythons"])
"""The last known release of each Python 3 branch."""
_DEFAULTS = {"ubuntu": PROFILES["ubuntu", "22.04"]}
