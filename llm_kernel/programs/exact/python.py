"""``python3``: its version and the versions of modules are facts; whatever else it runs is the model's."""

from __future__ import annotations

import ast
import posixpath
import sys
import warnings
from collections.abc import Sequence

from llm_kernel.machine import Machine, releases
from llm_kernel.machine.channels import ROOT
from llm_kernel.machine.packages import Package
from llm_kernel.programs.exact.lookup import not_found, which
from llm_kernel.programs.exact.pip import pip
from llm_kernel.programs.exact.pip_site import environment_of, managers_of
from llm_kernel.programs.exact.python_tools import compiled, places
from llm_kernel.programs.exact.venv import venv
from llm_kernel.programs.table import NotExact, exact
from llm_kernel.python.beside import own_paths
from llm_kernel.shell.call import Answer, Call

__all__ = ["module_version", "own_version", "package_of", "python"]

_BRANCHES = tuple(f"python3.{minor}" for minor in range(4, 15))
_SILENT = {"typing_extensions", "google.protobuf", "dateutil", "nvidia", "gast", "opt_einsum", "rsa", "markdown_it"}
"""Modules that do not say their version, or say it in a way of their own."""


@exact("python3", "python", *_BRANCHES, needs="python")
def python(call: Call) -> Answer:
    """Answer ``--version``, ``-m pip`` and the one-liner that prints modules' versions."""
    args = call.args
    if missing := _not_there(call):
        return missing
    if args in (("--version",), ("-V",)):
        return Answer(f"Python {own_version(call)}\n")
    if args[:2] == ("-m", "pip"):
        return _as_module(call)
    if args[:2] == ("-m", "venv"):
        inner = Call("venv", args[2:], call.machine, call.cwd, call.env, call.stdin, call.tty)
        version = own_version(call)
        return venv(inner, version, _interpreter(call, version))
    if args[:2] == ("-m", "site"):
        return places(call, own_version(call))
    if args[:2] == ("-m", "py_compile"):
        return compiled(call, own_version(call))
    if len(args) == 2 and args[0] == "-c":
        return _versions(call, args[1])
    raise NotExact


def _not_there(call: Call) -> Answer | None:
    """What the system says of ``python`` where only ``python3`` is installed."""
    there = call.name != "python" or "python" in call.machine.packages.pythons or "PATH" not in call.env
    if there or which(call.machine, "python", call.env["PATH"], call.cwd):
        return None
    return Answer("", not_found(call.machine, "python"), 127)


def _as_module(call: Call) -> Answer:
    """``-m pip``: the pip of just this Python."""
    folder, base = posixpath.split(call.name)
    own = call.machine.system.python
    if base.startswith("python3.") and base != f"python{own.rpartition('.')[0]}" and not environment_of(call):
        raise NotExact  # the system's Python beside the machine's has packages that nobody listed
    name = f"{folder}/pip" if folder else "pip"
    return pip(Call(name, call.args[2:], call.machine, call.cwd, call.env, call.stdin, call.tty))


def _interpreter(call: Call, version: str) -> str:
    """Where the interpreter stands that a virtual environment begun by ``call`` leads to."""
    environment = environment_of(call)
    if environment:
        return f"{environment.root}/bin/python{version.rpartition('.')[0]}"
    folder = f"{ROOT}/bin" if call.machine.packages.has_conda else "/usr/bin"
    return f"{folder}/python{version.rpartition('.')[0] if '.' in call.name else '3'}"


def own_version(call: Call) -> str:
    """The version under this name: a branch by name is that branch, the rest what ``python3`` is."""
    system, name = call.machine.system, call.name.rpartition("/")[2]
    environment = environment_of(call)
    if environment and name in ("python", "python3", f"python{environment.python.rpartition('.')[0]}"):
        return environment.python
    for version in (system.python, system.profile.python):
        if name == f"python{version.rpartition('.')[0]}":
            return version
    if name in ("python", "python3") and not (system.os == "centos" and name == "python"):
        return system.python
    raise NotExact


def _versions(call: Call, source: str) -> Answer:
    """Run ``import X; print(X.__version__)`` for modules of installed packages, in this form and no other."""
    names: dict[str, str] = {}
    out: list[str] = []
    for statement in _parsed(source):
        match statement:
            case ast.Import(names=[ast.alias(name=module, asname=asname)]) if "." not in module:
                if _shadowed(call, module) or module in releases.standard_library() | sys.stdlib_module_names:
                    raise NotExact
                if package_of(call, module) is None:
                    return Answer("".join(out), _missing(module, source), 1)
                names[asname or module] = module
            case ast.Expr(
                ast.Call(
                    func=ast.Name("print"),
                    args=[ast.Attribute(value=ast.Name(name), attr="__version__")],
                    keywords=[],
                )
            ) if name in names:
                out.append(module_version(call.machine, names[name], managers_of(call)) + "\n")
            case _:
                raise NotExact
    if not out:
        raise NotExact
    return Answer("".join(out))


def _parsed(source: str) -> list[ast.stmt]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source).body
    except (SyntaxError, ValueError) as err:
        raise NotExact from err


def _shadowed(call: Call, module: str) -> bool:
    """Whether the working directory or ``PYTHONPATH`` has a module of this name, which would be loaded first."""
    folders = (call.cwd, *own_paths(call.env, call.cwd))
    return any(call.machine.files.exists(f"{place}/{module}{end}") for place in folders for end in ("", ".py"))


def _missing(module: str, source: str) -> str:
    line = 1 + source[: source.find(module)].count("\n")
    return (
        f'Traceback (most recent call last):\n  File "<string>", line {line}, in <module>\n'
        f"ModuleNotFoundError: No module named '{module}'\n"
    )


def package_of(call: Call, module: str) -> Package | None:
    """The package that the Python of ``call`` would load for ``import module``, or None."""
    packages = call.machine.packages
    return next(filter(None, (packages.module(module, manager) for manager in managers_of(call))), None)


def module_version(machine: Machine, module: str, managers: Sequence[str] = ("pip",)) -> str:
    """What ``module.__version__`` is; the machine's CUDA is in torch's.

    Raises:
        NotExact: where the module does not say it, or says it in a way of its own.
    """
    package = next(filter(None, (machine.packages.module(module, manager) for manager in managers)), None)
    if package is None or module in _SILENT or releases.project(releases.canonical(package.name)) is None:
        raise NotExact
    if module == "cv2":
        return ".".join(package.version.split(".")[:3])
    return package.version + _label(machine, package)


def _label(machine: Machine, package: Package) -> str:
    """The label of torch's build: every wheel for CUDA carries it in the module from 1.8 on."""
    if package.name not in ("torch", "torchvision") or "+" in package.version:
        return ""
    torch = machine.packages.find(package.manager, "torch")
    return releases.torch_local_version(torch.version, machine.devices.cuda, always=True) if torch else ""
