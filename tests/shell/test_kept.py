"""A shell that is written down and taken over by a new one."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_kernel.errors import StateError
from llm_kernel.machine import Machine
from llm_kernel.shell.bash import Shell
from llm_kernel.shell.kept import Kept

_MADE = """
x='two words'; export LEVEL=7; declare -i n=3; readonly FIXED=1; list=(a 'b c' "d'e"); declare -A map=([k]=v ["a b"]=c)
greet() { echo "hello $1"; }
spawn() { sleep 100 & }
alias hi='echo hi'; unalias ll; unset LANG
cd /tmp; set -u; shopt -s nullglob; set -- one 'two three'
trap 'echo left' USR1
nl=$'line one\\nline two'; (exit 3)
"""

_LOOK = """
echo "$x|$LEVEL|$n|${list[1]}|${list[2]}|${map[a b]}|$nl"; n=n+1; echo $n; FIXED=2
greet you; declare -f spawn; alias; echo ${LANG-none}; pwd; set -o | grep nounset; shopt nullglob; echo "$#:$2"; trap -p
export -p | grep LEVEL; echo "$OLDPWD"
"""


async def _said(shell: Shell, script: str) -> str:
    parts: list[bytes] = []

    async def sink(data: bytes) -> None:
        parts.append(data)

    await shell.run(script, sink, sink)
    return b"".join(parts).decode()


async def _unknown(call: object, streams: object) -> int:
    return 127


def _shell(machine: Machine, cwd: str = "/root") -> Shell:
    return Shell(machine, _unknown, cwd=cwd)  # type: ignore[arg-type]


async def test_a_new_shell_that_takes_a_kept_one_over_answers_as_it_did() -> None:
    machine = Machine()
    first = _shell(machine)
    await _said(first, _MADE)
    kept = Kept.from_state(json.loads(json.dumps((await first.keep()).to_state())))
    assert kept.status == 3
    second = _shell(machine, kept.cwd)
    await second.give(kept)
    assert second.status == 3
    assert await _said(second, _LOOK) == await _said(first, _LOOK)
    assert (await second.keep()).to_state() == (await first.keep()).to_state()


async def test_a_kept_shell_says_nothing_of_how_it_is_kept() -> None:
    shell = _shell(Machine())
    await _said(shell, _MADE)
    assert "llm_kernel" not in str((await shell.keep()).to_state())


async def test_values_that_look_like_our_marks_are_values() -> None:
    shell = _shell(Machine())
    await _said(shell, "x=$'a\\n__llm_kernel_edge_0\\nb'")
    second = _shell(Machine())
    await second.give(await shell.keep())
    assert await _said(second, 'echo "$x"') == "a\n__llm_kernel_edge_0\nb\n"


@pytest.mark.parametrize(
    "change", [{"cwd": 3}, {"history": [1]}, {"status": "0"}, {"more": ""}, {"variables": None}, {"cwd": "/\0"}]
)
def test_a_damaged_shell_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(StateError, match="the stored shell is damaged"):
        Kept.from_state({**Kept("/root").to_state(), **change})


@pytest.mark.parametrize(
    ("made", "look", "said"),
    [
        ("ulimit -n 500; ulimit -c 0", "ulimit -n", "500\n"),
        (
            "shopt -u sourcepath; shopt -s extglob",
            "shopt sourcepath extglob",
            "sourcepath     \toff\nextglob        \ton\n",
        ),
        ("hash -p /usr/bin/ls foo", "hash -t foo", "/usr/bin/ls\n"),
        ("cd /; pushd /tmp; pushd /usr; pushd /etc", "dirs -p; popd >/dev/null; pwd", "/etc\n/usr\n/tmp\n/\n/usr\n"),
        ("a=(1 $'n\\nl\\t\"$`' ''); a[9]=z", 'echo "${a[1]}" ${!a[@]}', 'n\nl\t"$` 0 1 2 9\n'),
        ("getopts ab: o -a", "echo $OPTIND; getopts ab: o -a -b 3; echo $o$OPTARG", "2\nb3\n"),
        ("printf() { echo no; }; declare() { false; }; x=5", "echo $x; printf 1; declare || echo no", "5\nno\nno\n"),
        ("x=kept; exec 4>&1 >all.txt; echo out", "echo 2; exec >&4; echo $x; cat all.txt", "kept\nout\n2\n"),
        ("alias ls='ls -a'; f() { ls -l; }", "declare -f f; alias ls", "f () \n{ \n    ls -l\n}\nalias ls='ls -a'\n"),
        (
            "shopt -s extglob\nf() { echo @(a|!(b))*; }; x=1",
            "declare -f f | sed -n 3p; echo $x",
            "    echo @(a|!(b))*\n1\n",
        ),
        ("shopt -u expand_aliases; alias q=ls; f() { :; }", "shopt expand_aliases", "expand_aliases \toff\n"),
        (
            "complete -W 'a b' foo; complete -o nospace -F _f bar; complete -C 'x; y' baz; complete -r foo",
            "complete -p",
            "complete -o nospace -F _f bar\ncomplete -C 'x; y' baz\n",
        ),
    ],
)
async def test_what_a_shell_was_told_holds_in_the_next_one(made: str, look: str, said: str) -> None:
    machine = Machine()
    first = _shell(machine)
    await _said(first, made)
    second = _shell(machine, (kept := await first.keep()).cwd)
    await second.give(kept)
    assert await _said(second, look) == said


async def test_the_descriptors_that_are_open_are_known_by_their_numbers() -> None:
    shell = _shell(Machine())
    assert (await shell.keep()).descriptors == ""
    await _said(shell, "exec 3>log; exec 5</etc/hosts 7>>log; exec {more}>log; exec 7>&-")
    assert (await shell.keep()).descriptors == "'3>>/root/log' 5 10"


@pytest.mark.parametrize(
    "made",
    [
        'cd() { builtin cd "$@"; touch /tmp/ran; }; builtin pushd /usr; builtin pushd /etc',
        'pushd() { builtin pushd "$@"; touch /tmp/ran; }; builtin pushd /etc',
        'set() { builtin set "$@"; touch /tmp/ran; }; builtin set -f -- a b',
        "alias cd='touch /tmp/ran; cd' pushd='touch /tmp/ran; pushd'; builtin pushd /etc",
        "trap 'touch /tmp/ran' DEBUG; builtin pushd /etc; f() { :; }; rm -f /tmp/ran",
    ],
)
async def test_words_of_the_user_that_are_called_as_ours_do_not_run(made: str) -> None:
    machine = Machine()
    first = _shell(machine)
    await _said(first, made)
    kept = await first.keep()
    machine.files.write("/tmp/ran", b"")
    machine.files.remove("/tmp/ran")
    second = _shell(machine, kept.cwd)
    await second.give(kept)
    assert (machine.files.exists("/tmp/ran"), await second.keep()) == (False, kept)


@pytest.mark.parametrize(
    "change",
    [
        {"variables": 'declare -- x="$(touch /tmp/ran)"\n'},
        {"variables": "declare -- x=1; touch /tmp/ran\n"},
        {"variables": "declare -- x=1 > /tmp/ran\n"},
        {"variables": "x=1 touch /tmp/ran\n"},
        {"variables": 'declare -a l=([$(touch /tmp/ran)]="1")\n'},
        {"variables": "touch /tmp/ran\n"},
        {"functions": "f () \n{ \n    true\n}\ntouch /tmp/ran\n"},
        {"functions": "f () { true; }; f"},
        {"functions": "f () \n{ \n    echo @( }; touch /tmp/ran; g () { : )\n}\n"},
        {"functions": "!(touch /tmp/ran)\nf () \n{ \n    true\n}\n"},
        {"functions": "f () \n{ \n    true\n}\n@(touch)\n"},
        {"aliases": "alias a=`touch /tmp/ran`\n"},
        {"options": "set -o nounset; touch /tmp/ran\n"},
        {"options": "builtin eval touch /tmp/ran\n"},
        {"traps": "trap -- 'true' EXIT && touch /tmp/ran\n"},
        {"completions": "complete -W 'a b' foo; touch /tmp/ran\n"},
        {"completions": 'complete -W "$(touch /tmp/ran)" foo\n'},
        {"words": "one $(touch /tmp/ran)"},
        {"words": "one\ntouch /tmp/ran"},
        {"words": "one & touch /tmp/ran"},
        {"words": "one | tee /tmp/ran"},
    ],
)
def test_a_shell_that_would_run_something_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(StateError, match="would run something"):
        Kept.from_state({**Kept("/root").to_state(), **change})


_PRINTED = st.one_of(st.characters(exclude_categories=["Cs", "Cc"]), st.sampled_from("\n\t\x1b\x7f\x85"))
"""The library keeps other control characters apart from a list's words by themselves."""


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(_PRINTED, max_size=12), max_size=4))
async def test_any_values_are_kept_and_taken_over(values: list[str]) -> None:
    shell = _shell(Machine())
    quoted = ["'" + value.replace("'", "'\\''") + "'" for value in values]
    await _said(shell, "\n".join([f"list=({' '.join(quoted)})", *(f"v{n}={one}" for n, one in enumerate(quoted))]))
    kept = await shell.keep()
    second = _shell(Machine())
    await second.give(Kept.from_state(kept.to_state()))
    look = 'printf "<%s>" "${list[@]}" "$v0" "$v1" "$v2" "$v3"'
    assert await _said(second, look) == await _said(shell, look)
