"""What this computer has for the kernel: each finding says what was found and, if it is missing, what to do.

A key is used to ask its own endpoint, and never printed.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

from llm_kernel.errors import WeightsError
from llm_kernel.install import NAME
from llm_kernel.model import weights

__all__ = ["LOCAL", "Finding", "Server", "ask", "examine", "local_servers", "report", "usable"]

LOCAL = {
    "Ollama": "http://127.0.0.1:11434/v1",
    "LM Studio": "http://127.0.0.1:1234/v1",
    "llama.cpp": "http://127.0.0.1:8080/v1",
}
OPENAI = "https://api.openai.com/v1"
QUICK = 0.5
PATIENT = 5.0
SHOWN = 3  # so many of an endpoint's models are named

State = Literal["ok", "missing", "note"]


@dataclass(frozen=True, slots=True)
class Server:
    """An OpenAI-compatible endpoint: the models it lists, or why it gave none."""

    name: str
    url: str
    models: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report. ``note`` is a thing that may be there or not."""

    name: str
    state: State
    found: str
    todo: str = ""


def ask(name: str, url: str, key: str = "", timeout: float = QUICK) -> Server:
    """Ask an endpoint for its models."""
    if urlsplit(url).scheme not in ("http", "https"):
        return Server(name, url, why="the address does not begin with http:// or https://")
    request = urllib.request.Request(f"{url.rstrip('/')}/models")  # noqa: S310
    if key:
        request.add_header("Authorization", f"Bearer {key}")
    try:
        with _opener(url).open(request, timeout=timeout) as reply:
            listed = json.load(reply)
        return Server(name, url, tuple(str(model["id"]) for model in listed.get("data") or ()))
    except urllib.error.HTTPError as error:
        return Server(name, url, why=f"HTTP {error.code}")
    except (OSError, ValueError) as error:
        return Server(name, url, why=str(getattr(error, "reason", "") or error) or type(error).__name__)
    except (AttributeError, KeyError, TypeError):
        return Server(name, url, why="its list of models is not in OpenAI's form")


def local_servers(servers: Mapping[str, str] = LOCAL) -> list[Server]:
    """The model servers that run on this computer and list at least one model."""
    with ThreadPoolExecutor(len(servers) or 1) as pool:
        found = pool.map(lambda item: ask(*item), servers.items())
    return [server for server in found if server.models]


def examine(env: Mapping[str, str] = os.environ, servers: Mapping[str, str] = LOCAL) -> list[Finding]:
    """Look at everything that a notebook needs."""
    embedded = [_library(), _weights(env)]
    if _wants_endpoint(env):
        embedded = [replace(each, state="note", todo="") if each.state == "missing" else each for each in embedded]
    return [_kernelspec(), _endpoint(env), _model(env), *_running(servers), *embedded, _cache(env)]


def usable(findings: Sequence[Finding], env: Mapping[str, str] = os.environ) -> bool:
    """Whether a notebook could run: the kernel is installed, and the chosen backend can answer."""
    state = {finding.name: finding.state for finding in findings}
    embedded = state["xllamacpp"] == "ok" and state["weights"] == "ok"
    endpoint = state["endpoint"] == "ok"
    return state["kernelspec"] == "ok" and (endpoint if _wants_endpoint(env) else embedded)


def report(findings: Sequence[Finding]) -> str:
    """The findings as lines for a terminal."""
    sign = {"ok": "ok     ", "missing": "MISSING", "note": "-      "}
    lines = []
    for finding in findings:
        lines.append(f"{sign[finding.state]}  {finding.name:<11} {finding.found}\n")
        if finding.todo:
            lines.append(f"{'':21}{finding.todo}\n")
    return "".join(lines)


def _kernelspec() -> Finding:
    try:
        spec = KernelSpecManager().get_kernel_spec(NAME)
    except NoSuchKernel:
        return Finding("kernelspec", "missing", "Jupyter does not know the kernel", "llm-kernel install --user")
    program = spec.argv[0]
    if Path(program).is_absolute() and not Path(program).exists():
        found = f"{spec.resource_dir} starts {program}, which is gone"
        return Finding("kernelspec", "missing", found, "llm-kernel install --user")
    return Finding("kernelspec", "ok", str(spec.resource_dir))


