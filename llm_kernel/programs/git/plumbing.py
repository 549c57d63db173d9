"""Small questions to a repository: what its names stand for, and which paths it has."""

from __future__ import annotations

from collections.abc import Callable

from llm_kernel.programs.git.fault import Fatal, Stop
from llm_kernel.programs.git.history import ordered
from llm_kernel.programs.git.options import parse
from llm_kernel.programs.git.patch import changes
from llm_kernel.programs.git.quoting import quoted
from llm_kernel.programs.git.repository import Repository
from llm_kernel.programs.git.status import look
from llm_kernel.programs.table import NotExact
from llm_kernel.shell.call import Answer

__all__ = ["PLUMBING"]


def rev_parse(repo: Repository, args: list[str]) -> Answer:
    """What revisions stand for, and where the repository lies."""
    text, short, abbrev, quiet = "", False, False, False
    for word in args:
        if word == "--short" or word.startswith("--short="):
            short = True
        elif word == "--abbrev-ref":
            abbrev = True
        elif word in ("--verify", "-q", "--quiet", "--symbolic-full-name", "--revs-only"):
            quiet = quiet or word in ("-q", "--quiet")
        elif word in _PLACES:
            text += f"{_PLACES[word](repo)}\n"
        elif word.startswith("--"):
            raise NotExact
        elif abbrev:
            text += f"{_abbreviated(repo, word)}\n"
        else:
            name = repo.named(word.lstrip("^"))
            if not name:
                if quiet:
                    return Answer(text, "", 1)
                if "--verify" in args:
                    raise Fatal("Needed a single revision")
                raise Stop(
                    f"fatal: ambiguous argument '{word}': unknown revision or path not in the working tree.\n"
                    "Use '--' to separate paths from revisions, like this:\n"
                    "'git <command> [<revision>...] -- [<file>...]'\n",
                    128,
                    out=f"{text}{word}\n",
                )
            text += f"{'^' if word.startswith('^') else ''}{repo.short(name) if short else name}\n"
    return Answer(text)


def _abbreviated(repo: Repository, word: str) -> str:
    if word in ("HEAD", "@"):
        return repo.branch or "HEAD"
    if word.endswith(("@{u}", "@{upstream}")):
        ref = repo.upstream(word.partition("@")[0] or repo.branch)
        if not ref:
            raise Fatal(f"no upstream configured for branch '{word.partition('@')[0] or repo.branch}'")
        return ref.removeprefix("refs/remotes/")
    if not repo.resolve(word):
        raise Fatal(f"ambiguous argument '{word}': unknown revision or path not in the working tree.")
    return word


def _prefix(repo: Repository) -> str:
    path = repo.inside(".")
    return f"{path}/" if path else ""


def _git_dir(repo: Repository) -> str:
    return ".git" if repo.call.cwd == repo.top and not repo.bare else repo.folder if not repo.bare else "."


_PLACES: dict[str, Callable[[Repository], str]] = {
    "--show-toplevel": lambda repo: repo.top,
    "--git-dir": _git_dir,
    "--absolute-git-dir": lambda repo: repo.folder,
    "--git-common-dir": _git_dir,
    "--show-prefix": _prefix,
    "--show-cdup": lambda repo: "../" * _prefix(repo).count("/"),
    "--is-inside-work-tree": lambda repo: "false" if repo.bare else "true",
    "--is-inside-git-dir": lambda repo: "false",
    "--is-bare-repository": lambda repo: "true" if repo.bare else "false",
    "--is-shallow-repository": lambda repo: "true" if repo.store.text("shallow") else "false",
}


def ls_files(repo: Repository, args: list[str]) -> Answer:
    """The paths of the index, or of the work tree."""
    given = parse(
        args,
        "c,cached m,modified d,deleted o,others s,stage exclude-standard u,unmerged error-unmatch full-name",
        "git ls-files [<options>] [<file>...]",
        rare="i ignored z t v k f x X exclude exclude-from directory eol deduplicate",
    )
    base = _prefix(repo)
    names = set(dict(given.options))
    state = look(repo, every=True) if names & {"modified", "deleted", "others"} else None
    rows: list[tuple[str, str]] = []
    if not names & {"modified", "deleted", "others"} or "cached" in names:
        for (path, stage), entry in sorted(repo.index.items()):
            head = f"{entry.mode:06o} {entry.name} {stage}\t" if names & {"stage", "unmerged"} else ""
            if "unmerged" not in names or stage:
                rows.append((path, head))
    if state is not None:
        wanted = "MDT" if "modified" in names else "D" if "deleted" in names else ""
        rows += [(one.path, "") for one in state.changed if one.letter in wanted]
        if "others" in names:
            if "exclude-standard" not in names:
                raise NotExact
            rows += [(path, "") for path in state.untracked]
    tops = [repo.inside(word) for word in given.paths]
    found = [
        row
        for row in rows
        if row[0].startswith(base)
        and (not tops or any(not t or row[0] == t or row[0].startswith(f"{t}/") for t in tops))
    ]
    if "error-unmatch" in names and not found:
        raise Stop(
            f"error: pathspec '{given.paths[0]}' did not match any file(s) known to git\n"
            "Did you forget to 'git add'?\n",
            1,
        )
    return Answer("".join(f"{head}{quoted(path[len(base) :])}\n" for path, head in found))


