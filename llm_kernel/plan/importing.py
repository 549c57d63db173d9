"""Which module a name means, and which names a star brings."""

from __future__ import annotations

from llm_kernel.plan.values import Env, Value, known, spread

__all__ = ["absolute", "starred"]


def absolute(name: str, within: Env | None) -> str:
    """The full name of a module; dots at the beginning climb from the package of ``within``."""
    word = name.lstrip(".")
    level = len(name) - len(word)
    names = within.root.names if within is not None else {}
    here, path = names.get("__name__"), names.get("<path>")
    if not level or not isinstance(here, str) or not isinstance(path, str):
        return word  # what the program itself imports stands beside it
    parts = here.split(".")
    climbs = level - 1 if path.endswith("/__init__.py") else level
    kept = parts[: len(parts) - climbs]
    return ".".join([*kept, word] if word else kept)


def starred(module: Env) -> dict[str, Value]:
    """What ``from module import *`` brings."""
    told = module.names.get("__all__")
    if isinstance(told, (list, tuple)) and known(told) and not spread(told):
        return {str(name): module.names[str(name)] for name in told if name in module.names}
    return {name: value for name, value in module.names.items() if name[:1] not in ("_", "<")}
