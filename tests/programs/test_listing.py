"""``ls``, ``stat`` and ``tree`` against recordings of GNU, and where no recording can reach."""

from __future__ import annotations

from typing import Any

import pytest

from llm_kernel.machine import Machine
from llm_kernel.programs.exact.inspecting import stat
from llm_kernel.programs.exact.listing import ls
from llm_kernel.programs.ordering import collation, version_key
from llm_kernel.programs.permissions import changed_mode
from llm_kernel.programs.quoting import quoted, styled
from llm_kernel.programs.sizes import human, read_amount
from llm_kernel.shell.call import Answer, Call
from tests.programs.recorded import HOME, Outcome, cases, machine, run

NOW = 1617267600.0  # 2021-04-01 09:00 UTC


@pytest.fixture
def made() -> Machine:
    return machine(NOW)


def call(made: Machine, *words: str, env: dict[str, str] | None = None, tty: bool = False) -> Call:
    return Call(words[0], words[1:], made, HOME, {"LANG": "C.UTF-8", "TERM": "xterm"} if env is None else env, b"", tty)


@pytest.mark.parametrize("case", [*cases("listing"), *cases("inspecting")], ids=lambda case: case["script"][:60])
async def test_the_answer_is_the_recorded_one(case: dict[str, Any]) -> None:
    assert await run(case["script"], machine(case["now"])) == Outcome(case["stdout"], case["stderr"], case["status"])


@pytest.mark.parametrize("case", cases("terminal"), ids=lambda case: case["script"][:60])
async def test_a_terminal_gets_columns_and_quotes(case: dict[str, Any]) -> None:
    outcome = await run(case["script"], machine(case["now"]), tty=True)
    assert (outcome.stdout + outcome.stderr, outcome.status) == (case["stdout"] + case["stderr"], case["status"])


def test_the_time_of_day_is_shown_for_half_a_year_and_the_year_before_and_after(made: Machine) -> None:
    for name, age in [("a", 0.0), ("b", 15778475.0), ("c", 15778477.0), ("d", -1.0)]:
        made.files.touch(f"{HOME}/src/{name}", NOW - age)
    answer = ls(call(made, "ls", "-go", *[f"src/{name}" for name in "abcd"]))
    assert answer.stdout == (
        "-rw-r--r-- 1 0 Apr  1 09:00 src/a\n"
        "-rw-r--r-- 1 0 Sep 30 18:05 src/b\n"
        "-rw-r--r-- 1 0 Sep 30  2020 src/c\n"
        "-rw-r--r-- 1 0 Apr  1  2021 src/d\n"
    )


def test_dates_are_in_the_machines_zone(made: Machine) -> None:
    made.clock.zone = "Asia/Shanghai"
    made.files.touch(f"{HOME}/empty", 0.5)
    answer = ls(call(made, "ls", "--full-time", "empty"))
    assert answer.stdout == "-rw-r--r-- 1 root root 0 1970-01-01 08:00:00.500000000 +0800 empty\n"


def test_a_file_without_bytes_shows_its_size(made: Machine) -> None:
    made.files.sized(f"{HOME}/src/fit.pt", 1_400_000_000)
    made.files.set_times(f"{HOME}/src/fit.pt", mtime=0.0)
    assert ls(call(made, "ls", "-lhs", "src/fit.pt")).stdout == (
        "1.4G -rw-r--r-- 1 root root 1.4G Jan  1  1970 src/fit.pt\n"
    )


def test_devices_show_their_numbers_in_place_of_a_size(made: Machine) -> None:
    for number in (0, 10):
        made.files.device(f"/dev/nvidia{number}", "character", 195, number)
    made.files.set_times("/dev/nvidia0", mtime=0.0)
    made.files.set_times("/dev/nvidia10", mtime=0.0)
    assert ls(call(made, "ls", "-l", "/dev/nvidia0", "/dev/nvidia10")).stdout == (
        "crw-rw-rw- 1 root root 195,  0 Jan  1  1970 /dev/nvidia0\n"
        "crw-rw-rw- 1 root root 195, 10 Jan  1  1970 /dev/nvidia10\n"
    )


