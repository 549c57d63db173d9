"""What a login shell begins with: its environment, its aliases and what it says of itself."""

from __future__ import annotations

import re

from llm_kernel.machine import Machine

__all__ = ["ALIASES", "CONDA", "environment", "prologue"]

ALIASES = frozenset(["ll", "la", "l"])
"""Aliases that a login shell has without having been told."""

CONDA = (
    'conda() { case "$1" in activate|deactivate) '
    'local asked; asked="$(command conda shell.posix "$@")" || return; eval "$asked" ;; '
    '*) command conda "$@" ;; esac; }'
)
"""What conda's own start file defines: entering an environment changes the shell, which no program can."""

_OPENING = (
    "shopt -s expand_aliases; declare +x UID; declare +x EUID; alias ll='ls -alF'; alias la='ls -A'; alias l='ls -CF'; "
)


def prologue(machine: Machine) -> str:
    """What a shell runs before anything else."""
    version = machine.system.profile.bash
    parts = " ".join(re.findall(r"\d+", version))
    says = f"BASH_VERSINFO=({parts} release x86_64-pc-linux-gnu); BASH=/bin/bash; "
    return _OPENING + (f"{CONDA}; " if machine.packages.has_conda else "") + says


def environment(machine: Machine) -> dict[str, str]:
    """A login shell's environment on ``machine``."""
    system = machine.system
    user = system.user
    home = next((u.home for u in system.users if u.name == user), "/root" if user == "root" else f"/home/{user}")
    uid = next((u.uid for u in system.users if u.name == user), 0 if user == "root" else 1000)
    env = {
        "SHELL": "/bin/bash",
        "PWD": home,
        "LOGNAME": user,
        "HOME": home,
        "LANG": "en_US.UTF-8" if system.os == "centos" else "C.UTF-8",
        "TERM": "xterm-256color",
        "USER": user,
        "SHLVL": "1",
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "UID": str(uid),
        "EUID": str(uid),
    }
    if machine.devices.cuda:
        env["PATH"] = f"/usr/local/cuda/bin:{env['PATH']}"
    if machine.packages.has_conda:
        env["PATH"] = f"/opt/conda/bin:{env['PATH']}"
        env |= {"CONDA_PREFIX": "/opt/conda", "CONDA_DEFAULT_ENV": "base", "CONDA_SHLVL": "1"}
    return env
