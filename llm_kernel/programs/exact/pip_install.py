"""``pip install`` and ``pip uninstall``: the lines they print, and the change they make."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from zlib import crc32

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from llm_kernel.machine import releases, site
from llm_kernel.machine.environments import Environment
from llm_kernel.machine.packages import Package, Packages
from llm_kernel.programs.exact import pip_lines as lines
from llm_kernel.programs.exact.pip_choose import Options, choose, impossible, offered, pinned
from llm_kernel.programs.exact.pip_remote import Remote, building, cloning
from llm_kernel.programs.exact.pip_site import Site
from llm_kernel.programs.exact.pip_wanted import Ask, Stop, asks, limits
from llm_kernel.programs.table import Asks, NotExact
from llm_kernel.shell.call import Answer, Call

__all__ = ["fetch", "install", "uninstall"]

_UNSEEN = "ERROR: Can not perform a '--user' install. User site-packages are not visible in this virtualenv.\n"
_DEFAULTING = "Defaulting to user installation because normal site-packages is not writeable\n"
_BYTES_PER_SECOND = 38_000_000
_INSTALLED_PER_SECOND = 220_000_000


@dataclass(slots=True)
class _Run:
    """One install: what it prints and what it put there, in order; ``replaced`` with whether the system owned it."""

    call: Call
    site: Site
    options: Options
    out: list[str] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)
    err: list[str] = field(default_factory=list)
    new: list[Package] = field(default_factory=list)
    built: list[str] = field(default_factory=list)
    replaced: list[tuple[Package, bool]] = field(default_factory=list)
    limits: dict[str, SpecifierSet] = field(default_factory=dict)
    far: list[Remote] = field(default_factory=list)
    loaded: int = 0

    @property
    def packages(self) -> Packages:
        return self.site.machine.packages


def install(call: Call, here: Site, operands: list[str], options: Options) -> Answer:
    """Install what is named and listed, as pip does: all of it or nothing."""
    dry, target = "dry" in options, options.get("target", [""])[-1]
    state = call.machine.packages.to_state()
    run = _Run(call, _aimed(call, here, options), options)
    answer = _installed(run, operands, dry=dry)
    if dry or target or answer.status:
        call.machine.packages = Packages.from_state(call.machine.system, state)
    if target and not answer.status:
        _put(call, run, target)
    if not answer.status:
        call.machine.follow()
    return answer


def fetch(call: Call, here: Site, operands: list[str], options: Options, *, wheels: bool = False) -> Answer:
    """``pip download``: the files of what is named, without putting any of it there; ``wheels``: ``pip wheel``.

    Raises:
        NotExact: where a wheel has to be built, and of an old pip that says more of those that need not be.
    """
    if wheels and (here.older("20.3") or any(call.machine.files.is_dir(call.path(name)) for name in operands)):
        raise NotExact
    state = call.machine.packages.to_state()
    empty = Environment("/nowhere", "venv", here.python)
    call.machine.packages.make(empty)
    run = _Run(call, replace(here, managers=("pip:/nowhere",), manager="pip:/nowhere"), options)
    answer = _installed(run, operands, dry=True, verb="")
    call.machine.packages = Packages.from_state(call.machine.system, state)
    if answer.status:
        return answer
    folder = call.path(options.get("target", ["."])[-1])
    saved = []
    for package in run.new:
        name = lines.wheel(here, package).replace("%2B", "+")
        call.machine.files.sized(f"{folder}/{name}", package.size)
        saved.append(f"Saved ./{name}\n" if folder == call.cwd else f"Saved {folder}/{name}\n")
    done = "" if wheels else f"Successfully downloaded {' '.join(package.name for package in run.new)}\n"
    return Answer("".join([str(answer.stdout), *saved, done]), answer.stderr)


def _aimed(call: Call, here: Site, options: Options) -> Site:
    """The site that is changed: the user's own where it is asked for or nothing else may be written."""
    if "target" in options:
        call.machine.packages.make(Environment("/nowhere", "venv", here.python))
        for package in call.machine.packages.installed("pip:/nowhere"):
            call.machine.packages.remove("pip:/nowhere", package.name)
        return replace(here, managers=("pip:/nowhere",), manager="pip:/nowhere")
    if "user" not in options and here.writable:
        return here
    root = here.user_manager.partition(":")[2]
    if root not in call.machine.packages.environments:
        call.machine.packages.make(Environment(root, "user", here.python))
    managers = dict.fromkeys([here.user_manager, *here.managers])
    where = site.place(here.machine, here.user_manager)
    return replace(here, managers=tuple(managers), manager=here.user_manager, place=where)


