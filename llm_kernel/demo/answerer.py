"""Who answers the demo: what the environment sets, a server that runs on this computer, or the embedded model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from llm_kernel import doctor
from llm_kernel.errors import EndpointError
from llm_kernel.model.weights import QWEN

__all__ = ["Answerer", "chosen", "embedded", "of_server"]


@dataclass(frozen=True, slots=True)
class Answerer:
    """A model by the name that is shown, and what a kernel's environment needs so that it answers."""

    name: str
    env: Mapping[str, str] = field(default_factory=dict)
    embedded: bool = False


def chosen(env: Mapping[str, str], endpoint: str = "", model: str = "") -> Answerer | None:
    """The one that the user chose by an option or in the environment, or None.

    Raises:
        EndpointError: when the endpoint of the option does not answer.
    """
    if endpoint:
        server = doctor.ask("endpoint", endpoint, env.get("OPENAI_API_KEY", ""), doctor.PATIENT)
        if server.why:
            raise EndpointError(f"{endpoint} does not answer: {server.why}. Is the server running, and is it .../v1?")
        return of_server(server, model)
    backend = env.get("LLM_KERNEL_BACKEND") or "auto"
    if backend == "local":
        return embedded(env)
    if backend == "openai" or env.get("OPENAI_BASE_URL") or env.get("OPENAI_API_KEY"):
        name = model or env.get("LLM_KERNEL_MODEL", "")
        shown = name or f"the first model of {env.get('OPENAI_BASE_URL') or doctor.OPENAI}"
        return Answerer(shown, {"LLM_KERNEL_MODEL": name} if name else {})
    return None


def of_server(server: doctor.Server, model: str = "") -> Answerer:
    """A model of an endpoint, the first that it lists unless one is named."""
    name = model or (server.models[0] if server.models else "")
    settings = {"OPENAI_BASE_URL": server.url, "LLM_KERNEL_BACKEND": "openai"}
    if name:
        settings["LLM_KERNEL_MODEL"] = name
    return Answerer(name or f"the model of {server.url}", settings)


def embedded(env: Mapping[str, str]) -> Answerer:
    """The model on this computer, or the file that takes its place."""
    own = env.get("LLM_KERNEL_LOCAL_MODEL", "")
    return Answerer(Path(own).stem if own else QWEN.name, {"LLM_KERNEL_BACKEND": "local"}, embedded=True)
