"""``cp``: files and trees once more. A file without bytes is copied as one."""

from __future__ import annotations

import errno
import posixpath
from dataclasses import dataclass, field

from llm_kernel.machine.stat import Stat
from llm_kernel.programs.exact.aiming import ORDER, Guards, aim_of, guards_of, is_same, present, set_aside, under
from llm_kernel.programs.options import Options, Parsed
from llm_kernel.programs.quoting import quoted
from llm_kernel.programs.report import Report
from llm_kernel.programs.table import exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["Copy", "CopyRules", "cp"]

_CP = Options(
    "a,archive attributes-only b backup? copy-contents d f,force i,interactive H l,link L,dereference n,no-clobber "
    "P,no-dereference p preserve? no-preserve= parents rR,recursive reflink? remove-destination sparse= "
    "strip-trailing-slashes s,symbolic-link S,suffix= t,target-directory= T,no-target-directory u,update? v,verbose "
    "x,one-file-system Z context?",
    usage=ORDER,
    about="Copy SOURCE to DEST, or multiple SOURCE(s) to DIRECTORY.",
    authors="Torbjorn Granlund, David MacKenzie, and Jim Meyering",
)
_ALL = frozenset({"mode", "ownership", "timestamps", "links"})


@exact("cp")
def cp(call: Call) -> Answer:
    """Copy files and, with ``-r``, directories."""
    parsed = _CP.parse(call)
    if isinstance(parsed, Answer):
        return parsed
    aim = aim_of(call, _CP, parsed)
    if isinstance(aim, Answer):
        return aim
    copy, done = Copy(Report(call), _copy_rules(parsed)), set()
    for name in aim.names:
        source = name.rstrip("/") or "/" if "strip-trailing-slashes" in parsed else name
        if source in done:
            what = "source directory" if call.machine.files.is_dir(call.path(source)) else "source file"
            copy.report.warn(f"warning: {what} {quoted(source)} specified more than once")
            continue
        done.add(source)
        if "parents" in parsed and aim.folder is not None:
            copy.with_parents(source, aim.folder)
        else:
            copy.run(source, aim.place(source), top=True)
    return copy.report.answer()


@dataclass(frozen=True, slots=True)
class CopyRules:
    """``follow`` links ``always``, ``given`` or ``never``; what to ``keep``; ``link`` in place of copying bytes."""

    guards: Guards
    deep: bool = False
    follow: str = "always"
    keep: frozenset[str] = frozenset()
    link: str = ""
    into: bool = True
    bare: bool = False


def _copy_rules(parsed: Parsed) -> CopyRules:
    deep = "recursive" in parsed or "archive" in parsed
    follow = "never" if deep else "always"
    keep: set[str] = set()
    for name, value in parsed.options:
        if name in ("archive", "d", "no-dereference"):
            follow = "never"
        elif name in ("dereference", "H"):
            follow = {"dereference": "always", "H": "given"}[name]
        if name == "archive" or (name == "preserve" and value == "all"):
            keep |= _ALL
        elif name == "d":
            keep |= {"links"}
        elif name == "p" or (name == "preserve" and value is None):
            keep |= {"mode", "ownership", "timestamps"}
        elif name == "preserve":
            keep |= set((value or "").split(","))
        elif name == "no-preserve":
            keep -= _ALL if value == "all" else set((value or "").split(","))
    link = "symbolic" if "symbolic-link" in parsed else "hard" if "link" in parsed else ""
    return CopyRules(
        guards_of(parsed),
        deep,
        follow,
        frozenset(keep),
        link,
        "no-target-directory" not in parsed,
        "attributes-only" in parsed,
    )


