"""``passwd``, ``chpasswd`` and ``su``: hidden questions, and nothing of what was typed is kept."""

from __future__ import annotations

import json

from llm_kernel.events import Ask, Exit, Text
from tests.notebook import Notebook, err, out

_UNCHANGED = "passwd: Authentication token manipulation error\npasswd: password unchanged\n"


async def test_a_password_is_asked_for_twice_and_hidden() -> None:
    notebook, asked = Notebook(), list[Ask]()
    events = await notebook("useradd ada; passwd ada", typed=["secret", "secret"], ask=asked)
    assert asked == [Ask("New password: ", hidden=True), Ask("Retype new password: ", hidden=True)]
    assert events == err("passwd: password updated successfully\n", 0)
    assert (await notebook.said("passwd -S ada")).split()[:2] == ["ada", "P"]


async def test_two_different_ones_change_nothing() -> None:
    notebook = Notebook()
    events = await notebook("passwd", typed=["a", "b"])
    assert events == err(f"Sorry, passwords do not match.\n{_UNCHANGED}", 10)
    assert await notebook.said("grep -c '^root:[*]:' /etc/shadow") == "1\n"


async def test_without_an_input_box_it_is_aborted() -> None:
    events = await Notebook()("passwd")
    assert events == err(f"New password: \nPassword change has been aborted.\n{_UNCHANGED}", 10)


async def test_lines_of_a_pipe_are_taken_instead() -> None:
    events = await Notebook()("printf 'x\\nx\\n' | passwd")
    assert events == err("New password: Retype new password: passwd: password updated successfully\n", 0)


async def test_a_user_names_the_old_one_first() -> None:
    notebook = Notebook()
    await notebook("useradd ada; echo ada:old | chpasswd")
    await notebook("%machine user ada --login")
    wrong = await notebook("passwd", typed=["guess"])
    assert wrong == err(f"Changing password for ada.\n{_UNCHANGED}", 10)
    right = await notebook("passwd", typed=["old", "new", "new"])
    assert right == err("Changing password for ada.\npasswd: password updated successfully\n", 0)


async def test_su_knows_the_password() -> None:
    notebook = Notebook()
    await notebook("echo root:tiger | chpasswd")
    await notebook("%machine user ada --login")
    assert await notebook("su -c whoami", typed=["tiger"]) == out("root\n")
    assert await notebook("su -c whoami", typed=["lion"]) == err("su: Authentication failure\n", 1)


async def test_sudo_asks_who_has_a_password_and_remembers_the_answer() -> None:
    notebook, asked = await _admin(), list[Ask]()
    events = await notebook("sudo whoami; sudo id -u", typed=["x", "pw"], ask=asked)
    assert asked == [Ask("[sudo] password for ada: ", hidden=True)] * 2
    assert events == [Text("stderr", "Sorry, try again.\n"), Text("stdout", "root\n0\n"), Exit(0)]
    assert await notebook("sleep 14m; sudo -n true") == out("")[1:]
    assert await notebook("sleep 2m; sudo -n true") == err("sudo: a password is required\n", 1)


async def test_sudo_gives_up_after_three_tries() -> None:
    notebook = await _admin()
    events = await notebook("sudo whoami", typed=["1", "2", "3"])
    assert events == err("Sorry, try again.\n" * 2 + "sudo: 3 incorrect password attempts\n", 1)


async def test_sudo_reads_its_input_where_it_is_told_to() -> None:
    notebook = await _admin()
    events = await notebook("echo pw | sudo -S whoami")
    assert events == [Text("stderr", "[sudo] password for ada: "), Text("stdout", "root\n"), Exit(0)]


async def test_sudo_without_an_input_box_wants_a_terminal() -> None:
    notebook = await _admin()
    text = "sudo: a terminal is required to read the password; either use the -S option to read from standard input or "
    assert await notebook("sudo ls") == err(f"{text}configure an askpass helper\n", 1)


async def test_sudo_refuses_who_is_no_administrator() -> None:
    notebook = Notebook()
    await notebook("useradd eve; echo eve:e | chpasswd")
    await notebook("%machine user eve --login")
    events = await notebook("sudo ls", typed=["e"])
    assert events == err("eve is not in the sudoers file.  This incident will be reported.\n", 1)


async def test_an_administrator_without_a_password_is_not_asked() -> None:
    notebook = Notebook()
    await notebook("%machine user bob --sudo --login")
    assert await notebook.said("sudo whoami; sudo -u bob whoami; sudo sh -c 'id -u'") == "root\nbob\n0\n"


async def _admin() -> Notebook:
    notebook = Notebook()
    await notebook("useradd -m -G sudo ada; echo ada:pw | chpasswd")
    await notebook("%machine user ada --login")
    return notebook


async def test_what_was_typed_is_nowhere() -> None:
    notebook = Notebook()
    await notebook("passwd", typed=["Xyzzy42", "Xyzzy42"])
    assert "Xyzzy42" not in json.dumps(notebook.machine.to_state(), default=str)
    shown = await notebook("history; cat /etc/shadow")
    assert isinstance(shown[-1], Exit)
    assert not any("Xyzzy42" in event.text for event in shown if isinstance(event, Text))
