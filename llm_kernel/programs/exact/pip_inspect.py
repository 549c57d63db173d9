"""``pip inspect``: all that is installed, as JSON."""

from __future__ import annotations

import json
from typing import Any

from llm_kernel.machine import releases
from llm_kernel.machine.packages import Package
from llm_kernel.programs.exact.pip_choose import Options
from llm_kernel.programs.exact.pip_site import Site
from llm_kernel.shell.call import Answer, Call

__all__ = ["inspect"]


def inspect(call: Call, site: Site, operands: list[str], options: Options) -> Answer:
    """``inspect``: everything that is installed, as JSON, from pip 22.2 on."""
    if site.older("22.2"):
        return Answer("", 'ERROR: unknown command "inspect"\n', 1)
    if operands:
        return Answer("", "\nUsage:   \n  pip inspect [options]\n\nToo many arguments.\n", 2)
    early = site.older("23.0")
    note = "WARNING: pip inspect is currently an experimental command. The output format may change in a future " + (
        "release without prior warning.\n"
    )
    report = {
        "version": "0" if early else "1",
        "pip_version": site.pip,
        "installed": [_distribution(site, package) for package in site.packages()],
        "environment": _environment(site),
    }
    return Answer(json.dumps(report, indent=2) + "\n", note if early else "")


def _distribution(site: Site, package: Package) -> dict[str, Any]:
    known = releases.project(releases.canonical(package.name))
    metadata: dict[str, Any] = {"metadata_version": "2.1", "name": package.name, "version": site.shown(package)}
    if known and known.summary:
        metadata["summary"] = known.summary
    if package.requires:
        metadata["requires_dist"] = list(package.requires)
    ours = site.is_base(package) and site.debian
    asked = {one.name for one in site.machine.packages.asked()}
    return {
        "metadata": metadata,
        "metadata_location": f"{site.home_of(package)}/{package.name.replace('-', '_')}-{site.shown(package)}."
        + ("egg-info" if ours else "dist-info"),
        **({} if ours else {"installer": "pip"}),
        "requested": package.name in asked,
    }


def _environment(site: Site) -> dict[str, str]:
    """The values that markers are compared with."""
    system = site.machine.system
    return {
        "implementation_name": "cpython",
        "implementation_version": site.python,
        "os_name": "posix",
        "platform_machine": system.arch,
        "platform_release": system.kernel,
        "platform_system": "Linux",
        "platform_version": system.profile.build,
        "python_full_version": site.python,
        "platform_python_implementation": "CPython",
        "python_version": site.branch,
        "sys_platform": "linux",
    }
