"""One repository, found from where git was called: its names, its index, its trees and its work tree."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping

from llm_kernel.machine.latent import Unimagined
from llm_kernel.programs.dates import read_date
from llm_kernel.programs.git.config import Config
from llm_kernel.programs.git.fault import Fatal, Stop
from llm_kernel.programs.git.ignores import Ignores
from llm_kernel.programs.git.index import Entry, pack, unpack
from llm_kernel.programs.git.objects import Commit, Person, read_commit, read_tree, write_commit, write_tree
from llm_kernel.programs.git.store import Blob, Store, blob_id
from llm_kernel.shell.call import Call

__all__ = ["EMPTY", "Listing", "Repository"]

Listing = dict[str, tuple[int, str]]
"""Mode and blob of every path of a tree."""

EMPTY = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
"""The tree with nothing in it."""

_ABBREV = 7
_STEP = re.compile(r"[~^](?:\d+|\{\w*\})?")
_FOLDER, _LINK, _MODULE = 0o40000, 0o120000, 0o160000


class Repository:
    """``top`` is the work tree, ``store`` what lies in ``.git``; ``call`` says who asks, from where."""

    def __init__(self, call: Call, top: str) -> None:
        self.call = call
        self.machine = call.machine
        self.files = call.machine.files
        self.top = top
        self.folder = posixpath.join(top, ".git") if call.machine.files.is_dir(posixpath.join(top, ".git")) else top
        self.bare = self.folder == top
        self.store = Store(call.machine, self.folder)
        self.config = Config(call.machine, posixpath.join(self.folder, "config"))
        self._index: dict[tuple[str, int], Entry] | None = None
        self._ignores: Ignores | None = None
        self._trees: dict[str, Listing] = {}

    @classmethod
    def find(cls, call: Call) -> Repository:
        """The repository that the call's directory lies in.

        Raises:
            Fatal: where it lies in none.
        """
        folder = call.cwd
        while True:
            if is_repository(call, posixpath.join(folder, ".git")) or is_repository(call, folder):
                return cls(call, folder)
            if folder == "/":
                raise Fatal("not a git repository (or any of the parent directories): .git")
            folder = posixpath.dirname(folder)

    # settings and people

    def setting(self, name: str, fallback: str = "") -> str:
        """A setting, from the nearest file that has it; ``-c`` words come first."""
        for config in self.configs():
            found = config.get(name)
            if found is not None:
                return found
        return fallback

    def configs(self) -> list[Config]:
        """The files of settings, nearest first."""
        return [self.config, *(Config(self.machine, path) for path in global_configs(self.call))]

    def person(self, role: str = "COMMITTER") -> Person:
        """Who makes a commit now.

        Raises:
            Stop: where git was not told; root's guess is not taken either, as on a host without a domain.
        """
        env = self.call.env
        name = env.get(f"GIT_{role}_NAME") or self.setting("user.name")
        email = env.get(f"GIT_{role}_EMAIL") or self.setting("user.email") or env.get("EMAIL", "")
        if not name or not email:
            who = "Author" if role == "AUTHOR" else "Committer"
            user = env.get("USER", "root")
            host = self.machine.system.host
            guess = f"fatal: unable to auto-detect email address (got '{user}@{host}.(none)')\n"
            if email:
                guess = f"fatal: empty ident name (for <{email}>) not allowed\n"
            raise Stop(f"{who} identity unknown\n{_TELL}{guess}", 128)
        clock = self.machine.clock
        when = clock.now
        if stated := env.get(f"GIT_{role}_DATE"):
            stamp = re.fullmatch(r"@?(\d{5,}) ([+-]\d{4})", stated)
            if stamp:
                return Person(name, email, int(stamp[1]), stamp[2])
            when = read_date(stated, clock.local) or when
        return Person(name, email, int(when), f"{clock.at(when):%z}")

    # names of commits

    def head_ref(self) -> str:
        """The branch that HEAD is on, ``refs/heads/main``; empty where it is on none."""
        text = self.store.text("HEAD")
        return text[5:].strip() if text.startswith("ref: ") else ""

    @property
    def branch(self) -> str:
        """The branch's short name; empty where HEAD is detached."""
        return self.head_ref().removeprefix("refs/heads/")

    def head(self) -> str:
        """The commit that is checked out; empty before the first."""
        return self.store.ref("HEAD")

    def move_head(self, commit: str, why: str) -> None:
        """Let the branch that HEAD is on, or HEAD itself, be at ``commit``."""
        ref = self.head_ref()
        old = self.head()
        self.store.set_text(ref or "HEAD", f"{commit}\n")
        self.log("HEAD", old, commit, why)
        if ref:
            self.log(ref, old, commit, why)

    def log(self, ref: str, old: str, new: str, why: str) -> None:
        """Note in the reflog of ``ref`` where it went."""
        try:
            who = str(self.person())
        except Stop:
            now = self.machine.clock
            user = self.call.env.get("USER", "root")
            who = f"{user} <{user}@{self.machine.system.host}> {int(now.now)} {now.local:%z}"
        line = f"{old or '0' * 40} {new or '0' * 40} {who}\t{why}\n"
        before = self.store.text(f"logs/{ref}")
        self.store.set_text(f"logs/{ref}", (f"{before}\n" if before else "") + line)

    def reflog(self, ref: str) -> list[tuple[str, str, str]]:
        """Where ``ref`` was: old, new and why, the youngest first."""
        rows = []
        for line in reversed(self.store.text(f"logs/{ref}").splitlines()):
            head, _, why = line.partition("\t")
            rows.append((head[:40], head[41:81], why))
        return rows

    def short(self, name: str) -> str:
        """A name cut as far as it stays clear."""
        length = _ABBREV
        others = [other for other in self.store.names() if other.startswith(name[:length]) and other != name]
        while any(other.startswith(name[:length]) for other in others):
            length += 1
        return name[:length]

    def resolve(self, text: str) -> str:
        """The object that a revision means; empty where it means none."""
        begin = end = 0
        for found in _STEP.finditer(text):
            begin = begin if found.start() == end else found.start()
            end = found.end()
        begin = begin if end == len(text) else len(text)
        name = self._named(text[:begin] or "HEAD")
        for step in _STEP.findall(text[begin:]):
            if not name:
                return ""
            name = self._step(name, step)
        return name

    def commit_of(self, text: str) -> str:
        """The commit that a revision means; empty where it means none."""
        return self._peel(self.resolve(text), "commit")

    def _step(self, name: str, step: str) -> str:
        if step[1:2] == "{":
            return self._peel(name, step[2:-1] or "commit")
        name, count = self._peel(name, "commit"), int(step[1:] or 1)
        if not name:
            return ""
        if step[0] == "^":
            parents = self.commit(name).parents
            return name if count == 0 else parents[count - 1] if count <= len(parents) else ""
        for _ in range(count):
            parents = self.commit(name).parents
            if not parents:
                return ""
            name = parents[0]
        return name

    def _named(self, text: str) -> str:
        if found := re.fullmatch(r"(.*)@\{(\d+)\}", text):
            ref = found[1] or "HEAD"
            rows = self.reflog(ref if ref == "HEAD" else f"refs/heads/{ref}")
            return rows[int(found[2])][1] if int(found[2]) < len(rows) else ""
        if found := re.fullmatch(r"(.*)@\{(?:u|upstream)\}", text):
            return self.store.ref(self.upstream(found[1] or self.branch))
        text = "HEAD" if text == "@" else text
        if text == "HEAD" or (text.isupper() and text.endswith("_HEAD")):
            return self.store.ref(text)
        for place in ("{}", "refs/{}", "refs/tags/{}", "refs/heads/{}", "refs/remotes/{}", "refs/remotes/{}/HEAD"):
            ref = place.format(text)
            if ref.startswith("refs/") and (name := self.store.ref(ref)):
                return name
        if re.fullmatch(r"[0-9a-f]{4,40}", text):
            found_all = {name for name in self.store.names() if name.startswith(text)}
            commits = [name for name in found_all if self.store.kind(name) == "commit"]
            return found_all.pop() if len(found_all) == 1 else commits[0] if len(commits) == 1 else ""
        return ""

    def _peel(self, name: str, kind: str) -> str:
        for _ in range(5):
            if not name or not self.store.has(name):
                return ""
            is_now = self.store.kind(name)
            if is_now == kind:
                return name
            if is_now == "tag":
                name = self.store.get(name)[1].decode("utf-8", "replace").partition("\n")[0].partition(" ")[2]
            elif is_now == "commit" and kind == "tree":
                return self.commit(name).tree
            else:
                return ""
        return ""

    def upstream(self, branch: str) -> str:
        """The remote branch that ``branch`` follows, ``refs/remotes/origin/main``; empty without one."""
        remote = self.config.get(f"branch.{branch}.remote") or ""
        merge = self.config.get(f"branch.{branch}.merge") or ""
        return f"refs/remotes/{remote}/{merge.removeprefix('refs/heads/')}" if remote and merge else ""

    def named(self, name: str) -> str:
        """Where ``name`` comes from as a revision that stands for a path too: ``REV:PATH``."""
        rev, colon, path = name.partition(":")
        if not colon:
            return self.resolve(name)
        if not rev:
            entry = self.index.get((path, 0))
            return entry.name if entry else ""
        tree = self._peel(self.resolve(rev), "tree")
        for part in [part for part in posixpath.normpath(path).split("/") if part not in ("", ".")]:
            entries = read_tree(self.store.get(tree)[1]) if tree and self.store.kind(tree) == "tree" else {}
            tree = entries.get(part, (0, ""))[1]
        return tree

    # commits and trees

    def commit(self, name: str) -> Commit:
        """The commit of that name."""
        return read_commit(name, self.store.get(name)[1])

    def tree(self, name: str) -> Listing:
        """Every path of a commit or a tree; of no name, none."""
        name = self._peel(name, "tree") if name and name != EMPTY else ""
        if name not in self._trees:
            self._trees[name] = dict(self._below(name, "")) if name else {}
        return self._trees[name]

    def _below(self, name: str, base: str) -> Iterator[tuple[str, tuple[int, str]]]:
        for part, (mode, child) in read_tree(self.store.get(name)[1]).items():
            if mode == _FOLDER:
                yield from self._below(child, f"{base}{part}/")
            else:
                yield f"{base}{part}", (mode, child)

    def write_tree(self, listing: Mapping[str, tuple[int, str]]) -> str:
        """Store the tree of these paths; its name."""
        entries: dict[str, tuple[int, str]] = {}
        folders: dict[str, dict[str, tuple[int, str]]] = {}
        for path, row in listing.items():
            head, slash, rest = path.partition("/")
            if slash:
                folders.setdefault(head, {})[rest] = row
            else:
                entries[head] = row
        for head, inside in folders.items():
            entries[head] = _FOLDER, self.write_tree(inside)
        return self.store.put("tree", write_tree(entries))

    def make_commit(self, tree: str, parents: Iterable[str], message: str, *, author: Person | None = None) -> str:
        """Store a commit made now; its name."""
        committer = self.person()
        data = write_commit(tree, tuple(parents), author or self.person("AUTHOR"), committer, message)
        return self.store.put("commit", data)

    def ancestors(self, starts: Iterable[str]) -> set[str]:
        """Every commit that can be reached."""
        found: set[str] = set()
        todo = [name for name in starts if name]
        while todo:
            name = todo.pop()
            if name not in found and self.store.has(name):
                found.add(name)
                todo += self.commit(name).parents
        return found

    def merge_base(self, one: str, other: str) -> str:
        """The youngest commit that both come from; empty where there is none."""
        shared = self.ancestors([one]) & self.ancestors([other])
        best = set(shared)
        for name in shared:
            best -= self.ancestors(self.commit(name).parents)
        return max(best, key=lambda name: (self.commit(name).committer.when, name), default="")

    # the index

    @property
    def index(self) -> dict[tuple[str, int], Entry]:
        """The index, by path and stage."""
        if self._index is None:
            path = posixpath.join(self.folder, "index")
            self._index = unpack(self.files.read(path)) if self.files.exists(path) else {}
        return self._index

    def save_index(self) -> None:
        """Write the index."""
        self.files.write(posixpath.join(self.folder, "index"), pack(self.index))

    def staged(self) -> Listing:
        """Every path of the index; of a conflict, none."""
        return {path: (entry.mode, entry.name) for (path, stage), entry in self.index.items() if not stage}

    def conflicts(self) -> dict[str, set[int]]:
        """Each path in conflict with the stages that it has."""
        found: dict[str, set[int]] = {}
        for path, stage in self.index:
            if stage:
                found.setdefault(path, set()).add(stage)
        return found

    def stage(self, path: str, row: tuple[int, str] | None) -> None:
        """Put a path into the index as the work tree has it, or take it out."""
        for stage in range(4):
            self.index.pop((path, stage), None)
        if row is not None:
            mtime, size, ino = self._looks(path)
            self.index[path, 0] = Entry(*row, mtime, size, ino)

    def _looks(self, path: str) -> tuple[float, int, int]:
        try:
            stat = self.files.lstat(self.place(path))
        except OSError:
            return 0.0, 0, 0
        return stat.mtime, stat.size, stat.ino

    # the work tree

    def place(self, path: str) -> str:
        """Where a path of the repository lies on the machine."""
        return posixpath.join(self.top, path)

    def inside(self, word: str) -> str:
        """A path as the user wrote it, from the top of the work tree.

        Raises:
            Fatal: where it lies outside.
        """
        full = posixpath.normpath(posixpath.join(self.call.cwd, word))
        if full == self.top:
            return ""
        if not full.startswith(self.top.rstrip("/") + "/"):
            raise Fatal(f"{word}: '{word}' is outside repository at '{self.top}'")
        return full[len(self.top.rstrip("/")) + 1 :]

    def outside(self, path: str) -> str:
        """A path of the repository as it is written from the call's directory."""
        return posixpath.relpath(self.place(path), self.call.cwd) if self.call.cwd != self.top else path

    @property
    def ignores(self) -> Ignores:
        """What is left out."""
        if self._ignores is None:
            self._ignores = Ignores(self._text, self.store.text("info/exclude"))
        return self._ignores

    def _text(self, path: str) -> str:
        place = self.place(path)
        origin = self.files.origin(place)
        if origin:
            data = self.machine.invented.get(origin)
            if data is None:
                raise Unimagined([origin])
            return data.decode("utf-8", "replace")
        try:
            return self.files.read(place).decode("utf-8", "replace")
        except OSError:
            return ""

    def walk(self) -> dict[str, int]:
        """Every file of the work tree that is not ignored or is in the index, with its mode as git sees it."""
        known = {path for path, _ in self.index}
        folders = {posixpath.dirname(path) for path in known}
        folders |= {parent for folder in list(folders) for parent in _parents(folder)}
        return dict(self._scan(self.top, "", known, folders))

    def _scan(self, folder: str, base: str, known: set[str], folders: set[str]) -> Iterator[tuple[str, int]]:
        for name, stat in self.files.entries(folder).items():
            path = base + name
            if name == ".git":
                continue
            if stat.kind == "directory":
                if path not in folders and self.ignores.skips(path, folder=True):
                    continue
                if path not in folders and is_repository(self.call, posixpath.join(folder, name, ".git")):
                    yield f"{path}/", _MODULE
                    continue
                yield from self._scan(posixpath.join(folder, name), f"{path}/", known, folders)
            elif stat.kind in ("file", "symlink") and (path in known or not self.ignores.skips(path, folder=False)):
                yield path, _LINK if stat.kind == "symlink" else 0o100755 if stat.mode & 0o100 else 0o100644

    def work_blob(self, path: str) -> Blob:
        """A file of the work tree as a blob."""
        place = self.place(path)
        stat = self.files.lstat(place)
        if stat.kind == "symlink":
            return Blob(stat.target.encode())
        if stat.sized:
            origin = self.files.origin(place)
            return Blob(b"" if origin else self.files.head(place), stat.size, origin)
        return Blob(self.files.read(place))

    def work_name(self, path: str, *others: str) -> str:
        """The blob that a file of the work tree is; where its content is that of one of ``others``, that one's name."""
        entry = self.index.get((path, 0))
        blob = self.work_blob(path)
        for name in filter(None, (entry.name if entry else "", *others)):
            if self.store.has(name) and self._is(name, blob):
                return name
        if blob.origin:
            raise Unimagined([blob.origin])
        return blob_id(blob)

    def _is(self, name: str, blob: Blob) -> bool:
        if self.store.kind(name) != "blob":
            return False
        there = self.store.blob(name, ask=False)
        if blob.origin or there.size is not None:
            return bool(blob.origin == there.origin and (blob.origin or blob == there))
        return bool(there.origin) and there.data == blob.data

    def keep(self, path: str, *others: str) -> str:
        """Store a file of the work tree; its blob's name."""
        name = self.work_name(path, *others)
        if not self.store.has(name):
            self.store.put_blob(self.work_blob(path))
        return name

    def check_out(self, path: str, row: tuple[int, str] | None) -> None:
        """Let the work tree and the index have ``row`` at ``path``, or nothing."""
        place = self.place(path)
        if row is None:
            if self._there(place):
                self.files.remove(place)
            self._prune(posixpath.dirname(place))
            self.stage(path, None)
            return
        mode, name = row
        if self._there(place):
            self.files.remove(place, recursive=True)
        blob = self.store.blob(name, ask=False)
        self.files.mkdir(posixpath.dirname(place))
        if mode == _LINK:
            self.files.symlink(blob.data.decode("utf-8", "surrogateescape"), place)
        elif blob.origin and blob.size is not None:
            self.files.latent(place, blob.size, blob.origin)
        elif blob.size is not None:
            self.files.sized(place, blob.size, blob.data)
        else:
            self.files.write(place, blob.data)
        if mode == 0o100755:
            self.files.chmod(place, 0o777 & ~self.files.umask)
        self.stage(path, row)

    def _there(self, place: str) -> bool:
        try:
            self.files.lstat(place)
        except OSError:
            return False
        return True

    def _prune(self, folder: str) -> None:
        while folder.startswith(self.top.rstrip("/") + "/") and self.files.is_dir(folder):
            if self.files.listdir(folder):
                return
            self.files.remove(folder)
            folder = posixpath.dirname(folder)


def is_repository(call: Call, folder: str) -> bool:
    """Whether ``folder`` is what git keeps a repository in."""
    files = call.machine.files
    return all(files.exists(posixpath.join(folder, name)) for name in ("HEAD", "objects", "refs"))


def global_configs(call: Call) -> list[str]:
    """The files of settings that hold for every repository, nearest first."""
    home = call.env.get("HOME", "/root")
    return [f"{home}/.gitconfig", f"{home}/.config/git/config", "/etc/gitconfig"]


def _parents(folder: str) -> Iterator[str]:
    while folder := posixpath.dirname(folder):
        yield folder


_TELL = """
*** Please tell me who you are.

Run

  git config --global user.email "you@example.com"
  git config --global user.name "Your Name"

to set your account's default identity.
Omit --global to set the identity only in this repository.

"""
