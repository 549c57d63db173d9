"""A kernel that only stores: ``python -m tests.store.adding FOLDER SESSION COUNT`` says each step once it is stored."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

from llm_kernel.store import Moment, Store
from tests.store.moments import entry, moment

__all__ = ["at", "killed", "started"]


def at(number: int, who: str = "") -> Moment:
    """What is stored as step ``number``: some files stay, some grow, some come and go."""
    files = {f"/same{n}": entry(b"the same %d\n" % n * 50) for n in range(30)}
    files["/log"] = entry(b"".join(b"[%d] %d\n" % (n, n * n) for n in range(number)))
    files[f"/at{number % 7}"] = entry(b"%d" % number * 1000)
    return moment(files, number=str(number), who=who)


def started(folder: Path, session: str = "a.ipynb", count: int = 100_000) -> subprocess.Popen[str]:
    """Such a kernel."""
    words = [sys.executable, "-m", "tests.store.adding", str(folder), session, str(count)]
    root = Path(__file__).parents[2]
    return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root)


def killed(folder: Path, after: float) -> int:
    """The last step that a kernel acknowledged before it was killed."""
    process = started(folder)
    assert process.stdout
    assert process.stdout.readline() == "alone\n"
    assert process.stdout.readline() == "1\n"
    time.sleep(after)
    process.send_signal(signal.SIGKILL)
    said = process.stdout.read().rpartition("\n")[0].split("\n")[-1]
    process.wait()
    process.stdout.close()
    assert process.stdin
    process.stdin.close()
    return int(said or "1")


def main(folder: str, session: str, count: str) -> None:
    """Store so many steps, saying each; then wait to be killed."""
    store = Store(Path(folder))
    line = store.enter(session)
    print("shared" if line.shared else "alone", flush=True)
    for number in range(1, int(count) + 1):
        line.add("cell", str(number), at(number, session))
        print(number, flush=True)
    if sys.stdin.readline() == "end\n":
        line.end(restart=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
