"""``install``: copies with a mode and an owner."""

from __future__ import annotations

from dataclasses import dataclass, replace

from llm_kernel.programs.exact.aiming import ORDER, aim_of, guards_of
from llm_kernel.programs.exact.copying import Copy, CopyRules
from llm_kernel.programs.options import Options, Parsed
from llm_kernel.programs.permissions import changed_mode
from llm_kernel.programs.quoting import quoted, said
from llm_kernel.programs.report import Report
from llm_kernel.programs.table import exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["install"]

_INSTALL = Options(
    "b backup? c C,compare d,directory D g,group= m,mode= o,owner= p,preserve-timestamps s,strip strip-program= "
    "S,suffix= t,target-directory= T,no-target-directory v,verbose preserve-context Z context?",
    usage=f"{ORDER}\n[OPTION]... -d DIRECTORY...",
    about="Copy files while setting their attributes, or make directories.",
    authors="David MacKenzie",
)


@exact("install")
def install(call: Call) -> Answer:
    """Copy files with a mode and an owner, or make directories."""
    parsed = _INSTALL.parse(call)
    if isinstance(parsed, Answer):
        return parsed
    mode = changed_mode(parsed.value("mode") or "755", 0, 0, directory=False)
    if mode is None:
        text = f"invalid mode {said(parsed.value('mode') or '', call.env)}"
        return Answer(stderr=f"{call.name}: {text}\n", status=1)
    work = _Install(Report(call), parsed, mode)
    if "directory" in parsed:
        if not parsed.operands:
            return _INSTALL.refuse(call, "missing file operand")
        for name in parsed.operands:
            work.folder(name)
        return work.report.answer()
    if "D" in parsed and parsed.operands:
        target = parsed.value("target-directory")
        work.parents(parsed.operands[-1] if target is None else f"{target}/x")
    aim = aim_of(call, _INSTALL, parsed)
    if isinstance(aim, Answer):
        return aim
    for name in aim.names:
        work.file(name, aim.place(name))
    return work.report.answer()


@dataclass(frozen=True, slots=True)
class _Install:
    report: Report
    parsed: Parsed
    mode: int

    def folder(self, name: str) -> None:
        """Make the directory ``name`` and those above it."""
        call = self.report.call
        files, path = call.machine.files, call.path(name)
        try:
            self.parents(f"{name}/x")
        except OSError as err:
            self.report.fail(f"cannot create directory {said(name, call.env)}: {err.strerror}")
            return
        files.chmod(path, self.mode)
        self._own(path)

    def parents(self, name: str) -> None:
        """Make the directories above ``name``."""
        call = self.report.call
        parts = name.split("/")[:-1]
        for count in range(1, len(parts) + 1):
            folder = "/".join(parts[:count])
            if not folder or call.machine.files.is_dir(call.path(folder)):
                continue
            call.machine.files.mkdir(call.path(folder), parents=False)
            if "verbose" in self.parsed:
                self.report.say(f"{call.name}: creating directory {quoted(folder)}")

    def file(self, name: str, target: str) -> None:
        """Copy ``name`` to ``target`` and give it the mode and the owner."""
        call = self.report.call
        if call.machine.files.is_dir(call.path(name)):
            self.report.fail(f"omitting directory {quoted(name)}")
            return
        place, guards = call.path(target), replace(guards_of(self.parsed), force=False, told=False)
        copy = Copy(Report(call), CopyRules(guards))
        copy.run(name, target, top=True)
        self.report.err += copy.report.err
        self.report.status = max(self.report.status, copy.report.status)
        if copy.report.status:
            return
        if "verbose" in self.parsed:
            self.report.say(f"{quoted(name)} -> {quoted(target)}")
        call.machine.files.chmod(place, self.mode)
        if "preserve-timestamps" in self.parsed:
            stat = call.machine.files.stat(call.path(name))
            call.machine.files.set_times(place, mtime=stat.mtime, atime=stat.atime)
        self._own(place)

    def _own(self, place: str) -> None:
        user, group = self.parsed.value("owner"), self.parsed.value("group")
        if user is None and group is None:
            return
        try:
            self.report.call.machine.files.chown(place, user, group)
        except LookupError:
            names = self.report.call.machine.files.names()
            wrong = f"invalid user {quoted(user)}" if user and user not in names.users else ""
            self.report.fail(wrong or f"invalid group {quoted(group or '')}")
