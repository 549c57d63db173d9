"""The tree of a fresh server: a pure function from the facts to nodes, and how it is laid down and kept up.

A node that a user changed stays as it is; one that is still what it was rendered from follows the facts.
"""

from __future__ import annotations

import posixpath
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from zlib import crc32

from llm_kernel.machine.boot import settle
from llm_kernel.machine.catalog import load
from llm_kernel.machine.drivers import find_toolkit, order
from llm_kernel.machine.etc import etc, home
from llm_kernel.machine.files import Files
from llm_kernel.machine.libraries import installed, toolkit_folder
from llm_kernel.machine.proc import moving_proc, render_proc
from llm_kernel.machine.proc_pid import follow_processes
from llm_kernel.machine.profiles import Profile
from llm_kernel.machine.services import packaged_units, unit_files, wants
from llm_kernel.machine.site import rows, trees
from llm_kernel.machine.sysfs import sys_files, sys_folders
from llm_kernel.machine.system import System, User
from llm_kernel.machine.tunables import place_of, tunables

if TYPE_CHECKING:  # Machine is made of this package's parts; its name is only needed for the hint
    from llm_kernel.machine.machine import Machine

__all__ = ["Node", "plant", "quicken", "refresh", "render_proc", "render_tree", "replant"]


@dataclass(frozen=True, slots=True)
class Node:
    """What stands at a path: a directory, a file with bytes or only a size, a link, a device."""

    kind: Literal["directory", "file", "sized", "symlink", "character", "block"]
    data: bytes = b""
    size: int = 0
    target: str = ""
    mode: int = 0o755
    owner: tuple[int, int] = (0, 0)
    device: tuple[int, int] = (0, 0)


def plant(files: Files, machine: Machine) -> None:
    """Lay a fresh system's tree; call it once, on empty files."""
    system, facts = machine.system, _facts(machine.system, machine)
    if files.exists("/home/user"):  # the shell library's own, and no part of a server
        files.remove("/home/user", recursive=True)
    for path, node in render_tree(system, facts).items():
        age = 86400.0 * (20 + crc32(posixpath.dirname(path).encode()) % 90)
        times = (system.boot, system.boot - age) if system.boot and path not in _JOURNALS else None
        _lay(files, path, node, times)
    system.planted = facts


def replant(files: Files, machine: Machine) -> None:
    """Let the tree follow the facts after they changed, and bring ``/proc`` up to date."""
    system = machine.system
    facts = _facts(system, machine)
    before = system.planted
    if facts != before:
        old = render_tree(System.from_state({**before["system"], "planted": {}}), before) if before else {}
        _follow(files, old, render_tree(system, facts))
        system.planted = facts
    quicken(files, machine)


def quicken(files: Files, machine: Machine) -> None:
    """Lay what tells of the machine as it runs: what booting left, and ``/proc``."""
    settle(machine)
    machine.processes.laid.clear()  # the facts may have changed, and with them what each file says
    follow_processes(files, machine)
    wanted = render_proc(machine)
    for path in ("/proc/driver/nvidia/version",):
        if path not in wanted and files.exists(path):
            files.remove("/proc/driver", recursive=True)
    _rewrite(files, wanted)


def refresh(files: Files, machine: Machine) -> None:
    """Bring up to date what moves in ``/proc`` while the facts stay; it is cheap enough for every program."""
    _rewrite(files, moving_proc(machine))
    follow_processes(files, machine)


def _rewrite(files: Files, wanted: dict[str, bytes]) -> None:
    for path, data in wanted.items():
        if not files.root.exists(path) or files.root.read_file(path) != data:
            files.write(path, data, mode=0o444)


def render_tree(system: System, facts: dict[str, Any]) -> dict[str, Node]:
    """Every path of the tree but ``/proc``'s files, parents first; ``facts`` are those that are not the system's."""
    nodes = {path: Node("directory", mode=_MODES.get(path, 0o755)) for path in _folders(system)}
    nodes |= _links(system, facts["zone"])
    nodes |= {
        path: Node("file", text.encode(), mode=_MODES.get(path, 0o644), owner=_OWNERS.get(path, (0, 0)))
        for path, text in etc(system, facts["zone"]).items()
    }
    nodes |= _units(system, facts)
    nodes |= {place_of(name): Node("file", f"{text}\n".encode(), mode=0o644) for name, text in tunables(system).items()}
    nodes |= _programs(system, facts)
    nodes |= {path: _packaged(data) for path, data in trees(facts.get("sites", [])).items()}
    nodes |= _devices(system, facts["gpus"] if facts["driver"] else 0)
    nodes |= {
        path: Node("file", text.encode(), mode=0o444)
        for path, text in sys_files(system, facts["gpus"], down=facts.get("down", False)).items()
    }
    for user in system.users:
        nodes |= _home(system, user)
    nodes |= {path: Node("sized", size=size, mode=_MODES.get(path, 0o640)) for path, size in _logs(system).items()}
    return _with_parents(nodes)


