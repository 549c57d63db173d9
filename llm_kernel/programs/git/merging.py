"""Three trees become one: ``merge``, ``cherry-pick``, ``revert``, and what a stash brings back."""

from __future__ import annotations

from collections.abc import Sequence

from llm_kernel.programs.edits import edits
from llm_kernel.programs.git.fault import Fatal, Stop
from llm_kernel.programs.git.index import Entry
from llm_kernel.programs.git.options import parse
from llm_kernel.programs.git.patch import changes, renamed, stat, summary
from llm_kernel.programs.git.recording import commit, report, tidy
from llm_kernel.programs.git.repository import Listing, Repository
from llm_kernel.programs.git.status import work_listing
from llm_kernel.programs.git.store import Blob
from llm_kernel.programs.git.versions import since
from llm_kernel.shell.call import Answer

__all__ = ["advance", "blend", "cherry_pick", "guard", "merge", "merged", "revert"]


def merged(base: Sequence[str], ours: Sequence[str], theirs: Sequence[str], names: tuple[str, str]) -> tuple[str, bool]:
    """The lines of both sides joined, and whether they clash somewhere."""
    left = [(edit.old, edit.old_end, list(ours[edit.new : edit.new_end])) for edit in edits(base, ours)]
    right = [(edit.old, edit.old_end, list(theirs[edit.new : edit.new_end])) for edit in edits(base, theirs)]
    out: list[str] = []
    at, clash = 0, False
    while left or right:
        start = min(side[0][0] for side in (left, right) if side)
        end = start
        mine, yours = [], []
        while True:  # all changes that touch one another are one
            if left and left[0][0] <= end:
                mine.append(left.pop(0))
                end = max(end, mine[-1][1])
            elif right and right[0][0] <= end:
                yours.append(right.pop(0))
                end = max(end, yours[-1][1])
            else:
                break
        out += base[at:start]
        one, other = _side(base, mine, start, end), _side(base, yours, start, end)
        if not yours or one == other:
            out += one
        elif not mine:
            out += other
        else:
            clash = True
            out += _clash(one, other, names)
        at = end
    return "".join([*out, *base[at:]]), clash


def _side(base: Sequence[str], parts: Sequence[tuple[int, int, list[str]]], start: int, end: int) -> list[str]:
    out, at = [], start
    for low, high, lines in parts:
        out += [*base[at:low], *lines]
        at = high
    return [*out, *base[at:end]]


def _clash(one: list[str], other: list[str], names: tuple[str, str]) -> list[str]:
    head, tail = 0, 0
    while head < min(len(one), len(other)) and one[head] == other[head]:
        head += 1
    while tail < min(len(one), len(other)) - head and one[-1 - tail] == other[-1 - tail]:
        tail += 1
    mine, yours = one[head : len(one) - tail], other[head : len(other) - tail]
    marked = [f"<<<<<<< {names[0]}\n", *_ended(mine), "=======\n", *_ended(yours), f">>>>>>> {names[1]}\n"]
    return [*one[:head], *marked, *(one[len(one) - tail :] if tail else [])]


def _ended(lines: list[str]) -> list[str]:
    return [line if line.endswith("\n") else f"{line}\n" for line in lines]


def guard(repo: Repository, target: Listing, what: str) -> None:
    """See that nothing is lost when the work tree goes to ``target``.

    Raises:
        Stop: where local changes or untracked files are in the way.
    """
    head, staged = repo.tree(repo.head()), repo.staged()
    there = repo.walk()
    work = work_listing(repo, there)
    touched = {one.path for one in changes(head, target)}
    local = sorted(
        path
        for path in touched
        if (path in staged or path in head)
        and (staged.get(path) != head.get(path) or work.get(path) != staged.get(path))
        and staged.get(path) != target.get(path)
    )
    fresh = sorted(
        path for path in touched if path in target and path not in staged and path in there and path not in head
    )
    fresh = [path for path in fresh if repo.work_name(path, target[path][1]) != target[path][1]]
    verb = {"checkout": "switch branches"}.get(what, what)
    text = ""
    if local:
        listed = "".join(f"\t{path}\n" for path in local)
        text += f"error: Your local changes to the following files would be overwritten by {what}:\n{listed}"
        text += f"Please commit your changes or stash them before you {verb}.\n"
    if fresh:
        listed = "".join(f"\t{path}\n" for path in fresh)
        text += f"error: The following untracked working tree files would be overwritten by {what}:\n{listed}"
        text += f"Please move or remove them before you {verb}.\n"
    if text:
        raise Stop(f"{text}Aborting\n", 1)


