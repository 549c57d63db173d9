"""pip's questions to the index, its settings and its cache: ``index versions``, ``config``, ``cache``, ``list -o``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

from packaging.requirements import Requirement

from llm_kernel.machine import Machine, releases
from llm_kernel.machine.packages import Package
from llm_kernel.programs.exact import pip_lines as lines
from llm_kernel.programs.exact.pip_choose import Options, none, offered
from llm_kernel.programs.exact.pip_inspect import inspect
from llm_kernel.programs.exact.pip_site import Site
from llm_kernel.programs.table import NotExact
from llm_kernel.shell.call import Answer, Call

__all__ = ["QUERIES", "outdated"]


def outdated(site: Site, chosen: list[Package], options: Options) -> Answer:
    """``list --outdated`` and ``--uptodate``: what the index has newer, among ``chosen``."""
    if site.offline:
        raise NotExact
    rows = []
    for package in chosen:
        key = releases.canonical(package.name)
        found = offered(site, key, {})
        if not found:
            continue
        public = package.version.partition("+")[0]
        if releases.newer(found[-1], public) == ("outdated" in options):
            rows.append((package.name, site.shown(package), found[-1], "wheel"))
    form = options.get("format", ["columns"])[-1]
    if form == "json":
        names = ("name", "version", "latest_version", "latest_filetype")
        return Answer(json.dumps([dict(zip(names, row, strict=True)) for row in rows]) + "\n")
    if form == "freeze":
        return Answer("", "ERROR: List format 'freeze' cannot be used with the --outdated option.\n", 1)
    if not rows:
        return Answer("")
    table = [("Package", "Version", "Latest", "Type"), *rows]
    if "uptodate" in options:
        table = [(name, version, "", "") for name, version, _, _ in table]
    wide = [max(len(row[n]) for row in table) for n in range(4)]
    table.insert(1, tuple("-" * width for width in wide))  # type: ignore[arg-type]
    text = (" ".join(f"{cell:<{width}}" for cell, width in zip(row, wide, strict=True)).rstrip() for row in table)
    site.machine.clock.advance(round(0.4 + 0.12 * len(chosen), 2))
    return Answer("".join(f"{line}\n" for line in text), lines.notice(site))


def _index(call: Call, site: Site, operands: list[str], options: Options) -> Answer:
    if site.older("21.2"):
        return Answer("", 'ERROR: unknown command "index"\n', 1)
    if operands[:1] != ["versions"]:
        return Answer("", "ERROR: Need an action (versions) to perform.\n", 1)
    if len(operands) != 2:
        return Answer("", "ERROR: You need to specify exactly one argument\n", 1)
    experiment = (
        "WARNING: pip index is currently an experimental command. It may be removed/changed in a future release "
    )
    warning = f"{experiment}without prior warning.\n" if site.older("25.1") else ""
    name = releases.canonical(operands[1])
    found = [] if site.offline else offered(site, name, options)
    if not found and not site.offline and site.machine.packages.exists("pip", name):
        found = [releases.choose(name, "", site.machine.packages.era, site.python)]
    if not found:
        last = (
            str(none(site, Requirement(operands[1]), [])).splitlines()[-1] if releases.valid_name(operands[1]) else ""
        )
        return Answer("", f"{warning}{last}\n", 1)
    text = f"{operands[1]} ({found[-1]})\nAvailable versions: {', '.join(reversed(found))}\n"
    if here := site.find(name):
        text += f"  INSTALLED: {site.shown(here)}\n  LATEST:    {found[-1]}\n"
    call.machine.clock.advance(0.6)
    return Answer(text, warning)


def _config(call: Call, site: Site, operands: list[str], options: Options) -> Answer:
    """``config list|get|set|unset``: the user's file of settings is a file of the machine."""
    if site.older("10"):
        return Answer("", 'ERROR: unknown command "config"\n', 1)
    new, old = f"{site.home}/.config/pip/pip.conf", f"{site.home}/.pip/pip.conf"
    files = call.machine.files
    path = old if files.exists(old) and not files.exists(new) else new
    rows = _settings(call.machine, "/etc/pip.conf") | _settings(call.machine, path)
    match operands:
        case ["list"]:
            return Answer("".join(f"{key}={value!r}\n" for key, value in sorted(rows.items())))
        case ["get", key]:
            if key in rows:
                return Answer(f"{rows[key]}\n")
            return Answer("", f"ERROR: No such key - {key}\n", 1)
        case ["set", key, value] if "." in key:
            _write(call.machine, path, _settings(call.machine, path) | {key: value})
            return Answer(f"Writing to {path}\n")
        case ["unset", key]:
            own = _settings(call.machine, path)
            if own.pop(key, None) is None:
                return Answer("", f"ERROR: No such key - {key}\n", 1)
            _write(call.machine, path, own)
            return Answer(f"Writing to {path}\n")
    if operands and operands[0] in ("debug", "edit"):
        raise NotExact
    return Answer("", "ERROR: Need an action (debug, edit, get, list, set, unset) to perform.\n", 1)


