"""``tar``: trees in one file."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import posixpath
import re
import tarfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from llm_kernel.machine.files import LIMIT
from llm_kernel.machine.stat import Stat
from llm_kernel.programs.moments import filled
from llm_kernel.programs.options import Options, Parsed
from llm_kernel.programs.permissions import long_mode
from llm_kernel.programs.table import NotExact, live
from llm_kernel.shell.call import Answer, Call, Io

__all__ = ["tar"]

_TAR = Options(
    "A,catenate concatenate c,create d,diff compare delete r,append t,list u,update x,extract get f,file= v,verbose "
    "z,gzip gunzip ungzip j,bzip2 J,xz a,auto-compress I,use-compress-program= zstd C,directory= O,to-stdout "
    "k,keep-old-files skip-old-files overwrite p,preserve-permissions same-permissions P,absolute-names "
    "T,files-from= X,exclude-from= exclude= exclude-vcs strip-components= transform= xform= wildcards no-wildcards "
    "h,dereference m,touch owner= group= mode= mtime= no-recursion recursion S,sparse n,seek W,verify w,interactive "
    "numeric-owner remove-files same-owner no-same-owner no-same-permissions sort= format= H= null totals "
    "full-time utc one-file-system warning= checkpoint? ignore-failed-read s,preserve-order b,blocking-factor= "
    "B,read-full-records i,ignore-zeros g,listed-incremental= hard-dereference anchored ignore-case o l,check-links "
    "show-transformed-names test-label keep-newer-files occurrence? newer= N=",
    usage="[OPTION...] [FILE]...",
    about="GNU 'tar' saves many files together into a single tape or disk archive, and\n"
    "can restore individual files from the archive.",
    authors="John Gilmore and Jay Fenlason",
    status=2,
    package="tar 1.34",
)
_MODES = {
    "create": "c",
    "append": "r",
    "update": "r",
    "list": "t",
    "extract": "x",
    "get": "x",
    "diff": "d",
    "compare": "d",
    "delete": "D",
}
_SIZE = "IM.size"
"""The header that keeps the size of a member without bytes."""

_FAILED = "Exiting with failure status due to previous errors"
_TRIED = "Try 'tar --help' or 'tar --usage' for more information."


@live("tar")
async def tar(call: Call, streams: Io) -> int:
    """Pack, list, unpack."""
    call = Call(call.name, tuple(_dashed(call.args)), call.machine, call.cwd, call.env, call.stdin, call.tty)
    parsed = _TAR.parse(call)
    if isinstance(parsed, Answer):
        await streams.out(parsed.stdout)
        wrong = parsed.stderr if isinstance(parsed.stderr, str) else ""
        await streams.err(wrong.replace("Try 'tar --help' for more information.", _TRIED))
        return parsed.status
    mode = _MODES.get(parsed.last(*_MODES), "")
    if not mode:
        text = "You must specify one of the '-Acdtrux', '--delete' or '--test-label' options"
        await streams.err(f"{call.name}: {text}\n{_TRIED}\n")
        return 2
    work = _Tar(call, parsed)
    stdin = await streams.read() if mode in "tx" and work.name == "-" else b""
    with call.acting():
        status = work.run(mode, stdin)
    if work.err:
        await streams.err("".join(work.err))
    if work.shown:
        await streams.out(work.shown)
    if work.out:
        await streams.out("".join(work.out).encode(errors="surrogateescape"))
    return status


def _dashed(args: Sequence[str]) -> Iterator[str]:
    """``tar czf FILE`` as ``tar -c -z -f FILE``."""
    rest = list(args)
    if rest and rest[0] and not rest[0].startswith("-"):
        for letter in rest.pop(0):
            yield f"-{letter}"
            if letter in "fCTXbIN" and rest:
                yield rest.pop(0)
    yield from rest


@dataclass(slots=True)
class _Member:
    info: tarfile.TarInfo
    data: bytes = b""

    @property
    def size(self) -> int:
        return int(self.info.pax_headers.get(_SIZE, len(self.data)))


@dataclass(slots=True)
class _Tar:
    call: Call
    parsed: Parsed
    out: list[str] = field(default_factory=list)
    err: list[str] = field(default_factory=list)
    shown: bytes = b""
    status: int = 0
    stripped: bool = False

    @property
    def name(self) -> str:
        """The archive's name; ``-`` is a stream."""
        return self.parsed.value("file") or "-"

    def run(self, mode: str, stdin: bytes) -> int:
        """Do what the mode says."""
        if mode == "c" and not self.parsed.operands and "files-from" not in self.parsed:
            self.err.append(f"{self.call.name}: Cowardly refusing to create an empty archive\n{_TRIED}\n")
            return 2
        try:
            old = [] if mode == "c" else self._members(stdin)
        except OSError as err:
            if mode != "r" or err.strerror != "No such file or directory":
                self._warn(f"{self.name}: Cannot open: {err.strerror}")
                self._warn("Error is not recoverable: exiting now")
                return 2
            old = []
        except (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, ValueError):
            if self.call.machine.files.is_sized(self.call.path(self.name)):
                raise NotExact(self.call.name) from None  # it came from elsewhere: what is in it is anybody's guess
            if self.name.endswith(("gz", "z")) or "gzip" in self.parsed:
                self.err.append("\ngzip: stdin: not in gzip format\n")
                self._warn("Child returned status 1")
                self._warn("Error is not recoverable: exiting now")
                return 2
            self._warn("This does not look like a tar archive")
            self._warn(_FAILED)
            return 2
        if mode in "cr":
            self._write(old + list(self._collect()))
        elif mode == "D":
            self._write([one for one in old if one.info.name.rstrip("/") not in self.parsed.operands])
        else:
            self._read(mode, old)
        if self.status:
            self._warn(_FAILED)
        return self.status

    def _warn(self, text: str) -> None:
        self.err.append(f"{self.call.name}: {text}\n")

    def _fail(self, text: str) -> None:
        self._warn(text)
        self.status = 2

    def _members(self, stdin: bytes) -> list[_Member]:
        data = stdin if self.name == "-" else self.call.machine.files.head(self.call.path(self.name))
        plain = _unpacked(data)
        with tarfile.open(fileobj=io.BytesIO(plain)) as archive:
            found = []
            for info in archive:
                body = archive.extractfile(info) if info.isreg() else None
                found.append(_Member(info, body.read() if body else b""))
        return found

    # packing

    def _collect(self) -> Iterator[_Member]:
        folder = self.call.cwd
        for name in self._named():
            if name.startswith("-C\0"):
                folder = posixpath.join(folder, name[3:])
                if not self.call.machine.files.is_dir(folder):
                    self._fail(f"{name[3:]}: Cannot open: No such file or directory")
                continue
            yield from self._tree(name, folder)

    def _named(self) -> Iterator[str]:
        """The operands, with each change of directory where it stood."""
        words = iter(self.call.args)
        operands = list(self.parsed.operands)
        for word in words:
            if word in ("-C", "--directory"):
                yield f"-C\0{next(words, '')}"
            elif word.startswith("--directory="):
                yield f"-C\0{word[12:]}"
            elif re.fullmatch(r"-C.+", word):
                yield f"-C\0{word[2:]}"
            elif operands and word == operands[0]:
                yield operands.pop(0)
        for listing in self.parsed.values("files-from"):
            text = self.call.machine.files.read(self.call.path(listing)).decode(errors="replace")
            yield from filter(None, text.split("\0" if "null" in self.parsed else "\n"))

    def _tree(self, name: str, folder: str) -> Iterator[_Member]:
        files = self.call.machine.files
        if self._excluded(name):
            return
        path = files.absolute(name, folder)
        try:
            stat = files.stat(path) if "dereference" in self.parsed else files.lstat(path)
        except OSError as err:
            self._fail(f"{name}: Cannot stat: {err.strerror}")
            return
        if self.name != "-" and path == self.call.path(self.name):
            self._warn(f"{name}: file is the archive; not dumped")
            return
        try:
            member = self._member(name, path, stat)
            inside = files.listdir(path) if stat.kind == "directory" and "no-recursion" not in self.parsed else []
        except OSError as err:
            self._fail(f"{name}: Cannot open: {err.strerror}")
            return
        if "verbose" in self.parsed:
            self._tell(member)
        yield member
        for inner in inside:
            yield from self._tree(f"{name.rstrip('/')}/{inner}", folder)

    def _member(self, name: str, path: str, stat: Stat) -> _Member:
        files = self.call.machine.files
        if name.startswith("/") and "absolute-names" not in self.parsed:
            if not self.stripped:
                self._warn("Removing leading `/' from member names")
            self.stripped = True
            name = name.lstrip("/") or "./"
        info = tarfile.TarInfo(self._renamed(name))
        names = files.names()
        info.mode, info.mtime, info.uid, info.gid = stat.mode, int(stat.mtime), stat.uid, stat.gid
        info.uname, info.gname = names.user(stat.uid), names.group(stat.gid)
        info.uname = (self.parsed.value("owner") or info.uname).partition(":")[0]
        info.gname = self.parsed.value("group") or info.gname
        data = b""
        if stat.kind == "directory":
            info.type, info.name = tarfile.DIRTYPE, info.name.rstrip("/") + "/"
        elif stat.kind == "symlink":
            info.type, info.linkname = tarfile.SYMTYPE, stat.target
        else:
            data = files.head(path)
            if stat.sized:
                info.pax_headers = {_SIZE: str(stat.size)}
        return _Member(info, data)

    def _renamed(self, name: str) -> str:
        for rule in [*self.parsed.values("transform"), *self.parsed.values("xform")]:
            found = re.fullmatch(r"s(.)(.*?)\1(.*?)\1([gi]*)", rule)
            if found:
                target = re.sub(r"&", r"\\g<0>", found[3])
                name = re.sub(_basic(found[2]), target, name, count=0 if "g" in found[4] else 1)
        return name

    def _excluded(self, name: str) -> bool:
        patterns = self.parsed.values("exclude")
        if "exclude-vcs" in self.parsed:
            patterns += [".git", ".svn", ".hg", ".gitignore"]
        for listing in self.parsed.values("exclude-from"):
            patterns += self.call.machine.files.read(self.call.path(listing)).decode(errors="replace").splitlines()
        bare = name.rstrip("/")
        tails = [bare[at:] for at in [0, *(found.end() for found in re.finditer("/", bare))]]
        return any(fnmatchcase(tail, pattern.rstrip("/")) for pattern in patterns for tail in tails)

    def _write(self, members: Sequence[_Member]) -> None:
        buffer, extra = io.BytesIO(), 0
        form = tarfile.PAX_FORMAT if any(member.info.pax_headers for member in members) else tarfile.GNU_FORMAT
        with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
            for member in members:
                member.info.size = len(member.data)
                extra += member.size - len(member.data)
                archive.addfile(member.info, io.BytesIO(member.data))
        data = _packed(buffer.getvalue(), self._packer())
        if self.name == "-":
            self.shown += data
            return
        path, files = self.call.path(self.name), self.call.machine.files
        try:
            files.listdir(path.rpartition("/")[0] or "/")
            if extra:
                files.sized(path, len(data) + (int(extra * 0.93) if self._packer() else extra), data)
            else:
                files.write(path, data)
        except OSError as err:
            self._warn(f"{self.name}: Cannot open: {err.strerror}")
            self._warn("Error is not recoverable: exiting now")
            self.status = 2

    def _packer(self) -> str:
        for option, name in (("gzip", "gz"), ("bzip2", "bz2"), ("xz", "xz")):
            if option in self.parsed:
                return name
        if "auto-compress" in self.parsed:
            ends = {"gz": "gz", "tgz": "gz", "bz2": "bz2", "tbz": "bz2", "tbz2": "bz2", "xz": "xz", "txz": "xz"}
            return ends.get(self.name.rpartition(".")[2], "")
        return ""

    # reading

    def _read(self, mode: str, members: Sequence[_Member]) -> None:
        wanted = list(self.parsed.operands)
        seen: set[str] = set()
        folder = self.call.cwd
        for part in self.parsed.values("directory"):
            folder = posixpath.join(folder, part)
            if not self.call.machine.files.is_dir(folder):
                self._warn(f"{part}: Cannot open: No such file or directory")
                self._warn("Error is not recoverable: exiting now")
                self.status = 2
                return
        for member in members:
            name = member.info.name
            hits = [one for one in wanted if self._picks(one, name)]
            seen.update(hits)
            if (wanted and not hits) or self._excluded(name):
                continue
            if mode == "t" or "verbose" in self.parsed:
                self._tell(member, long="verbose" in self.parsed and mode == "t")
            if mode == "x":
                self._extract(member, folder)
        for one in wanted:
            if one not in seen:
                self._fail(f"{one}: Not found in archive")

    def _picks(self, wanted: str, name: str) -> bool:
        bare, name = wanted.rstrip("/"), name.rstrip("/")
        if "wildcards" in self.parsed and fnmatchcase(name, bare):
            return True
        return name == bare or name.startswith(bare + "/")

    def _tell(self, member: _Member, *, long: bool = False) -> None:
        info = member.info
        name = info.name + "/" * (info.isdir() and not info.name.endswith("/"))
        long = long or len([1 for option, _ in self.parsed.options if option == "verbose"]) > 1
        if long:
            kind = "directory" if info.isdir() else "symlink" if info.issym() else "file"
            mode = long_mode(Stat(kind, 0, 0o777 if info.issym() else info.mode, 0.0))  # type: ignore[arg-type]
            owner = f"{info.uname or info.uid}/{info.gname or info.gid}"
            if "numeric-owner" in self.parsed:
                owner = f"{info.uid}/{info.gid}"
            size = str(member.size)
            when = filled("%Y-%m-%d %H:%M", self.call.machine.clock.at(float(info.mtime)))
            arrow = f" -> {info.linkname}" if info.issym() else f" link to {info.linkname}" if info.islnk() else ""
            name = f"{mode} {owner}{' ' * max(19 - len(owner) - len(size), 1)}{size} {when} {name}{arrow}"
        to_err = self.name == "-" and self.parsed.last(*_MODES) in ("create", "append")
        (self.err if to_err or "to-stdout" in self.parsed else self.out).append(name + "\n")

    def _extract(self, member: _Member, folder: str) -> None:
        info, files = member.info, self.call.machine.files
        if "to-stdout" in self.parsed:
            self.shown += member.data
            return
        name = self._renamed(info.name)
        strip = self.parsed.value("strip-components")
        if strip and strip.isdigit():
            name = "/".join(name.rstrip("/").split("/")[int(strip) :])
            if not name:
                return
        if name.startswith("/") and "absolute-names" not in self.parsed:
            if not self.stripped:
                self._warn("Removing leading `/' from member names")
            self.stripped = True
            name = name.lstrip("/")
        if ".." in name.split("/"):
            self._fail(f"{info.name}: Member name contains '..'")
            return
        path = files.absolute(name, folder)
        try:
            self._lay(member, name, path)
        except OSError as err:
            self._fail(f"{name}: Cannot open: {err.strerror}")

    def _lay(self, member: _Member, name: str, path: str) -> None:
        info, files = member.info, self.call.machine.files
        there = files.exists(path)
        if there and not info.isdir() and "keep-old-files" in self.parsed:
            self._fail(f"{name}: Cannot open: File exists")
            return
        if there and "skip-old-files" in self.parsed:
            return
        if info.isdir():
            files.mkdir(path)
        elif info.issym():
            if there:
                files.remove(path)
            files.mkdir(posixpath.dirname(path))
            files.symlink(info.linkname, path)
            return
        elif _SIZE in info.pax_headers:
            files.sized(path, member.size, member.data)
        else:
            files.write(path, member.data)
        files.chmod(path, info.mode if files.owner == (0, 0) else info.mode & ~files.umask)
        if "touch" not in self.parsed:
            files.set_times(path, mtime=float(info.mtime))


def _basic(pattern: str) -> str:
    """A basic regular expression as Python writes it, for what file names need."""
    return re.sub(r"\\?[(){}+?|]", lambda found: found[0][1:] if found[0][0] == "\\" else "\\" + found[0], pattern)


def _packed(data: bytes, packer: str) -> bytes:
    match packer:
        case "gz":
            return gzip.compress(data, mtime=0)
        case "bz2":
            return bz2.compress(data)
        case "xz":
            return lzma.compress(data, preset=1)
        case _:
            return data


def _unpacked(data: bytes) -> bytes:
    """The plain archive, and no more of it than a few files can hold."""
    most = 4 * LIMIT
    if data.startswith(b"\x1f\x8b"):
        return zlib.decompressobj(31).decompress(data, most)
    if data.startswith(b"BZh"):
        return bz2.BZ2Decompressor().decompress(data, most)
    if data.startswith(b"\xfd7zXZ"):
        return lzma.LZMADecompressor(memlimit=1 << 28).decompress(data, most)
    return data
