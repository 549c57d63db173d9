"""``ldconfig -p``: the shared libraries in the folders that the machine's files name."""

from __future__ import annotations

import posixpath
from fnmatch import fnmatchcase

from llm_kernel.machine import Machine, libraries
from llm_kernel.programs.exact.identity import caller
from llm_kernel.programs.table import NotExact, exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["ldconfig"]

_START = "/etc/ld.so.conf"
_DEEPEST = 5


@exact("ldconfig", "ldconfig.real")
def ldconfig(call: Call) -> Answer:
    """Answer ``-p`` and the plain call, which has nothing to say."""
    if call.args in (("-p",), ("--print-cache",)):
        rows = [row for folder in _folders(call.machine) for row in _libraries(call.machine, folder)]
        lines = "".join(f"\t{name} (libc6,x86-64) => {path}\n" for name, path in sorted(rows, reverse=True))
        return Answer(f"{len(rows)} libs found in cache `/etc/ld.so.cache'\n{lines}")
    if call.args:
        raise NotExact
    if caller(call) != "root":
        cache = "/etc/ld.so.cache~"
        text = f"{call.name}: Can't create temporary cache file {cache}: Permission denied\n"
        return Answer("", text, 1)
    return Answer()


def _folders(machine: Machine) -> list[str]:
    """The folders in the order in which they are searched: those that files name, then the system's own."""
    made = machine.system.profile
    own = libraries.folder(made)
    named = [folder.replace("/usr/", "/", 1) if folder == own else folder for folder in _named(machine, _START, 0)]
    own = own.replace("/usr/", "/", 1) if made.like == "debian" else own
    return [folder for folder in dict.fromkeys([*named, own]) if machine.files.is_dir(folder)]


def _named(machine: Machine, path: str, depth: int) -> list[str]:
    files = machine.files
    if depth > _DEEPEST or not files.exists(path) or files.is_sized(path):
        return []
    found: list[str] = []
    for line in files.read(path).decode("utf-8", "replace").splitlines():
        word, _, rest = line.partition("#")[0].strip().partition(" ")
        if word == "include":
            folder, _, pattern = posixpath.join(posixpath.dirname(path), rest.strip()).rpartition("/")
            names = sorted(files.listdir(folder)) if files.is_dir(folder) else []
            for name in names:
                found += _named(machine, f"{folder}/{name}", depth + 1) if fnmatchcase(name, pattern) else []
        elif word.startswith("/"):
            found.append(word.rstrip("/"))
    return found


def _libraries(machine: Machine, folder: str) -> list[tuple[str, str]]:
    """(soname, path) of a folder's libraries; what a numbered link leads to is not named itself."""
    files = machine.files
    names = [name for name in files.listdir(folder) if name.startswith("lib") and ".so" in name]
    stats = {name: files.lstat(f"{folder}/{name}") for name in names}
    real = {stat.target for name, stat in stats.items() if stat.kind == "symlink" and not name.endswith(".so")}
    return [(name, f"{folder}/{name}") for name in names if name not in real]