def rev_list(repo: Repository, args: list[str]) -> Answer:
    """Names of commits, the youngest first, or how many."""
    given = parse(
        args,
        "count all n,max-count= reverse",
        "git rev-list [<options>] <commit>...",
        rare="objects parents left-right merges no-merges",
        numbers=True,
    )
    starts, hidden = [], []
    for word in given.words:
        one, dots, other = word.partition("..")
        if dots:
            hidden.append(repo.commit_of(one or "HEAD"))
            starts.append(repo.commit_of(other.lstrip(".") or "HEAD"))
        else:
            (hidden if word.startswith("^") else starts).append(repo.commit_of(word.lstrip("^")))
    if "all" in given:
        starts += [repo.commit_of(name) for name in repo.store.refs().values()]
    if not starts:
        raise Stop("usage: git rev-list [<options>] <commit>... [--] [<path>...]\n", 129)
    if not all(starts):
        raise Fatal(f"bad revision '{given.words[0]}'")
    names = [one.name for one in ordered(repo, starts, hidden)]
    if "max-count" in given:
        names = names[: given.number("max-count", 0)]
    names = names[::-1] if "reverse" in given else names
    return Answer(f"{len(names)}\n" if "count" in given else "".join(f"{name}\n" for name in names))


def check_ignore(repo: Repository, args: list[str]) -> Answer:
    """Which of the paths are ignored."""
    given = parse(
        args, "q,quiet", "git check-ignore [<options>] <pathname>...", rare="v verbose n non-matching stdin z no-index"
    )
    found = [
        word
        for word in given.paths
        if repo.ignores.below(repo.inside(word))
        or (repo.files.is_dir(repo.call.path(word)) and repo.ignores.skips(repo.inside(word), folder=True))
    ]
    return Answer("" if "quiet" in given else "".join(f"{word}\n" for word in found), status=0 if found else 1)


def symbolic_ref(repo: Repository, args: list[str]) -> Answer:
    """The branch that HEAD names, or a new one for it."""
    given = parse(args, "q,quiet short", "git symbolic-ref [<options>] <name> [<ref>]", rare="d delete m")
    if given.words[:1] != ["HEAD"]:
        raise NotExact
    if len(given.words) > 1:
        repo.store.set_text("HEAD", f"ref: {given.words[1]}\n")
        return Answer()
    if not repo.head_ref():
        if "quiet" in given:
            return Answer(status=1)
        raise Fatal("ref HEAD is not a symbolic ref")
    return Answer(f"{repo.branch if 'short' in given else repo.head_ref()}\n")


def merge_base(repo: Repository, args: list[str]) -> Answer:
    """The commit that two come from."""
    given = parse(
        args, "is-ancestor", "git merge-base <commit> <commit>...", rare="a all octopus independent fork-point"
    )
    names = [repo.commit_of(word) for word in given.words]
    for word, name in zip(given.words, names, strict=True):
        if not name:
            raise Fatal(f"Not a valid object name {word}")
    if len(names) != 2:
        raise NotExact
    if "is-ancestor" in given:
        return Answer(status=0 if names[0] in repo.ancestors([names[1]]) else 1)
    base = repo.merge_base(*names)
    return Answer(f"{base}\n" if base else "", status=0 if base else 1)


def show_ref(repo: Repository, args: list[str]) -> Answer:
    """Every name with what it points to."""
    given = parse(
        args,
        "heads tags branches head",
        "git show-ref",
        rare="s hash d dereference verify q quiet abbrev exclude-existing",
    )
    places = [f"refs/{'heads' if name == 'branches' else name}/" for name, _ in given.options if name != "head"] or [
        "refs/"
    ]
    rows = {ref: name for place in places for ref, name in repo.store.refs(place).items()}
    return Answer("".join(f"{name} {ref}\n" for ref, name in rows.items()), status=0 if rows else 1)


def diff_tree_names(repo: Repository, args: list[str]) -> Answer:
    """The paths that differ between two trees."""
    given = parse(
        args,
        "r no-commit-id name-only name-status",
        "git diff-tree [<options>] <tree-ish> [<tree-ish>]",
        rare="p m c root stdin t",
    )
    if "name-only" not in given or not given.words:
        raise NotExact
    names = [repo.commit_of(word) for word in given.words]
    if len(names) == 1:
        names = [*repo.commit(names[0]).parents[:1], names[0]]
    found = changes(repo.tree(names[0]) if len(names) > 1 else {}, repo.tree(names[-1]))
    head = "" if "no-commit-id" in given or len(given.words) > 1 else f"{names[-1]}\n"
    return Answer(head + "".join(f"{quoted(one.path)}\n" for one in found))


PLUMBING: dict[str, Callable[[Repository, list[str]], Answer]] = {
    "rev-parse": rev_parse,
    "ls-files": ls_files,
    "rev-list": rev_list,
    "check-ignore": check_ignore,
    "symbolic-ref": symbolic_ref,
    "merge-base": merge_base,
    "show-ref": show_ref,
    "diff-tree": diff_tree_names,
}
