"""``npm``: packages of a project and of the system come and go through the machine."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Mapping
from typing import Any

from llm_kernel.machine import Machine, archive, index
from llm_kernel.programs.exact.npm_tree import bundle, lock, manifest, needed, placed, tree
from llm_kernel.programs.table import NotExact
from llm_kernel.shell.call import Answer, Call

__all__ = ["major", "npm"]

_ROOT = "/usr/local/lib"
_NAMES = {
    "i": "install",
    "add": "install",
    "list": "ls",
    "ll": "ls",
    "rm": "uninstall",
    "remove": "uninstall",
    "un": "uninstall",
    "info": "view",
    "show": "view",
    "la": "ls",
    "clean-install": "ci",
}


_QUIET = frozenset(
    "--no-audit --no-fund --silent -s -y --yes --no-progress --legacy-peer-deps --force --loglevel=error".split()
)
_FLAGS = frozenset(
    """-g --global -D --save-dev -S --save --save-prod -P -E --save-exact --depth=0 --all -a --no-save --production
    --omit=dev --prod""".split()
)


def npm(call: Call) -> Answer:
    """Answer what npm changes and tells of a project's packages and of the system's."""
    words = [word for word in call.args if not word.startswith("-")]
    flags = {word for word in call.args if word.startswith("-")} - _QUIET
    if flags - _FLAGS:
        raise NotExact
    everywhere = bool(flags & {"-g", "--global"})
    command = _NAMES.get(words[0], words[0]) if words else ""
    match command:
        case "install" | "uninstall" if everywhere and len(words) > 1:
            return _everywhere(call, command, words[1:])
        case "install" if not everywhere:
            return _install(call, words[1:], flags)
        case "ci" if len(words) == 1:
            return _again(call, flags)
        case "uninstall" if len(words) > 1:
            return _uninstall(call, words[1:])
        case "init" if len(words) == 1:
            return _begin(call, asks="-y" not in call.args and "--yes" not in call.args)
        case "ls":
            return _list(call, words[1:], everywhere=everywhere, deep=_deep(call, flags))
        case "view" if len(words) == 2 or words[2:] in (["version"], ["versions"]):
            return _view(call, words)
        case "root" | "prefix" | "bin" if len(words) == 1:
            return Answer(f"{_place(call, command, everywhere=everywhere)}\n")
        case "outdated" if len(words) == 1:
            return _outdated(call)
        case "prune" if len(words) == 1:
            return _prune(call)
        case "config" | "get" if words[-2:] == ["get", "prefix"] or words == ["get", "prefix"]:
            return Answer("/usr/local\n")
    raise NotExact


def _deep(call: Call, flags: set[str]) -> bool:
    """Whether a list shows what others need: the older ones did unless they were told how deep."""
    return bool(flags & {"--all", "-a"}) or (major(call.machine) < 7 and "--depth=0" not in flags)


def major(machine: Machine) -> int:
    """The first number of npm's version."""
    found = machine.packages.find(machine.packages.archive, "npm")
    number = re.match(r"\d+", archive.upstream(found.version)) if found else None
    return int(number[0]) if number else 9


def _place(call: Call, what: str, *, everywhere: bool) -> str:
    top = "/usr/local" if everywhere else call.cwd
    lib = "/lib" if everywhere and what == "root" else ""
    return top + {"root": f"{lib}/node_modules", "bin": "/bin" if everywhere else "/node_modules/.bin"}.get(what, "")


def _begin(call: Call, *, asks: bool) -> Answer:
    """``init -y``: a description of the project in the working directory, as npm fills it in."""
    path = f"{call.cwd}/package.json"
    name = posixpath.basename(call.cwd).lower()
    if asks or call.machine.files.exists(path) or not re.fullmatch(r"[a-z0-9-][a-z0-9._-]*", name):
        raise NotExact
    made = {
        "name": name,
        "version": "1.0.0",
        "description": "",
        "main": "index.js",
        "scripts": {"test": 'echo "Error: no test specified" && exit 1'},
        "keywords": [],
        "author": "",
        "license": "ISC",
    }
    text = json.dumps(made, indent=2) + "\n"
    call.machine.files.write(path, text.encode())
    return Answer(f"Wrote to {path}:\n\n{text}\n\n")


