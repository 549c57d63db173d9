"""Whether a script has anything in it that would be edited: most have not, and are not parsed for it."""

from __future__ import annotations

import re

from llm_kernel.shell.errors_told import WORDED

__all__ = ["suspect"]

_SUSPECT = re.compile(
    r"--version|--help|/|\|&|\bselect\s|\$\$|\$\{?(?:EPOCH|BASH|PPID|SECONDS|SRANDOM)|\b(?:SECONDS|EPOCHSECONDS|EPOCHREALTIME|SRANDOM)\b|%[\w.-]*\("
    r"|\b(?:tail|sudo|logout|compgen|history|fc|bash|sh|dash|eval|source|env|nohup|timeout|nice|xargs|kill|trap|wait)\b"
    r"|\bpython[\d.]*(?:\s+-[a-zA-Z]+)*\s*(?:[<;|&)\n]|$)"
    r"|\b(?:pwd|read)\s+-|\bshopt\s"
    r"|(?:^|[\s;&|({])\.\s|\[\[|\[@\][/%#^,]|@[AKk]\}|\\x0|\bnounset\b|\bxtrace\b|[12]?>&[3-9]|\bset\s(?:[-+]\w+\s+)*-\w*[ux]|\b(?:cat|tee|tac|wc|od)\s+-|\bpr\b|\b(?:command|builtin)\s|-(?:ef|nt|ot)\b|\bwc\b[^|;\n]*<"
    r"|\$\{[^}`\n]*`|\$\{#?\w+\[\$[^]\n]*,|\(\[[^]\n]*\s|\s\[[^]=\n]*\s[^]=\n]*\]\+?="
    r"|\b(?:[mn]?awk|gawk|jq|sed|tr|umask|enable|help|mapfile|readarray)\b|=always|\.\.-?\d{5}|\{-?\d{5,}\.\.|\bcolumn\s|\bbase(?:32|64)\s+-"
)
_SUSPECT_WORDS = tuple(
    (re.compile(head), re.compile(word))
    for head, word in (
        (r"\b(?:rm|cp|mv|ln)\s", r"-\w*[iI]"),
        (r"\bsort\s", r"(?<!\S)[^\s-]*-\S*R"),
        (r"\bprintf\s", r"\$"),
        (rf"\b(?:{'|'.join(sorted(WORDED))})\s", r"2>>?(?!\s*/dev/null)|&>"),
    )
)
"""Commands that are looked at where such a word follows in them."""
_NAMED = re.compile(r"([\w.:-]+)[ \t]*\(\)|\bfunction[ \t]+([\w.:-]+)")
_END = re.compile(r"[\n;|]")


def suspect(script: str) -> bool:
    """Whether ``script`` may need an edit."""
    return (
        bool(_SUSPECT.search(script))
        or _recurs(script)
        or any(_follows(script, head, word) for head, word in _SUSPECT_WORDS)
    )


def _recurs(script: str) -> bool:
    """Whether a function's name stands in it once more behind where it is defined."""
    return any(script.find(name[1] or name[2], name.end()) > 0 for name in _NAMED.finditer(script))


def _follows(script: str, head: re.Pattern[str], word: re.Pattern[str]) -> bool:
    """Whether ``word`` comes behind ``head`` in one command; each command is searched once."""
    over = 0
    for found in head.finditer(script):
        if found.end() <= over:
            continue
        end = _END.search(script, found.end())
        over = end.start() if end else len(script)
        if word.search(script, found.end(), over):
            return True
    return False
