"""What of a JavaScript program may throw: what is not surely there, and what is not surely a function.

A name counts as what it is declared as, where nothing else is ever assigned to it; of a field, of a parameter and of
what somebody else's function gives nothing is known.
"""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from llm_kernel.plan.foreign.dialect import FUNCTIONS
from llm_kernel.plan.foreign.trees import called, every, given, text

__all__ = ["Throwing"]

_ARRAY = frozenset(
    """push pop shift unshift slice splice concat join reverse sort indexOf lastIndexOf includes keys values entries
    flat fill at toString""".split()
)
_CALLING = frozenset("map filter forEach find findIndex some every flatMap reduce reduceRight findLast".split())
"""Methods of arrays that want a function."""
_STRING = frozenset(
    """split slice substring substr charAt charCodeAt codePointAt indexOf lastIndexOf includes startsWith endsWith trim
    trimStart trimEnd toUpperCase toLowerCase padStart padEnd concat at toString replace replaceAll match search
    localeCompare""".split()
)
_OF: dict[str, frozenset[str]] = {
    "array": _ARRAY | _CALLING,
    "string": _STRING | {"repeat"},
    "number": frozenset("toFixed toString toLocaleString".split()),
    "Map": frozenset("get set has delete clear keys values entries".split()),
    "Set": frozenset("add has delete clear keys values entries".split()),
    "Date": frozenset("getTime getFullYear getMonth getDate getDay getHours getMinutes getSeconds toString".split()),
    "console": frozenset("log error warn info debug table group groupEnd time timeEnd".split()),
    "stream": frozenset(["write"]),
    "Array": frozenset(["isArray", "of", "from"]),
    "Number": frozenset("isInteger isFinite isNaN parseFloat parseInt isSafeInteger".split()),
    "Object": frozenset("keys values entries assign freeze".split()),
    "String": frozenset(["fromCharCode"]),
    "process": frozenset("exit uptime cwd hrtime memoryUsage".split()),
    "Math": frozenset(
        """abs acos asin atan atan2 cbrt ceil cos exp floor hypot log log10 log2 max min pow random round sign sin sqrt
        tan tanh trunc""".split()
    ),
}
"""The methods that throw nothing by themselves, by what they are asked of."""
_COUNTED = frozenset(["repeat", "toFixed", "toString"])
"""Those that want a number within bounds, if any."""
_GIVES = {
    name: kind
    for kind, names in {
        "array": "map filter slice splice concat flat flatMap split keys values entries reverse sort",
        "string": "join trim toUpperCase toLowerCase padStart padEnd substring repeat toFixed toString",
        "number": "indexOf charCodeAt push unshift findIndex",
    }.items()
    for name in names.split()
}
"""What such methods give."""
_PLAIN = {"Number": "number", "parseInt": "number", "parseFloat": "number", "String": "string", "Boolean": "boolean",
          "isNaN": "boolean", "isFinite": "boolean", "require": "object"}  # fmt: skip
"""Functions that anybody may call with anything."""
_MADE = frozenset("Map Set Date Error TypeError RangeError Object WeakMap WeakSet".split())
_KINDS = {
    "string": "string", "template_string": "string", "number": "number", "array": "array", "object": "object",
    "regex": "regex", "arrow_function": "function", "function_expression": "function", "class": "class",
    "true": "boolean", "false": "boolean", "update_expression": "number",
}  # fmt: skip
_BRANCHES = frozenset(["if_statement", "ternary_expression", "switch_statement"])
_DEEP = 8


