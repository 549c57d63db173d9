"""``python -m venv`` and ``virtualenv``: a Python of one's own, with its files and its place among the packages."""

from __future__ import annotations

import posixpath

from llm_kernel.machine import Machine
from llm_kernel.machine.environments import Environment
from llm_kernel.programs.table import NotExact, exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["create", "venv", "virtualenv"]

_FLAGS = ("--clear", "--upgrade-deps", "--copies", "--symlinks", "--upgrade")
_USAGE = (
    "usage: venv [-h] [--system-site-packages] [--symlinks | --copies] [--clear]\n"
    "            [--upgrade] [--without-pip] [--prompt PROMPT]{deps}\n"
    "            ENV_DIR [ENV_DIR ...]\n"
)


def venv(call: Call, python: str, interpreter: str) -> Answer:
    """Answer ``-m venv [OPTION]... DIR...`` of the Python ``python`` that stands at ``interpreter``."""
    folders, prompt, bare, todo = list[str](), "", False, list(call.args)
    while todo:
        word = todo.pop(0)
        if word == "--prompt" and todo:
            prompt = todo.pop(0)
        elif word.startswith("--prompt="):
            prompt = word.partition("=")[2]
        elif word == "--without-pip":
            bare = True
        elif word in _FLAGS:
            continue
        elif word.startswith("-"):
            raise NotExact
        else:
            folders.append(word)
    if not folders:
        deps = "\n            [--upgrade-deps]" if int(python.split(".")[1]) > 8 else ""
        said = _USAGE.format(deps=deps) + "venv: error: the following arguments are required: ENV_DIR\n"
        return Answer("", said, 2)
    for name in folders:
        path = call.path(name)
        if call.machine.files.exists(path) and not call.machine.files.is_dir(path):
            return Answer("", f"Error: Unable to create directory {path!r}\n", 1)
        try:
            create(call.machine, path, python, interpreter, prompt=prompt, bare=bare)
        except OSError as err:
            call.machine.packages.unmake(path)
            return Answer("", f"Error: {err}\n", 1)
    call.machine.clock.advance(round(2.6 * len(folders), 2))
    return Answer()


@exact("virtualenv", needs="package:virtualenv")
def virtualenv(call: Call) -> Answer:
    """Answer ``virtualenv [-p PYTHON] DIR``."""
    args = [word for word in call.args if word not in ("-q", "--quiet", "--clear", "--no-download")]
    python = call.machine.system.python
    if args[:1] in (["-p"], ["--python"]) and len(args) > 1:
        wanted = args[1].rpartition("/")[2].removeprefix("python")
        branches = {version.rpartition(".")[0]: version for version in (call.machine.system.profile.python, python)}
        if wanted not in ("", "3", *branches):
            said = f"RuntimeError: failed to find interpreter for Builtin discover of python_spec={args[1]!r}\n"
            return Answer("", said, 1)
        python, args = branches.get(wanted, python), args[2:]
    if len(args) != 1 or args[0].startswith("-"):
        raise NotExact
    path = call.path(args[0])
    branch = python.rpartition(".")[0]
    create(call.machine, path, python, f"/usr/bin/python{branch}")
    seeds = ", ".join(f"{p.name}=={p.version}" for p in call.machine.packages.installed(f"pip:{path}"))
    home = call.env.get("HOME") or "/root"
    call.machine.clock.advance(0.9)
    return Answer(
        f"created virtual environment CPython{python}.final.0-64 in 412ms\n"
        f"  creator CPython3Posix(dest={path}, clear=False, no_vcs_ignore=False, global=False)\n"
        f"  seeder FromAppData(download=False, pip=bundle, setuptools=bundle, wheel=bundle, via=copy, "
        f"app_data_dir={home}/.local/share/virtualenv)\n"
        f"    added seed packages: {seeds}\n"
        "  activators BashActivator,CShellActivator,FishActivator,PowerShellActivator,PythonActivator\n"
    )


