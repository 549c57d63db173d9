"""Who asks: ``whoami``, ``id``, ``groups``, ``logname``, ``users``, ``tty``. Answered from the record and ``/etc``."""

from __future__ import annotations

from dataclasses import dataclass, field

from llm_kernel.programs.options import Options
from llm_kernel.programs.quoting import said
from llm_kernel.programs.table import exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["Member", "caller", "find_member"]


@dataclass(frozen=True, slots=True)
class Member:
    """A user with the groups that ``/etc/group`` gives, the own one first; ``names`` by number."""

    name: str
    uid: int
    gids: tuple[int, ...]
    names: dict[int, str] = field(default_factory=dict)

    def group(self, gid: int) -> str:
        """The name of a group, empty where it has none."""
        return self.names.get(gid, "")


def caller(call: Call) -> str:
    """The name of the user on whose behalf the program runs: the session's, or the one ``sudo`` made."""
    return call.env.get("USER", "root") if "SUDO_USER" in call.env else call.machine.system.user


def find_member(call: Call, who: str) -> Member | None:
    """The user with this name or number, as ``/etc/passwd`` and ``/etc/group`` have it now."""
    people = [row for row in _rows(call, "/etc/passwd", 4) if row[2].isdigit() and row[3].isdigit()]
    row = next((row for row in people if row[0] == who), None)
    row = row or next((row for row in people if row[2] == who.removeprefix("+")), None)
    if row is None:
        return None
    groups = [line for line in _rows(call, "/etc/group", 3) if line[2].isdigit()]
    more = [int(line[2]) for line in groups if len(line) > 3 and row[0] in line[3].split(",")]
    own = int(row[3])
    names = {int(line[2]): line[0] for line in reversed(groups)}
    return Member(row[0], int(row[2]), (own, *(gid for gid in more if gid != own)), names)


def _rows(call: Call, path: str, fields: int) -> list[list[str]]:
    try:
        text = call.machine.files.read(path).decode(errors="replace")
    except OSError:
        return []
    return [row for row in (line.split(":") for line in text.splitlines()) if len(row) >= fields]


def _self(call: Call) -> Member:
    """The caller; where ``/etc/passwd`` lost the name, the record's numbers. The kernel keeps groups in order."""
    name = caller(call)
    found = find_member(call, name)
    if found:
        own, *more = found.gids
        return Member(found.name, found.uid, (own, *sorted(more)), found.names)
    account = call.machine.system.account(name)
    return Member("", account.uid, (account.gid,)) if account else Member(name, 0, (0,))


def _extra(call: Call, options: Options, operand: str) -> Answer:
    return options.refuse(call, f"extra operand {said(operand, call.env)}")


_WHOAMI = Options("", usage="[OPTION]...", about="Print the name of the effective user.", authors="Richard Mlynarik")


@exact("whoami")
def whoami(call: Call) -> Answer:
    """``whoami``."""
    parsed = _WHOAMI.parse(call)
    if isinstance(parsed, Answer):
        return parsed
    if parsed.operands:
        return _extra(call, _WHOAMI, parsed.operands[0])
    me = _self(call)
    if not me.name:
        return Answer(stderr=f"whoami: cannot find name for user ID {me.uid}: No such file or directory\n", status=1)
    return Answer(f"{me.name}\n")


_ID = Options(
    "a Z,context g,group G,groups n,name r,real u,user z,zero",
    usage="[OPTION]... [USER]...",
    about="Print user and group information for each USER, or for the caller.",
    authors="Arnold Robbins and David MacKenzie",
)


