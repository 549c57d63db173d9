"""``remote``, ``fetch``, ``pull``, ``push``: other repositories, on this machine or far away.

A repository of this machine is read and written as it is. A far one is what was cloned, unchanged since; to write to
it needs a password that nobody has given.
"""

from __future__ import annotations

import posixpath
import re
from urllib.parse import urlsplit

from llm_kernel.programs.git.cloning import exchange, near
from llm_kernel.programs.git.config import Config
from llm_kernel.programs.git.fault import Fatal, Stop
from llm_kernel.programs.git.merging import merge
from llm_kernel.programs.git.options import parse
from llm_kernel.programs.git.repository import Repository
from llm_kernel.programs.git.store import Store
from llm_kernel.programs.git.versions import since
from llm_kernel.programs.table import NotExact
from llm_kernel.shell.call import Answer, Call

__all__ = ["fetch", "ls_remote", "pull", "push", "remote"]


def _remotes(repo: Repository) -> dict[str, str]:
    found = {}
    for name, value in repo.config.rows():
        match = re.fullmatch(r"remote\.(.+)\.url", name)
        if match:
            found[match[1]] = value
    return dict(sorted(found.items()))


def remote(repo: Repository, args: list[str]) -> Answer:
    """List and change the names of other repositories."""
    given = parse(
        args, "v,verbose f m= t=", "git remote [-v | --verbose]", rare="push all tags no-tags mirror delete add"
    )
    word, rest = (given.words[0], given.words[1:]) if given.words else ("", [])
    known = _remotes(repo)
    if word in ("remove", "rm", "rename", "set-url", "get-url", "show") and rest and rest[0] not in known:
        raise Stop(f"error: No such remote{':' if word != 'get-url' and word != 'set-url' else ''} '{rest[0]}'\n", 2)
    match word, rest:
        case "", _:
            if "verbose" in given:
                return Answer("".join(f"{name}\t{url} (fetch)\n{name}\t{url} (push)\n" for name, url in known.items()))
            return Answer("".join(f"{name}\n" for name in known))
        case "add", [name, url]:
            if name in known:
                raise Stop(f"error: remote {name} already exists.\n", 3)
            repo.config.set(f"remote.{name}.url", url)
            repo.config.set(f"remote.{name}.fetch", f"+refs/heads/*:refs/remotes/{name}/*")
        case (("remove" | "rm"), [name]):
            repo.config.drop(f"remote.{name}")
            for ref in repo.store.refs(f"refs/remotes/{name}/"):
                repo.store.drop_ref(ref)
            for key, value in repo.config.rows():
                if key.startswith("branch.") and key.endswith(".remote") and value == name:
                    repo.config.drop(key.rpartition(".")[0])
        case "rename", [old, new]:
            _rename(repo, old, new)
        case "set-url", [name, url]:
            repo.config.set(f"remote.{name}.url", url)
        case "get-url", [name]:
            return Answer(f"{known[name]}\n")
        case (("show" | "update" | "prune" | "set-head" | "set-branches"), _):
            raise NotExact
        case (("add" | "remove" | "rm" | "rename" | "set-url" | "get-url"), _):
            usage = {"add": "[<options>] <name> <url>", "rename": "[--[no-]progress] <old> <new>"}.get(word, "<name>")
            raise Stop(f"usage: git remote {word} {usage}\n", 129)
        case _:
            raise Stop(f"error: unknown subcommand: `{word}'\nusage: git remote [-v | --verbose]\n", 129)
    return Answer()


def _rename(repo: Repository, old: str, new: str) -> None:
    for key, value in repo.config.rows():
        if key.startswith(f"remote.{old}."):
            repo.config.set(
                f"remote.{new}.{key.rpartition('.')[2]}", value.replace(f"remotes/{old}/", f"remotes/{new}/")
            )
        if key.startswith("branch.") and key.endswith(".remote") and value == old:
            repo.config.set(key, new)
    repo.config.drop(f"remote.{old}")
    for ref, name in repo.store.refs(f"refs/remotes/{old}/").items():
        repo.store.drop_ref(ref)
        repo.store.set_text(ref.replace(f"remotes/{old}/", f"remotes/{new}/"), f"{name}\n")


def _address(repo: Repository, name: str) -> str:
    known = _remotes(repo)
    if name in known:
        return known[name]
    if "/" in name or ":" in name:
        return name
    raise Stop(
        f"fatal: '{name}' does not appear to be a git repository\nfatal: Could not read from remote repository.\n\n"
        "Please make sure you have the correct access rights\nand the repository exists.\n",
        128,
    )


