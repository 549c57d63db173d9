"""``/proc`` and ``/sys`` are the kernel's: nobody makes, moves or takes away a name there, and few files listen."""

from __future__ import annotations

import errno

__all__ = ["making", "taking", "writing"]


def making(place: str, *, folder: bool = False) -> int:
    """The error that a new name at ``place`` gives; 0 where there is none."""
    if not _within(place):
        return 0
    if place.startswith("/proc/"):
        return errno.ENOENT
    return errno.EPERM if folder else errno.EACCES


def taking(place: str) -> int:
    """The error that taking ``place`` away, or moving it, gives; 0 where there is none."""
    if place in ("/proc", "/sys"):
        return errno.EBUSY
    return errno.EPERM if _within(place) else 0


def writing(place: str, mode: int) -> int:
    """The error that bytes for the file at ``place`` give, which has the bits ``mode``; 0 where it takes them."""
    if not _within(place) or mode & 0o222:
        return 0
    return errno.EIO if place.startswith("/proc/") and not place.startswith("/proc/sys/") else errno.EACCES


def _within(place: str) -> bool:
    """Control groups alone are made by who likes."""
    return place.startswith(("/proc/", "/sys/")) and not place.startswith("/sys/fs/cgroup/")
