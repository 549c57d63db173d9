"""More of Python's library, computed as the Python that runs these tests does."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.python.record import cases
from tests.python.test_interpreter import interpreted
from tests.python.test_modules import host

pytestmark = pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="these programs are of 3.11")


@pytest.mark.parametrize("source", cases("library"), ids=lambda source: source[:30])
async def test_a_program_is_computed_as_python_does(source: str, tmp_path: Path) -> None:
    out, err, status = host(source, tmp_path)
    assert (err, status) == ("", 0)
    assert await interpreted(source, "3.11") == [out, "", 0]


async def test_what_nobody_seeds_is_the_machines_chance() -> None:
    source = "import secrets, uuid\nprint(uuid.uuid4(), secrets.token_hex(), secrets.randbits(64))"
    assert await interpreted(source, "3.11") == await interpreted(source, "3.11")