def _there(repo: Repository, name: str) -> Store | None:
    """The store of a remote of this machine; None for one that is far away."""
    url = _address(repo, name)
    if "://" in url or re.match(r"[\w.-]+@[\w.-]+:", url):
        if not url.startswith("file://"):
            return None
        url = url[7:]
    folder = near(repo.call, url)
    if not folder:
        raise Stop(
            f"fatal: '{url}' does not appear to be a git repository\nfatal: Could not read from remote repository.\n\n"
            "Please make sure you have the correct access rights\nand the repository exists.\n",
            128,
        )
    return Store(repo.machine, folder)


def _default(repo: Repository) -> str:
    return repo.config.get(f"branch.{repo.branch}.remote") or "origin"


def fetch(repo: Repository, args: list[str]) -> Answer:
    """Take what a remote has."""
    given = parse(
        args,
        "all p,prune t,tags no-tags q,quiet v,verbose depth= unshallow f,force",
        "git fetch [<options>] [<repository> [<refspec>...]]",
        rare="a append dry-run j jobs recurse-submodules deepen shallow-since multiple",
    )
    name = given.words[0] if given.words else _default(repo)
    if name not in _remotes(repo) and not given.words:
        return Answer()
    text = _fetched(repo, name)
    return Answer("", "" if "quiet" in given else text)


def _fetched(repo: Repository, name: str) -> str:
    store = _there(repo, name)
    if store is None:
        repo.machine.clock.advance(0.9)
        return ""
    exchange(store, repo.store)
    rows = []
    for ref, target in store.refs("refs/heads/").items():
        short = ref[11:]
        mine = f"refs/remotes/{name}/{short}"
        old = repo.store.ref(mine)
        if old == target:
            continue
        repo.store.set_text(mine, f"{target}\n")
        forced = bool(old) and old not in repo.ancestors([target])
        mark = "*" if not old else "+" if forced else " "
        span = "[new branch]" if not old else f"{repo.short(old)}{'...' if forced else '..'}{repo.short(target)}"
        rows.append((mark, span, short, f"{name}/{short}", "  (forced update)" if forced else ""))
    for ref, target in store.refs("refs/tags/").items():
        if not repo.store.ref(ref):
            repo.store.set_text(ref, f"{target}\n")
            rows.append(("*", "[new tag]", ref[10:], ref[10:], ""))
    if not rows:
        return ""
    width = max(10, *(len(row[2]) for row in rows))
    wide = max(17, *(len(row[1]) for row in rows))
    body = "".join(
        f" {mark} {span:<{wide}} {short:<{width}} -> {mine}{tail}\n" for mark, span, short, mine, tail in rows
    )
    url = _address(repo, name)
    return f"From {url.removesuffix('.git')}\n{body}"


def pull(repo: Repository, args: list[str]) -> Answer:
    """Fetch, then merge the branch that this one follows."""
    given = parse(
        args,
        "r,rebase? no-rebase ff ff-only no-ff q,quiet v,verbose no-edit allow-unrelated-histories depth= p,prune "
        "t,tags",
        "git pull [<options>] [<repository> [<refspec>...]]",
        rare="s strategy X autostash squash no-commit a all",
    )
    name = given.words[0] if given.words else _default(repo)
    branch = given.words[1] if len(given.words) > 1 else (repo.config.get(f"branch.{repo.branch}.merge") or "")[11:]
    said = _fetched(repo, name) if name in _remotes(repo) or given.words else ""
    if not branch:
        raise Stop(said + _no_tracking(repo, name), 1)
    theirs = repo.store.ref(f"refs/remotes/{name}/{branch}")
    if not theirs:
        raise Stop(f"{said}fatal: couldn't find remote ref {branch}\n", 1 if not said else 128)
    base = repo.merge_base(repo.head(), theirs) if repo.head() else ""
    if repo.head() and base not in (theirs, repo.head()):
        if "rebase" in given and given.value("rebase") != "false":
            raise Fatal("rebase is not simulated on this machine; nothing was merged (git pull --no-rebase merges)")
        chosen = (
            {"no-rebase", "ff", "no-ff"} & set(dict(given.options))
            or repo.setting("pull.rebase")
            or repo.setting("pull.ff")
        )
        if not chosen and since(repo.machine, "2.33"):
            raise Stop(f"{said}{_DIVERGENT}", 128)
    passed = ("ff-only", "no-ff", "allow-unrelated-histories", "quiet")
    flags = [f"--{option}" for option, _ in given.options if option in passed]
    source = f"branch '{branch}' of {_address(repo, name).removesuffix('.git')}"
    done = merge(repo, [*flags, f"{name}/{branch}"], label=" ".join(["pull", *given.words]), source=source)
    err = done.stderr if isinstance(done.stderr, str) else ""
    return Answer(done.stdout, said + err, done.status)


