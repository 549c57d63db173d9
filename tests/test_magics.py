"""The percent words: what each shows and does, without the model but where it is about it."""

from __future__ import annotations

import pytest

from llm_kernel.errors import CellError
from llm_kernel.events import Display, Exit, Text
from llm_kernel.magics import MAGICS
from tests.notebook import Notebook, out


async def test_lsmagic_names_every_magic() -> None:
    said = await Notebook().said("%lsmagic")
    assert all(f"%{name}" in said for name in MAGICS)
    assert "%%meta" in said


async def test_machine_shows_the_machine() -> None:
    view, end = await Notebook()("%machine")
    assert isinstance(view, Display)
    assert view.data["text/plain"].splitlines()[:3] == [
        "Machine: Ubuntu 20.04.2 LTS, host ubuntu, user root, Python 3.8.5, 16 cores, 64 GiB memory",
        "GPUs: no GPU",
        "Now: 2021-04-01 09:00:00 UTC, in /root",
    ]
    assert view.kind == "result"
    assert set(view.data) == {"text/plain", "text/html"}
    assert end == Exit(0)


async def test_machine_sets_it_and_the_shell_follows() -> None:
    notebook = Notebook()
    assert (await notebook("%machine gpu 4 'GeForce RTX 3090'"))[0].text.splitlines()[
        0
    ] == "4 x NVIDIA GeForce RTX 3090"
    assert await notebook("nvidia-smi -L | wc -l") == out("4\n")
    await notebook("%machine user alice")
    await notebook("%machine host gpu01")
    assert await notebook("hostname; echo $HOSTNAME") == out("gpu01\ngpu01\n")
    assert notebook.requests == []


@pytest.mark.parametrize(
    ("cell", "words"),
    [("%machine gpu", "usage: machine gpu"), ("%machine zzz 1", "unknown word 'zzz'"), ("%machine os 'a", "machine: ")],
)
async def test_wrong_use_is_a_line_on_stderr_and_status_two(cell: str, words: str) -> None:
    event, end = await Notebook()(cell)
    assert isinstance(event, Text)
    assert (event.stream, words in event.text, event.text.count("\n"), end) == ("stderr", True, 1, Exit(2))


async def test_model_shows_and_switches() -> None:
    notebook = Notebook(["a\n"])
    assert await notebook("%model") == out("* scripted\n")
    assert await notebook("%model other") == out("model other\n")


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("%histroy", "Unknown magic %histroy; near: %history."),
        ("%wat", "Unknown magic %wat; %lsmagic lists them."),
        ("%ls -l", "Unknown magic %ls; ls is a shell command, and takes no %; %lsmagic lists the magics."),
        ("%why 3", "usage: %why"),
        ("%usage all", "usage: %usage"),
        ("%cd /tmp", "Unknown magic %cd; cd is a shell command, and takes no %; %lsmagic lists the magics."),
        ("%%bash\nls", "Unknown magic %%bash; bash is a shell command, and takes no %%; %lsmagic lists the magics."),
    ],
)
async def test_an_unknown_magic_names_the_near_ones_and_a_shell_command_is_told_as_such(cell: str, said: str) -> None:
    notebook = Notebook()
    assert await notebook.fails(cell) == []
    assert str(notebook.fault) == said


async def _plain(notebook: Notebook, cell: str) -> str:
    """The plain text of a view."""
    view, end = await notebook(cell)
    assert (type(view), set(view.data), end) == (Display, {"text/plain", "text/html"}, Exit(0))
    return str(view.data["text/plain"])


async def test_why_tells_of_the_last_cell_and_not_of_itself() -> None:
    notebook = Notebook(["x\n"])
    assert await _plain(notebook, "%why") == "The last cell ran no program: bash answered it."
    await notebook("whoami")
    for _ in range(2):
        assert await _plain(notebook, "%why") == "whoami\n    exact: computed from the machine"
    await notebook("echo hi")
    assert await _plain(notebook, "%why") == "The last cell ran no program: bash answered it."


async def test_why_tells_what_a_model_was_shown_and_what_it_cost() -> None:
    notebook = Notebook(["x\n"])
    await notebook("%machine fact 'The backup host is b7.'")
    await notebook("echo hi > a.conf; rsync a.conf")
    (answer,) = notebook.session.answers
    assert await _plain(notebook, "%why") == (
        f"rsync a.conf\n    model: scripted, {answer.prompt} tokens in (0 cached), 1 out, 0.0 s, price unknown\n"
        "    from: /root/a.conf\n    known: The backup host is b7."
    )


