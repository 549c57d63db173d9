"""``readlink`` and ``realpath``: where links and relative names lead."""

from __future__ import annotations

import posixpath

from llm_kernel.programs.options import Options
from llm_kernel.programs.quoting import quoted
from llm_kernel.programs.report import Report
from llm_kernel.programs.table import exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["readlink", "realpath"]

_READLINK = Options(
    "f,canonicalize e,canonicalize-existing m,canonicalize-missing n,no-newline q,quiet s,silent v,verbose z,zero",
    usage="[OPTION]... FILE...",
    about="Print the value of a symbolic link, or the canonical file name.",
    authors="Dmitry V. Levin",
)
_REALPATH = Options(
    "e,canonicalize-existing m,canonicalize-missing L,logical P,physical q,quiet relative-to= relative-base= "
    "s,strip no-symlinks z,zero",
    usage="[OPTION]... FILE...",
    about="Print the resolved absolute file name; all but the last component must exist.",
    authors="Padraig Brady",
)


@exact("readlink")
def readlink(call: Call) -> Answer:
    """Print what links say, or where names lead."""
    parsed = _READLINK.parse(call)
    if isinstance(parsed, Answer):
        return parsed
    if not parsed.operands:
        return _READLINK.refuse(call, "missing operand")
    how = parsed.last("canonicalize", "canonicalize-existing", "canonicalize-missing")
    loud = parsed.last("verbose", "quiet", "silent") == "verbose"
    end = "\0" if "zero" in parsed else "\n"
    if "no-newline" in parsed and len(parsed.operands) == 1:
        end = ""
    report = Report(call)
    for name in parsed.operands:
        try:
            text = canonical(call, name, how.removeprefix("canonicalize").lstrip("-")) if how else _link(call, name)
            report.out.append(text + end)
        except OSError as err:
            report.status = 1
            if loud:
                report.fail(f"{name}: {err.strerror}")
    return report.answer()


@exact("realpath")
def realpath(call: Call) -> Answer:
    """Print where names lead."""
    parsed = _REALPATH.parse(call)
    if isinstance(parsed, Answer):
        return parsed
    if not parsed.operands:
        return _REALPATH.refuse(call, "missing operand")
    how = parsed.last("canonicalize-existing", "canonicalize-missing").removeprefix("canonicalize-")
    plain = "strip" in parsed or "no-symlinks" in parsed
    to, base = parsed.value("relative-to"), parsed.value("relative-base")
    report, end = Report(call), "\0" if "zero" in parsed else "\n"
    for name in parsed.operands:
        try:
            path = posixpath.normpath(posixpath.join(call.cwd, name)) if plain else canonical(call, name, how)
            report.out.append(_seen_from(call, path, to, base) + end)
        except OSError as err:
            report.status = 1
            if "quiet" not in parsed:
                report.fail(f"{name if name else quoted(name)}: {err.strerror}")
    return report.answer()


def canonical(call: Call, name: str, how: str = "") -> str:
    """The absolute name free of links; ``how`` is ``existing``, ``missing``, or empty: all but the last must exist.

    Raises:
        OSError: when something that must be there is not.
    """
    files = call.machine.files
    path = posixpath.join(call.cwd, name) if name else ""
    try:
        place = files.resolve(path)
    except (FileNotFoundError, NotADirectoryError):
        if how != "missing":
            raise
        head, _, tail = path.rstrip("/").rpartition("/")
        return posixpath.normpath(posixpath.join(canonical(call, head or "/", how), tail))
    if how == "existing" or (name.endswith("/") and files.exists(place) and how != "missing"):
        stat = files.lstat(place)
        if name.endswith("/") and stat.kind != "directory":
            files.listdir(place)
    return place


def _link(call: Call, name: str) -> str:
    return call.machine.files.readlink(call.path(name))


def _seen_from(call: Call, path: str, to: str | None, base: str | None) -> str:
    start = canonical(call, to, "missing") if to is not None else ""
    limit = canonical(call, base, "missing") if base is not None else ""
    if limit and not (path + "/").startswith(limit.rstrip("/") + "/"):
        return path
    return posixpath.relpath(path, start or limit) if start or limit else path
