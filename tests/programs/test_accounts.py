"""Users and groups: what one program does to them, all others see."""

from __future__ import annotations

import pytest

from tests.notebook import Notebook, err, out


async def test_a_user_is_there_for_every_program() -> None:
    notebook = Notebook()
    cell = "useradd -m -s /bin/bash -G sudo bob; id bob; getent passwd bob; stat -c '%U %G %A' /home/bob; groups bob"
    assert await notebook(cell) == out(
        "uid=1000(bob) gid=1000(bob) groups=1000(bob),27(sudo)\n"
        "bob:x:1000:1000::/home/bob:/bin/bash\n"
        "bob bob drwxr-xr-x\n"
        "bob : bob sudo\n"
    )
    assert await notebook("userdel -r bob; id bob; ls /home") == err(
        "userdel: bob mail spool (/var/mail/bob) not found\nid: ‘bob’: no such user\n", 0
    )


async def test_a_group_can_be_joined_and_left() -> None:
    notebook = Notebook()
    assert await notebook("groupadd docker; useradd ann; gpasswd -a ann docker; id -nG ann") == out(
        "Adding user ann to group docker\nann docker\n"
    )
    assert await notebook(
        "gpasswd -d ann docker; usermod -aG sudo ann; id -nG ann; groupdel docker; getent group docker"
    ) == out("Removing user ann from group docker\nann sudo\n", 2)


async def test_su_runs_a_command_as_somebody_else() -> None:
    notebook = Notebook()
    cell = "useradd bob; su - bob -c 'whoami; pwd; touch made; stat -c %U made'; whoami; pwd"
    assert await notebook(cell) == out("bob\n/home/bob\nbob\nroot\n/root\n")


@pytest.mark.parametrize(
    ("script", "said", "status"),
    [
        ("useradd root", "useradd: user 'root' already exists\n", 9),
        ("useradd Bad", "useradd: invalid user name 'Bad'\n", 3),
        ("useradd -u 0 ann", "useradd: UID 0 is not unique\n", 4),
        ("useradd -G nosuch ann", "useradd: group 'nosuch' does not exist\n", 6),
        ("useradd", "Usage: useradd [options] LOGIN\n", 2),
        ("userdel ann", "userdel: user 'ann' does not exist\n", 6),
        ("usermod -aG sudo ann", "usermod: user 'ann' does not exist\n", 6),
        ("groupadd sudo", "groupadd: group 'sudo' already exists\n", 9),
        ("groupdel nosuch", "groupdel: group 'nosuch' does not exist\n", 6),
        ("su - nobody", "su: must be run from a terminal; give it a command: su - USER -c COMMAND\n", 1),
    ],
)
async def test_what_cannot_be_is_refused_in_the_programs_words(script: str, said: str, status: int) -> None:
    assert await Notebook()(script) == err(said, status)


async def test_only_root_changes_accounts() -> None:
    notebook = Notebook()
    await notebook("%machine user ann --login")
    assert await notebook("useradd bob") == err(
        "useradd: Permission denied.\nuseradd: cannot lock /etc/passwd; try again later.\n", 1
    )
