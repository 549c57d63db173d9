"""JupyterLab in a headless Chromium, with a scripted model; all of it is started once for this folder's tests."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.endpoint import Endpoint

MISSING = [name for name in ("jupyterlab", "selenium") if find_spec(name) is None]
MISSING += [name for name in ("chromium", "chromedriver") if not shutil.which(name)]
HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark this folder's tests, and skip them where a browser or JupyterLab is missing."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if MISSING:
                item.add_marker(pytest.mark.skip(reason=f"not installed: {', '.join(MISSING)}"))


@pytest.fixture(scope="session")
def model() -> Iterator[Endpoint]:
    """The model: a real HTTP endpoint that says what a test scripts."""
    with Endpoint() as endpoint:
        yield endpoint


@pytest.fixture(scope="session")
def lab(model: Endpoint, tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    """A JupyterLab, its folders fresh, in a browser with a fresh profile."""
    from tests.browser.lab import Lab, chromium
    from tests.browser.server import jupyter_lab

    home = tmp_path_factory.mktemp("lab")
    env = {"OPENAI_BASE_URL": model.base_url, "OPENAI_API_KEY": "scripted"}
    with jupyter_lab(home, env) as server, chromium(home / "profile") as driver:
        yield Lab(driver, server)
