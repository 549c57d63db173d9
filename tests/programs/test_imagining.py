"""What is listed first and written when it is first read: clones, hooks, what is said where nobody can imagine it."""

from __future__ import annotations

import pytest

from llm_kernel.errors import EndpointError
from llm_kernel.events import Exit, Text
from llm_kernel.machine import Clock, Machine
from llm_kernel.model.request import Request
from tests.notebook import Notebook, err, out

NANO = "https://github.com/karpathy/nanoGPT"
SUMMER_2023 = 1690000000.0


def asked(book: Notebook) -> list[str]:
    return [request.key["origin"] for request in book.requests]


def answer(request: Request) -> str:
    """A reply by what is asked for."""
    origin = request.key["origin"]
    if origin.startswith("git-tree "):
        return "README.md 20\nsrc/main.py 1.2k\n../evil 3\n/etc/passwd 3\n.git/config 9\ncommit 2020-01-02 Bob: Begin\n"
    if origin.endswith(".gitignore"):
        return "*.pyc\n"
    if " before " in origin:
        return "old line\n"
    return f"the text of {origin.split(' ')[-1]}\n"


def book() -> Notebook:
    return Notebook(answer, machine=Machine(Clock(SUMMER_2023)))


async def cloned(url: str = NANO) -> Notebook:
    made = book()
    await made(f"git clone -q {url} repo; cd repo")
    return made


async def test_a_clone_is_listed_at_once_and_nothing_is_asked() -> None:
    made = book()
    assert await made(f"git clone {NANO}") == err("Cloning into 'nanoGPT'...\n", 0)
    listing = (await made.said("find nanoGPT -name '*.py' | sort | head -3")).split()
    assert listing == ["nanoGPT/bench.py", "nanoGPT/config/eval_gpt2.py", "nanoGPT/config/eval_gpt2_large.py"]
    sizes = await made.said("stat -c %s nanoGPT/LICENSE; du -b nanoGPT/LICENSE; ls -l nanoGPT/LICENSE | cut -d' ' -f5")
    assert sizes == "1072\n1072\tnanoGPT/LICENSE\n1072\n"
    status = (
        "On branch master\nYour branch is up to date with 'origin/master'.\n\nnothing to commit, working tree clean\n"
    )
    assert await made.said("cd nanoGPT && git status") == status
    assert await made.said("git log --oneline | wc -l; git ls-files | wc -l; git remote get-url origin") == (
        f"4\n{len((await made.said('git ls-tree -r --name-only HEAD')).split())}\n{NANO}\n"
    )
    assert asked(made) == []


async def test_a_file_is_imagined_once_and_is_so_from_then_on() -> None:
    made = await cloned()
    text = "the text of README.md\n"
    assert await made.said("cat README.md") == text
    assert (
        await made.said("cat README.md; wc -c < README.md; stat -c %s README.md") == f"{text}{len(text)}\n{len(text)}\n"
    )
    assert await made.said("git status -s; touch README.md; git status -s; git diff") == ""
    assert await made.said("git show HEAD:README.md; cp README.md /tmp/x; cat /tmp/x") == text * 2
    assert await made.said("rm README.md; git checkout -q -- README.md; cat README.md") == text
    same = await made.said("git hash-object README.md; git rev-parse HEAD:README.md")
    assert len(set(same.split())) == 1
    assert asked(made) == ["git github.com/karpathy/nanoGPT README.md"]


async def test_another_clone_has_the_same_text() -> None:
    made = await cloned()
    await made("cat README.md")
    assert await made.said(f"cd; git clone -q {NANO} two && cat two/README.md") == "the text of README.md\n"
    assert len(made.requests) == 1


async def test_the_rest_of_a_cell_reads_what_its_clone_brought() -> None:
    made = book()
    assert await made(f"git clone -q {NANO} && cd nanoGPT && head -1 LICENSE") == out("the text of LICENSE\n")


async def test_what_a_commit_changed_is_imagined_too() -> None:
    made = await cloned()
    shown = await made.said("git show --format=%s")
    assert shown.splitlines()[0] == "fix typo in train.py"
    assert shown.splitlines()[-2:] == ["-old line", "+the text of train.py"]
    assert await made.said("git show --format=%s") == shown
    assert len(made.requests) == 2


async def test_few_files_are_imagined_at_a_time() -> None:
    made = await cloned()
    events = await made("grep -rl text config data")
    said = "".join(event.text for event in events if isinstance(event, Text) and event.stream == "stdout")
    assert len(said.split()) == 5
    assert len(made.requests) == 5
    assert events[0] == Text("stderr", "[8 more files are listed here and not written yet: 5 are imagined at a time]\n")


async def test_ignored_files_are_asked_for_when_something_is_untracked() -> None:
    made = await cloned()
    assert await made.said("touch a.pyc b; git status -s") == "?? b\n"
    assert asked(made) == ["git github.com/karpathy/nanoGPT .gitignore"]


