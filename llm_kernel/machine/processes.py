"""The process table: one record behind ``ps``, ``top``, ``nvidia-smi`` and the load. Pids only grow.

A process is added when a program starts and leaves when it ends; nothing else changes the table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from llm_kernel.errors import Refused
from llm_kernel.machine.clock import Clock
from llm_kernel.machine.load import Loads, Step
from llm_kernel.machine.past import Past
from llm_kernel.machine.plain import plain
from llm_kernel.machine.served import Server
from llm_kernel.machine.signals import ENDS

__all__ = ["GpuUse", "Process", "Processes"]


@dataclass(slots=True)
class GpuUse:
    """What one process does to one GPU: ``util`` in percent, ``mem`` in MiB; ``kind`` is C, G (graphics) or C+G.

    ``encoder`` and ``decoder`` in percent, None where it uses none; ``trace``: it ran, for less than a percent.
    """

    util: int
    mem: int
    kind: str = "C"
    encoder: int | None = None
    decoder: int | None = None
    trace: bool = False


@dataclass(slots=True)
class Process:
    """One row; ``start`` in machine seconds, ``cpu`` in CPU seconds used, ``rss`` in bytes, ``gpu`` by GPU index.

    ``files`` are those that it has open for writing; ``background``: it was started by ``&``; ``nice`` from -20 to 19.
    ``name``: what it is called where its first word reads it: a script's, whose reader that is.
    ``group``: the process whose end by a deadline is the end of all that it started, and they; 0 for none.
    """

    pid: int
    ppid: int
    user: str
    tty: str
    start: float
    command: tuple[str, ...]
    state: str = "S"
    cpu: float = 0.0
    rss: int = 0
    gpu: dict[int, GpuUse] = field(default_factory=dict)
    cwd: str = "/"
    files: tuple[str, ...] = ()
    background: bool = False
    nice: int = 0
    group: int = 0
    name: str = ""


class Processes:
    """The table, with the few processes every server has already running; ``slept``: seconds that sleeps took.

    ``laid``: what ``/proc`` says of each, as it was last laid there. ``servers``: those that answer requests.

    ``loads`` remembers what the GPUs had to do, also for processes that ended, ``past`` what the processors had to;
    ``clock`` says when.
    """

    def __init__(self, boot: float, *, login: str = "root", clock: Clock | None = None) -> None:
        self.clock = clock or Clock(boot)
        self.loads = Loads()
        self.past = Past()
        self._next = 1
        self.slept = 0.0
        self.table: dict[int, Process] = {}
        self.handlers: dict[int, Callable[[int], None]] = {}
        self.servers: dict[int, Server] = {}
        self.laid: dict[int, tuple[object, ...]] = {}
        for pid, command, user, rss in _BOOT:
            self._add(Process(pid, 0 if pid in (1, 2) else 1, user, "?", boot, command, rss=rss))
        self._next = 2412
        shell = self.spawn(("-bash",), user=login, ppid=1, now=boot + 37.0, tty="pts/0", cwd="/root")
        shell.rss = 5_308_416
        self.shell = shell.pid

    def spawn(
        self, command: tuple[str, ...], *, user: str, ppid: int = 0, now: float, tty: str = "pts/0", cwd: str = "/"
    ) -> Process:
        """Start a process; ``ppid`` 0 means the login shell."""
        process = Process(self._next, ppid or self.shell, user, tty, now, command, cwd=cwd)
        parent = self.table.get(process.ppid)
        process.nice, process.group = (parent.nice, parent.group) if parent else (0, 0)
        self._add(process)
        return process

    def end(self, pid: int) -> None:
        """Take a process off the table, and with it its memory and its load on every GPU."""
        ended = self.table.pop(pid, None)
        if ended:
            self.past.note(ended.start, self.clock.now, ended.cpu, running=ended.state == "R")
        for process in self.table.values() if ended else ():
            process.ppid = 1 if process.ppid == pid else process.ppid  # init takes the children of the dead
        for index in ended.gpu if ended else ():
            self._note(index, self.clock.now)

    def signal(self, pid: int, number: int, *, user: str = "root") -> str:
        """Send a signal (0: none, only look); what kill(2) would complain of, empty where it does not.

        A program that runs here acts on it by its handler; of the others, those that a signal ends leave the table.
        """
        process = self.table.get(pid)
        if process is None:
            return "No such process"
        if user not in ("root", process.user):
            return "Operation not permitted"
        if number == 0 or pid in (1, 2) or process.command[0].startswith("["):
            return ""
        handler = self.handlers.get(pid)
        if handler is not None:
            handler(number)
        elif number in ENDS and pid != self.shell:
            self.end(pid)
        return ""

    def drop_gpu(self, index: int) -> None:
        """Take everybody off GPU ``index``: their memory and load on it are gone."""
        for process in self.using(index):
            del process.gpu[index]
        self._note(index, self.clock.now)

    def leave_gpus(self) -> None:
        """Take everybody off all GPUs and forget what these did: other boards are in their place."""
        for process in self.table.values():
            process.gpu.clear()
        self.loads = Loads()

    def using(self, index: int) -> list[Process]:
        """The processes that are on GPU ``index``, by pid."""
        return [process for process in self.running() if index in process.gpu]

    def running(self) -> list[Process]:
        """All processes, by pid."""
        return [self.table[pid] for pid in sorted(self.table)]

    def below(self, pid: int) -> list[int]:
        """The processes that one has started, and theirs."""
        own = [one.pid for one in self.running() if one.ppid == pid]
        return [*own, *(further for one in own for further in self.below(one))]

    def load_gpu(self, pid: int, index: int, use: GpuUse, *, since: float | None = None) -> None:
        """Set what process ``pid`` does to GPU ``index``, from now on or ``since`` an earlier moment.

        Raises:
            Refused: for a process that is not there, or a load that no process can have.
        """
        if pid not in self.table:
            raise Refused(f"gpu: no process {pid}")
        if not 0 <= use.util <= 100:
            raise Refused(f"gpu: utilisation {use.util} is not within 0 and 100 percent")
        if use.mem < 0:
            raise Refused(f"gpu: memory {use.mem} MiB is negative")
        self.table[pid].gpu[index] = use
        self._note(index, self.clock.now if since is None else since)

    def _note(self, index: int, now: float) -> None:
        uses = [process.gpu[index] for process in self.using(index)]
        util = min(100, sum(use.util for use in uses))
        self.loads.note(index, Step(now, len(uses), util, sum(use.mem for use in uses)))

    def _add(self, process: Process) -> None:
        self.table[process.pid] = process
        self._next = process.pid + 1

    def to_state(self) -> dict[str, Any]:
        """The table as JSON-able data."""
        rows = [plain(p) for p in self.running()]
        more = {"loads": self.loads.to_state(), "past": self.past.to_state()}
        return {"next": self._next, "shell": self.shell, "table": rows, **more}

    @classmethod
    def from_state(cls, state: dict[str, Any], clock: Clock | None = None) -> Processes:
        """The table that ``to_state`` described."""
        made = cls.__new__(cls)
        made.clock = clock or Clock()
        made.loads = Loads.from_state(state.get("loads", {}))
        made.past = Past.from_state(state.get("past", {}))
        made.table, made.handlers, made.servers, made.laid = {}, {}, {}, {}
        for row in state["table"]:
            gpu = {int(k): GpuUse(**v) for k, v in row["gpu"].items()}
            made.table[row["pid"]] = Process(
                **{**row, "command": tuple(row["command"]), "files": tuple(row.get("files", ())), "gpu": gpu}
            )
        made._next, made.slept = state["next"], 0.0
        made.shell = state["shell"]
        return made


_BOOT: tuple[tuple[int, tuple[str, ...], str, int], ...] = (
    (1, ("/sbin/init",), "root", 11_894_784),
    (2, ("[kthreadd]",), "root", 0),
    (487, ("/lib/systemd/systemd-journald",), "root", 17_301_504),
    (531, ("/lib/systemd/systemd-udevd",), "root", 6_422_528),
    (688, ("/lib/systemd/systemd-resolved",), "systemd-resolve", 12_800_000),
    (742, ("/usr/sbin/cron", "-f"), "root", 2_883_584),
    (743, ("/usr/bin/dbus-daemon", "--system"), "messagebus", 4_718_592),
    (756, ("/usr/sbin/rsyslogd", "-n"), "syslog", 5_242_880),
    (771, ("/lib/systemd/systemd-logind",), "root", 7_340_032),
    (893, ("/usr/sbin/sshd", "-D"), "root", 8_912_896),
)
"""pid, command, user, resident bytes of what runs on every server after boot."""
