"""Which version pip takes: from what the index had by then, for this Python, within what was asked."""

from __future__ import annotations

import re

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from llm_kernel.machine import releases
from llm_kernel.machine.packages import Package
from llm_kernel.programs.exact.pip_site import Site
from llm_kernel.programs.exact.pip_wanted import Stop
from llm_kernel.programs.table import NotExact

__all__ = ["choose", "impossible", "none", "offered", "pinned"]

_ALONE = {"cv2", "pil", "np", "pd", "tf", "yaml", "bs4", "skimage", "dateutil", "opencv", "python", "python3", "cuda"}
"""Names that people try and that no package of the index has."""

_TORCH = frozenset(
    "torch torchvision torchaudio torchtext triton numpy pillow typing-extensions filelock sympy networkx jinja2 "
    "fsspec mpmath markupsafe requests idna certifi urllib3 charset-normalizer tqdm".split()
)
"""What torch's own index holds."""

Options = dict[str, list[str]]


def choose(site: Site, need: Requirement, options: Options) -> str:
    """The version to install; an empty text where what is there will do.

    Raises:
        Stop: where there is none.
    """
    name = releases.canonical(need.name)
    own = _own_index(options)
    there = site.find(name)
    keep = there is not None and "upgrade" not in options and "again" not in options
    if there and keep and need.specifier.contains(site.shown(there), prereleases=True):
        return ""
    if site.offline or "no-index" in options or name.replace("-", "_") in releases.standard_library() | _ALONE:
        raise none(site, need, [])
    if own and name not in _TORCH and not name.startswith("nvidia-") and "links" not in options:
        raise none(site, need, [])
    if releases.alias(name) != name:
        raise NotExact  # a package that only tells people its right name
    known = releases.project(name)
    if known is None:
        return _undescribed(site, need, name)
    version = _described(site, need, known, own) or _labelled(site, need, known, options)
    if not version:
        raise none(site, need, offered(site, name, options))
    kept = there is not None and (version in (there.version, site.shown(there)) or _outdoes(site, there, need, version))
    return "" if kept and "again" not in options else version


def _outdoes(site: Site, there: Package, need: Requirement, version: str) -> bool:
    """Whether what is there will do and is newer than what the index has."""
    here = site.shown(there)
    return need.specifier.contains(here, prereleases=True) and Version(here) > Version(version)


def offered(site: Site, name: str, options: Options) -> list[str]:
    """The versions that the index has for this Python, oldest first."""
    known = releases.project(name)
    if known is None:
        return []
    era = site.machine.packages.era
    found = [v for v in known.known(era, site.python) if "pre" in options or not Version(v).is_prerelease]
    label = _own_index(options)
    return [f"{v}+{label}" for v in found] if label and name in ("torch", "torchvision", "torchaudio") else found


def none(site: Site, need: Requirement, there: list[str]) -> Stop:
    """What pip says when nothing fits."""
    text, indent = f"{need.name}{need.specifier}", "  " if site.older("20.0") else ""
    return Stop(
        f"{indent}ERROR: Could not find a version that satisfies the requirement {text} "
        f"(from versions: {', '.join(there) or ('' if site.older('19.2') else 'none')})\n"
        f"ERROR: No matching distribution found for {text}\n"
    )


def impossible(named: list[str], causes: list[str], name: str, allowed: SpecifierSet | None = None) -> Stop:
    """What pip says, from 20.3 on, of requirements that no version meets together."""
    causes = [*causes, *([f"The user requested (constraint) {name}{allowed}"] if allowed is not None else [])]
    these = f"{', '.join(named[:-1])} and {named[-1]}" if named[1:] else named[0]
    why = "these package versions have conflicting dependencies"
    return Stop(
        f"ERROR: Cannot install {these} because {why}.\n\nThe conflict is caused by:\n"
        + "".join(f"    {cause}\n" for cause in causes)
        + "\nTo fix this you could try to:\n1. loosen the range of package versions you've specified\n"
        "2. remove package versions to allow pip attempt to solve the dependency conflict\n\n"
        "ERROR: ResolutionImpossible: for help visit https://pip.pypa.io/en/latest/topics/dependency-resolution/"
        "#dealing-with-dependency-conflicts\n"
    )


