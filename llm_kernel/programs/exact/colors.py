"""The colours of ``ls``: what ``LS_COLORS`` says, or the colours it has without."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase

from llm_kernel.machine.stat import Stat

__all__ = ["Colors", "can_color"]

_TERMS = (
    "Eterm ansi *color* con[0-9]*x[0-9]* cons25 console cygwin *direct* dtterm gnome hurd jfbterm konsole kterm linux "
    "linux-c mlterm putty rxvt* screen* st terminator tmux* vt100 vt220 xterm*"
)

_PLAIN = {
    "di": "01;34",
    "ln": "01;36",
    "bd": "01;33",
    "cd": "01;33",
    "su": "37;41",
    "sg": "30;43",
    "st": "37;44",
    "ow": "34;42",
    "tw": "30;42",
    "ex": "01;32",
}


def can_color(env: Mapping[str, str]) -> bool:
    """Whether ``ls`` would believe that the terminal has colours."""
    if env.get("LS_COLORS") or env.get("COLORTERM"):
        return True
    return any(fnmatchcase(env.get("TERM", ""), pattern) for pattern in _TERMS.split())


class Colors:
    """Escape sequences around names."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._codes = dict(_PLAIN)
        self._endings: list[tuple[str, str]] = []
        for part in env.get("LS_COLORS", "").split(":"):
            key, eq, code = part.partition("=")
            if eq and key.startswith("*"):
                self._endings.append((key[1:], code))
            elif eq:
                self._codes[key] = code

    def paint(self, text: str, name: str, stat: Stat, target: Stat | None = None) -> str:
        """``text`` in the colour of the file ``name``; ``target`` is what a link leads to, None where it is broken."""
        code = self._code(name, stat, target)
        if not code:
            return text
        return f"\033[{code}m{text}\033[0m"

    @staticmethod
    def begun(text: str) -> str:
        """``text`` with a reset before its first colour, as ``ls`` begins."""
        return text.replace("\033[", "\033[0m\033[", 1)

    def _code(self, name: str, stat: Stat, target: Stat | None) -> str:
        match stat.kind:
            case "directory":
                return self._folder(stat)
            case "symlink":
                if target is None and self._lit("or"):
                    return self._codes["or"]
                if self._codes.get("ln") == "target" and target is not None:
                    return self._code(name, target, None)
                return self._codes.get("ln", "")
            case "character":
                return self._codes.get("cd", "")
            case "block":
                return self._codes.get("bd", "")
            case _:
                return self._file(name, stat)

    def _folder(self, stat: Stat) -> str:
        sticky, open_ = bool(stat.mode & 0o1000), bool(stat.mode & 0o002)
        key = "tw" if sticky and open_ else "ow" if open_ else "st" if sticky else "di"
        return self._codes[key] if self._lit(key) else self._codes.get("di", "")

    def _file(self, name: str, stat: Stat) -> str:
        if stat.mode & 0o4000 and self._lit("su"):
            return self._codes["su"]
        if stat.mode & 0o2000 and self._lit("sg"):
            return self._codes["sg"]
        if stat.mode & 0o111 and self._lit("ex"):
            return self._codes["ex"]
        ending = next((code for end, code in reversed(self._endings) if name.lower().endswith(end.lower())), "")
        plain = self._codes["fi"] if self._lit("fi") else ""
        return ending or plain

    def _lit(self, key: str) -> bool:
        return self._codes.get(key, "") not in ("", "0", "00")
