"""The kernel's process: sockets, configuration, the loop. All of it is ipykernel's, less what belongs to IPython."""

from __future__ import annotations

from typing import Any

from ipykernel.kernelapp import IPKernelApp
from jupyter_client.session import Session as Wire
from jupyter_client.session import session_aliases, session_flags
from jupyter_core.paths import jupyter_config_path
from traitlets import Dict, default
from traitlets.config import Application

from llm_kernel.kernel import LLMKernel
from llm_kernel.version import __version__

__all__ = ["LLMKernelApp", "main"]

_OPTIONS = {
    "f": "IPKernelApp.connection_file",
    "ip": "IPKernelApp.ip",
    "transport": "IPKernelApp.transport",
    "shell": "IPKernelApp.shell_port",
    "iopub": "IPKernelApp.iopub_port",
    "stdin": "IPKernelApp.stdin_port",
    "control": "IPKernelApp.control_port",
    "hb": "IPKernelApp.hb_port",
    "log-level": "Application.log_level",
    "config": "LLMKernelApp.extra_config_file",
}


class LLMKernelApp(IPKernelApp):
    """Starts one kernel; settings come from ``llm_kernel_config.py`` where Jupyter keeps its own."""

    name = "llm-kernel"
    version = __version__
    description = "A Jupyter kernel for a machine that is imagined."
    aliases = Dict({**_OPTIONS, **session_aliases})
    flags = Dict(dict(session_flags))
    classes = [LLMKernel, Wire]  # type: ignore[assignment]  # noqa: RUF012
    subcommands: dict[str, Any] = {}  # noqa: RUF012
    kernel_class = LLMKernel
    # A stray print of a library must not land in a cell.
    outstream_class = None  # type: ignore[assignment]

    @default("config_file_name")
    def _config_file_name_default(self) -> str:
        return "llm_kernel_config.py"

    @default("profile_dir")
    def _profile_dir_default(self) -> None:
        return None

    def init_profile_dir(self) -> None:
        """Use no IPython profile: it would be made on disk, and its settings are another kernel's."""

    def init_config_files(self) -> None:
        """Search Jupyter's folders, never the notebook's: a settings file is code, and that folder is anybody's."""
        self.config_file_paths.extend(jupyter_config_path())

    def load_config_file(self, suppress_errors: bool | None = None) -> None:  # type: ignore[override]
        """Load our file and the one named by ``--config``, and not IPython's."""
        for name in self.config_files:
            Application.load_config_file(self, name, path=self.config_file_paths)

    def init_kernel(self) -> None:
        """Make the kernel; what its log would drop is not even written, which every cell would pay for."""
        super().init_kernel()  # type: ignore[no-untyped-call]
        if not self.logging_config:
            self.log.setLevel(self.log_level)

    def init_path(self) -> None:
        """Leave the notebook's folder off the import path: an ``openai.py`` in it is the user's, not ours."""

    def init_control(self, context: Any) -> None:
        """Serve the shell channel here: ipykernel 7 gives it a thread for subshells, which this kernel has none of."""
        super().init_control(context)  # type: ignore[no-untyped-call]
        self.shell_channel_thread = None

    def init_pdb(self) -> None:
        """Leave the debugger alone."""


def main() -> None:
    """Run one kernel until its client shuts it down."""
    LLMKernelApp.launch_instance()
