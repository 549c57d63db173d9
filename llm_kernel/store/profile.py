"""A machine written down in YAML: what it should be, in the order in which one decides it. Read as data, applied whole.

Every value is a text, as it stands there: ``3.10`` is a version and not a number. There are no references.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from llm_kernel.errors import Refused
from llm_kernel.machine import Machine, words

__all__ = ["KEYS", "LARGEST", "apply_profile", "profile_text"]

Action: TypeAlias = Callable[[Machine], list[str]]

LARGEST = 256 * 1024
"""The most characters of a profile."""

_MANY = 1000
"""The most entries of one list or mapping."""

_DEEP = 8
"""How deep lists and mappings may lie in each other."""

_MANAGERS = (
    *("pip", "pip3", "pypi", "python", "conda", "mamba", "micromamba", "npm", "yarn"),
    *("apt", "apt-get", "aptitude", "deb", "dpkg", "dnf", "yum", "rpm", "cargo", "gem", "go", "snap"),
)
"""The managers of packages, by the names that people give them."""

_FILE_KEYS = ("text", "size", "mode", "owner")


def apply_profile(machine: Machine, text: str) -> list[str]:
    """Make ``machine`` what the profile ``text`` says, and answer with what was set and what had to follow.

    Raises:
        Refused: for what is no profile, and for what cannot be; the machine is then as before.
    """
    actions = list(_actions(_read(text)))
    files, essence = machine.files.snapshot(), machine.essence()
    notes: list[str] = []
    try:
        for action in actions:
            notes += action(machine)
    except BaseException as error:
        machine.adopt(essence)
        machine.files.restore(files)
        if isinstance(error, OSError | LookupError | ValueError):
            raise Refused(f"profile: {error}") from error
        raise
    return notes


def profile_text(machine: Machine, name: str, cwd: str, folder: Path) -> str:
    """The profile that a cell names: a file of the machine, else one that lies below ``folder`` on the host.

    Anybody may have written the cell, so of the host it reaches nothing but what is named as a profile
    (``.yaml``, ``.yml``) in the notebook's own folder.

    Raises:
        Refused: where there is no such file.
    """
    path = machine.files.absolute(name, cwd)
    if machine.files.exists(path) and not machine.files.is_dir(path):
        try:
            return machine.files.read(path).decode("utf-8", "replace")
        except OSError as error:
            raise Refused(f"profile: {error}") from error
    if name.endswith((".yaml", ".yml")) and not any(part.startswith((".", "~")) for part in Path(name).parts):
        top, place = folder.resolve(), (folder / name).resolve()
        if place.is_relative_to(top) and place.is_file() and place.suffix in (".yaml", ".yml"):
            with place.open("rb") as file:
                return file.read(4 * LARGEST).decode("utf-8", "replace")
    raise Refused(f"profile: there is no {name}, neither on the machine nor beside the notebook as a .yaml file")


def _read(text: str) -> Mapping[str, Any]:
    if len(text) > LARGEST:
        raise Refused(f"profile: more than {LARGEST // 1024} KiB; a profile is short")
    found = _parsed(text)
    if not isinstance(found, dict):
        raise Refused("profile: it has to be lines of KEY: VALUE; for example `os: ubuntu 18.04`")
    _known(found, KEYS, "profile")
    return found


def _parsed(text: str) -> Any:
    import yaml  # slow to load, and needed once in a notebook's life, if ever

    class Loader(yaml.BaseLoader):
        """Texts, lists and mappings; no references, no tags, nothing said twice."""

        depth = 0

        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.AliasEvent):  # type: ignore[no-untyped-call]
                raise Refused("profile: references (*NAME) are not read; write it out")
            self.depth += 1
            if self.depth > _DEEP:
                raise Refused(f"profile: lists and mappings lie more than {_DEEP} deep")
            node = super().compose_node(parent, index)  # type: ignore[no-untyped-call]
            self.depth -= 1
            return node

        def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
            keys = [str(key.value) for key, _ in node.value]
            twice = next((key for key in keys if keys.count(key) > 1), None) if len(keys) <= _MANY else keys[0]
            if twice is not None:
                reason = "stands there twice" if len(keys) <= _MANY else f"is one of more than {_MANY}"
                raise Refused(f"profile: line {node.start_mark.line + 1}: {twice} {reason}")
            return dict(super().construct_mapping(node, deep))  # type: ignore[no-untyped-call]

    try:
        # of the loaders the one that makes nothing but texts
        return yaml.load(text, Loader)  # type: ignore[no-untyped-call]  # noqa: S506
    except yaml.YAMLError as error:
        raise Refused(f"profile: {_where(error)}") from error
    except (RecursionError, TypeError, ValueError) as error:
        raise Refused(f"profile: cannot be read: {error}") from error


def _where(error: Any) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = str(getattr(error, "problem", None) or "it is no YAML").splitlines()[0]
    return f"line {mark.line + 1}: {problem}" if mark else problem


def _actions(found: Mapping[str, Any]) -> Iterator[Action]:
    for key in KEYS:
        if key in found:
            yield from _KINDS[key](key, found[key])


def _known(found: Iterable[str], keys: tuple[str, ...], where: str) -> None:
    for key in found:
        if key not in keys:
            near = difflib.get_close_matches(str(key), keys, n=2)
            there = f"did you mean {' or '.join(near)}?" if near else f"there is {', '.join(keys)}"
            raise Refused(f"{where}: unknown key {key!r}; {there}")


# what stands behind a key


def _word(key: str, value: Any) -> Iterator[Action]:
    """One word of the administrator, followed by the value as it stands."""
    yield _saying(key, *filter(None, [_text(key, value)]))


def _words(key: str, value: Any) -> Iterator[Action]:
    """One word of the administrator, followed by the words of the value."""
    yield _saying(key.removesuffix("s") if key == "gpus" else key, *_text(key, value).split())


def _clock(key: str, value: Any) -> Iterator[Action]:
    text = _text(key, value)
    if text.startswith("+"):
        raise Refused(f"profile: clock: {text!r} is no moment; write 2021-04-01 09:00")
    yield _saying("clock", text)


def _each(key: str, value: Any) -> Iterator[Action]:
    """One word for each entry of a list."""
    for text in _list(key, value):
        yield _saying({"facts": "fact", "users": "user", "faults": "fault"}[key], *text.split())


def _disks(key: str, value: Any) -> Iterator[Action]:
    for mount, size in _mapping(key, value).items():
        yield _saying("disk", mount, *_text(f"{key}: {mount}", size).split())


def _packages(key: str, value: Any) -> Iterator[Action]:
    found = _mapping(key, value)
    _known([manager.partition(":")[0].lower() for manager in found], _MANAGERS, f"profile: {key}")
    for manager, names in found.items():
        for text in _list(f"{key}: {manager}", names):
            yield _saying("install", manager, *text.split())


def _files(key: str, value: Any) -> Iterator[Action]:
    for path, content in _mapping(key, value).items():
        where = f"profile: {key}: {path}"
        if not path.startswith("/"):
            raise Refused(f"{where}: write the full path, /root/{path}")
        said = content if isinstance(content, dict) else {"text": content}
        _known(said, _FILE_KEYS, where)
        values = {name: _text(f"{key}: {path}: {name}", one) for name, one in said.items()}
        if ("size" in values) == ("text" in values):
            raise Refused(f"{where}: give it a text or a size")
        mode = values.get("mode", "")
        if not re.fullmatch(r"(0?[0-7]{3,4})?", mode):
            raise Refused(f"{where}: mode {mode!r} is no mode; write 755")
        if "size" in values:
            yield _saying("file", path, "--size", "".join(values["size"].split()))
        else:
            yield _writing(path, values["text"])
        yield _owning(path, int(mode, 8) if mode else None, values.get("owner", ""))


def _saying(word: str, *args: str) -> Action:
    def act(machine: Machine) -> list[str]:
        return words.say(machine, [word, *args], "/")

    return act


def _writing(path: str, text: str) -> Action:
    def act(machine: Machine) -> list[str]:
        machine.files.write(path, text.encode("utf-8", "replace"))
        return []

    return act


def _owning(path: str, mode: int | None, owner: str) -> Action:
    def act(machine: Machine) -> list[str]:
        if owner:
            user, _, group = owner.partition(":")
            machine.files.chown(path, user, group or None)
        if mode is not None:
            machine.files.chmod(path, mode)
        return []

    return act


def _text(key: str, value: Any) -> str:
    if not isinstance(value, str):
        raise Refused(f"profile: {key}: a text belongs here")
    return value


def _list(key: str, value: Any) -> list[str]:
    found = value if isinstance(value, list) else [value]
    if len(found) > _MANY:
        raise Refused(f"profile: {key}: more than {_MANY} entries")
    return [_text(key, one) for one in found]


def _mapping(key: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Refused(f"profile: {key}: lines of NAME: VALUE belong here")
    return value


_KINDS: dict[str, Callable[[str, Any], Iterator[Action]]] = {
    "zone": _word,
    "clock": _clock,
    "os": _words,
    "host": _word,
    "cpu": _word,
    "memory": _word,
    "disks": _disks,
    "users": _each,
    "gpus": _words,
    "driver": _word,
    "cuda": _word,
    "python": _word,
    "packages": _packages,
    "files": _files,
    "facts": _each,
    "faults": _each,
}
"""What each key means, in the order in which they are applied: what is said later fits what was said before."""

KEYS = tuple(_KINDS)
