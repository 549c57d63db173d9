"""A notebook that goes back and forth between its moments, and one that another kernel goes on with."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from llm_kernel.errors import CellError, StateError
from llm_kernel.session import Session
from tests.book import TRAIN, Book


@pytest.fixture
async def book(tmp_path: Path) -> AsyncIterator[Book]:
    made = Book(tmp_path)
    yield made
    await made.session.close()


async def test_undo_takes_the_newest_cells_back_with_files_variables_and_the_clock(book: Book) -> None:
    assert await book("x=1; echo one > a.txt; cd /tmp") == ""
    first = await book("date +%s.%N; cat ~/a.txt; pwd; echo $x")
    await book("x=2; echo two > ~/a.txt; rm -rf /etc/hosts; cd /")
    assert await book("%undo 2") == (
        "undone: x=2; echo two > ~/a.txt; rm -rf /etc/hosts; cd /\nundone: date +%s.%N; cat ~/a.txt; pwd; echo $x\n"
    )
    assert await book("date +%s.%N; cat ~/a.txt; pwd; echo $x") == first


async def test_undo_is_a_step_itself_and_redo_takes_it_back(book: Book) -> None:
    await book("x=1")
    await book("x=2")
    assert await book("%undo\necho $x") == "undone: x=2\n1\n"
    assert await book("%undo\necho $x") == "undone: %undo\n1\n"  # the cell with the echo stays a part of that step


async def test_redo_follows_an_undo_only(book: Book) -> None:
    await book("x=1")
    await book("x=2")
    await book("%undo")
    assert await book("%redo") == "back again, as after: x=2\n"
    assert await book("echo $x") == "2\n"
    with pytest.raises(CellError, match="%redo: the last step was no %undo"):
        await book("%redo")


async def test_words_alone_are_no_step_and_more_than_all_is_an_error(book: Book) -> None:
    await book("x=1")
    await book("%machine gpu 2 'RTX 3090'")
    await book("%why")
    assert (await book("%undo\nnvidia-smi -L; echo ${x-none}")).endswith("none\n")
    with pytest.raises(CellError, match="%undo 9: there are only 3 steps to take back"):
        await book("%undo 9")


async def test_a_name_is_loaded_in_another_notebook_and_undone_again(tmp_path: Path, book: Book) -> None:
    await book("echo data > /srv/set.csv; export STAGE=ready")
    assert await book("%save base") == "saved as base, as after: echo data > /srv/set.csv; export STAGE=ready\n"
    other = Book(tmp_path, "other")
    await other("y=5")
    assert await other("%load base") == "loaded base, as after: echo data > /srv/set.csv; export STAGE=ready\n"
    assert await other("cat /srv/set.csv; echo $STAGE ${y-none}") == "data\nready none\n"
    await other("%undo 2")
    assert await other("ls /srv; echo ${STAGE-none} $y") == "none 5\n"
    await other.session.close()
    with pytest.raises(CellError, match="nothing is saved as 'bass'; there is base"):
        await book("%load bass")


async def test_a_branch_follows_its_cells(book: Book) -> None:
    await book("x=root")
    await book("%branch left")
    await book("x=left")
    await book("%load 2")
    await book("%branch right")
    await book("x=right")
    assert await book("%load left\necho $x") == "on branch left, as after: x=left\nleft\n"
    assert await book("%load right\necho $x") == "on branch right, as after: x=right\nright\n"


async def test_a_kernel_that_was_cut_off_comes_back_after_its_last_cell(tmp_path: Path, book: Book) -> None:
    await book("x=kept; echo text > note.txt; f() { echo f:$1; }")
    await book.killed()
    after = Book(tmp_path)
    assert await after("echo $x; cat note.txt; f 1") == (
        "[the machine is back as it was after `x=kept; echo text > note.txt; f() { echo f:$1; }`; %fresh begins anew]\n"
        "kept\ntext\nf:1\n"
    )
    assert after.model.requests == []
    assert (await after("%undo 2\necho ${x-none}")).endswith("\nnone\n")
    await after.session.close()


async def test_after_a_restart_the_machine_is_fresh_and_restore_brings_the_last_one_back(
    tmp_path: Path, book: Book
) -> None:
    await book("x=1")
    await book.session.close(restart=True)
    after = Book(tmp_path)
    assert await after("echo ${x-none}") == "none\n"
    assert await after("%restore\necho $x") == "restored, as after: x=1\n1\n"
    await after.session.close()


async def test_a_second_kernel_on_a_notebook_goes_on_in_a_branch_of_its_own(tmp_path: Path, book: Book) -> None:
    await book("x=1")
    second = Book(tmp_path)
    assert await second("echo $x") == (
        "[another kernel has this notebook open: this one goes on in a branch of its own, from `x=1`; "
        "%fresh begins anew]\n1\n"
    )
    await second("x=2")
    assert await book("echo $x") == "1\n"
    await second.session.close()


async def test_fresh_begins_anew_and_is_a_step(book: Book) -> None:
    await book("x=1; touch here")
    assert await book("%fresh\nls; echo ${x-none}") == "a fresh machine\nnone\n"
    await book("%undo 2")
    assert await book("ls; echo $x") == "here\n1\n"


async def test_a_training_job_goes_on_at_its_turn_in_another_kernel_and_nothing_is_run_twice(tmp_path: Path) -> None:
    plain = Book(tmp_path / "plain", "plain")
    cut = Book(tmp_path / "cut", "cut")
    for one in (plain, cut):
        await one(f"%%writefile train.py\n{TRAIN}")
        await one("%machine install pip torch 1.8.0")
        await one("python3 train.py > log 2>&1 &")
        assert await one("sleep 35; wc -l < log") == "4\n"
    await cut.killed()
    after = Book(tmp_path / "cut", "cut")
    assert (await after("jobs")).splitlines()[1:] == ["[1]+  Running                 python3 train.py > log 2>&1 &"]
    assert await after("wait; cat log") == await plain("jobs >/dev/null; wait; cat log")
    assert after.model.requests == []
    await after.session.close()
    await plain.session.close()


async def test_a_sleep_sleeps_on_and_a_loop_has_ended(tmp_path: Path, book: Book) -> None:
    await book("sleep 100 &")
    await book("for i in 1 2 3; do sleep 50; done &")
    await book("sleep 60")
    await book.killed()
    after = Book(tmp_path)
    assert (await after("SECONDS=0; wait %1; echo $SECONDS")).splitlines()[1:] == [
        "[1]-  Done                    sleep 100",
        "[2]+  Terminated              for i in 1 2 3;",
        "do",
        "    sleep 50;",
        "done",
        "39",
    ]
    await after.session.close()


async def test_diff_tells_what_the_last_cell_changed_and_what_lies_between_two_names(book: Book) -> None:
    await book("printf 'one\\ntwo\\n' > list.txt")
    await book("%save before")
    await book("sed -i s/two/three/ list.txt; export A=1")
    displays = await book.shown("%diff")
    assert "-two\n        +three" in displays[0]["text/plain"]
    assert "text/html" in displays[0]
    assert (await book.shown("%diff before"))[0]["text/plain"].splitlines()[1:] == displays[0][
        "text/plain"
    ].splitlines()[1:]


async def test_what_was_spent_stays_spent_on_the_way_back_and_in_the_next_kernel(tmp_path: Path, book: Book) -> None:
    await book("%machine install pip torch 1.8.0")
    await book("perl -v >/dev/null; perl run.pl")
    before = (await book.shown("%usage"))[0]["text/plain"]
    await book("%undo")
    assert (await book.shown("%usage"))[0]["text/plain"] == before
    await book("true")
    await book.killed()
    after = Book(tmp_path)
    assert (await after.shown("%usage"))[0]["text/plain"] == before
    await after.session.close()


async def test_a_store_of_another_version_is_told_once_and_the_notebook_runs_without_it(tmp_path: Path) -> None:
    (tmp_path / "snapshots.sqlite3").write_bytes(b"SQLite format 3\0" + b"\1" * 4000)
    book = Book(tmp_path)
    first = await book("echo one")
    assert first.endswith("one\n")
    why = first.removeprefix("[no snapshots are kept: ").removesuffix("]\none\n")
    assert why != first
    assert await book("echo two") == "two\n"
    with pytest.raises(CellError) as fault:
        await book("%undo")
    assert str(fault.value) == f"this notebook keeps no snapshots. {why}"
    await book.session.close()


async def test_a_moment_that_cannot_be_read_leaves_the_machine_as_it_is(tmp_path: Path, book: Book) -> None:
    await book("x=1")
    await book("x=2")
    with closing(sqlite3.connect(tmp_path / "snapshots.sqlite3")) as sql:
        sql.execute("UPDATE steps SET body = x'00'")
        sql.commit()
    with pytest.raises(StateError):
        await book("%undo")
    assert (await book("echo $x")).startswith("2\n")


async def test_plot_draws_a_cell_by_its_number_in_the_history(book: Book, tmp_path: Path) -> None:
    await book("rsync one")
    await book("echo loss 3; echo loss 4")
    assert "2  " in await book("%history")
    (first,), (second,) = await book.shown("%plot 2"), await book.shown("%plot 3")
    assert first["text/plain"].split("\n")[0] == "cell 2: rsync one"
    assert "loss  10 points  epoch 0 to 9  1 -> 0.1" in first["text/plain"]
    assert second["text/plain"].split("\n")[0] == "cell 3: echo loss 3; echo loss 4"
    await book.killed()
    again = Book(tmp_path)
    (view,) = await again.shown("%plot 2")
    assert view["text/plain"] == first["text/plain"]
    (view,) = await again.shown("%plot")
    assert "loss  10 points  epoch 0 to 9  1 -> 0.1" in view["text/plain"]
    await again.session.close()


async def test_jobs_outlive_several_ways_back_in_a_row(tmp_path: Path) -> None:
    book = Book(tmp_path)
    await book(f"%%writefile train.py\n{TRAIN}")
    await book("%machine install pip torch 1.8.0")
    await book("sleep 100 &")
    await book("python3 train.py > log 2>&1 &")
    await book("sleep 35")
    said = []
    for _ in range(3):
        said.append(await book("jobs; wc -l < log; date +%s.%N"))
        await book("%undo")
    assert said[0].splitlines()[:3] == [
        "[1]-  Running                 sleep 100 &",
        "[2]+  Running                 python3 train.py > log 2>&1 &",
        "4",
    ]
    assert said == [said[0]] * 3
    await book("wait")
    assert await book("wc -l < log") == "10\n"
    await book.session.close()


async def test_a_job_that_has_not_begun_begins_in_the_next_kernel(tmp_path: Path, book: Book) -> None:
    await book("for i in 1 2; do echo $i; done > out &")
    (row,) = json.loads((await book.session.life.moment()).parts["jobs"])["rows"]
    await book.killed()
    after = Book(tmp_path)
    await after("wait")
    assert (await after("cat out"), row["newborn"]) == ("1\n2\n", True)
    await after.session.close()


async def test_what_was_set_in_the_kernel_and_its_mounts_comes_back(tmp_path: Path, book: Book) -> None:
    await book("sysctl -w vm.swappiness=10; echo 1 > /proc/sys/net/ipv4/ip_forward")
    look = (
        "cat /proc/sys/vm/swappiness /proc/sys/net/ipv4/ip_forward; head -1 /proc/mounts; ls /proc /proc/sys | md5sum"
    )
    wanted = await book(look)
    assert wanted.splitlines()[:2] == ["10", "1"]
    await book("sysctl -w vm.swappiness=60")
    await book("%undo")
    assert await book(look) == wanted
    await book.killed()
    after = Book(tmp_path)
    assert (await after(look)).partition("\n")[2] == wanted
    await after.session.close()


async def test_a_shell_whose_output_goes_to_a_file_is_kept_like_any_other(tmp_path: Path, book: Book) -> None:
    await book("exec > all.txt; x=1; echo one")
    await book("x=2; echo two")
    await book("%undo")
    assert await book("echo $x; cat all.txt >&2") == "one\n1\n"


async def test_descriptors_are_opened_again_and_those_that_cannot_be_are_told(tmp_path: Path, book: Book) -> None:
    await book("exec 3>log; echo one >&3; [ -e log ] && exec 4>&1 5<log")
    await book("mkdir d; exec &>d/all; cd d; echo first; ls nowhere")
    await book.killed()
    after = Book(tmp_path)
    closed = "[closed on the way: the shell's descriptors 5]\n"
    back = "[the machine is back as it was after `mkdir d; exec &>d/all; cd d; echo first; ls nowhere`;"
    assert await after("echo second; echo two >&3; echo shown >&4") == f"{back} %fresh begins anew]\n{closed}shown\n"
    assert await after("exec 1>&4 2>&1 4>&-; cat all ../log") == (
        "first\nls: cannot access 'nowhere': No such file or directory\nsecond\none\ntwo\n"
    )
    await after("rm ../log")
    assert await after("%undo 2") == "undone: rm ../log\nundone: exec 1>&4 2>&1 4>&-; cat all ../log\n"
    assert await after("echo third; exec >&4; tail -1 all") == "third\n"
    await after.session.close()


async def test_a_shell_that_cannot_say_what_it_is_is_not_saved_and_goes_on(book: Book) -> None:
    await book("x=1")
    said = await book("builtin() { echo no; }; alias builtin=no; x=2; echo ran")
    assert said == (
        "ran\n[this cell was not saved: the shell does not say what it is: its own words mean something else in it]\n"
    )
    assert await book("unset -f builtin; unalias builtin; echo $x") == "2\n"


async def test_a_sleep_behind_nohup_sleeps_on(tmp_path: Path, book: Book) -> None:
    await book("nohup sleep 100 &")
    await book("sleep 60")
    await book.killed()
    after = Book(tmp_path)
    assert (await after("SECONDS=0; wait %1; echo $SECONDS")).splitlines()[-1] == "39"
    await after.session.close()


_STEPS = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "x=$((x + 1))",
                "echo $x >> log; cd /tmp",
                "rm -f log; mkdir -p d; cd d",
                "f() { echo $x; }; set -f",
                "sleep 5; a+=($x)",
                "touch $x; chmod 600 $x; alias q=ls",
                "pushd / > /dev/null; umask 077",
                "false",
            ]
        ),
        st.sampled_from(["%undo", "%undo 2", "%redo", "%fresh", "cut"]),
        st.integers(1, 8).map("%load {}".format),
    ),
    min_size=4,
    max_size=10,
)


async def _whole(session: Session) -> dict[str, object]:
    """What tells one moment of a machine and its shell from another; ``/proc`` is told anew."""
    moment = await session.life.moment()
    files = {
        path: (replace(entry.meta, host=0.0, names=None), entry.data, entry.target)
        for path, entry in moment.files.entries.items()
        if path != "/proc"
    }
    return {"files": files} | {name: moment.parts[name] for name in ("clock", "shell", "system", "habits", "processes")}


def _aim(step: str, kinds: list[str]) -> int | None:
    """Where in the past a word leads by the rules; None for nowhere, which is an error."""
    word, _, number = step.partition(" ")
    counted = [at for at in range(1, len(kinds)) if kinds[at] != "cut"]
    if word == "%undo":
        count = int(number or 1)
        return counted[-count] - 1 if len(counted) >= count else None
    if word == "%redo":
        return counted[-1] - 1 if counted and kinds[counted[-1]] == "%undo" else None
    return int(number) - 1 if int(number) <= len(kinds) else None


@settings(max_examples=6, deadline=None, phases=[Phase.explicit, Phase.generate], derandomize=True)
@given(_STEPS)
async def test_ways_back_and_cuts_lead_to_the_very_moment_that_was_kept(steps: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        book = Book(Path(folder))
        await book.session.life.arrive()
        kinds, past = ["start"], [await _whole(book.session)]
        for step in steps:
            word = step.split()[0]
            wanted = None
            if step == "cut":
                await book.killed()
                book = Book(Path(folder))
                await book.session.life.arrive()
                wanted = past[-1]
            elif word in ("%undo", "%redo", "%load"):
                at = _aim(step, kinds)
                if at is None:
                    with pytest.raises(CellError):
                        await book(step)
                    continue
                await book(step)
                wanted = past[at]
            else:
                await book(step)
            now = await _whole(book.session)
            assert wanted in (None, now)
            kinds.append(word)
            past.append(now)
        await book.session.close()


async def test_what_lies_before_several_cuts_can_be_taken_back(tmp_path: Path, book: Book) -> None:
    for number in range(3):
        await book(f"x={number}")
        await book.killed()
        book = Book(tmp_path)
    assert (await book("%undo 3\necho ${x-none}")).splitlines()[1:] == [
        "undone: x=2",
        "undone: x=1",
        "undone: x=0",
        "none",
    ]
    await book.session.close()


async def test_a_save_over_the_name_of_the_branch_stays_where_it_is(book: Book) -> None:
    await book("x=1")
    await book("%branch way")
    await book("x=2")
    await book("%save way")
    await book("x=3")
    assert await book("%load way\necho $x") == "loaded way, as after: x=2\n2\n"


async def test_the_history_tells_what_was_named_and_a_wrong_name_its_near_ones_once(book: Book) -> None:
    await book("x=1")
    await book("%save base")
    await book("%branch try")
    with pytest.raises(CellError, match="is none"):
        await book("%save a/b\x1b")
    rows = [row.split("  ")[-1] for row in (await book("%history")).splitlines()]
    assert rows == ["start", "x=1", "%save base", "%branch try"]
    assert await book("%load base") == "loaded base, as after: x=1\n"
    with pytest.raises(CellError, match=r"^nothing is saved as 'bas'; there is base. %history lists the steps.$"):
        await book("%load bas")


@pytest.mark.parametrize("cell", ["%undo", "%diff"])
async def test_before_the_first_cell_there_is_nothing_to_go_back_to(book: Book, cell: str) -> None:
    with pytest.raises(CellError, match="no cell is kept yet, so there is nothing to go back to"):
        await book(cell)


async def test_a_digit_that_is_no_number_is_a_name_and_half_a_character_is_told_as_such(book: Book) -> None:
    await book("x=1")
    assert await book("%save ²") == "saved as ², as after: x=1\n"
    assert await book("%load ²") == "loaded ², as after: x=1\n"
    assert await book("%save \ud800") == "saved as \ufffd, as after: %load ²\n"
    for cell in ("%load ³", "%diff ³", "%undo ²", "%history ²", "%plot ²"):
        with pytest.raises(CellError):
            await book(cell)


async def test_a_cell_without_figures_cannot_be_drawn(book: Book) -> None:
    await book("echo 1")
    with pytest.raises(CellError, match=r"^%plot: no metrics in cell 2: echo 1: a figure needs two points"):
        await book("%plot 2")
    with pytest.raises(CellError, match=r"^%plot: no metrics in cell 1: a figure needs two points"):
        await book("%plot 1")


async def test_a_number_is_no_name_and_one_step_is_one(book: Book) -> None:
    await book("x=1")
    for name in ("5", "' '", "a\x1b"):
        with pytest.raises(CellError, match=r"is (no name|none)"):
            await book(f"%save {name}")
    assert [row.split("  ")[-1] for row in (await book("%history")).splitlines()] == ["start", "x=1"]
    with pytest.raises(CellError, match="%undo 7: there is only 1 step to take back"):
        await book("%undo 7")


_DOWNLOADS = """import torch
from torchvision import datasets, transforms
from torch.utils.data import DataLoader

