"""``mkdir``, ``touch``, ``ln`` and ``link``: making files, directories and links."""

from __future__ import annotations

import posixpath

from llm_kernel.programs.dates import read_date, read_stamp
from llm_kernel.programs.options import Options, Parsed
from llm_kernel.programs.permissions import changed_mode
from llm_kernel.programs.quoting import quoted, said
from llm_kernel.programs.report import Report, coreutils
from llm_kernel.programs.table import exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["link", "ln", "mkdir", "touch"]

_MKDIR = Options(
    "m,mode= p,parents v,verbose Z context?",
    usage="[OPTION]... DIRECTORY...",
    about="Create the DIRECTORY(ies), if they do not already exist.",
    authors="David MacKenzie",
)
_TOUCH = Options(
    "a c,no-create d,date= f h,no-dereference m r,reference= t= time=",
    usage="[OPTION]... FILE...",
    about="Update the access and modification times of each FILE to the current time.",
    authors="Paul Rubin, Arnold Robbins, Jim Kingdon,\nDavid MacKenzie, and Randy Smith",
)
_LN = Options(
    "b backup? dF,directory f,force i,interactive L,logical n,no-dereference P,physical r,relative s,symbolic "
    "S,suffix= t,target-directory= T,no-target-directory v,verbose",
    usage="[OPTION]... [-T] TARGET LINK_NAME\n[OPTION]... TARGET\n[OPTION]... TARGET... DIRECTORY\n"
    "[OPTION]... -t DIRECTORY TARGET...",
    about="Make links: hard ones, or symbolic ones with --symbolic.",
    authors="Mike Parker and David MacKenzie",
)
_LINK = Options("", usage="FILE1 FILE2\nOPTION", about="Make FILE2 a hard link to FILE1.", authors="Michael Stone")
_TIMES = (("atime", "access", "use"), ("mtime", "modify"))


@exact("mkdir")
def mkdir(call: Call) -> Answer:
    """Make directories."""
    parsed = _MKDIR.parse(call)
    if isinstance(parsed, Answer):
        return parsed
    if not parsed.operands:
        return _MKDIR.refuse(call, "missing operand")
    files, mode, text = call.machine.files, None, parsed.value("mode")
    if text is not None:
        mode = changed_mode(text, 0o777, files.umask, directory=True)
        if mode is None:
            return Answer(stderr=f"{call.name}: invalid mode {said(text, call.env)}\n", status=1)
    report = Report(call)
    for name in parsed.operands:
        _make_directory(report, name, mode, parsed)
    return report.answer()


def _make_directory(report: Report, name: str, mode: int | None, parsed: Parsed) -> None:
    call, parents = report.call, "parents" in parsed
    files, step = call.machine.files, name
    steps = _steps(name) if parents else [name]
    try:
        for step in steps:
            path = call.path(step)
            if parents and files.is_dir(path):
                continue
            files.lstat(posixpath.dirname(path) or "/")
            files.mkdir(path, parents=False)
            if mode is not None and step == name:
                files.chmod(path, mode)
            if "verbose" in parsed:
                report.say(f"{call.name}: created directory {quoted(step.rstrip('/') or step)}")
    except OSError as err:
        why = "Not a directory" if step != name and err.strerror == "File exists" else err.strerror
        report.fail(f"cannot create directory {said(step, call.env)}: {why}")


def _steps(name: str) -> list[str]:
    ends = [place for place, char in enumerate(name) if char == "/" and 0 < place < len(name.rstrip("/"))]
    return [*dict.fromkeys(name[:end] for end in ends), name]


@exact("touch")
def touch(call: Call) -> Answer:
    """Set files' times, making those that are not there."""
    parsed = _TOUCH.parse(call)
    if isinstance(parsed, Answer):
        return parsed
    times = _touch_times(call, parsed)
    if isinstance(times, Answer):
        return times
    if not parsed.operands:
        return _TOUCH.refuse(call, "missing file operand")
    report, follow = Report(call), "no-dereference" not in parsed
    for name in parsed.operands:
        path = call.path(name)
        try:
            _touch_one(call, name, path, times, parsed, follow)
        except OSError as err:
            what = "setting times of" if name.endswith("/") else "cannot touch"
            report.fail(f"{what} {quoted(name)}: {err.strerror}")
    return report.answer()


def _touch_one(call: Call, name: str, path: str, times: tuple[float, float], parsed: Parsed, follow: bool) -> None:
    files = call.machine.files
    there = files.exists(path)
    if not follow and not there:
        try:
            files.lstat(path)
            there = True
        except FileNotFoundError:
            pass
    if not there:
        if "no-create" in parsed:
            return
        files.enter(posixpath.dirname(files.resolve(path)))
        if name.endswith("/"):
            files.lstat(path)
        files.write(path, b"")
    elif name.endswith("/"):
        files.enter(path)
    words = [_word(call, value) for value in parsed.values("time")]
    access = "a" in parsed or "atime" in words
    change = "m" in parsed or "mtime" in words
    both = access == change
    files.set_times(
        path,
        atime=times[0] if access or both else None,
        mtime=times[1] if change or both else None,
        follow=follow,
    )


def _word(call: Call, value: str) -> str:
    word = _TOUCH.choose(call, "time", value, _TIMES)
    return word if isinstance(word, str) else ""


