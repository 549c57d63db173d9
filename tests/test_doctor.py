"""What the doctor finds, against real servers on this computer."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from llm_kernel.doctor import Finding, Server, ask, examine, local_servers, report, usable
from llm_kernel.install import install

KEY = "sk-very-secret"


@contextmanager
def endpoint(models: list[str], key: str = "") -> Iterator[str]:
    """A server that lists models, to those who bring the key."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            right = not key or self.headers["Authorization"] == f"Bearer {key}"
            body = {"data": [{"id": name} for name in models]} if right else {"error": f"bad key {key}"}
            self.send_response(200 if right and self.path == "/v1/models" else 401 if not right else 404)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()


def found(env: dict[str, str], name: str) -> Finding:
    return next(finding for finding in examine(env, servers={}) if finding.name == name)


def test_an_endpoint_lists_its_models() -> None:
    with endpoint(["a", "b"]) as url:
        assert ask("mine", url) == Server("mine", url, ("a", "b"))


def test_only_servers_that_run_and_hold_a_model_are_offered() -> None:
    with endpoint(["qwen"]) as url, endpoint([]) as empty:
        servers = {"Ollama": url, "LM Studio": empty, "llama.cpp": "http://127.0.0.1:9/v1"}
        assert local_servers(servers) == [Server("Ollama", url, ("qwen",))]


def test_a_server_that_runs_is_named_with_the_setting_that_uses_it() -> None:
    with endpoint(["qwen"]) as url:
        findings = examine({}, servers={"Ollama": url})
    assert Finding("server", "note", "Ollama runs with qwen", f"OPENAI_BASE_URL={url}") in findings


def test_a_kernel_and_an_endpoint_that_answers_are_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "share" / "jupyter"))
    install(prefix=str(tmp_path))
    with endpoint(["a", "b", "c", "d"], KEY) as url:
        env = {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": KEY}
        findings = examine(env, servers={})
    assert findings[0].state == "ok"
    assert findings[1] == Finding("endpoint", "ok", f"{url} lists a, b, c and 1 more")
    assert usable(findings, env)


def test_a_kernelspec_whose_python_is_gone_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "share" / "jupyter"))
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "0")
    folder = install(prefix=str(tmp_path), python="/gone/python")
    assert found({}, "kernelspec") == Finding(
        "kernelspec", "missing", f"{folder} starts /gone/python, which is gone", "llm-kernel install --user"
    )


def test_a_refused_key_is_said_and_never_shown() -> None:
    with endpoint(["a"], "another") as url:
        env = {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": KEY}
        findings = examine(env, servers={})
    assert findings[1] == Finding(
        "endpoint", "missing", f"{url} does not answer: HTTP 401", "The key is refused: set OPENAI_API_KEY."
    )
    assert not usable(findings, env)
    assert KEY not in report(findings)


def test_a_password_in_the_address_is_not_shown() -> None:
    with endpoint(["a"]) as url:
        shown = found({"OPENAI_BASE_URL": url.replace("//", "//me:hush@")}, "endpoint").found
    assert "hush" not in shown


def test_a_model_that_is_named_for_no_endpoint_answers_nothing() -> None:
    assert found({"LLM_KERNEL_MODEL": "qwen2.5-coder:7b"}, "model").found == (
        "qwen2.5-coder:7b is an endpoint's, and none is set: the embedded one answers"
    )
    assert found({"LLM_KERNEL_MODEL": "a", "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}, "model").found == "a"


def test_missing_weights_say_how_to_get_them(tmp_path: Path) -> None:
    assert found({"LLM_KERNEL_CACHE": str(tmp_path)}, "weights") == Finding(
        "weights", "missing", "Qwen2.5-Coder-1.5B-Instruct-Q4_K_M (1.1 GB) is not here", "llm-kernel fetch"
    )


def test_own_weights_are_found(tmp_path: Path) -> None:
    own = tmp_path / "own.gguf"
    assert found({"LLM_KERNEL_LOCAL_MODEL": str(own)}, "weights").state == "missing"
    own.write_bytes(b"GGUF")
    assert found({"LLM_KERNEL_LOCAL_MODEL": str(own)}, "weights") == Finding("weights", "ok", str(own))


def test_the_report_puts_what_to_do_under_what_is_missing() -> None:
    findings = [Finding("model", "note", "not set"), Finding("weights", "missing", "not here", "llm-kernel fetch")]
    assert report(findings).splitlines() == [
        "-        model       not set",
        "MISSING  weights     not here",
        "                     llm-kernel fetch",
    ]
