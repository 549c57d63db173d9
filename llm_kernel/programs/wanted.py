"""Which files that nobody has imagined yet a shell text is about to read, as far as its words tell."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import pairwise

from llm_kernel.machine import Machine

__all__ = ["READERS", "Wanted", "wanted"]

READERS = frozenset(
    """. awk base32 base64 bash bat cat cksum cmp column comm cut diff egrep expand fgrep fmt fold g++ gawk gcc grep
    head hexdump join jq less make md5sum more nl node nohup od paste perl pip pip3 pr python python3 rev rg ruby sed sh
    sha1sum sha256sum sha512sum shuf sort source split strings tac tail tee time timeout torchrun tr uniq wc xxd
    """.split()
)
"""Programs that read what files hold."""

_BEFORE = frozenset(
    "sudo env nice nohup time timeout xargs command exec then do else if elif while until ! { (".split()
)
_BREAKS = frozenset(";|&()\n")
_EACH = re.compile(r"(?:\bxargs(?:\s+-\S+(?:\s+\d+)?)*|-exec(?:dir)?|\bdo)\s+([\w.+-]+)")
_GLOB = re.compile(r"[*?\[]")
_MOST_TEXT = 20_000


@dataclass(slots=True)
class Wanted:
    """Paths in the order of their need."""

    paths: dict[str, None] = field(default_factory=dict)

    def add(self, path: str) -> None:
        """One more, once."""
        self.paths[path] = None


def wanted(machine: Machine, text: str, cwd: str) -> list[str]:
    """The latent files that ``text``, run in ``cwd``, would read."""
    latents = machine.files.latents()
    if not latents:
        return []
    found, here = Wanted(), cwd
    reads = any(name in READERS for name in _EACH.findall(text[:_MOST_TEXT]))
    for words in _commands(text[:_MOST_TEXT]):
        while words and (words[0] in _BEFORE or re.match(r"\w+=", words[0])):
            words = words[1:]
        if not words:
            continue
        name = posixpath.basename(words[0])
        if name == "cd":
            here = posixpath.normpath(posixpath.join(here, words[1])) if len(words) > 1 else here
        elif name in READERS or (name in ("for", "find") and reads):
            _read(machine, latents, name, words, here, found)
        elif "/" in words[0]:
            _word(machine, latents, words[0], here, found, deep=False)
    return list(found.paths)


def _commands(text: str) -> Iterator[list[str]]:
    lexer = shlex.shlex(text, posix=True, punctuation_chars=";|&()\n")
    lexer.whitespace, lexer.commenters = " \t", "#"
    words: list[str] = []
    try:
        for word in lexer:
            if word and set(word) <= _BREAKS:
                yield words
                words = []
            else:
                words.append(word)
    except ValueError:  # an open quote: what came before it counts
        pass
    yield words


def _read(machine: Machine, latents: dict[str, str], name: str, words: list[str], here: str, found: Wanted) -> None:
    if name == "find":
        pattern = next((after for word, after in pairwise(words) if word in ("-name", "-iname")), "*")
        tops = [word for word in words[1:2] if not word.startswith("-")] or ["."]
        for top in tops:
            _below(machine, latents, top, here, pattern, found)
        return
    flags = "".join(word[1:] for word in words[1:] if re.fullmatch(r"-[A-Za-z]+", word))
    deep = name == "rg" or (name in ("grep", "egrep", "fgrep") and ("r" in flags.lower() or "--recursive" in words))
    include = next((word.partition("=")[2] for word in words if word.startswith("--include=")), "*")
    named = [word.lstrip("<") for word in words[1:] if not word.startswith("-")]
    for word in named:
        _word(machine, latents, word, here, found, deep=deep, include=include)
    if deep and len(named) < 2:
        _below(machine, latents, ".", here, include, found)


def _word(
    machine: Machine, latents: dict[str, str], word: str, here: str, found: Wanted, *, deep: bool, include: str = "*"
) -> None:
    path = posixpath.normpath(posixpath.join(here, _home(machine, word)))
    if _GLOB.search(word):
        depth = path.count("/")
        for one in latents:
            if one.count("/") == depth and fnmatchcase(one, path):
                found.add(one)
        return
    try:
        place = machine.files.resolve(path)
    except OSError:
        return
    if place in latents:
        found.add(place)
    elif deep and machine.files.is_dir(place):
        _below(machine, latents, place, here, include, found)


def _below(machine: Machine, latents: dict[str, str], top: str, here: str, pattern: str, found: Wanted) -> None:
    base = posixpath.normpath(posixpath.join(here, _home(machine, top))).rstrip("/") + "/"
    for one in latents:
        if one.startswith(base) and "/.git/" not in one and fnmatchcase(posixpath.basename(one), pattern):
            found.add(one)


def _home(machine: Machine, word: str) -> str:
    if word == "~" or word.startswith("~/"):
        user = next((one for one in machine.system.users if one.name == machine.system.user), None)
        return (user.home if user else "/root") + word[1:]
    return word
