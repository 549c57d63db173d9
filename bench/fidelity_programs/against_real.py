"""``python -m bench.fidelity_programs.against_real [NAME ...]``: the plan against what real Python prints.

Every line of a real run is read against the script's plan. ``--run`` runs the scripts, with torch on the CPU where
``--python`` has it (data sets are stood in for by noise of the right length), and records what came; else the
recordings of ``real.json`` are read.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

from bench.fidelity_programs.cases import HERE, Case, load
from llm_kernel.plan import Matcher, Plan, counts, plan

__all__ = ["RECORDED", "Real", "Verdict", "against", "planned", "recorded", "run"]

_PATIENCE = 600
RECORDED = HERE / "real.json"


@dataclass(frozen=True, slots=True)
class Real:
    """What a script really did."""

    stdout: str
    stderr: str
    status: int
    wrote: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a plan stands against a run: ``faults`` are what the plan gets wrong, ``open`` what it leaves.

    ``lines`` is how many lines really came, ``least`` and ``most`` how many the plan allows.
    """

    case: str
    lines: int
    least: int
    most: int | None
    milliseconds: float
    faults: tuple[str, ...]
    open: tuple[str, ...]


def run(case: Case, python: str) -> Real:
    """Run a case in a folder of its own."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "work"
        for name, text in case.beside().items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        shutil.copytree(HERE / "stand_ins", Path(place) / "libs")
        bar = find_spec("tqdm")
        if bar is not None and bar.origin:
            shutil.copytree(Path(bar.origin).parent, Path(place) / "libs" / "tqdm")
        before = _files(folder)
        script = case.script
        done = subprocess.run(
            [python, "-W", "ignore", script, *case.argv], cwd=folder, capture_output=True, text=True,
            timeout=_PATIENCE, stdin=subprocess.DEVNULL, check=False,
            env={"PATH": os.defpath, "PYTHONPATH": f"{place}/libs", "HOME": place, "OMP_NUM_THREADS": "2",
                 "PYTHONDONTWRITEBYTECODE": "1"},
        )  # fmt: skip
        wrote = tuple(sorted(_files(folder) - before))
        return Real(done.stdout, done.stderr.replace(str(folder) + "/", ""), done.returncode, wrote)


def recorded() -> dict[str, Real]:
    """The runs that were recorded."""
    held = json.loads(RECORDED.read_text()) if RECORDED.exists() else {}
    return {name: Real(**row | {"wrote": tuple(row["wrote"])}) for name, row in held.items()}


def _record(runs: dict[str, Real]) -> None:
    order = [case.id for case in load() if case.id in runs]
    text = json.dumps({name: asdict(runs[name]) for name in order}, indent=1, ensure_ascii=False)
    RECORDED.write_text(text + "\n")


def _files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def planned(
    case: Case, version: Callable[[str], str | None] = lambda package: None, home: str | None = None
) -> Plan | None:
    """The plan as a machine with the case's files, data and GPUs would make it; ``version`` of a package there."""
    files = case.beside()
    folder = str(Path(case.script).parent)
    below = "" if folder == "." else f"{folder}/"
    facts = {
        "torch.cuda.is_available()": case.gpus > 0,
        "torch.cuda.device_count()": case.gpus,
        "exists": lambda name: name in files or any(part in str(name) for part in ("cifar-", "MNIST", *case.data)),
        "load": lambda name: None,
        "text": files.get,
        "script": case.script,
        "version": version,
        **({"environ": {"HOME": home}} if home else {}),
    }
    return plan(case.source, case.argv, read=lambda name: files.get(below + name), facts=facts)


def against(case: Case, real: Real) -> Verdict:
    """Hold the plan of a case against its run."""
    started = time.perf_counter()
    made = planned(case)
    spent = 1000 * (time.perf_counter() - started)
    lines = real.stdout.splitlines()
    if made is None:
        syntax = "SyntaxError" in real.stderr
        return Verdict(case.id, len(lines), 0, None, spent, (), () if syntax else ("no plan",))
    if "ModuleNotFoundError" in real.stderr:  # the machine's packages decide that, before there is a plan
        return Verdict(case.id, len(lines), 0, 0, spent, tuple(_manifest(case, real)), ())
    found = counts(made)
    faults, left = _manifest(case, real), []
    if made.status is not None and made.status != real.status:
        faults.append(f"status {made.status}, really {real.status}: {made.fault}")
    if made.fault is not None and not real.stderr.rstrip().endswith(f"{made.fault.kind}: {made.fault.text}"):
        faults.append(f"{made.fault}, really {real.stderr[-200:]}")
    matcher = Matcher(made)
    for number, line in enumerate(lines, 1):
        if matcher.feed(line) is None:
            faults.append(f"line {number} is impossible: {line!r}; possible: {matcher.possible(3)}")
            break
    else:
        if not matcher.done:
            faults.append(f"the plan goes on: {matcher.possible(3)}")
    if found["lines"] is None:
        left.append(f"{found['least']}..{found['most']} lines")
    if found["free"]:
        left.append(f"{found['free']} free")
    said = {one.first.path for one in made.saves} | set(made.writes)
    missed = [name for name in real.wrote if os.path.normpath(name) not in {os.path.normpath(each) for each in said}]
    if missed:
        left.append(f"files not foreseen: {', '.join(missed)}")
    return Verdict(case.id, len(lines), found["least"], found["most"], spent, tuple(faults), tuple(left))


def _manifest(case: Case, real: Real) -> list[str]:
    """What the manifest says wrongly of a run."""
    lines = real.stdout.splitlines()
    wrong = [f"manifest: no line {line!r}" for line in case.lines if line not in lines]
    wrong += [f"manifest: not written: {name}" for name in case.writes if name not in real.wrote]
    if real.status != case.status:
        wrong.append(f"manifest: status {real.status}: {real.stderr[-300:]}")
    if case.error and not real.stderr.rstrip().endswith(case.error):
        wrong.append(f"manifest: error {real.stderr.rstrip().splitlines()[-1:]}")
    return wrong


def main(words: list[str]) -> int:
    """Run the cases, print a row for each; 1 where a plan is wrong."""
    parser = argparse.ArgumentParser(prog="python -m bench.fidelity_programs.against_real", description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--run", action="store_true", help="run the scripts and record what they do")
    parser.add_argument("--python", default="/usr/bin/python3", help="an interpreter that has torch")
    options = parser.parse_args(words)
    cases = [case for case in load() if not options.names or case.id in options.names]
    wrong = 0
    runs = recorded()
    for case in cases:
        if case.real or (case.id not in runs and not options.run):
            print(f"-    {case.id}: {case.real or 'not recorded'}")
            continue
        if options.run:
            runs = recorded() | {case.id: run(case, options.python)}
            _record(runs)
        verdict = against(case, runs[case.id])
        wrong += bool(verdict.faults)
        mark = "FAIL" if verdict.faults else "open" if verdict.open else "ok  "
        print(f"{mark} {case.id}: {verdict.lines} lines, {verdict.milliseconds:.0f} ms", *verdict.open, sep="  ")
        for fault in verdict.faults:
            print(f"       {fault}")
    print(f"{wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
