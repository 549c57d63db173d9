"""``git commit``: what is staged becomes a commit."""

from __future__ import annotations

from llm_kernel.programs.git.dating import dated
from llm_kernel.programs.git.fault import Fatal, Stop
from llm_kernel.programs.git.objects import Person
from llm_kernel.programs.git.options import parse
from llm_kernel.programs.git.patch import changes, renamed, shortstat, summary
from llm_kernel.programs.git.repository import Repository
from llm_kernel.programs.git.staging import chosen
from llm_kernel.programs.git.status import long, look
from llm_kernel.programs.git.store import Blob
from llm_kernel.shell.call import Answer

__all__ = ["commit", "report", "tidy"]

_NO_EDITOR = "error: Terminal is dumb, but EDITOR unset\nPlease supply the message using either -m or -F option.\n"


def tidy(message: str) -> str:
    """A message without blanks at line ends, empty lines doubled or at its ends."""
    lines: list[str] = []
    for line in message.split("\n"):
        text = line.rstrip()
        if text or (lines and lines[-1]):
            lines.append(text)
    return "\n".join(lines).strip("\n") + "\n" if any(lines) else ""


def commit(repo: Repository, args: list[str]) -> Answer:
    """Commit what is staged."""
    given = parse(
        args,
        "m,message= a,all amend no-edit allow-empty allow-empty-message q,quiet F,file= author= date= n,no-verify "
        "v,verbose s,signoff e,edit dry-run o,only i,include reset-author C,reuse-message= no-gpg-sign",
        "git commit [-a | --interactive | --patch] [-s] [-v] [-u<mode>] [--amend] [--dry-run] [-m <msg>] [--] "
        "[<pathspec>...]",
        rare="fixup squash c reedit-message t template p patch interactive cleanup S gpg-sign short porcelain long "
        "trailer u untracked-files z null branch",
    )
    amend = "amend" in given
    if amend and not repo.head():
        raise Fatal("You have nothing to amend.")
    before = _index_text(repo)
    if repo.conflicts() and not given.paths and "all" not in given:
        listed = "".join(f"U\t{path}\n" for path in sorted(repo.conflicts()))
        raise Stop(
            "error: Committing is not possible because you have unmerged files.\n"
            "hint: Fix them up in the work tree, and then use 'git add/rm <file>'\n"
            "hint: as appropriate to mark resolution and make a commit.\n"
            "fatal: Exiting because of an unresolved conflict.\n",
            128,
            out=listed,
        )
    if "all" in given or given.paths:
        _take(repo, given.paths)
    if "dry-run" in given:
        state = look(repo)
        return Answer(long(repo, state), status=0 if state.staged else 1)
    head = repo.head()
    parents = repo.commit(head).parents if amend else (head,) if head else ()
    if merging := repo.store.text("MERGE_HEAD"):
        parents = (*parents, *merging.split())
    base = repo.tree(parents[0]) if parents else {}
    empty = repo.staged() == base and not merging and "allow-empty" not in given
    if empty and not (amend and len(parents) > 1):
        if not amend:
            return Answer(long(repo, look(repo), committing=True), status=1)
        raise Stop(_NO_CHANGE, 1, out=long(repo, look(repo)))
    try:
        author, committer = _author(repo, given.value("author"), given.value("date")), repo.person()
        message = _message(repo, given.options, amend=amend)
    except Stop:
        _put_back(repo, before)
        raise
    if "signoff" in given:
        message = f"{message}\nSigned-off-by: {committer.name} <{committer.email}>\n"
    if not message and "allow-empty-message" not in given:
        raise Stop("Aborting commit due to empty commit message.\n", 1)
    if amend and "reset-author" not in given and not given.value("author"):
        old = repo.commit(head).author
        author = old if not given.value("date") else Person(old.name, old.email, author.when, author.zone)
    return _made(repo, parents, message, author, amend=amend, quiet="quiet" in given)


_NO_CHANGE = (
    "You asked to amend the most recent commit, but doing so would make\n"
    "it empty. You can repeat your command with --allow-empty, or you can\n"
    'remove the commit entirely with "git reset HEAD^".\n'
)


