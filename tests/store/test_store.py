"""Steps load back as they were, names find them, and lives on a session know of each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from llm_kernel.errors import StateError
from llm_kernel.machine import Machine, words
from llm_kernel.store import Saved, Step, Store
from tests.store.moments import entry, moment, of, plain

NO_FILE = None


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def test_a_machine_loads_back_as_it_was_at_each_step(store: Store) -> None:
    machine = Machine()
    line = store.enter("a.ipynb")
    told = []
    for number, act in enumerate(
        (
            lambda: None,
            lambda: machine.files.write("/root/a.txt", b"one\n" * 1000, mode=0o600),
            lambda: machine.files.append("/root/a.txt", b"two\n"),
            lambda: machine.files.link("/root/a.txt", "/root/b.txt"),
            lambda: machine.files.symlink("a.txt", "/root/c"),
            lambda: machine.files.sized("/root/fit.pt", 1_700_000_000),
            lambda: machine.files.latent("/root/README.md", 900, "git README.md"),
            lambda: words.say(machine, ["install", "pip", "torch", "1.8.0"], "/root"),
            lambda: machine.files.remove("/etc", recursive=True),
            lambda: machine.clock.advance(60),
        )
    ):
        act()
        now = of(machine)
        told.append((line.add("cell", f"step {number}", now), plain(now)))
    assert [plain(store.load(step)) for step, _ in told] == [facts for _, facts in told]
    assert line.steps == [step for step, _ in told]


def test_a_restored_machine_is_the_one_that_was_stored(store: Store) -> None:
    machine = Machine()
    machine.files.write("/root/a", b"bytes")
    before = of(machine)
    step = store.enter("").add("cell", "", before)
    machine.files.write("/root/a", b"others")
    machine.files.remove("/usr", recursive=True)
    machine.files.restore(store.load(step).files)
    assert plain(of(machine)) == plain(before)


def test_a_step_says_what_it_is(store: Store) -> None:
    line = store.enter("a.ipynb")
    step = line.add("cell", "ls -l\npwd", moment(clock='{"now": 17.5}'))
    assert step == Step(1, 1, "cell", "ls -l", 17.5)
    assert line.add("undo", "", moment(), when=3).when == 3.0


def test_texts_of_any_kind_load_back(store: Store) -> None:
    odd = {"empty": "", "chinese": "机器" * 500, "half": "\ud800", "nul": "\0" * 5000, "long": "x" * 200_000}
    files = {"/空 格": entry("机".encode()), "/\udcff": entry(bytes(range(256)) * 8), "/new\nline": entry(b"\xff\0")}
    found = moment(files, **odd)
    assert plain(store.load(store.enter("").add("cell", "\ud800", found))) == plain(found)


def test_a_part_that_went_is_gone(store: Store) -> None:
    line = store.enter("")
    line.add("cell", "", moment(a="1", b="2"))
    step = line.add("cell", "", moment(b="2"))
    assert store.load(step).parts == {"b": "2"}


def test_a_name_finds_its_step_in_every_notebook(tmp_path: Path) -> None:
    one, two = Store(tmp_path), Store(tmp_path)
    step = one.enter("a.ipynb").add("cell", "make", moment(a="1"))
    one.save("good", step)
    assert plain(two.load(two.find("good"))) == plain(moment(a="1"))
    assert two.names() == [Saved("good", "save", 0.0, "a.ipynb", "make")]


def test_a_name_is_given_anew_and_taken_away(store: Store) -> None:
    line = store.enter("a.ipynb")
    first, second = line.add("cell", "1", moment()), line.add("cell", "2", moment())
    store.save("main", first, kind="branch")
    store.save("main", second, kind="branch")
    assert store.names() == [Saved("main", "branch", 0.0, "a.ipynb", "2")]
    store.forget("main")
    assert store.names() == []


def test_a_name_that_is_not_there_names_the_near_ones(store: Store) -> None:
    with pytest.raises(StateError, match=r"^nothing is saved as 'x'; nothing was saved yet\.$"):
        store.find("x")
    store.save("trained", store.enter("").add("cell", "", moment()))
    with pytest.raises(StateError, match=r"^nothing is saved as 'traned'; there is trained\.$"):
        store.find("traned")


@pytest.mark.parametrize("name", ["", " a", "a\nb", "x" * 101, "\ud800"])
def test_what_is_no_name_is_refused(store: Store, name: str) -> None:
    with pytest.raises(StateError, match="a name is at most 100 printable characters"):
        store.save(name, store.enter("").add("cell", "", moment()))


def test_a_step_that_was_never_stored_here_is_no_step(store: Store) -> None:
    with pytest.raises(StateError, match=r"^step 1 \(ls\) is no longer stored\.$"):
        store.load(Step(1, 1, "cell", "ls", 0.0))
    with pytest.raises(StateError, match="no longer stored, and cannot be named"):
        store.save("x", Step(1, 1, "cell", "ls", 0.0))


def test_a_store_without_a_folder_is_gone_with_its_object() -> None:
    store = Store(None)
    line = store.enter("a.ipynb")
    line.add("cell", "", moment())
    line.end(restart=False)
    assert store.enter("a.ipynb").cut
    assert not Store(None).enter("a.ipynb").cut


def test_the_store_is_the_users_alone(tmp_path: Path) -> None:
    store = Store(tmp_path / "new" / "home")
    store.enter("a.ipynb").add("cell", "", moment())
    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in (tmp_path / "new" / "home").iterdir()}
    assert modes == {
        "lines": "0o700",
        "snapshots.sqlite3": "0o600",
        "snapshots.sqlite3-shm": "0o600",
        "snapshots.sqlite3-wal": "0o600",
    }
    assert oct((tmp_path / "new" / "home").stat().st_mode & 0o777) == "0o700"


# lives


def test_the_first_life_has_none_before_it(store: Store) -> None:
    line = store.enter("a.ipynb")
    assert (line.predecessor, line.cut, line.shared) == (None, False, False)


@pytest.mark.parametrize(("restart", "cut"), [(True, False), (False, True)])
def test_a_life_finds_the_last_step_of_the_one_before(store: Store, restart: bool, cut: bool) -> None:
    line = store.enter("a.ipynb")
    line.add("cell", "1", moment())
    last = line.add("cell", "2", moment(a="1"))
    line.end(restart=restart)
    after = store.enter("a.ipynb")
    assert (after.predecessor, after.cut, after.shared, after.steps) == (last, cut, False, [])


def test_sessions_do_not_meet(store: Store) -> None:
    line = store.enter("a.ipynb")
    line.add("cell", "1", moment())
    line.end(restart=False)
    other = store.enter("b.ipynb")
    assert (other.predecessor, other.cut) == (None, False)


def test_a_life_that_stored_nothing_is_passed_over(store: Store) -> None:
    line = store.enter("a.ipynb")
    last = line.add("cell", "1", moment())
    line.end(restart=False)
    store.enter("a.ipynb").end(restart=False)
    after = store.enter("a.ipynb")
    assert (after.predecessor, after.cut) == (last, True)


def test_a_restart_holds_even_where_nothing_was_stored_after_it(store: Store) -> None:
    line = store.enter("a.ipynb")
    last = line.add("cell", "1", moment())
    line.end(restart=True)
    for _ in range(3):
        store.enter("a.ipynb").end(restart=False)
    after = store.enter("a.ipynb")
    assert (after.predecessor, after.cut) == (last, False)


def test_a_second_kernel_on_a_session_has_a_line_of_its_own(tmp_path: Path) -> None:
    one, two = Store(tmp_path), Store(tmp_path)
    first = one.enter("a.ipynb")
    step = first.add("cell", "1", moment())
    second = two.enter("a.ipynb")
    assert (second.predecessor, second.cut, second.shared) == (step, False, True)
    second.add("cell", "x", moment(a="x"))
    last = first.add("cell", "2", moment(a="2"))
    second.end(restart=False)
    first.end(restart=False)
    after = one.enter("a.ipynb")
    assert (after.predecessor, after.cut, after.shared) == (last, True, False)


def test_the_first_kernel_gone_its_heir_is_not_shared_though_the_second_lives(tmp_path: Path) -> None:
    one, two = Store(tmp_path), Store(tmp_path)
    first = one.enter("a.ipynb")
    last = first.add("cell", "1", moment())
    two.enter("a.ipynb").add("cell", "x", moment(a="x"))
    first.end(restart=False)
    after = one.enter("a.ipynb")
    assert (after.predecessor, after.cut, after.shared) == (last, True, False)


def test_nobody_finds_a_line_without_a_session(store: Store) -> None:
    line = store.enter("")
    step = line.add("cell", "1", moment())
    kept = line.add("cell", "2", moment(a="2"))
    line.add("cell", "3", moment(a="3"))
    store.save("good", kept)
    line.end(restart=False)
    assert store.enter("").predecessor is None
    assert plain(store.load(store.find("good"))) == plain(moment(a="2"))
    assert store.steps(kept) == [step, kept]


def test_the_steps_before_one_are_its_line(store: Store) -> None:
    line = store.enter("a.ipynb")
    steps = [line.add("cell", str(number), moment()) for number in range(5)]
    assert store.steps(steps[3]) == steps[:4]
