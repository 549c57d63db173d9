"""Small questions to a repository: names, listings, lines' origins, counts."""

from __future__ import annotations

import posixpath
from collections.abc import Callable

from llm_kernel.programs.edits import edits
from llm_kernel.programs.git.dating import dated
from llm_kernel.programs.git.fault import Fatal, Stop
from llm_kernel.programs.git.history import decorations, ordered
from llm_kernel.programs.git.objects import read_tree
from llm_kernel.programs.git.options import parse
from llm_kernel.programs.git.patch import changes
from llm_kernel.programs.git.quoting import quoted
from llm_kernel.programs.git.repository import Repository
from llm_kernel.programs.git.status import look
from llm_kernel.programs.git.store import Blob, blob_id
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


def blame(repo: Repository, args: list[str]) -> Answer:
    """Which commit each line of a file comes from."""
    given = parse(
        args,
        "s e l L= date=",
        "git blame [<options>] [<rev-opts>] [<rev>] [--] <file>",
        rare="w M C p porcelain line-porcelain t root n f show-name show-number b c",
    )
    words = given.paths
    if not words:
        raise Stop("usage: git blame [<options>] [<rev-opts>] [<rev>] [--] <file>\n", 129)
    path = repo.inside(words[-1])
    start = repo.commit_of(words[0]) if len(words) > 1 else repo.head()
    if (path not in repo.tree(start)) if start else True:
        raise Fatal(f"no such path '{path}' in HEAD")
    lines = repo.store.blob(repo.tree(start)[path][1]).data.decode("utf-8", "replace").splitlines(keepends=True)
    if (
        len(words) < 2
        and repo.files.read(repo.place(path)).decode("utf-8", "replace").splitlines(keepends=True) != lines
    ):
        raise NotExact
    origins = _origins(repo, start, path, lines)
    first, last = 1, len(lines)
    if span := given.value("L"):
        low, _, high = span.partition(",")
        first = int(low or 1)
        last = min(first + int(high[1:]) - 1 if high.startswith("+") else int(high or last), last)
    people = {name: repo.commit(name) for name in set(origins)}
    shown = {name: one.author.email if "e" in given else one.author.name for name, one in people.items()}
    width = max((len(shown[name]) for name in origins[first - 1 : last]), default=0)
    digits, text = len(str(last)), ""
    for number in range(first, last + 1):
        one = people[origins[number - 1]]
        mark = ("^" + one.name[:7] if not one.parents else one.name[:8]) if "l" not in given else one.name
        when = dated(one.author, given.value("date", "iso"), repo.machine.clock.now)
        who = f"<{shown[one.name]}>" if "e" in given else shown[one.name]
        about = "" if "s" in given else f" ({who:<{width}} {when} {number:>{digits}})"
        text += f"{mark}{about or f' {number:>{digits}})'} {lines[number - 1]}"
    return Answer(text if text.endswith("\n") or not text else text + "\n")


def _origins(repo: Repository, start: str, path: str, lines: list[str]) -> list[str]:
    found = [""] * len(lines)
    places, now, name = list(range(len(lines))), lines, start
    while True:
        parents = [p for p in repo.commit(name).parents if path in repo.tree(p)]
        if not parents:
            break
        before = (
            repo.store.blob(repo.tree(parents[0])[path][1]).data.decode("utf-8", "replace").splitlines(keepends=True)
        )
        kept: list[int] = []
        old_places, at = [-1] * len(before), 0
        new_at = 0
        for edit in [*edits(before, now), None]:
            end = edit.old if edit else len(before)
            for offset in range(end - at):
                old_places[at + offset] = places[new_at + offset]
            new_at += end - at
            if edit:
                for place in places[new_at : edit.new_end]:
                    kept.append(place)
                new_at, at = edit.new_end, edit.old_end
        for place in kept:
            if place >= 0 and not found[place]:
                found[place] = name
        places, now, name = old_places, before, parents[0]
    return [one or name for one in found]


