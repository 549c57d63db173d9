"""What differs between the last commit, the index and the work tree, and how ``git status`` says it."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field

from llm_kernel.programs.git.patch import Change, changes, renamed
from llm_kernel.programs.git.quoting import quoted
from llm_kernel.programs.git.repository import Listing, Repository
from llm_kernel.programs.git.store import Blob
from llm_kernel.programs.git.versions import restores

__all__ = ["State", "follows", "long", "look", "short", "tracking", "work_listing"]

_WORDS = {"A": "new file:   ", "M": "modified:   ", "D": "deleted:    ", "R": "renamed:    ", "T": "typechange: "}
_CLASH = {
    "1": ("DD", "both deleted:    "),
    "2": ("AU", "added by us:     "),
    "3": ("UA", "added by them:   "),
    "12": ("UD", "deleted by them: "),
    "13": ("DU", "deleted by us:   "),
    "23": ("AA", "both added:      "),
    "123": ("UU", "both modified:   "),
}


@dataclass(slots=True)
class State:
    """The three lists of a status, and the paths in conflict."""

    staged: list[Change] = field(default_factory=list)
    changed: list[Change] = field(default_factory=list)
    untracked: list[str] = field(default_factory=list)
    clashes: dict[str, str] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)


def work_listing(repo: Repository, found: dict[str, int] | None = None) -> Listing:
    """The work tree's files that are in the index, as a listing; a blob's name is what it would be."""
    there = repo.walk() if found is None else found
    listing: Listing = {}
    for path in {path for path, _ in repo.index}:
        if path in there:
            listing[path] = there[path], repo.work_name(path)
    return listing


def look(repo: Repository, *, every: bool = False, ignored: bool = False) -> State:
    """The state of a repository; ``every``: untracked folders file by file."""
    there = repo.walk()
    clashes = {path: "".join(map(str, sorted(stages))) for path, stages in repo.conflicts().items()}
    staged = repo.staged()
    head = {path: row for path, row in repo.tree(repo.head()).items() if path not in clashes}
    work = {path: row for path, row in work_listing(repo, there).items() if path not in clashes}

    def read(path: str, name: str) -> Blob:
        return repo.store.blob(name, ask=False)

    known = {path for path, _ in repo.index}
    fresh = [path for path in there if path not in known]
    return State(
        renamed(changes(head, staged), read),
        changes(staged, work),
        sorted(fresh) if every else _collapsed(fresh, known),
        clashes,
        _ignored(repo) if ignored else [],
    )


def _collapsed(fresh: list[str], known: set[str]) -> list[str]:
    """Untracked paths, a folder in which nothing is tracked as one."""
    folders = {""}
    for path in known:
        while path := posixpath.dirname(path):
            folders.add(path)
    found: dict[str, None] = {}
    for path in sorted(fresh):
        parts = path.split("/")
        cut = next((n for n in range(1, len(parts)) if "/".join(parts[:n]) not in folders), 0)
        found["/".join(parts[:cut]) + "/" if cut else path] = None
    return list(found)


def _ignored(repo: Repository) -> list[str]:
    found = []
    todo = [("", repo.top)]
    while todo:
        base, folder = todo.pop(0)
        for name, entry in repo.files.entries(folder).items():
            path, is_folder = base + name, entry.kind == "directory"
            if name == ".git" or (path, 0) in repo.index:
                continue
            if repo.ignores.skips(path, folder=is_folder):
                found.append(f"{path}/" if is_folder else path)
            elif is_folder:
                todo.append((f"{path}/", posixpath.join(folder, name)))
    return sorted(found)


def tracking(repo: Repository) -> tuple[str, int, int] | None:
    """The branch that this one follows, with how many commits each has for itself; None where it follows none."""
    ref = repo.upstream(repo.branch)
    theirs = repo.store.ref(ref) if ref else ""
    if not ref or not repo.head():
        return None
    if not theirs:
        return ref.removeprefix("refs/remotes/"), -1, -1
    ours, them = repo.ancestors([repo.head()]), repo.ancestors([theirs])
    return ref.removeprefix("refs/remotes/"), len(ours - them), len(them - ours)


def short(repo: Repository, state: State, *, branch: bool = False, relative: bool = True) -> str:
    """``git status -s``, or with plain paths ``--porcelain``."""
    text = _branch_line(repo) if branch else ""
    rows: dict[str, list[str]] = {}
    names: dict[str, str] = {}

    def name(path: str) -> str:
        tail = "/" if path.endswith("/") else ""
        shown = repo.outside(path.rstrip("/")) + tail if relative else path
        return quoted(shown, spaces=True)

    for one in state.staged:
        rows[one.path] = [one.letter, " "]
        names[one.path] = (f"{name(one.source)} -> " if one.source else "") + name(one.path)
    for one in state.changed:
        rows.setdefault(one.path, [" ", " "])[1] = one.letter
    for path, stages in state.clashes.items():
        rows[path] = list(_CLASH[stages][0])
    for path in sorted(rows):
        text += f"{''.join(rows[path])} {names.get(path) or name(path)}\n"
    text += "".join(f"?? {name(path)}\n" for path in state.untracked)
    return text + "".join(f"!! {name(path)}\n" for path in state.ignored)


def _branch_line(repo: Repository) -> str:
    if not repo.head():
        return f"## No commits yet on {repo.branch}\n"
    if not repo.branch:
        return "## HEAD (no branch)\n"
    text = f"## {repo.branch}"
    if follows := tracking(repo):
        name, ahead, behind = follows
        marks = [f"{word} {count}" for word, count in (("ahead", ahead), ("behind", behind)) if count > 0]
        text += f"...{name}" + (f" [{', '.join(marks)}]" if marks else " [gone]" if ahead < 0 else "")
    return f"{text}\n"


def _follows(repo: Repository) -> str:
    found = tracking(repo)
    if found is None:
        return ""
    name, ahead, behind = found
    pull = '  (use "git pull" to update your local branch)\n'
    if ahead < 0:
        return f"Your branch is based on '{name}', but the upstream is gone.\n" + (
            '  (use "git branch --unset-upstream" to fixup)\n\n'
        )
    if ahead and behind:
        how = '(use "git pull" to merge the remote branch into yours)'
        if repo.call.machine.system.release == "24.04":
            how = '(use "git pull" if you want to integrate the remote branch with yours)'
        return (
            f"Your branch and '{name}' have diverged,\n"
            f"and have {ahead} and {behind} different commits each, respectively.\n  {how}\n\n"
        )
    if ahead:
        many = "commit" if ahead == 1 else "commits"
        return f"Your branch is ahead of '{name}' by {ahead} {many}.\n" + (
            '  (use "git push" to publish your local commits)\n\n'
        )
    if behind:
        many = "commit" if behind == 1 else "commits"
        return f"Your branch is behind '{name}' by {behind} {many}, and can be fast-forwarded.\n{pull}\n"
    return f"Your branch is up to date with '{name}'.\n\n"


def follows(repo: Repository) -> str:
    """The lines about the branch that this one follows, as after a switch: without the empty one."""
    return _follows(repo).replace("\n\n", "\n")


def long(repo: Repository, state: State, *, untracked: bool = True, committing: bool = False) -> str:
    """``git status``; ``committing``: as ``git commit`` says that there is nothing to do."""
    text = _where(repo) + _follows(repo)
    fresh = not repo.head()
    text += _merging(repo, state)
    if fresh:
        text += "\nInitial commit\n\n" if committing else "\nNo commits yet\n\n"
    new, merging = restores(repo.machine), bool(repo.store.text("MERGE_HEAD"))
    if state.staged:
        undo = (
            "git rm --cached <file>..."
            if fresh
            else "git restore --staged <file>..."
            if new
            else ("git reset HEAD <file>...")
        )
        text += "Changes to be committed:\n" + ("" if merging else f'  (use "{undo}" to unstage)\n')
        text += "" if new else "\n"
        for one in state.staged:
            both = f"{_name(repo, one.source)} -> " if one.source else ""
            text += f"\t{_WORDS[one.letter]}{both}{_name(repo, one.path)}\n"
        text += "\n"
    text += _clashing(repo, state)
    text += _changed(repo, state, new)
    if state.untracked and untracked:
        text += 'Untracked files:\n  (use "git add <file>..." to include in what will be committed)\n'
        text += "" if new else "\n"
        text += "".join(f"\t{_name(repo, path)}\n" for path in state.untracked) + "\n"
    if state.ignored:
        text += 'Ignored files:\n  (use "git add -f <file>..." to include in what will be committed)\n'
        text += "".join(f"\t{_name(repo, path)}\n" for path in state.ignored) + "\n"
    return text + _closing(repo, state, untracked=untracked)


def _name(repo: Repository, path: str) -> str:
    tail = "/" if path.endswith("/") else ""
    return quoted(repo.outside(path.rstrip("/")) + tail)


def _where(repo: Repository) -> str:
    if repo.branch:
        return f"On branch {repo.branch}\n"
    at = next((why for _, _, why in repo.reflog("HEAD") if why.startswith("checkout: ")), "")
    target = at.rpartition(" to ")[2]
    named = target if target and not repo.head().startswith(target) else repo.short(repo.head())
    return f"HEAD detached at {named}\n"


def _merging(repo: Repository, state: State) -> str:
    if not repo.store.text("MERGE_HEAD"):
        return ""
    if state.clashes:
        return (
            'You have unmerged paths.\n  (fix conflicts and run "git commit")\n'
            '  (use "git merge --abort" to abort the merge)\n\n'
        )
    return 'All conflicts fixed but you are still merging.\n  (use "git commit" to conclude merge)\n\n'


def _clashing(repo: Repository, state: State) -> str:
    if not state.clashes:
        return ""
    text = "Unmerged paths:\n"
    if not repo.store.text("MERGE_HEAD"):
        undo = "git restore --staged <file>..." if restores(repo.machine) else "git reset HEAD <file>..."
        text += f'  (use "{undo}" to unstage)\n'
    deleted = any(stages not in ("23", "123") for stages in state.clashes.values())
    how = (
        'git add/rm <file>..." as appropriate to mark resolution'
        if deleted
        else 'git add <file>..." to mark resolution'
    )
    text += f'  (use "{how})\n'
    text += "".join(f"\t{_CLASH[stages][1]}{_name(repo, path)}\n" for path, stages in sorted(state.clashes.items()))
    return f"{text}\n"


def _changed(repo: Repository, state: State, new: bool) -> str:
    if not state.changed:
        return ""
    gone = any(one.letter == "D" for one in state.changed)
    undo = "git restore <file>..." if new else "git checkout -- <file>..."
    text = "Changes not staged for commit:\n"
    text += f'  (use "git add{"/rm" if gone else ""} <file>..." to update what will be committed)\n'
    text += f'  (use "{undo}" to discard changes in working directory)\n' + ("" if new else "\n")
    return text + "".join(f"\t{_WORDS[one.letter]}{_name(repo, one.path)}\n" for one in state.changed) + "\n"


def _closing(repo: Repository, state: State, *, untracked: bool) -> str:
    if state.staged:
        return "" if untracked else "Untracked files not listed (use -u option to show untracked files)\n"
    if state.changed or state.clashes:
        return 'no changes added to commit (use "git add" and/or "git commit -a")\n'
    if not untracked:
        return "nothing to commit (use -u to show untracked files)\n"
    if state.untracked:
        return 'nothing added to commit but untracked files present (use "git add" to track)\n'
    if not repo.head():
        return 'nothing to commit (create/copy files and use "git add" to track)\n'
    if repo.store.text("MERGE_HEAD"):
        return ""
    return "nothing to commit, working tree clean\n"
