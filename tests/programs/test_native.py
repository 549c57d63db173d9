"""Programs in C that are computed: their input, and what the shell says of those that a signal ends."""

from __future__ import annotations

from llm_kernel.events import Ask, Text
from tests.notebook import err, out
from tests.programs.test_compiling import book

PROGRAM = rb"""#include <stdio.h>
#include <stdlib.h>
int main(int argc, char **argv) {
    printf("%d words\n", argc);
    printf("How many? ");
    int *nowhere = NULL, n = 0;
    if (argc == 2) *nowhere = 1;
    if (argc == 3) abort();
    if (argc == 4) printf("%d\n", 7 / (argc - 4));
    while (scanf("%d", &n) == 1) printf("twice %d\n", 2 * n);
    puts("end");
    return n;
}
"""


async def test_a_program_in_c_reads_its_input_and_a_signal_ends_it_with_the_words_of_the_shell():
    notebook = await book()
    notebook.machine.files.write("/root/f.c", PROGRAM)
    fed = await notebook("gcc f.c -o f && printf '21 4 x' | ./f")
    assert fed == out("1 words\nHow many? twice 42\ntwice 8\nend\n", 4)
    assert await notebook("./f </dev/null") == out("1 words\nHow many? end\n")
    for arguments, status, said in (
        ("a", 139, "Segmentation fault"), ("a b", 134, "Aborted"), ("a b c", 136, "Floating point exception"),
    ):  # fmt: skip
        assert await notebook(f"./f {arguments}") == [
            Text("stdout", f"{arguments.count(' ') + 2} words\n"),
            *err(f"{said} (core dumped)\n", status),
        ]
    questions: list[Ask] = []
    said = await notebook("./f; echo $?", typed=["5", "7 8"], ask=questions)
    assert (questions, notebook.asked) == ([Ask("How many? "), Ask(""), Ask("")], [])
    assert said == out("1 words\nHow many? twice 10\ntwice 14\ntwice 16\nend\n8\n")
