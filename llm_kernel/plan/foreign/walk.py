"""The way through a C, C++ or JavaScript program: statements become lines, loops and choices.

It is the weaker sibling of the Python walker: what never changes is known, a counted loop is told turn by turn, and
all else is a hole, a choice or an open repetition. Where the order cannot be told (goto, threads, promises), a plan is
the set of the lines that the source can print, in any order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tree_sitter import Node

from llm_kernel.plan.foreign.constants import Env, Fixed, truth
from llm_kernel.plan.foreign.dialect import FUNCTIONS, Open
from llm_kernel.plan.foreign.speaking import SILENT, Speaking
from llm_kernel.plan.foreign.trees import every, text
from llm_kernel.plan.foreign.turns import Rounds, Turns, either
from llm_kernel.plan.nodes import Choice, Free, Leave, Loop, Scope, Target, leaves
from llm_kernel.plan.nodes import Node as Printed

__all__ = ["Walk"]

_TURNS = 2_000
_BLOCKS = frozenset(
    """compound_statement statement_block translation_unit program else_clause finally_clause export_statement
    declaration_list namespace_definition linkage_specification""".split()
)
_FILES = frozenset(["program", "export_statement"])
_PLAIN = frozenset(
    ["expression_statement", "declaration", "return_statement", "lexical_declaration", "variable_declaration"]
)
_HEADS = ("initializer", "condition", "increment", "update", "value", "right")
"""What stands in the head of a statement with a body."""
_LEAVING = frozenset(["return_statement", "break_statement", "continue_statement", "throw_statement"])
_ASSIGNS = frozenset(["assignment_expression", "augmented_assignment_expression", "update_expression"])


class Walk(Speaking):
    """One way through a program; ``functions`` are its own, by the names that they are called by.

    Raises:
        Open: where the order of what is printed cannot be told.
    """

    def run(self, body: Node, env: Env, *, entry: bool = False) -> tuple[Printed, ...]:
        """What a function's body prints; ``entry``: the program ends behind it."""
        end: Target = "exit" if entry else "return"
        if body.type in _BLOCKS:
            made = self._statement(body, dict(env), end)
        else:
            risky = self._dialect.risky(body, env, self._sound.loud)
            made = [*(self._may_end() if risky else []), *self._expression(body, env)]
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
        return [*self._risks(node, env), *self._done(node, env, end)]

    def _risks(self, node: Node, env: Env) -> list[Printed]:
        """The end of the program where a statement may fault before it prints anything."""
        parts = [node] if node.type in _PLAIN else [node.child_by_field_name(name) for name in _HEADS]
        if node.type == "switch_statement" and (body := node.child_by_field_name("body")) is not None:
            parts += [one.child_by_field_name("value") for one in body.named_children]
        if not any(one is not None and self._dialect.risky(one, env, self._sound.loud) for one in parts):
            return []
        return self._may_end()

    def _may_end(self) -> list[Printed]:
        self.statuses.add(None)
        return [Choice(((Leave("exit"),), ()))]

    def _done(self, node: Node, env: dict[str, Fixed], end: Target) -> list[Printed]:
        match node.type:
            case "translation_unit" | "program" | "export_statement":
                return self._all(node.named_children, env, end)
            case kind if kind in _BLOCKS:
                return self._block(node, env, end)
            case kind if kind in SILENT or kind in FUNCTIONS:
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
                return self._turned(Rounds(node), env, end)
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
        own: set[str] = set()
        outer: set[str] = set()  # what it changes before it has a name of its own like that
        for child in node.named_children:
            outer |= self._names.within(child) - own
            own |= {name for name, _ in self._dialect.declared(child, {})}
        before = {name: env[name] for name in own & env.keys() - outer}
        self._follow(env, inner, node)
        for name in own & outer:
            env.pop(name, None)
        env.update(before)
        return made

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
        return either(tuple(made))

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
        made += self._turned(Rounds(node), inner, end)
        before = {name: env[name] for name in own & env.keys()}
        self._follow(env, inner, node)
        env.update(before)
        return made

    def _turned(self, loop: Rounds, env: dict[str, Fixed], end: Target) -> list[Printed]:
        """A loop: turn by turn as far as it is known that it goes on, then once for all turns that are left."""
        turns = Turns()
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
        return turns.nodes([*self._repeated(loop, env, end), *self._endless(loop)] if turns.goes else [])

    def _endless(self, loop: Rounds) -> list[Printed]:
        """That nothing may come behind a loop: where nobody hears its turns, nobody else says so."""
        if loop.ends(self._names.within(loop.body)):
            return []
        self.statuses.add(None)
        return [] if self._sound.speaks(loop.node) else self._may_end()

    def _repeated(self, loop: Rounds, env: dict[str, Fixed], end: Target) -> list[Printed]:
        """All turns of a loop at once, of which nobody knows how many there are; its condition is asked once more."""
        self._forget(env, loop.node)
        asked = tuple(self._expression(loop.condition, env)) if loop.condition is not None else ()
        inner = self._statement(loop.body, dict(env), end) if loop.body is not None else []
        turn = (*asked, *inner, *(self._expression(loop.step, env) if loop.step is not None else []))
        last = either((asked, ())) if leaves(turn, "break") else list(asked)
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
        turns = Turns()
        for value in values:
            if turns.goes:
                env[name] = value
                turns.take(self._statement(body, env, end))
            if turns.parted:
                self._forget(env, body)
        return turns.nodes([], name, values)


def _of_case(node: Node) -> list[Node]:
    value = node.child_by_field_name("value")
    return [one for one in node.named_children if one != value]
