"""Options that the library's tools do not have, or refuse otherwise than the real ones."""

from __future__ import annotations

import re
from collections.abc import Sequence

from llm_kernel.shell.sed_scripts import complaint, script_of
from llm_kernel.tokens import quoted, unquoted

__all__ = ["LACKING", "WRAPPERS", "asks_itself", "lacks", "refused_option"]

LACKING = frozenset("base32 base64 column od sort grep egrep fgrep tr".split())
"""Tools of the library that lack options which ours have."""

WRAPPERS = frozenset("sudo env time xargs command exec stdbuf find".split())
"""Programs that run the command behind them."""

_LETTERS = {
    "cat": "AbeEnstTuv",
    "tee": "aip",
    "tac": "brs",
    "wc": "clmwL",
    "od": "AjNStvwabcdDeEfFhHiIlLoOsxX0123456789nkmuzC",
}
"""The options of tools whose refusal the library ends with another status, and below their names."""

_NAMES = {
    "cat": "show-all number-nonblank show-ends number squeeze-blank show-tabs show-nonprinting help version".split(),
    "tee": "append ignore-interrupts output-error help version".split(),
    "tac": "before regex separator help version".split(),
    "wc": "bytes chars lines max-line-length words files0-from total debug help version".split(),
    "od": "address-radix endian skip-bytes read-bytes strings format output-duplicates width traditional help "
    "version".split(),
}
_CASES = {"lower", "upper"}
_CLASSES = _CASES | set("alnum alpha blank cntrl digit graph print punct space xdigit".split())
"""What ``tr`` knows of letters, and may translate to."""

_ORDER = re.compile(r"--(?:dictionary|general|human|ignore-non|month|numeric|version)")
_RARE = re.compile(r"\+\d|-[a-zA-Z]*S|--(?:random|sort|check=|files0|parallel|buffer|batch|compress)")
"""How an order of ``sort`` is called, and what the library's does not know or look at."""

_LITERAL = frozenset(["echo", "printf", "test", "[", "true", "false", "pwd", "kill"])
"""Builtins of bash, to which ``--version`` is a word like any other, or a mistake."""


def refused_option(tool: str, args: Sequence[str]) -> str:
    """What a tool says of an option or a script that the library's takes, or ends with the wrong status."""
    if tool == "sed" and (wrong := _sed_refuses(args)):
        return quoted(f"sed: -e expression #1, {wrong}")
    for arg in args if tool in _LETTERS else ():
        if arg == "--":
            break
        if found := re.fullmatch(r"-([A-Za-z0-9]+|[@%+=:,./^_!#]).*", arg):
            given = found[1] if found[1] == arg[1:] else found[1][0]  # behind a letter may stand its value
            wrong = next((letter for letter in given if letter not in _LETTERS[tool]), "")
            if wrong:
                return f"\"{tool}: invalid option -- '{wrong}'\" \"Try '{tool} --help' for more information.\""
        elif re.fullmatch(r"--[a-z][a-z-]*", arg) and not any(f"--{name}".startswith(arg) for name in _NAMES[tool]):
            return f"\"{tool}: unrecognized option '{arg}'\" \"Try '{tool} --help' for more information.\""
    return ""


def _sed_refuses(args: Sequence[str]) -> str:
    """What is wrong with the script that ``sed`` is given as it stands; one that bash would expand is not read."""
    if any("$" in bare or "`" in bare for bare in (re.sub(r"'[^']*'", "", arg) for arg in args)):
        return ""
    return complaint(script_of([unquoted(arg) for arg in args]))


def lacks(base: str, args: Sequence[str]) -> bool:
    """Whether ``od`` is to read numbers with a point, ``sort`` in a rare order, ``grep`` to colour, and the like."""
    if base in ("base32", "base64"):
        return any(re.match(r"-[a-z]*[di]|--[di]", arg) for arg in args)
    if base == "tr":
        return _refuses(args)
    if base == "column":
        return any(re.match(r"-[txeL]*[cxJ]|--(?:output-w|fillr|json)", arg) for arg in args)
    if "grep" in base:
        letters = [arg for arg in args if re.fullmatch(r"-[A-Za-z0-9].*", arg)]
        colored = any(re.fullmatch(r"--colou?r=always", arg) for arg in args)
        return colored and all(re.fullmatch(r"-[ivnHhrRowxclsqEFGPa]*(?:[em].*)?", one) for one in letters)
    if base == "sort":
        return _orders(args)
    pairs = [f"{one}{other}" if one == "-t" else one for one, other in zip(args, [*args[1:], ""], strict=False)]
    return any(re.fullmatch(r"-[a-zA-Z]*[feF]|-[a-zA-Z]*t\w*f.*|--format=\w*f.*", arg) for arg in pairs)


def _orders(args: Sequence[str]) -> bool:
    """Whether ``sort`` is given orders that may exclude each other, of chance, keys as of old, or rare options."""
    bundles = [arg[1:] for arg in args if re.fullmatch(r"-[a-zA-Z]+", arg)]
    letters = "".join(bundles)
    keys = "".join(re.sub(r"[^ghMnVdiR]", "", arg) for arg in args if re.match(r"-[a-zA-Z]*k?\d|\d", arg))
    kinds = {letter for letter in letters + keys if letter in "ghMnVdiR"}
    kinds |= {arg for arg in args if _ORDER.match(arg)}
    checks = {letter for letter in letters if letter in "cC"} | {arg for arg in args if arg.startswith("--check")}
    files = [arg for arg in args if not arg.startswith("-")]
    outputs = sum(bool(re.match(r"-[a-zA-Z]*o|--output", arg)) for arg in args)
    return (
        len(kinds) > 1
        or "R" in kinds
        or bool(checks and (len(files) + outputs + len(checks) > 2))
        or outputs > 1
        or any(_RARE.match(arg) for arg in args)
    )


def _refuses(args: Sequence[str]) -> bool:
    """Whether ``tr`` is given sets that are wrong, or repeat a letter; the library takes any."""
    options = [arg for arg in args if re.fullmatch(r"-[a-zA-Z]+|--[a-z-]+[1]?", arg)]
    sets = args[len(options) :]
    letters = "".join(arg[1:] for arg in options if not arg.startswith("--"))
    deletes, squeezes = "d" in letters or "--delete" in options, "s" in letters or "--squeeze-repeats" in options
    least, most = 1 if deletes != squeezes else 2, 1 if deletes and not squeezes else 2
    odd = any(re.search(r"\*\d*\]|\[=", one) or not one.isascii() for one in sets)
    odd = odd or ("[:" in "".join(sets[1:]) and "[:" not in sets[0])
    classes = [set(re.findall(r"\[:(\w+):", one)) for one in sets]
    kinds = any(found - _CLASSES for found in classes) or (not deletes and any(classes[1:]) and classes[1] - _CASES)
    return odd or bool(kinds) or not least <= len(sets) <= most or (not deletes and sets[1:] in (["''"], ['""']))


def asks_itself(base: str, args: Sequence[str]) -> bool:
    """Whether the program is asked what it is, or for what the library's does not have."""
    about = {"--version", "--help"}
    if base in WRAPPERS and base != "find":
        own = about | ({"-l", "-V", "-v", "-k", "-i", "-s", "--list"} if base == "sudo" else set())
        return bool(args) and args[0] in own
    if base == "compgen":
        return bool({"-b", "-c", "builtin", "command"} & set(args))
    if base == "tail" and any(re.fullmatch(r"-\d*[fF]|--follow.*|-n?\d*f", arg) for arg in args):
        return True
    return base not in _LITERAL and bool(about & set(args))
