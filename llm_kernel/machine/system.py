"""System facts: what ``uname``, ``lscpu``, ``free``, ``id`` and ``/etc`` are rendered from. One record, no rendering."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Cpu", "Disk", "System", "User"]


@dataclass(slots=True)
class Cpu:
    """``cores`` counts logical processors over all sockets, as ``nproc`` does."""

    model: str = "Intel(R) Xeon(R) Gold 6248R CPU @ 3.00GHz"
    cores: int = 16
    sockets: int = 1
    threads_per_core: int = 2
    mhz: float = 3000.0


@dataclass(slots=True)
class Disk:
    """A mounted file system; ``size`` and ``used`` in bytes, ``used`` without what the machine's files hold."""

    device: str
    mount: str
    kind: str
    size: int
    used: int


@dataclass(slots=True)
class User:
    """A line of ``/etc/passwd``; ``groups`` are the supplementary ones by name."""

    name: str
    uid: int
    gid: int
    home: str
    shell: str = "/bin/bash"
    gecos: str = ""
    groups: list[str] = field(default_factory=list)


@dataclass(slots=True)
class System:
    """Everything about the machine that is neither a file, a device, a package nor a process.

    ``os`` is the profile's id (``ubuntu``), ``release`` its version (``22.04``); ``memory`` in bytes;
    ``boot`` in Unix seconds of the machine's clock; ``python`` the version of ``python3``, empty where there is none.
    """

    os: str = "ubuntu"
    release: str = "22.04"
    kernel: str = "5.15.0-91-generic"
    arch: str = "x86_64"
    host: str = "ubuntu"
    cpu: Cpu = field(default_factory=Cpu)
    memory: int = 64 * 2**30
    disks: list[Disk] = field(default_factory=list)
    users: list[User] = field(default_factory=list)
    user: str = "root"
    python: str = "3.10.12"
    boot: float = 0.0
