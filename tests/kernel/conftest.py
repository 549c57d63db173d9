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
    """A Jupyter that knows the kernel of this checkout, bare (over scripted cells) and whole, and no settings."""
    home = tmp_path_factory.mktemp("jupyter")
    for name, module in (("llm_kernel", "llm_kernel"), ("bare", "tests.kernel.double")):
        spec = home / "kernels" / name
        shutil.copytree(ROOT / "kernelspec", spec)
        data = json.loads((spec / "kernel.json").read_text())
        data["argv"] = [sys.executable, "-m", module, *data["argv"][3:]]
        data["env"] = {"PYTHONPATH": str(ROOT)}
        (spec / "kernel.json").write_text(json.dumps(data))
    before = dict(os.environ)
    os.environ.update(
        {"JUPYTER_PATH": str(home), "JUPYTER_CONFIG_DIR": str(home / "config"), "JUPYTER_PLATFORM_DIRS": "1"}
    )
    os.environ["IPYTHONDIR"] = str(home / "ipython")
    for name in [name for name in os.environ if name.startswith(("OPENAI_", "LLM_KERNEL_", "JPY_SESSION"))]:
        del os.environ[name]
    os.environ["LLM_KERNEL_HOME"] = str(home / "snapshots")
    yield home
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="module")
def bare() -> Iterator[Client]:
    """The kernel over scripted cells."""
    with kernel("bare") as running:
        yield running


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """The whole kernel, without a model."""
    with kernel(env={"OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}) as running:
        yield running
