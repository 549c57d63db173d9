"""``gcc``: a C program that surely compiles is compiled; what a compiler has to say of others is the model's."""

from __future__ import annotations

import posixpath

from llm_kernel.plan.foreign.clean import clean, idle, links, needs_math
from llm_kernel.programs.compiled import Build, gathered, put, release, wanted
from llm_kernel.programs.table import NotExact, exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["gcc"]

_CHECKED = ("scanf", "fgets", "system(", "fread", "fwrite", "read(", "write(")
"""What Ubuntu's compiler warns of where it optimises and the result is not looked at."""


@exact("gcc", "cc", needs="package:gcc")
def gcc(call: Call) -> Answer:
    """Make the binary, which carries its sources."""
    name = call.name.rpartition("/")[2]
    if not call.args:
        return Answer("", f"{name}: fatal error: no input files\ncompilation terminated.\n", 1)
    asked = wanted(call)
    if asked is not None and (lacking := [one for one in asked.inputs if _lacks(call, one)]):
        return _lacking(name, lacking, release(call.machine))
    if asked is None or asked.odd or set(asked.libraries) - {"m"}:
        raise NotExact(name)
    made_of = gathered(call, asked)
    if made_of is None or any(unit.tongue != "c" or not clean(unit.text) for unit in made_of):
        raise NotExact(name)
    if asked.linked and _unlinked([unit.text for unit in made_of], math="m" in asked.libraries):
        raise NotExact(name)
    if asked.warned and any(idle(unit.text) for unit in made_of):
        raise NotExact(name)
    if asked.optimised and any(word in unit.text for unit in made_of for word in _CHECKED):
        raise NotExact(name)
    if not call.machine.files.is_dir(posixpath.dirname(call.path(asked.output))):
        return _homeless(asked)
    try:
        put(call, asked, made_of)
    except OSError:
        raise NotExact(name) from None
    return Answer("")


def _lacks(call: Call, name: str) -> bool:
    return name.endswith((".c", ".cc", ".cpp")) and not call.machine.files.exists(call.path(name))


def _lacking(name: str, lacking: list[str], major: int) -> Answer:
    """What is said of sources that are not there; the driver looked for them itself before its eleventh release."""
    if major >= 11:
        rows = [f"cc1: fatal error: {one}: No such file or directory\ncompilation terminated.\n" for one in lacking]
        return Answer("", "".join(rows), 1)
    rows = [f"{name}: error: {one}: No such file or directory\n" for one in lacking]
    return Answer("", f"{''.join(rows)}{name}: fatal error: no input files\ncompilation terminated.\n", 1)


def _homeless(asked: Build) -> Answer:
    """What is said of a place that is no directory."""
    lost = f"{asked.output}: No such file or directory\n"
    if asked.linked:
        return Answer("", f"/usr/bin/ld: cannot open output file {lost}collect2: error: ld returned 1 exit status\n", 1)
    return Answer("", f"Assembler messages:\nFatal error: can't create {lost}", 1)


def _unlinked(sources: list[str], *, math: bool) -> bool:
    """Whether the linker may miss something, or have two of it."""
    if not math and any(needs_math(source) for source in sources):
        return True
    return not links(sources)
