"""Runs scripts with the real PyTorch of the interpreter that runs this file; JSON in, what each printed out."""

import contextlib
import io
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "stand_ins"))


def main() -> None:
    """Each script of the list on standard input, one after the other, in a name space of its own."""
    for source in json.load(sys.stdin):
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            exec(compile(source, "train.py", "exec"), {"__name__": "__main__"})
        print(json.dumps(said.getvalue()), flush=True)


if __name__ == "__main__":
    main()
