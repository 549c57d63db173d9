"""Compilers and the programs that they make: the binary knows its sources, and what they fix is computed."""

from __future__ import annotations

import struct
import zlib

import pytest

from llm_kernel.plan.foreign.clean import broken, clean
from llm_kernel.programs.compiled import Unit, build, units
from tests.notebook import Notebook, err, out

HELLO = r"""#include <stdio.h>
int main(int argc, char **argv) {
    for (int i = 0; i < argc; i++) printf("%d: %s\n", i, argv[i]);
    return argc + 2;
}
"""


NODE = """#!/usr/bin/env node
if (process.argv.length < 3) { console.error('usage'); process.exit(64); }
console.log(process.argv[2]);
"""
ITEMS = """const n = 2;
for (let i = 0; i < n; i++) console.log(`item ${i}`);
console.log('total', (Math.random() * n).toFixed(2));
"""
DECLARED = """enum { A, B };
typedef int number;
int f(number n);
int main(void) { return f(B); }
int f(number n) { return n; }
"""


async def book(replies=(), system="ubuntu 20.04") -> Notebook:
    notebook = Notebook(replies)
    await notebook(f"%machine os {system}")
    await notebook("apt-get install -y gcc g++ nodejs > /dev/null; cd /root")
    return notebook


async def test_a_clean_program_is_compiled_and_what_it_prints_is_computed():
    notebook = await book()
    notebook.machine.files.write("/root/hello.c", HELLO.encode())
    said = await notebook.said(
        "gcc -O2 -o hello hello.c && rm hello.c && mv hello hi && ./hi 'a b'; echo $?; stat -c %A hi"
    )
    assert (said, notebook.asked) == ("0: ./hi\n1: a b\n4\n-rwxr-xr-x\n", [])


async def test_several_sources_with_a_header_of_their_own_make_one_program():
    notebook = await book()
    for name, lines in (
        ("inc/shape.h", ("#ifndef SHAPE_H", "#define SHAPE_H", "struct S { int w, h; };",
                         "int area(const struct S *s);", "#endif")),
        ("shape.c", ('#include "shape.h"', "static int calls;",
                     "int area(const struct S *s) { calls++; return s->w * s->h; }")),
        ("main.c", ("#include <stdio.h>", '#include "shape.h"', "int main(void) {", "    struct S s = {6, 7};",
                    '    printf("%d\\n", area(&s));', "    return 2;", "}")),
    ):  # fmt: skip
        notebook.machine.files.write(f"/root/{name}", "".join(f"{line}\n" for line in lines).encode())
    assert await notebook.said(
        "gcc -Iinc -c shape.c && gcc -I inc -o p main.c shape.o && rm -r inc *.c && ./p; echo $?"
    ) == ("42\n2\n")
    assert notebook.asked == []


async def test_a_source_that_does_not_parse_leaves_no_program_whatever_the_model_says():
    notebook = await book(["\n"])
    notebook.machine.files.write("/root/bad.c", b"int main(void) { return 0 }\n")
    said = await notebook.said("gcc bad.c; echo $?; ls")
    assert (said, notebook.asked) == ("\n1\nbad.c\n", ["$ gcc bad.c"])


async def test_what_the_model_lets_compile_is_a_program_of_that_source():
    notebook = await book(["\n", "x=7\n"])
    source = b'#include <iostream>\nint main() { int x; std::cin >> x; std::cout << "x=" << x << std::endl; }\n'
    notebook.machine.files.write("/root/x.cpp", source)
    await notebook("g++ x.cpp")
    said = await notebook.said("./a.out < /dev/null")
    assert (said, "x=" in str(notebook.requests[-1].messages)) == ("x=7\n", True)


async def test_a_compiler_that_says_an_error_leaves_no_program():
    notebook = await book(["x.cpp:1:1: error: expected unqualified-id\n"])
    notebook.machine.files.write("/root/x.cpp", b"int main() { }\n")
    said = await notebook.said("g++ x.cpp; echo $?; ls")
    assert said == "x.cpp:1:1: error: expected unqualified-id\n1\nx.cpp\n"


@pytest.mark.parametrize(
    ("os", "said"),
    [
        ("ubuntu 22.04", "cc1: fatal error: no.c: No such file or directory\ncompilation terminated.\n"),
        (
            "ubuntu 20.04",
            "gcc: error: no.c: No such file or directory\ngcc: fatal error: no input files\ncompilation terminated.\n",
        ),
    ],
)
async def test_a_source_that_is_not_there_is_told_as_that_release_tells_it(os, said):
    notebook = await book(system=os)
    assert await notebook("gcc no.c") == err(said, 1)


async def test_what_node_prints_is_held_to_its_source():
    notebook = await book(["total 5\nitem 0\ntotal 12.50\n", "total 12.50\n"])
    notebook.machine.files.write("/root/app.js", ITEMS.encode())
    said = await notebook.said("node app.js")
    assert said == "item 0\nitem 1\ntotal 5.00\n"