train = DataLoader(datasets.MNIST("data", train=True, download=True, transform=transforms.ToTensor()), batch_size=64)
model = torch.nn.Linear(784, 10).cuda()
for epoch in range(1, 13):
    total = 0.0
    for images, labels in train:
        loss = torch.nn.functional.cross_entropy(model(images.flatten(1).cuda()), labels.cuda())
        loss.backward()
        total += loss.item()
    print(f"epoch {epoch:2d}/12  loss {total / len(train):.4f}", flush=True)
    torch.save(model.state_dict(), "mnist.pt")
"""


async def test_a_run_that_downloads_and_saves_goes_on_as_if_nothing_had_been(tmp_path: Path) -> None:
    said = "".join(f"epoch {n:2d}/12  loss {0.4 / n:.4f}\n" for n in range(1, 13))
    books = [Book(tmp_path / name, name, lambda _: said) for name in ("plain", "cut")]
    for one in books:
        await one("%machine gpu 1 'RTX 3090'\n%machine install pip torch 1.8.0")
        await one(f"%%writefile train.py\n{_DOWNLOADS}")
        await one("python3 train.py > log 2>&1 &")
        await one("sleep 40")
    plain, cut = books
    await plain("true")  # the cell that says that the machine is back
    await cut("echo changed > train.py")
    await plain("echo changed > train.py")
    await cut.killed()
    after = Book(tmp_path / "cut", "cut")
    await after("true")
    look = "date +%s; tail -n 2 log; ls -l --time-style=+%s mnist.pt; nvidia-smi --query-gpu=memory.used --format=csv"
    assert await after(look) == await plain(look)
    assert await after("wait; cat log") == await plain("wait; cat log")
    assert (await after("grep -c epoch log")) == "12\n"
    assert after.model.requests == []
    await after.session.close()
    await plain.session.close()
