"""Repositories that are far away: what a clone of one receives. Every file is listed; its content is imagined later."""

from __future__ import annotations

import base64
import hashlib
import posixpath
import re
from typing import Any
from urllib.parse import urlsplit

from llm_kernel.machine.heads import head
from llm_kernel.machine.latent import Unimagined
from llm_kernel.machine.repos import Change, Listing, known, read_listing
from llm_kernel.programs.git.fault import Stop
from llm_kernel.programs.git.objects import Person, write_commit, write_tree
from llm_kernel.programs.git.options import Given
from llm_kernel.programs.git.repository import Repository
from llm_kernel.programs.git.starting import lay
from llm_kernel.programs.git.store import object_id
from llm_kernel.shell.call import Answer, Call

__all__ = ["address", "receive"]

_SECONDS_PER_MB = 0.12
_HOSTS = ("github.com", "gitlab.com", "bitbucket.org", "huggingface.co", "gitee.com", "codeberg.org")


def address(url: str) -> tuple[str, str] | None:
    """Host and path of a far repository, ``github.com`` and ``owner/name``; None where ``url`` is no address."""
    if ssh := re.fullmatch(r"(?:ssh://)?[\w.-]+@([\w.-]+)[:/](.+)", url):
        return ssh[1], re.sub(r"\.git$", "", ssh[2].strip("/"))
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https", "git") or not parts.hostname:
        return None
    return parts.hostname, re.sub(r"\.git$", "", parts.path.strip("/"))


def receive(call: Call, url: str, top: str, given: Given, said: str) -> Answer:
    """Lay down a clone of the far repository at ``url``."""
    where = address(url)
    assert where is not None
    host, name = where
    if "." not in host:
        raise Stop(f"{said}fatal: unable to access '{url.rstrip('/')}/': Could not resolve host: {host}\n", 128)
    if url.startswith("git@") or url.startswith("ssh://"):
        raise Stop(
            f"{said}git@{host}: Permission denied (publickey).\nfatal: Could not read from remote repository.\n\n"
            "Please make sure you have the correct access rights\nand the repository exists.\n",
            128,
        )
    listing = _listing(call, host, name)
    if listing is None or not listing.changes:
        raise Stop(f"{said}remote: Repository not found.\nfatal: repository '{url.rstrip('/')}/' not found\n", 128)
    branch = given.value("branch") or listing.branch
    if branch != listing.branch:
        raise Stop(
            f"{said}warning: Could not find remote branch {branch} to clone.\n"
            f"fatal: Remote branch {branch} not found in upstream origin\n",
            128,
        )
    _lay(call, url, f"{host}/{name}", top, listing, given)
    return Answer("", said)


def _listing(call: Call, host: str, name: str) -> Listing | None:
    now = call.machine.clock.now
    if host == "github.com" and (found := known(name, now)):
        return found
    if host not in _HOSTS or not re.fullmatch(r"[\w.-]+/[\w.-]+", name):
        return None
    origin = f"git-tree {host}/{name}"
    text = call.machine.invented.get(origin)
    if text is None:
        raise Unimagined([origin])
    return read_listing(text.decode(), name.partition("/")[0], now)


