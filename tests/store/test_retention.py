"""Old steps go, named ones stay, and what nobody needs is not kept."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from llm_kernel.errors import StateError
from llm_kernel.store import Step, Store
from tests.store.moments import entry, moment, plain

_KEEP = 50


def _count(store: Store, table: str) -> int:
    with store._database.reading() as sql:
        return int(sql.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def test_the_newest_steps_are_kept() -> None:
    store = Store(None, keep=_KEEP, longest=16)
    line = store.enter("a.ipynb")
    steps = [line.add("cell", str(n), moment({"/f": entry(b"%d" % n * 300)})) for n in range(400)]
    assert line.steps == steps[-_KEEP:]
    assert all(store.load(step).files.entries["/f"].data for step in line.steps)
    assert _count(store, "steps") <= _KEEP + 64 + 16
    assert _count(store, "blobs") <= 256 + _count(store, "steps")


def test_steps_with_a_name_stay_and_load() -> None:
    store = Store(None, keep=_KEEP, longest=16)
    line = store.enter("a.ipynb")
    found = moment({"/f": entry(b"the one" * 100)})
    named = [line.add("cell", "", found) if n in (3, 20) else line.add("cell", "", moment()) for n in range(21)]
    store.save("early", named[3])
    store.save("late", named[20])
    for n in range(1200):
        line.add("cell", str(n), moment({"/f": entry(b"%d" % n * 300)}))
    assert [plain(store.load(store.find(name))) for name in ("early", "late")] == [plain(found)] * 2
    with pytest.raises(StateError, match="is no longer stored"):
        store.load(named[5])


def test_old_lives_of_a_session_go_but_not_the_last(tmp_path: Path) -> None:
    store = Store(tmp_path, keep=_KEEP)
    last: Step | None = None
    for _ in range(20):
        line = store.enter("a.ipynb")
        assert line.predecessor == last
        last = [line.add("cell", str(n), moment(n=str(n))) for n in range(30)][-1]
        line.end(restart=False)
    assert store.enter("a.ipynb").predecessor == last
    assert _count(store, "steps") <= _KEEP
    assert _count(store, "lines") <= 3


def test_the_last_life_stays_though_it_is_longer_than_what_is_kept(tmp_path: Path) -> None:
    store = Store(tmp_path, keep=5)
    line = store.enter("a.ipynb")
    last = [line.add("cell", str(n), moment()) for n in range(30)][-1]
    line.end(restart=False)
    for _ in range(3):
        after = store.enter("a.ipynb")
        assert (after.predecessor, after.cut) == (last, True)
        after.end(restart=False)


def test_the_file_gets_smaller_when_what_was_large_is_gone(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for _ in range(6):
        line = store.enter("")
        for n in range(60):
            line.add("cell", str(n), moment({"/f": entry(os.urandom(20_000))}))
        line.end(restart=False)
    store.close()
    assert sum(path.stat().st_size for path in tmp_path.glob("snap*")) < 4_000_000


def test_a_name_that_is_forgotten_keeps_nothing() -> None:
    store = Store(None)
    line = store.enter("")
    step = line.add("cell", "", moment())
    store.save("x", step)
    line.end(restart=False)
    assert [_count(store, table) for table in ("names", "steps", "lines")] == [1, 1, 1]
    store.forget("x")
    assert [_count(store, table) for table in ("names", "steps", "lines")] == [0, 0, 0]
