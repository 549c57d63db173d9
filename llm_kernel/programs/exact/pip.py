"""``pip``: what is installed is the machine's; installing and removing go through it. The rest is the model's."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace

from llm_kernel.machine import releases
from llm_kernel.machine.packages import Package
from llm_kernel.machine.site import recorded
from llm_kernel.programs.exact import pip_install, pip_queries
from llm_kernel.programs.exact.pip_site import Site
from llm_kernel.programs.exact.pip_usage import refused, unheard
from llm_kernel.programs.table import NotExact, exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["pip"]

_FLAGS = {
    "-q": "quiet",
    "--quiet": "quiet",
    "-v": "verbose",
    "--verbose": "verbose",
    "-y": "yes",
    "--yes": "yes",
    "-U": "upgrade",
    "--upgrade": "upgrade",
    "--user": "user",
    "--no-cache-dir": "uncached",
    "--no-cache": "uncached",
    "--pre": "pre",
    "--dry-run": "dry",
    "--no-index": "no-index",
    "--outdated": "outdated",
    "-o": "outdated",
    "--uptodate": "uptodate",
    "--not-required": "leaves",
    "--editable": "editables",
    "--files": "files",
    "--compile": "",
    "--no-compile": "",
    "--use-deprecated": "",
    "--no-python-version-warning": "",
    "--require-virtualenv": "",
    "--exclude-editable": "",
    "--only-deps": "",
    "--eager": "",
    "--no-warn-conflicts": "",
    "--use-pep517": "",
    "--no-use-pep517": "",
    "--check-build-dependencies": "",
    "--verify": "",
    "--no-input": "",
    "--break-system-packages": "break",
    "--disable-pip-version-check": "unchecked",
    "--no-warn-script-location": "quiet_scripts",
    "--no-deps": "alone",
    "--force-reinstall": "again",
    "--prefer-binary": "",
    "--no-build-isolation": "",
    "--ignore-installed": "again",
    "-I": "again",
    "--no-color": "",
    "--local": "",
    "-l": "",
    "--all": "all",
    "-V": "version",
    "--version": "version",
    "--isolated": "",
}
_VALUES = {
    "-r": "file",
    "--requirement": "file",
    "-i": "index",
    "--index-url": "index",
    "--extra-index-url": "index",
    "-f": "links",
    "--find-links": "links",
    "--format": "format",
    "--progress-bar": "",
    "--timeout": "",
    "--default-timeout": "",
    "--retries": "",
    "--trusted-host": "",
    "--root-user-action": "root",
    "--upgrade-strategy": "",
    "--cache-dir": "",
    "--exclude": "exclude",
    "-t": "target",
    "--target": "target",
    "-d": "target",
    "--dest": "target",
    "--destination-directory": "target",
    "-c": "constraint",
    "--constraint": "constraint",
    "--no-binary": "",
    "--only-binary": "",
    "--platform": "",
    "--python-version": "",
    "--implementation": "",
    "--abi": "",
    "--proxy": "",
    "--cert": "",
    "--log": "",
    "--src": "",
    "--path": "path",
}
_KNOWN = frozenset([*_FLAGS, *_VALUES])
_MARK = re.compile(r"(?m)^( *)(?:ERROR|WARNING): ")
"""What old pips do not write before what they complain of."""
_COMMANDS = (
    *("install", "download", "uninstall", "freeze", "inspect", "list", "show", "check", "config", "search", "cache"),
    *("index", "wheel", "hash", "completion", "debug", "help"),
)


@dataclass(slots=True)
class Line:
    """A command line of pip, taken apart; ``options`` holds a list of values for each name that was given."""

    command: str = ""
    operands: list[str] = field(default_factory=list)
    options: dict[str, list[str]] = field(default_factory=dict)


@exact("pip", "pip3", *(f"pip3.{minor}" for minor in range(4, 15)), stdin=False, needs="python")
def pip(call: Call) -> Answer:
    """Answer what pip says of the machine's packages, and what it changes."""
    site = Site.of(call)
    line = _parse(call.args)
    if isinstance(line, Answer):
        return line
    said = _answered(call, site, line)
    old = site.older("19.1") and isinstance(said.stderr, str)
    unheard_of = str(said.stderr).startswith("ERROR: unknown command")  # told before pip knows how to log
    return replace(said, stderr=_MARK.sub(r"\1", str(said.stderr))) if old and not unheard_of else said


