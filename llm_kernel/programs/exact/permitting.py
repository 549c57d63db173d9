"""``chmod``, ``chown`` and ``chgrp``: who may do what with a file, and whose it is."""

from __future__ import annotations

import errno
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from llm_kernel.machine.stat import Stat
from llm_kernel.programs.options import Options, Parsed
from llm_kernel.programs.permissions import changed_mode, long_mode
from llm_kernel.programs.quoting import quoted, said
from llm_kernel.programs.report import Report
from llm_kernel.programs.table import exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["chgrp", "chmod", "chown", "umask"]

_CHMOD = Options(
    "c,changes f,silent,quiet v,verbose no-preserve-root preserve-root reference= R,recursive",
    usage="[OPTION]... MODE[,MODE]... FILE...\n[OPTION]... OCTAL-MODE FILE...\n[OPTION]... --reference=RFILE FILE...",
    about="Change the mode of each FILE to MODE, or to that of RFILE.",
    authors="David MacKenzie and Jim Meyering",
)
_OWN = (
    "c,changes f,silent,quiet v,verbose dereference h,no-dereference from= no-preserve-root preserve-root reference= "
    "R,recursive H L P"
)
_CHOWN = Options(
    _OWN,
    usage="[OPTION]... [OWNER][:[GROUP]] FILE...\n[OPTION]... --reference=RFILE FILE...",
    about="Change the owner and/or group of each FILE.",
    authors="David MacKenzie and Jim Meyering",
)
_CHGRP = Options(
    _OWN,
    usage="[OPTION]... GROUP FILE...\n[OPTION]... --reference=RFILE FILE...",
    about="Change the group of each FILE to GROUP.",
    authors="David MacKenzie and Jim Meyering",
)
_MINUS_MODE = re.compile(r"-[rwxXstugo0-7][-+=rwxXstugo0-7,a]*")


@exact("chmod")
def chmod(call: Call) -> Answer:
    """Change permission bits."""
    parsed = _chmod_words(call)
    if isinstance(parsed, Answer):
        return parsed
    names, base = list(parsed.operands), parsed.value("reference")
    if base is None and not names:
        return _CHMOD.refuse(call, "missing operand")
    text = "" if base is not None else names.pop(0)
    if not names:
        return _CHMOD.refuse(call, f"missing operand after {said(text, call.env)}" if text else "missing operand")
    files = call.machine.files
    if base is not None:
        try:
            text = f"{files.stat(call.path(base)).mode:05o}"
        except OSError as err:
            why = f"failed to get attributes of {quoted(base)}: {err.strerror}"
            return Answer(stderr=f"{call.name}: {why}\n", status=1)
    elif changed_mode(text, 0, files.umask, directory=False) is None:
        return _CHMOD.refuse(call, f"invalid mode: {said(text, call.env)}")
    report = Report(call)
    for name in names:
        _each(report, parsed, name, lambda shown, stat: _chmod_one(report, parsed, text, shown, stat))
    return report.answer()


def _chmod_words(call: Call) -> Parsed | Answer:
    marked = [("\0" + word if _MINUS_MODE.fullmatch(word) else word) for word in call.args]
    if "--" in call.args:
        marked = list(call.args)
    parsed = _CHMOD.parse(replace(call, args=tuple(marked)))
    if isinstance(parsed, Answer):
        return parsed
    words = [word.removeprefix("\0") for word in parsed.operands]
    modes = [word.removeprefix("\0") for word in parsed.operands if word.startswith("\0")]
    if modes:
        words = [",".join(modes), *(word for word in parsed.operands if not word.startswith("\0"))]
    return Parsed(parsed.options, tuple(words))


def _chmod_one(report: Report, parsed: Parsed, text: str, name: str, stat: Stat) -> None:
    call = report.call
    files, path = call.machine.files, call.path(name)
    mode = changed_mode(text, stat.mode, files.umask, directory=stat.kind == "directory")
    assert mode is not None
    try:
        files.chmod(path, mode)
    except OSError as err:
        report.fail(f"changing permissions of {quoted(name)}: {err.strerror}")
        return
    old = f"{stat.mode:04o} ({long_mode(stat)[1:]})"
    new = f"{mode:04o} ({long_mode(replace(stat, mode=mode))[1:]})"
    if mode != stat.mode and ("verbose" in parsed or "changes" in parsed):
        report.say(f"mode of {quoted(name)} changed from {old} to {new}")
    elif "verbose" in parsed:
        report.say(f"mode of {quoted(name)} retained as {new}")


@exact("chown")
def chown(call: Call) -> Answer:
    """Change owners."""
    return _change_owner(call, _CHOWN, group_only=False)


@exact("chgrp")
def chgrp(call: Call) -> Answer:
    """Change groups."""
    return _change_owner(call, _CHGRP, group_only=True)


def _change_owner(call: Call, options: Options, *, group_only: bool) -> Answer:
    parsed = options.parse(call)
    if isinstance(parsed, Answer):
        return parsed
    names, base = list(parsed.operands), parsed.value("reference")
    if not names:
        return options.refuse(call, "missing operand")
    text = "" if base is not None else names.pop(0)
    if not names:
        return options.refuse(call, f"missing operand after {said(text, call.env)}")
    owner = _reference(call, base, group_only) if base is not None else _owner(call, text, group_only)
    if isinstance(owner, Answer):
        return owner
    report = Report(call)
    for name in names:
        _each(report, parsed, name, lambda shown, stat: _own_one(report, parsed, owner, shown, stat, group_only))
    return report.answer()


