"""``python -m bench.fidelity_gpu [FOLDER]``: real output of nvidia-smi against that of a machine built like its own.

Every line counts. What a sensor or a label says is taken from the capture; layout, names, totals, states, limits and
what is there at all come from the machine.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from pathlib import Path

from bench.gpu_machine import Given, Unknown, from_query, from_report, from_table
from llm_kernel.machine.drivers import branch_of
from llm_kernel.programs.exact.nvidia import nvidia_smi
from llm_kernel.programs.exact.nvidia_dmon import dmon_heads, dmon_row
from llm_kernel.programs.exact.nvidia_pmon import pmon_heads, pmon_rows
from llm_kernel.programs.exact.nvidia_summary import using
from llm_kernel.shell.call import Call

__all__ = ["Case", "measure"]

_PLACES = tuple(Path(__file__).resolve().parents[up] / "shared" / "truth" for up in (2, 1))
_TARGET = 99.0


@dataclass(slots=True)
class Case:
    """One capture: how many of its lines are there, and which are not; ``why`` where the machine cannot be built."""

    name: str
    kind: str
    lines: int = 0
    same: int = 0
    wrong: list[tuple[str, str]] = field(default_factory=list)
    why: str = ""


def _run(machine: Given, *args: str) -> str:
    return str(nvidia_smi(Call("nvidia-smi", args, machine)).stdout)


def _sample(machine: Given, tool: str) -> list[str]:
    """The headings and one sample of ``dmon`` or ``pmon``."""
    gpu, now = machine.devices.gpus[0], machine.said[0]
    branch, moment = branch_of(machine.devices.driver), machine.clock.local
    if tool == "dmon":
        text = dmon_heads("puc", "", branch) + dmon_row(gpu, now, "puc", "", branch, moment)
    else:
        rows = [process for _, process in using([gpu], machine.processes.running())]
        text = pmon_heads("u", "", branch) + pmon_rows(gpu, now, rows, "u", "", branch, moment)
    return text.splitlines()


def _compare(case: Case, real: str, ours: str) -> Case:
    theirs, made = ([line.rstrip() for line in text.strip("\n").split("\n")] for text in (real, ours))
    if theirs[0].startswith("+") and not made[0].startswith("+"):
        made = made[1:]  # a capture without its date
    if case.kind == "table":
        made = made[: len(theirs)]  # captures are cut off at the end, never in the middle
    pairs = SequenceMatcher(None, theirs, made, autojunk=False)
    case.lines, case.same = len(theirs), sum(block.size for block in pairs.get_matching_blocks())
    for kind, i, j, k, m in pairs.get_opcodes():
        if kind != "equal":
            case.wrong.append(("\n".join(theirs[i:j]), "\n".join(made[k:m])))
    return case


def _table(text: str, _: Path) -> str:
    return _run(from_table(text))


def _report(text: str, _: Path) -> str:
    return _run(from_report(text), "-q")


def _sibling(path: Path, kind: str, phase: str = "idle") -> str:
    parts = path.name.split("__")
    return (path.parent / "__".join([kind, parts[1] if parts[1] != "capabilities" else phase, *parts[2:]])).read_text(
        "utf-8"
    )


def _query(text: str, path: Path) -> str:
    machine = from_query(text, _sibling(path, "q"))
    names = ",".join(head.split(" [")[0] for head in text.splitlines()[0].split(", "))
    return _run(machine, f"--query-gpu={names}", "--format=csv")


def _apps(text: str, path: Path) -> str:
    machine = from_report(_sibling(path, "q"))
    rows = [line.split(", ") for line in text.splitlines()[1:] if line]
    if rows:
        machine.clock.set(from_query(_sibling(path, "query-gpu-all"), _sibling(path, "q")).clock.now)
    for order, row in enumerate(rows):
        pid = int(row[5])
        known = machine.processes.table.get(pid)
        if known:
            machine.processes.table[pid] = replace(known, start=float(order))
    names = ",".join(head.split(" [")[0] for head in text.splitlines()[0].split(", "))
    said = _run(machine, f"--query-compute-apps={names}", "--format=csv")
    # the moment of the capture is given
    stamps = [row[0] for row in rows]
    lines = said.splitlines()
    for at, stamp in enumerate(stamps[: len(lines) - 1]):
        lines[at + 1] = f"{stamp}, " + lines[at + 1].partition(", ")[2]
    return "\n".join(lines)


def _list(text: str, path: Path) -> str:
    machine = from_report(_sibling(path, "q"))
    gpu = machine.devices.gpus[0]
    named = re.findall(r"MIG (\S+) +Device +(\d+): \(UUID: (\S+)\)", text)
    label = {int(number): (profile, uuid) for profile, number, uuid in named}
    gpu.instances = tuple(
        replace(one, profile=label[one.device][0], uuid=label[one.device][1])
        for one in gpu.instances
        if one.device in label
    )
    return _run(machine, "-L")


def _version(_: str, path: Path) -> str:
    return _run(from_report(_sibling(path, "q")), "--version")


def _topology(text: str, path: Path) -> str:
    machine = from_report(_sibling(path, "q"))
    cores = re.search(r"\t0-(\d+)\t", text)
    cpu = machine.system.cpu
    cpu.sockets, cpu.cores = 1, int(cores[1]) + 1 if cores else 16
    return _run(machine, "topo", "-m")


def _samples(text: str, path: Path) -> str:
    """Each sample of ``dmon`` from a machine whose sensors say it."""
    machine = from_report(_sibling(path, "q"))
    lines = text.splitlines()
    heads, made = lines[0].lstrip("# ").split(), lines[:0]
    for line in (line for line in lines[2:] if line.strip() and "#" not in line):
        row = dict(zip(heads, (None if cell == "-" else int(cell) for cell in line.split()), strict=True))
        now = machine.said[0]
        clocks = replace(now.clocks, memory=row["mclk"] or 0, graphics=row["pclk"] or 0, sm=row["pclk"] or 0)
        changes = {
            "temp": row["gtemp"] or 0,
            "memory_temp": row["mtemp"],
            "util": row["sm"] or 0,
            "util_mem": row["mem"] or 0,
        }
        changes |= {
            "encoder": row["enc"] or 0,
            "decoder": row["dec"] or 0,
            "jpeg": row["jpg"] or 0,
            "ofa": row["ofa"] or 0,
        }
        watts = float(row["pwr"] or 0)
        machine.said = [
            replace(now, power=watts, watts=replace(now.watts, draw=watts, instant=watts), clocks=clocks, **changes)  # type: ignore[arg-type]
        ]
        said = _sample(machine, "dmon")
        made = [*(made or said[:2]), *said[2:]]
    return "\n".join(made)


def _monitored(text: str, path: Path) -> str:
    """Each sample of ``pmon`` from a machine whose processes do what it says."""
    machine = from_report(_sibling(path, "q", path.name.split("__")[1]))
    lines = [line for line in text.splitlines() if line.strip()]
    rounds: list[list[list[str]]] = []
    for line in lines[2:]:
        cells = line.split()
        if not rounds or any(cells[1] == row[1] for row in rounds[-1]):
            rounds.append([])
        rounds[-1].append(cells)
    made: list[str] = []
    for rows in rounds:
        _busy(machine, rows)
        said = _sample(machine, "pmon")
        made = [*(made or said[:2]), *said[2:]]
    return "\n".join(made)


def _busy(machine: Given, rows: Sequence[Sequence[str]]) -> None:
    """Let the processes of one sample load the GPU as it says."""
    sums = [0, 0, 0, 0]
    for cells in rows:
        share = [0 if cell == "-" else int(cell) for cell in cells[3:7]]
        sums = [one + other for one, other in zip(sums, share, strict=True)]
        if cells[1] != "-" and int(cells[1]) in machine.processes.table:
            use = machine.processes.table[int(cells[1])].gpu[0]
            use.util, use.trace = share[0], cells[3] != "-"
            use.encoder, use.decoder = (None if cell == "-" else int(cell) for cell in cells[5:7])
    now = machine.said[0]
    machine.said = [replace(now, util=min(100, sums[0]), util_mem=sums[1], encoder=sums[2], decoder=sums[3])]


_KINDS: dict[str, Callable[[str, Path], str]] = {
    "q": _report,
    "query-gpu-all": _query,
    "query-compute-apps": _apps,
    "L": _list,
    "version": _version,
    "topo-m": _topology,
    "dmon": _samples,
    "pmon": _monitored,
}


def measure(truth: Path) -> list[Case]:
    """Every exact capture of the folder, compared."""
    entries = json.loads((truth / "index.json").read_text("utf-8"))["entries"]
    files = {e["file"]: e for e in entries if e.get("exact_bytes") and e.get("looks_authentic") is not False}
    return [case for name in sorted(files) if (case := _case(truth / name)) is not None]


def _case(path: Path) -> Case | None:
    if path.parent.name not in ("nvidia-smi-table", "nvidia-smi-cmd"):
        return None
    kind = "table" if path.parent.name == "nvidia-smi-table" else path.name.split("__")[0]
    render = _table if kind == "table" else _KINDS.get(kind)
    if render is None or (kind != "table" and path.name.count("__") < 3):
        return None
    # some files run on into the next section of their source
    case, text = Case(path.name, kind), path.read_text("utf-8").split("\n####")[0]
    try:
        return _compare(case, text, render(text, path))
    except (Unknown, StopIteration, FileNotFoundError) as err:
        case.why = str(err) or type(err).__name__
        return case


def _tell(cases: Sequence[Case], *, every: bool) -> str:
    groups: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        groups[case.kind].append(case)
    lines = ["| output | captures | lines | identical |", "|---|---:|---:|---:|"]
    for kind, found in [*sorted(groups.items()), ("all", list(cases))]:
        built = [case for case in found if not case.why]
        total, same = sum(case.lines for case in built), sum(case.same for case in built)
        lines.append(f"| {kind} | {len(built)} of {len(found)} | {total} | {100 * same / max(1, total):.2f} % |")
    lines.append("")
    for case in cases:
        if case.why:
            lines.append(f"- not built: `{case.name}`: {case.why}")
        elif case.same < case.lines:
            lines.append(f"- `{case.name}`: {case.lines - case.same} of {case.lines} lines differ")
            for real, ours in case.wrong if every else ():
                lines += [f"    real: {real!r}", f"    ours: {ours!r}"]
    return "\n".join(lines)


def main(words: Sequence[str]) -> int:
    """Print the figures; 1 where they are below the target."""
    parser = argparse.ArgumentParser(prog="python -m bench.fidelity_gpu", description=__doc__)
    places = [place for place in _PLACES if (place / "index.json").is_file()]
    parser.add_argument("folder", nargs="?", type=Path, default=places[0] if places else None)
    parser.add_argument("--show", action="store_true", help="show the lines that differ")
    parser.add_argument("--only", default="", help="captures whose name contains this")
    options = parser.parse_args(words)
    if options.folder is None:
        print("no captures: name their folder", file=sys.stderr)
        return 2
    cases = [case for case in measure(options.folder) if options.only in case.name]
    print(_tell(cases, every=options.show))
    built = [case for case in cases if not case.why]
    return int(100 * sum(case.same for case in built) < _TARGET * sum(case.lines for case in built))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