def _lay(call: Call, url: str, name: str, top: str, listing: Listing, given: Given) -> None:
    bare = "bare" in given or "mirror" in given
    folder = top if bare else posixpath.join(top, ".git")
    lay(call, folder, listing.branch, bare=bare)
    repo = Repository(call, top)
    depth = int(given.value("depth") or 0) if given.value("depth").isdigit() else 0
    rows, commits = _objects(name, listing, depth)
    total = sum(size for _, size in listing.files)
    call.machine.clock.advance(0.6 + min(total / 1e6 * _SECONDS_PER_MB, 120.0))
    repo.store.add_pack(rows, int(total * 0.31) + 180 * len(rows))
    tip, origin = commits[0], given.value("origin", "origin")
    repo.config.set(f"remote.{origin}.url", url)
    repo.config.set(f"remote.{origin}.fetch", f"+refs/heads/*:refs/remotes/{origin}/*")
    repo.store.set_text(
        "packed-refs", f"# pack-refs with: peeled fully-peeled sorted \n{tip} refs/remotes/{origin}/{listing.branch}\n"
    )
    repo.store.set_text(f"refs/remotes/{origin}/HEAD", f"ref: refs/remotes/{origin}/{listing.branch}\n")
    repo.config.set(f"branch.{listing.branch}.remote", origin)
    repo.config.set(f"branch.{listing.branch}.merge", f"refs/heads/{listing.branch}")
    repo.store.set_text(f"refs/heads/{listing.branch}", f"{tip}\n")
    for ref in ("HEAD", f"refs/heads/{listing.branch}"):
        repo.log(ref, "", tip, f"clone: from {url}")
    if depth and depth < len(listing.changes):
        repo.store.set_text("shallow", f"{commits[-1]}\n")
    if not bare and "no-checkout" not in given:
        for path, row in repo.tree(tip).items():
            repo.check_out(path, row)
        repo.save_index()


def _objects(name: str, listing: Listing, depth: int) -> tuple[dict[str, list[Any]], list[str]]:
    """Every object of a clone, and its commits, the youngest first."""
    rows: dict[str, list[Any]] = {}
    trees: list[str] = []
    tree = {path: _blob(name, path, size, "", rows) for path, size in listing.files}
    changes = list(listing.changes)
    for number, change in enumerate(changes):
        trees.append(_tree(tree, rows))
        if number + 1 < len(changes):
            path = _touched(change, listing)
            tree = {**tree, path: _blob(name, path, dict(listing.files)[path], change.subject, rows)}
    names: list[str] = []
    for change, one in reversed(list(zip(changes, trees, strict=True))):
        who = Person(change.name, change.email, change.when)
        data = write_commit(one, tuple(names[-1:]), who, who, f"{change.subject}\n")
        names.append(object_id("commit", data))
        rows[names[-1]] = ["commit", base64.b64encode(data).decode()]
    commits = names[::-1]
    if depth:
        for gone in commits[depth:]:
            del rows[gone]
        commits = commits[:depth]
    return rows, commits


def _blob(repo: str, path: str, size: int, before: str, rows: dict[str, list[Any]]) -> tuple[int, str]:
    """List one file; what it was ``before`` a commit is another one."""
    if not size:
        empty = object_id("blob", b"")
        rows[empty] = ["blob", ""]
        return 0o100644, empty
    origin = "" if head(path, size) else f"git {repo} {path}" + (f" before {before}" if before else "")
    name = hashlib.sha1(f"blob {repo} {path} {size} {before}".encode(), usedforsecurity=False).hexdigest()
    rows[name] = ["latent", size, origin, path]
    return 0o100755 if path.endswith(".sh") else 0o100644, name


def _touched(change: Change, listing: Listing) -> str:
    """The file that a commit is about, as far as its subject tells."""
    text = change.subject.lower()
    paths = [path for path, size in listing.files if not head(path, size)]
    named = [path for path in paths if posixpath.basename(path).lower() in text]
    stems = [path for path in paths if posixpath.basename(path).lower().partition(".")[0] in re.split(r"\W+", text)]
    sources = [path for path in paths if path.endswith((".py", ".md", ".c", ".h", ".js"))]
    pool = named or stems or sources or paths or [listing.files[0][0]]
    return min(pool, key=lambda path: hashlib.sha1(f"{change.subject}{path}".encode(), usedforsecurity=False).digest())


def _tree(listing: dict[str, tuple[int, str]], rows: dict[str, list[Any]]) -> str:
    entries: dict[str, tuple[int, str]] = {}
    folders: dict[str, dict[str, tuple[int, str]]] = {}
    for path, row in listing.items():
        first, slash, rest = path.partition("/")
        if slash:
            folders.setdefault(first, {})[rest] = row
        else:
            entries[first] = row
    entries |= {first: (0o40000, _tree(inside, rows)) for first, inside in folders.items()}
    data = write_tree(entries)
    name = object_id("tree", data)
    rows[name] = ["tree", base64.b64encode(data).decode()]
    return name