class Throwing:
    """``functions`` are the program's own, by the names that they are called by."""

    def __init__(self, root: Node, functions: dict[str, list[Node]]) -> None:
        self._functions = functions
        self._classes = {
            text(one.child_by_field_name("name")) for one in every(root) if one.type == "class_declaration"
        }
        self._named = {
            text(one.child_by_field_name("name")) for one in every(root) if one.type == "function_declaration"
        }
        self._held: dict[str, Node | None] = {}
        self._constant: set[str] = set()
        self._doubted: dict[int, bool] = {}
        for node in every(root):
            self._note(node)

    def may(self, node: Node, walked: frozenset[str]) -> bool:
        """Whether something throws while a node is worked out; the functions ``walked`` are looked at elsewhere."""
        return any(
            self._itself(one) or any(self._inside(function, walked) for function in self._bodies(one, walked))
            for one in _run(node)
        )

    def _inside(self, function: Node, walked: frozenset[str]) -> bool:
        """The same of a function; one that always calls itself does so for ever."""
        if function.id not in self._doubted:
            body = function.child_by_field_name("body")
            self._doubted[function.id] = not any(one.type in _BRANCHES for one in every(function))
            self._doubted[function.id] = body is None or self.may(body, walked)
        return self._doubted[function.id]

    def _bodies(self, node: Node, walked: frozenset[str]) -> list[Node]:
        """The functions of the program that a call calls and nobody walks through."""
        name = called(node)[0] if node.type in ("call_expression", "new_expression") else ""
        return [] if name in walked else self._functions.get(name, [])

    def _note(self, node: Node) -> None:
        """What is assigned to a name; None where it is more than one thing."""
        match node.type:
            case "variable_declarator":
                name = text(node.child_by_field_name("name"))
                self._held[name] = None if name in self._held else node.child_by_field_name("value")
                if text(node.parent).startswith("const"):
                    self._constant.add(name)
            case "assignment_expression" | "augmented_assignment_expression":
                self._held[text(node.child_by_field_name("left"))] = None
            case "formal_parameters" | "for_in_statement" | "catch_clause":
                places = node.named_children if node.type == "formal_parameters" else node.named_children[:1]
                self._held |= {text(one): None for place in places for one in every(place)}
            case "arrow_function" if (single := node.child_by_field_name("parameter")) is not None:
                self._held[text(single)] = None

    # -- what a node itself does

    def _itself(self, node: Node) -> bool:
        match node.type:
            case "throw_statement":
                return True
            case "number":
                return text(node).endswith("n")  # it does not mix with other numbers
            case "member_expression" | "subscript_expression":
                held = node.child_by_field_name("object")
                return node.child_by_field_name("optional_chain") is None and held is not None and not self._kind(held)
            case "call_expression":
                return self._calls(node)
            case "new_expression":
                return not self._makes(node)
            case "binary_expression":
                return text(node.child_by_field_name("operator")) in ("in", "instanceof", "**")
            case "assignment_expression" | "augmented_assignment_expression" | "update_expression":
                place = node.child_by_field_name("left") or node.child_by_field_name("argument")
                return text(place) in self._constant
            case "object_pattern" | "array_pattern":
                return True
            case "spread_element":
                return self._kind(node.named_children[0]) not in ("array", "string", "object", "Set", "Map")
            case "for_in_statement":
                over = node.child_by_field_name("right")
                several = text(node.child_by_field_name("operator")) == "in"
                return not several and (over is None or self._kind(over) not in ("array", "string", "Set", "Map"))
        return False

    def _calls(self, node: Node) -> bool:
        name, owner = called(node)
        words = given(node)
        if owner is None:
            function = node.child_by_field_name("function")
            at_once = function is not None and self._kind(function) == "function"
            return not at_once and name not in _PLAIN
        kind = self._kind(owner)
        if name in self._functions and kind in ("object", "this", *self._classes):
            return False
        if kind == "function" or name not in _OF.get(kind, frozenset()):
            return True
        if name in _CALLING:
            enough = 2 if name.startswith("reduce") else 1
            return len(words) < enough or not self._callable(words[0])
        if name in _COUNTED and words:
            return not ((words[0].type == "number" and text(words[0]).isdigit() and 2 <= int(text(words[0])) <= 36)
                        or (name == "toFixed" and text(words[0]) in ("0", "1")))  # fmt: skip
        if kind in ("Object", "Array") and name != "isArray":
            return not all(self._kind(one) for one in words)
        return name == "sort" and bool(words) and not self._callable(words[0])

    def _callable(self, node: Node) -> bool:
        return self._kind(node) == "function" or text(node) in _PLAIN

    def _makes(self, node: Node) -> bool:
        name, words = called(node)[0], given(node)
        if name in ("Map", "Set"):
            return all(self._kind(one) == "array" for one in words)
        return name in self._classes or name in _MADE or (name == "Array" and all(text(one).isdigit() for one in words))

    # -- what a node surely is

    def _kind(self, node: Node | None, deep: int = 0) -> str:
        """What an expression gives; nothing where that may be ``undefined``."""
        if node is None or deep > _DEEP:
            return ""
        if node.type in _KINDS:
            return _KINDS[node.type]
        match node.type:
            case "parenthesized_expression" if len(node.named_children) == 1:
                return self._kind(node.named_children[0], deep + 1)
            case "this":
                return "this" if any(one.type == "class_body" for one in _above(node)) else ""
            case "identifier":
                return self._name(text(node), deep)
            case "binary_expression":
                return self._combined(node, deep)
            case "unary_expression":
                sign = text(node.child_by_field_name("operator"))
                return {"typeof": "string", "!": "boolean", "-": "number", "+": "number", "~": "number"}.get(sign, "")
            case "ternary_expression":
                ways = {self._kind(node.child_by_field_name(one), deep + 1) for one in ("consequence", "alternative")}
                return ways.pop() if len(ways) == 1 else ""
            case "new_expression" if self._makes(node):
                name = called(node)[0]
                return "array" if name == "Array" else name if name in _OF or name in self._classes else "object"
            case "member_expression":
                return self._field(node, deep)
            case "call_expression":
                return self._given(node, deep)
        return ""

    def _name(self, name: str, deep: int) -> str:
        if name in self._held:
            return self._kind(self._held[name], deep + 1)
        if name in self._classes:
            return "class"
        if name in self._named:
            return "function"
        return name if (name in _OF and name[0].isupper()) or name in ("console", "process") else ""

    def _combined(self, node: Node, deep: int) -> str:
        sides = [self._kind(node.child_by_field_name(one), deep + 1) for one in ("left", "right")]
        sign = text(node.child_by_field_name("operator"))
        if sign in ("&&", "||", "??"):
            return sides[0] if sides[0] == sides[1] else ""
        if sign == "+":
            return "string" if "string" in sides else "number"
        return "number" if sign in ("-", "*", "/", "%", "|", "&", "^", "<<", ">>", ">>>") else "boolean"

    def _field(self, node: Node, deep: int) -> str:
        """``process.argv`` and its like; the length of what has one."""
        whole = text(node)
        told = {
            "process.argv": "array",
            "process.stdout": "stream",
            "process.stderr": "stream",
            "process.env": "object",
        }
        if whole in told:
            return told[whole]
        long = self._kind(node.child_by_field_name("object"), deep + 1) in ("array", "string")
        return "number" if long and text(node.child_by_field_name("property")) == "length" else ""

    def _given(self, node: Node, deep: int) -> str:
        name, owner = called(node)
        if owner is None:
            return _PLAIN.get(name, "")
        kind = self._kind(owner, deep + 1)
        if kind in ("Math", "Number"):
            return "number"
        if kind in ("Object", "Array"):
            return "array" if name in ("keys", "values", "entries", "from", "of") else ""
        return _GIVES.get(name, "") if kind in ("array", "string", "number") else ""


def _run(node: Node) -> Iterator[Node]:
    """A node and what runs with it: functions and classes that it only makes do not."""
    todo = [node]
    while todo:
        one = todo.pop()
        yield one
        for child in one.named_children:
            made = child.type in FUNCTIONS and one.type not in ("arguments", "parenthesized_expression")
            if not made and child.type != "class_body":
                todo.append(child)


def _above(node: Node) -> Iterator[Node]:
    above = node.parent
    while above is not None:
        yield above
        above = above.parent
