"""The machine's files."""

from __future__ import annotations

import json
import time

import pytest
from bashkit import Bash, ExecutionProfile, FileSystem

from llm_kernel.errors import StateError
from llm_kernel.machine.clock import Clock
from llm_kernel.machine.files import LIMIT, Change, Files, Stat


@pytest.fixture
def clock() -> Clock:
    return Clock(1000.0, host=time.time)


@pytest.fixture
def files(clock: Clock) -> Files:
    return Files(clock)


async def bash(files: Files, script: str) -> str:
    shell = Bash(username="root", cwd="/tmp", profile=ExecutionProfile.Interactive)
    shell.mount("/", files.root)
    result = await shell.execute(script)
    assert result.stderr == ""
    return str(result.stdout)


def test_a_written_file_has_the_machines_time_and_root_for_its_owner(files: Files, clock: Clock) -> None:
    clock.advance(50)
    files.write("/a/b/c.txt", b"hello\n", mode=0o600)
    assert files.read("/a/b/c.txt") == b"hello\n"
    stat = files.lstat("/a/b/c.txt")
    assert stat == Stat("file", 6, 0o600, 1050.0, ino=stat.ino, atime=1050.0, ctime=1050.0, birth=1050.0)


def test_parents_are_made_and_counted_as_links(files: Files) -> None:
    files.write("/srv/one/two/x", b"")
    files.mkdir("/srv/three")
    assert (files.stat("/srv").nlink, files.stat("/srv/one").nlink, files.stat("/srv/one/two").nlink) == (4, 3, 2)
    assert files.listdir("/srv") == ["one", "three"]
    assert list(files.walk("/srv")) == ["/srv/one", "/srv/one/two", "/srv/one/two/x", "/srv/three"]


def test_a_link_to_a_directory_leads_into_it(files: Files) -> None:
    files.write("/usr/bin/true", b"elf")
    files.symlink("usr/bin", "/bin")
    files.symlink("/bin/true", "/t")
    assert files.read("/t") == files.read("/bin/true") == b"elf"
    files.write("/bin/false", b"no")
    assert files.listdir("/usr/bin") == ["false", "true"]
    assert (files.lstat("/bin").kind, files.lstat("/bin").target, files.lstat("/bin").size) == (
        "symlink",
        "usr/bin",
        7,
    )
    assert files.stat("/bin").kind == "directory"
    assert files.absolute("/bin/../x", "/") == "/usr/x"
    assert files.absolute("../b/./c//", "/a") == "/b/c"


def test_writing_to_a_link_keeps_the_link(files: Files) -> None:
    files.write("/tmp/real", b"1", mode=0o600)
    files.symlink("real", "/tmp/link")
    files.write("/tmp/link", b"22")
    assert (files.read("/tmp/real"), files.readlink("/tmp/link"), files.stat("/tmp/link").mode) == (
        b"22",
        "real",
        0o600,
    )


@pytest.mark.parametrize(
    ("path", "error", "text"),
    [
        ("/nope", FileNotFoundError, "No such file or directory"),
        ("/tmp/f/x", NotADirectoryError, "Not a directory"),
        ("/tmp", IsADirectoryError, "Is a directory"),
        ("/tmp/loop", OSError, "Too many levels of symbolic links"),
        ("/tmp/broken", FileNotFoundError, "No such file or directory"),
    ],
)
def test_reading_what_is_no_file_says_so_as_the_c_library_does(
    files: Files, path: str, error: type[OSError], text: str
) -> None:
    files.write("/tmp/f", b"")
    files.symlink("loop", "/tmp/loop")
    files.symlink("gone", "/tmp/broken")
    with pytest.raises(error) as caught:
        files.read(path)
    assert (caught.value.strerror, caught.value.filename) == (text, path)


def test_a_sized_file_has_a_size_and_no_bytes(files: Files) -> None:
    files.sized("/tmp/m.pt", 1_400_000_000)
    assert (files.stat("/tmp/m.pt").size, files.is_sized("/tmp/m.pt"), files.read("/tmp/m.pt")) == (
        1_400_000_000,
        True,
        b"",
    )
    files.copy("/tmp/m.pt", "/tmp/n.pt")
    files.rename("/tmp/n.pt", "/tmp/o.pt")
    assert (files.stat("/tmp/o.pt").size, files.exists("/tmp/n.pt")) == (1_400_000_000, False)
    files.write("/tmp/o.pt", b"abc")
    assert (files.stat("/tmp/o.pt").size, files.is_sized("/tmp/o.pt")) == (3, False)


