"""What a line of ``pip install`` asks for: names and versions, files of requirements, projects on the disk."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from packaging.markers import UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet

from llm_kernel.machine import releases
from llm_kernel.programs.exact.pip_remote import Remote, remote
from llm_kernel.programs.exact.pip_site import Site
from llm_kernel.programs.table import NotExact
from llm_kernel.shell.call import Call

__all__ = ["Ask", "Stop", "asks", "limits"]

_DEEPEST = 8
"""How many files of requirements may name another."""


class Stop(Exception):  # noqa: N818 - the end of a run, not a fault
    """pip gives up; the text goes to standard error."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One requirement; ``text`` as it was said, ``ignored`` by its marker.

    ``source`` is the directory of a project, ``remote`` a far one.
    """

    need: Requirement
    text: str
    source: str = ""
    ignored: bool = False
    remote: Remote | None = None


def asks(call: Call, site: Site, operands: list[str], options: dict[str, list[str]]) -> Iterator[Ask]:
    """The requirements of the command line and of the files it names; a file's options are added to ``options``.

    Raises:
        Stop: where pip says no at once.
    """
    for name in operands:
        yield from _asked(call, site, name)
    for name in options.get("editable", []):
        yield from _project(call, site, name)
    for name in options.get("file", []):
        yield from _listed(call, site, name, call.cwd, options, 0)


def _listed(call: Call, site: Site, name: str, folder: str, options: dict[str, list[str]], depth: int) -> Iterator[Ask]:
    path = call.machine.files.absolute(name, folder)
    try:
        text = call.machine.files.read(path).decode(errors="replace")
    except OSError as err:
        raise Stop(f"ERROR: Could not open requirements file: [Errno 2] No such file or directory: {name!r}\n") from err
    if depth > _DEEPEST:
        raise NotExact
    for line in re.sub(r"\\\n", "", text).splitlines():
        plain = re.sub(r"(^|\s)#.*$", "", line).strip()
        plain = re.sub(r"(?<!\s)\s+--(?:hash|install-option|global-option|config-settings)[= ]\S+", "", plain)
        plain = re.sub(r"\$\{([A-Z0-9_]+)\}", lambda name: call.env.get(name[1], name[0]), plain)
        option, _, value = plain.partition("=" if plain.startswith("--") and " " not in plain else " ")
        value = value.strip()
        if option in ("-r", "--requirement"):
            yield from _listed(call, site, value, posixpath.dirname(path), options, depth + 1)
        elif option in ("-e", "--editable"):
            yield from _project(call, site, value)
        elif option in ("-f", "--find-links", "-i", "--index-url", "--extra-index-url"):
            options.setdefault("links" if "-f" in option else "index", []).append(value)
        elif option in ("-c", "--constraint"):
            options.setdefault("constraint", []).append(call.machine.files.absolute(value, posixpath.dirname(path)))
        elif option in ("--pre", "--trusted-host", "--no-index", "--prefer-binary", "--no-binary", "--only-binary"):
            continue
        elif plain.startswith("-"):
            raise NotExact
        elif plain:
            yield from _asked(call, site, plain)


def _asked(call: Call, site: Site, text: str) -> Iterator[Ask]:
    bare = text.partition(";")[0].strip()
    local = bare.startswith(("./", "../", "/")) and call.machine.files.is_dir(call.path(bare.split("[")[0]))
    if bare == "." or local:
        yield from _project(call, site, bare)
        return
    if "git+" in text:
        yield _far(site, text)
        return
    if "/" in text or "@" in text or bare.endswith((".whl", ".zip", ".tar.gz")):
        raise NotExact
    try:
        need = Requirement(text)
    except InvalidRequirement as err:
        hint = ""
        if re.search(r"[^=<>~!]=[^=]", text):
            hint = "\nHint: = is not a valid operator. Did you mean == ?"
        elif call.machine.files.exists(call.path(text)):
            hint = (
                f"\nHint: It looks like a path. The path does exist. The argument you provided ({text}) appears to be a"
                " requirements file. If that is the case, use the '-r' flag to install the packages specified within "
                "it."
            )
        raise Stop(f"ERROR: Invalid requirement: {text!r}{hint}\n") from err
    yield Ask(need, text, ignored=not _fits(site, need))


def _far(site: Site, text: str) -> Ask:
    """A project of a far repository.

    Raises:
        NotExact: where nobody knows the repository.
    """
    found = remote(site, text)
    if found is None or site.offline:
        raise NotExact
    if site.machine.packages.provider("git") is None:
        raise Stop("ERROR: Cannot find command 'git' - do you have 'git' installed and in your PATH?\n")
    return Ask(Requirement(f"{found.name}=={found.version}"), text, remote=found)


def limits(call: Call, site: Site, options: dict[str, list[str]]) -> dict[str, SpecifierSet]:
    """What files of constraints allow, by canonical name.

    Raises:
        Stop: where a file is not there.
    """
    found: dict[str, SpecifierSet] = {}
    for name in options.get("constraint", []):
        path = call.path(name)
        if not call.machine.files.exists(path) or call.machine.files.is_dir(path):
            said = f"ERROR: Could not open requirements file: [Errno 2] No such file or directory: {name!r}\n"
            raise Stop(said)
        for line in call.machine.files.read(path).decode(errors="replace").splitlines():
            plain = re.sub(r"(^|\s)#.*$", "", line).strip()
            try:
                need = Requirement(plain) if plain and not plain.startswith("-") else None
            except InvalidRequirement as err:
                raise Stop(f"ERROR: Invalid requirement: {plain!r} (from {name})\n") from err
            if need and _fits(site, need):
                key = releases.canonical(need.name)
                found[key] = found.get(key, SpecifierSet()) & need.specifier
    return found


def _fits(site: Site, need: Requirement) -> bool:
    """Whether the requirement's marker holds on this machine."""
    if need.marker is None:
        return True
    system = {
        "python_version": site.branch,
        "python_full_version": site.python,
        "sys_platform": "linux",
        "platform_system": "Linux",
        "platform_machine": "x86_64",
        "os_name": "posix",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "implementation_version": site.python,
        "platform_release": site.machine.system.kernel,
        "platform_version": "",
        "extra": "",
    }
    try:
        return need.marker.evaluate(system)
    except UndefinedEnvironmentName as err:
        raise NotExact from err


