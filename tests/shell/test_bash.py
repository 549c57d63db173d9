"""The login shell by itself: what persists, who is asked, what an interrupt leaves; the library is not seen."""

from __future__ import annotations

import asyncio
import gc
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from llm_kernel.events import Exit, Text
from llm_kernel.machine import Machine
from llm_kernel.shell.bash import Shell
from llm_kernel.shell.beginning import environment
from llm_kernel.shell.call import Call
from llm_kernel.shell.channel import Streams
from llm_kernel.shell.limits import Limits
from tests.notebook import Notebook


@dataclass
class Console:
    """A shell whose programs say who they are."""

    machine: Machine = field(default_factory=Machine)
    calls: list[tuple[str, ...]] = field(default_factory=list)
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        self.shell = Shell(self.machine, self._program, ours=["ls"], limits=self.limits)
        self.out, self.err = bytearray(), bytearray()

    async def _program(self, call: Call, streams: Streams) -> int:
        self.calls.append((call.name, *call.args))
        await streams.out(f"<{call.name.rpartition('/')[2]}>\n")
        return 0

    async def _out(self, data: bytes) -> None:
        self.out.extend(data)

    async def _err(self, data: bytes) -> None:
        self.err.extend(data)

    async def __call__(self, script: str) -> tuple[str, str, int]:
        self.out.clear()
        self.err.clear()
        status = await self.shell.run(script, self._out, self._err, typed=script)
        return self.out.decode("utf-8", "replace"), self.err.decode("utf-8", "replace"), status


@pytest.fixture
def sh() -> Console:
    return Console()


async def test_directory_variables_functions_aliases_and_status_outlive_a_run(sh: Console) -> None:
    await sh("cd /tmp; x=5; f() { echo f$1; }; alias k='echo kk'; false")
    assert await sh("echo $?; pwd; echo $x; f 2; k") == ("1\n/tmp\n5\nf2\nkk\n", "", 0)


@pytest.mark.parametrize(
    ("script", "call"),
    [
        ("git status", ("git", "status")),
        ("git status | cat", ("git", "status")),
        ("for i in 1; do git $i; done", ("git", "1")),
        ("x=$(git a); echo $x", ("git", "a")),
        ("f() { git b; }; f", ("git", "b")),
        ("echo a b | xargs git", ("git", "a", "b")),
        ("sudo git c", ("git", "c")),
        ("env A=1 git d", ("git", "d")),
        ("/usr/bin/git h", ("/usr/bin/git", "h")),
        ("./train.py --epochs 3", ("./train.py", "--epochs", "3")),
        ("c=git; $c i", ("git", "i")),
        ("c='git j'; eval $c", ("git", "j")),
        ("bash -c 'git k'", ("git", "k")),
        ("sh -c 'git l'", ("git", "l")),
        ("trap 'git m' EXIT", ("git", "m")),
        ("if git n; then :; fi", ("git", "n")),
        ("! git o", ("git", "o")),
        ("command git p", ("git", "p")),
        ("(git q)", ("git", "q")),
    ],
)
async def test_a_program_is_ours_wherever_it_stands(sh: Console, script: str, call: tuple[str, ...]) -> None:
    out, err, _ = await sh(script)
    assert (sh.calls, "<git>" in out or "<train.py>" in out, err) == ([call], True, "")


async def test_what_bash_and_its_tools_do_is_never_a_program(sh: Console) -> None:
    assert await sh("printf 'b\\na\\n' | sort | head -1; [ 1 -lt 2 ] && echo $((6 * 7))") == ("a\n42\n", "", 0)
    assert sh.calls == []


@pytest.mark.parametrize(
    ("script", "out"),
    [
        ("/bin/cat /etc/hostname", "ubuntu\n"),
        ("/bin/echo hi", "hi\n"),
        ("sudo /usr/bin/head -1 /etc/hostname", "ubuntu\n"),
        ("/bin/sh -c 'echo x'", "x\n"),
        ("/usr/bin/env A=b sh -c 'echo $A'", "b\n"),
        ("echo a | xargs /bin/echo b", "b a\n"),
    ],
)
async def test_a_tool_named_by_its_path_is_the_same_tool(sh: Console, script: str, out: str) -> None:
    assert (await sh(script), sh.calls) == ((out, "", 0), [])


