"""A store whose file somebody deletes, replaces or cuts short while its kernel lives."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from llm_kernel.errors import CellError, StoreError
from llm_kernel.store import Step, Store
from tests.book import Book
from tests.store.moments import entry, moment

_FILE = "snapshots.sqlite3"


def _delete(folder: Path) -> None:
    (folder / _FILE).unlink()


def _delete_all(folder: Path) -> None:
    shutil.rmtree(folder)


def _replace(folder: Path) -> None:
    (folder / "other").write_bytes((folder / _FILE).read_bytes())
    (folder / "other").replace(folder / _FILE)


def _part(folder: Path) -> None:
    (folder / f"{_FILE}-wal").unlink()


def _empty(folder: Path) -> None:
    os.truncate(folder / _FILE, 0)


def _halve(folder: Path) -> None:
    os.truncate(folder / _FILE, (folder / _FILE).stat().st_size // 2)


def _scribble(folder: Path) -> None:
    with (folder / _FILE).open("r+b") as file:
        file.write(b"something else\n" * 30_000)


def _home(folder: Path) -> Path:
    return next(folder.rglob(_FILE)).parent


_GONE = {
    _delete: "was deleted or moved away under this kernel",
    _delete_all: "was deleted or moved away under this kernel",
    _replace: "was replaced by another under this kernel",
    _part: "was parted from its log under this kernel",
    _empty: "was overwritten or cut short under this kernel",
    _halve: "was overwritten or cut short under this kernel",
    _scribble: "was overwritten or cut short under this kernel",
}


@pytest.mark.parametrize("harm", _GONE, ids=lambda harm: harm.__name__)
def test_a_file_that_is_no_longer_the_one_takes_no_step(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    store = Store(tmp_path / "home")
    line = store.enter("a.ipynb")
    for number in range(60):
        line.add("cell", str(number), moment({"/a": entry(os.urandom(20_000))}))
    harm(tmp_path / "home")
    for _ in range(2):
        with pytest.raises(StoreError, match=_GONE[harm]):
            line.add("cell", "x", moment())
    store.close()


def test_what_is_still_in_the_log_is_written_back_into_a_file_that_was_emptied(tmp_path: Path) -> None:
    store = Store(tmp_path)
    line = store.enter("")
    first = line.add("cell", "one", moment(a="1"))
    _empty(tmp_path)
    line.add("cell", "two", moment(a="2"))
    store.close()
    after = Store(tmp_path)
    assert after.load(first).parts == {"a": "1"}
    after.close()


def _other(folder: Path) -> bytes:
    with closing(sqlite3.connect(folder / "other")) as sql:
        sql.execute("CREATE TABLE notes (text)")
        sql.commit()
    return (folder / "other").read_bytes()


@pytest.mark.parametrize("more", [0, 1, 40, 200])
@pytest.mark.parametrize("foreign", [False, True])
def test_a_file_that_was_copied_over_in_place_is_noticed_or_harms_nothing(
    tmp_path: Path, more: int, foreign: bool
) -> None:
    store = Store(tmp_path)
    line = store.enter("a.ipynb")

    def run(count: int) -> Step:
        return [line.add("cell", "", moment({"/a": entry(os.urandom(3_000))}), forced=False) for _ in range(count)][-1]

    run(60)
    backup = _other(tmp_path) if foreign else (tmp_path / _FILE).read_bytes()
    last = run(1 + more)
    os.utime(tmp_path / _FILE)
    (tmp_path / _FILE).write_bytes(backup)
    noticed = ""
    try:
        last = run(60)
    except StoreError as error:
        noticed = str(error)
    store.close()
    if noticed:
        assert "was overwritten or cut short under this kernel" in noticed
        return
    after = Store(tmp_path)
    assert after.enter("a.ipynb").predecessor == last
    assert len(after.load(last).files.entries["/a"].data) == 3_000
    after.close()


def test_a_file_that_was_only_touched_is_written_on(tmp_path: Path) -> None:
    store = Store(tmp_path)
    line = store.enter("a.ipynb")
    line.add("cell", "", moment())
    os.utime(tmp_path / _FILE, (1, 1))
    assert line.add("cell", "", moment()).number == 2
    store.close()


def test_a_file_that_comes_back_is_written_again(tmp_path: Path) -> None:
    store = Store(tmp_path)
    line = store.enter("")
    line.add("cell", "one", moment())
    (tmp_path / _FILE).rename(tmp_path / "aside")
    with pytest.raises(StoreError, match="nothing is kept any more"):
        line.add("cell", "two", moment())
    (tmp_path / "aside").rename(tmp_path / _FILE)
    step = line.add("cell", "three", moment(a="1"))
    assert store.load(step).parts == {"a": "1"}
    store.close()


def test_kernels_that_write_in_turn_harm_each_other_nothing(tmp_path: Path) -> None:
    stores = [Store(tmp_path) for _ in range(3)]
    lines = [store.enter(f"{number}.ipynb") for number, store in enumerate(stores)]
    for _ in range(30):
        for line in lines:
            line.add("cell", "", moment({"/a": entry(os.urandom(50_000))}))
    assert [len(line.steps) for line in lines] == [30, 30, 30]
    for store in stores:
        store.close()


@pytest.mark.parametrize("harm", [_delete, _empty], ids=lambda harm: harm.__name__)
async def test_the_cell_runs_and_is_told_and_save_saves_nothing(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    book = Book(tmp_path)
    await book("x=1")
    found = _home(tmp_path) / _FILE
    harm(found.parent)
    said = await book("echo $x")
    assert said.startswith(f"1\n[this cell was not saved: {found} was ")
    assert said.endswith("estart the kernel to begin with a new one.]\n")
    with pytest.raises(
        CellError, match=r"nothing could be saved as 'mine': this cell was not saved: .* nothing is kept"
    ):
        await book("%save mine")
    assert (await book("echo $x; x=2")).startswith("1\n[this cell was not saved: ")
    await book.session.close()