@exact("id")
def identity(call: Call) -> Answer:
    """``id``."""
    parsed = _ID.parse(call)
    if isinstance(parsed, Answer):
        return parsed
    kinds = [kind for kind in ("user", "group", "groups") if kind in parsed]
    if "context" in parsed:
        return Answer(stderr="id: --context (-Z) works only on an SELinux-enabled kernel\n", status=1)
    if len(kinds) > 1:
        return Answer(stderr='id: cannot print "only" of more than one choice\n', status=1)
    if not kinds and ("name" in parsed or "real" in parsed):
        return Answer(stderr="id: cannot print only names or real IDs in default format\n", status=1)
    if not kinds and "zero" in parsed:
        return Answer(stderr="id: option --zero not permitted in default format\n", status=1)
    end = "\0" if "zero" in parsed else "\n"
    out, err = "", ""
    for who in parsed.operands or ("",):
        member = find_member(call, who) if who else _self(call)
        if member is None:
            err += f"id: {said(who, call.env)}: no such user\n"
        elif not kinds:
            out += _whole(member) + "\n"
        else:
            out += _one(member, kinds[0], names="name" in parsed, between="\0" if "zero" in parsed else " ")
            out += end * 2 if end == "\0" and kinds[0] == "groups" and len(parsed.operands) > 1 else end
    return Answer(out, err, 1 if err else 0)


def _whole(member: Member) -> str:
    user = f"{member.uid}({member.name})" if member.name else str(member.uid)
    groups = [f"{gid}({member.group(gid)})" if member.group(gid) else str(gid) for gid in member.gids]
    return f"uid={user} gid={groups[0]} groups={','.join(groups)}"


def _one(member: Member, kind: str, *, names: bool, between: str) -> str:
    match kind:
        case "user":
            return member.name if names and member.name else str(member.uid)
        case "group":
            return _group(member, member.gids[0], names=names)
        case _:
            return between.join(_group(member, gid, names=names) for gid in member.gids)


def _group(member: Member, gid: int, *, names: bool) -> str:
    return member.group(gid) or str(gid) if names else str(gid)


_GROUPS = Options(
    "",
    usage="[OPTION]... [USERNAME]...",
    about="Print the groups of each USERNAME, or of the caller.",
    authors="David MacKenzie and James Youngman",
)


@exact("groups")
def groups(call: Call) -> Answer:
    """``groups``."""
    parsed = _GROUPS.parse(call)
    if isinstance(parsed, Answer):
        return parsed
    if not parsed.operands:
        return Answer(_one(_self(call), "groups", names=True, between=" ") + "\n")
    out, err = "", ""
    for who in parsed.operands:
        member = find_member(call, who)
        if member is None:
            err += f"groups: {said(who, call.env)}: no such user\n"
        else:
            out += f"{who} : {_one(member, 'groups', names=True, between=' ')}\n"
    return Answer(out, err, 1 if err else 0)


_LOGNAME = Options("", usage="[OPTION]", about="Print the name of the user who logged in.")


@exact("logname")
def logname(call: Call) -> Answer:
    """``logname``: who logged in, whatever ``sudo`` made of it."""
    parsed = _LOGNAME.parse(call)
    if isinstance(parsed, Answer):
        return parsed
    if parsed.operands:
        return _extra(call, _LOGNAME, parsed.operands[0])
    return Answer(f"{call.machine.system.user}\n")


_USERS = Options(
    "",
    usage="[OPTION]... [FILE]",
    about="Print who is logged in.",
    authors="Joseph Arceneaux and David MacKenzie",
)


@exact("users")
def users(call: Call) -> Answer:
    """``users``: one session is open."""
    parsed = _USERS.parse(call)
    if isinstance(parsed, Answer):
        return parsed
    if len(parsed.operands) > 1:
        return _extra(call, _USERS, parsed.operands[1])
    return Answer(f"{call.machine.system.user}\n" if not parsed.operands else "")


_TTY = Options(
    "s,silent quiet",
    usage="[OPTION]...",
    about="Print the file name of the terminal on standard input.",
    authors="David MacKenzie",
    status=2,
)


@exact("tty")
def tty(call: Call) -> Answer:
    """``tty``."""
    parsed = _TTY.parse(call)
    if isinstance(parsed, Answer):
        return parsed
    if parsed.operands:
        return _extra(call, _TTY, parsed.operands[0])
    text = "/dev/pts/0\n" if call.tty else "not a tty\n"
    return Answer("" if "silent" in parsed or "quiet" in parsed else text, status=0 if call.tty else 1)
