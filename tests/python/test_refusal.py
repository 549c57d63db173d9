"""Sources that are no Python, and what CPython 3.6 to 3.13 wrote of them as files called ``t.py``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from llm_kernel.python import Script, refused

RECORDED = json.loads((Path(__file__).parent / "refused.json").read_text())
MOST_UNKNOWN = {"3.6": 25, "3.8": 22, "3.9": 20, "3.10": 3, "3.11": 3, "3.12": 3, "3.13": 10}


@pytest.mark.parametrize("version", MOST_UNKNOWN)
def test_a_syntax_error_is_worded_as_by_that_version_or_not_at_all(version: str) -> None:
    minor = int(version.partition(".")[2])
    name = "/root/t.py" if minor >= 9 else "t.py"
    said = [refused(Script(source, name, ("t.py",), (3, minor), "/root/t.py")) for source in RECORDED["sources"]]
    wrong = [(got, want) for got, want in zip(said, RECORDED[version], strict=True) if got not in (None, want)]
    assert wrong == []
    assert said.count(None) <= MOST_UNKNOWN[version]


def test_what_is_python_is_not_refused() -> None:
    assert refused(Script("print(1)\n", "t.py", ("t.py",), (3, 8), "/root/t.py")) is None
