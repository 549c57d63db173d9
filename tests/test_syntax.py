"""Shell syntax questions, compared with the real bash where there is one."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from llm_kernel.syntax import (
    bash_message,
    ends_with,
    inside_compound,
    judge,
    names,
    rests,
    state,
    unroll,
    uses,
    why,
)

BASH = shutil.which("bash") or ""


def _version() -> str:
    if not BASH:
        return ""
    return subprocess.run(
        [BASH, "-c", "echo ${BASH_VERSINFO[0]}.${BASH_VERSINFO[1]}"], capture_output=True, text=True
    ).stdout.strip()


oracle = pytest.mark.skipif(_version() != "5.2", reason="needs bash 5.2, whose words these are")


def bash(text: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = ["bash", "--norc", "-O", "extglob", *options]  # its messages begin with this first word
    quiet = {"LC_ALL": "C.UTF-8", "PATH": os.defpath}
    return subprocess.run(command, executable=BASH, input=text, capture_output=True, text=True, env=quiet, check=False)


COMPLETE = [
    "", "\n", "# c", "ls", "ls -l | wc", "a; b", "a &", "a & b", "a && b || c", "a &&\nb", "a |\n\nb", "! a",
    "time a", "!", "time", "{ a; b; }", "( a )", "( (a) )", "((1+1))", "((a)); b", "if a; then b; fi",
    "if a; then b; elif c; then d; else e; fi", "for x in a b; do c; done", "for x; do c; done", "for x do c; done",
    "for x in; do c; done", "for ((;;)) do a; done", "for ((i=0;i<3;i++)); do a; done", "for x in a; { c; }",
    "while a; do b; done < f", "until a\ndo b\ndone", "select x in a; do b; done", "case x in esac",
    "case x in a) b;; (c|d) e;& *) ;; esac", "case in in in) a;; esac", "f() { a; }", "function f { a; }",
    "function f() (a)", "f() if a; then b; fi", "coproc a b", "coproc N { a; }", "[[ a == b ]]",
    "[[ -f a && ( b || ! c ) ]]", "[[ a =~ ^(b|c)[0-9]+$ ]]", "[[ a &&\n b ]]", "a=(1 2\n3 # c\n)",
    "declare -a x=(1 2)", "a[1 + 2]=3", "a=1 b=2 c", "> f", "a 2>&1 >/dev/null", "a {fd}> f", "{ a; } 2> f",
    "cat <<E\n'\nE", "cat <<E; b\nx\nE\n", "cat <<'E F' <<-G\nx\nE F\n\tG\n", "a <<< 'b c'", "echo \"a 'b\"",
    "echo 'a \"b'", "echo $'a\\'b'", 'echo "$(echo "a b")"', "echo `a \\` b`", "echo ${a:-'}'}",
    "echo \"${a:-'}'}\"", "echo $((1 + (2)))", "echo $( (a); b )", "echo $((a); b)", "diff <(a) <(b)", "echo $[1+2]",
    "ls !(a|b)", "echo a#b", "echo {", "}}", "{a", "{ a; ! ; }", "x=$(cat <<E\na)\nE\n)",
    "echo $(case x in a) b;; esac)", "echo \\\nb", "1f() { a; }", "a|!b",
]  # fmt: skip

INCOMPLETE = [
    "echo 'a", 'echo "a\nb\n', "echo $'a", "echo `a", "echo ${a", "echo $(a", "echo $(a; b", "echo $((1+2)",
    "echo $[1", "diff <(a", "(", "( a", "((a", "((a)", "{ a", "{ a; b", "if", "if a", "if a; then\n",
    "if a; then b; else", "if a; then b; elif c", "for x in", "for x in a; do", "for x in a\n", "while a; do b",
    "until", "case x in", "case x in a) b", "case x in a) b;;", "f()", "f() {", "function f", "function f\n{ a",
    "a &&", "a ||\n", "a |", "a | # c", "[[ a &&", "[[ a == b", "[[", "a=(1", "declare a=(1\n2", 'echo "${a"',
    'echo "`a"', 'echo "$(echo "a)"', "select x in a; do", "echo a\necho $(b\nc\n", "if a; then\n cat <<E\nb\nE\n",
]  # fmt: skip

ONLY_OPEN = ["cat <<E", "cat <<E\nfoo\n", "cat <<A <<B\na\nA\n", "a \\", "a\\", "a \\\n", "cat <<E \\"]

INVALID = [
    ")", "echo )", "echo a\n)\n", "fi", "then", "do", "done", "elif", "else", "esac", "in", "}", "{ }", "( )", "()",
    ";", ";;", "&", "| a", "&& a", "a ;; b", "a; ; b", "a & ; b", "a | | b", "a || && b", "a &&& b", "a | ! b",
    "echo (a)", "echo (", "echo hello(world)", "echo a=(1)", "echo > ;", "echo >\n", "> ", "cat << \n", "a <<< ",
    "if ;", "if a; then fi", "if a; then b; fi fi", "if a; fi", "for\n", "for x y", "for x in a; echo",
    "for x in do a; done", "for (a)", "for x { a; }", "for ((;)) do a; done", "for ((;;;)) do a; done", "while; do",
    "while a; do done", "case x y", "case x in a", "case x in a b) c", "case x in () c;; esac", "case x in a) b ;; c",
    "foo() echo", "function", "function f g", "a() b() c", "a=1 f() { x; }", "if() { x; }", "{ a; } b", "(a) b",
    "((1+1)) x", "[[ a ]] x", "echo $(if)", "echo $(a;;)", "x=$(a\nb(\n)", 'echo "$(fi)"', "time )", "! )", "coproc",
    "coproc )", "for x in a b; do echo; }", "echo 'x' (", 'echo "a\nb" ) c', "echo a\nif a; then\n echo x\ndone\n",
    "a |& |", "echo a ;& b",
]  # fmt: skip

WRONG_TESTS = [
    "[[ a b ]]", "[[ -f ]]", "[[ a == ]]", "[[ ( a ]]", "[[ -z x y ]]", "[[ a -foo b ]]", "[[ a; ]]", "[[ a | b ]]",
    "[[ ) ]]", "[[ a ) ]]", "[[ a ( ]]",
]  # fmt: skip


@pytest.mark.parametrize("text", COMPLETE)
def test_this_is_complete(text: str) -> None:
    assert (state(text), why(text)) == ("complete", "")


@pytest.mark.parametrize("text", INCOMPLETE + ONLY_OPEN)
def test_this_goes_on(text: str) -> None:
    assert state(text) == "incomplete"


@pytest.mark.parametrize("text", INVALID + WRONG_TESTS)
def test_this_is_wrong(text: str) -> None:
    assert state(text) == "invalid"


@oracle
@pytest.mark.parametrize("text", COMPLETE)
def test_bash_takes_what_is_complete(text: str) -> None:
    run = bash(text, "-n", "-s")
    assert (run.returncode, run.stderr) == (0, "")


@oracle
@pytest.mark.parametrize("text", INCOMPLETE + INVALID)
def test_the_message_is_bashs(text: str) -> None:
    assert bash_message(text) == bash(text, "-n", "-s").stderr


@oracle
@pytest.mark.parametrize("text", WRONG_TESTS)
def test_the_first_line_about_a_wrong_test_is_bashs(text: str) -> None:
    assert bash_message(text).split("\n")[0] == bash(text, "-n", "-s").stderr.rstrip("\n")


@oracle
@pytest.mark.parametrize("text", ["cat <<E", "cat <<E\nfoo\n", "cat <<A <<B\na\nA\n"])
def test_an_open_heredoc_is_warned_of_as_bash_does(text: str) -> None:
    assert judge(text).error + "\n" == bash(text, "-n", "-s").stderr


def test_a_message_quotes_the_line_that_is_wrong() -> None:
    assert bash_message("echo a\necho b )\necho c\n") == (
        "bash: line 2: syntax error near unexpected token `)'\nbash: line 2: `echo b )'\n"
    )


def test_what_only_another_reader_refuses_is_still_an_error() -> None:
    assert bash_message("echo a", "parse error: too many words\nmore") == "bash: line 1: syntax error: too many words\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("echo 'a", "line 1 opens something that a ' must close"),
        ("a\nif b; then", "`if' on line 2 has no end yet"),
        ("a &&", "the last line goes on"),
        ("a \\", "the last line ends in a backslash"),
        ("cat <<E\n", "the here-document on line 1 waits for a line E"),
        ("a\n)", "line 2: syntax error near unexpected token `)'"),
    ],
)
def test_why_says_what_is_open_or_wrong(text: str, reason: str) -> None:
    assert why(text) == reason


def test_what_stands_before_the_wrong_line_could_run() -> None:
    assert judge("echo a\nif b\nthen c\nfi\necho )\n").start == len("echo a\nif b\nthen c\nfi\n")


def test_lines_at_rest_are_those_where_nothing_is_open() -> None:
    text = "a\nif b\nthen c\nfi\ncat <<E\nx\nE\nd \\\n e\n\nf)\ng\n"
    assert [text[start:].split("\n")[0] for start in rests(text)] == ["a", "if b", "cat <<E", "d \\", "", "f)"]


@pytest.mark.parametrize(
    "text", ["(" * 9999, "$(" * 9999, '"$(' * 9999, "if a; then\n" * 9999, "${a" * 9999, "{ " * 9999]
)
def test_a_deep_nest_is_no_crash(text: str) -> None:
    assert state(text) != "complete"


def test_nine_million_characters_on_a_line_are_read() -> None:
    assert (state("echo " + "a" * 9_000_000), state("echo '" + "b c " * 2_250_000)) == ("complete", "incomplete")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("echo hello world", {"echo"}),
        ("sudo -u bob env A=1 nohup ./train.py a", {"sudo", "bob", "env", "nohup", "./train.py", "a"}),
        ("a && b | /usr/bin/c `d` $(e | f) <(g)", {"a", "b", "/usr/bin/c", "d", "e", "f", "g"}),
        ("eval 'zork a; b'", {"eval", "zork", "a", "b"}),
        ("bash -c \"nvcc --version; q\"", {"bash", "nvcc", "q"}),
        ("trap 'clean x' EXIT", {"trap", "clean", "x", "EXIT"}),
        ("alias ll='ls -l'", {"alias", "ls"}),
        ("bash <<E\nzork 1\nif a; then b; fi\nE", {"bash", "zork", "a", "b"}),
        ("cat <<E\nzork 1\nE", {"cat"}),
        ("ssh host 'df -h | gork'", {"ssh", "host", "df", "gork"}),
        ("watch -n1 'nvidia-smi | head'", {"watch", "nvidia-smi", "head"}),
        ("find . -name '*.py' -exec pyflakes {} \\;", {"find", ".", "pyflakes"}),
        ("for i in 1; do foo; done; case x in a) bar;; esac", {"foo", "bar"}),
        ("PY=python3; $PY x.py", {"PY", "python3", "x.py"}),
        ("run() { \"$@\"; }\nrun zork a", {"run", "zork", "a"}),
        ("x=1 y z", {"x", "y"}),
        ("{python,python3} x", {"python", "python3", "x"}),
        ("\\ls; 'who'; py\"thon\"", {"ls", "who", "python"}),
        ("命令 x", {"命令"}),
        ("", set()),
    ],
)  # fmt: skip
def test_names_are_the_words_that_could_be_commands(text: str, found: set[str]) -> None:
    assert names(text) - {"A"} == found


def test_every_word_is_named_on_demand() -> None:
    assert names("run zork a", every=True) == {"run", "zork", "a"}


@pytest.mark.parametrize(
    ("text", "used", "inside"),
    [
        ("spend 3", True, False),
        ("a && spend 3", True, False),
        ("echo spend", False, False),
        ("x='spend 3'", False, False),
        ("for e in 1 2; do spend 3; done", True, True),
        ("if a; then spend 3; fi", True, True),
        ("(spend 1)", True, True),
        ("{ spend 1; }", True, True),
        ("f() { spend 1; }", True, True),
        ("spend 3 | cat", True, True),
        ("x=$(spend 3)", True, True),
        ("eval 'spend 3'", True, True),
    ],
)
def test_a_word_is_found_where_it_is_run(text: str, used: bool, inside: bool) -> None:
    assert (uses(text, "spend"), inside_compound(text, "spend")) == (used, inside)


@pytest.mark.parametrize(
    ("act", "end"),
    [
        ("exit", "exit"),
        ("echo a; exit 3 # bye", "exit"),
        ("read -r x", "read"),
        ("a || exit 1", ""),
        ("(exit 1)", ""),
        ("exit &", ""),
        ("read x < f", ""),
        ("read x <<< a", ""),
        ("while read x; do a; done < f", ""),
    ],
)
def test_what_ends_a_reply(act: str, end: str) -> None:
    assert ends_with(act) == end


UNROLLED = [
    (
        "for e in {2..4}; do spend 10.9; printf '[%02d]\\n' $e; done",
        [f"e={e}; spend 10.9; printf '[%02d]\\n' $e" for e in (2, 3, 4)],
    ),
    ("for e in {08..10}; do echo $e; done", ["e=08; echo $e", "e=09; echo $e", "e=10; echo $e"]),
    ("for e in {10..1..4}; do echo $e; done", ["e=10; echo $e", "e=6; echo $e", "e=2; echo $e"]),
    ("for e in {-2..1..-2}; do echo $e; done", ["e=-2; echo $e", "e=0; echo $e"]),
    (
        'for x in a \'b c\' "d e"; do echo "$x"; done',
        ['x=a; echo "$x"', "x='b c'; echo \"$x\"", "x='d e'; echo \"$x\""],
    ),
    ("for i in $(seq 2); do echo $i; done", ["i=1; echo $i", "i=2; echo $i"]),
    ("for i in $(seq 5 -2 1); do echo $i; done", ["i=5; echo $i", "i=3; echo $i", "i=1; echo $i"]),
    ("for ((e=1;e<=2;e++)); do echo $e; done", ["e=1; echo $e", "e=2; echo $e"]),
    ("for ((i = 10; i > 4; i -= 3)); do echo $i; done", ["i=10; echo $i", "i=7; echo $i"]),
    ("echo a; for e in 1 2; do echo $e; done; exit 3", ["echo a", "e=1; echo $e", "e=2; echo $e", "exit 3"]),
]


@pytest.mark.parametrize(("act", "turns"), UNROLLED)
def test_a_loop_is_unrolled(act: str, turns: list[str]) -> None:
    assert unroll(act) == turns


@oracle
@pytest.mark.parametrize("act", [act for act, _ in UNROLLED if "spend" not in act])
def test_the_turns_do_what_the_loop_does(act: str) -> None:
    whole, apart = bash(act, "-s"), bash("\n".join(unroll(act) or []), "-s")
    assert (whole.stdout, whole.returncode) == (apart.stdout, apart.returncode)


@pytest.mark.parametrize(
    "act",
    [
        "echo hi",
        "for e in *; do echo $e; done",
        "for e in $x; do echo $e; done",
        "for e in 1 2; do echo $e; break; done",
        "for e in 1 2; do echo $e; done | cat",
        "for e in 1 2; do echo $e; done > f",
        "for e in 1 2; do echo $e; done &",
        "for e; do echo $e; done",
        "for ((e=1;e<3;e++)); do e=5; done",
        "for ((;;)); do echo; done",
        "for ((e=1;e>0;e++)); do echo; done",
        "for e in {1..99999999}; do echo; done",
        "for e in 1 2; do cat <<E; done\n$e\nE",
        "if a; then for e in 1 2; do echo $e; done; fi",
        "while a; do b; done",
        "for e in 1 2; do",
    ],
)
def test_a_loop_that_cannot_be_taken_apart_is_left_whole(act: str) -> None:
    assert unroll(act) is None