def _missing(name: str) -> Answer:
    spec = name.replace("/", "%2f")
    said = (
        f"npm ERR! code E404\nnpm ERR! 404 Not Found - GET registry/{spec} - Not found\nnpm ERR! 404 \n"
        f"npm ERR! 404  '{name}@*' is not in this registry.\nnpm ERR! 404 \n"
        "npm ERR! 404 Note that you can also install from a\n"
        "npm ERR! 404 tarball, folder, http url, or git folder.\n"
    )
    return Answer("", said.replace(" - GET registry/", " - "), 1)


def _spec(word: str) -> tuple[str, str]:
    name, at, version = word.rpartition("@")
    return (name, version) if at and name else (word, "")


def _everywhere(call: Call, command: str, words: list[str]) -> Answer:
    """``-g``: programs for everybody."""
    machine = call.machine
    if command == "uninstall":
        gone = sum(len(machine.packages.remove("npm", name)) for name in words)
        machine.follow()
        machine.clock.advance(0.7)
        return Answer(_removed(machine, gone, 0))
    chosen = _wanted(call, words)
    if isinstance(chosen, Answer):
        return chosen
    new = [p for name, version in chosen for p in machine.packages.install("npm", name, version)]
    machine.clock.advance(1.4 + 0.8 * len(chosen))
    machine.follow()
    return Answer(_added(machine, [f"{p.name}@{p.version}" for p in new], len(new), 0, everywhere=True))


def _wanted(call: Call, words: list[str]) -> list[tuple[str, str]] | Answer:
    """Names with the versions that they get; npm's refusal where the registry lacks one."""
    machine, found = call.machine, list[tuple[str, str]]()
    for name, said in map(_spec, words):
        newest = index.npm(name, machine.era) or ("1.0.0" if any(name in f.split() for f in machine.facts) else "")
        if not newest:
            return _missing(name)
        version = said.lstrip("^~>=v")
        if said and (not version[:1].isdigit() or " " in said) and said not in ("latest", "*"):
            raise NotExact
        full = version if version.count(".") == 2 and not said.startswith(("^", ">")) else ""
        same = newest.split(".")[0] == version.split(".")[0]
        early = ".".join([version, "0", "0"][: 3 - version.count(".")])
        found.append((name, full or (newest if same or not version[:1].isdigit() else early)))
    return found


def _install(call: Call, words: list[str], flags: set[str]) -> Answer:
    """``install [NAME[@VERSION]]...``: what is named, or all that the project's file asks for."""
    machine, project = call.machine, _project(call)
    if any(
        word.startswith((".", "/", "git+", "http", "file:")) or word.count("/") > (word[0] == "@") for word in words
    ):
        raise NotExact
    kinds = ["dependencies"] + ([] if flags & {"--production", "--omit=dev", "--prod"} else ["devDependencies"])
    named = [f"{name}@{said}" for kind in kinds for name, said in project.get(kind, {}).items()]
    chosen = _wanted(call, words or named)
    if isinstance(chosen, Answer):
        return chosen
    before = placed(machine, call.cwd)
    for name, version in chosen:
        if not words and name in before:
            continue
        own, there = bundle(name, version), placed(machine, call.cwd)
        for one in [one for one in own if one == name or one not in there]:
            _lay(call, one, own)
    if words and "--no-save" not in flags:
        kind = "devDependencies" if flags & {"-D", "--save-dev"} else "dependencies"
        mark = "" if flags & {"-E", "--save-exact"} else "^"
        for name, version in chosen:
            project.setdefault(kind, {})[name] = f"{mark}{version}"
            project.get("dependencies" if kind == "devDependencies" else "devDependencies", {}).pop(name, None)
        _keep(call, project)
    gone = 0 if words else _cleared(call, project)
    fresh = not machine.files.exists(f"{call.cwd}/package-lock.json")
    here = _locked(call)
    count = sum(1 for name, row in here.items() if before.get(name, {}).get("version") != row["version"])
    machine.clock.advance(round(0.6 + 0.4 * min(count, 20), 1))
    told = [f"{name}@{version}" for name, version in chosen] if words else []
    said = _removed(machine, gone, len(here)) if gone and not count else _added(machine, told, count, len(here))
    return Answer(said, _notices(call, project, fresh=fresh))


