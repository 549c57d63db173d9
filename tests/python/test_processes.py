"""Processes that a program begins: computed one after the other where nothing shows that they are."""

from __future__ import annotations

import pytest

from tests.python.test_interpreter import interpreted

_POOL = "import multiprocessing as mp\n"
LEFT = {
    "t = []\ndef f(x): t.append(x)\nmp.Pool(2).map(f, [1])": "what another process changes for itself",
    "n = 0\ndef f():\n    global n\n    n = 1\np = mp.Process(target=f)\np.start()\np.join()": (
        "what another process changes for itself"
    ),
    "mp.Pool(2).map(print, [1, 2])": "output of several processes",
    "p = mp.Process(target=print)\np.start()\nprint(1)\np.join()": "output of several processes",
    "mp.Pool(2).map(lambda x: x, [1])": "a function that has no name for another process",
    "mp.Pool(2).map(open, ['/etc/passwd'])": "a function that has no name for another process",
    "import time\nmp.Process(target=time.sleep, args=(1,)).start()": "sleeps of several processes",
    "import os\nmp.Pool(1).map(abs, [os.getpid()])": "numbers of processes",
    "try:\n    mp.Pool(1).map(int, ['x'])\nexcept ValueError:\n    pass": "an error in another process",
    "class A: pass\nmp.Pool(1).map(repr, [A()])": "an object on its way to another process",
    "mp.Pool(0)": "frame of a library",
    "mp.Queue().get()": "a wait without end",
    "mp.Queue()._run": "attribute: _run",
    "mp.Pool(1).map.__func__": "attribute: __func__",
}


@pytest.mark.parametrize("source", LEFT)
async def test_what_would_show_is_left(source: str) -> None:
    assert await interpreted(_POOL + source, "3.11") == LEFT[source]
