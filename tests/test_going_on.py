"""A background program that goes on in another kernel: what has happened is not done, said, spent or counted twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.book import Book

_LOOK = "wait; sed s,^,:, log; date +:%s"


async def _both(folder: Path, reply: str, *before: str) -> tuple[str, str]:
    """What a program leaves behind that ran through, and one whose kernel was killed on the way."""
    plain, cut = Book(folder / "plain", "plain", lambda _: reply), Book(folder / "cut", "cut", lambda _: reply)
    for one in (plain, cut):
        await one("rsync -v a b > log 2>&1 &")
        for cell in before:
            await one(cell)
    await plain("true")  # the cell that says that the machine is back
    await cut.killed()
    after = Book(folder / "cut", "cut", lambda _: reply)
    await after("true")
    said = await plain(_LOOK), await after(_LOOK)
    assert after.model.requests == []
    await after.session.close()
    await plain.session.close()
    return said


@pytest.mark.parametrize(
    ("reply", "log"),
    [
        pytest.param("one\n@ spend 1.2.3\n@ spend 100\ntwo\n", "one\ntwo\n", id="a number that is none"),
        pytest.param("@ spend 2500000\n@ spend 2500000\n@ spend 50000\ntwo\n", "two\n", id="more than there is"),
        pytest.param("one\n@ spend 40\nand two\n@ spend 300\nthree\n", "one\nand two\nthree\n", id="plain lines"),
        pytest.param("@ spend 1h\n@ spend 100\ntwo\n", "two\n", id="hours"),
        pytest.param("@ echo one; spend 100\n@ echo two\n", "one\ntwo\n", id="said before it slept"),
        pytest.param("@ for i in 1 2; do echo $i; spend 40; echo .; done\n", "1\n.\n2\n.\n", id="a turn of a loop"),
        pytest.param("@ x=1; spend 100; echo $x\n@ echo two $x\n", "1\ntwo 1\n", id="a variable of before"),
        pytest.param("@ echo 1; sleep 1m # a while\n@ spend 0x1; echo $?; spend 99\n", "1\n2\n", id="a status"),
    ],
)
async def test_what_a_program_did_and_spent_is_done_once(tmp_path: Path, reply: str, log: str) -> None:
    for number, sleep in enumerate(["sleep 60", "sleep 2500010", "sleep 3650"]):
        plain, after = await _both(tmp_path / str(number), reply, sleep)
        lines = [line[1:] for line in plain.splitlines() if line.startswith(":")]
        assert (after, "".join(f"{line}\n" for line in lines[:-1])) == (plain, log)


async def test_the_seconds_of_a_sleep_that_was_cut_are_counted_once(tmp_path: Path) -> None:
    reply = "@ spend 100\n@ spend 200\n@ echo $SECONDS > /dev/null\n@ spend 100\n"
    books = [Book(tmp_path / name, name, lambda _: reply) for name in ("plain", "cut")]
    for one in books:
        await one("rsync -v a b &")
        await one("sleep 150")
    plain, cut = books
    await plain("true")
    await cut.killed()
    after = Book(tmp_path / "cut", "cut")
    await after("true")
    look = "ps -C rsync -o time=; sleep 200; ps -C rsync -o time="
    assert await plain(look) == "00:05:00\n00:06:40\n"
    assert await after(look) == "00:05:00\n00:06:40\n"
    await after.session.close()
    await plain.session.close()
