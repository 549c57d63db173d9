"""``conda``: its list and version are the machine's, a plain install goes through it. Environments are the model's."""

from __future__ import annotations

import re

from llm_kernel.machine import channels
from llm_kernel.programs.table import NotExact, exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["conda"]

_MAIN = "pkgs/main"


@exact("conda", "mamba", needs="package:conda")
def conda(call: Call) -> Answer:
    """Answer ``--version``, ``list [PATTERN]`` and ``install -y NAME...``."""
    match list(call.args):
        case ["--version" | "-V"]:
            found = call.machine.packages.find("conda", "conda")
            return Answer(f"conda {found.version}\n") if found else Answer("", "conda: error\n", 1)
        case ["list", *rest] if len(rest) < 2 and not any(word.startswith("-") for word in rest):
            return Answer(_list(call, rest[0] if rest else ""))
        case ["install", *rest]:
            return _install(call, rest)
    raise NotExact


def _list(call: Call, pattern: str) -> str:
    packages = call.machine.packages
    python = call.machine.system.python
    rows = [
        (p.name, p.version, channels.build(p.name, p.version, python), channels.channel(p.name))
        for p in packages.installed("conda")
    ]
    named = {channels.project_of(row[0]) for row in rows}
    theirs = (p for p in packages.installed("pip") if channels.project_of(p.name.lower()) not in named)
    rows += [(p.name.lower(), p.version, "pypi_0", "pypi") for p in theirs]
    chosen = sorted(row for row in rows if not pattern or re.search(re.escape(pattern), row[0]))
    out = f"# packages in environment at {channels.ROOT}:\n#\n"
    out += f"# {'Name':<23} {'Version':<17} {'Build':>8}  Channel\n"
    return out + "".join(_row(*row) for row in chosen)


def _row(name: str, version: str, build: str, channel: str) -> str:
    return f"{name:<25} {version:<15} {build:>15}  {channel}".rstrip() + "\n"


def _install(call: Call, args: list[str]) -> Answer:
    names, todo = [], list(args)
    while todo:
        word = todo.pop(0)
        if word in ("-c", "--channel") and todo:
            todo.pop(0)
        elif word in ("-y", "--yes", "-q", "--quiet"):
            continue
        elif word.startswith("-"):
            raise NotExact
        else:
            names.append(word)
    found = [re.fullmatch(r"([A-Za-z0-9._-]+)(?:==?([\w.+]+))?", name) for name in names]
    if not names or not all(found):
        raise NotExact
    packages = call.machine.packages
    new = [p for match in found if match for p in packages.install("conda", match[1], match[2] or "")]
    head = "Collecting package metadata (current_repodata.json): done\nSolving environment: done\n\n"
    if not new:
        return Answer(head + "# All requested packages already installed.\n\n")
    call.machine.clock.advance(round(9 + sum(package.size for package in new) / 40_000_000, 2))
    python = call.machine.system.python
    rows = [(p.name, p.version, channels.build(p.name, p.version, python), channels.channel(p.name)) for p in new]
    wide = max(len(row[0]) for row in rows)
    plan = "".join(
        f"  {name:<{wide}}  {channel or _MAIN}/linux-64::{name}-{version}-{build}\n"
        for name, version, build, channel in sorted(rows)
    )
    specs = "".join(f"    - {name}\n" for name in names)
    out = f"\n## Package Plan ##\n\n  environment location: {channels.ROOT}\n\n  added / updated specs:\n{specs}\n\n"
    out += f"The following NEW packages will be INSTALLED:\n\n{plan}\n\n\nDownloading and Extracting Packages\n"
    out += "Preparing transaction: done\nVerifying transaction: done\nExecuting transaction: done\n"
    return Answer(head + out)
