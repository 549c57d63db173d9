"""The library's few wordings that are not the real programs', in the words of these."""

from __future__ import annotations

import posixpath
import re

from llm_kernel.shell.permits import said_of

__all__ = ["mended", "untraced"]

_GETOPTS = re.compile(
    rb"(?m)^([^\n:]+): (?:line \d+: )?getopts: (illegal option|option requires an argument) -- '([^'\n]+)'"
)
_SED = re.compile(rb"the `e' command is not available: Bashkit [^\n]*")
_SED_SAYS = (
    (re.compile(rb"invalid pattern: regex parse error: [^\n]* error: unclosed group"), rb"Unmatched ( or \\("),
    (re.compile(rb"invalid pattern: regex parse error: [^\n]* error: unopened group"), rb"Unmatched ) or \\)"),
    (re.compile(rb"invalid pattern: regex parse error: [^\n]* error: unclosed counted repetition"), rb"Unmatched \\{"),
    (
        re.compile(rb"invalid pattern: regex parse error: [^\n]* error: invalid repetition count range[^\n]*"),
        rb"Invalid content of \\{\\}",
    ),
    (
        re.compile(rb"invalid pattern: regex parse error: [^\n]* error: invalid character class range[^\n]*"),
        rb"Invalid range end",
    ),
    (re.compile(rb"char \d+: unmatched `\{'"), rb"char 0: unmatched `{'"),
    (re.compile(rb"(unknown option to `s'): `.'"), rb"\1"),
    (re.compile(rb"(couldn't open file [^\n]*): io error: file not found"), rb"\1: No such file or directory"),
    (re.compile(rb"(?m)^sed: can't read ([^\n]*): Is a directory$"), rb"sed: read error on \1: Is a directory"),
)
"""What ``sed`` complains of, and the real one's words for it."""

_GREP = re.compile(rb"(?m)^(grep: )(?:Parsing error at position \d+|Error compiling regex): ([^\n]*?)(?: \d+)?$")
_GREP_SAYS = {
    b"Opening parenthesis without closing parenthesis": b"missing closing parenthesis",
    b"Invalid character class": b"missing terminating ] for character class",
    b"Target of repeat operator is invalid": b"quantifier does not follow a repeatable item",
    b"General parsing error: end of string not reached": b"unmatched closing parenthesis",
    b"Backslash without following character": b"\\ at end of pattern",
    b"Could not parse group name": b"syntax error in subpattern name (missing terminator?)",
    b"Invalid back reference to group": b"reference to non-existent subpattern",
    b"Regex error: error parsing pattern": b"range out of order in character class",
    b"Regex error: error building NFA": b"number too big in {} quantifier",
}
"""What is wrong with a pattern of ``grep -P``, and Perl's words for it."""

_UNREADABLE = b"unrecognized character after (? or (?-"

_SED_OPTION = re.compile(rb"the `e' option to `s' is not available: Bashkit [^\n]*")
_OWN = re.compile(
    rb"__llm_kernel_\w+=(?:'[^']*'|\"[^\"]*\") "
    rb"|(?m:^ *(?:eval \"\$\()?__llm_kernel_inner (?:</dev/null )?\d+ (?:traced|exchanged|ended|t) .*\n)"
    rb"|__llm_kernel_control [\d.]+ (?!__llm_kernel_)"
    rb"|(?m:^\S+ __llm_kernel_(?!control [\d.]+ [a-z])\w+[ =].*\n)"
    rb"|(?m:^\S+ BASH_COMMAND=.*\n)"
)
_TERMINAL = re.compile(rb"(?:> >\(|\| )__llm_kernel_inner \d+ tty\)?")
_EXCHANGED = re.compile(rb">&2 2> \"\$\(__llm_kernel_inner </dev/null \d+ exchange\)\"")
_ASKED = re.compile(
    rb"\"\$\(__llm_kernel_inner (?:</dev/null )?\d+ \S+ (?:\$\? )?((?:[^()\"']|'[^']*'|\"[^\"]*\")*)\)\""
)
_VALUE = re.compile(
    rb"(?:(\w+): )?error: (?:invalid value '([^']*)' for|a value is required for) '(--?[\w-]+)[^']*'[^\n]*\n"
    rb"(?:[^\n]+\n)*\nFor more information, try '--help'\.\n"
)
_LEFT = re.compile(rb"\n*For more information, try '--help'\.\n")

