"""``git clone``: of a repository on this machine, or of a far one that a catalogue or the model has listed."""

from __future__ import annotations

import posixpath
import re

from llm_kernel.programs.git.far import address, receive
from llm_kernel.programs.git.fault import Fatal, Stop
from llm_kernel.programs.git.options import Given, parse
from llm_kernel.programs.git.repository import Repository, is_repository
from llm_kernel.programs.git.starting import lay
from llm_kernel.programs.git.store import Store
from llm_kernel.shell.call import Answer, Call

__all__ = ["clone", "exchange", "near"]


def near(call: Call, url: str) -> str:
    """The folder of a repository on this machine; empty where ``url`` is none."""
    path = call.path(url.removeprefix("file://"))
    for place in (path, f"{path}.git"):
        for folder in (posixpath.join(place, ".git"), place):
            if is_repository(call, folder):
                return folder
    return ""


def exchange(one: Store, other: Store) -> None:
    """Give ``other`` every object that ``one`` has."""
    files = one.machine.files
    for top in ("objects",):
        for path in list(files.walk(posixpath.join(one.folder, top))):
            target = other.folder + path[len(one.folder) :]
            if not files.is_dir(path) and not files.exists(target):
                files.mkdir(posixpath.dirname(target))
                files.copy(path, target)
                files.chmod(target, 0o444)
    other.forget()


def clone(call: Call, args: list[str]) -> Answer:
    """Make a repository that is a copy of another."""
    given = parse(
        args,
        "b,branch= depth= o,origin= q,quiet v,verbose progress n,no-checkout single-branch no-single-branch "
        "recursive recurse-submodules? "
        "no-tags l,local no-hardlinks j,jobs= shallow-submodules bare mirror filter= c,config= s,shared sparse "
        "no-recurse-submodules",
        "git clone [<options>] [--] <repo> [<dir>]",
        rare="template reference dissociate separate-git-dir shallow-since server-option bundle-uri u upload-pack",
    )
    words = given.paths
    if not words:
        raise Stop(
            "fatal: You must specify a repository to clone.\n\nusage: git clone [<options>] [--] <repo> [<dir>]\n", 129
        )
    if len(words) > 2:
        raise Stop("fatal: Too many arguments.\n\nusage: git clone [<options>] [--] <repo> [<dir>]\n", 129)
    url = words[0]
    name = words[1] if len(words) > 1 else _humanish(url) + (".git" if "bare" in given or "mirror" in given else "")
    top = call.path(name)
    files = call.machine.files
    if files.exists(top) and (not files.is_dir(top) or files.listdir(top)):
        raise Fatal(f"destination path '{name}' already exists and is not an empty directory.")
    source = near(call, url)
    far = address(url) if not source else None
    bare = "bare" in given or "mirror" in given
    said = "" if "quiet" in given else f"Cloning into {'bare repository ' if bare else ''}'{name}'...\n"
    if not source and far is None:
        raise Stop(f"fatal: repository '{url}' does not exist\n", 128)
    return _local(call, source, top, url, given, said) if source else receive(call, url, top, given, said)


def _humanish(url: str) -> str:
    path = re.sub(r"^[a-z+]+://", "", url.rstrip("/"))
    path = re.sub(r"/\.git$", "", path).rstrip("/")
    last = re.split(r"[/:]", path)[-1]
    return re.sub(r"\.git$", "", last)


def _local(call: Call, source: str, top: str, url: str, given: Given, said: str) -> Answer:
    store = Store(call.machine, source)
    bare = "bare" in given or "mirror" in given
    folder = top if bare else posixpath.join(top, ".git")
    head = store.text("HEAD").removeprefix("ref: refs/heads/")
    lay(call, folder, head, bare=bare)
    repo = Repository(call, top)
    exchange(store, repo.store)
    origin = given.value("origin", "origin")
    repo.config.set(f"remote.{origin}.url", url if "://" in url else call.path(url))
    refs = store.refs("refs/heads/")
    for ref, target in refs.items():
        place = ref if bare else f"refs/remotes/{origin}/{ref[11:]}"
        repo.store.set_text(place, f"{target}\n")
    for ref, target in store.refs("refs/tags/").items():
        repo.store.set_text(ref, f"{target}\n")
    if bare:
        return Answer("", said + ("" if "quiet" in given else "done.\n"))
    repo.config.set(f"remote.{origin}.fetch", f"+refs/heads/*:refs/remotes/{origin}/*")
    if not refs:
        return Answer(
            "", f"{said}warning: You appear to have cloned an empty repository.\n{'done.' + chr(10) if said else ''}"
        )
    branch = given.value("branch") or head
    target = refs.get(f"refs/heads/{branch}", "")
    if not target:
        call.machine.files.remove(top, recursive=True)
        raise Stop(f"{said}fatal: Remote branch {branch} not found in upstream {origin}\n", 128)
    repo.store.set_text(f"refs/remotes/{origin}/HEAD", f"ref: refs/remotes/{origin}/{head}\n")
    repo.config.set(f"branch.{branch}.remote", origin)
    repo.config.set(f"branch.{branch}.merge", f"refs/heads/{branch}")
    repo.store.set_text("HEAD", f"ref: refs/heads/{branch}\n")
    repo.store.set_text(f"refs/heads/{branch}", f"{target}\n")
    repo.log("HEAD", "", target, f"clone: from {call.path(url)}")
    if "no-checkout" not in given:
        for path, row in repo.tree(target).items():
            repo.check_out(path, row)
        repo.save_index()
    return Answer("", f"{said}done.\n" if said else "")
