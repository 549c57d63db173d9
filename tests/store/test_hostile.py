"""A store or an exported file that somebody bent: a clear error or the same data, and nothing else."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import sqlite3
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from llm_kernel.errors import ImaginedMachineError, StateError
from llm_kernel.machine import Machine
from llm_kernel.model.choice import Models
from llm_kernel.model.request import ScriptedBackend
from llm_kernel.moments import Moments
from llm_kernel.session import Session
from llm_kernel.store import Store, export
from llm_kernel.store.database import NAME
from tests.store.moments import entry, moment, plain

FOUND = moment({f"/f{n}": entry(b"line %d\n" % n * 40) for n in range(40)}, clock='{"now": 5}', journal="x" * 3000)
LATER = moment({f"/f{n}": entry(b"line %d\n" % n * 41) for n in range(30)}, clock='{"now": 6}', journal="x" * 3100)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "home"
    store = Store(place)
    line = store.enter("a.ipynb")
    store.save("first", line.add("cell", "1", FOUND))
    store.save("later", line.add("cell", "2", LATER))
    line.end(restart=False)
    store.close()
    return place


def _names(folder: Path) -> dict[str, object]:
    """What the names of a store hold; a name that cannot be had is left out, and must be a clear error."""
    found: dict[str, object] = {}
    store = Store(folder)
    try:
        for name in ("first", "later"):
            try:
                found[name] = plain(store.load(store.find(name)))
            except StateError:
                continue
        try:
            store.enter("a.ipynb").add("cell", "3", FOUND)
            store.save("first", store.enter("b.ipynb").add("cell", "4", FOUND))
            store.names()
        except ImaginedMachineError:
            pass
    finally:
        store.close()
    return found


@pytest.mark.parametrize("times", [60, pytest.param(3000, marks=pytest.mark.whole)])
def test_bytes_that_were_turned_are_noticed(folder: Path, tmp_path: Path, times: int) -> None:
    whole, right = (folder / NAME).read_bytes(), {"first": plain(FOUND), "later": plain(LATER)}
    chance = random.Random(1)
    for turn in range(times):
        bent = bytearray(whole)
        for _ in range(chance.choice((1, 1, 3, 50))):
            bent[chance.randrange(len(bent))] ^= 1 << chance.randrange(8)
        place = tmp_path / str(turn)
        place.mkdir()
        (place / NAME).write_bytes(bent)
        try:
            found = _names(place)
        except ImaginedMachineError:
            found = {}
        assert found == {name: right[name] for name in found}
        shutil.rmtree(place)


@pytest.mark.parametrize("left", [0.0, 0.01, 0.3, 0.6, 0.95])
def test_a_file_that_was_cut_is_damaged_or_new(folder: Path, left: float) -> None:
    data = (folder / NAME).read_bytes()
    (folder / NAME).write_bytes(data[: int(len(data) * left)])
    try:
        found = _names(folder)
    except ImaginedMachineError as error:
        assert "Move it away" in str(error)  # noqa: PT017 - either is right
    else:
        assert found == {name: plain(FOUND if name == "first" else LATER) for name in found}


@pytest.mark.parametrize("data", [b"no database", b"SQLite format 3\0" + b"\0" * 5000, b"\0" * 4096])
def test_what_is_no_database_is_named(tmp_path: Path, data: bytes) -> None:
    (tmp_path / NAME).write_bytes(data)
    with pytest.raises(StateError, match=r"snapshots.sqlite3 is damaged \(.*\)\. Move it away to begin a new one"):
        Store(tmp_path)
    assert (tmp_path / NAME).read_bytes() == data


def _execute(folder: Path, *commands: str) -> None:
    sql = sqlite3.connect(folder / NAME, isolation_level=None)
    for command in commands:
        sql.execute(command)
    sql.close()


def test_another_format_is_named(folder: Path) -> None:
    _execute(folder, "PRAGMA user_version = 7")
    with pytest.raises(StateError, match=r"has format 7; this version reads format 1\. .* or move the file away"):
        Store(folder)


@pytest.mark.parametrize(
    "command",
    [
        "CREATE TRIGGER t AFTER INSERT ON steps BEGIN DELETE FROM names; END",
        "CREATE VIEW v AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n",
        "ALTER TABLE names ADD COLUMN more TEXT",
        "DROP TABLE names",
        "PRAGMA application_id = 1",
    ],
)
def test_tables_that_are_not_ours_are_not_used(folder: Path, command: str) -> None:
    _execute(folder, command)
    with pytest.raises(StateError, match="not those of a store"):
        Store(folder)


@pytest.mark.parametrize(
    "command",
    [
        "UPDATE steps SET label = 'rm -rf /' WHERE number = 2",
        "UPDATE steps SET body = zeroblob(100) WHERE number = 1",
        "UPDATE steps SET root = 2 WHERE number = 2",
        "UPDATE steps SET refs = zeroblob(3)",
        "UPDATE steps SET at = 'noon'",
        "DELETE FROM steps WHERE number = 1",
        "DELETE FROM blobs",
        "UPDATE blobs SET size = 1 << 40",
        "UPDATE blobs SET packed = x'7a00'",
        "UPDATE names SET step = 1 WHERE name = 'later'",
        "UPDATE names SET digest = 7",
    ],
)
def test_rows_that_were_edited_are_noticed(folder: Path, command: str) -> None:
    _execute(folder, command)
    store = Store(folder)
    with pytest.raises(StateError, match=r"is damaged \(.*\)\. Move it away"):
        store.load(store.find("later"))


def test_a_content_that_unpacks_to_more_than_it_says_is_refused(folder: Path) -> None:
    bomb = b"z" + zlib.compress(b"\0" * 50_000_000, 9)
    sql = sqlite3.connect(folder / NAME, isolation_level=None)
    sql.execute("UPDATE blobs SET packed = ?", (bomb,))
    sql.close()
    store = Store(folder)
    with pytest.raises(StateError, match="a stored content has another size"):
        store.load(store.find("first"))


# exported files


@pytest.fixture
def file(folder: Path, tmp_path: Path) -> Path:
    store = Store(folder)
    store.export(store.find("later"), tmp_path / "m.machine", name="later")
    store.close()
    return tmp_path / "m.machine"


def test_an_exported_file_reads_back(file: Path) -> None:
    assert plain(Store.read_file(file)) == plain(LATER)
    first, second, _ = file.read_bytes().split(b"\n", 2)
    assert first.startswith(b"imagined-machine 1 ")
    assert json.loads(second) == {"name": "later", "label": "2", "files": 31, "bytes": json.loads(second)["bytes"]}


def test_bytes_of_an_exported_file_that_were_turned_are_noticed(file: Path) -> None:
    data, chance = file.read_bytes(), random.Random(2)
    for _ in range(200):
        bent = bytearray(data)
        bent[chance.randrange(len(bent))] ^= 1 << chance.randrange(8)
        file.write_bytes(bent)
        with pytest.raises(StateError, match=r"m.machine (is|has)"):
            Store.read_file(file)


def test_a_cut_export_is_damaged(file: Path) -> None:
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 2])
    with pytest.raises(StateError, match="is damaged: it is cut, or was changed"):
        Store.read_file(file)


def _forged(head: dict[str, object], lines: list[object] | bytes) -> bytes:
    """A file with a right digest and any content."""
    packed = lines if isinstance(lines, bytes) else b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    rest = json.dumps({"name": "x", "label": "", "bytes": len(packed), **head}).encode() + b"\n" + zlib.compress(packed)
    return f"imagined-machine 1 {hashlib.sha256(rest).hexdigest()}\n".encode() + rest


_ROOT = {"row": ["/", 1, 493, 0, 0, 2, 1.0, 1.0, 1.0, 1.0]}
_LINK = {"row": ["/l", 2, 511, 0, 0, 3, 1.0, 1.0, 1.0, 1.0, {"target": "/etc"}]}


def _row(path: object, *rest: object) -> dict[str, object]:
    return {"row": [path, 0, 420, 0, 0, 3, 1.0, 1.0, 1.0, 1.0, *rest], "text": "x"}


def test_a_forged_export_of_the_right_form_is_data(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(_forged({}, [{"inodes": 9}, _ROOT, _LINK, _row("/a")]))
    assert list(Store.read_file(tmp_path / "f").files.entries) == ["/", "/a", "/l"]


@pytest.mark.parametrize(
    "lines",
    [
        [{"inodes": 9}],
        [_ROOT, _row("a")],
        [_ROOT, _row("/../etc/passwd")],
        [_ROOT, _row("/a/b")],
        [_ROOT, _LINK, _row("/l/passwd")],
        [_ROOT, _row("//a")],
        [_ROOT, _row("/a\0b")],
        [_ROOT, _row("/" + "x" * 5000)],
        [_ROOT, _row(7)],
        [_ROOT, _row("/a", {"size": -1})],
        [_ROOT, _row("/a", {"target": "/etc"})],
        [_ROOT, _row("/a", {"device": "xy"})],
        [_ROOT, {"row": ["/a"]}],
        [_ROOT, {"row": ["/a", 9, 420, 0, 0, 3, 1.0, 1.0, 1.0, 1.0]}],
        [_ROOT, {"row": ["/a", 0, "rw", 0, 0, 3, 1.0, 1.0, 1.0, 1.0]}],
        [_ROOT, {"row": ["/a", 0, 420, 0, 0, 3, float("nan"), 1.0, 1.0, 1.0]}],
        [_ROOT, {"part": "clock", "text": 7}],
        [[]],
        [7],
        b"\xff",
        b"[" * 100_000,
    ],
)
def test_a_forged_export_that_holds_no_machine_is_refused(tmp_path: Path, lines: list[object] | bytes) -> None:
    (tmp_path / "f").write_bytes(_forged({}, lines))
    with pytest.raises(StateError, match="holds no machine"):
        Store.read_file(tmp_path / "f")


@pytest.mark.parametrize("size", [-1, 10, 1 << 50, "many", None])
def test_an_export_is_unpacked_to_no_more_than_it_says(tmp_path: Path, size: object) -> None:
    (tmp_path / "f").write_bytes(_forged({"bytes": size}, b"\0" * 30_000_000))
    with pytest.raises(StateError, match="holds no machine"):
        Store.read_file(tmp_path / "f")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is not an exported machine"),
        (b"imagined-machine 2 abc\n", "has format 2; this version reads format 1"),
        (b"PK\x03\x04", "is not an exported machine"),
    ],
)
def test_what_is_no_export_is_named(tmp_path: Path, data: bytes, message: str) -> None:
    (tmp_path / "f").write_bytes(data)
    with pytest.raises(StateError, match=message):
        Store.read_file(tmp_path / "f")


def test_a_file_appears_at_once_or_not_at_all(tmp_path: Path) -> None:
    bad: Callable[[], None] = lambda: export.write(tmp_path / "no" / "f", FOUND)  # noqa: E731
    with pytest.raises(ImaginedMachineError, match=r"cannot be written \(No such file or directory\)"):
        bad()
    assert list(tmp_path.iterdir()) == []


# moments that no machine can become


_DEEP = {"/" + "/".join("d" * (level + 1)): entry(kind="directory") for level in range(150)}
_BENT = {
    "a long name": {"/" + "x" * 300: entry(b"a")},
    "a deep path": _DEEP,
    "no text": {"/\udcff": entry(b"a")},
    "a large file": {"/big": entry(b"a" * 20_000_000)},
    "a control character": {"/a\nb": entry(b"x")},
    "a file for /proc": {"/proc": entry(b"file")},
}


@pytest.mark.parametrize("name", _BENT)
async def test_a_moment_that_no_machine_can_become_leaves_the_machine_as_it_is(tmp_path: Path, name: str) -> None:
    store = Store(tmp_path)
    moments = Moments(store, store.enter("a.ipynb"))
    session = Session(Machine(), Models(lambda _: ScriptedBackend([])), moments=lambda: moments)
    async for _ in session.run_cell("echo mine > mine.txt"):
        pass
    parts = store.load(moments.line.steps[-1]).parts
    store.save("bent", store.enter("").add("cell", "", moment(_BENT[name], **parts)))
    with pytest.raises(StateError, match=r"(?i)the stored (moment is no machine|machine is damaged)"):
        assert [event async for event in session.run_cell("%load bent")] == []
    assert session.machine.files.read("/root/mine.txt") == b"mine\n"
    await session.close()
