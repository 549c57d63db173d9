"""What ``.gitignore`` leaves out."""

from __future__ import annotations

import re
from collections.abc import Callable

__all__ = ["Ignores"]


class Ignores:
    """``read`` gives the text of a file of the work tree, empty where there is none; ``more`` is text for the top."""

    def __init__(self, read: Callable[[str], str], more: str = "") -> None:
        self._read = read
        self._rules: dict[str, list[tuple[re.Pattern[str], bool, bool]]] = {"\0": _rules(more)}

    def skips(self, path: str, *, folder: bool) -> bool:
        """Whether ``path`` (from the top, no slash at its ends) is ignored by a rule for itself."""
        said = self._said("\0", path, folder)
        parts = path.split("/")
        for depth in range(len(parts)):
            base = "/".join(parts[:depth])
            word = self._said(base, "/".join(parts[depth:]), folder)
            said = said if word is None else word
        return bool(said)

    def below(self, path: str) -> bool:
        """Whether ``path`` or a folder that it lies in is ignored."""
        parts = path.split("/")
        return any(
            self.skips("/".join(parts[: depth + 1]), folder=depth + 1 < len(parts)) for depth in range(len(parts))
        )

    def _said(self, base: str, path: str, folder: bool) -> bool | None:
        if base not in self._rules:
            self._rules[base] = _rules(self._read(f"{base}/.gitignore".lstrip("/")))
        said = None
        for pattern, only_folders, keeps in self._rules[base]:
            if (folder or not only_folders) and pattern.fullmatch(path):
                said = not keeps
        return said


def _rules(text: str) -> list[tuple[re.Pattern[str], bool, bool]]:
    rules = []
    for line in text.splitlines():
        line = line if line.endswith("\\ ") else line.rstrip()
        if not line or line.startswith("#"):
            continue
        keeps, line = line.startswith("!"), line.removeprefix("!")
        only_folders, line = line.endswith("/"), line.rstrip("/")
        anchored, line = "/" in line, line.removeprefix("/")
        try:
            rules.append((re.compile(("" if anchored else "(?:.*/)?") + _regex(line)), only_folders, keeps))
        except re.error:
            continue
    return rules


def _regex(glob: str) -> str:
    out, at = "", 0
    while at < len(glob):
        letter = glob[at]
        if glob.startswith("**/", at):
            out, at = out + "(?:.*/)?", at + 3
            continue
        if glob.startswith("/**", at) and at + 3 == len(glob):
            out, at = out + "/.*", at + 3
            continue
        if letter == "*":
            out += "[^/]*"
        elif letter == "?":
            out += "[^/]"
        elif letter == "[" and "]" in glob[at + 2 :]:
            end = glob.index("]", at + 2)
            out += "[" + glob[at + 1 : end].replace("!", "^", 1) + "]"
            at = end
        elif letter == "\\" and at + 1 < len(glob):
            out, at = out + re.escape(glob[at + 1]), at + 1
        else:
            out += re.escape(letter)
        at += 1
    return out
