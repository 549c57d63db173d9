"""The library's few wordings that are not the real programs', in the words of these."""

from __future__ import annotations

import re

from llm_kernel.shell.permits import said_of

__all__ = ["mended"]

_GETOPTS = re.compile(
    rb"(?m)^([^\n:]+): (?:line \d+: )?getopts: (illegal option|option requires an argument) -- '([^'\n]+)'"
)
_SED = re.compile(rb"the `e' command is not available: Bashkit [^\n]*")
_SED_OPTION = re.compile(rb"the `e' option to `s' is not available: Bashkit [^\n]*")
_OWN = re.compile(
    rb"__llm_kernel_\w+=(?:'[^']*'|\"[^\"]*\") "
    rb"|(?m:^\++ __llm_kernel_\w+[ =].*\n)"
)
_ASKED = re.compile(rb"\"\$\(__llm_kernel_inner \d+ \S+ (?:\$\? )?((?:[^()\"']|'[^']*'|\"[^\"]*\")*)\)\"")
_VALUE = re.compile(
    rb"(?:(\w+): )?error: (?:invalid value '([^']*)' for|a value is required for) '(--?[\w-]+)[^']*'[^\n]*\n"
    rb"(?:[^\n]+\n)*\nFor more information, try '--help'\.\n"
)
_LEFT = re.compile(rb"\n*For more information, try '--help'\.\n")

_LIMIT = re.compile(rb"(?m)^\w+: output limit \(\d+ lines\) exceeded; output truncated\n")
_UTILITIES = re.compile(rb"(?m)^(?:sort|tr|head|tail|tac|paste|seq|numfmt|split|fold|nl|join|comm|expand|fmt|shuf): ")
_MISUSED = re.compile(
    rb"(?m)^((sort|tr|head|tail|tac|paste|seq|numfmt|split|fold|nl|join|comm|expand|fmt|shuf): "
    rb"(?:invalid option -- '.'|unrecognized option '[^'\n]*'|option requires an argument -- '.'|missing operand))\n"
    rb"(?!Try )"
)
_UNREAD = re.compile(rb"(?m)^(head|tail): ([^:\n]+): No such file or directory$")
_FOLDER = re.compile(rb"(?m)^(head|tail): ([^:\n]+): Is a directory$")
_WORD = re.compile(
    rb"(?m)^((?:head|tail|seq|numfmt|sort): (?:invalid number of (?:lines|bytes):|invalid floating point argument:"
    rb"|invalid number:|invalid suffix in input:|extra operand|multi-character tab)) '([^'\n]*)'"
)


def mended(data: bytes) -> bytes:
    """What is written to standard error, without a word of the library's, or of ours."""
    if b"__llm_kernel" in data:
        data = _OWN.sub(b"", data)
        data = _ASKED.sub(rb"\1", data)
    if b"/dev/." in data:
        data = said_of(data)
    if b": getopts: " in data:
        data = _GETOPTS.sub(rb"\1: \2 -- \3", data)
    if b"Bashkit" in data:
        data = _SED.sub(b"unknown command: `e'", data)
        data = _SED_OPTION.sub(b"unknown option to `s'", data)
    if b"output limit" in data:
        data = _LIMIT.sub(b"", data)
    if _UTILITIES.search(data):
        data = _MISUSED.sub(rb"\1\nTry '\2 --help' for more information.\n", data)
        data = _UNREAD.sub(rb"\1: cannot open '\2' for reading: No such file or directory", data)
        data = _FOLDER.sub(rb"\1: error reading '\2': Is a directory", data)
        data = _WORD.sub("\\1 ‘\\2’".encode(), data)
    if b"For more information" in data:
        data = _VALUE.sub(_value, data)
        data = _LEFT.sub(b"\n", data)
    return data


_TOOLS = {
    b"--separator": b"tac",
    b"--output-error": b"tee",
    **dict.fromkeys([b"--skip-bytes", b"--format", b"--address-radix", b"--read-bytes", b"--width"], b"od"),
}
"""Whose an option is, where the message names no program; the rest are those of ``shuf``."""


def _value(found: re.Match[bytes]) -> bytes:
    value, option = found[2], found[3]
    tool = found[1] or _TOOLS.get(option, b"shuf")
    if value is None:
        return b"%s: option '%s' requires an argument\nTry '%s --help' for more information.\n" % (tool, option, tool)
    what = {b"--head-count": b"invalid line count", b"--input-range": b"invalid input range"}
    return b"%s: %s: '%s'\n" % (tool, what.get(option, b"invalid argument"), value)
