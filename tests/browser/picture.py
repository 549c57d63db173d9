"""Take the README's picture: a notebook on an imagined machine, in JupyterLab, while its last cell runs.

    python -m tests.browser.picture docs/images/lab.png --endpoint http://127.0.0.1:8080/v1 --tape lab.tape

The model is real: what the picture shows is what it said. A tape keeps what it said, for another try of the frame.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from tests.browser.lab import Lab, Notebook, chromium
from tests.browser.server import jupyter_lab

CELLS = (
    "%%meta\n"
    "You are an Ubuntu 18.04 server with Python 3.9, PyTorch 1.8, torchvision and CUDA 11.3.\n"
    "You have four GeForce RTX 3090.\n"
    "Write a train.py: a 4-layer fully connected network for MNIST, 10 epochs.",
    "nvidia-smi",
    "python3 train.py",
)
PATIENT = 600.0
HIDE = """
for (const side of ["left", "right"]) {
  if (!window.jupyterapp.shell[side + "Collapsed"]) window.jupyterapp.commands.execute(`application:toggle-${side}-area`);
  window.jupyterapp.commands.execute("application:toggle-side-tabbar", {side});
}
window.jupyterapp.commands.execute("statusbar:toggle");
"""


def main() -> None:
    """Run the notebook, and take the picture when its last cell has shown some lines."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--endpoint", default="", help="where the model is (default: the embedded model)")
    parser.add_argument("--tape", type=Path, default=None, help="keeps what the model said")
    parser.add_argument("--lines", type=int, default=4, help="how many lines the last cell has shown")
    parser.add_argument("--width", type=int, default=1000)
    parser.add_argument("--height", type=int, default=1000)
    parser.add_argument("--scale", type=float, default=1.5)
    args = parser.parse_args()
    env = {"OPENAI_BASE_URL": args.endpoint, "OPENAI_API_KEY": "none"} if args.endpoint else {}
    if args.tape:
        env["LLM_KERNEL_TAPE"] = str(args.tape.absolute())
    if cache := os.environ.get("LLM_KERNEL_CACHE"):
        env["LLM_KERNEL_CACHE"] = cache
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        (home / "config").mkdir()
        (home / "config" / "llm_kernel_config.py").write_text('c.LLMKernel.prompt_set = "compact"\n')
        scale = f"--force-device-scale-factor={args.scale}"
        with jupyter_lab(home, env) as server, chromium(home / "profile", args.width, args.height, scale) as driver:
            notebook = _run(Lab(driver, server), args.lines)
            args.picture.parent.mkdir(parents=True, exist_ok=True)
            driver.save_screenshot(str(args.picture))
            for cell in notebook.cells():
                print(cell.prompt, cell.source, cell.text, sep="\n")


def _run(lab: Lab, lines: int) -> Notebook:
    notebook = lab.notebook("train", *CELLS)
    lab.driver.execute_script(HIDE)
    last = len(CELLS) - 1
    for number in range(last):
        notebook.start(number)
        notebook.ended(number, PATIENT)
    notebook.start(last)
    notebook.leave()
    notebook.wait(last, lambda seen: seen.text.count("\n") >= lines or not seen.running, "showed lines", PATIENT)
    return notebook


if __name__ == "__main__":
    main()
