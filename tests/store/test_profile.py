"""A machine from a profile: applied whole, in the order in which one decides it, or not at all."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from llm_kernel.errors import Refused
from llm_kernel.events import Exit, Text
from llm_kernel.machine import Clock, Machine
from llm_kernel.store.profile import LARGEST, apply_profile, profile_text
from tests.notebook import Notebook

CLASSROOM = Path(__file__).parents[2] / "examples" / "profiles" / "classroom.yaml"


def _machine() -> Machine:
    return Machine(Clock(host=time.time))


def test_the_example_makes_its_machine() -> None:
    machine = _machine()
    apply_profile(machine, CLASSROOM.read_text(encoding="utf-8"))
    system, devices = machine.system, machine.devices
    assert (system.os, system.release, system.host, system.user) == ("ubuntu", "18.04", "trainer", "alice")
    assert f"{machine.clock.local:%Y-%m-%d %H:%M %Z}" == "2021-04-01 09:00 CST"
    assert ([str(gpu.model) for gpu in devices.gpus], devices.cuda) == (["NVIDIA GeForce RTX 3090"] * 4, "11.1")
    assert system.python.startswith("3.8")
    torch = machine.packages.find("pip", "torch")
    assert torch
    assert torch.version.startswith("1.8.0")
    assert machine.files.read("/home/alice/README.md").startswith(b"# Exercise 1\n")
    stat = machine.files.stat("/data/mnist.npz")
    assert (stat.size, stat.sized, oct(stat.mode), stat.uid) == (11_490_434, True, "0o640", system.users[1].uid)
    assert machine.facts == ["MNIST lies in /data"]


def test_what_is_said_is_a_text_and_not_a_number() -> None:
    machine = _machine()
    apply_profile(machine, "os: ubuntu 22.04\npython: 3.10\n")
    assert machine.system.python.startswith("3.10.")


def test_the_order_is_the_machines_and_not_the_files() -> None:
    one, two = _machine(), _machine()
    lines = ["packages: {pip: [torch 1.8.0]}", "python: 3.8", "os: ubuntu 18.04", "clock: 2021-04-01 09:00"]
    apply_profile(one, "\n".join(lines))
    apply_profile(two, "\n".join(reversed(lines)))
    assert one.essence() == two.essence()
    assert one.files.to_state() == two.files.to_state()


def test_an_empty_mapping_changes_nothing() -> None:
    machine = _machine()
    before = machine.to_state()
    assert apply_profile(machine, "{}") == []
    assert machine.to_state() == before


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "it has to be lines of KEY: VALUE"),
        ("- os", "it has to be lines of KEY: VALUE"),
        ("os: [", "line 1: "),
        ("a: b: c", "line 1: mapping values are not allowed"),
        ("gpu: 4 RTX 3090", "unknown key 'gpu'; did you mean gpus"),
        ("colour: red", "unknown key 'colour'; there is zone, clock, os"),
        ("os: ubuntu\nos: debian", "line 1: os stands there twice"),
        ("os: {name: ubuntu}", "os: a text belongs here"),
        ("os: atari", "os"),
        ("host: ", "usage: machine host NAME"),
        ("clock: +2h", "no moment"),
        ("clock: noon", "cannot read 'noon'"),
        ("disks: 2T", "disks: lines of NAME: VALUE belong here"),
        ("packages: [torch]", "packages: lines of NAME: VALUE belong here"),
        ("packages: {pip: {torch: 1}}", "packages: pip: a text belongs here"),
        ("packages: {nopm: [x]}", "packages: unknown key 'nopm'; did you mean npm?"),
        ("packages: {zzz: [x]}", "packages: unknown key 'zzz'; there is pip, pip3, pypi, python, conda"),
        ("packages: {pip: ['']}", "usage: machine install"),
        ("files: {a.txt: x}", "files: a.txt: write the full path, /root/a.txt"),
        ("files: {/a: {text: x, size: 1}}", "files: /a: give it a text or a size"),
        ("files: {/a: {}}", "files: /a: give it a text or a size"),
        ("files: {/a: {text: x, mode: rwx}}", "mode 'rwx' is no mode; write 755"),
        ("files: {/a: {text: x, owner: nobody-here}}", "nobody-here"),
        ("files: {/a: {text: x, colour: red}}", "files: /a: unknown key 'colour'; there is text, size, mode, owner"),
        ("files: {/etc: x}", "Is a directory"),
        ("files: {/a: {size: 1M", "line 1"),
        ("files: {/a: {size: lots}}", "usage: machine file"),
        ("facts: &x [a]\nusers: *x", "references"),
        ("a: &a [x]\nb: &b [*a, *a]", "references"),
        ("os: !!python/object/apply:os.system [id]", "os: a text belongs here"),
        ("--- {}\n--- {}", "line 2"),
        ("os: ubuntu\0", "profile: "),
        ("[" * 100_000, "more than 8 deep"),
        ("x" * (LARGEST + 1), "more than 256 KiB"),
        ("files: {" + ", ".join(f"/f{n}: x" for n in range(1001)) + "}", "one of more than 1000"),
        ("facts: [" + ", ".join("x" for _ in range(1001)) + "]", "facts: more than 1000 entries"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_changed(text: str, message: str) -> None:
    machine = _machine()
    before = machine.to_state()
    with pytest.raises(Refused) as error:
        apply_profile(machine, text)
    assert message in str(error.value)
    assert machine.to_state() == before


def test_a_profile_is_applied_whole_or_not_at_all() -> None:
    machine = _machine()
    before = machine.to_state()
    with pytest.raises(Refused):
        apply_profile(machine, "clock: 2020-01-01\nos: debian 10\ngpus: 2 x V100\nfiles: {/a: x}\nfaults: [moon down]")
    assert machine.to_state() == before


# where a cell may find one


def test_a_file_of_the_machine_comes_first(tmp_path: Path) -> None:
    machine = _machine()
    (tmp_path / "a.yaml").write_text("host: outside")
    assert profile_text(machine, "a.yaml", "/root", tmp_path) == "host: outside"
    machine.files.write("/root/a.yaml", b"host: inside")
    assert profile_text(machine, "a.yaml", "/root", tmp_path) == "host: inside"


@pytest.mark.parametrize(
    "name",
    ["../a.yaml", "sub/../../a.yaml", ".hidden.yaml", ".d/a.yaml", "a.txt", "link.yaml", "there/a.yaml", "d.yaml"],
)
def test_a_cell_reaches_nothing_else_of_the_host(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "notebooks"
    (folder / "sub").mkdir(parents=True)
    (folder / ".d").mkdir()
    (folder / "d.yaml").mkdir()
    for place in (tmp_path / "a.yaml", folder / ".hidden.yaml", folder / ".d" / "a.yaml", folder / "a.txt"):
        place.write_text("host: secret")
    (folder / "link.yaml").symlink_to(tmp_path / "a.yaml")
    (folder / "there").symlink_to(tmp_path)
    with pytest.raises(Refused, match="there is no "):
        profile_text(_machine(), name, "/root", folder)
    with pytest.raises(Refused, match="there is no "):
        profile_text(_machine(), str(tmp_path / "a.yaml"), "/root", folder)


async def test_a_cell_boots_from_a_profile() -> None:
    book = Notebook()
    await book("cat > p.yaml <<'END'\nos: debian 11\nhost: box\nfiles: {/opt/run.sh: {text: hi, mode: 755}}\nEND")
    await book("%machine profile p.yaml")
    assert await book.said("hostname; . /etc/os-release; echo $ID $VERSION_ID; ls -l /opt/run.sh | cut -c-10") == (
        "box\ndebian 11\n-rwxr-xr-x\n"
    )


async def test_a_profile_that_cannot_be_is_refused_in_its_cell() -> None:
    book = Notebook()
    text = "profile: there is no p.yaml, neither on the machine nor beside the notebook as a .yaml file\n"
    assert await book("%machine profile p.yaml") == [Text("stderr", text), Exit(2)]
