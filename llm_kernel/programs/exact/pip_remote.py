"""``pip install git+https://...``: which project a repository holds, and what pip prints while it is built."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from packaging.version import InvalidVersion, Version

from llm_kernel.machine import index, releases
from llm_kernel.machine.repos import known
from llm_kernel.programs.exact.pip_site import Site

__all__ = ["Remote", "building", "cloning", "remote"]

_URL = re.compile(
    r"(?:(?P<name>[A-Za-z0-9][\w.-]*)(?:\[[\w,-]*\])?\s*@\s*)?git\+(?P<url>(?:https?|ssh|git)://(?:[^/@]+@)?[\w.-]+/"
    r"(?P<owner>[\w.-]+)/(?P<repo>[\w.-]+?)(?:\.git)?)(?P<tail>/?)(?:@(?P<ref>[\w./-]+))?(?:#(?P<more>\S+))?"
)
_HOLDS = {"vision": "torchvision", "audio": "torchaudio", "pytorch": "torch", "CLIP": "clip"}
"""Repositories whose project has another name."""


@dataclass(frozen=True, slots=True)
class Remote:
    """A project in a far repository: ``url`` as git is given it, ``commit`` what it stands at."""

    text: str
    url: str
    name: str
    version: str
    commit: str


def remote(site: Site, text: str) -> Remote | None:
    """The project that ``git+URL`` names; None where nobody knows the repository."""
    found = _URL.fullmatch(text.strip())
    if found is None:
        return None
    repo, egg = found["repo"], re.search(r"\begg=([\w.-]+)", found["more"] or "")
    name = found["name"] or (egg[1] if egg else "") or _HOLDS.get(repo, repo)
    key = releases.canonical(name)
    listed = releases.project(key) or index.listed(key) or known(f"{found['owner']}/{repo}", site.machine.clock.now)
    if not listed or not releases.valid_name(name):
        return None
    ref = found["ref"] or ""
    full = re.fullmatch(r"[0-9a-f]{40}", ref)
    seed = f"{found['owner']}/{repo} {ref} {site.machine.packages.era}"
    commit = ref if full else hashlib.sha1(seed.encode(), usedforsecurity=False).hexdigest()
    url = text.partition("git+")[2].partition("#")[0]
    url = url.removesuffix(f"@{ref}") if ref else url
    return Remote(text.strip(), url, name, _version(site, key, ref), commit)


def _version(site: Site, key: str, ref: str) -> str:
    """A tag is its version; what stands on the main branch comes after the last release."""
    try:
        return str(Version(ref))
    except InvalidVersion:
        pass
    if not (releases.project(key) or index.listed(key)):
        return "0.1.0"
    last = Version(releases.choose(key, "", site.machine.packages.era, site.python))
    return f"{last.major}.{last.minor + 1}.0.dev0"


def _folder(one: Remote) -> str:
    return f"/tmp/pip-req-build-{one.commit[:8]}"  # noqa: S108  # a name to print


def cloning(site: Site, one: Remote) -> tuple[str, str]:
    """What is printed while it is fetched: to the one stream, and to the other."""
    how = "--filter=blob:none --quiet" if not site.older("21.3") else "-q"
    out = f"Collecting {one.text}\n  Cloning {one.url} to {_folder(one)}\n"
    said = f"  Running command git clone {how} {one.url} {_folder(one)}\n"
    resolved = "" if site.older("21.2") else f"  Resolved {one.url} to commit {one.commit}\n"
    steps = ("Installing build dependencies", "Getting requirements to build wheel")
    last = "Preparing metadata (pyproject.toml)" if not site.older("21.3") else "Preparing wheel metadata"
    made = "".join(f"  {step}: started\n  {step}: finished with status 'done'\n" for step in (*steps, last))
    return (out + resolved + made, "" if site.older("21.3") else said)


def building(site: Site, one: Remote, shown: str) -> str:
    """What is printed while its wheel is made."""
    kind = "pyproject.toml" if not site.older("21.3") else "PEP 517"
    step = f"Building wheel for {shown} ({kind})"
    digest = hashlib.sha256(one.commit.encode()).hexdigest()
    name = f"{re.sub(r'[-.]+', '_', shown)}-{one.version}-py3-none-any.whl"
    size = 40_000 + int(digest[:5], 16)
    parts = (digest[:8], "wheels", digest[8:10], digest[10:12], digest[12:14], digest[14:])
    place = f"/tmp/pip-ephem-wheel-cache-{'/'.join(parts)}"  # noqa: S108  # a name to print
    return (
        f"Building wheels for collected packages: {shown}\n  {step}: started\n  {step}: finished with status 'done'\n"
        f"  Created wheel for {shown}: filename={name} size={size} sha256={digest}\n"
        f"  Stored in directory: {place}\nSuccessfully built {shown}\n"
    )
