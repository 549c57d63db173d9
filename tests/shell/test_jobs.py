"""Job control as a person at the terminal meets it: families of jobs, stranger's pids, storms of signals."""

from __future__ import annotations

import pytest

from llm_kernel.events import Ask, Exit, Text
from tests.notebook import Notebook, err, out


async def _ended(notebook: Notebook, script: str) -> list[object]:
    """What a cell shows, without the numbers of its jobs."""
    events = await notebook(script)
    await notebook.session.close()
    return [event for event in events if not (isinstance(event, Text) and event.text.startswith("[1] "))]


async def test_a_job_of_a_job_writes_where_its_parent_does() -> None:
    events = await _ended(Notebook(), "( (sleep 1; echo in) & sleep 2; echo out ) & wait")
    assert events[0] == Text("stdout", "in\nout\n")


async def test_and_into_its_parents_file() -> None:
    notebook = Notebook()
    await notebook("( (sleep 1; echo in) & sleep 2; echo out ) > log 2>&1 & wait")
    assert notebook.text("/root/log") == "in\nout\n"


async def test_waiting_for_strangers_is_refused_and_for_the_dead_is_not() -> None:
    notebook = Notebook()
    assert await notebook("wait 99999") == err("bash: wait: pid 99999 is not a child of this shell\n", 127)
    await notebook("(exit 5) & wait $!")
    assert await notebook("wait $!; echo $?") == out("5\n")


async def test_a_storm_of_stops_leaves_a_job_as_it_was() -> None:
    notebook = Notebook()
    await notebook("sleep 50 &")
    await notebook("for i in {1..40}; do kill -STOP %1; kill -CONT %1; done")
    assert await notebook("jobs") == out("[1]+  Running                 sleep 50 &\n")
    began = notebook.machine.clock.now
    await notebook("wait")
    assert 49.9 < notebook.machine.clock.now - began < 50.1


async def test_time_stands_still_for_a_stopped_job_alone() -> None:
    notebook = Notebook()
    await notebook("(sleep 5; echo late > late) & (sleep 5; echo other > other) & kill -STOP %1; sleep 60")
    assert await notebook("ls") == out("other\n")
    await notebook("kill -CONT %1; wait")
    assert notebook.text("/root/late") == "late\n"


async def test_what_leaves_the_table_goes_on() -> None:
    notebook = Notebook()
    await notebook("(sleep 3; echo done > f) & disown")
    assert await notebook("jobs; sleep 4; cat f") == out("done\n")


async def test_the_first_of_several_ends_a_wait_for_any() -> None:
    notebook = Notebook()
    await notebook("sleep 9 & (sleep 1; exit 3) &")
    events = await notebook("wait -n; echo $?")
    assert events[-2:] == [Text("stdout", "3\n"), Exit(0)]
    assert await notebook("jobs") == out("[1]+  Running                 sleep 9 &\n")
    await notebook.session.close()


async def test_an_exit_trap_of_a_job_runs_at_its_end() -> None:
    events = await _ended(Notebook(), "(trap 'echo bye' EXIT; sleep 1; echo end) & wait")
    assert events[0] == Text("stdout", "end\nbye\n")


async def test_a_deadline_ends_what_was_started_in_the_background_too() -> None:
    notebook = Notebook()
    assert await notebook("timeout 2 bash -c 'sleep 10 & wait'") == [Exit(124)]
    assert await notebook("ps -ef | grep -c '[s]leep'") == out("0\n", 1)


async def test_what_ends_before_its_deadline_leaves_its_background_alone() -> None:
    notebook = Notebook()
    assert await notebook("timeout 2 bash -c 'sleep 30 & echo quick'; pgrep -c sleep") == out("quick\n1\n")
    await notebook.session.close()


async def test_a_coprocess_is_refused_and_what_stands_above_it_has_run() -> None:
    said = "coproc: this machine's shell has no coprocesses\n"
    assert await Notebook()("echo a\ncoproc cat\necho b") == [
        Text("stdout", "a\n"),
        Text("stderr", f"bash: {said}"),
        Exit(1),
    ]
    assert await Notebook()("bash -c 'coproc cat'") == err(f"bash: -c: {said}", 1)
    assert await Notebook()("echo coproc") == out("coproc\n")


