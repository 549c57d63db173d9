"""``git``: repositories of the machine. What needs the rest of git is imported when git is first called."""

from __future__ import annotations

import errno
import posixpath

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
    except OSError as err:
        if err.errno == errno.ENOSPC:
            return _full(call, str(err.filename))
        return _closed(call, str(err.filename), err.strerror or "")
    except Unimagined as lacking:
        raise Unwritten(lacking.origins) from lacking


def _closed(call: Call, path: str, why: str) -> Answer:
    """What git says where it may not write: of a new repository, of what it tracks, of its own records."""
    if "clone" in call.args:
        return Answer("", f"fatal: could not create work tree dir '{path}': {why}\n", 128)
    if "init" in call.args:
        return Answer("", f"{path}: {why}\n", 1)
    inside = path.partition("/.git/")[2]
    if not inside:
        return Answer("", f"error: unable to create file {posixpath.relpath(path, call.cwd)}: {why}\n", 1)
    if inside.startswith("objects"):
        said = "insufficient permission for adding an object to repository database .git/objects"
        return Answer("", f"error: {said}\n", 128)
    return Answer("", f"fatal: Unable to create '{path}.lock': {why}\n", 128)


def _full(call: Call, path: str) -> Answer:
    """What git says where the disk has no room for an object, or for what a new repository begins with."""
    if "init" in call.args:
        config = posixpath.join(posixpath.dirname(path), "config")
        said = f"error: could not write config file {config}: No space left on device\n"
        return Answer("", f"{said}fatal: could not set 'core.repositoryformatversion' to '0'\n", 128)
    kind = "loose object" if call.machine.system.profile.since("libc", "2.31") else "sha1"
    return Answer("", f"error: file write error: No space left on device\nfatal: unable to write {kind} file\n", 128)
