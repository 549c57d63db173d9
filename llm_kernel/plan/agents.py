"""Stable-Baselines3: what an agent says when it is made, and the file it is saved in; its tables are left open."""

from __future__ import annotations

import ast

from llm_kernel.plan.files import written
from llm_kernel.plan.known import Handler
from llm_kernel.plan.nodes import Free
from llm_kernel.plan.paths import path_of
from llm_kernel.plan.values import Bound, Lib, Thing, Unknown, Value, truth
from llm_kernel.plan.walk import Walk

__all__ = ["AGENT", "AGENTS", "agent_attribute"]

AGENT = "agent"
"""The kind of things that stand for an agent."""
_ALGORITHMS = ("PPO", "A2C", "DQN", "SAC", "TD3", "DDPG")


def _agent(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``PPO(policy, env, verbose=1)``."""
    verbose, env = named.get("verbose", 0), args[1] if len(args) > 1 else named.get("env")
    if verbose in (1, 2):
        cards = w.facts.get("torch.cuda.is_available()")
        device = named.get("device", "auto")
        w.say(f"Using {'cuda' if cards is True and device in ('auto', 'cuda') else 'cpu'} device")
        vectors = isinstance(env, Unknown) and any(word in env.origin for word in ("VecEnv", "make_vec_env", "vec_env"))
        if not vectors:
            w.say("Wrapping the env with a `Monitor` wrapper\nWrapping the env in a DummyVecEnv.")
    return Thing(AGENT, {"<verbose>": verbose})


def agent_attribute(this: Thing, name: str) -> Value:
    """``agent.name``."""
    path = f"stable_baselines3.<{name}>"
    return Bound(Lib(path), this) if path in AGENTS else Unknown(origin=f"stable_baselines3.PPO().{name}")


def _learn(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``agent.learn``: its tables are its own."""
    this = args[0]
    told = this.attrs["<verbose>"] if isinstance(this, Thing) else 0
    if truth(told) is not False or named.get("callback") is not None or named.get("progress_bar") is True:
        w.emit(Free(expr=w.source(node)))
    return this


def _saved(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    path = path_of(args[1] if len(args) > 1 else named.get("path"))
    if isinstance(path, str):
        written(w, path if "." in path.rsplit("/", 1)[-1] else f"{path}.zip")
    return None


def _predicted(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    return (Unknown("ints"), None)


def _evaluated(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``evaluate_policy``: a mean and a deviation."""
    return (Unknown("float", "mean_reward"), Unknown("float", "std_reward"))


AGENTS: dict[str, Handler] = {
    **{f"stable_baselines3.{name}": _agent for name in _ALGORITHMS},
    "stable_baselines3.<learn>": _learn, "stable_baselines3.<save>": _saved, "stable_baselines3.<predict>": _predicted,
    "stable_baselines3.common.evaluation.evaluate_policy": _evaluated,
}  # fmt: skip
"""Handlers by full name."""
