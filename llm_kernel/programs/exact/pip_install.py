"""``pip install`` and ``pip uninstall``: the lines they print, and the change they make."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from zlib import crc32

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from llm_kernel.machine import releases
from llm_kernel.machine.packages import Package
from llm_kernel.programs.exact.pip_site import Site
from llm_kernel.programs.table import NotExact
from llm_kernel.shell.call import Answer, Call

__all__ = ["install", "uninstall"]

_ALONE = {"cv2", "pil", "np", "pd", "tf", "yaml", "bs4", "skimage", "dateutil", "opencv", "python", "python3", "cuda"}
"""Names that people try and that no package of the index has."""

_ROOT_OLD = (
    "WARNING: Running pip as root will break packages and permissions. You should install packages reliably by using "
    "venv: https://pip.pypa.io/warnings/venv\n"
)
_ROOT = (
    "WARNING: Running pip as the 'root' user can result in broken permissions and conflicting behaviour with the "
    "system package manager. It is recommended to use a virtual environment instead: "
    "https://pip.pypa.io/warnings/venv\n"
)
_ROOT_NEW = (
    "WARNING: Running pip as the 'root' user can result in broken permissions and conflicting behaviour with the "
    "system package manager, possibly rendering your system unusable. It is recommended to use a virtual environment "
    "instead: https://pip.pypa.io/warnings/venv. Use the --root-user-action option if you know what you are doing and "
    "want to suppress this warning.\n"
)
_MANAGED = """\
error: externally-managed-environment

× This environment is externally managed
╰─> To install Python packages system-wide, try apt install
    python3-xyz, where xyz is the package you are trying to
    install.
    
    If you wish to install a non-{label}-packaged Python package,
    create a virtual environment using python3 -m venv path/to/venv.
    Then use path/to/venv/bin/python and path/to/venv/bin/pip. Make
    sure you have python3-full installed.
    
    If you wish to install a non-{label} packaged Python application,
    it may be easiest to use pipx install xyz, which will manage a
    virtual environment for you. Make sure you have pipx installed.
    
    See /usr/share/doc/python{branch}/README.venv for more information.

