"""The machine: everything that is true, in one place. Whoever changes it, changes it through here or its parts.

A snapshot of it begins with a format number (``FORMAT``); an unknown one is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from llm_kernel.errors import Refused, StateError
from llm_kernel.machine.actor import Actor
from llm_kernel.machine.clock import Clock
from llm_kernel.machine.devices import Devices
from llm_kernel.machine.faults import Faults, spoken
from llm_kernel.machine.files import Files
from llm_kernel.machine.latent import Invented
from llm_kernel.machine.mounts import mount_of, mounts
from llm_kernel.machine.packages import Packages
from llm_kernel.machine.processes import Processes
from llm_kernel.machine.sensors import Reading
from llm_kernel.machine.snapshot import Snapshot
from llm_kernel.machine.system import Ram, System
from llm_kernel.machine.tree import plant, quicken, refresh, replant

__all__ = ["FORMAT", "Machine"]

FORMAT = 1

_UPTIME = 12 * 86400 + 3 * 3600 + 41 * 60 + 7.0
"""Seconds that a fresh machine has been up."""

_LTS = (("2022-08", "20.04"), ("2024-08", "22.04"), ("9999-01", "24.04"))
"""Until which month a fresh server runs which Ubuntu: the one before is installed until the first point release."""


class Machine:
    """Files, system, devices, packages, processes, clock and facts; ``login`` is when the login shell began.

    ``passwords`` are digests of those that were typed, by what ``/etc/shadow`` shows; they are in no state.
    """

    def __init__(self, clock: Clock | None = None, *, seed: int = 42) -> None:
        self.seed = seed
        self.clock = clock or Clock()
        self.login = self.clock.now
        self.facts: list[str] = []
        self.passwords: dict[str, bytes] = {}
        self.faults = Faults()
        self.invented = Invented()
        self.system = System(boot=self.clock.now - _UPTIME)
        self.files = Files(self.clock)
        self.files.no_room = self.no_room
        self.devices = Devices(seed, era=self.era)
        self.packages = Packages(self.system, seed=seed, era=self.era)
        release = next(release for until, release in _LTS if self.era < until)
        if release != self.system.release:
            self.system.set_os("ubuntu", release)
        self.packages.refit()
        self._mounted()
        plant(self.files, self)
        self.processes = Processes(self.system.boot, login=self.system.user, clock=self.clock)
        self.processes.table[self.processes.shell].start = self.login
        quicken(self.files, self)

    @property
    def era(self) -> str:
        """The month that the machine's clock shows, ``2021-04``: what is newer does not exist yet."""
        return self.clock.local.strftime("%Y-%m")

    def has(self, need: str) -> bool:
        """Whether a program's need is met: ``gpu-driver``, ``cuda``, ``python``, ``package:NAME``, ``os:NAME``."""
        kind, _, name = need.partition(":")
        match kind:
            case "":
                return True
            case "gpu-driver":
                return bool(self.devices.driver)
            case "cuda":
                return bool(self.devices.cuda)
            case "python":
                return bool(self.system.python)
            case "package":
                return any(self.packages.find(manager, name) for manager in self.packages.managers)
            case "os":
                return name in (self.system.os, self.system.profile.like)
        raise ValueError(f"no such need: {need}")

    def readings(self) -> list[Reading]:
        """What the sensors of every GPU say now."""
        return self.devices.readings(self.processes, self.clock.now)

    def stir(self) -> None:
        """Note that time passed or processes changed: ``/proc`` is brought up to date when somebody looks there."""
        self.files.stale = self.refresh

    def refresh(self) -> None:
        """Bring ``/proc`` up to the clock and the processes; ``follow`` does it for the facts."""
        self.files.stale = None
        with self._roomy():
            refresh(self.files, self)

    def follow(self) -> None:
        """Let the rendered files follow facts that changed."""
        self._mounted()
        self.files.stale = None
        with self._roomy():
            replant(self.files, self)
        account = self.system.account(self.system.user)
        if account and self.files.owner != (account.uid, account.gid):
            self.files.owner = account.uid, account.gid

    def no_room(self, path: str) -> bool:
        """Whether ``path`` lies on a disk that is full."""
        full = self.faults.full
        if full or self.system.ram:
            mount = mount_of(self.system, path)
            return mount in full or any(self._used(ram) >= ram.size for ram in self.system.ram if ram.mount == mount)
        return False

    def _used(self, ram: Ram) -> int:
        """The KiB that the files on ``ram`` take."""
        stats = (self.files.lstat(path) for path in self.files.walk(ram.mount))
        return sum(-(-stat.size // 4096) * 4 for stat in stats if stat.kind == "file")

    def _mounted(self) -> None:
        """Tell the files what lies in memory."""
        self.files.memory = {row.mount: row.kind in ("tmpfs", "devtmpfs") for row in mounts(self.system)}

    @contextmanager
    def _roomy(self) -> Iterator[None]:
        """Files that we render are no user's: they fit on a full disk."""
        self.files.no_room = lambda path: False
        try:
            with self.files.as_root():
                yield
        finally:
            self.files.no_room = self.no_room

    def actor(self) -> Actor | None:
        """The session's user as one whom files may be closed to; None for root."""
        account = self.system.account(self.system.user)
        if account is None or account.uid == 0:
            return None
        return Actor(account.uid, frozenset(self.system.groups_of(account)))

    def know(self, fact: str) -> None:
        """Keep a sentence that is true of this machine.

        Raises:
            Refused: for an empty or endless one.
        """
        text = " ".join(fact.split())
        if not text or len(text) > 500:
            raise Refused('fact: one sentence of at most 500 characters; usage: machine fact "MNIST is downloaded"')
        if text not in self.facts:
            self.facts.append(text)

    def to_state(self) -> dict[str, Any]:
        """The machine as JSON-able data, beginning with the format number."""
        return {
            "format": FORMAT,
            "seed": self.seed,
            "clock": {"now": self.clock.now, "zone": self.clock.zone, "login": self.login},
            "facts": list(self.facts),
            "system": self.system.to_state(),
            "devices": self.devices.to_state(),
            "packages": self.packages.to_state(),
            "processes": self.processes.to_state(),
            "faults": self.faults.to_state(),
            "files": self.files.to_state(),
            "invented": self.invented.to_state(),
        }

    @classmethod
    def from_state(
        cls,
        state: Mapping[str, Any],
        clock: Clock | None = None,
        *,
        files: Snapshot | None = None,
        before: Machine | None = None,
    ) -> Machine:
        """The machine that ``to_state`` described; its files are ``files`` where these are given.

        ``before`` is a machine that nobody uses any more: its tree becomes this one's.

        Raises:
            StateError: for another format or a damaged state.
        """
        if state.get("format") != FORMAT:
            raise StateError(
                f"This machine was stored in format {state.get('format')!r}; this version reads format {FORMAT}."
            )
        made = cls.__new__(cls)
        try:
            made.clock = clock or Clock()
            made._read(state, files, before)
        except (KeyError, TypeError, ValueError, AttributeError) as err:
            raise StateError(f"The stored machine is damaged: {err!r}") from err
        return made

    def adopt(self, state: Mapping[str, Any]) -> None:
        """Become the machine that ``state`` describes, on the same files; for going back after a failure.

        The files are not read: ``Files.restore`` brings them back from a snapshot, which is cheaper.
        """
        self.system = System.from_state(state["system"])
        self.devices = Devices.from_state(state["devices"])
        self.packages = Packages.from_state(self.system, state["packages"])
        self.processes = Processes.from_state(state["processes"], self.clock)
        self.facts = list(state["facts"])
        self.faults = Faults.from_state(state.get("faults", {}))
        self.files.no_room = self.no_room
        self._mounted()
        self.clock.zone = state["clock"]["zone"]
        self.clock.set(float(state["clock"]["now"]))
        self.login = float(state["clock"]["login"])

    def essence(self) -> dict[str, Any]:
        """``to_state`` without the files."""
        return {
            "clock": {"now": self.clock.now, "zone": self.clock.zone, "login": self.login},
            "facts": list(self.facts),
            "system": self.system.to_state(),
            "devices": self.devices.to_state(),
            "packages": self.packages.to_state(),
            "processes": self.processes.to_state(),
            "faults": self.faults.to_state(),
            "spoken": spoken(self),
        }

    def _read(self, state: Mapping[str, Any], files: Snapshot | None, before: Machine | None) -> None:
        self.seed = int(state["seed"])
        self.passwords = {}
        self.clock.zone = state["clock"]["zone"]
        self.clock.set(float(state["clock"]["now"]))
        self.files = Files.from_state(self.clock, state["files"], files, before.files if before else None)
        self.invented = Invented.from_state(state.get("invented", {}))
        self.adopt(state)
