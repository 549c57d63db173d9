"""``mount`` and ``umount``: the table of what is mounted, and file systems in memory that root adds to it."""

from __future__ import annotations

import re

from llm_kernel.machine.mounts import mounts
from llm_kernel.machine.system import Ram
from llm_kernel.programs.sizes import read_amount
from llm_kernel.programs.table import exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["mount", "umount"]

_FAILED = 32
_VALUED = {"-t": "types", "--types": "types", "-o": "options", "--options": "options"}
_QUIET = frozenset("-l -v --verbose --show-labels -a --all -n --no-mtab -f --fake".split())
_UNMOUNT = frozenset("-l --lazy -f --force -v --verbose -n --no-mtab -R --recursive -a --all -q --quiet".split())
_FLAGS = ("nosuid", "nodev", "noexec", "noatime", "nodiratime")
_PLAIN = frozenset("rw defaults suid dev exec atime relatime async auto noauto user nouser".split())
_STICKY = 0o1777


@exact("mount")
def mount(call: Call) -> Answer:
    """``mount``: the table, or a file system in memory; disks are mounted by the administrator's word."""
    args, words = list(call.args), []
    values = {"types": "", "options": ""}
    while args:
        word = args.pop(0)
        if word in _VALUED or word[:2] in _VALUED:
            values[_VALUED.get(word) or _VALUED[word[:2]]] = args.pop(0) if word in _VALUED and args else word[2:]
        elif word in ("-V", "--version"):
            made = call.machine.system.profile.util_linux
            return Answer(f"mount from util-linux {made} (libmount {made}: btrfs, assert, debug)\n")
        elif word.startswith("-") and word not in _QUIET:
            return _misused("mount", f"invalid option -- '{word.lstrip('-')}'")
        elif not word.startswith("-"):
            words.append(word)
    if not words:
        kinds = [kind for kind in values["types"].split(",") if kind]
        rows = [row for row in mounts(call.machine.system) if not kinds or row.kind in kinds]
        return Answer("".join(f"{row.device} on {row.mount} type {row.kind} ({row.options})\n" for row in rows))
    return _mount(call, words, values["types"], values["options"].split(",") if values["options"] else [])


def _mount(call: Call, words: list[str], kind: str, options: list[str]) -> Answer:
    source, shown = words[0], words[-1]
    target, files = call.path(shown), call.machine.files
    if call.machine.system.user != "root" and call.env.get("SUDO_USER") is None:
        return _failed(call, f"{target}: must be superuser to use mount.")
    if len(words) == 1:
        return Answer(stderr=f"mount: {source}: can't find in /etc/fstab.\n", status=1)
    if not files.exists(target):
        return _failed(call, f"{shown}: mount point does not exist.")
    target = files.resolve(target)
    if kind != "tmpfs":
        return _disk(call, source, target)
    if not files.is_dir(target):
        return _failed(call, f"{target}: mount point is not a directory.")
    made = _ram(call.machine.system.total_kb, source, target, options)
    if made is None:
        return _wrong(call, source, target)
    ram, mode = made
    ram.covered = files.cover(target, mode)
    call.machine.system.ram.append(ram)
    call.machine.follow()
    return Answer()


def _disk(call: Call, source: str, target: str) -> Answer:
    if not call.machine.files.exists(call.path(source)):
        return _failed(call, f"{target}: special device {source} does not exist.")
    there = next((row for row in mounts(call.machine.system) if row.device == source), None)
    if there:
        return _failed(call, f"{target}: {source} already mounted on {there.mount}.")
    return _wrong(call, source, target)


def _ram(memory: int, source: str, target: str, options: list[str]) -> tuple[Ram, int] | None:
    """The file system that the options ask for and the mode of its root; None where one of them is wrong."""
    size, mode, tail = memory // 2 // 4 * 4, _STICKY, []
    flags = [flag for flag in _FLAGS if flag in options]
    for option in options:
        name, _, value = option.partition("=")
        if name == "size":
            part = re.fullmatch(r"(\d+)%", value)
            amount = memory * 1024 * int(part[1]) // 100 if part else read_amount(value.lower())
            if not amount:
                return None
            size = -(-amount // 4096) * 4
            tail.append(f"size={size}k")
        elif name == "mode" and re.fullmatch(r"[0-7]{1,4}", value):
            mode = int(value, 8)
            tail.append(f"mode={mode:03o}")
        elif name in ("uid", "gid", "nr_inodes") and value.isdigit():
            tail.append(option)
        elif option not in _PLAIN and option not in _FLAGS:
            return None
    relative = [] if "noatime" in flags else ["relatime"]
    return Ram(source, target, size, ",".join(["rw", *flags, *relative, *tail])), mode


@exact("umount")
def umount(call: Call) -> Answer:
    """``umount``: takes away what ``mount`` added; the machine's own file systems are in use."""
    words = [word for word in call.args if not word.startswith("-")]
    odd = next((word for word in call.args if word.startswith("-") and word not in _UNMOUNT), None)
    if odd:
        return _misused("umount", f"invalid option -- '{odd.lstrip('-')}'")
    if not words:
        return Answer(stderr="umount: bad usage\nTry 'umount --help' for more information.\n", status=1)
    errors = "".join(_unmount(call, word) for word in words)
    call.machine.follow()
    return Answer(stderr=errors, status=_FAILED if errors else 0)


def _unmount(call: Call, word: str) -> str:
    files, system = call.machine.files, call.machine.system
    path = call.path(word)
    if not files.exists(path):
        return f"umount: {word}: no mount point specified.\n"
    path = files.resolve(path)
    if not any(row.mount == path for row in mounts(system)):
        return f"umount: {word}: not mounted.\n"
    if system.user != "root" and call.env.get("SUDO_USER") is None:
        return f"umount: {word}: must be superuser to unmount.\n"
    ram = next((ram for ram in reversed(system.ram) if ram.mount == path), None)
    lazy = any(option in ("-l", "--lazy") for option in call.args)
    busy = (call.cwd == path or call.cwd.startswith(f"{path}/")) and not lazy
    if ram is None or busy:
        return f"umount: {word}: target is busy.\n"
    system.ram.remove(ram)
    files.uncover(path, ram.covered)
    return ""


def _wrong(call: Call, source: str, target: str) -> Answer:
    text = f"wrong fs type, bad option, bad superblock on {source}, missing codepage or helper program, or other error."
    return _failed(call, f"{target}: {text}")


def _failed(call: Call, text: str) -> Answer:
    new = call.machine.system.profile.since("util_linux", "2.38")
    hint = "       dmesg(1) may have more information after failed mount system call.\n" if new else ""
    return Answer(stderr=f"mount: {text}\n{hint}", status=_FAILED)


def _misused(name: str, text: str) -> Answer:
    return Answer(stderr=f"{name}: {text}\nTry '{name} --help' for more information.\n", status=1)
