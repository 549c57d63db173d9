"""Programs with threads: each runs until it waits, on the machine's clock, in an order that CPython has too."""

from __future__ import annotations

import pytest

from llm_kernel.python import Limits, Place
from tests.python.test_interpreter import interpreted

_SHARED = """
import threading
total, lock, log = 0, threading.Lock(), []
def add(times):
    global total
    for _ in range(times):
        with lock:
            total += 1
    log.append(threading.current_thread().name)
workers = [threading.Thread(target=add, args=(50,)) for _ in range(3)]
workers.append(threading.Thread(target=add, args=(1,), name="w"))
for worker in workers:
    worker.start()
for worker in workers:
    worker.join()
print(total, log, [worker.is_alive() for worker in workers], threading.active_count())
try:
    worker.start()
except RuntimeError as error:
    print(error)
"""
_SLEEPS = """
import threading, time
def late(n):
    for turn in range(2):
        time.sleep(n / 10)
        print(n, turn)
for n in (3, 2):
    threading.Thread(target=late, args=(n,)).start()
threading.Thread(target=lambda: [time.sleep(0.25) or print("tick") for _ in range(9)], daemon=True).start()
start = time.perf_counter()
time.sleep(0.1)
print("main", round(time.perf_counter() - start, 2))
"""
_QUEUE = """
import queue, threading
q, done = queue.Queue(maxsize=2), threading.Event()
def make():
    for n in range(4):
        q.put(n)
    q.put(None)
def take():
    while (n := q.get()) is not None:
        print("took", n)
    done.set()
threading.Thread(target=take).start()
threading.Thread(target=make).start()
print(done.wait(5), q.empty())
try:
    q.get(timeout=0.5)
except queue.Empty as error:
    print(repr(error))
"""
_POOL = """
from concurrent.futures import ThreadPoolExecutor, as_completed
import time
def job(n):
    time.sleep((7 - n) / 10)
    return 12 // n
with ThreadPoolExecutor(3) as pool:
    futures = [pool.submit(job, n) for n in range(4)]
    print([future.exception() or future.result() for future in as_completed(futures)])
    print(list(pool.map(pow, [2, 3], [3, 2])))
print(ThreadPoolExecutor().submit(len, "abc").result())
"""
_OWN = """
import logging, threading
logging.basicConfig(format="%(threadName)s %(message)s")
class Own(threading.Thread):
    def run(self):
        logging.warning("in %s", self.name)
own = Own(name="own")
own.start()
own.join()
logging.warning("out")
"""
COMPUTED = {
    _SHARED: (
        "151 ['Thread-1 (add)', 'Thread-2 (add)', 'Thread-3 (add)', 'w'] [False, False, False, False] 1\n"
        "threads can only be started once\n",
        "",
    ),
    _SLEEPS: ("main 0.1\n2 0\ntick\n3 0\n2 1\ntick\n3 1\n", ""),
    _QUEUE: ("took 0\ntook 1\ntook 2\ntook 3\nTrue True\nEmpty()\n", ""),
    _POOL: ("[6, 12, ZeroDivisionError('integer division or modulo by zero'), 4]\n[8, 9]\n3\n", ""),
    _OWN: ("", "own in own\nMainThread out\n"),
}
_POOLED = "from concurrent.futures import ThreadPoolExecutor\nf = ThreadPoolExecutor().submit(lambda: 1 / 0)\n"
_TWO = "import threading\na, b = threading.Lock(), threading.Lock()\n"
LEFT = {
    "import threading\nthreading.Thread(target=lambda: 1 / 0).start()": "where a thread begins",
    "import threading\nthreading.Timer(0, lambda: 1 / 0).start()": "an error that ends a thread",
    _TWO + "a.acquire()\na.acquire()": "a wait without end",
    "import queue\nqueue.Queue().get()": "a wait without end",
    "import threading\nthreading.Thread(target=[].__class__.__subclasses__).start()": "attribute: __subclasses__",
    "import threading\nthreading.Thread(target=lambda: open.__globals__).start()": "attribute: __globals__",
    _POOLED + "f.exception().__traceback__": "attribute: __traceback__",
    _POOLED + "f._state": "attribute: _state",
    _POOLED + "f.add_done_callback(lambda f: f.result())\nprint(1)": "an error that nobody awaited",
    _POOLED + "f.result()": "threads that go on after an error",
    _TWO + "type(a).acquire.__code__": "attribute: __code__",
    _TWO + "a._line": "attribute: _line",
    "import threading\nthreading.current_thread()._bootstrap()": "attribute: _bootstrap",
    "import threading as t\nclass T(t.Thread):\n    def run(self): self._started\nT().start()": "attribute: _started",
    "import threading as t\ne = t.Event()\nfor _ in range(70): t.Thread(target=e.wait).start()": "many threads",
    "import threading\ndef go():\n    while True: pass\nthreading.Thread(target=go).start()": "time",
    "import threading\nthreading.Thread(target=lambda: [0] * 10 ** 8).start()": "memory",
    "import threading\nthreading.current_thread().setName('x')": "a warning of the library",
    "import threading\nthreading.settrace(print)": "not compared: threading.settrace",
}


