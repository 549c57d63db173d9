"""``conda run``: a command in an environment that is not active; all else of conda is answered at once."""

from __future__ import annotations

import posixpath
import shlex

from llm_kernel.machine import channels
from llm_kernel.programs.exact.conda import conda
from llm_kernel.programs.table import NotExact, live
from llm_kernel.shell.call import Call, Io

__all__ = ["run"]

_FLAGS = ("--no-capture-output", "--live-stream", "-v", "--verbose", "--debug-wrapper-scripts")


@live("conda", "mamba", "micromamba", needs="package:conda")
async def run(call: Call, io: Io) -> int:
    """``conda``."""
    if call.args[:1] == ("run",):
        return await _run(call, io, list(call.args[1:]))
    answer = conda(call)
    await io.out(answer.stdout)
    await io.err(answer.stderr)
    return answer.status


async def _run(call: Call, io: Io, words: list[str]) -> int:
    values: dict[str, str] = {}
    while words and words[0].startswith("-"):
        word = words.pop(0)
        name, equals, value = word.partition("=") if word.startswith("--") else (word, "", "")
        if name in ("-n", "--name", "-p", "--prefix", "--cwd") and (equals or words):
            values[name.lstrip("-")[0]] = value if equals else words.pop(0)
        elif word not in _FLAGS:
            raise NotExact(call.name)
    if call.run is None:
        raise NotExact(call.name)
    if not words:
        await io.err("conda run: error: the following arguments are required: EXECUTABLE_CALL\n")
        return 2
    named = values.get("n", "")
    root = (
        call.path(values["p"])
        if "p" in values
        else f"{channels.ROOT}/envs/{named}"
        if named not in ("", "base")
        else ""
    )
    known = call.machine.packages.environments.get(root)
    if root and (known is None or known.kind != "conda"):
        await io.err(f"\nEnvironmentLocationNotFound: Not a conda environment: {root}\n\n")
        return 1
    home = root or channels.ROOT
    move = f"cd {shlex.quote(values['c'])} && " if "c" in values else ""
    own = {"CONDA_PREFIX": home, "CONDA_DEFAULT_ENV": posixpath.basename(root) if root else "base"}
    lead = " ".join(f"{name}={shlex.quote(text)}" for name, text in own.items())
    line = shlex.join(words)
    status = await call.run(f"export {lead} PATH={shlex.quote(home)}/bin:$PATH; {move}{line}", io.out, io.err)
    if status:
        await io.err(f"\nERROR conda.cli.main_run:execute(49): `conda run {line}` failed. (See above for error)\n")
    return status