def _again(call: Call, flags: set[str]) -> Answer:
    """``ci``: everything anew, as the lock file has it."""
    lock_file = f"{call.cwd}/package-lock.json"
    if not call.machine.files.exists(lock_file):
        said = (
            "npm ERR! cipm can only install packages with an existing package-lock.json or npm-shrinkwrap.json with "
            "lockfileVersion >= 1. Run an install with npm@5 or later to generate it, then try again.\n"
            if major(call.machine) < 7
            else "npm ERR! code EUSAGE\nnpm ERR! \nnpm ERR! The `npm ci` command can only install with an existing "
            "package-lock.json or\nnpm ERR! npm-shrinkwrap.json with lockfileVersion >= 1. Run an install with npm@5 "
            "or\nnpm ERR! later to generate a package-lock.json file, then try again.\n"
        )
        return Answer("", said, 1)
    if call.machine.files.exists(f"{call.cwd}/node_modules"):
        call.machine.files.remove(f"{call.cwd}/node_modules", recursive=True)
    return _install(call, [], flags)


def _lay(call: Call, name: str, own: Mapping[str, tuple[str, tuple[str, ...]]]) -> None:
    """Put one package of a bundle into the project's directory."""
    version, needs = own[name]
    folder = f"{call.cwd}/node_modules/{name}"
    row = {"name": name, "version": version, "license": "MIT", "main": "index.js"}
    wanted = {"dependencies": {need: f"^{own[need][0]}" for need in sorted(needs)}} if needs else {}
    call.machine.files.write(f"{folder}/package.json", (json.dumps({**row, **wanted}, indent=2) + "\n").encode())


def _locked(call: Call) -> dict[str, dict[str, Any]]:
    """What is there, of which the lock file tells from now on."""
    here, number = placed(call.machine, call.cwd), major(call.machine)
    if number >= 5:
        form = 1 if number < 7 else 2 if number < 9 else 3
        text = lock(_project(call), here, form)
        call.machine.files.write(f"{call.cwd}/package-lock.json", text.encode())
    return here


def _added(machine: Machine, told: list[str], count: int, total: int, *, everywhere: bool = False) -> str:
    """What npm says at the end, by its version."""
    many, seconds = "s" * (count != 1), round(0.8 + 0.03 * count, 3)
    if major(machine) < 7:
        lines = "".join(f"+ {one}\n" for one in told)
        people = f" from {max(1, count * 3 // 4)} contributor{'s' * (max(1, count * 3 // 4) != 1)}" if count else ""
        audit = "" if everywhere else f"audited {total} package{'s' * (total != 1)}"
        what = f"added {count} package{many}{people}" if count else "updated 1 package" if told else ""
        done = " and ".join(part for part in (what, audit) if part) or "up to date"
        return f"{lines}{done} in {seconds}s\n" + ("" if everywhere else "found 0 vulnerabilities\n\n")
    what = f"added {count} package{many}" if count else "up to date"
    took = f"{max(1, round(seconds))}s" if count else "612ms"
    if everywhere:
        return f"\n{what} in {took}\n"
    return f"\n{what}, and audited {total + 1} package{'s' * (total > 0)} in {took}\n\nfound 0 vulnerabilities\n"


def _notices(call: Call, project: dict[str, Any], *, fresh: bool) -> str:
    """What the older npm complains of beside."""
    if major(call.machine) >= 7 or major(call.machine) < 5:
        return ""
    named = f"{project['name']}@{project.get('version', '')}" if "name" in project else ""
    said = "npm notice created a lockfile as package-lock.json. You should commit this file.\n" if fresh else ""
    if not named:
        return said
    said += "" if project.get("description") else f"npm WARN {named} No description\n"
    return said + ("" if project.get("repository") else f"npm WARN {named} No repository field.\n") + "\n"


def _uninstall(call: Call, names: list[str]) -> Answer:
    project, before = _project(call), placed(call.machine, call.cwd)
    for name in names:
        for kind in ("dependencies", "devDependencies"):
            project.get(kind, {}).pop(name, None)
    _keep(call, project)
    gone = _cleared(call, project)
    call.machine.clock.advance(0.7)
    return Answer(_removed(call.machine, gone, len(before) - gone))


