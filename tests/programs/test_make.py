"""``make`` against what GNU make 4.3 said of the same makefiles."""

from __future__ import annotations

import json

from llm_kernel.events import Exit, Text
from tests.notebook import Notebook
from tests.programs.record_make import RECORDED


async def test_makefiles_are_run_as_gnu_make_runs_them():
    notebook = Notebook()
    await notebook("%machine os ubuntu 22.04")
    await notebook("apt-get install -y make gcc > /dev/null")
    wrong = []
    for row in json.loads(RECORDED.read_text("utf-8")):
        for path, text in row["files"].items():
            notebook.machine.files.write(f"/{row['name']}/{path}", text.encode())
        await notebook(f"mkdir -p /{row['name']}; cd /{row['name']}")
        for command, *recorded in row["said"]:
            events = await notebook(f"sleep 1; {command}")
            texts = ["".join(one.text for one in events if isinstance(one, Text) and one.stream == stream)
                     for stream in ("stdout", "stderr")]  # fmt: skip
            assert isinstance(events[-1], Exit)
            if [*texts, events[-1].status] != recorded:
                wrong.append((row["name"], command, texts, events[-1].status, recorded))
    assert (wrong, notebook.asked) == ([], [])


async def test_makefiles_that_include_and_makes_that_run_themselves_end():
    notebook = Notebook()
    await notebook("apt-get install -y make > /dev/null 2>&1")
    notebook.machine.files.write("/a/Makefile", b"include Makefile\nall:\n\techo hi\n")
    notebook.machine.files.write("/b/Makefile", b"all:\n\t@$(MAKE)\n")
    events = await notebook("make -f Makefile -C /a")
    assert "".join(one.text for one in events if isinstance(one, Text)) == (
        "make: Entering directory '/a'\nMakefile:1: *** Too many open files.  Stop.\nmake: Leaving directory '/a'\n"
    )
    ended = await notebook("make -C /b 2> /said; echo $?; grep -v Error /said")
    assert "".join(one.text for one in ended if isinstance(one, Text)).endswith(
        "make: Leaving directory '/b'\n2\nmake[20]: make: Resource temporarily unavailable\n"
    )
    assert notebook.asked == []
