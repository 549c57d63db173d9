"""``unittest``: told as Python tells it, but for the seconds, which are the machine's."""

from __future__ import annotations

import re
import sys

import pytest

from llm_kernel.events import Exit, Text
from tests.notebook import Notebook
from tests.python.test_interpreter import interpreted

_HEAD = "import unittest\nclass T(unittest.TestCase):\n"
_LINE, _RULE = "=" * 70, "-" * 70
MIXED = (
    _HEAD
    + """\
    def setUp(self):
        self.items = [1, 2]
    def test_equal(self):
        self.assertEqual(self.items, [1, 3])
    def test_error(self):
        self.items[5]
    def test_good(self):
        with self.assertRaises(KeyError) as caught:
            {}["k"]
        self.assertEqual(caught.exception.args, ("k",))
    def test_none(self):
        with self.assertRaises(ValueError):
            pass
    @unittest.skip("later")
    def test_skip(self):
        pass
unittest.main(argv=["t.py"])
"""
)
TOLD = f"""\
FE.Fs
{_LINE}
ERROR: test_error (__main__.T.test_error)
{_RULE}
Traceback (most recent call last):
  File "/root/t.py", line 8, in test_error
    self.items[5]
    ~~~~~~~~~~^^^
IndexError: list index out of range

{_LINE}
FAIL: test_equal (__main__.T.test_equal)
{_RULE}
Traceback (most recent call last):
  File "/root/t.py", line 6, in test_equal
    self.assertEqual(self.items, [1, 3])
AssertionError: Lists differ: [1, 2] != [1, 3]

First differing element 1:
2
3

- [1, 2]
?     ^

+ [1, 3]
?     ^


{_LINE}
FAIL: test_none (__main__.T.test_none)
{_RULE}
Traceback (most recent call last):
  File "/root/t.py", line 14, in test_none
    with self.assertRaises(ValueError):
AssertionError: ValueError not raised

{_RULE}
Ran 5 tests in SECONDS

FAILED (failures=2, errors=1, skipped=1)
"""
LEFT = {
    "import unittest\nunittest.TestLoader().loadTestsFromName('os._exit')": "tests by a name",
    "import unittest\nunittest.TestLoader().discover('.')": "more of unittest than is known",
    _HEAD.replace("TestCase", "TestResult") + "    def addError(self, test, error):\n        error[2].tb_frame\n"
    "class C(unittest.TestCase):\n    def test(self):\n        1 / 0\nC('test').run(T())": "attribute: tb_frame",
    "from unittest import mock": "not compared: unittest.mock",
    _HEAD
    + "    def test(self):\n        self.assertLogs()\nunittest.main(argv=['t'])": "more of unittest than is known",
    _HEAD + "    def test(self):\n        self._outcome\nunittest.main(argv=['t'])": "attribute: _outcome",
    _HEAD + "    def test(self):\n        open.__globals__\nunittest.main(argv=['t'])": "attribute: __globals__",
    _HEAD + "    def test(self):\n        self.assertRaises(OSError, int, 'x')\nunittest.main(argv=['t'])": (
        "frame of a library"
    ),
}

pytestmark = pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="the library's own texts change with a version")


def _timeless(text: str) -> str:
    return re.sub(r"\d\.\d{3}s", "SECONDS", text)


async def test_tests_are_told_of_as_python_does() -> None:
    out, err, status = await interpreted(MIXED, "3.11")
    assert (out, _timeless(err), status) == ("", TOLD, 1)


async def test_before_3_11_a_test_is_named_by_its_class() -> None:
    source = _HEAD + "    def test_a(self):\n        'Doc.'\nunittest.main(argv=['t', '-v'])"
    _, err, status = await interpreted(source, "3.10")
    said = f"test_a (__main__.T)\nDoc. ... ok\n\n{_RULE}\nRan 1 test in SECONDS\n\nOK\n"
    assert (_timeless(err), status) == (said, 0)


@pytest.mark.parametrize("source", LEFT)
async def test_what_was_not_compared_is_left(source: str) -> None:
    assert await interpreted(source, "3.11") == LEFT[source]


async def test_a_modules_tests_are_run_by_their_name() -> None:
    notebook = Notebook()
    await notebook("%machine python 3.11.4")
    lines = "import unittest", "class T(unittest.TestCase):", " def test_a(self): self.assertTrue(1)"
    await notebook(f"printf '%s\\n' '{lines[0]}' '{lines[1]}' '{lines[2]}' > test_one.py")
    for words in ("test_one", "-q test_one.T.test_a", "discover", ""):
        said, end = await notebook(f"python3 -m unittest {words}")
        assert isinstance(said, Text)
        assert _timeless(said.text) == ("" if "-q" in words else ".\n") + f"{_RULE}\nRan 1 test in SECONDS\n\nOK\n"
        assert end == Exit(0)
    assert notebook.requests == []