def _cleared(call: Call, project: dict[str, Any]) -> int:
    """Take away what nothing asks for any more; how many packages that were."""
    here = placed(call.machine, call.cwd)
    kept = needed(here, [*project.get("dependencies", {}), *project.get("devDependencies", {})])
    for name in here.keys() - kept:
        call.machine.files.remove(f"{call.cwd}/node_modules/{name}", recursive=True)
    _locked(call)
    return len(here) - len(kept)


def _prune(call: Call) -> Answer:
    gone = _cleared(call, _project(call))
    return Answer(_removed(call.machine, gone, len(placed(call.machine, call.cwd))))


def _removed(machine: Machine, gone: int, total: int) -> str:
    done = f"removed {gone} package{'s' * (gone != 1)}" if gone else "up to date"
    if major(machine) < 7:
        audit = f" and audited {total} package{'s' * (total != 1)}" if gone else ""
        return f"{done}{audit} in 0.431s\n" + ("found 0 vulnerabilities\n\n" if gone else "")
    audit = f", and audited {total + 1} package{'s' * (total > 0)}" if total else ""
    return f"\n{done}{audit} in 431ms\n" + ("\nfound 0 vulnerabilities\n" if audit else "")


def _project(call: Call) -> dict[str, Any]:
    path = f"{call.cwd}/package.json"
    if not call.machine.files.exists(path):
        return {}
    found = manifest(call.machine, call.cwd)
    kinds = [found.get(kind, {}) for kind in ("dependencies", "devDependencies")]
    if any(not isinstance(kind, dict) or not all(isinstance(one, str) for one in kind.values()) for kind in kinds):
        raise NotExact
    if not found and call.machine.files.read(path).split() not in ([b"{}"], [b"{", b"}"]):
        raise NotExact
    return found


def _keep(call: Call, project: dict[str, Any]) -> None:
    kept = {key: value for key, value in project.items() if value != {}}
    for kind in ("dependencies", "devDependencies"):
        if kind in kept:
            kept[kind] = dict(sorted(kept[kind].items()))
    call.machine.files.write(f"{call.cwd}/package.json", (json.dumps(kept, indent=2) + "\n").encode())


def _list(call: Call, words: list[str], *, everywhere: bool, deep: bool) -> Answer:
    """The tree of what is installed: the system's, or that of the project in the working directory."""
    machine = call.machine
    if words:
        raise NotExact
    if everywhere:
        here = {p.name: {"version": p.version} for p in machine.packages.installed("npm")}
        head, asked = _ROOT, list(here)
    else:
        project, here = _project(call), placed(machine, call.cwd)
        head = (f"{project['name']}@{project.get('version', '')} " if "name" in project else "") + call.cwd
        asked = [*project.get("dependencies", {}), *project.get("devDependencies", {})]
    missing = [name for name in asked if name not in here]
    if missing:
        raise NotExact
    shown = tree(here, asked, deep=deep)
    return Answer(f"{head}\n{shown or '└── (empty)' + chr(10)}\n")


def _view(call: Call, words: list[str]) -> Answer:
    name = words[1]
    version = index.npm(name, call.machine.era)
    if not version:
        return _missing(name)
    if words[2:] == ["version"]:
        return Answer(f"{version}\n")
    raise NotExact


def _outdated(call: Call) -> Answer:
    """A table of what the registry has newer than the project."""
    project, here = _project(call), placed(call.machine, call.cwd)
    rows = []
    for name in sorted([*project.get("dependencies", {}), *project.get("devDependencies", {})]):
        newest = index.npm(name, call.machine.era)
        now = str(here.get(name, {}).get("version", ""))
        if now and newest and newest != now:
            same = newest.split(".")[0] == now.split(".")[0] and now.split(".")[0] != "0"
            rows.append((name, now, newest if same else now, newest, posixpath.basename(call.cwd)))
    if not rows:
        return Answer()
    new = major(call.machine) > 6
    heads = ("Package", "Current", "Wanted", "Latest", "Location", *(["Depended by"] if new else []))
    table = [heads, *((*row[:4], f"node_modules/{row[0]}", row[4]) if new else row for row in rows)]
    wide = [max(len(row[n]) for row in table) for n in range(len(heads))]
    left = {0, 4, 5}
    lines = (
        "  ".join(f"{c:<{wide[n]}}" if n in left else f"{c:>{wide[n]}}" for n, c in enumerate(row)) for row in table
    )
    return Answer("".join(f"{line.rstrip()}\n" for line in lines), status=1)
