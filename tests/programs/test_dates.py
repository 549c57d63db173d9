"""``date`` and the moments it reads. What is expected was printed by GNU date 9.1 for the same words and now."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

import pytest

from llm_kernel.machine import Machine
from llm_kernel.programs.exact.calendars import cal, timedatectl
from llm_kernel.programs.exact.dates import date
from llm_kernel.programs.when import read_when
from llm_kernel.shell.call import Answer, Call

_TRUTH = Path(__file__).resolve().parents[3] / "shared" / "truth" / "linux"
_NOW = datetime(2026, 11, 22, 23, 17, 10, tzinfo=timezone.utc)  # a Sunday

Run = Callable[..., Answer]


@pytest.fixture
def machine() -> Machine:
    made = Machine()
    made.system.set_os("ubuntu", "22.04")
    return made


@pytest.fixture
def run(machine: Machine) -> Run:
    def answer(line: str, **env: str) -> Answer:
        return date(Call("date", tuple(shlex.split(line)), machine, env={"LANG": "C.UTF-8", **env}))

    return answer


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2021-04-01", "2021-04-01 00:00:00"),
        ("20210401 1200", "2021-04-01 12:00:00"),
        ("4/1/2021", "2021-04-01 00:00:00"),
        ("1-Apr-2021", "2021-04-01 00:00:00"),
        ("April 1, 2021", "2021-04-01 00:00:00"),
        ("Apr 1", "2026-04-01 00:00:00"),
        ("5 jan 70", "1970-01-05 00:00:00"),
        ("2021-04-01T12:00:00+08:00", "2021-04-01 04:00:00"),
        ("2021-04-01 12:00 EST", "2021-04-01 17:00:00"),
        ("2021-04-01 12:00 +1 hour", "2021-04-01 12:00:00"),
        ("Thu Apr  1 09:00:00 UTC 2021", "2021-04-01 09:00:00"),
        ("Thu, 01 Apr 2021 09:00:00 +0000", "2021-04-01 09:00:00"),
        ("2021-01-31 +1 month", "2021-03-03 00:00:00"),
        ("2021-04-01 - 3 days", "2021-03-29 00:00:00"),
        ("yesterday", "2026-11-21 23:17:10"),
        ("2 days ago", "2026-11-20 23:17:10"),
        ("1 year 2 months", "2028-01-22 23:17:10"),
        ("-2 hours", "2026-11-22 21:17:10"),
        ("fortnight ago", "2026-11-08 23:17:10"),
        ("next monday", "2026-11-23 00:00:00"),
        ("last friday", "2026-11-20 00:00:00"),
        ("third monday", "2026-12-07 00:00:00"),
        ("sat", "2026-11-28 00:00:00"),
        ("10:00 tomorrow", "2026-11-23 10:00:00"),
        ("00:00 tomorrow - 1 sec", "2026-11-22 23:59:59"),
        ("2021-04-01 3pm", "2021-04-01 15:00:00"),
        ("12am", "2026-11-22 00:00:00"),
        ("1200", "2026-11-22 12:00:00"),
        ("T10:00", "2026-11-22 17:00:00"),
        ("@0", "1970-01-01 00:00:00"),
        ('TZ="Asia/Tokyo" 2021-04-01 09:00', "2021-04-01 00:00:00"),
        ("", "2026-11-22 00:00:00"),
    ],
)
def test_moments_as_people_write_them(text: str, moment: str) -> None:
    found = read_when(text, _NOW)
    assert found is not None
    assert f"{datetime.fromtimestamp(found[0], timezone.utc):%Y-%m-%d %H:%M:%S}" == moment


@pytest.mark.parametrize(
    "text",
    [
        "foo",
        "noon",
        "2021-13-01",
        "2021-02-30",
        "25:00",
        "12:00:60",
        "13pm",
        "2021-W01",
        "2021-04-01 2021-04-02",
        "ago",
    ],
)
def test_what_is_no_moment(text: str) -> None:
    assert read_when(text, _NOW) is None


@pytest.mark.parametrize(
    ("line", "out"),
    [
        ("", "Thu Apr  1 09:00:00 UTC 2021\n"),
        ("-R", "Thu, 01 Apr 2021 09:00:00 +0000\n"),
        ("-I", "2021-04-01\n"),
        ("-Is", "2021-04-01T09:00:00+00:00\n"),
        ("-Ins", "2021-04-01T09:00:00,000000000+00:00\n"),
        ("--rfc-3339=seconds", "2021-04-01 09:00:00+00:00\n"),
        ("+%s", "1617267600\n"),
        ("'+%F %T.%3N'", "2021-04-01 09:00:00.000\n"),
        ("'+%-d|%_d|%e|%05d|%-H|%_H|%k'", "1| 1| 1|00001|9| 9| 9\n"),
        ("'+%^a %#Z %10A %-10A'", "THU utc   Thursday Thursday\n"),
        ("'+%j %U %W %V %u %w %q %C %g %G'", "091 13 13 13 4 4 2 20 21 2021\n"),
        ("'+%z %:z %::z %:::z %Z'", "+0000 +00:00 +00:00:00 +00 UTC\n"),
        ("'+%Q %%'", "%Q %\n"),
        ("-d '@1617267600' '+%c|%x|%X|%r|%D'", "Thu Apr  1 09:00:00 2021|04/01/21|09:00:00|09:00:00 AM|04/01/21\n"),
        ("-d '2 days ago' +%F", "2021-03-30\n"),
    ],
)
def test_formats(run: Run, line: str, out: str) -> None:
    assert run(line) == Answer(out)


@pytest.mark.parametrize(
    ("zone", "out"),
    [
        ("Asia/Shanghai", "17:00 CST +0800"),
        ("America/New_York", "05:00 EDT -0400"),
        ("CST-8", "17:00 CST +0800"),
        ("Foo/Bar", "09:00 Foo +0000"),
        ("", "09:00 UTC +0000"),
    ],
)
def test_the_variable_tz_moves_the_answer(run: Run, zone: str, out: str) -> None:
    assert run("'+%H:%M %Z %z'", TZ=zone) == Answer(f"{out}\n")


def test_the_locale_chooses_the_default_form(machine: Machine, run: Run) -> None:
    assert run("", LANG="en_US.UTF-8") == Answer("Thu Apr  1 09:00:00 AM UTC 2021\n")
    machine.system.set_os("ubuntu", "18.04")
    assert run("", LANG="en_US.UTF-8") == Answer("Thu Apr  1 09:00:00 UTC 2021\n")


def test_the_default_form_is_the_real_ones(machine: Machine, run: Run) -> None:
    path = _TRUTH / "jc_ubuntu-20.04_date.txt"
    if not path.is_file():
        pytest.skip("the captures are not here")
    machine.system.set_os("ubuntu", "20.04")
    machine.clock.set(1609808524.0)
    assert run("", LANG="en_US.UTF-8") == Answer(path.read_text(encoding="utf-8").rstrip("\n") + "\n")


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("-d foo", "date: invalid date ‘foo’\n"),
        ("0101", "date: invalid date ‘0101’\n"),
        ("-x", "date: invalid option -- 'x'\nTry 'date --help' for more information.\n"),
        ("-R -I", "date: multiple output formats specified\n"),
        ("+%F +%T", "date: extra operand ‘+%T’\nTry 'date --help' for more information.\n"),
        (
            "--rfc-3339=x",
            "date: invalid argument ‘x’ for ‘--rfc-3339’\nValid arguments are:\n  - ‘date’\n  - ‘seconds’\n  - ‘ns’\n"
            "Try 'date --help' for more information.\n",
        ),
        ("-r /nope", "date: /nope: No such file or directory\n"),
    ],
)
def test_errors(run: Run, line: str, text: str) -> None:
    assert run(line) == Answer(stderr=text, status=1)


def test_root_sets_the_clock_and_others_do_not(machine: Machine, run: Run) -> None:
    assert run("-s '2022-01-02 03:04:05'") == Answer("Sun Jan  2 03:04:05 UTC 2022\n")
    assert machine.clock.now == 1641092645.0
    assert run("010304052023.06") == Answer("Tue Jan  3 04:05:06 UTC 2023\n")
    machine.system.set_user("alice --login")
    assert run("-s @0") == Answer(
        "Thu Jan  1 00:00:00 UTC 1970\n", "date: cannot set date: Operation not permitted\n", 1
    )
    assert machine.clock.now == 1672718706.0


def test_a_files_time(machine: Machine, run: Run) -> None:
    machine.files.touch("/root/a", 86400.5)
    assert run("-r /root/a '+%F %T.%1N'") == Answer("1970-01-02 00:00:00.5\n")


def test_a_month(machine: Machine) -> None:
    assert cal(Call("cal", ("2", "2024"), machine)) == Answer(
        "   February 2024      \nSu Mo Tu We Th Fr Sa  \n             1  2  3  \n 4  5  6  7  8  9 10  \n"
        "11 12 13 14 15 16 17  \n18 19 20 21 22 23 24  \n25 26 27 28 29        \n                      \n"
    )


def test_timedatectl_has_the_real_ones_form(machine: Machine) -> None:
    path = _TRUTH / "jc_ubuntu-18.04_timedatectl.txt"
    if not path.is_file():
        pytest.skip("the captures are not here")
    machine.system.set_os("ubuntu", "18.04")
    machine.clock.set(1583887871.0)
    assert timedatectl(Call("timedatectl", (), machine)) == Answer(path.read_text(encoding="utf-8"))
