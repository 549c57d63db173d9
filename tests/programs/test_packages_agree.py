"""After any installs and removals every place that knows of a package says the same of it."""

from __future__ import annotations

import json
import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llm_kernel.machine import Machine
from llm_kernel.machine.packages import imports
from llm_kernel.machine.releases import canonical
from llm_kernel.programs.exact.apt import apt, apt_get
from llm_kernel.programs.exact.dpkg import dpkg
from llm_kernel.programs.exact.lookup import which
from llm_kernel.programs.exact.pip import pip
from llm_kernel.programs.exact.python import python
from llm_kernel.programs.table import NotExact
from llm_kernel.shell.call import Answer, Call

_NAMES = [
    "flask",
    "requests",
    "black",
    "httpie",
    "numpy",
    "torch==1.8.0",
    "pytest",
    "tqdm",
    "jupyter",
    "uvicorn[standard]",
]
_STEPS = st.lists(st.tuples(st.booleans(), st.sampled_from(_NAMES)), min_size=1, max_size=6)
_DEBS = ["htop", "tree", "git", "nginx", "jq", "ffmpeg", "curl", "tmux"]
_FEW = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _run(program: object, name: str, line: str, machine: Machine, path: str) -> Answer:
    answer = program(Call(name, tuple(line.split()), machine, env={"USER": "root", "PATH": path}))  # type: ignore[operator]
    assert isinstance(answer, Answer)
    return answer


def _made(steps: list[tuple[bool, str]], root: str) -> tuple[Machine, str, str]:
    """A machine after the steps, its ``PATH``, and the directory of its packages."""
    machine = Machine()
    path, home = "/usr/local/bin:/usr/bin:/bin", "/usr/local/lib/python3.8/dist-packages"
    if root:
        assert _run(python, "python3", f"-m venv {root}", machine, path) == Answer()
        path, home = f"{root}/bin:{path}", f"{root}/lib/python3.8/site-packages"
    for come, name in steps:
        line = f"install -q {name}" if come else f"uninstall -y {re.split('[=[]', name)[0]}"
        assert _run(pip, "pip", line, machine, path).status == 0
    return machine, path, home


@_FEW
@given(steps=_STEPS, root=st.sampled_from(["", "/root/env"]))
def test_lists_directories_imports_and_programs_agree(steps: list[tuple[bool, str]], root: str) -> None:
    machine, path, home = _made(steps, root)
    listed = {
        row["name"]: row["version"]
        for row in json.loads(str(_run(pip, "pip", "list --format json", machine, path).stdout))
    }
    frozen = str(_run(pip, "pip", "freeze --all", machine, path).stdout).splitlines()
    assert frozen == [f"{name}=={version}" for name, version in listed.items()]
    manager = f"pip:{root}" if root else "pip"
    here = [
        p for p in machine.packages.installed(manager) if not (machine.packages.is_base(manager, p.name) and not root)
    ]
    assert {p.name for p in here} <= set(listed)
    folders = machine.files.listdir(home) if machine.files.is_dir(home) else []
    infos = sorted(name for name in folders if name.endswith(".dist-info"))
    assert infos == sorted(f"{re.sub('[-.]+', '_', p.name)}-{listed[p.name]}.dist-info" for p in here)
    for package in here:
        record = machine.files.read(
            f"{home}/{re.sub('[-.]+', '_', package.name)}-{listed[package.name]}.dist-info/RECORD"
        )
        for row in record.decode().splitlines():
            assert machine.files.exists(f"{home}/{row.partition(',')[0]}")
        for module in imports(package):
            assert machine.packages.module(module, manager) is not None
        for command in package.commands:
            assert which(machine, command, path)
    for _, name in steps:
        key = canonical(re.split("[=[]", name)[0])
        if key not in map(canonical, listed):
            assert machine.packages.module(key, manager) is None


@_FEW
@given(steps=st.lists(st.tuples(st.booleans(), st.sampled_from(_DEBS)), min_size=1, max_size=6))
def test_dpkg_apt_and_which_agree(steps: list[tuple[bool, str]]) -> None:
    machine, path = Machine(), "/usr/local/bin:/usr/bin:/bin:/usr/sbin"
    for come, name in steps:
        assert _run(apt_get, "apt-get", f"{'install' if come else 'remove'} -y {name}", machine, path).status == 0
    rows = str(_run(dpkg, "dpkg", "-l", machine, path).stdout).splitlines()
    held = {row.split()[1].partition(":")[0]: row.split()[2] for row in rows if row.startswith("ii ")}
    listed = [row.split() for row in str(_run(apt, "apt", "list --installed", machine, path).stdout).splitlines()[1:]]
    assert {row[0].partition("/")[0]: row[1] for row in listed} == held
    for name in _DEBS:
        package = machine.packages.find("apt", name)
        assert (package is not None) == (name in held)
        for command in package.commands if package else ():
            assert which(machine, command, path)


def test_an_import_that_is_not_there_fails_in_the_environment_only() -> None:
    machine, path, _ = _made([(True, "flask")], "/root/env")
    line = ("-c", "import flask; print(flask.__version__)")
    assert python(Call("python3", line, machine, env={"PATH": path})) == Answer("1.1.2\n")
    try:
        outside = python(Call("python3", line, machine, env={"PATH": "/usr/bin"}))
    except NotExact:
        raise AssertionError("whether a module is there is a fact") from None
    assert outside.status == 1