def advance(repo: Repository, target: Listing) -> None:
    """Bring index and work tree from the last commit to ``target``; local changes elsewhere stay."""
    for one in changes(repo.tree(repo.head()), target):
        repo.check_out(one.path, target.get(one.path))
    repo.save_index()


def blend(
    repo: Repository, base: Listing, ours: Listing, theirs: Listing, names: tuple[str, str]
) -> tuple[Listing, str]:
    """Join two sides in the work tree and the index; what is staged, and what was said (clashes are in the index)."""
    said, done = "", dict(ours)
    for one in changes(base, theirs):
        path, mine, yours, old = one.path, ours.get(one.path), theirs.get(one.path), base.get(one.path)
        if mine == yours:
            continue
        if mine == old:
            repo.check_out(path, yours)
            if yours is None:
                done.pop(path, None)
            else:
                done[path] = yours
            continue
        if mine is None or yours is None:
            said += _deleted(repo, path, old, mine, yours, names)
            continue
        blobs = [repo.store.blob(row[1]) if row else Blob(b"") for row in (old, mine, yours)]
        if any(blob.size is not None or b"\0" in blob.data for blob in blobs):
            said += f"warning: Cannot merge binary files: {path} ({names[0]} vs. {names[1]})\n"
            text, clash = "", True
        else:
            lines = [blob.data.decode("utf-8", "surrogateescape").splitlines(keepends=True) for blob in blobs]
            text, clash = merged(lines[0], lines[1], lines[2], names)
            said += f"Auto-merging {path}\n"
        if clash:
            said += f"CONFLICT ({'content' if old else 'add/add'}): Merge conflict in {path}\n"
            if text:
                repo.files.write(repo.place(path), text.encode("utf-8", "surrogateescape"))
            _conflict(repo, path, old, mine, yours)
        else:
            name = repo.store.put_blob(Blob(text.encode("utf-8", "surrogateescape")))
            done[path] = (yours[0] if old and mine[0] == old[0] else mine[0]), name
            repo.check_out(path, done[path])
    repo.save_index()
    return done, said


def _deleted(
    repo: Repository,
    path: str,
    old: tuple[int, str] | None,
    mine: tuple[int, str] | None,
    yours: tuple[int, str] | None,
    names: tuple[str, str],
) -> str:
    gone, kept = (names[0], names[1]) if mine is None else (names[1], names[0])
    if mine is None:
        repo.check_out(path, yours)
    _conflict(repo, path, old, mine, yours)
    text = f"CONFLICT (modify/delete): {path} deleted in {gone} and modified in {kept}."
    tail = (
        f"  Version {kept} of {path} left in tree.\n"
        if since(repo.machine, "2.35")
        else f" Version {kept} of {path} left in tree.\n"
    )
    return text + tail


def _conflict(repo: Repository, path: str, *rows: tuple[int, str] | None) -> None:
    repo.stage(path, None)
    for stage, row in enumerate(rows, 1):
        if row is not None:
            repo.index[path, stage] = Entry(*row)


