"""What is closed to a user who is not root, in the words of each program; ``sudo`` opens it."""

from __future__ import annotations

import pytest

from llm_kernel.events import Exit, Text
from tests.notebook import Notebook


@pytest.mark.parametrize(
    ("command", "said", "status"),
    [
        ("ls /root", "ls: cannot open directory '/root': Permission denied\n", 2),
        ("ls -l /root/.bashrc", "ls: cannot access '/root/.bashrc': Permission denied\n", 2),
        ("stat /root/.bashrc", "stat: cannot stat '/root/.bashrc': Permission denied\n", 1),
        ("rm -f /etc/passwd", "rm: cannot remove '/etc/passwd': Permission denied\n", 1),
        ("touch /etc/a", "touch: cannot touch '/etc/a': Permission denied\n", 1),
        ("mkdir /etc/a", "mkdir: cannot create directory ‘/etc/a’: Permission denied\n", 1),
        ("cp /etc/passwd /etc/a", "cp: cannot create regular file '/etc/a': Permission denied\n", 1),
        ("mv /etc/passwd /tmp/", "mv: cannot move '/etc/passwd' to '/tmp/passwd': Permission denied\n", 1),
        ("ln -s x /etc/l", "ln: failed to create symbolic link '/etc/l': Permission denied\n", 1),
        ("rmdir /etc/apt", "rmdir: failed to remove '/etc/apt': Permission denied\n", 1),
        ("chmod 777 /etc/passwd", "chmod: changing permissions of '/etc/passwd': Operation not permitted\n", 1),
        ("cd; touch f; chown root f", "chown: changing ownership of 'f': Operation not permitted\n", 1),
    ],
)
async def test_what_a_user_may_not_do(command: str, said: str, status: int) -> None:
    book = Notebook()
    await book("%machine user ada --login")
    assert await book(command) == [Text("stderr", said), Exit(status)]


async def test_a_user_does_at_home_and_in_tmp_as_she_likes() -> None:
    book = Notebook()
    await book("%machine user ada --login")
    script = (
        "cd; echo x > f; mkdir d; mv f d; cp d/f g; chmod 600 g; rm -r d; touch /tmp/t; rm /tmp/t; stat -c '%n %U %a' *"
    )
    assert await book(script) == [Text("stdout", "g ada 600\n"), Exit(0)]


async def test_sudo_lifts_it() -> None:
    book = Notebook()
    await book("%machine user ada --login")
    script = (
        "sudo touch /etc/a; sudo stat -c '%n %U' /etc/a; sudo ls -d /root/.bashrc; sudo rm /etc/a; sudo whoami; whoami"
    )
    assert await book(script) == [Text("stdout", "/etc/a root\n/root/.bashrc\nroot\nada\n"), Exit(0)]
