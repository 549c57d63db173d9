"""Kernels that are killed: what was acknowledged is there, and the next life knows."""

from __future__ import annotations

import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from llm_kernel.errors import StoreError
from llm_kernel.store import Store
from tests.store.adding import at, killed, started
from tests.store.moments import entry, moment, plain

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and limits of processes")


@pytest.mark.parametrize("times", [5, pytest.param(200, marks=pytest.mark.whole)])
def test_what_a_killed_kernel_acknowledged_is_there(tmp_path: Path, times: int) -> None:
    chance = random.Random(5)
    for _ in range(times):
        said = killed(tmp_path, chance.uniform(0.0, 0.2))
        store = Store(tmp_path)
        line = store.enter("a.ipynb")
        assert line.cut
        assert not line.shared
        assert line.predecessor is not None
        # the step after the last one that was said may have been stored as well
        assert line.predecessor.number in (said, said + 1)
        assert plain(store.load(line.predecessor)) == plain(at(line.predecessor.number, "a.ipynb"))
        line.end(restart=True)
        store.close()


def test_two_kernels_on_a_session_write_lines_of_their_own(tmp_path: Path) -> None:
    first = started(tmp_path, count=40)
    assert first.stdout
    assert first.stdout.readline() == "alone\n"
    second = started(tmp_path, count=40)
    assert second.stdout
    assert second.stdout.readline() == "shared\n"
    assert [process.stdout.readline() for process in (first, second) for _ in range(40) if process.stdout] == [
        f"{n}\n" for n in range(1, 41)
    ] * 2
    for process in (first, second):
        process.communicate("end\n", timeout=60)
    store = Store(tmp_path)
    line = store.enter("a.ipynb")
    assert line.predecessor is not None
    assert (line.cut, line.shared, line.predecessor.number) == (False, False, 40)
    steps = store.steps(line.predecessor)
    assert [plain(store.load(step)) for step in steps] == [plain(at(n, "a.ipynb")) for n in range(1, 41)]


def test_many_kernels_write_at_once(tmp_path: Path) -> None:
    kernels = [started(tmp_path, f"{n}.ipynb", 20) for n in range(4)]
    for process in kernels:
        said, _ = process.communicate("end\n", timeout=60)
        assert said.split("\n")[-2] == "20"
    store = Store(tmp_path)
    for n in range(4):
        step = store.enter(f"{n}.ipynb").predecessor
        assert step is not None
        assert plain(store.load(step)) == plain(at(20, f"{n}.ipynb"))


def test_a_full_disk_is_said_and_the_next_step_is_stored_once_there_is_room(tmp_path: Path) -> None:
    """In a process of its own, whose files may not grow."""
    root = Path(__file__).parents[2]
    words = [sys.executable, "-m", "tests.store.test_crash", str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, cwd=root, timeout=60, check=False)
    assert (done.stderr, done.stdout) == ("", "refused\nstored\n")


def _crowded(folder: Path) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    store = Store(folder)
    line = store.enter("a.ipynb")
    small = moment({"/a": entry(b"a" * 100)})
    large = moment({"/a": entry(os.urandom(3_000_000))})
    before = line.add("cell", "small", small)
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, most))
    with pytest.raises(StoreError, match="cannot be written"):
        line.add("cell", "large", large)
    print("refused")
    assert line.steps == [before]
    assert plain(store.load(before)) == plain(small)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    after = line.add("cell", "large", large)
    assert line.steps == [before, after]
    assert [plain(store.load(step)) for step in line.steps] == [plain(small), plain(large)]
    print("stored")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_said(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StoreError, match="cannot be written"):
        Store(tmp_path)


def test_a_folder_that_cannot_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"cannot be written .*LLM_KERNEL_HOME"):
        Store(tmp_path / "file" / "home")


def test_a_file_that_another_program_holds_is_waited_for_first_and_told_of_later(tmp_path: Path) -> None:
    store = Store(tmp_path)
    waits = store._database._sql
    before = waits.execute("PRAGMA busy_timeout").fetchone()
    line = store.enter("a.ipynb")
    assert (before, waits.execute("PRAGMA busy_timeout").fetchone()) == ((30_000,), (5_000,))
    line.add("cell", "kept", moment({}))
    waits.execute("PRAGMA busy_timeout = 0")
    other = sqlite3.connect(store.file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError) as caught:
        line.add("cell", "held", moment({"/f": entry(b"1")}))
    said = f"{store.file} cannot be written (database is locked). Another program holds the file: end that one."
    assert str(caught.value) == said
    other.close()
    line.add("cell", "free", moment({"/f": entry(b"2")}))
    assert [step.label for step in line.steps] == ["kept", "free"]
    store.close()


if __name__ == "__main__":
    _crowded(Path(sys.argv[1]))
