"""Scripts of which a plan knows not every line: none of those it knows may be wrong.

``python -m bench.shapes.against record PYTHON [NAME ...]`` writes what a Python with torch, torchvision, torchsummary
and torchinfo prints; ``python -m bench.shapes.against`` prints the table.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

from bench.shapes.__main__ import printed
from llm_kernel.plan import Matcher, Plan, plan

__all__ = ["RECORDED", "Verdict", "verdict"]

SCRIPTS = Path(__file__).parent / "tutorials"
RECORDED = Path(__file__).parents[2] / "tests" / "plan" / "shapes" / "tutorials"


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a plan stands against a run: its lines, how many are computed, and what is wrong."""

    lines: int
    computed: int
    wrong: str


def verdict(name: str) -> Verdict:
    """Hold the plan of a script against its recording."""
    real = json.loads((RECORDED / f"{name}.json").read_text("utf-8"))
    lines = real["stdout"].splitlines()
    facts = {"torch.__version__": real["torch"], "numpy.__version__": real["numpy"], "torch.cuda.is_available()": False}
    found = plan((SCRIPTS / f"{name}.py").read_text("utf-8"), facts=facts)
    if found is None:
        return Verdict(len(lines), 0, "")
    blocks = SequenceMatcher(None, printed(found.nodes).splitlines(), lines, autojunk=False).get_matching_blocks()
    computed = sum(block.size for block in blocks)
    return Verdict(len(lines), computed, _wrong(Matcher(found), lines) or _fault(found, real))


def _wrong(matcher: Matcher, lines: list[str]) -> str:
    for number, line in enumerate(lines, 1):
        if matcher.feed(line) is None:
            return f"line {number}: {line!r}; the plan: {matcher.possible(2)}"
    return ""


def _fault(found: Plan, real: dict[str, str]) -> str:
    if found.fault is None:
        return ""
    said = f"{found.fault.kind}: {found.fault.text}"
    return "" if real["exception"] and said.endswith(real["exception"]) else said


def record(python: str, names: list[str]) -> None:
    """Run these scripts, or every one, and keep what they print."""
    asked = [python, "-c", "import torch, numpy; print(torch.__version__, numpy.__version__)"]
    torch, numpy = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split()
    RECORDED.mkdir(exist_ok=True)
    for path in sorted(SCRIPTS.glob("*.py")):
        if names and path.stem not in names:
            continue
        with tempfile.TemporaryDirectory() as folder:
            run = subprocess.run([python, "-P", "-W", "ignore", str(path)], capture_output=True, text=True, cwd=folder)
        last = run.stderr.strip("\n").rsplit("\n", 1)[-1] if run.returncode else ""
        kept = {"torch": torch, "numpy": numpy, "stdout": run.stdout, "exception": last}
        (RECORDED / f"{path.stem}.json").write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", "utf-8")


def main() -> None:
    """The table, or new recordings."""
    if sys.argv[1:2] == ["record"]:
        record(sys.argv[2], sys.argv[3:])
        return
    verdicts = {path.stem: verdict(path.stem) for path in sorted(RECORDED.glob("*.json"))}
    for name, found in verdicts.items():
        print(f"{name:<22}{found.computed:>5} of {found.lines:<5}{found.wrong}")
    total, computed = sum(each.lines for each in verdicts.values()), sum(each.computed for each in verdicts.values())
    print(f"{computed} of {total} lines computed, {sum(bool(each.wrong) for each in verdicts.values())} scripts wrong")


if __name__ == "__main__":
    main()
