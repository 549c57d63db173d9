"""Where copying and moving goes, and what keeps a destination that is there."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass

from llm_kernel.machine.stat import Stat
from llm_kernel.programs.options import Options, Parsed
from llm_kernel.programs.quoting import quoted
from llm_kernel.programs.report import coreutils
from llm_kernel.shell.call import Answer, Call

__all__ = ["ORDER", "Aim", "Guards", "aim_of", "guards_of", "is_same", "present", "set_aside", "under"]

ORDER = "[OPTION]... [-T] SOURCE DEST\n[OPTION]... SOURCE... DIRECTORY\n[OPTION]... -t DIRECTORY SOURCE..."
"""The usage lines of the programs that take sources and a destination."""


@dataclass(frozen=True, slots=True)
class Aim:
    """What goes where: into ``folder``, or, where that is None, to become ``target``."""

    names: list[str]
    folder: str | None
    target: str = ""

    def place(self, name: str) -> str:
        """The name that the source ``name`` gets."""
        if self.folder is None:
            return self.target
        base = name.rstrip("/").rpartition("/")[2]
        return under(self.folder, base) if base else self.folder


def aim_of(call: Call, options: Options, parsed: Parsed) -> Aim | Answer:
    """Take the operands apart, or say what is wrong with them."""
    names, files = list(parsed.operands), call.machine.files
    folder = parsed.value("target-directory")
    if not names:
        return options.refuse(call, "missing file operand")
    if folder is not None:
        if not files.is_dir(call.path(folder)):
            return _no_folder(call, folder, option=True)
        return Aim(names, folder)
    if len(names) == 1:
        return options.refuse(call, f"missing destination file operand after {quoted(names[0])}")
    target = names.pop()
    if "no-target-directory" in parsed:
        if len(names) > 1:
            return options.refuse(call, f"extra operand {quoted(target)}")
        return Aim(names, None, target)
    if files.is_dir(call.path(target)):
        return Aim(names, target)
    if len(names) > 1:
        return _no_folder(call, target)
    if "parents" in parsed:
        return options.refuse(call, "with --parents, the destination must be a directory")
    return Aim(names, None, target)


def _no_folder(call: Call, target: str, *, option: bool = False) -> Answer:
    why = "Not a directory" if call.machine.files.exists(call.path(target)) else "No such file or directory"
    what = "target directory" if option else "target"
    text = f"{what} {quoted(target)}: {why}"
    if coreutils(call) < (9, 0) and not option:
        text = f"target {quoted(target)} is not a directory"
    return Answer(stderr=f"{call.name}: {text}\n", status=1)


@dataclass(frozen=True, slots=True)
class Guards:
    """What keeps a destination that is there: ``ask``, ``keep`` or ``newer`` files, or a ``backup`` of them."""

    force: bool = False
    ask: bool = False
    keep: bool = False
    newer: bool = False
    backup: str = ""
    suffix: str = "~"
    told: bool = False


def guards_of(parsed: Parsed) -> Guards:
    """The guards that the options ask for."""
    last = parsed.last("force", "interactive", "no-clobber") if "force" in parsed else ""
    backup = ""
    if "b" in parsed or "backup" in parsed or "suffix" in parsed:
        backup = parsed.value("backup") or "existing"
    return Guards(
        force="force" in parsed or "remove-destination" in parsed,
        ask=parsed.last("interactive", "no-clobber", *(["force"] if last else [])) == "interactive",
        keep=parsed.last("interactive", "no-clobber", *(["force"] if last else [])) == "no-clobber",
        newer="update" in parsed,
        backup="" if backup in ("none", "off") else backup,
        suffix=parsed.value("suffix") or "~",
        told="verbose" in parsed,
    )


def is_same(call: Call, path: str, place: str, stat: Stat) -> bool:
    """Whether ``place`` is the very file ``path``, whose record is ``stat``."""
    files = call.machine.files
    if path == place:
        return True
    try:
        if stat.kind == "symlink":
            return files.resolve(path, follow=False) == files.resolve(place, follow=False)
        return files.stat(place).ino == stat.ino
    except OSError:
        return False


def present(call: Call, place: str) -> bool:
    """Whether anything is at ``place``, be it a broken link."""
    try:
        call.machine.files.lstat(place)
    except OSError:
        return False
    return True


def set_aside(call: Call, target: str, place: str, guards: Guards) -> str:
    """Keep what is at ``place`` under another name where a backup is asked for; the note for ``-v``."""
    if not guards.backup or not present(call, place):
        return ""
    files, name = call.machine.files, posixpath.basename(place)
    beside = [entry for entry in files.listdir(posixpath.dirname(place)) if entry.startswith(f"{name}.~")]
    counts = [int(entry[len(name) + 2 : -1]) for entry in beside if entry[len(name) + 2 : -1].isdigit()]
    numbered = guards.backup in ("numbered", "t") or (guards.backup in ("existing", "nil") and counts)
    suffix = f".~{max(counts, default=0) + 1}~" if numbered else guards.suffix
    files.rename(place, place + suffix)
    return f" (backup: {quoted(target + suffix)})"


def under(folder: str, name: str) -> str:
    """``name`` in ``folder``, as typed."""
    return folder + name if folder.endswith("/") else f"{folder}/{name}"
