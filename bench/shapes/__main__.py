"""Record what a Python with torch prints of the scripts, or compare the plan with what was recorded.

``python -m bench.shapes record PYTHON [NAME ...]`` writes the recordings, ``python -m bench.shapes`` prints the table.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from llm_kernel.plan import Literal, Loop, Node, Plan, Scope, plan
from llm_kernel.plan.nodes import Line

__all__ = ["RECORDED", "SCRIPTS", "planned", "same"]

SCRIPTS = Path(__file__).parent / "scripts"
RECORDED = Path(__file__).parents[2] / "tests" / "plan" / "shapes" / "recorded"
_VERSION = "import sys, {0}, numpy; print(sys.version.split()[0], {0}.__version__, numpy.__version__)"


def printed(nodes: tuple[Node, ...]) -> str:
    """What these nodes print, with ``?`` for what nobody knows."""
    text = ""
    for node in nodes:
        match node:
            case Line() if node.stream == "stdout":
                text += "".join(part.text if isinstance(part, Literal) else "?" for part in node.parts) + node.end
            case Loop(turns=(_, *_)):
                text += "".join(printed(turn) for turn in node.turns)
            case Loop():
                text += printed(node.body) * (node.count or 1)
            case Scope():
                text += printed(node.body)
    return text


def planned(name: str) -> tuple[str, str]:
    """What the plan of a script prints, and the last line of its traceback."""
    facts = {"torch.__version__": "1.13.0", "torch.cuda.is_available()": False}
    found: Plan | None = plan((SCRIPTS / f"{name}.py").read_text("utf-8"), facts=facts)
    if found is None:
        return "", ""
    fault = found.fault
    return printed(found.nodes), f"{fault.kind}: {fault.text}" if fault else ""


def same(name: str) -> bool:
    """Whether the plan says what the real libraries said, to the last character of output and of the exception."""
    real = json.loads((RECORDED / f"{name}.json").read_text("utf-8"))
    return planned(name) == (real["stdout"], real["exception"])


def record(python: str, names: list[str]) -> None:
    """Run these scripts, or every one, and keep what it printed, with the versions that printed it."""
    for path in sorted(SCRIPTS.glob("*.py")):
        if names and path.stem not in names:
            continue
        library = "keras" if path.stem.startswith("keras_") else "torch"
        asked = [python, "-c", _VERSION.format(library)]
        versions = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split()
        with tempfile.TemporaryDirectory() as folder:
            run = subprocess.run([python, "-P", "-W", "ignore", str(path)], capture_output=True, text=True, cwd=folder)
        last = run.stderr.strip("\n").rsplit("\n", 1)[-1] if run.returncode else ""
        kept = {
            "python": versions[0],
            library: versions[1],
            "numpy": versions[2],
            "stdout": run.stdout,
            "exception": last,
        }
        (RECORDED / f"{path.stem}.json").write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", "utf-8")


def main() -> None:
    """The table, or new recordings."""
    if sys.argv[1:2] == ["record"]:
        record(sys.argv[2], sys.argv[3:])
        return
    names = sorted(path.stem for path in RECORDED.glob("*.json"))
    agreed = [name for name in names if same(name)]
    for name in names:
        print(f"{name:<20}{'same' if name in agreed else 'differs'}")
    print(f"{len(agreed)} of {len(names)} scripts: every line and exception as recorded")


if __name__ == "__main__":
    main()