async def test_a_muted_loop_starts_its_jobs_all_the_same() -> None:
    notebook = Notebook()
    await notebook("for i in 1 2 3; do (sleep 5; echo $i; echo $i >> f) & done >/dev/null 2>&1")
    began = notebook.machine.clock.now
    events = await notebook("wait; cat f")
    assert Text("stdout", "1\n2\n3\n") in events
    assert notebook.machine.clock.now - began < 6


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("kill -l 0 9 143 TERM SIGKILL", [Text("stdout", "EXIT\nKILL\nTERM\n15\n9\n"), Exit(0)]),
        ("trap -l | head -1", out(" 1) SIGHUP\t 2) SIGINT\t 3) SIGQUIT\t 4) SIGILL\t 5) SIGTRAP\n")),
        ("fg -z", err("bash: fg: -z: invalid option\nfg: usage: fg [job_spec]\n", 2)),
        ("wait -z", err("bash: wait: -z: invalid option\nwait: usage: wait [-fn] [id ...]\n", 2)),
        ("disown", err("bash: disown: current: no such job\n", 1)),
        ("kill %", err("bash: kill: %: no such job\n", 1)),
        ("bg %1 %2", err("bash: bg: %1: no such job\nbash: bg: %2: no such job\n", 1)),
        ("jobs -x echo a b", out("a b\n")),
        ("wait -n %9", err("bash: wait: %9: no such job\n", 127)),
        ("kill -s", err("bash: kill: -s: option requires an argument\n", 1)),
        ("kill -l | tail -n 1 | cat -A", out("63) SIGRTMAX-1^I64) SIGRTMAX^I$\n")),
    ],
)
async def test_the_words_of_job_control_complain_as_bash_does(script: str, said: list[object]) -> None:
    assert await Notebook()(script) == said


async def test_a_name_that_several_jobs_fit_means_none_of_them() -> None:
    notebook = Notebook()
    await notebook("sleep 100 & sleep 200 &")
    words = ["fg %sle", "bg %?00", "kill %s", "wait %sleep", "jobs %?eep", "disown %sl"]
    said = ["fg: sle", "bg: 00", "kill: s", "wait: sleep", "jobs: eep", "disown: sl"]
    for word, wrong in zip(words, said, strict=True):
        status = 127 if word.startswith("wait") else 1
        assert await notebook(word) == err(f"bash: {wrong}: ambiguous job spec\n", status)
    assert await notebook("fg %?1") == out("sleep 100\n")
    await notebook.session.close()


async def test_a_stopped_job_is_listed_told_once_and_taken_up() -> None:
    notebook = Notebook()
    await notebook("sleep 100 & sleep 200 &")
    await notebook("kill -STOP %1")
    assert await notebook("jobs") == out(
        "[1]+  Stopped                 sleep 100\n[2]-  Running                 sleep 200 &\n"
    )
    assert await notebook("jobs -s; jobs -n") == out("[1]+  Stopped                 sleep 100\n")
    assert await notebook("bg") == out("[1]+ sleep 100 &\n")
    assert await notebook("jobs -r | wc -l; disown -r; jobs") == out("2\n")
    await notebook.session.close()


async def test_an_exit_status_above_128_is_no_signal_where_the_shell_itself_ends_with_it() -> None:
    events = await Notebook()("(exit 143) & wait $!")
    assert events[0].text.endswith("[1]+  Exit 143                ( exit 143 )\n")


async def test_the_last_job_is_named_behind_another_value_in_quotes() -> None:
    notebook = Notebook()
    await notebook("sleep 9 &")
    assert await notebook('echo "$? $!" "a  ${!}"') == out("0 2413 a  2413\n")
    await notebook.session.close()