def _facts(system: System, machine: Machine) -> dict[str, Any]:
    state = system.to_state()
    for name in ("planted", "ram"):
        state.pop(name)
    devices = machine.devices
    more = {"zone": machine.clock.zone, "driver": devices.driver, "cuda": devices.cuda, "gpus": len(devices.gpus)}
    units = [
        name for name in packaged_units() if any(machine.packages.find(m, name) for m in machine.packages.managers)
    ]
    lost = machine.packages.lost()
    more |= {"lost": lost} if lost else {}
    more |= {"down": True} if machine.faults.network_down else {}
    return {"system": state, **more, "added": machine.packages.files(), "units": units, "sites": rows(machine)}


def _follow(files: Files, old: dict[str, Node], new: dict[str, Node]) -> None:
    for path in sorted(old, reverse=True):
        gone = path not in new or new[path].kind != old[path].kind
        if gone and _same(files, path, old[path]) and not _holds_more(files, path, old[path]):
            files.remove(path)
    for path, node in new.items():
        if path not in old or old[path].kind != node.kind:
            if not _there(files, path):
                _lay_later(files, path, node)
        elif old[path] != node and _same(files, path, old[path]):
            if node.kind == "symlink":
                files.remove(path)
            _lay(files, path, node)


_JOURNALS = frozenset(f"/var/log/{name}" for name in ("syslog", "messages", "auth.log", "secure", "kern.log"))
"""Logs that say what the journal says."""


def _lay(files: Files, path: str, node: Node, times: tuple[float, float] | None = None) -> None:
    match node.kind:
        case "directory":
            files.lay_folder(path, mode=node.mode, owner=node.owner, times=times)
        case "file":
            files.lay(path, node.data, mode=node.mode, owner=node.owner, times=times)
        case "sized":
            files.lay(path, b"", size=node.size, mode=node.mode, owner=node.owner, times=times)
            if path in _JOURNALS:
                files.come_from(path, f"log {path}")
        case "symlink":
            files.symlink(node.target, path)
        case "character" | "block":
            files.device(path, node.kind, *node.device, mode=node.mode)


def _lay_later(files: Files, path: str, node: Node) -> None:
    """Lay a node that came to a running system, unless a user barred its way or took away what leads there."""
    with suppress(FileNotFoundError, FileExistsError, NotADirectoryError):
        files.mkdir(posixpath.dirname(path))
        _lay(files, path, node)


def _there(files: Files, path: str) -> bool:
    try:
        files.lstat(path)
    except OSError:
        return False
    return True


def _same(files: Files, path: str, node: Node) -> bool:
    """Whether ``path`` still is what ``node`` says."""
    if not _there(files, path):
        return False
    stat = files.lstat(path)
    match node.kind:
        case "file":
            return stat.kind == "file" and not stat.sized and files.read(path) == node.data
        case "sized":
            return stat.kind == "file" and stat.size == node.size
        case "symlink":
            return stat.target == node.target
        case _:
            return stat.kind == node.kind


def _holds_more(files: Files, path: str, node: Node) -> bool:
    return node.kind == "directory" and bool(files.listdir(path))


def _with_parents(nodes: dict[str, Node]) -> dict[str, Node]:
    """The nodes in path order, so that a parent is laid before what it holds; links to folders come first of all."""
    missing = {p for path in nodes for p in _parents(path)} - set(nodes)
    everything = nodes | {path: Node("directory") for path in missing}
    top_links = {path for path in ("/bin", "/sbin", "/lib", "/lib64") if path in everything}
    order = sorted(everything, key=lambda path: (path in top_links and everything[path].kind == "symlink", path))
    return {path: everything[path] for path in order}


