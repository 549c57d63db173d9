"""What the store of objects holds, as git shows it object by object, and how much it is."""

from __future__ import annotations

import posixpath

from llm_kernel.programs.git.fault import Fatal, Stop
from llm_kernel.programs.git.objects import read_tree
from llm_kernel.programs.git.options import parse
from llm_kernel.programs.git.quoting import quoted
from llm_kernel.programs.git.repository import Repository
from llm_kernel.programs.git.store import Blob, blob_id
from llm_kernel.programs.table import NotExact
from llm_kernel.shell.call import Answer

__all__ = ["cat_file", "count_objects", "fsck", "gc", "hash_object", "ls_tree", "write_tree"]


def ls_tree(repo: Repository, args: list[str]) -> Answer:
    """The entries of a tree."""
    given = parse(
        args,
        "r d t l,long name-only name-status full-tree full-name",
        "git ls-tree [<options>] <tree-ish> [<path>...]",
        rare="z abbrev object-only format",
    )
    if not given.words:
        raise Stop("usage: git ls-tree [<options>] <tree-ish> [<path>...]\n", 129)
    tree = repo.resolve(f"{given.words[0]}^{{tree}}")
    if not tree:
        raise Fatal(f"Not a valid object name {given.words[0]}")
    rows = repo.tree(tree) if "r" in given else read_tree(repo.store.get(tree)[1])
    wanted = [repo.inside(word) for word in given.words[1:]]
    if any(word.endswith("/") for word in given.words[1:]):
        raise NotExact
    text = ""
    for path, (mode, name) in sorted(rows.items()):
        if wanted and not any(path == one or path.startswith(f"{one}/") for one in wanted):
            continue
        kind = "tree" if mode == 0o40000 else "commit" if mode == 0o160000 else "blob"
        if {"name-only", "name-status"} & set(dict(given.options)):
            text += f"{quoted(path)}\n"
            continue
        size = f" {repo.store.blob(name, ask=False).length if kind == 'blob' else '-':>7}" if "long" in given else ""
        text += f"{mode:06o} {kind} {name}{size}\t{quoted(path)}\n"
    return Answer(text)


def cat_file(repo: Repository, args: list[str]) -> Answer:
    """An object's kind, size or content."""
    given = parse(args, "t s p e", "git cat-file <type> <object>", rare="batch batch-check textconv filters")
    words = given.words
    name = repo.named(words[-1]) if words else ""
    if not name or not repo.store.has(name):
        if "e" in given:
            return Answer(status=1)
        raise Fatal(f"Not a valid object name {words[-1] if words else ''}")
    kind = repo.store.kind(name)
    if "e" in given:
        return Answer()
    if "t" in given:
        return Answer(f"{kind}\n")
    if "s" in given:
        return Answer(
            f"{repo.store.blob(name, ask=False).length if kind == 'blob' else len(repo.store.get(name)[1])}\n"
        )
    if kind == "tree":
        rows = read_tree(repo.store.get(name)[1])
        kinds = {0o40000: "tree", 0o160000: "commit"}
        return Answer(
            "".join(f"{m:06o} {kinds.get(m, 'blob')} {one}\t{quoted(path)}\n" for path, (m, one) in rows.items())
        )
    return Answer(repo.store.get(name)[1])


def hash_object(repo: Repository, args: list[str]) -> Answer:
    """The name that a file's content has as a blob."""
    given = parse(
        args, "w t=", "git hash-object [-t <type>] [-w] <file>...", rare="stdin stdin-paths no-filters path literally"
    )
    text = ""
    for word in given.words:
        path = repo.call.path(word)
        if not repo.files.exists(path):
            raise Fatal(f"could not open '{word}' for reading: No such file or directory")
        inside = path.startswith(f"{repo.top}/") and (repo.inside(word), 0) in repo.index
        blob = Blob(repo.files.read(path)) if not repo.files.is_sized(path) else repo.work_blob(repo.inside(word))
        text += f"{repo.work_name(repo.inside(word)) if inside else blob_id(blob)}\n"
        if "w" in given:
            repo.store.put_blob(blob)
    return Answer(text)


def write_tree(repo: Repository, args: list[str]) -> Answer:
    """Store the index as a tree."""
    return Answer(f"{repo.write_tree(repo.staged())}\n")


def gc(repo: Repository, args: list[str]) -> Answer:
    """Tidy up: there is nothing that anybody could see."""
    parse(args, "aggressive auto q,quiet prune? no-prune force", "git gc [<options>]")
    return Answer()


def fsck(repo: Repository, args: list[str]) -> Answer:
    """Check every object: they are sound."""
    parse(
        args,
        "full strict no-dangling progress no-progress",
        "git fsck [<options>]",
        rare="unreachable lost-found root tags name-objects",
    )
    return Answer(
        ""
        if repo.head()
        else f"notice: HEAD points to an unborn branch ({repo.branch})\nnotice: No default references\n"
    )


def count_objects(repo: Repository, args: list[str]) -> Answer:
    """How many loose objects there are and what they take."""
    if args:
        raise NotExact
    top = posixpath.join(repo.folder, "objects")
    loose = [
        repo.files.stat(f"{top}/{folder}/{name}").size
        for folder in repo.files.listdir(top)
        if len(folder) == 2
        for name in repo.files.listdir(f"{top}/{folder}")
    ]
    return Answer(f"{len(loose)} objects, {sum(-(-size // 4096) * 4 for size in loose)} kilobytes\n")
