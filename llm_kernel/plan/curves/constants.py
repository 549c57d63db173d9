"""The numbers that a script gives its names: constants, arguments with their defaults, keywords; by name alone."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Sequence

__all__ = ["Constants", "last_name"]

_OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
}
Plain = float | int | str | bool
_LARGEST = 1e15


def last_name(node: ast.AST) -> str:
    """The last word of a dotted name: ``SGD`` of ``torch.optim.SGD``."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


class Constants:
    """What the names in ``nodes`` stand for, all of a tree called with ``argv``; a name's first assignment counts."""

    def __init__(self, nodes: Sequence[ast.AST], argv: Sequence[str]) -> None:
        self._argv = tuple(argv)
        self._values: dict[str, Plain] = {}
        self._late: dict[str, ast.expr] = {}
        for node in nodes:
            self._note(node)
        self._given()

    def number(self, node: ast.expr | None, depth: int = 6) -> float | None:
        """The number that an expression surely is."""
        found = self.value(node, depth)
        return float(found) if isinstance(found, (int, float)) and abs(found) < _LARGEST else None

    def text(self, node: ast.expr | None) -> str:
        """The string that an expression surely is, or nothing."""
        found = self.value(node)
        return found if isinstance(found, str) else ""

    def held(self, node: ast.expr) -> ast.expr | None:
        """The expression that was assigned to a name, where it is no plain value."""
        return self._late.get(last_name(node))

    def named(self, *names: str) -> float | None:
        """The number under the first of these names that has one."""
        held = (self._values.get(name) for name in names)
        return next((float(one) for one in held if isinstance(one, (int, float))), None)

    def value(self, node: ast.expr | None, depth: int = 6) -> Plain | None:
        """The plain value of an expression, where it can be told."""
        if node is None or depth == 0:
            return None
        match node:
            case ast.Constant(value=bool() | int() | float() | str() as plain):
                return plain
            case ast.Name(id=name) | ast.Attribute(attr=name):
                held = self._values.get(name)
                return self.value(self._late[name], depth - 1) if held is None and name in self._late else held
            case ast.Subscript(slice=ast.Constant(value=str() as name)):
                return self._values.get(name)
            case ast.Subscript(value=ast.Attribute(attr="argv"), slice=ast.Constant(value=int() as at)):
                return self._word(self._argv[at - 1]) if 0 < at <= len(self._argv) else None
            case ast.UnaryOp(op=ast.USub(), operand=inner):
                number = self.number(inner, depth - 1)
                return None if number is None else -number
            case ast.BinOp():
                return self._reckoned(node, depth)
            case ast.Call(func=ast.Name(id="float" | "int"), args=[inner]):
                held = self.value(inner, depth - 1)
                return self._word(held) if isinstance(held, str) else held
            case ast.IfExp(body=inner):
                return self.value(inner, depth - 1)
        return None

    def _reckoned(self, node: ast.BinOp, depth: int) -> float | None:
        left, right = self.number(node.left, depth - 1), self.number(node.right, depth - 1)
        if left is None or right is None:
            return None
        try:
            if isinstance(node.op, ast.Pow):
                return float(left**right) if abs(right) < 20 and abs(left) < 1000 else None
            found = _OPERATORS.get(type(node.op))
            return None if found is None else float(found(left, right))
        except (ArithmeticError, TypeError, ValueError):
            return None

    def _note(self, node: ast.AST) -> None:
        match node:
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)) if len(names) == len(values):
                for one, value in zip(names, values, strict=True):
                    self._keep(last_name(one), value)
            case ast.Assign(targets=[*targets], value=value):
                for target in targets:
                    self._keep(last_name(target) or _key(target), value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._keep(last_name(target), value)
            case ast.Dict(keys=keys, values=values):
                for key, value in zip(keys, values, strict=True):
                    if isinstance(key, ast.Constant) and isinstance(key.value, str):
                        self._keep(key.value, value)
            case ast.arguments():
                places = [*node.posonlyargs, *node.args]
                for arg, value in zip(places[len(places) - len(node.defaults) :], node.defaults, strict=True):
                    self._keep(arg.arg, value)
                for arg, default in zip(node.kwonlyargs, node.kw_defaults, strict=True):
                    if default is not None:
                        self._keep(arg.arg, default)
            case ast.Call(func=ast.Attribute(attr="add_argument")):
                self._argument(node)
            case ast.Call(keywords=keywords):
                for word in keywords:
                    if word.arg:
                        self._keep(word.arg, word.value)

    def _keep(self, name: str, value: ast.expr) -> None:
        if not name or name in self._values:
            return
        if isinstance(value, ast.Constant) and isinstance(value.value, (bool, int, float, str)):
            self._values[name] = value.value
        elif not (isinstance(value, (ast.Name, ast.Attribute)) and last_name(value) == name):
            self._late.setdefault(name, value)

    def _argument(self, node: ast.Call) -> None:
        flags = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        words = {word.arg: word.value for word in node.keywords}
        named = words.get("dest")
        long = [flag for flag in flags if flag.startswith("--")] or flags
        if not long:
            return
        dest = self.text(named) if named else long[0].lstrip("-").replace("-", "_")
        default = words.get("default")
        action = self.text(words.get("action"))
        value = self.value(default) if default is not None else {"store_true": False, "store_false": True}.get(action)
        for flag in flags:
            given = self._after(flag)
            if given is not None and flag.startswith("-"):
                value = not value if action.startswith("store_") and given == "" else self._word(given)
        if value is not None:
            self._values[dest] = value

    def _after(self, flag: str) -> str | None:
        for at, word in enumerate(self._argv):
            if word == flag:
                following = self._argv[at + 1] if at + 1 < len(self._argv) else ""
                return "" if re.match(r"-[a-zA-Z-]", following) else following
            if word.startswith(f"{flag}="):
                return word[len(flag) + 1 :]
        return None

    def _given(self) -> None:
        """What the command line says, for scripts that read it in another way (``click``, ``name=value``)."""
        for at, word in enumerate(self._argv):
            found = re.fullmatch(r"(?:--)?([A-Za-z_][\w-]*)=(\S+)", word)
            if found:
                self._values[found[1].replace("-", "_")] = self._word(found[2])
            elif word.startswith("--") and at + 1 < len(self._argv) and not self._argv[at + 1].startswith("--"):
                self._values[word[2:].replace("-", "_")] = self._word(self._argv[at + 1])

    @staticmethod
    def _word(text: str) -> Plain:
        try:
            return int(text)
        except ValueError:
            pass
        try:
            return float(text)
        except ValueError:
            return text


def _key(target: ast.AST) -> str:
    if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
        return target.slice.value if isinstance(target.slice.value, str) else ""
    return ""
