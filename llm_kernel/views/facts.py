"""What differs between two states of a machine's parts that are no files: a line for each change.

The states are those that the parts write of themselves; whoever stored them may have changed them, so every value is
read as it comes and shown as text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from llm_kernel.machine.quantity import say_size

__all__ = ["Sections", "sections"]

Sections = dict[str, list[str]]
"""Lines by the title they stand under; ``+`` came, ``-`` went, ``~`` is another now."""

_PLAIN = ("host", "kernel", "arch", "python", "user", "address")
_BOARD = ("cap", "persistence", "mode", "ecc", "ecc_pending", "accounting", "mig", "locked", "errors")
_PROMPTED = frozenset(["PWD", "OLDPWD", "_"])
_DECLARED = re.compile(r"^declare -(\S+) ([A-Za-z_]\w*)(?:=(.*))?", re.DOTALL)
_LONGEST = 200


def sections(before: Mapping[str, Any], after: Mapping[str, Any]) -> Sections:
    """What differs, by part; ``before`` and ``after`` hold the state of each part by its name."""
    system = before.get("system", {}), after.get("system", {})
    clock = before.get("clock", {}), after.get("clock", {})
    devices = before.get("devices", {}), after.get("devices", {})
    packages = before.get("packages", {}), after.get("packages", {})
    shell = before.get("shell", {}), after.get("shell", {})
    table = [part.get("processes", {}).get("table", []) for part in (before, after)]
    masks = [part.get("habits", {}).get("umask", 0) for part in (before, after)]
    parts = before, after
    found = {
        "System": [
            *_system(*system),
            *_one("zone", clock[0].get("zone"), clock[1].get("zone")),
            *_rows(*(_tunables(one) for one in parts), said=str),
        ],
        "Faults": [*_lists(*(_faults(one.get("faults", {})) for one in parts))],
        "Users": [*_rows(*(_by(one.get("users", []), "name") for one in system), said=_user)],
        "GPUs": [*_devices(*devices)],
        "Packages": [*_packages(*packages)],
        "Processes": [*_processes(*table)],
        "Facts": [*_lists(before.get("facts", []), after.get("facts", []))],
        "Shell": [*_shell(*shell), *_one("umask", *(f"{mask:04o}" for mask in masks))],
    }
    return {title: lines for title, lines in found.items() if lines}


def _said(value: object) -> str:
    text = "none" if value in (None, "", [], {}, ()) else str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _one(name: str, old: object, new: object) -> Iterator[str]:
    """A single value, where it is another."""
    if old != new:
        yield f"~ {name}: {_said(old)} -> {_said(new)}"


def _by(rows: Iterable[Mapping[str, Any]], *keys: str) -> dict[str, Mapping[str, Any]]:
    return {" ".join(str(row.get(key)) for key in keys): row for row in rows}


def _rows(old: Mapping[str, Any], new: Mapping[str, Any], *, said: Callable[[Any], str]) -> Iterator[str]:
    """Rows that came, went or are others, each in the words of ``said``."""
    for key in [*old, *(key for key in new if key not in old)]:
        if key not in new:
            yield f"- {said(old[key])}"
        elif key not in old:
            yield f"+ {said(new[key])}"
        elif said(old[key]) != said(new[key]):
            yield f"~ {said(old[key])} -> {said(new[key])}"


def _lists(old: Iterable[object], new: Iterable[object]) -> Iterator[str]:
    before, after = [str(one) for one in old], [str(one) for one in new]
    yield from (f"- {_said(one)}" for one in before if one not in after)
    yield from (f"+ {_said(one)}" for one in after if one not in before)


def _system(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    yield from _one("system", *(f"{one.get('os')} {one.get('release')}" for one in (old, new)))
    for name in _PLAIN:
        yield from _one(name, old.get(name), new.get(name))
    yield from _one("processors", *(_cpu(one.get("cpu", {})) for one in (old, new)))
    for name in ("memory", "swap"):
        yield from _one(name, *(_size(one.get(name)) for one in (old, new)))
    yield from _rows(*(_by(one.get("disks", []), "mount") for one in (old, new)), said=_disk)
    yield from _rows(*(_by(one.get("ram", []), "mount") for one in (old, new)), said=_mount)


def _mount(mount: Mapping[str, Any]) -> str:
    return f"tmpfs {mount.get('mount')} {_said(mount.get('options'))}"


def _tunables(part: Mapping[str, Any]) -> dict[str, str]:
    return {name: f"{name} = {_said(value)}" for name, value in part.get("tunables", {}).items()}


def _faults(faults: Mapping[str, Any]) -> Iterator[str]:
    """What is broken, but for the GPUs, which tell of theirs."""
    if faults.get("network"):
        yield "network down"
    yield from (f"disk {mount} full" for mount in faults.get("full", []))


def _cpu(cpu: Mapping[str, Any]) -> str:
    return f"{cpu.get('cores')} x {cpu.get('model')}"


def _size(size: object) -> str:
    return say_size(size) if isinstance(size, int) else _said(size)


def _disk(disk: Mapping[str, Any]) -> str:
    return f"disk {disk.get('mount')} {_size(disk.get('size'))} ({disk.get('kind')}, {disk.get('device')})"


def _user(user: Mapping[str, Any]) -> str:
    groups = ", ".join(str(group) for group in user.get("groups", []))
    return f"{user.get('name')} (uid {user.get('uid')}, {user.get('home')}, {user.get('shell')})" + (
        f" in {groups}" if groups else ""
    )


def _devices(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for name in ("driver", "cuda"):
        yield from _one(name, old.get(name), new.get(name))
    boards = [_by(one.get("gpus", []), "uuid") for one in (old, new)]
    numbers = [{uuid: at for at, uuid in enumerate(rows)} for rows in boards]
    for uuid, board in boards[0].items():
        if uuid not in boards[1]:
            yield f"- GPU {numbers[0][uuid]}: {_said(board.get('card'))}"
    for uuid, board in boards[1].items():
        if uuid not in boards[0]:
            yield f"+ GPU {numbers[1][uuid]}: {_said(board.get('card'))}"
            continue
        was = boards[0][uuid]
        for name in _BOARD:
            yield from _one(f"GPU {numbers[1][uuid]} {name}", was.get(name), board.get(name))
        yield from _one(f"GPU {numbers[1][uuid]} faults", [*was.get("faults", {})], [*board.get("faults", {})])
        parts = ([row.get("profile") for row in one.get("instances", [])] for one in (was, board))
        yield from _one(f"GPU {numbers[1][uuid]} instances", *parts)


def _packages(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    held = [{(row[0], row[1]): str(row[2]) for row in one.get("added", [])} for one in (old, new)]
    gone = [{(row[0], row[1]) for row in one.get("gone", [])} for one in (old, new)]
    for key in sorted({*held[0], *held[1], *gone[0], *gone[1]}, key=str):
        was, now = held[0].get(key), held[1].get(key)
        name = f"{key[0]} {key[1]}"
        if was and now and was != now:
            yield f"~ {name} {was} -> {now}"
        elif now and not was:
            yield f"+ {name} {now}"
        elif (was and not now) or (key in gone[1] and key not in gone[0]):
            yield f"- {name}" + (f" {was}" if was else "")
        elif key in gone[0] and key not in gone[1] and not now:
            yield f"+ {name}"


def _processes(old: Iterable[Mapping[str, Any]], new: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    return _rows(_by(old, "pid"), _by(new, "pid"), said=_process)


def _process(process: Mapping[str, Any]) -> str:
    command = " ".join(str(word) for word in process.get("command", []))
    load = "".join(
        f", GPU {index} {use.get('util')} % {use.get('mem')} MiB" for index, use in process.get("gpu", {}).items()
    )
    nice = f", nice {process['nice']}" if process.get("nice") else ""
    stopped = ", stopped" if process.get("state") == "T" else ""
    return f"{process.get('pid')} {process.get('user')} {_said(command)}{load}{nice}{stopped}"


def _shell(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    yield from _one("directory", old.get("cwd"), new.get("cwd"))
    yield from _rows(*(_variables(str(one.get("variables", ""))) for one in (old, new)), said=str)
    yield from _one("arguments", old.get("words"), new.get("words"))
    for name in ("aliases", "functions", "options", "traps", "completions"):
        yield from _blocks(name, *(str(one.get(name, "")) for one in (old, new)))


def _variables(text: str) -> dict[str, str]:
    """Variables by name, each as a shell would set it."""
    found = {}
    for row in re.split(r"\n(?=declare -)", text.strip()):
        if (told := _DECLARED.match(row)) and told[2] not in _PROMPTED:
            word = "export " if "x" in told[1] else ""
            found[told[2]] = f"{word}{told[2]}={_said((told[3] or '').strip())}"
    return found


def _blocks(name: str, old: str, new: str) -> Iterator[str]:
    """What is told by its lines; of functions, the names."""
    if old == new:
        return
    if name == "functions":
        bodies = [{part.split(" ", 1)[0]: part for part in re.split(r"\n(?=\S+ \(\))", text)} for text in (old, new)]
        for key in sorted({*bodies[0], *bodies[1]} - {""}):
            if bodies[0].get(key) != bodies[1].get(key):
                sign = "~" if key in bodies[0] and key in bodies[1] else "+" if key in bodies[1] else "-"
                yield f"{sign} function {_said(key)}"
        return
    # where a program was last found is the shell's memory and nobody's wish
    yield from _lists(*([row for row in text.splitlines() if " hash -p " not in f" {row}"] for text in (old, new)))
