"""Whether an expression means one thing: C does not say in which order its parts are worked out."""

from __future__ import annotations

from dataclasses import dataclass

from tree_sitter import Node

from llm_kernel.plan.foreign.computed.doubt import Unsure
from llm_kernel.plan.foreign.trees import called, every, given, text

__all__ = ["PURE", "Order"]

_CHANGES = frozenset(["assignment_expression", "update_expression"])
_READS = frozenset(["subscript_expression", "pointer_expression", "field_expression"])
PURE = frozenset(
    """strlen strcmp strncmp strchr strrchr strstr abs labs llabs fabs sqrt pow sin cos tan asin acos atan atan2 exp log
    log2 log10 ceil floor round trunc fmod hypot cbrt fmax fmin atoi atol atof isalpha isdigit isalnum isspace isupper
    islower ispunct isprint isxdigit toupper tolower""".split()
)
"""The library's functions that give a value and do nothing else."""


@dataclass(frozen=True, slots=True)
class _Does:
    """What working out an expression does: the plain names it ``sets``, and whether it changes ``more`` than those.

    ``names`` are all that it mentions; ``looks``: it reads through a pointer or in an array.
    """

    sets: frozenset[str]
    names: frozenset[str]
    more: bool
    looks: bool

    def and_(self, other: _Does) -> _Does:
        """Both."""
        if other is _NOTHING:
            return self
        return _Does(
            self.sets | other.sets, self.names | other.names, self.more or other.more, self.looks or other.looks
        )


_NOTHING = _Does(frozenset(), frozenset(), more=False, looks=False)
_LOOKS = _Does(frozenset(), frozenset(), more=False, looks=True)
_ALL = _Does(frozenset(), frozenset(), more=True, looks=True)


class Order:
    """Checks expressions of a source with these ``functions``.

    ``shared`` are the names that more than one function may change, ``pointed`` those whose address is taken.
    """

    def __init__(self, root: Node, functions: dict[str, Node], shared: frozenset[str], pointed: frozenset[str]) -> None:
        self._functions, self._shared, self._pointed = functions, shared, pointed
        self._assigned = {text(_last(_changed(one))) for one in every(root) if one.type in _CHANGES}
        self._lent: dict[int, frozenset[str]] = {}
        self._held: dict[tuple[int, bool], _Does] = {}
        self._calls: dict[str, _Does] = {}

    def check(self, node: Node) -> None:
        """Make sure that it is all one in which order the parts of an expression are worked out.

        Raises:
            Unsure: where it is not.
        """
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        match node.type:
            case "binary_expression" if left is not None and right is not None:
                if text(node.child_by_field_name("operator")) not in ("&&", "||"):
                    self._together([left, right], in_turn=True)
            case "assignment_expression" if left is not None and right is not None:
                self._assignment(left, right, plain=text(node.child_by_field_name("operator")) == "=")
            case "subscript_expression":
                self._together(self._path(node))
            case "call_expression":
                self._together(given(node))
            case "initializer_list":
                self._together([one for one in node.named_children if one.type != "comment"])

    def _assignment(self, left: Node, right: Node, *, plain: bool) -> None:
        if left.type == "identifier":
            if text(left) in self._does(right).sets or (not plain and self._clash(right, left)):
                raise Unsure("an order that C does not say")
        elif plain:  # only what says where it is counts, not what is there
            self._together([*self._path(left), right])
        else:
            self._together([left, right])

    def _path(self, place: Node) -> list[Node]:
        """The parts of a place that are worked out to find it; an array that nobody assigns to is where it is."""
        inner, index = place.child_by_field_name("argument"), place.child_by_field_name("index")
        match place.type:
            case "parenthesized_expression":
                return self._path(place.named_children[0])
            case "field_expression" if inner is not None and any(one.type == "->" for one in place.children):
                return [inner]
            case "field_expression" if inner is not None:
                return self._path(inner)
            case "subscript_expression" if inner is not None and index is not None:
                settled = text(_last(inner)) not in self._assigned
                return [*(self._path(inner) if settled else [inner]), index]
            case "identifier":
                return []
            case _:
                return [place]

    def _shared_at(self, node: Node) -> frozenset[str]:
        """The names that others may change while the function around ``node`` runs."""
        above: Node | None = node
        while above is not None and above.type != "function_definition":
            above = above.parent
        if above is None:
            return self._shared
        if above.id not in self._lent:
            addressed = {
                text(inner)
                for one in every(above)
                if one.type == "pointer_expression" and text(one).startswith("&")
                for inner in every(one)
                if inner.type == "identifier"
            }
            self._lent[above.id] = self._shared - (_own(above) - addressed)
        return self._lent[above.id]

    def _clash(self, one: Node, other: Node, *, in_turn: bool = False) -> bool:
        """Whether the first part may change what the second sees or does."""
        does, sees = self._does(one), self._does(other)
        if in_turn and self._does(one, outside=True) == _NOTHING and sees.more | bool(sees.sets):
            sees = self._does(other, outside=True)  # calls in an operation are made from left to right
        if does.sets & (sees.names | sees.sets) or (does.sets & self._pointed and sees.looks):
            return True
        return does.more and (sees.more or sees.looks or bool(sees.names & self._shared_at(other)))

    def _together(self, parts: list[Node], *, in_turn: bool = False) -> None:
        for one in parts:
            does = self._does(one)
            if (does.more or does.sets) and any(
                self._clash(one, other, in_turn=in_turn) for other in parts if other is not one
            ):
                raise Unsure("an order that C does not say")

    def _does(self, node: Node, *, outside: bool = False) -> _Does:
        """What an expression does; ``outside``: without what is worked out for the functions that it calls."""
        if (node.id, outside) not in self._held:
            self._held[node.id, outside] = self._look(node, outside)
        return self._held[node.id, outside]

    def _look(self, node: Node, outside: bool) -> _Does:
        """What an expression does and sees, with what its functions do."""
        found = _NOTHING
        todo = [node]
        while todo:
            one = todo.pop()
            name = called(one)[0] if one.type == "call_expression" else ""
            if name in self._functions and outside:
                continue
            todo += one.named_children
            found = found.and_(_single(one))
            if name in self._functions:
                found = found.and_(self._call(name))
            elif name in PURE:
                found = found.and_(_LOOKS)
            elif name or one.type == "call_expression":
                found = found.and_(_ALL)
        return found

    def _call(self, name: str) -> _Does:
        """What a function does to what is not its own, and what it sees of that."""
        if name in self._calls:
            return self._calls[name]
        found, todo, seen = _NOTHING, [name], set()
        while todo:
            each = todo.pop()
            if each in seen:
                continue
            seen.add(each)
            inside, own = _NOTHING, _own(self._functions[each])
            for one in every(self._functions[each]):
                inside = inside.and_(_single(one))
                inner = called(one)[0] if one.type == "call_expression" else ""
                if inner in self._functions:
                    todo.append(inner)
                elif one.type == "call_expression":
                    inside = inside.and_(_LOOKS if inner in PURE else _ALL)
            others = self._shared - own
            found = found.and_(_Does(inside.sets & others, inside.names & others, inside.more, inside.looks))
        self._calls[name] = found
        return found