async def test_an_unknown_repository_is_named_once_and_only_what_is_safe_of_it() -> None:
    made = await cloned("https://github.com/foo/bar.git")
    assert await made.said("find . -type f | grep -v .git/ | sort; git log --format='%an: %s'") == (
        "./README.md\n./src/main.py\nBob: Begin\n"
    )
    await made("cd; git clone -q https://github.com/foo/bar again")
    assert asked(made) == ["git-tree github.com/foo/bar"]


async def test_a_repository_that_does_not_exist_yet_is_not_found() -> None:
    made = Notebook(answer)
    said = f"Cloning into 'nanoGPT'...\nremote: Repository not found.\nfatal: repository '{NANO}/' not found\n"
    assert await made(f"git clone {NANO}") == err(said, 128)
    assert await made.said("ls") == ""


async def test_a_listing_that_lists_nothing_is_no_repository() -> None:
    made = Notebook(["I am sorry, I do not know this repository."])
    events = await made("git clone -q https://github.com/no/such")
    assert events == err(
        "remote: Repository not found.\nfatal: repository 'https://github.com/no/such/' not found\n", 128
    )


async def test_where_no_model_answers_it_is_said_and_nothing_is_run() -> None:
    def fails(request: Request) -> str:
        raise EndpointError("nobody answers")

    made = Notebook(fails, machine=Machine(Clock(SUMMER_2023)))
    await made(f"git clone -q {NANO}; cd nanoGPT")
    said = (
        "github.com/karpathy/nanoGPT README.md: nobody has written this yet, "
        "and it cannot be imagined now: nobody answers\n"
    )
    assert await made("cat README.md") == err(said, 1)
    assert (await made("git status"))[-1] == Exit(0)
    events = await made(f"cd; git clone -q {NANO} two; cat two/README.md")
    assert events == err(said, 1)


async def test_a_machine_that_is_stored_keeps_what_was_invented_and_what_is_still_listed() -> None:
    made = await cloned()
    await made("cat README.md")
    again = Notebook(answer, machine=Machine.from_state(made.machine.to_state()))
    assert await again.said("cd repo; git status -s; cat README.md") == "the text of README.md\n"
    assert await again.said("cat LICENSE") == "the text of LICENSE\n"
    assert asked(again) == ["git github.com/karpathy/nanoGPT LICENSE"]


@pytest.mark.parametrize("depth", [1, 2])
async def test_a_shallow_clone_has_so_many_commits(depth: int) -> None:
    made = book()
    await made(f"git clone -q --depth {depth} {NANO}; cd nanoGPT")
    assert await made.said("git log --format=%h | wc -l; git rev-parse --is-shallow-repository") == f"{depth}\ntrue\n"


async def test_push_asks_for_a_password_that_nobody_has() -> None:
    made = await cloned()
    said = "fatal: could not read Username for 'https://github.com': No such device or address\n"
    assert await made("git push") == err(said, 128)


async def test_a_script_that_is_run_is_imagined_with_what_it_imports() -> None:
    made = Notebook(
        lambda request: "import model\n" if request.key["origin"].endswith("sample.py") else "x = 1\n",
        machine=Machine(Clock(SUMMER_2023)),
    )
    await made(f"git clone -q {NANO}; cd nanoGPT")
    await made("python3 sample.py")
    assert asked(made)[:2] == ["git github.com/karpathy/nanoGPT sample.py", "git github.com/karpathy/nanoGPT model.py"]


async def test_a_log_says_what_the_journal_says() -> None:
    notebook = Notebook()
    assert await notebook(
        "tail -n 2 /var/log/syslog > a; journalctl --no-pager -n 2 | tail -n 2 > b; cmp a b && wc -l < a"
    ) == out("2\n")
    assert await notebook("grep -vc kernel: /var/log/kern.log") == out("0\n", 1)
    assert notebook.requests == []


async def test_a_manual_page_is_imagined_once() -> None:
    notebook = Notebook(["NAME\n       ls - list directory contents\n"])
    assert await notebook("man ls | head -1") == out("NAME\n")
    assert await notebook("man ls | tail -1") == out("       ls - list directory contents\n")
    assert len(notebook.requests) == 1
    assert await notebook("man nosuch") == err("No manual entry for nosuch\n", 16)


async def test_a_text_with_a_size_is_imagined_when_it_is_read() -> None:
    notebook = Notebook(["three plain words\n"])
    await notebook("%machine file notes.txt --size 3K")
    assert await notebook("wc -c notes.txt; stat -c %s notes.txt") == out("18 notes.txt\n18\n")
    assert await notebook("cat notes.txt") == out("three plain words\n")
    assert len(notebook.requests) == 1