_LIMIT = re.compile(rb"(?m)^\w+: output limit \(\d+ lines\) exceeded; output truncated\n")
_UTILITIES = re.compile(
    rb"(?m)^(?:sort|tr|head|tail|tac|paste|seq|numfmt|split|fold|nl|join|comm|expand|unexpand|fmt|shuf|rev|uniq"
    rb"|strings|factor|od|base64|base32|basename|dirname): "
)
_MISUSED = re.compile(
    rb"(?m)^((sort|tr|head|tail|tac|paste|seq|numfmt|split|fold|nl|join|comm|expand|fmt|shuf|basename|dirname): "
    rb"(?:invalid option -- '.'|unrecognized option '[^'\n]*'|option requires an argument -- '.'|missing operand))\n"
    rb"(?!Try )"
)
_UNREAD = re.compile(rb"(?m)^(head|tail): (?!cannot open|')([^:\n]+): (No such file or directory|File name too long)$")
_FIELD = re.compile(
    rb"(?m)^sort: (?:(?P<stray>stray character in field spec): '(?P<spec>[^'\n]*)'"
    rb"|invalid field specification '(?P<whole>[^'\n]*)': (?P<why>[^\n]*))$"
)
_FOLDER = re.compile(rb"(?m)^(head|tail): (?!error reading)([^:\n]+): Is a directory$")
_WORD = re.compile(
    rb"(?m)^((?:head|tail|seq|numfmt|sort|nl|fold|base64|base32|comm|factor|od): (?:invalid number of (?:lines|bytes"
    rb"|columns):|invalid floating point argument:|invalid number:|invalid suffix in input:|extra operand"
    rb"|multi-character tab|invalid body numbering style:|invalid wrap size:|missing operand after"
    rb"|invalid character '.' in type string)|factor:) '([^'\n]*)'(?! not allowed|\nfile operands)"
)
_HINTED = re.compile(
    "(?m)^((seq|comm|nl): (?:extra operand|missing operand after|invalid body numbering style:) ‘[^\n]*’)\n"
    "(?!Try )".encode()
)
_EMPTY = re.compile(rb"(?m)^((?:head|tail|grep|sed): (?:can't read )?): Is a directory$")
"""A file without a name, which the library takes for the directory."""

_LONG_NAME = re.compile(rb"(?:io error: )?(?:filename|path) too (?:long|deep): \d+ [^\n]* limit")
_CONVERSION = re.compile(rb"(printf: )(%[^\n]*): invalid conversion specification")
_OPERAND = re.compile(rb"(?m)(: [^\n]*?([-+*/%&|^<>=]) *: syntax error: operand expected)$")
_UNSET = re.compile(rb"(?m)(\w+): parameter null or not set$")
_AWK = re.compile(r"\b[gmn]?awk\b")
_UNCLOSED = re.compile(rb"(?m)^missing \]$")
_OPEN = re.compile(r"(?:^|[\s;&|({])\[ (?![^;\n]* \])")
_STOPPED = b"seq: zero increment\n"
_PATH = re.compile(
    rb"(?m)^(paste|comm|nl|tac|rev|sort|shuf|uniq): (/[^:\n]+): "
    rb"(No such file or directory|File name too long|Is a directory)$"
)
_SAYS = {
    (b"tac", b"N"): b"tac: failed to open '%s' for reading: %s",
    (b"rev", b"N"): b"rev: cannot open %s: %s",
    (b"sort", b"N"): b"sort: cannot read: %s: %s",
    (b"sort", b"F"): b"sort: cannot read: %s: %s",
    (b"sort", b"I"): b"sort: read failed: %s: %s",
}
"""How a tool says that a file is not there, cannot be or is a directory, where it is more than the file's name."""


