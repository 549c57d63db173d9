"""File systems in memory: what root mounts is in every view, and what it covered comes back."""

from __future__ import annotations

from llm_kernel.events import Exit, Text
from tests.notebook import Notebook


async def text(book: Notebook, code: str) -> str:
    return "".join(event.text for event in await book(code) if isinstance(event, Text))


async def test_directories_in_memory_count_their_names() -> None:
    book = Notebook()
    made = "mkdir d; mount -t tmpfs -o size=1M,mode=755 tmpfs d; mkdir d/s; echo hi > d/f; ln -s f d/l; mkdir disk"
    assert await book(made) == [Exit(0)]
    assert await text(book, "stat -c '%n %s %b %a' d d/s d/f disk") == (
        "d 100 0 755\nd/s 40 0 755\nd/f 3 8 644\ndisk 4096 8 755\n"
    )
    assert await text(book, "du -a d; ls -s d") == "4\td/f\n0\td/l\n0\td/s\n4\td\ntotal 4\n4 f\n0 l\n0 s\n"


async def test_a_mount_is_in_every_view_until_it_is_taken_away() -> None:
    book = Notebook()
    await book("mkdir d; echo under > d/file; mount -t tmpfs -o size=64k,nosuid tmpfs d; seq 1500 > d/x")
    assert await text(book, "ls d; mount | tail -1; tail -1 /proc/mounts; df --output=size,used,target d") == (
        "x\ntmpfs on /root/d type tmpfs (rw,nosuid,relatime,size=64k)\n"
        "tmpfs /root/d tmpfs rw,nosuid,relatime,size=64k 0 0\n"
        "1K-blocks  Used Mounted on\n       64     8 /root/d\n"
    )
    assert await text(book, "mountpoint d; umount d; mountpoint d; cat d/file; umount d") == (
        "d is a mountpoint\nd is not a mountpoint\nunder\numount: d: not mounted.\n"
    )


async def test_wrong_mounts_are_refused_in_the_words_of_util_linux() -> None:
    book = Notebook()
    await book("%machine os debian 12")
    hint = "       dmesg(1) may have more information after failed mount system call.\n"
    for command, said, status in (
        ("mount -t tmpfs tmpfs nosuch", f"mount: nosuch: mount point does not exist.\n{hint}", 32),
        ("touch f; mount -t tmpfs tmpfs f", f"mount: /root/f: mount point is not a directory.\n{hint}", 32),
        ("mount nosuch", "mount: nosuch: can't find in /etc/fstab.\n", 1),
        ("umount nosuch", "umount: nosuch: no mount point specified.\n", 32),
        ("umount", "umount: bad usage\nTry 'umount --help' for more information.\n", 1),
    ):
        assert await book(command) == [Text("stderr", said), Exit(status)]


async def test_only_root_mounts() -> None:
    book = Notebook()
    await book("%machine user ada --login")
    said = "mount: /tmp: must be superuser to use mount.\n"
    assert [await text(book, "mount -t tmpfs tmpfs /tmp")] == [said]