def _installed(run: _Run, operands: list[str], *, dry: bool, verb: str = "install") -> Answer:
    call, here, options = run.call, run.site, run.options
    try:
        wanted = list(asks(call, here, operands, options))
        if not wanted and not options.get("file"):
            raise Stop(
                f'ERROR: You must give at least one requirement to {verb or "download"} (see "pip help {verb}")\n'
            )
        if "user" in options and here.virtual and verb:
            raise Stop(_UNSEEN)
        if here.managed and not {"break", "target"} & set(options) and verb:
            return Answer("", lines.managed(here), 1)
        run.limits = limits(call, here, options)
        plan = [(ask, _chosen(run, ask)) for ask in _once(run, wanted)]
    except Stop as stop:
        return _refused(run, str(stop), operands)
    if not here.writable and "user" not in options and "target" not in options and verb:
        run.out.append(_DEFAULTING)
    if places := options.get("index", []):
        run.out.append(f"Looking in indexes: {', '.join(places)}\n")
    if places := options.get("links", []):
        run.out.append(f"Looking in links: {', '.join(places)}\n")
    for ask, version in plan:
        _take(run, ask, version)
    size = sum(package.size for package in run.new)
    if _full(run, size) and not dry:
        text = "OSError" if not here.older("21.0") else "EnvironmentError"
        said = f"ERROR: Could not install packages due to an {text}: [Errno 28] No space left on device\n\n"
        return Answer(_quieted(run), said, 1)
    call.machine.clock.advance(_seconds(run, size))
    _finish(run, dry=dry, verb=verb)
    if verb and not dry and "root" not in options and "target" not in options:
        run.err.append(lines.root_warning(here))
    changed = any(package.name == "pip" for package in run.new)
    if "unchecked" not in options and not changed and call.env.get("PIP_DISABLE_PIP_VERSION_CHECK", "0") == "0":
        run.err.append(lines.notice(here))
    return Answer(_quieted(run), "".join(run.err))


def _refused(run: _Run, text: str, operands: list[str]) -> Answer:
    """What is printed before pip gives up: the retries of a network that is down."""
    first = next((releases.canonical(name) for name in operands if releases.valid_name(name)), "pip")
    retries = lines.offline(first) if run.site.offline and "No matching" in text else ""
    if retries:
        run.call.machine.clock.advance(15.5)
    return Answer("", retries + text, 1)


def _full(run: _Run, size: int) -> bool:
    faults = getattr(run.site.machine, "faults", None)
    return bool(run.new) and bool(getattr(faults, "disk_full", False))


def _seconds(run: _Run, size: int) -> float:
    """How long it took: asking the index, fetching what no cache had, unpacking."""
    return round(0.9 + 0.35 * len(run.new) + run.loaded / _BYTES_PER_SECOND + 2.6 * size / _INSTALLED_PER_SECOND, 2)


def _quieted(run: _Run) -> str:
    return "" if "quiet" in run.options else "".join(run.out)


def _take(run: _Run, ask: Ask, version: str) -> None:
    """Put one requirement there, and say what was fetched for it."""
    here, packages, need = run.site, run.packages, ask.need
    said = f"{need.name}{_extras(need)}{need.specifier}"
    there = here.find(need.name)
    if ask.ignored:
        run.out.append(f"Ignoring {need.name}: markers '{need.marker}' don't match your environment\n")
        return
    if ask.source:
        _build(run, ask)
        return
    if ask.remote:
        _clone(run, ask.remote)
        return
    if not version and there:
        run.out.append(lines.satisfied(here, said, there))
        for name in there.requires:
            if found := here.find(name):
                run.out.append(lines.satisfied(here, found.name, found, said))
        if there.manager == here.manager:
            packages.install(here.manager, need.name)
        return
    before = {key: (package, here.is_base(package)) for key, package in here.here().items()}
    run.out.append(f"Collecting {said}\n")
    month = "" if pinned(need.specifier) else packages.era
    new = packages.install(here.manager, need.name, version, month=month, alone="alone" in run.options)
    new = [_limited(run, package) for package in new[:-1]] + new[-1:]
    main = new[-1:] or [package for package in [here.find(need.name)] if package]
    _collected(run, said, main, new[:-1], before)
    for extra in sorted(need.extras):
        for name in releases.extras(releases.canonical(need.name), extra):
            if here.find(name) is None:
                _take(run, Ask(Requirement(name), name), choose(here, Requirement(name), {}))