def mended(data: bytes, script: str = "", cwd: str = "/") -> bytes:
    """What is written to standard error, without a word of the library's, or of ours.

    ``script`` and its directory tell how a file was named that the library says the whole path of.
    """
    data = untraced(data)
    if b" limit" in data:
        data = _LONG_NAME.sub(b"File name too long", data)
    if b"invalid conversion" in data:
        data = _CONVERSION.sub(_unknown, data)
    if b"operand expected\n" in data:
        data = _OPERAND.sub(rb'\1 (error token is "\2")', data)
    if b"null or not set" in data:
        data = _UNSET.sub(lambda found: _not_set(found, script), data)
    if data.startswith(b"awk: "):
        called = _AWK.findall(script)
        name = called[0] if len(set(called)) == 1 else "awk"
        data = re.sub(rb"(?m)^awk: ", f"{name}: ".encode(), data)
    if b"missing ]" in data:
        data = _UNCLOSED.sub(lambda _: b"bash: line %d: [: missing `]'" % _unclosed(script), data)
    if b"/dev/." in data:
        data = said_of(data)
    if b": getopts: " in data:
        data = _GETOPTS.sub(rb"\1: \2 -- \3", data)
    if b"Bashkit" in data:
        data = _SED.sub(b"unknown command: `e'", data)
        data = _SED_OPTION.sub(b"unknown option to `s'", data)
    if b" : Is a directory\n" in data:
        data = _EMPTY.sub(_no_name, data)
    if data.startswith(b"sed: "):
        for pattern, words in _SED_SAYS:
            data = pattern.sub(words, data)
    if data.startswith(b"grep: "):
        data = _GREP.sub(lambda found: found[1] + _GREP_SAYS.get(found[2], _UNREADABLE), data)
    if b"output limit" in data:
        data = _LIMIT.sub(b"", data)
    if _UTILITIES.search(data):
        data = _FIELD.sub(_field, data)
        data = _MISUSED.sub(rb"\1\nTry '\2 --help' for more information.\n", data)
        data = _UNREAD.sub(rb"\1: cannot open '\2' for reading: \3", data)
        data = _FOLDER.sub(rb"\1: error reading '\2': Is a directory", data)
        data = _WORD.sub("\\1 ‘\\2’".encode(), data)
        data = data.replace(
            _STOPPED, "seq: invalid Zero increment value: ‘0’\nTry 'seq --help' for more information.\n".encode()
        )
        data = _HINTED.sub(rb"\1\nTry '\2 --help' for more information.\n", data)
        data = re.sub(rb"(?m)^strings: ([^:\n]+): (No such file) or directory$", rb"strings: '\1': \2", data)
        data = _PATH.sub(lambda found: _unread(found, script, cwd), data)
    if b"For more information" in data:
        data = _VALUE.sub(_value, data)
        data = _LEFT.sub(b"\n", data)
    return data


def untraced(data: bytes) -> bytes:
    """A trace, or a listing, without the words that are ours."""
    if b"__llm_kernel" not in data:
        return data
    data = _EXCHANGED.sub(b"3>&1 >&2 2>&3", _TERMINAL.sub(b"> /dev/tty", data))
    return _ASKED.sub(rb"\1", _OWN.sub(b"", data))


def _no_name(found: re.Match[bytes]) -> bytes:
    what = b"cannot open '' for reading" if found[1][0] in b"ht" else b""
    return found[1] + what + b": No such file or directory"


def _field(found: re.Match[bytes]) -> bytes:
    """What ``sort`` says of a key that it cannot read."""
    why, spec = found["why"] or found["stray"], found["whole"] or found["spec"]
    if why.startswith(b"invalid number"):
        begun = spec.rpartition(b",")[2] if b"after" in why else spec
        return b"sort: %s: invalid count at start of \xe2\x80\x98%s\xe2\x80\x99" % (why, begun)
    return b"sort: %s: invalid field specification \xe2\x80\x98%s\xe2\x80\x99" % (why, spec)


def _unknown(found: re.Match[bytes]) -> bytes:
    """What is said of a conversion that ``printf`` does not know."""
    if found[2] == b"%":
        return found[1] + b"`%': missing format character"
    return found[1] + b"`%s': invalid format character" % found[2][-1:]


def _not_set(found: re.Match[bytes], script: str) -> bytes:
    """What is said of a variable that has to be set, and may be empty where it says so."""
    name = found[1].decode(errors="replace")
    only = f"${{{name}?}}" in script and f"${{{name}:?" not in script
    return found[0].replace(b" null or", b"") if only else found[0]


def _unclosed(script: str) -> int:
    """The first line where a test begins that does not end."""
    lines = (number for number, line in enumerate(script.splitlines(), 1) if _OPEN.search(line))
    return next(lines, 1)


def _unread(found: re.Match[bytes], script: str, cwd: str) -> bytes:
    tool, path, why = found[1], found[2].decode("utf-8", "replace"), found[3]
    name = _written(path, script, cwd).encode()
    return _SAYS.get((tool, why[:1]), tool + b": %s: %s") % (name, why)


def _written(path: str, script: str, cwd: str) -> str:
    """How ``script`` names a path: the most of its end that stands there as a word, else from the directory."""
    parts = path.split("/")
    for at in range(1, len(parts)):
        tail = "/".join(parts[at:])
        if tail and re.search(rf"(?<![\w./-]){re.escape(tail)}(?![\w./-])", script):
            return tail
    inside = path.startswith(f"{cwd.rstrip('/')}/") and "$PWD" not in script
    return posixpath.relpath(path, cwd) if inside and path not in script else path


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