@pytest.mark.parametrize(
    "script",
    [
        "grep --version",
        "cat --help | head -1",
        "echo $(tar --version)",
        "sudo -l",
        "sudo sed --version",
        "bash --help",
        "tail -f /etc/hostname",
        "xargs --version",
    ],
)
async def test_what_a_tool_says_of_itself_is_not_the_librarys_to_say(sh: Console, script: str) -> None:
    assert (await sh(script))[1:] == ("", 0)
    assert len(sh.calls) == 1


@pytest.mark.parametrize(
    ("script", "err", "status"),
    [
        ("echo )", "bash: line 1: syntax error near unexpected token `)'\nbash: line 1: `echo )'\n", 2),
        ("if true; then", "bash: line 2: syntax error: unexpected end of file\n", 2),
        ("$(cat", "bash: line 2: unexpected EOF while looking for matching `)'\n", 2),
        ("cat --zzz", "cat: unrecognized option '--zzz'\nTry 'cat --help' for more information.\n", 1),
        ("od -Q", "od: invalid option -- 'Q'\nTry 'od --help' for more information.\n", 1),
        ("tee -Z", "tee: invalid option -- 'Z'\nTry 'tee --help' for more information.\n", 1),
        ("f() { f; }; f", "bash: maximum function nesting level exceeded\n", 1),
        ("cd /no", "bash: line 1: cd: /no: No such file or directory\n", 1),
    ],
)
async def test_mistakes_are_told_in_bashs_words(sh: Console, script: str, err: str, status: int) -> None:
    assert await sh(script) == ("", err, status)


async def test_what_stands_above_a_syntax_error_has_run(sh: Console) -> None:
    out, err, status = await sh("echo a\necho )")
    assert (out, status) == ("a\n", 2)
    assert err == "bash: line 2: syntax error near unexpected token `)'\nbash: line 2: `echo )'\n"


async def test_after_a_syntax_error_the_status_is_two(sh: Console) -> None:
    await sh("echo )")
    assert await sh("echo $?") == ("2\n", "", 0)


async def test_exit_and_errexit_end_the_run_and_not_the_shell(sh: Console) -> None:
    assert await sh("echo a; exit 3; echo b") == ("a\n", "", 3)
    assert await sh("echo $?; set -e; false; echo no") == ("3\n", "", 1)
    assert await sh("false; echo yes") == ("yes\n", "", 0)


async def test_the_shell_knows_its_number_its_version_and_its_name(sh: Console) -> None:
    pid, version = sh.machine.processes.shell, sh.machine.system.profile.bash
    script = 'echo $$ "$$" ${$} \'$$\'; echo "$BASH_VERSION" $BASH ${BASH_VERSINFO[0]}'
    assert await sh(script) == (f"{pid} {pid} {pid} $$\n{version} /bin/bash {version[0]}\n", "", 0)


async def test_the_time_is_the_machines(sh: Console) -> None:
    sh.shell.know(["date"])
    now = int(sh.machine.clock.now)
    assert await sh("echo $((EPOCHSECONDS)) $SECONDS") == (f"{now} 0\n", "", 0)
    sh.machine.clock.advance(90)
    assert await sh("echo $((EPOCHSECONDS)) $SECONDS") == (f"{now + 90} 90\n", "", 0)


@pytest.mark.parametrize(
    ("script", "args"),
    [
        ("printf '%(%F)T\\n' -1", "+%F"),
        ("printf '%(%F)T\\n'", "+%F"),
        ("printf '%s %(%T)T\\n' a 86400", "-d @86400 +%T"),
        ("echo $EPOCHSECONDS", "+%s"),
    ],
)
async def test_printf_and_epochseconds_ask_the_machines_date(sh: Console, script: str, args: str) -> None:
    await sh(script)
    assert [" ".join(call) for call in sh.calls] == [f"date {args}"]


async def test_chance_is_the_seeds(sh: Console) -> None:
    assert await sh("echo $RANDOM $RANDOM") == await Console()("echo $RANDOM $RANDOM")


async def test_history_is_what_was_typed(sh: Console) -> None:
    await sh("echo a\nfor i in 1; do\n echo $i\ndone")
    await sh("echo )")
    out = "    1  echo a\n    2  for i in 1; do\n echo $i\ndone\n    3  echo )\n    4  history\n"
    assert await sh("history") == (out, "", 0)
    assert await sh("history 1 | cat") == ("    5  history 1 | cat\n", "", 0)
    assert await sh("history -d 1; history | head -1") == ("    1  for i in 1; do\n", "", 0)
    assert await sh("history -c; history") == ("", "", 0)


