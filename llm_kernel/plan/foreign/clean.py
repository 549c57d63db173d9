"""Whether a C source surely compiles without a word: it parses, and every name in it is declared where it is used."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from tree_sitter import Node

from llm_kernel.plan.foreign.computed.declaring import name_of
from llm_kernel.plan.foreign.computed.doubt import Unsure
from llm_kernel.plan.foreign.computed.preprocessing import preprocessed
from llm_kernel.plan.foreign.trees import called, every, given, text, tree, unescaped

__all__ = ["broken", "clean", "idle", "links", "needs_math"]

_SCOPES = frozenset(["compound_statement", "for_statement", "function_definition", "translation_unit"])
_SPEC = re.compile(r"%[-+ #0]*(?:\*|\d+)?(?:\.(?:\*|\d+))?(?:hh|h|ll|l|q|j|z|t|L)?([a-zA-Z%])")
_PRINTS = {"printf": 0, "fprintf": 1, "sprintf": 1, "snprintf": 2}


@cache
def _library() -> dict[str, frozenset[str]]:
    held = json.loads((files("llm_kernel.plan.foreign") / "libc.json").read_text("utf-8"))
    every_one = {name: frozenset(words.split()) for name, words in held["headers"].items()}
    return {**every_one, "": frozenset(held["every"].split())}


def clean(source: str) -> bool:
    """Whether nothing in the C program ``source`` is wrong, as far as its form and its names tell; False in doubt."""
    try:
        root = tree(preprocessed(source), "c")
    except Unsure:
        return False
    if root is None or any(one.is_missing for one in every(root)):
        return False
    known = set(_library()[""])
    for node in every(root):
        if node.type.startswith("preproc_") and node.type not in ("preproc_include", "preproc_def", "preproc_arg"):
            return False
        if node.type == "preproc_include":
            header = text(node.child_by_field_name("path")).strip("<>").removesuffix(".h")
            if header not in _library():
                return False
            known |= _library()[header]
    return _named(root, [known]) and not any(_odd(node) for node in every(root))


def broken(source: str) -> bool:
    """Whether the C program ``source`` surely does not compile: it is not well formed, and no macro could mend it."""
    return tree(source, "c") is None and not re.search(r"^\s*#\s*(?!include\b)", source, re.MULTILINE)


def links(sources: Sequence[str]) -> bool:
    """Whether these C programs surely make one: each name is defined once, and each that is called is."""
    made: list[str] = []
    called_: set[str] = set()
    promised: set[str] = set()
    for source in sources:
        try:
            root = tree(preprocessed(source), "c")
        except Unsure:
            return False
        for one in every(root) if root is not None else []:
            if one.type == "function_definition":
                made.append(name_of(one.child_by_field_name("declarator")))
            elif one.type == "declaration" and one.parent == root:
                for declarator in one.children_by_field_name("declarator"):
                    function = "(" in text(declarator).partition("=")[0]
                    outer = any(text(part) == "extern" for part in one.named_children)
                    (promised.add if function or outer else made.append)(name_of(declarator))
            elif one.type == "identifier":
                called_.add(text(one))
    return made.count("main") == 1 and len(set(made)) == len(made) and not (promised & called_) - set(made)


def idle(source: str) -> bool:
    """Whether something may be declared that nobody uses, of which a compiler warns where it is asked to."""
    root = tree(source, "c")
    if root is None:
        return True
    uses = Counter(text(one) for one in every(root) if one.type == "identifier")
    declared = [
        named
        for one in every(root)
        if one.type in ("init_declarator", "declaration", "parameter_declaration")
        for named in one.children_by_field_name("declarator")
    ]
    return any(uses[text(one)] < 2 for one in declared if one.type == "identifier") or any(
        uses[text(inner)] < 2
        for one in declared
        if one.type in ("pointer_declarator", "array_declarator")
        for inner in every(one)
        if inner.type == "identifier"
    )


def needs_math(source: str) -> bool:
    """Whether the source calls what only ``-lm`` brings."""
    root = tree(source, "c")
    return root is None or any(
        one.type == "call_expression" and called(one)[0] in _library()["math"] for one in every(root)
    )


def _named(node: Node, scopes: list[set[str]]) -> bool:
    """Whether each name below ``node`` is declared in one of the scopes, or before it in its own."""
    if node.type in _SCOPES:
        scopes = [*scopes, set()]
    if node.type == "function_definition":
        _declare(node.child_by_field_name("declarator"), scopes[-2])
    if node.type in ("identifier", "type_identifier"):
        return _declaring(node, scopes) or any(text(node) in scope for scope in scopes)
    return all(_named(child, scopes) for child in node.named_children)


def _declare(declarator: Node | None, scope: set[str]) -> None:
    while declarator is not None and declarator.type not in ("identifier", "type_identifier"):
        declarator = declarator.child_by_field_name("declarator")
    scope.add(text(declarator))


def _declaring(node: Node, scopes: list[set[str]]) -> bool:
    """Whether a name stands where one is declared; then it is, from here on."""
    above = node.parent
    if above is None:
        return False
    place = scopes[-1]
    declares = (
        above.child_by_field_name("declarator") == node
        or (above.type in ("enumerator", "preproc_def") and above.child_by_field_name("name") == node)
        or (above.type.endswith("_specifier") and above.child_by_field_name("name") == node)
        or (above.type in ("declaration", "parameter_declaration", "type_definition") and node.type == "identifier")
    )
    if not declares and above.type in ("declaration", "type_definition"):
        declares = node in above.children_by_field_name("declarator")
    if declares:
        place.add(text(node))
        if above.type.endswith("_specifier") or above.type in ("enumerator", "preproc_def", "type_definition"):
            scopes[1 if len(scopes) > 1 else 0].add(text(node))
    return declares


def _odd(node: Node) -> bool:
    """What a compiler remarks on: a missing type, values of another kind, formats that do not fit their values."""
    match node.type:
        case "function_definition":
            return node.child_by_field_name("type") is None
        case "init_declarator":
            return _mismatch(node)
        case "call_expression" if called(node)[0] in _PRINTS:
            return _misformed(given(node)[_PRINTS[called(node)[0]] :])
        case _:
            return False


def _mismatch(node: Node) -> bool:
    named, value = node.child_by_field_name("declarator"), node.child_by_field_name("value")
    if named is None or value is None or node.parent is None:
        return True
    kind = text(node.parent.child_by_field_name("type"))
    textual = named.type in ("pointer_declarator", "array_declarator") and kind == "char"
    match value.type:
        case "string_literal" | "concatenated_string":
            return not textual
        case "number_literal":
            return named.type != "identifier" and text(value) != "0"
        case "char_literal":
            return named.type != "identifier"
        case _:
            return False


def _misformed(words: Sequence[Node]) -> bool:
    template = unescaped(words[0]) if words else None
    if template is None:
        return True
    specs = [found for found in _SPEC.finditer(template) if found[1] != "%"]
    letters = [found[1] for found in specs]
    odd = "%" in _SPEC.sub("", template) or any("*" in found[0] for found in specs)
    if odd or len(letters) != len(words) - 1:
        return True
    return any(_unfit(letter, word) for letter, word in zip(letters, words[1:], strict=True))


def _unfit(letter: str, word: Node) -> bool:
    match word.type:
        case "string_literal" | "concatenated_string":
            return letter not in "sp"
        case "number_literal":
            floating = "." in text(word) or ("e" in text(word).lower() and not text(word).lower().startswith("0x"))
            return letter not in ("eEfFgGaA" if floating else "diouxXc")
        case "char_literal":
            return letter not in "cdiouxX"
        case _:
            return False