def _project(call: Call, site: Site, place: str) -> Iterator[Ask]:
    """The project in a directory of the machine: its name, version and requirements from its own files."""
    bare, _, _ = place.removeprefix("file://").partition("[")
    if place.startswith("git+"):
        yield _far(site, place)
        return
    if "+" in place.partition(":")[0] or "://" in place:
        raise NotExact
    folder, files = call.path(bare), call.machine.files
    if not files.is_dir(folder):
        said = f"{place!r}" if not site.older("21") else place
        raise Stop(
            f"ERROR: {said[1:-1] if said[0] == chr(39) else said} is not a valid editable requirement. It should "
            "either be a path to a local project or a VCS URL (beginning with bzr+http, bzr+https, bzr+ssh, bzr+sftp, "
            "bzr+ftp, bzr+lp, bzr+file, git+http, git+https, git+ssh, git+git, git+file, hg+file, hg+http, hg+https, "
            "hg+ssh, hg+static-http, svn+ssh, svn+http, svn+https, svn+svn, svn+file).\n"
        )
    setup, toml = f"{folder}/setup.py", f"{folder}/pyproject.toml"
    if files.exists(setup):
        name, version, needs = _from_setup(files.read(setup).decode(errors="replace"))
    elif files.exists(toml):
        name, version, needs = _from_toml(files.read(toml).decode(errors="replace"))
    else:
        raise Stop(
            f"ERROR: Directory {place!r} is not installable. Neither 'setup.py' nor 'pyproject.toml' found.\n"
            if not place.startswith("file:")
            else f"ERROR: {place} does not appear to be a Python project: neither 'setup.py' nor 'pyproject.toml' "
            "found.\n"
        )
    name = name or posixpath.basename(folder)
    if not releases.valid_name(name):
        raise NotExact
    yield Ask(Requirement(f"{name}=={version or '0.0.0'}"), name, source=folder)
    for text in needs:
        yield from _asked(call, site, text)


def _from_setup(source: str) -> tuple[str, str, list[str]]:
    """Name, version and requirements of the call ``setup(...)``, as far as they are written out."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError) as err:
        raise NotExact from err
    call = next((node for node in ast.walk(tree) if isinstance(node, ast.Call) and _called(node) == "setup"), None)
    if call is None:
        raise NotExact
    found: dict[str, object] = {}
    for keyword in call.keywords:
        if keyword.arg in ("name", "version", "install_requires"):
            try:
                found[keyword.arg] = ast.literal_eval(keyword.value)
            except (ValueError, TypeError) as err:
                raise NotExact from err
    needs = found.get("install_requires", [])
    listed = needs.split() if isinstance(needs, str) else []
    listed += [str(need) for need in needs] if isinstance(needs, list) else []
    return str(found.get("name", "")), str(found.get("version", "")), listed


def _called(node: ast.Call) -> str:
    return str(getattr(node.func, "id", getattr(node.func, "attr", "")))


def _from_toml(source: str) -> tuple[str, str, list[str]]:
    """Name, version and requirements of the table ``[project]`` (or of poetry's), as far as they are written out."""
    table = re.search(r"^\[(?:project|tool\.poetry)\]\s*$(.*?)(?=^\[|\Z)", source, re.M | re.S)
    body = table[1] if table else ""
    name = re.search(r"^name\s*=\s*[\"']([^\"']+)", body, re.M)
    version = re.search(r"^version\s*=\s*[\"']([^\"']+)", body, re.M)
    begun = re.search(r"^dependencies\s*=\s*\[", body, re.M)
    rest = body[begun.end() :] if begun else ""
    ended = re.search(r"\]\s*$", rest, re.M)
    needs = re.findall(r"[\"']([^\"']+)[\"']", rest[: ended.start()]) if ended else []
    return name[1] if name else "", version[1] if version else "", needs