def _index_text(repo: Repository) -> bytes:
    path = f"{repo.folder}/index"
    return repo.files.read(path) if repo.files.exists(path) else b""


def _put_back(repo: Repository, data: bytes) -> None:
    if data:
        repo.files.write(f"{repo.folder}/index", data)


def _take(repo: Repository, words: list[str]) -> None:
    """Stage what changed: everything known, or what ``words`` mean."""
    there = repo.walk()
    known = sorted({path for path, _ in repo.index})
    heads = repo.tree(repo.head())
    if words:
        picked = chosen(repo, words, known)
        for word, paths in picked.items():
            if not paths:
                raise Stop(f"error: pathspec '{word}' did not match any file(s) known to git\n", 1)
        known = sorted({path for paths in picked.values() for path in paths})
    for path in known:
        hint = heads.get(path, (0, ""))[1]
        repo.stage(path, (there[path], repo.keep(path, hint)) if path in there else None)
    repo.save_index()


def _author(repo: Repository, text: str, date: str) -> Person:
    if date:
        env = {**repo.call.env, "GIT_AUTHOR_DATE": date}
        repo.call = type(repo.call)(repo.call.name, repo.call.args, repo.machine, repo.call.cwd, env)
    author = repo.person("AUTHOR")
    if not text:
        return author
    name, bracket, rest = text.partition("<")
    if not bracket or not rest.endswith(">"):
        raise Fatal(f"--author '{text}' is not 'Name <email>' and matches no existing author")
    return Person(name.strip(), rest[:-1], author.when, author.zone)


def _message(repo: Repository, options: list[tuple[str, str]], *, amend: bool) -> str:
    parts = [value for name, value in options if name == "message"]
    names = {name for name, _ in options}
    if parts:
        return tidy("\n\n".join(parts))
    for name, value in options:
        if name == "file":
            path = repo.call.path(value)
            if not repo.files.exists(path):
                raise Fatal(f"could not read log file '{value}': No such file or directory")
            return tidy(repo.files.read(path).decode("utf-8", "replace"))
        if name == "reuse-message":
            return repo.commit(repo.commit_of(value)).message
    if amend and "no-edit" in names:
        return repo.commit(repo.head()).message
    if (repo.store.text("MERGE_MSG")) and "no-edit" in names:
        return tidy("\n".join(line for line in repo.store.text("MERGE_MSG").split("\n") if not line.startswith("#")))
    raise Stop(_NO_EDITOR, 1)


def _made(
    repo: Repository, parents: tuple[str, ...], message: str, author: Person, *, amend: bool, quiet: bool
) -> Answer:
    tree = repo.write_tree(repo.staged())
    name = repo.make_commit(tree, parents, message, author=author)
    subject = message.partition("\n")[0]
    merged = len(parents) > 1
    why = "commit (amend)" if amend else "commit (initial)" if not parents else "commit (merge)" if merged else "commit"
    repo.move_head(name, f"{why}: {subject}")
    repo.store.set_text("COMMIT_EDITMSG", message)
    for left in ("MERGE_HEAD", "MERGE_MSG", "MERGE_MODE", "CHERRY_PICK_HEAD", "REVERT_HEAD"):
        repo.store.drop(left)
    return Answer("" if quiet else report(repo, name, amended=amend))


def report(repo: Repository, name: str, *, amended: bool = False) -> str:
    """What is printed of a commit that was just made."""
    made = repo.commit(name)
    root = " (root-commit)" if not made.parents and not amended else ""
    text = f"[{repo.branch or 'detached HEAD'}{root} {repo.short(name)}] {made.subject}\n"
    if str(made.author).rpartition(" <")[0] != str(made.committer).rpartition(" <")[0]:
        text += f" Author: {made.author.name} <{made.author.email}>\n"
    if amended or made.author.when != made.committer.when:
        text += f" Date: {dated(made.author)}\n"
    if len(made.parents) > 1:
        return text

    def read(path: str, blob: str) -> Blob:
        return repo.store.blob(blob, ask=False)

    found = renamed(changes(repo.tree(made.parents[0]) if made.parents else {}, repo.tree(name)), read)
    return text + shortstat(found, read) + summary(found)
