"""What was compared with CPython 3.6 to 3.13 and behaves alike in the sandbox: nothing else is run there.

Each name here is used by a script in ``tests/python``, whose output stands beside it as CPython wrote it.
"""

from __future__ import annotations

import ast

__all__ = ["ATTRIBUTES", "BUILTINS", "DUNDERS", "ERRORS", "MODULES", "NODES", "SINCE"]

NODES: frozenset[type[ast.AST]] = frozenset(
    {
        ast.Add, ast.And, ast.AnnAssign, ast.Assert, ast.Assign, ast.Attribute, ast.AugAssign, ast.BinOp, ast.BitAnd,
        ast.BitOr, ast.BitXor, ast.BoolOp, ast.Break, ast.Call, ast.ClassDef, ast.Compare, ast.Constant, ast.Continue,
        ast.Dict, ast.DictComp, ast.Div, ast.Eq, ast.ExceptHandler, ast.Expr, ast.FloorDiv, ast.For, ast.FormattedValue,
        ast.FunctionDef, ast.GeneratorExp, ast.Global, ast.Gt, ast.GtE, ast.If, ast.IfExp, ast.Import, ast.ImportFrom,
        ast.In, ast.Invert, ast.Is, ast.IsNot, ast.JoinedStr, ast.LShift, ast.Lambda, ast.List, ast.ListComp, ast.Load,
        ast.Lt, ast.LtE, ast.Mod, ast.Module, ast.Mult, ast.Name, ast.NamedExpr, ast.Nonlocal, ast.Not, ast.NotEq,
        ast.NotIn, ast.Or, ast.Pass, ast.Pow, ast.RShift, ast.Raise, ast.Return, ast.Set, ast.SetComp, ast.Slice,
        ast.Starred, ast.Store, ast.Sub, ast.Subscript, ast.Try, ast.Tuple, ast.UAdd,
        ast.UnaryOp, ast.USub, ast.While, ast.With,
        ast.alias, ast.arg, ast.arguments, ast.comprehension, ast.keyword, ast.withitem,
        ast.Match, ast.match_case, ast.MatchValue, ast.MatchSingleton, ast.MatchSequence, ast.MatchMapping,
        ast.MatchStar, ast.MatchAs, ast.MatchOr,
    }
)  # fmt: skip
"""Kinds of syntax."""

SINCE: dict[type[ast.AST], int] = {ast.NamedExpr: 8, ast.Match: 10}
"""The minor version that a kind of syntax came with, where it is younger than 3.6."""

BUILTINS = frozenset(
    """abs all any bin bool chr dict divmod enumerate filter float hex input int isinstance len list map max min oct
    open ord print range repr reversed round sorted str sum tuple zip set frozenset exit quit type""".split()
)
"""Functions and types that are always there."""

ERRORS = frozenset(
    """ArithmeticError AssertionError AttributeError Exception FileNotFoundError IndexError IsADirectoryError KeyError
    LookupError NameError NotImplementedError OSError OverflowError PermissionError RecursionError RuntimeError
    TypeError ValueError ZeroDivisionError FileExistsError NotADirectoryError UnboundLocalError ImportError
    ModuleNotFoundError""".split()
)
"""Exceptions that may be raised and caught."""

ATTRIBUTES = frozenset(
    """append capitalize center clear copy count encode decode endswith extend find format get index insert isalnum
    isalpha isdigit islower isnumeric isspace isupper items join keys ljust lower lstrip partition pop remove replace
    reverse rfind rindex rjust rpartition rsplit rstrip setdefault sort split splitlines startswith strip swapcase
    title update upper values zfill add discard union intersection difference issubset issuperset
    symmetric_difference read readline readlines write writelines close""".split()
)
"""Methods of the types that are always there."""

DUNDERS = frozenset("__init__ __repr__ __str__ __call__ __eq__ __add__ __sub__ __mul__ __name__ __class__".split())
"""Names with underscores on both sides that a script may use."""

MODULES: dict[str, frozenset[str]] = {
    "math": frozenset(
        """pi e inf floor ceil sqrt gcd factorial trunc fabs isnan isinf tau nan sin cos tan asin acos atan atan2 sinh
        cosh tanh log log2 log10 log1p exp pow hypot degrees radians comb perm isqrt lcm prod fsum dist isclose
        copysign fmod isfinite""".split()
    ),
    "json": frozenset("dumps loads load dump".split()),
    "sys": frozenset("argv exit stderr stdout stdin version version_info platform".split()),
    "os": frozenset(),
    "random": frozenset("seed random randint choice shuffle sample uniform randrange choices gauss".split()),
    "time": frozenset("sleep".split()),
    "collections": frozenset("Counter defaultdict deque namedtuple".split()),
    "itertools": frozenset(
        "permutations combinations product chain accumulate combinations_with_replacement zip_longest".split()
    ),
    "functools": frozenset("reduce".split()),
    "dataclasses": frozenset("dataclass field".split()),
    "copy": frozenset("copy deepcopy".split()),
    "re": frozenset("findall search match fullmatch split sub compile".split()),
    "datetime": frozenset("date datetime timedelta".split()),
}
"""Attributes of modules."""
