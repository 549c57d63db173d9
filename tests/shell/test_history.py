"""What ``history`` remembers of what was typed."""

from __future__ import annotations

from llm_kernel.shell.history import History


def test_each_command_is_remembered_in_its_order() -> None:
    history = History()
    history.add("ls -l\npwd; date\n\n")
    history.add("cat <<E\na\nE")
    assert history.lines == ["ls -l", "pwd; date", "cat <<E\na\nE"]


def test_beyond_a_megabyte_the_oldest_commands_are_forgotten() -> None:
    history = History()
    for number in range(5):
        history.add(f"echo {number}{'x' * 300_000}")
    assert [line[:6] for line in history.lines] == ["echo 2", "echo 3", "echo 4"]
    history.add(f"# {'x' * 2_000_000}")
    assert history.lines == []
    history.add("ls")
    assert history.answer("history", ()) == ("    1  ls\n", 0)


def test_what_was_forgotten_leaves_room() -> None:
    history = History()
    history.take(letter * 600_000 for letter in "ab")
    assert [line[0] for line in history.lines] == ["b"]
    assert history.answer("history", ("-d", "1")) == ("", 0)
    for letter in "cd":
        history.add(f"echo {letter * 490_000}")
    assert [line[5] for line in history.lines] == ["c", "d"]
    assert history.answer("history", ("-c",)) == ("", 0)
    for letter in "ef":
        history.add(f"echo {letter * 490_000}")
    assert [line[5] for line in history.lines] == ["e", "f"]