async def test_usage_counts_what_models_cost() -> None:
    notebook = Notebook(["x\n", "y\n"])
    assert await _plain(notebook, "%usage") == "No model was asked yet."
    await notebook("rsync a; rsync b; ls")
    first, second = notebook.session.answers[:2]
    said = first.prompt + second.prompt
    assert await _plain(notebook, "%usage") == (
        f"scripted: 2 requests, {said} tokens in (0 cached), 2 out, 0.0 s, price unknown"
    )


async def test_usage_tells_the_budget() -> None:
    notebook = Notebook(["x\n"], budget=50_000)
    assert await _plain(notebook, "%usage") == "No model was asked yet.\nbudget: 0 of 50000 tokens"
    await notebook("rsync a")
    (answer,) = notebook.session.answers
    assert (await _plain(notebook, "%usage")).endswith(f"\nbudget: {answer.prompt + 1} of 50000 tokens")


@pytest.mark.parametrize(
    ("cell", "said", "path", "text"),
    [
        ("%%writefile a.txt\nx\ny\n", "Writing a.txt\n", "/root/a.txt", "x\ny\n"),
        ("%%writefile d/e/a.txt\nx", "Writing d/e/a.txt\n", "/root/d/e/a.txt", "x"),
        ("%%writefile ~/a.txt\nx\n", "Writing ~/a.txt\n", "/root/a.txt", "x\n"),
        ("%%writefile 'a b'\n{x}\n%why\n$y\n", "Writing a b\n", "/root/a b", "{x}\n%why\n$y\n"),
        ("%%writefile /etc/motd\nhi\r\n你好\n", "Writing /etc/motd\n", "/etc/motd", "hi\r\n你好\n"),
    ],
)
async def test_writefile_writes_the_cell_as_it_is(cell: str, said: str, path: str, text: str) -> None:
    notebook = Notebook()
    assert (await notebook(cell), notebook.text(path)) == (out(said), text)


async def test_writefile_overwrites_and_appends() -> None:
    notebook = Notebook()
    await notebook("%%writefile a\none\n")
    assert await notebook("%%writefile -a a\ntwo\n") == out("Appending to a\n")
    assert notebook.text("/root/a") == "one\ntwo\n"
    assert await notebook("%%writefile a\nthree\n") == out("Overwriting a\n")


@pytest.mark.parametrize(
    "cell", ["%%writefile\nx", "%%writefile a b\nx", "%%writefile 'a\nx", "%writefile a", "%%why\nx"]
)
async def test_a_mistaken_magic_says_so(cell: str) -> None:
    notebook = Notebook()
    assert await notebook.fails(cell) == []
    assert isinstance(notebook.fault, CellError)


async def test_a_file_larger_than_the_machine_takes_is_an_error() -> None:
    event, end = await Notebook()("%%writefile big\n" + "x" * 11_000_000)
    assert (event.stream, event.text[:10], end) == ("stderr", "writefile:", Exit(1))


async def test_the_replys_metadata_says_what_why_and_usage_say() -> None:
    notebook = Notebook(["x\n"])
    await notebook("rsync a; whoami")
    told = notebook.session.report()
    first, second = told["answers"]
    assert (first["command"], first["by"], first["completion"], first["usd"]) == ("rsync a", "model", 1, None)
    assert (second["command"], second["by"], second["usd"]) == ("whoami", "exact", 0.0)
    assert told["usage"] == [
        {
            "model": "scripted",
            "requests": 1,
            "prompt": first["prompt"],
            "cached": 0,
            "completion": 1,
            "seconds": 0.0,
            "usd": None,
        }
    ]


async def test_physics_change_on_the_same_machine_and_back() -> None:
    notebook = Notebook(["imagined\n@ touch there\n"])
    await notebook("mkdir /srv/w; cd /srv/w; echo real > file; X=1")
    assert await notebook("%physics pure") == out("pure\n")
    assert await notebook("ls") == out("imagined\n")
    assert await notebook("%physics exact\nls; echo $X; pwd") == out("exact\nfile\nthere\n1\n/srv/w\n")
    assert notebook.asked == ["$ ls"]
