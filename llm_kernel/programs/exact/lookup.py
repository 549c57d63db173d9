"""Where programs stand: ``which`` and ``whereis``, and what the system says when there is none of that name."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from llm_kernel.machine import Machine, archive
from llm_kernel.programs.table import NotExact, exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["DEFAULT_PATH", "hidden", "not_found", "which", "which_program"]

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/games:/usr/local/games"
_SHELL = ("bash", "-bash", "sh")


def which(machine: Machine, name: str, path: str = DEFAULT_PATH, cwd: str = "/root") -> list[str]:
    """The files that ``name`` runs, in the order of ``path``; empty where there is none.

    A program that the machine has without a file of its own stands where its package puts it.
    """
    if not name:
        return []
    if "/" in name:
        return [name] if _runs(machine, machine.files.absolute(name, cwd)) else []
    folders = list(dict.fromkeys(folder or "." for folder in path.split(":")))
    home = machine.packages.file_of(name) if machine.packages.provider(name) else ""
    found = []
    for folder in folders:
        file = f"{folder.rstrip('/')}/{name}"
        if file == home or _runs(machine, machine.files.absolute(file, cwd)):
            found.append(file)
    return found


def _runs(machine: Machine, file: str) -> bool:
    """Whether ``file`` is a file that somebody may execute."""
    try:
        stat = machine.files.stat(file)
    except OSError:
        return False
    return stat.kind == "file" and bool(stat.mode & 0o111)


@exact("which")
def which_program(call: Call) -> Answer:
    """Answer ``which [-a] NAME...``: status 1 where one of the names is not there."""
    every, names = False, []
    for word in call.args:
        if word == "-a":
            every = True
        elif word.startswith("-") and word != "--" and len(word) > 1:
            if call.machine.system.profile.like == "rhel":
                raise NotExact
            return Answer("", f"Illegal option {word[:2]}\nUsage: {call.name} [-a] args\n", 2)
        elif word != "--":
            names.append(word)
    path = call.env.get("PATH", DEFAULT_PATH)
    found = [(name, which(call.machine, name, path, call.cwd)) for name in names]
    out = "".join(f"{file}\n" for _, files in found for file in (files if every else files[:1]))
    err = ""
    if call.machine.system.profile.like == "rhel":
        where = f"({path})"
        err = "".join(f"/usr/bin/which: no {name} in {where}\n" for name, files in found if not files)
    return Answer(out, err, 0 if names and all(files for _, files in found) else 1)


@exact("whereis")
def whereis(call: Call) -> Answer:
    """Answer ``whereis [-b] NAME...`` with programs and manual pages."""
    if any(word.startswith("-") and word != "-b" for word in call.args):
        raise NotExact
    out = []
    for name in (word for word in call.args if word != "-b"):
        files = which(call.machine, name, DEFAULT_PATH, call.cwd)
        packaged = bool(archive.holders(name).apt) and bool(files)
        manual = [f"/usr/share/man/man1/{name}.1.gz"] if packaged and "-b" not in call.args else []
        out.append(" ".join([f"{name}:", *files, *manual]))
    return Answer("".join(f"{line}\n" for line in out))


def not_found(machine: Machine, name: str) -> str:
    """What the login shell's handler writes to standard error for a word that is no program; the status is 127."""
    if "/" in name:
        file = machine.files.absolute(name, "/")
        there = name.startswith("/") and machine.files.exists(file)
        return f"bash: {name}: {'Permission denied' if there else 'No such file or directory'}\n"
    system = machine.system
    if system.os != "ubuntu" or not machine.packages.find("apt", "command-not-found"):
        return f"bash: {name}: command not found\n"
    return "".join(_advice(machine, name)) or f"{name}: command not found\n"


def hidden(machine: Machine, name: str, places: Sequence[str]) -> str:
    """What it writes for a program that stands in ``places``, none of which ``PATH`` leads to."""
    if machine.system.os != "ubuntu" or not machine.packages.find("apt", "command-not-found"):
        return not_found(machine, name)
    listed = "the following places\n" + "\n".join(f" * {place}" for place in sorted(places))
    where = listed if len(places) > 1 else f"'{places[0]}'"
    lacking = ":".join(posixpath.dirname(place) for place in sorted(places))
    return (
        f"Command '{name}' is available in {where}\nThe command could not be located because "
        f"'{lacking}' is not included in the PATH environment variable.\n{name}: command not found\n"
    )


def _advice(machine: Machine, name: str) -> Iterator[str]:
    """Ubuntu's advice: what holds the program, or what has a name like it. Since 22.04 without blank lines."""
    gap = "\n" if machine.system.release in ("16.04", "18.04", "20.04") else ""
    sudo = "" if machine.system.user == "root" else "sudo "
    debs = _versions(machine, name)
    snap = archive.holders(name).snap
    if name == "python" and machine.packages.provider("python3") and machine.system.release != "18.04":
        yield f"{gap}Command 'python' not found, did you mean:\n{gap}"
        yield "  command 'python3' from deb python3\n  command 'python' from deb python-is-python3\n" + gap
    elif snap and debs:
        wide = max(len(package) for package, _ in [snap, *debs])
        yield f"{gap}Command '{name}' not found, but can be installed with:\n{gap}"
        yield f"{sudo}snap install {snap[0]:<{wide}}  # version {snap[1]}, or\n"
        for package, version in debs:
            yield f"{sudo}apt  install {package:<{wide}}  # version {version}\n"
        yield f"{gap}See 'snap info {snap[0]}' for additional versions.\n{gap}"
    elif snap:
        yield f"{gap}Command '{name}' not found, but can be installed with:\n{gap}"
        yield f"{sudo}snap install {snap[0]}\n{gap}"
    elif debs:
        yield f"{gap}Command '{name}' not found, but can be installed with:\n{gap}"
        wide = max(len(package) for package, _ in debs)
        for n, (package, version) in enumerate(debs):
            tail = (
                "" if len(debs) == 1 else f"{'':<{wide - len(package)}}  # version {version}{', or' if n == 0 else ''}"
            )
            yield f"{sudo}apt install {package}{tail}\n"
        yield gap
    else:
        yield from _near(machine, name, gap, sudo)


def _versions(machine: Machine, program: str) -> list[tuple[str, str]]:
    made = machine.system.profile
    found = [(package, archive.find(package, made)) for package in archive.holders(program).apt]
    return [(package, deb.version) for package, deb in found if deb]


def _near(machine: Machine, name: str, gap: str, sudo: str) -> Iterator[str]:
    """Programs that are one slip away, each with the package it is from."""
    near = [word for word in get_close_matches(name, sorted(archive.all_programs()), 8, 0.6) if _one_slip(name, word)]
    rows = [(word, package, version) for word in near for package, version in _versions(machine, word)[:1]]
    if len(name) < 3 or not rows:
        return
    yield f"{gap}Command '{name}' not found, did you mean:\n{gap}"
    for word, package, version in rows:
        here = machine.packages.find("apt", package)
        yield f"  command '{word}' from deb {package} ({here.version if here else version})\n"
    yield f"{gap}Try: {sudo}apt install <deb name>\n{gap}"


def _one_slip(word: str, other: str) -> bool:
    """Whether one letter added, left out, changed or two swapped make the one of the other."""
    if abs(len(word) - len(other)) > 1 or word == other:
        return False
    same = next((n for n, (a, b) in enumerate(zip(word, other, strict=False)) if a != b), min(len(word), len(other)))
    a, b = word[same:], other[same:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[:2][::-1] and a[2:] == b[2:])