async def test_a_script_of_node_is_computed_where_nothing_is_unknown():
    notebook = await book()
    notebook.machine.files.write("/root/app", NODE.encode(), mode=0o755)
    assert (await notebook("./app"), await notebook("./app x"), notebook.asked) == (
        err("usage\n", 64),
        out("x\n"),
        [],
    )


def test_a_binary_gives_its_sources_back_and_a_damaged_one_none():
    made = build((Unit("a.c", HELLO), Unit("b.c", "")), "gcc 9", size=16_696)
    assert (len(made), units(made), units(made[:-9]), units(b"\x7fELF"), units(made[:-40] + bytes(40))) == (
        16_696,
        (Unit("a.c", HELLO), Unit("b.c", "")),
        (),
        (),
        (),
    )


@pytest.mark.parametrize("said", [b"[" * 100_000, b"7", b'{"a": "b"}', b'[["a", 1]]', b"not json"])
def test_a_note_that_nobody_of_us_wrote_names_no_sources(said):
    held = zlib.compress(said)
    made = b"\x7fELF" + bytes(60) + b"\0.note.imagined\0" + struct.pack("<I", len(held)) + held
    assert units(made) == ()


@pytest.mark.parametrize(
    ("source", "fine"),
    [
        (HELLO, True),
        ("int main(void) { int x = 1; return x; }", True),
        ("int main(void) { return y; }", False),
        ("#include <stdio.h>\nint main(void) { for (int i = 0; i < 3; i++) {} return i; }", False),
        ('int main(void) { puts("x"); return 0; }', False),
        ('#include <stdio.h>\nint main(void) { printf("%d\\n", 2.5); return 0; }', False),
        ('#include <stdio.h>\nint main(void) { printf("%d %d\\n", 2); return 0; }', False),
        ('int main(void) { int x = "abc"; return x; }', False),
        ("main() { return 0; }", False),
        ("#include <stdio.h>\n#define SQUARE(x) ((x) * (x))\nint main(void) { return SQUARE(2); }", True),
        ("#define N 1\n#define N 2\nint main(void) { return N; }", False),
        ("struct P { int x; };\nint main(void) { struct P p; p.x = 1; return p.x; }", True),
        (DECLARED, True),
    ],
)  # fmt: skip
def test_clean_is_what_parses_and_names_only_what_is_declared(source, fine):
    assert clean(source) is fine


def test_broken_is_what_no_macro_can_mend():
    assert [broken(one) for one in ("int main(void) { return 0 }", "#define X {\nint main(void) X }", HELLO)] == [
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("system", "said", "arrow"),
    [
        ("ubuntu 18.04", "shared object, x86-64, version 1 (SYSV), dynamically linked, interpreter /lib64/l, for "
                         "GNU/Linux 3.2.0, BuildID", " ("),
        ("ubuntu 20.04", "shared object, x86-64, version 1 (SYSV), dynamically linked, interpreter "
                         "/lib64/ld-linux-x86-64.so.2, BuildID", " ("),
        ("ubuntu 22.04", "pie executable, x86-64, version 1 (SYSV), dynamically linked, interpreter "
                         "/lib64/ld-linux-x86-64.so.2, BuildID", " ("),
        ("centos 7", "executable, x86-64, version 1 (SYSV), dynamically linked (uses shared libs), for GNU/Linux "
                     "2.6.32, BuildID", " =>  ("),
    ],
)  # fmt: skip
async def test_a_binary_says_of_itself_what_its_release_made_it(system, said, arrow):
    notebook = Notebook()
    await notebook(f"%machine os {system}")
    await notebook("%machine install apt gcc")
    await notebook("%machine install apt binutils")
    notebook.machine.files.write("/root/a.c", b'#include <stdio.h>\nint main(void) { puts("x"); return 0; }\n')
    kind = await notebook.said("cd; gcc a.c; strip a.out -o b; ./b; file a.out b /bin/ls | sed 's/=[0-9a-f]*/=/'")
    whole, bare, own = (line.partition("ELF 64-bit LSB ")[2] for line in kind.splitlines()[1:])
    assert (whole.startswith(said), whole[-14:], bare, own) == (
        True, ", not stripped", whole.replace("not ", ""), bare
    )  # fmt: skip
    libraries = (await notebook.said("ldd b | sed 's/(0x[0-9a-f]*)/(/'; readelf -h a.out | sed -n 8p")).splitlines()
    lib = "/lib64" if system == "centos 7" else "/lib/x86_64-linux-gnu"
    assert libraries[:3] == [f"\tlinux-vdso.so.1{arrow}", f"\tlibc.so.6 => {lib}/libc.so.6 (",
                             "\t/lib64/ld-linux-x86-64.so.2 ("]  # fmt: skip
    assert libraries[3].split()[1] == ("EXEC" if system == "centos 7" else "DYN")
    refused = await notebook("nm b; nm no; objdump -f a.c; ldd no")
    word = "File" if system in ("centos 7", "ubuntu 18.04") else "file"
    assert (refused, notebook.asked) == (
        err(f"nm: b: no symbols\nnm: 'no': No such file\nobjdump: a.c: {word} format not recognized\n"
            "ldd: ./no: No such file or directory\n", 1),
        [],
    )  # fmt: skip
