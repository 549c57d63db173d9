"""What changed between two moments."""

from __future__ import annotations

import json
import random
import time
from contextlib import suppress
from typing import Any

import pytest

from llm_kernel.errors import StateError
from llm_kernel.machine import Machine, words
from llm_kernel.machine.processes import GpuUse
from llm_kernel.store.moment import Moment
from llm_kernel.views import Difference, diff, diff_view
from llm_kernel.views.diff import FileChange
from tests.views.html import HOSTILE, check, names
from tests.views.html import words as read


def moment(machine: Machine, **shell: str) -> Moment:
    """The machine as it is, with a shell that is somewhere."""
    states = {**machine.essence(), "habits": machine.files.habits(), "tunables": {}}
    parts = {name: json.dumps(state) for name, state in states.items()}
    kept = {"cwd": "/root", "variables": "", "functions": "", "aliases": "", **shell}
    return Moment({**parts, "shell": json.dumps(kept)}, machine.files.snapshot())


def changed(*said: str) -> Difference:
    """What administrator's words change on a fresh machine."""
    machine = Machine()
    before = moment(machine)
    for line in said:
        words.say(machine, line.split(), "/root")
    return diff(before, moment(machine))


def test_nothing_is_no_difference() -> None:
    machine = Machine()
    before = moment(machine)
    machine.clock.advance(60)
    machine.files.touch("/root", machine.clock.now)
    machine.refresh()
    found = diff(before, moment(machine))
    assert (bool(found), found.seconds) == (False, 60.0)
    assert diff_view(found, "1", "2").data["text/plain"] == "1 -> 2 (1 min later): nothing changed"


def test_a_text_is_told_line_by_line() -> None:
    machine = Machine()
    machine.files.write("/root/a.py", b"one\ntwo\nthree\n")
    before = moment(machine)
    machine.files.write("/root/a.py", b"one\n2\nthree")
    assert diff(before, moment(machine)).files == (
        FileChange(
            "~",
            "/root/a.py",
            "",
            ("@@ -1,3 +1,3 @@", " one", "-two", "-three", "+2", "+three", "\\ No newline at end of file"),
        ),
    )


def test_files_that_come_and_go_are_told_with_what_they_hold() -> None:
    machine = Machine()
    machine.files.write("/root/old", b"x\n")
    before = moment(machine)
    machine.files.remove("/root/old")
    machine.files.write("/root/d/new", b"y\n")
    machine.files.write("/root/empty", b"")
    machine.files.symlink("d/new", "/root/link")
    assert diff(before, moment(machine)).files == (
        FileChange("+", "/root/d", "directory"),
        FileChange("+", "/root/d/new", "2 bytes", ("@@ -0,0 +1 @@", "+y")),
        FileChange("+", "/root/empty", "0 bytes"),
        FileChange("+", "/root/link", "link to d/new"),
        FileChange("-", "/root/old", "2 bytes", ("@@ -1 +0,0 @@", "-x")),
    )


@pytest.mark.parametrize(
    ("old", "new", "note"),
    [
        (b"\0" * 10, b"\0" * 2048, "10 bytes -> 2 KiB"),
        (b"\0a", b"\0b", "other contents, 2 bytes"),
        (b"\xff", b"\xfe\xff", "1 bytes -> 2 bytes"),
        (b"a\n" * 200_000, b"b\n" * 200_000, "other contents, 390.6 KiB"),
    ],
)
def test_what_is_no_short_text_is_told_in_one_line(old: bytes, new: bytes, note: str) -> None:
    machine = Machine()
    machine.files.write("/root/a", old)
    before = moment(machine)
    machine.files.write("/root/a", new)
    assert diff(before, moment(machine)).files == (FileChange("~", "/root/a", note),)


def test_modes_owners_and_kinds_are_told() -> None:
    machine = Machine()
    for name in ("a", "b", "c"):
        machine.files.write(f"/root/{name}", b"x\n")
    before = moment(machine)
    machine.files.chmod("/root/a", 0o755)
    machine.files.chown("/root/b", 1000, 1001)
    machine.files.sized("/root/c", 1_700_000)
    assert [(one.path, one.note) for one in diff(before, moment(machine)).files] == [
        ("/root/a", "mode 0644 -> 0755"),
        ("/root/b", "owner 0:0 -> 1000:1001"),
        ("/root/c", "2 bytes -> 1.6 MiB"),
    ]


def test_a_long_difference_is_cut() -> None:
    machine = Machine()
    before = moment(machine)
    machine.files.write("/root/a", b"".join(b"%d\n" % n for n in range(1000)))
    (one,) = diff(before, moment(machine)).files
    assert (len(one.lines), one.lines[-1]) == (81, "... 921 more lines")


