"""``git init``, ``git config``: a repository begins, and settings."""

from __future__ import annotations

import posixpath

from llm_kernel.programs.git.config import Config
from llm_kernel.programs.git.fault import Fatal, Stop
from llm_kernel.programs.git.options import parse
from llm_kernel.programs.git.repository import Repository, global_configs, is_repository
from llm_kernel.programs.git.versions import since
from llm_kernel.programs.table import NotExact
from llm_kernel.shell.call import Answer, Call

__all__ = ["config", "init", "lay"]

_HINT = """\
hint: Using 'master' as the name for the initial branch. This default branch name
hint: is subject to change. To configure the initial branch name to use in all
hint: of your new repositories, which will suppress this warning, call:
hint: 
hint: \tgit config --global init.defaultBranch <name>
hint: 
hint: Names commonly chosen instead of 'master' are 'main', 'trunk' and
hint: 'development'. The just-created branch can be renamed via this command:
hint: 
hint: \tgit branch -m <name>
"""  # noqa: W291 - as it is printed
_EXCLUDE = """\
# git ls-files --others --exclude-from=.git/info/exclude
# Lines that start with '#' are comments.
# For a project mostly in C, the following would be a good set of
# exclude patterns (uncomment them if you want to use them):
# *.[oa]
# *~
"""
_HOOKS = (
    "applypatch-msg commit-msg fsmonitor-watchman post-update pre-applypatch pre-commit pre-merge-commit pre-push "
    "pre-rebase pre-receive prepare-commit-msg push-to-checkout update"
).split()
_HOOK_SIZES = (478, 896, 4726, 189, 424, 1643, 416, 1374, 4898, 544, 1492, 2783, 3650)


def init(call: Call, args: list[str]) -> Answer:
    """Begin a repository in a directory, which is made where it is not there."""
    given = parse(
        args,
        "q,quiet bare b,initial-branch= template= shared?",
        "git init [-q | --quiet] [--bare] [-b <branch-name>] [<directory>]",
        rare="separate-git-dir object-format",
    )
    if len(given.paths) > 1:
        raise NotExact
    top = call.path(given.paths[0]) if given.paths else call.cwd
    bare = "bare" in given
    folder = top if bare else posixpath.join(top, ".git")
    there = is_repository(call, folder)
    if call.machine.files.exists(top) and not call.machine.files.is_dir(top):
        raise Fatal(f"cannot mkdir {given.paths[0]}: File exists")
    chosen = given.value("initial-branch") or _default(call)
    if not there:
        lay(call, folder, chosen or "master", bare=bare)
    quiet = "quiet" in given
    hint = "" if chosen or there or quiet or not since(call.machine, "2.30") else _HINT
    word = "Reinitialized existing" if there else "Initialized empty"
    said = "" if quiet else f"{word} Git repository in {folder}/\n"
    return Answer(said, hint)


def _default(call: Call) -> str:
    for path in global_configs(call):
        if found := Config(call.machine, path).get("init.defaultbranch"):
            return found
    return ""


def lay(call: Call, folder: str, branch: str, *, bare: bool = False) -> None:
    """Lay down what a new repository's folder holds."""
    files = call.machine.files
    for name in ("branches", "hooks", "info", "objects/info", "objects/pack", "refs/heads", "refs/tags"):
        files.mkdir(posixpath.join(folder, name))
    texts = {
        "HEAD": f"ref: refs/heads/{branch}\n",
        "config": "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n"
        f"\tbare = {'true' if bare else 'false'}\n" + ("" if bare else "\tlogallrefupdates = true\n"),
        "description": "Unnamed repository; edit this file 'description' to name the repository.\n",
        "info/exclude": _EXCLUDE,
    }
    for name, text in texts.items():
        files.write(posixpath.join(folder, name), text.encode())
    for name, size in zip(_HOOKS, _HOOK_SIZES, strict=True):
        path = posixpath.join(folder, "hooks", f"{name}.sample")
        files.latent(path, size, f"git-hook {name}")
        files.chmod(path, 0o777 & ~files.umask)


def config(call: Call, args: list[str]) -> Answer:
    """Show or set a setting."""
    given = parse(
        args,
        "global system local l,list get get-all unset unset-all add replace-all remove-section e,edit show-origin "
        "bool int path default= name-only file=",
        "git config [<options>]",
        rare="get-regexp get-urlmatch rename-section type show-scope f z null includes get-color blob worktree",
    )
    if given.words[:1] in (["list"], ["get"], ["set"], ["unset"]) and since(call.machine, "2.46"):
        raise NotExact
    if "edit" in given:
        raise Stop("error: Terminal is dumb, but EDITOR unset\n", 1)
    chosen = {name for name, _ in given.options} & {"global", "system", "local"}
    file, configs = _places(call, chosen, given.value("file"))
    words = given.paths
    if file is None and "local" in chosen:
        raise Fatal("--local can only be used inside a git repository")
    if "list" in given:
        return _listed(configs, origin="show-origin" in given, bare="name-only" in given)
    if "remove-section" in given and len(words) == 1:
        if not _there(file).drop(words[0]):
            raise Fatal(f"no such section: {words[0]}")
        return Answer()
    if not words or len(words) > 2:
        raise Stop("usage: git config [<options>]\n", 129)
    if "." not in words[0]:
        raise Stop(f"error: key does not contain a section: {words[0]}\n", 2 if len(words) > 1 else 1)
    if words[0].endswith("."):
        raise Stop(f"error: key does not contain variable name: {words[0]}\n", 2 if len(words) > 1 else 1)
    if not words[0].rpartition(".")[2].replace("-", "").isalnum():
        raise Stop(f"error: invalid key: {words[0]}\n", 1)
    if "unset" in given or "unset-all" in given:
        return Answer(status=0 if _there(file).unset(words[0]) else 5)
    if len(words) == 2:
        _there(file).set(*words)
        return Answer()
    return _value(configs, words[0], every="get-all" in given, fallback=given.value("default"))


def _places(call: Call, chosen: set[str], file: str) -> tuple[Config | None, list[Config]]:
    """The file that is written to, None where there is no repository for it; and those that are read, nearest first."""
    if file:
        one = Config(call.machine, call.path(file))
        return one, [one]
    paths = global_configs(call)
    if "global" in chosen:
        there = [path for path in paths[:2] if call.machine.files.exists(path)]
        one = Config(call.machine, there[0] if there else paths[0])
        return one, [one]
    if "system" in chosen:
        one = Config(call.machine, paths[2])
        return one, [one]
    try:
        repo = Repository.find(call)
    except Fatal:
        return None, [Config(call.machine, path) for path in paths]
    return repo.config, [repo.config] if "local" in chosen else repo.configs()


def _there(file: Config | None) -> Config:
    if file is None:
        raise Fatal("not in a git directory")
    return file


def _listed(configs: list[Config], *, origin: bool, bare: bool) -> Answer:
    text = ""
    for one in reversed(configs):
        for name, value in one.rows():
            text += (f"file:{one.path}\t" if origin else "") + (f"{name}\n" if bare else f"{name}={value}\n")
    return Answer(text)


def _value(configs: list[Config], name: str, *, every: bool, fallback: str) -> Answer:
    found = [value for one in reversed(configs) if (value := one.get(name)) is not None]
    if not found:
        return Answer(f"{fallback}\n") if fallback else Answer(status=1)
    return Answer("".join(f"{value}\n" for value in (found if every else found[-1:])))