def _chosen(run: _Run, ask: Ask) -> str:
    """The version to take; an empty text where what is there will do, or where none is to be chosen."""
    if ask.ignored or ask.source or ask.remote:
        return ""
    allowed = run.limits.get(releases.canonical(ask.need.name))
    need = Requirement(str(ask.need))
    if allowed is not None:
        need.specifier = need.specifier & allowed
    try:
        return choose(run.site, need, run.options)
    except Stop:
        fits = allowed is None or run.site.older("20.3") or not offered(run.site, need.name, run.options)
        if fits or not choose(run.site, ask.need, {**run.options, "again": [""]}):
            raise
        raise impossible([f"{ask.need}"], [f"The user requested {ask.need}"], need.name, allowed) from None


def _once(run: _Run, wanted: list[Ask]) -> list[Ask]:
    """The requirements, each name once.

    Raises:
        Stop: where they contradict each other.
    """
    found: dict[str, Ask] = {}
    for ask in wanted:
        key = releases.canonical(ask.need.name)
        first = found.get(key)
        if ask.ignored or first is None or ask.source or ask.remote:
            found[f"{key} ignored" if ask.ignored else key] = ask
            continue
        if run.site.older("20.3"):
            if str(ask.need) != str(first.need):
                said = f"{ask.need} (already in {first.need}, name={first.need.name!r})"
                raise Stop(f"ERROR: Double requirement given: {said}\n")
            continue
        both = Requirement(str(first.need))
        both.specifier = first.need.specifier & ask.need.specifier
        both.extras = first.need.extras | ask.need.extras
        try:
            choose(run.site, both, {**run.options, "again": [""]})
        except Stop:
            pair = [str(first.need), str(ask.need)]
            raise impossible(sorted(pair), [f"The user requested {one}" for one in pair], both.name) from None
        found[key] = replace(first, need=both)
    return list(found.values())


def _limited(run: _Run, package: Package) -> Package:
    """What came for others' sake, at a version that the constraints allow."""
    key = releases.canonical(package.name)
    allowed = run.limits.get(key)
    if allowed is None or allowed.contains(package.version, prereleases=True):
        return package
    need = Requirement(key)
    need.specifier = allowed
    version = choose(run.site, need, {**run.options, "again": [""]})
    run.packages.install(run.site.manager, key, version, asked=False, alone=True)
    return run.site.find(key) or package


def _clone(run: _Run, one: Remote) -> None:
    """A project of a far repository, with what it needs."""
    here = run.site
    out, err = cloning(here, one)
    run.out.append(out)
    run.err.append(err)
    before = {key: (package, here.is_base(package)) for key, package in here.here().items()}
    alone = "alone" in run.options
    new = run.packages.install(here.manager, one.name, one.version, month=run.packages.era, alone=alone)
    more = [_limited(run, package) for package in new[:-1]]
    main = [replace(package, size=0) for package in new[-1:]]
    _collected(run, one.name, [], more, before)
    run.new += main
    run.far.append(one)
    run.replaced += [old for package in main if (old := before.get(releases.canonical(package.name)))]
    run.loaded += 9_000_000


def _extras(need: Requirement) -> str:
    return f"[{','.join(sorted(need.extras))}]" if need.extras else ""


def _collected(
    run: _Run, said: str, main: list[Package], more: list[Package], before: dict[str, tuple[Package, bool]]
) -> None:
    """The lines of a package and of all that came for its sake."""
    here = run.site
    chains = dict(_chains(said, main, more))
    for package in [*main, *sorted(more, key=lambda package: chains.get(package.name, said).count("->"))]:
        if package not in main:
            because = f" (from {chains.get(package.name, said)})"
            run.out.append(f"Collecting {package.name}{'' if _terse(here) else because}\n")
        cached = _cached(run, package)
        if here.older("23.2"):
            run.out.append("  " + lines.download(here, package, cached=cached, tty=run.call.tty))
        else:  # since 23.2 all are chosen by their metadata before the first is fetched
            run.out.append("  " + lines.metadata(here, package, cached=cached))
            run.fetched.append(lines.download(here, package, cached=cached, tty=run.call.tty))
        if old := before.get(releases.canonical(package.name)):
            run.replaced.append(old)
    run.new += [package for package in [*more, *main] if package not in run.new]
    have = {releases.canonical(package.name) for package in [*more, *main]}
    for package in main:
        kept = [before[key][0] for key in package.requires if key in before and key not in have]
        run.out += [lines.satisfied(here, old.name, old, said) for old in kept]


def _terse(here: Site) -> bool:
    """Whether this pip leaves out on whose account it collects a package."""
    return not here.older("20.0") and here.older("23.1")


