"""``checkout`` and ``switch``: going from one commit or branch to another, and files back to what they were."""

from __future__ import annotations

from fnmatch import fnmatchcase

from llm_kernel.programs.git.branching import BAD, fresh, tracked
from llm_kernel.programs.git.fault import Fatal, Stop
from llm_kernel.programs.git.merging import advance, guard
from llm_kernel.programs.git.options import Given, parse
from llm_kernel.programs.git.patch import changes
from llm_kernel.programs.git.quoting import quoted
from llm_kernel.programs.git.repository import Repository
from llm_kernel.programs.git.staging import restored
from llm_kernel.programs.git.status import follows, work_listing
from llm_kernel.programs.git.versions import restores, since
from llm_kernel.programs.table import NotExact
from llm_kernel.shell.call import Answer

__all__ = ["checkout", "switch"]


def checkout(repo: Repository, args: list[str]) -> Answer:
    """Go to a branch or commit, or bring files back."""
    given = parse(
        args,
        "b= B= q,quiet f,force t,track? no-track orphan= detach l progress no-progress ours theirs guess no-guess",
        "git checkout [<options>] <branch>",
        rare="p patch m merge conflict pathspec-from-file overlay recurse-submodules d",
    )
    new = given.value("b") or given.value("B")
    words = list(given.words)
    if "orphan" in given:
        repo.store.set_text("HEAD", f"ref: refs/heads/{given.value('orphan')}\n")
        return Answer("", f"Switched to a new branch '{given.value('orphan')}'\n")
    if new:
        return _go_new(repo, new, words[0] if words else "HEAD", force="B" in given, quiet="quiet" in given)
    if given.behind is not None or (words and not _is_place(repo, words[0]) and _are_paths(repo, words)):
        source = words.pop(0) if words and (given.behind is not None or _is_place(repo, words[0])) else ""
        return _files(repo, source, [*words, *(given.behind or ())], given)
    if len(words) > 1 and _is_place(repo, words[0]):
        return _files(repo, words[0], words[1:], given)
    if not words:
        return Answer(_local(repo) + follows(repo) if repo.head() else "")
    word = words[0]
    if word == "-":
        word = _previous(repo)
    if not _is_place(repo, word):
        remotes = [ref for ref in repo.store.refs("refs/remotes/") if ref.split("/", 3)[3] == word]
        if len(remotes) == 1 and "no-guess" not in given:
            return _go_new(repo, word, remotes[0].removeprefix("refs/remotes/"), force=False, quiet="quiet" in given)
        raise Stop(f"error: pathspec '{word}' did not match any file(s) known to git\n", 1)
    return _go(repo, word, detach="detach" in given, force="force" in given, quiet="quiet" in given)


def _is_place(repo: Repository, word: str) -> bool:
    return word == "-" or bool(repo.commit_of(word)) or (f"refs/heads/{word}" == repo.head_ref() and not repo.head())


def _are_paths(repo: Repository, words: list[str]) -> bool:
    return all((repo.inside(word) or ".", 0) in repo.index or _below(repo, word) for word in words)


def _below(repo: Repository, word: str) -> bool:
    top = repo.inside(word)
    glob = any(sign in word for sign in "*?[")
    return any(not top or path.startswith(f"{top}/") or (glob and fnmatchcase(path, top)) for path, _ in repo.index)


def _files(repo: Repository, source: str, words: list[str], given: Given) -> Answer:
    if source and not repo.commit_of(source):
        raise Fatal(f"invalid reference: {source}")
    if sides := {"ours", "theirs"} & set(dict(given.options)):
        stage = 2 if "ours" in sides else 3
        for word in words:
            entry = repo.index.get((repo.inside(word), stage))
            if entry is None:
                side = "our" if stage == 2 else "their"
                raise Stop(f"error: path '{word}' does not have {side} version\n", 1)
            repo.files.write(repo.place(repo.inside(word)), repo.store.blob(entry.name).data)
        many = len(words)
        return Answer("", f"Updated {many} path{'' if many == 1 else 's'} from the index\n")
    listing = repo.tree(repo.commit_of(source)) if source else repo.staged()
    done = restored(repo, words, listing, index=bool(source), tree=True, strict=False)
    where = repo.short(repo.commit_of(source)) if source else "the index"
    said = f"Updated {done} path{'' if done == 1 else 's'} from {where}\n"
    silent = "quiet" in given or given.behind is not None or not since(repo.machine, "2.21")
    return Answer("", "" if silent else said)