@exact("umask")
def umask(call: Call) -> Answer:
    """Show or set which permission bits new files do not get."""
    files, words = call.machine.files, list(call.args)
    spelled, pasted = "-S" in words, "-p" in words
    names = [word for word in words if word not in ("-S", "-p")]
    if not names:
        text = _letters(files.umask) if spelled else f"{files.umask:04o}"
        return Answer(f"umask {'-S ' * spelled}{text}\n" if pasted else f"{text}\n")
    text = names[0]
    if text[0].isdigit():
        if not re.fullmatch(r"[0-7]+", text) or int(text, 8) > 0o777:
            return Answer(stderr=f"bash: umask: {text}: octal number out of range\n", status=1)
        files.umask = int(text, 8)
    else:
        mode = changed_mode(text, 0o777 & ~files.umask, 0, directory=False)
        if mode is None:
            return Answer(stderr=f"bash: umask: `{text[0]}': invalid symbolic mode character\n", status=1)
        files.umask = 0o777 & ~mode
    return Answer(_letters(files.umask) + "\n" if spelled else "")


def _letters(mask: int) -> str:
    people = (("u", 6), ("g", 3), ("o", 0))
    return ",".join(
        f"{who}=" + "".join(letter for letter, bit in (("r", 4), ("w", 2), ("x", 1)) if not (mask >> shift) & bit)
        for who, shift in people
    )


def _reference(call: Call, base: str, group_only: bool) -> tuple[int | None, int | None] | Answer:
    try:
        stat = call.machine.files.stat(call.path(base))
    except OSError as err:
        why = f"failed to get attributes of {quoted(base)}: {err.strerror}"
        return Answer(stderr=f"{call.name}: {why}\n", status=1)
    return (None if group_only else stat.uid, stat.gid)


def _owner(call: Call, text: str, group_only: bool) -> tuple[int | None, int | None] | Answer:
    names = call.machine.files.names()
    user, mark, group = ("", ":", text) if group_only else text.partition(":")
    if not mark and "." in text and text not in names.users:
        user, mark, group = text.partition(".")
    uid = gid = None
    try:
        uid = names.uid(user) if user else None
        gid = names.gid(group) if group else None
    except LookupError as err:
        what = "group" if group_only or str(err).startswith("invalid group") else "user"
        return Answer(stderr=f"{call.name}: invalid {what}: {said(text, call.env)}\n", status=1)
    if mark and not group and uid is not None:
        gid = names.primary.get(uid, uid)
    return uid, gid


def _own_one(
    report: Report,
    parsed: Parsed,
    owner: tuple[int | None, int | None],
    name: str,
    stat: Stat,
    group_only: bool,
) -> None:
    call = report.call
    names = call.machine.files.names()
    uid, gid = owner
    if not _from(call, parsed, stat):
        return
    try:
        call.machine.files.chown(call.path(name), uid, gid, follow="no-dereference" not in parsed)
    except OSError as err:
        report.fail(f"changing {'group' if group_only else 'ownership'} of {quoted(name)}: {err.strerror}")
        return
    changed = (uid is not None and uid != stat.uid) or (gid is not None and gid != stat.gid)
    what, user, group = "group" if group_only else "ownership", names.user(stat.uid), names.group(stat.gid)
    old = group if group_only else user if gid is None else f"{user}:{group}"
    new = _spelled(call, parsed, owner)
    if changed and ("verbose" in parsed or "changes" in parsed):
        report.say(f"changed {what} of {quoted(name)} from {old} to {new}")
    elif "verbose" in parsed:
        report.say(f"{what} of {quoted(name)} retained as {old}")


def _spelled(call: Call, parsed: Parsed, owner: tuple[int | None, int | None]) -> str:
    names, (uid, gid) = call.machine.files.names(), owner
    if parsed.value("reference") is not None:
        group = names.group(gid or 0)
        return group if uid is None else f"{names.user(uid)}:{group}"
    # otherwise the owner is repeated as it was typed, a bare `USER:` completed
    text = parsed.operands[0]
    return text + names.group(gid or 0) if text.endswith(":") else text


def _from(call: Call, parsed: Parsed, stat: Stat) -> bool:
    text = parsed.value("from")
    if text is None:
        return True
    owner = _owner(call, text, False)
    if isinstance(owner, Answer):
        return False
    return owner[0] in (None, stat.uid) and owner[1] in (None, stat.gid)


def _each(report: Report, parsed: Parsed, name: str, work: Callable[[str, Stat], None]) -> None:
    call = report.call
    files, path, quiet = call.machine.files, call.path(name), "silent" in parsed or "quiet" in parsed
    try:
        stat = files.lstat(path) if "no-dereference" in parsed else files.stat(path)
        if name.endswith("/") and stat.kind != "directory":
            files.listdir(path)
    except OSError as err:
        _missing(report, name, err, quiet)
        return
    if call.name.endswith("chmod"):
        work(name, stat)
    if "recursive" in parsed and stat.kind == "directory":
        for entry in files.listdir(path):
            below = name + entry if name.endswith("/") else f"{name}/{entry}"
            # a link met on the way is neither changed nor followed
            if files.lstat(call.path(below)).kind != "symlink":
                _each(report, parsed, below, work)
    if not call.name.endswith("chmod"):
        work(name, stat)


def _missing(report: Report, name: str, err: OSError, quiet: bool) -> None:
    files, path = report.call.machine.files, report.call.path(name)
    broken, chmod = False, report.call.name.endswith("chmod")
    with suppress(OSError):
        broken = files.lstat(path).kind == "symlink"
    if quiet:
        report.status = 1
    elif broken and chmod and err.errno == errno.ENOENT:
        report.fail(f"cannot operate on dangling symlink {quoted(name)}")
    elif broken and not chmod:
        report.fail(f"cannot dereference {quoted(name)}: {err.strerror}")
    else:
        report.fail(f"cannot access {quoted(name)}: {err.strerror}")
