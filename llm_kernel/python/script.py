"""A Python program as it was started: its text, its name in tracebacks, its arguments and the Python that runs it."""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass

__all__ = ["Script", "Unsure"]


class Unsure(Exception):  # noqa: N818 - a direction, not a fault
    """What this script does cannot be computed with certainty."""


_LONGEST = 200_000
"""Characters of a script that is looked at."""


@dataclass(frozen=True, slots=True)
class Script:
    """``name`` as tracebacks show it; ``argv`` as the script sees it; ``version`` is ``(3, minor)``.

    ``path`` is where the script lies, empty where it came as an argument or as input. Its own modules are looked for in
    ``folders``. ``optimized`` leaves out assertions (1) and documentation (2).
    """

    source: str
    name: str
    argv: tuple[str, ...]
    version: tuple[int, int]
    path: str = ""
    folders: tuple[str, ...] = ()
    optimized: int = 0

    def parsed(self) -> ast.Module:
        """The syntax tree.

        Raises:
            Unsure: where the text is no Python of this program's own version, or too deep.
        """
        if len(self.source) > _LONGEST:
            raise Unsure("a long script")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # they are the program's, and told in its own words
                return ast.parse(self.source, feature_version=self.version)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as err:
            raise Unsure(f"syntax: {err}") from err
