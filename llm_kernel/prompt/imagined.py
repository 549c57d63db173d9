"""The request for something that the machine has and nobody has written yet: a file, a listing, a manual page."""

from __future__ import annotations

from collections.abc import Sequence

from llm_kernel.machine import Machine
from llm_kernel.model.request import Message, Request
from llm_kernel.prompt.build import frozen

__all__ = ["file_request"]

_BYTES_A_TOKEN = 3
_SOURCE = 4000
"""Characters of a program that are shown with what it wrote."""


def file_request(
    machine: Machine,
    origin: str,
    *,
    size: int,
    beside: Sequence[str] = (),
    after: str = "",
    most: int = 4096,
    seed: int = 42,
) -> Request:
    """Ask once for what ``origin`` is: about ``size`` bytes, among the files ``beside`` it.

    ``after`` is the content that a commit made of it, where what it was before is asked for.
    """
    about = f"Machine: {machine.system.profile.pretty}, Python {machine.system.python or 'none'}"
    where, asked = _asked(machine, origin, size)
    parts = [about + (f"\n{where}" if where else "")]
    if beside:
        parts[0] += f"\nBeside it: {', '.join(beside[:60])}"
    if after:
        parts.append(f"It is now:\n{after}")
    parts.append(asked)
    prefix = frozen("file")
    given = f"{machine.system.profile.pretty}\n{machine.system.python}"
    key = {"kind": "file", "origin": origin, "size": str(size), "machine": given, "beside": "\n".join(beside[:60])}
    if origin.startswith("made "):
        key["program"] = where
    tokens = min(most, max(256, size // _BYTES_A_TOKEN + 200))
    return Request(
        (*prefix, Message("user", "\n\n".join(parts))),
        key,
        max_tokens=tokens,
        temperature=0.4,
        seed=seed,
        penalty=1.05,
        frozen=len(prefix),
    )


def _asked(machine: Machine, origin: str, size: int) -> tuple[str, str]:
    """Where it belongs, and the line that asks for it."""
    kind, _, rest = origin.partition(" ")
    match kind:
        case "git":
            repository, _, path = rest.partition(" ")
            path, _, subject = path.partition(" before ")
            before = f", as it was before the commit '{subject}'" if subject else ""
            return f"Repository: https://{repository}", f"File {path}, about {size} bytes{before}"
        case "git-tree":
            return (
                f"Repository: https://{rest}",
                "List its files, one path and its size in bytes a line; "
                "then its commits, the youngest first, as: commit DATE NAME: SUBJECT",
            )
        case "git-hook":
            return "Repository: hooks of every new git repository", f"File hooks/{rest}.sample, about {size} bytes"
        case "made":
            path, source, command = rest.split("\n", 2)
            written = f"File {path}, which that program has written, about {size} bytes"
            return f"Program: {command}\n{_source(machine, source)}".rstrip(), written
        case "man":
            return "", f"Manual page {rest}, about {size} bytes"
    return "", f"File {rest}, about {size} bytes"


def _source(machine: Machine, path: str) -> str:
    """The source at ``path``, as far as it is there and short."""
    files = machine.files
    if not path or not files.exists(path) or files.is_sized(path):
        return ""
    return files.read(path).decode("utf-8", "replace")[:_SOURCE]