def _parents(path: str) -> list[str]:
    parts = path.strip("/").split("/")[:-1]
    return ["/" + "/".join(parts[: n + 1]) for n in range(len(parts))]


def _folders(system: System) -> list[str]:
    own = [] if system.profile.merged else ["/bin", "/sbin", "/lib", "/lib64"]
    more = _DATA["folders"]
    return [
        *more["all"].split(),
        *more[system.profile.like].split(),
        *own,
        f"{'/usr' if system.profile.merged else ''}/lib/modules/{system.kernel}/kernel",
        *sys_folders(system),
        *(disk.mount for disk in system.disks if disk.mount != "/"),
    ]


def _links(system: System, zone: str) -> dict[str, Node]:
    area = "Etc/UTC" if zone == "UTC" else zone
    links = {
        "/etc/os-release": "../usr/lib/os-release",
        "/etc/localtime": f"/usr/share/zoneinfo/{area}",
        "/etc/mtab": "../proc/self/mounts",
        "/proc/mounts": "self/mounts",
        "/var/run": "/run",
        "/var/lock": "/run/lock",
        "/dev/stdin": "/proc/self/fd/0",
        "/dev/stdout": "/proc/self/fd/1",
        "/dev/stderr": "/proc/self/fd/2",
    }
    if system.profile.merged:
        links |= {"/bin": "usr/bin", "/sbin": "usr/sbin", "/lib": "usr/lib", "/lib64": "usr/lib64"}
    zonefile = Node("sized", size=114 if zone == "UTC" else 561, mode=0o644)
    nodes = {path: Node("symlink", target=target) for path, target in links.items()}
    return nodes | {f"/usr/share/zoneinfo/{area}": zonefile}


def _programs(system: System, facts: dict[str, Any]) -> dict[str, Node]:
    made = system.profile
    lost = facts.get("lost", ())
    named = ((folder, name) for folder, names in made.programs.items() for name in names if name not in lost)
    nodes = {f"{folder}/{name}": _program(name) for folder, name in named}
    base = "/usr/bin" if made.merged else "/bin"
    if made.like == "debian":
        nodes[f"{base}/sh"] = Node("symlink", target="dash")
        nodes["/usr/bin/awk"] = Node("symlink", target="/etc/alternatives/awk")
        nodes["/etc/alternatives/awk"] = Node("symlink", target="/usr/bin/mawk")
    else:
        nodes["/usr/bin/sh"] = Node("symlink", target="bash")
    nodes |= _systemd(made)
    branch, own = (version.rpartition(".")[0] for version in (system.python, made.python))
    for minor in filter(None, (own, branch)):
        nodes[f"/usr/bin/python{minor}"] = _program(f"python{minor}", 5_479_736)
    if branch:
        nodes["/usr/bin/python3"] = Node("symlink", target=f"python{branch}")
    if made.os == "centos":
        nodes["/usr/bin/python2.7"] = _program("python2.7", 7_144)
        nodes["/usr/bin/python"] = Node("symlink", target="python2.7")
    nodes |= {path: _program(path.rpartition("/")[2]) for path in facts.get("added", []) if path not in nodes}
    if facts["driver"]:
        nodes |= {f"/usr/bin/{name}": _program(name) for name in _DATA["nvidia"].split()}
    release = ".".join(facts["cuda"].split(".")[:2])
    home = f"/usr/local/cuda-{release}"
    if release:
        nodes["/usr/local/cuda"] = Node("symlink", target=home)
        nodes |= {f"{home}/bin/{name}": _program(name) for name in _DATA["cuda"].split()}
        nodes[f"{home}/include"] = Node("directory")
        if order(release) <= (11, 0):  # later toolkits list their parts instead
            number = {"11.0": "11.0.228"}.get(release) or find_toolkit(release).nvcc
            nodes[f"{home}/version.txt"] = Node("file", f"CUDA Version {number}\n".encode(), mode=0o644)
        nodes[f"{home}/lib64"] = Node("symlink", target="targets/x86_64-linux/lib")
        listed = f"{toolkit_folder(home)}\n".encode()
        nodes[f"/etc/ld.so.conf.d/cuda-{release.replace('.', '-')}.conf"] = Node("file", listed, mode=0o644)
    for path, what in installed(made, facts["driver"], home, facts["cuda"]).items():
        nodes[path] = Node("symlink", target=what) if isinstance(what, str) else Node("sized", size=what, mode=0o644)
    return nodes


