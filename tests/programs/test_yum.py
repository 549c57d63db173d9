"""yum and rpm on CentOS 7: what they tell agrees with what is installed, and with each other."""

from __future__ import annotations

import pytest

from llm_kernel.events import Exit, Text
from tests.notebook import Notebook, err, out

HEAD = "Loaded plugins: fastestmirror\nLoading mirror speeds from cached hostfile\n"


async def _centos() -> Notebook:
    notebook = Notebook()
    await notebook("%machine os centos 7")
    return notebook


REPOSITORIES = f"""\
{HEAD}repo id                             repo name                             status
base/7/x86_64                       CentOS-7 - Base                       10,072
extras/7/x86_64                     CentOS-7 - Extras                        526
updates/7/x86_64                    CentOS-7 - Updates                     6,173
repolist: 16,771
"""
SAID = {
    "yum list git": f"{HEAD}Installed Packages\n"
    "git.x86_64                               1.8.3.1-23.el7_8       @anaconda\n",
    "yum list tmux": f"{HEAD}Available Packages\n"
    "tmux.x86_64                              1.8-4.el7              base\n",
    "yum info tmux": f"{HEAD}Available Packages\nName        : tmux\nArch        : x86_64\nVersion     : 1.8\n"
    "Release     : 4.el7\nSize        : 417 k\nRepo        : base/7/x86_64\nSummary     : terminal multiplexer\n"
    "Description : terminal multiplexer\n\n",
    "yum provides tmuxinator": f"{HEAD}Warning: 3.0.x versions of yum would erroneously match against filenames.\n"
    ' You can use "*/tmuxinator" and/or "*bin/tmuxinator" to get that behaviour\nNo matches found\n',
    "yum provides /bin/ls": HEAD
    + "".join(
        f"coreutils-8.22-24.el7.x86_64 : GNU core utilities\nRepo        : {place}\nMatched from:\n"
        "Filename    : /usr/bin/ls\n\n\n\n"
        for place in ("base", "@anaconda")
    ),
    "yum provides /usr/bin/tmux": f"{HEAD}tmux-1.8-4.el7.x86_64 : terminal multiplexer\nRepo        : base\n"
    "Matched from:\nFilename    : /usr/bin/tmux\n\n\n\n",
    "yum search tmux": f"{HEAD}============================== N/S matched: tmux ===============================\n"
    'tmux.x86_64 : terminal multiplexer\n\n  Name and summary matches only, use "search all" for everything.\n',
    "yum repolist": REPOSITORIES,
    "yum check-update": HEAD,
    "yum -y update": f"{HEAD}No packages marked for update\n",
    "yum clean all": "Loaded plugins: fastestmirror\nCleaning repos: base extras updates\n"
    "Cleaning up list of fastest mirrors\n",
    "rpm -q bash bash-4.2.46": "bash-4.2.46-34.el7.x86_64\n" * 2,
    "rpm -qa --qf '%-16{NAME}|%8{VERSION}\\n' 'openssh-c*'": "openssh-clients |   7.4p1\n",
    "rpm -V bash": "",
    "rpm --version": "RPM version 4.11.3\n",
}


@pytest.mark.parametrize("line", SAID)
async def test_what_is_told(line: str) -> None:
    assert await (await _centos())(line) == (out(SAID[line]) if SAID[line] else [Exit(0)])


async def test_what_only_epel_has_needs_epel() -> None:
    book = await _centos()
    missing = [
        Text("stderr", "No package htop available.\nError: Nothing to do\n"),
        Text("stdout", HEAD),
        Exit(1),
    ]
    assert sorted(map(str, await book("yum install -y htop"))) == sorted(map(str, missing))
    await book.said("yum install -y epel-release")
    assert "\nepel/x86_64 " in await book.said("yum repolist")
    assert await book.said("yum list htop") == (
        f"{HEAD}Available Packages\nhtop.x86_64                              2.2.0-3.el7            epel\n"
    )
    assert " htop           x86_64           2.2.0-3.el7         epel " in await book.said("yum install -y htop")
    assert (await book.said("yum list htop")).endswith(" 2.2.0-3.el7            @epel\n")


async def test_a_repository_that_a_file_names_is_listed_while_it_is_switched_on() -> None:
    book = await _centos()
    text = "[mine]\\nname=My own\\nbaseurl=http://10.0.0.1/$basearch\\nenabled=1\\n"
    await book(f"printf '{text}' > /etc/yum.repos.d/mine.repo")
    assert "\nmine/x86_64 " in await book.said("yum repolist")
    await book("sed -i s/enabled=1/enabled=0/ /etc/yum.repos.d/mine.repo")
    assert await book.said("yum repolist") == REPOSITORIES


async def test_what_is_taken_away_is_gone_everywhere() -> None:
    book = await _centos()
    await book("rpm -e lsof")
    assert await book("rpm -q lsof") == out("package lsof is not installed\n", 1)
    assert await book("lsof") == err("bash: lsof: command not found\n", 127)
    assert await book("rpm -e lsof") == err("error: package lsof is not installed\n", 1)


async def test_a_group_brings_its_members_and_their_programs() -> None:
    book = await _centos()
    assert await book("gcc --version") == err("bash: gcc: command not found\n", 127)
    said = await book.said("yum -y groupinstall 'Development Tools'")
    assert said.startswith(HEAD)
    assert said.endswith("\nComplete!\n")
    assert (await book.said("gcc --version")).startswith("gcc (GCC) 4.8.5 20150623 (Red Hat 4.8.5-44)\n")
    assert await book.said("rpm -q make") == "make-3.82-24.el7.x86_64\n"
    assert "   Development Tools\n" in await book.said("yum grouplist")


async def test_the_list_of_yum_is_that_of_rpm() -> None:
    book = await _centos()
    rows = [line.split() for line in (await book.said("yum list installed")).splitlines()[2:]]
    names = [f"{name.rpartition('.')[0]}-{version}.{name.rpartition('.')[2]}" for name, version, _ in rows]
    assert names == (await book.said("rpm -qa")).splitlines()


async def test_a_server_that_was_installed_can_be_started() -> None:
    book = await _centos()
    await book("yum -y install httpd >/dev/null")
    assert await book.said("rpm -qf /usr/sbin/httpd") == "httpd-2.4.6-97.el7.centos.x86_64\n"
    assert await book("systemctl is-active httpd") == out("inactive\n", 3)
    assert await book("systemctl start httpd; systemctl is-active httpd") == out("active\n")


async def test_centos_7_has_no_dnf() -> None:
    book = Notebook()
    await book("%machine os centos 7")
    assert await book("dnf list") == err("bash: dnf: command not found\n", 127)