def _settings(machine: Machine, path: str) -> dict[str, str]:
    """The settings of a file: ``global.index-url`` and its value."""
    if not machine.files.exists(path):
        return {}
    section, found = "global", dict[str, str]()
    for line in machine.files.read(path).decode(errors="replace").splitlines():
        text = line.strip()
        if text.startswith("[") and text.endswith("]"):
            section = text[1:-1]
        elif "=" in text and not text.startswith(("#", ";")):
            key, _, value = text.partition("=")
            found[f"{section}.{key.strip()}"] = value.strip()
    return found


def _write(machine: Machine, path: str, rows: dict[str, str]) -> None:
    sections: dict[str, list[str]] = {}
    for key, value in rows.items():
        section, _, name = key.partition(".")
        sections.setdefault(section, []).append(f"{name} = {value}\n")
    text = "\n".join(f"[{section}]\n{''.join(lines_)}" for section, lines_ in sections.items())
    machine.files.write(path, f"{text}\n".encode())


def _cache(call: Call, site: Site, operands: list[str], options: Options) -> Answer:
    """``cache dir|info|list|purge``: what was fetched lies in the user's cache until it is purged."""
    if site.older("20.1"):
        return Answer("", 'ERROR: unknown command "cache"\n', 1)
    home, files = f"{site.home}/.cache/pip", call.machine.files
    held = [path for path in (files.walk(home) if files.is_dir(home) else ()) if not files.is_dir(path)]
    size = sum(files.stat(path).size for path in held)
    match operands:
        case ["dir"]:
            return Answer(f"{home}\n")
        case ["list"]:
            return Answer("No locally built wheels cached.\n")
        case ["purge"]:
            for path in held:
                files.remove(path)
            if not held:
                old = site.older("23.1")
                return Answer("", f"{'ERROR' if old else 'WARNING'}: No matching packages\n", 1 if old else 0)
            freed = "" if site.older("24.2") else f" ({lines.amount(site, size)})"
            return Answer(f"Files removed: {len(held)}{freed}\n")
        case ["info"]:
            where = home + ("/http" if site.older("23.3") else "/http-v2")
            return Answer(
                f"Package index page cache location{'' if site.older('23.3') else ' (pip v23.3+)'}: {where}\n"
                + ("" if site.older("23.3") else f"Package index page cache location (older pips): {home}/http\n")
                + f"Package index page cache size: {lines.amount(site, size) if size else '0 bytes'}\n"
                f"Number of HTTP files: {len(held)}\nLocally built wheels location: {home}/wheels\n"
                "Locally built wheels size: 0 bytes\nNumber of locally built wheels: 0\n"
            )
    if operands[:1] == ["remove"] and len(operands) == 2:
        old = site.older("23.1")  # only wheels that pip built itself are found by their names
        said = "No matching packages" if site.older("21.3") else f'No matching packages for pattern "{operands[1]}"'
        return Answer("", f"{'ERROR' if old else 'WARNING'}: {said}\n", 1 if old else 0)
    return Answer("", "ERROR: Need an action (dir, info, list, purge, remove) to perform.\n", 1)


def _hash(call: Call, site: Site, names: list[str], options: Options) -> Answer:
    """``hash FILE...``: the lines that a file of requirements takes."""
    if not names or options:
        raise NotExact
    out, files = "", call.machine.files
    for name in names:
        path = call.path(name)
        if not files.exists(path):
            return Answer("", f"ERROR: Could not open file {name}: [Errno 2] No such file or directory: {name!r}\n", 1)
        if files.is_dir(path) or files.is_sized(path):
            raise NotExact
        out += f"{name}:\n--hash=sha256:{hashlib.sha256(files.read(path)).hexdigest()}\n"
    return Answer(out)


QUERIES: dict[str, Callable[[Call, Site, list[str], Options], Answer]] = {
    "index": _index,
    "config": _config,
    "cache": _cache,
    "hash": _hash,
    "inspect": inspect,
}