@pytest.mark.parametrize("source", COMPUTED)
async def test_threads_run_until_they_wait(source: str) -> None:
    out, err = COMPUTED[source]
    assert await interpreted(source, "3.11") == [out, err, 0]


@pytest.mark.parametrize("source", LEFT)
async def test_what_depends_on_more_than_turns_is_left(source: str) -> None:
    assert await interpreted(source, "3.11", Limits(steps=20_000, patience=60.0)) == LEFT[source]


_ENDS = """import threading
def f(x):
    return [][x]
class Own(threading.Thread):
    def run(self):
        raise SystemExit(3) if self.name == "quiet" else ValueError(self.name)
for made in (threading.Thread(target=f, args=(0,)), Own(name="own"), Own(name="quiet")):
    made.start()
    made.join()
print(threading.active_count())"""


@pytest.mark.parametrize(
    ("version", "lines", "name", "marks", "end"),
    [
        ((3, 11, 2), (1038, 975), "Thread-1 (f)", "           ~~^^^\n", ""),
        ((3, 6, 9), (916, 864), "Thread-1", "", "\n"),
    ],
)
async def test_an_error_that_ends_a_thread_is_told_and_the_others_go_on(
    version: tuple[int, int, int], lines: tuple[int, int], name: str, marks: str, end: str
) -> None:
    minor = f"3.{version[1]}"
    place = Place(1617267600.0, version=version, library=f"/usr/lib/python{minor}")
    begun = f"""Traceback (most recent call last):
  File "/usr/lib/python{minor}/threading.py", line {lines[0]}, in _bootstrap_inner
    self.run()
"""
    script = "/root/t.py" if version >= (3, 9) else "t.py"
    assert await interpreted(_ENDS, minor, place=place) == [
        "1\n",
        f'''Exception in thread {name}:
{begun}  File "/usr/lib/python{minor}/threading.py", line {lines[1]}, in run
    self._target(*self._args, **self._kwargs)
  File "{script}", line 3, in f
    return [][x]
{marks}IndexError: list index out of range
{end}Exception in thread own:
{begun}  File "{script}", line 6, in run
    raise SystemExit(3) if self.name == "quiet" else ValueError(self.name)
ValueError: own
{end}''',
        0,
    ]


async def test_before_3_10_threads_are_named_by_number_alone() -> None:
    source = "import threading\nprint(threading.Thread(target=print).name, threading.Timer(1, print).name)"
    assert await interpreted(source, "3.8") == ["Thread-1 Thread-2\n", "", 0]


async def test_what_is_told_of_threads_is_the_same_each_time() -> None:
    source = "import threading\nprint(threading.Lock(), threading.current_thread(), threading.get_ident())"
    assert await interpreted(source, "3.11") == await interpreted(source, "3.11")
