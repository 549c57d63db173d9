"""apt, dpkg, yum and conda print what the real ones do and change the machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from llm_kernel.machine import Machine
from llm_kernel.programs import exact as _families  # noqa: F401 - fills the table
from llm_kernel.programs.exact.conda import conda
from llm_kernel.programs.table import EXACT, NotExact
from llm_kernel.shell.call import Answer, Call

_TRUTH = Path(__file__).resolve().parents[3] / "shared" / "truth" / "apt" / "apt-install-htop_3releases_typed.txt"
_READ = "Reading package lists... Done\nBuilding dependency tree... Done\nReading state information... Done\n"


def _machine(os: str = "ubuntu", release: str = "22.04") -> Machine:
    machine = Machine()
    machine.system.set_os(os, release)
    machine.packages.refit()
    machine.follow()
    return machine


def _run(machine: Machine, line: str, *, tty: bool = True, user: str = "root") -> Answer:
    name, *args = line.split()
    run = EXACT[name].run
    assert run is not None
    return run(Call(name, tuple(args), machine, env={"USER": user}, tty=tty))


def _conda(machine: Machine, line: str) -> Answer:
    return conda(Call("conda", tuple(line.split()), machine, env={"USER": "root"}, tty=True))


def _without_numbers(text: str) -> list[str]:
    """The lines without those whose numbers depend on the line and the disk of one machine."""
    return [line for line in text.splitlines() if not line.startswith(("Fetched ", "(Reading database"))]


@pytest.mark.skipif(not _TRUTH.is_file(), reason="the recordings are not beside this checkout")
def test_installing_prints_what_18_04_does() -> None:
    real = _TRUTH.read_text(encoding="utf-8").split("# Ubuntu")[1].partition("\n")[2]
    ours = str(_run(_machine(release="18.04"), "apt install htop").stdout)
    assert _without_numbers(ours) == _without_numbers(real)


def test_installing_brings_the_program() -> None:
    machine = _machine()
    before = machine.clock.now
    answer = _run(machine, "apt-get install -y htop")
    assert (answer.status, answer.stderr) == (0, "")
    assert "The following NEW packages will be installed:\n  htop libnl-3-200 libnl-genl-3-200\n" in str(answer.stdout)
    assert machine.packages.provider("htop") == "htop"
    assert machine.clock.now > before


def test_without_yes_the_question_stands_there_answered() -> None:
    asked = "Do you want to continue? [Y/n] y\n"
    assert asked in str(_run(_machine(), "apt install build-essential").stdout)
    assert asked not in str(_run(_machine(), "apt install -y build-essential").stdout)
    assert asked not in str(_run(_machine(), "apt install tree").stdout)


def test_what_is_there_stays() -> None:
    assert _run(_machine(), "apt install curl") == Answer(
        f"{_READ}curl is already the newest version (7.81.0-1ubuntu1.15).\ncurl set to manually installed.\n"
        "0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n"
    )


def test_an_unknown_package_cannot_be_located() -> None:
    machine = _machine()
    before = machine.packages.to_state()
    assert _run(machine, "apt install tree nope") == Answer(_READ, "E: Unable to locate package nope\n", 100)
    assert machine.packages.to_state() == before


def test_a_user_may_not_install() -> None:
    assert _run(_machine(), "apt-get install htop", user="ann") == Answer(
        "",
        "E: Could not open lock file /var/lib/dpkg/lock-frontend - open (13: Permission denied)\n"
        "E: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), are you root?\n",
        100,
    )


def test_in_a_pipe_apt_warns_and_apt_get_does_not() -> None:
    warning = "\nWARNING: apt does not have a stable CLI interface. Use with caution in scripts.\n\n"
    assert _run(_machine(), "apt list htop", tty=False) == Answer(
        "Listing...\nhtop/jammy 3.0.5-7build2 amd64\n", warning
    )
    assert _run(_machine(), "apt-get update", tty=False).stderr == ""


def test_removing_names_what_nobody_needs_any_more() -> None:
    machine = _machine()
    _run(machine, "apt install -y htop")
    said = str(_run(machine, "apt remove -y htop").stdout)
    assert said.startswith(
        f"{_READ}The following packages were automatically installed and are no longer required:\n"
        "  libnl-3-200 libnl-genl-3-200\nUse 'apt autoremove' to remove them.\n"
        "The following packages will be REMOVED:\n  htop\n"
    )
    assert machine.packages.provider("htop") is None
    _run(machine, "apt autoremove -y")
    assert machine.packages.find("apt", "libnl-3-200") is None


def test_lists_tell_what_came_for_others_sake() -> None:
    machine = _machine()
    _run(machine, "apt install -y htop")
    assert str(_run(machine, "apt list htop libnl-3-200 curl tree").stdout) == (
        "Listing... Done\n"
        "curl/jammy,now 7.81.0-1ubuntu1.15 amd64 [installed]\n"
        "htop/jammy,now 3.0.5-7build2 amd64 [installed]\n"
        "libnl-3-200/jammy,now 3.5.0-0.1 amd64 [installed,automatic]\n"
        "tree/jammy 2.0.2-1 amd64\n"
    )


def test_an_operation_that_is_none() -> None:
    assert _run(_machine(), "apt-get frob") == Answer("", "E: Invalid operation frob\n", 100)


@pytest.mark.parametrize("line", ["apt source htop", "apt-cache showpkg x", "apt install ./x.deb", "dpkg -c x.deb"])
def test_the_rest_is_the_models(line: str) -> None:
    with pytest.raises(NotExact):
        _run(_machine(), line)


def test_dpkg_lists_in_columns_as_wide_as_they_need() -> None:
    assert _run(_machine(), "dpkg -l bash htop") == Answer(
        "Desired=Unknown/Install/Remove/Purge/Hold\n"
        "| Status=Not/Inst/Conf-files/Unpacked/halF-conf/Half-inst/trig-aWait/Trig-pend\n"
        "|/ Err?=(none)/Reinst-required (Status,Err: uppercase=bad)\n"
        "||/ Name           Version      Architecture Description\n"
        "+++-==============-============-============-=================================\n"
        "ii  bash           5.1-6ubuntu1 amd64        GNU Bourne Again SHell\n",
        "dpkg-query: no packages found matching htop\n",
        1,
    )


def test_dpkg_tells_a_packages_state_and_files() -> None:
    machine = _machine()
    _run(machine, "apt install -y tree")
    assert str(_run(machine, "dpkg -s tree").stdout) == (
        "Package: tree\nStatus: install ok installed\nPriority: optional\nSection: universe/misc\nInstalled-Size: 116\n"
        "Maintainer: Ubuntu Developers <ubuntu-devel-discuss@lists.ubuntu.com>\nArchitecture: amd64\n"
        "Version: 2.0.2-1\nDescription: displays an indented directory tree, in color\n"
    )
    assert str(_run(machine, "dpkg -L tree").stdout) == (
        "/.\n/usr\n/usr/bin\n/usr/bin/tree\n/usr/share\n/usr/share/doc\n/usr/share/doc/tree\n"
        "/usr/share/doc/tree/changelog.Debian.gz\n/usr/share/doc/tree/copyright\n"
    )
    assert _run(machine, "dpkg -s nope").status == 1


def test_yum_installs_on_centos() -> None:
    machine = _machine("centos", "7")
    answer = _run(machine, "yum install -y tree")
    assert str(answer.stdout).endswith("\nInstalled:\n  tree.x86_64 0:1.6.0-10.el7\n\nComplete!\n")
    assert machine.packages.provider("tree") == "tree"
    assert _run(machine, "yum install nope") == Answer(
        "Loaded plugins: fastestmirror\nLoading mirror speeds from cached hostfile\n",
        "No package nope available.\nError: Nothing to do\n",
        1,
    )


def test_dnf_says_what_it_cannot_find() -> None:
    assert _run(_machine("rocky", "9"), "dnf install nope") == Answer(
        "Last metadata expiration check: 0:12:47 ago.\n",
        "No match for argument: nope\nError: Unable to find a match: nope\n",
        1,
    )


def test_conda_lists_and_installs() -> None:
    machine = _machine()
    machine.packages.install("conda", "pytorch", "1.8.0")
    assert _conda(machine, "--version") == Answer("conda 4.12.0\n")
    assert str(_conda(machine, "list ^pytorch").stdout).count("\n") == 3
    listed = str(_conda(machine, "list pytorch").stdout).splitlines()[3:]
    assert [line.split()[:2] + line.split()[3:] for line in listed] == [["pytorch", "1.8.0", "pytorch"]]
    assert _conda(machine, "install -y -c conda-forge pandas").status == 0
    assert machine.packages.module("pandas") is not None
