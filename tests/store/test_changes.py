"""Whatever is done to files and parts, every step loads back as it was."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from llm_kernel.machine.snapshot import Entry
from llm_kernel.store import Moment, Store
from llm_kernel.store.pieces import differences
from tests.store.moments import entry, moment, plain

Files = dict[str, Entry]
Change = Callable[[Files], None]

_LINES = st.lists(st.sampled_from([b"epoch 1 loss 0.3\n", b'{"a": 1},', b"]", b"\0\xff", b"x" * 300]), max_size=60)
_DATA = st.one_of(st.binary(max_size=400), _LINES.map(b"".join))
_PATHS = st.sampled_from(["/a", "/b", "/d/a", "/d/b", "/d/e/f"])


def _write(path: str, data: bytes) -> Change:
    return lambda files: files.__setitem__(path, entry(data))


def _edit(path: str, at: int, data: bytes, cut: int) -> Change:
    def change(files: Files) -> None:
        old = files[path].data if path in files else b""
        files[path] = entry(old[: at % (len(old) + 1)] + data + old[at % (len(old) + 1) + cut :])

    return change


def _remove(path: str) -> Change:
    return lambda files: files.pop(path, None) and None


def _touch(path: str, when: float) -> Change:
    def change(files: Files) -> None:
        if path in files:
            files[path] = entry(files[path].data, when=when)

    return change


_CHANGE = st.one_of(
    st.builds(_write, _PATHS, _DATA),
    st.builds(_edit, _PATHS, st.integers(0, 10_000), _DATA, st.integers(0, 500)),
    st.builds(_remove, _PATHS),
    st.builds(_touch, _PATHS, st.floats(0, 1e10)),
)
_PARTS = st.dictionaries(st.sampled_from(["journal", "clock", "jobs"]), st.text(max_size=600))
_STEPS = st.lists(st.tuples(st.lists(_CHANGE, max_size=5), _PARTS), min_size=1, max_size=12)


@settings(deadline=None, max_examples=60)
@given(_STEPS, st.integers(2, 6))
def test_every_step_loads_back_as_it_was(steps: list[tuple[list[Change], dict[str, str]]], longest: int) -> None:
    store = Store(None, longest=longest)
    line = store.enter("")
    files: Files = {"/d": entry(kind="directory"), "/d/e": entry(kind="directory")}
    stored = []
    for changes, parts in steps:
        for change in changes:
            change(files)
        now = moment(dict(files), **parts)
        stored.append((line.add("cell", "", now), plain(now)))
    assert [plain(store.load(step)) for step, _ in stored] == [facts for _, facts in stored]


@given(_DATA, _DATA, st.integers(0, 10_000))
def test_differences_make_the_new_out_of_the_old(old: bytes, fresh: bytes, at: int) -> None:
    new = old[: at % (len(old) + 1)] + fresh + old[at % (len(old) + 1) :][: len(old) // 2]
    pieces = differences(old, new)
    assert b"".join(piece if isinstance(piece, bytes) else old[piece[0] : piece[1]] for piece in pieces) == new


def test_what_was_kept_is_named_and_not_repeated() -> None:
    lines = [b"line %d of a long text that stays what it was before the change\n" % number for number in range(100)]
    old = b"".join(lines)
    new = b"".join([*lines[50:], b"something new\n", *lines[:50]])
    pieces = differences(old, new)
    assert b"".join(piece if isinstance(piece, bytes) else old[piece[0] : piece[1]] for piece in pieces) == new
    assert sum(len(piece) for piece in pieces if isinstance(piece, bytes)) < 256
    assert len(pieces) < 8


def _sizes(store: Store) -> list[int]:
    with store._database.reading() as sql:
        return [row[0] for row in sql.execute("SELECT length(body) + length(refs) FROM steps ORDER BY key")]


def _stored(store: Store) -> int:
    with store._database.reading() as sql:
        return int(sql.execute("SELECT sum(length(packed)) FROM blobs").fetchone()[0])


def test_a_long_log_grows_by_what_is_written_to_it() -> None:
    store, log = Store(None), bytes(range(256)) * 8000
    line = store.enter("")
    line.add("cell", "", moment({"/log": entry(log)}))
    before = _stored(store)
    for number in range(200):
        log += b"[%03d] something that is said once\n" % number
        step = line.add("cell", "", moment({"/log": entry(log)}))
    assert store.load(step).files.entries["/log"].data == log
    assert _stored(store) - before < 200 * 40
    assert max(_sizes(store)[1:]) < 4096


def test_a_step_in_which_nothing_changed_is_small() -> None:
    store = Store(None)
    line = store.enter("")
    found = moment({f"/{number}": entry(b"%d" % number * 200) for number in range(1000)}, journal="x" * 10_000)
    for _ in range(3):
        line.add("cell", "", found)
    assert [size < 200 for size in _sizes(store)] == [False, True, True]


def test_a_key_frame_comes_after_so_many_steps() -> None:
    store = Store(None, longest=16)
    line = store.enter("")
    found = moment({f"/{number}": entry(b"%d" % number * 200) for number in range(1000)})
    steps = [line.add("cell", "", found) for _ in range(18)]
    with store._database.reading() as sql:
        roots = [row[0] for row in sql.execute("SELECT DISTINCT root FROM steps ORDER BY root")]
    assert roots == [1, 17]
    assert plain(store.load(steps[-1])) == plain(store.load(steps[0])) == plain(found)


def test_equal_contents_are_stored_once() -> None:
    store, data = Store(None), bytes(range(256)) * 40
    line = store.enter("")
    line.add("cell", "", moment({f"/{number}": entry(bytes(bytearray(data))) for number in range(50)}))
    with store._database.reading() as sql:
        assert sql.execute("SELECT count(*), sum(size) FROM blobs").fetchone() == (1, len(data))


def test_moments_share_nothing_that_changes() -> None:
    store, parts = Store(None), {"a": "1"}
    line = store.enter("")
    files = {"/": entry(kind="directory")}
    step = line.add("cell", "", Moment(parts, moment().files))
    parts["a"] = "2"
    files["/x"] = entry(b"1")
    assert store.load(step).parts == {"a": "1"}
