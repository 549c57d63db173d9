"""One file under several names: whoever writes through any of them, nothing is lost."""

from __future__ import annotations

import tempfile
from pathlib import Path

import hypothesis.strategies as st
from bashkit import Bash
from hypothesis import given, settings

from llm_kernel.machine.clock import Clock
from llm_kernel.machine.files import Files

_NAMES = "abc"
_STEPS = st.one_of(
    st.tuples(st.just("shell"), st.sampled_from(_NAMES), st.just("")),
    st.tuples(st.just("append"), st.sampled_from(_NAMES), st.just("")),
    st.tuples(st.just("write"), st.sampled_from(_NAMES), st.just("")),
    st.tuples(st.just("remove"), st.sampled_from(_NAMES), st.just("")),
    st.tuples(st.sampled_from(["link", "rename"]), st.sampled_from(_NAMES), st.sampled_from(_NAMES)),
    st.tuples(st.just("restore"), st.just(""), st.just("")),
)


def _here(files: Files, bash: Bash, step: tuple[str, str, str], text: str) -> None:
    what, name, other = step
    path, new = f"/w/{name}", f"/w/{other}"
    match what:
        case "shell":
            bash.execute_sync(f"echo {text} >> {path}")
        case "append" if files.exists(path):
            files.append(path, f"{text}\n".encode())
        case "write":
            files.write(path, f"{text}\n".encode())
        case "remove" if files.exists(path):
            files.remove(path)
        case "link" if files.exists(path) and not files.exists(new):
            files.link(path, new)
        case "rename" if files.exists(path):
            files.rename(path, new)
        case "restore":
            before = files.snapshot()
            files.write("/w/a", b"gone")
            files.restore(before)


def _there(folder: Path, step: tuple[str, str, str], text: str) -> None:
    what, name, other = step
    path, new = folder / name, folder / other
    match what:
        case "shell":
            path.open("a").write(f"{text}\n")
        case "append" if path.exists():
            path.open("a").write(f"{text}\n")
        case "write":
            path.write_text(f"{text}\n")
        case "remove" if path.exists():
            path.unlink()
        case "link" if path.exists() and not new.exists():
            new.hardlink_to(path)
        case "rename" if path.exists():
            path.rename(new)
            if path.exists() and name != other:  # names of one file: rename(2) does nothing, mv takes the first away
                path.unlink()


@settings(max_examples=60, deadline=None)
@given(st.lists(_STEPS, max_size=14))
def test_names_hold_what_they_hold_on_a_real_disk(steps: list[tuple[str, str, str]]) -> None:
    files = Files(Clock(0.0))
    files.mkdir("/w")
    bash = Bash()
    bash.mount("/", files.root)
    with tempfile.TemporaryDirectory() as folder:
        for number, step in enumerate(steps):
            _here(files, bash, step, str(number))
            _there(Path(folder), step, str(number))
        files.settle()
        real = {path.name: (path.read_bytes(), path.stat().st_nlink) for path in sorted(Path(folder).iterdir())}
        assert {name: (files.read(f"/w/{name}"), stat.nlink) for name, stat in files.entries("/w").items()} == real
        same = {(a.stat().st_ino == b.stat().st_ino) for a in Path(folder).iterdir() for b in Path(folder).iterdir()}
        inodes = [stat.ino for stat in files.entries("/w").values()]
        assert {a == b for a in inodes for b in inodes} == same


def test_a_name_that_the_shell_replaced_is_a_file_of_its_own() -> None:
    files = Files(Clock(0.0))
    files.write("/w/a", b"one\n", mode=0o640)
    files.link("/w/a", "/w/b")
    bash = Bash()
    bash.mount("/", files.root)
    bash.execute_sync("sed -i s/one/two/ /w/a")
    files.settle()
    assert [(files.read(f"/w/{name}"), files.lstat(f"/w/{name}").nlink) for name in "ab"] == [
        (b"two\n", 1),
        (b"one\n", 1),
    ]


def test_the_bytes_of_shared_files_are_in_no_listing() -> None:
    files = Files(Clock(0.0))
    files.mkdir("/dev")
    there = list(files.walk("/"))
    files.write("/w/a", b"one\n")
    files.link("/w/a", "/w/b")
    assert sorted({*files.walk("/")} - {*there}) == ["/w", "/w/a", "/w/b"]
    files.remove("/w/a")
    assert files.root.stat("/w/b")["file_type"] == "file"
    assert sorted({*files.walk("/")} - {*there}) == ["/w", "/w/b"]