def _systemd(made: Profile) -> dict[str, Node]:
    """What is started first, and its own services."""
    folder = "/usr/lib/systemd" if made.merged else "/lib/systemd"
    services = ["systemd-journald", "systemd-udevd", "systemd-logind"]
    services += ["systemd-resolved"] if made.os == "ubuntu" else []
    first = Node("symlink", target="../lib/systemd/systemd" if made.merged else "/lib/systemd/systemd")
    files = {f"{folder}/{name}": _program(name) for name in services}
    if made.like == "rhel":
        files["/usr/sbin/NetworkManager"] = _program("NetworkManager", 3_117_592)
    init = "/usr/sbin/init" if made.merged else "/sbin/init"
    return {**files, f"{folder}/systemd": _program("systemd", 1_620_224), init: first}


def _units(system: System, facts: dict[str, Any]) -> dict[str, Node]:
    units = facts.get("units", [])
    folder = "/lib/systemd" if not system.profile.merged else "/usr/lib/systemd"
    files = {path.replace("/lib/systemd", folder): text for path, text in unit_files(system, units).items()}
    nodes = {path: Node("file", text.encode(), mode=0o644) for path, text in files.items()}
    return nodes | {path: Node("symlink", target=target) for path, target in wants(system, units).items()}


def _packaged(data: bytes | int) -> Node:
    """A file of a Python package: a text, or a binary that is only a size."""
    if isinstance(data, bytes):
        return Node("file", data, mode=0o644)
    return Node("sized", size=data, mode=0o755)


def _program(name: str, size: int = 0) -> Node:
    """A program's file; the size is the known one, else one that only depends on the name."""
    known = size or _DATA["sizes"].get(name) or 14_328 + crc32(name.encode()) % 130_000 // 8 * 8
    return Node("sized", size=known, mode=_MODES.get(name, 0o755))


def _devices(system: System, gpus: int) -> dict[str, Node]:
    nodes = {
        f"/dev/{name}": Node("character", device=(1 if minor else 5, minor), mode=0o666)
        for name, minor in (("null", 3), ("zero", 5), ("full", 7), ("random", 8), ("urandom", 9), ("tty", 0))
    }
    nodes["/dev/console"] = Node("character", device=(5, 1), mode=0o600)
    nodes["/dev/ptmx"] = Node("character", device=(5, 2), mode=0o666)
    for disk in system.disks:
        whole = disk.device.rstrip("0123456789")
        minor = 16 * (ord(whole[-1]) - ord("a"))
        part = int(disk.device.removeprefix(whole) or 0)
        nodes[whole] = Node("block", device=(8, minor), mode=0o660)
        nodes[disk.device] = Node("block", device=(8, minor + part), mode=0o660)
    if gpus:
        names = {**{f"nvidia{n}": (195, n) for n in range(gpus)}, "nvidiactl": (195, 255), "nvidia-uvm": (508, 0)}
        nodes |= {f"/dev/{name}": Node("character", device=numbers, mode=0o666) for name, numbers in names.items()}
    return nodes


def _home(system: System, user: User) -> dict[str, Node]:
    owner = (user.uid, user.gid)
    mode = 0o700 if user.uid == 0 else 0o755 if not system.profile.since("libc", "2.33") else 0o750
    nodes = {user.home: Node("directory", mode=mode, owner=owner)}
    return nodes | {
        f"{user.home}/{name}": Node("file", text.encode(), mode=0o644, owner=owner)
        for name, text in home(system).items()
    }


def _logs(system: System) -> dict[str, int]:
    first = "initramfs-{}.img" if system.profile.like == "rhel" else "initrd.img-{}"
    boot = {f"/boot/vmlinuz-{system.kernel}": 11_615_272, f"/boot/{first.format(system.kernel)}": 103_881_634}
    boot |= {f"/boot/config-{system.kernel}": 262_224, f"/boot/System.map-{system.kernel}": 6_273_869}
    swap = {"/swap.img": system.swap} if system.swap else {}
    return {**_DATA["logs"][system.profile.like], **boot, **swap}


_DATA = load("tree")
_MODES = {path: int(mode, 8) for path, mode in _DATA["modes"].items()}
_OWNERS = {"/etc/shadow": (0, 42), "/etc/gshadow": (0, 42)}
