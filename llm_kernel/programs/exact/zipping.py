"""``zip``, ``unzip`` and ``zipinfo -1``: archives as PKZIP made them."""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from llm_kernel.machine.files import LIMIT
from llm_kernel.programs.table import NotExact, live
from llm_kernel.shell.call import Call, Io

__all__ = ["unzip", "zip_files"]

_TRUE_SIZE = b"IM"
"""Where an entry's comment begins with this, the rest is the size of a file without bytes."""


@dataclass(slots=True)
class _Entry:
    name: str
    data: bytes = b""
    moment: tuple[int, int, int, int, int, int] = (1980, 1, 1, 0, 0, 0)
    mode: int = 0o644
    size: int = 0
    packed: int = 0
    link: bool = False

    @property
    def folder(self) -> bool:
        return self.name.endswith("/")

    @property
    def sized(self) -> bool:
        return self.size != len(self.data)

    @property
    def saved(self) -> int:
        """How many percent packing saves."""
        if not self.size or self.packed >= self.size:
            return 0
        return (200 * (self.size - self.packed) // self.size + 1) // 2


def _read(data: bytes) -> list[_Entry]:
    found, room = [], 4 * LIMIT
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for info in archive.infolist():
            room -= info.file_size
            if room < 0:
                raise zipfile.BadZipFile("too large")
            body = archive.read(info)
            size = int(info.comment[2:]) if info.comment.startswith(_TRUE_SIZE) else len(body)
            mode = info.external_attr >> 16
            packed = info.compress_size if size == len(body) else int(size * 0.93)
            link = mode & 0o170000 == 0o120000
            found.append(_Entry(info.filename, body, info.date_time, mode & 0o7777, size, packed, link))
    return found


def _write(entries: Sequence[_Entry]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for entry in entries:
            info = zipfile.ZipInfo(entry.name, entry.moment)
            kind = 0o040000 if entry.folder else 0o120000 if entry.link else 0o100000
            info.external_attr = (kind | entry.mode) << 16
            info.compress_type = zipfile.ZIP_DEFLATED if entry.packed < entry.size else zipfile.ZIP_STORED
            if entry.sized:
                info.comment = _TRUE_SIZE + str(entry.size).encode()
            archive.writestr(info, entry.data)
    return buffer.getvalue()


@dataclass(slots=True)
class _Words:
    """A command line of ``zip`` or ``unzip``: letters in bundles, and words that take what follows."""

    flags: set[str] = field(default_factory=set)
    names: list[str] = field(default_factory=list)
    excluded: list[str] = field(default_factory=list)
    included: list[str] = field(default_factory=list)
    folder: str = ""
    wrong: str = ""

    @classmethod
    def parse(cls, args: Sequence[str], known: str, *, into: bool = False) -> _Words:
        words, rest = cls(), list(args)
        while rest:
            arg = rest.pop(0)
            if arg in ("-x", "-i", "--exclude", "--include") and words.names:
                listed = words.excluded if arg in ("-x", "--exclude") else words.included
                while rest and not rest[0].startswith("-"):
                    listed.append(rest.pop(0))
                if rest[:1] == ["-@"]:
                    rest.pop(0)
            elif arg.startswith("--"):
                words.flags.add(_LONG.get(arg[2:], arg))
                words.wrong = words.wrong or ("" if arg[2:] in _LONG else f"long option '{arg[2:]}' not supported")
            elif arg.startswith("-") and len(arg) > 1:
                for at, letter in enumerate(arg[1:], 1):
                    if letter == "d" and into:
                        words.folder = arg[at + 1 :] or (rest.pop(0) if rest else "")
                        break
                    words.flags.add(letter)
                    if letter not in known and not letter.isdigit():
                        words.wrong = words.wrong or f"short option '{letter}' not supported"
            else:
                words.names.append(arg)
        return words


_LONG = {
    "recurse-paths": "r",
    "quiet": "q",
    "junk-paths": "j",
    "delete": "d",
    "update": "u",
    "move": "m",
    "freshen": "f",
    "test": "T",
    "verbose": "v",
    "symlinks": "y",
    "no-dir-entries": "D",
}


@live("zip", needs="package:zip")
async def zip_files(call: Call, streams: Io) -> int:
    """Put files into an archive, or take them out of it with ``-d``."""
    words = _Words.parse(call.args, "rqjdumfTvyDFXk@-$!AceglLnoPRSstwz")
    if words.wrong:
        await streams.err(f"\nzip error: Invalid command arguments ({words.wrong})\n")
        return 16
    if not words.names:
        await streams.out(_ZIP_USAGE)
        return 0 if not call.args else 16
    name = words.names.pop(0)
    name = name if "." in posixpath.basename(name) else f"{name}.zip"
    stdin = (await streams.read()).decode(errors="replace").splitlines() if "@" in words.flags else []
    work = _Zip(call, words, name)
    status = work.run([*words.names, *stdin])
    if work.out:
        await streams.out("".join(work.out))
    if work.err:
        await streams.err("".join(work.err))
    return status


_ZIP_USAGE = "zip [-options] [-b path] [-t mmddyyyy] [-n suffixes] [zipfile list] [-xi list]\n"


@dataclass(slots=True)
class _Zip:
    call: Call
    words: _Words
    name: str
    out: list[str] = field(default_factory=list)
    err: list[str] = field(default_factory=list)

    def run(self, names: Sequence[str]) -> int:
        """Add, update or delete."""
        files, path = self.call.machine.files, self.call.path(self.name)
        try:
            old = {entry.name: entry for entry in _read(files.head(path))} if files.exists(path) else {}
        except (zipfile.BadZipFile, ValueError, zlib.error):
            self.out.append(f"\nzip error: Zip file structure invalid ({self.name})\n")
            return 3
        if "d" in self.words.flags:
            return self._delete(path, old, names)
        added = 0
        for name in names:
            for entry in self._collect(name):
                verb = "updating" if entry.name in old else "  adding"
                way = "deflated" if entry.packed < entry.size else "stored"
                old[entry.name] = entry
                added += 1
                if "q" not in self.words.flags:
                    self.out.append(f"{verb}: {entry.name} ({way} {entry.saved}%)\n")
        if not added:
            self.out.append(f"\nzip error: Nothing to do! ({self.name})\n")
            return 12
        try:
            files.listdir(posixpath.dirname(path) or "/")
        except OSError:
            self.out.append(
                f"zip I/O error: No such file or directory\nzip error: Could not create output file ({self.name})\n"
            )
            return 15
        self._store(path, list(old.values()))
        if "m" in self.words.flags:
            for name in names:
                files.remove(self.call.path(name), "r" in self.words.flags)
        return 0

    def _delete(self, path: str, old: dict[str, _Entry], names: Sequence[str]) -> int:
        gone = [name for name in old if any(fnmatchcase(name, pattern) for pattern in names)]
        if not gone:
            self.out.append(f"\tzip warning: name not matched: {names[0] if names else ''}\n")
            self.out.append(f"\nzip error: Nothing to do! ({self.name})\n")
            return 12
        for name in gone:
            del old[name]
            if "q" not in self.words.flags:
                self.out.append(f"deleting: {name}\n")
        self._store(path, list(old.values()))
        return 0

    def _store(self, path: str, entries: Sequence[_Entry]) -> None:
        data = _write(entries)
        extra = sum(entry.packed - len(entry.data) for entry in entries if entry.sized)
        if extra > 0:
            self.call.machine.files.sized(path, len(data) + extra, data)
        else:
            self.call.machine.files.write(path, data)

    def _collect(self, name: str) -> Iterator[_Entry]:
        files, path = self.call.machine.files, self.call.path(name)
        if not files.exists(path):
            if "q" not in self.words.flags:
                self.out.append(f"\tzip warning: name not matched: {name}\n")
            return
        if path == self.call.path(self.name):
            return
        kept = posixpath.normpath(name).lstrip("/") if name.strip("./") else ""
        stat = files.stat(path)
        if stat.kind == "directory":
            if kept and "D" not in self.words.flags and "j" not in self.words.flags and self._wanted(kept + "/"):
                yield _Entry(kept + "/", b"", self._moment(stat.mtime), stat.mode)
            if "r" in self.words.flags:
                for inner in files.listdir(path):
                    yield from self._collect(f"{name.rstrip('/')}/{inner}")
            return
        if not self._wanted(kept):
            return
        kept = posixpath.basename(kept) if "j" in self.words.flags else kept
        link = "y" in self.words.flags and files.lstat(path).kind == "symlink"
        data = files.lstat(path).target.encode() if link else files.head(path)
        size = stat.size if stat.sized and not link else len(data)
        packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        packed = len(packer.compress(data) + packer.flush()) if not stat.sized else int(size * 0.93)
        packed = size if "0" in self.words.flags else min(packed, size)
        yield _Entry(kept, data, self._moment(stat.mtime), stat.mode, size, packed, link)

    def _wanted(self, name: str) -> bool:
        words = self.words
        if any(fnmatchcase(name, pattern) for pattern in words.excluded):
            return False
        return not words.included or any(fnmatchcase(name, pattern) for pattern in words.included)

    def _moment(self, when: float) -> tuple[int, int, int, int, int, int]:
        at = self.call.machine.clock.at(when)
        return (max(at.year, 1980), at.month, at.day, at.hour, at.minute, at.second // 2 * 2)


@live("unzip", "zipinfo", needs="package:unzip")
async def unzip(call: Call, streams: Io) -> int:
    """List, test, show or unpack an archive."""
    words = _Words.parse(call.args, "oqnltvpjZ1aLMCXVfuUK:2hmTsz", into=True)
    base = call.name.rpartition("/")[2]
    if not words.names:
        await streams.out("UnZip 6.00 of 20 April 2009, by Debian. Original by Info-ZIP.\n\n")
        await streams.out("Usage: unzip [-Z] [-opts[modifiers]] file[.zip] [list] [-x xlist] [-d exdir]\n")
        return 0 if not call.args else 10
    name, files = words.names.pop(0), call.machine.files
    found = next((one for one in (name, f"{name}.zip", f"{name}.ZIP") if files.exists(call.path(one))), "")
    if not found:
        shown = "zipinfo" if base == "zipinfo" or "Z" in words.flags else "unzip"
        await streams.err(f"{shown}:  cannot find or open {name}, {name}.zip or {name}.ZIP.\n")
        return 9
    try:
        entries = _read(files.head(call.path(found)))
    except (zipfile.BadZipFile, ValueError, zlib.error, OSError):
        if files.is_sized(call.path(found)):
            raise NotExact(call.name) from None  # it came from elsewhere: what is in it is anybody's guess
        lead = "" if "q" in words.flags else f"Archive:  {found}\n"
        await streams.out(lead)
        await streams.err(_NOT_ZIP.format(name=found))
        return 9
    work = _Unzip(call, words, found)
    status = await work.run(entries, streams, listing=base == "zipinfo" or "Z" in words.flags)
    if work.shown:
        await streams.out(work.shown)
    if work.out:
        await streams.out("".join(work.out))
    if work.err:
        await streams.err("".join(work.err))
    return status


_NOT_ZIP = """\
  End-of-central-directory signature not found.  Either this file is not
  a zipfile, or it constitutes one disk of a multi-part archive.  In the
  latter case the central directory and zipfile comment will be found on
  the last disk(s) of this archive.
unzip:  cannot find zipfile directory in one of {name} or
        {name}.zip, and cannot find {name}.ZIP, period.
"""


@dataclass(slots=True)
class _Unzip:
    call: Call
    words: _Words
    name: str
    out: list[str] = field(default_factory=list)
    err: list[str] = field(default_factory=list)
    shown: bytes = b""
    status: int = 0

    async def run(self, entries: Sequence[_Entry], streams: Io, *, listing: bool) -> int:
        """Do what the letters ask."""
        flags = self.words.flags
        chosen = [entry for entry in entries if self._wanted(entry.name)]
        for pattern in self.words.names:
            if not any(fnmatchcase(entry.name, pattern) for entry in entries):
                self.err.append(f"caution: filename not matched:  {pattern}\n")
                self.status = 11
        if listing:
            self.out += [f"{entry.name}\n" for entry in chosen]
        elif "l" in flags or "v" in flags:
            self._list(chosen, long="v" in flags)
        elif "t" in flags:
            self._test(chosen)
        elif "p" in flags or "c" in flags:
            self.shown = b"".join(entry.data for entry in chosen)
        else:
            self._extract(chosen)
        return self.status

    def _wanted(self, name: str) -> bool:
        if any(fnmatchcase(name, pattern) for pattern in self.words.excluded):
            return False
        return not self.words.names or any(fnmatchcase(name, pattern) for pattern in self.words.names)

    def _list(self, entries: Sequence[_Entry], *, long: bool) -> None:
        quiet = "q" in self.words.flags
        if not quiet:
            self.out.append(f"Archive:  {self.name}\n")
        total, packed = sum(entry.size for entry in entries), sum(entry.packed for entry in entries)
        count = f"{len(entries)} file{'' if len(entries) == 1 else 's'}"
        if long:
            self.out.append(" Length   Method    Size  Cmpr    Date    Time   CRC-32   Name\n")
            self.out.append("--------  ------  ------- ---- ---------- ----- --------  ----\n")
        elif not quiet:
            self.out.append("  Length      Date    Time    Name\n---------  ---------- -----   ----\n")
        for entry in entries:
            year, month, day, hour, minute, _ = entry.moment
            when = f"{year:04d}-{month:02d}-{day:02d} {hour:02d}:{minute:02d}"
            if long:
                way = "Defl:N" if entry.packed < entry.size else "Stored"
                ratio = f"{entry.saved:3d}%"
                crc = f"{zlib.crc32(entry.data):08x}"
                self.out.append(f"{entry.size:8d}  {way} {entry.packed:8d} {ratio} {when} {crc}  {entry.name}\n")
            else:
                self.out.append(f"{entry.size:9d}  {when}   {entry.name}\n")
        if long:
            saved = _Entry("", size=total, packed=packed).saved
            self.out.append("--------          -------  ---                            -------\n")
            self.out.append(f"{total:8d}         {packed:8d} {saved:3d}%                            {count}\n")
        elif not quiet:
            self.out.append(f"---------                     -------\n{total:9d}                     {count}\n")

    def _test(self, entries: Sequence[_Entry]) -> None:
        if "q" not in self.words.flags:
            self.out.append(f"Archive:  {self.name}\n")
            self.out += [f"    testing: {entry.name:<22}   OK\n" for entry in entries]
        self.out.append(f"No errors detected in compressed data of {self.name}.\n")

    def _extract(self, entries: Sequence[_Entry]) -> None:
        files, loud = self.call.machine.files, "q" not in self.words.flags
        if loud:
            self.out.append(f"Archive:  {self.name}\n")
        for entry in entries:
            name = posixpath.basename(entry.name) if "j" in self.words.flags else entry.name
            name = "/".join(part for part in name.split("/") if part not in ("..",)).lstrip("/")
            if not name.strip("/"):
                continue
            shown = posixpath.join(self.words.folder, name) if self.words.folder else name
            path = self.call.path(shown)
            if entry.folder:
                if not files.is_dir(path):
                    files.mkdir(path)
                    if loud:
                        self.out.append(f"   creating: {shown}\n")
                continue
            if files.exists(path) and "o" not in self.words.flags:
                if "n" not in self.words.flags:
                    self.err.append(f"replace {shown}? [y]es, [n]o, [A]ll, [N]one, [r]ename:  NULL\n")
                    self.err.append('(EOF or read error, treating as "[N]one" ...)\n')
                    self.words.flags.add("n")
                    self.status = 1
                continue
            self._lay(entry, path)
            if loud:
                verb = " inflating" if entry.packed < entry.size else "extracting"
                self.out.append(f" {verb}: {shown:<22}  \n")

    def _lay(self, entry: _Entry, path: str) -> None:
        files, clock = self.call.machine.files, self.call.machine.clock
        if entry.link:
            files.symlink(entry.data.decode(errors="replace"), path)
            return
        if entry.sized:
            files.sized(path, entry.size, entry.data)
        else:
            files.write(path, entry.data)
        files.chmod(path, entry.mode or 0o644)
        year, month, day, hour, minute, second = entry.moment
        here = clock.local.replace(
            year=year, month=month, day=day, hour=hour, minute=minute, second=min(second, 59), microsecond=0
        )
        files.set_times(path, mtime=here.timestamp())