def switch(repo: Repository, args: list[str]) -> Answer:
    """Go to a branch."""
    if not restores(repo.machine):
        raise Stop("git: 'switch' is not a git command. See 'git --help'.\n", 1)
    given = parse(
        args,
        "c,create= C,force-create= d,detach q,quiet f,force discard-changes t,track? no-track orphan= guess no-guess "
        "progress",
        "git switch [<options>] [<branch>]",
        rare="m merge conflict recurse-submodules",
    )
    new = given.value("create") or given.value("force-create")
    if new:
        return _go_new(
            repo, new, given.words[0] if given.words else "HEAD", force="force-create" in given, quiet="quiet" in given
        )
    if "orphan" in given:
        raise NotExact
    if not given.words:
        raise Fatal("missing branch or commit argument")
    word = _previous(repo) if given.words[0] == "-" else given.words[0]
    if not repo.store.ref(f"refs/heads/{word}") and "detach" not in given:
        remotes = [ref for ref in repo.store.refs("refs/remotes/") if ref.split("/", 3)[3] == word]
        if len(remotes) == 1:
            return _go_new(repo, word, remotes[0].removeprefix("refs/remotes/"), force=False, quiet="quiet" in given)
        if repo.commit_of(word):
            kind = (
                "remote branch"
                if repo.store.ref(f"refs/remotes/{word}")
                else "tag"
                if repo.store.ref(f"refs/tags/{word}")
                else "commit"
            )
            hint = "hint: If you want to detach HEAD at the commit, try again with the --detach option.\n"
            raise Stop(
                f"fatal: a branch is expected, got {kind} '{word}'\n{hint if since(repo.machine, '2.38') else ''}", 128
            )
        raise Fatal(f"invalid reference: {word}")
    force = bool({"force", "discard-changes"} & set(dict(given.options)))
    return _go(repo, word, detach="detach" in given, force=force, quiet="quiet" in given)


def _previous(repo: Repository) -> str:
    moves = [why for _, _, why in repo.reflog("HEAD") if why.startswith("checkout: moving from ")]
    if not moves:
        raise Stop("error: pathspec '-' did not match any file(s) known to git\n", 1)
    return moves[0].split()[3]


def _local(repo: Repository) -> str:
    rows = changes(repo.tree(repo.head()), work_listing(repo))
    return "".join(f"{one.letter}\t{quoted(one.path)}\n" for one in rows)


def _from(repo: Repository) -> str:
    return repo.branch or repo.head()


def _go_new(repo: Repository, name: str, start: str, *, force: bool, quiet: bool) -> Answer:
    before = _from(repo)
    if not repo.head() and start == "HEAD":
        repo.store.set_text("HEAD", f"ref: refs/heads/{name}\n")
        return Answer("", "" if quiet else f"Switched to a new branch '{name}'\n")
    there = repo.store.ref(f"refs/heads/{name}")
    commit = repo.commit_of(start)
    if not commit and (force or not BAD.search(name)):
        raise Fatal(f"'{start}' is not a commit and a branch '{name}' cannot be created from it")
    if not force or not there:
        fresh(repo, name, start)
    old = repo.head()
    if commit != old:
        guard(repo, repo.tree(commit), "checkout")
        advance(repo, repo.tree(commit))
    repo.store.set_text(f"refs/heads/{name}", f"{commit}\n")
    repo.log(f"refs/heads/{name}", "", commit, f"branch: Created from {start}")
    repo.store.set_text("HEAD", f"ref: refs/heads/{name}\n")
    repo.log("HEAD", old, commit, f"checkout: moving from {before} to {name}")
    word = "Reset" if there else "Switched to a new"
    said = f"{'Reset branch' if word == 'Reset' else 'Switched to a new branch'} '{name}'\n"
    track = tracked(repo, name, start)
    return Answer(("" if start == "HEAD" else _local(repo)) + track, "" if quiet else said)


