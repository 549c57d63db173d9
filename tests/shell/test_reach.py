"""Where a script may write: what is not looked at has not changed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llm_kernel.machine.files import Files
from llm_kernel.machine.snapshot import Entry
from llm_kernel.shell.reach import reach
from llm_kernel.syntax import names
from tests.notebook import Notebook

_KNOWN = {"deploy", "save"}


@pytest.mark.parametrize(
    ("script", "where"),
    [
        ("ls -l; echo hi | grep h", set()),
        ("echo hi > a.txt", {"/root/a.txt"}),
        ("echo hi >> sub/../a.txt 2>/dev/null", {"/root/a.txt"}),
        ("cat <<E > /etc/motd\nhi\nE", {"/etc/motd"}),
        ("ls 2>&1 | cat", set()),
        ("x=$(date); echo $x", set()),
        ("for i in 1 2; do echo $i >> log; done", {"/root/log"}),
        ("cd /tmp; echo hi > a", None),
        ("cd /tmp; echo hi > /srv/a", {"/srv/a"}),
        ('echo hi > "$f"', None),
        ("echo hi > a*", None),
        ("sed -i s/a/b/ f", {"/root/f"}),
        ("sed -i.bak s/a/b/ f", None),
        ("sed -i 's/where/we/g' *.py", None),
        ("sed -n '1,3p' f | sed 's/ew/we/; $d'", set()),
        ("sed -n '/a/w out' f", None),
        ("sed 's/a/b/w out' f", None),
        ("sed '1e touch x' f", None),
        ("sed -f script f", None),
        ('sed "$x" f', None),
        ("cd sub; sed -i s/a/b/ f", None),
        ("cd sub; sed s/a/b/ f", set()),
        ("find . -exec sed -i s/a/b/ {} +", None),
        ("time sed 5q f", None),
        ("nice sed -i 5q f", None),
        ("awk '{ print $1 }' f | sort -k2,2n | uniq -c | shuf", set()),
        ("awk '{ print > $1 }' f", None),
        ("awk '{ system(\"touch \" $1) }' f", None),
        ("awk -f prog f", None),
        ("sort -uo f f", None),
        ("sort --output=f f", None),
        ("uniq a b", None),
        ("ls | tee a.txt /tmp/b", {"/root/a.txt", "/tmp/b"}),
        ('ls | tee -a "$log"', None),
        ("echo sed", set()),
        ("$tool f", None),
        ("bash make.sh", None),
        ("deploy", None),
        ("f() { echo > x; }; f", None),
        ("cat < a <> b", None),
        ("ls > >(cat > b)", None),
        ("xargs rm", None),
        ("if true; then echo 1 &> both; fi", {"/root/both"}),
    ],
)
def test_where_a_script_lets_the_library_write(script: str, where: set[str] | None) -> None:
    assert reach(script, names(script), "/root", _KNOWN) == where


_LINES = st.sampled_from(
    [
        "echo one > a.txt",
        "echo more >> a.txt",
        "mkdir -p d/e; echo x > d/e/f",
        "rm -rf d a.txt",
        "mv a.txt b.txt",
        "sed -i s/o/0/ a.txt b.txt",
        "sed -n 's/o/1/w said' b.txt; sed -i 1d b.txt",
        "sort a.txt | tee b.txt new | uniq - u",
        "sort -o a.txt a.txt; awk '{ print > \"split\" NR }' a.txt",
        "f() { echo f > made; }; f",
        "f",
        "cp -r d c; ln a.txt link; ln -s a.txt soft",
        "for i in 1 2 3; do echo $i > n$i; done",
        "touch -d 2020-01-01 a.txt; chmod 600 a.txt; chown 1000:1000 b.txt",
        "cd d; echo here > h; cd ..",
        "cat > t.txt <<< text; tee u.txt < t.txt > v.txt",
        "exec 3> three; echo 3 >&3; exec 3>&-",
        "bash -c 'echo inner > inner'",
        "split -l 1 a.txt part; sort -o sorted a.txt",
        "eval 'echo e > evaluated'; printf 'echo s > sourced' > s.sh; . ./s.sh",
        "alias w='echo aliased > '; w al.txt",
        "find . -name '*.txt' -exec sh -c 'echo y > $1.y' _ {} ';'",
        "echo a | xargs -I{} sh -c 'echo {} > x_{}'",
        "dd if=/dev/zero of=zeros bs=1 count=10; truncate -s 5G big; : > a.txt",
        "(sleep 1; echo late > late) &",
        "sleep 5",
        "(while sleep 1; do echo t; done) > ticks & sleep 3; kill %1",
        "nohup echo job >> jobs.log & wait",
        "umask 077; git init -q repo; cd repo; git add .; cd ..",
        "trap 'echo t > trapped' EXIT; (exit 3)",
        "useradd bob; passwd -l bob; hostname other",
    ]
)


def _wrong(files: Files) -> list[str]:
    """The paths at which a moment is not what a look at every file gives."""
    seen, whole = (_held(one.entries) for one in (files.moment(), files.snapshot(without="/proc")))
    return sorted(path for path in seen.keys() | whole.keys() if seen.get(path) != whole.get(path))


def _held(entries: Mapping[str, Entry]) -> dict[str, object]:
    """What is kept of each path but ``/proc``, whose time is that of the last process."""
    return {path: (one.meta.to_state(), one.data, one.target) for path, one in entries.items() if path != "/proc"}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_LINES, min_size=1, max_size=8))
async def test_a_moment_is_what_a_look_at_every_file_gives(scripts: list[str]) -> None:
    notebook = Notebook()
    files = notebook.machine.files
    try:
        files.moment()
        for script in scripts:
            await notebook(script)
            wrong = _wrong(files)
            for _ in range(100):  # a job may write between the two looks
                if wrong:
                    await asyncio.sleep(0.05)
                    wrong = _wrong(files)
            assert wrong == [], script
    finally:
        await notebook.session.close()
