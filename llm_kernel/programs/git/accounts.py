"""What the history tells of lines, people and names: blame, shortlog, reflog, describe."""

from __future__ import annotations

from llm_kernel.programs.edits import edits
from llm_kernel.programs.git.dating import dated
from llm_kernel.programs.git.fault import Fatal, Stop
from llm_kernel.programs.git.history import decorations, ordered
from llm_kernel.programs.git.options import parse
from llm_kernel.programs.git.repository import Repository
from llm_kernel.programs.git.status import look
from llm_kernel.programs.table import NotExact
from llm_kernel.shell.call import Answer

__all__ = ["blame", "describe", "reflog", "shortlog"]


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
