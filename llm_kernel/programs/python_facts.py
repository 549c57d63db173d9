"""What a Python program asks of its machine and its libraries, read off the machine before the program runs.

``torch.cuda.device_count()`` or ``numpy.__version__`` is a fact: it takes the place of the expression in the source.
"""

from __future__ import annotations

import ast
import posixpath
import string
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from llm_kernel.machine import releases
from llm_kernel.machine.profiles import Account
from llm_kernel.machine.system import User
from llm_kernel.programs.exact.pip_site import managers_of
from llm_kernel.programs.exact.python import module_version, own_version, package_of
from llm_kernel.programs.python_platform import platform_line
from llm_kernel.programs.table import NotExact
from llm_kernel.programs.torch_builds import arch_list, cudnn
from llm_kernel.programs.torch_driver import cuda_label, trouble
from llm_kernel.python import Unsure
from llm_kernel.python.tested import MODULES
from llm_kernel.shell.call import Call

__all__ = ["fact", "facts", "factual", "known", "lacking"]

_NATIVE = frozenset(MODULES)
"""Modules that the sandbox has; what it lacks of them may still be a fact."""

_STRING = ("ascii_letters", "ascii_lowercase", "ascii_uppercase", "digits", "hexdigits", "octdigits", "punctuation")


def facts(call: Call, tree: ast.Module, folders: tuple[str, ...]) -> dict[ast.AST, str]:
    """The expressions of ``tree`` that are facts, and what stands in their place; ``folders`` may have its modules.

    Raises:
        Unsure: where a module is neither known, nor surely missing.
    """
    return _Facts(call, tree, folders).found


def lacking(call: Call, module: str) -> bool:
    """Whether the Python of ``call`` surely has no such module."""
    if module in releases.standard_library() or module in sys.stdlib_module_names:
        return False
    named = any(module in fact.replace(",", " ").split() for fact in call.machine.facts)
    return not named and package_of(call, module) is None


def known(call: Call) -> dict[str, Any]:
    """What functions of Python's own library say of the machine, by their dotted names."""
    of = _Facts(call, ast.Module([], []))
    return {name: answer(of) for name, answer in _CALLS.items() if not name.startswith("torch.")}


def factual(name: str) -> bool:
    """Whether ``name`` is one that may be a fact."""
    return name in _VALUES or name in _CALLS or name.endswith(".__version__")


def fact(call: Call, name: str, args: tuple[Any, ...] | None = None) -> str | None:
    """What an attribute of a library is, or what its call gives, as Python text; None where that is no fact."""
    try:
        return _Facts(call, ast.Module([], []))._value(_Use(name, ast.Name(name), args))
    except (Unsure, TypeError):
        return None


@dataclass(frozen=True, slots=True)
class _Use:
    """One use of a module: its dotted name, the whole expression, and the arguments where it is called."""

    name: str
    node: ast.expr
    args: tuple[Any, ...] | None


