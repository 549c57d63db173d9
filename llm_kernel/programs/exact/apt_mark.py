"""``apt-mark``: which packages were asked for, which came for others' sake, and which stay as they are."""

from __future__ import annotations

from llm_kernel.machine import archive
from llm_kernel.machine.packages import Package
from llm_kernel.programs.exact.identity import caller
from llm_kernel.programs.table import NotExact, exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["apt_mark"]

_MARKS = ("auto", "manual", "hold", "unhold")


@exact("apt-mark", needs="os:debian")
def apt_mark(call: Call) -> Answer:
    """Answer ``showmanual``, ``showauto`` and ``showhold``, and mark what is named."""
    flags = {word for word in call.args if word.startswith("-")}
    words = [word for word in call.args if not word.startswith("-")]
    if flags - {"-y", "--yes", "-q", "--quiet", "-qq"} or not words:
        raise NotExact
    command, names = words[0], words[1:]
    if command in ("showmanual", "showauto", "showhold", "showholds"):
        return Answer("".join(f"{name}\n" for name in _shown(call, command) if not names or name in names))
    if command not in _MARKS:
        return Answer("", f"E: Invalid operation {command}\n", 100)
    if not names:
        return Answer("", "E: No packages found\n", 100)
    if caller(call) != "root":
        said = "E: Could not create temporary file for /var/lib/apt/extended_states - mkstemp (13: Permission denied)\n"
        return Answer("", said, 100)
    return _mark(call, command, names, quiet=bool(flags & {"-q", "--quiet", "-qq"}))


def _shown(call: Call, command: str) -> list[str]:
    packages = call.machine.packages
    if command.startswith("showhold"):
        return sorted(packages.held)
    auto = {package.name for package in packages.installed("apt") if packages.automatic(package.name)}
    chosen = [p.name for p in packages.installed("apt") if (p.name in auto) == (command == "showauto")]
    return sorted(chosen)


def _mark(call: Call, command: str, names: list[str], *, quiet: bool) -> Answer:
    """All of them, or none where the archive does not know one."""
    machine, out = call.machine, ""
    known = {name: machine.packages.find("apt", name) for name in names}
    unknown = [name for name, here in known.items() if not here and not archive.find(name, machine.system.profile)]
    if unknown:
        return Answer("", "".join(f"E: Unable to locate package {name}\n" for name in unknown) + _NONE, 100)
    for name, package in known.items():
        if package is None:
            out += f"{name} can not be marked as it is not installed.\n" if command != "hold" else ""
            if command == "hold":
                machine.packages.held.add(name)
                out += f"{name} set on hold.\n"
            continue
        out += _marked(call, command, package)
    return Answer("" if quiet else out)


_NONE = "E: No packages found\n"


def _marked(call: Call, command: str, package: Package) -> str:
    packages, name = call.machine.packages, package.name
    match command:
        case "hold":
            was = name in packages.held
            packages.held.add(name)
            return f"{name} was already set on hold.\n" if was else f"{name} set on hold.\n"
        case "unhold":
            was = name in packages.held
            packages.held.discard(name)
            return f"Canceled hold on {name}.\n" if was else f"{name} was already not on hold.\n"
    wanted = command == "auto"
    if packages.automatic(name) == wanted:
        return f"{name} was already set to {'automatically' if wanted else 'manually'} installed.\n"
    packages.mark(name, automatic=wanted)
    return f"{name} set to {'automatically' if wanted else 'manually'} installed.\n"
