"""How near the shell is to the real one: recorded scripts run through a real kernel, each as ``bash -c SCRIPT``.

``python -m bench.fidelity_shell CASES.json``. The file holds ``fixture`` (a directory, its files and their modes) and
``cases`` (a script, what bash wrote, its status). The tree is planted anew for each case, by the kernel's own shell, on
Debian 12 at the minute that the recording shows, in memory where it was recorded in memory. Prints the shares by kind
and what differs.
"""

from __future__ import annotations

import argparse
import base64
import json
import posixpath
import re
import shlex
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.kernels import KERNELS, Running, running
from bench.table import rows

__all__ = ["Case", "Corpus", "Said", "cell", "report", "table"]

_SHOWN = 300
"""Characters of an output that a report shows."""

_SHARES = {"stdout and status": 98.0, "and stderr": 95.0}
"""Percent that is aimed at, outside what asks for the system itself."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a script came to."""

    stdout: str
    stderr: str
    status: int


@dataclass(frozen=True, slots=True)
class Case:
    """A script and what real bash made of it; ``name`` begins with its kind."""

    name: str
    script: str
    real: Said

    @property
    def kind(self) -> str:
        """The first part of the name."""
        return self.name.rpartition("-")[0]


@dataclass(frozen=True, slots=True)
class Corpus:
    """Cases, and the tree that each is run on."""

    cwd: str
    folders: tuple[str, ...]
    files: dict[str, str]
    modes: dict[str, str]
    cases: tuple[Case, ...]

    @classmethod
    def read(cls, path: Path) -> Corpus:
        """The corpus of a file."""
        whole = json.loads(path.read_text(encoding="utf-8"))
        tree: dict[str, Any] = whole["fixture"]
        cases = [
            Case(row["id"], row["script"], Said(row["stdout"], row["stderr"], row["exit_code"]))
            for row in whole["cases"]
        ]
        return cls(tree["cwd"], tuple(tree["dirs"]), tree["files"], tree.get("modes", {}), tuple(cases))

    @property
    def memory(self) -> bool:
        """Whether it was recorded in memory: there, an empty directory has 40 bytes."""
        return any(re.search(r"(?m)^drwx\S+ +2 +\w+ +\w+ +40 ", case.real.stdout) for case in self.cases)

    @property
    def minute(self) -> str:
        """When it was recorded, as its listings show; empty where none does."""
        listed = Counter(
            re.findall(r"\b([A-Z][a-z]{2} [ \d]\d \d\d:\d\d)\b", "".join(c.real.stdout for c in self.cases))
        )
        return listed.most_common(1)[0][0] if listed else ""

    def plant(self) -> str:
        """A script that makes the tree anew and goes there."""
        here = shlex.quote(self.cwd)
        lines = [f"cd /; rm -rf {here}; mkdir -p {here}; cd {here}; umask 022; export LANG=C.UTF-8"]
        lines += [f"mkdir -p {shlex.quote(folder)}" for folder in self.folders]
        for name, text in self.files.items():
            data = base64.b64encode(text.encode()).decode()
            lines.append(f"base64 -d <<< '{data}' > {shlex.quote(name)}" if text else f": > {shlex.quote(name)}")
        lines += [f"chmod {int(mode, 8):o} {shlex.quote(name)}" for name, mode in self.modes.items()]
        return "\n".join(lines)

    def setting(self) -> list[str]:
        """The cells that make the machine one like the recorded one."""
        clock = [f"%machine clock '2025-{_numbered(self.minute)}'"] if self.minute else []
        above = shlex.quote(posixpath.dirname(self.cwd))
        memory = f"mkdir -p {above} && mount -t tmpfs -o mode=755 tmpfs {above}"
        return ["%machine os debian 12", *clock, *([memory] if self.memory else [])]


def cell(script: str) -> str:
    """The cell that runs a script as the recording did."""
    return f"bash -c {shlex.quote(script)}"


