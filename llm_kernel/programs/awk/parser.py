"""A program of awk as a tree; what is wrong with it is said as mawk says it."""

from __future__ import annotations

from llm_kernel.programs.awk import tree
from llm_kernel.programs.awk.expressions import Expressions
from llm_kernel.programs.awk.faults import MistakeError
from llm_kernel.programs.awk.values import Dialect

__all__ = ["parsed"]

VARIABLES = """NF NR FNR FS OFS RS ORS SUBSEP CONVFMT OFMT FILENAME RSTART RLENGTH ARGC""".split()
"""What every program has."""

ARRAYS = ("ENVIRON", "ARGV")


def parsed(text: str, dialect: Dialect) -> tree.Program:
    """The program of a text.

    Raises:
        MistakeError: it cannot be read.
    """
    return _Parser(text, dialect).program()


class _Parser(Expressions):
    """Rules, functions and statements."""

    def __init__(self, text: str, dialect: Dialect) -> None:
        super().__init__(text, dialect)
        self._loops = 0
        self._place_of = ""
        for name in (*VARIABLES, *ARRAYS):
            self._known(name, "array" if name in ARRAYS else "variable", 0)

    def program(self) -> tree.Program:
        """Everything up to the end of the text."""
        found = tree.Program()
        self._skip()
        while not self._is("end"):
            self._item(found)
        self._resolve(found)
        found.names = list(self._names)
        found.arrays = {scope for scope, kind in self._kinds.items() if kind == "array"}
        return found

    def _item(self, found: tree.Program) -> None:
        if self._is("function", "func"):
            self._function(found)
        elif self._is("BEGIN", "END"):
            which = self._take().kind
            self._place_of = which
            if not self._is("{"):
                raise self._mistake(self._next)
            (found.begin if which == "BEGIN" else found.end).append(self._block())
        else:
            self._place_of = ""
            pattern = last = None
            if not self._is("{"):
                pattern = self._expression()
                if self._took(","):
                    self._skip()
                    last = self._expression()
            found.rules.append(tree.Rule(pattern, last, self._block() if self._is("{") else None))
            if found.rules[-1].body is None:
                self._take("\n", ";")
        if self._tokens[self._at - 1].kind == "}":
            self._took(";")
        self._skip()
        if self._is("}"):
            brace = self._take()
            said = f"extra '}}'\n@line {brace.line}: syntax error at or near {self._next.shown}"
            raise MistakeError(said, brace.line)

    def _function(self, found: tree.Program) -> None:
        self._take()
        token = self._take("name")
        if token.text in found.functions:
            raise MistakeError(f"redefinition of {token.text}", token.line)
        if ("", token.text) in self._kinds:
            raise MistakeError(f"illegal reference to {self._kinds['', token.text]} {token.text}", token.line)
        self._take("(")
        params: list[str] = []
        while self._is("name"):
            name = self._take()
            if name.text in params:
                raise MistakeError(f"{name.text} is duplicated in argument list", name.line)
            params.append(name.text)
            if not self._took(","):
                break
            self._skip()
        self._take(")")
        self._skip()
        self._params, self._within, self._place_of = tuple(params), token.text, "function"
        found.functions[token.text] = tree.Function(token.text, tuple(params), self._block())
        self._params, self._within = (), ""

    def _resolve(self, found: tree.Program) -> None:
        """Which names are arrays because of the functions that they are given to."""
        settled = False
        while not settled:
            settled = True
            for call, within in self._called:
                function = found.functions.get(call.name)
                if function is None:
                    end = self._tokens[-1].line
                    raise MistakeError(f"function {call.name} never defined", end)
                if len(call.args) > len(function.params):
                    raise MistakeError(f"too many arguments in call to {call.name}", call.line)
                for at, arg in enumerate(call.args):
                    settled &= self._agree(call, at, arg, (call.name, function.params[at]), within)

    def _agree(self, call: tree.Call, at: int, arg: tree.Expression, param: tuple[str, str], within: str) -> bool:
        """Whether nothing new is known of an argument and its parameter, which are of one kind."""
        there = self._kinds.get(param, "")
        if not isinstance(arg, tree.Name):
            if there == "array":
                raise MistakeError(f"type error in arg({at + 1}) in call to {call.name}", call.line)
            return True
        scope = (within if arg.local >= 0 else "", arg.name)
        here = self._kinds.get(scope, "")
        if here and there and here != there:
            raise MistakeError(f"type error in arg({at + 1}) in call to {call.name}", call.line)
        if here == there:
            return True
        self._kinds[scope] = self._kinds[param] = here or there
        return False

    # -- statements ---------------------------------------------------------------------------------------------

    def _block(self) -> tree.Block:
        self._take("{")
        closes, self._closes = self._closes, True
        self._skip()
        body: list[tree.Statement] = []
        while not self._is("}"):
            body.append(self._statement())
        self._take("}")
        self._closes = closes
        return tree.Block(tuple(body))

    def _ended(self) -> None:
        """The end of a simple statement; a brace that closes is one and stays."""
        if not self._is("}"):
            self._take("\n", ";")
            self._skip()

    def _statement(self) -> tree.Statement:
        token = self._next
        match token.kind:
            case "{":
                block = self._block()
                self._skip()
                return block
            case "if":
                return self._if()
            case "while":
                self._take()
                test = self._bracketed()
                return tree.While(test, self._looped())
            case "do":
                return self._do()
            case "for":
                return self._for()
            case ";" | "\n":
                self._take()
                self._skip()
                return tree.Block(())
        found = self._simple()
        self._ended()
        return found

    def _simple(self) -> tree.Statement:
        token = self._next
        match token.kind:
            case "print" | "printf":
                return self._print()
            case "break" | "continue":
                if not self._loops:
                    raise MistakeError(f"{token.kind} statement outside of loop", token.line)
                self._take()
                return tree.Jump(token.kind)
            case "next" | "nextfile":
                if self._place_of:
                    raise MistakeError(f"improper use of {token.kind}", token.line)
                self._take()
                return tree.Jump(token.kind)
            case "exit" | "return":
                if token.kind == "return" and not self._within:
                    raise MistakeError("return outside function body", token.line)
                self._take()
                return tree.Leave(token.kind, None if self._is("}", "\n", ";") else self._expression())
            case "delete":
                self._take()
                array = self._array()
                return tree.Delete(array, self._index() if self._took("[") else ())
        return tree.Simple(self._expression())

    def _bracketed(self) -> tree.Expression:
        self._take("(")
        self._open += 1
        test = self._expression()
        self._take(")")
        self._open -= 1
        self._skip()
        return test

    def _looped(self) -> tree.Statement:
        self._loops += 1
        body = self._statement()
        self._loops -= 1
        return body

    def _if(self) -> tree.Statement:
        self._take()
        test = self._bracketed()
        yes = self._statement()
        if not self._took("else"):
            return tree.If(test, yes, None)
        self._skip()
        return tree.If(test, yes, self._statement())

    def _do(self) -> tree.Statement:
        self._take()
        self._skip()
        body = self._looped()
        self._take("while")
        self._take("(")
        self._open += 1
        test = self._expression()
        self._take(")")
        self._open -= 1
        self._ended()
        return tree.Do(body, test)

    def _for(self) -> tree.Statement:
        self._take()
        self._take("(")
        kinds = [token.kind for token in self._tokens[self._at : self._at + 4]]
        if kinds == ["name", "in", "name", ")"]:
            token = self._take()
            name = self._known(token.text, "variable", token.line)
            self._take()
            array = self._array()
            self._take()
            self._skip()
            return tree.Each(name, array, self._looped())
        self._open += 1
        first = None if self._is(";") else self._expression()
        self._separated()
        test = None if self._is(";") else self._expression()
        self._separated()
        step = None if self._is(")") else self._expression()
        self._take(")")
        self._open -= 1
        self._skip()
        return tree.For(first, test, step, self._looped())

    def _separated(self) -> None:
        self._take(";")
        self._skip()

    def _print(self) -> tree.Statement:
        token = self._take()
        self._prints = True
        args = self._printed()
        to = self._take().kind if self._is(">", ">>", "|") else ""
        self._prints = False
        target = self._expression() if to else None
        if token.kind == "printf" and not args:
            raise MistakeError("no arguments in call to printf", token.line)
        return tree.Print(tuple(args), token.kind == "printf", to, target)

    def _printed(self) -> list[tree.Expression]:
        ends = ("\n", ";", "}", ">", ">>", "|")
        if self._is(*ends):
            return []
        if self._is("("):
            before = self._at
            self._take()
            found = self._list()
            if self._is(*ends):
                return found
            self._at = before
        args = [self._expression()]
        while self._took(","):
            self._skip()
            args.append(self._expression())
        return args
