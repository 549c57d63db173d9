"""Which files a program or an instruction is about, and what of them a model is shown."""

from __future__ import annotations

from hashlib import sha256

import pytest

from llm_kernel.machine import Machine
from llm_kernel.programs.reads import named_in, read_by, show, show_text
from llm_kernel.prompt import Shown


@pytest.fixture
def machine() -> Machine:
    made = Machine()
    for name, text in {
        "train.py": "import model\nfrom data import load\nopen('config.yaml')\nopen('/nowhere/x.txt')\n",
        "model.py": "import torch\n",
        "data.py": "",
        "config.yaml": "epochs: 3\n",
        "notes.txt": "hello\n",
    }.items():
        made.files.write(f"/root/{name}", text.encode())
    made.files.sized("/root/fit.pt", 1_000_000)
    made.files.write("/root/pic.png", b"\x89PNG\0\0")
    return made


def test_a_program_reads_what_it_is_given_imports_and_opens(machine: Machine) -> None:
    assert read_by(machine, "python3", ("train.py", "--log=notes.txt", "-v"), "/root") == [
        "/root/train.py",
        "/root/notes.txt",
        "/root/config.yaml",
        "/root/model.py",
        "/root/data.py",
    ]


def test_a_script_reads_itself(machine: Machine) -> None:
    assert read_by(machine, "./notes.txt", (), "/root") == ["/root/notes.txt"]
    assert read_by(machine, "/usr/bin/git", ("status",), "/root") == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Change train.py, and config.yaml.", ["train.py", "config.yaml"]),
        ("把 train.py 改成 100 个 epoch", ["train.py"]),
        ("Look into /root/notes.txt and ./model.py", ["notes.txt", "model.py"]),
        ("The size of fit.pt?", ["fit.pt"]),
        ("/etc/hostname", ["/etc/hostname"]),
    ],
)
def test_an_instruction_names_files(machine: Machine, text: str, found: list[str]) -> None:
    assert [path.removeprefix("/root/") for path in named_in(machine, text, "/root")] == found


def test_where_none_is_named_the_youngest_are_meant(machine: Machine) -> None:
    machine.files.touch("/root/notes.txt", machine.clock.now + 50)
    assert named_in(machine, "How many layers has it?", "/root")[0] == "/root/notes.txt"
    assert len(named_in(machine, "How many layers has it?", "/root")) == 2


def test_megabytes_are_read_at_once(machine: Machine) -> None:
    assert named_in(machine, "x" * 3_000_000 + "/" * 3_000_000, "/tmp") == []


def digest(data: bytes) -> str:
    return sha256(data).hexdigest()[:16]


def test_files_are_shown_by_their_kind(machine: Machine) -> None:
    paths = ["/root/notes.txt", "/root/fit.pt", "/root/pic.png", "/root", "/root/none", "/etc/hostname"]
    assert show(machine, paths, "/root") == [
        Shown("notes.txt", "hello\n", 1, digest(b"hello\n")),
        Shown("fit.pt", "[1000000 bytes]", 0),
        Shown("pic.png", "[binary, 6 bytes]", 0, digest(b"\x89PNG\0\0")),
        Shown("/etc/hostname", "ubuntu\n", 1, digest(b"ubuntu\n")),
    ]


def test_of_a_long_text_head_and_tail_are_shown() -> None:
    text, lines = show_text("".join(f"{n}\n" for n in range(1000)).encode(), budget=60)
    assert lines == 1000
    assert text.startswith("0\n1\n2\n")
    assert text.endswith("\n998\n999\n")
    assert len(text) < 120


@pytest.mark.parametrize(("data", "lines"), [(b"", 0), (b"a", 1), (b"a\n", 1), (b"a\nb", 2), (b"\xff\n", 1)])
def test_lines_are_counted_as_people_do(data: bytes, lines: int) -> None:
    assert show_text(data, budget=100)[1] == lines


def test_no_more_than_the_budget_is_shown(machine: Machine) -> None:
    for n in range(9):
        machine.files.write(f"/root/{n}.txt", b"x" * 3000)
    shown = show(machine, [f"/root/{n}.txt" for n in range(9)], "/root", budget=7000)
    assert len(shown) == 3
    assert sum(len(one.text) for one in shown) < 7300
