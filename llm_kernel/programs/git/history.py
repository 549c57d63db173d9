"""Which commits a log shows, in which order, and each as text."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping

from llm_kernel.programs.git.dating import dated
from llm_kernel.programs.git.objects import Commit, Person
from llm_kernel.programs.git.repository import Repository

__all__ = ["decorations", "ordered", "pretty"]

_FORMS: dict[str, Callable[[Commit], str]] = {
    "%an": lambda one: one.author.name,
    "%ae": lambda one: one.author.email,
    "%cn": lambda one: one.committer.name,
    "%ce": lambda one: one.committer.email,
    "%at": lambda one: str(one.author.when),
    "%ct": lambda one: str(one.committer.when),
    "%H": lambda one: one.name,
    "%T": lambda one: one.tree,
    "%P": lambda one: " ".join(one.parents),
    "%s": lambda one: one.subject,
    "%B": lambda one: one.message,
}
_COLORS = {"red": "31", "green": "32", "yellow": "33", "blue": "34", "magenta": "35", "cyan": "36", "reset": ""}


def ordered(
    repo: Repository, starts: Iterable[str], hidden: Iterable[str] = (), *, topo: bool = False
) -> Iterator[Commit]:
    """Every commit that ``starts`` reach and ``hidden`` do not, the youngest first; ``topo``: no parent before a "
    "child."""
    out = repo.ancestors(hidden)
    wait: dict[str, int] = {}
    if topo:
        for name in repo.ancestors(starts) - out:
            for parent in repo.commit(name).parents:
                wait[parent] = wait.get(parent, 0) + 1
    heap: list[tuple[int, int, str]] = []
    seen: set[str] = set()
    for name in starts:
        if name and name not in seen and name not in out and not wait.get(name):
            seen.add(name)
            heapq.heappush(heap, (-repo.commit(name).committer.when, len(seen), name))
    while heap:
        _, _, name = heapq.heappop(heap)
        one = repo.commit(name)
        yield one
        for parent in one.parents:
            if parent in out or not repo.store.has(parent):
                continue
            if topo:
                wait[parent] -= 1
                if wait[parent]:
                    continue
            if parent not in seen:
                seen.add(parent)
                order = -len(seen) if topo else len(seen)
                heapq.heappush(heap, (-repo.commit(parent).committer.when, order, parent))


def decorations(repo: Repository, *, full: bool = False) -> dict[str, list[str]]:
    """The names that point to each commit, as a log shows them."""
    found: dict[str, list[str]] = {}
    head, ref = repo.head(), repo.head_ref()
    refs = repo.store.refs()
    cut = 0 if full else 1

    def name(one: str) -> str:
        for place in ("refs/heads/", "refs/remotes/") if cut else ():
            if one.startswith(place):
                return one[len(place) :]
        return f"tag: {one[10:] if cut else one}" if one.startswith("refs/tags/") else one

    if head:
        found[head] = [f"HEAD -> {name(ref)}" if ref else "HEAD"]
    places = ("refs/tags/", "refs/remotes/", "refs/heads/")
    for one in [one for one in reversed(refs) if one.startswith(places)]:
        if one != ref:
            target = repo.commit_of(refs[one])
            found.setdefault(target, []).append(name(one))
    return found


def pretty(
    repo: Repository,
    one: Commit,
    form: str,
    *,
    marks: Mapping[str, list[str]],
    date: str = "default",
    short: bool = False,
) -> str:
    """A commit's head in the form of ``--pretty``, with its last newline."""
    name = repo.short(one.name) if short or form == "oneline-short" else one.name
    named = f" ({', '.join(marks[one.name])})" if one.name in marks else ""
    if form.startswith(("format:", "tformat:")):
        return expanded(repo, one, form.partition(":")[2], marks, date)
    if form.startswith("oneline"):
        return f"{name}{named} {one.subject}\n"
    merge = f"Merge: {' '.join(repo.short(parent) for parent in one.parents)}\n" if len(one.parents) > 1 else ""
    text = f"commit {name}{named}\n{merge}"
    now = repo.machine.clock.now
    match form:
        case "short":
            text += f"Author: {_who(one.author)}\n\n"
            return text + f"    {one.subject}\n"
        case "full":
            text += f"Author: {_who(one.author)}\nCommit: {_who(one.committer)}\n"
        case "fuller":
            text += f"Author:     {_who(one.author)}\nAuthorDate: {dated(one.author, date, now)}\n"
            text += f"Commit:     {_who(one.committer)}\nCommitDate: {dated(one.committer, date, now)}\n"
        case "raw":
            text = f"commit {name}\ntree {one.tree}\n" + "".join(f"parent {p}\n" for p in one.parents)
            text += f"author {one.author}\ncommitter {one.committer}\n"
        case _:
            text += f"Author: {_who(one.author)}\nDate:   {dated(one.author, date, now)}\n"
    body = one.message.rstrip("\n")
    return f"{text}\n" + "".join(f"    {line}\n" for line in body.split("\n")) if body else f"{text}\n"


def _who(person: Person) -> str:
    return f"{person.name} <{person.email}>"


def expanded(repo: Repository, one: Commit, form: str, marks: Mapping[str, list[str]], date: str) -> str:
    """``form`` with its placeholders filled."""
    out, at = "", 0
    now = repo.machine.clock.now
    names = marks.get(one.name) or decorations(repo).get(one.name, [])
    while at < len(form):
        if form[at] != "%":
            out, at = out + form[at], at + 1
            continue
        two, three = form[at : at + 2], form[at : at + 3]
        length = 3
        if three in _FORMS:
            out += _FORMS[three](one)
        elif two in _FORMS:
            out, length = out + _FORMS[two](one), 2
        elif three in ("%ad", "%cd"):
            out += dated(one.author if three == "%ad" else one.committer, date, now)
        elif three[:2] in ("%a", "%c") and three[2:] in ("r", "i", "I", "s", "D"):
            person = one.author if three[1] == "a" else one.committer
            forms = {"r": "relative", "i": "iso", "I": "iso-strict", "s": "short", "D": "rfc"}
            out += dated(person, forms[three[2]], now)
        elif two == "%C":
            end = form.find(")", at) if three == "%C(" else -1
            color = next((word for word in _COLORS if form.startswith(word, at + 2)), "")
            length = end - at + 1 if end >= 0 else 2 + len(color)
        else:
            out, length = out + _small(repo, one, two, names), 2
        at += length
    return out


def _small(repo: Repository, one: Commit, two: str, names: list[str]) -> str:
    match two:
        case "%h":
            return repo.short(one.name)
        case "%t":
            return repo.short(one.tree)
        case "%p":
            return " ".join(repo.short(parent) for parent in one.parents)
        case "%n":
            return "\n"
        case "%%":
            return "%"
        case "%b":
            return one.message.partition("\n\n")[2]
        case "%d":
            return f" ({', '.join(names)})" if names else ""
        case "%D":
            return ", ".join(names)
        case "%f":
            return "-".join("".join(c if c.isalnum() or c in "._" else " " for c in one.subject).split())
    return two
