"""Which subcommand answers, and what git says where there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from llm_kernel.programs.git import (
    accounts,
    branching,
    going,
    merging,
    recording,
    remotes,
    staging,
    starting,
    stashing,
    stored,
    viewing,
)
from llm_kernel.programs.git.cloning import clone
from llm_kernel.programs.git.config import Config
from llm_kernel.programs.git.fault import Fatal, Stop
from llm_kernel.programs.git.plumbing import PLUMBING
from llm_kernel.programs.git.repository import Repository, global_configs
from llm_kernel.programs.git.versions import version
from llm_kernel.programs.table import NotExact
from llm_kernel.shell.call import Answer, Call

__all__ = ["run"]

_ANYWHERE: dict[str, Callable[[Call, list[str]], Answer]] = {
    "init": starting.init,
    "config": starting.config,
    "clone": clone,
    "ls-remote": remotes.ls_remote,
}
_INSIDE: dict[str, Callable[[Repository, list[str]], Answer]] = {
    "add": staging.add,
    "stage": staging.add,
    "rm": staging.rm,
    "mv": staging.mv,
    "restore": staging.restore,
    "reset": staging.reset,
    "clean": staging.clean,
    "commit": recording.commit,
    "status": viewing.status,
    "log": viewing.log,
    "show": viewing.show,
    "diff": viewing.diff,
    "branch": branching.branch,
    "checkout": going.checkout,
    "switch": going.switch,
    "tag": branching.tag,
    "merge": merging.merge,
    "cherry-pick": merging.cherry_pick,
    "revert": merging.revert,
    "stash": stashing.stash,
    "remote": remotes.remote,
    "fetch": remotes.fetch,
    "pull": remotes.pull,
    "push": remotes.push,
    "blame": accounts.blame,
    "shortlog": accounts.shortlog,
    "reflog": accounts.reflog,
    "describe": accounts.describe,
    "ls-tree": stored.ls_tree,
    "cat-file": stored.cat_file,
    "hash-object": stored.hash_object,
    "write-tree": stored.write_tree,
    "gc": stored.gc,
    "fsck": stored.fsck,
    "count-objects": stored.count_objects,
    **PLUMBING,
}
_BARE_REFUSES = frozenset("add stage rm mv restore clean commit status checkout switch merge stash pull".split())
_NOT_HERE = frozenset(
    "rebase bisect submodule worktree am apply format-patch filter-branch notes sparse-checkout replace rerere subtree "
    "update-index update-ref read-tree commit-tree mktree mktag pack-refs repack prune archive bundle lfs "
    "maintenance request-pull send-email svn".split()
)
_ASKS_ONLY = frozenset(
    "grep help whatchanged range-diff cherry name-rev for-each-ref var show-branch diff-index".split()
)


def run(call: Call) -> Answer:
    """Answer one call of git.

    Raises:
        NotExact: where only the model can say what is printed, and nothing would change.
    """
    try:
        return _run(call)
    except Stop as stop:
        return Answer(stop.out, stop.text, stop.status)


def _run(call: Call) -> Answer:
    args = list(call.args)
    while args and args[0].startswith("-"):
        word = args.pop(0)
        if word == "-C" and args:
            call = replace(call, cwd=_folder(call, args.pop(0)))
        elif word == "-c" and args:
            name, _, value = args.pop(0).partition("=")
            call = replace(call, env=_with(call, name, value or "true"))
        elif word in ("--version", "-v"):
            return Answer(f"git version {version(call.machine)}\n")
        elif word in ("--no-pager", "-P", "-p", "--paginate", "--no-optional-locks", "--literal-pathspecs"):
            continue
        elif word in ("--help", "-h"):
            args = ["help", *args]
            break
        elif word == "--exec-path":
            return Answer("/usr/lib/git-core\n")
        elif word.startswith(
            ("--git-dir", "--work-tree", "--namespace", "--html-path", "--man-path", "--info-path", "--bare")
        ):
            raise NotExact
        else:
            raise Stop(f"unknown option: {word}\n{_USAGE}", 129)
    if not args:
        return Answer(f"{_USAGE}\n{_COMMON}", status=1)
    return _subcommand(call, args[0], args[1:])


def _folder(call: Call, name: str) -> str:
    path = call.path(name)
    if not call.machine.files.is_dir(path):
        raise Fatal(f"cannot change to '{name}': No such file or directory")
    return path


def _with(call: Call, name: str, value: str) -> dict[str, str]:
    """The environment with one setting for this call."""
    names = {
        "user.name": ("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"),
        "user.email": ("GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"),
    }
    given = dict(call.env)
    for variable in names.get(name.lower(), ()):
        given.setdefault(variable, value)
    return {**given, f"GIT_SETTING_{name.lower()}": value}


def _subcommand(call: Call, name: str, args: list[str]) -> Answer:
    if name == "version":
        return Answer(f"git version {version(call.machine)}\n")
    if name not in _ANYWHERE and name not in _INSIDE:
        alias = _alias(call, name)
        if alias:
            return _subcommand(call, alias[0], [*alias[1:], *args])
    if {"--help", "-h"} & set(args[:1]):
        raise NotExact
    if name in _ANYWHERE:
        return _ANYWHERE[name](call, args)
    if name in _INSIDE:
        repo = Repository.find(call)
        if repo.bare and name in _BARE_REFUSES:
            raise Fatal("this operation must be run in a work tree")
        return _INSIDE[name](repo, args)
    if name in _ASKS_ONLY:
        raise NotExact
    if name in _NOT_HERE:
        raise Fatal(f"{name} is not simulated on this machine; nothing was changed")
    raise Stop(_unknown(name), 1)


def _alias(call: Call, name: str) -> list[str]:
    try:
        text = Repository.find(call).setting(f"alias.{name}")
    except Fatal:
        found = [Config(call.machine, path).get(f"alias.{name}") for path in global_configs(call)]
        text = next((one for one in found if one), "")
    if text.startswith("!"):
        raise NotExact
    return [word.strip("'\"") for word in text.split()]


def _unknown(name: str) -> str:
    text = f"git: '{name}' is not a git command. See 'git --help'.\n"
    near = sorted((far, one) for one in (*_ANYWHERE, *_INSIDE, *_NOT_HERE) if (far := _distance(name, one)) < 7)
    best = [one for far, one in near if far == near[0][0]] if near else []
    if best:
        many = "commands are" if len(best) > 1 else "command is"
        text += f"\nThe most similar {many}\n" + "".join(f"\t{one}\n" for one in best)
    return text


def _distance(word: str, other: str) -> int:
    """How far two words are, as git weighs it: swaps are free, a letter more 1, another one 2, a letter less 3."""
    if other.startswith(word):
        return 0
    rows = [list(range(len(other) + 1))]
    for i, letter in enumerate(word, 1):
        row = [i * 3]
        for j, twin in enumerate(other, 1):
            cost = rows[i - 1][j - 1] + (2 if letter != twin else 0)
            if i > 1 and j > 1 and word[i - 2] == twin and letter == other[j - 2]:
                cost = min(cost, rows[i - 2][j - 2])
            row.append(min(cost, rows[i - 1][j] + 3, row[j - 1] + 1))
        rows.append(row)
    return rows[-1][-1]


_USAGE = "usage: git [-v | --version] [-C <path>] [-c <name>=<value>] [-P | --no-pager] <command> [<args>]\n"
_COMMON = "See 'git help <command>' to read about a specific subcommand.\n"
