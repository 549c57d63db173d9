"""Programs as people type them, interpreted and compared with what CPython of each version wrote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from llm_kernel.machine import Machine
from llm_kernel.python import Disk, Interpreter, Limits, Place, Script, Unsure
from tests.python.record import STDIN, cases

RECORDED = json.loads((Path(__file__).parent / "wider.json").read_text())
VERSIONS = tuple(RECORDED)


async def interpreted(source: str, version: str, limits: Limits = Limits(patience=60.0)) -> list[Any] | str:
    """Standard output, standard error, exit status; why not, where it is not sure."""
    minor = int(version.partition(".")[2])
    name = "/root/t.py" if minor >= 9 else "t.py"
    script = Script(source + "\n", name, ("t.py", "a", "b"), (3, minor), "/root/t.py")
    disk = Disk(Machine(), "/root")
    try:
        run = await Interpreter(limits).run(script, script.parsed(), disk, STDIN, "42", Place(1617267600.0))
    except Unsure as err:
        return str(err)
    texts = [piece for piece in run.pieces if isinstance(piece, tuple)]
    return [
        *("".join(text for stream, text in texts if stream == wanted) for wanted in ("stdout", "stderr")),
        run.status,
    ]


@pytest.mark.parametrize("turn", range(len(VERSIONS)), ids=VERSIONS)
async def test_what_is_computed_is_what_cpython_of_that_version_wrote(turn: int) -> None:
    wrong, unsure, all_cases = [], 0, cases("wider")
    for index, source in enumerate(all_cases):
        if index % len(VERSIONS) != turn:
            continue
        version = VERSIONS[(index + index // len(VERSIONS)) % len(VERSIONS)]
        got = await interpreted(source, version)
        if isinstance(got, str):
            unsure += 1
        elif got != RECORDED[version][index]:
            wrong.append((version, source, got, RECORDED[version][index]))
    assert wrong == []
    assert unsure <= len(all_cases) // len(VERSIONS) // 2


HOSTILE = {
    "import socket\nsocket.socket()": "not compared: socket.socket",
    "import subprocess": "module: subprocess",
    "print.__self__.eval('1')": "attribute: __self__",
    "import functools\nfunctools.partial(print).func.__self__": "attribute: __self__",
    "def g():\n    yield\nprint(type(g()).gi_frame)": "attribute: gi_frame",
    "def g():\n    yield\ntype(g()).__dict__['gi_frame'].__get__(g())": "attribute: __dict__",
    "vars(type)['__subclasses__'](object)": "attribute: __dict__",
    "object.__getattribute__(print, '__self__')": "attribute: __getattribute__",
    "import logging\nlogging.Formatter('{msg.__class__.__init__}', style='{')": "attribute in a format",
    "import argparse\nargparse.ArgumentParser(fromfile_prefix_chars='@').parse_args(['@/etc/passwd'])": (
        "the interpreter would open"
    ),
    "print(open.__globals__)": "attribute: __globals__",
    "().__class__.__subclasses__()": "attribute: __subclasses__",
    "__import__('os')": "builtin: __import__",
    "eval('1')": "builtin: eval",
    "import os\nos.system('id')": "not compared: os.system",
    "import sys\nsys.modules": "not compared: sys.modules",
    "getattr(1, '__sub' + 'classes__')": "attribute: __subclasses__",
    "def g():\n    yield\ng().gi_frame": "attribute: gi_frame",
    "def f(): pass\nprint(f.__code__)": "attribute: __code__",
    "print('{0.__class__}'.format(1))": "attribute in a format",
    "print(str.format('{0.a.__init__}', 1))": "attribute in a format",
    "from operator import attrgetter\nattrgetter('__class__.__mro__.__len__')(1)": "attribute: __mro__",
    "from functools import singledispatch\n@singledispatch\ndef f(x): pass\n@f.register\ndef _(x: 'open(1)'): pass": (
        "a class that is no class"
    ),
    "x = 10 ** 10 ** 8": "a number of many digits",
    "x = 'a' * 10 ** 10": "memory",
    "try:\n    1 / 0\nexcept Exception as e:\n    e.__traceback__.tb_frame": "attribute: __traceback__",
}


@pytest.mark.parametrize("source", HOSTILE)
async def test_what_reaches_for_the_interpreter_is_not_carried_out(source: str) -> None:
    assert await interpreted(source, "3.11") == HOSTILE[source]


async def test_a_program_that_never_ends_is_stopped_after_its_steps() -> None:
    assert await interpreted("while True:\n    pass", "3.11", Limits(steps=1000, patience=60.0)) == "time"