class _Facts:
    def __init__(self, call: Call, tree: ast.Module, folders: tuple[str, ...] = ()) -> None:
        self._call, self._machine, self._folders = call, call.machine, folders
        self._above = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
        self.found: dict[ast.AST, str] = {}
        bound: dict[str, str] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                self._import(node, bound)
            elif isinstance(node, ast.ImportFrom) and (node.module not in _NATIVE or self._beside(node.module)):
                raise Unsure(f"from {node.module}")
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and node.id in bound:
                if isinstance(node.ctx, ast.Store):
                    raise Unsure(f"module bound anew: {node.id}")
                self._use(node, bound[node.id])

    def _import(self, node: ast.Import, bound: dict[str, str]) -> None:
        """Take out what is not the sandbox's; a module that is surely not there fails as it does in CPython."""
        kept = []
        for alias in node.names:
            module = alias.name.partition(".")[0]
            bound[alias.asname or module] = alias.name if alias.asname else module
            if self._beside(module):
                raise Unsure(f"module beside the script: {module}")
            if alias.name in _NATIVE:
                kept.append(alias.name + (f" as {alias.asname}" if alias.asname else ""))
            elif alias.name != "torch.cuda" and alias.name not in _PLAIN and "." in alias.name:
                raise Unsure(f"module: {alias.name}")
            elif module not in _PLAIN and package_of(self._call, module) is None:
                self._missing(node, module)
                return
        if len(kept) < len(node.names):
            self.found[node] = f"import {', '.join(kept)}" if kept else "pass"

    def _missing(self, node: ast.Import, module: str) -> None:
        if not lacking(self._call, module) or len(node.names) > 1:
            raise Unsure(f"module: {module}")
        self.found[node] = f"raise _said(ModuleNotFoundError(\"No module named '{module}'\"))"

    def _beside(self, module: str) -> bool:
        return any(
            self._machine.files.exists(self._call.path(posixpath.join(place, module + end)))
            for place in self._folders
            for end in ("", ".py")
        )

    def _use(self, node: ast.Name, module: str) -> None:
        """Find the longest expression over a module's name that is a fact."""
        dotted, top = module, node
        uses = []
        while isinstance(holder := self._above[top], ast.Attribute):
            dotted, top = f"{dotted}.{holder.attr}", holder  # type: ignore[assignment]
            uses.append(_Use(dotted, holder, None))
            call = self._above[holder]
            if isinstance(call, ast.Call) and call.func is holder:
                if not call.keywords and all(isinstance(arg, ast.Constant) for arg in call.args):
                    args = tuple(arg.value for arg in call.args if isinstance(arg, ast.Constant))
                    uses.append(_Use(dotted, call, args))
                break
        for use in reversed(uses):
            if (value := self._value(use)) is not None:
                self.found[use.node] = value
                return
        if module.partition(".")[0] not in _NATIVE:
            raise Unsure(f"use of a module: {dotted}")

    def _value(self, use: _Use) -> str | None:
        """The fact as Python text, or None where it is none."""
        answer: Callable[[_Facts], Any] | None
        if use.name.endswith(".__version__") and use.name.count(".") == 1 and use.args is None:
            return self._version(use.name.partition(".")[0])
        if use.args is None:
            answer = _VALUES.get(use.name)
        elif use.name in _WITH_ARGS:
            return repr(_WITH_ARGS[use.name](self, *use.args))
        else:
            answer = _CALLS.get(use.name) if not use.args else None
        if answer is None and use.args is None and use.name.startswith("string."):
            name = use.name.partition(".")[2]
            return repr(getattr(string, name)) if name in _STRING else None
        return None if answer is None else repr(answer(self))

    def _version(self, module: str) -> str:
        try:
            return repr(module_version(self._machine, module, managers_of(self._call)))
        except NotExact as err:
            raise Unsure(f"version of {module}") from err

    # what torch and Python know

    def _gpus(self) -> int:
        """How many GPUs torch sees."""
        version = self._version("torch")
        if "CUDA_VISIBLE_DEVICES" in self._call.env or trouble(self._machine, version.strip("'")):
            raise Unsure("visible GPUs")
        if "+cpu" in version or not self._machine.devices.driver:
            return 0
        return len(self._machine.devices.gpus)

    def _gpu_name(self, index: Any = 0) -> str:
        if not isinstance(index, int) or not 0 <= index < self._gpus():
            raise Unsure("name of a GPU that is not there")
        return self._machine.devices.gpus[index].card.named(self._machine.devices.driver)

    def _capability(self, index: Any = 0) -> tuple[int, ...]:
        self._gpu_name(index)
        return tuple(int(part) for part in self._machine.devices.gpus[index].card.compute.split("."))

    def _torch_cuda(self) -> str:
        found = cuda_label(self._version("torch").strip("'"))
        if not found:
            raise Unsure("CUDA of torch")
        return found

    def _cudnn(self) -> int:
        found = cudnn(self._version("torch").strip("'"))
        if found is None:
            raise Unsure("cuDNN of torch")
        return found

    def _arch_list(self) -> list[str]:
        if not self._gpus():
            return []
        found = arch_list(self._version("torch").strip("'"))
        if found is None:
            raise Unsure("architectures of torch")
        return found

    def _python(self) -> list[int]:
        return [int(part) for part in own_version(self._interpreter()).split(".")[:3]]

    def _user(self) -> User | Account:
        """Who runs the program."""
        system = self._machine.system
        account = system.account("root" if "SUDO_USER" in self._call.env else system.user)
        if account is None:
            raise Unsure("who runs it")
        return account

    def _interpreter(self) -> Call:
        base = posixpath.basename(self._call.name)
        return self._call if base.startswith("python") else Call("python3", (), self._machine)

    def _info(self) -> tuple[Any, ...]:
        return (*self._python(), "final", 0)


_PLAIN = ("getpass", "platform", "socket", "string")
"""Modules of the standard library of which only facts are known."""

_VALUES: dict[str, Callable[[_Facts], Any]] = {
    "sys.platform": lambda of: "linux",
    "sys.version_info.major": lambda of: of._python()[0],
    "sys.version_info.minor": lambda of: of._python()[1],
    "sys.version_info.micro": lambda of: of._python()[2],
    "torch.version.cuda": _Facts._torch_cuda,
}

_CALLS: dict[str, Callable[[_Facts], Any]] = {
    "getpass.getuser": lambda of: of._machine.system.user,
    "os.cpu_count": lambda of: of._machine.system.cpu.cores,
    "os.getcwd": lambda of: of._call.cwd,
    "os.getegid": lambda of: of._user().gid,
    "os.geteuid": lambda of: of._user().uid,
    "os.getgid": lambda of: of._user().gid,
    "os.getpid": lambda of: of._call.pid,
    "os.getuid": lambda of: of._user().uid,
    "platform.machine": lambda of: of._machine.system.arch,
    "platform.node": lambda of: of._machine.system.host,
    "platform.platform": lambda of: platform_line(of._machine, tuple(of._python()[:2])),
    "platform.python_implementation": lambda of: "CPython",
    "platform.python_version": lambda of: ".".join(str(part) for part in of._python()),
    "platform.python_version_tuple": lambda of: tuple(str(part) for part in of._python()),
    "platform.release": lambda of: of._machine.system.kernel,
    "platform.system": lambda of: "Linux",
    "socket.gethostname": lambda of: of._machine.system.host,
    "torch.cuda.device_count": _Facts._gpus,
    "torch.cuda.is_available": lambda of: of._gpus() > 0,
    "torch.cuda.current_device": lambda of: 0 if of._gpus() else _none(),
    "torch.cuda.get_device_name": _Facts._gpu_name,
    "torch.cuda.get_device_capability": _Facts._capability,
    "torch.cuda.get_arch_list": _Facts._arch_list,
    "torch.backends.cudnn.version": _Facts._cudnn,
    "torch.backends.cudnn.is_available": lambda of: of._gpus() > 0,
    "torch.get_num_threads": lambda of: of._machine.system.cpu.cores // of._machine.system.cpu.threads_per_core,
}

_WITH_ARGS: dict[str, Callable[..., Any]] = {
    "torch.cuda.get_device_name": _Facts._gpu_name,
    "torch.cuda.get_device_capability": _Facts._capability,
}


def _none() -> int:
    raise Unsure("no GPU")
