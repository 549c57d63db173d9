"""``nvidia-smi topo``: the matrix of how GPUs and network cards are joined, and what can be done over it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from llm_kernel.machine import Machine
from llm_kernel.machine.devices import Gpu
from llm_kernel.machine.drivers import branch_of
from llm_kernel.machine.system import Cpu
from llm_kernel.programs.exact.nvidia_choose import chosen
from llm_kernel.programs.exact.nvidia_links import Links
from llm_kernel.shell.call import Answer, Call

__all__ = ["topo"]

_LEGEND = """
Legend:

  X    = Self
  SYS  = Connection traversing PCIe as well as the SMP interconnect between NUMA nodes (e.g., QPI/UPI)
  NODE = Connection traversing PCIe as well as the interconnect between PCIe Host Bridges within a NUMA node
  PHB  = Connection traversing PCIe as well as a PCIe Host Bridge (typically the CPU)
"""
_BRIDGES = """  PXB  = Connection traversing multiple PCIe bridges (without traversing the PCIe Host Bridge)
  PIX  = Connection traversing at most a single PCIe bridge
"""
_SWITCHES = """  PXB  = Connection traversing multiple PCIe switches (without traversing the PCIe Host Bridge)
  PIX  = Connection traversing a single PCIe switch
"""
_NVLINK = "  NV#  = Connection traversing a bonded set of # NVLinks\n"
_P2P_LEGEND = """
Legend:

  X    = Self
  OK   = Status Ok
  CNS  = Chipset not supported
  GNS  = GPU not supported
  TNS  = Topology not supported
  NS   = Not supported
  U    = Unknown
