"""``watch``: a command again and again on a clean screen, until nothing here can change what it shows."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

from llm_kernel.programs.exact.nvidia_table import date_line
from llm_kernel.programs.repeating import Beat
from llm_kernel.programs.table import NotExact, live
from llm_kernel.shell.call import Call, Io

__all__ = ["watch"]

_WIPE = b"\x1b[H\x1b[2J\x1b[3J"
_WIDTH = 80
_LEAST = 0.1
_USAGE = """
Usage:
 watch [options] command

Options:
  -n, --interval <secs>  seconds between two rounds (2)
  -d, --differences      accepted; a notebook shows no marks
  -t, --no-title         no line above the output
  -e, --errexit          end when the command fails
  -g, --chgexit          end when the output changes
  -b, --beep             accepted
  -c, --color            keep colours
  -x, --exec             run the command without a shell
  -h, --help             this text
"""
_PLAIN = {
    "d": "differences",
    "t": "no-title",
    "e": "errexit",
    "g": "chgexit",
    "b": "beep",
    "c": "color",
    "x": "exec",
    "p": "precise",
    "h": "help",
    "v": "version",
}
_MOMENT = re.compile(rb"\d+:\d\d(?::\d\d)?(?:\.\d+)?|[\d.]+ ?W\b|\x1b\[[\d;]*m")
"""What time alone changes: clock times, and the draw of a GPU, which always flickers."""


@dataclass(slots=True)
class _Asked:
    """The command line: ``wrong`` is what it is refused with."""

    flags: set[str]
    interval: float
    words: list[str]
    wrong: str = ""


@live("watch")
async def watch(call: Call, io: Io) -> int:
    """Show a command's output in rounds; it ends as other repeating programs do, and says so."""
    asked = _asked(call)
    if asked.wrong:
        await io.err(f"{asked.wrong}\n" if "parse" in asked.wrong else f"{asked.wrong}\n{_USAGE}")
        return 1
    if "help" in asked.flags or not asked.words:
        await (io.out if "help" in asked.flags else io.err)(_USAGE)
        return 0 if "help" in asked.flags else 1
    if "version" in asked.flags or call.run is None:
        raise NotExact(call.name)
    return await _rounds(call, io, asked)


async def _rounds(call: Call, io: Io, asked: _Asked) -> int:
    line = shlex.join(asked.words) if "exec" in asked.flags else " ".join(asked.words)
    beat, before = Beat(call, io, asked.interval), b""
    while True:
        shown, status = await _output(call, line)
        await io.out(_WIPE + _title(call, asked) + shown)
        if status and "errexit" in asked.flags:
            await io.err("watch: command exit with a non-zero status\n")
            return 8
        known = _MOMENT.sub(b"", shown) == _MOMENT.sub(b"", before)
        if "chgexit" in asked.flags and beat.rounds and shown != before:
            return 0
        before = shown
        if not await beat.again(changed=not known):
            await io.err(f"watch: {beat.reason}\n")
            return 0


async def _output(call: Call, line: str) -> tuple[bytes, int]:
    """What the command writes to both its streams, in order, and its status."""
    assert call.run is not None
    parts = bytearray()

    async def keep(data: bytes) -> None:
        parts.extend(data)

    status = await call.run(line, keep, keep)
    return bytes(parts), status


def _title(call: Call, asked: _Asked) -> bytes:
    """The line above the output: the interval and the command on the left, the machine and the time on the right."""
    if "no-title" in asked.flags:
        return b""
    machine = call.machine
    right = f"{machine.system.host}: {date_line(machine.clock.local).rstrip()}"
    command = " ".join(asked.words)
    left = f"Every {asked.interval:.1f}s: "
    room = _WIDTH - len(left) - len(right) - 1
    if len(command) > room:
        command = f"{command[: max(0, room - 3)]}..."
    return f"{left}{command}{'':{max(1, _WIDTH - len(left) - len(command) - len(right))}}{right}\n\n".encode()


def _asked(call: Call) -> _Asked:
    asked, todo = _Asked(set(), 2.0, []), list(call.args)
    while todo and not asked.wrong:
        word = todo.pop(0)
        if word == "--" or not word.startswith("-") or word == "-":
            asked.words = todo if word == "--" else [word, *todo]
            break
        _take(asked, word, todo)
    return asked


def _take(asked: _Asked, word: str, todo: list[str]) -> None:
    """Understand one option; its value may be the next word."""
    if word.startswith("--"):
        name, equals, value = word[2:].partition("=")
        full = [long for long in (*_PLAIN.values(), "interval") if long.startswith(name)]
        if len(full) != 1 and name not in full:
            asked.wrong = f"watch: unrecognized option '{word}'"
        elif (name if name in full else full[0]) == "interval":
            _interval(asked, value if equals else todo.pop(0) if todo else "")
        else:
            asked.flags.add(name if name in full else full[0])
        return
    letters = word[1:]
    while letters and not asked.wrong:
        letter, letters = letters[0], letters[1:]
        if letter == "n":
            if not letters and not todo:
                asked.wrong = "watch: option requires an argument -- 'n'"
                return
            _interval(asked, letters or todo.pop(0))
            return
        if letter not in _PLAIN:
            asked.wrong = f"watch: invalid option -- '{letter}'"
        else:
            asked.flags.add(_PLAIN[letter])
            if letter == "d" and letters.startswith("="):
                return


def _interval(asked: _Asked, text: str) -> None:
    try:
        asked.interval = max(_LEAST, min(float(text.replace(",", ".")), 4294967.0))
    except ValueError:
        asked.wrong = f"watch: failed to parse argument: '{text}'"