def pinned(wanted: SpecifierSet) -> str:
    """The one version that ``==`` names."""
    found = [spec.version for spec in wanted if spec.operator in ("==", "===") and not spec.version.endswith("*")]
    return found[0] if found else ""


def _own_index(options: Options) -> str:
    """The label that torch's own index was asked for: ``cu118`` of an address that ends in it."""
    for place in options.get("index", []):
        found = re.search(r"pytorch\.org/whl/(?:nightly/|test/)?(cu\d+|cpu)/?$", place)
        if found:
            return found[1]
    return ""


def _described(site: Site, need: Requirement, known: releases.Project, label: str) -> str:
    """The newest release that fits; from torch's own index the newest that was built for the label."""
    era = site.machine.packages.era
    if not label or known.name not in ("torch", "torchvision", "torchaudio"):
        return known.newest(era, site.python, need.specifier)
    fitting = [v for v in known.known(era, site.python) if need.specifier.contains(v, prereleases=True)]
    built = [v for v in fitting if _built(_torch_of(known.name, v), label)]
    return f"{max(built, key=Version)}+{label}" if built else ""


def _torch_of(name: str, version: str) -> str:
    """The torch that this release of its kin belongs to."""
    if name == "torch":
        return version
    torch = releases.project("torch")
    return next((t for t in torch.releases if releases.pairs(t).get(name) == version), "") if torch else ""


def _built(torch: str, label: str) -> bool:
    made = {f"cu{cuda.replace('.', '')}" for cuda in releases.builds(torch)[0]} if torch else set()
    return label in made | {"cpu"}


def _labelled(site: Site, need: Requirement, known: releases.Project, options: Options) -> str:
    """A version that is named exactly: one with a label where its index was named, or one between known ones."""
    era, wanted = site.machine.packages.era, pinned(need.specifier)
    there = known.known(era, site.python)
    public, _, label = wanted.partition("+")
    if wanted and not need.specifier.contains(wanted, prereleases=True):
        return ""
    if label:
        places = [*options.get("index", []), *options.get("links", [])]
        torch = _torch_of(known.name, public)
        return wanted if any("pytorch" in place for place in places) and torch and _built(torch, label) else ""
    return wanted if wanted and not _dense(known.name) and _between(wanted, there) else ""


def _dense(name: str) -> bool:
    """Whether the list of releases has no gaps, so that a version that is not on it never was."""
    return name in ("torch", "torchvision", "torchaudio")


def _between(version: str, known: list[str]) -> bool:
    """Whether a release that nobody listed can be one of those between the listed ones."""
    try:
        return bool(known) and Version(known[0]) < Version(version) < Version(known[-1])
    except InvalidVersion:
        return False


def _undescribed(site: Site, need: Requirement, name: str) -> str:
    """The version of a package whose releases nobody wrote down; it is there if the index or a fact says so."""
    machine = site.machine
    told = any(name in map(releases.canonical, fact.replace(",", " ").split()) for fact in machine.facts)
    if not (told or machine.packages.exists("pip", name) or site.find(name)):
        raise none(site, need, [])
    newest = releases.choose(name, "", machine.packages.era, site.python)
    if need.specifier.contains(newest, prereleases=True):
        return newest
    exact = pinned(need.specifier)
    if exact and Version(exact) < Version(newest):
        return exact
    bounds = [spec.version for spec in need.specifier if spec.operator in ("<=", "~=", ">=")]
    fitting = [text for text in bounds if need.specifier.contains(text) and Version(text) <= Version(newest)]
    if fitting:
        return max(fitting, key=Version)
    raise none(site, need, [newest])
