"""``platform.platform()``: the system in one line, as each Python puts it."""

from __future__ import annotations

from llm_kernel.machine import Machine

__all__ = ["platform_line"]


def platform_line(machine: Machine, branch: tuple[int, ...]) -> str:
    """The line of a Python of ``branch``: until 3.7 it names the distribution, later what its program was linked to."""
    system, made = machine.system, machine.system.profile
    base = f"Linux-{system.kernel}-{system.arch}-with"
    if branch < (3, 8) and made.like == "rhel":
        return f"{base}-centos-{made.point if made.os != 'centos' else '7.9.2009'}-{made.codename}"
    if branch < (3, 8):
        return f"{base}-{made.label if made.os == 'ubuntu' else made.os}-{made.release}-{made.codename}"
    if branch == (3, 8):
        return f"{base}-glibc{'2.29' if (made.os, made.release) == ('ubuntu', '20.04') else '2.10'}"
    return f"{base}-glibc{made.libc}"