def create(machine: Machine, root: str, python: str, interpreter: str, *, prompt: str = "", bare: bool = False) -> None:
    """Make a virtual environment at ``root``; ``bare``: without pip."""
    machine.packages.unmake(root)
    machine.follow()  # what an earlier one left behind is gone before its successor is laid
    machine.packages.make(Environment(root, "venv", python))
    if bare:
        for package in machine.packages.installed(f"pip:{root}"):
            machine.packages.remove(f"pip:{root}", package.name)
    files, branch = machine.files, python.rpartition(".")[0]
    for folder in ("bin", "include", f"lib/python{branch}/site-packages"):
        files.mkdir(f"{root}/{folder}")
    links = {"python": "python3", "python3": interpreter, f"python{branch}": "python3"}
    for name, target in links.items():
        _link(machine, f"{root}/bin/{name}", target)
    _link(machine, f"{root}/lib64", "lib")
    home = posixpath.dirname(interpreter)
    prompts = f"prompt = {prompt!r}\n" if prompt else ""
    config = f"home = {home}\ninclude-system-site-packages = false\nversion = {python}\n{prompts}"
    files.write(f"{root}/pyvenv.cfg", config.encode())
    said = prompt or posixpath.basename(root)
    files.write(f"{root}/bin/activate", _ACTIVATE.replace("@ROOT@", root).replace("@NAME@", said).encode())
    files.write(f"{root}/bin/activate.csh", _CSH.replace("@ROOT@", root).encode())
    files.write(f"{root}/bin/activate.fish", _FISH.replace("@ROOT@", root).encode())
    machine.follow()


def _link(machine: Machine, path: str, target: str) -> None:
    try:
        machine.files.lstat(path)
    except OSError:
        machine.files.symlink(target, path)


_ACTIVATE = """\
# Read this with "source bin/activate" from bash.

deactivate () {
    if [ -n "${_OLD_VIRTUAL_PATH:-}" ] ; then
        PATH="${_OLD_VIRTUAL_PATH:-}"
        export PATH
        unset _OLD_VIRTUAL_PATH
    fi
    if [ -n "${_OLD_VIRTUAL_PS1:-}" ] ; then
        PS1="${_OLD_VIRTUAL_PS1:-}"
        export PS1
        unset _OLD_VIRTUAL_PS1
    fi
    unset VIRTUAL_ENV
    unset VIRTUAL_ENV_PROMPT
    if [ ! "${1:-}" = "nondestructive" ] ; then
        unset -f deactivate
    fi
}

deactivate nondestructive

VIRTUAL_ENV="@ROOT@"
export VIRTUAL_ENV
VIRTUAL_ENV_PROMPT="(@NAME@) "
export VIRTUAL_ENV_PROMPT

_OLD_VIRTUAL_PATH="$PATH"
PATH="$VIRTUAL_ENV/bin:$PATH"
export PATH

if [ -z "${VIRTUAL_ENV_DISABLE_PROMPT:-}" ] && [ -n "${PS1:-}" ] ; then
    _OLD_VIRTUAL_PS1="${PS1:-}"
    PS1="(@NAME@) ${PS1:-}"
    export PS1
fi
"""
_CSH = """\
# Read this with "source bin/activate.csh" from csh.
setenv VIRTUAL_ENV "@ROOT@"
set _OLD_VIRTUAL_PATH="$PATH:q"
setenv PATH "$VIRTUAL_ENV:q/bin:$PATH:q"
alias deactivate 'setenv PATH "$_OLD_VIRTUAL_PATH:q" && unsetenv VIRTUAL_ENV && unalias deactivate'
"""
_FISH = """\
# Read this with "source bin/activate.fish" from fish.
set -gx VIRTUAL_ENV "@ROOT@"
set -gx _OLD_VIRTUAL_PATH $PATH
set -gx PATH "$VIRTUAL_ENV/bin" $PATH
function deactivate
    set -gx PATH $_OLD_VIRTUAL_PATH
    set -e VIRTUAL_ENV
    functions -e deactivate
end
"""
