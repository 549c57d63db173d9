"""dpkg, dpkg-query and apt-mark tell of one list of packages."""

from __future__ import annotations

import pytest

from llm_kernel.events import Exit, Text
from llm_kernel.programs.exact.dpkg_versions import compare
from tests.leaks import notebook
from tests.notebook import err, out

FOCAL = "ubuntu 20.04"


async def test_a_format_is_filled_from_the_record() -> None:
    book = notebook(FOCAL)
    asked = "dpkg-query -W -f '${Package}|${Version;-16}|${Status}|${db:Status-Abbrev}|${Nosuch}\\n' git bash"
    assert await book.said(asked) == (
        "bash|5.0-6ubuntu1.2  |install ok installed|ii |\ngit|1:2.25.1-1ubuntu3.11|install ok installed|ii |\n"
    )
    assert await book.said(
        "dpkg-query --showformat='${binary:Package}\\t${Architecture;6}\\n' --show libc6 libc-bin"
    ) == ("libc-bin\t amd64\nlibc6:amd64\t amd64\n")


async def test_patterns_that_name_nothing_are_said() -> None:
    book = notebook(FOCAL)
    missing = "dpkg-query: no packages found matching nosuch\n"
    assert await book("dpkg-query -W bash nosuch") == [
        Text("stderr", missing),
        Text("stdout", "bash\t5.0-6ubuntu1.2\n"),
        Exit(1),
    ]
    assert await book("dpkg-query -W nosuch") == err(missing, 1)


@pytest.mark.parametrize(
    ("left", "right", "order"),
    [
        ("1.0", "1.1", -1),
        ("1.10", "1.9", 1),
        ("1:0.5", "9.9", 1),
        ("1.0~rc1", "1.0", -1),
        ("1.0~~", "1.0~", -1),
        ("1.0-1", "1.0-1ubuntu1", -1),
        ("2.0", "2.0-0", 0),
        ("1.0+git1", "1.0", 1),
        ("1.0a", "1.0+", -1),
        ("0:1.2", "1.2", 0),
        ("1.2.3-4-5", "1.2.3-4-6", -1),
    ],
)
def test_versions_are_ordered_as_debian_orders_them(left: str, right: str, order: int) -> None:
    found = compare(left, right)
    assert (found > 0) - (found < 0) == order
    assert compare(right, left) == -found


async def test_a_relation_is_a_status() -> None:
    book = notebook(FOCAL)
    assert await book.said("dpkg --compare-versions 1.2 lt 1.10; echo $?; dpkg --compare-versions 2 le 1; echo $?") == (
        "0\n1\n"
    )
    assert await book("dpkg --compare-versions 1 is 2") == err("dpkg: error: --compare-versions bad relation\n", 2)


async def test_lists_of_files_name_files_that_are_there() -> None:
    book = notebook(FOCAL)
    for package in ("bash", "linux-image-$(uname -r)", "netbase", "coreutils"):
        listed = await book.said(
            f"dpkg -L {package} | grep -v /usr/share/doc | xargs ls -d 2>&1 | grep -c 'No such'; true"
        )
        assert listed == "0\n"


async def test_a_path_leads_to_its_package() -> None:
    book = notebook(FOCAL)
    assert (
        await book.said("dpkg -S /etc/services; dpkg -S bash.bashrc")
        == "netbase: /etc/services\nbash: /etc/bash.bashrc\n"
    )
    assert await book.said("dpkg -S /boot/vmlinuz-$(uname -r)") == (
        "linux-image-5.4.0-70-generic: /boot/vmlinuz-5.4.0-70-generic\n"
    )
    assert await book("dpkg -S /nosuch") == err("dpkg-query: no path found matching pattern /nosuch\n", 1)


async def test_a_package_that_goes_takes_its_programs_along() -> None:
    book = notebook(FOCAL)
    assert await book.said("ls /usr/bin/ftp; dpkg -r ftp | tail -n 1; ls /usr/bin | grep -cx ftp; true") == (
        "/usr/bin/ftp\nRemoving ftp (0.17-34.1) ...\n0\n"
    )
    assert await book.said("apt-get install -y ftp > /dev/null; ls /usr/bin/ftp") == "/usr/bin/ftp\n"


async def test_what_another_needs_stays() -> None:
    book = notebook(FOCAL)
    assert await book("dpkg -r git-man") == err(
        "dpkg: dependency problems prevent removal of git-man:\n git depends on git-man.\n\n"
        "dpkg: error processing package git-man (--remove):\n dependency problems - not removing\n"
        "Errors were encountered while processing:\n git-man\n",
        1,
    )


async def test_a_held_package_is_held_in_every_list() -> None:
    book = notebook(FOCAL)
    assert await book.said("apt-mark hold git; apt-mark hold git; apt-mark showhold") == (
        "git set on hold.\ngit was already set on hold.\ngit\n"
    )
    assert await book.said(
        "dpkg -l git | tail -n 1 | cut -c1-8; dpkg --get-selections git; dpkg -s git | grep Status"
    ) == ("hi  git \ngit\t\t\t\t\t\thold\nStatus: hold ok installed\n")
    assert await book.said("apt-mark unhold git; apt-mark showhold") == "Canceled hold on git.\n"


async def test_what_came_for_others_sake_is_automatic_until_somebody_says_otherwise() -> None:
    book = notebook(FOCAL)
    await book("apt-get install -y nginx")
    assert await book.said("apt-mark showauto; apt-mark showmanual nginx") == "nginx-core\nnginx\n"
    assert await book.said("apt-mark manual nginx-core; apt-mark showauto") == "nginx-core set to manually installed.\n"
    assert await book("apt-mark auto nosuch") == err("E: Unable to locate package nosuch\nE: No packages found\n", 100)


async def test_a_simulation_changes_nothing() -> None:
    book = notebook(FOCAL)
    assert await book.said("apt-get -s install -y tree | tail -n 2") == (
        "Inst tree (1.8.0-1 Ubuntu:20.04/focal [amd64])\nConf tree (1.8.0-1 Ubuntu:20.04/focal [amd64])\n"
    )
    assert await book("dpkg -l tree") == err("dpkg-query: no packages found matching tree\n", 1)


async def test_sources_in_stanzas_are_sources() -> None:
    book = notebook("ubuntu 24.04")
    assert (await book.said("apt-get update")).splitlines()[
        0
    ] == "Hit:1 http://archive.ubuntu.com/ubuntu noble InRelease"


async def test_the_archive_is_asked_in_more_ways() -> None:
    book = notebook(FOCAL)
    assert await book.said("apt-cache rdepends git-man; apt-cache pkgnames nginx") == (
        "git-man\nReverse Depends:\n  git\nnginx\nnginx-core\n"
    )
    assert await book("apt-cache madison git") == out(
        "       git | 1:2.25.1-1ubuntu3.11 | http://archive.ubuntu.com/ubuntu focal-updates/main amd64 Packages\n"
    )