_DIVERGENT = (
    "hint: You have divergent branches and need to specify how to reconcile them.\n"
    "hint: You can do so by running one of the following commands sometime before\n"
    "hint: your next pull:\nhint: \nhint:   git config pull.rebase false  # merge\n"
    "hint:   git config pull.rebase true   # rebase\nhint:   git config pull.ff only       # fast-forward "
    "only\nhint: \n"
    'hint: You can replace "git config" with "git config --global" to set a default\n'
    "hint: preference for all repositories. You can also pass --rebase, --no-rebase,\n"
    "hint: or --ff-only on the command line to override the configured default per\nhint: invocation.\n"
    "fatal: Need to specify how to reconcile divergent branches.\n"
)


def _no_tracking(repo: Repository, name: str) -> str:
    which = name if _remotes(repo) else "<remote>"
    return (
        "There is no tracking information for the current branch.\n"
        "Please specify which branch you want to merge with.\n"
        "See git-pull(1) for details.\n\n    git pull <remote> <branch>\n\n"
        "If you wish to set tracking information for this branch you can do so with:\n\n"
        f"    git branch --set-upstream-to={which}/<branch> {repo.branch}\n\n"
    )


def push(repo: Repository, args: list[str]) -> Answer:
    """Give a remote what this repository has."""
    given = parse(
        args,
        "u,set-upstream f,force tags all d,delete q,quiet v,verbose force-with-lease? n,dry-run follow-tags "
        "no-verify progress",
        "git push [<options>] [<repository> [<refspec>...]]",
        rare="mirror atomic o push-option signed thin prune recurse-submodules",
    )
    name = given.words[0] if given.words else _default(repo)
    if not given.words and name not in _remotes(repo):
        raise Stop(_NO_DESTINATION, 128)
    url = _address(repo, name)
    branch = given.words[1] if len(given.words) > 1 else repo.branch
    if (
        len(given.words) < 2
        and not repo.upstream(repo.branch)
        and not {"all", "tags", "set-upstream"} & set(dict(given.options))
    ):
        if not branch:
            raise Fatal("You are not currently on a branch.")
        if name in _remotes(repo):
            raise Stop(
                f"fatal: The current branch {branch} has no upstream branch.\n"
                "To push the current branch and set the remote as upstream, use\n\n"
                f"    git push --set-upstream {name} {branch}\n\n" + (_AUTO if since(repo.machine, "2.37") else ""),
                128,
            )
    source, _, target = branch.lstrip("+").partition(":")
    target = target or (repo.branch if source == "HEAD" else source)
    if source and not repo.commit_of(source) and "delete" not in given:
        raise Stop(f"error: src refspec {source} does not match any\nerror: failed to push some refs to '{url}'\n", 1)
    store = _there(repo, name)
    if store is None:
        repo.machine.clock.advance(0.7)
        raise Stop(_denied(url), 128)
    done = _given(repo, store, name, url, source, target, dict(given.options))
    return Answer() if "quiet" in given else done


_AUTO = (
    "To have this happen automatically for branches without a tracking\nupstream, see 'push.autoSetupRemote' "
    "in 'git help config'.\n\n"
)
_NO_DESTINATION = (
    "fatal: No configured push destination.\nEither specify the URL from the command-line or configure a remote "
    "repository "
    "using\n\n    git remote add <name> <url>\n\nand then push using the remote name\n\n    git push <name>\n\n"
)


def _denied(url: str) -> str:
    if "://" not in url or url.startswith("ssh://"):
        host = (urlsplit(url).hostname or "") if "://" in url else url.partition(":")[0].rpartition("@")[2]
        return (
            f"git@{host}: Permission denied (publickey).\nfatal: Could not read from remote repository.\n\n"
            "Please make sure you have the correct access rights\nand the repository exists.\n"
        )
    parts = urlsplit(url)
    return f"fatal: could not read Username for '{parts.scheme}://{parts.netloc}': No such device or address\n"


