"""A world written down as a moment, and made again from one. Nothing of a moment is run on the way back.

``/proc`` is left out: the machine tells it anew.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from llm_kernel.errors import StateError
from llm_kernel.journal import Journal
from llm_kernel.machine import Clock, Machine, tunables
from llm_kernel.machine.machine import FORMAT
from llm_kernel.machine.snapshot import Snapshot
from llm_kernel.model.choice import Models
from llm_kernel.programs.progress import Progress
from llm_kernel.shell.jobs_kept import keep_jobs, take_jobs
from llm_kernel.shell.kept import Kept
from llm_kernel.store.moment import Moment
from llm_kernel.world import Desk, Setup, World

__all__ = ["keep", "moved", "read", "take", "written"]

_MACHINE = ("seed", "clock", "facts", "system", "devices", "packages", "processes", "faults", "invented", "habits")
_OTHERS = ("shell", "jobs", "journal")
_LINE = 4096
_IMPOSSIBLE = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What comes of names and records that no tree of files can have: a moment from a file may hold anything."""


async def keep(world: World) -> Moment:
    """The world now, between two cells."""
    machine = world.machine
    states: dict[str, Any] = {
        "format": FORMAT,
        **machine.essence(),
        "seed": machine.seed,
        "invented": machine.invented.to_state(),
        "habits": machine.files.habits(),
        "tunables": _tuned(world),
        "shell": (await world.login().keep()).to_state(),
        "jobs": keep_jobs(world.shell.jobs, lambda pid, left: _progress(world, pid, left)),
        "journal": world.journal.to_state(),
    }
    return Moment({name: written(state) for name, state in states.items()}, machine.files.moment())


def written(state: Any) -> str:
    """One part of a moment as JSON."""
    try:
        return orjson.dumps(state, option=orjson.OPT_NON_STR_KEYS).decode()
    except orjson.JSONEncodeError:  # half of a surrogate pair, as a name that is not UTF-8 has, or a long integer
        return json.dumps(state, ensure_ascii=False, separators=(",", ":"))


def moved(before: Moment, now: Moment) -> bool:
    """Whether a loss of power must not take ``now``: it differs in more than a look leaves, as time and history."""
    if now.files.entries is not before.files.entries or now.parts.keys() != before.parts.keys():
        return True
    for name, text in now.parts.items():
        was, firm = before.parts[name], _FIRM.get(name, str)
        if was != text and firm(was) != firm(text):
            return True
    return False


def _but_history(shell: str) -> str:
    return shell.rpartition(',"since":')[0]


def _but_numbers(processes: str) -> Any:
    return json.loads(processes)["table"]


_FIRM: Mapping[str, Callable[[str], Any]] = {
    "clock": lambda _: None,
    "journal": lambda _: None,
    "processes": _but_numbers,
    "shell": _but_history,
}
"""What of a part stays as it is when somebody only looks."""


def _progress(world: World, pid: int, left: float | None) -> dict[str, Any] | None:
    found = world.emulator.running.get(pid) or world.emulator.resuming.get(pid)
    return found.to_state(left) if found else None


async def take(
    moment: Moment,
    models: Models,
    setup: Setup,
    desk: Desk,
    clock: Clock,
    *,
    stepped: bool,
    before: World | None = None,
) -> World:
    """The world that ``moment`` holds, on a new ``clock`` that is set to its time.

    ``before`` is the world that it follows, in which nothing moves: its tree is taken over, so that only what differs
    is written.

    Raises:
        StateError: for a moment of another format, or a damaged one; there is no world then, and ``before`` is as it
            was.
    """
    old = before.machine if before else None
    files, tuned = (old.files.moment(), _tuned(before)) if before and old else (None, {})
    try:
        return await _take(moment, models, setup, desk, clock, stepped=stepped, before=old)
    except BaseException as err:
        if old and files:
            _put_back(old, files, tuned)
        if isinstance(err, _IMPOSSIBLE):
            raise StateError(f"the stored moment is no machine: {err!r}") from err
        raise


def _put_back(machine: Machine, files: Snapshot, tuned: Mapping[str, str]) -> None:
    """Let the machine have its files again, which another had begun to change."""
    machine.files.writers.anywhere()
    machine.files.restore(files)
    _rise(machine, tuned)


async def _take(
    moment: Moment,
    models: Models,
    setup: Setup,
    desk: Desk,
    clock: Clock,
    *,
    stepped: bool,
    before: Machine | None,
) -> World:
    states = {name: read(moment, name) for name in ("format", *_MACHINE, *_OTHERS)}
    files = {"inodes": moment.files.inodes, "entries": {}, **states["habits"]}
    kept, journal = Kept.from_state(states["shell"]), Journal.from_state(states["journal"])
    tuned = json.loads(moment.parts.get("tunables", "{}"))
    machine = Machine.from_state({**states, "files": files}, clock, files=moment.files, before=before)
    _rise(machine, tuned)
    world = World(machine, models, setup, desk, stepped=stepped, journal=journal, cwd=kept.cwd)
    await world.login().give(kept)
    take_jobs(world.shell.jobs, states["jobs"], machine, world.timeline, lambda pid, row: _resume(world, pid, row))
    return world


def _tuned(world: World) -> dict[str, str]:
    if world.tuned is None:
        world.tuned = tunables.tuned(world.machine.files, world.machine.system)
    return world.tuned


def _rise(machine: Machine, values: Mapping[str, Any]) -> None:
    """Lay what is not kept: ``/proc``, with the tunables that were set."""
    with machine.files.as_root():
        tunables.lay(machine.files, machine.system, {name: str(text)[:_LINE] for name, text in values.items()})
        if not machine.files.root.exists("/proc/mounts"):
            machine.files.symlink("self/mounts", "/proc/mounts")
    machine.follow()
    machine.refresh()


def _resume(world: World, pid: int, row: Mapping[str, Any]) -> None:
    world.emulator.resuming[pid] = Progress.from_state(row)


def read(moment: Moment, name: str) -> Any:
    """One part of a moment.

    Raises:
        StateError: where it is not there, or damaged.
    """
    try:
        return json.loads(moment.parts[name])
    except KeyError:
        raise StateError(f"the stored moment has no {name}; it is damaged") from None
    except (ValueError, RecursionError) as err:
        raise StateError(f"the stored moment is damaged in {name}: {err}") from err
