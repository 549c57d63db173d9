"""``rm``, ``rmdir`` and ``unlink``: taking files and directories away."""

from __future__ import annotations

from dataclasses import dataclass

from llm_kernel.machine.actor import WRITE
from llm_kernel.machine.pseudo import taking
from llm_kernel.machine.stat import Stat
from llm_kernel.programs.options import Options
from llm_kernel.programs.quoting import quoted, said
from llm_kernel.programs.report import Report
from llm_kernel.programs.table import exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["rm", "rmdir", "unlink"]

_RM = Options(
    "f,force i I interactive? one-file-system no-preserve-root preserve-root? rR,recursive d,dir v,verbose",
    usage="[OPTION]... [FILE]...",
    about="Remove (unlink) the FILE(s). Directories stay unless --recursive is given.",
    authors="Paul Rubin, David MacKenzie, Richard M. Stallman,\nand Jim Meyering",
)
_RMDIR = Options(
    "ignore-fail-on-non-empty p,parents v,verbose",
    usage="[OPTION]... DIRECTORY...",
    about="Remove the DIRECTORY(ies), if they are empty.",
    authors="David MacKenzie",
)
_UNLINK = Options("", usage="FILE\nOPTION", about="Remove one FILE.", authors="Michael Stone")


@exact("rm")
def rm(call: Call) -> Answer:
    """Remove files, and directories where it is told to."""
    parsed = _RM.parse(call)
    if isinstance(parsed, Answer):
        return parsed
    mode = parsed.last("force", "i", "I", "interactive")
    if mode == "interactive":
        words = {None: "i", "always": "i", "yes": "i", "once": "I", "never": "never", "no": "never", "none": "never"}
        mode = words.get(parsed.value("interactive"), "i")
    if not parsed.operands:
        return Answer() if mode == "force" else _RM.refuse(call, "missing operand")
    rules = _Rules(
        force=mode == "force",
        ask=mode == "i",
        deep="recursive" in parsed,
        empty="dir" in parsed,
        told="verbose" in parsed,
        whole="no-preserve-root" in parsed,
    )
    report = Report(call)
    if mode == "I" and (rules.deep or len(parsed.operands) > 3):
        count = len(parsed.operands)
        how = " recursively" if rules.deep else ""
        if not report.agreed(f"remove {count} argument{'s' * (count > 1)}{how}?"):
            return report.answer()
    for name in parsed.operands:
        _Removal(report, rules).operand(name)
    return report.answer()


@exact("rmdir")
def rmdir(call: Call) -> Answer:
    """Remove empty directories."""
    parsed = _RMDIR.parse(call)
    if isinstance(parsed, Answer):
        return parsed
    if not parsed.operands:
        return _RMDIR.refuse(call, "missing operand")
    report = Report(call)
    for name in parsed.operands:
        todo = _upwards(name) if "parents" in parsed else [name]
        for folder in todo:
            if "verbose" in parsed:
                report.say(f"{call.name}: removing directory, {quoted(folder)}")
            why = _remove_empty(call, folder)
            if not why:
                continue
            if why != "Directory not empty" or "ignore-fail-on-non-empty" not in parsed:
                what = "failed to remove" if folder == name else "failed to remove directory"
                report.fail(f"{what} {quoted(folder)}: {why}")
            break
    return report.answer()


@exact("unlink")
def unlink(call: Call) -> Answer:
    """Remove one file."""
    parsed = _UNLINK.parse(call)
    if isinstance(parsed, Answer):
        return parsed
    if not parsed.operands:
        return _UNLINK.refuse(call, "missing operand")
    if len(parsed.operands) > 1:
        return _UNLINK.refuse(call, f"extra operand {said(parsed.operands[1], call.env)}")
    report, path = Report(call), call.path(parsed.operands[0])
    try:
        if call.machine.files.lstat(path).kind == "directory":
            report.fail(f"cannot unlink {quoted(parsed.operands[0])}: Is a directory")
        else:
            call.machine.files.remove(path)
    except OSError as err:
        report.fail(f"cannot unlink {quoted(parsed.operands[0])}: {err.strerror}")
    return report.answer()


@dataclass(frozen=True, slots=True)
class _Rules:
    force: bool
    ask: bool
    deep: bool
    empty: bool
    told: bool
    whole: bool


