"""``update-alternatives``: which program a general name means, as the records under ``/var/lib/dpkg`` have it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from llm_kernel.machine import Machine
from llm_kernel.programs.exact.identity import caller
from llm_kernel.programs.table import Asks, NotExact, exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["update_alternatives"]

_RECORDS = "/var/lib/dpkg/alternatives"
_LINKS = "/etc/alternatives"
_NAME = "update-alternatives"


@dataclass(slots=True)
class _Group:
    """One general name: the link that it is, and what it may mean with a priority each."""

    name: str
    link: str
    auto: bool = True
    choices: dict[str, int] = field(default_factory=dict)

    @property
    def best(self) -> str:
        """The choice of the highest priority, the first of several."""
        return max(self.choices, key=lambda path: self.choices[path])


@exact("update-alternatives", needs="os:debian")
def update_alternatives(call: Call) -> Answer:
    """Answer every verb for names without slaves; what a package registered and no record has is the model's."""
    verb, *words = [word for word in call.args if word not in ("--quiet", "--force")] or [""]
    run = _VERBS.get(verb.removeprefix("--"))
    if run is None:
        raise NotExact(verb)
    if verb in ("--install", "--set", "--remove", "--auto", "--remove-all") and caller(call) != "root":
        record = f"{_RECORDS}/{words[1 if verb == '--install' else 0] if words else ''}.dpkg-tmp"
        return Answer("", f"{_NAME}: error: unable to create file '{record}': Permission denied\n", 2)
    return run(call, words)


def _read(machine: Machine, name: str) -> _Group | Answer:
    """The record of a name, or what is said where there is none."""
    files, path = machine.files, f"{_RECORDS}/{name}"
    if not files.exists(path):
        if files.exists(f"{_LINKS}/{name}") or files.exists(f"/usr/bin/{name}"):
            raise NotExact(name)
        return Answer("", f"{_NAME}: error: no alternatives for {name}\n", 2)
    mode, link, _, *rest = files.read(path).decode("utf-8", "replace").splitlines()
    pairs = zip(rest[::2], rest[1::2], strict=False)
    return _Group(name, link, mode == "auto", {path: int(number) for path, number in pairs if path})


def _write(machine: Machine, group: _Group) -> None:
    rows = "".join(f"{path}\n{number}\n" for path, number in sorted(group.choices.items()))
    text = f"{'auto' if group.auto else 'manual'}\n{group.link}\n\n{rows}\n"
    machine.files.write(f"{_RECORDS}/{group.name}", text.encode())


def _current(machine: Machine, group: _Group) -> str:
    link = f"{_LINKS}/{group.name}"
    return machine.files.lstat(link).target if _there(machine, link) else ""


def _there(machine: Machine, path: str) -> bool:
    try:
        machine.files.lstat(path)
    except OSError:
        return False
    return True


def _point(machine: Machine, group: _Group, path: str) -> str:
    """Let the name mean ``path``, and say so where it meant something else."""
    if _current(machine, group) == path and _there(machine, group.link):
        return ""
    for link, target in ((f"{_LINKS}/{group.name}", path), (group.link, f"{_LINKS}/{group.name}")):
        if _there(machine, link):
            machine.files.remove(link)
        machine.files.symlink(target, link)
    mode = "auto" if group.auto else "manual"
    return f"{_NAME}: using {path} to provide {group.link} ({group.name}) in {mode} mode\n"


def _install(call: Call, words: list[str]) -> Answer:
    if len(words) != 4 or not words[3].lstrip("-").isdigit():
        raise NotExact
    machine, (link, name, path, number) = call.machine, words
    if not machine.files.exists(path):
        return Answer("", f"{_NAME}: error: alternative path {path} doesn't exist\n", 2)
    group = _Group(name, link)
    if machine.files.exists(f"{_RECORDS}/{name}"):
        found = _read(machine, name)
        group = found if isinstance(found, _Group) else group
    elif _there(machine, link) and machine.files.lstat(link).kind != "symlink":
        said = f"not replacing {link} with a link"
        return Answer("", f"{_NAME}: warning: {said}\n")
    group.choices[path] = int(number)
    _write(machine, group)
    return Answer(_point(machine, group, group.best) if group.auto else "")


