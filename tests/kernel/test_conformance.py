"""jupyter_kernel_test with every sample filled in, on the whole kernel; no sample needs a model."""

# ruff: noqa: RUF012

import os

import jupyter_kernel_test
import pytest

pytestmark = pytest.mark.kernel

CARD = """\
Machine: Ubuntu 20.04.2 LTS, host {host}, user root, Python 3.8.5, 16 cores, 64 GiB memory
GPUs: no GPU
Now: 2021-04-01 09:00:00 UTC, in /root

Kernel:      5.4.0-70-generic x86_64
Processors:  16 logical processors: Intel(R) Xeon(R) Gold 6248R CPU @ 3.00GHz
Memory:      64 GiB, swap 8 GiB
Disks:       / 499.5 GiB (ext4), /boot/efi 512 MiB (vfat)
Python:      3.8.5
Users:       root (this session)

 PID  USER  COMMAND
2412  root  -bash
and 25 of the system

Files in /root:
    (2 hidden)"""


class TestConformance(jupyter_kernel_test.KernelTests):
    kernel_name = "llm_kernel"
    language_name = "bash"
    file_extension = ".sh"
    code_hello_world = "echo 'hello, world'"
    code_stderr = "echo oops >&2"
    completion_samples = [
        {"text": "unam", "matches": {"uname"}},
        {"text": "cat /etc/os-rel", "matches": {"/etc/os-release"}},
        {"text": "%mach", "matches": {"%machine"}},
    ]
    complete_code_samples = ["echo a", "cat << X\na\nX", "%machine"]
    incomplete_code_samples = ["for i in 1 2; do", "echo 'a", "cat << X\na", "{write a train.py"]
    invalid_code_samples = ["fi", "echo )"]
    code_page_something = "%machine ?"
    code_generate_error = "false"
    code_execute_result = [
        {"code": "%machine host ada\n%machine", "result": CARD.format(host="ada")},
        {"code": "%machine host bob\n%machine", "result": CARD.format(host="bob")},
    ]
    code_display_data = [{"code": "%usage", "mime": "text/html"}]
    code_history_pattern = "%machine host a*"
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = "echo"
    code_clear_output = "clear"

    @classmethod
    def setUpClass(cls) -> None:
        os.environ["LLM_KERNEL_CLOCK"] = "stepped"
        try:
            super().setUpClass()
        finally:
            del os.environ["LLM_KERNEL_CLOCK"]
