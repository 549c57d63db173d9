"""Where a repository keeps objects and names: files below ``.git``, as git lays them out.

A blob of a file without bytes is stored as its beginning. A blob of a cloned repository may be only listed: its
content is asked for (``Unimagined``) when somebody needs it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import posixpath
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from llm_kernel.machine import Machine
from llm_kernel.machine.heads import head
from llm_kernel.machine.latent import Unimagined
from llm_kernel.programs.git.fault import Fatal

__all__ = ["Blob", "Store", "blob_id", "object_id"]


@dataclass(frozen=True, slots=True)
class Blob:
    """A file's content; ``size`` where it is more than ``data``, which is then how it begins."""

    data: bytes
    size: int | None = None
    origin: str = ""

    @property
    def length(self) -> int:
        """How many bytes it stands for."""
        return len(self.data) if self.size is None else self.size


def object_id(kind: str, data: bytes) -> str:
    """The name that git gives to an object."""
    return hashlib.sha1(b"%s %d\0" % (kind.encode(), len(data)) + data, usedforsecurity=False).hexdigest()


def blob_id(blob: Blob) -> str:
    """The name of a blob; for one without bytes a name that its size and beginning decide."""
    if blob.size is None:
        return object_id("blob", blob.data)
    return hashlib.sha1(b"blob %d\0" % blob.size + blob.data, usedforsecurity=False).hexdigest()