def merge(repo: Repository, args: list[str], *, label: str = "", source: str = "") -> Answer:
    """Join another branch into this one."""
    given = parse(
        args,
        "m,message= ff no-ff ff-only no-edit e,edit abort continue quit squash no-commit commit q,quiet stat n,no-stat "
        "v,verbose allow-unrelated-histories s,strategy= X,strategy-option= log? no-log",
        "git merge [<options>] [<commit>...]",
        rare="F S signoff rerere-autoupdate autostash into-name cleanup",
    )
    if "abort" in given:
        return _abort(repo)
    if "continue" in given:
        if not repo.store.text("MERGE_HEAD"):
            raise Fatal("There is no merge in progress (MERGE_HEAD missing).")
        return commit(repo, ["--no-edit"])
    if repo.store.text("MERGE_HEAD"):
        raise Stop(
            "fatal: You have not concluded your merge (MERGE_HEAD exists).\n"
            "Please, commit your changes before you merge.\n"
            if not repo.conflicts()
            else _UNMERGED,
            128,
        )
    word = given.words[0] if given.words else "@{u}"
    theirs, head = repo.commit_of(word), repo.head()
    if not theirs:
        if not given.words:
            raise Fatal("No remote for the current branch.")
        raise Stop(f"merge: {word} - not something we can merge\n", 1)
    if not head:
        advance(repo, repo.tree(theirs))
        repo.move_head(theirs, "initial pull")
        return Answer()
    base = repo.merge_base(head, theirs)
    if base == theirs:
        return Answer("Already up to date.\n")
    if base == head and not {"no-ff", "squash"} & set(dict(given.options)):
        return _forward(repo, head, theirs, label or f"merge {word}", quiet="quiet" in given)
    if "ff-only" in given:
        hint = _DIVERGED if since(repo.machine, "2.38") else ""
        raise Stop(f"{hint}fatal: Not possible to fast-forward, aborting.\n", 128)
    if not base and "allow-unrelated-histories" not in given:
        raise Fatal("refusing to merge unrelated histories")
    repo.person()
    guard(repo, repo.tree(theirs) | {}, "merge") if base == head else _clean_for(repo, base, theirs)
    into = "" if repo.branch == repo.setting("init.defaultbranch", "master") else f" into {repo.branch or 'HEAD'}"
    kind = "branch" if repo.store.ref(f"refs/heads/{word}") else "remote-tracking branch"
    kind = kind if repo.store.ref(f"refs/heads/{word}") or repo.store.ref(f"refs/remotes/{word}") else "commit"
    named = f"{kind} '{word}'"
    message = tidy("\n\n".join(given.values("message"))) or f"Merge {source or named}{into}\n"
    done, said = blend(repo, repo.tree(base), repo.tree(head), repo.tree(theirs), ("HEAD", word))
    if repo.conflicts():
        listed = "".join(f"#\t{path}\n" for path in sorted(repo.conflicts()))
        repo.store.set_text("MERGE_HEAD", f"{theirs}\n")
        repo.store.set_text("MERGE_MODE", "")
        repo.store.set_text("ORIG_HEAD", f"{head}\n")
        repo.store.set_text("MERGE_MSG", f"{message}\n# Conflicts:\n{listed}")
        return Answer(f"{said}Automatic merge failed; fix conflicts and then commit the result.\n", status=1)
    if "squash" in given:
        return Answer(
            f"{said}Squash commit -- not updating HEAD\n"
            "Automatic merge went well; stopped before committing as requested\n"
        )
    if "no-commit" in given:
        repo.store.set_text("MERGE_HEAD", f"{theirs}\n")
        repo.store.set_text("MERGE_MSG", message)
        return Answer(f"{said}Automatic merge went well; stopped before committing as requested\n")
    name = repo.make_commit(repo.write_tree(done), (head, theirs), message)
    way = "ort" if since(repo.machine, "2.34") else "recursive"
    made = "Merge made by the 'ort' strategy.\n" if way == "ort" else "Merge made by the 'recursive' strategy.\n"
    repo.store.set_text("ORIG_HEAD", f"{head}\n")
    repo.move_head(name, f"merge {word}: {made.strip()}")
    return Answer("" if "quiet" in given else said + made + _stat(repo, repo.tree(head), done))


def _clean_for(repo: Repository, base: str, theirs: str) -> None:
    head = repo.tree(repo.head())
    target = dict(head)
    for one in changes(repo.tree(base) if base else {}, repo.tree(theirs)):
        if one.new_mode:
            target[one.path] = one.new_mode, one.new
        else:
            target.pop(one.path, None)
    guard(repo, target, "merge")


def _stat(repo: Repository, old: Listing, new: Listing) -> str:
    def read(path: str, name: str) -> Blob:
        return repo.store.blob(name)

    found = renamed(changes(old, new), lambda path, name: repo.store.blob(name, ask=False))
    return stat(found, read) + summary(found)


def _forward(repo: Repository, head: str, theirs: str, why: str, *, quiet: bool) -> Answer:
    guard(repo, repo.tree(theirs), "merge")
    text = f"Updating {repo.short(head)}..{repo.short(theirs)}\nFast-forward\n"
    text += _stat(repo, repo.tree(head), repo.tree(theirs))
    advance(repo, repo.tree(theirs))
    repo.store.set_text("ORIG_HEAD", f"{head}\n")
    repo.move_head(theirs, f"{why}: Fast-forward")
    return Answer("" if quiet else text)