def _newer() -> Notebook:
    """A machine whose bash knows ``wait -p``."""
    notebook = Notebook()
    notebook.machine.system.set_os("ubuntu", "22.04")
    return notebook


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("sleep 2 & (sleep 1; exit 4) & b=$!; wait -n -p who; echo $? $((who - b)); wait", "4 0\n"),
        ("sleep 1 & a=$!; sleep 2 & wait -p who $! $a; echo $? $((who - a))", "0 0\n"),
        ("(exit 3) & wait $!; wait -pwho $!; echo $? $((who - $!))", "3 0\n"),
        ("sleep 1 & wait -fnp 'a[2]'; echo ${#a[@]} $((a[2] - $!))", "1 0\n"),
        ("who=x; sleep 1 & wait -p who; echo $? ${who-unset}", "0 unset\n"),
        ("who=x; wait -n -p who; echo $? ${who-unset}", "127 unset\n"),
        ("f() { local w; sleep 1 & wait -n -p w; echo ${w:+set}; }; f; echo ${w-unset}", "set\nunset\n"),
        ("bash -c '(exit 2) & if wait -p w $!; then echo no; else echo $? ${w:+set}; fi'", "2 set\n"),
    ],
)
async def test_wait_names_the_job_that_it_was_for(script: str, said: str) -> None:
    notebook = _newer()
    events = await notebook(script)
    assert "".join(event.text for event in events if isinstance(event, Text) and event.stream == "stdout") == said


async def test_wait_refuses_what_is_no_variable() -> None:
    usage = "wait: usage: wait [-fn] [-p var] [id ...]\n"
    assert await _newer()("wait -p") == err(f"bash: wait: -p: option requires an argument\n{usage}", 2)
    assert await _newer()("wait -p 1a") == err("bash: wait: `1a': not a valid identifier\n", 1)
    assert await _newer()("who=x; wait -q -p who; echo $?") == [
        Text("stderr", f"bash: wait: -q: invalid option\n{usage}"),
        Text("stdout", "2\n"),
        Exit(0),
    ]


_LOOP = """printf '#!/bin/bash\\necho $$ > pid\\ntrap "echo bye; exit 4" TERM\\nwhile :; do sleep 1; done\\n' > t.sh
chmod +x t.sh"""


@pytest.mark.parametrize(
    ("job", "shell"),
    [
        ("bash t.sh 1", "2413    2412 bash            bash t.sh 1\n"),
        ("./t.sh 1", "2413    2412 t.sh            /bin/bash ./t.sh 1\n"),
        ("nohup ./t.sh 1", "2413    2412 t.sh            /bin/bash ./t.sh 1\n"),
        ("env X=1 bash t.sh", "2413    2412 bash            bash t.sh\n"),
    ],
)
async def test_a_script_in_the_background_is_the_process_of_its_job(job: str, shell: str) -> None:
    notebook = Notebook()
    await notebook(_LOOP)
    await notebook(f"{job} > log 2>&1 & sleep 2.5")
    pid = int(shell.split()[0])
    rows = (await notebook.said(f"ps -o pid=,ppid=,comm=,args= -p {pid}; ps -o ppid=,args= --ppid {pid}")).split("\n")
    assert [row.strip() for row in rows] == [shell.strip(), f"{pid} sleep 1", ""]
    assert await notebook.said("cat pid") == f"{pid}\n"
    await notebook("kill $(cat pid); wait $!; echo $?; cat log")
    assert notebook.text("/root/log").splitlines()[-1] == "bye"
    assert await notebook("jobs; ps -ef | grep -c '[t].sh'") == out("0\n", 1)


async def test_a_shell_that_has_ended_is_no_process_and_its_children_are_init_s() -> None:
    notebook = Notebook()
    assert await notebook.said("bash -c 'sleep 9 & ps -o ppid=,args= -C sleep'; ps -o ppid=,args= -C sleep,bash") == (
        "   2413 sleep 9\n      1 -bash\n      1 sleep 9\n"
    )
    await notebook.session.close()


async def test_programs_are_children_of_the_shell_that_they_run_in() -> None:
    said = await Notebook().said("""ps -o pid=,ppid= -C ps; bash -c 'echo $$ $PPID; ps -o pid=,ppid= -C ps'""")
    assert [row.split() for row in said.splitlines()] == [["2413", "2412"], ["2414", "2412"], ["2415", "2414"]]