def test_endlessly_many_files_are_counted() -> None:
    machine = Machine()
    before = moment(machine)
    for number in range(400):
        machine.files.write(f"/root/{number:03}", b"1\n2\n3\n4\n5\n")
    found = diff(before, moment(machine))
    assert (len(found.files), found.more, sum(len(one.lines) for one in found.files) < 900) == (300, 100, True)
    assert diff_view(found, "1", "2").data["text/plain"].endswith("\n    and 100 more files")


def test_a_changed_machine_is_told_by_its_facts_and_not_by_the_files_that_follow() -> None:
    found = changed("gpu 1 RTX 3090", "install pip requests 2.25.1", "user alice --sudo", "host gpu01", "fact One.")
    assert found.files == ()
    assert {title: found.sections[title] for title in ("System", "Users", "GPUs", "Facts")} == {
        "System": ["~ host: ubuntu -> gpu01"],
        "Users": ["+ alice (uid 1000, /home/alice, /bin/bash) in sudo"],
        "GPUs": ["~ driver: none -> 460.73.01", "+ GPU 0: NVIDIA GeForce RTX 3090"],
        "Facts": ["+ One."],
    }
    assert "+ pip requests 2.25.1" in found.sections["Packages"]


def test_another_system_is_told_in_one_line_and_not_in_a_thousand_files() -> None:
    found = changed("os centos 7", "memory 128G", "cpu 32 cores", "disk /data 4T", "zone Asia/Shanghai")
    assert found.files == ()
    assert [line for line in found.sections["System"] if "kernel" not in line and "python" not in line] == [
        "~ system: ubuntu 20.04 -> centos 7",
        "~ host: ubuntu -> localhost.localdomain",
        f"~ processors: 16 x {Machine().system.cpu.model} -> 32 x {Machine().system.cpu.model}",
        "~ memory: 64 GiB -> 128 GiB",
        "~ disk / 499.5 GiB (ext4, /dev/sda2) -> disk / 499.5 GiB (xfs, /dev/sda2)",
        "+ disk /data 4 TiB (xfs, /dev/sdb1)",
        "~ zone: UTC -> Asia/Shanghai",
    ]


def test_a_rendered_file_that_a_user_edits_is_a_file_again() -> None:
    machine = Machine()
    before = moment(machine)
    machine.files.append("/etc/hosts", b"10.0.0.7 node7\n")
    (one,) = diff(before, moment(machine)).files
    assert (one.kind, one.path, one.lines[-1]) == ("~", "/etc/hosts", "+10.0.0.7 node7")


def test_packages_change_their_version_and_go() -> None:
    machine = Machine()
    words.say(machine, "install pip requests 2.25.1".split(), "/root")
    before = moment(machine)
    machine.packages.remove("pip", "requests")
    assert "- pip requests 2.25.1" in diff(before, moment(machine)).sections["Packages"]
    words.say(machine, "install pip requests 2.24.0".split(), "/root")
    assert "~ pip requests 2.25.1 -> 2.24.0" in diff(before, moment(machine)).sections["Packages"]


def test_processes_and_their_load_are_told() -> None:
    machine = Machine()
    words.say(machine, "gpu 1 RTX 3090".split(), "/root")
    job = machine.processes.spawn(("python3", "a.py"), user="root", now=0.0)
    before = moment(machine)
    machine.processes.load_gpu(job.pid, 0, GpuUse(90, 2000))
    busy = moment(machine)
    machine.processes.end(job.pid)
    pid = job.pid
    load = f"{pid} root python3 a.py, GPU 0 90 % 2000 MiB"
    assert diff(before, busy).sections == {"Processes": [f"~ {pid} root python3 a.py -> {load}"]}
    assert diff(busy, moment(machine)).sections == {"Processes": [f"- {load}"]}


def test_the_shell_is_told_by_what_it_holds() -> None:
    machine = Machine()
    before = moment(
        machine,
        variables='declare -x A="1"\ndeclare -- gone="x"\ndeclare -x PWD="/root"\n',
        functions="f () \n{ \n    echo 1\n}\ng () \n{ \n    true\n}",
        aliases="alias ll='ls -l'\n",
    )
    after = moment(
        machine,
        cwd="/tmp",
        variables='declare -x A="2"\ndeclare -a list=([0]="a\nb")\ndeclare -x PWD="/tmp"\n',
        functions="f () \n{ \n    echo 2\n}\nh () \n{ \n    true\n}",
    )
    assert diff(before, after).sections == {
        "Shell": [
            "~ directory: /root -> /tmp",
            '~ export A="1" -> export A="2"',
            '- gone="x"',
            '+ list=([0]="a\nb")',
            "- alias ll='ls -l'",
            "~ function f",
            "- function g",
            "+ function h",
        ]
    }


