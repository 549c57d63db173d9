"""Take the README's picture: a notebook on an imagined machine, in JupyterLab, while its last cell runs.

    python -m tests.browser.picture docs/images/lab.png --endpoint http://127.0.0.1:8080/v1 --tape lab.tape

The model is real: the picture shows what it said. A tape keeps that, for another try of the frame.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from tests.browser.lab import SHOWN, Lab, Notebook, chromium
from tests.browser.server import jupyter_lab

CELLS = (
    "%%meta\n"
    "You are an Ubuntu 18.04 server with Python 3.9, PyTorch 1.8 and torchvision, CUDA 11.3,\n"
    "and four GeForce RTX 3090.\n"
    "Write a train.py: a 4-layer network for MNIST, 10 epochs, on the first GPU.",
    "nvidia-smi | head -n 24",
    "python3 train.py",
)
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
    parser.add_argument("--scale", type=float, default=1.5)
    args = parser.parse_args()
    args.picture.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        (home / "config").mkdir()
        (home / "config" / "llm_kernel_config.py").write_text('c.LLMKernel.prompt_set = "compact"\n')
        with (
            jupyter_lab(home, _model(args)) as server,
            chromium(home / "profile", args.width, 1600) as driver,
        ):
            lab = Lab(driver, server)
            notebook = _run(lab, args.lines)
            _shoot(lab, args.picture, args.width, args.scale)
            print(*(f"{cell.prompt}\n{cell.source}\n{cell.text}" for cell in notebook.cells()), sep="\n")


def _model(args: argparse.Namespace) -> dict[str, str]:
    env = {"OPENAI_BASE_URL": args.endpoint, "OPENAI_API_KEY": "none"} if args.endpoint else {}
    if args.tape:
        env["LLM_KERNEL_TAPE"] = str(args.tape.absolute())
    if cache := os.environ.get("LLM_KERNEL_CACHE"):
        env["LLM_KERNEL_CACHE"] = cache
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
    lab.driver.save_screenshot(str(picture))


if __name__ == "__main__":
    main()
