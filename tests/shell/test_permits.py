"""What the shell does to files by itself obeys permissions, and a full disk."""

from __future__ import annotations

import pytest

from llm_kernel.events import Exit, Text
from tests.notebook import Notebook, err, out

_TREE = "fatal: could not create work tree dir '/etc/x': Permission denied\n"
_TAR = "tar: Exiting with failure status due to previous errors\n"
DENIED = [
    ("cat /etc/shadow", "cat: /etc/shadow: Permission denied\n", 1),
    ("echo x > /etc/x", "bash: line 1: /etc/x: Permission denied\n", 1),
    ("for i in 1; do echo $i; done >> /root/x", "bash: line 1: /root/x: Permission denied\n", 1),
    ("wc -l < /etc/shadow", "bash: line 1: /etc/shadow: Permission denied\n", 1),
    ("cd /root", "bash: line 1: cd: /root: Permission denied\n", 1),
    ("sed -n 1p /etc/shadow", "sed: can't read /etc/shadow: Permission denied\n", 2),
    ("sed -i s/a/b/ /etc/passwd", "sed: couldn't open temporary file /etc/sedHq7TzB: Permission denied\n", 4),
    ("grep -c root ../../etc/shadow", "grep: ../../etc/shadow: Permission denied\n", 2),
    ("bash /etc/shadow", "bash: /etc/shadow: Permission denied\n", 126),
    ("source /root/.bashrc", "bash: line 1: /root/.bashrc: Permission denied\n", 1),
    ("dd if=/dev/zero of=/etc/x count=1 status=none", "dd: failed to open '/etc/x': Permission denied\n", 1),
    ("dd if=/etc/shadow", "dd: failed to open '/etc/shadow': Permission denied\n", 1),
    ("gzip /etc/hosts", "gzip: /etc/hosts.gz: Permission denied\n", 1),
    ("git init -q /etc", "/etc/.git: Permission denied\n", 1),
    ("git clone -q https://github.com/pytorch/examples /etc/x", _TREE, 128),
    ("mktemp -p /etc aXXX", "mktemp: failed to create file via template ‘/etc/aXXX’: Permission denied\n", 1),
    ("%%writefile /etc/passwd\nx", "writefile: /etc/passwd: Permission denied\n", 1),
    ("tar cf x.tar -P /etc/shadow", f"tar: /etc/shadow: Cannot open: Permission denied\n{_TAR}", 2),
    ("sudo echo x > /etc/x", "bash: line 1: /etc/x: Permission denied\n", 1),
]


@pytest.fixture
async def user() -> Notebook:
    book = Notebook()
    await book("%machine user ada --sudo --login")
    return book


@pytest.mark.parametrize(("script", "said", "status"), DENIED)
async def test_a_user_is_refused_what_is_roots(user: Notebook, script: str, said: str, status: int) -> None:
    assert await user(script) == err(said, status)
    assert not user.machine.files.exists("/etc/x")


async def test_who_logs_in_begins_at_home_and_writes_there(user: Notebook) -> None:
    assert await user("pwd; echo 'a b' > 'x y'; cat x*; cat < 'x y' | wc -c") == out("/home/ada\na b\n4\n")


async def test_tests_of_files_are_the_users(user: Notebook) -> None:
    asked = "for f in /etc/shadow /etc/passwd /root/.bashrc; do [ -r $f ] && echo r; [[ -w $f ]] && echo w; done; :"
    assert await user(asked) == out("r\n")
    assert await user("test -f /root/.bashrc || echo none; [ ! -x /root ] && echo closed") == out("none\nclosed\n")


async def test_a_deep_search_passes_over_what_is_closed(user: Notebook) -> None:
    events = await user("grep -rlE '^root:' /etc | sort")
    said = "".join(f"grep: /etc/{name}: Permission denied\n" for name in _SHUT)
    texts = {Text("stderr", said), Text("stdout", "/etc/group\n/etc/passwd\n")}
    assert (set(events[:-1]), events[-1]) == (texts, Exit(0))


_SHUT = ("gshadow", "shadow", "sudoers", "sudoers.d")

FULL = [
    ("echo x > f", "bash: line 1: echo: write error: No space left on device\n", 1),
    ("seq 3 > f", "seq: write error: No space left on device\n", 1),
    ("cat > f <<< x", "cat: write error: No space left on device\n", 1),
    ("sort -o f /etc/passwd", "sort: write failed: f: No space left on device\n", 2),
]


@pytest.mark.parametrize(("script", "said", "status"), FULL)
async def test_nothing_is_written_to_a_full_disk(script: str, said: str, status: int) -> None:
    book = Notebook()
    await book("%machine fault disk full")
    assert await book(script) == err(said, status)
    assert await book("cat f 2>/dev/null; echo x > /dev/null; : > g; ls g") == out("g\n")
    await book("%machine fault disk none")
    assert await book("echo x > f; cat f") == out("x\n")


async def test_python_reads_and_writes_as_its_user() -> None:
    book = Notebook(lambda request: "the model's\n")
    await book("%machine user ada --login")
    own = "open('own', 'w').write('1')"
    assert await book.said(f'python3 -c "{own}"; python3 -c "print(open(\'own\').read())"') == "1\n"
    assert book.requests == []
    for code in ('open("/etc/shadow").readline()', 'open("/etc/x", "w").close()', 'open("/proc/version", "w").close()'):
        await book(f"python3 -c '{code}'")
        assert book.asked[-1] == f"$ python3 -c '{code}'"  # how it is refused is not computed
