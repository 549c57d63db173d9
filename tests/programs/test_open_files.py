"""Who has which file open: ``lsof``, ``fuser``, ``pstree``, ``crontab`` and the units agree with the machine."""

from __future__ import annotations

import json

import pytest

from llm_kernel.machine import Machine
from llm_kernel.programs.table import EXACT, NotExact
from llm_kernel.shell.call import Answer, Call
from tests.programs.running import answered

_MASKS = "".join(f"{name:>17}" for name in ("PENDING", "BLOCKED", "IGNORED", "CAUGHT"))


def _run(machine: Machine, line: str) -> Answer:
    name, *args = line.split()
    return answered(Call(name, tuple(args), machine, env={"LANG": "en_US.UTF-8", "HOME": "/root"}))


def test_a_job_shows_where_its_log_is_open() -> None:
    machine = Machine()
    machine.files.write("/root/train.log", b"epoch 1\n")
    job = machine.processes.spawn(("python3", "train.py"), user="root", now=machine.clock.now, cwd="/root")
    job.files = ("/root/train.log",)
    assert _run(machine, "lsof -t /root/train.log").stdout == f"{job.pid}\n"
    assert _run(machine, "fuser /root/train.log") == Answer(f" {job.pid:>5}", f"{'/root/train.log:':<21}\n")
    row = str(_run(machine, "lsof /root/train.log").stdout).splitlines()[1].split()
    assert (row[0], row[1], row[3], row[4], row[6], row[8]) == (
        "python3",
        str(job.pid),
        "3w",
        "REG",
        "8",
        "/root/train.log",
    )
    machine.processes.end(job.pid)
    assert _run(machine, "lsof /root/train.log") == Answer(status=1)


def test_the_terminal_is_a_character_device() -> None:
    machine = Machine()
    rows = str(_run(machine, f"lsof -p {machine.processes.shell} -a -d 0-2").stdout).splitlines()[1:]
    wanted = [f"bash {machine.processes.shell} root {number}u CHR 136,0 0t0 3 /dev/pts/0" for number in range(3)]
    assert [" ".join(row.split()) for row in rows] == wanted


@pytest.mark.parametrize(
    ("form", "heads"),
    [
        ("v", "    PID TTY      STAT   TIME  MAJFL  TRS   DRS   RSS %MEM COMMAND"),
        ("s", f"  UID     PID{_MASKS} STAT TTY        TIME COMMAND"),
        ("X", "    PID           STACKP              ESP              EIP TMOUT ALARM STAT TTY        TIME COMMAND"),
        ("-O nice,rss", "    PID  NI   RSS S TTY          TIME COMMAND"),
        ("-eO %mem", "    PID %MEM S TTY          TIME COMMAND"),
        ("O ppid", "    PID    PPID S TTY          TIME COMMAND"),
    ],
)
def test_the_rarer_forms_of_ps_have_their_columns(form: str, heads: str) -> None:
    rows = str(_run(Machine(), f"ps {form}").stdout).splitlines()
    assert (rows[0], len(rows) > 1) == (heads, True)


def test_fuser_ends_who_holds_a_board() -> None:
    machine = Machine()
    machine.files.write("/root/x.log", b"")
    job = machine.processes.spawn(("python3", "train.py"), user="root", now=machine.clock.now)
    job.files = ("/root/x.log",)
    _run(machine, "fuser -k /root/x.log")
    assert job.pid not in machine.processes.table


def test_the_tree_has_the_shell_under_the_first_process() -> None:
    machine = Machine()
    assert str(_run(machine, "pstree -p").stdout).splitlines()[0] == f"systemd(1)─┬─bash({machine.processes.shell})"
    assert _run(machine, f"pstree {machine.processes.shell}").stdout == "bash\n"


def test_a_table_of_jobs_is_kept_and_listed() -> None:
    machine = Machine()
    assert _run(machine, "crontab -l") == Answer(stderr="no crontab for root\n", status=1)
    machine.files.write("/root/jobs", b"*/5 * * * * date\n")
    assert _run(machine, "crontab /root/jobs") == Answer()
    assert _run(machine, "crontab -l") == Answer("*/5 * * * * date\n")
    machine.files.write("/root/jobs", b"61 * * * * date\n")
    bad = '"/root/jobs":0: bad minute\nerrors in crontab file, can\'t install.\n'
    assert _run(machine, "crontab /root/jobs") == Answer(stderr=bad, status=1)
    assert _run(machine, "crontab -l") == Answer("*/5 * * * * date\n")
    assert _run(machine, "crontab -r") == Answer()
    assert _run(machine, "crontab -l").status == 1


def test_a_masked_unit_is_a_link_to_nowhere() -> None:
    machine = Machine()
    link = "/etc/systemd/system/cron.service"
    assert _run(machine, "systemctl mask cron").stderr == f"Created symlink {link} → /dev/null.\n"
    assert _run(machine, "systemctl is-enabled cron") == Answer("masked\n", status=1)
    assert _run(machine, "systemctl unmask cron").stderr == f"Removed {link}.\n"
    assert _run(machine, "systemctl is-enabled cron") == Answer("enabled\n")


def test_a_unit_that_is_killed_has_ended() -> None:
    machine = Machine()
    assert _run(machine, "systemctl kill cron") == Answer()
    assert 742 not in machine.processes.table


def test_the_journal_as_json_is_the_journal() -> None:
    machine = Machine()
    plain = str(_run(machine, "journalctl -o cat -n 4").stdout).splitlines()
    rows = [json.loads(line) for line in str(_run(machine, "journalctl -o json -n 4").stdout).splitlines()]
    assert [row["MESSAGE"] for row in rows] == plain


_MINE: tuple[str, ...] = (
    "lsof",
    "fuser",
    "pstree",
    "dmidecode",
    "crontab",
    "numactl",
    "iostat",
    "mpstat",
    "sar",
    "lscpu",
)
_MINE += ("timedatectl", "systemctl", "journalctl", "lspci", "netstat", "ss", "uptime", "w", "who", "last", "lsmod")
_ODD = (
    ("",),
    ("-",),
    ("--",),
    ("-Q",),
    ("--nonsense",),
    ("--nonsense=1",),
    ("-p",),
    ("-s",),
    ("-t",),
    ("-n",),
    ("-u",),
    ("-i",),
    ("-P",),
    ("99999999999999999999999999",),
    ("-p", "99999999999999999999999999"),
    ("-t", "99999999999999999999999999"),
    ("\ufffd\x01é",),
    ("-p", "\ufffd"),
    ("/no/such/file",),
    ("٣", "¼"),
    ("-p", "²"),
    ("-t", "²"),
    ("x",) * 10_000,
)


@pytest.mark.parametrize("name", _MINE)
def test_odd_arguments_get_the_programs_own_words(name: str) -> None:
    machine = Machine()
    for package in ("sysstat", "numactl", "net-tools"):
        machine.packages.install("apt", package)
    assert name in EXACT
    for args in _ODD:
        call = Call(name, args, machine, env={"LANG": "en_US.UTF-8", "HOME": "/root"})
        try:
            answer = answered(call)
        except NotExact:
            continue
        assert 0 <= answer.status < 256
        assert "Traceback" not in str(answer.stderr)
