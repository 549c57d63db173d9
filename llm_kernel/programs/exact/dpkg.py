"""``dpkg``: the list and the states of the machine's packages. Unpacking files is the model's."""

from __future__ import annotations

from fnmatch import fnmatch

from llm_kernel.machine import Machine, archive
from llm_kernel.machine.packages import Package
from llm_kernel.programs.table import NotExact, exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["dpkg"]

_HEAD = """\
Desired=Unknown/Install/Remove/Purge/Hold
| Status=Not/Inst/Conf-files/Unpacked/halF-conf/Half-inst/trig-aWait/Trig-pend
|/ Err?=(none)/Reinst-required (Status,Err: uppercase=bad)
"""


@exact("dpkg", needs="os:debian")
def dpkg(call: Call) -> Answer:
    """Answer ``-l``, ``-s``, ``-L``, ``-S``, ``--get-selections`` and ``--print-architecture``."""
    args = list(call.args)
    match args[:1]:
        case ["-l" | "--list"]:
            return _list(call, args[1:])
        case ["-s" | "--status"] if len(args) > 1:
            return _status(call, args[1:])
        case ["-L" | "--listfiles"] if len(args) > 1:
            return _files(call, args[1:])
        case ["-S" | "--search"] if len(args) > 1:
            return _owners(call, args[1:])
        case ["--get-selections"] if len(args) == 1:
            names = (_name(package) for package in call.machine.packages.installed("apt"))
            return Answer("".join(name + "\t" * max(1, 6 - len(name) // 8) + "install\n" for name in sorted(names)))
        case ["--print-architecture"]:
            return Answer("amd64\n")
        case []:
            return Answer("", "dpkg: error: need an action option\n", 2)
    raise NotExact


def _name(package: Package) -> str:
    library = package.name.startswith("lib") and package.manager == "apt"
    return f"{package.name}:amd64" if library else package.name


def _arch(machine: Machine, package: Package) -> str:
    found = archive.find(package.name, machine.system.profile)
    return found.arch if found else "amd64"


def _list(call: Call, patterns: list[str]) -> Answer:
    everything = call.machine.packages.installed("apt")
    chosen = [p for p in everything if not patterns or any(fnmatch(p.name, pattern) for pattern in patterns)]
    missing = [pattern for pattern in patterns if not any(fnmatch(p.name, pattern) for p in chosen)]
    errors = "".join(f"dpkg-query: no packages found matching {pattern}\n" for pattern in missing)
    rows = [(_name(p), p.version, _arch(call.machine, p), p.summary) for p in sorted(chosen, key=_name)]
    return Answer(_table(rows, call) if rows else "", errors, 1 if missing else 0)


def _table(rows: list[tuple[str, str, str, str]], call: Call) -> str:
    """The columns: as wide as they need in a pipe, as the terminal allows otherwise."""
    heads = ("Name", "Version", "Architecture", "Description")
    least = (14, 12, 12, 33)
    wide = [max(least[n], len(heads[n]), *(len(row[n]) for row in rows)) for n in range(4)]
    if call.tty:
        columns = int(call.env.get("COLUMNS") or 0) or 80
        wide[3] = min(wide[3], max(least[3], columns - 7 - sum(wide[:3])))
    out = _HEAD + "||/ " + " ".join(f"{head:<{width}}" for head, width in zip(heads, wide, strict=True)).rstrip() + "\n"
    out += "+++-" + "-".join("=" * width for width in wide) + "\n"
    for row in rows:
        cells = [f"{cell[:width]:<{width}}" for cell, width in zip(row, wide, strict=True)]
        out += "ii  " + " ".join(cells).rstrip() + "\n"
    return out


def _status(call: Call, names: list[str]) -> Answer:
    out, errors = [], []
    for name in names:
        package = call.machine.packages.find("apt", name)
        if package is None:
            errors.append(f"dpkg-query: package '{name}' is not installed and no information is available\n")
            continue
        found = archive.find(package.name, call.machine.system.profile)
        if found is None:
            raise NotExact
        rows = [("Package", package.name), ("Status", "install ok installed"), ("Priority", "optional")]
        rows += [("Installed-Size", str(found.installed // 1000))]
        rows += [("Architecture", found.arch), ("Version", package.version)]
        if found.needs:
            rows.append(("Depends", ", ".join(found.needs)))
        rows.append(("Description", found.summary))
        out.append("".join(f"{key}: {value}\n" for key, value in rows))
    hint = "Use dpkg --info (= dpkg-deb --info) to examine archive files.\n"
    return Answer("\n".join(out), "".join(errors) + (hint if errors else ""), 1 if errors else 0)


def _files(call: Call, names: list[str]) -> Answer:
    out: list[str] = []
    errors = []
    for name in names:
        package = call.machine.packages.find("apt", name)
        if package is None:
            errors.append(f"dpkg-query: package '{name}' is not installed\n")
            continue
        if not package.commands:
            raise NotExact
        files = sorted(call.machine.packages.packed(command) for command in package.commands)
        folders = sorted({parent for file in files for parent in _parents(file)})
        share = ["/usr", "/usr/share", "/usr/share/doc", f"/usr/share/doc/{package.name}"]
        notes = [f"/usr/share/doc/{package.name}/{file}" for file in ("changelog.Debian.gz", "copyright")]
        out += dict.fromkeys(["/.", *folders, *files, *share, *notes])
    hint = "Use dpkg --contents (= dpkg-deb --contents) to list archive files contents.\n"
    return Answer("".join(f"{line}\n" for line in out), "".join(errors) + (hint if errors else ""), 1 if errors else 0)


def _owners(call: Call, names: list[str]) -> Answer:
    """Which package a file is from; a name without a directory is looked for in all of them."""
    out, errors = "", ""
    packages = call.machine.packages
    for name in names:
        if name.startswith("/"):
            owner = packages.packed_at(name)
            found = [(owner, name)] if owner else []
        else:
            base = name.rpartition("/")[2]
            found = [(p, packages.packed(base)) for p in packages.installed("apt") if base in p.commands]
        out += "".join(f"{_name(package)}: {file}\n" for package, file in found)
        if not found:
            errors += f"dpkg-query: no path found matching pattern {name if '/' in name else f'*{name}*'}\n"
    return Answer(out, errors, 1 if errors else 0)


def _parents(file: str) -> list[str]:
    parts = file.strip("/").split("/")[:-1]
    return ["/" + "/".join(parts[: n + 1]) for n in range(len(parts))]