async def test_history_of_a_mistaken_number(sh: Console) -> None:
    assert await sh("history x") == ("", "bash: history: x: numeric argument required\n", 1)
    assert await sh("history -d 99") == ("", "bash: history: 99: history position out of range\n", 1)


async def test_fc_lists_what_came_before(sh: Console) -> None:
    await sh("echo a")
    assert await sh("fc -l") == ("1\t echo a\n", "", 0)


async def test_type_knows_every_kind_of_word(sh: Console) -> None:
    await sh("g() { :; }")
    said = (
        "ll is aliased to `ls -alF'\ncd is a shell builtin\nls is /usr/bin/ls\nif is a shell keyword\n"
        "history is a shell builtin\ng is a function\ng () \n{ \n    :\n}\n"
    )
    assert await sh("type ll cd ls if history g") == (said, "", 0)


async def test_an_interrupt_keeps_what_was_said_and_the_shell(sh: Console) -> None:
    async def slow(call: Call, streams: Streams) -> int:
        await streams.out("half\n")
        await asyncio.sleep(60)
        return 0

    sh.shell._program = slow
    run = asyncio.ensure_future(sh("x=7; cd /tmp; prog; echo never"))
    while b"half" not in sh.out:
        await asyncio.sleep(0.005)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert bytes(sh.out) == b"half\n"
    assert await sh("echo $? $x $PWD") == ("130 7 /tmp\n", "", 0)


async def test_an_endless_loop_ends_by_an_interrupt(sh: Console) -> None:
    run = asyncio.ensure_future(sh("while :; do :; done"))
    await asyncio.sleep(0.1)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert await sh("echo $?") == ("130\n", "", 0)


async def test_stop_ends_a_run_from_inside(sh: Console) -> None:
    async def stop(call: Call, streams: Streams) -> int:
        await sh.shell.stop()
        return 1

    sh.shell._program = stop
    out, err, _ = await sh("echo a; prog; echo b")
    assert (out, err) == ("a\n", "")
    assert await sh("echo next") == ("next\n", "", 0)


async def test_a_bounded_loop_ends_with_bashs_words() -> None:
    sh = Console(limits=Limits(loops=1000))
    assert (await sh("while :; do :; done"))[1] == "bash: fork: retry: Resource temporarily unavailable\n"
    assert await sh("echo next") == ("next\n", "", 0)


async def test_what_is_bounded_beside_loops_ends_with_bashs_words_too() -> None:
    sh = Console(limits=Limits(commands=50))
    assert (await sh("; ".join(["true"] * 60)))[1] == "bash: fork: retry: Resource temporarily unavailable\n"
    assert (await sh("echo {1..1000000}"))[1] == "bash: brace expansion: failed to allocate memory\n"
    assert await sh("echo next") == ("next\n", "", 0)


async def test_bytes_that_are_no_text_do_not_reach_the_next_run(sh: Console) -> None:
    assert (await sh("printf 'a\\0b\\xff\\xfe'"))[0] == "a\0b\ufffd\ufffd"
    assert await sh("echo next") == ("next\n", "", 0)


@pytest.mark.parametrize("path", ["../../../../../etc/passwd", __file__])
async def test_the_hosts_files_are_not_there(sh: Console, path: str) -> None:
    said = [await sh(f"cat '{path}'"), await sh(f"cat < '{path}'"), await sh(f"source '{path}'; ls")]
    if path.endswith("/etc/passwd"):
        assert said[0][0] == sh.machine.files.read("/etc/passwd").decode()
    else:
        assert [one[0] for one in said] == ["", "", "<ls>\n"]


async def test_the_environment_of_a_process_is_the_machines(sh: Console) -> None:
    out, err, status = await sh("tr '\\0' '\\n' < /proc/self/environ; cat /proc/1/environ | tr '\\0' '\\n'")
    assert (err, status, {line.partition("=")[0] for line in out.split()} - {"TERM"}) == (
        "",
        0,
        {"PATH", "LANG", "HOME", "LOGNAME", "SHELL", "USER"},
    )


