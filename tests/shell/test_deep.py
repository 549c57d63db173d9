"""Functions that call themselves deeper than the shell library lets them."""

from __future__ import annotations

import pytest

from llm_kernel.events import Exit
from tests.notebook import Notebook, out

_SUBTRACTS = 'f() { local me=$1; seen[k$1]=1; list+=("x $1"); last=$1; (( $1 )) || return 4; f $(($1 - 1)); }; f 40'


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("fact() { (($1 < 2)) && echo 1 || echo $(($1 * $(fact $(($1 - 1))))); }; fact 20", "2432902008176640000\n"),
        (
            "fact() { r=1; (($1 < 2)) && return; fact $(($1 - 1)); r=$((r * $1)); }; fact 20; echo $r",
            f"{2432902008176640000}\n",
        ),
        (
            'rev() { [ "$1" ] || return; rev "${1:1}"; printf %s "${1:0:1}"; }; rev "a b  c, this is it *"',
            "* ti si siht ,c  b a",
        ),
        (
            "even() { (($1)) && odd $(($1 - 1)) || echo y; }\nodd() { (($1)) && even $(($1 - 1)) || echo n; }; odd 33",
            "y\n",
        ),
        (
            f'declare -A seen; list=(); {_SUBTRACTS}; echo $? ${{#seen[@]}} ${{#list[@]}} "${{list[39]}}" $last [$me]',
            "4 41 41 x 1 0 []\n",
        ),
        ("bash -c 'sum() { (($1)) || { echo 0; return; }; echo $(($1 + $(sum $(($1 - 1))))); }; sum 30'", "465\n"),
        ("f() { (($1)) || cd /tmp; (($1)) && f $(($1 - 1)); }; f 20; pwd; cd", "/tmp\n"),
    ],
)
async def test_a_function_calls_itself_as_deep_as_it_likes(script: str, said: str) -> None:
    assert await Notebook()(script) == out(said)


async def test_an_exit_from_far_below_is_the_end() -> None:
    assert await Notebook()("f() { (($1)) || exit 5; f $(($1 - 1)); }; f 20; echo not here") == [Exit(5)]


async def test_such_a_function_is_listed_as_it_was_written() -> None:
    notebook = Notebook()
    await notebook("f() { [ $1 ] && f; }")
    assert await notebook("declare -f f") == out("f () \n{ \n    [ $1 ] && f\n}\n")
