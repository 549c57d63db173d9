"""``sysctl``: the tunables, read from and written to ``/proc/sys``."""

from __future__ import annotations

import re

from llm_kernel.errors import Refused
from llm_kernel.machine.tunables import place_of
from llm_kernel.programs.exact.identity import caller
from llm_kernel.programs.table import exact
from llm_kernel.shell.call import Answer, Call

_FIXED = (
    *("kernel.osrelease", "kernel.version", "kernel.ostype", "kernel.random.boot_id", "kernel.random.uuid"),
    "kernel.ngroups_max",
)
_LONG = {
    "all": "a",
    "values": "n",
    "names": "N",
    "ignore": "e",
    "quiet": "q",
    "write": "w",
    "load": "p",
    "system": "S",
    "binary": "b",
    "pattern": "r",
    "help": "h",
    "version": "V",
    "deprecated": "d",
}
_USAGE = "\nUsage:\n sysctl [options] [variable[=value] ...]\n\nFor more details see sysctl(8).\n"


@exact("sysctl")
def sysctl(call: Call) -> Answer:
    """``sysctl``."""
    letters, words, args, pattern = set[str](), list[str](), list(call.args), ""
    while args:
        word = args.pop(0)
        name, eq, value = word[2:].partition("=")
        if word.startswith("--"):
            if name not in _LONG:
                return Answer(stderr=f"sysctl: unrecognized option '{word}'\n{_USAGE}", status=1)
            letters.add(_LONG[name])
            if name == "pattern":
                pattern = value if eq else (args.pop(0) if args else "")
        elif word.startswith("-") and len(word) > 1:
            bad = next((letter for letter in word[1:] if letter not in "anNeqwpSbrhVAXdfo"), "")
            if bad:
                return Answer(stderr=f"sysctl: invalid option -- '{bad}'\n{_USAGE}", status=1)
            letters |= set(word[1:])
            if "r" in word:
                pattern = args.pop(0) if args else ""
        else:
            words.append(word)
    if letters & set("hV"):
        version = f"sysctl from procps-ng {call.machine.system.profile.procps}\n"
        return Answer(version if "V" in letters else _USAGE)
    if letters & set("aAX"):
        names = [name for name in _names(call) if not pattern or re.search(pattern, name)]
        return Answer("".join(_row(name, _value(call, name), letters) for name in names))
    if "p" in letters or "S" in letters:
        return _load(call, words or ["/etc/sysctl.conf"], letters)
    if not words:
        return Answer(stderr="sysctl: no variables specified\nTry `sysctl --help' for more information.\n", status=1)
    return _each(call, words, letters)


def _names(call: Call) -> list[str]:
    files = call.machine.files
    return sorted(
        path.removeprefix("/proc/sys/").replace("/", ".")
        for path in files.walk("/proc/sys")
        if files.lstat(path).kind == "file"
    )


def _value(call: Call, name: str) -> str:
    return call.machine.files.read(place_of(name)).decode(errors="replace").rstrip("\n")


def _row(name: str, value: str, letters: set[str]) -> str:
    if "N" in letters:
        return f"{name}\n"
    return f"{value}\n" if "n" in letters else f"{name} = {value}\n"


def _each(call: Call, words: list[str], letters: set[str]) -> Answer:
    out, err, status = "", "", 0
    for word in words:
        name, eq, value = word.partition("=")
        name = name.strip().replace("/", ".")
        found = [name] if call.machine.files.exists(place_of(name)) else []
        if found and call.machine.files.is_dir(place_of(name)):
            found = [one for one in _names(call) if one.startswith(f"{name}.")]
        if not found:
            if "e" not in letters:
                file = place_of(name)
                err += f"sysctl: cannot stat {file}: No such file or directory\n"
                status = 1 if call.machine.system.profile.since("procps", "3.3.16") else 255
            continue
        if eq:
            wrong = _set(call, name, value.strip().strip("\"'"))
            err, status = err + wrong, 1 if wrong else status
            out += "" if wrong or "q" in letters else _row(name, _value(call, name), letters)
        else:
            out += "".join(_row(one, _value(call, one), letters) for one in found)
    return Answer(out, err, status)


def _set(call: Call, name: str, value: str) -> str:
    if caller(call) != "root":
        return f"sysctl: permission denied on key '{name}'\n"
    if name in _FIXED:
        return f'sysctl: setting key "{name}": Read-only file system\n'
    if name == "kernel.hostname":
        try:
            call.machine.system.set_host(value)
        except Refused:
            return f'sysctl: setting key "{name}": Invalid argument\n'
        call.machine.follow()
        return ""
    was = _value(call, name)
    if re.fullmatch(r"[\d\s]+", was) and not re.fullmatch(r"-?[\d\s]+", value):
        return f'sysctl: setting key "{name}": Invalid argument\n'
    call.machine.files.write(place_of(name), f"{value}\n".encode())
    return ""


def _load(call: Call, paths: list[str], letters: set[str]) -> Answer:
    words, out = [], ""
    for path in paths:
        try:
            text = call.machine.files.read(call.path(path)).decode(errors="replace")
        except OSError as err:
            return Answer(stderr=f'sysctl: cannot open "{path}": {err.strerror}\n', status=255)
        out += f"* Applying {path} ...\n" if "S" in letters else ""
        words += [line.strip() for line in text.splitlines() if "=" in line and not line.strip().startswith(("#", ";"))]
    words = ["=".join(part.strip() for part in word.split("=", 1)) for word in words]
    said = _each(call, words, letters) if words else Answer()
    return Answer(out + str(said.stdout), said.stderr, said.status)
