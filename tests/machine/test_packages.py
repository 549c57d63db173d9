"""What is installed follows the system, and what is asked for brings what belongs to it."""

from __future__ import annotations

import pytest

from llm_kernel.errors import Refused
from llm_kernel.machine.packages import Package, Packages
from llm_kernel.machine.releases import choose, pairs, project, torch_local_version
from llm_kernel.machine.system import System


def _packages(os: str = "ubuntu", release: str = "18.04", *, python: str = "", era: str = "2021-04") -> Packages:
    system = System()
    system.set_os(os, release)
    if python:
        system.set_python(python)
    return Packages(system, era=era)


def _pairs(packages: list[Package]) -> list[tuple[str, str]]:
    return [(package.name, package.version) for package in packages]


def test_a_version_of_torch_brings_its_own_companions() -> None:
    packages = _packages(python="3.9")
    assert _pairs(packages.install("pip", "PyTorch", "1.8.0", companions=True)) == [
        ("numpy", "1.20.2"),
        ("typing-extensions", "3.7.4.3"),
        ("torch", "1.8.0"),
        ("Pillow", "8.1.2"),
        ("torchvision", "0.9.0"),
        ("torchaudio", "0.8.0"),
        ("tqdm", "4.59.0"),
    ]
    assert _pairs(packages.asked()) == [("torch", "1.8.0"), ("torchvision", "0.9.0"), ("torchaudio", "0.8.0")]


def test_another_version_of_torch_changes_its_companions() -> None:
    packages = _packages(python="3.9")
    packages.install("pip", "torch", "1.8.0", companions=True)
    packages.install("pip", "torch", "1.9.0", companions=True)
    found = dict(_pairs(packages.installed("pip")))
    assert (found["torch"], found["torchvision"], found["torchaudio"]) == ("1.9.0", "0.10.0", "0.9.0")


@pytest.mark.parametrize(
    ("era", "python", "version"),
    [
        ("2021-04", "3.9", "1.8.1"),
        ("2020-08", "3.8", "1.6.0"),
        ("2025-12", "3.6", "1.10.2"),
        ("2025-12", "3.12", "2.9.0"),
    ],
)
def test_nothing_newer_than_the_era_and_the_python_is_chosen(era: str, python: str, version: str) -> None:
    assert choose("torch", "", era, python) == version


@pytest.mark.parametrize(
    ("said", "version"), [("1.8", "1.8.0"), ("v1.8.1", "1.8.1"), ("2", "2.0.0"), ("1.8.0+cu111",) * 2]
)
def test_a_version_is_taken_as_people_say_it(said: str, version: str) -> None:
    assert choose("torch", said, "2021-04", "3.9") == version


def test_every_pair_of_torch_names_releases_that_are_known() -> None:
    torch = project("torch")
    assert torch is not None
    for version in torch.releases:
        for kin, wanted in pairs(version).items():
            known = project(kin)
            assert known is not None
            assert wanted in known.releases


@pytest.mark.parametrize(
    ("torch", "cuda", "label"),
    [
        ("1.8.0", "11.3", "+cu111"),
        ("1.8.0", "10.2", ""),
        ("1.8.0", "", ""),
        ("1.10.0", "11.3", "+cu113"),
        ("2.0.1", "11.8.0", "+cu118"),
        ("2.0.1", "12.4", "+cu118"),
    ],
)
def test_the_label_is_that_of_the_build_which_suits_the_toolkit(torch: str, cuda: str, label: str) -> None:
    assert torch_local_version(torch, cuda) == label


def test_the_module_names_its_build_even_where_the_list_does_not() -> None:
    assert torch_local_version("1.8.0", "", always=True) == "+cu102"
    assert torch_local_version("1.7.1", "", always=True) == ""


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("pytorch", "torch"),
        ("sklearn", "scikit-learn"),
        ("cv2", "opencv-python"),
        ("PIL", "Pillow"),
        ("Py-Yaml", "py-yaml"),
    ],
)
def test_names_are_those_people_mean(said: str, name: str) -> None:
    packages = _packages(python="3.9")
    assert packages.install("pip", said)[-1].name == name
    assert packages.find("pip", said) is not None


@pytest.mark.parametrize("name", ["-x", "a b", "os", "", "x/y"])
def test_what_cannot_be_a_package_is_refused(name: str) -> None:
    packages = _packages()
    before = packages.to_state()
    with pytest.raises(Refused):
        packages.install("pip", name)
    assert packages.to_state() == before


def test_an_unknown_package_has_the_same_version_on_every_machine() -> None:
    one, other = _packages().install("pip", "my-lab-tools"), _packages("debian", "12").install("pip", "my-lab-tools")
    assert _pairs(one) == _pairs(other)


def test_installing_twice_is_nothing_new() -> None:
    packages = _packages(python="3.9")
    packages.install("pip", "flask")
    assert packages.install("pip", "Flask") == []


def test_a_fresh_system_has_what_its_release_brings() -> None:
    found = dict(_pairs(_packages("ubuntu", "22.04").installed("pip")))
    assert (found["pip"], found["setuptools"], found["wheel"]) == ("22.0.2", "59.6.0", "0.37.1")
    assert _packages("ubuntu", "20.04").find("apt", "git") == Package(
        "apt",
        "git",
        "1:2.25.1-1ubuntu3.11",
        "fast, scalable, distributed revision control system",
        3_165_000,
        ("git-man",),
        ("git", "git-receive-pack", "git-shell", "git-upload-archive", "git-upload-pack"),
    )


