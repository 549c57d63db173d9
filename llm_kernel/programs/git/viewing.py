"""``status``, ``log``, ``show``, ``diff``: what there is to see."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from llm_kernel.programs.dates import read_date
from llm_kernel.programs.git.dating import dated
from llm_kernel.programs.git.fault import Fatal, Stop
from llm_kernel.programs.git.graph import Graph
from llm_kernel.programs.git.history import decorations, ordered, pretty
from llm_kernel.programs.git.objects import Commit, person_of, read_tree
from llm_kernel.programs.git.options import Given, parse
from llm_kernel.programs.git.patch import Change, changes, counts, patch, renamed, shortstat, stat, summary
from llm_kernel.programs.git.quoting import quoted
from llm_kernel.programs.git.repository import Repository
from llm_kernel.programs.git.status import State, long, look, short, work_listing
from llm_kernel.programs.git.store import Blob
from llm_kernel.programs.table import NotExact
from llm_kernel.shell.call import Answer

__all__ = ["diff", "log", "show", "shown", "status"]

_SHAPES = (
    "p,patch u stat? shortstat numstat summary name-only name-status raw s,no-patch U,unified= color? no-color "
    "M,find-renames? no-renames w,ignore-all-space b,ignore-space-change no-ext-diff exit-code quiet "
    "patch-with-stat minimal "
    "patience histogram full-index text a diff-filter= no-prefix word-diff? check R"
)
_RARE = (
    "S G pickaxe-regex B C break-rewrites find-copies binary z relative submodule dirstat compact-summary color-words"
)


def status(repo: Repository, args: list[str]) -> Answer:
    """How the work tree differs from the index, and that from the last commit."""
    given = parse(
        args,
        "s,short b,branch porcelain? long u,untracked-files? ignored? v,verbose no-renames ahead-behind",
        "git status [<options>] [--] [<pathspec>...]",
        rare="z null column show-stash find-renames ignore-submodules",
    )
    hides = given.value("untracked-files") == "no"
    porcelain = "porcelain" in given
    if given.value("porcelain") in ("v2", "2") or (
        given.paths and not {"short", "porcelain"} & set(dict(given.options))
    ):
        raise NotExact
    state = look(
        repo,
        every="untracked-files" in given and given.value("untracked-files") in ("", "all"),
        ignored="ignored" in given,
    )
    if hides:
        state.untracked = []
    if given.paths:
        state = _only(repo, state, given.paths)
    if "short" in given or porcelain:
        return Answer(short(repo, state, branch="branch" in given, relative=not porcelain))
    return Answer(long(repo, state, untracked=not hides))


def _only(repo: Repository, state: State, words: list[str]) -> State:
    tops = [repo.inside(word) for word in words]

    def fits(path: str) -> bool:
        return any(not top or path.rstrip("/") == top or path.startswith(f"{top}/") for top in tops)

    return State(
        [one for one in state.staged if fits(one.path)],
        [one for one in state.changed if fits(one.path)],
        [path for path in state.untracked if fits(path)],
        {path: stages for path, stages in state.clashes.items() if fits(path)},
        [path for path in state.ignored if fits(path)],
    )


def _reader(repo: Repository, *, ask: bool) -> Callable[[str, str], Blob]:
    """Reads blobs from the store, and what is not stored from the work tree."""

    def read(path: str, name: str) -> Blob:
        if repo.store.has(name):
            return repo.store.blob(name, ask=ask)
        return repo.work_blob(path)

    return read


def shown(repo: Repository, found: Sequence[Change], given: Given, *, default: str = "patch") -> str:
    """Changes in the shapes that the options ask for."""
    names = [name for name, _ in given.options]
    shapes = [name for name in names if name in _PRINTERS]
    if "u" in names or "unified" in names:
        shapes.append("patch")
    if "patch-with-stat" in names:
        shapes += ["stat", "patch"]
    if "no-patch" in names:
        return ""
    if not shapes:
        shapes = [default] if default else []
    if "raw" in names or "word-diff" in names or "check" in names:
        raise NotExact
    if letters := given.value("diff-filter"):
        found = [one for one in found if one.letter in letters.upper()]
    if found and "no-renames" not in names:
        found = renamed(found, _reader(repo, ask=False))
    parts = []
    for shape in _PRINTERS:
        if shape in shapes and found:
            parts.append(_PRINTERS[shape](repo, found, given))
    return "\n".join(parts) if parts[1:] and "patch" in shapes else "".join(parts)


def _patches(repo: Repository, found: Sequence[Change], given: Given) -> str:
    around = given.number("unified", 3)
    blanks = "w" if {"ignore-all-space", "ignore-space-change"} & set(dict(given.options)) else ""
    read, cut = _reader(repo, ask=True), (str if "full-index" in given else repo.short)
    return "".join(patch(one, read, cut, around=around, word=blanks) for one in found)


def _numbers(repo: Repository, found: Sequence[Change], given: Given) -> str:
    text = ""
    for one in found:
        count = counts(one, _reader(repo, ask=True))
        added, removed = count or ("-", "-")
        name = f"{one.source} => {one.path}" if one.source else quoted(one.path)
        text += f"{added}\t{removed}\t{name}\n"
    return text


def _letters(repo: Repository, found: Sequence[Change], given: Given) -> str:
    rows = [
        f"{one.letter}{f'{one.likeness:03d}' if one.source else ''}\t"
        f"{quoted(one.source) + chr(9) if one.source else ''}{quoted(one.path)}\n"
        for one in found
    ]
    return "".join(rows)


_PRINTERS: dict[str, Callable[[Repository, Sequence[Change], Given], str]] = {
    "name-only": lambda repo, found, given: "".join(f"{quoted(one.path)}\n" for one in found),
    "name-status": _letters,
    "numstat": _numbers,
    "stat": lambda repo, found, given: stat(
        found, _reader(repo, ask=True), width=int((given.value("stat") or "80").partition(",")[0])
    ),
    "shortstat": lambda repo, found, given: shortstat(found, _reader(repo, ask=True)),
    "summary": lambda repo, found, given: summary(found),
    "patch": _patches,
}


def _within(repo: Repository, found: list[Change], words: list[str]) -> list[Change]:
    tops = [repo.inside(word) for word in words]
    return [
        one for one in found if not tops or any(not t or one.path == t or one.path.startswith(f"{t}/") for t in tops)
    ]


def _split(repo: Repository, given: Given) -> tuple[list[str], list[str]]:
    """Revisions and paths.

    Raises:
        Fatal: for a word that is neither.
    """
    revs, paths = [], list(given.behind or ())
    for number, word in enumerate(given.words):
        parts = re.split(r"\.\.\.?", word)
        known = all(repo.resolve(part or "HEAD") for part in parts) if ".." in word else repo.resolve(word.lstrip("^"))
        if known:
            revs.append(word)
            continue
        rest = given.words[number:]
        if given.behind is not None:
            raise Fatal(f"bad revision '{word}'")
        for one in rest:
            if not repo.files.exists(repo.call.path(one)) and not any(sign in one for sign in "*?["):
                if word == "HEAD" or (not repo.head() and one == "HEAD"):
                    raise Fatal(_AMBIGUOUS.format("HEAD"))
                raise Fatal(_AMBIGUOUS.format(one))
        paths = [*rest, *paths]
        break
    return revs, paths


_AMBIGUOUS = (
    "ambiguous argument '{}': unknown revision or path not in the working tree.\n"
    "Use '--' to separate paths from revisions, like this:\n'git <command> [<revision>...] -- [<file>...]'"
)


def diff(repo: Repository, args: list[str]) -> Answer:
    """Differences between the work tree, the index and commits."""
    given = parse(
        args,
        f"{_SHAPES} cached staged merge-base",
        "git diff [<options>] [<commit>] [--] [<path>...]",
        rare=f"{_RARE} no-index",
    )
    revs, paths = _split(repo, given)
    cached = {"cached", "staged"} & set(dict(given.options))
    revs = [part for rev in revs for part in _ends(repo, rev)]
    names = [repo._peel(repo.resolve(rev), "commit") or repo.resolve(rev) for rev in revs]
    if len(names) > 2:
        raise NotExact
    if len(names) == 2:
        found = changes(repo.tree(names[0]), repo.tree(names[1]))
    elif cached:
        found = changes(repo.tree(names[0] if names else repo.head()), repo.staged())
    else:
        if repo.conflicts():
            raise NotExact
        old = repo.tree(names[0]) if names else repo.staged()
        found = changes(old, work_listing(repo))
    if "R" in given:
        found = [Change(one.path, one.new_mode, one.new, one.old_mode, one.old) for one in found]
    found = _within(repo, found, paths)
    text = shown(repo, found, given)
    wants = {"exit-code", "quiet"} & set(dict(given.options))
    return Answer("" if "quiet" in given else text, status=1 if wants and found else 0)


def _ends(repo: Repository, rev: str) -> list[str]:
    if "..." in rev:
        one, _, other = rev.partition("...")
        base = repo.merge_base(repo.commit_of(one or "HEAD"), repo.commit_of(other or "HEAD"))
        return [base, other or "HEAD"]
    if ".." in rev:
        one, _, other = rev.partition("..")
        return [one or "HEAD", other or "HEAD"]
    return [rev]


def log(repo: Repository, args: list[str]) -> Answer:
    """Commits, the youngest first."""
    given = parse(
        args,
        f"{_SHAPES} oneline n,max-count= graph all branches? tags? remotes? reverse decorate? no-decorate "
        "format= pretty? abbrev-commit no-abbrev-commit date= since= after= until= before= author= committer= grep= "
        "i,regexp-ignore-case follow "
        "skip= merges no-merges first-parent topo-order date-order author-date-order c cc E F no-walk",
        "git log [<options>] [<revision-range>] [[--] <path>...]",
        rare=f"{_RARE} L g walk-reflogs left-right cherry-pick boundary simplify-by-decoration full-history notes "
        "show-signature invert-grep m children parents ancestry-path source",
        numbers=True,
    )
    if not repo.head() and not given.words:
        branch = repo.branch or "master"
        if "all" in given:
            return Answer()
        raise Fatal(f"your current branch '{branch}' does not have any commits yet")
    revs, paths = _split(repo, given)
    starts, hidden = _range(repo, revs, given)
    topo = bool({"graph", "topo-order"} & set(dict(given.options)))
    picked: list[Commit] = []
    skip, most = given.number("skip", 0), given.number("max-count", -1)
    for one in ordered(repo, starts, hidden, topo=topo):
        if most >= 0 and len(picked) >= most + skip:
            break
        if _wanted(repo, one, given, paths):
            picked.append(one)
            if "follow" in given and len(paths) == 1:
                paths = _followed(repo, one, paths)
    picked = picked[skip:]
    if "reverse" in given:
        picked.reverse()
    return Answer(_listed(repo, picked, given, paths))


def _followed(repo: Repository, one: Commit, paths: list[str]) -> list[str]:
    """The path that a file had before ``one`` moved it."""
    found = renamed(_own(repo, one), _reader(repo, ask=False))
    path = repo.inside(paths[0])
    return next((["/".join([repo.top, each.source])] for each in found if each.path == path and each.source), paths)


def _range(repo: Repository, revs: list[str], given: Given) -> tuple[list[str], list[str]]:
    starts, hidden = [], []
    for rev in revs:
        if "..." in rev:
            one, other = (repo.commit_of(part or "HEAD") for part in rev.split("..."))
            starts += [one, other]
            hidden.append(repo.merge_base(one, other))
        elif ".." in rev:
            one, other = (repo.commit_of(part or "HEAD") for part in rev.split(".."))
            starts.append(other)
            hidden.append(one)
        elif rev.startswith("^"):
            hidden.append(repo.commit_of(rev[1:]))
        else:
            starts.append(repo.commit_of(rev))
    places = [
        place
        for name, place in (
            ("branches", "refs/heads/"),
            ("tags", "refs/tags/"),
            ("remotes", "refs/remotes/"),
            ("all", "refs/"),
        )
        if name in given
    ]
    for place in places:
        starts += [repo.commit_of(name) for name in repo.store.refs(place).values()]
    if not starts or "all" in given:
        starts.append(repo.head())
    return starts, hidden


def _wanted(repo: Repository, one: Commit, given: Given, paths: list[str]) -> bool:
    fold = re.I if "regexp-ignore-case" in given else 0
    if ("no-merges" if len(one.parents) > 1 else "merges") in given:
        return False
    now = repo.machine.clock.local
    for names, late in ((("since", "after"), True), (("until", "before"), False)):
        for name in names:
            if name in given:
                at = read_date(given.value(name).replace(".", " "), now)
                if at is None:
                    raise NotExact
                if (one.committer.when < at) if late else (one.committer.when > at):
                    return False
    for name, text in (
        ("author", f"{one.author.name} <{one.author.email}>"),
        ("committer", f"{one.committer.name} <{one.committer.email}>"),
        ("grep", one.message),
    ):
        if name in given and not any(re.search(value, text, fold) for value in given.values(name)):
            return False
    if not paths:
        return True
    if len(one.parents) > 1:
        return False
    return bool(_within(repo, _own(repo, one), paths))


def _own(repo: Repository, one: Commit) -> list[Change]:
    parents = [name for name in one.parents if repo.store.has(name)]
    return changes(repo.tree(parents[0]) if parents else {}, repo.tree(one.name))


def _form(given: Given) -> tuple[str, bool]:
    """The form of a commit's head, and whether names are cut short."""
    form, cut = "medium", "abbrev-commit" in given
    for name, value in given.options:
        if name == "oneline":
            form, cut = "oneline", True
        elif name in ("format", "pretty"):
            form = value or "medium"
            if name == "format" and not value:
                raise Stop("fatal: invalid --pretty format: \n", 128)
    if "%" in form and not form.startswith(("format:", "tformat:")):
        form = f"tformat:{form}"
    known = ("oneline", "short", "medium", "full", "fuller", "raw", "reference", "email")
    if not form.startswith(("format:", "tformat:")) and form not in known:
        raise Fatal(f"invalid --pretty format: {form}")
    if form in ("reference", "email"):
        raise NotExact
    return form, cut and "no-abbrev-commit" not in given


