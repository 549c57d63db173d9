"""The administrator's words: ``machine os ubuntu 18.04`` and its kin, each one row of a table.

They are heard in meta scripts, in acts and behind ``%machine``, never in a user's shell. What was just said is kept,
older parts that conflict are adjusted, and each change is named in a sentence.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeAlias

from llm_kernel.errors import Refused
from llm_kernel.machine import archive, faults, mig, releases
from llm_kernel.machine.machine import Machine
from llm_kernel.machine.quantity import read_size, say_size
from llm_kernel.machine.suiting import keep_packages, suit_packages, suit_python
from llm_kernel.machine.system import set_zone
from llm_kernel.machine.telling import spoken

__all__ = ["PROGRAM_WORDS", "READABLE", "TEXTS", "USAGE", "WORDS", "curve", "say", "seconds"]

Word: TypeAlias = Callable[[Machine, Sequence[str], str], list[str]]

PROGRAM_WORDS = frozenset({"install", "remove", "file", "fact"})
"""The words a program's acts may use."""

USAGE = {
    "os": "machine os ubuntu 18.04",
    "gpu": "machine gpu 4 'GeForce RTX 3090'",
    "driver": "machine driver 465.19.01",
    "cuda": "machine cuda 11.3",
    "cpu": "machine cpu 'AMD EPYC 7742' 64",
    "memory": "machine memory 256G",
    "disk": "machine disk / 2T",
    "install": "machine install pip torch 1.8.0",
    "remove": "machine remove pip torch",
    "python": "machine python 3.9",
    "user": "machine user alice --sudo",
    "host": "machine host NAME",
    "zone": "machine zone Asia/Shanghai",
    "file": "machine file PATH --size 1.7M",
    "fact": 'machine fact "MNIST is downloaded"',
    "clock": "machine clock '2021-04-01 09:00'",
    "fault": "machine fault network down",
    "mig": "machine mig 0 3g.40gb,3g.40gb",
}
"""One line of correct use for each word."""


def say(machine: Machine, args: Sequence[str], cwd: str) -> list[str]:
    """Carry out one ``machine`` word and return what to tell the user.

    Raises:
        Refused: for a word or a value that cannot be; the machine is as before.
    """
    if not args:
        raise Refused("usage: machine WORD ...; words: " + ", ".join(USAGE))
    word, rest = args[0].lower(), list(args[1:])
    if word not in WORDS:
        raise Refused(f"machine: unknown word {args[0]!r}; words: {', '.join(USAGE)}")
    if not rest:
        raise Refused(f"usage: {faults.USAGE if word == 'fault' else USAGE[word]}")
    try:
        notes = WORDS[word](machine, rest, cwd)
    except OSError as err:
        raise Refused(f"machine {word}: {err}") from err
    machine.follow()
    return notes


def _os(machine: Machine, args: Sequence[str], cwd: str) -> list[str]:
    notes = machine.system.set_os(args[0], " ".join(args[1:]))
    machine.packages.refit()
    return notes + keep_packages(machine)


def _gpu(machine: Machine, args: Sequence[str], cwd: str) -> list[str]:
    if args[0].lower() in ("none", "0"):
        return machine.devices.set_gpus(0) or ["no GPU"]
    found = re.fullmatch(r"(\d+)\s*[x×*]?", args[0])
    count, name = (int(found[1]), list(args[1:])) if found else (1, list(args))
    if not found and len(args) > 1 and re.fullmatch(r"[x×*]?\d+", args[-1]):
        count, name = int(args[-1].strip("x×*")), list(args[:-1])
    words = [word for word in name if word.lower() not in ("x", "×", "*")]
    if not words:
        raise Refused(f"usage: {USAGE['gpu']}")
    adjusted = machine.devices.set_gpus(count, " ".join(words))
    gpus = machine.devices.gpus
    machine.processes.leave_gpus()
    machine.packages.refit()
    return [f"{len(gpus)} x {spoken(gpus[0].model)}", *adjusted]


def _driver(machine: Machine, args: Sequence[str], cwd: str) -> list[str]:
    notes = machine.devices.set_driver(args[0])
    return notes or [f"driver {machine.devices.driver or 'none'}"]


