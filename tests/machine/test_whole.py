"""All files at once: the way back by what differs leads where the way from nothing leads."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

import hypothesis.strategies as st
from bashkit import Bash
from hypothesis import given, settings

from llm_kernel.machine.clock import Clock
from llm_kernel.machine.files import Files
from llm_kernel.machine.snapshot import Snapshot

_PLACES = ("/w/a", "/w/b", "/w/d", "/w/d/a", "/w/d/e", "/w/d/e/c", "/dev/null", "/dev/x", "/proc/1/stat")
_PATH = st.sampled_from(_PLACES)
_OURS = st.tuples(
    st.sampled_from(
        [
            "write",
            "append",
            "size",
            "begin",
            "chmod",
            "chown",
            "touch",
            "mkdir",
            "remove",
            "device",
            "cover",
            "origin",
            "imagine",
        ]
    ),
    _PATH,
    st.just(""),
)
_USUAL = st.sampled_from([path for path in _PLACES if not path.startswith("/dev")])
_BETWEEN = st.tuples(st.sampled_from(["link", "symlink", "rename", "copy"]), _USUAL, _USUAL)
_SHELLS = st.tuples(
    st.just("shell"),
    st.sampled_from(
        ["echo {n} > {p}", "echo {n} >> {p}", "rm -rf {p}", "mkdir -p {p}", "chmod 7{n} {p}", "sed -i s/1/2/ {p}"]
    ),
    _USUAL,
)
_STEPS = st.lists(st.one_of(_OURS, _BETWEEN, _SHELLS), max_size=12)


class _Disk:
    """Files, and a shell over them that says nothing of what it writes."""

    def __init__(self, files: Files, clock: Clock) -> None:
        self.files, self.clock = files, clock
        self.bash = Bash()
        self.bash.mount("/", files.root)

    def live(self, steps: list[tuple[str, str, str]]) -> None:
        for number, step in enumerate(steps, 10):
            self.clock.advance(1.5)
            with suppress(OSError):
                self._step(step, number)
        self.files.settle()

    def _step(self, step: tuple[str, str, str], number: int) -> None:
        what, path, other = step
        files, text = self.files, b"%d\n" % number
        match what:
            case "shell":
                self.bash.execute_sync(path.format(n=number, p=other))
                files.writers.anywhere()
            case "write":
                files.write(path, text)
            case "append":
                files.append(path, text)
            case "size":
                files.sized(path, number * 1_000_000)
            case "begin":
                files.sized(path, number * 1_000, text)
            case "chmod":
                files.chmod(path, 0o600 + number)
            case "chown":
                files.chown(path, number, number)
            case "touch":
                files.touch(path, float(number))
            case "mkdir":
                files.mkdir(path)
            case "remove":
                files.remove(path, recursive=True)
            case "device":
                files.device(path, "block", number, 0)
            case "origin":
                files.latent(path, number, f"text {number}")
            case "imagine":
                files.imagine(files.origin(path), text)
            case "cover":
                covered = files.cover(path, 0o700)
                files.moment()
                files.uncover(path, covered)
            case "link":
                files.link(path, other)
            case "symlink":
                files.symlink(path, other)
            case _:
                getattr(files, what)(path, other)


def _said(files: Files) -> dict[str, Any]:
    """All that anybody can see of files, through ours and in the tree below."""
    found: dict[str, Any] = {"/": files.habits()}
    for path in files.walk("/"):
        stat = files.lstat(path)
        home = path if stat.kind == "symlink" else _home(files, path)
        content = (files.read(path), files.head(path)) if stat.kind == "file" else ()
        found[path] = stat, content, 0 if stat.target else files.root.stat(home)["mode"]
    return found


def _home(files: Files, path: str) -> str:
    """Where the bytes of a file with several names lie."""
    return files.root.read_link(path) if files.root.stat(path)["file_type"] == "symlink" else path


def _held(snapshot: Snapshot) -> dict[str, Any]:
    return {
        path: (entry.meta.to_state(), entry.data, entry.target)
        for path, entry in snapshot.entries.items()
        if path != "/proc"
    }


def _new() -> tuple[Files, Clock]:
    clock = Clock(1000.0, host=time.time)
    files = Files(clock)
    files.device("/dev/null", "character", 1, 3)
    files.mkdir("/w/d")
    files.mkdir("/proc/1")
    return files, clock


@settings(max_examples=150, deadline=None)
@given(_STEPS, _STEPS)
def test_a_tree_that_is_taken_over_becomes_what_a_new_one_becomes(
    first: list[tuple[str, str, str]], second: list[tuple[str, str, str]]
) -> None:
    files, clock = _new()
    disk = _Disk(files, clock)
    disk.live(first)
    wanted = files.moment()
    habits = files.habits()
    disk.live(second)
    anew = Files.from_state(Clock(2000.0, host=time.time), {**habits, **wanted.to_state()}, wanted)
    over = Files.from_state(Clock(2000.0, host=time.time), {**habits, **wanted.to_state()}, wanted, files)
    assert _held(over.moment()) == _held(wanted)
    assert _said(over) == _said(anew)
    assert _held(over.snapshot(without="/proc")) == _held(wanted)


@settings(max_examples=150, deadline=None)
@given(_STEPS, _STEPS, _STEPS)
def test_files_become_again_what_they_were_and_go_on_from_there(
    first: list[tuple[str, str, str]], second: list[tuple[str, str, str]], third: list[tuple[str, str, str]]
) -> None:
    files, clock = _new()
    disk = _Disk(files, clock)
    disk.live(first)
    wanted, said = files.snapshot(), _said(files)
    disk.live(second)
    files.restore(wanted)
    assert _said(files) == said
    assert {path: entry.meta.to_state() for path, entry in files.snapshot().entries.items()} == {
        path: entry.meta.to_state() for path, entry in wanted.entries.items()
    }
    disk.live(third)
    assert _held(files.moment()) == _held(files.snapshot(without="/proc"))


@settings(max_examples=100, deadline=None)
@given(_STEPS)
def test_each_look_sees_what_the_last_step_did(steps: list[tuple[str, str, str]]) -> None:
    files, clock = _new()
    disk = _Disk(files, clock)
    for step in steps:
        files.moment()
        disk.live([step])
        seen = files.moment()
        assert _held(seen) == _held(files.snapshot(without="/proc"))


def test_what_is_as_it_was_stays_the_same_object() -> None:
    files, _ = _new()
    for number in range(20):
        files.write(f"/w/d/{number}", b"%d\n" % number)
    wanted = files.moment()
    files.write("/w/d/3", b"other\n")
    files.remove("/w/d/4")
    files.restore(wanted)
    now = files.moment()
    assert _held(now) == _held(wanted)
    same = [path for path in wanted.entries if now.entries[path] is wanted.entries[path]]
    assert {path for path in wanted.entries if path not in same} == {"/proc", "/w/d", "/w/d/3", "/w/d/4"}
