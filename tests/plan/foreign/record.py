"""Runs the sources here with the compilers and the Node of this computer: ``python -m tests.plan.foreign.record``."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCES = HERE / "sources"
RECORDED = HERE / "recorded.json"
ARGUMENTS = {
    "faults.c": [[], ["x"]],
    "kinds.c": [[], ["x"]],
    "usage.c": [[], ["ann", "3"], ["ann", "-1"]],
    "items.js": [[], ["q"]],
    "arguments.js": [[], ["bob"], ["bob", "3"]],
}


def main() -> None:
    rows = []
    for path in sorted(SOURCES.iterdir()):
        for arguments in ARGUMENTS.get(path.name, [[]]):
            with tempfile.TemporaryDirectory() as folder:
                found = _run(path, arguments, folder)
            rows.append(
                {"source": path.name, "args": arguments, "stdout": found.stdout, "status": _told(found.returncode)}
            )
    RECORDED.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", "utf-8")


def _told(code: int) -> int:
    """The status as a shell tells it of a program that a signal ended."""
    return code if code >= 0 else 128 - code


def _run(path: Path, arguments: list[str], folder: str) -> subprocess.CompletedProcess[str]:
    if path.suffix == ".js":
        command = ["node", str(path)]
    else:
        compiler = "gcc" if path.suffix == ".c" else "g++"
        subprocess.run([compiler, "-w", "-o", f"{folder}/prog", str(path), "-lm"], check=True)
        command = ["./prog"]
    return subprocess.run([*command, *arguments], cwd=folder, capture_output=True, text=True, timeout=20, check=False)


if __name__ == "__main__":
    main()