@dataclass(frozen=True, slots=True)
class _Removal:
    report: Report
    rules: _Rules

    def operand(self, name: str) -> None:
        call = self.report.call
        if name.rstrip("/").rpartition("/")[2] in (".", "..") and self.rules.deep:
            self.report.fail(f"refusing to remove '.' or '..' directory: skipping {quoted(name)}")
            return
        if self.rules.deep and not self.rules.whole and call.path(name) == "/":
            self.report.fail("it is dangerous to operate recursively on '/'")
            self.report.fail("use --no-preserve-root to override this failsafe")
            return
        try:
            stat = call.machine.files.lstat(call.path(name))
            if name.endswith("/") and stat.kind != "directory":
                into = not self.rules.deep and call.machine.files.is_dir(call.path(name))
                self._cannot(name, "Is a directory" if into else "Not a directory")
                return
        except OSError as err:
            if not self.rules.force or err.strerror not in ("No such file or directory", "Not a directory"):
                self._cannot(name, err.strerror or "")
            return
        if stat.kind != "directory":
            self._file(name, stat)
        elif self.rules.deep:
            self._tree(name)
        else:
            self._folder(name)

    def _file(self, name: str, stat: Stat) -> bool:
        kind = {"symlink": "symbolic link", "character": "character special file", "block": "block special file"}
        what = kind.get(stat.kind, "regular file" if stat.size else "regular empty file")
        if not self._may("remove", f"{what} {quoted(name)}?", stat):
            return True
        if not self._taken(name):
            return False
        if self.rules.told:
            self.report.say(f"removed {quoted(name)}")
        return True

    def _taken(self, name: str) -> bool:
        try:
            self.report.call.machine.files.remove(self.report.call.path(name))
        except OSError as err:
            self._cannot(name, err.strerror or "")
            return False
        return True

    def _folder(self, name: str) -> None:
        if not self.rules.empty:
            self._cannot(name, "Is a directory")
        elif self.report.call.machine.files.listdir(self.report.call.path(name)):
            self._cannot(name, "Directory not empty")
        else:
            self._gone(name)

    def _tree(self, name: str) -> bool:
        files, path = self.report.call.machine.files, self.report.call.path(name)
        if not self.rules.told and not self.rules.ask and path != "/" and files.open and not taking(path):
            files.remove(path, recursive=True)
            return True
        try:
            inside = files.listdir(path)
        except OSError as err:
            self._cannot(name, err.strerror or "")
            return False
        if inside and not self._may("descend into", f"directory {quoted(name)}?", files.lstat(path)):
            return False
        clear = True
        for entry in inside:
            below = name + entry if name.endswith("/") else f"{name}/{entry}"
            stat = files.lstat(self.report.call.path(below))
            clear = (self._tree(below) if stat.kind == "directory" else self._file(below, stat)) and clear
        return clear and self._gone(name)

    def _gone(self, name: str) -> bool:
        path = self.report.call.path(name)
        if path == "/":
            return False
        if not self._may("remove", f"directory {quoted(name)}?", self.report.call.machine.files.lstat(path)):
            return True
        if not self._taken(name):
            return False
        if self.rules.told:
            self.report.say(f"removed directory {quoted(name)}")
        return True

    def _may(self, deed: str, what: str, stat: Stat) -> bool:
        """Whether a file may go: it is asked for where that is wished, and at a terminal where it is protected."""
        actor = self.report.call.machine.actor()
        guarded = actor is not None and not actor.may(stat, WRITE)
        if self.rules.ask or (guarded and self.report.call.tty and not self.rules.force):
            return self.report.agreed(f"{deed} {'write-protected ' if guarded else ''}{what}")
        return True

    def _cannot(self, name: str, why: str) -> None:
        self.report.fail(f"cannot remove {quoted(name)}: {why}")


def _remove_empty(call: Call, name: str) -> str:
    files, path = call.machine.files, call.path(name)
    try:
        if files.lstat(path).kind != "directory":
            return "Not a directory"
        if name.rstrip("/").rpartition("/")[2] == ".":
            return "Invalid argument"
        files.remove(path)
    except OSError as err:
        return err.strerror or ""
    return ""


def _upwards(name: str) -> list[str]:
    folders = [name]
    while "/" in folders[-1].rstrip("/").lstrip("/"):
        folders.append(folders[-1].rstrip("/").rpartition("/")[0])
    return [folder for folder in folders if folder]
