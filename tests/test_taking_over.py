"""Going back on the tree that is there: nothing of what lived on it before is left, and a failure changes nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from llm_kernel.errors import StateError
from llm_kernel.events import Text
from llm_kernel.machine import Machine
from llm_kernel.model.choice import Models
from llm_kernel.model.request import ScriptedBackend
from llm_kernel.moments import Moments
from llm_kernel.session import Session
from llm_kernel.store import Store
from tests.store.moments import entry, moment


@pytest.fixture
def session(tmp_path: Path) -> Session:
    store = Store(tmp_path)
    moments = Moments(store, store.enter("a.ipynb"))
    return Session(Machine(), Models(lambda _: ScriptedBackend([])), moments=lambda: moments)


async def said(session: Session, code: str) -> str:
    return "".join([event.text async for event in session.run_cell(code) if isinstance(event, Text)])


async def test_the_tree_is_taken_over_where_nothing_moves_on_it_and_a_new_one_made_beside_a_job(
    session: Session,
) -> None:
    await said(session, "echo 1 > a")
    tree = session.machine.files.root
    await said(session, "%undo")
    assert session.machine.files.root is tree
    await said(session, "while sleep 5; do echo tick >> ticks; done &")
    await said(session, "%undo")
    assert session.machine.files.root is not tree
    assert await said(session, "sleep 20; ls") == ""
    await session.close()


async def test_devices_tunables_links_and_processes_are_again_as_they_were(session: Session) -> None:
    await said(session, "echo one > a; ln a b; sysctl -qw vm.swappiness=7; sleep 900 & echo x > c")
    await said(session, "kill %1; wait")
    look = "ls -l /dev/null a b; stat -c '%h %i %y' a; cat /proc/sys/vm/swappiness; ls -ld /proc/[0-9]* | wc -l"
    before = await said(session, look)
    await said(session, "sysctl -qw vm.swappiness=9 kernel.panic=3; rm -rf /dev/null a /tmp; echo two >> b; ln b d")
    await said(session, "%undo")
    assert await said(session, look) == before
    assert await said(session, "cat /proc/sys/kernel/panic; echo lost > /dev/null; cat a b; ls -d /tmp") == (
        "0\none\none\n/tmp\n"
    )
    assert await said(session, "ls -a /dev | grep -c inodes") == "0\n"
    await session.close()


async def test_a_file_that_was_moved_onto_a_device_is_there_again(session: Session) -> None:
    await said(session, "echo one > a; mv a /dev/null")
    await said(session, "rm /dev/null")
    await said(session, "%undo")
    assert await said(session, "stat -c '%F %s' /dev/null") == "regular file 4\n"
    await session.close()


async def test_a_way_that_fails_in_the_middle_leaves_files_and_tunables_as_they_are(session: Session) -> None:
    await said(session, "echo one > a; ln a b; sysctl -qw vm.swappiness=7")
    store, kept = session.life.moments.store, session.life.moments.newest
    assert kept is not None
    bent = {"/": kept.files.entries["/"], "/" + "x" * 300: entry(b"a")}
    step = store.enter("").add("cell", "", moment(bent, **kept.parts))
    store.save("bent", step)
    tree, before = session.machine.files.root, _held(session)
    with pytest.raises(StateError, match="no machine"):
        await said(session, "%load bent")
    assert session.machine.files.root is tree
    assert _held(session) == before
    assert (
        await said(session, "stat -c %h a; cat b /proc/sys/vm/swappiness; ls /proc/$$/fd | wc -l") == "2\none\n7\n3\n"
    )
    await session.close()


def _held(session: Session) -> dict[str, object]:
    """The files but ``/proc``, which is told anew."""
    entries = session.machine.files.moment().entries
    return {
        path: (replace(one.meta, host=0.0, names=None), one.data, one.target)
        for path, one in entries.items()
        if path != "/proc"
    }
