"""The journal keeps what bears on later answers, calls it to mind by its consequences, and never grows without end."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_kernel.errors import StateError
from llm_kernel.journal import Entry, Journal, show
from llm_kernel.journal.essence import ending, essence
from llm_kernel.journal.nouns import concepts, names, nouns


def _journal(*commands: str) -> Journal:
    journal = Journal()
    for command in commands:
        journal.add(Entry(command, f"{command} said\n", 0))
    return journal


def _ties(journal: Journal, command: str, *reads: str) -> list[str]:
    return [entry.command for entry in journal.recall(command, reads).ties]


def _answers(journal: Journal, question: str) -> list[str]:
    return [entry.command for entry in journal.about(question).ties]


def _busy(journal: Journal, count: int = 100) -> Journal:
    """The same journal after ``count`` commands that have nothing to do with anything."""
    for number in range(count):
        journal.add(Entry(f"fortune --chapter c{number}q", "Silence is a virtue.\n" * 8, 0))
    return journal


def test_it_keeps_the_newest_in_their_order() -> None:
    journal = Journal(most=2)
    for command in ("a", "b", "c"):
        journal.add(Entry(command, "", 0))
    assert [entry.command for entry in journal.entries] == ["b", "c"]
    assert [entry.command for entry in journal.last(1)] == ["c"]


def test_what_a_newer_run_of_the_same_command_replaced_is_forgotten_first() -> None:
    journal = Journal(most=3)
    for command in ("old", "again", "again", "new"):
        journal.add(Entry(command, "", 0))
    assert [entry.command for entry in journal.entries] == ["old", "again", "new"]


# -- what an output comes down to ---------------------------------------------------------------------------------


def test_of_a_long_output_it_keeps_the_end_from_a_whole_line() -> None:
    journal = Journal(tail=20)
    journal.add(Entry("seq 100", "".join(f"{n}\n" for n in range(1, 101)), 0))
    assert journal.entries[0].tail == "...\n97\n98\n99\n100\n"


def test_what_is_cut_off_comes_down_to_the_last_line_of_each_form() -> None:
    text = "host: gpu-07\n" + "".join(f"epoch {n} loss {1 / n:.3f}\n" for n in range(1, 50)) + "best acc 98.12%\n"
    assert essence(text, 200) == ["host: gpu-07", "epoch 49 loss 0.020", "best acc 98.12%"]
    assert ending(text + "done\n" * 200, 100) == "...\nbest acc 98.12%\n...\n" + "done\n" * 14


def test_a_line_drawn_anew_is_what_it_was_at_last() -> None:
    assert essence("  1%\r 50%\r100% of 3 files\n", 50) == ["100% of 3 files"]


# -- what bears on what -------------------------------------------------------------------------------------------


def test_what_names_the_same_file_or_program_bears_on_it() -> None:
    journal = _journal("ls", "python3 train.py", "nvidia-smi", "cat src/model.py", "git status")
    assert _ties(journal, "python3 train.py --lr 1") == ["python3 train.py"]
    assert _ties(journal, "head model.py") == ["cat src/model.py"]
    assert _ties(journal, "git log") == ["git status"]
    assert _ties(journal, "whoami") == []


def test_an_interpreter_alone_links_nothing() -> None:
    assert _ties(_journal("python3 train.py"), "python3 plot.py") == []


def test_a_file_leads_to_the_command_that_wrote_it() -> None:
    journal = Journal()
    journal.add(Entry("python3 train.py", "acc 0.98\n", 0, wrote=("/root/fit.pt",)))
    assert _ties(_busy(journal), "python3 eval.py", "/root/eval.py", "/root/fit.pt") == ["python3 train.py"]


def test_a_copy_leads_to_what_it_was_copied_from() -> None:
    journal = Journal()
    journal.add(Entry("python3 train.py", "acc 0.98\n", 0, wrote=("/root/fit.pt",)))
    journal.saw(Entry("cp fit.pt a.pt", "", 0, by="exact", reads=("/root/fit.pt",), wrote=("/root/a.pt",)))
    journal.saw(Entry("mv a.pt b.pt", "", 0, by="exact", reads=("/root/a.pt",), wrote=("/root/b.pt",)))
    assert _ties(_busy(journal), "python3 eval.py", "/root/b.pt") == ["python3 train.py"]


def test_what_a_command_said_is_found_by_its_names() -> None:
    journal = Journal()
    journal.add(Entry("docker ps -q", "3f9ab2c01d77\n", 0))
    assert _ties(_busy(journal), "ctr inspect 3f9ab2c01d77") == ["docker ps -q"]


def test_a_change_bears_on_it_too() -> None:
    journal = Journal()
    journal.add(Entry("Write a script.", "", 0, ("+ train.py  61 lines",), meta=True))
    assert _ties(journal, "python3 train.py") == ["Write a script."]


def test_common_words_bear_on_nothing() -> None:
    assert _ties(_journal("echo what is this"), "what is it for this") == []


@pytest.mark.parametrize(
    "question",
    ["What was the final accuracy?", "How accurate was train.py?", "最后的准确率是多少？", "训练的精度怎么样？"],
)
def test_a_question_finds_what_measured_it_in_either_language(question: str) -> None:
    journal = _busy(Journal(), 3)
    journal.add(Entry("python3 train.py", "epoch 9 val_acc=98.12%\n", 0))
    journal.add(Entry("训练一个网络，打印准确率", "", 0, meta=True))
    assert "python3 train.py" in _answers(_busy(journal), question)


def test_a_question_that_nothing_bears_on_is_told_what_was_shown_last() -> None:
    journal = _journal("git status")
    journal.saw(Entry("df -h", "/dev/sda1 20G\n", 0, by="exact"))
    memory = journal.about("Why?")
    assert ([entry.command for entry in memory.recent], memory.ties) == (["df -h"], ())


def test_an_unrelated_command_changes_nothing_of_what_bears_on_another() -> None:
    journal = _journal("docker run --name web nginx", "git clone repo", "docker ps")
    before = journal.recall("docker logs web").ties
    assert _busy(journal, 20).recall("docker logs web").ties == before


def test_the_mark_of_an_old_entry_stays_when_it_is_shortened() -> None:
    journal = Journal()
    journal.add(Entry("helm list", "".join(f"chart {n}\n" for n in range(300)), 0))
    mark = journal.entries[0].mark
    _busy(journal, 150)
    assert (journal.entries[0].command, journal.entries[0].mark) == ("helm list", mark)
    assert len(journal.entries[0].tail) < 500


def test_a_cell_that_only_looks_leaves_nothing() -> None:
    journal = _journal("git status")
    before = (journal.entries, journal.recall("git log"))
    for command in ("ls", "cat train.py", "date"):
        journal.begin()
        journal.saw(Entry(command, "something\n", 0, by="exact"))
    assert (journal.entries, journal.recall("git log")) == before


def test_a_cell_does_not_tell_again_what_its_program_told() -> None:
    journal = Journal()
    journal.begin()
    journal.add(Entry("python3 train.py", "acc 1\n", 0, wrote=("/root/fit.pt",)))
    journal.saw(Entry("python3 train.py", "acc 1\n", 0, by="exact", wrote=("/root/fit.pt",)))
    assert len(journal.entries) == 1


# -- what is recent -----------------------------------------------------------------------------------------------


def test_recent_entries_only_grow_at_their_end_between_steps() -> None:
    journal, steps, before = Journal(), 0, ""
    for number in range(200):
        journal.add(Entry(f"fortune {number}", "Silence is a virtue.\n" * 5, 0))
        now = show(journal.recall("whoami").recent)
        assert len(now) <= 2500
        steps += not now.startswith(before)
        before = now
    assert steps <= 200 / 6


def test_what_is_called_to_mind_is_recent_from_then_on() -> None:
    journal = Journal()
    journal.add(Entry("docker run --name web", "3f9a\n", 0))
    _busy(journal)
    first, second = journal.recall("docker logs web"), journal.recall("docker stop web")
    assert first.recent == second.recent
    assert [first.recent[at].command for at in first.brought] == ["docker run --name web"]
    assert first.bearing == first.brought == {len(first.recent) - 1}


# -- to JSON and back ---------------------------------------------------------------------------------------------


def test_it_goes_to_json_and_back() -> None:
    journal = Journal()
    journal.add(Entry("训练", "", 0, ("+ a.py",), meta=True, wrote=("/root/a.py",)))
    journal.saw(Entry("mv a b", "", 1, by="exact", reads=("/a",), wrote=("/b",)))
    _busy(journal, 130)
    journal.recall("docker logs web")
    again = Journal.from_state(json.loads(json.dumps(journal.to_state())))
    assert again.to_state() == journal.to_state()
    assert again.recall("fortune c7q") == journal.recall("fortune c7q")


GOOD = Journal().to_state()
ENTRY = Entry("a", "b", 0).to_state()


@pytest.mark.parametrize(
    "state",
    [
        {},
        [],
        None,
        {**GOOD, "format": 99},
        {**GOOD, "entries": None},
        {**GOOD, "entries": [3]},
        {**GOOD, "entries": [{**ENTRY, "command": 3}]},
        {**GOOD, "entries": [{**ENTRY, "by": "god"}]},
        {**GOOD, "entries": [{**ENTRY, "tail": "x" * 100_000}]},
        {**GOOD, "entries": [{**ENTRY, "wrote": ["x"] * 1000}]},
        {**GOOD, "entries": [{**ENTRY, "status": True}]},
        {**GOOD, "entries": [ENTRY] * 401},
        {**GOOD, "whole": 5},
        {**GOOD, "recent": [[ENTRY, 3]]},
        {**GOOD, "recent": [ENTRY]},
        {**GOOD, "recent": 7},
        {**GOOD, "seen": []},
    ],
)
def test_a_damaged_state_is_a_clear_fault(state: Any) -> None:
    with pytest.raises(StateError):
        Journal.from_state(state)


# -- any text -----------------------------------------------------------------------------------------------------


@given(st.text(max_size=400), st.text(max_size=4000), st.text(max_size=400))
@settings(max_examples=60, deadline=None)
def test_any_text_is_kept_within_bounds(command: str, tail: str, question: str) -> None:
    journal = Journal(tail=300)
    for _ in range(3):
        journal.add(Entry(command, tail, 0))
    assert len(journal.entries[0].tail) <= 300 + 4 * 6
    assert journal.recall(question) == journal.recall(question)
    assert Journal.from_state(json.loads(json.dumps(journal.to_state()))).entries == journal.entries


def test_a_text_of_megabytes_is_read_at_once() -> None:
    assert _ties(_journal("python3 train.py"), "x" * 5_000_000 + "." * 5_000_000) == []


def test_words_are_read_in_both_languages() -> None:
    assert names("curl http://api.corp/v1/Health src/model.py") == {"curl", "api.corp", "health", "model.py"}
    assert nouns("准确率 val_acc") == {"准确", "确率", "val_acc", "val", "acc"}
    assert concepts("val_acc 与 损失") == {"accuracy", "loss"}


def test_it_is_shown_as_a_terminals_scrollback() -> None:
    entries = [Entry("ls", "a\nb\n", 0), Entry("true", "", 0), Entry("Be quick.", "ok\n", 0, meta=True)]
    assert show(entries) == "$ ls\na\nb\n$ true\n# Be quick.\nok"


def test_an_entry_is_equal_to_itself_after_json() -> None:
    entry = Entry("a", "b", 2, ("c",), True, "exact", ("/d",), ("/e",), "f")
    assert Entry.from_state(json.loads(json.dumps(entry.to_state()))) == entry
    assert Entry.from_state(replace(entry, meta=False).to_state()) != entry
