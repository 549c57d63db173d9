"""``mv``: files and trees to another place."""

from __future__ import annotations

from dataclasses import dataclass

from llm_kernel.machine.stat import Stat
from llm_kernel.programs.exact.aiming import ORDER, Guards, aim_of, guards_of, is_same, present, set_aside
from llm_kernel.programs.options import Options
from llm_kernel.programs.quoting import quoted
from llm_kernel.programs.report import Report
from llm_kernel.programs.table import exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["mv"]

_MV = Options(
    "b backup? f,force i,interactive n,no-clobber strip-trailing-slashes S,suffix= t,target-directory= "
    "T,no-target-directory u,update? v,verbose Z,context",
    usage=ORDER,
    about="Rename SOURCE to DEST, or move SOURCE(s) to DIRECTORY.",
    authors="Mike Parker, David MacKenzie, and Jim Meyering",
)


@exact("mv")
def mv(call: Call) -> Answer:
    """Move files and directories."""
    parsed = _MV.parse(call)
    if isinstance(parsed, Answer):
        return parsed
    aim = aim_of(call, _MV, parsed)
    if isinstance(aim, Answer):
        return aim
    move = _Move(Report(call), guards_of(parsed))
    for name in aim.names:
        source = name.rstrip("/") or "/" if "strip-trailing-slashes" in parsed else name
        move.run(source, aim.place(source))
    return move.report.answer()


@dataclass(frozen=True, slots=True)
class _Move:
    report: Report
    guards: Guards

    def run(self, name: str, target: str) -> None:
        """Move ``name`` to be ``target``."""
        call = self.report.call
        files, path, place = call.machine.files, call.path(name), call.path(target)
        try:
            stat = files.lstat(path)
            if name.endswith("/") and stat.kind != "directory":
                files.listdir(path)
        except OSError as err:
            self.report.fail(f"cannot stat {quoted(name)}: {err.strerror}")
            return
        if name.rstrip("/").rpartition("/")[2] in (".", ".."):
            self.report.fail(f"cannot move {quoted(name)} to {quoted(target)}: Device or resource busy")
            return
        if name.endswith("/") and stat.kind == "symlink":
            self.report.fail(f"cannot move {quoted(name)} to {quoted(target)}: Not a directory")
            return
        if present(call, place) and self._blocked(name, target, path, place, stat):
            return
        if place.startswith(path.rstrip("/") + "/") and stat.kind == "directory":
            self.report.fail(f"cannot move {quoted(name)} to a subdirectory of itself, {quoted(target)}")
            return
        try:
            if target.endswith("/") and stat.kind != "directory" and not files.exists(place):
                files.listdir("/dev/null")
            note = set_aside(call, target, place, self.guards)
            files.rename(path, place)
        except OSError as err:
            self.report.fail(f"cannot move {quoted(name)} to {quoted(target)}: {err.strerror}")
            return
        if self.guards.told:
            self.report.say(f"renamed {quoted(name)} -> {quoted(target)}{note}")

    def _blocked(self, name: str, target: str, path: str, place: str, stat: Stat) -> bool:
        files = self.report.call.machine.files
        there = files.lstat(place)
        if is_same(self.report.call, path, place, stat):
            if stat.kind == "directory" and name != target:
                self.report.fail(f"cannot move {quoted(name)} to a subdirectory of itself, {quoted(target)}")
            else:
                self.report.fail(f"{quoted(name)} and {quoted(target)} are the same file")
            return True
        if stat.kind == "directory" and there.kind != "directory":
            self.report.fail(f"cannot overwrite non-directory {quoted(target)} with directory {quoted(name)}")
            return True
        if stat.kind != "directory" and there.kind == "directory":
            self.report.fail(f"cannot overwrite directory {quoted(target)} with non-directory")
            return True
        if self.guards.keep or (self.guards.newer and there.mtime >= stat.mtime):
            return True
        return self.guards.ask and not self.report.agreed(f"overwrite {quoted(target)}?")
