"""``git stash``: changes put aside as commits, and brought back."""

from __future__ import annotations

import re

from llm_kernel.programs.git.fault import Fatal, Stop
from llm_kernel.programs.git.merging import blend
from llm_kernel.programs.git.options import Given, parse
from llm_kernel.programs.git.patch import changes
from llm_kernel.programs.git.repository import Listing, Repository
from llm_kernel.programs.git.status import long, look, work_listing
from llm_kernel.programs.git.viewing import shown
from llm_kernel.shell.call import Answer

__all__ = ["stash"]

_REF = "refs/stash"


def stash(repo: Repository, args: list[str]) -> Answer:
    """Put aside, list, show, bring back, drop."""
    word = args[0] if args and not args[0].startswith("-") else "push"
    rest = args[1:] if args and not args[0].startswith("-") else args
    match word:
        case "push" | "save":
            return _push(repo, rest, save=word == "save")
        case "list":
            rows = repo.reflog(_REF)
            return Answer("".join(f"stash@{{{number}}}: {why}\n" for number, (_, _, why) in enumerate(rows)))
        case "pop" | "apply":
            return _apply(repo, rest, drop=word == "pop")
        case "drop":
            number, name = _which(repo, rest)
            _drop(repo, number)
            return Answer(f"Dropped {_label(rest, number)} ({name})\n")
        case "clear":
            repo.store.drop_ref(_REF)
            return Answer()
        case "show":
            return _show(repo, rest)
        case "branch" | "create" | "store":
            raise Fatal(f"this git cannot stash {word}")
    raise Stop(f"fatal: subcommand wasn't specified; 'push' can't be assumed due to unexpected token '{word}'\n", 128)


def _push(repo: Repository, args: list[str], *, save: bool) -> Answer:
    given = parse(
        args,
        "u,include-untracked m,message= k,keep-index q,quiet a,all no-keep-index",
        "git stash [push [<options>]]",
        rare="p patch S staged pathspec-from-file",
    )
    if given.paths and not save:
        raise Fatal("this git stashes everything that changed, not single paths")
    head = repo.head()
    if not head:
        raise Stop("You do not have the initial commit yet\n", 1)
    untracked = bool({"include-untracked", "all"} & set(dict(given.options)))
    state = look(repo, every=True)
    if state.clashes:
        raise Stop("error: could not write index\n", 1)
    if not state.staged and not state.changed and not (untracked and state.untracked):
        return Answer("No local changes to save\n")
    repo.person()
    tree, staged = repo.tree(head), repo.staged()
    work = _kept(repo)
    where = repo.branch or "(no branch)"
    title = f"{where}: {repo.short(head)} {repo.commit(head).subject}"
    index = repo.make_commit(repo.write_tree(staged), (head,), f"index on {title}\n")
    parents = [head, index]
    message = given.value("message") or (" ".join(given.paths) if save else "")
    if untracked and state.untracked:
        there = repo.walk()
        rows = {path: (there[path], repo.keep(path)) for path in state.untracked}
        parents.append(repo.make_commit(repo.write_tree(rows), (), f"untracked files on {title}\n"))
    why = f"On {where}: {message}" if message else f"WIP on {title}"
    name = repo.make_commit(repo.write_tree(work), parents, why)
    old = repo.store.ref(_REF)
    repo.store.set_text(_REF, f"{name}\n")
    repo.log(_REF, old, name, why)
    target = staged if "keep-index" in given else tree
    for one in changes(work, target):
        repo.check_out(one.path, target.get(one.path))
    for path in {path for path, _ in repo.index} | target.keys():
        repo.stage(path, target.get(path))
    for path in state.untracked if untracked else ():
        repo.files.remove(repo.place(path))
    repo.save_index()
    return Answer("" if "quiet" in given else f"Saved working directory and index state {why}\n")


def _kept(repo: Repository) -> Listing:
    """The work tree's tracked files, each stored."""
    return {path: (mode, repo.keep(path)) for path, (mode, _) in work_listing(repo).items()}


def _which(repo: Repository, args: list[str]) -> tuple[int, str]:
    rows = repo.reflog(_REF)
    words = [word for word in args if not word.startswith("-")]
    if not rows:
        raise Stop("No stash entries found.\n", 1)
    found = re.fullmatch(r"(?:stash@\{)?(\d+)\}?", words[0]) if words else None
    if words and found is None:
        raise Stop(f"error: {words[0]} is not a valid reference\n", 1)
    number = int(found[1]) if found else 0
    if number >= len(rows):
        raise Stop(f"error: stash@{{{number}}} is not a valid reference\n", 1)
    return number, rows[number][1]


def _label(args: list[str], number: int) -> str:
    return f"stash@{{{number}}}" if any(not word.startswith("-") for word in args) else f"{_REF}@{{{number}}}"


def _drop(repo: Repository, number: int) -> None:
    lines = repo.store.text(f"logs/{_REF}").splitlines()
    del lines[len(lines) - 1 - number]
    if not lines:
        repo.store.drop_ref(_REF)
        return
    repo.store.set_text(f"logs/{_REF}", "".join(f"{line}\n" for line in lines))
    repo.store.set_text(_REF, f"{lines[-1][41:81]}\n")


def _apply(repo: Repository, args: list[str], *, drop: bool) -> Answer:
    given = parse(args, "index q,quiet", "git stash apply [--index] [-q | --quiet] [<stash>]")
    number, name = _which(repo, given.words)
    one = repo.commit(name)
    base, theirs = repo.tree(one.parents[0]), repo.tree(name)
    before, ours = repo.staged(), work_listing(repo)
    touched = {change.path for change in changes(base, theirs)}
    dirty = sorted(path for path in touched if ours.get(path) != before.get(path))
    if dirty:
        listed = "".join(f"\t{path}\n" for path in dirty)
        raise Stop(
            f"error: Your local changes to the following files would be overwritten by merge:\n{listed}"
            "Please commit your changes or stash them before you merge.\nAborting\n",
            1,
            out="" if not drop else "The stash entry is kept in case you need it again.\n",
        )
    extra = repo.tree(one.parents[2]) if len(one.parents) > 2 else {}
    for path in extra:
        if repo.files.exists(repo.place(path)):
            raise Stop(f"{path} already exists, no checkout\nerror: could not restore untracked files from stash\n", 1)
    _, said = blend(repo, base, before, theirs, ("Updated upstream", "Stashed changes"))
    for path, row in extra.items():
        repo.check_out(path, row)
        repo.stage(path, None)
    if repo.conflicts():
        kept = "The stash entry is kept in case you need it again.\n" if drop else ""
        return Answer(said + long(repo, look(repo)) + kept, status=1)
    index = repo.tree(one.parents[1]) if "index" in given else {}
    for path in touched:
        fresh = path not in before and path in theirs
        entry = index.get(path) if "index" in given else theirs[path] if fresh else before.get(path)
        repo.stage(path, entry)
    repo.save_index()
    text = "" if "quiet" in given else said + long(repo, look(repo))
    if drop:
        _drop(repo, number)
        text += "" if "quiet" in given else f"Dropped {_label(given.words, number)} ({name})\n"
    return Answer(text)


def _show(repo: Repository, args: list[str]) -> Answer:
    given = parse(
        args,
        "p,patch u stat name-only name-status numstat shortstat",
        "git stash show [<options>] [<stash>]",
        rare="include-untracked",
    )
    _, name = _which(repo, given.words)
    one = repo.commit(name)
    found = changes(repo.tree(one.parents[0]), repo.tree(name))
    return Answer(shown(repo, found, Given(given.options), default="stat"))
