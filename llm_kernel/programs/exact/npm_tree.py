"""What a package of npm's brings along, and how a project's tree and its lock file tell of it."""

from __future__ import annotations

import base64
import hashlib
import json
import posixpath
from collections.abc import Iterator
from functools import cache
from typing import Any

from llm_kernel.machine import Machine
from llm_kernel.machine.catalog import load

__all__ = ["bundle", "lock", "manifest", "needed", "placed", "tree"]


@cache
def _sets() -> dict[str, dict[str, tuple[str, tuple[str, ...]]]]:
    """By ``name@version`` of a package: everything it brings, with versions and with what each of these needs."""
    found = {}
    for key, text in load("npm")["brings"].items():
        rows = (word.partition(":") for word in text.split())
        named = ((one.rpartition("@"), needs) for one, _, needs in rows)
        found[key] = {name: (version, tuple(filter(None, needs.split(",")))) for (name, _, version), needs in named}
    return found


def bundle(name: str, version: str) -> dict[str, tuple[str, tuple[str, ...]]]:
    """The package and all it brings: version and needs by name; alone where nobody wrote down what it needs."""
    own = _sets().get(f"{name}@{version}")
    if own is None:
        major = version.split(".")[0]
        near = [key for key in _sets() if key.startswith(f"{name}@{major}.")]
        own = _sets()[near[-1]] if near else {}
    return {**own, name: (version, own[name][1] if name in own else ())}


def manifest(machine: Machine, folder: str) -> dict[str, Any]:
    """The ``package.json`` in a directory; empty where there is none that can be read."""
    path = posixpath.join(folder, "package.json")
    try:
        found = json.loads(machine.files.read(path))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def placed(machine: Machine, root: str) -> dict[str, dict[str, Any]]:
    """The manifests of what lies in a project's ``node_modules``, by name."""
    top = f"{root}/node_modules"
    if not machine.files.is_dir(top):
        return {}
    names = []
    for name in machine.files.listdir(top):
        inner = machine.files.listdir(f"{top}/{name}") if name.startswith("@") else []
        names += [f"{name}/{one}" for one in inner] if name.startswith("@") else [name]
    found = {name: manifest(machine, f"{top}/{name}") for name in names}
    return {name: row for name, row in sorted(found.items()) if "version" in row}


def needed(here: dict[str, dict[str, Any]], names: list[str]) -> set[str]:
    """What of the tree is reached from ``names``."""
    found, todo = set[str](), list(names)
    while todo:
        name = todo.pop()
        if name in here and name not in found:
            found.add(name)
            todo += here[name].get("dependencies", {})
    return found


def tree(here: dict[str, dict[str, Any]], names: list[str], *, deep: bool) -> str:
    """The branches of ``npm ls``; what was shown once is shown without its own needs again."""
    seen = set[str]()
    return "".join(_branches(here, sorted(name for name in names if name in here), "", deep, seen))


def _branches(
    here: dict[str, dict[str, Any]], names: list[str], lead: str, deep: bool, seen: set[str]
) -> Iterator[str]:
    for at, name in enumerate(names, 1):
        last = at == len(names)
        inner = sorted(one for one in here[name].get("dependencies", {}) if one in here) if deep else []
        again = name in seen
        seen.add(name)
        mark = ("└" if last else "├") + "─" + ("┬" if inner and not again else "─")
        yield f"{lead}{mark} {name}@{here[name]['version']}{' deduped' if again and deep else ''}\n"
        if inner and not again:
            yield from _branches(here, inner, lead + ("  " if last else "│ "), deep, seen)


def lock(project: dict[str, Any], here: dict[str, dict[str, Any]], form: int) -> str:
    """The text of ``package-lock.json`` in the form of npm 6 (1), of 7 and 8 (2), or of later ones (3)."""
    head: dict[str, Any] = {key: project[key] for key in ("name", "version") if key in project}
    made: dict[str, Any] = {**head, "lockfileVersion": form, "requires": True}
    dev = set(here) - needed(here, list(project.get("dependencies", {})))
    if form > 1:
        kept = ("name", "version", "license", "dependencies", "devDependencies")
        rows = {"": {key: project[key] for key in kept if project.get(key)}}
        made["packages"] = rows | {f"node_modules/{name}": _row(here, name, dev, "dependencies") for name in here}
    if form < 3:
        made["dependencies"] = {name: _row(here, name, dev, "requires") for name in here}
    return json.dumps(made, indent=2) + "\n"


def _row(here: dict[str, dict[str, Any]], name: str, dev: set[str], needs: str) -> dict[str, Any]:
    version = str(here[name]["version"])
    digest = base64.b64encode(hashlib.sha512(f"{name}@{version}".encode()).digest()).decode()
    row: dict[str, Any] = {"version": version, "integrity": f"sha512-{digest}"}
    row |= {"dev": True} if name in dev else {}
    wanted = here[name].get("dependencies", {})
    return row | ({needs: wanted} if wanted else {})
