"""Definitions that stand before a program of ``jq``: what the library lacks, or does otherwise than the real one."""

from __future__ import annotations

import re

__all__ = ["NAMES", "defined"]

_DEFINED = {
    # the library puts an object's last pair in the place of the one that is taken out
    "del": (
        'def _cut($p): if ($p|length)==1 and type=="object" then with_entries(select(.key!=$p[0])) '
        "elif $p==[] then null elif ($p|length)<2 then delpaths([$p]) elif getpath($p[:1])==null then . "
        "else setpath($p[:1]; getpath($p[:1])|_cut($p[1:])) end; "
        "def delpaths($ps): reduce ($ps|sort|reverse)[] as $p (.; _cut($p)); "
        "def del(f): [path(f)] as $ps|delpaths($ps); "
    ),
    "INDEX": "def INDEX(s; f): reduce s as $r ({}; .[$r|f|tostring]=$r); def INDEX(f): INDEX(.[]; f); ",
}

NAMES = r"\b(?:del|delpaths|INDEX)\("
"""A pattern for what a program uses of these."""

_USED = re.compile(NAMES)


def defined(program: str) -> str:
    """The definitions that ``program`` needs."""
    used = {found[0].rstrip("(").removesuffix("paths") for found in _USED.finditer(program)}
    return "".join(text for name, text in _DEFINED.items() if name in used)
