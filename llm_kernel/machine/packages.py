"""The packages of the machine and the programs they bring: who holds a program, where it stands."""

from __future__ import annotations

from llm_kernel.machine import archive, channels, releases
from llm_kernel.machine.installed import Installed, Package, imports

__all__ = ["Package", "Packages", "imports"]


class Packages(Installed):
    """What is installed and which programs that are."""

    # -- programs -----------------------------------------------------------------------------------------------

    def provider(self, command: str) -> str | None:
        """The installed package, or the system itself, that holds the program ``command``."""
        own = next((package for package in self._bringing() if command in package.commands), None)
        if own:
            return own.name
        held = archive.holders(command)
        packages = held.dnf if self.archive == "dnf" else held.apt
        there = self._versions(self.archive)
        if found := next((name for name in packages if name in there), None):
            return found
        if command in self._pythons():
            return "python3"
        made = self._system.profile
        unnamed = not packages or made.like == "rhel"  # nobody listed all that Red Hat's base packages hold
        return made.os if unnamed and made.folder_of(command) and command not in self.lost() else None

    @property
    def pythons(self) -> tuple[str, ...]:
        """The names under which there is a Python interpreter."""
        return self._pythons()

    def suggest(self, command: str) -> list[tuple[str, str]]:
        """Who would provide ``command``: pairs of manager and package, first the one people mean."""
        held, made = archive.holders(command), self._system.profile
        packages = held.dnf if self.archive == "dnf" else held.apt
        found = [(self.archive, name) for name in packages if archive.find(name, made)]
        if held.snap and made.os == "ubuntu":
            found.append(("snap", held.snap[0]))
        return found or [("pip", name) for name in releases.bringing(command)]

    def files(self) -> list[str]:
        """The files of all programs that packages brought, sorted."""
        made, added = self._system.profile, {command for p in self._bringing() for command in p.commands}
        plain = {command for key in self._versions(self.archive) for command in archive.programs(key, made)}
        added |= plain & {*self._pythons(), "pip", "pip3"}
        if "python" in self._pythons() and self._system.os != "centos":
            added.add("python")
        own = {f"{root}/bin/{command}" for root in self.environments for command in self._commands_at(root)}
        stand = {self.packed(command) for command in plain - added}  # which nobody else brings
        return sorted(own | stand | {self.file_of(command) for command in added})

    def lost(self) -> list[str]:
        """The programs that a fresh system has and whose packages were taken away, sorted."""
        gone = [key for manager, key in self._gone if manager == self.archive]
        held = {command for package in self.installed(self.archive) for command in package.commands} if gone else set()
        made = self._system.profile
        return sorted({command for key in gone for command in archive.programs(key, made)} - held)

    def provider_at(self, folder: str, command: str) -> str | None:
        """The package of an environment that holds the program ``command`` in ``folder``, its ``bin``."""
        root, _, last = folder.rpartition("/")
        if last != "bin" or root not in self.environments:
            return None
        if command.startswith("python"):
            return "python3" if self.environments[root].python else None
        if command not in self._commands_at(root):
            return None
        managers = (f"pip:{root}", f"conda:{root}")
        held = (package for manager in managers for package in self.installed(manager) if command in package.commands)
        return next((package.name for package in held), "pip")

    def _commands_at(self, root: str) -> set[str]:
        """The programs of the environment at ``root``."""
        held = {
            command for kind in ("pip", "conda") for p in self.installed(f"{kind}:{root}") for command in p.commands
        }
        branch = self.environments[root].python.rpartition(".")[0]
        if self.find(f"pip:{root}", "pip"):
            held |= {"pip", "pip3", f"pip{branch}"}
        return held - {""}

    def all_commands(self) -> set[str]:
        """Every program name that is known to be a program somewhere, installed or not."""
        known = archive.all_programs() | releases.all_commands() | set(self._pythons())
        mine = {command for package in self._bringing() for command in package.commands}
        mine |= {command for root in self.environments for command in self._commands_at(root)}
        return set(known) | mine | {name for names in self._system.profile.programs.values() for name in names}

    def file_of(self, command: str) -> str:
        """Where the program ``command`` stands, or would stand if it were installed."""
        own = next((package for package in self._bringing() if command in package.commands), None)
        if own and own.manager == "conda":
            return f"{channels.ROOT}/bin/{command}"
        if own and own.manager not in ("apt", "dnf") and not self.is_base(own.manager, own.name):
            return f"/usr/local/bin/{command}"
        if self.has_conda and command in (*self._pythons(), "pip", "pip3"):
            return f"{channels.ROOT}/bin/{command}"
        if command == "python" and "python" in self._pythons() and self._system.os != "centos":
            return "/usr/local/bin/python"
        return self.packed(command)

    def packed(self, command: str) -> str:
        """Where the archive's package puts ``command``."""
        made = self._system.profile
        return f"{made.folder_of(command) or archive.folder(command, merged=made.merged)}/{command}"

    def packed_at(self, path: str) -> Package | None:
        """The archive's package that owns the program at ``path``; one of its family has it in another folder, too."""
        base, folders = path.rpartition("/")[2], self._system.profile.programs
        places = [self.packed(base), *(f"{folder}/{base}" for folder, names in folders.items() if base in names)]
        if path.removeprefix("/usr") not in [place.removeprefix("/usr") for place in places]:
            return None
        return next((package for package in self.installed(self.archive) if base in package.commands), None)
