"""jupyter_kernel_test with every sample filled in."""

# ruff: noqa: RUF012

import jupyter_kernel_test
import pytest

pytestmark = pytest.mark.kernel


class TestConformance(jupyter_kernel_test.KernelTests):
    kernel_name = "bare"
    language_name = "bash"
    file_extension = ".sh"
    code_hello_world = "echo 'hello, world'"
    code_stderr = "err oops"
    completion_samples = [{"text": "ec", "matches": {"echo"}}]
    complete_code_samples = ["echo"]
    incomplete_code_samples = ["echo \\"]
    invalid_code_samples = [")"]
    code_page_something = "page hello"
    code_generate_error = "exit 2"
    code_execute_result = [{"code": "result four", "result": "four"}, {"code": "result five", "result": "five"}]
    code_display_data = [{"code": "display x", "mime": "text/plain"}]
    code_history_pattern = "result fou*"
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = "echo"
    code_clear_output = "clear"