@dataclass(slots=True)
class Copy:
    """One run of copying; it knows hard links it met and files it made."""

    report: Report
    rules: CopyRules
    seen: dict[int, str] = field(default_factory=dict)
    made: dict[str, str] = field(default_factory=dict)

    def with_parents(self, name: str, folder: str) -> None:
        """Copy ``name`` under its whole path into ``folder``."""
        call = self.report.call
        bare = name.strip("/")
        for end in [place for place, char in enumerate(bare) if char == "/"]:
            source, place = name[: end + (len(name) - len(name.lstrip("/")))], under(folder, bare[:end])
            if not call.machine.files.exists(call.path(place)):
                call.machine.files.mkdir(call.path(place))
                if self.rules.guards.told:
                    self.report.say(f"{source} -> {place}")
        self.run(name, under(folder, bare), top=True)

    def run(self, name: str, target: str, *, top: bool) -> None:
        """Copy ``name`` to be ``target``."""
        call = self.report.call
        files, path, place = call.machine.files, call.path(name), call.path(target)
        follow = self.rules.follow == "always" or (self.rules.follow == "given" and top)
        try:
            stat = files.stat(path) if follow or name.endswith("/") else files.lstat(path)
            if name.endswith("/") and stat.kind != "directory":
                files.listdir(path)
        except OSError as err:
            self.report.fail(f"cannot stat {quoted(name)}: {err.strerror}")
            return
        if stat.kind == "directory" and not self.rules.deep:
            self.report.fail(f"-r not specified; omitting directory {quoted(name)}")
            return
        if self._blocked(name, target, path, place, stat, top):
            return
        try:
            if stat.kind == "directory":
                self._folder(name, target, path, place, stat)
            else:
                self._file(name, target, path, place, stat, top)
        except OSError as err:
            self._cannot(target, stat, err)

    def _blocked(self, name: str, target: str, path: str, place: str, stat: Stat, top: bool) -> bool:
        there = self._there(target, place)
        if there is None:
            return False
        files, guards = self.report.call.machine.files, self.rules.guards
        same = is_same(self.report.call, path, place, stat)
        if same and not (guards.backup or (self.rules.link and stat.kind != "directory")):
            if stat.kind == "directory":
                self.report.fail(f"cannot copy a directory, {quoted(name)}, into itself, {quoted(target)}")
            else:
                self.report.fail(f"{quoted(name)} and {quoted(target)} are the same file")
            return True
        if same and self.rules.link:
            return True
        if stat.kind == "directory" and there.kind != "directory":
            self.report.fail(f"cannot overwrite non-directory {quoted(target)} with directory {quoted(name)}")
            return True
        if stat.kind != "directory" and there.kind == "directory":
            self.report.fail(f"cannot overwrite directory {quoted(target)} with non-directory")
            return True
        if stat.kind == "directory":
            return False
        if top and place in self.made and self.made[place] != path:
            self.report.fail(f"will not overwrite just-created {quoted(target)} with {quoted(name)}")
            return True
        if guards.keep or (guards.newer and files.lstat(place).mtime >= stat.mtime):
            return True
        return guards.ask and not self.report.agreed(f"overwrite {quoted(target)}?")

    def _there(self, target: str, place: str) -> Stat | None:
        files = self.report.call.machine.files
        try:
            return files.stat(place) if self.rules.follow == "always" else files.lstat(place)
        except OSError:
            return None

    def _folder(self, name: str, target: str, path: str, place: str, stat: Stat) -> None:
        files = self.report.call.machine.files
        real = files.resolve(path)
        if (files.resolve(place, follow=False) + "/").startswith(real + "/") and not files.is_dir(place):
            self.report.fail(f"cannot copy a directory, {quoted(name)}, into itself, {quoted(target)}")
            return
        inside = files.listdir(path)
        if not files.is_dir(place):
            files.mkdir(place, parents=False)
            files.chmod(place, stat.mode & 0o777 & ~files.umask)
            if self.rules.guards.told:
                self.report.say(f"{quoted(name)} -> {quoted(target)}")
        for entry in inside:
            self.run(under(name, entry), under(target, entry), top=False)
        self._keep(stat, place)

    def _file(self, name: str, target: str, path: str, place: str, stat: Stat, top: bool) -> None:
        call, guards = self.report.call, self.rules.guards
        files = call.machine.files
        files.enter(posixpath.dirname(files.resolve(place, follow=False)) or "/")
        broken = present(call, place) and not files.exists(place) and stat.kind == "file"
        if broken and not (guards.force or guards.backup or self.rules.link):
            self.report.fail(f"not writing through dangling symlink {quoted(target)}")
            return
        if target.endswith("/"):
            files.enter(place if files.exists(place) else "/dev/null")
        note = set_aside(call, target, place, guards)
        lone = self.rules.link or stat.kind != "file" or guards.force
        if lone and present(call, place) and not (guards.force and not self.rules.link and stat.kind == "file"):
            if not guards.force and self.rules.link:
                kind = "symbolic" if self.rules.link == "symbolic" else "hard"
                tail = f" to {quoted(name)}" if kind == "hard" else ""
                self.report.fail(f"cannot create {kind} link {quoted(target)}{tail}: File exists")
                return
            if files.lstat(place).device is None:
                files.remove(place)
        self._put(name, path, place, stat)
        self.made.setdefault(place, path)
        if guards.told:
            self.report.say(f"{quoted(name)} -> {quoted(target)}{note}")

    def _put(self, name: str, path: str, place: str, stat: Stat) -> None:
        files = self.report.call.machine.files
        if self.rules.link == "symbolic":
            files.symlink(name, place)
            return
        if self.rules.link == "hard":
            files.link(path, place)
            return
        if "links" in self.rules.keep and stat.nlink > 1:
            twin = self.seen.setdefault(stat.ino, place)
            if twin != place:
                if present(self.report.call, place):
                    files.remove(place)
                files.link(twin, place)
                return
        if stat.kind == "symlink":
            files.symlink(stat.target, place)
        elif stat.device and self.rules.deep:
            files.device(place, stat.kind, *stat.device, mode=stat.mode)
        elif self.rules.bare:
            files.write(place, files.read(place) if files.exists(place) else b"")
        else:
            files.copy(path, place)
        self._keep(stat, place)

    def _keep(self, stat: Stat, place: str) -> None:
        files, keep = self.report.call.machine.files, self.rules.keep
        if "ownership" in keep:
            files.chown(place, stat.uid, stat.gid, follow=False)
        if "mode" in keep and stat.kind != "symlink":
            files.chmod(place, stat.mode)
        if "timestamps" in keep:
            files.set_times(place, mtime=stat.mtime, atime=stat.atime, follow=False)

    def _cannot(self, target: str, stat: Stat, err: OSError) -> None:
        what = {"directory": "directory", "symlink": "symbolic link"}.get(stat.kind, "regular file")
        if self.rules.link:
            what = "symbolic link" if self.rules.link == "symbolic" else "hard link"
        verb = f"cannot create {what}" if err.errno != errno.EIO else "error writing"
        self.report.fail(f"{verb} {quoted(target)}: {err.strerror}")
