"""The documents: one content in two languages, settings that exist, links that lead somewhere, true samples."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import unquote

import pytest

from llm_kernel import config
from llm_kernel.events import Text
from llm_kernel.magics import MAGICS

ROOT = Path(__file__).parents[1]
READMES = ("README.md", "README.zh-CN.md")
DOCUMENTS = [
    *(ROOT / name for name in READMES),
    ROOT / "examples" / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FORBIDDEN = re.compile(
    r"/work/|/opt/|\.\./shared|/tmp/(?!again)|/root/\.|\bpypi\.org|files\.pythonhosted|\bTODO\b|\bFIXME\b"
    r"|\bissue \d|#\d+\b|\bshared/(?:truth|corpus|design)"
)


def text(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def blocks(name: str, language: str) -> list[str]:
    return [body for kind, body in FENCE.findall(text(name)) if kind == language]


def table(name: str, first: str) -> list[list[str]]:
    """The rows of the table whose first header cell begins with ``first``."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text(name).splitlines() if line[:1] == "|"
    ]
    start = next(n for n, row in enumerate(rows) if row[0] == first)
    body = rows[start + 2 :]
    width = len(rows[start])
    return [row for n, row in enumerate(body) if all(len(r) == width for r in body[: n + 1])]


def test_both_readmes_have_the_same_blocks() -> None:
    first, second = (FENCE.findall(text(name)) for name in READMES)
    assert first == second
    assert len(first) >= 5


def test_both_readmes_have_the_same_headings_tables_and_links() -> None:
    def shape(name: str) -> tuple[list[int], int, list[str]]:
        body = text(name)
        levels = [len(found) for found in re.findall(r"^(#+) ", FENCE.sub("", body), re.M)]
        links = [link for link in LINK.findall(body) if link not in READMES]
        return levels, sum(line.startswith("|") for line in body.splitlines()), sorted(links)

    assert shape(READMES[0]) == shape(READMES[1])


def test_the_first_two_blocks_are_one_line_each_for_the_demo_and_the_tests() -> None:
    demo, tests = blocks("README.md", "bash")[:2]
    assert (demo.count("\n"), demo.rstrip().endswith("llm-kernel demo")) == (1, True)
    assert (tests.count("\n"), tests.rstrip().endswith("-m pytest")) == (1, True)


@pytest.mark.skipif(shutil.which("awk") is None, reason="CI's script takes awk")
def test_ci_runs_the_line_of_the_readme() -> None:
    awk = re.search(r"awk -v want=\"\$1\" '(.*?)' README\.md", text(".ci/run"))
    assert awk is not None
    done = subprocess.run(
        ["awk", "-v", "want=2", awk[1], "README.md"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == blocks("README.md", "bash")[1]


@pytest.mark.parametrize("name", READMES)
def test_every_setting_of_the_table_exists_and_every_variable_is_in_it(name: str) -> None:
    rows = table(name, "environment" if name == "README.md" else "环境变量")
    stated = {row[0].strip("`"): row[1].strip("`") for row in rows}
    traits = config.Settings.class_trait_names(config=True)
    assert {trait for trait in stated.values() if trait} - set(traits) == set()
    helped = {
        variable: trait
        for trait in traits
        for variable in re.findall(r"\b((?:LLM_KERNEL|OPENAI)_[A-Z_]+)\b", config.Settings.class_traits()[trait].help)
        if variable not in ("OPENAI_API_KEY",) and not (trait == "backend" and variable.startswith("OPENAI"))
    }
    assert {variable: trait for variable, trait in stated.items() if trait} == helped


@pytest.mark.parametrize("name", READMES)
def test_every_magic_is_in_the_table_of_cells(name: str) -> None:
    rows = table(name, "in a cell" if name == "README.md" else "单元格里写")
    named = {word for row in rows for word in re.findall(r"`%{1,2}(\w+)", row[0])}
    assert named == {*MAGICS, "meta"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_to_files(document: Path) -> None:
    gone = [
        link
        for link in LINK.findall(FENCE.sub("", document.read_text("utf-8")))
        if "://" not in link and not (document.parent / unquote(link.partition("#")[0])).exists()
    ]
    assert gone == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_documents_speak_of_the_project_alone(document: Path) -> None:
    assert FORBIDDEN.findall(document.read_text("utf-8")) == []


def test_each_topic_of_the_design_is_one_page() -> None:
    pages = {page.stem: len(page.read_text("utf-8").splitlines()) for page in (ROOT / "docs" / "design").glob("*.md")}
    assert {"kernel", "machine", "model", "prompts", "shell", "tape"} <= set(pages)
    assert [name for name, lines in pages.items() if lines > 70] == []


def test_every_dependency_has_its_word_in_the_design() -> None:
    listed = re.search(r"^dependencies = \[\n(.*?)^\]", text("pyproject.toml"), re.M | re.S)
    assert listed is not None
    names = [re.split(r"[<>=;! ]", line.strip().strip('",'))[0] for line in listed[1].splitlines()]
    pages = text("docs/design/kernel.md")
    assert [name for name in names if f"`{name}`" not in pages] == []


async def test_the_sample_of_the_readme_is_what_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_KERNEL_CLOCK", "stepped")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    (sample,) = blocks("README.md", "text")
    lines = []
    session = config.build(config.Settings())
    for cell in [line for line in sample.splitlines() if not line.startswith("> ")]:
        said = [event async for event in session.run_cell(cell)]
        output = "".join(event.text for event in said if isinstance(event, Text))
        lines += [cell, *(f"> {line}" for line in output.splitlines())]
    await session.close()
    assert lines == sample.splitlines()