def shortlog(repo: Repository, args: list[str]) -> Answer:
    """How many commits each author made."""
    given = parse(
        args,
        "s,summary n,numbered e,email all no-merges",
        "git shortlog [<options>] [<revision-range>]",
        rare="c committer w group format",
    )
    counts: dict[str, list[str]] = {}
    for one in ordered(repo, [repo.commit_of(word) for word in given.words] or [repo.head()]):
        if "no-merges" not in given or len(one.parents) < 2:
            who = f"{one.author.name} <{one.author.email}>" if "email" in given else one.author.name
            counts.setdefault(who, []).append(one.subject)
    names = sorted(counts, key=lambda who: (-len(counts[who]) if "numbered" in given else 0, who))
    if "summary" in given:
        return Answer("".join(f"{len(counts[who]):>6}\t{who}\n" for who in names))
    rows = ["".join(f"      {subject}\n" for subject in reversed(counts[who])) for who in names]
    return Answer("".join(f"{who} ({len(counts[who])}):\n{row}\n" for who, row in zip(names, rows, strict=True)))


def reflog(repo: Repository, args: list[str]) -> Answer:
    """Where HEAD was."""
    words = [word for word in args if word != "show"]
    given = parse(
        words,
        "n,max-count= no-abbrev",
        "git reflog [show] [<log-options>] [<ref>]",
        rare="all date pretty format",
        numbers=True,
    )
    if given.words[:1] in (["expire"], ["delete"], ["exists"]):
        raise NotExact
    ref = given.words[0] if given.words else "HEAD"
    rows = repo.reflog(ref if ref == "HEAD" else f"refs/heads/{ref}")
    most = given.number("max-count", len(rows))
    marks = decorations(repo)
    text = ""
    for number, (_, new, why) in enumerate(rows[:most]):
        named = f" ({', '.join(marks[new])})" if new in marks and repo.call.tty else ""
        text += f"{repo.short(new)}{named} {ref}@{{{number}}}: {why}\n"
    return Answer(text)


def describe(repo: Repository, args: list[str]) -> Answer:
    """The nearest tag and how far it is."""
    given = parse(
        args,
        "tags always abbrev= long dirty? all",
        "git describe [<options>] [<commit-ish>]",
        rare="contains match exclude first-parent exact-match candidates broken",
    )
    start = repo.commit_of(given.words[0] if given.words else "HEAD")
    tags = {}
    for ref, name in repo.store.refs("refs/tags/").items():
        if "tags" in given or repo.store.kind(name) == "tag":
            tags[repo.commit_of(name)] = ref[10:]
    abbrev = given.number("abbrev", 7)
    for one in ordered(repo, [start]):
        if one.name in tags:
            count = len(repo.ancestors([start]) - repo.ancestors([one.name]))
            far = f"-{count}-g{start[: max(abbrev, 4)]}" if (count or "long" in given) and abbrev else ""
            return Answer(f"{tags[one.name]}{far}{_dirt(repo, given.options)}\n")
    if "always" in given:
        return Answer(f"{start[:abbrev]}{_dirt(repo, given.options)}\n")
    if repo.store.refs("refs/tags/"):
        raise Fatal(f"No annotated tags can describe '{start}'.\nHowever, there were unannotated tags: try --tags.")
    raise Fatal("No names found, cannot describe anything.")


def _dirt(repo: Repository, options: list[tuple[str, str]]) -> str:
    marks = [value or "-dirty" for name, value in options if name == "dirty"]
    if not marks:
        return ""
    state = look(repo)
    return marks[-1] if state.staged or state.changed else ""


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


def write_tree(repo: Repository, args: list[str]) -> Answer:
    """Store the index as a tree."""
    return Answer(f"{repo.write_tree(repo.staged())}\n")


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
    "ls-tree": ls_tree,
    "cat-file": cat_file,
    "hash-object": hash_object,
    "rev-list": rev_list,
    "blame": blame,
    "shortlog": shortlog,
    "reflog": reflog,
    "describe": describe,
    "check-ignore": check_ignore,
    "symbolic-ref": symbolic_ref,
    "merge-base": merge_base,
    "write-tree": write_tree,
    "show-ref": show_ref,
    "gc": gc,
    "fsck": fsck,
    "count-objects": count_objects,
    "diff-tree": diff_tree_names,
}