def _marks(repo: Repository, given: Given) -> dict[str, list[str]]:
    wanted = "decorate" in given and given.value("decorate") not in ("no",)
    if not wanted or "no-decorate" in given:
        return {}
    return decorations(repo, full=given.value("decorate") == "full")


def _listed(repo: Repository, picked: list[Commit], given: Given, paths: list[str]) -> str:
    form, cut = _form(given)
    marks, graph = _marks(repo, given), Graph() if "graph" in given else None
    compact = form.startswith(("oneline", "tformat:", "format:"))
    text = ""
    for number, one in enumerate(picked):
        body = pretty(repo, one, form, marks=marks, date=given.value("date", "default"), short=cut)
        if form.startswith("tformat:"):
            body += "\n"
        shapes = shown(repo, _within(repo, _own(repo, one), paths), given, default="") if len(one.parents) < 2 else ""
        if shapes:
            gap = "" if form == "oneline" else "\n"
            body += gap + shapes
        if graph is not None:
            text += _drawn(graph, one, body, last=number == len(picked) - 1, compact=compact)
            continue
        if number and (not compact or form.startswith("format:")):
            text += "\n"
        text += body
    return text


def _drawn(graph: Graph, one: Commit, body: str, *, last: bool, compact: bool) -> str:
    _, mark, below = graph.commit(one.name, one.parents)
    lines = body.rstrip("\n").split("\n")
    text = f"{mark}{lines[0]}\n"
    rest = lines[1:] + ([] if compact or last else [""])
    if below:
        text += f"{below[0]}\n" if not rest else ""
        pads = [below[0], *[graph.padding()] * (len(rest) - 1)] if rest else []
        text += "".join(f"{pad}{line}\n" for pad, line in zip(pads, rest, strict=True))
        return text
    return text + "".join(f"{graph.padding() or '  '}{line}\n" for line in rest)


