"""``cp``, ``mv`` and ``install``: files and trees to another place. A file without bytes stays one."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field, replace

from llm_kernel.machine.stat import Stat
from llm_kernel.programs.options import Options, Parsed
from llm_kernel.programs.permissions import changed_mode
from llm_kernel.programs.quoting import quoted, said
from llm_kernel.programs.report import Report, coreutils
from llm_kernel.programs.table import exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["cp", "install", "mv"]

_ORDER = "[OPTION]... [-T] SOURCE DEST\n[OPTION]... SOURCE... DIRECTORY\n[OPTION]... -t DIRECTORY SOURCE..."
_CP = Options(
    "a,archive attributes-only b backup? copy-contents d f,force i,interactive H l,link L,dereference n,no-clobber "
    "P,no-dereference p preserve? no-preserve= parents rR,recursive reflink? remove-destination sparse= "
    "strip-trailing-slashes s,symbolic-link S,suffix= t,target-directory= T,no-target-directory u,update? v,verbose "
    "x,one-file-system Z context?",
    usage=_ORDER,
    about="Copy SOURCE to DEST, or multiple SOURCE(s) to DIRECTORY.",
    authors="Torbjorn Granlund, David MacKenzie, and Jim Meyering",
)
_MV = Options(
    "b backup? f,force i,interactive n,no-clobber strip-trailing-slashes S,suffix= t,target-directory= "
    "T,no-target-directory u,update? v,verbose Z,context",
    usage=_ORDER,
    about="Rename SOURCE to DEST, or move SOURCE(s) to DIRECTORY.",
    authors="Mike Parker, David MacKenzie, and Jim Meyering",
)
_INSTALL = Options(
    "b backup? c C,compare d,directory D g,group= m,mode= o,owner= p,preserve-timestamps s,strip strip-program= "
    "S,suffix= t,target-directory= T,no-target-directory v,verbose preserve-context Z context?",
    usage=f"{_ORDER}\n[OPTION]... -d DIRECTORY...",
    about="Copy files while setting their attributes, or make directories.",
    authors="David MacKenzie",
)
_ALL = frozenset({"mode", "ownership", "timestamps", "links"})


@exact("cp")
def cp(call: Call) -> Answer:
    """Copy files and, with ``-r``, directories."""
    parsed = _CP.parse(call)
    if isinstance(parsed, Answer):
        return parsed
    aim = _aim(call, _CP, parsed)
    if isinstance(aim, Answer):
        return aim
    copy, done = _Copy(Report(call), _copy_rules(parsed)), set()
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


@exact("mv")
def mv(call: Call) -> Answer:
    """Move files and directories."""
    parsed = _MV.parse(call)
    if isinstance(parsed, Answer):
        return parsed
    aim = _aim(call, _MV, parsed)
    if isinstance(aim, Answer):
        return aim
    move = _Move(Report(call), _guards(parsed))
    for name in aim.names:
        source = name.rstrip("/") or "/" if "strip-trailing-slashes" in parsed else name
        move.run(source, aim.place(source))
    return move.report.answer()


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
    aim = _aim(call, _INSTALL, parsed)
    if isinstance(aim, Answer):
        return aim
    for name in aim.names:
        work.file(name, aim.place(name))
    return work.report.answer()


@dataclass(frozen=True, slots=True)
class _Aim:
    names: list[str]
    folder: str | None
    target: str = ""

    def place(self, name: str) -> str:
        if self.folder is None:
            return self.target
        base = name.rstrip("/").rpartition("/")[2]
        return _under(self.folder, base) if base else self.folder


def _aim(call: Call, options: Options, parsed: Parsed) -> _Aim | Answer:
    names, files = list(parsed.operands), call.machine.files
    folder = parsed.value("target-directory")
    if not names:
        return options.refuse(call, "missing file operand")
    if folder is not None:
        if not files.is_dir(call.path(folder)):
            return _no_folder(call, folder, option=True)
        return _Aim(names, folder)
    if len(names) == 1:
        return options.refuse(call, f"missing destination file operand after {quoted(names[0])}")
    target = names.pop()
    if "no-target-directory" in parsed:
        if len(names) > 1:
            return options.refuse(call, f"extra operand {quoted(target)}")
        return _Aim(names, None, target)
    if files.is_dir(call.path(target)):
        return _Aim(names, target)
    if len(names) > 1:
        return _no_folder(call, target)
    if "parents" in parsed:
        return options.refuse(call, "with --parents, the destination must be a directory")
    return _Aim(names, None, target)


def _no_folder(call: Call, target: str, *, option: bool = False) -> Answer:
    why = "Not a directory" if call.machine.files.exists(call.path(target)) else "No such file or directory"
    what = "target directory" if option else "target"
    text = f"{what} {quoted(target)}: {why}"
    if coreutils(call) < (9, 0) and not option:
        text = f"target {quoted(target)} is not a directory"
    return Answer(stderr=f"{call.name}: {text}\n", status=1)


@dataclass(frozen=True, slots=True)
class _Guards:
    """What keeps a destination that is there: ``ask``, ``keep`` or ``newer`` files, or a ``backup`` of them."""

    force: bool = False
    ask: bool = False
    keep: bool = False
    newer: bool = False
    backup: str = ""
    suffix: str = "~"
    told: bool = False


def _guards(parsed: Parsed) -> _Guards:
    last = parsed.last("force", "interactive", "no-clobber") if "force" in parsed else ""
    backup = ""
    if "b" in parsed or "backup" in parsed or "suffix" in parsed:
        backup = parsed.value("backup") or "existing"
    return _Guards(
        force="force" in parsed or "remove-destination" in parsed,
        ask=parsed.last("interactive", "no-clobber", *(["force"] if last else [])) == "interactive",
        keep=parsed.last("interactive", "no-clobber", *(["force"] if last else [])) == "no-clobber",
        newer="update" in parsed,
        backup="" if backup in ("none", "off") else backup,
        suffix=parsed.value("suffix") or "~",
        told="verbose" in parsed,
    )


@dataclass(frozen=True, slots=True)
class _CopyRules:
    guards: _Guards
    deep: bool = False
    follow: str = "always"
    keep: frozenset[str] = frozenset()
    link: str = ""
    into: bool = True
    bare: bool = False


def _copy_rules(parsed: Parsed) -> _CopyRules:
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
    return _CopyRules(
        _guards(parsed),
        deep,
        follow,
        frozenset(keep),
        link,
        "no-target-directory" not in parsed,
        "attributes-only" in parsed,
    )


@dataclass(slots=True)
class _Copy:
    report: Report
    rules: _CopyRules
    seen: dict[int, str] = field(default_factory=dict)
    made: dict[str, str] = field(default_factory=dict)

    def with_parents(self, name: str, folder: str) -> None:
        call = self.report.call
        bare = name.strip("/")
        for end in [place for place, char in enumerate(bare) if char == "/"]:
            source, place = name[: end + (len(name) - len(name.lstrip("/")))], _under(folder, bare[:end])
            if not call.machine.files.exists(call.path(place)):
                call.machine.files.mkdir(call.path(place))
                if self.rules.guards.told:
                    self.report.say(f"{source} -> {place}")
        self.run(name, _under(folder, bare), top=True)

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
        same = _same(self.report.call, path, place, stat)
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
        if guards.ask:
            self.report.ask(f"overwrite {quoted(target)}?")
        older = guards.newer and files.lstat(place).mtime >= stat.mtime
        return guards.ask or guards.keep or older

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
            self.run(_under(name, entry), _under(target, entry), top=False)
        self._keep(stat, place)

    def _file(self, name: str, target: str, path: str, place: str, stat: Stat, top: bool) -> None:
        call, guards = self.report.call, self.rules.guards
        files = call.machine.files
        files.listdir(posixpath.dirname(files.resolve(place, follow=False)) or "/")
        broken = _present(call, place) and not files.exists(place) and stat.kind == "file"
        if broken and not (guards.force or guards.backup or self.rules.link):
            self.report.fail(f"not writing through dangling symlink {quoted(target)}")
            return
        if target.endswith("/"):
            files.listdir(place) if files.exists(place) else files.listdir("/dev/null")
        note = _set_aside(call, target, place, guards)
        lone = self.rules.link or stat.kind != "file" or guards.force
        if lone and _present(call, place) and not (guards.force and not self.rules.link and stat.kind == "file"):
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
                if _present(self.report.call, place):
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
        self.report.fail(f"cannot create {what} {quoted(target)}: {err.strerror}")


@dataclass(frozen=True, slots=True)
class _Move:
    report: Report
    guards: _Guards

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
        if _present(call, place) and self._blocked(name, target, path, place, stat):
            return
        if place.startswith(path.rstrip("/") + "/") and stat.kind == "directory":
            self.report.fail(f"cannot move {quoted(name)} to a subdirectory of itself, {quoted(target)}")
            return
        try:
            if target.endswith("/") and stat.kind != "directory" and not files.exists(place):
                files.listdir("/dev/null")
            note = _set_aside(call, target, place, self.guards)
            files.rename(path, place)
        except OSError as err:
            self.report.fail(f"cannot move {quoted(name)} to {quoted(target)}: {err.strerror}")
            return
        if self.guards.told:
            self.report.say(f"renamed {quoted(name)} -> {quoted(target)}{note}")

    def _blocked(self, name: str, target: str, path: str, place: str, stat: Stat) -> bool:
        files = self.report.call.machine.files
        there = files.lstat(place)
        if _same(self.report.call, path, place, stat):
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
        if self.guards.ask:
            self.report.ask(f"overwrite {quoted(target)}?")
        return self.guards.ask or self.guards.keep or (self.guards.newer and there.mtime >= stat.mtime)


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
        place, guards = call.path(target), replace(_guards(self.parsed), force=False, told=False)
        copy = _Copy(Report(call), _CopyRules(guards))
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


def _same(call: Call, path: str, place: str, stat: Stat) -> bool:
    files = call.machine.files
    if path == place:
        return True
    try:
        if stat.kind == "symlink":
            return files.resolve(path, follow=False) == files.resolve(place, follow=False)
        return files.stat(place).ino == stat.ino
    except OSError:
        return False


def _present(call: Call, place: str) -> bool:
    try:
        call.machine.files.lstat(place)
    except OSError:
        return False
    return True


def _set_aside(call: Call, target: str, place: str, guards: _Guards) -> str:
    if not guards.backup or not _present(call, place):
        return ""
    files, name = call.machine.files, posixpath.basename(place)
    beside = [entry for entry in files.listdir(posixpath.dirname(place)) if entry.startswith(f"{name}.~")]
    counts = [int(entry[len(name) + 2 : -1]) for entry in beside if entry[len(name) + 2 : -1].isdigit()]
    numbered = guards.backup in ("numbered", "t") or (guards.backup in ("existing", "nil") and counts)
    suffix = f".~{max(counts, default=0) + 1}~" if numbered else guards.suffix
    files.rename(place, place + suffix)
    return f" (backup: {quoted(target + suffix)})"


def _under(folder: str, name: str) -> str:
    return folder + name if folder.endswith("/") else f"{folder}/{name}"
