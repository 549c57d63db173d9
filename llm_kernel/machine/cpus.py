"""The processors people put in servers, and how a text names one."""

from __future__ import annotations

import re
from dataclasses import dataclass

from llm_kernel.errors import Refused
from llm_kernel.machine.catalog import load

__all__ = ["CHIPS", "Chip", "Cpu", "chip", "read_cpu"]


@dataclass(slots=True)
class Cpu:
    """A machine's processors; ``cores`` counts logical ones over all sockets, as ``nproc`` does."""

    model: str = "Intel(R) Xeon(R) Gold 6248R CPU @ 3.00GHz"
    cores: int = 16
    sockets: int = 1
    threads_per_core: int = 2
    mhz: float = 3000.0

    @property
    def spoken(self) -> str:
        """The processors as a note to a person."""
        return f"{self.cores} logical processors: {f'{self.sockets} x ' if self.sockets > 1 else ''}{self.model}"


@dataclass(frozen=True, slots=True)
class Chip:
    """One processor: ``cores`` a socket, ``threads`` a core, caches in KiB (``l3`` a socket, the others a core)."""

    model: str
    cores: int
    threads: int
    mhz: int
    turbo: int
    family: int
    number: int
    stepping: int
    l1d: int
    l1i: int
    l2: int
    l3: int

    @property
    def vendor(self) -> str:
        """The vendor as the processor itself says it."""
        return "AuthenticAMD" if self.model.startswith("AMD") else "GenuineIntel"

    @property
    def logical(self) -> int:
        """Logical processors of one socket."""
        return self.cores * self.threads


_DATA = load("cpus")
CHIPS: tuple[Chip, ...] = tuple(Chip(**dict(zip(_DATA["columns"], row, strict=True))) for row in _DATA["rows"])
_GENERIC = {"AMD": "AMD EPYC 7742 64-Core Processor", "Intel": "Intel(R) Xeon(R) Gold 6248R CPU @ 3.00GHz"}
_CORES = re.compile(r"^(\d+)$|(?<![\w.-])(\d+)\s*(?:v?cpus?|v?cores?|threads?|processors?)\b", re.I)
_HYPHEN_CORES = re.compile(r"(?<![\w.-])(\d+)-cores?\b", re.I)
_SOCKETS = re.compile(r"(?<![\w.-])(\d)\s*(?:[x×*](?=\s|[a-z])|-?\s*sockets?\b)|\b(dual)\b", re.I)
_MAKERS = re.compile(
    r"\b(intel|xeon|amd|epyc|ryzen|threadripper|opteron|pentium|celeron|core\s+i[3579]|i[3579]-\d)", re.I
)
_NOISE = {"intel", "amd", "xeon", "core", "cpu", "processor", "ghz", "epyc", "ryzen", "threadripper", "gold", "silver"}


def chip(model: str) -> Chip:
    """The facts of ``model``; those of a common chip of the same maker where nobody wrote them down."""
    known = next((one for one in CHIPS if one.model == model), None)
    if known:
        return known
    like = _GENERIC["AMD" if re.search("amd|epyc|ryzen|threadripper", model, re.I) else "Intel"]
    return next(one for one in CHIPS if one.model == like)


def read_cpu(text: str, now: Cpu) -> Cpu:
    """The CPU that ``text`` names: ``32 cores``, ``AMD EPYC 7742``, ``2 x Xeon Gold 6248R, 48 cores``.

    What the text leaves out is taken from ``now`` and from the chip.

    Raises:
        Refused: where the text names neither a number of cores nor a processor, or one no such machine can have.
    """
    plain = re.sub(r"\(r\)|\(tm\)", "", text.strip(), flags=re.I)
    if re.search(r"\b(arm|neoverse|graviton|ampere|apple|aarch64)", plain, re.I):
        raise Refused(f"cpu: {text}: this is an x86_64 machine")
    cores, rest = _take(_CORES, plain)
    sockets, rest = _take(_SOCKETS, rest)
    model = _named_in(" ".join(re.sub(r"\b(with|and|of|at)\b|,", " ", rest).split()))
    if cores is None and not model:
        cores, rest = _take(_HYPHEN_CORES, rest)
    if cores is None and sockets is None and not model:
        raise Refused(f"cpu: cannot tell a processor from {text!r}; usage: machine cpu 'AMD EPYC 7742' | '32 cores'")
    if cores is not None and not 1 <= cores <= 2048:
        raise Refused(f"cpu: {cores} cores: a machine has 1 to 2048")
    if sockets is not None and not 1 <= sockets <= 8:
        raise Refused(f"cpu: {sockets} sockets: a machine has 1 to 8")
    return _fit(model or now.model, cores or 0, sockets or 0)


def _take(pattern: re.Pattern[str], text: str) -> tuple[int | None, str]:
    """The number ``pattern`` finds, and the text without it."""
    found = pattern.search(text)
    if not found:
        return None, text
    number = next(part for part in found.groups() if part)
    return 2 if number.lower() == "dual" else int(number), text.replace(found[0], " ", 1)


def _fit(model: str, cores: int, sockets: int) -> Cpu:
    one = chip(model)
    cores = cores or one.logical * (sockets or 1)
    if not sockets:
        sockets = next((n for n in (1, 2, 4, 8) if cores <= one.logical * n and cores % n == 0), 1)
    if cores % sockets:
        sockets = 1
    threads = one.threads if cores % (sockets * one.threads) == 0 and cores != one.cores * sockets else 1
    return Cpu(model, cores, sockets, threads, float(one.mhz))


def _named_in(text: str) -> str:
    """The full model name that ``text`` means, the text's own words for an unknown chip, empty where it names none."""
    if not _MAKERS.search(text) and not re.search(r"\b[EW]?[357]?-?\d{4}[A-Z]{0,2}\b", text):
        return ""
    words = _key_words(text)
    fitting = [one.model for one in CHIPS if words and words <= _key_words(one.model)]
    if fitting:
        return min(fitting, key=len)
    return text.strip() if _MAKERS.search(text) else ""


def _key_words(text: str) -> set[str]:
    text = re.sub(r"\(r\)|\(tm\)|@.*", " ", text.lower())
    text = re.sub(r"\b\d+-core\b", " ", text)
    words = set(re.findall(r"[a-z0-9][a-z0-9+-]*", text))
    telling = words - _NOISE
    return telling or words
