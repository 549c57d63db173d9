"""Take the README's picture: a notebook on an imagined machine, in JupyterLab, while its last cell runs.

    python -m tests.browser.picture docs/images/lab.png --endpoint http://127.0.0.1:8080/v1 --tape lab.tape

The model is real: the picture shows what it said. A tape keeps that, for another try of the frame. Needs Pillow too.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from io import BytesIO
from pathlib import Path

from PIL import Image

from tests.browser.lab import SHOWN, Lab, Notebook, chromium
from tests.browser.server import jupyter_lab

CELLS = (
    "%%meta\n"
    "I want you to be an Ubuntu 18.04 machine with Python 3.9, PyTorch 1.8, CUDA 11.3 and\n"
    "the other libraries that training needs. It has four RTX 3090 GPUs.",
    "nvidia-smi | head -n 24",
    "%%meta\nCreate train.py: it trains a neural network with 5 layers on CIFAR-10 with PyTorch. Do not show it.",
    "python3 train.py",
)
COLOURS = 256  # enough for text, and a third of the size
PATIENT = 600.0
STYLE = "<style>.jp-cell-toolbar { display: none } .jp-WindowedPanel-outer { overflow: hidden !important }</style>"
BARE = """
const commands = window.jupyterapp.commands;
for (const side of ["left", "right"]) {
  if (!window.jupyterapp.shell[side + "Collapsed"]) commands.execute(`application:toggle-${side}-area`);
  commands.execute("application:toggle-side-tabbar", {side});
}
commands.execute("statusbar:toggle");
commands.execute("application:close-other-tabs");
document.head.insertAdjacentHTML("beforeend", arguments[0]);
"""
BOTTOM = """
const cells = [...document.querySelectorAll(arguments[0] + " .jp-Cell")];
return Math.ceil(cells.at(-1).getBoundingClientRect().bottom);
"""


def main() -> None:
    """Run the notebook, and take the picture when its last cell has shown some lines."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--endpoint", default="", help="where the model is (default: the embedded model)")
    parser.add_argument("--tape", type=Path, default=None, help="keeps what the model said")
    parser.add_argument("--lines", type=int, default=4, help="how many lines the last cell has shown")
    parser.add_argument("--width", type=int, default=900)
    parser.add_argument("--scale", type=float, default=2.0)
    args = parser.parse_args()
    args.picture.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        with (
            jupyter_lab(home, _model(args)) as server,
            chromium(home / "profile", args.width, 1600) as driver,
        ):
            lab = Lab(driver, server)
            notebook = _run(lab, args.lines)
            _shoot(lab, args.picture, args.width, args.scale)
            print(*(f"{cell.prompt}\n{cell.source}\n{cell.text}" for cell in notebook.cells()), sep="\n")


def _model(args: argparse.Namespace) -> dict[str, str]:
    """The user's own model: an endpoint, or the embedded one and its server, which may be running already."""
    env = {"HOME": str(Path.home()), "LLM_KERNEL_CACHE": os.environ.get("LLM_KERNEL_CACHE", "")}
    if args.endpoint:
        env |= {"OPENAI_BASE_URL": args.endpoint, "OPENAI_API_KEY": os.environ.get("OPENAI_API_KEY", "none")}
    if args.tape:
        env["LLM_KERNEL_TAPE"] = str(args.tape.absolute())
    return env


def _run(lab: Lab, lines: int) -> Notebook:
    notebook = lab.notebook("train", *CELLS)
    lab.driver.execute_script(BARE, STYLE)
    last = len(CELLS) - 1
    for number in range(last):
        notebook.start(number)
        notebook.ended(number, PATIENT)
    notebook.start(last)
    notebook.leave()
    notebook.wait(last, lambda seen: seen.text.count("\n") >= lines or not seen.running, "showed lines", PATIENT)
    return notebook


def _shoot(lab: Lab, picture: Path, width: int, scale: float) -> None:
    """Take the page from its top to the end of the last cell."""
    size = {"width": width, "height": lab.driver.execute_script(BOTTOM, SHOWN) + 14}
    metrics = {**size, "deviceScaleFactor": scale, "mobile": False}
    lab.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    taken = Image.open(BytesIO(lab.driver.get_screenshot_as_png())).convert("RGB")
    taken.quantize(COLOURS).save(picture, optimize=True)


if __name__ == "__main__":
    main()
