"""The versions that an instruction names, held against the machine that came of it: what was said so plainly is so.

A small model forgets the second half of a sentence, and adds a version that nobody named.
"""

from __future__ import annotations

import re

from llm_kernel.errors import Refused
from llm_kernel.machine import Machine, releases, words

__all__ = ["fulfilled", "unasked"]

_VERSION = r"\s*(?:version\s+|v|==?\s*|-)?(?P<version>\d{1,4}(?:\.\d{1,4}){1,3})(?![\w]|\.\d)"
_NAMED = re.compile(rf"(?<![A-Za-z0-9_./-])(?P<name>[A-Za-z][\w]*(?:[ -]learn|[ -]lightning)?){_VERSION}", re.ASCII)
_PYTHON = re.compile(r"\bpy(?:thon)?[\s-]*v?\d|Python\s*(?:版本)?\s*\d", re.IGNORECASE)
_OTHERWISE = re.compile(
    r"\b(?:without|no|not|never|replace|instead|from|than|remove|uninstall|was|were|had|before|older|newer|least|most"
    r"|above|below|under|over|fails?|error|needs?|requires?|for)\b[^.,;]*$|(?:不|没有|卸载|删除|替换|代替|从|比)[^。，；]*$",
    re.IGNORECASE,
)
"""What before a name says that it is not simply there."""
_COMMON = frozenset(
    """torch torchvision torchaudio tensorflow keras jax numpy scipy pandas scikit-learn transformers datasets
    lightning pytorch-lightning opencv-python xgboost lightgbm catboost gymnasium gym stable-baselines3 matplotlib
    flax optax accelerate diffusers timm spacy nltk gensim""".split()
)
_DEFINES = frozenset(["os", "gpu", "python", "cuda", "driver", "install", "cpu", "memory"])
"""Words of a script that says what the machine is."""


def unasked(instruction: str, args: list[str], before: str) -> bool:
    """Whether a ``machine`` word only repeats the version of Python that was there ``before``, and nobody spoke of one.

    A small model copies it from what it was shown; a new system has its own.
    """
    return args[:1] == ["python"] and args[1:] == [before] and not _PYTHON.search(instruction)


def fulfilled(machine: Machine, instruction: str, said: set[str]) -> tuple[list[str], list[str]]:
    """Make the machine have what ``instruction`` names with a version; what was told, and what could not be.

    ``said``: the ``machine`` words that a script used; one that does not say what the machine is changes nothing here.
    """
    if _DEFINES.isdisjoint(said):
        return [], []
    wanted: dict[str, set[str]] = {}
    for found in _NAMED.finditer(instruction):
        if not _OTHERWISE.search(instruction, max(0, found.start() - 60), found.start()):
            wanted.setdefault(_name(found["name"]), set()).add(found["version"])
    notes, short = list[str](), list[str]()
    for name, versions in wanted.items():
        if len(versions) != 1 or name in said:
            continue  # it speaks of a change; a script's own word has been adjusted to what can be
        version = versions.pop()
        if not (args := _lacking(machine, name, version)):
            continue
        try:
            notes += words.say(machine, args, "/")
        except Refused as err:
            short.append(str(err))
            continue
        there = machine.packages.find("pip", name)
        if args[0] == "install" and there is not None and not _is(there.version, version):
            short.append(f"there is no {name} {version} for this machine: it has {there.version}")
    return notes, short


def _name(name: str) -> str:
    return name.lower() if name.lower() in ("python", "cuda") else releases.alias(name.replace(" ", "-"))


def _lacking(machine: Machine, name: str, version: str) -> list[str]:
    """The ``machine`` word that brings what is named, where it is not there; empty where it is, or is not known."""
    if name == "python":
        return [] if _is(machine.system.python, version) else ["python", version]
    if name == "cuda":
        there = machine.devices.cuda
        return [] if not machine.devices.gpus or _is(there, version) else ["cuda", version]
    if name not in _COMMON:
        return []
    if any(
        _is(found.version, version) for manager in ("pip", "conda") if (found := machine.packages.find(manager, name))
    ):
        return []
    return ["install", "pip", name, version]


def _is(there: str, version: str) -> bool:
    return there == version or there.startswith((f"{version}.", f"{version}+"))
