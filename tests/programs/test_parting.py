"""``split``, ``column``, ``zgrep``, coloured ``grep`` and the ends of ``xargs``, as recorded from the real ones."""

from __future__ import annotations

import pytest

from tests.notebook import Notebook, err, out

RED, END = "\x1b[01;31m\x1b[K", "\x1b[m\x1b[K"
TRY, HELP = "Try '", " --help' for more information.\n"
COLON = f"\x1b[36m\x1b[K:{END}"

SAID = [
    ("grep --color=always an f", f"b{RED}an{END}{RED}an{END}a\n", 0),
    ("grep -n --color=always 'a[pn]*p' f", f"\x1b[32m\x1b[K1{END}{COLON}{RED}app{END}le\n", 0),
    ("grep -Eo --color=always 'a(p|n)+' f", f"{RED}app{END}\n{RED}an{END}\n{RED}an{END}\n", 0),
    ("grep -i --color=always APPLE f n", f"\x1b[35m\x1b[Kf{END}{COLON}{RED}apple{END}\n", 0),
    ("grep --color=always nosuch f || echo none", "none\n", 0),
    ("split -l 5 -a 3 n; ls x*; cat xaac", "xaaa\nxaab\nxaac\n11\n12\n", 0),
    ("split -n l/3 n; wc -l x*", " 5 xaa\n 4 xab\n 3 xac\n12 total\n", 0),
    ("split -n r/2 n; head -2 xaa", "1\n3\n", 0),
    ("split -n 2/3 n", "\n6\n7\n8\n9\n", 0),
    ("split -l 6 --additional-suffix=.t n q; ls q*; split -d -a 1 -l 6 n; ls x*", "qaa.t\nqab.t\nx0\nx1\n", 0),
    ("split -a 0 -4 n; ls x*", "xaa\nxab\nxac\n", 0),
    ("split -e -n 20 f; ls x* | wc -l", "13\n", 0),
    ("split --verbose -b 20 n", "creating file 'xaa'\ncreating file 'xab'\n", 0),
    ("column -c 40 n", "1\t4\t7\t10\n2\t5\t8\t11\n3\t6\t9\t12\n", 0),
    ("column -x -c 40 n", "1\t2\t3\t4\t5\n6\t7\t8\t9\t10\n11\t12\n", 0),
    (
        "echo a,b | column -J -s, -N x,y",
        '{\n   "table": [\n      {\n         "x": "a",\n         "y": "b"\n      }\n   ]\n}\n',
        0,
    ),
    ("echo 1 2 | xargs -n1 false; echo $?", "123\n", 0),
    ("gzip -k f; zgrep an f.gz; zgrep -c an f f.gz; zgrep -q nosuch f.gz; echo $?", "banana\nf:1\nf.gz:1\n1\n", 0),
]


@pytest.mark.parametrize(("script", "said", "status"), SAID)
async def test_the_output_is_the_real_ones(script: str, said: str, status: int) -> None:
    book = Notebook()
    await book("printf 'apple\\nbanana\\n' > f; seq 12 > n")
    assert await book(script) == out(said, status)


@pytest.mark.parametrize(
    ("script", "said", "status"),
    [
        ("split -b 1z n", "split: invalid number of bytes: ‘1z’\n", 1),
        ("split -n l/9/3 n", "split: invalid chunk number: ‘9’: Numerical result out of range\n", 1),
        ("split -n r/0/3 n", "split: invalid chunk number: ‘0’: Numerical result out of range\n", 1),
        ("split -n 3/x n", "split: invalid number of chunks: ‘x’\n", 1),
        ("split -l 4k n", "split: invalid number of lines: ‘4k’\n", 1),
        ("split -a 1 -n 30 n", "split: the suffix length needs to be at least 2\n", 1),
        ("split -t ab n", "split: multi-character separator ‘ab’\n", 1),
        ("split --numeric-suffixes=x n", f"split: ‘x’: invalid start value for numerical suffix\n{TRY}split{HELP}", 1),
        (
            "split --additional-suffix=a/b n",
            f"split: invalid suffix ‘a/b’, contains directory separator\n{TRY}split{HELP}",
            1,
        ),
        (
            "cut -b 99999999999999999999 n",
            f"cut: byte/character offset ‘99999999999999999999’ is too large\n{TRY}cut{HELP}",
            1,
        ),
        (
            "cut -f 1-18446744073709551615 n",
            f"cut: field number ‘18446744073709551615’ is too large\n{TRY}cut{HELP}",
            1,
        ),
        ("cut -f1--2 n", f"cut: invalid field range\n{TRY}cut{HELP}", 1),
        ("cut -c1-a,2 n", f"cut: invalid byte/character position ‘a,2’\n{TRY}cut{HELP}", 1),
        ("split nosuch", "split: cannot open 'nosuch' for reading: No such file or directory\n", 1),
        ("split -a 1 -l 1 -d n", "split: output file suffixes exhausted\n", 1),
        ("echo 1 | xargs sh -c 'exit 255'", "xargs: sh: exited with status 255; aborting\n", 124),
        ("echo 1 | xargs nosuch", "xargs: nosuch: No such file or directory\n", 127),
        ("getopts ab x -c", "bash: illegal option -- c\n", 0),
    ],
)
async def test_mistakes_are_worded_as_the_real_ones(script: str, said: str, status: int) -> None:
    book = Notebook()
    await book("seq 12 > n")
    assert await book(script) == err(said, status)


async def test_a_checkpoint_keeps_its_size_packed_copied_and_split() -> None:
    book = Notebook()
    await book("%machine file /root/fit.pt --size 1400M")
    size = "1468006400"
    assert await book.said("cp fit.pt b.pt; cat fit.pt | wc -c; cat fit.pt b.pt | wc -c") == f"{size}\n2936012800\n"
    for pack, unpack, end in (("gzip", "gunzip", "gz"), ("xz", "unxz", "xz"), ("bzip2", "bunzip2", "bz2")):
        packed = int(await book.said(f"{pack} b.pt; stat -c %s b.pt.{end}"))
        assert packed < int(size) // 2
        assert await book.said(f"{unpack} b.pt.{end}; stat -c %s b.pt; cmp b.pt fit.pt; ls b.pt*") == f"{size}\nb.pt\n"
    assert await book.said("gzip -k b.pt; gzip -l b.pt.gz | awk 'NR == 2 { print $2, $3 }'") == f"{size} 53.0%\n"
    assert await book.said("split -b 600M fit.pt p_; stat -c '%n %s' p_*") == (
        "p_aa 629145600\np_ab 629145600\np_ac 209715200\n"
    )
    assert await book.said("split -n 3 -d fit.pt n; stat -c %s n00 n01 n02 | paste -sd+ | bc") == f"{size}\n"
    await book("%machine file /root/images.gz --size 9912422")
    assert await book.said("gunzip images.gz; ls -s --block-size=1M images") == "21 images\n"