def _go(repo: Repository, word: str, *, detach: bool, force: bool, quiet: bool) -> Answer:
    ref = f"refs/heads/{word}"
    on_branch = not detach and (bool(repo.store.ref(ref)) or ref == repo.head_ref())
    if repo.conflicts() and not force:
        listed = "".join(f"{path}: needs merge\n" for path in sorted(repo.conflicts()))
        raise Stop("error: you need to resolve your current index first\n", 1, out=listed)
    if on_branch and ref == repo.head_ref():
        return Answer((_local(repo) + follows(repo)) if repo.head() else "", "" if quiet else f"Already on '{word}'\n")
    commit, before, old, left = repo.commit_of(word), _from(repo), repo.head(), repo.head() if not repo.branch else ""
    target = repo.tree(commit)
    if force:
        for path in {path for path, _ in repo.index} | target.keys():
            repo.check_out(path, target.get(path))
        repo.save_index()
    elif commit != old:
        guard(repo, target, "checkout")
        advance(repo, target)
    local = _local_now(repo, commit)
    repo.store.set_text("HEAD", f"ref: {ref}\n" if on_branch else f"{commit}\n")
    repo.log("HEAD", old, commit, f"checkout: moving from {before} to {word}")
    said = _left(repo, left, commit) if left and left != commit else ""
    if on_branch:
        return Answer(local + follows(repo), "" if quiet else f"{said}Switched to branch '{word}'\n")
    at = f"HEAD is now at {repo.short(commit)} {repo.commit(commit).subject}\n"
    advice = "" if left or detach or repo.setting("advice.detachedhead") == "false" else _detached(repo, word)
    return Answer(local, "" if quiet else said + advice + at)


def _local_now(repo: Repository, commit: str) -> str:
    return "".join(f"{one.letter}\t{quoted(one.path)}\n" for one in changes(repo.tree(commit), work_listing(repo)))


def _left(repo: Repository, left: str, commit: str) -> str:
    one = repo.commit(left)
    reach = repo.ancestors([commit, *(repo.commit_of(name) for name in repo.store.refs().values())])
    lost = list(repo.ancestors([left]) - reach)
    if not lost:
        return f"Previous HEAD position was {repo.short(left)} {one.subject}\n"
    many = len(lost)
    rows = "".join(f"  {repo.short(name)} {repo.commit(name).subject}\n" for name in lost[:4])
    what = "1 commit" if many == 1 else f"{many} commits"
    it = "it" if many == 1 else "them"
    return (
        f"Warning: you are leaving {what} behind, not connected to\nany of your branches:\n\n{rows}\n"
        f"If you want to keep {it} by creating a new branch, this may be a good time\nto do so with:\n\n"
        f" git branch <new-branch-name> {repo.short(left)}\n\n"
    )


def _detached(repo: Repository, word: str) -> str:
    how = "git switch -c <new-branch-name>" if restores(repo.machine) else "git checkout -b <new-branch-name>"
    ago = "Or undo this operation with:\n\n  git switch -\n\n" if restores(repo.machine) else ""
    off = (
        "Turn off this advice by setting config variable advice.detachedHead to false\n\n"
        if restores(repo.machine)
        else ""
    )
    with_c = (
        "do so (now or later) by using -c with the switch command. Example:"
        if restores(repo.machine)
        else ("do so (now or later) by using -b with the checkout command again. Example:")
    )
    verb = "switching back to a branch." if restores(repo.machine) else "performing another checkout."
    start = "Note: switching to" if restores(repo.machine) else "Note: checking out"
    return (
        f"{start} '{word}'.\n\n"
        "You are in 'detached HEAD' state. You can look around, make experimental\n"
        "changes and commit them, and you can discard any commits you make in this\n"
        f"state without impacting any branches by {verb}\n\n"
        f"If you want to create a new branch to retain commits you create, you may\n{with_c}\n\n"
        f"  {how}\n\n{ago}{off}"
    )
