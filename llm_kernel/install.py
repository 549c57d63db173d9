"""The kernelspec: where its files are, and how it comes to where Jupyter looks."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from importlib import metadata
from pathlib import Path

from jupyter_client.kernelspec import KernelSpecManager

__all__ = ["NAME", "install", "resources"]

NAME = "llm_kernel"
DISTRIBUTION = "imagined-machine"


def resources() -> Path:
    """The folder with ``kernel.json`` and the logos, in a checkout or where the wheel put it."""
    checkout = Path(__file__).resolve().parents[1] / "kernelspec"
    for folder in (checkout, *_from_wheel(), Path(sys.prefix) / "share" / "jupyter" / "kernels" / NAME):
        if (folder / "kernel.json").is_file():
            return folder
    raise FileNotFoundError(f"the files of the kernelspec are gone; install again: pip install {DISTRIBUTION}")


def install(
    *, user: bool = False, prefix: str | None = None, name: str = NAME, display_name: str = "", python: str = ""
) -> Path:
    """Write the kernelspec for the user, under a prefix, or for the whole system, and give its folder.

    The spec names this Python by its path, so that a Jupyter of another environment starts the right one.
    """
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / NAME
        shutil.copytree(resources(), source)
        spec = json.loads((source / "kernel.json").read_text(encoding="utf-8"))
        spec["argv"][0] = python or sys.executable
        spec["display_name"] = display_name or spec["display_name"]
        (source / "kernel.json").write_text(json.dumps(spec, indent=2) + "\n", encoding="utf-8")
        return Path(KernelSpecManager().install_kernel_spec(str(source), name, user=user, prefix=prefix))


def _from_wheel() -> list[Path]:
    try:
        files = metadata.files(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        return []
    return [Path(str(file.locate())).resolve().parent for file in files if file.name == "kernel.json"]