def test_a_python_of_ones_own_has_no_packages_of_the_system() -> None:
    assert _pairs(_packages(python="3.9").installed("pip")) == [
        ("pip", "21.1.1"),
        ("setuptools", "56.0.0"),
        ("wheel", "0.36.2"),
    ]


def test_python_packages_of_the_archive_are_python_packages() -> None:
    packages = _packages("ubuntu", "22.04")
    packages.install("apt", "python3-numpy")
    assert packages.module("numpy") == packages.find("pip", "numpy")
    assert dict(_pairs(packages.installed("pip")))["numpy"] == "1.21.5"


def test_a_program_is_there_once_its_package_is() -> None:
    packages = _packages("ubuntu", "22.04")
    assert (packages.provider("gcc"), packages.suggest("gcc")) == (None, [("apt", "gcc")])
    packages.install("apt", "build-essential")
    assert [packages.provider(name) for name in ("gcc", "g++", "make")] == ["gcc", "g++", "make"]
    packages.remove("apt", "gcc")
    assert packages.provider("gcc") is None


def test_removing_takes_along_what_cannot_be_without_it() -> None:
    packages = _packages("ubuntu", "22.04")
    packages.install("apt", "build-essential")
    assert [package.name for package in packages.remove("apt", "make")] == ["make", "build-essential"]
    assert "gcc" in [package.name for package in packages.orphans()]


def test_a_package_of_the_system_can_be_removed_and_put_back() -> None:
    packages = _packages("ubuntu", "22.04")
    packages.remove("apt", "curl")
    assert packages.provider("curl") is None
    assert _pairs(packages.install("apt", "curl")) == [("curl", "7.81.0-1ubuntu1.15")]
    assert packages.provider("curl") == "curl"


def test_programs_of_python_packages_stand_in_local() -> None:
    packages = _packages(python="3.9", era="2022-01")
    packages.install("pip", "torch")
    assert packages.provider("torchrun") == "torch"
    assert packages.file_of("torchrun") == "/usr/local/bin/torchrun"
    assert "/usr/local/bin/torchrun" in packages.files()
    assert (packages.file_of("git"), packages.file_of("ls")) == ("/usr/bin/git", "/bin/ls")


def test_every_command_of_an_installed_package_is_known() -> None:
    packages = _packages("ubuntu", "22.04")
    known = packages.all_commands()
    assert {"git", "htop", "torchrun", "python3", "nvcc", "psql", "ifconfig"} <= known
    assert len(known) > 1000
    assert {name for package in packages.installed("apt") for name in package.commands} <= known


def test_only_a_python_beside_the_systems_is_called_python() -> None:
    assert (_packages().provider("python"), _packages(python="3.9").provider("python")) == (None, "python3")


def test_packages_follow_the_system() -> None:
    system = System()
    system.set_os("ubuntu", "18.04")
    packages = Packages(system)
    packages.install("apt", "htop")
    system.set_os("centos", "7")
    assert packages.refit() == ["dnf: htop instead of apt's"]
    assert (packages.archive, packages.provider("htop")) == ("dnf", "htop")


def test_what_others_needed_follows_the_python() -> None:
    system = System()
    system.set_os("ubuntu", "22.04")
    packages = Packages(system, era="2023-05")
    packages.install("pip", "pandas")
    system.set_python("3.8")
    packages.refit()
    found = dict(_pairs(packages.installed("pip")))
    assert project("numpy") is not None
    assert (found["numpy"], found["pandas"]) == ("1.24.3", "2.0.0")


def test_conda_brings_its_own_python_packages() -> None:
    packages = _packages(python="3.9")
    packages.install("conda", "pytorch", "1.8.0", companions=True)
    found = dict(_pairs(packages.installed("conda")))
    assert (found["pytorch"], found["torchvision"], found["conda"]) == ("1.8.0", "0.9.0", "4.9.2")
    assert packages.module("torch") is not None
    assert packages.file_of("conda") == "/opt/conda/bin/conda"


def test_any_other_manager_keeps_what_it_is_told() -> None:
    packages = _packages()
    assert packages.install("npm", "typescript", "5.3.3") == [
        Package("npm", "typescript", "5.3.3", commands=("tsc", "tsserver"))
    ]
    assert (packages.provider("tsc"), packages.file_of("tsc")) == ("typescript", "/usr/local/bin/tsc")


def test_packages_survive_being_stored() -> None:
    packages = _packages(python="3.9")
    packages.install("pip", "torch", "1.8.0", companions=True)
    packages.install("apt", "build-essential")
    packages.remove("apt", "curl")
    again = Packages.from_state(packages._system, packages.to_state())
    assert again.to_state() == packages.to_state()
    assert [again.installed(name) for name in again.managers] == [
        packages.installed(name) for name in packages.managers
    ]


def test_a_system_of_the_future_has_the_releases_of_its_own_month() -> None:
    system = System()
    packages = Packages(system, era="2021-04")
    found = {}
    for os, release in (("ubuntu", "20.04"), ("ubuntu", "22.04"), ("debian", "12"), ("ubuntu", "24.04")):
        system.set_os(os, release)
        packages.remove("pip", "torch")
        packages.install("pip", "torch")
        torch = packages.find("pip", "torch")
        found[release] = (packages.era, torch.version if torch else "")
    assert found == {
        "20.04": ("2021-04", "1.8.1"),
        "22.04": ("2022-04", "1.11.0"),
        "12": ("2023-06", "2.0.1"),
        "24.04": ("2024-04", "2.3.0"),
    }
