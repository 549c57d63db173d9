"""The weaker plan of programs in other languages: the lines that a C, C++ or JavaScript source can print."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tree_sitter import Node

from llm_kernel.plan.certain import certain
from llm_kernel.plan.foreign.c import C
from llm_kernel.plan.foreign.computed import computed
from llm_kernel.plan.foreign.constants import Fixed
from llm_kernel.plan.foreign.dialect import Dialect, Open, parameters
from llm_kernel.plan.foreign.headers import HEADERS
from llm_kernel.plan.foreign.javascript import MODULES, JavaScript
from llm_kernel.plan.foreign.refused import refused
from llm_kernel.plan.foreign.scopes import bound
from llm_kernel.plan.foreign.trees import Tongue, called, every, given, text, tree, unescaped
from llm_kernel.plan.foreign.turns import anyhow
from llm_kernel.plan.foreign.walk import Walk
from llm_kernel.plan.nodes import Free, Line, Plan
from llm_kernel.plan.nodes import Node as Printed

__all__ = ["Tongue", "foreign", "tongue_of"]

_LONGEST = 100_000
_MOST = 2_000
"""The most lines that are told of a program that is not known to its end."""
_TONGUES: dict[str, Tongue] = {
    "c": "c", "cc": "cpp", "cpp": "cpp", "cxx": "cpp", "C": "cpp",
    "js": "javascript", "mjs": "javascript", "cjs": "javascript",
}  # fmt: skip
_UNSAFE = re.compile(r"\b(?:NULL|nullptr|malloc|alloca|free|delete|scanf|cin|getline|gets|fgets|getchar|read|rand)\b")


def tongue_of(path: str) -> Tongue | None:
    """The language of a source, by its name."""
    return _TONGUES.get(path.rpartition(".")[2]) if "." in path else None


def foreign(source: str, tongue: Tongue, argv: Sequence[str]) -> Plan | None:
    """What a program prints that is called with ``argv``, the first its own name; None where that cannot be said.

    The lines are in order where the source's order is that of time, else a set. ``status`` is the exit status where it
    is certain.
    """
    if len(source) > _LONGEST:
        return None
    first = computed(source, tuple(argv)) if tongue == "c" else None
    if first is not None and first.status is not None:
        return Plan(first.lines, status=first.status)
    read = _read(source, tongue, argv)
    lines = first.lines[:_MOST] if first is not None else ()
    if not lines or (read is not None and len(certain(read)[0]) >= len(lines)):
        return read
    root = tree(source, tongue) if read is not None else None
    if root is not None:
        return Plan((*lines, *anyhow(C(root), root)))
    return Plan((*_ended(lines), Free()))


def _ended(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """The lines up to where none of them is in its middle: what nobody can foresee begins a line."""
    ends, middle = 0, {"stdout": False, "stderr": False}
    for at, line in enumerate(lines, 1):
        middle[line.stream] = not line.end
        ends = ends if any(middle.values()) else at
    return lines[:ends]


def _read(source: str, tongue: Tongue, argv: Sequence[str]) -> Plan | None:
    """The plan of a program that is read and not computed."""
    root = tree(source, tongue)
    if root is None or not _standard(root, tongue):
        return None
    functions = _functions(root)
    dialect: Dialect = JavaScript(root, functions) if tongue == "javascript" else C(root)
    if tongue == "javascript" and (refused(root) or not bound(root)):
        return None  # it fails at once, or on its way
    status: int | None = None
    try:
        nodes, status = _walked(dialect, root, functions, argv, tongue)
    except (Open, RecursionError):
        nodes = anyhow(dialect, root)
    if _UNSAFE.search(source):
        nodes = (Free("stderr"), *nodes)  # it may end otherwise: nobody prints ahead of it
    return Plan(nodes, status=status)


def _walked(
    dialect: Dialect, root: Node, functions: dict[str, list[Node]], argv: Sequence[str], tongue: Tongue
) -> tuple[tuple[Printed, ...], int | None]:
    """What the program prints, and its exit status where there is only one that it can have.

    Raises:
        Open: where its order cannot be told.
    """
    walk = Walk(dialect, root, functions, references=tongue == "cpp")
    if tongue == "javascript":
        walk.outer["process.argv"] = ("/usr/bin/node", *argv)
        nodes = walk.run(root, walk.outer, entry=True)
        return nodes, walk.status
    mains = functions.get("main", [])
    body = mains[0].child_by_field_name("body") if len(mains) == 1 else None
    if body is None:
        raise Open
    env: dict[str, Fixed] = {}
    for node in root.named_children:
        if node.type == "declaration":
            for name, value in dialect.declared(node, env):
                walk.known(name, value, env)
        elif node.type == "preproc_def":
            _define(node, env)
    walk.outer.update(env)
    told: tuple[Fixed, ...] = (len(argv), tuple(argv))
    for name, value in zip(parameters(mains[0]), told, strict=False):
        walk.known(name, value, env)
    nodes = walk.run(body, env, entry=True)
    return nodes, walk.status


def _define(node: Node, env: dict[str, Fixed]) -> None:
    """A macro that stands for a number or a text."""
    name, said = text(node.child_by_field_name("name")), text(node.child_by_field_name("value")).strip()
    if re.fullmatch(r"-?(?:0|[1-9]\d*)", said):
        env[name] = int(said)
    elif re.fullmatch(r"-?\d+\.\d+", said):
        env[name] = float(said)
    elif re.fullmatch(r'"[^"\\]*"', said):
        env[name] = said[1:-1]


def _standard(root: Node, tongue: Tongue) -> bool:
    """Whether all that the program calls is in it or in the language's own library."""
    if tongue == "javascript":
        return all(name.removeprefix("node:") in MODULES for name in _imported(root))
    for node in every(root):
        if node.type == "preproc_include":
            path = text(node.child_by_field_name("path"))
            if not path.startswith("<") or path.strip("<>").removesuffix(".h") not in HEADERS:
                return False
        if node.type == "preproc_function_def":
            return False
    return True


def _imported(root: Node) -> list[str]:
    found = []
    for node in every(root):
        if node.type == "import_statement" and (source := node.child_by_field_name("source")) is not None:
            found.append(unescaped(source) or "?")
        elif node.type == "call_expression" and (called(node)[0] == "require" or text(node).startswith("import(")):
            found.append((unescaped(given(node)[0]) if given(node) else None) or "?")
    return found


def _functions(root: Node) -> dict[str, list[Node]]:
    """The functions, methods and constructors of a source, by the names that they are called by."""
    found: dict[str, list[Node]] = {}
    for node in every(root):
        name = ""
        if node.type in ("function_declaration", "method_definition", "generator_function_declaration"):
            name = text(node.child_by_field_name("name"))
            if name == "constructor" and node.parent is not None and node.parent.parent is not None:
                name = text(node.parent.parent.child_by_field_name("name"))
        elif node.type == "function_definition":
            inner: Node | None = node.child_by_field_name("declarator")
            while inner is not None and inner.child_by_field_name("declarator") is not None:
                inner = inner.child_by_field_name("declarator")
            name = text(inner).rpartition("::")[2]
        elif node.type == "variable_declarator":
            value = node.child_by_field_name("value")
            if value is not None and value.type in ("arrow_function", "function_expression"):
                found.setdefault(text(node.child_by_field_name("name")), []).append(value)
        if name:
            found.setdefault(name, []).append(node)
    return found
