"""The way through a C, C++ or JavaScript program: statements become lines, loops and choices.

It is the weaker sibling of the Python walker: what never changes is known, a counted loop is told turn by turn, and
all else is a hole, a choice or an open repetition. Where the order cannot be told (goto, threads, promises), a plan is
the set of the lines that the source can print, in any order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tree_sitter import Node

from llm_kernel.plan.foreign.constants import Env, Fixed, combined, evaluate, fits, lent, truth
from llm_kernel.plan.foreign.dialect import FUNCTIONS, Dialect, Open, calls, parameters
from llm_kernel.plan.foreign.names import Names
from llm_kernel.plan.foreign.sound import Sound
from llm_kernel.plan.foreign.trees import called, every, given, text
from llm_kernel.plan.nodes import Choice, Free, Leave, Loop, Scope, Target, leaves
from llm_kernel.plan.nodes import Node as Printed

__all__ = ["Walk", "anyhow"]

_WORK = 2_500
"""Statements that are looked at, in all."""
_DEEP = 12
_TURNS = 2_000
_BLOCKS = frozenset(
    """compound_statement statement_block translation_unit program else_clause finally_clause export_statement
    declaration_list namespace_definition linkage_specification""".split()
)
_FILES = frozenset(["program", "export_statement"])
_SILENT = frozenset(
    """class_declaration class_specifier struct_specifier enum_specifier union_specifier type_definition comment
    preproc_include preproc_def preproc_function_def using_declaration empty_statement template_declaration ;
    alias_declaration""".split()
)
_PLAIN = frozenset(["expression_statement", "declaration", "return_statement"])
_LEAVING = frozenset(["return_statement", "break_statement", "continue_statement", "throw_statement"])
_ASSIGNS = frozenset(["assignment_expression", "augmented_assignment_expression", "update_expression"])


class Walk:
    """One way through a program; ``functions`` are its own, by the names that they are called by.

    Raises:
        Open: where the order of what is printed cannot be told.
    """

    def __init__(self, dialect: Dialect, root: Node, functions: dict[str, list[Node]], *, references: bool) -> None:
        self._dialect = dialect
        self._functions = functions
        self._names = Names(root, references=references)
        self._lent = lent(root)
        self._sound = Sound(dialect, functions)
        if self._sound.hidden(root):
            raise Open
        self._active: list[int] = []
        self._work = _WORK
        self.outer: dict[str, Fixed] = {}
        """What every function knows: the values of the file's own names that never change."""
        self.statuses: set[int | None] = set()
        """The exit statuses that it may end with; None for one that is not known."""

    def known(self, name: str, value: Fixed | None, env: dict[str, Fixed]) -> None:
        """Let a name have a value from here on, unless it may get another."""
        env.pop(name, None)
        kept = name not in self._names.changing or name in self._names.followed
        if value is not None and kept and not (isinstance(value, tuple) and name in self._lent):
            env[name] = value

    def _forget(self, env: dict[str, Fixed], *nodes: Node | None) -> None:
        """What gets a value inside these nodes is known no longer."""
        for name in self._names.within(*nodes):
            env.pop(name, None)

    def _follow(self, env: dict[str, Fixed], inner: Env, node: Node | None) -> None:
        """Take over what a block that was walked with ``inner`` made of the names around it."""
        for name in self._names.within(node) & env.keys():
            if name in inner:
                env[name] = inner[name]
            else:
                del env[name]

    def _effects(self, node: Node, env: dict[str, Fixed]) -> None:
        """Let an expression that was worked out change its names."""
        if node.type in ("comma_expression", "sequence_expression", "parenthesized_expression"):
            for child in node.named_children:
                self._effects(child, env)
            return
        place = node.child_by_field_name("left") or node.child_by_field_name("argument")
        name = text(place)
        if node.type not in _ASSIGNS or place is None or place.type != "identifier" or name not in self._names.followed:
            self._forget(env, node)
            return
        value = self._assigned(node, name, env)
        self._forget(env, node)
        if self._dialect.whole:
            value = fits(self._names.kinds.get(name, ""), value)
        if value is not None:
            env[name] = value

    def _assigned(self, node: Node, name: str, env: Env) -> Fixed | None:
        """The value that an assignment gives its name."""
        if node.type == "update_expression":
            return combined("+" if "++" in text(node) else "-", env.get(name), 1, whole=self._dialect.whole)
        right = node.child_by_field_name("right")
        if self._names.within(right):
            return None
        value = self._value(right, env)
        sign = text(node.child_by_field_name("operator")) or "="
        if sign == "=":
            return value if node.type == "assignment_expression" else None
        return combined(sign[:-1], env.get(name), value, whole=self._dialect.whole)

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
        if node.type in _PLAIN and self._dialect.risky(node, env):
            self.statuses.add(None)
            return [Choice(((Leave("exit"),), ())), *self._done(node, env, end)]
        return self._done(node, env, end)

    def _done(self, node: Node, env: dict[str, Fixed], end: Target) -> list[Printed]:
        match node.type:
            case "translation_unit" | "program" | "export_statement":
                return self._all(node.named_children, env, end)
            case kind if kind in _BLOCKS:
                return self._block(node, env, end)
            case kind if kind in _SILENT or kind in FUNCTIONS:
                return []
            case "expression_statement":
                return [one for child in node.named_children for one in self._worked(child, env)]
            case "declaration" | "lexical_declaration" | "variable_declaration":
                return self._declaration(node, env)
            case "if_statement":
                return self._if(node, env, end)
            case "for_statement":
                return self._for(node, env, end)
            case "for_range_loop" | "for_in_statement":
                return self._each(node, env, end)
            case "while_statement" | "do_statement":
                return self._turned(_Rounds(node), env, end)
            case "switch_statement":
                return self._switch(node, env, end)
            case "return_statement":
                return self._return(node, env, end)
            case "break_statement" | "continue_statement" if not node.named_children:
                return [Leave("break" if node.type[0] == "b" else "continue")]
            case "throw_statement":
                self.statuses.add(None)
                return [Free("stdout", text(node)[:80]), Leave("exit")]
            case _ if self._sound.speaks(node) or any(one.type in _LEAVING for one in every(node)):
                raise Open
            case _:
                self._forget(env, node)
                return []

    def _block(self, node: Node, env: dict[str, Fixed], end: Target) -> list[Printed]:
        """A block has names of its own; what it makes of others stays."""
        inner = dict(env)
        made = self._all(node.named_children, inner, end)
        own = {name for child in node.named_children for name, _ in self._dialect.declared(child, {})}
        before = {name: env[name] for name in own & env.keys()}
        self._follow(env, inner, node)
        env.update(before)
        return made

    def _worked(self, node: Node, env: dict[str, Fixed]) -> list[Printed]:
        """What an expression prints while it is worked out; then its names have changed."""
        own = node.child_by_field_name("left") if node.type == "assignment_expression" else None
        late = {text(own)} - self._names.within(node.child_by_field_name("right")) if own is not None else set()
        made = self._expression(node, self._settled(env, self._names.within(node) - late))
        self._effects(node, env)
        return made

    def _settled(self, env: Env, names: Iterable[str]) -> Env:
        """What is known whenever it is looked at, while these names change: nobody says before or after which look."""
        lost = set(names)
        return {name: value for name, value in env.items() if name not in lost} if lost else env

    def _declaration(self, node: Node, env: dict[str, Fixed]) -> list[Printed]:
        own = {name for name, _ in self._dialect.declared(node, {})}
        values = [one.child_by_field_name("value") for one in node.named_children]
        settled = self._settled(env, own | self._names.within(*values))
        made = [one for child in node.named_children for one in self._expression(child, settled)]
        outside = node.parent is not None and node.parent.type in _FILES
        for name, value in list(self._dialect.declared(node, settled)):
            self.known(name, value, env)
            if outside and name not in self._names.changing and name in env:
                self.outer[name] = env[name]
        self._forget(env, *values)
        return made

    def _if(self, node: Node, env: dict[str, Fixed], end: Target) -> list[Printed]:
        made, told = self._asked(node.child_by_field_name("condition"), env)
        ways = [node.child_by_field_name("consequence"), node.child_by_field_name("alternative")]
        if told is not None:
            way = ways[0] if told else ways[1]
            return made + (self._statement(way, env, end) if way is not None else [])
        return made + self._fork([[way] if way is not None else [] for way in ways], env, end)

    def _fork(self, ways: Sequence[Sequence[Node]], env: dict[str, Fixed], end: Target) -> list[Printed]:
        """One of several ways, and nobody knows which: only what holds behind all that go on is known behind them."""
        made: list[tuple[Printed, ...]] = []
        after: list[dict[str, Fixed]] = []
        for way in ways:
            inner = dict(env)
            nodes = self._all(way, inner, end)
            if not (nodes and isinstance(nodes[-1], Leave)):
                after.append(inner)
            made.append(tuple(nodes))
        for name in self._names.within(*(node for way in ways for node in way)) & env.keys():
            values = {(type(value), value) for value in (inner.get(name) for inner in after)}
            _, value = values.pop() if len(values) == 1 else (None, None)
            if value is not None:
                env[name] = value
            else:
                del env[name]
        return _either(tuple(made))

    def _asked(self, condition: Node | None, env: dict[str, Fixed]) -> tuple[list[Printed], bool | None]:
        """What is printed while a condition is worked out, and whether it holds; one that is left out does."""
        if condition is None:
            return [], True
        made, told = self._looked(condition, env)
        return made, truth(told, whole=self._dialect.whole)

    def _looked(self, condition: Node, env: dict[str, Fixed]) -> tuple[list[Printed], Fixed | None]:
        """What is printed while a condition is worked out, and what it gives; then its names have changed."""
        if condition.type == "expression_statement":
            condition = condition.named_children[0]
        changing = self._names.within(condition)
        made = self._expression(condition, self._settled(env, changing))
        if not changing:
            return made, self._value(condition, env)
        updates = [one for one in every(condition) if one.type in _ASSIGNS]
        told = self._counted(condition, updates[0], env) if len(updates) == 1 else None
        if told is None:
            self._forget(env, condition)
        return made, told

    def _counted(self, condition: Node, update: Node, env: dict[str, Fixed]) -> Fixed | None:
        """What a condition gives that counts on its way, as in ``while (n--)``; the count is made then."""
        name = text(update.child_by_field_name("argument"))
        if update.type != "update_expression" or self._names.within(condition) != {name}:
            return None
        looks = sum(text(one) == name for one in every(condition) if one.type == "identifier")
        inner = dict(env)
        self._effects(update, inner)
        counted = inner if text(update).startswith(("++", "--")) else env
        if looks > 1 or name not in counted or name not in inner:
            return None
        told = self._value(condition, {**env, text(update): counted[name]})
        if told is not None:
            env[name] = inner[name]
        return told

    def _switch(self, node: Node, env: dict[str, Fixed], end: Target) -> list[Printed]:
        body = node.child_by_field_name("body")
        cases = [one for one in body.named_children if one.type != "comment"] if body is not None else []
        value = node.child_by_field_name("condition") or node.child_by_field_name("value")
        asked, told = self._looked(value, env) if value is not None else ([], None)
        labels = [self._value(one.child_by_field_name("value"), env) for one in cases]
        default = next((at for at, one in enumerate(cases) if one.child_by_field_name("value") is None), len(cases))
        if told is not None and None not in labels[:default] + labels[default + 1 :]:
            starts = [labels.index(told) if told in labels else default]
        else:
            starts = sorted({*range(len(cases)), default})
        inside = [[child for one in cases[start:] for child in _of_case(one)] for start in starts]
        if len(inside) == 1:
            made = self._all(inside[0], env, end)
            if made and made[-1] == Leave("break"):
                del made[-1]
        else:
            made = self._fork(inside, env, end)
            self._forget(env, body)
        return asked + ([Scope("break", tuple(made))] if leaves(tuple(made), "break") else made)

    def _return(self, node: Node, env: dict[str, Fixed], end: Target) -> list[Printed]:
        made = [one for child in node.named_children for one in self._worked(child, env)]
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
        first = node.child_by_field_name("initializer")
        inner = dict(env)
        own: set[str] = set()
        made: list[Printed] = []
        if first is not None and first.type.endswith("declaration"):
            made = self._declaration(first, inner)
            own = {name for name, _ in self._dialect.declared(first, {})}
        elif first is not None and first.type != "empty_statement":
            made = self._worked(first.named_children[0] if first.type == "expression_statement" else first, inner)
        made += self._turned(_Rounds(node), inner, end)
        before = {name: env[name] for name in own & env.keys()}
        self._follow(env, inner, node)
        env.update(before)
        return made

    def _turned(self, loop: _Rounds, env: dict[str, Fixed], end: Target) -> list[Printed]:
        """A loop: turn by turn as far as it is known that it goes on, then once for all turns that are left."""
        turns = _Turns()
        while turns.goes and len(turns.made) < _TURNS:
            asked, told = ([], True) if loop.body_first and not turns.made else self._asked(loop.condition, env)
            if told is None:
                break
            if not told:
                return turns.nodes(asked)
            turns.take([*asked, *(self._statement(loop.body, env, end) if loop.body is not None else [])])
            if turns.parted and loop.step is not None and self._sound.speaks(loop.step):
                raise Open
            if turns.parted:
                break  # from here on nobody knows in which turn it is
            if turns.goes and loop.step is not None:
                turns.more(self._worked(loop.step, env))
        return turns.nodes(self._repeated(loop, env, end) if turns.goes else [])

    def _repeated(self, loop: _Rounds, env: dict[str, Fixed], end: Target) -> list[Printed]:
        """All turns of a loop at once, of which nobody knows how many there are; its condition is asked once more."""
        self._forget(env, loop.node)
        asked = tuple(self._expression(loop.condition, env)) if loop.condition is not None else ()
        inner = self._statement(loop.body, dict(env), end) if loop.body is not None else []
        turn = (*asked, *inner, *(self._expression(loop.step, env) if loop.step is not None else []))
        last = _either((asked, ())) if leaves(turn, "break") else list(asked)
        return [Loop(None, "", (), turn), *last] if turn else []

    def _each(self, node: Node, env: dict[str, Fixed], end: Target) -> list[Printed]:
        body, held = node.child_by_field_name("body"), node.child_by_field_name("right")
        named = node.child_by_field_name("left") or node.child_by_field_name("declarator")
        if body is None or held is None or named is None:
            raise Open
        made = list(self._expression(held, env))
        names = {text(one) for one in every(named)}
        before = {name: env.pop(name) for name in names & env.keys()}
        over = self._value(held, env)
        by_value = text(node.child_by_field_name("operator")) != "in" and named.type == "identifier"
        if isinstance(over, tuple) and by_value and text(named) not in self._names.changing and len(over) <= _TURNS:
            made += self._over(over, text(named), body, env, end)
        else:
            self._forget(env, node)
            turn = tuple(self._statement(body, dict(env), end))
            made += [Loop(None, text(named), (), turn)] if turn else []
        for name in names:
            env.pop(name, None)
        env.update(before)
        return made

    def _over(
        self, values: tuple[Fixed, ...], name: str, body: Node, env: dict[str, Fixed], end: Target
    ) -> list[Printed]:
        """A turn for each of these values."""
        turns = _Turns()
        for value in values:
            if turns.goes:
                env[name] = value
                turns.take(self._statement(body, env, end))
            if turns.parted:
                self._forget(env, body)
        return turns.nodes([], name, values)

    # -- expressions

    def _expression(self, node: Node, env: Env) -> list[Printed]:
        """What an expression prints while it is worked out."""
        if node.type in FUNCTIONS or node.type in _SILENT:
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
            parts = given(node) if calls(node) else node.named_children
            inner = [one for child in parts for one in self._expression(child, env)]
            if printed and isinstance(printed[0], Leave):
                self.ends(next(iter(given(node)), None), env)
            elif any(isinstance(one, Free | Choice) for one in printed):
                self.statuses.add(None)
            return [*inner, *printed]
        made = [one for child in node.named_children for one in self._expression(child, env)]
        return [*made, *self._call(node, env)] if calls(node) else made

    def _ternary(self, node: Node, env: Env) -> list[Printed]:
        condition = node.child_by_field_name("condition")
        made = self._expression(condition, env) if condition is not None else []
        ways = [node.child_by_field_name("consequence"), node.child_by_field_name("alternative")]
        told = truth(self._value(condition, env), whole=self._dialect.whole)
        if told is not None:
            ways = [ways[0] if told else ways[1]]
        return made + _either(tuple(tuple(self._expression(one, env)) if one is not None else () for one in ways))

    def _call(self, node: Node, env: Env) -> list[Printed]:
        """What a function of the source prints, and those that are handed to one of somebody else's."""
        name, _ = called(node)
        arguments = given(node)
        if name in self._functions:
            if name not in self._sound.loud:
                return []
            values = [self._value(one, env) for one in arguments]
            return _either(tuple(self._inside(one, values) for one in self._functions[name]))
        made: list[Printed] = []
        for one in arguments:
            handed = self._functions.get(text(one), []) if one.type == "identifier" else []
            for function in [one] if one.type in FUNCTIONS else handed:
                if turn := self._inside(function, []):
                    made.append(Loop(None, "", (), turn))
        return made

    def _inside(self, function: Node, values: Sequence[Fixed | None]) -> tuple[Printed, ...]:
        if function.id in self._active or len(self._active) > _DEEP:
            raise Open
        body = function.child_by_field_name("body")
        if body is None:
            return ()
        names = parameters(function)
        inner = {name: value for name, value in self.outer.items() if name not in names}
        for name, value in zip(names, values, strict=False):
            self.known(name, fits(self._names.kinds.get(name, ""), value) if self._dialect.whole else value, inner)
        self._active.append(function.id)
        try:
            return self.run(body, inner)
        finally:
            self._active.pop()

    def _value(self, node: Node | None, env: Env) -> Fixed | None:
        return evaluate(node, env, whole=self._dialect.whole)


