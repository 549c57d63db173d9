"""``crontab``: the table of a user as a file in the spool. Tables are kept and listed; nobody runs their jobs."""

from __future__ import annotations

import re

from llm_kernel.machine import Machine
from llm_kernel.programs.exact.identity import caller
from llm_kernel.programs.table import exact
from llm_kernel.shell.call import Answer, Call

_FIELDS = (
    ("minute", 0, 59, ""),
    ("hour", 0, 23, ""),
    ("day-of-month", 1, 31, ""),
    ("month", 1, 12, "jan feb mar apr may jun jul aug sep oct nov dec"),
    ("day-of-week", 0, 7, "sun mon tue wed thu fri sat"),
)
_NAMES = frozenset("@reboot @yearly @annually @monthly @weekly @daily @midnight @hourly".split())
_USAGE = """\
usage:\tcrontab [-u user] file
\tcrontab [ -u user ] [ -i ] { -e | -l | -r }
\t\t(default operation is replace, per 1003.2)
\t-e\t(edit user's crontab)
\t-l\t(list user's crontab)
\t-r\t(delete user's crontab)
\t-i\t(prompt before deleting user's crontab)
"""


@exact("crontab", stdin=True)
def crontab(call: Call) -> Answer:
    """``crontab``: ``-l``, ``-r``, a file or standard input; ``-e`` finds no terminal to edit in."""
    user, verb, operands, args = caller(call), "", list[str](), list(call.args)
    while args:
        word = args.pop(0)
        if word.startswith("-u"):
            user = word[2:] or (args.pop(0) if args else "")
            if call.machine.system.account(user) is None:
                return _wrong(f"crontab:  user `{user}' unknown\n")
            if user != caller(call) and caller(call) != "root":
                return Answer(stderr="must be privileged to use -u\n", status=1)
        elif word.startswith("-") and len(word) > 1:
            for letter in word[1:]:
                if letter not in "elri":
                    return _wrong(f"crontab: invalid option -- '{letter}'\ncrontab: usage error: unrecognized option\n")
                if letter != "i":
                    if verb and verb != letter:
                        return _wrong("crontab: usage error: only one operation permitted\n")
                    verb = letter
        else:
            operands.append(word)
    if verb and operands:
        return _wrong("crontab: usage error: no arguments permitted after this option\n")
    if not verb:
        return _replace(call, user, operands)
    path = _place(call.machine, user)
    there = call.machine.files.exists(path)
    match verb:
        case "l":
            if not there:
                return Answer(stderr=f"no crontab for {user}\n", status=1)
            return Answer(call.machine.files.read(path))
        case "r":
            if not there:
                return Answer(stderr=f"no crontab for {user}\n", status=1)
            call.machine.files.remove(path)
            return Answer()
    first = "" if there else f"no crontab for {user} - using an empty one\n"
    editor = "/usr/bin/sensible-editor" if call.machine.system.profile.like == "debian" else "/bin/vi"
    said = f'{first}Error opening terminal: unknown.\ncrontab: "{editor}" exited with status 1\n'
    return Answer(stderr=said, status=1)


def _wrong(text: str) -> Answer:
    return Answer(stderr=text + _USAGE, status=1)


def _place(machine: Machine, user: str) -> str:
    folder = "/var/spool/cron" if machine.system.profile.like == "rhel" else "/var/spool/cron/crontabs"
    return f"{folder}/{user}"


def _replace(call: Call, user: str, operands: list[str]) -> Answer:
    if len(operands) > 1:
        return _wrong("crontab: usage error: only one file allowed\n")
    name = operands[0] if operands else "-"
    data = call.stdin
    if name != "-":
        try:
            data = call.machine.files.read(call.path(name))
        except OSError as err:
            return Answer(stderr=f"{name}: {err.strerror}\n", status=1)
    if data and not data.endswith(b"\n"):
        return Answer(stderr="new crontab file is missing newline before EOF, can't install.\n", status=1)
    for number, line in enumerate(data.decode(errors="replace").splitlines()):
        if what := _bad(line):
            said = f'"{name}":{number}: bad {what}\nerrors in crontab file, can\'t install.\n'
            return Answer(stderr=said, status=1)
    path = _place(call.machine, user)
    call.machine.files.mkdir(path.rpartition("/")[0])
    call.machine.files.write(path, data, mode=0o600)
    account = call.machine.system.account(user)
    if account:
        call.machine.files.chown(path, account.uid, account.gid)
    return Answer()


def _bad(line: str) -> str:
    """What is wrong with a line of a table, or nothing."""
    line = line.strip()
    if not line or line.startswith("#") or re.match(r"^\w+\s*=|^[\"']", line):
        return ""
    if line.startswith("@"):
        word, _, command = line.partition(" ")
        return "time specifier" if word not in _NAMES else "" if command.strip() else "command"
    words = line.split(None, 5)
    for (what, least, most, names), word in zip(_FIELDS, words, strict=False):
        if not all(_fits(part, least, most, names.split()) for part in word.split(",")):
            return what
    return _FIELDS[len(words)][0] if len(words) < 5 else "" if len(words) == 6 else "command"


def _fits(part: str, least: int, most: int, names: list[str]) -> bool:
    found = re.fullmatch(r"(\*|([a-z]{3}|\d{1,2})(?:-([a-z]{3}|\d{1,2}))?)(?:/(\d{1,3}))?", part.lower())
    if not found:
        return False
    ends = [text for text in (found[2], found[3]) if text]
    named = all(text in names if text.isalpha() else least <= int(text) <= most for text in ends)
    return named and found[4] != "0"
