"""``free``, in the layouts and with the arithmetic of procps 3.3.10 to 4.0."""

from __future__ import annotations

from dataclasses import dataclass

from llm_kernel.machine.memory import Memory, memory
from llm_kernel.machine.profiles import Profile
from llm_kernel.programs.exact.rounds import report_rounds
from llm_kernel.programs.table import live
from llm_kernel.shell.call import Call, Io

__all__ = ["table"]

_UNITS = {"k": 1, "kibi": 1, "m": 2, "mebi": 2, "g": 3, "gibi": 3, "tebi": 4, "pebi": 5}
_POWERS = {"kilo": 1, "mega": 2, "giga": 3, "tera": 4, "peta": 5}
_LONG = {"bytes": "b", "human": "h", "lohi": "l", "total": "t", "wide": "w", "seconds": "s", "count": "c"}
_LONG |= {"line": "L", "committed": "v"}
_USAGE = """
Usage:
 free [options]

Options:
 -b, --bytes         bytes
     --kilo --mega --giga --tera --peta   powers of 1000
 -k, --kibi          kibibytes (the default)
 -m, --mebi          mebibytes
 -g, --gibi          gibibytes
     --tebi --pebi   larger powers of 1024
 -h, --human         the shortest form
     --si            powers of 1000 instead of 1024
 -l, --lohi          low and high memory
 -t, --total         a line with the sum of memory and swap
 -s N, --seconds N   repeat every N seconds
 -c N, --count N     repeat N times
 -w, --wide          buffers and cache apart
     --help     display this help and exit
 -V, --version  output version information and exit

For more details see free(1).
"""


@dataclass(slots=True)
class _Wish:
    """What the command line asks for; ``power`` of ``base`` is the unit."""

    power: int = 1
    base: int = 1024
    human: bool = False
    wide: bool = False
    total: bool = False
    lohi: bool = False
    count: int = 0
    line: bool = False
    committed: bool = False
    seconds: float = 0.0


@live("free")
async def free(call: Call, io: Io) -> int:
    """``free``; with ``-s`` or ``-c`` the time between the tables passes on the machine's clock."""
    made = call.machine.system.profile
    wish = _read(list(call.args))
    new = made.since("procps", "4.0")
    if not isinstance(wish, str) and not new and (wish.line or wish.committed):
        wish = f"free: invalid option -- '{'L' if wish.line else 'v'}'\n{_USAGE}"
    if isinstance(wish, str):
        told = {"version": f"free from procps-ng {made.procps}\n", "help": _USAGE}.get(wish)
        await (io.out(told) if told else io.err(wish))
        return 0 if told else 1
    repeated = wish.count > 1 or bool(wish.seconds)

    def report(n: int) -> str:
        return _table(memory(call.machine), wish, made) + ("\n" if repeated else "")

    count = wish.count or (None if wish.seconds else 1)
    return await report_rounds(call, io, report, count=count, seconds=wish.seconds or 1.0)


def table(now: Memory, made: Profile, *args: str) -> str:
    """What ``free ARGS`` of this release says about ``now``; an empty text for a wrong command line."""
    wish = _read(list(args))
    return "" if isinstance(wish, str) else _table(now, wish, made)


def _read(args: list[str]) -> _Wish | str:
    """The wish; or ``help``, ``version`` or an error's text."""
    wish = _Wish()
    while args:
        word = args.pop(0)
        name, eq, value = word.removeprefix("--").partition("=")
        if word.startswith("--"):
            if name in ("help", "version"):
                return name
            if name in _POWERS:
                wish.power, wish.base = _POWERS[name], 1000
            elif name in _UNITS:
                wish.power = _UNITS[name]
            elif name == "si":
                wish.base = 1000
            elif name not in _LONG:
                return f"free: unrecognized option '{word}'\n{_USAGE}"
            letters = _LONG.get(name, "")
        elif word.startswith("-") and word != "-":
            letters = word[1:]
        else:
            return _USAGE
        wrong = _letters(wish, letters, value if eq else None, args)
        if wrong:
            return wrong
    return wish