def _answered(call: Call, site: Site, line: Line) -> Answer:
    if "version" in line.options:
        return Answer(f"pip {site.pip} from {site.pip_home} (python {site.branch})\n")
    if line.command == "install":
        return pip_install.install(call, site, line.operands, line.options)
    if line.command == "uninstall":
        return pip_install.uninstall(call, site, line.operands, line.options)
    if line.command == "download":
        return pip_install.fetch(call, site, line.operands, line.options)
    if line.command == "wheel" and set(line.options) <= {"uncached", "quiet", "file"}:
        return pip_install.fetch(call, site, line.operands, line.options, wheels=True)
    if line.command in pip_queries.QUERIES:
        return pip_queries.QUERIES[line.command](call, site, line.operands, line.options)
    answers = {"list": _list, "freeze": _freeze, "show": _show, "check": _check}
    if line.command in answers:
        return answers[line.command](site, line)
    if not line.command or line.command in _COMMANDS:
        raise NotExact
    near = [name for name in _COMMANDS if name[0] == line.command[0] and abs(len(name) - len(line.command)) < 3]
    maybe = next((name for name in near if len(set(name) ^ set(line.command)) <= 2), "")
    return Answer(
        "", f'ERROR: unknown command "{line.command}"' + (f' - maybe you meant "{maybe}"' if maybe else "") + "\n", 1
    )


def _parse(args: tuple[str, ...]) -> Line | Answer:
    """The command line, or pip's complaint about it."""
    line, todo = Line(), list(args)
    while todo:
        word = todo.pop(0)
        name, _, value = word.partition("=") if word.startswith("--") else (word, "", "")
        if not word.startswith("-") or word == "-":
            if line.command:
                line.operands.append(word)
            else:
                line.command = word
        elif line.command == "install" and name in ("-e", "--editable"):
            if not value and not todo:
                return Answer("", refused("", f"{name} option requires 1 argument"), 2)
            line.options.setdefault("editable", []).append(value or todo.pop(0))
        elif line.command == "show" and name in ("-f", "--files"):
            line.options["files"] = [""]
        elif line.command in ("list", "freeze") and name in ("-i", "-e"):
            raise NotExact
        elif name in _VALUES:
            if not value and not todo:
                return Answer("", refused("", f"{name} option requires 1 argument"), 2)
            line.options.setdefault(_VALUES[name] or name, []).append(value or todo.pop(0))
        elif name in _FLAGS:
            line.options.setdefault(_FLAGS[name] or name, []).append("")
        elif not word.startswith("--") and all(f"-{letter}" in _FLAGS for letter in word[1:]):
            for letter in word[1:]:
                line.options.setdefault(_FLAGS[f"-{letter}"], []).append("")
        elif not line.command and word not in ("-h", "--help"):
            return Answer("", refused("", f"no such option: {word}"), 2)
        elif unheard(line.command, name, _KNOWN):
            return Answer("", refused(line.command, f"no such option: {name}"), 2)
        else:
            raise NotExact
    return line


def _list(site: Site, line: Line) -> Answer:
    if line.operands:
        raise NotExact
    if "path" in line.options:
        site = replace(site, managers=())
    left_out = {releases.canonical(name) for name in line.options.get("exclude", [])}
    chosen = [p for p in site.packages() if releases.canonical(p.name) not in left_out]
    if "user" in line.options:
        chosen = [p for p in chosen if p.manager == site.user_manager]
    if "leaves" in line.options:
        needed = {need for package in chosen for need in package.requires}
        chosen = [p for p in chosen if releases.canonical(p.name) not in needed]
    if "outdated" in line.options or "uptodate" in line.options:
        return pip_queries.outdated(site, chosen, line.options)
    rows = [(p.name, site.shown(p)) for p in chosen]
    form = line.options.get("format", ["legacy" if site.older("10") else "columns"])[-1]
    match form:
        case "columns":
            return Answer(_columns(site, rows))
        case "freeze":
            return Answer("".join(f"{name}=={version}\n" for name, version in rows))
        case "json":
            return Answer(json.dumps([{"name": name, "version": version} for name, version in rows]) + "\n")
        case "legacy" if site.older("10"):
            warning = "" if "format" in line.options else _LEGACY
            return Answer("".join(f"{name} ({version})\n" for name, version in rows), warning)
        case _:
            choices = "'columns', 'freeze', 'json'"
            text = f"option --format: invalid choice: '{form}' (choose from {choices})"
            return Answer("", f"\nUsage:   \n  pip list [options]\n\n{text}\n", 2)