def _chains(said: str, main: list[Package], more: list[Package]) -> Iterator[tuple[str, str]]:
    """On whose account each package came: ``Jinja2->flask``."""
    left = {releases.canonical(package.name): package for package in more}
    todo = [(package, said) for package in main]
    while todo:
        package, chain = todo.pop(0)
        for name in package.requires:
            if found := left.pop(name, None):
                yield found.name, chain
                todo.append((found, f"{found.name}->{chain}"))


def _cached(run: _Run, package: Package) -> bool:
    """Whether the wheel is in pip's cache; it is from now on."""
    if "uncached" in run.options:
        run.loaded += package.size
        return False
    files, wheel = run.call.machine.files, lines.wheel(run.site, package)
    path = f"{run.site.home}/.cache/pip/{'http' if run.site.older('23.3') else 'http-v2'}/{crc32(wheel.encode()):08x}"
    if files.exists(path):
        return True
    run.loaded += package.size
    if not run.call.machine.no_room(path):
        files.sized(path, package.size)
    return False


def _build(run: _Run, ask: Ask) -> None:
    """A project of the machine's own disk: made ready and put there."""
    here, name = run.site, ask.need.name
    editable = bool(run.options.get("editable"))
    run.out.append(f"Obtaining file://{ask.source}\n" if editable else f"Processing {ask.source}\n")
    old = run.call.machine.files.exists(f"{ask.source}/setup.py")
    step = f"Preparing metadata ({'setup.py' if old else 'pyproject.toml'})"
    run.out.append(f"  {step}: started\n  {step}: finished with status 'done'\n")
    run.packages.install(here.manager, name, pinned(ask.need.specifier), alone=True)
    if found := here.find(name):
        run.new.append(replace(found, size=0))
        run.built.append(found.name)
        if editable and "dry" not in run.options and "target" not in run.options:
            run.call.machine.files.write(here.link_of(found), f"{ask.source}\n".encode())


def _finish(run: _Run, *, dry: bool, verb: str) -> None:
    """The lines after fetching: what is put in, what it replaces, what came of it."""
    if not run.new:
        return
    run.out += run.fetched
    run.new.sort(key=lambda package: package.name in run.built)  # what a project needs is there before it
    here = run.site
    done = sorted(run.new, key=lambda package: package.name.lower())
    named = " ".join(f"{package.name}-{here.shown(package)}" for package in done)
    if dry:
        run.out += [f"Would install {named}\n"] if verb else []
        return
    run.out += [building(here, one, one.name) for one in run.far]
    run.out.append(f"Installing collected packages: {', '.join(package.name for package in run.new)}\n")
    for old, system in run.replaced:
        run.out.append(
            f"  Attempting uninstall: {old.name}\n    Found existing installation: {old.name} {here.shown(old)}\n"
        )
        run.out += [f"    {line}" for line in _taken_out(here, old, system=system)]
    if "target" not in run.options:
        _say_whence(run)
    run.err += [*_off_path(run), *_conflicts(run)]
    run.out.append(f"Successfully installed {named}\n")


def _say_whence(run: _Run) -> None:
    """Write down from which repositories packages came."""
    run.call.machine.follow()
    for one in run.far:
        if package := run.site.find(one.name):
            told = {"url": one.url, "vcs_info": {"commit_id": one.commit, "vcs": "git"}}
            run.call.machine.files.write(run.site.direct_of(package), json.dumps(told).encode())


def _off_path(run: _Run) -> list[str]:
    """The warnings about programs that no shell will find."""
    folder = run.site.place.bin
    if "quiet_scripts" in run.options or folder in run.call.env.get("PATH", folder).split(":"):
        return []
    hint = (
        "  Consider adding this directory to PATH or, if you prefer to suppress this warning, use "
        "--no-warn-script-location.\n"
    )
    said = []
    for package in run.new:
        names = sorted(package.commands)
        if names:
            listed = f"{', '.join(names[:-1])} and {names[-1]}" if names[1:] else names[0]
            which = f"scripts {listed} are" if names[1:] else f"script {listed} is"
            said += [f"  WARNING: The {which} installed in '{folder}' which is not on PATH.\n", hint]
    return said


def _conflicts(run: _Run) -> list[str]:
    here = run.site
    have = {key: here.shown(package) for key, package in here.here().items()}
    touched = {releases.canonical(package.name) for package in run.new}
    wrong = [row for row in releases.broken(have) if touched & {row[0], "torch"}]
    if not wrong:
        return []
    head = (
        "ERROR: pip's dependency resolver does not currently take into account all the packages that are "
        "installed. This behaviour is the source of the following dependency conflicts.\n"
    )
    return [
        head,
        *(
            f"{name} {version} requires torch=={torch}, but you have torch {have['torch']} which is incompatible.\n"
            for name, version, torch in wrong
        ),
    ]


