"""Who, what and how much: the system's programs against the record and against what real ones printed."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from llm_kernel.machine import Machine
from llm_kernel.machine.memory import Memory
from llm_kernel.machine.mounts import Mount
from llm_kernel.machine.processes import GpuUse
from llm_kernel.machine.profiles import PROFILES
from llm_kernel.programs import exact as families
from llm_kernel.programs.exact import disks, free
from llm_kernel.programs.options import Parsed
from llm_kernel.programs.sizes import Unit
from llm_kernel.shell.call import Answer, Call
from tests.programs.running import answered

_TRUTH = Path(__file__).resolve().parents[3] / "shared" / "truth" / "linux"
_ENV = {"LANG": "C.UTF-8", "USER": "root"}
_BIONIC, _CENTOS = PROFILES["ubuntu", "18.04"], PROFILES["centos", "7"]

Run = Callable[..., Answer]

assert families.__doc__  # importing the families fills the table


def _capture(name: str) -> str:
    path = _TRUTH / name
    if not path.is_file():
        pytest.skip("the captures are not here")
    return path.read_text(encoding="utf-8")


@pytest.fixture
def machine() -> Machine:
    made = Machine()
    made.system.set_os("ubuntu", "22.04")
    made.follow()
    return made


@pytest.fixture
def run(machine: Machine) -> Run:
    def answer(line: str, **env: str) -> Answer:
        name, *args = shlex.split(line)
        return answered(Call(name, tuple(args), machine, env={**_ENV, **env}))

    return answer


def _hint(name: str, text: str) -> str:
    return f"{name}: {text}\nTry '{name} --help' for more information.\n"


# who


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("whoami", Answer("root\n")),
        ("whoami you", Answer(stderr=_hint("whoami", "extra operand ‘you’"), status=1)),
        ("id", Answer("uid=0(root) gid=0(root) groups=0(root)\n")),
        ("id -u", Answer("0\n")),
        ("id -Gn syslog", Answer("syslog adm\n")),
        ("id -nG 104", Answer("syslog adm\n")),
        ("id daemon", Answer("uid=1(daemon) gid=1(daemon) groups=1(daemon)\n")),
        (
            "id nobody nope",
            Answer("uid=65534(nobody) gid=65534(nogroup) groups=65534(nogroup)\n", "id: ‘nope’: no such user\n", 1),
        ),
        ("id -x", Answer(stderr=_hint("id", "invalid option -- 'x'"), status=1)),
        ("id -n", Answer(stderr="id: cannot print only names or real IDs in default format\n", status=1)),
        ("id -z", Answer(stderr="id: option --zero not permitted in default format\n", status=1)),
        ("id -ug", Answer(stderr='id: cannot print "only" of more than one choice\n', status=1)),
        ("id -Gz root", Answer("0\0")),
        ("groups", Answer("root\n")),
        ("groups syslog", Answer("syslog : syslog adm\n")),
        ("groups nope", Answer(stderr="groups: ‘nope’: no such user\n", status=1)),
        ("logname", Answer("root\n")),
        ("users", Answer("root\n")),
        ("tty", Answer("not a tty\n", status=1)),
        ("tty --silent", Answer(status=1)),
        ("tty x", Answer(stderr=_hint("tty", "extra operand ‘x’"), status=2)),
    ],
)
def test_who(run: Run, line: str, answer: Answer) -> None:
    assert run(line) == answer


def test_quotes_are_plain_in_the_c_locale(run: Run) -> None:
    assert run("id nope", LANG="C").stderr == "id: 'nope': no such user\n"


def test_id_reads_what_the_user_wrote_into_etc(machine: Machine, run: Run) -> None:
    passwd = machine.files.read("/etc/passwd") + b"eve:x:4242:100::/home/eve:/bin/sh\n"
    machine.files.write("/etc/passwd", passwd)
    machine.files.write("/etc/group", machine.files.read("/etc/group").replace(b"video:x:44:", b"video:x:44:eve"))
    assert run("id eve") == Answer("uid=4242(eve) gid=100(users) groups=100(users),44(video)\n")


def test_the_session_may_be_another_users(machine: Machine, run: Run) -> None:
    machine.system.set_user("alice --sudo --login")
    machine.follow()
    assert run("whoami") == Answer("alice\n")
    assert run("id") == Answer("uid=1000(alice) gid=1000(alice) groups=1000(alice),27(sudo)\n")
    assert run("whoami", SUDO_USER="alice", USER="root") == Answer("root\n")
    assert run("hostname other") == Answer(stderr="hostname: you must be root to change the host name\n", status=1)


# what


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("uname", Answer("Linux\n")),
        ("uname -sr", Answer("Linux 5.15.0-91-generic\n")),
        ("uname -rs", Answer("Linux 5.15.0-91-generic\n")),
        ("uname -opmi", Answer("x86_64 x86_64 x86_64 GNU/Linux\n")),
        ("uname foo", Answer(stderr=_hint("uname", "extra operand ‘foo’"), status=1)),
        ("arch", Answer("x86_64\n")),
        ("hostname", Answer("ubuntu\n")),
        ("hostname -I", Answer("192.168.1.24 \n")),
        ("nproc", Answer("16\n")),
        ("nproc --ignore=4", Answer("12\n")),
        ("nproc --ignore 99", Answer("1\n")),
        ("nproc --ignore=x", Answer(stderr="nproc: invalid number: ‘x’\n", status=1)),
        ("lsb_release -cs", Answer("jammy\n")),
        ("lsb_release -d", Answer("Description:\tUbuntu 22.04.3 LTS\n")),
        ("getconf _NPROCESSORS_ONLN", Answer("16\n")),
        ("getconf NOPE", Answer(stderr="getconf: Unrecognized variable `NOPE'\n", status=2)),
    ],
)
def test_what(run: Run, line: str, answer: Answer) -> None:
    assert run(line) == answer


def test_debian_leaves_out_what_it_does_not_know(machine: Machine, run: Run) -> None:
    machine.system.set_os("debian", "12")
    version = "#1 SMP PREEMPT_DYNAMIC Debian 6.1.69-1 (2023-12-30)"
    assert run("uname -a") == Answer(f"Linux debian 6.1.0-17-amd64 {version} x86_64 GNU/Linux\n")
    assert run("uname -p") == Answer("unknown\n")


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("jc_ubuntu-18.04_uname-a.txt", ("ubuntu", "18.04")),
        ("jc_centos-7.7_uname-a.txt", ("centos", "7")),
        ("jc_debian10_uname-a.txt", ("debian", "11")),
    ],
)
def test_uname_has_the_real_ones_words(machine: Machine, run: Run, name: str, key: tuple[str, str]) -> None:
    real = _capture(name).rstrip("\n")
    machine.system.set_os(*key)
    machine.system.host, machine.system.kernel = real.split()[1:3]
    said = str(run("uname -a").stdout).rstrip("\n")
    version = re.compile(r"#\d.*?(?= x86_64)")
    assert version.sub("#", said) == version.sub("#", real)


def test_lsb_release_has_the_real_ones_form(machine: Machine, run: Run) -> None:
    real = _capture("jc_generic_lsb_release-a.txt").splitlines()
    said = run("lsb_release -a")
    assert [line.partition("\t")[0] for line in str(said.stdout).splitlines()] == [
        line.partition("\t")[0] for line in real
    ]
    assert said.stderr == "No LSB modules are available.\n"


def test_root_may_rename_the_host(machine: Machine, run: Run) -> None:
    assert run("hostname gpu01.lab.example") == Answer()
    assert [run(f"hostname {flag}").stdout for flag in ("", "-s", "-d", "-f")] == [
        "gpu01.lab.example\n",
        "gpu01\n",
        "lab.example\n",
        "gpu01.lab.example\n",
    ]
    assert machine.files.read("/etc/hostname") == b"gpu01.lab.example\n"
    assert run("hostname a_b") == Answer(stderr="hostname: the specified hostname is invalid\n", status=1)


# how much memory


def _memory(row: list[int], swap: list[int], cache: tuple[int, int]) -> Memory:
    return Memory(row[0], row[2], row[3], cache[0], cache[1], row[-1], swap[0], swap[2])


def _numbers(line: str) -> list[int]:
    return [int(part) for part in line.split()[1:]]


@pytest.mark.parametrize("flag", ["", "-w"])
def test_free_is_laid_out_as_the_real_one(flag: str) -> None:
    real = _capture(f"jc_ubuntu-18.04_free{flag}.txt")
    _, first, second = real.splitlines()
    row = _numbers(first)
    cache = (row[4], row[5]) if flag else (0, row[4])
    assert free.table(_memory(row, _numbers(second), cache), _BIONIC, *filter(None, [flag])) == real


def test_free_shortens_as_the_real_one() -> None:
    real = _capture("jc_ubuntu-18.04_free-h.txt")
    now = Memory(2_017_300, 477_700, 1196, 0, 1_296_332, 1_585_920, 2_097_148, 2_096_880)
    assert free.table(now, _BIONIC, "-h") == real


def test_free_of_a_newer_release_is_one_wider_and_says_gi(machine: Machine, run: Run) -> None:
    assert run("free -h") == Answer(
        "               total        used        free      shared  buff/cache   available\n"
        "Mem:            62Gi       538Mi        59Gi       3.2Mi       2.5Gi        61Gi\n"
        "Swap:          8.0Gi          0B       8.0Gi\n"
    )


def test_free_counts_as_used_what_is_not_available_from_4_0_on(machine: Machine, run: Run) -> None:
    machine.system.set_os("ubuntu", "24.04")
    total, used, *_, available = _numbers(str(run("free").stdout).splitlines()[1])
    assert used == total - available


def test_free_sees_what_a_process_holds(machine: Machine, run: Run) -> None:
    def column(place: int) -> int:
        return _numbers(str(run("free").stdout).splitlines()[1])[place]

    before = column(1)
    machine.processes.spawn(("python3",), user="root", now=machine.clock.now).rss = 3 * 2**30
    assert column(1) - before == 3 * 2**20
    assert column(0) == machine.system.total_kb


def test_time_passes_between_two_tables_of_free(machine: Machine, run: Run) -> None:
    before = machine.clock.now
    said = str(run("free -s 2 -c 3").stdout)
    assert (said.count("Mem:"), machine.clock.now - before) == (3, 4.0)


def test_free_that_nobody_stops_ends_where_nothing_can_change(run: Run) -> None:
    said = run("free -s 2")
    assert (str(said.stdout).count("Mem:"), said.status) == (2, 0)
    assert said.stderr == "free: nothing runs here that could change this any more\n"


def test_free_refuses_with_its_usage(run: Run) -> None:
    said = run("free -x")
    assert (str(said.stderr).splitlines()[:4], said.status) == (
        ["free: invalid option -- 'x'", "", "Usage:", " free [options]"],
        1,
    )


# how much disk


def test_df_is_laid_out_as_the_real_one() -> None:
    real = _capture("jc_ubuntu-18.04_df.txt")
    rows = []
    for line in real.splitlines()[1:]:
        device, total, used, left, _, mount = line.split()
        rows.append(Mount(device, mount, "x", "", int(total), int(used), int(total) - int(used) - int(left)))
    assert disks.table(rows, Parsed((), ()), Unit()) == real


def test_df_names_and_counts(machine: Machine, run: Run) -> None:
    machine.system.set_disk("/data 2T")
    machine.follow()
    machine.files.sized("/data/set.bin", 100 * 2**30)
    assert run("df -h --output=source,size,used,pcent,target /data/set.bin") == Answer(
        "Filesystem      Size  Used Use% Mounted on\n/dev/sdb1       2.0T  101G   6% /data\n"
    )
    assert [line.split()[0] for line in str(run("df").stdout).splitlines()[1:]] == [
        *("tmpfs", "/dev/sda2", "tmpfs", "tmpfs", "/dev/sda1", "/dev/sdb1", "tmpfs"),
    ]


@pytest.mark.parametrize(
    ("line", "first"),
    [
        ("df /", "Filesystem     1K-blocks    Used Available Use% Mounted on"),
        ("df -P /", "Filesystem     1024-blocks    Used Available Capacity Mounted on"),
        ("df -hT /", "Filesystem     Type  Size  Used Avail Use% Mounted on"),
        ("df -i /", "Filesystem       Inodes IUsed    IFree IUse% Mounted on"),
        ("df -BM /", "Filesystem     1M-blocks  Used Available Use% Mounted on"),
    ],
)
def test_df_titles(run: Run, line: str, first: str) -> None:
    assert str(run(line).stdout).splitlines()[0] == first


def test_df_of_nothing_is_an_error(run: Run) -> None:
    assert run("df /nope") == Answer(stderr="df: /nope: No such file or directory\n", status=1)
    assert run("df -t nfs") == Answer(stderr="df: no file systems processed\n", status=1)
    assert run("df -x") == Answer(stderr=_hint("df", "option requires an argument -- 'x'"), status=1)


def test_lsblk_draws_the_disks(machine: Machine, run: Run) -> None:
    assert run("lsblk") == Answer(
        "NAME   MAJ:MIN RM   SIZE RO TYPE MOUNTPOINTS\n"
        "sda      8:0    0   500G  0 disk \n"
        "├─sda1   8:1    0   512M  0 part /boot/efi\n"
        "└─sda2   8:2    0 499.5G  0 part /\n"
    )


# what runs


def test_ps_shows_the_shell_and_itself(run: Run) -> None:
    assert run("ps") == Answer(
        "    PID TTY          TIME CMD\n   2412 pts/0    00:00:00 bash\n   2413 pts/0    00:00:00 ps\n"
    )


@pytest.mark.parametrize(("line", "name"), [("ps axu", "ps-axu"), ("ps -ef", "ps-ef")])
def test_ps_has_the_real_ones_columns(machine: Machine, run: Run, line: str, name: str) -> None:
    real = _capture(f"jc_ubuntu-18.04_{name}.txt").splitlines()
    machine.system.set_os("ubuntu", "18.04")
    said = str(run(line).stdout).splitlines()
    assert said[0] == real[0]
    place = real[0].index("COMMAND" if "axu" in line else "CMD")
    assert (real[2][place:], said[2][place:]) == ("[kthreadd]", "[kthreadd]")


def test_a_training_is_seen_by_ps_top_and_pgrep(machine: Machine, run: Run) -> None:
    process = machine.processes.spawn(("python3", "train.py"), user="root", now=machine.clock.now, cwd="/root")
    process.state, process.rss = "R", 3 * 2**30
    machine.processes.load_gpu(process.pid, 0, GpuUse(97, 8000))
    machine.clock.advance(200)
    process.cpu = 198.0
    assert run("ps -o pid,stat,%cpu,%mem,rss,time,args -p 2413") == Answer(
        "    PID STAT %CPU %MEM   RSS     TIME COMMAND\n   2413 Rl+  99.0  4.7 3145728 00:03:18 python3 train.py\n"
    )
    assert run("pgrep -af train") == Answer("2413 python3 train.py\n")
    assert run("pidof python3") == Answer("2413\n")
    top = str(run("top -bn1").stdout).splitlines()
    assert (top[7].split()[0], top[7].split()[8], top[7].split()[-1]) == ("2413", "99.0", "python3")


@pytest.mark.parametrize(
    ("name", "key"),
    [("jc_ubuntu-20.10_top-b-n1.txt", ("ubuntu", "20.04")), ("jc_centos-7.7_top-b-n3.txt", ("centos", "7"))],
)
def test_top_has_the_real_ones_lines(machine: Machine, run: Run, name: str, key: tuple[str, str]) -> None:
    real = _capture(name).splitlines()
    machine.system.set_os(*key)
    machine.system.set_memory("4G")
    said = str(run("top -bn1").stdout).splitlines()
    shape = [re.sub(r"[\d.]+", "0", re.sub(r" +(?=\d)", "", line)) for line in said[2:7]]
    assert shape == [re.sub(r"[\d.]+", "0", re.sub(r" +(?=\d)", "", line)) for line in real[2:7]]
    assert [len(line) for line in said[2:7]] == [len(line) for line in real[2:7]]


def test_errors_of_ps(run: Run) -> None:
    assert str(run("ps -o nope").stderr).splitlines()[0] == 'error: unknown user-defined format specifier "nope"'
    assert (str(run("ps --nope").stderr).splitlines()[0], run("ps --nope").status) == (
        "error: unknown gnu long option",
        1,
    )
    assert run("ps -p 999999") == Answer("    PID TTY          TIME CMD\n", status=1)


def test_uptime_counts_from_the_boot(machine: Machine, run: Run) -> None:
    machine.system.boot = machine.clock.now - (2 * 86400 + 19 * 3600 + 32 * 60)
    assert run("uptime") == Answer(" 09:00:00 up 2 days, 19:32,  1 user,  load average: 0.01, 0.02, 0.00\n")
    assert run("uptime -p") == Answer("up 2 days, 19 hours, 32 minutes\n")
    assert run("uptime -s") == Answer("2021-03-29 13:28:00\n")
    machine.system.boot = machine.clock.now - 120
    assert str(run("uptime").stdout).startswith(" 09:00:00 up 2 min,  1 user,")


# what is in the box


def test_old_lscpu_has_the_real_ones_lines(machine: Machine, run: Run) -> None:
    real = _capture("lscpu_gpu_programming_intro_1.txt").splitlines()
    machine.system.set_os("ubuntu", "18.04")
    machine.system.set_cpu("2x Xeon Gold 6342, 48 cores")
    said = str(run("lscpu").stdout).splitlines()
    same = [line for line in real if "NUMA node" not in line and "MHz" not in line and "Flags" not in line]
    assert [line for line in same if line not in said] == []


def test_lscpu_and_nproc_agree(machine: Machine, run: Run) -> None:
    machine.system.set_cpu("2x AMD EPYC 7742")
    rows = dict(line.split(":", 1) for line in str(run("lscpu").stdout).splitlines())
    assert {name: rows[name].strip() for name in ("CPU(s)", "Socket(s)", "NUMA node1 CPU(s)")} == {
        "CPU(s)": "256",
        "Socket(s)": "2",
        "NUMA node1 CPU(s)": "64-127,192-255",
    }
    assert run("nproc") == Answer("256\n")


def test_lspci_shows_the_gpus_that_are_there(machine: Machine, run: Run) -> None:
    assert run("lspci -d 10de:") == Answer()
    machine.devices.set_gpus(1, "RTX 3090")
    assert run("lspci -nn -d 10de:") == Answer(
        "01:00.0 VGA compatible controller [0300]: NVIDIA Corporation GA102 [GeForce RTX 3090] [10de:2204] (rev a1)\n"
        "01:00.1 Audio device [0403]: NVIDIA Corporation GA102 High Definition Audio Controller [10de:1aef] (rev a1)\n"
    )
