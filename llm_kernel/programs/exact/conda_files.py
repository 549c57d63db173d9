"""conda's files: the environment that a YAML file describes, and ``.condarc``, which ``config`` reads and writes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml

from llm_kernel.programs.table import NotExact
from llm_kernel.shell.call import Answer, Call

__all__ = ["Described", "clean", "config", "described"]

_MOST = 200_000
"""Bytes of a file that is read."""


@dataclass(frozen=True, slots=True)
class Described:
    """What an environment's file asks for: its name, conda's packages and pip's."""

    name: str
    packages: tuple[str, ...]
    pip: tuple[str, ...]


def described(call: Call, path: str) -> Described | Answer:
    """The environment in the file ``path``, or what conda says where there is none."""
    where = call.path(path)
    if not call.machine.files.exists(where):
        return Answer("", f"\nEnvironmentFileNotFound: '{where}' file not found\n\n", 1)
    found = _mapping(call, where)
    rows = found.get("dependencies", [])
    if not isinstance(rows, list) or set(found) - {"name", "channels", "dependencies", "prefix"}:
        raise NotExact
    packages = [_bare(row) for row in rows if isinstance(row, str)]
    nested = [row for row in rows if not isinstance(row, str)]
    if any(not isinstance(row, dict) or set(row) != {"pip"} or not isinstance(row["pip"], list) for row in nested):
        raise NotExact
    pip = tuple(name for row in nested for name in row["pip"])
    name = found.get("name") or ""
    if not all(isinstance(text, str) for text in (name, *pip)):
        raise NotExact
    return Described(name, tuple(name for name in packages if name[:1] != "_"), pip)


def _bare(spec: str) -> str:
    """A package without its build: ``numpy=1.20.2=py39h06`` is ``numpy=1.20.2``."""
    parts = spec.split("=")
    return "=".join(parts[:2]) if len(parts) == 3 and all(parts) else spec


def _mapping(call: Call, where: str) -> dict[str, Any]:
    files = call.machine.files
    try:
        if not files.exists(where):
            return {}
        if files.is_sized(where) or files.stat(where).size > _MOST:
            raise NotExact
        found = yaml.safe_load(files.read(where).decode())  # type: ignore[no-untyped-call]
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError) as err:
        raise NotExact from err
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise NotExact
    return found


def config(call: Call) -> Answer:
    """``config``: what adds to lists and takes from them, ``--set``, ``--get`` and ``--show``."""
    where = f"{call.env.get('HOME') or '/root'}/.condarc"
    settings = _mapping(call, where)
    if not all(_flat(value) for value in settings.values()):
        raise NotExact
    match call.args[1:]:
        case ("--add" | "--prepend" | "--append" as how, key, value) if key in _LISTS:
            return _add(call, where, settings, key, value, last=how == "--append")
        case ("--remove", key, value) if key in _LISTS:
            return _take(call, where, settings, key, value)
        case ("--set", key, value) if key in _SWITCHES or key in _WORDS:
            settings[key] = value.lower() in ("true", "yes", "on") if key in _SWITCHES else value
            return _write(call, where, settings)
        case ("--get", key) if key in _LISTS:
            rows = [str(value) for value in settings.get(key, [])]
            said = [f"--add {key} '{row}'" for row in reversed(rows)]
            if len(rows) > 1:
                said[0], said[-1] = f"{said[0]}   # lowest priority", f"{said[-1]}   # highest priority"
            return Answer("".join(f"{line}\n" for line in said))
        case ("--show", key) if key in _LISTS:
            rows = [str(value) for value in settings.get(key, _LISTS[key])]
            return Answer(f"{key}:{'' if rows else ' []'}\n" + "".join(f"  - {row}\n" for row in rows))
    raise NotExact


def _flat(value: object) -> bool:
    """Whether a setting is a word, a switch or a list of words."""
    return isinstance(value, str | bool) or (isinstance(value, list) and all(isinstance(row, str) for row in value))


_LISTS: dict[str, list[str]] = {"channels": ["defaults"], "create_default_packages": [], "envs_dirs": []}
"""Settings that are lists, and what they are where nobody set them."""

_SWITCHES = ("auto_activate_base", "always_yes", "show_channel_urls", "ssl_verify", "offline", "auto_update_conda")
_WORDS = ("channel_priority", "solver", "report_errors")


def _add(call: Call, where: str, settings: dict[str, Any], key: str, value: str, *, last: bool) -> Answer:
    rows = list(settings.get(key, _LISTS[key]))
    said = ""
    if value in rows and key in settings:
        side = "bottom" if last else "top"
        said = f"Warning: '{value}' already in '{key}' list, moving to the {side}\n"
    rows = [row for row in rows if row != value]
    settings[key] = [*rows, value] if last else [value, *rows]
    _write(call, where, settings)
    return Answer("", said)


def _take(call: Call, where: str, settings: dict[str, Any], key: str, value: str) -> Answer:
    rows = list(settings.get(key, []))
    if value not in rows:
        return Answer("", f"\nCondaKeyError: '{key}': value '{value}' not present in config\n\n", 1)
    settings[key] = [row for row in rows if row != value]
    return _write(call, where, settings)


def _write(call: Call, where: str, settings: dict[str, Any]) -> Answer:
    text = yaml.safe_dump(settings, sort_keys=False)  # type: ignore[no-untyped-call]
    text = text.replace("\n- ", "\n  - ")
    call.machine.files.write(where, text.encode())
    return Answer()


def clean(call: Call) -> Answer:
    """``clean --all -y``: nothing that is kept here can be freed."""
    flags = set(call.args[1:])
    if not flags & {"-a", "--all"} or flags - {"-a", "--all", "-y", "--yes", "-q", "--quiet"}:
        raise NotExact
    if not flags & {"-y", "--yes"}:
        raise NotExact
    call.machine.clock.advance(1.2)
    kinds = ("unused tarball(s)", "index cache(s)", "unused package(s)", "tempfile(s)", "logfile(s)")
    return Answer("".join(f"There are no {kind} to remove.\n" for kind in kinds))
