"""What a shell inside the shell runs: the text of ``bash -c``, a script file, ``eval``'s words, a sourced file.

The library runs such a text by itself; before it does, the text is asked for here, is judged as bash would, and comes
back led to the machine, its programs registered. What comes back is always a text to run.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from llm_kernel import syntax
from llm_kernel.machine import Machine
from llm_kernel.machine.processes import Process
from llm_kernel.machine.signals import ENDS, name_of, said_of
from llm_kernel.shell import dash
from llm_kernel.shell.chance import Chance
from llm_kernel.shell.choosing import menu
from llm_kernel.shell.lead import AT, GONE, INNER, OVER
from llm_kernel.shell.moments import moved
from llm_kernel.shell.permits import Permits, refused
from llm_kernel.shell.placing import Bodies
from llm_kernel.shell.signals import Pending, trapped
from llm_kernel.shell.transforming import matched, told
from llm_kernel.tokens import quoted

__all__ = ["ALOUD", "COPIES", "NO_COPROCESS", "WATCHED", "Inner"]

NO_COPROCESS = "coproc: this machine's shell has no coprocesses"
"""What is said where a script starts one."""

COPIES = "/dev/.sourced"
"""Where a sourced file stands while it runs, if it had to be changed."""

WATCHED = "-c"
"""The source of a text that is watched."""

ALOUD = frozenset(["!", "full", "xargs", "menu", "prompt", "traced"])
"""What is answered on standard error."""

_FUNCTION = re.compile(r"\(\)|\bfunction\s")
_DASHES_END = re.compile(r"\breadonly\b|\$\(\([^)\n]*[/%]")
"""Where a wrong assignment or a division by zero may end dash, with 2 and not with 1."""

_FATAL = re.compile(r"\bset\s(?:-\w+\s+)*-\w*u|\bnounset\b|\$\{\w+(?:\[\w+\])?:?\?")
_WATCH = f"trap '[ $? = 1 ] && [ -z \"${{{OVER}-}}\" ] && exit 127' EXIT; trap '{OVER}=1' ERR; "
"""An expansion that fails ends ``bash -c`` with 127: a shell that ends with 1 and was not told to."""

_END = f"\n{{ {OVER}=$?; exit ${OVER}; }}"
_DASHING = ("ubuntu", "debian")
"""Systems whose sh is dash."""

_SHELLS = ("sh", "bash", "dash")
_TELLING = ("awk", "gawk", "jq", "sed")
"""Tools of the library that read a script whose first line names them."""
_DEEPEST = 40
"""Evals within evals."""

_KILL = 9
"""The signal that nobody catches."""


class Inner:
    """``lead(text, pid, parent, source)`` gives a text its edits and registers its programs.

    ``absent``: a word that the library would find is no program. ``adopt`` gives the process that was made for what
    runs here alone, ``own`` is the one that its shell is.
    """

    def __init__(
        self,
        machine: Machine,
        lead: Callable[[str, int, int, str], str],
        absent: Callable[[str], bool],
        adopt: Callable[[], Process | None],
    ) -> None:
        self._machine = machine
        self._lead = lead
        self._absent = absent
        self._adopt = adopt
        self._permits = Permits(machine)
        self._chance = Chance(machine)
        self._copies: dict[bytes, bytes] = {}
        self._exchanges: list[str] = []
        self._bodies: Bodies | None = None
        self._begun: list[tuple[int, int]] = []
        self._pending: dict[int, Pending] = {}
        self._home: Inner | None = None
        self._masks: list[int] = []
        self._trapping: set[tuple[int, int]] = set()
        self._deep = 0
        self._dashes: set[str] = set()
        self.own = machine.processes.shell
        self._listen(self.own)

    def answer(
        self, args: tuple[str, ...], cwd: str, stdin: bytes, env: Mapping[str, str] = MappingProxyType({})
    ) -> tuple[str, int]:
        """The text to run and the status to leave; ``args``: the asking shell's number, the kind, what it is given."""
        parent, rest = int(args[0]), list(args[2:])
        kind, _, flags = args[1].partition(":")
        match kind:
            case "c":
                text = rest[0] if rest else ""
                return self._text(text, parent, "bash: -c", words=("bash", "-c", text), flags=flags), 0
            case "s":
                return self._text(stdin.decode("utf-8", "replace"), parent, "bash", flags=flags), 0
            case "f":
                return self._file(rest[0] if rest else "", parent, cwd, env, flags), 0
            case "x":
                return self._program(rest[0], rest[-1], parent, cwd, env), 0
            case "e":
                return self._evaluated(" ".join(rest[1:]).removeprefix("-- "), parent), int(rest[0])
            case "ended":
                self._return(parent)
                return "", int(rest[0])
            case "evaluated":
                self._deep -= 1
                return "", int(rest[0])
            case "t":
                return self._trapped(parent, int(rest[0]), rest[1]), 0
            case "traps":
                self.pending(self._who(parent)).traps = trapped(rest[1])
                return "", int(rest[0])
            case "trapped":
                self._trapping.discard((self._who(parent), int(rest[0])))
                return "", 0
            case "!":
                return "".join(f"{line}\n" for line in rest[1:3]), int(rest[0])
            case "awk" | "jq":
                return moved(kind, rest[0] if rest else "", self._machine.clock.now, env), 0
            case "open" | "outer" | "may" | "tool":
                return self._permits.answer(kind, rest, cwd, env), 0
            case "xargs":
                return _counted(int(rest[0]), rest[-1])
            case "menu":
                return menu(rest[1:], rest[0]), 0
            case "prompt":
                return rest[0], 0
            case "chosen":
                at = int(rest[0]) if rest[0].isdecimal() else 0
                return rest[at] if 0 < at < len(rest) else "", 0
            case "A" | "K" | "k":
                return told(kind, rest[0]), 0
            case "replaced":
                return matched(rest[0], rest[1], rest[2], rest[3:]), 0
            case "known":
                name, *function = rest
                return f"{GONE if not any(function) and self._absent(name) else ''}{name}", 0
            case "mask":
                self._masks.append(self._machine.files.umask)
                return "", 0
            case "unmask":
                if self._masks:
                    self._machine.files.umask = self._masks.pop()
                return "", int(rest[0])
            case "newer":
                return f"{int(self._newer(rest, cwd))}", 0
            case "number":
                return f"{self._chance.number()}", 0
            case "chance":
                return self._chance.file(int(rest[0])), 0
            case "progfile":
                return self._programmed(rest[0] if rest else "", cwd), 0
            case "printf":
                return self._lead(shlex.join(["printf", *rest]), parent, parent, ""), 0
            case "traced":
                return (f"{rest[2]}{rest[3]}\n" if "x" in rest[1] else ""), int(rest[0])
            case "exchange":
                return self._exchange(), 0
            case "exchanged":
                return self._exchanged(), int(rest[0])
            case "full":
                return (f"{rest[0]}\n", 1) if stdin else ("", 0)
            case _:
                return self._sourced(rest[0] if rest else "", parent, cwd, env), 0

    def over(self) -> None:
        """The run is over: no shell inside it lives, and no sourced file is in use."""
        while self._begun:
            self._ends(self._begun.pop()[1])
        if self._home is None:
            self.pending(self.own).traps = {}
        self._trapping.clear()
        if self._masks:
            self._machine.files.umask = self._masks[0]
            self._masks.clear()
        self._deep = 0
        self._bodies = None
        while self._exchanges:
            self._exchanged()
        self._chance.over()
        if self._copies:
            self._machine.files.root.remove(COPIES, True)
            self._copies = {}

    def named(self, data: bytes) -> bytes:
        """What is said of a copy, as if it were said of its file; and of a function, at its place."""
        data = dash.said(data, self._dashes)
        if self._bodies is not None:
            data = self._bodies.placed(data)
        for copy, name in self._copies.items():
            data = data.replace(copy, name)
        return data

    def _text(
        self,
        text: str,
        parent: int,
        where: str,
        *,
        own: bool = False,
        source: str = "",
        words: tuple[str, ...] = ("bash",),
        flags: str = "",
    ) -> str:
        """``text`` to be run by a shell that calls itself ``where`` and was called by ``words``.

        ``own``: by the shell that asks. ``flags`` are the letters that it was called with.
        """
        refused, dashing = "", self._dashing(flags)
        self._dashes.discard(source)
        if dashing:
            name = source or "sh"
            self._dashes.add(name)
            text, refused = dash.translated(text, name, f"{INNER} </dev/null {parent}")
        verdict = syntax.judge(text)
        tail = f"\n{_fails(refused, 2)}" if refused else ""
        if "coproc" in text and (at := syntax.coprocess(text)) >= 0:
            said = quoted(f"{where}: {NO_COPROCESS}")
            text = f"{text[:at]}\nprintf '%s\\n' {said} >&2; {'(exit 1)' if own else 'exit 1'}"
        if verdict.state != "complete" and not verdict.runs:
            said = re.sub(r"(?m)^bash: ", f"{where}: ", verdict.error)
            text = text[: verdict.start]
            tail = f"\nprintf '%s\\n' {quoted(said)} >&2; (exit 2)" if own else f"\n{_fails(said, 2)}"
        elif verdict.error:
            said = quoted(verdict.error)
            return f"printf '%s\\n' {said} >&2; " + self._lead(text, parent, parent, source)
        text = f"set -x; {text}" if "x" in flags else text
        if where == "bash: -c" and _FUNCTION.search(text):
            self._bodies = Bodies(text)
        pid = parent if own else self._fork(parent, words)
        if "/proc" in text:
            self._machine.refresh()
        fatal = "u" in flags or _FATAL.search(text) is not None
        fatal = fatal or (dashing and _DASHES_END.search(text) is not None)
        if (dashing or where.endswith("-c")) and fatal and not tail and "trap" not in text:
            watch = _WATCH.replace("127", "2") if dashing else _WATCH
            return watch + self._lead(text, pid, parent, WATCHED) + _END
        return self._lead(text, pid, parent, source) + tail

    def _dashing(self, flags: str) -> bool:
        """Whether the shell that was called with ``flags`` is dash."""
        return "d" in flags and self._machine.system.os in _DASHING

    def _evaluated(self, text: str, parent: int) -> str:
        """What ``eval`` runs; evals within evals are counted, for the library has no bound of its own."""
        if "eval" not in text:
            return self._text(text, parent, "bash: eval", own=True)
        if self._deep >= _DEEPEST:
            return f"printf 'bash: eval: maximum eval nesting level exceeded ({_DEEPEST})\\n' >&2; (exit 1)"
        self._deep += 1
        return f"{self._text(text, parent, 'bash: eval', own=True)}\n{INNER} </dev/null {parent} evaluated $?"

    def join(self, home: Inner) -> None:
        """Run for a program of the shell ``home``: signals reach both by way of the same processes."""
        self._home, self.own, self._pending = home, home.own, home._pending

    def _fork(self, parent: int, words: tuple[str, ...], cwd: str = "/") -> int:
        """The number of a shell that begins now with ``words``; one that the same shell began before has ended."""
        machine = self._machine
        self._return(parent)
        process = self._adopt()
        if process is None:
            user = machine.system.user
            process = machine.processes.spawn(words, user=user, ppid=parent, now=machine.clock.now, cwd=cwd)
        process.command = _became(process.command, words)
        process.name = posixpath.basename(words[-1]) if "/" in words[0] else ""
        self._begun.append((parent, process.pid))
        self._listen(process.pid)
        return process.pid

    def _return(self, parent: int) -> None:
        """The shells that run inside ``parent`` have ended."""
        while any(above == parent for above, _ in self._begun):
            self._ends(self._begun.pop()[1])

    @property
    def within(self) -> int:
        """The innermost shell that runs now; 0 for none but this one itself."""
        return self._begun[-1][1] if self._begun else 0

    def _listen(self, pid: int) -> None:
        """Keep the signals that a shell is sent, until it looks."""
        handlers = self._machine.processes.handlers
        kept = handlers.get(pid)
        pending = kept if isinstance(kept, Pending) else Pending()  # what another shell of this process keeps
        self._pending[pid] = pending
        handlers.setdefault(pid, pending)  # a job's process asks its shell

    def _ends(self, pid: int) -> None:
        processes = self._machine.processes
        pending = self._pending.pop(pid, None)
        if processes.handlers.get(pid) is pending:
            del processes.handlers[pid]
            processes.end(pid)

    def _who(self, parent: int) -> int:
        """The shell that asks: one that runs inside this one, or this one itself, whatever number it goes by."""
        return parent if any(pid == parent for _, pid in self._begun) else self.own

    def pending(self, pid: int) -> Pending:
        """The signals that a shell of this process has not looked at yet."""
        return self._pending.setdefault(pid, Pending())

    def caught(self, signal: int) -> bool:
        """Whether a trap takes a signal for this shell's process, or it is ignored."""
        return self.pending(self.own).takes(signal)

    def _trapped(self, pid: int, status: int, traps: str) -> str:
        """What a shell does for the signals that it was sent, its traps being ``traps``; ``status`` stays as it was."""
        who = self._who(pid)
        login = who == self._machine.processes.shell
        process = self._machine.processes.table.get(pid)
        parent = 0 if login or process is None else process.ppid
        wanted = trapped(traps)
        lines = []
        pending = self.pending(who).signals
        ready = [signal for signal in pending if (who, signal) not in self._trapping]
        for signal in ready:  # one whose trap runs now waits until that is over
            pending.remove(signal)
            body = wanted.get(name_of(signal)) if signal != _KILL else None
            if body:
                self._trapping.add((who, signal))
                after = f"{INNER} </dev/null {pid} trapped {signal}"
                lines += [self._lead(body, pid, parent, ""), after]
            elif body is not None:
                lines.append(":")
            elif signal in ENDS and not login:
                told = (
                    who == pid
                    and self.own == self._machine.processes.shell
                    and (signal == 15 or (signal != 2 and parent == self._machine.processes.shell))
                )
                lines.append(f"printf '%s\\n' '{said_of(signal)}' >&2" if told else ":")
                lines.append(f"{'trap - EXIT; ' if signal == 9 else ''}exit {128 + signal}")
        return "\n".join([*lines, f"(exit {status})"] if status else lines)

    def _file(self, name: str, parent: int, cwd: str, env: Mapping[str, str], flags: str) -> str:
        files, path = self._machine.files, self._machine.files.absolute(name, cwd)
        if not files.exists(path) and self._dashing(flags):
            return _fails(f"sh: 0: cannot open {name}: No such file", 2)
        if not files.exists(path):
            return _fails(f"bash: {name}: No such file or directory", 127)
        if files.is_dir(path):
            return _fails(f"{name}: {name}: Is a directory", 126)
        if not self._permits.readable(path, env):
            return _fails(f"bash: {name}: Permission denied", 126)
        data = files.read(path)
        if b"\0" in data[:80].partition(b"\n")[0]:
            return _fails(f"{name}: {name}: cannot execute binary file", 126)
        text = data.decode("utf-8", "replace")
        return self._text(text, parent, name, source=name, words=("bash", name), flags=flags)

    def _program(self, name: str, who: str, parent: int, cwd: str, env: Mapping[str, str]) -> str:
        """A file that is called by its path: a shell's script is its text, everything else stays a call."""
        files, path = self._machine.files, self._machine.files.absolute(name, cwd)
        call = f'{quoted(name)} "$@"'
        try:
            stat = files.stat(path)
        except OSError as err:
            self._lead(call, parent, parent, "")
            return f"{AT}={quoted(f'{who}: {name}: {err.strerror}')} {call}"
        if stat.kind == "directory":
            return _fails(f"{who}: {name}: Is a directory", 126)
        if not stat.mode & 0o111:
            return _fails(f"{who}: {name}: Permission denied", 126)
        if not self._permits.readable(path, env):
            return _fails(f"{who}: {name}: Permission denied", 126)
        data = b"" if stat.sized else files.read(path)
        first = data[:200].partition(b"\n")[0].decode("utf-8", "replace")
        words = first[2:].split() if first.startswith("#!") else []
        reader = posixpath.basename(words[0]) if words else "sh"
        if reader == "env" and len(words) > 1:
            runner, words = words[0], [word for word in words[1:] if not word.startswith("-")] or words
            reader = posixpath.basename(words[0])
            if self._absent(reader):
                return _fails(f"{runner}: ‘{reader}’: No such file or directory", 127)
        elif words and self._absent(reader) and not files.exists(files.absolute(words[0], "/")):
            return self._unread(f"{who}: {name}", words[0])
        if reader in _TELLING and not stat.sized:
            return self._lead(f"{shlex.join([reader, *words[1:]])} {call}", parent, parent, "")
        if stat.sized or reader not in _SHELLS or b"\0" in data[:1000]:
            self._lead(call, parent, parent, "")
            return call
        options = " ".join(word for word in words[1:] if word.startswith("-"))
        by = (words[0] if words and "/" in words[0] else "/bin/bash", name)
        flags = "d" if words and reader in ("sh", "dash") else ""
        text = self._text(data.decode("utf-8", "replace"), parent, name, source=name, words=by, flags=flags)
        return f"set {options}; {text}" if options else text

    def _unread(self, who: str, reader: str) -> str:
        """What is said of a script whose reader is not there; the words changed with bash 5.2."""
        if self._machine.system.profile.bash >= "5.2":
            return _fails(f"{who}: cannot execute: required file not found", 127)
        return _fails(f"{who}: {reader}: bad interpreter: No such file or directory", 126)

    def _newer(self, words: Sequence[str], cwd: str) -> bool:
        """Whether one file was changed after the other, or is there alone; ``-ot``: the other way round."""
        if len(words) != 3:  # an empty word was no word
            return False
        first, operator, second = words
        one, other = (self._changed(name, cwd) for name in (first, second))
        if operator == "-ot":
            one, other = other, one
        return one is not None and (other is None or one > other)

    def _changed(self, name: str, cwd: str) -> float | None:
        files = self._machine.files
        try:
            return files.stat(files.absolute(name, cwd)).mtime
        except OSError:
            return None

    def _sourced(self, name: str, parent: int, cwd: str, env: Mapping[str, str]) -> str:
        """The path to source instead of ``name``: its own, where the text is good as it is."""
        files, path = self._machine.files, self._machine.files.absolute(name, cwd)
        if not files.exists(path) or files.is_dir(path) or files.is_sized(path) or path.startswith("/dev/"):
            return name
        if not self._permits.readable(path, env):
            return refused(name)
        text = files.read(path).decode("utf-8", "replace")
        changed = self._text(text, parent, name, own=True, source=name)
        if changed == text:
            return name
        return self._copy(name, changed)

    def _programmed(self, name: str, cwd: str) -> str:
        """The path of an awk program to read instead of ``name``: its own, where it does not ask for the time."""
        files, path = self._machine.files, self._machine.files.absolute(name, cwd)
        if not files.exists(path) or files.is_dir(path) or files.is_sized(path) or path.startswith("/dev/"):
            return name
        with files.as_root():
            text = files.read(path).decode("utf-8", "replace")
        changed = moved("awk", text, self._machine.clock.now, {})
        return name if changed == text else self._copy(name, changed)

    def _exchange(self) -> str:
        """A file for what a command writes to its errors, which are to be its output."""
        root = self._machine.files.root
        root.mkdir(COPIES, True)
        self._exchanges.append(f"{COPIES}/{len(self._exchanges)}>")
        root.write_file(self._exchanges[-1], b"")
        return self._exchanges[-1]

    def _exchanged(self) -> str:
        """What came into the last of these files, which then is gone."""
        root, path = self._machine.files.root, self._exchanges.pop()
        text: bytes = root.read_file(path)
        root.remove(path)
        return text.decode("utf-8", "replace")

    def _copy(self, name: str, text: str) -> str:
        copy, root = f"{COPIES}/{len(self._copies)}:", self._machine.files.root
        root.mkdir(COPIES, True)
        root.write_file(copy, text.encode())
        self._copies[copy.encode()] = name.encode()
        return copy


def _became(command: tuple[str, ...], words: tuple[str, ...]) -> tuple[str, ...]:
    """The command line of a process that ran ``command`` and is the shell that was called by ``words``."""
    if "/" in words[0]:
        return (*words, *command[command.index(words[1]) + 1 :]) if words[1] in command else words
    return command[next((at for at, word in enumerate(command) if posixpath.basename(word) in _SHELLS), 0) :]


def _counted(status: int, name: str) -> tuple[str, int]:
    """What ``xargs`` says and ends with when the worst of its commands ended with ``status``."""
    if status == 255:
        return f"xargs: {name}: exited with status 255; aborting\n", 124
    if status > 128:
        return f"xargs: {name}: terminated by signal {status - 128}\n", 125
    return "", status if status in (0, 126, 127) else 123


def _fails(said: str, status: int) -> str:
    hidden = "{ set +x; } 2>/dev/null"  # a trace shows what the script does, not what is said of it
    return f"{hidden}; printf '%s\\n' {quoted(said)} >&2; exit {status}"
