"""The MIG devices of a GPU as entries of nvidia-smi's report."""

from __future__ import annotations

from llm_kernel.programs.exact.nvidia_node import Node
from llm_kernel.programs.exact.nvidia_sight import Sight
from llm_kernel.programs.exact.nvidia_slices import Slice, slices

__all__ = ["mig_nodes"]


def mig_nodes(sight: Sight, medium: str, head: Node, _: str) -> list[Node]:
    """Every device; in the XML inside of one element, which is there also without any."""
    found = [Node("mig_device", head.label, children=_device(sight, one)) for one in slices(sight.gpu, sight.processes)]
    if medium == "text":
        return found
    return [Node(head.tag, "", children=found) if found else Node(head.tag, "", "None", alone=True)]


def _device(sight: Sight, part: Slice) -> list[Node]:
    one, used = part.instance, part.used
    # what an empty instance uses is not whole MiB: the program rounds both numbers, the old one down, the new one up
    odd = 0 if part.processes else 1 if sight.branch >= 580 else -1
    shared = [
        Node("multiprocessor_count", "Multiprocessor count", str(one.sms)),
        Node("copy_engine_count", "Copy Engine count", str(one.copies)),
        Node("encoder_count", "Encoder count", str(one.encoders)),
        Node("decoder_count", "Decoder count", str(one.decoders)),
        Node("ofa_count", "OFA count", str(one.ofas)),
        Node("jpg_count", "JPG count", str(one.jpegs)),
    ]
    counts = [Node("sram_uncorrectable", "SRAM Uncorrectable", "0")]
    reserved = [Node("reserved", "Reserved", "0 MiB")] if sight.branch >= 510 else []
    word = "Shared " if sight.branch >= 580 else ""
    return [
        Node("index", "Index", str(one.device)),
        Node("gpu_instance_id", "GPU Instance ID", str(one.gi)),
        Node("compute_instance_id", "Compute Instance ID", str(one.ci)),
        Node("device_attributes", "Device Attributes", children=[Node("shared", "Shared", children=shared)]),
        Node("ecc_error_count", "ECC Errors", children=[Node("volatile_count", "Volatile", children=counts)]),
        Node(
            "fb_memory_usage",
            f"{word}FB Memory Usage",
            children=[
                Node("total", "Total", f"{one.memory} MiB"),
                *reserved,
                Node("used", "Used", f"{used} MiB"),
                Node("free", "Free", f"{one.memory - used + odd} MiB"),
            ],
        ),
        Node(
            "bar1_memory_usage",
            f"{word}BAR1 Memory{'' if word else ' Usage'}",
            children=[
                Node("total", "Total", f"{one.bar1} MiB"),
                Node("used", "Used", "0 MiB"),
                Node("free", "Free", f"{one.bar1} MiB"),
            ],
        ),
    ]
