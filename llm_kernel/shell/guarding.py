"""Scripts on a machine where files may be closed to them: what they open by themselves is asked for first."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from tree_sitter import Node

from llm_kernel.shell.lead import INNER, Edit, Lead, text_of
from llm_kernel.shell.permits import opens, tested, tests, tool

__all__ = ["guards"]

_OPENING = frozenset(
    """awk gawk mawk nawk base32 base64 bzip2 cat cd cksum cmp column comm cut diff egrep expand fgrep fmt fold grep
    gunzip gzip head hexdump iconv join jq md5sum nl od paste pr pushd rev sed sha1sum sha256sum sha512sum shuf sort
    split strings sum tac tail unexpand uniq unzip wc xxd xz xzcat zcat zgrep zip""".split()
)
"""Programs that open the files they are given, and are asked for none by others."""


def guards(nodes: Sequence[Node], lead: Lead, functions: Collection[str]) -> list[Edit]:
    """The edits that let a script ask for the files that it opens by itself."""
    asks, edits = f"{INNER} </dev/null {lead.pid}", list[Edit]()
    for node in nodes:
        if node.type == "file_redirect":
            edits += opens(node, asks, lead.builtins)
        elif node.type == "test_command":
            edits += tests(node, asks)
        elif node.type == "command" and (name := node.child_by_field_name("name")) is not None:
            base = text_of(name).rpartition("/")[2]
            if base == "test":
                edits += tested([name, *node.children_by_field_name("argument")], asks)
            elif base in _OPENING and text_of(name) not in functions:
                edits += tool([name, *node.children_by_field_name("argument")], asks)
    return edits