def _cuda(machine: Machine, args: Sequence[str], cwd: str) -> list[str]:
    notes = machine.devices.set_cuda(args[0])
    machine.packages.refit()
    return [f"CUDA {machine.devices.cuda or 'none'}", *notes]


def _system(name: str) -> Word:
    def word(machine: Machine, args: Sequence[str], cwd: str) -> list[str]:
        notes: list[str] = getattr(machine.system, f"set_{name}")(" ".join(args))
        return notes

    return word


def _cpu(machine: Machine, args: Sequence[str], cwd: str) -> list[str]:
    text = " ".join(args)
    if len(args) > 1 and args[-1].isdigit():
        text = f"{' '.join(args[:-1])}, {args[-1]} cores"
    return machine.system.set_cpu(text)


def _python(machine: Machine, args: Sequence[str], cwd: str) -> list[str]:
    notes = machine.system.set_python(" ".join(args), machine.era)
    machine.packages.refit()
    return notes + suit_packages(machine)


def _install(machine: Machine, args: Sequence[str], cwd: str) -> list[str]:
    if not args:
        raise Refused(f"usage: {USAGE['install']}")
    manager, wanted = _brought(machine, args)
    told = []
    while wanted:
        name = wanted.pop(0)
        version = ""
        found = re.fullmatch(r"([^=<>~!\s]+)\s*(?:==?|>=|~=|@)\s*v?(\d[\w.+-]*)", name)
        if found:
            name, version = found[1], found[2]
        elif wanted and re.fullmatch(r"v?\d[\w.+-]*", wanted[0]):
            version = wanted.pop(0).lstrip("v")
        if re.fullmatch(r"python3?(\.\d+)?", name) and manager in ("apt", "conda"):
            wish = name.removeprefix("python") if "." in name else version or "3"
            told += _python(machine, [wish], cwd)
            continue
        told += suit_python(machine, manager, name, version)
        for package in machine.packages.install(manager, name, version, companions=True):
            told.append(f"{manager}: {package.name} {package.version}")
    return told


def _brought(machine: Machine, args: Sequence[str]) -> tuple[str, list[str]]:
    """The manager and what it shall bring; a user may leave it out for what pip or the system's own one has.

    Raises:
        Refused: for a manager with nothing to bring, and for one name that nobody knows.
    """
    first = re.split(r"[=<>~!@]", args[0])[0]
    if not machine.packages.manages(first):
        if releases.project(releases.canonical(first)) is not None:
            return "pip", list(args)
        if archive.find(first, machine.system.profile) is not None:
            return machine.packages.archive, list(args)
    if len(args) < 2:
        raise Refused(f"usage: {USAGE['install']}")
    return args[0].lower(), list(args[1:])


def _remove(machine: Machine, args: Sequence[str], cwd: str) -> list[str]:
    if len(args) < 2:
        raise Refused(f"usage: {USAGE['remove']}")
    for name in args[1:]:
        machine.packages.remove(args[0].lower(), name)
    return [f"{args[0].lower()}: without {', '.join(args[1:])}"]


READABLE = 100_000
"""Bytes of a text that somebody could read, and that can therefore be imagined."""
TEXTS = (".txt", ".log", ".md", ".csv", ".json", ".yaml", ".yml", ".py", ".sh", ".cfg", ".ini", ".conf", ".html")


def _file(machine: Machine, args: Sequence[str], cwd: str) -> list[str]:
    said = " ".join(args)
    found = re.search(r"(?<!\s)\s+(?:--size[ =]|-s ?)?(?P<size>\d\S*)\Z", said)
    name = said[: found.start()] if found else ""
    size = read_size(found["size"]) if found else None
    if not name or name[0].isspace() or "\n" in name or size is None:
        raise Refused(f"usage: {USAGE['file']}")
    if size > sum(disk.size for disk in machine.system.disks):
        raise Refused(f"file: {name}: {say_size(size)} is more than the disks hold")
    path = machine.files.absolute(name, cwd)
    if size <= READABLE and path.endswith(TEXTS):
        machine.files.latent(path, size, f"file {path}")
    else:
        machine.files.sized(path, size)
    return []


def _fact(machine: Machine, args: Sequence[str], cwd: str) -> list[str]:
    machine.know(" ".join(args))
    return [f"noted: {machine.facts[-1]}"]


