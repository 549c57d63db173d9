"""What must never show in a notebook: words of the library, the host, the real time, the kernel's own works."""

from __future__ import annotations

import asyncio
import getpass
import os
import platform
import re
import shlex
import socket
import sys
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.fidelity_shell import Corpus, cell
from llm_kernel.errors import ImaginedMachineError
from llm_kernel.events import Text
from llm_kernel.machine import Machine
from llm_kernel.machine.clock import Clock
from llm_kernel.programs.table import EXACT
from tests.notebook import Notebook
from tests.programs import recorded

__all__ = [
    "ASKED",
    "SYSTEMS",
    "Leak",
    "corpus_cells",
    "fed",
    "file_cells",
    "found",
    "leaks",
    "notebook",
    "table_cells",
    "words",
]

SYSTEMS = ("ubuntu 18.04", "ubuntu 20.04", "ubuntu 22.04", "ubuntu 24.04", "debian 12", "centos 7")

_ROOT = Path(__file__).resolve().parents[1]
_CORPUS = _ROOT.parent / "shared" / "corpus" / "shell.json"
_LONGEST = 30
"""Seconds that a cell may take."""

_SHORTEST = 6
"""Characters below which a value of the host says nothing."""

_LIBRARY = {
    "the library": r"\bbashkit\b|\bmonty\b|\btokio\b|\bpyo3\b|\brust\b|\.rs:\d|\bclap\b",
    "its wording": r"\bsandbox(?:ed)?\b|not yet implemented|not available in|unavailable in|not supported in"
    r"|resource limit exceeded|\bvirtual (?:filesystem|bash|shell)|(?<!syntax )error: unexpected argument"
    r"|For more information, try"
    r"|\bpanicked\b|command not found\. Did you mean|\bunsupported (?:builtin|feature)",
    "the kernel": r"llm[_-]?kernel|imagined machine|@exact|@live"
    r"|Traceback \(most recent call last\):\n  File \"(?!<)/",
    "Python's repr": r"<\w+(?:\.\w+)* object at 0x|\bCall\(|\bAnswer\(|\bfrozenset\(",
}
"""Words, by whose they are; a traceback of a file of the machine's is its own, and stands in no cell here."""


@dataclass(frozen=True, slots=True)
class Leak:
    """A word in what a cell wrote, and whose it is."""

    cell: str
    whose: str
    word: str
    line: str


def _host() -> Iterator[str]:
    """What the host is called, where it keeps things, and what its environment says."""
    yield from (socket.gethostname(), platform.release(), platform.version(), getpass.getuser(), str(Path.home()))
    yield from (str(Path.cwd()), sys.executable, sys.prefix, sys.base_prefix, *sys.path, str(_ROOT))
    yield from (value for name, value in os.environ.items() if name != "_")
    boot = Path("/proc/sys/kernel/random/boot_id")
    if boot.exists():
        yield boot.read_text(encoding="ascii").strip()


def words(machine: Machine) -> list[tuple[str, re.Pattern[str]]]:
    """What to look for; a value of the host that the machine has as well says nothing."""
    now = time.time()
    known = {machine.system.host, machine.system.user, "/root", machine.system.kernel}
    values = {value for value in _host() if len(value) >= _SHORTEST and not _common(value)} - known
    here = "|".join(re.escape(value) for value in sorted(values, key=len, reverse=True))
    year = time.strftime("%Y", time.gmtime(now))
    found = [(whose, re.compile(pattern, re.IGNORECASE)) for whose, pattern in _LIBRARY.items()]
    found.append(("the host", re.compile(here)))
    if abs(now - machine.clock.now) > 2e7:
        seconds = rf"(?<![\d.]){str(int(now))[:5]}\d{{5}}(?!\d)|(?<![\d.:x-]){year}(?=-\d\d-\d\d)"
        found.append(("the real time", re.compile(seconds)))
        found.append(("the real time", re.compile(time.strftime("%b %e [0-9:]{5,8}|%d/%m/%Y", time.gmtime(now)))))
    return found


def _common(value: str) -> bool:
    """Whether any machine has it: a path of the system, a locale, a terminal, a list of folders, a number."""
    return bool(
        re.fullmatch(
            r"/(?:usr|bin|sbin|opt|tmp|home|root|var|etc|lib\w*)?(?:/(?:s?bin|bash|sh|local|lib\w*))*/?", value
        )
        or re.fullmatch(r"xterm\S*|C\.UTF-8|en_US\S*|[\d.]+|production|noninteractive", value)
    )


