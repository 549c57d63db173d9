"""Whole notebooks on the stepped clock with scripted replies: exactly what each cell shows, in order."""

from __future__ import annotations

from tests.scenarios.transcript import follows, notebook, replayed

_EPOCHS = "".join(f"epoch {n} loss 0.{99 - 9 * n}12\n@ spend 10\n" for n in range(1, 11))
_FIT = "@ for e in {1..100}; do spend 3; printf 'epoch %03d/100\\n' $e; done\n@ truncate -s 10K fit.bin\n"
_JOB = "@ for i in {1..3}; do spend 2; echo line $i; done\n@ spend 3\nend\n"
_RESNET = "epoch 1 loss 6.912\nepoch 2 loss 6.909\nepoch 3 loss 6.908\n"
_BAD = (
    "@ spend -5\n@ spend 99999999999\n@ spend soon\n"
    "@ gpu 7 util 10 mem 10\n@ gpu 0 util 300 mem 10\n@ gpu 0-1 util -4\nalive\n"
)


async def test_training_is_watched_tailed_and_killed() -> None:
    await follows(
        notebook({"python3 train.py": f"@ gpu 0 util 63 mem 1400\n{_EPOCHS}@ truncate -s 1700K fit.pt\n"}), "train"
    )


async def test_two_jobs_share_a_gpu_and_the_third_is_out_of_memory() -> None:
    big = "@ gpu 0 util 90 mem 12000\nstarted\n@ spend 60\ndone\n"
    await follows(notebook({"big.py": big, "resnet.py": _RESNET}), "memory")


async def test_jobs_are_listed_awaited_stopped_and_ended_as_bash_does() -> None:
    await follows(notebook(), "jobs")


async def test_every_shell_has_jobs_of_its_own() -> None:
    await follows(notebook(), "forks")


async def test_jobs_of_several_lines_leave_the_others_in_place() -> None:
    await follows(notebook(), "lines")


async def test_what_watches_ends_by_itself_and_says_so() -> None:
    await follows(notebook({"perl job.pl": _JOB}), "watchers")


async def test_bad_acts_signals_and_floods_are_bounded_and_the_clock_moves_jobs() -> None:
    replies = {"perl bad.pl": _BAD, "perl fit.pl": _FIT, "perl flood.pl": "again\n" * 500}
    assert len(_FIT) < 300  # characters, so tokens all the more
    await follows(notebook(replies), "bounds")


async def test_twenty_times_the_same_bytes() -> None:
    cells = (
        "$ touch job.pl; perl job.pl > a.log & (sleep 3; echo sub) & sleep 2; wc -l a.log\n"
        "$ tail -f a.log\n$ for i in 1 2 3; do (sleep $i; echo $i) & done; wait\n"
        "$ %machine gpu 1 'GeForce RTX 3090'\n$ perl gpu.pl &\n$ nvidia-smi; ps aux\n$ wait; nvidia-smi; date +%N\n"
    )
    seen = set()
    for _ in range(20):
        made = notebook({"perl job.pl": _JOB, "perl gpu.pl": "@ gpu 0 util 90 mem 2000\n@ spend 20\n"})
        seen.add(await replayed(made, cells))
        await made.session.close()
    assert len(seen) == 1


async def test_reads_ask_where_the_terminal_is_the_input() -> None:
    typed = {
        'read -p "Name: " name; echo "hello $name"': ["Ada"],
        'read -s -p "Password: " pw; echo; echo ${#pw}': ["hunter2"],
        'for i in 1 2; do read x; echo "got $x"; done': ["one", "two"],
        'while read line; do echo "[$line]"; done': ["a", "b"],
        'printf \'read -p "Who? " w\\necho "it is $w"\\n\' > ask.sh; bash ask.sh': ["Eve"],
        "chmod +x ask.sh; ./ask.sh": ["Eve"],
        "source ask.sh": ["Mo"],
        "echo piped | bash ask.sh": ["WRONG"],
        'read -n1 -p "Continue? " c; echo; echo $c': ["yes"],
        "read -r -a words; echo ${words[1]}": ["x y z"],
        'read -t 5 late; echo "$late $?"': ["l"],
        "sudo apt install cowsay": ["n"],
    }
    await follows(notebook(), "input", typed=typed)


async def test_apt_asks_before_it_changes_anything() -> None:
    await follows(notebook(), "apt", typed={"sudo apt install htop": ["n"], "apt-get install htop": [""]})