def _given(
    repo: Repository, store: Store, name: str, url: str, source: str, target: str, options: dict[str, str]
) -> Answer:
    ref = f"refs/tags/{target}" if repo.store.ref(f"refs/tags/{source}") else f"refs/heads/{target}"
    old = store.ref(ref)
    to = f"To {url}\n"
    if "delete" in options:
        if not old:
            raise Stop(
                f"error: unable to delete '{target}': remote ref does not exist\nerror: failed to push some refs to "
                f"'{url}'\n",
                1,
            )
        store.drop_ref(ref)
        repo.store.drop_ref(f"refs/remotes/{name}/{target}")
        return Answer("", f"{to} - [deleted]         {target}\n")
    new = repo.resolve(source)
    track = ""
    if "set-upstream" in options:
        repo.config.set(f"branch.{source}.remote", name)
        repo.config.set(f"branch.{source}.merge", f"refs/heads/{target}")
        track = (
            f"branch '{source}' set up to track '{name}/{target}'.\n"
            if since(repo.machine, "2.34")
            else (f"Branch '{source}' set up to track remote branch '{target}' from '{name}'.\n")
        )
    if old == new:
        return Answer(track, "Everything up-to-date\n")
    if old and old not in repo.ancestors([new]) and "force" not in options:
        behind = "fetch first" if not repo.store.has(old) else "non-fast-forward"
        hint = _FETCH_FIRST if behind == "fetch first" else _BEHIND
        raise Stop(
            f"{to} ! [rejected]        {source} -> {target} ({behind})\nerror: failed to push some refs to "
            f"'{url}'\n{hint}",
            1,
        )
    settings = Config(repo.machine, posixpath.join(store.folder, "config"))
    if settings.get("core.bare") == "false" and store.text("HEAD") == f"ref: {ref}" and old:
        raise Stop(
            f"{to} ! [remote rejected] {source} -> {target} (branch is currently checked out)\nerror: failed to "
            f"push some refs to '{url}'\n",
            1,
        )
    exchange(repo.store, store)
    store.set_text(ref, f"{new}\n")
    if ref.startswith("refs/heads/") and name in _remotes(repo):
        repo.store.set_text(f"refs/remotes/{name}/{target}", f"{new}\n")
    if not old:
        kind = "[new tag]" if ref.startswith("refs/tags/") else "[new branch]"
        return Answer(track, f"{to} * {kind:<17} {source} -> {target}\n")
    forced = old not in repo.ancestors([new])
    span = f"{repo.short(old)}{'...' if forced else '..'}{repo.short(new)}"
    return Answer(
        track, f"{to} {'+' if forced else ' '} {span:<17} {source} -> {target}{' (forced update)' if forced else ''}\n"
    )


_HINT_TAIL = "hint: See the 'Note about fast-forwards' in 'git push --help' for details.\n"
_FETCH_FIRST = (
    "hint: Updates were rejected because the remote contains work that you do\nhint: not have locally. This is "
    "usually caused by "
    "another repository pushing\nhint: to the same ref. You may want to first integrate the remote changes\n"
    "hint: (e.g., 'git pull ...') before pushing again.\n" + _HINT_TAIL
)
_BEHIND = (
    "hint: Updates were rejected because the tip of your current branch is behind\nhint: its remote counterpart. "
    "Integrate the "
    "remote changes (e.g.\nhint: 'git pull ...') before pushing again.\n" + _HINT_TAIL
)


def ls_remote(call: Call, args: list[str]) -> Answer:
    """The names that a remote has."""
    given = parse(
        args,
        "heads tags h t q,quiet",
        "git ls-remote [<options>] [<repository>]",
        rare="refs exit-code get-url sort symref",
    )
    if given.words and (folder := near(call, given.words[0])):
        store = Store(call.machine, folder)
    else:
        repo = Repository.find(call)
        name = given.words[0] if given.words else _default(repo)
        found = _there(repo, name)
        if found is None:
            refs = repo.store.refs(f"refs/remotes/{name}/")
            names = {
                f"refs/heads/{ref.split('/', 3)[3]}": target
                for ref, target in refs.items()
                if not ref.endswith("/HEAD")
            }
            head = refs.get(f"refs/remotes/{name}/HEAD", "")
            tags = repo.store.refs("refs/tags/")
            rows = ([("HEAD", head)] if head else []) + [*names.items(), *tags.items()]
            return Answer("".join(f"{target}\t{ref}\n" for ref, target in rows))
        store = found
    rows = ([("HEAD", store.ref("HEAD"))] if store.ref("HEAD") else []) + [*store.refs().items()]
    if {"heads", "h"} & set(dict(given.options)):
        rows = [row for row in rows if row[0].startswith("refs/heads/")]
    if {"tags", "t"} & set(dict(given.options)):
        rows = [row for row in rows if row[0].startswith("refs/tags/")]
    return Answer("".join(f"{target}\t{ref}\n" for ref, target in rows))
