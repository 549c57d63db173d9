"""Shells inside the shell: ``bash -c``, scripts, ``eval`` and ``source`` see the machine, and complain as bash does."""

from __future__ import annotations

import pytest

from llm_kernel.events import Text
from tests.notebook import Notebook, err, out


async def ran(notebook: Notebook, script: str) -> tuple[str, str, int]:
    events = await notebook(script)
    texts = [event for event in events if isinstance(event, Text)]
    said = ["".join(text.text for text in texts if text.stream == name) for name in ("stdout", "stderr")]
    return said[0], said[1], events[-1].status


@pytest.mark.parametrize(
    "script",
    [
        "bash -c 'date +%F; echo $((EPOCHSECONDS - $(date +%s)))'",
        "eval 'date +%F; echo $((EPOCHSECONDS - $(date +%s)))'",
        "echo 'date +%F; echo $((EPOCHSECONDS - $(date +%s)))' | bash",
        "bash <<'X'\ndate +%F; echo $((EPOCHSECONDS - $(date +%s)))\nX",
        "printf '%s\\n' 'date +%F; echo $((EPOCHSECONDS - $(date +%s)))' > d.sh; bash d.sh",
        "printf '%s\\n' 'date +%F; echo $((EPOCHSECONDS - $(date +%s)))' > d.sh; source d.sh",
        "printf '%s\\n' 'date +%F; echo $((EPOCHSECONDS - $(date +%s)))' > d.sh; chmod +x d.sh; ./d.sh",
        "printf '%s\\n' 'date +%F; echo $((EPOCHSECONDS - $(date +%s)))' > d.sh; chmod +x d.sh; PATH=$PATH:. d.sh",
        "x='date +%F; echo $((EPOCHSECONDS - $(date +%s)))'; sudo bash -c \"$x\"",
        "echo a | xargs bash -c 'date +%F; echo $((EPOCHSECONDS - $(date +%s)))'",
    ],
)
async def test_time_is_the_machines_however_deep_it_is_asked_for(script: str) -> None:
    notebook = Notebook()
    today = notebook.machine.clock.local.strftime("%Y-%m-%d")
    assert await notebook(script) == out(f"{today}\n0\n")


@pytest.mark.parametrize(
    ("script", "said", "status"),
    [
        ("bash -c 'nosuch'", "bash: line 1: nosuch: command not found\n", 127),
        ("bash -c ':\nnosuch' me", "me: line 2: nosuch: command not found\n", 127),
        ("bash -c './nosuch'", "bash: line 1: ./nosuch: No such file or directory\n", 127),
        ("bash nosuch", "bash: nosuch: No such file or directory\n", 127),
        ("bash /tmp", "/tmp: /tmp: Is a directory\n", 126),
        (
            "bash -c 'for'",
            "bash: -c: line 1: syntax error near unexpected token `newline'\nbash: -c: line 1: `for'\n",
            2,
        ),
        (
            "eval for",
            "bash: eval: line 1: syntax error near unexpected token `newline'\nbash: eval: line 1: `for'\n",
            2,
        ),
        ("printf ':\\nnosuch\\n' > s; bash s", "s: line 2: nosuch: command not found\n", 127),
        ("printf ':\\nnosuch\\n' > s; chmod +x s; ./s", "./s: line 2: nosuch: command not found\n", 127),
        ("printf ':\\n)\\n' > s; bash s", "s: line 2: syntax error near unexpected token `)'\ns: line 2: `)'\n", 2),
        ("bash -c 'builtin nosuch'", "bash: line 1: builtin: nosuch: not a shell builtin\n", 1),
        ("bash -c 'set -u; echo $u'", "bash: line 1: u: unbound variable\n", 127),
        ("bash -c 'echo ${u:?no}'", "bash: line 1: u: no\n", 127),
        ("timeout 1 nosuch", "timeout: failed to run command ‘nosuch’: No such file or directory\n", 127),
        ("env nosuch", "env: ‘nosuch’: No such file or directory\n", 127),
        ("cat -Q", "cat: invalid option -- 'Q'\nTry 'cat --help' for more information.\n", 1),
        ("bash -c 'echo x > /dev/full'", "bash: line 1: echo: write error: No space left on device\n", 1),
    ],
)
async def test_mistakes_are_told_as_bash_tells_them(script: str, said: str, status: int) -> None:
    assert await Notebook()(script) == err(said, status)