def _set(call: Call, words: list[str]) -> Answer:
    if len(words) != 2:
        raise NotExact
    group = _read(call.machine, words[0])
    if isinstance(group, Answer):
        return group
    if words[1] not in group.choices:
        said = f"alternative {words[1]} for {group.name} not registered; not setting"
        return Answer("", f"{_NAME}: error: {said}\n", 2)
    group.auto = False
    _write(call.machine, group)
    return Answer(_point(call.machine, group, words[1]))


def _automatic(call: Call, words: list[str]) -> Answer:
    group = _read(call.machine, words[0]) if len(words) == 1 else None
    if not isinstance(group, _Group):
        return group or Answer("", f"{_NAME}: error: --auto needs <name>\n", 2)
    group.auto = True
    _write(call.machine, group)
    return Answer(_point(call.machine, group, group.best))


def _remove(call: Call, words: list[str]) -> Answer:
    if len(words) != 2:
        raise NotExact
    machine, group = call.machine, _read(call.machine, words[0])
    if isinstance(group, Answer):
        return group
    if words[1] not in group.choices:
        return Answer("", f"{_NAME}: warning: alternative {words[1]} for {group.name} not registered; not removing\n")
    del group.choices[words[1]]
    if group.choices:
        group.auto = group.auto or _current(machine, group) == words[1]
        _write(machine, group)
        return Answer(_point(machine, group, group.best) if group.auto else "")
    for path in (f"{_RECORDS}/{group.name}", f"{_LINKS}/{group.name}", group.link):
        if _there(machine, path):
            machine.files.remove(path)
    return Answer()


def _list(call: Call, words: list[str]) -> Answer:
    group = _read(call.machine, words[0]) if len(words) == 1 else None
    if not isinstance(group, _Group):
        return group or Answer("", f"{_NAME}: error: --list needs <name>\n", 2)
    return Answer("".join(f"{path}\n" for path in sorted(group.choices)))


def _display(call: Call, words: list[str]) -> Answer:
    group = _read(call.machine, words[0]) if len(words) == 1 else None
    if not isinstance(group, _Group):
        return group or Answer("", f"{_NAME}: error: --display needs <name>\n", 2)
    out = f"{group.name} - {'auto' if group.auto else 'manual'} mode\n  link best version is {group.best}\n"
    out += f"  link currently points to {_current(call.machine, group)}\n  link {group.name} is {group.link}\n"
    return Answer(out + "".join(f"{path} - priority {group.choices[path]}\n" for path in sorted(group.choices)))


def _config(call: Call, words: list[str]) -> Answer:
    group = _read(call.machine, words[0]) if len(words) == 1 else None
    if not isinstance(group, _Group):
        return group or Answer("", f"{_NAME}: error: --config needs <name>\n", 2)
    paths = sorted(group.choices)
    if len(paths) == 1:
        said = f"There is only one alternative in link group {group.name} (providing {group.link}): {paths[0]}"
        return Answer(f"{said}\nNothing to configure.\n")
    prompt = "Press <enter> to keep the current choice[*], or type selection number: "
    if call.typed is None:
        if call.asks:
            raise Asks(_table(call.machine, group, paths), prompt, end="")
        return Answer(f"{_table(call.machine, group, paths)}{prompt}\n")
    typed = call.typed.strip()
    if not typed:
        return Answer()
    if not typed.isdigit() or int(typed) > len(paths):
        return Answer("", f"{_NAME}: error: invalid selection\n", 2)
    group.auto = typed == "0"
    _write(call.machine, group)
    return Answer(_point(call.machine, group, group.best if group.auto else paths[int(typed) - 1]))


def _table(machine: Machine, group: _Group, paths: list[str]) -> str:
    now, width = _current(machine, group), max(len(path) for path in paths)
    rows = [("0", group.best, "auto"), *((str(n), path, "manual") for n, path in enumerate(paths, 1))]
    out = f"There are {len(paths)} choices for the alternative {group.name} (providing {group.link}).\n\n"
    out += f"  {'Selection':<12} {'Path':<{width}}  {'Priority':<10} Status\n{'-' * 60}\n"
    for number, path, mode in rows:
        mark = "*" if (mode == "auto") == group.auto and path == now else " "
        out += f"{mark} {number:<12} {path:<{width}}  {group.choices[path]!s:<10} {mode} mode\n"
    return out + "\n"


_VERBS: dict[str, Callable[[Call, list[str]], Answer]] = {
    "auto": _automatic,
    "config": _config,
    "display": _display,
    "install": _install,
    "list": _list,
    "remove": _remove,
    "set": _set,
}