def _clock(machine: Machine, args: Sequence[str], cwd: str) -> list[str]:
    text = " ".join(args).strip()
    ahead = re.fullmatch(r"\+(\d+(?:\.\d+)?)\s*([smhd]?)", text)
    if ahead:
        scale = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}[ahead[2]]
        machine.clock.advance(min(float(ahead[1]) * scale, 100 * 365 * 86400.0))
    else:
        try:
            when = datetime.fromisoformat(text.replace("Z", "+00:00"))
        except ValueError:
            raise Refused(f"clock: cannot read {text!r}; usage: {USAGE['clock']}, or machine clock +2h") from None
        moment = (when if when.tzinfo else when.replace(tzinfo=machine.clock.tz)).timestamp()
        if not 0 <= moment < 4102444800:
            raise Refused("clock: a machine lives between 1970 and 2099")
        shift = moment - machine.clock.now
        machine.clock.set(moment)
        machine.system.boot += shift
        machine.login += shift
        for process in machine.processes.table.values():
            process.start += shift
        machine.processes.loads.shift(shift)
        machine.processes.past.shift(shift)
        machine.devices.shift(shift)
        machine.faults.shift(shift)
        machine.files.shift(shift)
    return [f"{machine.clock.local:%Y-%m-%d %H:%M:%S}"]


def _mig(machine: Machine, args: Sequence[str], cwd: str) -> list[str]:
    gpus = machine.devices.gpus
    if not re.fullmatch(r"\d{1,3}", args[0]) or len(args) < 2:
        raise Refused(f"usage: {USAGE['mig']}, or machine mig 0 none")
    text = " ".join(args[1:])
    names = [] if text.lower() in ("none", "off") else mig.read(text)
    told = _gpu(machine, ["1", mig.card_for(names).name], cwd) if names and not gpus and args[0] == "0" else []
    gpus = machine.devices.gpus
    if int(args[0]) >= len(gpus):
        raise Refused(f"mig: there is no GPU {args[0]}; the machine has {len(gpus)}")
    gpu = gpus[int(args[0])]
    instances = mig.divide(gpu, names) if names else ()
    machine.processes.drop_gpu(gpu.index)
    gpu.mig, gpu.instances = bool(instances), instances
    return [*told, f"GPU {gpu.index}: {', '.join(one.profile for one in instances) or 'whole'}"]


WORDS: dict[str, Word] = {
    "os": _os,
    "gpu": _gpu,
    "driver": _driver,
    "cuda": _cuda,
    "cpu": _cpu,
    "memory": _system("memory"),
    "disk": _system("disk"),
    "install": _install,
    "remove": _remove,
    "python": _python,
    "user": _system("user"),
    "host": _system("host"),
    "zone": lambda machine, args, cwd: set_zone(machine.clock, " ".join(args)),
    "file": _file,
    "fact": _fact,
    "clock": _clock,
    "mig": _mig,
    "fault": lambda machine, args, cwd: faults.break_(machine, args),
}


def seconds(text: str, most: float) -> float:
    """The seconds that ``spend TEXT`` lets pass: a number, or one with ``s``, ``m``, ``h``.

    Raises:
        Refused: for what is no number, is negative, or is more than ``most``.
    """
    found = re.fullmatch(r"(\d+(?:\.\d*)?|\.\d+)(s|m|h|)", text.strip())
    if not found:
        raise Refused(f"spend: {text!r} is not a number of seconds; usage: spend 11.8")
    amount = float(found[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[found[2]]
    if amount > most:
        raise Refused(f"spend: {text} is more than the {timedelta(seconds=most)} that one program may take")
    return amount


def curve(first: float, last: float, i: float, n: float, m: float, noise: float) -> float:
    """The value at step ``i`` of a training curve that starts at ``first`` in step ``n`` and ends at ``last`` in ``m``.

    LAST + (FIRST - LAST) * exp(-4 (i - n) / (m - n)), the project's second contract; ``noise`` from -1 to 1 moves it
    by at most 3 % of the way.
    """
    share = (i - n) / (m - n) if m != n else 1.0
    return last + (first - last) * math.exp(-4 * share) + 0.03 * abs(first - last) * noise
