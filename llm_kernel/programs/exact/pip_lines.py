"""The lines that pip prints around an install, by its version: fetching, warnings, notices."""

from __future__ import annotations

import re
from zlib import crc32

from llm_kernel.machine import releases
from llm_kernel.machine.packages import Package
from llm_kernel.programs.exact.pip_site import Site

__all__ = ["amount", "download", "managed", "metadata", "notice", "offline", "root_warning", "satisfied", "wheel"]

_ROOT_OLD = (
    "WARNING: Running pip as root will break packages and permissions. You should install packages reliably by using "
    "venv: https://pip.pypa.io/warnings/venv\n"
)
_ROOT = (
    "WARNING: Running pip as the 'root' user can result in broken permissions and conflicting behaviour with the "
    "system package manager. It is recommended to use a virtual environment instead: "
    "https://pip.pypa.io/warnings/venv\n"
)
_ROOT_NEW = (
    "WARNING: Running pip as the 'root' user can result in broken permissions and conflicting behaviour with the "
    "system package manager, possibly rendering your system unusable. It is recommended to use a virtual environment "
    "instead: https://pip.pypa.io/warnings/venv. Use the --root-user-action option if you know what you are doing and "
    "want to suppress this warning.\n"
)
_MANAGED = """\
error: externally-managed-environment

× This environment is externally managed
╰─> To install Python packages system-wide, try apt install
    python3-xyz, where xyz is the package you are trying to
    install.
    
    If you wish to install a non-{label}-packaged Python package,
    create a virtual environment using python3 -m venv path/to/venv.
    Then use path/to/venv/bin/python and path/to/venv/bin/pip. Make
    sure you have python3-full installed.
    
    If you wish to install a non-{label} packaged Python application,
    it may be easiest to use pipx install xyz, which will manage a
    virtual environment for you. Make sure you have pipx installed.
    
    See /usr/share/doc/python{branch}/README.venv for more information.

note: If you believe this is a mistake, please contact your Python installation or OS distribution provider. \
You can override this, at the risk of breaking your Python installation or OS, by passing --break-system-packages.
hint: See PEP 668 for the detailed specification.
"""  # noqa: W293 - pip prints these spaces


_LOST = (
    "WARNING: Retrying (Retry(total={left}, connect=None, read=None, redirect=None, status=None)) after connection "
    "broken by 'NewConnectionError('<pip._vendor.urllib3.connection.{kind} object at 0x7f{at:010x}>: Failed to "
    "establish a new connection: [Errno -3] Temporary failure in name resolution'{end}': /simple/{name}/\n"
)


def root_warning(site: Site) -> str:
    """What pip tells root who changes the system's Python; empty where it tells nothing."""
    if not site.warns_root or site.older("21.1"):
        return ""
    return _ROOT_OLD if site.older("21.3") else _ROOT if site.older("24.2") else _ROOT_NEW


def managed(site: Site) -> str:
    """The refusal to change a Python that belongs to the system's manager."""
    return _MANAGED.format(label=site.machine.system.profile.label, branch=site.branch)


def offline(name: str) -> str:
    """The retries before pip gives up without a network."""
    kind = "HTTPSConnection" if crc32(name.encode()) % 2 else "VerifiedHTTPSConnection"
    at = crc32(f"{name}.".encode()) * 16
    return "".join(_LOST.format(left=left, kind=kind, at=at, end=")", name=name) for left in (4, 3, 2, 1, 0))


def notice(site: Site) -> str:
    """The word about a newer pip, where pip itself was put there by pip."""
    own = site.find("pip")
    known = releases.project("pip")
    if own is None or known is None or (site.is_base(own) and site.debian):
        return ""
    newest = known.newest(site.machine.packages.era, site.python)
    if not newest or not site.older(newest):
        return ""
    python = f"{site.place.bin if site.environment else '/usr/bin'}/python{'' if site.environment else '3'}"
    if site.older("22.1"):
        however, run = (",", "") if site.older("20.0") else (";", f"{python} -m ")
        however += " however" if site.older("20.0") else " however,"
        return (
            f"WARNING: You are using pip version {site.pip}{however} version {newest} is available.\n"
            f"You should consider upgrading via the '{run}pip install --upgrade pip' command.\n"
        )
    mark = "A new release of pip is available" if not site.older("22.3") else "A new release of pip available"
    return f"\n[notice] {mark}: {site.pip} -> {newest}\n[notice] To update, run: pip install --upgrade pip\n"


def satisfied(site: Site, text: str, package: Package, by: str = "") -> str:
    """The line about what is there already."""
    because = f" (from {by})" if by else ""
    if site.older("10"):
        return f"Requirement already satisfied: {text} in {site.home_of(package)}{because}\n"
    return f"Requirement already satisfied: {text} in {site.home_of(package)}{because} ({site.shown(package)})\n"


def metadata(site: Site, package: Package, *, cached: bool) -> str:
    """The line about a wheel's metadata, which pip from 23.2 on chooses by before it fetches the first."""
    verb = "Using cached" if cached else "Downloading"
    return f"{verb} {wheel(site, package)}.metadata ({amount(site, 900 + package.size // 900)})\n"


def download(site: Site, package: Package, *, cached: bool, tty: bool) -> str:
    """The line of the fetched wheel and, where pip draws one, the bar under it."""
    size = amount(site, package.size)
    if cached:
        return f"Using cached {wheel(site, package)} ({size})\n"
    text = f"Downloading {wheel(site, package)} ({size})\n"
    least = 40_000 if site.older("24.1") else 512 * 1024
    if package.size < least or (site.older("22.1") and not tty):
        return text
    speed = f"{18 + crc32(package.name.encode()) % 240 / 10:.1f}"
    if site.older("22.1"):
        return f"{text}     |{chr(0x2588) * 32}| {size} {speed} MB/s \n"
    number, _, unit = size.partition(" ")
    indent = "     " if site.older("23.2") else "   "
    return f"{text}{indent}{chr(0x2501) * 40} {number}/{number} {unit} {speed} MB/s eta 0:00:00\n"


def wheel(site: Site, package: Package) -> str:
    """The name of the file that pip fetches."""
    name = re.sub(r"[-.]+", "_", package.name)
    tag = site.branch.replace(".", "")
    known = releases.project(releases.canonical(package.name))
    if known is None or not known.compiled:
        return f"{name}-{package.version}-py3-none-any.whl"
    abi = f"cp{tag}-cp{tag}{'m' if tag in ('35', '36', '37') else ''}"
    if "+" in package.version:
        return f"{name}-{package.version.replace('+', '%2B')}-{abi}-linux_x86_64.whl"
    system = "manylinux1" if site.machine.packages.era < "2021-06" else "manylinux_2_17_x86_64.manylinux2014"
    return f"{name}-{site.shown(package)}-{abi}-{system}_x86_64.whl"


def amount(site: Site, size: int) -> str:
    """A size as pip writes it; releases before 20.0 without the space."""
    if size >= 10_000_000_000:
        text = f"{size / 1e9:.1f} GB"
    elif size >= 1_000_000:
        text = f"{size / 1e6:.1f} MB"
    else:
        text = f"{size / 1000:.1f} kB" if 1000 <= size < 10_000 else f"{max(1, size // 1000)} kB"
    return text.replace(" ", "") if site.older("20.0") else text
