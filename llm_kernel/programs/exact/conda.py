"""``conda``: packages and environments come and go through the machine; solving and exporting is the model's."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

from llm_kernel.machine import Machine, channels, releases
from llm_kernel.machine.environments import Environment, python_release
from llm_kernel.machine.packages import Package
from llm_kernel.programs.exact.conda_files import clean, config, described
from llm_kernel.programs.table import NotExact
from llm_kernel.shell.call import Answer, Call

__all__ = ["conda"]

_MAIN = "pkgs/main"
_FLAGS = ("-y", "--yes", "-q", "--quiet", "--json", "--all", "-v", "--override-channels", "--no-deps", "--copy", "-e")
_MORE = ("--export", "--no-builds")
_VALUES = ("-c", "--channel", "-n", "--name", "-p", "--prefix", "--file", "-f", "--solver", "--clone")
_KNOWN = (
    *("activate", "clean", "compare", "config", "create", "deactivate", "env", "info", "init", "install", "list"),
    *("notices", "package", "remove", "rename", "run", "search", "uninstall", "update", "upgrade"),
)
_NO_SHELL = """\

CommandNotFoundError: Your shell has not been properly configured to use 'conda {command}'.
To initialize your shell, run

    $ conda init <SHELL_NAME>

"""


@dataclass(slots=True)
class _Line:
    """A command line of conda, taken apart."""

    words: list[str] = field(default_factory=list)
    flags: set[str] = field(default_factory=set)
    values: dict[str, str] = field(default_factory=dict)


def conda(call: Call) -> Answer:
    """Answer what conda says of its packages and environments, and what it changes of them."""
    if call.args in (("--version",), ("-V",)):
        found = call.machine.packages.find("conda", "conda")
        return Answer(f"conda {found.version}\n") if found else Answer("", "conda: error\n", 1)
    if call.args[:1] in (("config",), ("clean",)):
        return (config if call.args[0] == "config" else clean)(call)
    line = _parse(call.args)
    command = line.words.pop(0) if line.words else ""
    if command == "shell.posix":
        return _shell(call, line)
    match command:
        case "list":
            return _list(call, line)
        case "install":
            return _install(call, line)
        case "create":
            return _create(call, line)
        case "rename" if len(line.words) == 1:
            return _rename(call, line)
        case "remove" | "uninstall":
            return _remove(call, line)
        case "env":
            return _env(call, line)
        case "info":
            return _info(call, line)
        case "search":
            return _search(call, line)
        case "activate" | "deactivate":
            return Answer("", _NO_SHELL.format(command=command), 1)
        case "update" | "upgrade" if line.words or "--all" in line.flags:
            return Answer(f"{_HEAD}\n# All requested packages already installed.\n\n")
    if not command or command in _KNOWN:
        raise NotExact
    near = ", ".join(repr(name) for name in _KNOWN)
    said = f"conda: error: argument COMMAND: invalid choice: {command!r} (choose from {near})\n"
    return Answer("", f"usage: conda [-h] [-V] command ...\n{said}", 2)


_HEAD = "Collecting package metadata (current_repodata.json): done\nSolving environment: done\n"


def _parse(args: tuple[str, ...]) -> _Line:
    line, todo = _Line(), list(args)
    while todo:
        word = todo.pop(0)
        name, equals, value = word.partition("=") if word.startswith("--") else (word, "", "")
        if name in _VALUES and (equals or todo):
            line.values["clone" if name == "--clone" else name.lstrip("-")[0]] = value or todo.pop(0)
        elif word in (*_FLAGS, *_MORE) or (word in ("--envs", "-e") and line.words[:1] == ["info"]):
            line.flags.add(word)
        elif word.startswith("-"):
            raise NotExact
        else:
            line.words.append(word)
    return line


def _root(call: Call, line: _Line) -> str:
    """The directory of the environment that is meant: the named one, the active one, or conda itself as ``""``."""
    if "p" in line.values:
        return call.path(line.values["p"])
    name = line.values.get("n") or ""
    if not name:
        active = call.env.get("CONDA_PREFIX", "")
        return active if active in call.machine.packages.environments else ""
    return "" if name == "base" else f"{channels.ROOT}/envs/{name}"


def _missing(root: str) -> Answer:
    return Answer("", f"\nEnvironmentLocationNotFound: Not a conda environment: {root}\n\n", 1)


def _there(call: Call, root: str) -> bool:
    known = call.machine.packages.environments.get(root)
    return not root or (known is not None and known.kind == "conda" and call.machine.files.is_dir(root))


def _python(machine: Machine, root: str) -> str:
    known = machine.packages.environments.get(root)
    return known.python if known else machine.system.python


def _rows(machine: Machine, root: str, packages: list[Package]) -> list[tuple[str, str, str, str]]:
    python = _python(machine, root) or machine.system.python
    return [(p.name, p.version, channels.build(p.name, p.version, python), channels.channel(p.name)) for p in packages]


_EXPORTED = """\
# This file may be used to create an environment using:
# $ conda create --name <env> --file <this file>
# platform: linux-64
"""


def _list(call: Call, line: _Line) -> Answer:
    root = _root(call, line)
    if not _there(call, root):
        return _missing(root)
    if len(line.words) > 1 or "--no-builds" in line.flags:
        raise NotExact
    pattern, packages, colon = (line.words or [""])[0], call.machine.packages, f":{root}" if root else ""
    rows = _rows(call.machine, root, packages.installed(f"conda{colon}"))
    named = {channels.project_of(row[0]) for row in rows}
    theirs = (p for p in packages.installed(f"pip{colon}") if channels.project_of(p.name.lower()) not in named)
    rows += [(p.name.lower(), p.version, "pypi_0", "pypi") for p in theirs]
    chosen = sorted(row for row in rows if not pattern or re.search(re.escape(pattern), row[0]))
    if line.flags & {"-e", "--export"}:
        return Answer(_EXPORTED + "".join(f"{'='.join(row[:3])}\n" for row in chosen))
    if "--json" in line.flags:
        names = ("name", "version", "build_string", "channel")
        found = [dict(zip(names, (*row[:3], row[3] or _MAIN), strict=True)) for row in chosen]
        return Answer(json.dumps(found, indent=2) + "\n")
    out = f"# packages in environment at {root or channels.ROOT}:\n#\n"
    out += f"# {'Name':<23} {'Version':<17} {'Build':>8}  Channel\n"
    return Answer(out + "".join(_row(*row) for row in chosen))


def _row(name: str, version: str, build: str, channel: str) -> str:
    return f"{name:<25} {version:<15} {build:>15}  {channel}".rstrip() + "\n"


def _specs(words: list[str]) -> list[tuple[str, str]]:
    found = [
        re.fullmatch(r"(?:[\w-]+::)?([A-Za-z0-9._-]+?)(?:\s*[=<>]=?\s*([\w.+]+)(?:\.?\*)?)?", name) for name in words
    ]
    if not all(found):
        raise NotExact
    return [(match[1].lower(), match[2] or "") for match in found if match]


def _unknown(call: Call, specs: list[tuple[str, str]]) -> Answer | None:
    """The refusal of names that no channel has."""
    packages = call.machine.packages
    wrong = [name for name, _ in specs if name != "python" and not packages.exists("conda", name)]
    told = [name for name in wrong if not any(name in fact.lower().split() for fact in call.machine.facts)]
    if not told:
        return None
    call.machine.clock.advance(11.0)
    listed = "".join(f"  - {name}\n" for name in told)
    head = "Collecting package metadata (current_repodata.json): done\nSolving environment: failed\n"
    said = f"\nPackagesNotFoundError: The following packages are not available from current channels:\n\n{listed}\n"
    return Answer(head, said, 1)


def _install(call: Call, line: _Line) -> Answer:
    root = _root(call, line)
    if not _there(call, root):
        return _missing(root)
    specs = _specs(line.words)
    if not specs:
        said = "\nCondaValueError: too few arguments, must supply command line package specs or --file\n\n"
        return Answer("", said, 1)
    if "f" in line.values or any(name == "python" for name, _ in specs):
        raise NotExact
    if refused := _unknown(call, specs):
        return refused
    colon = f":{root}" if root else ""
    new = [p for name, version in specs for p in call.machine.packages.install(f"conda{colon}", name, version)]
    if not new:
        return Answer(f"{_HEAD}\n# All requested packages already installed.\n\n")
    call.machine.follow()
    return Answer(_HEAD + "\n" + _plan(call, root, new, line.words))


def _plan(call: Call, root: str, new: list[Package], specs: list[str]) -> str:
    """From the plan to the last transaction, and the time that it takes."""
    machine = call.machine
    machine.clock.advance(round(9 + sum(package.size for package in new) / 40_000_000, 2))
    rows = sorted(_rows(machine, root, new))
    wide = max((len(row[0]) for row in rows), default=0)
    plan = "".join(
        f"  {name:<{wide}}  {channel or _MAIN}/linux-64::{name}-{version}-{build}\n"
        for name, version, build, channel in rows
    )
    out = f"\n## Package Plan ##\n\n  environment location: {root or channels.ROOT}\n\n"
    if specs:
        out += "  added / updated specs:\n" + "".join(f"    - {name}\n" for name in specs) + "\n\n"
    if rows:
        out += f"The following NEW packages will be INSTALLED:\n\n{plan}\n\n\nDownloading and Extracting Packages\n"
    done = "Preparing transaction: done\nVerifying transaction: done\nExecuting transaction: done\n"
    return out + done


def _create(call: Call, line: _Line) -> Answer:
    """``create -n NAME [python=3.9] [PACKAGE]...``: a new environment under ``envs``."""
    if "n" not in line.values and "p" not in line.values:
        said = "usage: conda create [-h] [--clone ENV] (-n ENVIRONMENT | -p PATH)\n"
        return Answer("", f"{said}conda create: error: one of the arguments -n/--name -p/--prefix is required\n", 2)
    if "f" in line.values:
        raise NotExact
    if "clone" in line.values:
        return _clone(call, line)
    root, machine, specs = _root(call, line), call.machine, _specs(line.words)
    if not root:
        return Answer("", "\nCondaValueError: The target prefix is the base prefix. Aborting.\n\n", 1)
    if refused := _unknown(call, specs):
        return refused
    wanted = next((version for name, version in specs if name == "python"), None)
    others = [(name, version) for name, version in specs if name != "python"]
    pythonic = any(releases.project(channels.project_of(name)) for name, _ in others)
    python = machine.system.python if pythonic else ""
    if wanted is not None:
        branch = ".".join(wanted.split(".")[:2]) if "." in wanted else machine.system.python.rpartition(".")[0]
        python = wanted if wanted.count(".") == 2 else python_release(branch, machine.packages.era)
        if not python:
            raise NotExact
    machine.packages.unmake(root)
    machine.follow()
    machine.packages.make(Environment(root, "conda", python))
    new = machine.packages.installed(f"conda:{root}")
    new += [p for name, version in others for p in machine.packages.install(f"conda:{root}", name, version)]
    _lay(machine, root, python)
    name = line.values.get("n") or root
    return Answer(_HEAD + "\n" + _plan(call, root, new, line.words) + _tail(name))


def _lay(machine: Machine, root: str, python: str) -> None:
    """Put the directories and the interpreter of an environment there."""
    for folder in ("bin", "conda-meta"):
        machine.files.mkdir(f"{root}/{folder}")
    machine.files.write(f"{root}/conda-meta/history", b"")
    if python:
        branch = python.rpartition(".")[0]
        machine.files.sized(f"{root}/bin/python{branch}", 15_207_216)
        machine.files.chmod(f"{root}/bin/python{branch}", 0o755)
        for name in ("python", "python3"):
            if not machine.files.exists(f"{root}/bin/{name}"):
                machine.files.symlink(f"python{branch}", f"{root}/bin/{name}")
    machine.follow()


def _tail(name: str) -> str:
    tail = f"#\n# To activate this environment, use\n#\n#     $ conda activate {name}\n#\n"
    return tail + "# To deactivate an active environment, use\n#\n#     $ conda deactivate\n\n"


_DONE = "Preparing transaction: done\nVerifying transaction: done\nExecuting transaction: done\n"


def _clone(call: Call, line: _Line) -> Answer:
    """``create -n NAME --clone OTHER``: a second environment with the same packages."""
    said = line.values["clone"]
    source = _root(call, _Line(values={"p": said} if "/" in said else {"n": said}))
    root, machine = _root(call, line), call.machine
    if not _there(call, source):
        return _missing(source)
    if not root or _there(call, root):
        return Answer("", f"\nCondaValueError: prefix already exists: {root or channels.ROOT}\n\n", 1)
    python = _python(machine, source)
    machine.packages.copy(source, Environment(root, "conda", python))
    count = len(machine.packages.installed(f"conda:{root}"))
    _lay(machine, root, python)
    machine.clock.advance(round(1.5 + count / 20, 1))
    head = f"Source:      {source or channels.ROOT}\nDestination: {root}\nPackages: {count}\nFiles: 0\n"
    middle = f"\nDownloading and Extracting Packages\n\n{_DONE}"
    return Answer(head + middle + _tail(line.values.get("n") or root))


def _rename(call: Call, line: _Line) -> Answer:
    """``rename -n OLD NEW``: the environment under another name."""
    root = _root(call, line)
    if not root:
        return Answer("", "\nCondaEnvException: The 'base' environment cannot be renamed\n\n", 1)
    if not _there(call, root):
        return _missing(root)
    answer = _clone(call, _Line(values={"n": line.words[0], "clone": root}))
    if not answer.status:
        _drop(call, root)
    return Answer(str(answer.stdout).partition("#\n# To activate")[0], answer.stderr, answer.status)


def _remove(call: Call, line: _Line) -> Answer:
    root = _root(call, line)
    if not _there(call, root):
        return _missing(root)
    machine = call.machine
    if "--all" in line.flags:
        return _drop(call, root)
    names, manager = [name for name, _ in _specs(line.words)], f"conda:{root}" if root else "conda"
    if not names:
        return Answer(
            "", '\nCondaValueError: no package names supplied,\n       try "conda remove -h" for more details\n\n', 1
        )
    if missing := [name for name in names if machine.packages.find(manager, name) is None]:
        listed = "".join(f"  - {name}\n" for name in missing)
        head = "Collecting package metadata (repodata.json): done\nSolving environment: failed\n"
        said = f"\nPackagesNotFoundError: The following packages are missing from the target environment:\n{listed}\n\n"
        return Answer(head, said, 1)
    gone = [package for name in names for package in machine.packages.remove(manager, name)]
    machine.clock.advance(6.0)
    machine.follow()
    wide = max(len(package.name) for package in gone)
    rows = _rows(machine, root, gone)
    plan = "".join(f"  {name:<{wide}}  {version}-{build}\n" for name, version, build, _ in rows)
    head = "Collecting package metadata (repodata.json): done\nSolving environment: done\n\n\n## Package Plan ##\n\n"
    head += f"  environment location: {root or channels.ROOT}\n\n  removed specs:\n"
    head += "".join(f"    - {name}\n" for name in names)
    done = "Preparing transaction: done\nVerifying transaction: done\nExecuting transaction: done\n"
    return Answer(f"{head}\n\nThe following packages will be REMOVED:\n\n{plan}\n\n{done}")


def _drop(call: Call, root: str) -> Answer:
    """Take a whole environment away."""
    if not root:
        return Answer(
            "", "\nCondaEnvironmentError: cannot remove root environment, add -n NAME or -p PREFIX option\n\n", 1
        )
    call.machine.packages.unmake(root)
    call.machine.follow()
    if call.machine.files.exists(root):
        call.machine.files.remove(root, recursive=True)
    call.machine.clock.advance(2.2)
    return Answer(f"\nRemove all packages in environment {root}:\n\n")


def _env(call: Call, line: _Line) -> Answer:
    command = line.words[:1]
    if command == ["list"]:
        return _environments(call, line)
    if command == ["remove"]:
        root = _root(call, line)
        return _drop(call, root) if _there(call, root) else _missing(root)
    if command == ["export"]:
        return _export(call, line)
    if command == ["create"] and len(line.words) == 1:
        return _create_from(call, line)
    raise NotExact


def _create_from(call: Call, line: _Line) -> Answer:
    """``env create -f FILE``: the environment that a file describes."""
    wanted = described(call, line.values.get("f", "environment.yml"))
    if isinstance(wanted, Answer):
        return wanted
    name = line.values.get("n") or wanted.name
    if not name:
        raise NotExact
    made = _Line(list(wanted.packages), set(line.flags), {"n": name})
    root = _root(call, made)
    if root and _there(call, root):
        return Answer("", f"\nCondaValueError: prefix already exists: {root}\n\n", 1)
    answer = _create(call, made)
    if answer.status:
        return answer
    pip = [re.fullmatch(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?(?:==([\w.+]+))?.*", row) for row in wanted.pip]
    for found in filter(None, pip):
        call.machine.packages.install(f"pip:{root}", found[1], found[2] or "")
    call.machine.follow()
    said = str(answer.stdout)
    tail = said[said.index("#\n# To activate") :]
    done = "Preparing transaction: done\nVerifying transaction: done\nExecuting transaction: done\n"
    more = "Installing pip dependencies: ...working... done\n" if wanted.pip else ""
    head = "Collecting package metadata (repodata.json): done\nSolving environment: done\n\n"
    return Answer(f"{head}Downloading and Extracting Packages\n\n{done}{more}{tail}")


def _environments(call: Call, line: _Line) -> Answer:
    roots = ["", *sorted(root for root in call.machine.packages.environments if root and _there(call, root))]
    if "--json" in line.flags:
        return Answer(json.dumps({"envs": [root or channels.ROOT for root in roots]}, indent=2) + "\n")
    active = call.env.get("CONDA_PREFIX", channels.ROOT)
    out = "# conda environments:\n#\n"
    for root in roots:
        own = root.startswith(f"{channels.ROOT}/envs/")
        name = root.rpartition("/")[2] if own else "" if root else "base"
        mark = "*" if (root or channels.ROOT) == active else " "
        out += f"{name:<22} {mark}  {root or channels.ROOT}\n"
    return Answer(out + "\n")


def _export(call: Call, line: _Line) -> Answer:
    root = _root(call, line)
    if not _there(call, root):
        return _missing(root)
    colon, machine = f":{root}" if root else "", call.machine
    rows = _rows(machine, root, machine.packages.installed(f"conda{colon}"))
    named = {channels.project_of(row[0]) for row in rows}
    theirs = [p for p in machine.packages.installed(f"pip{colon}") if channels.project_of(p.name.lower()) not in named]
    places = list(dict.fromkeys([*(row[3] for row in rows if row[3]), "defaults"]))
    out = f"name: {root.rpartition('/')[2] or 'base'}\nchannels:\n" + "".join(f"  - {place}\n" for place in places)
    plain = "--no-builds" in line.flags
    listed = (row[:2] if plain else row[:3] for row in rows)
    out += "dependencies:\n" + "".join(f"  - {'='.join(row)}\n" for row in listed)
    if theirs:
        out += "  - pip:\n" + "".join(f"    - {p.name.lower()}=={p.version}\n" for p in theirs)
    return Answer(f"{out}prefix: {root or channels.ROOT}\n")


def _info(call: Call, line: _Line) -> Answer:
    if "-e" in line.flags or "--envs" in line.flags or line.words == ["--envs"]:
        return _environments(call, line)
    if line.words or line.flags:
        raise NotExact
    machine = call.machine
    found = machine.packages.find("conda", "conda")
    active = call.env.get("CONDA_PREFIX", channels.ROOT)
    name = "base" if active == channels.ROOT else active.rpartition("/")[2]
    home = call.env.get("HOME") or "/root"
    rows = [
        ("active environment", name),
        ("active env location", active),
        ("shell level", call.env.get("CONDA_SHLVL", "1")),
        ("user config file", f"{home}/.condarc"),
        ("populated config files", ""),
        ("conda version", found.version if found else ""),
        ("conda-build version", "not installed"),
        ("python version", f"{machine.system.python}.final.0"),
        ("base environment", f"{channels.ROOT}  (writable)"),
        ("package cache", f"{channels.ROOT}/pkgs\n{'':26}{home}/.conda/pkgs"),
        ("envs directories", f"{channels.ROOT}/envs\n{'':26}{home}/.conda/envs"),
        ("platform", "linux-64"),
        ("UID:GID", f"{call.env.get('UID', '0')}:{call.env.get('UID', '0')}"),
        ("netrc file", "None"),
        ("offline mode", "False"),
    ]
    return Answer("\n" + "".join(f"{key:>23} : {value}\n" for key, value in rows) + "\n")


def _search(call: Call, line: _Line) -> Answer:
    """``search NAME``: the releases that there are."""
    if len(line.words) != 1 or not re.fullmatch(r"[\w.-]+", line.words[0]):
        raise NotExact
    name, machine = line.words[0].lower(), call.machine
    known = releases.project(channels.project_of(name))
    if known is None and machine.packages.exists("conda", name):
        raise NotExact
    head = "Loading channels: done\n"
    if known is None:
        said = "\nPackagesNotFoundError: The following packages are not available from current channels:\n\n"
        said += f"  - {name}\n\n"
        return Answer(f"{head}No match found for: {name}. Search: *{name}*\n", said, 1)
    python = machine.system.python
    rows = [
        (name, v, channels.build(name, v, python), channels.channel(name) or _MAIN)
        for v in known.known(machine.packages.era, "99")
    ]
    return Answer(
        f"{head}# {'Name':<23} {'Version':>15} {'Build':>15}  Channel             \n"
        + "".join(f"{a:<25} {b:>15} {c:>15}  {d:<20}\n" for a, b, c, d in rows)
    )


def _shell(call: Call, line: _Line) -> Answer:
    """What the shell function ``conda`` runs to enter or leave an environment."""
    command, *names = line.words
    path = call.env.get("PATH", "")
    old = call.env.get("CONDA_PREFIX", "")
    plain = ":".join(part for part in path.split(":") if not old or part != f"{old}/bin")
    level = int(call.env.get("CONDA_SHLVL", "0") or 0)
    if command == "deactivate":
        if old in ("", channels.ROOT):
            return Answer("")
        root, name = channels.ROOT, "base"
    else:
        line.values.setdefault("n", names[0] if names and "/" not in names[0] else "base")
        if names and "/" in names[0]:
            line.values["p"] = names[0]
        root = _root(call, line) or channels.ROOT
        name = "base" if root == channels.ROOT else root.rpartition("/")[2]
        if root != channels.ROOT and not _there(call, root):
            said = f"\nEnvironmentNameNotFound: Could not find conda environment: {names[0]}\n"
            said += "You can list all discoverable environments with `conda info --envs`.\n\n"
            return Answer("", said, 1)
    shown = {
        "PATH": f"{root}/bin:{plain}",
        "CONDA_PREFIX": root,
        "CONDA_DEFAULT_ENV": name,
        "CONDA_SHLVL": str(max(1, level + (1 if command == "activate" else -1))),
        "CONDA_PROMPT_MODIFIER": f"({name}) ",
    }
    return Answer("".join(f"export {key}='{value}'\n" for key, value in shown.items()))