def _letters(wish: _Wish, letters: str, value: str | None, args: list[str]) -> str:
    while letters:
        letter, letters = letters[0], letters[1:]
        if letter == "V":
            return "version"
        if letter in "sc":
            text, letters = value or letters or (args.pop(0) if args else ""), ""
            wrong = _repeat(wish, letter, text)
            if wrong:
                return wrong
        elif letter == "b":
            wish.power = 0
        elif letter in _UNITS:
            wish.power = _UNITS[letter]
        elif letter in "hwtlLv":
            flag = {"h": "human", "w": "wide", "t": "total", "l": "lohi", "L": "line", "v": "committed"}[letter]
            setattr(wish, flag, True)
        else:
            return f"free: invalid option -- '{letter}'\n{_USAGE}"
    return ""


def _repeat(wish: _Wish, letter: str, text: str) -> str:
    if not text:
        return f"free: option requires an argument -- '{letter}'\n{_USAGE}"
    try:
        number = float(text)
    except ValueError:
        what = "seconds argument" if letter == "s" else "count argument"
        return f"free: {what} failed: '{text}'\n"
    if letter == "s":
        if not 0 < number < 1e6:
            return f"free: seconds argument `{text}' is not positive number\n"
        wish.seconds = number
    else:
        if not 1 <= number <= 1000:
            return f"free: failed to parse count argument: '{text}'\n"
        wish.count = int(number)
    return ""


def _table(now: Memory, wish: _Wish, made: Profile) -> str:
    used = now.total - now.available if made.since("procps", "4.0") else now.taken
    cache = [now.buffers, now.cached] if wish.wide else [now.buffers + now.cached]
    titles = ["total", "used", "free", "shared", *(["buffers", "cache"] if wish.wide else ["buff/cache"]), "available"]
    first = 20 if made.since("procps", "3.3.17") else 19
    if wish.line:
        parts = (("SwapUse", now.swap_total - now.swap_free), ("CachUse", now.buffers + now.cached), ("MemUse", used))
        sums = [*parts, ("MemFree", now.free)]
        return " ".join(f"{name:>8} {_amount(size, wish, binary=True):>11}" for name, size in sums) + "\n"
    swap = [now.swap_total, now.swap_total - now.swap_free, now.swap_free]
    rows = [("Mem:", [now.total, used, now.free, now.shared, *cache, now.available])]
    if wish.lohi:
        rows += [("Low:", [now.total, now.total - now.free, now.free]), ("High:", [0, 0, 0])]
    rows.append(("Swap:", swap))
    if wish.committed:
        limit, promised = now.total // 2 + now.swap_total, now.taken + now.taken // 2
        rows.append(("Comm:", [limit, promised, limit - promised]))
    if wish.total:
        rows.append(("Total:", [now.total + swap[0], used + swap[1], now.free + swap[2]]))
    suffix = made.since("procps", "3.3.15")
    lines = ["".join(f"{title:>{first if n == 0 else 12}}" for n, title in enumerate(titles))]
    for label, row in rows:
        cells = [_amount(value, wish, binary=suffix) for value in row]
        lines.append(label + "".join(f"{cell:>{first - len(label) if n == 0 else 12}}" for n, cell in enumerate(cells)))
    return "\n".join(lines) + "\n"


def _amount(kib: int, wish: _Wish, *, binary: bool) -> str:
    size = kib * 1024
    if not wish.human:
        return str(size // wish.base**wish.power)
    i = "i" if binary and wish.base == 1024 else ""
    most = 4 + len(i)
    if len(f"{size}B") <= 4:
        return f"{size}B"
    for power, unit in enumerate("KMGTP", 1):
        value = size / wish.base**power
        for text in (f"{value:.1f}{unit}{i}", f"{int(value)}{unit}{i}"):
            if len(text) <= most:
                return text
    return f"{size // wish.base**5}P{i}"
