"""What a Python of another version does in another way."""

from __future__ import annotations

import sys
from typing import Any

__all__ = ["age_argparse", "sum_of"]


def age_argparse(argparse: Any, version: tuple[int, ...]) -> None:
    """Let ``argparse`` write as it did in an earlier version."""
    if version < (3, 10):
        argparse._ = lambda text: "optional arguments" if text == "options" else text
    if version < (3, 9):
        argparse.Namespace._get_kwargs = lambda self: sorted(vars(self).items())
        plain = argparse.HelpFormatter._format_args

        def formatted(formatter: Any, action: Any, metavar: str) -> str:
            if action.nargs != argparse.ZERO_OR_MORE:
                return str(plain(formatter, action, metavar))
            return "[{} [{} ...]]".format(*formatter._metavar_formatter(action, metavar)(2))

        argparse.HelpFormatter._format_args = formatted


def sum_of(version: tuple[int, ...]) -> Any:
    """The builtin ``sum`` where it is another: since 3.12 it keeps what floats lose."""
    if version < (3, 12) <= sys.version_info:
        return _plain_sum
    return _kept_sum if sys.version_info < (3, 12) <= version else None


def _plain_sum(items: Any, /, start: Any = 0) -> Any:
    for item in items:
        start = start + item
    return start


def _kept_sum(items: Any, /, start: Any = 0) -> Any:
    lost = 0.0
    for item in items:
        if type(start) is float and type(item) is float:
            total = start + item
            lost += ((start - total) + item) if abs(start) >= abs(item) else ((item - total) + start)
            start = total
        elif type(start) is float and type(item) in (int, bool):
            start += item
        elif type(start) is float:
            start = start + lost + item
            lost = 0.0
        else:
            start = start + item
    return start + lost if lost and lost - lost == 0 else start