class Store:
    """The objects and names of the repository whose folder is ``folder``."""

    def __init__(self, machine: Machine, folder: str) -> None:
        self.machine = machine
        self.folder = folder
        self._files = machine.files
        self._packed: dict[str, Any] | None = None
        self._kept: dict[str, tuple[str, bytes]] = {}

    # objects

    def put(self, kind: str, data: bytes) -> str:
        """Store an object and return its name."""
        name = object_id(kind, data)
        if not self.has(name):
            self._write(name, zlib.compress(b"%s %d\0" % (kind.encode(), len(data)) + data, 1))
        return name

    def put_blob(self, blob: Blob) -> str:
        """Store a file's content and return its name."""
        if blob.size is None:
            return self.put("blob", blob.data)
        name = blob_id(blob)
        if not self.has(name):
            data = zlib.compress(b"blob %d\0" % blob.size + blob.data, 1)
            self._write(name, data, max(len(data), int(blob.size * 0.93)))
        return name

    def has(self, name: str) -> bool:
        """Whether there is an object of that name."""
        return name in self._kept or self._files.exists(self._place(name)) or name in self._pack()

    def kind(self, name: str) -> str:
        """``blob``, ``tree``, ``commit`` or ``tag``."""
        row = self._pack().get(name)
        return "blob" if row and row[0] == "latent" else self.get(name)[0]

    def get(self, name: str) -> tuple[str, bytes]:
        """An object's kind and bytes.

        Raises:
            Fatal: where there is none.
            Unimagined: where it is a blob that is only listed.
        """
        if name in self._kept:
            return self._kept[name]
        row = self._pack().get(name)
        if row is not None and row[0] == "latent" and not row[2]:
            return "blob", head(str(row[3]), int(row[1]))
        if row is not None and row[0] == "latent":
            data = self.machine.invented.get(row[2])
            if data is None:
                raise Unimagined([row[2]])
            return "blob", data
        if row is not None:
            found = str(row[0]), base64.b64decode(row[1])
        else:
            place = self._place(name)
            if not self._files.exists(place):
                raise Fatal(f"bad object {name}")
            try:
                whole = zlib.decompressobj().decompress(self._files.head(place))
            except zlib.error as err:
                raise Fatal(f"loose object {name} (stored in {place}) is corrupt") from err
            first, _, data = whole.partition(b"\0")
            found = first.partition(b" ")[0].decode(), data
        self._kept[name] = found
        return found

    def blob(self, name: str, *, ask: bool = True) -> Blob:
        """A file's content; ``ask`` False: of one that is only listed, its size and origin are enough."""
        row = self._pack().get(name)
        if row is not None and row[0] == "latent" and not row[2]:
            return Blob(head(str(row[3]), int(row[1])), int(row[1]))
        if row is not None and row[0] == "latent" and not ask:
            data = self.machine.invented.get(row[2])
            return Blob(b"", int(row[1]), str(row[2])) if data is None else Blob(data, None, str(row[2]))
        data = self.get(name)[1]
        place = self._place(name)
        if self._files.is_sized(place):
            first = zlib.decompressobj().decompress(self._files.head(place)).partition(b"\0")[0]
            return Blob(data, int(first.partition(b" ")[2]))
        return Blob(data, None, str(row[2]) if row and row[0] == "latent" else "")

    def add_pack(self, rows: Mapping[str, list[Any]], size: int) -> str:
        """Store what a remote sent: many objects in one file of ``size`` bytes; its name."""
        name = hashlib.sha1("".join(sorted(rows)).encode(), usedforsecurity=False).hexdigest()
        first = b"PACK\0\0\0\2" + len(rows).to_bytes(4, "big")
        data = first + zlib.compress(json.dumps(rows, separators=(",", ":")).encode(), 6)
        base = f"{self.folder}/objects/pack/pack-{name}"
        self._files.sized(f"{base}.pack", max(size, len(data)), data)
        self._files.sized(f"{base}.idx", 1072 + 28 * len(rows), b"\xfftOc\0\0\0\2")
        for kind in ("pack", "idx"):
            self._files.chmod(f"{base}.{kind}", 0o444)
        self._packed = None
        return name

    def forget(self) -> None:
        """Look anew at what lies there: somebody else wrote it."""
        self._packed = None

    def names(self) -> Iterator[str]:
        """Every object's name."""
        top = f"{self.folder}/objects"
        for folder in self._files.listdir(top):
            if len(folder) == 2:
                yield from (folder + rest for rest in self._files.listdir(f"{top}/{folder}"))
        yield from self._pack()

    def _place(self, name: str) -> str:
        return f"{self.folder}/objects/{name[:2]}/{name[2:]}"

    def _write(self, name: str, data: bytes, size: int = 0) -> None:
        place = self._place(name)
        if size:
            self._files.sized(place, size, data)
        else:
            self._files.write(place, data)
        self._files.chmod(place, 0o444)

    def _pack(self) -> dict[str, Any]:
        if self._packed is None:
            self._packed = {}
            top = f"{self.folder}/objects/pack"
            for name in self._files.listdir(top) if self._files.is_dir(top) else ():
                if name.endswith(".pack"):
                    self._packed |= _unpacked(self._files.head(f"{top}/{name}"))
        return self._packed

    # names

    def text(self, name: str) -> str:
        """A small file of the repository's folder; empty where it is not there."""
        path = posixpath.join(self.folder, name)
        try:
            return self._files.read(path).decode("utf-8", "replace").rstrip("\n")
        except OSError:
            return ""

    def set_text(self, name: str, text: str) -> None:
        """Write a small file of the repository's folder."""
        self._files.write(posixpath.join(self.folder, name), text.encode())

    def drop(self, name: str) -> None:
        """Take away a file of the repository's folder, where it is there."""
        path = posixpath.join(self.folder, name)
        if self._files.exists(path):
            self._files.remove(path)

    def refs(self, under: str = "refs/") -> dict[str, str]:
        """Every name below ``under`` with what it points to, by name."""
        found = {}
        for line in self.text("packed-refs").splitlines():
            name, _, ref = line.partition(" ")
            if ref.startswith(under) and not line.startswith(("#", "^")):
                found[ref] = name
        top = posixpath.join(self.folder, under.rstrip("/"))
        for path in self._files.walk(top) if self._files.is_dir(top) else ():
            if not self._files.is_dir(path):
                ref = path[len(self.folder) + 1 :]
                text = self.text(ref)
                found[ref] = self.ref(text[5:]) if text.startswith("ref: ") else text
        return {ref: name for ref, name in sorted(found.items()) if name}

    def ref(self, name: str) -> str:
        """What ``HEAD``, ``refs/heads/main`` ... points to; empty where it does not exist."""
        text = self.text(name)
        for _ in range(5):
            if not text.startswith("ref: "):
                break
            name = text[5:].strip()
            text = self.text(name)
        if text:
            return text
        rows = (line.partition(" ") for line in self.text("packed-refs").splitlines() if line[:1] not in "#^")
        return next((row[0] for row in rows if row[2] == name), "")

    def drop_ref(self, name: str) -> None:
        """Forget a name, wherever it is kept, and the folders that it leaves empty."""
        packed = self.text("packed-refs").splitlines()
        left = [line for line in packed if line.partition(" ")[2] != name]
        if left != packed:
            self.set_text("packed-refs", "".join(f"{line}\n" for line in left))
        self.drop(name)
        self.drop(f"logs/{name}")
        folder = posixpath.dirname(name)
        while folder.count("/") > 1 and self._empty(folder):
            self._files.remove(posixpath.join(self.folder, folder))
            folder = posixpath.dirname(folder)

    def _empty(self, folder: str) -> bool:
        path = posixpath.join(self.folder, folder)
        return self._files.is_dir(path) and not self._files.listdir(path)


def _unpacked(data: bytes) -> dict[str, Any]:
    try:
        rows = json.loads(zlib.decompressobj().decompress(data[12:]))
    except (ValueError, zlib.error):
        return {}
    return rows if isinstance(rows, dict) else {}
