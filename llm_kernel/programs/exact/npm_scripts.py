"""``npm run``: the scripts of a project's file, run by the shell; all else of npm is answered at once."""

from __future__ import annotations

import shlex
from typing import Any

from llm_kernel.programs.exact.npm import major, npm
from llm_kernel.programs.exact.npm_tree import manifest
from llm_kernel.programs.table import NotExact, live
from llm_kernel.shell.call import Call, Io

__all__ = ["run"]

_SHORT = {"t": "test", "tst": "test", "test": "test", "start": "start", "stop": "stop", "restart": "restart"}


@live("npm", needs="package:npm")
async def run(call: Call, io: Io) -> int:
    """``npm``."""
    words = [word for word in call.args if not word.startswith("-")]
    if words[:1] in (["run"], ["run-script"]):
        return await _script(call, io, words[1] if words[1:] else "")
    if words and words[0] in _SHORT:
        return await _script(call, io, _SHORT[words[0]])
    answer = npm(call)
    await io.out(answer.stdout)
    await io.err(answer.stderr)
    return answer.status


async def _script(call: Call, io: Io, name: str) -> int:
    """One script with those that come before and after it; without a name all of them are told."""
    project, old = manifest(call.machine, call.cwd), major(call.machine) < 7
    if call.run is None or not isinstance(project.get("scripts", {}), dict):
        raise NotExact(call.name)
    if not project:
        await io.err(_lost(call, old=old))
        return 254
    scripts = {str(key): str(text) for key, text in project.get("scripts", {}).items()}
    if not name:
        await io.out(_told(project, scripts, old=old))
        return 0
    if name not in scripts:
        await io.err(_unknown(name, old=old))
        return 1
    at = call.args.index("--") + 1 if "--" in call.args else len(call.args)
    more = "".join(f" {shlex.quote(word)}" for word in call.args[at:])
    quiet = bool({"-s", "--silent"} & set(call.args[: at or None]))
    path = f"export PATH={shlex.quote(call.cwd)}/node_modules/.bin:$PATH"
    for one in (f"pre{name}", name, f"post{name}"):
        if one not in scripts:
            continue
        line = scripts[one] + (more if one == name else "")
        where = f" {call.cwd}" if old else ""
        if not quiet:
            await io.out(f"\n> {_name(project)} {one}{where}\n> {line}\n\n")
        status = await call.run(f"{path}; sh -c {shlex.quote(line)}", io.out, io.err)
        if status:
            await io.err(_failed(project, one, line, status, old=old))
            return status
    return 0


def _name(project: dict[str, Any]) -> str:
    return f"{project.get('name', '')}@{project.get('version', '')}".strip("@")


def _told(project: dict[str, Any], scripts: dict[str, str], *, old: bool) -> str:
    """The list of the scripts: those that have commands of their own come first."""
    if not scripts:
        return ""
    cycle = [name for name in scripts if name in _SHORT.values()]
    others = [name for name in scripts if name not in cycle]
    head = f"Lifecycle scripts included in {project.get('name', '') if old else _name(project)}:\n"
    more = (
        "\navailable via `npm run-script`:\n"
        if old or cycle
        else f"Scripts available in {_name(project)} via `npm run-script`:\n"
    )
    rows = "".join(f"  {name}\n    {scripts[name]}\n" for name in cycle)
    rest = "".join(f"  {name}\n    {scripts[name]}\n" for name in others)
    return (
        (head + rows if cycle else "")
        + (more + rest if others else "")
        + ("" if old else "\n" * bool(cycle and not others))
    )


def _unknown(name: str, *, old: bool) -> str:
    if old:
        return f"npm ERR! missing script: {name}\n"
    hint = "npm ERR! \nnpm ERR! To see a list of scripts, run:\nnpm ERR!   npm run\n"
    return f'npm ERR! Missing script: "{name}"\n{hint}'


def _lost(call: Call, *, old: bool) -> str:
    path = f"{call.cwd}/package.json"
    system = "" if old else f"npm ERR! path {path}\n"
    return (
        f"npm ERR! code ENOENT\nnpm ERR! syscall open\n{system}npm ERR! errno -2\n"
        f"npm ERR! enoent ENOENT: no such file or directory, open '{path}'\n"
        "npm ERR! enoent This is related to npm not being able to find a file.\nnpm ERR! enoent \n"
    )


def _failed(project: dict[str, Any], name: str, line: str, status: int, *, old: bool) -> str:
    """What the older npm says of a script that ends badly; the newer ones leave it at the script's own words."""
    if not old:
        return ""
    if name == "test":
        return "npm ERR! Test failed.  See above for more details.\n"
    return (
        f"npm ERR! code ELIFECYCLE\nnpm ERR! errno {status}\nnpm ERR! {_name(project)} {name}: `{line}`\n"
        f"npm ERR! Exit status {status}\nnpm ERR! \nnpm ERR! Failed at the {_name(project)} {name} script.\n"
        "npm ERR! This is probably not a problem with npm. There is likely additional logging output above.\n"
    )
