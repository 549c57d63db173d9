"""``python -m unittest``: the program that does what it does, with the machine's own modules of tests."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from llm_kernel.programs.table import NotExact
from llm_kernel.shell.call import Call

__all__ = ["tests_program"]

_VERBOSITY = {"-v": 2, "--verbose": 2, "-q": 0, "--quiet": 0}


def tests_program(call: Call, args: Sequence[str]) -> str:
    """The program that runs the tests which ``args`` name, or all of the directory.

    Raises:
        NotExact: for other options, and for names that are no module beside us.
    """
    words = [arg for arg in args if arg not in _VERBOSITY]
    verbosity = ([1] + [_VERBOSITY[arg] for arg in args if arg in _VERBOSITY])[-1]
    if words[:1] == ["discover"]:
        words = words[1:] or _discovered(call)
    modules, tests = [], []
    for word in words or _discovered(call):
        module, *inner = word.removesuffix(".py").replace("/", ".").split(".")
        named = all(part.isidentifier() for part in (module, *inner))
        if not named or not call.machine.files.exists(call.path(f"{module}.py")):
            raise NotExact
        modules.append(module)
        tests.append(_tests(module, inner))
    return (
        f"import sys\nimport unittest\nimport {', '.join(modules)}\n_load = unittest.defaultTestLoader\n"
        f"_all = unittest.TestSuite([{', '.join(tests)}])\n"
        f"sys.exit(not unittest.TextTestRunner(verbosity={verbosity}).run(_all).wasSuccessful())\n"
    )


def _tests(module: str, inner: Sequence[str]) -> str:
    match inner:
        case []:
            return f"_load.loadTestsFromModule({module})"
        case [kind]:
            return f"_load.loadTestsFromTestCase({module}.{kind})"
        case [kind, method]:
            return f"{module}.{kind}('{method}')"
    raise NotExact


def _discovered(call: Call) -> list[str]:
    """Files of tests in the directory; packages may hold more of them."""
    files = call.machine.files
    names = files.listdir(call.cwd)
    if any(files.exists(posixpath.join(call.cwd, name, "__init__.py")) for name in names):
        raise NotExact
    found = sorted(name for name in names if name.startswith("test") and name.endswith(".py"))
    if not found:
        raise NotExact
    return found