def _abort(repo: Repository) -> Answer:
    if not repo.store.text("MERGE_HEAD"):
        raise Fatal("There is no merge to abort (MERGE_HEAD missing).")
    head = repo.tree(repo.head())
    for path in {path for path, _ in repo.index} | head.keys():
        repo.check_out(path, head.get(path))
    repo.save_index()
    for name in ("MERGE_HEAD", "MERGE_MSG", "MERGE_MODE"):
        repo.store.drop(name)
    return Answer()


_UNMERGED = (
    "error: Merging is not possible because you have unmerged files.\n"
    "hint: Fix them up in the work tree, and then use 'git add/rm <file>'\n"
    "hint: as appropriate to mark resolution and make a commit.\n"
    "fatal: Exiting because of an unresolved conflict.\n"
)
_DIVERGED = (
    "hint: Diverging branches can't be fast-forwarded, you need to either:\nhint: \n"
    "hint: \tgit merge --no-ff\nhint: \nhint: or:\nhint: \nhint: \tgit rebase\nhint: \n"
    'hint: Disable this message with "git config advice.diverging false"\n'
)


def cherry_pick(repo: Repository, args: list[str]) -> Answer:
    """Make a commit's change again, here."""
    return _again(repo, args, back=False)


def revert(repo: Repository, args: list[str]) -> Answer:
    """Take a commit's change back."""
    return _again(repo, args, back=True)


def _again(repo: Repository, args: list[str], *, back: bool) -> Answer:
    what = "revert" if back else "cherry-pick"
    given = parse(
        args,
        "n,no-commit no-edit e,edit x abort continue quit skip",
        f"git {what} [<options>] <commit>...",
        rare="m mainline s signoff S strategy X allow-empty ff keep-redundant-commits",
    )
    marker = "REVERT_HEAD" if back else "CHERRY_PICK_HEAD"
    if "abort" in given:
        if not repo.store.text(marker):
            raise Stop(f"error: no cherry-pick or revert in progress\nfatal: {what} failed\n", 128)
        head = repo.tree(repo.head())
        for path in {path for path, _ in repo.index} | head.keys():
            repo.check_out(path, head.get(path))
        repo.save_index()
        repo.store.drop(marker)
        return Answer()
    if {"continue", "skip", "quit"} & set(dict(given.options)) or any(".." in word for word in given.words):
        raise Fatal(f"this git {what}s commits one by one; finish one in conflict with 'git commit'")
    said = ""
    for word in given.words:
        name = repo.commit_of(word)
        if not name:
            raise Fatal(f"bad revision '{word}'")
        one = repo.commit(name)
        if len(one.parents) > 1:
            raise Stop(f"error: commit {name} is a merge but no -m option was given.\nfatal: {what} failed\n", 128)
        parent = repo.tree(one.parents[0]) if one.parents else {}
        base, theirs = (repo.tree(name), parent) if back else (parent, repo.tree(name))
        head = repo.tree(repo.head())
        if work_listing(repo) != repo.staged() or repo.staged() != head:
            raise Stop(
                f"error: your local changes would be overwritten by {what}.\n"
                f"hint: commit your changes or stash them to proceed.\nfatal: {what} failed\n",
                128,
            )
        title = f"{repo.short(name)} ({one.subject})"
        done, text = blend(repo, base, head, theirs, ("HEAD", f"parent of {title}" if back else title))
        message = f'Revert "{one.subject}"\n\nThis reverts commit {name}.\n' if back else one.message
        if "x" in given:
            message = f"{message.rstrip()}\n\n(cherry picked from commit {name})\n"
        if repo.conflicts():
            repo.store.set_text(marker, f"{name}\n")
            repo.store.set_text("MERGE_MSG", message)
            short = repo.short(name)
            raise Stop(
                f"error: could not {'revert' if back else 'apply'} {short}... {one.subject}\n{_RESOLVE}", 1, out=text
            )
        if "no-commit" in given:
            continue
        if done == head:
            raise Stop("The previous cherry-pick is now empty, possibly due to conflict resolution.\n", 1)
        author = None if back else one.author
        made = repo.make_commit(repo.write_tree(done), (repo.head(),), message, author=author)
        subject = message.partition("\n")[0]
        repo.move_head(made, f"{what}: {subject}")
        said += text + report(repo, made, amended=True)
    return Answer(said)


_RESOLVE = (
    'hint: After resolving the conflicts, mark them with\nhint: "git add/rm <pathspec>", then run\n'
    'hint: "git commit".\n'
)
