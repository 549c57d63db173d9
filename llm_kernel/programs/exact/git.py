"""``git``: repositories of the machine. What needs the rest of git is imported when git is first called."""

from __future__ import annotations

from llm_kernel.machine.latent import Unimagined
from llm_kernel.programs.table import Unwritten, exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["git"]


@exact("git", needs="package:git")
def git(call: Call) -> Answer:
    """Answer every subcommand that the machine can compute."""
    from llm_kernel.programs.git.commands import run  # some thirty modules that a notebook without git never needs

    try:
        return run(call)
    except Unimagined as lacking:
        raise Unwritten(lacking.origins) from lacking
