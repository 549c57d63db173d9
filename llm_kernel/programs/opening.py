"""The classic opening: "I want you to act as a Linux terminal ... my first command is pwd".

Its rules are what this kernel does anyway, so only what it says of the machine goes to the model, and its first
command is run as one.
"""

from __future__ import annotations

import re

__all__ = ["opening"]

_FIRST = re.compile(
    r"""(?:my|the)\ first\ command\ (?:is|will\ be)\s*[:：]?\s*[`"'“‘]*(?P<command>[^`"'”’\n]+?)[`"'”’]*\s*[.。]?\s*$
      | (?:我的)?第一个?(?:条)?命令是\s*[:：]?\s*[`"'“‘]*(?P<chinese>[^`"'”’\n]+?)[`"'”’]*\s*[.。]?\s*$""",
    re.IGNORECASE | re.VERBOSE | re.MULTILINE,
)
_ACT = re.compile(
    r"\b(act as|be|pretend to be) an? (linux |ubuntu |unix )?(terminal|shell|console)|充当.{0,8}终端|扮演.{0,8}终端",
    re.I,
)
_RULES = re.compile(
    r"""act\ as\ an?\ (?:linux|unix)?\ ?(?:terminal|shell|console)\.?$ | (?:充当|扮演).{0,12}终端[。.]?$
      | i\ will\ type\ commands | you\ will\ reply\ with | reply\ with\ the\ terminal\ output
      | inside\ (?:one|a)\ unique\ code\ block | do\ not\ write\ explanations | no(?:thing)?\ else
      | do\ not\ type\ commands\ unless | curly\ brackets | in\ english\ i\ will | need\ to\ tell\ you\ something
      | 我(?:将|会)输入命令 | 只(?:回复|在) | 不要(?:写|给出|输入)?解释 | 大括号|花括号 | 除非我(?:指示|要求)""",
    re.IGNORECASE | re.VERBOSE,
)


_SENTENCE = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])\s*|\n\s*\n|\n(?=[A-Z*•\d\u4e00-\u9fff-])")
"""Between two sentences; a line that goes on in small letters is the same one."""


def opening(instruction: str) -> tuple[str, str]:
    """What an instruction asks of the machine, and the command it wants run then; each may be empty.

    Only an instruction that speaks of a terminal and names a first command is taken apart; any other is itself.
    """
    first = _FIRST.search(instruction)
    if not first or not _ACT.search(instruction):
        return instruction.strip(), ""
    command = (first["command"] or first["chinese"] or "").strip().rstrip(".。")
    rest = instruction[: first.start()]
    sentences = [" ".join(s.split()) for s in _SENTENCE.split(rest) if s.strip()]
    kept = [s for s in sentences if not _RULES.search(s)]
    return " ".join(kept), command