def _put(call: Call, run: _Run, target: str) -> None:
    """The files of what was installed, in a directory of the user's; no list has them."""
    folder = call.path(target)
    for package in run.new:
        key = releases.canonical(package.name)
        for path, data in site.contents(key, package.name, package.version).items():
            if isinstance(data, bytes):
                call.machine.files.write(f"{folder}/{path}", data)
            else:
                call.machine.files.sized(f"{folder}/{path}", data)


def _taken_out(here: Site, old: Package, *, system: bool) -> list[str]:
    """The lines about a package that goes; Debian's own stay where they are."""
    if system and here.debian:
        return [
            f"Not uninstalling {releases.canonical(old.name)} at {here.dist}, outside environment /usr\n",
            f"Can't uninstall '{old.name}'. No files were found to uninstall.\n",
        ]
    shown = f"{old.name}-{here.shown(old)}"
    return [f"Uninstalling {shown}:\n", f"  Successfully uninstalled {shown}\n"]


def uninstall(call: Call, here: Site, operands: list[str], options: Options) -> Answer:
    """Remove what is named. Without ``-y`` pip asks, and with nobody there to answer it fails."""
    try:
        names = [ask.need.name for ask in asks(call, here, operands, options)]
    except Stop as stop:
        return Answer("", str(stop), 1)
    if not names and "file" not in options:
        return Answer("", 'ERROR: You must give at least one requirement to uninstall (see "pip help uninstall")\n', 1)
    if here.managed and "break" not in options:
        return Answer("", lines.managed(here), 1)
    out, err, gone = list[str](), list[str](), list[Package]()
    typed = [] if call.typed is None else call.typed.split("\n")
    for name in dict.fromkeys(names):
        package = here.find(name)
        if package is None:
            err.append(f"WARNING: Skipping {name} as it is not installed.\n")
            continue
        held = here.is_base(package) and here.debian
        out.append(f"Found existing installation: {package.name} {here.shown(package)}\n")
        left = _taken_out(here, package, system=held)
        if not held and "yes" not in options:
            out += [left.pop(0), *_would_remove(here, package)]
            said = _proceed(call, here, out, err, typed)
            if said == _END:
                call.machine.clock.advance(0.4)
                return Answer("\n", "ERROR: Exception:\nEOFError: EOF when reading a line\n", 2)
            if said not in ("", "y"):
                continue
        out += left
        gone += [] if held else [package]
    for package in gone:
        if here.source_of(package):
            call.machine.files.remove(here.link_of(package))
        if here.remote_of(package):
            call.machine.files.remove(here.direct_of(package))
        call.machine.packages.remove(package.manager, package.name)
    call.machine.clock.advance(0.6 + 0.4 * len(names))
    call.machine.follow()
    if out or gone:
        err.append(lines.root_warning(here))
    return Answer("" if "quiet" in options else "".join(out), "".join(err))


_END = "\x04"
"""What stands for the end of the input among what was typed."""


def _proceed(call: Call, here: Site, out: list[str], err: list[str], typed: list[str]) -> str:
    """The next answer that pip takes; what was shown before it leaves ``out`` and ``err``.

    Raises:
        Asks: where nobody has given it yet.
        NotExact: where nobody could be asked.
    """
    prompt, takes = ("Proceed (y/n)? ", "y, n") if here.older("21.2") else ("Proceed (Y/n)? ", "y, n, ")
    while typed:
        out.clear()
        err.clear()
        said = typed.pop(0).strip(" \t\r").lower()
        if said in (*takes.split(", "), _END):
            return said
        out.append(f"Your response ({said!r}) was not one of the expected responses: {takes}\n")
    if not call.asks and call.typed is None:
        raise NotExact  # nobody could be asked here
    raise Asks("".join(out), prompt, complaint="".join(err), end=_END)


def _would_remove(here: Site, package: Package) -> list[str]:
    folder = here.home_of(package)
    paths = site.recorded(releases.canonical(package.name), package.name, here.shown(package))
    tops = sorted({path.partition("/")[0] + ("/*" if "/" in path else "") for path in paths})
    programs = sorted(f"    {here.place.bin}/{command}\n" for command in package.commands)
    return ["  Would remove:\n", *programs, *(f"    {folder}/{top}\n" for top in tops)]