async def test_a_function_in_the_background_runs_in_a_child_of_its_shell() -> None:
    notebook = Notebook()
    await notebook("f() { sleep 5; echo end; }")
    await notebook("f & sleep 1")
    assert await notebook.said("ps -o ppid=,args= --ppid 2412; ps -o ppid=,args= --ppid $!") == (
        "   2412 -bash\n   2412 ps -o ppid=,args= --ppid 2412\n   2413 sleep 5\n"
    )
    await notebook.session.close()


async def test_every_view_names_what_a_job_has_become_and_its_niceness() -> None:
    notebook = Notebook()
    await notebook(_LOOP)
    await notebook("nohup nice -n 5 ./t.sh 1 > log 2>&1 & sleep 1.5")
    said = await notebook.said(
        "cat /proc/$!/comm; tr '\\0' ' ' < /proc/$!/cmdline; echo; readlink /proc/$!/exe; cut -d' ' -f19 /proc/$!/stat;"
        "ps -o ni=,comm= -p $!; pgrep t.sh; top -bn1 -p $! | awk 'END {print $1, $4, $NF}'"
    )
    assert said == ("t.sh\n/bin/bash ./t.sh 1 \n/usr/bin/bash\n5\n  5 t.sh\n2413\n2413 5 t.sh\n")
    assert await notebook("killall t.sh; wait $!; echo $?") == [
        Text("stderr", "[1]+  Exit 4                  nohup nice -n 5 ./t.sh 1 > log 2>&1\n"),
        Text("stdout", "4\n"),
        Exit(0),
    ]


@pytest.mark.parametrize(
    ("command", "left"),
    [
        ("pkill -P 2412 sleep", "0\n"),
        ("pkill -x sleep", "0\n"),
        ("pkill -n sleep", "1\n"),
        ("killall sleep", "0\n"),
        ("killall -r '^sl.*p$'", "0\n"),
        ("killall -u root sleep", "0\n"),
        ("killall -I SLEEP", "0\n"),
        ("killall -u daemon sleep 2> /dev/null", "2\n"),
        ("killall --younger-than 1h sleep", "0\n"),
        ("killall -o 1h sleep 2> /dev/null", "2\n"),
        ("pkill -P 1 sleep", "2\n"),
    ],
)
async def test_signals_reach_the_processes_that_are_meant(command: str, left: str) -> None:
    notebook = Notebook()
    await notebook("sleep 90 & sleep 80 &")
    assert (await notebook(f"{command}; pgrep -c sleep"))[-2:-1] == [Text("stdout", left)]
    await notebook.session.close()


async def test_killall_asks_before_each_where_it_is_told_to() -> None:
    notebook, asked = Notebook(), list[Ask]()
    await notebook("sleep 90 & sleep 80 &")
    assert await notebook("killall -i sleep; pgrep -c sleep", typed=["n", "y"], ask=asked) == [
        Text("stderr", "[2]+  Terminated              sleep 80\n"),
        Text("stdout", "1\n"),
        Exit(0),
    ]
    assert [one.prompt for one in asked] == [f"Kill sleep({pid}) ? (y/N) " for pid in (2413, 2414)]
    await notebook.session.close()


async def test_top_counts_itself_once_and_what_is_stopped() -> None:
    notebook = Notebook()
    await notebook("sleep 90 & kill -STOP $!")
    said = await notebook.said("top -bn1")
    assert said.splitlines()[1] == "Tasks:  28 total,   1 running,  26 sleeping,   1 stopped,   0 zombie"
    assert sum(line.endswith(" top") for line in said.splitlines()) == 1
    await notebook.session.close()


async def test_a_program_in_the_foreground_has_memory_while_it_runs() -> None:
    notebook = Notebook({"perl fit.pl": "@ spend 9\n"})
    await notebook("touch fit.pl; (sleep 3; ps -o rss= -C perl > held) & perl fit.pl")
    assert int(await notebook.said("cat held")) > 500
    await notebook.session.close()