@pytest.mark.parametrize(
    ("script", "status"),
    [
        ("bash -c 'set -u; exit 1'", 1),
        ("bash -c 'set -u; false'", 1),
        ("bash -c 'set -eu; false; true'", 1),
        ("bash -c 'set -u; (exit 7)'", 7),
        ("bash -c 'set -u; false; exit $?'", 1),
        ("bash -c 'set -u; f() { return 1; }; f || exit'", 1),
    ],
)
async def test_a_shell_that_ends_by_its_own_will_has_its_own_status(script: str, status: int) -> None:
    assert (await Notebook()(script))[-1].status == status


async def test_a_script_in_a_loop_leaves_the_loop_its_input() -> None:
    script = (
        "printf 'a\\nb\\n' | while read x; do bash -c 'echo in'; echo $x; done; echo data | bash -c 'read y; echo $y'"
    )
    assert await Notebook()(script) == out("in\na\nin\nb\ndata\n")


async def test_each_shell_has_a_number_of_its_own() -> None:
    script = "echo $$; bash -c 'echo $PPID $$; grep Name /proc/$$/status; bash -c \"echo \\$PPID\"'"
    said = (await Notebook().said(script)).split()
    assert (said[0], said[2]) == (said[1], said[5])
    assert (said[3:5], said[0] != said[2]) == (["Name:", "bash"], True)


async def test_a_sourced_file_keeps_its_name() -> None:
    script = "printf 'echo $BASH_SOURCE $$\\nnosuch\\n' > s.sh; source s.sh"
    notebook = Notebook()
    said, wrong, _ = await ran(notebook, script)
    assert said == f"s.sh {notebook.machine.processes.shell}\n"
    assert "s.sh: line 2" in wrong or wrong == "bash: nosuch: command not found\n"
    assert not notebook.machine.files.exists("/dev/.sourced")


async def test_seconds_are_the_machines_also_in_arithmetic() -> None:
    script = (
        "SECONDS=0; sleep 5; echo $SECONDS $((SECONDS * 2)); (( SECONDS >= 5 )) && echo yes; SECONDS=100; echo $SECONDS"
    )
    assert await Notebook()(script) == out("5 10\nyes\n100\n")


async def test_command_v_finds_what_is_there() -> None:
    assert await Notebook()("command -v nosuchprog; echo $?; command -v ls cd; f() { :; }; command -v f") == out(
        "1\n/usr/bin/ls\ncd\nf\n"
    )


async def test_tests_of_links_and_options_are_true_of_what_is_so() -> None:
    links = "touch a; ln -s a b; [[ -L a ]]; echo $?; [[ -L b && -h b ]]; echo $?"
    assert await Notebook()(f"{links}; [[ -o errexit ]]; echo $?; [[ ! -L a ]] && echo n") == out("1\n0\n1\nn\n")


async def test_each_element_is_changed_when_a_list_is_copied() -> None:
    assert await Notebook()('a=(x.c "y z.c"); b=("${a[@]%.c}"); echo ${#b[@]} "${b[1]}"') == out("2 y z\n")


async def test_a_sleep_that_timeout_ends_takes_its_time_and_no_more() -> None:
    notebook = Notebook()
    before = notebook.machine.clock.now
    assert await notebook("timeout 2 sleep 10; echo $?; timeout 5 sleep 1; echo $?") == out("124\n0\n")
    assert 3 <= notebook.machine.clock.now - before < 3.1


async def test_an_eval_of_itself_is_bounded_and_the_shell_lives_on() -> None:
    notebook = Notebook()
    events = await notebook('f=\'eval "$f"\'; eval "$f"; echo $?')
    assert events[0].text.startswith("bash: eval: maximum eval nesting level exceeded (")
    assert await notebook("for i in 1 2; do eval \"eval 'x=$i; (exit 3)'\"; echo $? $x; done") == out("3 1\n3 2\n")