def _own(function: Node) -> set[str]:
    """The names that surely are a function's own wherever it uses them: declared before anything else of that name."""
    first: dict[str, Node] = {}
    for one in every(function):
        if one.type == "identifier":
            first.setdefault(text(one), one)
    return {name for name, one in first.items() if _declares(one, function.child_by_field_name("body"))}


def _declares(name: Node, body: Node | None) -> bool:
    """Whether a name is that of a parameter, or of a variable of the outermost block that begins with each call."""
    node = name
    while node.parent is not None and node.parent.child_by_field_name("declarator") == node:
        node = node.parent
    above = node.parent
    if node.type == "declaration" and above == body:
        return not any(text(one) == "static" for one in node.named_children)
    if node.type == "parameter_declaration" and above is not None and above.parent is not None:
        outermost = above.parent.parent
        while outermost is not None and outermost.type == "pointer_declarator":
            outermost = outermost.parent
        return outermost is not None and outermost.child_by_field_name("body") == body
    return False


def _single(node: Node) -> _Does:
    """What one node does by itself."""
    if node.type == "identifier":
        return _Does(frozenset(), frozenset([text(node)]), more=False, looks=False)
    if node.type in _CHANGES:
        place = _changed(node)
        plain = place.type == "identifier"
        return _Does(frozenset([text(place)] if plain else []), frozenset(), more=not plain, looks=False)
    return _LOOKS if node.type in _READS else _NOTHING


def _last(place: Node) -> Node:
    """The name that a place ends in: of a field, or of the variable itself."""
    return place.child_by_field_name("field") or place


def _changed(node: Node) -> Node:
    """The place that an assignment or a step changes."""
    place = node.child_by_field_name("left") or node.child_by_field_name("argument")
    assert place is not None
    while place.type == "parenthesized_expression" and place.named_children:
        place = place.named_children[0]
    return place
