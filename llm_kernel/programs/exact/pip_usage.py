"""How pip is used: the lines that stand above its complaint about a command line."""

from __future__ import annotations

__all__ = ["refused", "unheard"]

_SOURCES = (
    "[options] <requirement specifier> [package-index-options] ...",
    "[options] -r <requirements file> [package-index-options] ...",
    "[options] [-e] <vcs project url> ...",
    "[options] [-e] <local project path> ...",
    "[options] <archive url/path> ...",
)
_USAGE = {
    "": ("<command> [options]",),
    "install": _SOURCES,
    "uninstall": ("[options] <package> ...", "[options] -r <requirements file> ..."),
    "list": ("[options]",),
    "freeze": ("[options]",),
    "check": ("[options]",),
    "show": ("[options] <package> ...",),
}
_MORE = frozenset(
    """--build-option --cache-info --check-build-dependencies --client-cert --config-settings --debug --exists-action
    --extra --feature --global-option --group --hash --help --ignore-requires-python --install-option --keyring-provider
    --no-clean --no-python-version-warning --only-final --python --prefix --process-dependency-links --report
    --require-hashes --resume-retries --root --use-feature --use-wheel --uploaded-prior-to --all-releases""".split()
)


def unheard(command: str, option: str, known: frozenset[str]) -> bool:
    """Whether no pip has the long ``option``, not even under a shorter form of its name."""
    if command not in _USAGE or not option.startswith("--"):
        return False
    return not any(name.startswith(option) for name in known | _MORE)


def refused(command: str, complaint: str) -> str:
    """What pip writes to standard error about a command line that it cannot read; the status is 2."""
    head = f"  pip {command} ".rstrip() + " "
    return "\nUsage:   \n" + "".join(f"{head}{line}\n" for line in _USAGE[command]) + f"\n{complaint}\n"
