"""``python3 -m site`` and ``-m py_compile``: where a Python looks for modules, and what it keeps of a source."""

from __future__ import annotations

import ast
import posixpath

from llm_kernel.machine.channels import ROOT
from llm_kernel.programs.exact.pip_site import Site, environment_of
from llm_kernel.programs.table import NotExact
from llm_kernel.shell.call import Answer, Call

__all__ = ["compiled", "places"]


def places(call: Call, version: str) -> Answer:
    """``-m site``: the search path and the user's own places."""
    site = Site.of(call)
    if call.args[2:] or version.rpartition(".")[0] != site.branch:
        raise NotExact(call.name)
    environment, branch, tag = environment_of(call), site.branch, site.branch.replace(".", "")
    conda = environment.root if environment and environment.kind == "conda" else ROOT if not environment else ""
    home = f"{conda}/lib" if conda and (environment or site.machine.packages.has_conda) else "/usr/lib"
    rhel = site.machine.system.profile.like == "rhel" and home == "/usr/lib"
    core = [f"{home}{'64' if rhel else ''}/python{tag}.zip", f"{home}{'64' if rhel else ''}/python{branch}"]
    extra = [place for place in call.env.get("PYTHONPATH", "").split(":") if place]
    files, user = call.machine.files, f"{site.home}/.local"
    own = f"{user}/lib/python{branch}/site-packages"
    virtual = environment is not None and environment.kind == "venv"
    mine = [own] if files.is_dir(own) and not virtual else []
    found = [call.cwd, *extra, *core, f"{core[1]}/lib-dynload", *mine, site.local, site.dist]
    rows = "".join(f"    {place!r},\n" for place in dict.fromkeys(found))
    there = {place: "exists" if files.is_dir(place) else "doesn't exist" for place in (user, own)}
    return Answer(
        f"sys.path = [\n{rows}]\nUSER_BASE: {user!r} ({there[user]})\nUSER_SITE: {own!r} ({there[own]})\n"
        f"ENABLE_USER_SITE: {not virtual}\n"
    )


def compiled(call: Call, version: str) -> Answer:
    """``-m py_compile FILE...``: a file of byte code for each source that is Python.

    Raises:
        NotExact: for a source that is none, whose error CPython words.
    """
    names, files = call.args[2:], call.machine.files
    if not names or any(name.startswith("-") for name in names):
        raise NotExact(call.name)
    major, minor = (int(part) for part in version.split(".")[:2])
    end = "" if minor >= 10 else "\n"
    for name in names:
        path = call.path(name)
        if not files.exists(path):
            return Answer("", f"[Errno 2] No such file or directory: {name!r}{end}", 1)
        if files.is_dir(path) or files.is_sized(path):
            raise NotExact(call.name)
        source = files.read(path)
        try:
            ast.parse(source, feature_version=(major, minor))
        except (SyntaxError, ValueError) as err:
            raise NotExact(call.name) from err
        folder, base = posixpath.split(path)
        kept = f"{folder}/__pycache__/{base.removesuffix('.py')}.cpython-{major}{minor}.pyc"
        files.mkdir(posixpath.dirname(kept))
        files.sized(kept, 140 + len(source) * 7 // 8)
    return Answer()
