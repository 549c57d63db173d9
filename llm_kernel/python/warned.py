"""What CPython's compiler warns of before a program begins, in the words of its version."""

from __future__ import annotations

import re
import sys
import warnings

from llm_kernel.python.script import Script, Unsure

__all__ = ["warned"]

_NEWER = (3, 12)
"""The Python that shows what it thinks of a backslash, and says of which kind a literal is."""

_LITERAL = re.compile(r'("is(?: not)?") with (a|\'\w+\') literal\. Did you mean ("[!=]=")\?')


def warned(script: Script) -> str:
    """The text on standard error; empty for most programs.

    Raises:
        Unsure: of a warning whose words are not known in the wanted version.
    """
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        compile(script.source, "script", "exec", dont_inherit=True)
    texts: dict[str, None] = {}
    lines = script.source.split("\n")
    for one in told:
        if said := _said(str(one.message), script.version):
            shown = "" if script.name in ("<string>", "<stdin>") else f"  {lines[one.lineno - 1].strip()}\n"
            texts[f"{script.name}:{one.lineno}: SyntaxWarning: {said}\n{shown}"] = None
    return "".join(texts)


def _said(text: str, version: tuple[int, int]) -> str:
    """A warning of this interpreter in the words of another version; empty where that one says nothing."""
    if text.startswith("invalid escape sequence '"):
        return text if version >= _NEWER else ""
    if text == "assertion is always true, perhaps remove parentheses?":
        return text
    if found := _LITERAL.fullmatch(text):
        if version < (3, 8):
            return ""
        if version < _NEWER:
            return f"{found[1]} with a literal. Did you mean {found[3]}?"
        if sys.version_info >= _NEWER:
            return text
    raise Unsure("a warning of the compiler")
