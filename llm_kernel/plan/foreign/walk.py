"""The way through a C, C++ or JavaScript program: statements become lines, loops and choices.

It is the weaker sibling of the Python walker: what never changes is known, a counted loop is told turn by turn, and
all else is a hole, a choice or an open repetition. Where the order cannot be told (goto, threads, promises), a plan is
the set of the lines that the source can print, in any order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from tree_sitter import Node

from llm_kernel.plan.foreign.constants import Env, Fixed, changed, evaluate, lent
from llm_kernel.plan.foreign.trees import called, every, given, text
from llm_kernel.plan.nodes import Choice, Free, Leave, Loop, Scope, Target, leaves
from llm_kernel.plan.nodes import Node as Printed

__all__ = ["Dialect", "Open", "Walk", "anyhow", "parameters"]

_WORK = 4_000
"""Statements that are looked at, in all."""
_DEEP = 12
_TURNS = 2_000
_BLOCKS = frozenset(
    """compound_statement statement_block translation_unit program else_clause finally_clause export_statement
    declaration_list namespace_definition linkage_specification""".split()
)
_FUNCTIONS = frozenset(
    """function_definition function_declaration generator_function_declaration function_expression arrow_function
    generator_function lambda_expression method_definition""".split()
)
_VALUES = frozenset(["arrow_function", "function_expression", "generator_function", "lambda_expression"])
_CLASSES = frozenset(["class_specifier", "struct_specifier", "class_declaration"])
_HOLDERS = frozenset(
    """argument_list assignment_expression array initializer_list init_declarator return_statement pointer_expression
    pair shorthand_property_identifier""".split()
)
"""Where the name of a function stands for its value."""
_LEAVING = frozenset(["return_statement", "break_statement", "continue_statement", "throw_statement"])
_SILENT = frozenset(
    """class_declaration class_specifier struct_specifier enum_specifier union_specifier type_definition comment
    preproc_include preproc_def preproc_function_def using_declaration empty_statement template_declaration ;
    alias_declaration""".split()
)


class Open(Exception):  # noqa: N818
    """The order of what is printed cannot be told."""


class Dialect(Protocol):
    """What is particular to a language. ``whole``: integers divide to integers."""

    whole: bool

    def printed(self, node: Node, env: Env) -> Sequence[Printed] | None:
        """What an expression prints by itself; None where it is none of those that print."""

    def declared(self, node: Node, env: Env) -> Iterable[tuple[str, Fixed | None]]:
        """The names that a declaration gives a first value, and those values as far as they are known."""

    def disorderly(self, node: Node) -> bool:
        """Whether behind this node the order of the source is no longer the order of time."""


class Walk:
    """One way through a program; ``functions`` are its own, by the names that they are called by."""

    def __init__(self, dialect: Dialect, root: Node, functions: dict[str, list[Node]], *, references: bool) -> None:
        self._dialect = dialect
        self._functions = functions
        self._references = references
        self._changed = changed(root, references=references)
        self._lent = lent(root)
        self._loud = self._sounding()
        if self._hidden(root):
            raise Open
        self._active: list[int] = []
        self._work = _WORK
        self.statuses: set[int | None] = set()
        """The exit statuses that it may end with; None for one that is not known."""

    # -- what may sound at all

    def _sounds(self, node: Node) -> bool:
        """Whether something inside a node prints, or ends the program."""
        return any(self._dialect.printed(one, {}) is not None for one in every(node))

    def _sounding(self) -> frozenset[str]:
        loud = {name for name, bodies in self._functions.items() if any(map(self._sounds, bodies))}
        calls = {
            name: {called(one)[0] for body in bodies for one in every(body) if _calls(one)}
            for name, bodies in self._functions.items()
        }
        while more := {name for name, inner in calls.items() if name not in loud and inner & loud}:
            loud |= more
        return frozenset(loud)

    def _hidden(self, root: Node) -> bool:
        """Whether something that prints is called where no call names it: constructors, operators, function values."""
        classes = {text(one.child_by_field_name("name")) for one in every(root) if one.type in _CLASSES}
        if any(name in classes or name.startswith(("~", "operator", "get ", "set ")) for name in self._loud):
            return True
        for node in every(root):
            above = node.parent
            if above is None:
                continue
            if node.type in _VALUES and self._speaks(node):
                named = above.type == "variable_declarator"
                handed = above.parent if above.type in ("arguments", "argument_list") else None
                if not named and (handed is None or called(handed)[0] in self._functions):
                    return True
            if node.type == "identifier" and text(node) in self._loud and above.type in _HOLDERS:
                return True
        return False

    def _speaks(self, node: Node) -> bool:
        """Whether something inside a node prints, by itself or by what it calls."""
        return any(
            (_calls(one) and called(one)[0] in self._loud) or self._dialect.printed(one, {}) is not None
            for one in every(node)
        )

    def known(self, name: str, value: Fixed | None, env: dict[str, Fixed]) -> None:
        """Let a name have a value from here on, unless it may get another."""
        env.pop(name, None)
        kept = name not in self._changed and not (isinstance(value, tuple) and name in self._lent)
        if value is not None and kept:
            env[name] = value

    # -- statements

    def run(self, body: Node, env: Env, *, entry: bool = False) -> tuple[Printed, ...]:
        """What a function's body prints; ``entry``: the program ends behind it."""
        end: Target = "exit" if entry else "return"
        made = self._statement(body, dict(env), end) if body.type in _BLOCKS else self._expression(body, env)
        if made and made[-1] == Leave(end):
            del made[-1]
        elif entry:
            self.statuses.add(0)
        nodes = tuple(made)
        return (Scope("return", nodes),) if not entry and leaves(nodes, "return") else nodes

    def _all(self, nodes: Iterable[Node], env: dict[str, Fixed], end: Target) -> list[Printed]:
        made: list[Printed] = []
        for node in nodes:
            more = self._statement(node, env, end)
            made += more
            if more and isinstance(more[-1], Leave):
                break
        return made

    def _statement(self, node: Node, env: dict[str, Fixed], end: Target) -> list[Printed]:
        self._work -= 1
        if self._work < 0 or self._dialect.disorderly(node):
            raise Open
        match node.type:
            case kind if kind in _BLOCKS:
                inner = env if kind in ("translation_unit", "program", "export_statement") else dict(env)
                return self._all(node.named_children, inner, end)
            case kind if kind in _SILENT or kind in _FUNCTIONS:
                return []
            case "expression_statement":
                return [one for child in node.named_children for one in self._expression(child, env)]
            case "declaration" | "lexical_declaration" | "variable_declaration":
                return self._declaration(node, env)
            case "if_statement":
                return self._if(node, env, end)
            case "for_statement":
                return self._for(node, env, end)
            case "for_range_loop" | "for_in_statement":
                return self._each(node, env, end)
            case "while_statement" | "do_statement":
                return self._while(node, env, end)
            case "switch_statement":
                return self._switch(node, env, end)
            case "return_statement":
                return self._return(node, env, end)
            case "break_statement" | "continue_statement" if not node.named_children:
                return [Leave("break" if node.type[0] == "b" else "continue")]
            case "throw_statement":
                self.statuses.add(None)
                return [Free("stdout", text(node)[:80]), Leave("exit")]
            case _ if self._speaks(node) or any(one.type in _LEAVING for one in every(node)):
                raise Open
            case _:
                return []

    def _declaration(self, node: Node, env: dict[str, Fixed]) -> list[Printed]:
        made = [one for child in node.named_children for one in self._expression(child, env)]
        for name, value in self._dialect.declared(node, env):
            self.known(name, value, env)
        return made

    def _if(self, node: Node, env: dict[str, Fixed], end: Target) -> list[Printed]:
        condition = node.child_by_field_name("condition")
        made = list(self._expression(condition, env)) if condition is not None else []
        told = self._value(condition, env)
        ways = [node.child_by_field_name("consequence"), node.child_by_field_name("alternative")]
        if told is not None:
            ways = [ways[0] if told else ways[1]]
        branches = tuple(tuple(self._statement(one, dict(env), end)) if one is not None else () for one in ways)
        return made + _either(branches)

    def _switch(self, node: Node, env: dict[str, Fixed], end: Target) -> list[Printed]:
        body = node.child_by_field_name("body")
        cases = [one for one in body.named_children if one.type != "comment"] if body is not None else []
        value = node.child_by_field_name("condition") or node.child_by_field_name("value")
        told = self._value(value, env)
        labels = [self._value(one.child_by_field_name("value"), env) for one in cases]
        default = next((at for at, one in enumerate(cases) if one.child_by_field_name("value") is None), len(cases))
        if told is not None and None not in labels[:default] + labels[default + 1 :]:
            starts = [labels.index(told) if told in labels else default]
        else:
            starts = sorted({*range(len(cases)), default})
        branches = []
        for start in starts:
            made = self._all([child for one in cases[start:] for child in _of_case(one)], dict(env), end)
            branches.append(tuple(made[:-1] if made and made[-1] == Leave("break") else made))
        made = _either(tuple(branches))
        return [Scope("break", tuple(made))] if leaves(tuple(made), "break") else made

    def _return(self, node: Node, env: dict[str, Fixed], end: Target) -> list[Printed]:
        made = [one for child in node.named_children for one in self._expression(child, env)]
        if end == "exit":
            self.ends(node.named_children[0] if node.named_children else None, env)
        return [*made, Leave("exit" if end == "exit" else "return")]

    def ends(self, status: Node | None, env: Env) -> None:
        """Note with which status the program may end here."""
        value = self._value(status, env) if status is not None else 0
        named = {"EXIT_SUCCESS": 0, "EXIT_FAILURE": 1}.get(text(status))
        self.statuses.add(named if named is not None else value % 256 if isinstance(value, int) else None)

    @property
    def status(self) -> int | None:
        """The only exit status that the program can have; None where there are several, or it is not known."""
        return next(iter(self.statuses)) if len(self.statuses) == 1 else None

    # -- loops

    def _for(self, node: Node, env: dict[str, Fixed], end: Target) -> list[Printed]:
        inner = dict(env)
        first, body = node.child_by_field_name("initializer"), node.child_by_field_name("body")
        made = list(self._statement(first, inner, end)) if first is not None and first.type in _GIVE else []
        if body is None:
            return made
        name, values = self._counted(node, first, body, env)
        if values is not None:
            return made + self._turns(name, values, body, inner, end)
        inner.pop(name, None)
        turn = tuple(self._statement(body, inner, end))
        return [*made, Loop(None, name, (), turn)] if turn else made

    def _turns(self, name: str, values: Sequence[Fixed], body: Node, env: Env, end: Target) -> list[Printed]:
        """A loop whose variable takes these values, to where it is surely left."""
        turns: list[tuple[Printed, ...]] = []
        left: list[Printed] = []
        for value in values:
            made = self._statement(body, {**env, name: value}, end)
            leave = made[-1] if made and isinstance(made[-1], Leave) else None
            if leave is not None and leave.to in ("return", "exit"):
                left = made
                break
            turns.append(tuple(made[:-1] if leave is not None else made))
            if leave is not None and leave.to == "break":
                break
        if any(turns):
            left.insert(0, Loop(len(turns), name, tuple(values[: len(turns)]), turns[0], tuple(turns)))
        return left

    def _counted(self, node: Node, first: Node | None, body: Node, env: Env) -> tuple[str, Sequence[int] | None]:
        """The variable of a loop that counts from one known number to another, and its values."""
        step = node.child_by_field_name("update") or node.child_by_field_name("increment")
        name, start = self._begun(first, env)
        condition = node.child_by_field_name("condition")
        if condition is not None and condition.type == "expression_statement":
            condition = condition.named_children[0]
        by = _step(step, name, lambda one: self._value(one, env))
        if not name or not isinstance(start, int) or by is None or condition is None:
            return name, None
        if name in changed(body, references=self._references):
            return name, None
        values: list[int] = []
        while len(values) <= _TURNS:
            told = self._value(condition, {**env, name: start})
            if not isinstance(told, int):
                return name, None
            if not told:
                return name, values
            values.append(start)
            start += by
        return name, None

    def _begun(self, first: Node | None, env: Env) -> tuple[str, Fixed | None]:
        """The name that a loop begins with, and its first value."""
        for one in every(first) if first is not None else ():
            if one.type in ("init_declarator", "variable_declarator", "assignment_expression"):
                named = one.child_by_field_name("declarator") or one.child_by_field_name("name")
                named = named or one.child_by_field_name("left")
                value = one.child_by_field_name("value") or one.child_by_field_name("right")
                return text(named), self._value(value, env)
        return "", None

    def _each(self, node: Node, env: dict[str, Fixed], end: Target) -> list[Printed]:
        body, held = node.child_by_field_name("body"), node.child_by_field_name("right")
        named = node.child_by_field_name("left") or node.child_by_field_name("declarator")
        if body is None or held is None or named is None:
            raise Open
        made = list(self._expression(held, env))
        inner = {name: value for name, value in env.items() if name not in {text(one) for one in every(named)}}
        over = self._value(held, env)
        by_value = text(node.child_by_field_name("operator")) != "in"
        if isinstance(over, tuple) and by_value and named.type == "identifier" and text(named) not in self._changed:
            return made + self._turns(text(named), over, body, inner, end)
        turn = tuple(self._statement(body, inner, end))
        return [*made, Loop(None, text(named), (), turn)] if turn else made

    def _while(self, node: Node, env: dict[str, Fixed], end: Target) -> list[Printed]:
        body, condition = node.child_by_field_name("body"), node.child_by_field_name("condition")
        if body is None:
            return []
        told = self._value(condition, env)
        if node.type == "while_statement" and told is not None and not told:
            return []
        asked = self._expression(condition, env) if condition is not None else []
        turn = (*asked, *self._statement(body, dict(env), end))
        if node.type == "do_statement" and told is not None and not told and not leaves(turn, "break"):
            return list(turn)
        return [Loop(None, "", (), turn)] if turn else []

    # -- expressions

    def _expression(self, node: Node, env: Env) -> list[Printed]:
        """What an expression prints while it is worked out."""
        if node.type in _FUNCTIONS or node.type in _SILENT:
            return []
        if self._dialect.disorderly(node):
            raise Open
        if node.type == "binary_expression" and text(node.child_by_field_name("operator")) in ("&&", "||", "??"):
            first, second = node.child_by_field_name("left"), node.child_by_field_name("right")
            made = self._expression(first, env) if first is not None else []
            more = tuple(self._expression(second, env)) if second is not None else ()
            return [*made, *_either((more, ()))] if more else made
        if node.type in ("conditional_expression", "ternary_expression"):
            return self._ternary(node, env)
        printed = self._dialect.printed(node, env)
        if printed is not None:
            parts = given(node) if _calls(node) else node.named_children
            inner = [one for child in parts for one in self._expression(child, env)]
            if printed and isinstance(printed[0], Leave):
                self.ends(next(iter(given(node)), None), env)
            elif any(isinstance(one, Free | Choice) for one in printed):
                self.statuses.add(None)
            return [*inner, *printed]
        made = [one for child in node.named_children for one in self._expression(child, env)]
        return [*made, *self._call(node, env)] if _calls(node) else made

    def _ternary(self, node: Node, env: Env) -> list[Printed]:
        condition = node.child_by_field_name("condition")
        made = self._expression(condition, env) if condition is not None else []
        ways = [node.child_by_field_name("consequence"), node.child_by_field_name("alternative")]
        told = self._value(condition, env)
        if told is not None:
            ways = [ways[0] if told else ways[1]]
        return made + _either(tuple(tuple(self._expression(one, env)) if one is not None else () for one in ways))

    def _call(self, node: Node, env: Env) -> list[Printed]:
        """What a function of the source prints, and those that are handed to one of somebody else's."""
        name, _ = called(node)
        arguments = given(node)
        if name in self._functions:
            if name not in self._loud:
                return []
            values = [self._value(one, env) for one in arguments]
            return _either(tuple(self._inside(one, values, env) for one in self._functions[name]))
        made: list[Printed] = []
        for one in arguments:
            handed = self._functions.get(text(one), []) if one.type == "identifier" else []
            for function in [one] if one.type in _FUNCTIONS else handed:
                if turn := self._inside(function, [], env):
                    made.append(Loop(None, "", (), turn))
        return made

    def _inside(self, function: Node, values: Sequence[Fixed | None], env: Env) -> tuple[Printed, ...]:
        if function.id in self._active or len(self._active) > _DEEP:
            raise Open
        body = function.child_by_field_name("body")
        if body is None:
            return ()
        names = parameters(function)
        inner = {name: value for name, value in env.items() if name not in names}
        for name, value in zip(names, values, strict=False):
            self.known(name, value, inner)
        self._active.append(function.id)
        try:
            return self.run(body, inner)
        finally:
            self._active.pop()

    def _value(self, node: Node | None, env: Env) -> Fixed | None:
        return evaluate(node, env, whole=self._dialect.whole)