async def test_what_the_shell_writes_over_a_sized_file_counts(files: Files, clock: Clock) -> None:
    files.sized("/tmp/m.pt", 5_000_000_000)
    files.chmod("/tmp/m.pt", 0o640)
    assert await bash(files, "[ -s m.pt ] && echo full; echo abc > m.pt") == "full\n"
    stat = files.stat("/tmp/m.pt")
    assert (stat.size, stat.sized, stat.mode, stat.mtime) == (4, False, 0o640, clock.now)


async def test_what_the_shell_makes_has_the_machines_time(files: Files, clock: Clock) -> None:
    clock.advance(3600)
    await bash(files, "echo one > new")
    assert (files.stat("/tmp/new").mtime, files.stat("/tmp").mtime) == (4600.0, 4600.0)
    clock.advance(60)
    assert (files.stat("/tmp/new").mtime, files.stat("/tmp").mtime) == (4600.0, 4600.0)


async def test_a_mode_survives_what_the_shell_writes(files: Files) -> None:
    files.write("/tmp/run.sh", b"#!/bin/sh\n", mode=0o755)
    await bash(files, "echo 'echo hi' > run.sh")
    files.settle()
    assert files.root.stat("/tmp/run.sh")["mode"] == 0o755


def test_touch_sets_a_time_and_the_clock_does_not_change_it(files: Files, clock: Clock) -> None:
    files.touch("/tmp/old", 10.0)
    clock.advance(5)
    assert (files.stat("/tmp/old").mtime, files.stat("/tmp/old").atime) == (10.0, 10.0)


def test_hard_links_are_one_file(files: Files) -> None:
    files.write("/tmp/a", b"1")
    files.link("/tmp/a", "/tmp/b")
    files.write("/tmp/b", b"22")
    one, two = files.stat("/tmp/a"), files.stat("/tmp/b")
    assert (files.read("/tmp/a"), one, one.nlink) == (b"22", two, 2)
    files.remove("/tmp/a")
    assert files.stat("/tmp/b").nlink == 1


async def test_hard_links_stay_one_file_when_the_shell_writes_one(files: Files) -> None:
    files.write("/tmp/a", b"1")
    files.link("/tmp/a", "/tmp/b")
    await bash(files, "echo new > a")
    files.settle()
    assert await bash(files, "cat b") == "new\n"


def test_owners_go_by_name_and_number(files: Files) -> None:
    files.write("/etc/passwd", b"root:x:0:0::/root:/bin/bash\nada:x:1000:1001::/home/ada:/bin/bash\n")
    files.write("/etc/group", b"root:x:0:\nada:x:1001:\n")
    files.write("/home/ada/x", b"", owner="ada")
    files.chown("/home/ada", "ada", 1001)
    assert (files.stat("/home/ada/x").uid, files.stat("/home/ada/x").gid) == (1000, 1001)
    assert files.names().user(1000) == "ada"
    with pytest.raises(LookupError, match="invalid user: 'bob'"):
        files.chown("/home/ada", "bob", None)


def test_rename_follows_the_system_call(files: Files) -> None:
    files.write("/tmp/d/x", b"x")
    files.mkdir("/tmp/full/sub")
    files.write("/tmp/f", b"f")
    for old, new, text in [
        ("/tmp/d", "/tmp/f", "Not a directory"),
        ("/tmp/f", "/tmp/d", "Is a directory"),
        ("/tmp/d", "/tmp/full", "Directory not empty"),
        ("/tmp/d", "/tmp/d/in", "Invalid argument"),
        ("/tmp/d", "/tmp/no/d", "No such file or directory"),
    ]:
        with pytest.raises(OSError, match=text):
            files.rename(old, new)
    files.chmod("/tmp/d/x", 0o400)
    files.rename("/tmp/d", "/tmp/e")
    assert (files.stat("/tmp/e/x").mode, files.read("/tmp/e/x"), files.exists("/tmp/d")) == (0o400, b"x", False)


