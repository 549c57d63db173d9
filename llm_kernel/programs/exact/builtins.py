"""``help``: how bash's own words are used, and in a sentence of ours what they do."""

from __future__ import annotations

from fnmatch import fnmatchcase

from llm_kernel.machine.catalog import load
from llm_kernel.programs.table import NotExact, exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["helps"]


@exact("help")
def helps(call: Call) -> Answer:
    """Tell about the builtins whose names match; without a name the list is not ours."""
    letters, names = "", list(call.args)
    while names and names[0].startswith("-") and len(names[0]) > 1:
        word = names.pop(0)
        if word == "--":
            break
        if wrong := next((letter for letter in word[1:] if letter not in "dms"), ""):
            usage = f"help: usage: {_topics()['help'][0]}"
            return Answer(stderr=f"bash: line 1: help: -{wrong}: invalid option\n{usage}\n", status=2)
        letters += word[1:]
    if not names or "m" in letters:
        raise NotExact(call.name)
    text, missing = "", True
    for name in names:
        found = [name] if name in _topics() else [topic for topic in _topics() if fnmatchcase(topic, name)]
        found = found or [topic for topic in _topics() if topic.startswith(name)]
        missing = missing and not found
        if found and set(name) & set("*?"):
            text += f"Shell commands matching keyword{'s' * (len(names) > 1)} `{', '.join(names)}'\n\n"
        for topic in found:
            usage, about = _topics()[topic]
            text += f"{topic} - {about}\n" if "d" in letters else f"{topic}: {usage}\n"
            text += f"    {about}\n" if not letters else ""
    if missing:
        last = names[-1]
        said = f"no help topics match `{last}'.  Try `help help' or `man -k {last}' or `info {last}'."
        return Answer(stderr=f"bash: help: {said}\n", status=1)
    return Answer(text)


def _topics() -> dict[str, list[str]]:
    topics: dict[str, list[str]] = load("builtins")
    return topics