async def test_no_byte_leaves_the_host(sh: Console) -> None:
    words = "No such file or directory\n"
    assert await sh("echo hi > /dev/tcp/127.0.0.1/80") == ("", f"bash: line 1: /dev/tcp/127.0.0.1/80: {words}", 1)


async def test_time_speaks_of_the_machines_time(sh: Console) -> None:
    async def work(call: Call, streams: Streams) -> int:
        sh.machine.clock.advance(100)
        return 0

    sh.shell._program = work
    assert await sh("time prog") == ("", "\nreal\t1m40.002s\nuser\t1m27.002s\nsys\t0m4.000s\n", 0)


async def test_the_order_of_the_two_streams_is_kept_between_programs() -> None:
    sh = Console()

    async def both(call: Call, streams: Streams) -> int:
        for n in range(3):
            await streams.out(f"o{n}")
            await streams.err(f"e{n}")
        return 0

    sh.shell._program = both
    said: list[str] = []

    async def sink(data: bytes) -> None:
        said.append(data.decode())

    for _ in range(10):
        said.clear()
        await sh.shell.run("prog; echo b; prog; echo c", sink, sink)
        assert "".join(said) == "o0e0o1e1o2e2b\no0e0o1e1o2e2c\n"


async def test_follow_takes_over_the_machine_and_goes(sh: Console) -> None:
    sh.machine.system.set_host("gpu01")
    await sh.shell.follow("/tmp", {"EPOCHS": "it's 3"})
    assert await sh('echo "$HOSTNAME $PWD $EPOCHS"') == ("gpu01 /tmp it's 3\n", "", 0)


async def test_state_tells_where_the_shell_is(sh: Console) -> None:
    await sh("cd /tmp; greeting=hi; alias k=ls; g() { :; }")
    state = sh.shell.state()
    assert (state.cwd, state.variables["greeting"], state.aliases["k"]) == ("/tmp", "hi", "ls")
    assert state.functions == ("g",)


async def test_a_login_environment_holds_what_one_expects() -> None:
    machine = Machine()
    assert environment(machine)["PATH"] == "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    machine.devices.set_gpus(1, "GeForce RTX 3090")
    machine.devices.set_cuda("11.3")
    assert environment(machine)["PATH"].startswith("/usr/local/cuda/bin:")


async def test_the_exported_environment_is_a_login_shells(sh: Console) -> None:
    out, _, _ = await sh("env | cut -d= -f1 | sort | xargs")
    assert out == "HOME LANG LOGNAME PATH PWD SHELL SHLVL TERM USER\n"


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts open files as Linux shows them")
async def test_a_shell_that_is_gone_keeps_no_file_open() -> None:
    def opened() -> int:
        gc.collect()
        return len(list(Path("/proc/self/fd").iterdir()))

    notebook = Notebook(["hello\n@ spend 1\n"] * 12)
    await notebook("git status")
    before = opened()
    for _ in range(11):
        await notebook("git status")
    assert opened() <= before + 2


@pytest.mark.parametrize(
    ("script", "shown"),
    [
        ("echo x > /dev/tty; echo y", "x\ny\n"),
        ("false > /dev/tty; echo $?", "1\n"),
        ('x=$(echo a > /dev/tty; echo b); echo "[$x]"', "a\n[b]\n"),
        ("{ echo 1; echo 2; } > /dev/tty | cat; bash -c 'echo in >> /dev/tty' | wc -l", "1\n2\nin\n0\n"),
    ],
)
async def test_what_goes_to_the_terminal_is_shown_in_the_cell(script: str, shown: str) -> None:
    assert await Notebook().said(script) == shown


async def test_a_listed_function_holds_no_word_of_ours() -> None:
    body = "for i in 1; do { echo a; } 3>&1 1>&2 2>&3; done; echo x > /dev/tty; kill -0 1; sh -c :"
    said = await Notebook().said(f"set +x; f() {{ {body}; }}; declare -f f")
    assert "__llm" not in said
    assert [part for part in ("3>&1 >&2 2>&3", "echo x > /dev/tty;", "sh -c :") if part not in said] == []


async def test_who_writes_to_a_closed_stream_says_so() -> None:
    closed = "write error: Bad file descriptor\n"
    for line, name in (("date", "date"), ("python3 -c 'print(1)'", "python3")):
        assert await Notebook()(f"exec >&-; {line}") == [Text("stderr", f"{name}: {closed}"), Exit(1)]
