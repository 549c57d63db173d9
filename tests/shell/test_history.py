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
