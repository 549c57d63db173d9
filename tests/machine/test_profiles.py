"""Profiles: people name systems in many ways, and what real ones say about themselves is what ours say."""

from __future__ import annotations

from pathlib import Path

import pytest

from llm_kernel.errors import Refused
from llm_kernel.machine.profiles import PROFILES, profile

_TRUTH = Path(__file__).resolve().parents[3] / "shared" / "truth" / "linux"


def _capture(name: str) -> str:
    path = _TRUTH / name
    if not path.is_file():
        pytest.skip("the captures are not here")
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("os", "release", "key"),
    [
        ("ubuntu", "18.04", ("ubuntu", "18.04")),
        ("Ubuntu", "18.04 LTS", ("ubuntu", "18.04")),
        ("Ubuntu 18.04.5 LTS", "", ("ubuntu", "18.04")),
        ("bionic", "", ("ubuntu", "18.04")),
        ("ubuntu", "jammy", ("ubuntu", "22.04")),
        ("ubuntu", "", ("ubuntu", "22.04")),
        ("Debian GNU/Linux", "12 (bookworm)", ("debian", "12")),
        ("bullseye", "", ("debian", "11")),
        ("CentOS", "7.9", ("centos", "7")),
        ("Rocky Linux", "9.3", ("rocky", "9")),
    ],
)
def test_a_system_is_found_by_the_names_people_use(os: str, release: str, key: tuple[str, str]) -> None:
    assert profile(os, release) is PROFILES[key]


@pytest.mark.parametrize(
    ("os", "release"), [("windows", "11"), ("ubuntu", "16.04"), ("", ""), ("centos", "bookworm 8")]
)
def test_an_unknown_system_is_refused_with_those_that_are_known(os: str, release: str) -> None:
    with pytest.raises(Refused, match=r"known: Ubuntu 18\.04, .*Rocky 9"):
        profile(os, release)


def test_bionic_says_what_the_real_one_says() -> None:
    assert [*PROFILES["ubuntu", "18.04"].os_release] == _capture("jc_generic_os-release-ubuntu.txt").splitlines()


def test_centos_says_what_the_real_one_says() -> None:
    real = _capture("jc_generic_os-release-centos.txt").rstrip("\n").splitlines()
    assert [line for line in PROFILES["centos", "7"].os_release if line] == [line for line in real if line]


def test_only_bionic_has_a_bin_of_its_own() -> None:
    assert [key for key, made in PROFILES.items() if not made.merged] == [("ubuntu", "18.04")]
    assert PROFILES["ubuntu", "18.04"].folder_of("ls") == "/bin"
    assert PROFILES["ubuntu", "20.04"].folder_of("ls") == "/usr/bin"
    assert PROFILES["ubuntu", "20.04"].folder_of("nvidia-smi") is None


def test_versions_are_compared_as_numbers() -> None:
    made = PROFILES["ubuntu", "18.04"]
    assert (made.since("procps", "3.3.9"), made.since("procps", "3.3.12"), made.since("procps", "3.3.15")) == (
        True,
        True,
        False,
    )
