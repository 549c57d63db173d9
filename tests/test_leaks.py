"""Nothing that a notebook shows has a word of the library, of the host, of the real time or of the kernel's own works.

The ordinary run takes a sample, the marked one (``-m whole``) everything on every system.
"""

from __future__ import annotations

import pytest

from llm_kernel.shell.words import OURS
from tests.leaks import ASKED, SYSTEMS, Leak, corpus_cells, fed, file_cells, found, leaks, notebook, table_cells
from tests.leaks import words as words_of

_EACH = 12
"""Of so many cells the ordinary run takes one."""

_PARTS = 4
"""Parts that the marked run is cut into."""


async def _leaks_of(system: str, cells: list[str]) -> list[Leak]:
    made = notebook(system)
    return [leak async for leak in found(made, cells)]


async def test_what_is_asked_to_find_out_where_one_is_tells_nothing() -> None:
    assert await _leaks_of("ubuntu 20.04", ASKED) == []


@pytest.mark.parametrize("system", SYSTEMS)
async def test_files_of_the_system_tell_nothing(system: str) -> None:
    made = notebook(system)
    assert [leak async for leak in found(made, file_cells(made.machine))] == []


@pytest.mark.parametrize("start", range(len(SYSTEMS)))
async def test_a_sample_of_all_programs_tells_nothing(start: int) -> None:
    cells = [*table_cells(), *fed(OURS)]
    assert await _leaks_of(SYSTEMS[start], cells[start :: _EACH * len(SYSTEMS)]) == []


async def test_a_sample_of_the_recorded_scripts_tells_nothing() -> None:
    assert await _leaks_of("debian 12", [code for _, code in corpus_cells()][::_EACH]) == []


@pytest.mark.whole
@pytest.mark.parametrize("part", range(_PARTS))
@pytest.mark.parametrize("system", SYSTEMS)
async def test_no_program_tells_anything(system: str, part: int) -> None:
    assert await _leaks_of(system, [*table_cells(), *fed(OURS), *ASKED][part::_PARTS]) == []


@pytest.mark.whole
@pytest.mark.parametrize("part", range(_PARTS))
async def test_no_recorded_script_tells_anything(part: int) -> None:
    assert await _leaks_of("debian 12", [code for _, code in corpus_cells()][part::_PARTS]) == []


@pytest.mark.parametrize(
    "text",
    [
        "foo: not yet implemented in bashkit\n",
        "__llm_kernel_limit=2 more\n",
        "error: unexpected argument '-x' found\n",
        "<llm_kernel.machine.machine.Machine object at 0x7f00>\n",
    ],
)
def test_a_leak_is_seen(text: str) -> None:
    assert leaks("foo", text, words_of(notebook("debian 12").machine))