def show(repo: Repository, args: list[str]) -> Answer:
    """Objects: a commit with its changes, a tag, a folder's names, a file's content."""
    given = parse(
        args,
        f"{_SHAPES} oneline format= pretty? abbrev-commit no-abbrev-commit date= decorate? no-decorate graph",
        "git show [<options>] [<object>...]",
        rare=f"{_RARE} notes show-signature m c cc",
    )
    if not repo.head() and not given.words:
        raise Fatal(f"your current branch '{repo.branch}' does not have any commits yet")
    words, paths = _objects(repo, given)
    text = ""
    for number, word in enumerate(words or ["HEAD"]):
        name = repo.named(word)
        text += "\n" if number and repo.store.kind(name) == "commit" else ""
        text += _object(repo, word, name, given, paths)
    return Answer(text.encode("utf-8", "surrogateescape"))


def _objects(repo: Repository, given: Given) -> tuple[list[str], list[str]]:
    words = []
    for number, word in enumerate(given.words):
        if repo.named(word):
            words.append(word)
            continue
        rev, colon, path = word.partition(":")
        if colon and (not rev or repo.resolve(rev)):
            if repo.files.exists(repo.place(path)):
                raise Fatal(f"path '{path}' exists on disk, but not in '{rev or 'the index'}'")
            raise Fatal(
                f"path '{path}' does not exist in '{rev}'"
                if rev
                else f"path '{path}' does not exist (neither on disk nor in the index)"
            )
        rest = given.words[number:]
        if given.behind is not None or not all(repo.files.exists(repo.call.path(one)) for one in rest):
            raise Fatal(_AMBIGUOUS.format(word) if given.behind is None else f"bad revision '{word}'")
        return words, [*rest, *(given.behind or ())]
    return words, list(given.behind or ())


