"""The walker: goes through a program as Python would, without running any of it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

from llm_kernel.plan.beyond import beyond
from llm_kernel.plan.bound import attributes, bound
from llm_kernel.plan.calls import attribute, call
from llm_kernel.plan.counted import Form
from llm_kernel.plan.draws import begin_draws
from llm_kernel.plan.expressions import EVALUATE
from llm_kernel.plan.faults import Fault, Frame
from llm_kernel.plan.fetching import Fetch
from llm_kernel.plan.functions import bind
from llm_kernel.plan.importing import absolute
from llm_kernel.plan.loudness import Loudness
from llm_kernel.plan.names import Mentions, mentions, yields
from llm_kernel.plan.nodes import Choice, Free, Leave, Line, Literal, Node, Scope, Stream, leaves
from llm_kernel.plan.rates import tells
from llm_kernel.plan.recall import Reading, Recall, key_of
from llm_kernel.plan.reckoning import picked
from llm_kernel.plan.saves import Record
from llm_kernel.plan.shapes.casting import casts
from llm_kernel.plan.shapes.chance import begin_chance
from llm_kernel.plan.shapes.frames import with_frames
from llm_kernel.plan.shapes.gradients import begin_gradients
from llm_kernel.plan.state import State, own
from llm_kernel.plan.statements import EXECUTE
from llm_kernel.plan.text import parts_of, shown
from llm_kernel.plan.trees import every
from llm_kernel.plan.values import (
    LONGEST,
    Env,
    Function,
    Instance,
    Lib,
    Text,
    Thing,
    Unknown,
    Value,
    join,
    kind_of,
    known,
)
from llm_kernel.plan.walk import Build, Exhausted, Exited, Flow, Raised, TooLong

STEPS = 60000
_DEPTH = 35
_DEEP = 4
"""How often a function may stand on the way while it calls itself with values that nobody knows."""
_SHARE = 0.9
_GROWING = (str, bytes, list, tuple)
_CONTAINERS = (list, dict, set)
_SHORT = 1000
"""The length of a value from which on making it takes more than one step."""
_ROOM = 250_000
_CALL = 8
"""What a call, a fork or a print costs beside its expressions, in steps."""


class Walker:
    """One walk through one program."""

    def __init__(
        self, argv: Sequence[str], read: Callable[[str], str | None], facts: Mapping[str, object], steps: int = STEPS
    ) -> None:
        self.state = State()
        self.argv = argv
        self.facts = facts
        self.globals = Env()
        self.calls = 0
        self.risks = 0
        self.result: Value = None
        self.hooked = False
        self.fetched: list[Fetch] = []
        self.saved: list[Record] = []
        self.wrote: dict[str, bool] = {}
        self.doubt = 0
        self.around = 0
        self.long = 0
        self.stored: set[str] | None = set()
        self.drawn: set[str] = set()
        self.optimizers: list[Thing] = []
        self.telling = False
        self.room = _ROOM
        self.logging: dict[str, Value] = {}
        self._read = read
        self._out: list[Node] = []
        self._loudness = Loudness()
        self._modules: dict[str, Value] = {}
        self._texts: dict[int, tuple[ast.AST, str]] = {}
        self._left = steps
        self._spare = steps
        self._depth = 0
        self._mentioned: dict[ast.AST, Mentions] = {}
        self._touched: dict[ast.AST, tuple[frozenset[str], frozenset[str]]] = {}
        self._generators: dict[ast.AST, bool] = {}
        self.memo: dict[object, list[int]] = {}
        self._far: dict[ast.AST, frozenset[object]] = {}
        self._active: dict[ast.AST, int] = {}
        self._recall = Recall(self.state)
        self._reading: Reading | None = None
        self._scopes: dict[ast.AST, frozenset[str] | None] = {}
        self._hopeless: set[ast.AST] = set()
        self._open: list[set[ast.AST]] = []
        self._lost = False
        self._pending: list[tuple[tuple[str, ...], list[dict[Any, Any]], int]] = []
        self._returns: list[list[Value]] = [[]]
        self.fault: Fault | None = None
        self.status: int | None = None

    def program(self, tree: ast.Module, nodes: list[ast.AST] | None = None) -> tuple[Node, ...]:
        """Walk through a whole program; ``nodes`` are all of its tree, where they are known."""
        self.learn(tree, self.globals, nodes)
        begin_chance(self)
        begin_draws(self)
        begin_gradients(self)
        self.globals.names["__doc__"] = ast.get_docstring(tree, clean=False)
        told, mark = self._out, 0
        try:
            for each in tree.body:
                told, mark = self._out, len(self._out)
                self.execute([each], self.globals)
            self.status = 0
        except Exhausted:
            if self._lost or not mark:
                raise
            self._out = [*told[:mark], Free(), Free("stderr")]  # the lines up to there are certain
        except Raised as err:
            self.fault = _fault(self, err)
            self.status = 1
            if self.fault is None:
                self.emit(Free("stderr", err.name))
        except Exited as err:
            self.status = err.status
        return tuple(self._out)

    def evaluate(self, node: ast.expr, env: Env) -> Value:
        if isinstance(node, ast.Constant):
            return node.value
        self._left -= 1
        if self._left < 0:
            raise Exhausted
        function = EVALUATE.get(type(node))
        if function is None:
            return Unknown()
        try:
            value = function(self, node, env)
        except Raised as err:
            if self._depth not in err.frames:
                err.frames[self._depth] = self._frame(node, env, err)
            raise
        if self._reading is not None and isinstance(value, _CONTAINERS):
            self._reading.containers[id(value)] = value
        made = isinstance(value, _GROWING) and len(value) > _SHORT and not isinstance(node, ast.Name)
        return self._weighed(value) if made else value

    def _weighed(self, value: Any) -> Value:
        """A long value, which takes steps by its length; one that grows without end is unknown."""
        self.spend(len(value) // _SHORT)
        return value if len(value) <= LONGEST else Unknown(kind_of(value), size=len(value))

    def spend(self, steps: int) -> None:
        self._left -= steps
        if self._left < 0:
            raise Exhausted

    def _frame(self, node: ast.expr | ast.stmt, env: Env, err: Raised) -> Frame:
        module = env.root.names.get("<path>", "")
        here: Env | None = env
        while here is not None and "<function>" not in here.names:
            here = here.outer
        word = here.names["<function>"] if here is not None else "<module>"
        return Frame.at(str(module), node, str(word), err.value if isinstance(err.value, str) else "")

    def execute(self, body: Sequence[ast.stmt], env: Env) -> Flow:
        for node in body:
            self._left -= 1
            if self._left < 0:
                raise Exhausted
            function = EXECUTE.get(type(node))
            try:
                flow = function(self, node, env) if function is not None else None
            except Raised as err:
                if self._depth not in err.frames:
                    err.frames[self._depth] = self._frame(node, env, err)
                raise
            if flow is not None:
                return flow
        return None

    @property
    def left(self) -> int:
        return self._left

    def give_up(self) -> NoReturn:
        raise TooLong

    def mark(self) -> int:
        return len(self._out)

    def taken(self, mark: int) -> tuple[Node, ...]:
        nodes, self._out = tuple(self._out[mark:]), self._out[:mark]
        return nodes

    def attempt(self, way: Callable[[], Flow], node: ast.AST) -> tuple[bool, Flow]:
        before = self._left
        allowed = int(before * _SHARE)
        if node in self._hopeless or allowed < 50:
            return False, None
        self._open.append(set())
        done, flow = self._attempt(way, node, allowed)
        inner = self._open.pop()
        if self._open:
            self._open[-1] |= inner | {node}
        if done or not inner:
            return done, flow
        self._hopeless |= inner
        return self._attempt(way, node, int(self._left * _SHARE))

    def _attempt(self, way: Callable[[], Flow], node: ast.AST, allowed: int) -> tuple[bool, Flow]:
        before = self._left
        reserve = before - allowed
        self._left = allowed
        out, self._out = self._out, []
        depth, pending, returns = self._depth, len(self._pending), len(self._returns[-1])
        frames = len(self._returns)
        self.state.begin()
        watched = self.state.changed, self.state.fresh
        level, tries = len(self.state.logs), len(self._open)
        try:
            flow = way()
        except Exhausted as err:
            self._hopeless.add(node)
            if isinstance(err, TooLong) and self._open:
                self._open[-1].clear()
            del self._open[tries:]
            self.state.changed, self.state.fresh = watched
            while len(self.state.logs) > level:
                self.state.commit()
            self.state.rollback()
            self._out, self._depth = out, depth
            del self._pending[pending:]
            del self._returns[frames:]
            del self._returns[-1][returns:]
            self._left = max(self._left, 0) + reserve  # what was too much was never walked
            return False, None
        except BaseException:
            self.state.commit()
            self._out = out + self._out
            self._left += reserve
            raise
        self.state.commit()
        self._out = out + self._out
        self._left += reserve
        return True, flow

    def record(self, way: Callable[[], Flow]) -> tuple[Flow, tuple[Node, ...]]:
        out, self._out = self._out, []
        try:
            flow = way()
        except (Raised, Exited):
            self._out = out + self._out
            raise
        nodes, self._out = tuple(self._out), out
        return flow, nodes

    @contextmanager
    def pending(self, *targets: str) -> Iterator[None]:
        held: list[dict[Any, Any]] = []
        begun = len(self.state.logs)
        self._pending.append((targets, held, begun))
        level = len(self._pending)
        self.state.begin()
        before: dict[Any, Any] = {}
        try:
            yield
        finally:
            del self._pending[level - 1 :]
            while len(self.state.logs) > begun:
                before = self.state.commit().slots
        for outcome in held:
            self.state.merge([{}, before | outcome])

    def returns(self, value: Value) -> None:
        self._returns[-1].append(value)

    def fork(self, ways: Sequence[Callable[[], Flow]], build: Build | None = None, *, test: Form | None = None) -> Flow:
        self.doubt += 1
        try:
            outcomes = [self._way(way) for way in ways]
        finally:
            self.doubt -= 1
        self._left -= _CALL + sum(len(held) for _, _, held, _ in outcomes)
        flows = [flow for flow, _, _, _ in outcomes]
        live = [held for flow, _, held, _ in outcomes if flow is None]
        last = flows[-1]
        alike = all(flow == last for flow in flows)
        branches: list[tuple[Node, ...]] = []
        for n, (flow, nodes, held, result) in enumerate(outcomes):
            leaving = flow is not None and not alike and (bool(live) or n < len(outcomes) - 1)
            branches.append((*nodes, Leave(flow)) if leaving else nodes)  # type: ignore[arg-type]
            if leaving and flow == "return":
                self.returns(result)
            if leaving:
                self._hold(str(flow), held)
        self.state.merge(live or [held for _, _, held, _ in outcomes], test=test if len(live) != 1 else None)
        if build is not None:
            self.emit(build(branches))
        elif any(branch != branches[0] for branch in branches):
            self.emit(Choice(tuple(dict.fromkeys(branches)), test))
        else:
            self._out += branches[0]
        if live:
            return None
        self.result = outcomes[-1][3]
        if alike and last == "return":
            for _, _, _, result in outcomes[:-1]:
                self.result = picked(test, result, self.result)
        if last == "exit":
            raise Exited
        if last == "raise":
            raise Raised("Exception", Unknown("str"))
        return last

    def _way(self, way: Callable[[], Flow]) -> tuple[Flow, tuple[Node, ...], dict[Any, Any], Value]:
        self.state.begin()
        out, self._out = self._out, []
        flow: Flow
        try:
            flow = way()
        except Raised:
            flow = "raise"
        except Exited:
            flow = "exit"
        except BaseException:
            self.state.commit()
            raise
        nodes, self._out = tuple(self._out), out
        return flow, nodes, self.state.rollback(), self.result

    def _hold(self, flow: str, held: dict[Any, Any]) -> None:
        """Keep what everything held when a way left, for those who wait where it comes out."""
        for targets, waiting, begun in reversed(self._pending):
            if flow in targets:
                waiting.append(self.state.since(begun) | held)
                return

    def run(self, function: Function, args: list[Value], named: dict[str, Value], cls: Value, this: Value) -> Value:
        if self._depth >= _DEPTH:
            raise Exhausted
        node = function.node
        if self._active.get(node, 0) >= _DEEP and not all(known(each) for each in (*args, *named.values())):
            return self._unfollowed(function)
        key = None if self.hooked or self.loud(node) else key_of(node, args, named)
        key = (key, casts(self)) if key is not None else None
        held = self._recall.find(key, self._beyond) if key is not None else None
        if held is not None:
            self.risks += held.risks
            self._left -= 1
            if self._reading is not None:
                self._reading.add(held.reading)
            return held.value
        if key is None:
            return self._walk(function, args, named, cls, this)
        risks, watched, out = self.risks, self.state.watch(), len(self._out)
        outer, self._reading = self._reading, Reading()
        try:
            value = self._walk(function, args, named, cls, this)
        finally:
            moved = self.state.seen(watched)
            reading, self._reading = self._reading, outer
            if outer is not None:
                outer.add(reading)
        if not moved and len(self._out) == out:
            self._recall.keep(key, value, self.risks - risks, (*args, *named.values()), reading)
        return value

    def _beyond(self, node: ast.AST) -> frozenset[object]:
        """What a function reads, or the functions it calls, that is not a name of its own."""
        self.touches(node)
        return self._far[node]

    def _walk(self, function: Function, args: list[Value], named: dict[str, Value], cls: Value, this: Value) -> Value:
        node = function.node
        names = bind(function, args, named)
        names["<class>"], names["<self>"], names["<function>"] = cls, this, function.name
        env = Env(names, function.env, function.env.root, bound=lambda: self.binds(node))
        self.state.made(names)
        self.calls += 1
        self._left -= _CALL
        self._depth += 1
        self._active[node] = self._active.get(node, 0) + 1
        if self._reading is not None:
            self._reading.functions.add(node)
        self._returns.append([])
        try:
            if isinstance(node, ast.Lambda):
                return self.evaluate(node.body, env)
            out, self._out = self._out, []
            try:
                with self.pending("return"):
                    flow = self.execute(node.body, env)
            except Exhausted:
                raise
            except BaseException:
                self._out = out + self._wrapped()
                raise
            self._out = out + self._wrapped()
            value = self.result if flow == "return" else None
            for other in self._returns[-1]:
                value = join(value, other)
            return value
        finally:
            self._depth -= 1
            self._active[node] -= 1
            self._returns.pop()

    def _unfollowed(self, function: Function) -> Value:
        """A function that calls itself with what nobody knows."""
        if self.loud(function.node):
            self.emit(Free(expr=function.name))
        return Unknown()

    def _wrapped(self) -> list[Node]:
        nodes = tuple(self._out)
        return [Scope("return", nodes)] if leaves(nodes, "return") else list(nodes)

    def call(self, function: Value, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        return call(self, function, args, named, node)

    def attribute(self, value: Value, name: str) -> Value:
        return attribute(self, value, name)

    def ask(self, instance: Instance, method: str) -> Value:
        found = self.attribute(instance, method)
        if isinstance(found, Unknown) and method == "__str__" and "args" in instance.attrs:
            args = instance.attrs["args"]
            if not isinstance(args, tuple):
                return Unknown("str")
            whole = "KeyError" in instance.cls.foreign()
            return shown(args[0], self.ask, inside=whole) if len(args) == 1 else shown(args, self.ask) if args else ""
        if isinstance(found, (Unknown, Lib)) and method == "__str__":
            found = self.attribute(instance, "__repr__")
        return None if isinstance(found, (Unknown, Lib)) else self.call(found, [], {}, None)

    def emit(self, node: Node) -> None:
        self._out.append(node)

    def say(self, text: str | Text, *, end: str = "\n", stream: Stream = "stdout") -> None:
        self._left -= _CALL
        parts = tuple(Literal(part) if isinstance(part, str) else part for part in parts_of(text) if part != "")
        self._out.append(Line(parts, end, stream))

    def source(self, node: ast.AST | None) -> str:
        if node is None:
            return ""
        held = self._texts.get(id(node))
        if held is None:
            held = self._texts[id(node)] = (node, ast.unparse(node)[:120])
        return held[1]

    def reads(self, node: ast.AST) -> frozenset[str]:
        return self._mentions(node).reads

    def writes(self, node: ast.AST) -> frozenset[str]:
        return self._mentions(node).writes

    def _mentions(self, node: ast.AST) -> Mentions:
        held = self._mentioned.get(node)
        if held is None:
            held = self._mentioned[node] = mentions(node)
        return held

    def touches(self, node: ast.AST) -> tuple[frozenset[str], frozenset[str]]:
        held = self._touched.get(node)
        if held is None:
            seen: set[str] = set()
            own_names, said = self.binds(node) or frozenset(), self._mentions(node)
            read, written = set(said.reads), set(said.writes)
            far = said.attributes | (said.reads - own_names)
            queue = list(said.calls)
            while queue:
                name = queue.pop()
                if name in seen:
                    continue
                seen.add(name)
                for each in self.definitions(name):
                    inner = self._mentions(each)
                    inner_reads, inner_writes = inner.lasting
                    read |= inner_reads
                    far |= inner_reads
                    written |= inner_writes
                    queue += inner.calls
            held = self._touched[node] = (frozenset(read), frozenset(written))
            self._far[node] = far | {own(word) for word in said.names - own_names}
        return held

    def definitions(self, name: str) -> Sequence[ast.AST]:
        return self._loudness.defined.get(name, ())

    def yields(self, node: ast.AST) -> bool:
        held = self._generators.get(node)
        if held is None:
            held = self._generators[node] = yields(node)
        return held

    def loud(self, node: ast.AST) -> bool:
        return self._loudness.says(node)

    def loud_value(self, value: Value) -> bool:
        return self._loudness.value(value)

    def module(self, name: str, within: Env | None = None) -> Value:
        word = absolute(name, within)
        if word in self._modules:
            return self._modules[word]
        head, _, last = word.rpartition(".")
        if head and head not in self._modules:
            self.module(head)  # a package is run before what lies in it
            if word in self._modules:
                return self._modules[word]
        for path in (f"{word.replace('.', '/')}/__init__.py", f"{word.replace('.', '/')}.py"):
            source = self._read(path) if word else None
            if source is not None:
                made = self._imported(word, source, path)
                around = self._modules.get(head)
                if isinstance(around, Env):
                    self.state.put(around.names, last, made)
                return made
        lacks = self.facts.get("lacks")
        if not head and callable(lacks) and lacks(word):
            raise Raised("ModuleNotFoundError", f"No module named '{word}'")
        return self._modules.setdefault(word, Lib(word))

    def _imported(self, word: str, source: str, path: str) -> Value:
        env = Env({"__name__": word, "<path>": path})
        self._modules[word] = env
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError):
            raise Raised("SyntaxError", "invalid syntax") from None
        nodes = every(tree)
        if beyond(nodes):
            self._lost = True
            raise Exhausted
        self.learn(tree, env, nodes)
        self.execute(tree.body, env)
        return env

    def learn(self, tree: ast.Module, env: Env, nodes: list[ast.AST] | None = None) -> None:
        """Note what can be called, bound and set in a module."""
        nodes = every(tree) if nodes is None else nodes
        self._loudness.add(nodes)
        self.telling = self.telling or tells(nodes)
        env.bound = lambda: self.binds(tree)
        more = attributes(nodes)
        self.stored = None if more is None or self.stored is None else self.stored | more

    def binds(self, node: ast.AST) -> frozenset[str] | None:
        if node not in self._scopes:
            self._scopes[node] = bound(node)
        return self._scopes[node]


def _fault(w: Walker, err: Raised) -> Fault | None:
    """The exception as it is shown, where all of it is known, with what came before it."""
    value = err.value
    if isinstance(value, Instance):
        try:
            value = w.ask(value, "__str__")
        except Raised:
            value = "<exception str() failed>"
    before = _fault(w, err.before) if err.before is not None and err.link != "none" else None
    if not isinstance(value, str) or (before is None and err.before is not None and err.link != "none"):
        return None
    name = "json.decoder.JSONDecodeError" if err.name == "JSONDecodeError" else err.name
    return Fault(name, value, with_frames(w.facts, err), before, err.link, err.own, err.near)
