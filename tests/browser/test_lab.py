"""What a person sees in JupyterLab."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.endpoint import Endpoint

if TYPE_CHECKING:
    from tests.browser.lab import Lab

SCRIPT = """\
machine gpu 4 'GeForce RTX 3090'
cat > train.py <<'EOF'
import torch
print(torch.rand(1))
EOF
"""
FEED = "https://weather.example/feed"
NEWS = "".join(f"[{hour}/8] rain {hour * 7:04d} mm\n" for hour in range(1, 9))


@pytest.fixture(autouse=True)
def _scripted(model: Endpoint) -> None:
    """A model that builds the machine, plays a feed slowly enough to be watched, and has failed at nothing yet."""
    model.script({"four 3090s": SCRIPT, f"$ curl -sN {FEED}": NEWS})
    model.delay = 0.03
    model.faults.clear()
    model.disconnects.clear()


def test_the_launcher_shows_the_kernel_and_its_logo(lab: Lab) -> None:
    lab.launcher()
    card = lab.find('.jp-LauncherCard[data-category="Notebook"][title="Imagined machine"]')
    logo = card.find_element("css selector", "img.jp-Launcher-kernelIcon")
    assert card.text.split() == ["Imagined", "machine"]
    assert "/kernelspecs/llm_kernel/logo-svg.svg" in str(logo.get_attribute("src"))
    assert lab.width_of(logo) > 0


def test_the_launchers_tile_opens_a_notebook_that_runs_what_is_typed(lab: Lab) -> None:
    lab.launcher()
    lab.find('.jp-LauncherCard[data-category="Notebook"][title="Imagined machine"]').click()
    notebook = lab.shown("")
    assert notebook.kernel == "Imagined machine"
    notebook.type(0, "echo $((6 * 7))")
    assert notebook.run(0).outputs == [("stdout", "42\n")]


def test_an_instruction_changes_the_machine(lab: Lab) -> None:
    notebook = lab.notebook("instruction", "%%meta\nHave four 3090s and a train.py.", "nvidia-smi -L", "wc -l train.py")
    told = notebook.run(0)
    cards = notebook.run(1).text.splitlines()
    assert {"4 x NVIDIA GeForce RTX 3090", "+ train.py  2 lines"} <= set(told.text.splitlines())
    assert [card.partition(" (UUID: GPU-")[0] for card in cards] == [
        f"GPU {number}: NVIDIA GeForce RTX 3090" for number in range(4)
    ]
    assert notebook.run(2).outputs == [("stdout", "2 train.py\n")]


def test_a_programs_output_appears_while_it_runs(lab: Lab, model: Endpoint) -> None:
    model.delay = 0.2
    notebook = lab.notebook("stream", f"curl -sN {FEED}")
    notebook.start(0)
    first = notebook.wait(0, lambda seen: "\n" in seen.text, "showed its first line")
    later = notebook.wait(0, lambda seen: len(seen.text) > len(first.text), "showed more")
    model.delay = 0
    done = notebook.ended(0)
    assert (first.running, first.text) == (True, NEWS[: len(first.text)])
    assert (later.running, later.text) == (True, NEWS[: len(later.text)])
    assert done.outputs == [("stdout", NEWS)]


@pytest.mark.parametrize("way", ["button", "keys"])
def test_interrupt_stops_the_program_and_the_queue_but_not_the_kernel(lab: Lab, model: Endpoint, way: str) -> None:
    model.fail("hang-mid")
    notebook = lab.notebook(f"interrupt-{way}", f"curl -sN {FEED}", "echo queued", "pwd")
    notebook.start(0)
    notebook.start(1)
    half = NEWS[: len(NEWS) // 2]
    assert notebook.wait(0, lambda seen: seen.text == half, "said half").running
    if way == "button":
        notebook.button("interrupt")
    else:
        notebook.leave()
        lab.type_keys("ii")
    stopped = notebook.ended(0)
    assert stopped.outputs == [("stdout", f"{half}^C\n"), ("stderr", "exit status 130")]
    assert model.departures() == 1
    assert notebook.run(2).outputs == [("stdout", "/root\n")]
    assert (notebook.cell(1).prompt, notebook.cell(1).outputs) == ("[ ]:", [])


def test_restart_gives_a_fresh_kernel(lab: Lab) -> None:
    notebook = lab.notebook("restart", "x=here; touch left.txt; ls", 'echo "x is [$x]"; ls')
    assert notebook.run(0).outputs == [("stdout", "left.txt\n")]
    notebook.button("restart")
    lab.find(".jp-Dialog .jp-mod-accept").click()
    again = notebook.run(1)
    assert (again.prompt, again.outputs) == ("[1]:", [("stdout", "x is []\n")])


def test_run_all_stops_at_a_failing_cell_and_shows_it_in_red(lab: Lab) -> None:
    notebook = lab.notebook("failing", "echo one", "ls /nowhere", "echo three")
    lab.menu("Run", "runmenu:run-all")
    failed = notebook.ended(1)
    red, green, blue = notebook.background(1)
    assert failed.outputs == [
        ("stderr", "ls: cannot access '/nowhere': No such file or directory\n"),
        ("stderr", "exit status 2"),
    ]
    assert red > max(green, blue) + 20
    assert notebook.cell(0).outputs == [("stdout", "one\n")]
    assert notebook.wait(2, lambda seen: seen.prompt == "[ ]:", "left the queue").outputs == []


def test_code_is_coloured_as_shell(lab: Lab) -> None:
    notebook = lab.notebook("colours", "if true; then echo yes; fi")
    editor = notebook.editor(0)
    keyword = notebook.word(0, "if")
    assert editor.get_attribute("data-language") == "shell"
    assert keyword.value_of_css_property("color") != editor.value_of_css_property("color")


def test_tab_completes_a_files_name(lab: Lab) -> None:
    notebook = lab.notebook("completion", "touch digits-one.txt digits-two.txt", "")
    notebook.run(0)
    notebook.type(1, "cat dig")
    assert lab.offered()[:2] == ["digits-one.txt", "digits-two.txt"]
    lab.take_first()
    notebook.wait(1, lambda seen: seen.source == "cat digits-one.txt", "took the name")


def test_a_program_that_reads_the_terminal_gets_a_box_to_type_in(lab: Lab, model: Endpoint) -> None:
    model.script({"$ telnet towel.example": 'Good day.\n@ read -p "Your name? " name\n', "Ada": "Hello, Ada.\n"})
    notebook = lab.notebook("input", "telnet towel.example")
    notebook.start(0)
    lab.answer("Ada")
    assert notebook.ended(0).text == "Good day.\nYour name?  Ada\nHello, Ada.\n"
