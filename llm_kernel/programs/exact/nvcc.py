"""``nvcc``: its version is a fact of the installed toolkit; compiling is the model's."""

from __future__ import annotations

from llm_kernel.machine.drivers import Toolkit
from llm_kernel.programs.table import NotExact, exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["nvcc", "version_text"]


def version_text(toolkit: Toolkit) -> str:
    """What this toolkit's compiler prints for ``--version``."""
    lines = [
        "nvcc: NVIDIA (R) Cuda compiler driver",
        f"Copyright (c) 2005-{toolkit.copyright} NVIDIA Corporation",
        f"Built on {toolkit.built}",
        f"Cuda compilation tools, release {toolkit.release}, V{toolkit.nvcc}",
    ]
    if toolkit.build:
        lines.append(f"Build {toolkit.build}")
    return "\n".join(lines) + "\n"


@exact("nvcc", needs="cuda")
def nvcc(call: Call) -> Answer:
    """Answer ``nvcc --version`` and ``nvcc -V``, whatever else stands on the line, as the compiler does."""
    toolkit = call.machine.devices.toolkit
    if toolkit is None or not {"--version", "-V"} & set(call.args):
        raise NotExact
    return Answer(version_text(toolkit))
