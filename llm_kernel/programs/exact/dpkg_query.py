"""``dpkg-query``: what dpkg knows of the machine's packages, in any format that is asked for."""

from __future__ import annotations

import re

from llm_kernel.machine import Machine
from llm_kernel.machine.packages import Package
from llm_kernel.programs.exact.dpkg_records import chosen, full_name, record, state
from llm_kernel.shell.call import Answer, Call

__all__ = ["shown"]

_FIELD = re.compile(r"\$\{([^};]+)(?:;(-?\d+))?\}")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"', "$": "$"}
_USUAL = "${binary:Package}\t${Version}\n"


def shown(call: Call, args: list[str]) -> Answer:
    """``-W [-f FORMAT] [PATTERN]...``: a line for each package that the patterns name."""
    form, patterns, machine = _USUAL, list[str](), call.machine
    while args:
        word = args.pop(0)
        if word in ("-f", "--showformat") and not args:
            return Answer("", f"dpkg-query: error: {word.lstrip('-')} option takes a value\n", 2)
        if word in ("-f", "--showformat"):
            form = args.pop(0)
        elif word.startswith(("-f", "--showformat=")):
            form = word.partition("=")[2] if "=" in word[:13] else word[2:]
        elif word.startswith("-") and word != "-":
            return Answer("", f"dpkg-query: error: unknown option {word}\n", 2)
        else:
            patterns.append(word)
    parts = _parsed(form)
    found = {pattern: chosen(machine, pattern) for pattern in patterns or ["*"]}
    rows = {package.name: package for packages in found.values() for package in packages}
    out = "".join(_line(machine, rows[name], parts) for name in sorted(rows))
    missing = [pattern for pattern, packages in found.items() if not packages]
    errors = "".join(f"dpkg-query: no packages found matching {pattern}\n" for pattern in missing)
    return Answer(out, errors, 1 if missing else 0)


def _parsed(form: str) -> list[str | tuple[str, int]]:
    """A format's texts and fields, in order."""
    parts: list[str | tuple[str, int]] = []
    at = 0
    for match in _FIELD.finditer(form):
        parts += [_plain(form[at : match.start()]), (match[1], int(match[2] or 0))]
        at = match.end()
    return [*parts, _plain(form[at:])]


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[0]), text)


def _line(machine: Machine, package: Package, parts: list[str | tuple[str, int]]) -> str:
    fields, out = _fields(machine, package), ""
    for part in parts:
        if isinstance(part, str):
            out += part
            continue
        name, width = part
        text = fields.get(name.lower(), "")
        out += f"{text:<{-width}}" if width < 0 else f"{text[:width]:>{width}}" if width else text
    return out


def _fields(machine: Machine, package: Package) -> dict[str, str]:
    """The record's fields by their names in lower case, and those that dpkg makes of them."""
    rows = {name.lower(): text for name, text in record(machine, package).items()}
    want, good, status = rows["status"].split()
    return rows | {
        "binary:package": full_name(package),
        "binary:summary": rows.get("description", ""),
        "source:package": package.name,
        "source:version": package.version,
        "db:status-abbrev": f"{state(machine, package)} ",
        "db:status-want": want,
        "db:status-status": status,
        "db:status-eflag": good,
    }