class _Rounds:
    """The parts of a loop that goes on while a condition holds."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.condition = node.child_by_field_name("condition")
        self.body = node.child_by_field_name("body")
        self.step = node.child_by_field_name("update") or node.child_by_field_name("increment")
        self.body_first = node.type == "do_statement"


class _Turns:
    """The turns of a loop that were walked one by one; ``goes``: nothing has surely left it yet.

    ``parted``: the last turn may have left it, or gone on to the next, before its end.
    """

    def __init__(self) -> None:
        self.made: list[tuple[Printed, ...]] = []
        self.goes, self.parted = True, False
        self._last: list[Printed] = []

    def take(self, made: list[Printed]) -> None:
        """One turn more."""
        leave = made[-1] if made and isinstance(made[-1], Leave) else None
        self.goes = leave is None or leave.to == "continue"
        if leave is not None and leave.to in ("return", "exit"):
            self._last = made
            return
        self.made.append(tuple(made if leave is None else made[:-1]))
        self.parted = leaves(self.made[-1], "break") or leaves(self.made[-1], "continue")

    def more(self, made: Sequence[Printed]) -> None:
        """What the last turn prints behind its body."""
        self.made[-1] += tuple(made)

    def nodes(self, then: list[Printed], name: str = "", values: Sequence[Fixed | None] = ()) -> list[Printed]:
        """The turns as a loop over ``values`` of ``name``, and what is printed ``then``."""
        told = tuple(values[: len(self.made)]) or (None,) * len(self.made)
        whole = [Loop(len(self.made), name, told, self.made[0], tuple(self.made))] if any(self.made) else []
        return [*whole, *self._last, *then]


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


def _of_case(node: Node) -> list[Node]:
    value = node.child_by_field_name("value")
    return [one for one in node.named_children if one != value]


def _either(branches: tuple[tuple[Printed, ...], ...]) -> list[Printed]:
    distinct = tuple(dict.fromkeys(branches))
    if len(distinct) == 1:
        return list(distinct[0])
    return [Choice(distinct)] if distinct else []
