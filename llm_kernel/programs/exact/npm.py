"""``npm``: packages of a project and of the system come and go through the machine. Running scripts is the model's."""

from __future__ import annotations

import json
import posixpath
import re
from typing import Any

from llm_kernel.machine import index
from llm_kernel.programs.table import NotExact, exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["npm"]

_ROOT = "/usr/local/lib"
_NAMES = {
    "i": "install",
    "add": "install",
    "list": "ls",
    "ll": "ls",
    "rm": "uninstall",
    "remove": "uninstall",
    "un": "uninstall",
}


@exact("npm", needs="package:npm")
def npm(call: Call) -> Answer:
    """Answer ``install``, ``uninstall``, ``ls`` and ``view`` of packages that the registry has."""
    words = [word for word in call.args if not word.startswith("-")]
    flags = {word for word in call.args if word.startswith("-")}
    everywhere = bool(flags & {"-g", "--global"})
    dev = bool(flags & {"-D", "--save-dev"})
    if flags - {
        "-g",
        "--global",
        "-D",
        "--save-dev",
        "-S",
        "--save",
        "--depth=0",
        "--no-audit",
        "--no-fund",
        "--silent",
        "-y",
        "--yes",
    }:
        raise NotExact
    command = _NAMES.get(words[0], words[0]) if words else ""
    match command:
        case "install" if len(words) > 1:
            return _install(call, words[1:], everywhere=everywhere, dev=dev)
        case "uninstall" if len(words) > 1:
            return _uninstall(call, words[1:], everywhere=everywhere)
        case "init" if len(words) == 1:
            return _begin(call, asks=not flags & {"-y", "--yes"})
        case "ls" if len(words) == 1:
            return _list(call, everywhere=everywhere)
        case "view" | "info" | "show" if words[2:] == ["version"]:
            version = index.npm(words[1], call.machine.era)
            return Answer(f"{version}\n") if version else _missing(words[1])
    raise NotExact


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


def _install(call: Call, words: list[str], *, everywhere: bool, dev: bool) -> Answer:
    machine = call.machine
    specs = [_spec(word) for word in words]
    if any(version and not version[0].isdigit() for _, version in specs):
        raise NotExact
    for name, _ in specs:
        if not index.npm(name) and not any(name in fact.split() for fact in machine.facts):
            return _missing(name)
    chosen = [(name, version or index.npm(name, machine.era) or "1.0.0") for name, version in specs]
    machine.clock.advance(1.4 + 0.8 * len(chosen))
    if everywhere:
        new = [p for name, version in chosen for p in machine.packages.install("npm", name, version)]
        machine.follow()
        return _said(len(new))
    project = _project(call)
    for name, version in chosen:
        folder = f"{call.cwd}/node_modules/{name}"
        manifest = {"name": name, "version": version}
        machine.files.write(f"{folder}/package.json", (json.dumps(manifest, indent=2) + "\n").encode())
        project.setdefault("devDependencies" if dev else "dependencies", {})[name] = f"^{version}"
    _keep(call, project)
    return _said(len(chosen))


def _said(count: int) -> Answer:
    if not count:
        return Answer("\nup to date in 612ms\n")
    return Answer(f"\nadded {count} package{'s' if count > 1 else ''} in {1 + count}s\n")


def _uninstall(call: Call, names: list[str], *, everywhere: bool) -> Answer:
    machine, gone = call.machine, 0
    if everywhere:
        gone = sum(len(machine.packages.remove("npm", name)) for name in names)
        machine.follow()
    else:
        project = _project(call)
        for name in names:
            folder = f"{call.cwd}/node_modules/{name}"
            if machine.files.exists(folder):
                machine.files.remove(folder, recursive=True)
                gone += 1
            for kind in ("dependencies", "devDependencies"):
                project.get(kind, {}).pop(name, None)
        _keep(call, project)
    machine.clock.advance(0.7)
    done = f"removed {gone} package{'s' if gone > 1 else ''}" if gone else "up to date"
    return Answer(f"\n{done} in 431ms\n")


def _project(call: Call) -> dict[str, Any]:
    path = f"{call.cwd}/package.json"
    if not call.machine.files.exists(path):
        return {}
    try:
        found = json.loads(call.machine.files.read(path))
    except ValueError as err:
        raise NotExact from err
    if not isinstance(found, dict):
        raise NotExact
    return found


def _keep(call: Call, project: dict[str, Any]) -> None:
    kept = {key: value for key, value in project.items() if value != {}}
    for kind in ("dependencies", "devDependencies"):
        if kind in kept:
            kept[kind] = dict(sorted(kept[kind].items()))
    call.machine.files.write(f"{call.cwd}/package.json", (json.dumps(kept, indent=2) + "\n").encode())


def _list(call: Call, *, everywhere: bool) -> Answer:
    """The tree of what is installed: the system's, or that of the project in the working directory."""
    machine = call.machine
    if everywhere:
        rows, head = [(p.name, p.version) for p in machine.packages.installed("npm")], _ROOT
    else:
        project = _project(call)
        named = f"{project['name']}@{project.get('version', '')} " if "name" in project else ""
        head = f"{named}{call.cwd}"
        wanted = sorted({**project.get("dependencies", {}), **project.get("devDependencies", {})})
        rows = [(name, version) for name in wanted if (version := _version(call, name))]
    if not rows:
        return Answer(f"{head}\n└── (empty)\n\n")
    marks = ["├──"] * (len(rows) - 1) + ["└──"]
    tree = "".join(f"{mark} {name}@{version}\n" for mark, (name, version) in zip(marks, rows, strict=True))
    return Answer(f"{head}\n{tree}\n")


def _version(call: Call, name: str) -> str:
    path = posixpath.join(call.cwd, "node_modules", name, "package.json")
    if not call.machine.files.exists(path):
        return ""
    try:
        return str(json.loads(call.machine.files.read(path))["version"])
    except (ValueError, KeyError, TypeError):
        return ""
