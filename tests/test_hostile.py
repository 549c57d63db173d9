"""What a hostile user, or a model, finds: nothing of the host, nothing of the library, and a kernel that lives."""

from __future__ import annotations

import asyncio
import re

import pytest

from llm_kernel.errors import TooLong
from llm_kernel.events import Exit, Text
from llm_kernel.model.request import ScriptedBackend
from llm_kernel.session import Setup
from tests.notebook import Notebook, err, out

# -- bytes and sizes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "script",
    [
        "printf 'a\\0b'",
        "printf '\\xff\\xfe'",
        "printf '\\xe4\\xb8'",
        "seq 1 90000 | tr -d '\\n'",
        "x=$(seq 1 90000); echo \"$x$x$x$x\" | tr -d '\\n'",
        "head -c 100000 /dev/urandom",
        "printf '\\x1b[31'",
    ],
)
async def test_no_bytes_garble_the_next_cell(script: str) -> None:
    notebook = Notebook()
    assert (await notebook(script))[-1] == Exit(0)
    assert await notebook("echo next") == out("next\n")


async def test_a_line_of_nine_megabytes_is_counted_and_cut() -> None:
    notebook = Notebook(setup=Setup(output=1000))
    notebook.machine.files.write("/root/long", b"a" * 9_000_000)
    assert await notebook("wc -c long; cut -c1-5 long; x=$(cat long); echo ${#x}") == out(
        "9000000 long\naaaaa\n9000000\n"
    )
    assert await notebook("grep -c a long") == err("bash: xrealloc: cannot allocate 33554432 bytes\n", 1)
    cut = "\n[output cut after 1000 characters; c.LLMKernel.output_limit sets how many]\n"
    assert await notebook("cat long") == out("a" * 1000 + cut)
    assert await notebook("echo next") == out("next\n")


async def test_a_reply_of_megabytes_goes_through() -> None:
    notebook = Notebook(ScriptedBackend(["x" * 5_000_000 + "\n"], piece=50_000))
    assert await notebook("rsync | wc -c") == out("5000001\n")


async def test_an_instruction_of_megabytes_is_refused_at_once_and_not_sent() -> None:
    notebook = Notebook(["echo ok\n"])
    with pytest.raises(TooLong, match=r"prompt_tokens"):
        await asyncio.wait_for(notebook("%%meta\n" + "x" * 2_000_000), 60)
    assert notebook.requests == []


async def test_control_characters_of_a_model_are_shown_as_they_came() -> None:
    text = "\x1b[31mred\x1b[0m\a\b\r\x00\x85\n"
    assert await Notebook([text])("rsync") == out(text)


async def test_two_thousand_acts_are_two_thousand_acts() -> None:
    acts = "".join(f"@ echo $((i++)) {n}\n" for n in range(2000))  # a line that only repeats is a model that is stuck
    assert await Notebook([acts]).said("perl a.pl | tail -1") == "1999 1999\n"


async def test_an_act_may_destroy_the_machine_as_a_user_may_and_the_kernel_lives() -> None:
    notebook = Notebook(["@ rm -rf /\n@ rm -rf --no-preserve-root /\n"])
    text = "rm: it is dangerous to operate recursively on '/'\nrm: use --no-preserve-root to override this failsafe\n"
    said = (await notebook("rsync"))[0]
    assert said.text.startswith(text)
    left = said.text.removeprefix(text).splitlines()  # what the kernel shows is nobody's to remove
    assert all(re.fullmatch(r"rm: cannot remove '/(proc|sys)/.*': Operation not permitted", line) for line in left)
    assert await notebook("echo alive; cat /etc/hostname") == [
        Text("stdout", "alive\n"),
        Text("stderr", "cat: /etc/hostname: No such file or directory\n"),
        Exit(1),
    ]


async def test_a_fork_bomb_goes_off_harmlessly() -> None:
    notebook = Notebook(setup=Setup(output=2000))
    cell = asyncio.ensure_future(notebook(":(){ :|:& };:"))
    await asyncio.wait({cell}, timeout=0.5)
    cell.cancel()
    await asyncio.wait({cell})
    assert (await notebook("echo alive"))[0] == Text("stdout", "alive\n")
    await notebook.session.close()


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("yes | head -2", "y\ny\n"),
        ("seq 100000 | tail -1", "100000\n"),
        ("cat ../../../../etc/hostname", "ubuntu\n"),
        ("rm -rf /tmp/nothing; ls / | head -1", "bin\n"),
    ],
)
async def test_floods_and_tricks(script: str, said: str) -> None:
    assert await Notebook()(script) == out(said)