"""
_WAYS = {
    "PIX": "a single PCIe switch",
    "PXB": "multiple PCIe switches",
    "PHB": "a PCIe host bridge",
    "NODE": "an on-chip interconnect between PCIe host bridges",
    "SYS": "an SMP interconnect link between NUMA nodes",
}
_INFINIBAND = "/sys/class/infiniband"


class _Board:
    """The places of all GPUs on the board: sockets, links and network cards."""

    def __init__(self, machine: Machine) -> None:
        self.gpus = machine.devices.gpus
        self.cpu: Cpu = machine.system.cpu
        self.branch = branch_of(machine.devices.driver)
        self.links = Links(self.gpus, self.cpu.sockets, machine.facts)
        files = machine.files
        self.nics = sorted(files.listdir(_INFINIBAND)) if files.is_dir(_INFINIBAND) else []

    def socket(self, index: int) -> int:
        """The socket that GPU ``index`` is plugged into."""
        return index * self.cpu.sockets // len(self.gpus)

    def pcie(self, a: int, b: int) -> str:
        """The way between two GPUs over PCIe."""
        if self.socket(a) != self.socket(b):
            return "SYS"
        return "PHB" if len(self.gpus) <= 2 else "NODE"

    def way(self, a: int, b: int, *, nvlink: bool = True) -> str:
        """The best way between two GPUs."""
        if a == b:
            return " X "
        count = self.links.between(a, b) if nvlink else 0
        return f"NV{count}" if count else self.pcie(a, b)

    def to_nic(self, gpu: int, nic: int) -> str:
        """The way from a GPU to a network card: each has its own switch with a GPU where there are as many."""
        if len(self.nics) >= len(self.gpus) and gpu == nic * len(self.gpus) // len(self.nics):
            return "PIX"
        return "NODE" if self._nic_socket(nic) == self.socket(gpu) else "SYS"

    def between_nics(self, a: int, b: int) -> str:
        """The way between two network cards."""
        if a == b:
            return " X "
        return "NODE" if self._nic_socket(a) == self._nic_socket(b) else "SYS"

    def cores(self, index: int) -> str:
        """The logical processors nearest to a GPU: the cores of its socket, after all cores their second threads."""
        cpu, socket = self.cpu, self.socket(index)
        if cpu.sockets == 1:
            return f"0-{cpu.cores - 1}"
        real = cpu.cores // cpu.threads_per_core
        each = max(1, real // cpu.sockets)
        spans = [(start + socket * each, start + socket * each + each - 1) for start in range(0, cpu.cores, real or 1)]
        return ",".join(f"{first}-{last}" for first, last in spans)

    def _nic_socket(self, nic: int) -> int:
        return nic * self.cpu.sockets // len(self.nics)


def topo(call: Call, args: Sequence[str]) -> Answer:
    """Answer one form of ``topo``; ``args`` is what follows that word."""
    verbs: dict[str, Callable[[_Board, list[Gpu]], Answer]] = {
        "-m": _matrix,
        "--matrix": _matrix,
        "-mp": _pcie_matrix,
        "--matrix_pci": _pcie_matrix,
        "-p": _path,
        "--path": _path,
        "-C": _cpu_node,
        "-M": _memory_node,
    }
    asked, ids, todo = [], None, list(args)
    while todo:
        word = todo.pop(0)
        if word in ("-i", "--id") and todo:
            ids = todo.pop(0)
        elif word in ("-p2p", "--p2pstatus") and todo and todo[0] in ("r", "w", "n", "a", "p"):
            asked.append(_peers(todo.pop(0)))
        elif word in verbs:
            asked.append(verbs[word])
        elif word in ("-h", "--help"):
            return Answer(_USAGE)
        else:
            return _refused()
    gpus = chosen(call.machine.devices, ids)
    if not asked or not gpus:
        return _refused()
    answers = [verb(_Board(call.machine), gpus) for verb in asked]
    return Answer("".join(str(answer.stdout) for answer in answers), status=max(answer.status for answer in answers))


def _refused() -> Answer:
    text = "Invalid combination of input arguments. Please run 'nvidia-smi topo -h' for help.\n\n"
    return Answer(text, status=2)


def _matrix(board: _Board, gpus: list[Gpu], *, nvlink: bool = True) -> Answer:
    newer, names = board.branch >= 450, [f"GPU{gpu.index}" for gpu in gpus]
    nics = [f"NIC{n}" for n in range(len(board.nics))] if board.branch >= 515 else board.nics
    columns = [*names, *nics, "CPU Affinity", *(["NUMA Affinity"] if newer else [])]
    columns += ["GPU NUMA ID"] if board.branch >= 535 else []
    lines = ["\t\x1b[4m" + "\t".join(columns) + "\x1b[0m"]
    ends = len(columns) - len(names) - len(nics) + (board.branch >= 535)
    for gpu, name in zip(gpus, names, strict=True):
        a = gpu.index
        ways = [board.way(a, other.index, nvlink=nvlink) for other in gpus]
        ways += [board.to_nic(a, nic) for nic in range(len(nics))]
        places = [board.cores(a), *([str(board.socket(a))] if newer else [])]
        lines.append("\t".join([name, *ways, *places, *(["", "N/A"] if board.branch >= 535 else [])]))
    for nic, name in enumerate(nics):
        ways = [board.to_nic(gpu.index, nic) for gpu in gpus]
        ways += [board.between_nics(nic, other) for other in range(len(nics))]
        lines.append("\t".join([name, *ways, *[""] * ends]))
    legend = _LEGEND + (_BRIDGES if newer else _SWITCHES) + (_NVLINK if nvlink else "")
    if nics and board.branch >= 515:
        legend += "\nNIC Legend:\n\n" + "".join(f"  NIC{n}: {name}\n" for n, name in enumerate(board.nics)) + "\n"
    return Answer("\n".join(lines) + "\n" + legend)


def _pcie_matrix(board: _Board, gpus: list[Gpu]) -> Answer:
    return _matrix(board, gpus, nvlink=False)


def _path(board: _Board, gpus: list[Gpu]) -> Answer:
    if len(gpus) != 2:
        return _refused()
    a, b = (gpu.index for gpu in gpus)
    return Answer(f"Device {a} is connected to device {b} by way of {_WAYS[board.pcie(a, b)]}.\n")


def _cpu_node(board: _Board, gpus: list[Gpu]) -> Answer:
    return Answer("".join(f"NUMA IDs of closest CPU: {board.socket(gpu.index)}\n" for gpu in gpus))


def _memory_node(board: _Board, gpus: list[Gpu]) -> Answer:
    return Answer("".join(f"NUMA IDs of closest memory: {board.socket(gpu.index)}\n" for gpu in gpus))


def _peers(capability: str) -> Callable[[_Board, list[Gpu]], Answer]:
    """The matrix of a capability: reads and writes between boards made for racks, all of it over NVLink."""

    def answer(board: _Board, gpus: list[Gpu]) -> Answer:
        lines = ["\t\x1b[4m" + "\t".join(f"GPU{gpu.index}" for gpu in gpus) + "\x1b[0m"]
        for a in gpus:
            cells = ["X" if a is b else _status(board, a, b, capability) for b in gpus]
            lines.append("\t".join([f" GPU{a.index}", *cells]) + "\t")
        return Answer("\n".join(lines) + "\n" + _P2P_LEGEND)

    return answer


def _status(board: _Board, a: Gpu, b: Gpu, capability: str) -> str:
    if board.links.between(a.index, b.index):
        return "OK"
    if capability in "na":
        return "NS"
    racked = a.card.server and "L4" not in a.card.name and a.card.name == b.card.name
    return "OK" if racked and board.pcie(a.index, b.index) != "SYS" else "CNS"


_USAGE = """Usage: nvidia-smi topo [options]

    -m, --matrix        how GPUs and network cards are joined
    -mp, --matrix_pci   the same without NVLink
    -p, --path          the way over PCIe between the two GPUs of -i
    -p2p, --p2pstatus   a capability between GPUs: r read, w write, n NVLink, a atomics, p PCIe
    -C, -M              the NUMA node of the nearest CPU, of the nearest memory
    -i, --id            only these GPUs
"""