def run(corpus: Corpus) -> dict[str, Said]:
    """What a fresh kernel makes of every case; one that a model would have to answer fails there."""
    found: dict[str, Said] = {}
    with tempfile.TemporaryDirectory() as folder, running(KERNELS[0], Path(folder), _offline(folder)) as kernel:
        for text in corpus.setting():
            _cell(kernel, text)
        for case in corpus.cases:
            _cell(kernel, corpus.plant())
            found[case.name] = _cell(kernel, cell(case.script))
    return found


def _offline(folder: str) -> dict[str, str]:
    """No model: an endpoint that nobody is at."""
    return {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1", "OPENAI_API_KEY": "none", "LLM_KERNEL_CLOCK": "stepped"}


def _cell(kernel: Running, code: str) -> Said:
    request = kernel.channels.execute(code, allow_stdin=False)
    said = {"stdout": "", "stderr": ""}
    for _, kind, content in kernel.outputs(request):
        if kind == "stream":
            said[content["name"]] += content["text"]
    reply = kernel.reply(request)
    status = re.fullmatch(r"exit status (-?\d+)", reply.get("evalue", "exit status 0"))
    if status is None:
        return Said(said["stdout"], f"{said['stderr']}{reply['ename']}: {reply['evalue']}\n", -1)
    return Said(said["stdout"], said["stderr"], int(status[1]))


def same(case: Case, said: Said) -> tuple[bool, bool]:
    """Whether stdout and status are what bash gave, and whether stderr is so too; seconds that passed are not asked."""
    alike = (case.real.stdout, case.real.status) == (said.stdout, said.status)
    return alike, alike and _timeless(case.real.stderr) == _timeless(said.stderr)


def _timeless(text: str) -> str:
    """Without the seconds that ``time`` measured, which no two runs share."""
    return re.sub(r"(?m)^(real|user|sys)\t\d+m[\d.]+s$", r"\1", text)


def table(corpus: Corpus, found: dict[str, Said]) -> str:
    """The shares by kind, and of all that does not ask for the system itself."""
    kinds = list(dict.fromkeys(case.kind for case in corpus.cases))
    groups = [(kind, [case for case in corpus.cases if case.kind == kind]) for kind in kinds]
    groups.append(("all but system", [case for case in corpus.cases if case.kind != "system"]))
    body = []
    for name, cases in groups:
        alike = [same(case, found[case.name]) for case in cases]
        shares = [f"{100 * sum(column) / len(cases):.1f} %" for column in zip(*alike, strict=True)] if cases else []
        body.append([name, str(len(cases)), *shares])
    return rows(["kind", "cases", *_SHARES], body)


def report(corpus: Corpus, found: dict[str, Said]) -> str:
    """What differs, case by case."""
    lines: list[str] = []
    for case in corpus.cases:
        said = found[case.name]
        if all(same(case, said)):
            continue
        lines.append(f"{case.name}: {case.script!r}")
        for part in ("stdout", "stderr", "status"):
            real, ours = getattr(case.real, part), getattr(said, part)
            if real != ours:
                lines += [f"    {part} of bash {_cut(real)}", f"    {part} here    {_cut(ours)}"]
    return "".join(f"{line}\n" for line in lines)


def _cut(value: object) -> str:
    return repr(value)[:_SHOWN]


def _numbered(minute: str) -> str:
    month, day, time = minute.split()
    names = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
    return f"{names.index(month) + 1:02d}-{int(day):02d} {time}"


def missed(corpus: Corpus, found: dict[str, Said]) -> Iterable[str]:
    """The aims that are not reached."""
    cases = [case for case in corpus.cases if case.kind != "system"]
    alike = [same(case, found[case.name]) for case in cases]
    for column, (name, aim) in zip(zip(*alike, strict=True), _SHARES.items(), strict=True):
        if 100 * sum(column) / len(cases) < aim:
            yield name


def main(args: Sequence[str]) -> int:
    """Run a corpus and print what came of it; status 1 where an aim is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.fidelity_shell", description=__doc__)
    parser.add_argument("cases", type=Path, help="a file of recorded cases")
    corpus = Corpus.read(parser.parse_args(args).cases)
    found = run(corpus)
    print(report(corpus, found))
    print(table(corpus, found))
    return int(any(missed(corpus, found)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
