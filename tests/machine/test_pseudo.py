"""What the kernel makes in /proc and /sys takes no words: each way of writing there fails as it really does."""

from __future__ import annotations

import pytest

from tests.notebook import Notebook, err

REFUSED = [
    ("touch /proc/x", "touch: cannot touch '/proc/x': No such file or directory\n", 1),
    ("mkdir /proc/x", "mkdir: cannot create directory ‘/proc/x’: No such file or directory\n", 1),
    ("mkdir /sys/x", "mkdir: cannot create directory ‘/sys/x’: Operation not permitted\n", 1),
    ("touch /sys/x", "touch: cannot touch '/sys/x': Permission denied\n", 1),
    ("ln -s a /proc/x", "ln: failed to create symbolic link '/proc/x': No such file or directory\n", 1),
    ("rm -f /proc/cpuinfo", "rm: cannot remove '/proc/cpuinfo': Operation not permitted\n", 1),
    ("rm -r /sys/class/net/lo/address", "rm: cannot remove '/sys/class/net/lo/address': Operation not permitted\n", 1),
    ("cp /etc/hosts /proc/cpuinfo", "cp: error writing '/proc/cpuinfo': Input/output error\n", 1),
    ("dd if=/etc/hosts of=/proc/version", "dd: error writing '/proc/version': Input/output error\n", 1),
    ("tee /proc/version < /etc/hosts > /dev/null", "tee: /proc/version: Input/output error\n", 1),
    ("echo x > /proc/cpuinfo", "bash: line 1: echo: write error: Input/output error\n", 1),
    ("f=/proc/cpuinfo; echo x >> $f", "bash: line 1: echo: write error: Input/output error\n", 1),
    ("cat /etc/hosts > /proc/cpuinfo", "cat: write error: Input/output error\n", 1),
    ("echo x > /proc/x", "bash: line 1: /proc/x: No such file or directory\n", 1),
    ("echo 0 > /sys/devices/system/cpu/online", "bash: line 1: /sys/devices/system/cpu/online: Permission denied\n", 1),
    (
        "sed -i s/a/b/ /proc/cpuinfo",
        "sed: couldn't open temporary file /proc/sedHq7TzB: No such file or directory\n",
        4,
    ),
    ("%%writefile /proc/cpuinfo\nx", "writefile: /proc/cpuinfo: Input/output error\n", 1),
]


@pytest.mark.parametrize("user", ["root", "ada"])
async def test_the_kernels_files_stay_the_kernels(user: str) -> None:
    book = Notebook()
    if user != "root":
        await book("%machine user ada --login")
    before = await book.said("cat /proc/cpuinfo /proc/version; ls /proc/sys /sys")
    for script, said, status in REFUSED:
        events = await book(script)
        assert events == err(said, status) or user != "root", (script, events)
        assert events[-1].status != 0, script  # type: ignore[union-attr]
    assert await book.said("cat /proc/cpuinfo /proc/version; ls /proc/sys /sys") == before


async def test_what_the_kernel_listens_to_can_be_told() -> None:
    book = Notebook()
    assert await book.said("echo 10 > /proc/sys/vm/swappiness; sysctl -n vm.swappiness") == "10\n"
    assert await book.said("echo -17 > /proc/1/oom_score_adj; cat /proc/1/oom_score_adj; > /proc/version") == "-17\n"
    assert await book.said("wc -l < /proc/version") == "1\n"