def test_faults_masks_arguments_and_how_a_process_fares_are_told() -> None:
    machine = Machine()
    job = machine.processes.spawn(("sleep", "9"), user="root", now=0.0)
    before = moment(machine, options="hash -p /usr/bin/sed sed", words="a")
    words.say(machine, "fault network down".split(), "/root")
    words.say(machine, "fault disk full".split(), "/root")
    machine.files.umask, job.nice, job.state = 0o77, 5, "T"
    after = moment(machine, options="shopt -s nullglob", words="a 'b c'", completions="complete -W 'x' f")
    after = Moment({**after.parts, "tunables": '{"vm.swappiness": "11"}'}, after.files)
    assert diff(before, after).sections == {
        "System": ["+ vm.swappiness = 11"],
        "Faults": ["+ network down", "+ disk / full"],
        "Processes": [f"~ {job.pid} root sleep 9 -> {job.pid} root sleep 9, nice 5, stopped"],
        "Shell": [
            "~ arguments: a -> a 'b c'",
            "+ shopt -s nullglob",
            "+ complete -W 'x' f",
            "~ umask: 0022 -> 0077",
        ],
    }


def test_both_forms_tell_the_same() -> None:
    machine = Machine()
    machine.files.write("/root/a.py", b"one\n\ttwo\n")
    before = moment(machine)
    machine.files.write("/root/a.py", b"one\n\t2\n")
    machine.facts.append("MNIST is there")
    machine.clock.advance(90_000)
    view = diff_view(diff(before, moment(machine)), "cell 3", "now")
    assert view.data["text/plain"].split("\n") == [
        "cell 3 -> now (1 d 1 h later)",
        "",
        "Facts:",
        "    + MNIST is there",
        "",
        "Files:",
        "    ~ /root/a.py",
        "        @@ -1,2 +1,2 @@",
        "         one",
        "        -    two",
        "        +    2",
    ]
    check(view)
    for word in ("cell 3 -> now (1 d 1 h later)", "+ MNIST is there", "~ /root/a.py", "-\ttwo", "+\t2"):
        assert word in read(view)


def test_lines_of_plain_text_are_as_wide_as_wanted() -> None:
    machine = Machine()
    before = moment(machine)
    machine.files.write("/root/a", b"x" * 500)
    machine.facts.append("y" * 300)
    plain = diff_view(diff(before, moment(machine)), "1", "2", width=60).data["text/plain"]
    assert max(map(len, plain.split("\n"))) <= 68


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_becomes_more_than_text(name: str) -> None:
    machine = Machine()
    words.say(machine, "gpu 1 RTX 3090".split(), "/root")
    before = moment(machine)
    for path in ("/root/a", f"/root/{''.join(filter(str.isalnum, name))}"):
        machine.files.write(path, f"{name}\n".encode())
    state: dict[str, Any] = {key: json.loads(text) for key, text in moment(machine).parts.items()}
    state["facts"].append(name)
    state["system"] |= {"host": name, "kernel": name, "user": name}
    state["system"]["users"].append({"name": name, "uid": name, "home": name, "shell": name, "groups": [name]})
    state["devices"] |= {"driver": name, "cuda": name}
    state["devices"]["gpus"].append({"uuid": name, "card": name})
    state["devices"]["gpus"][0] |= {"mode": name, "faults": {name: 1}}
    state["packages"]["added"].append([name, name, name, True])
    state["processes"]["table"].append(
        {"pid": 9999, "user": name, "command": [name, name], "gpu": {name: {"util": name}}}
    )
    state["shell"] |= {"cwd": name, "variables": f'declare -x A="{name}"', "aliases": f"alias {name}"}
    after = Moment({key: json.dumps(value) for key, value in state.items()}, machine.files.snapshot())
    view = diff_view(diff(before, after), name, name)
    check(view)
    assert names(view) <= {"div", "bdi", "pre", "span", "details", "summary"}


def test_a_damaged_moment_is_a_fault_of_the_store() -> None:
    machine = Machine()
    fine = moment(machine)
    dice = random.Random(7)
    for _ in range(60):
        name = dice.choice([*fine.parts])
        state: Any = json.loads(fine.parts[name])
        if isinstance(state, dict) and state:
            state[dice.choice([*state])] = dice.choice([None, 3, "x", [], {}, [[1]], {"a": {}}, -1.5])
        text = dice.choice([json.dumps(state), fine.parts[name][: dice.randrange(40)], "null", "[]", "7"])
        with suppress(StateError):
            diff_view(diff(fine, Moment({**fine.parts, name: text}, fine.files)), "1", "2")
    with pytest.raises(StateError, match="cannot be compared"):
        diff(fine, Moment({**fine.parts, "devices": "{"}, fine.files))


def test_large_machines_are_compared_in_bearable_time() -> None:
    machine = Machine()
    for number in range(2000):
        machine.files.write(f"/root/d{number % 50}/f{number}", b"x\n")
    before = moment(machine)
    machine.files.write("/root/same", b"a\n" * 2900)
    one = moment(machine)
    machine.files.write("/root/same", b"a\nb\n" * 1450)
    begun = time.process_time()
    diff(before, one)
    diff(one, moment(machine))
    assert time.process_time() - begun < 5
