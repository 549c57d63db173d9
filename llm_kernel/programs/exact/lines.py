"""``stty`` and ``tput``: the terminal's size, its modes and its control sequences."""

from __future__ import annotations

import re

from llm_kernel.programs.table import NotExact, exact
from llm_kernel.shell.call import Answer, Call

SIZE = _ROWS, _COLUMNS = 24, 80
"""Rows and columns of a terminal here."""
_MODES = """\
speed 38400 baud; rows {rows}; columns {columns}; line = 0;
intr = ^C; quit = ^\\; erase = ^?; kill = ^U; eof = ^D; eol = <undef>;
eol2 = <undef>; swtch = <undef>; start = ^Q; stop = ^S; susp = ^Z; rprnt = ^R;
werase = ^W; lnext = ^V; discard = ^O; min = 1; time = 0;
-parenb -parodd -cmspar cs8 -hupcl -cstopb cread -clocal -crtscts
-ignbrk -brkint -ignpar -parmrk -inpck -istrip -inlcr -igncr icrnl ixon -ixoff
-iuclc -ixany -imaxbel iutf8
opost -olcuc -ocrnl onlcr -onocr -onlret -ofill -ofdel nl0 cr0 tab0 bs0 vt0 ff0
isig icanon iexten echo echoe echok -echonl -noflsh -xcase -tostop -echoprt
echoctl echoke -flusho -extproc
"""
_SHORT = "speed 38400 baud; line = 0;\n-brkint -imaxbel iutf8\n"
_PLAIN = re.compile(r"-?(?:echo|icanon|isig|ixon|raw|cooked|sane|cbreak|onlcr|opost|ixoff|iexten|icrnl|echoctl)")
_SEQUENCES = {
    "clear": "\x1b[H\x1b[2J\x1b[3J", "sgr0": "\x1b(B\x1b[m", "bold": "\x1b[1m", "dim": "\x1b[2m", "smul": "\x1b[4m",
    "rmul": "\x1b[24m", "rev": "\x1b[7m", "smso": "\x1b[7m", "rmso": "\x1b[27m", "sitm": "\x1b[3m", "blink": "\x1b[5m",
    "civis": "\x1b[?25l", "cnorm": "\x1b[?12l\x1b[?25h", "el": "\x1b[K", "ed": "\x1b[J", "bel": "\a", "home": "\x1b[H",
    "smcup": "\x1b[?1049h\x1b[22;0;0t", "rmcup": "\x1b[?1049l\x1b[23;0;0t", "sc": "\x1b7", "rc": "\x1b8", "cr": "\r",
}  # fmt: skip
"""What terminfo has for xterm-256color, by the names of its capabilities (ECMA-48 and xterm's own sequences)."""


@exact("stty")
def stty(call: Call) -> Answer:
    """``stty``, ``stty -a``, ``stty size``; modes that change nothing here are taken without a word."""
    words = [arg for arg in call.args if arg]
    if any(word.startswith(("--", "-F")) for word in words):
        raise NotExact(call.name)
    if not call.tty:
        return Answer(stderr="stty: 'standard input': Inappropriate ioctl for device\n", status=1)
    told = {"": _SHORT, "-a": _MODES.format(rows=_ROWS, columns=_COLUMNS), "size": f"{_ROWS} {_COLUMNS}\n",
            "speed": "38400\n"}  # fmt: skip
    if len(words) < 2 and " ".join(words) in told:
        return Answer(told[" ".join(words)])
    if all(_PLAIN.fullmatch(word) for word in words):
        return Answer()
    raise NotExact(call.name)


@exact("tput")
def tput(call: Call) -> Answer:
    """``tput cols``, ``lines``, ``colors``, ``setaf N``, ``bold``, ``sgr0`` and their like."""
    if not call.args or call.args[0].startswith("-"):
        raise NotExact(call.name)
    name, *given = call.args
    if not call.env.get("TERM"):
        return Answer(stderr="tput: No value for $TERM and no -T specified\n", status=2)
    numbers = {"cols": _COLUMNS, "lines": _ROWS, "colors": 256, "it": 8}
    if name in numbers:
        return Answer(f"{numbers[name]}\n")
    if name in ("setaf", "setab", "cup") and given and all(re.fullmatch(r"\d{1,3}", word) for word in given):
        return Answer(_set(name, [int(word) for word in given]))
    if name in _SEQUENCES and not given:
        return Answer(_SEQUENCES[name])
    raise NotExact(call.name)


def _set(name: str, numbers: list[int]) -> str:
    if name == "cup":
        row, column = (*numbers, 0)[:2]
        return f"\x1b[{row + 1};{column + 1}H"
    base, color = (30 if name == "setaf" else 40), numbers[0]
    if color < 8:
        return f"\x1b[{base + color}m"
    return f"\x1b[{base + 60 + color - 8}m" if color < 16 else f"\x1b[{base + 8};5;{color}m"
