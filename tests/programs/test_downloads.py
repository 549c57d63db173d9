"""``wget`` and ``curl`` leave files of the web: with sizes at once, with contents when they are read."""

from __future__ import annotations

from llm_kernel.events import Exit, Text
from llm_kernel.model.request import Request
from tests.notebook import Notebook

_SAID = """\
--2021-04-01 09:00:00--  http://example.com/y.csv
Resolving example.com (example.com)... 93.184.216.34
Connecting to example.com (example.com)|93.184.216.34|:80... connected.
HTTP request sent, awaiting response... 200 OK
Length: 100710 (98K) [text/csv]
Saving to: ‘y.csv’

     0K .......... .......... .......... .......... .......... 50% 4.87M 0s
    50K .......... .......... .......... .......... ........  100% 3.75M=0.03s

2021-04-01 09:00:00 (3.14 MB/s) - ‘y.csv’ saved [100710/100710]

"""
_METER = """\
  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current
                                 Dload  Upload   Total   Spent    Left  Speed
"""


def _text(events: list[object], stream: str = "stdout") -> str:
    return "".join(one.text for one in events if isinstance(one, Text) and one.stream == stream)


async def test_wget_says_what_it_does_and_leaves_the_file() -> None:
    notebook = Notebook()
    assert _text(list(await notebook("wget example.com/y.csv")), "stderr") == _SAID
    url = "example.com/y.csv"
    again = f"wget -nv {url}; wget -nc {url}; wget -q -P d {url}; ls . d; stat -c %s y.csv"
    said = list(await notebook(again))
    assert _text(said) == ".:\nd\ny.csv\ny.csv.1\n\nd:\ny.csv\n100710\n"
    assert _text(said, "stderr") == (
        '2021-04-01 09:00:00 URL:http://example.com/y.csv [100710/100710] -> "y.csv.1" [1]\n'
        "File ‘y.csv’ already there; not retrieving.\n"
    )
    assert notebook.asked == []


async def test_what_is_not_there_and_what_cannot_be_written() -> None:
    notebook = Notebook()
    lost = "https://raw.githubusercontent.com/pytorch/examples/main/lost.py"
    rows = {
        f"wget -nv {lost}": (f"{lost}:\n2021-04-01 09:00:00 ERROR 404: Not Found.\n", 8),
        "wget -nv -O /no/x http://example.com/a.txt": (
            "/no/x: No such file or directory\n\nCannot write to ‘/no/x’ (No such file or directory).\n", 3
        ),
        "wget": ("wget: missing URL\nUsage: wget [OPTION]... [URL]...\n\nTry `wget --help' for more options.\n", 1),
        f"curl -sSfO {lost}": ("curl: (22) The requested URL returned error: 404 Not Found\n", 22),
        f"curl -sO {lost}; cat lost.py >&2; false": ("404: Not Found", 1),
        "curl -sS -o /no/x https://example.com/a.zip": ("curl: (23) Failed writing body (0 != 16384)\n", 23),
    }  # fmt: skip
    found = {line: list(await notebook(line)) for line in rows}
    assert {line: (_text(said, "stderr"), said[-1]) for line, said in found.items()} == {
        line: (text, Exit(status)) for line, (text, status) in rows.items()
    }
    assert notebook.asked == []


async def test_a_file_of_a_repository_is_the_one_that_a_clone_has() -> None:
    asked = []

    def reply(request: Request) -> str:
        asked.append(request.messages[-1].content.rpartition("\n")[2])
        return "print(1)\n"

    notebook = Notebook(reply)
    url = "https://raw.githubusercontent.com/pytorch/examples/main/mnist/main.py"
    assert _text(list(await notebook(f"wget -q {url}; cat main.py"))) == "print(1)\n"
    clone = "git clone -q https://github.com/pytorch/examples; cmp main.py examples/mnist/main.py && echo same"
    assert _text(list(await notebook(clone))) == "same\n"
    assert asked == ["File mnist/main.py, about 5715 bytes"]


async def test_curl_shows_its_meter_and_what_the_server_said() -> None:
    notebook = Notebook(lambda _: "a page\n")
    rows = list(await notebook("curl -O https://download.pytorch.org/tutorial/data.zip; stat -c %s data.zip"))
    none = "  0     0    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0"
    meter = _text(rows, "stderr")
    assert meter.startswith(f"{_METER}\r{none}\r100 2814k  100 2814k    0     0  ")
    assert _text(rows) == "2882130\n"
    assert notebook.asked == []
    assert await notebook.said("curl -s https://example.com; curl -so a.json https://example.com/a.json; ls") == (
        "a page\na page\ndata.zip\n"
    )
    assert len(notebook.asked) == 2


async def test_what_is_no_address_is_the_models() -> None:
    notebook = Notebook(lambda _: "odd\n")
    assert await notebook.said(
        "wget 'http://[::1'; curl -O 'http://[::1/x'; wget http://a.com:99999/x; wget build.corp/x"
    ) == ("odd\n" * 4)
