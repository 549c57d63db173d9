"""Waiting, a clean screen, the environment, the shell's builtins."""

from __future__ import annotations

import asyncio

import pytest

from llm_kernel.machine import Machine
from llm_kernel.programs.exact.builtins import helps
from llm_kernel.programs.exact.terminal import bash, clear, compgen, enable, manual, printenv, sleep
from llm_kernel.programs.table import NotExact
from llm_kernel.shell.call import Answer, Call
from llm_kernel.timeline import Timeline
from tests.notebook import Notebook, err, out


class _Io:
    parent = 0
    adopted = None

    def __init__(self, machine: Machine) -> None:
        self.said = ("", "")
        self.strand = Timeline(machine.clock).strand(front=True)

    async def out(self, data: str | bytes) -> None:
        self.said = (self.said[0] + str(data), self.said[1])

    async def err(self, data: str | bytes) -> None:
        self.said = (self.said[0], self.said[1] + str(data))

    async def read(self) -> bytes:
        return b""


async def _sleep(*args: str) -> tuple[float, int, tuple[str, str]]:
    machine = Machine()
    io = _Io(machine)
    start = machine.clock.now
    status = await sleep(Call("sleep", args, machine, env={"LANG": "C"}), io)
    return machine.clock.now - start, status, io.said


@pytest.mark.parametrize(
    ("args", "seconds"),
    [(("2",), 2), (("0.5",), 0.5), (("1.5m",), 90), (("1h", "1s"), 3601), (("1d",), 86400), (("1e3",), 1000)],
)
async def test_sleep_lets_the_machines_time_pass_at_once(args: tuple[str, ...], seconds: float) -> None:
    assert await _sleep(*args) == (seconds, 0, ("", ""))


@pytest.mark.parametrize(
    ("args", "text"),
    [
        ((), "sleep: missing operand\nTry 'sleep --help' for more information.\n"),
        (("x",), "sleep: invalid time interval 'x'\nTry 'sleep --help' for more information.\n"),
        (
            ("1", "-1"),
            "sleep: invalid option -- '1'\nTry 'sleep --help' for more information.\n",
        ),
        (
            ("1w", "2", "y"),
            "sleep: invalid time interval '1w'\nsleep: invalid time interval 'y'\n"
            "Try 'sleep --help' for more information.\n",
        ),
    ],
)
async def test_a_mistaken_sleep_takes_no_time(args: tuple[str, ...], text: str) -> None:
    assert await _sleep(*args) == (0, 1, ("", text))


@pytest.mark.parametrize("how_long", ["infinity", "inf", "99999d"])
async def test_a_sleep_that_never_ends_waits_for_an_interrupt(how_long: str) -> None:
    notebook = Notebook()
    cell = asyncio.ensure_future(notebook(f"echo a; sleep {how_long}; echo b"))
    done, _ = await asyncio.wait({cell}, timeout=0.2)
    assert not done
    cell.cancel()
    await asyncio.wait({cell})
    assert await notebook("echo $?") == out("130\n")


async def test_a_loop_of_sleeps_can_be_interrupted() -> None:
    notebook = Notebook()
    cell = asyncio.ensure_future(notebook("while true; do sleep 1; done"))
    await asyncio.wait({cell}, timeout=0.1)
    cell.cancel()
    await asyncio.wait({cell})
    assert await notebook("echo $?") == out("130\n")


async def test_time_counts_a_sleep_as_idle() -> None:
    assert await Notebook()("time sleep 61") == err("\nreal\t1m1.002s\nuser\t0m0.002s\nsys\t0m0.000s\n", 0)


def _call(*words: str, env: dict[str, str] | None = None) -> Call:
    return Call(words[0], words[1:], Machine(), env=env or {})


def test_clear_wipes_the_screen() -> None:
    assert clear(_call("clear")) == Answer("\x1b[H\x1b[2J\x1b[3J")
    with pytest.raises(NotExact):
        clear(_call("clear", "-V"))


def test_printenv_prints_all_or_some() -> None:
    env = {"HOME": "/root", "A": "b"}
    assert printenv(_call("printenv", env=env)) == Answer("A=b\nHOME=/root\n")
    assert printenv(_call("printenv", "HOME", env=env)) == Answer("/root\n")
    assert printenv(_call("printenv", "-0", "A", "NOPE", env=env)) == Answer("b\0", "", 1)


def test_enable_names_bashs_builtins_and_no_others() -> None:
    listed = enable(_call("enable")).stdout
    assert isinstance(listed, str)
    assert listed.split("\n")[:3] == ["enable .", "enable :", "enable ["]
    assert len(listed.splitlines()) == 61
    assert enable(_call("enable", "-n", "echo")) == Answer()
    assert enable(_call("enable", "git")) == Answer("", "bash: enable: git: not a shell builtin\n", 1)


def test_compgen_lists_builtins_and_programs_of_the_path() -> None:
    env = {"PATH": "/usr/bin:/nowhere"}
    assert compgen(_call("compgen", "-b", "ec")) == Answer("echo\n")
    assert compgen(_call("compgen", "-c", "whoa", env=env)) == Answer("whoami\n")
    assert compgen(_call("compgen", "-c", "zzz", env=env)) == Answer("", "", 1)
    with pytest.raises(NotExact):
        compgen(_call("compgen", "-v"))


def test_bash_tells_the_version_of_its_system() -> None:
    said = bash(_call("bash", "--version")).stdout
    version = Machine().system.profile.bash
    assert str(said).splitlines()[0] == f"GNU bash, version {version} (x86_64-pc-linux-gnu)"
    with pytest.raises(NotExact):
        bash(_call("sh", "x.sh"))


@pytest.mark.parametrize("name", ["man", "info"])
def test_manuals_are_the_models(name: str) -> None:
    with pytest.raises(NotExact):
        manual(_call(name, "ls"))


def test_help_tells_the_usage_and_a_sentence() -> None:
    assert helps(_call("help", "pwd")).stdout == (
        "pwd: pwd [-LP]\n    Write the name of the directory that you are in.\n"
    )
    assert helps(_call("help", "-s", "pu*")).stdout == (
        "Shell commands matching keyword `pu*'\n\npushd: pushd [-n] [+N | -N | dir]\n"
    )
    said = "no help topics match `zz'.  Try `help help' or `man -k zz' or `info zz'."
    assert helps(_call("help", "zz")) == Answer("", f"bash: help: {said}\n", 1)
    with pytest.raises(NotExact):
        helps(_call("help"))