def leaks(code: str, text: str, sought: Iterable[tuple[str, re.Pattern[str]]]) -> list[Leak]:
    """The words in ``text`` that its cell did not say itself."""
    found = []
    for whose, pattern in sought:
        for match in pattern.finditer(text):
            if match[0] and match[0].lower() not in code.lower():
                line = text[text.rfind("\n", 0, match.start()) + 1 :].partition("\n")[0]
                found.append(Leak(code, whose, match[0], line[:200]))
    return found


def notebook(system: str) -> Notebook:
    """A notebook on a machine of ``system`` whose clock stands in 2021 and whose model says nothing."""
    made = Notebook({"": "ok"}, machine=Machine(Clock(host=time.time)))
    made.machine.system.set_os(*system.split())
    made.machine.follow()
    return made


async def found(made: Notebook, cells: Iterable[str]) -> AsyncIterator[Leak]:
    """What leaks of each cell: what it writes, and the files that it makes or changes."""
    sought = words(made.machine)
    for code in cells:
        before = made.machine.clock.now
        try:
            events = await asyncio.wait_for(made(code), _LONGEST)
        except asyncio.TimeoutError:
            yield Leak(code, "no end", "", f"after {_LONGEST} seconds")
            continue
        except ImaginedMachineError as fault:
            yield Leak(code, "a fault", type(fault).__name__, str(fault))
            continue
        text = "\n".join(event.text if isinstance(event, Text) else repr(event) for event in events[:-1])
        for leak in leaks(code, text, sought):
            yield leak
        for leak in leaks(code, _written(made.machine, before), sought):
            yield leak


def _written(machine: Machine, since: float) -> str:
    """The home directory's and the temporary files that are no older than ``since``."""
    texts = []
    for top in ("/root", "/tmp", "/srv"):
        for path in machine.files.walk(top) if machine.files.is_dir(top) else ():
            stat = machine.files.lstat(path)
            if stat.mtime >= since and stat.kind == "file" and stat.size < 100_000:
                texts.append(machine.files.read(path).decode(errors="replace"))
    return "\n".join(texts)


def corpus_cells() -> list[tuple[Corpus | None, str]]:
    """Every script that is recorded or measured, as a cell, with the tree that it is run on."""
    cells: list[tuple[Corpus | None, str]] = []
    own = sorted((_ROOT / "tests" / "shell" / "recorded").glob("*.json"))
    for path in (path for path in (_CORPUS, *own) if path.exists()):
        corpus = Corpus.read(path)
        cells += [(corpus, cell(case.script)) for case in corpus.cases]
    for path in sorted(recorded.FOLDER.glob("*.json")):
        if path.name != "tree.json":
            cells += [(None, cell(row["script"])) for row in recorded.cases(path.stem)]
    for path in sorted((_ROOT / "bench" / "scripts").glob("*.txt")):
        lines = path.read_text(encoding="utf-8").splitlines()
        cells += [(None, line) for line in lines if line and not line.startswith("#")]
    return cells


def file_cells(machine: Machine) -> list[str]:
    """Every file that the machine has of itself, read by the shell."""
    files = machine.files
    paths = [
        path
        for top in ("/etc", "/proc", "/sys", "/var", "/root", "/home")
        if files.is_dir(top)
        for path in files.walk(top)
    ]
    kept = [shlex.quote(path) for path in paths if files.lstat(path).kind == "file" and not files.is_sized(path)]
    return [f"cat {' '.join(kept[at : at + 20])}" for at in range(0, len(kept), 20)]


_ENDLESS = frozenset(["yes", "watch", "top"])
_FORMS = ("", "--version", "--help", "-V", "-h", "--nosuch", "-@", "/nosuch/file", "x y z")


def table_cells() -> list[str]:
    """Every exact program with nothing, asked about itself, and wrongly used; with and without an input."""
    cells = []
    for name in sorted(EXACT):
        if name.startswith("__"):
            continue
        word = shlex.quote(name)
        forms = _FORMS[1:] if name in _ENDLESS else _FORMS
        cells += [f"{word} {form}".strip() for form in forms]
        cells.append(f"printf 'a b\\n1\\n' | timeout 2 {word}" if name not in _ENDLESS else f"{word} --nosuch | cat")
    return cells


def fed(tools: Iterable[str]) -> list[str]:
    """The library's own tools and builtins in the same ways."""
    skipped = {"exit", "logout", "suspend", "exec", "break", "continue", "return", "coproc"}
    kept = [tool for tool in sorted(tools) if re.fullmatch(r"[\w\[:.]+", tool) and tool not in skipped]
    return [f"({tool} {form}) </dev/null" for tool in kept for form in _FORMS if form or tool != "yes"]


ASKED = (_ROOT / "tests" / "leaks.txt").read_text(encoding="utf-8").splitlines()
"""What somebody asks who wants to know where he is."""