# -- the host -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [__file__, f"../../../../../..{__file__}"])
async def test_the_hosts_files_cannot_be_read(path: str) -> None:
    notebook = Notebook()
    for script in (f"cat '{path}'", f"cat < '{path}'", f". '{path}'", f"cp '{path}' x && cat x", f"head -1 '{path}'"):
        events = await notebook(script)
        assert [event for event in events if isinstance(event, Text) and event.stream == "stdout"] == []


async def test_links_do_not_lead_to_the_host() -> None:
    events = await Notebook()(f"ln -s '{__file__}' l; cat l; ln -s / r; cat 'r{__file__}' /proc/self/root'{__file__}'")
    assert [event for event in events if isinstance(event, Text) and event.stream == "stdout"] == []


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("echo 'a\ud800b\U0001f600'", "a\ufffdb\U0001f600\n"),
        ("%%writefile x\n\udfff", "Writing x\n"),
        ("read x; echo $x", "\ufffd\n"),
    ],
)
async def test_halves_of_characters_become_whole_ones(cell: str, said: str) -> None:
    assert (await Notebook()(cell, typed=["\ud800"]))[-2:] == out(said)


async def test_writing_a_cell_to_a_directory_is_an_error_and_no_crash() -> None:
    for words in ("/", "-a /", "new/"):
        said = f"writefile: {words.split()[-1]}: Is a directory\n"
        assert await Notebook()(f"%%writefile {words}\nabc") == err(said, 1)


# -- the library --------------------------------------------------------------------------------------------------

LEAKS = re.compile(
    r"(?i:bashkit|sandbox|virtual (?:bash|sh|shell|file)|not yet implemented|not available in|resource limit"
    r"|__llm_kernel|unexpected argument)|Did you mean"
)
COMMON = """help; help cd; set; env; printenv; ulimit -a; time; history; fc -l; man ls; compgen -c; compgen -b; enable
declare -p; declare -x; declare -f; alias; bind -P; shopt; set -o; trap -l; kill -l; times; umask; hash; jobs -l; dirs
caller; complete -p; type -a echo cat bash; cat --version; grep --version; sed --version; awk --version; tar --version
bc --version; sort --version; find --version; xargs --version; diff --version; gzip --version; bash --version
bash --help; sh --version; sudo --version; sudo -l; sudo -V; sudo; timeout; nohup; nice; head --version; tail --version
tr --version; seq --version; env --version; printf --version; expr --version; md5sum --help; strings --version
sudo cat --version; cat --zzz; tee --zzz; od --zzz; tac --zzz; shuf --zzz; jq --zzz; base64 --zzz; coproc cat; logout
suspend; fg; bg; disown; wait 99; kill %1; export -p; readonly -p; curl -V; ls --zzz; ps aux; mount; df; id; w; uname -a
cat /etc/passwd; cat /proc/version; cat /proc/mounts; ls -la /; ls -R /opt /tmp /root /etc; echo $0 $BASH $BASHOPTS
exec nope; command nope; builtin nope; typeset -z; local x; select x in a; do break; done; read -z; mapfile -z; let
printf %z; test a b c; cat /dev/tcp/x/1; [[ 1 -zz 2 ]]; echo ${x:?gone}; f() { f; }; f; getopts; ulimit -zzz; exit a
shopt zzz; bind -z; pushd; popd; echo --version; paste --version; echo $(grep --version); expr --version
sh -c 'grep --version'; sh -c 'bash --version'; x=grep; eval 'sed --version'; c=--version; tar $c; strings --version"""


@pytest.mark.parametrize("script", [line for row in COMMON.split("\n") for line in row.split("; ")])
async def test_the_library_is_not_seen(script: str) -> None:
    notebook = Notebook({"": "said by the model\n"})
    assert LEAKS.findall(str(await notebook(script))) == []
