"""The journal keeps what bears on later answers, and never grows without end."""

from __future__ import annotations

from llm_kernel.journal import Entry, Journal, show


def _journal(*commands: str) -> Journal:
    journal = Journal()
    for command in commands:
        journal.add(Entry(command, f"{command} said\n", 0))
    return journal


def test_it_keeps_the_newest_in_their_order() -> None:
    journal = Journal(most=2)
    for command in ("a", "b", "c"):
        journal.add(Entry(command, "", 0))
    assert [entry.command for entry in journal.entries] == ["b", "c"]
    assert [entry.command for entry in journal.last(1)] == ["c"]


def test_of_a_long_output_it_keeps_the_end_from_a_whole_line() -> None:
    journal = Journal(tail=20)
    journal.add(Entry("seq 100", "".join(f"{n}\n" for n in range(1, 101)), 0))
    assert journal.entries[0].tail == "...\n97\n98\n99\n100\n"


def test_what_names_the_same_file_or_program_bears_on_it() -> None:
    journal = _journal("ls", "python3 train.py", "nvidia-smi", "cat src/model.py", "git status")
    assert [e.command for e in journal.bearing_on("python3 train.py")] == ["python3 train.py"]
    assert [e.command for e in journal.bearing_on("head model.py")] == ["cat src/model.py"]
    assert [e.command for e in journal.bearing_on("git log")] == ["git status"]
    assert journal.bearing_on("whoami") == []


def test_a_change_bears_on_it_too() -> None:
    journal = Journal()
    journal.add(Entry("Write a script.", "", 0, ("+ train.py  61 lines",), meta=True))
    assert len(journal.bearing_on("python3 train.py")) == 1


def test_common_words_and_short_ones_bear_on_nothing() -> None:
    assert _journal("echo what is this").bearing_on("what is it for this") == []


def test_it_gives_the_newest_few_within_a_budget_oldest_first() -> None:
    journal = _journal(*(f"python3 train.py {n}" for n in range(9)))
    assert [e.command[-1] for e in journal.bearing_on("train.py")] == ["6", "7", "8"]
    assert [e.command[-1] for e in journal.bearing_on("train.py", budget=50)] == ["8"] or len(
        journal.bearing_on("train.py", budget=50)
    ) == 2


def test_a_text_of_megabytes_is_read_at_once() -> None:
    assert _journal("python3 train.py").bearing_on("x" * 5_000_000 + "." * 5_000_000) == []


def test_it_is_shown_as_a_terminals_scrollback() -> None:
    entries = [Entry("ls", "a\nb\n", 0), Entry("true", "", 0), Entry("Be quick.", "ok\n", 0, meta=True)]
    assert show(entries) == "$ ls\na\nb\n$ true\n# Be quick.\nok"