def _configured(env: Mapping[str, str]) -> bool:
    return bool(env.get("OPENAI_BASE_URL") or env.get("OPENAI_API_KEY"))


def _wants_endpoint(env: Mapping[str, str]) -> bool:
    backend = env.get("LLM_KERNEL_BACKEND", "auto")
    return _configured(env) if backend == "auto" else backend == "openai"


def _endpoint(env: Mapping[str, str]) -> Finding:
    if not _configured(env):
        todo = "For an endpoint of your own, set OPENAI_BASE_URL, OPENAI_API_KEY or both."
        return Finding("endpoint", "note", "none set: the embedded model answers", todo)
    key = env.get("OPENAI_API_KEY", "")
    server = ask("endpoint", env.get("OPENAI_BASE_URL") or OPENAI, key, PATIENT)
    shown = _bare(server.url)
    if server.why:
        why = server.why.replace(key, "<key>") if key else server.why
        return Finding("endpoint", "missing", f"{shown} does not answer: {why}", _cure(server.why))
    return Finding("endpoint", "ok", f"{shown} lists {_names(server.models) or 'no models'}")


def _cure(why: str) -> str:
    if why in ("HTTP 401", "HTTP 403"):
        return "The key is refused: set OPENAI_API_KEY."
    if why == "HTTP 404":
        return "OPENAI_BASE_URL usually ends in /v1."
    return "Start the server, or correct OPENAI_BASE_URL; with neither variable set the embedded model answers."


def _model(env: Mapping[str, str]) -> Finding:
    name = env.get("LLM_KERNEL_MODEL", "")
    if name and not _wants_endpoint(env):
        return Finding("model", "note", f"{name} is an endpoint's, and none is set: the embedded one answers")
    return Finding("model", "note", name or "not set: the first that the endpoint offers, or the embedded one")


def _running(servers: Mapping[str, str]) -> list[Finding]:
    return [
        Finding("server", "note", f"{server.name} runs with {_names(server.models)}", f"OPENAI_BASE_URL={server.url}")
        for server in local_servers(servers)
    ]


def _library() -> Finding:
    if importlib.util.find_spec("xllamacpp") is None:
        return Finding("xllamacpp", "missing", "not installed", "pip install 'imagined-machine[local]'")
    return Finding("xllamacpp", "ok", "installed")


def _weights(env: Mapping[str, str]) -> Finding:
    try:
        here = weights.find(cache=env.get("LLM_KERNEL_CACHE", ""), override=env.get("LLM_KERNEL_LOCAL_MODEL", ""))
    except WeightsError as error:
        return Finding("weights", "missing", str(error), "Correct LLM_KERNEL_LOCAL_MODEL or unset it.")
    if here is None:
        size = f"{weights.QWEN.size / 1e9:.1f} GB"
        return Finding("weights", "missing", f"{weights.QWEN.name} ({size}) is not here", "llm-kernel fetch")
    return Finding("weights", "ok", str(here))


def _cache(env: Mapping[str, str]) -> Finding:
    folder = weights.cache_folder(env.get("LLM_KERNEL_CACHE", ""))
    there = next(place for place in (folder, *folder.parents) if place.exists())
    if not os.access(there, os.W_OK):
        return Finding("cache", "missing", f"{folder} cannot be written", "Set LLM_KERNEL_CACHE to a folder that can.")
    return Finding("cache", "ok", f"{folder}, {shutil.disk_usage(there).free / 1e9:.1f} GB free")


def _opener(url: str) -> urllib.request.OpenerDirector:
    """A proxy is for the net, not for this computer."""
    local = urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")
    return urllib.request.build_opener(urllib.request.ProxyHandler({} if local else None))


def _bare(url: str) -> str:
    """The address without a user name and password."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()


def _names(models: Sequence[str]) -> str:
    more = f" and {len(models) - SHOWN} more" if len(models) > SHOWN else ""
    return ", ".join(models[:SHOWN]) + more
