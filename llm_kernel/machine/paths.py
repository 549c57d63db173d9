"""The way from a name to the place it means: links are followed here, for the file system below does not."""

from __future__ import annotations

import errno
from contextlib import suppress

from llm_kernel.machine.nodes import Nodes

__all__ = ["fault", "join", "kind_of", "normal", "parent", "resolve"]

_HOPS = 40
_LONGEST = 255
"""The most bytes of a name."""
_TEXTS = {
    errno.ENOENT: "No such file or directory",
    errno.EEXIST: "File exists",
    errno.ENOTDIR: "Not a directory",
    errno.EISDIR: "Is a directory",
    errno.EINVAL: "Invalid argument",
    errno.EFBIG: "File too large",
    errno.ENOSPC: "No space left on device",
    errno.ENAMETOOLONG: "File name too long",
    errno.ENOTEMPTY: "Directory not empty",
    errno.ELOOP: "Too many levels of symbolic links",
    errno.EIO: "Input/output error",
    errno.EBUSY: "Device or resource busy",
    errno.EPERM: "Operation not permitted",
    errno.EACCES: "Permission denied",
}


def fault(number: int, path: str) -> OSError:
    """The error ``number`` about ``path``, in the words of the GNU C library on every host."""
    return OSError(number, _TEXTS[number], path)


def parent(path: str) -> str:
    """The directory part of an absolute path without a slash at its end."""
    return path.rpartition("/")[0] or "/"


def join(folder: str, name: str) -> str:
    """``name`` in ``folder``."""
    return folder + name if folder.endswith("/") else f"{folder}/{name}"


def kind_of(root: Nodes, path: str) -> str | None:
    """``file``, ``directory`` or ``symlink`` as stored, or None where nothing is."""
    try:
        return str(root.stat(path)["file_type"])
    except (RuntimeError, UnicodeEncodeError):
        return None


def normal(root: Nodes, name: str, cwd: str) -> str:
    """``name`` seen from ``cwd`` without ``.``, ``..`` and doubled slashes; a link is followed only before ``..``.

    An empty name stays empty: it leads nowhere.
    """
    if not name:
        return ""
    done = ""
    for part in join(cwd, name).split("/") if not name.startswith("/") else name.split("/"):
        if part in ("", "."):
            continue
        if part != "..":
            done = f"{done}/{part}"
            continue
        if kind_of(root, done) == "symlink":
            with suppress(OSError):  # behind a broken link: go on by the name alone
                done = resolve(root, done)
        done = done.rpartition("/")[0]
    return done or "/"


def resolve(root: Nodes, path: str, *, follow: bool = True) -> str:
    """The place an absolute ``path`` means: free of links, except a last one when not ``follow``.

    The last part need not be there.

    Raises:
        OSError: when something before the last part is missing or no directory, a name is too long, or links go in a
            circle.
    """
    if not path.startswith("/"):
        raise fault(errno.ENOENT, path)
    todo = _parts(path)
    done = ""
    hops = 0
    while todo:
        part = todo.pop()
        if part == "..":
            done = done.rpartition("/")[0]
            continue
        if len(part.encode(errors="surrogatepass")) > _LONGEST:
            raise fault(errno.ENAMETOOLONG, path)
        here = f"{done}/{part}"
        kind = kind_of(root, here)
        if kind == "symlink" and (follow or todo):
            hops += 1
            if hops > _HOPS:
                raise fault(errno.ELOOP, path)
            target = root.read_link(here)
            todo.extend(_parts(target))
            done = "" if target.startswith("/") else done
            continue
        if todo and kind != "directory":
            raise fault(errno.ENOENT if kind is None else errno.ENOTDIR, path)
        done = here
    return done or "/"


def _parts(path: str) -> list[str]:
    return [part for part in reversed(path.split("/")) if part not in ("", ".")]
