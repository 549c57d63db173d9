"""``add``, ``rm``, ``mv``, ``restore``, ``reset``, ``clean``: what the next commit will hold."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from fnmatch import fnmatchcase

from llm_kernel.programs.git.fault import Fatal, Stop
from llm_kernel.programs.git.options import parse
from llm_kernel.programs.git.patch import changes
from llm_kernel.programs.git.quoting import quoted
from llm_kernel.programs.git.repository import Listing, Repository
from llm_kernel.programs.git.status import look, work_listing
from llm_kernel.programs.git.versions import restores, since
from llm_kernel.shell.call import Answer

__all__ = ["add", "chosen", "clean", "mv", "reset", "restore", "restored", "rm"]


def chosen(repo: Repository, words: Iterable[str], paths: Iterable[str]) -> dict[str, list[str]]:
    """For each word the paths that it means: one, all below a folder, or those that a pattern fits."""
    everything = list(paths)
    found = {}
    for word in words:
        path = repo.inside(word.removeprefix(":/")) if not word.startswith(":/") else word[2:]
        if any(sign in word for sign in "*?["):
            found[word] = [one for one in everything if fnmatchcase(one, path) or one.startswith(f"{path}/")]
        else:
            found[word] = [one for one in everything if not path or one == path or one.startswith(f"{path}/")]
    return found


def add(repo: Repository, args: list[str]) -> Answer:
    """Put files of the work tree into the index."""
    given = parse(
        args,
        "A,all u,update n,dry-run v,verbose f,force no-all ignore-removal N,intent-to-add ignore-errors",
        "git add [<options>] [--] <pathspec>...",
        rare="i interactive p patch e edit chmod renormalize refresh sparse pathspec-from-file",
    )
    words = given.paths
    if not words and not {"all", "update"} & set(dict(given.options)):
        hint = "hint: Maybe you wanted to say 'git add .'?\n"
        if since(repo.machine, "2.25"):
            hint += 'hint: Turn this message off by running\nhint: "git config advice.addEmptyPathspec false"\n'
        return Answer("", f"Nothing specified, nothing added.\n{hint}")
    there = repo.walk()
    known = {path for path, _ in repo.index}
    whole = words or [":/"]
    if "force" in given:
        there |= {path: 0o100644 for word in words if (path := repo.inside(word)) and _is_file(repo, path)}
    candidates = known if "update" in given else [*there, *sorted(known - there.keys())]
    picked = chosen(repo, whole, candidates)
    bad = _missing(repo, picked, words)
    if bad:
        return bad
    heads = repo.tree(repo.head())
    text = ""
    for path in sorted({path for paths in picked.values() for path in paths}):
        text += _add_one(repo, path, there, heads, dry="dry-run" in given)
    if "dry-run" not in given:
        repo.save_index()
    return Answer(text if {"verbose", "dry-run"} & set(dict(given.options)) else "")


def _named(path: str) -> str:
    return f"'{path}'"


def _is_file(repo: Repository, path: str) -> bool:
    return repo.files.exists(repo.place(path)) and not repo.files.is_dir(repo.place(path))


def _missing(repo: Repository, picked: dict[str, list[str]], words: list[str]) -> Answer | None:
    """What is said of words that mean nothing: a mistake, or something ignored."""
    skipped = []
    for word, paths in picked.items():
        if paths or word not in words:
            continue
        path = repo.inside(word)
        if not repo.files.exists(repo.place(path)) and path:
            raise Fatal(f"pathspec '{word}' did not match any files")
        if path and repo.ignores.below(path):
            parts = path.split("/")
            first = next(
                (n for n in range(1, len(parts)) if repo.ignores.skips("/".join(parts[:n]), folder=True)), len(parts)
            )
            skipped.append("/".join(parts[:first]))
    if not skipped:
        return None
    text = "The following paths are ignored by one of your .gitignore files:\n"
    text += "".join(f"{path}\n" for path in dict.fromkeys(skipped)) + "hint: Use -f if you really want to add them.\n"
    if since(repo.machine, "2.26"):
        text += 'hint: Turn this message off by running\nhint: "git config advice.addIgnoredFile false"\n'
    return Answer("", text, 1)


def _add_one(repo: Repository, path: str, there: dict[str, int], heads: Listing, *, dry: bool) -> str:
    old = repo.index.get((path, 0))
    if path.endswith("/"):
        return ""
    if path not in there:
        if not dry:
            repo.stage(path, None)
        return f"remove {_named(path)}\n"
    name = repo.work_name(path, heads.get(path, (0, ""))[1])
    if old is not None and (old.mode, old.name) == (there[path], name):
        return ""
    if not dry:
        repo.stage(path, (there[path], repo.keep(path, heads.get(path, (0, ""))[1])))
    return f"add '{path}'\n"


def rm(repo: Repository, args: list[str]) -> Answer:
    """Take files out of the index and the work tree."""
    given = parse(
        args,
        "n,dry-run q,quiet cached f,force r ignore-unmatch",
        "git rm [<options>] [--] <file>...",
        rare="pathspec-from-file sparse",
    )
    if not given.paths:
        raise Fatal("No pathspec was given. Which files should I remove?")
    staged, head = repo.staged(), repo.tree(repo.head())
    picked = chosen(repo, given.paths, sorted({path for path, _ in repo.index}))
    for word, paths in picked.items():
        if not paths and "ignore-unmatch" not in given:
            raise Fatal(f"pathspec '{word}' did not match any files")
        if paths and paths != [repo.inside(word)] and "r" not in given and not any(sign in word for sign in "*?["):
            raise Fatal(f"not removing '{word}' recursively without -r")
    paths = sorted({path for found in picked.values() for path in found})
    if "force" not in given:
        _may_go(repo, paths, staged, head, cached="cached" in given)
    for path in paths if "dry-run" not in given else ():
        if "cached" in given:
            repo.stage(path, None)
        else:
            repo.check_out(path, None)
    repo.save_index()
    return Answer("" if "quiet" in given else "".join(f"rm {_named(path)}\n" for path in paths))


def _may_go(repo: Repository, paths: list[str], staged: Listing, head: Listing, *, cached: bool) -> None:
    work = work_listing(repo)
    both, index, local = [], [], []
    for path in paths:
        differs = path in work and work[path] != staged.get(path)
        fresh = staged.get(path) != head.get(path)
        if differs and fresh:
            both.append(path)
        elif fresh and not cached:
            index.append(path)
        elif differs and not cached:
            local.append(path)
    text = _refused(both, "staged content different from both the\nfile and the HEAD:", "(use -f to force removal)")
    how = "(use --cached to keep the file, or -f to force removal)"
    text += _refused(index, "changes staged in the index:", how) + _refused(local, "local modifications:", how)
    if text:
        raise Stop(text, 1)


def _refused(paths: list[str], why: str, how: str) -> str:
    if not paths:
        return ""
    many = "files have" if len(paths) > 1 else "file has"
    listed = "".join(f"    {path}\n" for path in paths)
    return f"error: the following {many} {why}\n{listed}{how}\n"


def mv(repo: Repository, args: list[str]) -> Answer:
    """Move or rename files that are in the index."""
    given = parse(args, "v,verbose n,dry-run f,force k", "git mv [<options>] <source>... <destination>")
    if len(given.paths) < 2:
        raise Stop("usage: git mv [<options>] <source>... <destination>\n", 129)
    *sources, last = given.paths
    target = repo.inside(last)
    into = repo.files.is_dir(repo.place(target))
    if len(sources) > 1 and not into:
        raise Fatal(f"destination '{last}' is not a directory")
    for word in sources:
        source = repo.inside(word)
        new = f"{target}/{posixpath.basename(source)}".lstrip("/") if into else target
        moved = [path for path, _ in repo.index if path == source or path.startswith(f"{source}/")]
        why = ""
        if not repo.files.exists(repo.place(source)):
            why = "bad source"
        elif not moved:
            why = "not under version control"
        elif repo.files.exists(repo.place(new)) and "force" not in given:
            why = "destination exists"
        elif not repo.files.is_dir(repo.place(posixpath.dirname(new)) if "/" in new else repo.top):
            raise Fatal(f"renaming '{source}' failed: No such file or directory")
        if why:
            raise Fatal(f"{why}, source={source}, destination={new}")
        if "dry-run" in given:
            continue
        rows = {path: repo.index[path, 0] for path in moved}
        repo.files.rename(repo.place(source), repo.place(new))
        for path, entry in rows.items():
            repo.stage(path, None)
            repo.stage(new + path[len(source) :], (entry.mode, entry.name))
    repo.save_index()
    return Answer()


def restored(repo: Repository, words: list[str], source: Listing, *, index: bool, tree: bool, strict: bool) -> int:
    """Bring the paths that ``words`` mean back as ``source`` has them; how many.

    ``strict``: what the source has not is taken away, as ``restore`` does.
    """
    known = {path for path, _ in repo.index} if strict else set()
    picked = chosen(repo, words, sorted({*source, *known}))
    for word, paths in picked.items():
        if not paths:
            raise Stop(f"error: pathspec '{word}' did not match any file(s) known to git\n", 1)
    done = 0
    for path in sorted({path for found in picked.values() for path in found}):
        row = source.get(path)
        if tree:
            before = repo.index.get((path, 0))
            done += not _is_now(repo, path, row)
            repo.check_out(path, row)
            if not index:
                repo.stage(path, (before.mode, before.name) if before else None)
        elif index:
            repo.stage(path, row)
    repo.save_index()
    return done


def _is_now(repo: Repository, path: str, row: tuple[int, str] | None) -> bool:
    if row is None or not _is_file(repo, path):
        return False
    return repo.work_name(path, row[1]) == row[1]


def restore(repo: Repository, args: list[str]) -> Answer:
    """Bring files back from the index or a commit."""
    if not restores(repo.machine):
        raise Stop("git: 'restore' is not a git command. See 'git --help'.\n", 1)
    given = parse(
        args,
        "S,staged W,worktree s,source= q,quiet progress",
        "git restore [<options>] [--source=<branch>] <file>...",
        rare="p patch ours theirs m merge conflict overlay recurse-submodules",
    )
    if not given.paths:
        raise Fatal("you must specify path(s) to restore")
    index = "staged" in given
    tree = "worktree" in given or not index
    rev = given.value("source") or ("HEAD" if index else "")
    if rev and not repo.commit_of(rev) and given.value("source"):
        raise Fatal(f"could not resolve {rev}")
    source = repo.tree(repo.commit_of(rev)) if rev else repo.staged()
    restored(repo, given.paths, source, index=index, tree=tree, strict=True)
    return Answer()


def reset(repo: Repository, args: list[str]) -> Answer:
    """Move the branch, and with it the index and the work tree as asked; or take paths out of the index."""
    given = parse(
        args,
        "q,quiet soft mixed hard merge keep",
        "git reset [--mixed | --soft | --hard | --merge | --keep] [-q] [<commit>]",
        rare="p patch N intent-to-add pathspec-from-file",
    )
    words = list(given.words)
    rev = "HEAD"
    if words and (repo.commit_of(words[0]) or words[0] == "HEAD"):
        rev = words.pop(0)
    paths = [*words, *(given.behind or ())]
    mode = next((name for name, _ in reversed(given.options) if name != "quiet"), "")
    commit = repo.commit_of(rev)
    if paths and given.behind is None:
        for word in words:
            if not repo.files.exists(repo.call.path(word)) and (repo.inside(word), 0) not in repo.index:
                raise Fatal(
                    f"ambiguous argument '{word}': unknown revision or path not in the working tree.\n"
                    "Use '--' to separate paths from revisions, like this:\n"
                    "'git <command> [<revision>...] -- [<file>...]'"
                )
    if paths:
        if mode in ("soft", "hard"):
            raise Fatal(f"Cannot do {mode} reset with paths.")
        for found in chosen(repo, paths, sorted({*repo.tree(commit), *(path for path, _ in repo.index)})).values():
            for path in found:
                repo.stage(path, repo.tree(commit).get(path))
        repo.save_index()
        return Answer(_unstaged(repo, quiet="quiet" in given))
    if not commit and repo.head():
        raise Fatal(f"Failed to resolve '{rev}' as a valid revision.")
    return _moved(repo, commit, rev, mode, quiet="quiet" in given)


def _moved(repo: Repository, commit: str, rev: str, mode: str, *, quiet: bool) -> Answer:
    target = repo.tree(commit)
    if mode != "soft":
        for path in {path for path, _ in repo.index} | target.keys():
            if mode in ("hard", "merge", "keep"):
                if not _is_now(repo, path, target.get(path)):
                    repo.check_out(path, target.get(path))
                else:
                    repo.stage(path, target[path])
            else:
                repo.stage(path, target.get(path))
        repo.save_index()
    if commit:
        if commit != repo.head() or mode == "hard":
            repo.store.set_text("ORIG_HEAD", f"{repo.head()}\n")
        repo.move_head(commit, f"reset: moving to {rev}")
        for name in ("MERGE_HEAD", "MERGE_MSG", "MERGE_MODE", "CHERRY_PICK_HEAD", "REVERT_HEAD"):
            repo.store.drop(name)
    if mode == "hard" and commit and not quiet:
        return Answer(f"HEAD is now at {repo.short(commit)} {repo.commit(commit).subject}\n")
    return Answer("" if mode else _unstaged(repo, quiet=quiet))


def _unstaged(repo: Repository, *, quiet: bool) -> str:
    rows = changes(repo.staged(), work_listing(repo)) if not quiet else []
    listed = "".join(f"{one.letter}\t{quoted(one.path)}\n" for one in rows)
    return f"Unstaged changes after reset:\n{listed}" if listed else ""


def clean(repo: Repository, args: list[str]) -> Answer:
    """Take untracked files away."""
    given = parse(
        args,
        "n,dry-run f,force d x X q,quiet",
        "git clean [-d] [-f] [-n] [-q] [-x | -X] [--] [<pathspec>...]",
        rare="i interactive e exclude",
    )
    if not {"force", "dry-run"} & set(dict(given.options)):
        why = "clean.requireForce defaults to true and neither -i, -n, nor -f given; refusing to clean"
        raise Fatal(
            why if not since(repo.machine, "2.44") else "clean.requireForce is true and -f not given: refusing to clean"
        )
    state = look(repo, ignored=True)
    paths = state.ignored if "X" in given else state.untracked + (state.ignored if "x" in given else [])
    if given.paths:
        wanted = [repo.inside(word) for word in given.paths]
        paths = [p for p in paths if any(not w or p.rstrip("/") == w or p.startswith(f"{w}/") for w in wanted)]
    text = ""
    for path in sorted(paths):
        if path.endswith("/") and "d" not in given:
            continue
        text += f"{'Would remove' if 'dry-run' in given else 'Removing'} {quoted(path)}\n"
        if "dry-run" not in given:
            repo.files.remove(repo.place(path.rstrip("/")), recursive=True)
    return Answer("" if "quiet" in given and "dry-run" not in given else text)
