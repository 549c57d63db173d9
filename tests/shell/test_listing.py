"""What the edits of a script set is in no list of what is set."""

from __future__ import annotations

import pytest

from llm_kernel.events import Text
from tests.notebook import Notebook

_TRAPPED = "trap 'echo \"ERR $BASH_COMMAND\"' ERR\nselect one in a b; do break; done <<< 1 2>/dev/null\n"


async def _said(script: str) -> str:
    return "".join(event.text for event in await Notebook()(script) if isinstance(event, Text))


@pytest.mark.parametrize("script", ["compgen -v", "compgen -A variable", "set", "declare -p", "declare", "typeset -p"])
async def test_no_list_of_variables_has_ours(script: str) -> None:
    said = await _said(f"{_TRAPPED}{script} > list\ngrep -c llm list")
    assert said == "0\nERR grep -c llm list\n"


async def test_names_that_begin_alike_have_none_of_ours() -> None:
    said = await _said(f'{_TRAPPED}__mine=1\necho "all: ${{!__*}}" ${{!__@}}')
    assert said.split() == ["all:", "__mine", "__mine"]


async def test_a_statement_that_lists_is_named_to_traps() -> None:
    said = await _said(f"{_TRAPPED}compgen -v | grep llm\ncompgen -v __ours")
    assert said == "ERR grep llm\nERR compgen -v __ours\n"


async def test_a_list_has_the_status_of_the_real_one() -> None:
    said = await _said(
        "trap : ERR; : $BASH_COMMAND; x=1; set | grep ^x=; compgen -v zzz; echo $?; "
        "f() { local y=2; declare | grep ^y=; }; f"
    )
    assert said == "x=1\n1\ny=2\n"
