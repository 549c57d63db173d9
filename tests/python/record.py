"""Write down what CPython of several versions does with the cases: ``python record.py [wider] 3.8=PATH ...``."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
STDIN = "Ann\n41\nlast line\n"


def cases(name: str = "cases") -> list[str]:
    """The scripts of one file, in order."""
    return (HERE / f"{name}.txt").read_text().rstrip("\n").split("\n###\n")


def record(python: str, source: str, folder: str) -> list[object]:
    """Standard output, standard error and exit status of one script, run as ``t.py a b`` in an empty folder."""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        (Path(place) / "t.py").write_text(source + "\n")
        done = subprocess.run(
            [python, "t.py", "a", "b"], cwd=place, input=STDIN, capture_output=True, text=True, timeout=20
        )
        errors = done.stderr.replace(place, "/root").replace(str(Path(python).parents[1]), "/usr")
        return [done.stdout, errors, done.returncode]


def main() -> None:
    found: dict[str, list[list[object]]] = {}
    words = sys.argv[1:]
    name = words.pop(0) if "=" not in words[0] else "cases"
    with tempfile.TemporaryDirectory() as folder:
        for word in words:
            version, _, python = word.partition("=")
            found[version] = [record(python, source, folder) for source in cases(name)]
    lines = [f"{json.dumps(version)}: {json.dumps(rows)}" for version, rows in found.items()]
    (HERE / ("recorded.json" if name == "cases" else f"{name}.json")).write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
