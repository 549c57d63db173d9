"""The kernelspec comes to where Jupyter looks, by the wheel alone and by the command."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from jupyter_client.kernelspec import KernelSpecManager

from llm_kernel import cli, install
from llm_kernel.version import __version__
from tests.kernel.conftest import ROOT

LOGOS = ["logo-32x32.png", "logo-64x64.png", "logo-svg.svg"]


def spec(prefix: Path, name: str = "llm_kernel") -> dict:
    return json.loads((prefix / "share" / "jupyter" / "kernels" / name / "kernel.json").read_text())


def test_the_spec_in_the_wheel_names_any_python() -> None:
    assert json.loads((ROOT / "kernelspec" / "kernel.json").read_text()) == {
        "argv": ["python", "-m", "llm_kernel", "-f", "{connection_file}"],
        "display_name": "Imagined machine",
        "language": "bash",
        "interrupt_mode": "message",
        "metadata": {"debugger": False},
    }


def test_the_logos_are_pictures_of_a_few_kilobytes() -> None:
    files = {name: (ROOT / "kernelspec" / name).read_bytes() for name in LOGOS}
    assert [len(data) < 5_000 for data in files.values()] == [True] * 3
    size = {
        name: (int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")) for name, data in files.items()
    }
    assert (size["logo-32x32.png"], size["logo-64x64.png"]) == ((32, 32), (64, 64))
    assert files["logo-svg.svg"].startswith(b"<svg ")


def test_install_under_a_prefix_writes_this_python(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["install", "--prefix", str(tmp_path)]) == 0
    folder = tmp_path / "share" / "jupyter" / "kernels" / "llm_kernel"
    assert capsys.readouterr().out == f"Installed the kernel llm_kernel in {folder}\n"
    assert sorted(file.name for file in folder.iterdir()) == ["kernel.json", *LOGOS]
    assert spec(tmp_path)["argv"] == [sys.executable, "-m", "llm_kernel", "-f", "{connection_file}"]


def test_install_for_the_user_is_found_by_jupyter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path))
    assert cli.main(["install", "--user", "--name", "mine", "--display-name", "My machine"]) == 0
    found = KernelSpecManager().get_kernel_spec("mine")
    assert (found.display_name, found.interrupt_mode) == ("My machine", "message")


def test_a_bad_name_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["install", "--prefix", str(tmp_path), "--name", "no way"]) == 1
    assert capsys.readouterr().err.startswith("llm-kernel: Invalid kernel name 'no way'")


def test_two_places_at_once_are_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main(["install", "--user", "--prefix", str(tmp_path)])
    assert stop.value.code == 2


def test_the_command_knows_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main(["--version"])
    assert (stop.value.code, capsys.readouterr().out) == (0, f"llm-kernel {__version__}\n")
    assert f'\nversion = "{__version__}"\n' in (ROOT / "pyproject.toml").read_text()


def test_the_resources_are_found_in_a_checkout() -> None:
    assert install.resources() == ROOT / "kernelspec"


@pytest.mark.skipif(importlib.util.find_spec("hatchling") is None, reason="hatchling builds the wheel")
def test_the_wheel_carries_the_kernelspec(tmp_path: Path) -> None:
    line = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(line, cwd=ROOT, check=True, capture_output=True, timeout=100)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    data = f"imagined_machine-{__version__}.data/data/share/jupyter/kernels/llm_kernel"
    assert sorted(name for name in names if name.startswith(data)) == [f"{data}/{f}" for f in ["kernel.json", *LOGOS]]
