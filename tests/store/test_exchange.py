"""``llm-kernel export`` and ``import``, and the settings of the store, as a person uses them."""

from __future__ import annotations

from pathlib import Path

import pytest
from traitlets import TraitError

from llm_kernel.cli import main
from llm_kernel.settings import Settings
from llm_kernel.store import Store
from tests.store.moments import entry, moment, plain

FOUND = moment({"/a": entry(b"bytes \xff" * 100)}, clock='{"now": 5}')


@pytest.fixture
def home(tmp_path: Path) -> Path:
    store = Store(tmp_path / "home")
    store.save("lesson1", store.enter("a.ipynb").add("cell", "make all", FOUND))
    store.close()
    return tmp_path / "home"


def test_a_saved_machine_is_handed_out(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, other = tmp_path / "lesson1.machine", tmp_path / "other"
    assert main(["export", "lesson1", str(file), "--home", str(home)]) == 0
    assert main(["import", str(file), "--home", str(other)]) == 0
    assert main(["import", str(file), "mine", "--home", str(other)]) == 0
    assert capsys.readouterr().out == (
        f"Wrote lesson1 to {file}\nlesson1 can be loaded now: %load lesson1\nmine can be loaded now: %load mine\n"
    )
    store = Store(other)
    assert [plain(store.load(store.find(saved.name))) for saved in store.names()] == [plain(FOUND)] * 2
    assert [(saved.name, saved.label, saved.when) for saved in store.names()] == [
        ("lesson1", "make all", 5.0),
        ("mine", "make all", 5.0),
    ]


def test_nothing_is_replaced_unless_it_is_asked_for(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "f"
    file.write_text("mine")
    assert main(["export", "lesson1", str(file), "--home", str(home)]) == 1
    assert file.read_text() == "mine"
    assert main(["export", "lesson1", str(file), "--home", str(home), "--force"]) == 0
    assert main(["import", str(file), "--home", str(home)]) == 1
    assert main(["import", str(file), "--home", str(home), "--force"]) == 0
    assert main(["import", str(file), "7", "--home", str(home)]) == 1
    assert capsys.readouterr().err == (
        f"llm-kernel: {file} is there already; --force replaces it.\n"
        "llm-kernel: 'lesson1' is saved already: give another name, or replace it with --force.\n"
        "llm-kernel: '7' is no name: %load takes a number for a step of %history; add a letter.\n"
    )


def test_what_is_not_there_is_said(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "lesson", str(tmp_path / "f"), "--home", str(home)]) == 1
    assert main(["import", str(tmp_path / "f"), "--home", str(home)]) == 1
    assert main(["export", "lesson1", str(tmp_path / "no" / "f"), "--home", str(home)]) == 1
    assert capsys.readouterr().err == (
        "llm-kernel: nothing is saved as 'lesson'; there is lesson1.\n"
        f"llm-kernel: {tmp_path / 'f'} cannot be read (No such file or directory).\n"
        f"llm-kernel: {tmp_path / 'no' / 'f'} cannot be written (No such file or directory).\n"
    )


def test_the_notebooks_name_comes_from_jupyter_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_KERNEL_SESSION", "mine")
    assert Settings().session_name == "mine"
    monkeypatch.setenv("JPY_SESSION_NAME", "a.ipynb")
    assert Settings().session_name == "a.ipynb"


@pytest.mark.parametrize("text", ["0", "-1", "many", "9999999999"])
def test_what_is_no_number_of_snapshots_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("LLM_KERNEL_KEEP", text)
    with pytest.raises(TraitError, match="it is a number of snapshots, 1000"):
        Settings().keep  # noqa: B018 - the default is looked up here
