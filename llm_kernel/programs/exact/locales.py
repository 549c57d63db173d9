"""Language and virtualisation as the system tells them: ``locale``, ``localectl``, ``systemd-detect-virt``."""

from __future__ import annotations

import re
from collections.abc import Mapping

from llm_kernel.machine import Machine
from llm_kernel.programs.table import NotExact, exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["detect_virt", "locale", "localectl"]

_CATEGORIES = (
    *("CTYPE", "NUMERIC", "TIME", "COLLATE", "MONETARY", "MESSAGES", "PAPER", "NAME", "ADDRESS", "TELEPHONE"),
    *("MEASUREMENT", "IDENTIFICATION"),
)


@exact("locale")
def locale(call: Call) -> Answer:
    """The language of each category, and with ``-a`` the languages that are there."""
    if call.args in (("-a",), ("--all-locales",)):
        utf = "C.utf8" if call.machine.system.profile.since("libc", "2.35") else "C.UTF-8"
        names = ["C", utf, "POSIX"] if call.machine.system.profile.like == "debian" else ["C", "POSIX", "en_US", _US]
        return Answer("".join(f"{name}\n" for name in names))
    if call.args:
        raise NotExact(call.name)
    return Answer(_listed(call.env))


_US = "en_US.utf8"


def _listed(env: Mapping[str, str]) -> str:
    plain, over = env.get("LANG", ""), env.get("LC_ALL", "")
    rows = [f"LANG={plain}\n", f"LANGUAGE={env['LANGUAGE']}\n" if "LANGUAGE" in env else "LANGUAGE=\n"]
    for name in _CATEGORIES:
        own = env.get(f"LC_{name}", "")
        rows.append(f"LC_{name}={own}\n" if own and not over else f'LC_{name}="{over or plain or "POSIX"}"\n')
    return "".join([*rows, f"LC_ALL={over}\n"])


@exact("localectl")
def localectl(call: Call) -> Answer:
    """The language that the system's own file names, and its keyboard."""
    words = [word for word in call.args if not word.startswith("-")]
    if words not in ([], ["status"]):
        raise NotExact(call.name)
    told = re.search(r"^LANG=\"?([\w.@-]+)", _text(call.machine), re.MULTILINE)
    keys = "us" if call.machine.system.profile.like == "rhel" else "n/a"
    layout = "n/a" if keys == "us" else "us"
    model = "" if keys == "us" else "       X11 Model: pc105\n"
    lang = f"LANG={told[1]}" if told else "n/a"
    return Answer(f"   System Locale: {lang}\n       VC Keymap: {keys}\n      X11 Layout: {layout}\n{model}")


def _text(machine: Machine) -> str:
    """The file that names the language."""
    for path in ("/etc/locale.conf", "/etc/default/locale"):
        if machine.files.exists(path):
            return machine.files.read(path).decode(errors="replace")
    return ""


@exact("systemd-detect-virt")
def detect_virt(call: Call) -> Answer:
    """Whether the machine is a virtual one: its record is that of a server of its own."""
    if set(call.args) - {"-q", "--quiet", "-v", "--vm", "-c", "--container"}:
        raise NotExact(call.name)
    return Answer("" if {"-q", "--quiet"} & set(call.args) else "none\n", "", 1)
