"""Programs as people type them, interpreted and compared with what CPython of each version wrote."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from llm_kernel.machine import Machine
from llm_kernel.python import Disk, Interpreter, Limits, Place, Script, Unsure
from tests.python.record import STDIN, cases

RECORDED = {name: json.loads((Path(__file__).parent / f"{name}.json").read_text()) for name in ("wider", "course")}
TURNS = [(name, turn) for name, versions in RECORDED.items() for turn in range(len(versions))]


async def interpreted(
    source: str, version: str, limits: Limits = Limits(patience=60.0), place: Place = Place(1617267600.0)
) -> list[Any] | str:
    """Standard output, standard error, exit status; why not, where it is not sure."""
    minor = int(version.partition(".")[2])
    name = "/root/t.py" if minor >= 9 else "t.py"
    script = Script(source + "\n", name, ("t.py", "a", "b"), (3, minor), "/root/t.py")
    disk = Disk(Machine(), "/root")
    try:
        run = await Interpreter(limits).run(script, script.parsed(), disk, STDIN, "42", place)
    except Unsure as err:
        return str(err)
    texts = [piece for piece in run.pieces if isinstance(piece, tuple)]
    return [
        *("".join(text for stream, text in texts if stream == wanted) for wanted in ("stdout", "stderr")),
        run.status,
    ]


@pytest.mark.parametrize(("name", "turn"), TURNS)
async def test_what_is_computed_is_what_cpython_of_that_version_wrote(name: str, turn: int) -> None:
    wrong, unsure, all_cases, versions = [], 0, cases(name), tuple(RECORDED[name])
    for index, source in enumerate(all_cases):
        if index % len(versions) != turn:
            continue
        version = versions[(index + index // len(versions)) % len(versions)]
        got = await interpreted(source, version)
        if isinstance(got, str):
            unsure += 1
        elif got != RECORDED[name][version][index]:
            wrong.append((version, source, got, RECORDED[name][version][index]))
    assert wrong == []
    assert unsure <= len(all_cases) // len(versions) // 2


HOSTILE = {
    "import socket\nsocket.socket()": "not compared: socket.socket",
    "import subprocess\nsubprocess.run('id')": "a command of the shell",
    "import subprocess\nsubprocess.run.__globals__": "attribute: __globals__",
    "import subprocess\nsubprocess.Popen('id', stdin=-1)._commands": "attribute: _commands",
    "import subprocess\nclass P(subprocess.CompletedProcess): pass\nsubprocess.sys": "not compared: subprocess.sys",
    "print.__self__.eval('1')": "attribute: __self__",
    "import reprlib\nclass A: pass\nreprlib.repr([A()])": "a text that is cut, with a place in memory",
    "import getopt\ngetopt.os": "not compared: getopt.os",
    "from html.parser import HTMLParser\nHTMLParser.reset.__globals__": "attribute: __globals__",
    "import graphlib\ngraphlib.TopologicalSorter()._node2info": "attribute: _node2info",
    "import ipaddress\nclass A(ipaddress.IPv4Address): pass\nA._max_prefixlen = 5": "attribute: _max_prefixlen",
    "async def g():\n    yield\ng()._steps": "attribute: _steps",
    "async def g():\n    yield\ng().ag_frame": "attribute: ag_frame",
    "async def g():\n    yield\ng().asend(1).__await__()": "an object of the interpreter's",
    "async def g():\n    with open('a') as f:\n        yield\ng()": "an asynchronous generator that was left",
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
    "eval('().__class__.__subclasses__()')": "attribute: __subclasses__",
    "eval('__builtins__')": "name: __builtins__",
    "exec('import os')": "a text that needs more of the library",
    "eval('1 +')": "a text that is no code",
    "n = {}\nexec('x = 1', n)\nn['__builtins__']['__import__'].__self__": "attribute: __self__",
    "import math\nprint(eval('math'))": "a module as a value",
    "import array\narray.array('i').buffer_info()": "attribute: buffer_info",
    "import gzip\ngzip.open(0)": "frame of a library",
    "import xml.etree.ElementTree as E\nE.parse(0)": "a path that is no text",
    "import xml.etree.ElementTree as E\nE.ElementTree().write.__globals__": "attribute: __globals__",
    "import configparser\nconfigparser.ConfigParser()._read": "attribute: _read",
    "import os\nos.system('id')": "a command of the shell",
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

_DATABASE = "import sqlite3\nc = sqlite3.connect(':memory:')\n"
HOSTILE |= {
    _DATABASE + "c.execute('attach database \"/etc/passwd\" as p')": "what a statement wants",
    _DATABASE + "c.execute('create table t (a)')\nc.execute('vacuum main into \"/tmp/x\"')": "what a statement wants",
    _DATABASE + "type(c)('/etc/passwd')": "the interpreter would sqlite3.connect",
    _DATABASE + "c.__init__('/etc/passwd')": "the interpreter would sqlite3.connect",
    _DATABASE + "c.enable_load_extension(True)": "attribute: enable_load_extension",
    _DATABASE + "c.backup": "attribute: backup",
    _DATABASE + "c._path": "attribute: _path",
    _DATABASE + "c.execute('select datetime(\"now\")')": "a statement of a release",
}

_TASK = "import asyncio\nasync def w():\n    pass\nasync def main():\n    t = asyncio.create_task(w())\n"
HOSTILE |= {
    _TASK + "    t.get_loop()\nasyncio.run(main())": "attribute: get_loop",
    _TASK + "    type(t).get_coro(t)\nasyncio.run(main())": "attribute: get_coro",
    _TASK + "    print(t)\nasyncio.run(main())": "an address in the output",
    _TASK + "w()": "a coroutine that was never awaited",
    "import asyncio\nasync def w():\n    [].__class__.__subclasses__()\nasync def main():\n"
    "    await asyncio.gather(w(), return_exceptions=True)\n    print('on')\nasyncio.run(main())": (
        "attribute: __subclasses__"
    ),
    "import asyncio\nasync def main():\n    await asyncio.Event().wait()\nasyncio.run(main())": "a wait without end",
    "import asyncio\nasync def main():\n    while True:\n        await asyncio.sleep(0)\nasyncio.run(main())": "time",
}
HOSTILE |= {
    "input(1, 2)": "arguments of a function of the library",
    "try:\n    open()\nexcept TypeError as e:\n    print(e)": "arguments of a function of the library",
    "print(list(map(repr, [object()]))[0][-13:])": "a place in memory",
    "import io\nb = io.StringIO()\nprint(object(), file=b)\nb.seek(0)\nfor line in b:\n    print(line[:-3])": (
        "a place in memory"
    ),
    "with open('o', 'w') as f:\n    print(object(), file=f)": "a place in memory",
    "async def f(): pass\nf().cr_frame": "an object of the interpreter's",
    "import asyncio\nasyncio.run.__globals__": "attribute: __globals__",
    "import asyncio\nclass Q(asyncio.Queue):\n    def _init(self, n):\n        self._loop\nQ()": "attribute: _loop",
    "import asyncio as a\nasync def main():\n    async with a.TaskGroup() as g:\n        g._loop\na.run(main())": (
        "attribute: _loop"
    ),
    "import json\njson.JSONEncoder.__init__.__globals__": "attribute: __globals__",
    "import json\njson.JSONDecoder().parse_float.__self__": "attribute: __self__",
    "class M(type):\n    def mro(cls):\n        return super().mro()\nclass A(metaclass=M): pass": "attribute: mro",
    "type.mro(int)": "attribute: mro",
    "id.__self__": "attribute: __self__",
    "from collections import UserString": "not compared: collections.UserString",
    "print('x'.ljust(10 ** 10))": "memory",
    "print(f'{1:{10 ** 9}}')": "memory",
    "import pickle\npickle.loads(b'.')": "module: pickle",
    "__builtins__['__import__']('os')": "name: __builtins__",
    "print(__loader__)": "builtin: __loader__",
    "class A:\n    def __format__(self, spec):\n        return spec\nf'{A():{A.__init__.__globals__}}'": (
        "attribute: __globals__"
    ),
    "from datetime import datetime\nclass D(datetime): pass\nD.now()": "the time from a class of the program's",
}
_GENERATOR = "def g():\n    yield\n"
_EVIL = "class S(str):\n    def __getitem__(self, i): return 'a'\n    def startswith(self, *a): return False\n"
_FIELD = "from dataclasses import dataclass\nclass A: pass\n"
_LOGGED = "import logging, sys\n" + _GENERATOR
_OPTION = "import argparse\np = argparse.ArgumentParser()\ndef f(): pass\np.add_argument('--x', action='append', dest="
HOSTILE |= {
    _EVIL + "def f(): pass\nprint(getattr(f, S('__glo' + 'bals__')))": "name of an attribute",
    "import functools\nfunctools.wraps(print, assigned=['__self__'], updated=())": "what wraps copies",
    "import functools\nfunctools.wraps(len)(functools.partial)": "a name for what is not the program's",
    _FIELD + "A.__annotations__ = {'x=print(().__class__)': int}\ndataclass(A)": "name of a field",
    "from dataclasses import field\nclass F(type(field())): pass": "a class of fields",
    "from dataclasses import field\nfield().name = 'x=1'": "change of a field",
    "import enum\nclass M(type(enum.IntEnum)):\n    def go(cls): return super()._convert_\n"
    "class E(enum.IntEnum, metaclass=M):\n    a = 1\nE.go()": "attribute: _convert_",
    "import enum\ntype(list[int])(enum.IntEnum, int)._convert_": "attribute: _convert_",
    _OPTION + "'__globals__')\np.parse_args(['--x', '1'], namespace=f)": "attribute: __globals__",
    _OPTION + "'__subclasses__')\np.parse_args(['--x', '1'], namespace=object)": "attribute: __subclasses__",
    _LOGGED + "logging.basicConfig(format='{msg.gi_frame.f_code}', style='{')": "attribute in a format",
    _LOGGED + "logging.Formatter('{msg}', style='{')._style": "attribute: _style",
    _EVIL + "import logging\nlogging.Formatter(S('{msg.gi_frame}'), style='{')": "a format that is no text",
    "import sys\nsys.stdout._wire.send(status=7)": "attribute: _wire",
    "import contextlib\ncontextlib.redirect_stdout(1)._stream = 'modules'": "attribute: _stream",
    "import datetime\ndatetime.datetime(2020, 1, 1).now()": "the time from a class of the program's",
    "import datetime\nclass D(datetime.datetime): pass\nD.now()": "the time from a class of the program's",
    "import random\nR = random.Random\nR().random()": "a seed of chance",
    "import random\nrandom.seed(None)": "a seed of chance",
    "open('\\ud800', 'w')": "a path that is no text",
    "open('a\\0b', 'w')": "a path that is no text",
    "import time\ntime.sleep(float('inf'))": "a sleep without end",
    "import time\ntime.sleep(float('nan'))": "a sleep without end",
    "import pprint\nl = []\nl.append(l)\npprint.pprint(l)": "an address in the output",
    "class A: pass\ndel A.__hash__": "a class without its hash",
    "import uuid\nuuid.os": "not compared: uuid.os",
    "import secrets\nsecrets.SystemRandom": "not compared: secrets.SystemRandom",
    "import struct\nstruct.pack('4000000000s', b'')": "memory",
    "import json\njson.loads('[' * 100000)": "frame of a library",
    "def f(): pass\nobject.__setattr__(f, '__module__', 'os')": "change of __module__",
    "class C: pass\nobject.__setattr__(C(), '__class__', C)": "change of __class__",
    "for n in range(40):\n    open('f%d' % n, 'wb').write(bytes(6_000_000))": "too much written",
}


@pytest.mark.parametrize("source", HOSTILE)
async def test_what_reaches_for_the_interpreter_is_not_carried_out(source: str) -> None:
    assert await interpreted(source, "3.11") == HOSTILE[source]


async def test_a_program_that_never_ends_is_stopped_after_its_steps() -> None:
    assert await interpreted("while True:\n    pass", "3.11", Limits(steps=1000, patience=60.0)) == "time"


async def test_logging_tells_the_machines_time_and_not_the_hosts() -> None:
    source = "import logging\nprint(logging.Formatter.converter()[:5])"
    assert await interpreted(source, "3.11") == ["(2021, 4, 1, 9, 0)\n", "", 0]


async def test_places_in_memory_are_the_machines_and_the_same_each_time() -> None:
    source = (
        "class A:\n    def go(self):\n        yield 1\na, b = A(), A()\n"
        "print(a, [a.go], a.go())\nprint(str(a) == f'{a}' == '%s' % a == '{}'.format(a), hex(id(a)) in str(a))\n"
        "print(repr(b).split('0x')[1], id(a) == id(b), f'at 0x{2 ** 40:x}')\nraise ValueError(a)\n"
    )
    said = await interpreted(source, "3.11")
    assert said == await interpreted(source, "3.11")
    out, err, status = said
    first, second, third = out.splitlines()
    place, *rest = re.findall(r"0x7f[0-9a-f]{10}", first)
    assert rest[0] == place
    assert rest[1] != place
    assert first == f"<__main__.A object at {place}> [<bound method A.go of <__main__.A object at {place}>>] " + (
        f"<generator object A.go at {rest[1]}>"
    )
    assert second == "True True"
    assert re.fullmatch(r"7f[0-9a-f]{10}> False at 0x10000000000", third)
    assert err.splitlines()[-1] == f"ValueError: <__main__.A object at {place}>"
    assert status == 1


@pytest.mark.parametrize(("offset", "local"), [(7200.0, "02:00:00"), (-19800.0, "18:30:00"), (0.0, "00:00:00")])
async def test_local_time_is_that_of_the_machines_zone(offset: float, local: str) -> None:
    source = (
        "from datetime import datetime, timezone\nprint(datetime.fromtimestamp(86400).time())\n"
        "print(datetime(2024, 1, 1).timestamp(), datetime(2024, 1, 1, tzinfo=timezone.utc).astimezone().time())"
    )
    said = await interpreted(source, "3.11", place=Place(1617267600.0, offset))
    assert said == [f"{local}\n{1704067200.0 - offset} {local}\n", "", 0]


async def test_a_text_that_is_none_is_refused_as_python_does() -> None:
    got = await interpreted("try:\n    print('\\ud800')\nexcept UnicodeEncodeError as e:\n    print(e.start)", "3.11")
    assert got == ["0\n", "", 0]


async def test_a_with_inside_a_generator_guards_its_target_too() -> None:
    source = (
        "class Calm:\n    def __enter__(self):\n        return 1\n    def __exit__(self, kind, error, trace):\n"
        "        print(kind.__name__, error)\n        return True\n"
        "def told():\n    with Calm() as (a, b):\n        yield a\n    yield 'on'\n"
        "def plain():\n    with Calm() as (a, b):\n        pass\n    return 'on'\n"
        "print(list(told()), plain())\n"
    )
    said = "TypeError cannot unpack non-iterable int object\n"
    assert await interpreted(source, "3.11") == [f"{said}{said}['on'] on\n", "", 0]


@pytest.mark.parametrize(("version", "marked"), [("3.11", ""), ("3.13", "         ~^^\n")])
async def test_an_error_on_the_way_out_of_a_with_is_marked_from_3_13_on(version: str, marked: str) -> None:
    source = (
        "class C:\n    def __enter__(self): pass\n    def __exit__(self, *a): raise OSError('x')\nwith C():\n    pass"
    )
    _, err, _ = await interpreted(source, version)
    said = f'  File "/root/t.py", line 4, in <module>\n    with C():\n{marked}'
    assert err.split("(most recent call last):\n")[1].startswith(said + '  File "/root/t.py", line 3')


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="the words are those of this interpreter")
async def test_words_that_changed_later_are_known_where_they_did_not() -> None:
    source = (
        "import json, re\nfrom abc import ABC, abstractmethod\n"
        "class A(ABC):\n    @abstractmethod\n    def go(self): ...\n"
        "for told in (A, lambda: json.loads('{a}'), lambda: re.compile('('), lambda: exit(3)):\n"
        "    try:\n        told()\n    except BaseException as error:\n        print(error)\n"
    )
    said = (
        "Can't instantiate abstract class A with abstract method go\n"
        "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)\n"
        "missing ), unterminated subpattern at position 0\n3\n"
    )
    assert await interpreted(source, "3.10") == [said, "", 0]