def test_an_english_locale_sorts_without_case_and_punctuation(made: Machine) -> None:
    names = ["B", "_x", "a", "Ab", "a.b", "10", "é", ".b", "X", "ab", "f", "e"]
    order = [".b", "10", "B", "X", "_x"]
    assert [name for name in sorted(names, key=collation({"LANG": "C.UTF-8"})) if name in order] == order
    assert sorted(names, key=collation({"LANG": "en_US.UTF-8"})) == (
        ["10", "a", "a.b", "ab", "Ab", ".b", "B", "e", "é", "f", "_x", "X"]
    )


def test_versions_sort_by_number() -> None:
    names = ["v1.10", "v1.9", "v1.9.tar.gz", "v1.10.tar.gz", "a~", "a", "01", "1"]
    assert sorted(names, key=version_key) == ["01", "1", "a~", "a", "v1.9", "v1.9.tar.gz", "v1.10", "v1.10.tar.gz"]


def test_the_system_decides_how_a_missing_file_is_told(made: Machine) -> None:
    assert stat(call(made, "stat", "no")).stderr == "stat: cannot statx 'no': No such file or directory\n"
    made.system.set_os("ubuntu", "18.04")
    assert stat(call(made, "stat", "no")).stderr == "stat: cannot stat 'no': No such file or directory\n"


def test_help_and_version_are_answered(made: Machine) -> None:
    version = ls(call(made, "ls", "--version"))
    assert isinstance(version.stdout, str)
    assert version.stdout.splitlines()[0] == "ls (GNU coreutils) 9.1"
    usage = ls(call(made, "ls", "--help"))
    assert isinstance(usage.stdout, str)
    assert usage.stdout.splitlines()[0] == "Usage: ls [OPTION]... [FILE]..."
    assert "  -a, --all\n" in usage.stdout


def test_messages_follow_the_locale(made: Machine) -> None:
    wrong = "ls: invalid line width: {}x{}\n"
    assert ls(call(made, "ls", "-wx")) == Answer(stderr=wrong.format("‘", "’"), status=2)
    assert ls(call(made, "ls", "-wx", env={})) == Answer(stderr=wrong.format("'", "'"), status=2)


def test_names_are_quoted_as_a_shell_would_need_them() -> None:
    shown = {name: (quoted(name), styled(name, "shell-escape")) for name in ("a", "a b", "it's", "a\nb", "~x", "x~")}
    assert shown == {
        "a": ("'a'", "a"),
        "a b": ("'a b'", "'a b'"),
        "it's": ('"it\'s"', '"it\'s"'),
        "a\nb": ("'a'$'\\n''b'", "'a'$'\\n''b'"),
        "~x": ("'~x'", "'~x'"),
        "x~": ("'x~'", "x~"),
    }


def test_sizes_are_rounded_up() -> None:
    sizes = (0, 1023, 1024, 1025, 10239, 10240, 10241, 1048575, 1 << 40)
    assert [human(size) for size in sizes] == ["0", "1023", "1.0K", "1.1K", "10K", "10K", "11K", "1.0M", "1.0T"]
    assert [human(size, 1000) for size in (999, 1000, 1_500_001)] == ["999", "1.0k", "1.6M"]
    assert [read_amount(text) for text in ("10", "4K", "1KB", "1MiB", "2b", "K", "x", "")] == (
        [10, 4096, 1000, 1048576, 1024, 1024, None, None]
    )


def test_modes_are_read_in_both_spellings() -> None:
    modes = ["644", "u+x", "go=", "a+X", "+t", "u=rwx,g=u-w", "9", "z", "o=u", "-w"]
    assert [changed_mode(text, 0o640, 0o022, directory=False) for text in modes] == (
        [0o644, 0o740, 0o600, 0o640, 0o1640, 0o750, None, None, 0o646, 0o440]
    )


async def test_tree_draws_what_is_there(made: Machine) -> None:
    made.packages.install("apt", "tree")
    made.files.symlink("lib", f"{HOME}/src/l")
    assert await run("tree src", made) == Outcome(
        "src\n├── l -> lib\n├── lib\n│\u00a0\u00a0 ├── x.c\n│\u00a0\u00a0 └── y.h\n├── main.py\n└── util.py\n"
        "\n2 directories, 4 files\n",
        "",
        0,
    )
