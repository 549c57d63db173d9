"""What Python would do with a script before it runs a line of it: read it, compile it, find its first modules.

A file that is not there, a syntax error and a missing module are answered as CPython does; faults are code's business.
"""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator, Sequence

from llm_kernel.machine import Machine
from llm_kernel.programs.scripts import Script
from llm_kernel.programs.standard import brings

__all__ = ["lacks", "named", "present", "python_of", "quiet", "trouble"]

_EFFECTS = frozenset(
    """open save savefig savetxt save_weights save_pretrained to_csv to_json to_parquet to_pickle to_excel write
    write_text write_bytes writelines dump system run Popen call check_call check_output makedirs mkdir remove rename
    replace unlink rmtree copy copyfile move touch exec eval input download urlopen urlretrieve get post sleep exit
    _exit connect""".split()
)


def trouble(machine: Machine, script: Script, path: str, managers: Sequence[str] = ("pip",)) -> tuple[str, int] | None:
    """What Python says at once on stderr, and its exit status; None where it begins to run.

    ``path`` is where the script lies, ``managers`` are those whose packages its Python sees.
    """
    files = machine.files
    try:
        if script.text is None and files.is_sized(path):
            return None
        source = script.text.encode("utf-8", "replace") if script.text is not None else files.read(path)
    except IsADirectoryError:
        return f"python3: can't find '__main__' module in '{script.name}'\n", 1
    except OSError:
        name = named(machine, script.name, path)
        return f"python3: can't open file '{name}': [Errno 2] No such file or directory\n", 2
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        return _syntax_error(script.name, source, error), 1
    except (ValueError, RecursionError, MemoryError):
        return None
    for node, module in _first_imports(tree):
        if not present(machine, module, script.folders, managers):
            line = source.decode("utf-8", "replace").splitlines()[node.lineno - 1].strip()
            shown = f"    {line}\n" if script.text is None else ""
            return (
                "Traceback (most recent call last):\n"
                f'  File "{named(machine, script.name, path)}", line {node.lineno}, in <module>\n{shown}'
                f"ModuleNotFoundError: No module named '{module}'\n"
            ), 1
    return None


def quiet(source: str) -> bool:
    """Whether a script does nothing but compute and print, as far as the names that it calls tell."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in _EFFECTS:
                return False
        if isinstance(node, ast.Raise | ast.Assert):
            return False
    return True


def _since(machine: Machine, minor: int) -> bool:
    parts = machine.system.python.split(".")
    return len(parts) > 1 and parts[1].isdigit() and int(parts[1]) >= minor


def named(machine: Machine, script: str, path: str) -> str:
    """A script's name in messages and tracebacks: absolute from Python 3.9 on."""
    return path if _since(machine, 9) else script


def _syntax_error(script: str, source: bytes, error: SyntaxError) -> str:
    lines = source.decode("utf-8", "replace").splitlines()
    number = error.lineno or 1
    text = lines[number - 1] if 0 < number <= len(lines) else ""
    stripped = text.lstrip()
    column = max(0, (error.offset or 1) - 1 - (len(text) - len(stripped)))
    kind = type(error).__name__
    return f'  File "{script}", line {number}\n    {stripped}\n    {" " * column}^\n{kind}: {error.msg}\n'


def _first_imports(tree: ast.Module) -> Iterator[tuple[ast.stmt, str]]:
    """The modules that are surely imported, in order, up to the first statement that does something else."""
    for node in tree.body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node, alias.name.partition(".")[0]
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node, node.module.partition(".")[0]
        elif not isinstance(node, ast.Expr | ast.Assign | ast.AnnAssign | ast.FunctionDef | ast.ClassDef) or (
            isinstance(node, ast.Expr) and not isinstance(node.value, ast.Constant)
        ):
            return


_WIDENING = ("sys.path", "sys.modules", "meta_path", "site.", "chdir", "pip")
"""What a program writes that may find modules elsewhere than Python does by itself."""


def lacks(machine: Machine, module: str, script: Script, source: str, managers: Sequence[str]) -> bool:
    """Whether ``import module`` surely fails, wherever the program does it."""
    return not any(word in source for word in _WIDENING) and not present(machine, module, script.folders, managers)


def python_of(machine: Machine, manager: str) -> str:
    """The version of the Python that ``manager``'s packages are for."""
    environment = machine.packages.environments.get(manager.partition(":")[2])
    return environment.python if environment and environment.python else machine.system.python


def present(machine: Machine, module: str, folders: Sequence[str], managers: Sequence[str]) -> bool:
    """Whether ``module`` is found: in the library, among the packages, or in one of these folders."""
    if module == "__main__" or brings(python_of(machine, managers[0]), module):
        return True
    if any(machine.packages.module(module, manager) for manager in managers):
        return True
    places = [posixpath.join(folder, module) for folder in folders]
    if any(machine.files.exists(f"{place}.py") or machine.files.is_dir(place) for place in places):
        return True
    return any(module in fact.replace(",", " ").split() for fact in machine.facts)
