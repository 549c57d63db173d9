"""The expressions of an awk program, read by descent, as tightly as mawk binds them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from llm_kernel.programs.awk import tree
from llm_kernel.programs.awk.faults import MistakeError
from llm_kernel.programs.awk.tokens import BUILTINS, Token, tokens
from llm_kernel.programs.awk.values import Dialect

__all__ = ["Expressions"]

_ASSIGNS = frozenset(["=", "+=", "-=", "*=", "/=", "%=", "^="])
_COMPARES = frozenset(["==", "!=", "<", "<=", ">", ">="])
_STARTS = frozenset(["number", "string", "regex", "name", "builtin", "(", "!", "-", "+", "$", "++", "--", "getline"])
_LATER = frozenset(["mktime", "nextfile", "strftime", "systime"])
"""Words that old versions do not know."""


class Expressions:
    """The tokens of a program and the place that is read; what kind each name is, as far as it is known."""

    def __init__(self, text: str, dialect: Dialect) -> None:
        self._dialect = dialect
        self._tokens = list(tokens(text, _LATER if dialect.old else frozenset()))
        self._at = 0
        self._open = 0
        self._closes = False
        self._prints = False
        self._params: tuple[str, ...] = ()
        self._within = ""
        self._kinds: dict[tuple[str, str], str] = {}
        self._names: dict[str, int] = {}
        self._passed: list[tuple[tree.Call, str]] = []
        self._called: list[tuple[tree.Call, str]] = []

    # -- tokens -------------------------------------------------------------------------------------------------

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _is(self, *kinds: str) -> bool:
        return self._tokens[self._at].kind in kinds

    def _take(self, *kinds: str) -> Token:
        token = self._tokens[self._at]
        if kinds and token.kind not in kinds:
            raise self._mistake(token)
        self._at += 1
        return token

    def _took(self, *kinds: str) -> bool:
        if self._is(*kinds):
            self._at += 1
            return True
        return False

    def _mistake(self, token: Token) -> MistakeError:
        if self._open and token.kind in ("end", "\n", ";", "}"):
            return MistakeError(f"missing ) near {token.shown}", token.line)
        if self._closes and token.kind in ("end", "BEGIN", "END"):
            return MistakeError(f"missing }} near {token.shown}", token.line)
        return MistakeError(f"syntax error at or near {token.shown}", token.line)

    def _skip(self) -> None:
        while self._took("\n"):
            pass

    # -- names --------------------------------------------------------------------------------------------------

    def _scope(self, name: str) -> tuple[str, str]:
        return (self._within, name) if name in self._params else ("", name)

    def _known(self, name: str, kind: str, line: int) -> tree.Name:
        """A name that stands for a variable or an array; one is never the other."""
        scope = self._scope(name)
        before = self._kinds.setdefault(scope, kind) if kind else self._kinds.get(scope, "")
        if kind and before != kind:
            local = "local " if scope[0] else ""
            raise MistakeError(f"illegal reference to {local}{before} {name}", line)
        if not scope[0]:
            self._names.setdefault(name, len(self._names))
        return tree.Name(name, self._params.index(name) if scope[0] else -1)

    # -- expressions --------------------------------------------------------------------------------------------

    def _expression(self) -> tree.Expression:
        left = self._or()
        if not self._took("?"):
            return left
        self._skip()
        yes = self._expression()
        self._skip()
        self._take(":")
        self._skip()
        return tree.Choice(left, yes, self._expression())

    def _or(self) -> tree.Expression:
        left = self._and()
        while self._took("||"):
            self._skip()
            left = tree.Or(left, self._and())
        return left

    def _and(self) -> tree.Expression:
        left = self._in()
        while self._took("&&"):
            self._skip()
            left = tree.And(left, self._in())
        return left

    def _in(self) -> tree.Expression:
        left = self._match()
        while self._took("in"):
            left = tree.Have(self._array(), (left,))
        return left

    def _array(self) -> tree.Name:
        token = self._take("name")
        return self._known(token.text, "array", token.line)

    def _match(self) -> tree.Expression:
        left = self._compare()
        while self._is("~", "!~"):
            negated = self._take().kind == "!~"
            left = tree.Match(left, self._compare(), negated)
        return left

    def _compare(self) -> tree.Expression:
        left = self._concat()
        while self._next.kind in _COMPARES and not (self._directs and self._is(">")):
            op = self._take().kind
            left = tree.Compare(op, left, self._concat())
        return left

    @property
    def _directs(self) -> bool:
        """Whether ``>`` leads the output here."""
        return self._prints and self._open == 0

    def _concat(self) -> tree.Expression:
        parts = [self._sum()]
        while self._next.kind in _STARTS:
            parts.append(self._sum())
        return parts[0] if len(parts) == 1 else tree.Concat(tuple(parts))

    def _sum(self) -> tree.Expression:
        return self._chain(("+", "-"), self._product)

    def _product(self) -> tree.Expression:
        return self._chain(("*", "/", "%"), self._unary)

    def _chain(self, ops: Sequence[str], operand: Callable[[], tree.Expression]) -> tree.Expression:
        left = operand()
        while self._is(*ops):
            op = self._take().kind
            left = tree.Binary(op, left, operand())
        return left

    def _unary(self) -> tree.Expression:
        if self._is("!", "-", "+"):
            op = self._take().kind
            return tree.Unary(op, self._unary())
        return self._piped()

    def _piped(self) -> tree.Expression:
        """A power, or what commands write, of which the first is one."""
        left = self._power()
        while self._is("|") and self._tokens[self._at + 1].kind == "getline":
            self._at += 2
            left = tree.Getline(self._receiver(), left, command=True)
        return left

    def _power(self) -> tree.Expression:
        base = self._primary()
        if not self._took("^"):
            return base
        if self._is("-", "+", "!"):
            return tree.Binary("^", base, self._unary())
        return tree.Binary("^", base, self._power())

    def _primary(self) -> tree.Expression:
        token = self._next
        if token.kind not in _STARTS:
            raise self._mistake(token)
        self._at += 1
        match token.kind:
            case "number":
                return tree.Const(float(token.text))
            case "string":
                return tree.Const(token.text)
            case "regex":
                return tree.Regex(token.text)
            case "++" | "--":
                place = self._place()
                if place is None:
                    raise self._mistake(self._next)
                return tree.Step(1.0 if token.kind == "++" else -1.0, place, prefix=True)
            case "builtin":
                return self._builtin(token)
            case "(":
                return self._grouped()
            case "getline":
                return self._getline()
            case "name" | "$":
                self._at -= 1
        if token.kind == "name" and token.called and token.text not in self._params:
            return self._call()
        place = self._place()
        if place is None:
            raise self._mistake(token)
        return self._stepped(place)

    def _stepped(self, place: tree.Place) -> tree.Expression:
        """A place, what is put there, or what it holds before it is counted on."""
        if self._next.kind in _ASSIGNS:
            op = self._take().kind[:-1]
            self._skip()
            return tree.Assign(op, place, self._expression())
        if self._is("++", "--"):
            return tree.Step(1.0 if self._take().kind == "++" else -1.0, place, prefix=False)
        return place

    def _place(self) -> tree.Place | None:
        if self._took("$"):
            if self._is("++", "--", "-", "+", "!"):
                return tree.Field(self._unary())
            inner = self._place()
            return tree.Field(inner or self._primary())
        if not self._is("name") or (self._next.called and self._next.text not in self._params):
            return None
        token = self._take()
        if not self._took("["):
            return self._known(token.text, "variable", token.line)
        array = self._known(token.text, "array", token.line)
        return tree.Element(array, self._index())

    def _index(self) -> tuple[tree.Expression, ...]:
        prints, self._prints = self._prints, False
        index = [self._expression()]
        while self._took(","):
            self._skip()
            index.append(self._expression())
        self._take("]")
        self._prints = prints
        return tuple(index)

    def _list(self) -> list[tree.Expression]:
        """Expressions up to the bracket that closes them."""
        self._open += 1
        found: list[tree.Expression] = []
        while not self._is(")"):
            found.append(self._expression())
            if not self._took(","):
                break
            self._skip()
            if self._is(")"):
                raise self._mistake(self._next)
        self._take(")")
        self._open -= 1
        return found

    def _grouped(self) -> tree.Expression:
        behind = self._next
        found = self._list()
        if len(found) == 1:
            return self._stepped(found[0]) if isinstance(found[0], tree.Field) else found[0]
        if found and self._took("in"):
            return tree.Have(self._array(), tuple(found))
        raise self._mistake(self._next if found else behind)

    def _receiver(self) -> tree.Place | None:
        """Where a line is put that is read; nowhere else than in the record, for most."""
        return self._place() if self._is("name", "$") else None

    def _getline(self) -> tree.Expression:
        target = self._receiver()
        if self._took("<"):
            return tree.Getline(target, self._power())
        return tree.Getline(target)

    # -- calls --------------------------------------------------------------------------------------------------

    def _builtin(self, token: Token) -> tree.Expression:
        name = token.text
        if name == "length" and not self._is("("):
            return tree.Builtin(name, ())
        self._take("(")
        args = self._arrayed(name) if name in ("split", "length") else self._list()
        few, many = BUILTINS[name]
        if not few <= len(args) <= many:
            raise MistakeError(f"wrong number of arguments in call to {name}", token.line)
        if (
            name in ("sub", "gsub")
            and len(args) == 3
            and not isinstance(args[2], tree.Name | tree.Element | tree.Field)
        ):
            raise self._mistake(self._tokens[self._at - 1])
        return tree.Builtin(name, tuple(args))

    def _arrayed(self, name: str) -> list[tree.Expression]:
        """The arguments of ``length``, which may be an array, or of ``split``, of which the second is one."""
        first, behind = self._next, self._tokens[self._at + 1]
        if name == "length":
            if first.kind == "name" and behind.kind == ")":
                kind = self._kinds.get(self._scope(first.text), "" if self._dialect.intervals else "variable")
                self._at += 2
                return [self._known(first.text, "variable" if self._dialect.old else kind, first.line)]
            return self._list()
        self._open += 1
        args = [self._expression()]
        self._take(",")
        self._skip()
        args.append(self._array())
        if self._took(","):
            self._skip()
            args.append(self._expression())
        self._take(")")
        self._open -= 1
        return args

    def _call(self) -> tree.Expression:
        token = self._take("name")
        self._take("(")
        self._open += 1
        args: list[tree.Expression] = []
        while not self._is(")"):
            args.append(self._argument())
            if not self._took(","):
                break
            self._skip()
        self._take(")")
        self._open -= 1
        call = tree.Call(token.text, tuple(args), token.line)
        self._called.append((call, self._within))
        return call

    def _argument(self) -> tree.Expression:
        """An argument; a name alone may be an array as well."""
        first, behind = self._next, self._tokens[self._at + 1]
        if first.kind == "name" and behind.kind in (",", ")"):
            self._at += 1
            return self._known(first.text, "", first.line)
        return self._expression()
