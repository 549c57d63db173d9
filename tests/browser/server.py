"""A Jupyter Server with JupyterLab and the kernel of this checkout, in folders that end with it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.browser.waiting import wait_until

__all__ = ["ROOT", "Server", "jupyter_lab"]

ROOT = Path(__file__).parents[2]
TOKEN = "for-one-run"
QUIET = {"fetchNews": "false", "checkForUpdates": False}


@dataclass(frozen=True)
class Server:
    """Where a running server is, and the folder of its notebooks."""

    url: str
    token: str
    notebooks: Path


@contextmanager
def jupyter_lab(home: Path, env: dict[str, str]) -> Iterator[Server]:
    """Serve JupyterLab from ``home`` for the time of a block."""
    notebooks = home / "notebooks"
    notebooks.mkdir(parents=True)
    surroundings = _environment(home) | env
    install = [sys.executable, "-m", "llm_kernel", "install", "--prefix", str(home / "prefix")]
    subprocess.run(install, env=surroundings, cwd=home, check=True, capture_output=True, timeout=60)
    _write_settings(home / "settings")
    port = _free_port()
    words = [
        "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0",
        f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={notebooks}", "--LabApp.extension_manager=readonly",
        "--LabApp.expose_app_in_browser=True",
    ]  # fmt: skip
    log = home / "server.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *words], env=surroundings, cwd=home, stdout=out, stderr=out
        )
        try:
            url = f"http://127.0.0.1:{port}"
            wait_until(lambda: _answers(url, process, log), "the server's first answer", 40)
            yield Server(url, TOKEN, notebooks)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _environment(home: Path) -> dict[str, str]:
    """This process's, without a user's settings, and with every folder of Jupyter's below ``home``."""
    hidden = ("OPENAI_", "LLM_KERNEL_", "JUPYTER", "JPY_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    path = os.pathsep.join(filter(None, [str(ROOT), kept.get("PYTHONPATH", "")]))
    return kept | {
        "HOME": str(home),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_PATH": str(home / "prefix" / "share" / "jupyter"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "LLM_KERNEL_CACHE": str(home / "cache"),
        "LLM_KERNEL_HOME": str(home / "store"),
        "PYTHONPATH": path,
    }


def _write_settings(folder: Path) -> None:
    file = folder / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(QUIET), encoding="utf-8")


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def _answers(url: str, process: subprocess.Popen[bytes], log: Path) -> bool:
    if process.poll() is not None:
        raise RuntimeError(f"the server ended with status {process.returncode}:\n{log.read_text('utf-8')[-3000:]}")
    try:
        with urllib.request.urlopen(f"{url}/api", timeout=2):
            return True
    except (urllib.error.URLError, OSError):
        return False
