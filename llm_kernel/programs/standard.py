"""The standard library of each Python 3: what the machine's own brings, however new the one that runs us."""

from __future__ import annotations

import sys

__all__ = ["brings", "span"]

_SINCE = {"contextvars": 7, "dataclasses": 7, "graphlib": 9, "zoneinfo": 9, "tomllib": 11, "annotationlib": 14}
_SINCE |= {"_zoneinfo": 9, "compression": 14}
_GONE = {
    8: "macpath",
    9: "dummy_threading _dummy_threading",
    10: "formatter parser symbol",
    11: "binhex",
    12: "asynchat asyncore distutils imp smtpd",
    13: """aifc audioop cgi cgitb chunk crypt imghdr lib2to3 mailcap msilib nis nntplib ossaudiodev pipes sndhdr spwd
    sunau telnetlib uu xdrlib""",
}
_UNTIL = {module: minor for minor, names in _GONE.items() for module in names.split()}
_NAMES = sys.stdlib_module_names | _SINCE.keys() | _UNTIL.keys()


def span(module: str) -> tuple[int, int]:
    """The minor releases of Python 3 that first had ``module`` and that first did not; 0 where there is none."""
    return _SINCE.get(module, 0), _UNTIL.get(module, 0)


def brings(python: str, module: str) -> bool:
    """Whether ``import module`` finds it in the library of this Python, ``3.9.5``."""
    if module not in _NAMES:
        return False
    part = python.split(".")[1:2]
    minor = int(part[0]) if part and part[0].isdigit() else 10
    since, until = span(module)
    return since <= minor and (not until or minor < until)