def test_removing_asks_for_recursion(files: Files) -> None:
    files.write("/tmp/d/x", b"")
    with pytest.raises(OSError, match="Directory not empty"):
        files.remove("/tmp/d")
    files.remove("/tmp/d", recursive=True)
    assert files.listdir("/tmp") == []


def test_a_file_has_a_largest_size(files: Files) -> None:
    with pytest.raises(OSError, match="File too large"):
        files.write("/tmp/big", b"x" * (LIMIT + 1))
    assert files.exists("/tmp/big") is False


def test_a_device_node_swallows_what_is_written(files: Files) -> None:
    files.device("/dev/nvidia0", "character", 195, 0)
    files.write("/dev/nvidia0", b"abc")
    stat = files.stat("/dev/nvidia0")
    assert (stat.kind, stat.device, stat.mode, stat.size) == ("character", (195, 0), 0o666, 0)


def test_diff_tells_lines_of_text_and_sizes_of_the_rest(files: Files) -> None:
    files.write("/root/a.py", b"1\n2\n")
    files.write("/root/gone", b"x")
    before = files.snapshot()
    files.write("/root/a.py", b"1\n2\n3\n")
    files.write("/root/raw", b"\xff\xfe")
    files.sized("/root/m.pt", 99_000_000)
    files.remove("/root/gone")
    files.touch("/root", 5.0)
    assert files.diff(before, files.snapshot()) == [
        Change("~", "/root/a.py", 3, 6),
        Change("-", "/root/gone", 0, 1),
        Change("+", "/root/m.pt", None, 99_000_000),
        Change("+", "/root/raw", None, 2),
    ]


async def test_restore_brings_everything_back(files: Files, clock: Clock) -> None:
    files.write("/root/a", b"1", mode=0o700)
    files.sized("/root/m", 10_000_000_000)
    files.symlink("a", "/root/l")
    files.link("/root/a", "/root/h")
    files.device("/dev/null", "character", 1, 3)
    before = files.snapshot()
    clock.advance(100)
    await bash(files, "cd /root; echo 2 > a; echo x > m; echo n > new")
    files.remove("/root/l")
    files.mkdir("/root/l/deep")
    files.restore(before)
    after = files.snapshot()
    assert {path: (e.data, e.target, e.meta.to_state()) for path, e in after.entries.items()} == {
        path: (e.data, e.target, e.meta.to_state()) for path, e in before.entries.items()
    }
    assert files.read("/root/h") == b"1"


def test_the_state_goes_through_json(files: Files, clock: Clock) -> None:
    files.write("/root/text", "grüße\n".encode(), mode=0o751)
    files.write("/root/raw", bytes(range(256)))
    files.sized("/root/m", 10_000_000_000)
    files.symlink("text", "/root/l")
    files.link("/root/raw", "/root/h")
    files.device("/dev/sda", "block", 8, 0, mode=0o660)
    files.owner = (1000, 1000)
    state = json.loads(json.dumps(files.to_state()))
    clock.advance(1000)
    again = Files.from_state(clock, state)
    assert again.to_state() == state
    assert again.stat("/root/h").nlink == 2
    with pytest.raises(StateError):
        Files.from_state(clock, {"owner": [0, 0], "umask": 18, "entries": {"/x": {}}, "inodes": 1})


def test_a_snapshot_shares_unchanged_bytes(files: Files) -> None:
    files.write("/root/a", b"content")
    first = files.snapshot()
    files.write("/root/b", b"other")
    assert files.snapshot().entries["/root/a"].data is first.entries["/root/a"].data


def test_a_snapshot_of_700_files_is_quick(files: Files) -> None:
    for number in range(700):
        files.write(f"/opt/d{number % 20}/f{number}", b"line\n" * 200)
    files.snapshot()
    times = []
    for _ in range(5):
        start = time.process_time()
        files.snapshot()
        times.append(time.process_time() - start)
    assert min(times) < 0.05


def test_a_tree_that_is_given_is_used() -> None:
    root = FileSystem()
    root.write_file("/tmp/there", b"1")
    files = Files(Clock(7.0), root)
    assert (files.stat("/tmp/there").mtime, files.root) == (7.0, root)