note: If you believe this is a mistake, please contact your Python installation or OS distribution provider. \
You can override this, at the risk of breaking your Python installation or OS, by passing --break-system-packages.
hint: See PEP 668 for the detailed specification.
"""  # noqa: W293 - pip prints these spaces

Options = dict[str, list[str]]


@dataclass(slots=True)
class _Run:
    """One install: what it prints and what it put there, in order; ``replaced`` with whether the system owned it."""

    site: Site
    out: list[str] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)
    err: list[str] = field(default_factory=list)
    new: list[Package] = field(default_factory=list)
    replaced: list[tuple[Package, bool]] = field(default_factory=list)


class _Stop(Exception):  # noqa: N818 - the end of a run, not a fault
    """pip gives up; the text goes to standard error."""


def install(call: Call, site: Site, operands: list[str], options: Options) -> Answer:
    """Install what is named and listed, as pip does: all of it or nothing."""
    if "alone" in options:
        raise NotExact
    run = _Run(site)
    try:
        wanted = list(_wanted(call, operands, options))
        if not wanted:
            raise _Stop('ERROR: You must give at least one requirement to install (see "pip help install")\n')
        if site.managed and "break" not in options:
            return Answer("", _MANAGED.format(label=site.machine.system.profile.label, branch=site.branch), 1)
        plan = [_resolve(site, need, options) for need in wanted]
    except _Stop as stop:
        return Answer("", str(stop), 1)
    if places := [*options.get("index", []), *options.get("links", [])]:
        run.out.append(f"Looking in {'links' if 'links' in options else 'indexes'}: {', '.join(places)}\n")
    for need, version in plan:
        _fetch(run, need, version, options)
    _finish(run)
    size = sum(package.size for package in run.new)
    call.machine.clock.advance(round(0.9 + 0.35 * len(run.new) + size / 38_000_000, 2))
    if site.root and not call.env.get("VIRTUAL_ENV") and "root" not in options:
        run.err.append(_root_warning(site))
    return Answer("" if "quiet" in options else "".join(run.out), "".join(run.err))


def _root_warning(site: Site) -> str:
    if site.older("21.1"):
        return ""
    return _ROOT_OLD if site.older("21.3") else _ROOT if site.older("24.2") else _ROOT_NEW


def _wanted(call: Call, operands: list[str], options: Options) -> Iterator[Requirement]:
    """The requirements of the command line and of the files it names."""
    for name in operands:
        yield _requirement(name)
    for name in options.get("file", []):
        try:
            text = call.machine.files.read(call.path(name)).decode(errors="replace")
        except OSError as err:
            raise _Stop(
                "ERROR: Could not open requirements file: [Errno 2] No such file or directory: " + repr(name) + "\n"
            ) from err
        for line in text.splitlines():
            plain = re.sub(r"(^|\s)#.*$", "", line).strip()
            if plain.startswith("-"):
                raise NotExact
            if plain:
                yield _requirement(plain)


def _requirement(text: str) -> Requirement:
    if "/" in text or "@" in text or text == "." or text.endswith((".whl", ".zip", ".tar.gz")):
        raise NotExact
    try:
        need = Requirement(text)
    except InvalidRequirement as err:
        hint = "\nHint: = is not a valid operator. Did you mean == ?" if re.search(r"[^=<>~!]=[^=]", text) else ""
        raise _Stop(f"ERROR: Invalid requirement: {text!r}{hint}\n") from err
    if need.marker is not None:
        raise NotExact
    return need


def _resolve(site: Site, need: Requirement, options: Options) -> tuple[Requirement, str]:
    """The version to install; an empty text where what is there will do."""
    name = releases.canonical(need.name)
    if name in ("pytorch", "sklearn"):
        raise NotExact  # packages that only tell people their right name
    if name.replace("-", "_") in releases.standard_library() | _ALONE:
        raise _none(need, [])
    there = site.find(name)
    keep = there is not None and "upgrade" not in options and "again" not in options
    if there and keep and need.specifier.contains(there.version, prereleases=True):
        return need, ""
    era, python = site.machine.packages.era, site.machine.system.python
    known = releases.project(name)
    pinned = _pinned(need.specifier)
    if known is None:
        return need, _undescribed(site, need, name, pinned)
    version = known.newest(era, python, need.specifier)
    if not version and pinned and _between(pinned, known.known(era, python)):
        version = pinned
    if not version and pinned and "+" in pinned:
        version = pinned if pinned.partition("+")[0] in known.known(era, python) else ""
    if not version:
        raise _none(need, known.known(era, python))
    return need, "" if there and there.version == version and "again" not in options else version


def _undescribed(site: Site, need: Requirement, name: str, pinned: str) -> str:
    """The version of a package whose releases nobody wrote down; it is there if the index or a fact says so."""
    machine = site.machine
    told = any(name in map(releases.canonical, fact.replace(",", " ").split()) for fact in machine.facts)
    if not (told or machine.packages.exists("pip", name) or site.find(name)):
        raise _none(need, [])
    newest = releases.choose(name, "", machine.packages.era, machine.system.python)
    if pinned or need.specifier.contains(newest, prereleases=True):
        return pinned or newest
    if fitting := [spec.version for spec in need.specifier if need.specifier.contains(spec.version)]:
        return max(fitting, key=Version)
    raise _none(need, [newest])


def _none(need: Requirement, there: list[str]) -> _Stop:
    listed = ", ".join(there) or "none"
    text = f"{need.name}{need.specifier}"
    return _Stop(
        f"ERROR: Could not find a version that satisfies the requirement {text} (from versions: {listed})\n"
        f"ERROR: No matching distribution found for {text}\n"
    )


def _pinned(wanted: SpecifierSet) -> str:
    """The one version that ``==`` names."""
    found = [spec.version for spec in wanted if spec.operator in ("==", "===") and not spec.version.endswith("*")]
    return found[0] if found else ""


def _between(version: str, known: list[str]) -> bool:
    """Whether a release that nobody listed can be one of those between the listed ones."""
    try:
        return bool(known) and Version(known[0]) < Version(version) < Version(known[-1])
    except InvalidVersion:
        return False


def _fetch(run: _Run, need: Requirement, version: str, options: Options) -> None:
    packages, site = run.site.machine.packages, run.site
    there = site.find(need.name)
    if not version and there:
        run.out.append(_satisfied(site, f"{need.name}{need.specifier}", there))
        packages.install("pip", need.name)
        return
    before = {key: (package, packages.is_base("pip", key)) for key, package in site.here().items()}
    run.out.append(f"Collecting {need.name}{need.specifier}\n")
    month = "" if _pinned(need.specifier) else packages.era
    new = packages.install("pip", need.name, version, month=month)
    main = new[-1:] or [package for package in [site.find(need.name)] if package]
    for package in [*main, *new[:-1]]:
        if package not in main:
            run.out.append(f"Collecting {package.name}\n")
        if site.older("23.2"):
            run.out.append("  " + _download(site, package))
        else:  # since 23.2 all are chosen by their metadata before the first is fetched
            run.out.append(f"  Downloading {_wheel(site, package)}.metadata ({_size(900 + package.size // 900)})\n")
            run.fetched.append(_download(site, package))
        if old := before.get(releases.canonical(package.name)):
            run.replaced.append(old)
    run.new += new[:-1] + main
    have = {releases.canonical(package.name) for package in new}
    for package in main:
        kept = [before[key][0] for key in package.requires if key in before and key not in have]
        run.out += [_satisfied(site, old.name, old, f"{need.name}{need.specifier}") for old in kept]


def _satisfied(site: Site, text: str, package: Package, by: str = "") -> str:
    because = f" (from {by})" if by else ""
    if site.older("10"):
        return f"Requirement already satisfied: {text} in {site.home_of(package)}{because}\n"
    return f"Requirement already satisfied: {text} in {site.home_of(package)}{because} ({site.shown(package)})\n"


def _download(site: Site, package: Package) -> str:
    """The line of the fetched wheel and, from 20.3 on, the bar under it."""
    wheel = _wheel(site, package)
    size = _size(package.size)
    mark = "\u2501" * 40 if not site.older("22.1") else "\u2588" * 32
    number, unit = size.split()
    done = f"{number}/{number} {unit}"
    if site.older("22.1"):
        return f"Downloading {wheel} ({size})\n     |{mark}| {size} {_speed(package)} MB/s \n"
    indent = "     " if site.older("23.2") else "   "
    return f"Downloading {wheel} ({size})\n{indent}{mark} {done} {_speed(package)} MB/s eta 0:00:00\n"


def _speed(package: Package) -> str:
    return f"{18 + crc32(package.name.encode()) % 240 / 10:.1f}"


def _wheel(site: Site, package: Package) -> str:
    name = re.sub(r"[-.]+", "_", package.name)
    tag = site.branch.replace(".", "")
    known = releases.project(releases.canonical(package.name))
    if known is None or not known.compiled:
        return f"{name}-{package.version}-py3-none-any.whl"
    abi = f"cp{tag}-cp{tag}{'m' if tag in ('35', '36', '37') else ''}"
    system = "manylinux1" if site.machine.packages.era < "2021-06" else "manylinux_2_17_x86_64.manylinux2014"
    return f"{name}-{site.shown(package)}-{abi}-{system}_x86_64.whl"


def _size(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB" if size >= 1_000_000 else f"{max(1, size // 1000)} kB"


def _finish(run: _Run) -> None:
    """The lines after fetching: what is put in, what it replaces, what came of it."""
    if not run.new:
        return
    run.out += run.fetched
    run.out.append(f"Installing collected packages: {', '.join(package.name for package in run.new)}\n")
    for old, system in run.replaced:
        run.out.append(
            f"  Attempting uninstall: {old.name}\n    Found existing installation: {old.name} {old.version}\n"
        )
        run.out += [f"    {line}" for line in _taken_out(run.site, old, system=system)]
    have = {key: run.site.shown(package) for key, package in run.site.here().items()}
    touched = {releases.canonical(package.name) for package in run.new}
    if wrong := [row for row in releases.broken(have) if touched & {row[0], "torch"}]:
        run.err.append(
            "ERROR: pip's dependency resolver does not currently take into account all the packages that are "
            "installed. This behaviour is the source of the following dependency conflicts.\n"
        )
        run.err += [
            f"{name} {version} requires torch=={torch}, but you have torch {have['torch']} which is incompatible.\n"
            for name, version, torch in wrong
        ]
    done = sorted(run.new, key=lambda package: package.name.lower())
    run.out.append(f"Successfully installed {' '.join(f'{p.name}-{run.site.shown(p)}' for p in done)}\n")


def _taken_out(site: Site, old: Package, *, system: bool) -> list[str]:
    """The lines about a package that goes; Debian's own stay where they are."""
    if system and site.debian:
        return [
            f"Not uninstalling {releases.canonical(old.name)} at {site.dist}, outside environment /usr\n",
            f"Can't uninstall '{old.name}'. No files were found to uninstall.\n",
        ]
    shown = f"{old.name}-{site.shown(old)}"
    return [f"Uninstalling {shown}:\n", f"  Successfully uninstalled {shown}\n"]


def uninstall(call: Call, site: Site, operands: list[str], options: Options) -> Answer:
    """Remove what is named. Without ``-y`` pip would ask, and nobody is there to answer: that is the model's."""
    if not operands and "file" not in options:
        return Answer("", 'ERROR: You must give at least one requirement to uninstall (see "pip help uninstall")\n', 1)
    if "file" in options or "yes" not in options:
        raise NotExact
    if site.managed and "break" not in options:
        return Answer("", _MANAGED.format(label=site.machine.system.profile.label, branch=site.branch), 1)
    out, err = [], []
    for name in operands:
        package = site.find(name)
        if package is None:
            err.append(f"WARNING: Skipping {name} as it is not installed.\n")
            continue
        system = call.machine.packages.is_base("pip", package.name)
        out.append(f"Found existing installation: {package.name} {site.shown(package)}\n")
        out += _taken_out(site, package, system=system)
        if not (system and site.debian):
            call.machine.packages.remove("pip", package.name)
    call.machine.clock.advance(0.6 + 0.4 * len(operands))
    if out and site.root:
        err.append(_root_warning(site))
    return Answer("" if "quiet" in options else "".join(out), "".join(err))