def _touch_times(call: Call, parsed: Parsed) -> tuple[float, float] | Answer:
    for value in parsed.values("time"):
        word = _TOUCH.choose(call, "time", value, _TIMES)
        if isinstance(word, Answer):
            return word
    clock, now = call.machine.clock, call.machine.clock.now
    times, base = (now, now), parsed.value("reference")
    if base is not None:
        try:
            stat = call.machine.files.stat(call.path(base))
        except OSError as err:
            text = f"failed to get attributes of {quoted(base)}: {err.strerror}"
            return Answer(stderr=f"{call.name}: {text}\n", status=1)
        times = (stat.atime, stat.mtime)
    date, stamp = parsed.value("date"), parsed.value("t")
    if date is not None:
        moments = [read_date(date, clock.at(time)) for time in (times if base is not None else (now, now))]
        if moments[0] is None or moments[1] is None:
            return Answer(stderr=f"{call.name}: invalid date format {said(date, call.env)}\n", status=1)
        times = (moments[0], moments[1])
    elif stamp is not None:
        moment = read_stamp(stamp, clock.local)
        if moment is None:
            return Answer(stderr=f"{call.name}: invalid date format {said(stamp, call.env)}\n", status=1)
        times = (moment, moment)
    return times


@exact("ln")
def ln(call: Call) -> Answer:
    """Make hard or symbolic links."""
    parsed = _LN.parse(call)
    if isinstance(parsed, Answer):
        return parsed
    names, files = list(parsed.operands), call.machine.files
    if not names:
        return _LN.refuse(call, "missing file operand")
    folder = parsed.value("target-directory")
    if "no-target-directory" in parsed and len(names) != 2:
        if len(names) < 2:
            return _LN.refuse(call, f"missing destination file operand after {quoted(names[0])}")
        return _LN.refuse(call, f"extra operand {quoted(names[2])}")
    if folder is None and "no-target-directory" not in parsed:
        if len(names) == 1:
            folder = "."
        elif _into(call, names[-1], "no-dereference" in parsed):
            folder = names.pop()
        elif len(names) > 2:
            new = coreutils(call) >= (9, 0)
            why = "Not a directory" if files.exists(call.path(names[-1])) else "No such file or directory"
            text = f"target {quoted(names[-1])}: {why}" if new else f"target {quoted(names[-1])} is not a directory"
            return Answer(stderr=f"{call.name}: {text}\n", status=1)
    report = Report(call)
    if folder is None:
        _link_one(report, names[0], names[1], parsed)
        return report.answer()
    for name in names:
        base = name.rstrip("/").rpartition("/")[2] or name
        _link_one(report, name, folder + base if folder.endswith("/") else f"{folder}/{base}", parsed)
    return report.answer()


def _into(call: Call, name: str, still: bool) -> bool:
    files, path = call.machine.files, call.path(name)
    if not files.is_dir(path):
        return False
    return not (still and not name.endswith("/") and files.lstat(path).kind == "symlink")


def _link_one(report: Report, target: str, name: str, parsed: Parsed) -> None:
    call, soft = report.call, "symbolic" in parsed
    files, path = call.machine.files, call.path(name)
    try:
        if not soft and files.lstat(call.path(target)).kind == "directory":
            report.fail(f"{target}: hard link not allowed for directory")
            return
    except OSError as err:
        report.fail(f"failed to access {quoted(target)}: {err.strerror}")
        return
    text = _relative(call, target, path) if "relative" in parsed else target
    kind = "symbolic" if soft else "hard"
    try:
        clearing = any(option in parsed for option in ("force", "interactive", "b", "backup"))
        if clearing and not _make_way(report, target, name, parsed):
            return
        if soft:
            files.lstat(posixpath.dirname(path))
            if not text:
                report.fail(f"failed to create symbolic link {quoted(name)} -> '': No such file or directory")
                return
            files.symlink(text, path)
        else:
            files.link(call.path(target), path)
    except OSError as err:
        tail = "" if soft or err.strerror == "File exists" else f" => {quoted(target)}"
        report.fail(f"failed to create {kind} link {quoted(name)}{tail}: {err.strerror}")
        return
    if "verbose" in parsed:
        report.say(f"{quoted(name)} {'->' if soft else '=>'} {quoted(text)}")


def _make_way(report: Report, target: str, name: str, parsed: Parsed) -> bool:
    call = report.call
    files, path = call.machine.files, call.path(name)
    try:
        stat = files.lstat(path)
    except FileNotFoundError:
        return True
    if stat.kind == "directory":
        report.fail(f"{name}: cannot overwrite directory")
        return False
    if "symbolic" not in parsed and files.resolve(call.path(target)) == files.resolve(path, follow=False):
        report.fail(f"{quoted(target)} and {quoted(name)} are the same file")
        return False
    if parsed.last("force", "interactive") == "interactive" and not report.agreed(f"replace {quoted(name)}?"):
        return False
    if "b" in parsed or "backup" in parsed:
        files.rename(path, path + (parsed.value("suffix") or "~"))
    else:
        files.remove(path)
    return True


def _relative(call: Call, target: str, path: str) -> str:
    files = call.machine.files
    return posixpath.relpath(files.resolve(call.path(target)), files.resolve(posixpath.dirname(path)))


@exact("link")
def link(call: Call) -> Answer:
    """Make one hard link."""
    parsed = _LINK.parse(call)
    if isinstance(parsed, Answer):
        return parsed
    names = parsed.operands
    if not names:
        return _LINK.refuse(call, "missing operand")
    if len(names) == 1:
        return _LINK.refuse(call, f"missing operand after {said(names[0], call.env)}")
    if len(names) > 2:
        return _LINK.refuse(call, f"extra operand {said(names[2], call.env)}")
    report = Report(call)
    try:
        call.machine.files.link(call.path(names[0]), call.path(names[1]))
    except OSError as err:
        report.fail(f"cannot create link {quoted(names[1])} to {quoted(names[0])}: {err.strerror}")
    return report.answer()