_GIVE = frozenset(["declaration", "lexical_declaration", "variable_declaration", "expression_statement"])


def anyhow(dialect: Dialect, root: Node) -> tuple[Printed, ...]:
    """Every line that the source can print, in any order and number."""
    found: dict[tuple[Printed, ...], None] = {}
    for node in every(root):
        said = tuple(one for one in dialect.printed(node, {}) or () if not isinstance(one, Leave))
        if said:
            found[said] = None
        if node.type == "throw_statement":
            found[(Free("stdout", text(node)[:80]),)] = None
    return (Loop(None, "", (), (Choice(tuple(found)),)),) if found else ()


def parameters(function: Node) -> list[str]:
    """The names of a function's parameters, as far as they are simple."""
    declarator: Node | None = function
    while declarator is not None and declarator.child_by_field_name("parameters") is None:
        declarator = declarator.child_by_field_name("declarator")
    held = declarator.child_by_field_name("parameters") if declarator is not None else None
    if held is None:
        single = function.child_by_field_name("parameter")
        return [text(single)] if single is not None else []
    names = []
    for one in held.named_children:
        inner: Node | None = one
        while inner is not None and inner.child_by_field_name("declarator") is not None:
            inner = inner.child_by_field_name("declarator")
        names.append(text(inner) if inner is not None else "")
    return names


def _calls(node: Node) -> bool:
    return node.type in ("call_expression", "new_expression")


def _of_case(node: Node) -> list[Node]:
    value = node.child_by_field_name("value")
    return [one for one in node.named_children if one != value]


def _either(branches: tuple[tuple[Printed, ...], ...]) -> list[Printed]:
    distinct = tuple(dict.fromkeys(branches))
    if len(distinct) == 1:
        return list(distinct[0])
    return [Choice(distinct)] if distinct else []


def _step(step: Node | None, name: str, value: object) -> int | None:
    """By how much a loop's variable grows."""
    if step is None:
        return None
    if step.type == "update_expression":
        sign = 1 if "++" in text(step) else -1
        return sign if text(step.child_by_field_name("argument")) == name else None
    sign_text = text(step.child_by_field_name("operator"))
    if text(step.child_by_field_name("left")) != name or sign_text not in ("+=", "-=") or not callable(value):
        return None
    by = value(step.child_by_field_name("right"))
    return (by if sign_text == "+=" else -by) if isinstance(by, int) and by else None
