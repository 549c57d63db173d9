"""Scripts that real bash was recorded on: the shell says the same, byte for byte, and ends with the same status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.fidelity_shell import Case, Corpus, Said, cell, same
from llm_kernel.events import Exit, Text
from tests.notebook import Notebook

_TRUTH = Path(__file__).resolve().parents[3] / "shared" / "corpus" / "shell.json"
_OWN = Path(__file__).parent / "recorded"

_DIFFERENT = {
    "basic-062": "what help prints is prose",
    "basic-f125": "this machine's shell refuses coprocesses",
}
"""Cases that are known to differ, and why."""

_FURTHER = Corpus.read(_OWN / "further.json")
_RARE = Corpus.read(_OWN / "rare_options.json")


async def _notebook(corpus: Corpus) -> Notebook:
    notebook = Notebook({"": ""})
    for text in corpus.setting():
        assert (await notebook(text))[-1] == Exit(0)
    return notebook


def _corpora() -> list[Path]:
    found = [path for path in (_TRUTH, *sorted(_OWN.glob("*.json"))) if path.exists()]
    return [path for path in found if "fixture" in json.loads(path.read_text(encoding="utf-8"))]


def _cases() -> list[object]:
    found: list[object] = []
    for path in _corpora():
        corpus = Corpus.read(path)
        found += [
            pytest.param(corpus, case, id=f"{path.stem}-{case.name}")
            for case in corpus.cases
            if case.kind in ("basic", "control") and case.name not in _DIFFERENT
        ]
    return found


async def said(notebook: Notebook, corpus: Corpus, script: str) -> Said:
    assert (await notebook(corpus.plant()))[-1] == Exit(0)
    events = await notebook(cell(script))
    texts = [event for event in events if isinstance(event, Text)]
    out, err = ("".join(text.text for text in texts if text.stream == name) for name in ("stdout", "stderr"))
    return Said(out, err, events[-1].status)


@pytest.mark.parametrize(("corpus", "case"), _cases())
async def test_a_script_does_what_it_does_in_bash(corpus: Corpus, case: Case) -> None:
    notebook = await _notebook(corpus)
    found = await said(notebook, corpus, case.script)
    assert same(case, found) == (True, True), (found, case.real)


@pytest.mark.parametrize(
    ("corpus", "kind"),
    [(corpus, kind) for corpus in (_FURTHER, _RARE) for kind in dict.fromkeys(case.kind for case in corpus.cases)],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_further_scripts_on_one_machine_do_what_they_do_in_bash(corpus: Corpus, kind: str) -> None:
    notebook = await _notebook(corpus)
    cases = [case for case in corpus.cases if case.kind == kind]
    found = {case.script: await said(notebook, corpus, case.script) for case in cases}
    assert found == {case.script: case.real for case in cases}
