"""``branch`` and ``tag``: names of commits."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

from llm_kernel.programs.git.fault import Fatal, Stop
from llm_kernel.programs.git.options import Given, parse
from llm_kernel.programs.git.repository import Repository
from llm_kernel.programs.git.versions import since
from llm_kernel.programs.table import NotExact
from llm_kernel.shell.call import Answer

__all__ = ["BAD", "branch", "fresh", "tag", "tracked"]

BAD = re.compile(r"^[-./]|\.\.|//|@\{|[\x00-\x20\x7f~^:?*\[\\]|/$|\.$|\.lock$|/\.|^@$")
"""What no name of a branch or a tag may have in it."""


def fresh(repo: Repository, name: str, start: str) -> str:
    """Make a branch; the commit that it is at.

    Raises:
        Fatal: for a bad or taken name, or where ``start`` is no commit.
    """
    if BAD.search(name):
        raise Fatal(f"'{name}' is not a valid branch name")
    if repo.store.ref(f"refs/heads/{name}"):
        quote = "a" if since(repo.machine, "2.36") else "A"
        raise Fatal(f"{quote} branch named '{name}' already exists" + ("" if quote == "a" else "."))
    commit = repo.commit_of(start)
    if not commit:
        raise Fatal(
            f"Not a valid object name: '{start}'."
            if not since(repo.machine, "2.30")
            else f"not a valid object name: '{start}'"
        )
    return commit


def branch(repo: Repository, args: list[str]) -> Answer:
    """List, make, rename, delete branches."""
    given = parse(
        args,
        "a,all r,remotes d,delete D m,move M c,copy v,verbose vv l,list show-current f,force "
        "u,set-upstream-to= unset-upstream t,track? no-track q,quiet merged? no-merged? color? no-color contains= "
        "sort= format= no-column",
        "git branch [<options>] [-r | -a] [--merged] [--no-merged]",
        rare="edit-description column points-at i ignore-case C abbrev",
    )
    if "show-current" in given:
        return Answer(f"{repo.branch}\n" if repo.branch else "")
    if {"delete", "D"} & set(dict(given.options)):
        return _delete(repo, given)
    if {"move", "M"} & set(dict(given.options)):
        return _rename(repo, given)
    if "set-upstream-to" in given:
        return _follow(repo, given.value("set-upstream-to"), given.words[0] if given.words else repo.branch)
    if "unset-upstream" in given:
        repo.config.drop(f"branch.{repo.branch}")
        return Answer()
    if given.words and "list" not in given and not {"all", "remotes", "merged", "no-merged"} & set(dict(given.options)):
        start = given.words[1] if len(given.words) > 1 else "HEAD"
        name = given.words[0]
        if not repo.head() and start == "HEAD":
            raise Fatal(f"not a valid object name: '{repo.branch}'")
        if {"copy", "format"} & set(dict(given.options)):
            raise NotExact
        commit = repo.commit_of(start) if "force" in given else fresh(repo, name, start)
        repo.store.set_text(f"refs/heads/{name}", f"{commit}\n")
        repo.log(f"refs/heads/{name}", "", commit, f"branch: Created from {start}")
        return Answer(tracked(repo, name, start))
    if {"format", "sort", "contains"} & set(dict(given.options)):
        raise NotExact
    return Answer(_branches(repo, given))


def tracked(repo: Repository, name: str, start: str) -> str:
    """Let a new branch that began at a remote one follow it."""
    remote, _, rest = start.partition("/")
    if not repo.store.ref(f"refs/remotes/{start}") or not rest:
        return ""
    repo.config.set(f"branch.{name}.remote", remote)
    repo.config.set(f"branch.{name}.merge", f"refs/heads/{rest}")
    if since(repo.machine, "2.34"):
        return f"branch '{name}' set up to track '{start}'.\n"
    return f"Branch '{name}' set up to track remote branch '{rest}' from '{remote}'.\n"


def _follow(repo: Repository, upstream: str, name: str) -> Answer:
    if not repo.store.ref(f"refs/remotes/{upstream}"):
        raise Fatal(f"the requested upstream branch '{upstream}' does not exist")
    return Answer(tracked(repo, name, upstream))


def _branches(repo: Repository, given: Given) -> str:
    refs = repo.store.refs()
    local = [] if "remotes" in given else [ref for ref in refs if ref.startswith("refs/heads/")]
    remote = (
        [ref for ref in refs if ref.startswith("refs/remotes/")]
        if {"all", "remotes"} & set(dict(given.options))
        else []
    )
    for name, inside in (("merged", True), ("no-merged", False)):
        if name in given:
            reach = repo.ancestors([repo.commit_of(given.value(name) or "HEAD")])
            local = [ref for ref in local if (refs[ref] in reach) == inside]
            remote = [ref for ref in remote if (refs[ref] in reach) == inside]
    rows: list[tuple[str, str, str]] = []
    if not repo.branch and "remotes" not in given:
        at = next((why.rpartition(" to ")[2] for _, _, why in repo.reflog("HEAD") if why.startswith("checkout: ")), "")
        named = at if at and not repo.head().startswith(at) else repo.short(repo.head())
        rows.append(("*", f"(HEAD detached at {named})", repo.head()))
    rows += [("*" if ref == repo.head_ref() else " ", ref[11:], refs[ref]) for ref in local]
    cut = 13 if "remotes" in given else 5
    rows += [(" ", ref[cut:], refs[ref]) for ref in remote]
    if given.words:
        rows = [row for row in rows if any(fnmatchcase(row[1], word) for word in given.words)]
    loud = sum(name == "verbose" for name, _ in given.options)
    width = max((len(name) for _, name, _ in rows), default=0)
    text = ""
    for mark, name, commit in rows:
        target = repo.store.text(f"refs/{'remotes/' if 'remotes' in given else ''}{name}")
        if target.startswith("ref: "):
            text += f"{mark} {name:<{width if loud else 0}} -> {target[5 + 13 :]}\n"
        elif loud:
            text += (
                f"{mark} {name:<{width}} {repo.short(commit)} {_ahead(repo, name, loud)}{repo.commit(commit).subject}\n"
            )
        else:
            text += f"{mark} {name}\n"
    return text


def _ahead(repo: Repository, name: str, loud: int) -> str:
    ref = repo.upstream(name)
    if not ref:
        return ""
    theirs, ours = repo.store.ref(ref), repo.store.ref(f"refs/heads/{name}")
    marks = []
    if theirs:
        one, other = repo.ancestors([ours]), repo.ancestors([theirs])
        marks = [
            f"{word} {count}" for word, count in (("ahead", len(one - other)), ("behind", len(other - one))) if count
        ]
    else:
        marks = ["gone"]
    if loud > 1:
        return f"[{ref[13:]}{': ' if marks else ''}{', '.join(marks)}] "
    return f"[{', '.join(marks)}] " if marks else ""


def _delete(repo: Repository, given: Given) -> Answer:
    text, wrong, status = "", "", 0
    if not given.words:
        raise Fatal("branch name required")
    for name in given.words:
        ref = f"refs/{'remotes' if 'remotes' in given else 'heads'}/{name}"
        commit = repo.store.ref(ref)
        kind = "remote-tracking branch" if "remotes" in given else "branch"
        if not commit:
            wrong += f"error: {kind} '{name}' not found{'.' if not since(repo.machine, '2.43') else ''}\n"
            status = 1
        elif ref == repo.head_ref():
            place = "Cannot delete branch" if not since(repo.machine, "2.43") else "cannot delete branch"
            how = "checked out" if not since(repo.machine, "2.43") else "used by worktree"
            wrong += f"error: {place} '{name}' {how} at '{repo.top}'\n"
            status = 1
        elif not {"D", "force"} & set(dict(given.options)) and commit not in repo.ancestors([repo.head()]):
            wrong += (
                f"error: The branch '{name}' is not fully merged.\n"
                f"If you are sure you want to delete it, run 'git branch -D {name}'.\n"
            )
            status = 1
        else:
            repo.store.drop_ref(ref)
            repo.config.drop(f"branch.{name}")
            text += f"Deleted {kind} {name} (was {repo.short(commit)}).\n"
    return Answer(text, wrong, status)


def _rename(repo: Repository, given: Given) -> Answer:
    if not given.words:
        raise Fatal("branch name required")
    new = given.words[-1]
    old = given.words[0] if len(given.words) > 1 else repo.branch
    ref = f"refs/heads/{old}"
    commit = repo.store.ref(ref)
    if not commit and ref != repo.head_ref():
        raise Fatal(f"no branch named '{old}'" if since(repo.machine, "2.40") else f"No branch named '{old}'.")
    if BAD.search(new):
        raise Fatal(f"'{new}' is not a valid branch name")
    if repo.store.ref(f"refs/heads/{new}") and new != old and "M" not in given and "force" not in given:
        quote = "a" if since(repo.machine, "2.36") else "A"
        raise Fatal(f"{quote} branch named '{new}' already exists" + ("" if quote == "a" else "."))
    rows = repo.store.text(f"logs/{ref}")
    current = ref == repo.head_ref()
    if commit:
        repo.store.drop_ref(ref)
        repo.store.set_text(f"refs/heads/{new}", f"{commit}\n")
        repo.store.set_text(f"logs/refs/heads/{new}", f"{rows}\n" if rows else "")
    for key, value in [row for row in repo.config.rows() if row[0].startswith(f"branch.{old}.")]:
        repo.config.set(f"branch.{new}.{key.rpartition('.')[2]}", value)
    if old != new:
        repo.config.drop(f"branch.{old}")
    if current:
        repo.store.set_text("HEAD", f"ref: refs/heads/{new}\n")
    return Answer()


def tag(repo: Repository, args: list[str]) -> Answer:
    """List, make, delete tags."""
    given = parse(
        args,
        "l,list? a,annotate m,message= d,delete f,force n? F,file= s,sign sort= contains= points-at=",
        "git tag [-a | -s | -u <key-id>] [-f] [-m <msg> | -F <file>] <tagname> [<commit>]",
        rare="u v verify format merged no-merged column i create-reflog e edit",
    )
    if {"sign", "sort", "contains", "points-at", "file"} & set(dict(given.options)):
        raise NotExact
    tags = repo.store.refs("refs/tags/")
    if "delete" in given:
        text, wrong = "", ""
        for name in given.words:
            target = tags.get(f"refs/tags/{name}", "")
            if not target:
                wrong += f"error: tag '{name}' not found.\n"
                continue
            repo.store.drop_ref(f"refs/tags/{name}")
            text += f"Deleted tag '{name}' (was {repo.short(target)})\n"
        return Answer(text, wrong, int(bool(wrong)))
    if not given.words or {"list", "n"} & set(dict(given.options)):
        patterns = [*filter(None, given.values("list")), *given.words]
        names = [ref[10:] for ref in tags]
        names = [name for name in names if not patterns or any(fnmatchcase(name, word) for word in patterns)]
        if "n" in given:
            return Answer("".join(f"{name:<15} {_annotation(repo, tags[f'refs/tags/{name}'])}\n" for name in names))
        return Answer("".join(f"{name}\n" for name in names))
    name, start = given.words[0], given.words[1] if len(given.words) > 1 else "HEAD"
    if BAD.search(name):
        raise Fatal(f"'{name}' is not a valid tag name.")
    if f"refs/tags/{name}" in tags and "force" not in given:
        raise Fatal(f"tag '{name}' already exists")
    target = repo.resolve(start)
    if not target:
        raise Fatal(f"Failed to resolve '{start}' as a valid ref.")
    if {"annotate", "message"} & set(dict(given.options)):
        if "message" not in given:
            raise Stop(
                "error: Terminal is dumb, but EDITOR unset\nPlease supply the message using either -m or -F option.\n",
                1,
            )
        who = repo.person()
        message = "\n\n".join(given.values("message")).strip("\n") + "\n"
        kind = repo.store.kind(target)
        target = repo.store.put("tag", f"object {target}\ntype {kind}\ntag {name}\ntagger {who}\n\n{message}".encode())
    old = tags.get(f"refs/tags/{name}", "")
    repo.store.set_text(f"refs/tags/{name}", f"{target}\n")
    return Answer(f"Updated tag '{name}' (was {repo.short(old)})\n" if old and old != target else "")


def _annotation(repo: Repository, name: str) -> str:
    if repo.store.kind(name) == "tag":
        return repo.store.get(name)[1].decode("utf-8", "replace").partition("\n\n")[2].partition("\n")[0]
    return repo.commit(name).subject