def _object(repo: Repository, word: str, name: str, given: Given, paths: list[str]) -> str:
    kind = repo.store.kind(name)
    if kind == "blob":
        return repo.store.blob(name).data.decode("utf-8", "surrogateescape")
    data = repo.store.get(name)[1]
    if kind == "tree":
        rows = sorted((path + ("/" if mode == 0o40000 else "")) for path, (mode, _) in read_tree(data).items())
        return f"tree {word}\n\n" + "".join(f"{row}\n" for row in rows)
    if kind == "tag":
        head, _, message = data.decode("utf-8", "replace").partition("\n\n")
        parts = dict(line.split(" ", 1) for line in head.splitlines())
        tagger = parts.get("tagger", "")
        who = person_of(tagger)
        text = f"tag {parts['tag']}\nTagger: {who.name} <{who.email}>\nDate:   {dated(who)}\n\n{message}\n"
        return text + _object(repo, parts["object"], parts["object"], given, paths)
    one = repo.commit(name)
    form, cut = _form(given)
    text = pretty(repo, one, form, marks=_marks(repo, given), date=given.value("date", "default"), short=cut)
    text += "\n" if form.startswith("tformat:") else ""
    if len(one.parents) > 1:
        return text + ("" if form == "oneline" else "\n")
    shapes = shown(repo, _within(repo, _own(repo, one), paths), given)
    return text + ("\n" if shapes and form != "oneline" else "") + shapes
