"""The words that the library answers by itself, and those of them that count for more than a name."""

from __future__ import annotations

__all__ = ["BUILTINS", "FIRM", "KEYWORDS", "LED", "LOCAL", "OURS", "OUTDONE", "PLACED", "TOOLS"]

KEYWORDS = frozenset(
    "if then elif else fi for in do done while until case esac select function time coproc { } [[ ]] !".split()
)

BUILTINS = frozenset(
    """. : [ alias bg bind break builtin caller cd command compgen complete compopt continue declare dirs disown echo
    eval exec exit export false fg getopts hash jobs kill let local logout mapfile popd printf pushd pwd read
    readarray readonly return set shift shopt source suspend test times trap true type typeset ulimit unalias
    unset wait""".split()
)
"""Bash's own builtins that the library runs; ``enable``, ``fc``, ``help``, ``history`` and ``umask`` are ours."""

TOOLS = frozenset(
    """awk base32 base64 basename bash cat column comm csplit cut dirname egrep env envsubst expand expr factor
    fgrep fmt fold gawk grep head hexdump iconv join jq mapfile nl numfmt od paste pr rev sed seq
    sh shuf sort split strings sudo tac tail test tr tsort unexpand uniq xargs xxd yes""".split()
)
"""Programs whose answer the library computes as the real ones do."""


OURS = BUILTINS | KEYWORDS | TOOLS
"""Every word the library answers by itself."""

OUTDONE = frozenset("awk column comm csplit cut expr fmt hexdump iconv join numfmt seq shuf split tee uniq xxd".split())
"""Tools of the library that an exact program stands in for where there is one."""

PLACED = frozenset(["enable", "help", "umask"])
"""Builtins that are programs of ours, and are told where they stand."""

LOCAL = BUILTINS | PLACED | frozenset(["fc", "history"])
LED = TOOLS | frozenset(["echo", "printf", "pwd", "kill", "[", "true", "false", "compgen"])

FIRM = (TOOLS | frozenset("cd echo printf pwd test [ [[ true false : exit kill jobs wait fg bg type times".split())) - {
    "bash",
    "sh",
    "sudo",
    "env",
    "xargs",
}
"""Words that change nothing of a shell but what its own lists of values tell."""