_LEGACY = (
    "DEPRECATION: The default format will switch to columns in the future. You can use --format=(legacy|columns) "
    "(or define a format=(legacy|columns) in your pip.conf under the [list] section) to disable this warning.\n"
)


def _columns(site: Site, rows: list[tuple[str, str]]) -> str:
    """The two columns; releases before 20.1 fill the second one up."""
    first = max([len("Package"), *(len(name) for name, _ in rows)])
    second = max([len("Version"), *(len(version) for _, version in rows)])
    table = [("Package", "Version"), ("-" * first, "-" * second), *rows]
    lines = (f"{name:<{first}} {version:<{second}}" for name, version in table)
    return "".join((text if site.older("20.1") else text.rstrip()) + "\n" for text in lines)


def _freeze(site: Site, line: Line) -> Answer:
    if line.operands or "file" in line.options:
        raise NotExact
    hidden = () if "all" in line.options else ("pip", "setuptools", "wheel", "distribute")
    chosen = [p for p in site.packages() if releases.canonical(p.name) not in hidden]
    if "user" in line.options:
        chosen = [p for p in chosen if p.manager == site.user_manager]
    if any(option in line.options for option in ("--exclude-editable",)):
        chosen = [p for p in chosen if not site.source_of(p)]
    return Answer("".join(_frozen(site, package) for package in chosen))


def _frozen(site: Site, package: Package) -> str:
    """A package's line: where it is a project of the machine's disk that may be edited, that project."""
    said, source = f"{package.name}=={site.shown(package)}\n", site.source_of(package)
    if far := site.remote_of(package):
        return f"{package.name} @ {far}\n"
    return f"# Editable install with no version control ({said.strip()})\n-e {source}\n" if source else said


def _show(site: Site, line: Line) -> Answer:
    if not line.operands:
        return Answer("", "WARNING: ERROR: Please provide a package name or names.\n", 1)
    if "verbose" in line.options:
        raise NotExact
    found = [(name, site.find(name)) for name in line.operands]
    missing = [name for name, package in found if package is None]
    texts = [_shown(site, package, line) for _, package in found if package]
    warning = f"WARNING: Package(s) not found: {', '.join(missing)}\n" if missing else ""
    return Answer("---\n".join(texts), warning, 0 if texts else 1)


def _shown(site: Site, package: Package, line: Line) -> str:
    key = releases.canonical(package.name)
    known = releases.project(key)
    if known is None and site.machine.packages.exists("pip", key):
        raise NotExact  # who wrote it, and why, nobody said
    needed_by = sorted((p.name for p in site.packages() if key in map(releases.canonical, p.requires)), key=str.lower)
    here = site.here()
    requires = sorted((here[need].name for need in package.requires if need in here), key=str.lower)
    unknown = "UNKNOWN" if site.older("22") else ""
    rows = [
        ("Name", package.name),
        ("Version", site.shown(package)),
        ("Summary", known.summary if known else unknown),
        ("Home-page", known.home if known else unknown),
        ("Author", known.author if known else ""),
        ("Author-email", ""),
        ("License", known.license if known else unknown),
        ("Location", site.home_of(package)),
        ("Requires", ", ".join(requires)),
    ]
    if not site.older("10"):
        rows.append(("Required-by", ", ".join(needed_by)))
    text = "".join(f"{name}: {value}\n" for name, value in rows)
    if "files" in line.options:
        by = "system" if site.is_base(package) and site.debian else "pip"
        text += "Files:\n" + "".join(f"  {path}\n" for path in recorded(key, package.name, site.shown(package), by))
    return text


def _check(site: Site, line: Line) -> Answer:
    if line.operands:
        raise NotExact
    have = {key: site.shown(package) for key, package in site.here().items()}
    wrong = releases.broken(have)
    if not wrong:
        return Answer("No broken requirements found.\n")
    lines = [
        f"{name} {version} has requirement torch=={torch}, but you have torch {have['torch']}.\n"
        for name, version, torch in wrong
    ]
    return Answer("".join(lines), "", 1)
