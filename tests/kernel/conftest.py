"""A real kernel process for each module, found by Jupyter through a spec that this folder writes."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kernel.client import Client, kernel

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session", autouse=True)
def jupyter_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A Jupyter that knows one kernel, ours from this checkout, and no settings of the user's."""
    home = tmp_path_factory.mktemp("jupyter")
    spec = home / "kernels" / "llm_kernel"
    shutil.copytree(ROOT / "kernelspec", spec)
    data = json.loads((spec / "kernel.json").read_text())
    data["argv"] = [sys.executable, "-m", "tests.kernel.double", *data["argv"][3:]]
    data["env"] = {"PYTHONPATH": str(ROOT)}
    (spec / "kernel.json").write_text(json.dumps(data))
    before = dict(os.environ)
    os.environ.update(
        {"JUPYTER_PATH": str(home), "JUPYTER_CONFIG_DIR": str(home / "config"), "JUPYTER_PLATFORM_DIRS": "1"}
    )
    os.environ["IPYTHONDIR"] = str(home / "ipython")
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        os.environ.pop(name, None)
    yield home
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with kernel() as running:
        yield running
