"""Loops: turn by turn where the turns are known, once for all of them where they are not.

After the second turn the statements that neither print nor change anything, nor read what changes, are left out.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from llm_kernel.plan.counted import Counter
from llm_kernel.plan.counting import counting
from llm_kernel.plan.expressions import assign
from llm_kernel.plan.forgetting import forget, may_bind
from llm_kernel.plan.items import iterate
from llm_kernel.plan.nodes import Choice, Free, Leave, Loop, Node, leaves
from llm_kernel.plan.reckoning import counts, hanging
from llm_kernel.plan.recurring import by_kind, kinds
from llm_kernel.plan.shapes.tensor import Tensor
from llm_kernel.plan.skips import Skip, skipper
from llm_kernel.plan.telling import told
from llm_kernel.plan.templates import fitting, indifferent
from llm_kernel.plan.unrolling import repeated, teller
from llm_kernel.plan.values import Collated, Env, Instance, Items, Thing, Unknown, Value, known, truth
from llm_kernel.plan.walk import Exited, Flow, Raised, Walk

_TURNS = 20000
_FEW = 16
_TRIED = 4
"""Turns that all change something, behind which one tells what all take; before it, what is far too much."""
_MANY = 5
_SETTLING = 6
"""How often all turns are looked at again after one of them changed what the others see."""
_AGAIN = 3
"""How often at least a loop is walked that lies in another."""
_READ = 3000
"""Turns that are told one by one of a loop that is walked once: nobody reads more."""
_LITTLE = 0.35
"""The share of the steps left that turn by turn may have taken in vain, to be tried once more with less known."""
_LONG = 300
"""Turns beyond which a ``while`` that counts is walked as a ``for``."""


def for_(w: Walk, node: ast.For | ast.AsyncFor, env: Env) -> Flow:
    """``for``: the iterable decides how many turns."""
    held = w.evaluate(node.iter, env)
    items = iterate(w, held)
    noisy = _noisy_source(w, held)
    if items.count is not None and items.count <= _TURNS and not noisy and (w.loud(node) or not _opaque(items)):
        before = w.left
        done, flow = w.attempt(lambda: _turns(w, node, items, env), node)
        if done:
            return flow
        dear = before - w.left > w.left * _LITTLE
        if items.count > _FEW and not (dear and counts(items)):
            done, flow = w.attempt(lambda: _widened(w, node, items, env), node.iter)
            if done:
                return flow
    elif items.count and _holds_tensor(items.at(0)):
        w.attempt(lambda: _first(w, node, items, env), node.target)
    return _once(w, node, items, env, noisy)


def _first(w: Walk, node: ast.For | ast.AsyncFor, items: Items, env: Env) -> Flow:
    """Try the first turn of a quiet loop, which surely happens: shapes that do not fit end the program there."""

    def turn() -> Flow:
        assign(w, node.target, items.at(0), env, quiet=True)
        return w.execute(node.body, env)

    w.state.begin()
    try:
        with w.pending("break", "continue"):
            w.record(turn)
    finally:
        w.state.rollback()
    return None


def _holds_tensor(item: Value) -> bool:
    return isinstance(item, Tensor) or (isinstance(item, tuple) and any(isinstance(each, Tensor) for each in item))


def _widened(w: Walk, node: ast.For | ast.AsyncFor, items: Items, env: Env) -> Flow:
    """Turn by turn, but all that changes from turn to turn is unknown from the start, so that the turns are alike."""

    def turn() -> Flow:
        assign(w, node.target, items.at(None), env)
        return w.execute(node.body, env)

    w.doubt += 1
    try:
        for _ in range(2):
            w.state.begin()
            try:
                with w.pending("break", "continue"):
                    w.record(turn)
            except (Raised, Exited):
                pass
            w.state.merge([{}, w.state.rollback()], widen=True)
    finally:
        w.doubt -= 1
    return _turns(w, node, items, env)


def _once(w: Walk, node: ast.For | ast.AsyncFor | ast.While, items: Items, env: Env, extra: Node | None) -> Flow:
    """One turn for all; where even that is too much to walk, nobody knows what the loop prints."""
    key = node.test if isinstance(node, ast.While) else node.target
    w.doubt += 1
    try:
        done, flow = w.attempt(lambda: _abstract(w, node, items, env, extra), key)
    finally:
        w.doubt -= 1
    if done:
        return flow
    if w.loud(node):
        w.emit(Free(expr="a loop"))
    forget(w, w.touches(node)[1], env)
    may_bind(w, node, env)
    return None


def _opaque(items: Items) -> bool:
    first = items.at(0) if items.count else None
    if (items.count or 0) <= _FEW or (isinstance(first, Tensor) and first.cell is not None):
        return False
    return isinstance(first, Unknown) or (isinstance(first, tuple) and any(isinstance(each, Unknown) for each in first))


def _noisy_source(w: Walk, held: Value) -> Node | None:
    """A data set of the source whose items print: nobody knows how its workers' lines interleave."""
    inner = held.attrs.get("data") if isinstance(held, Thing) else None
    if isinstance(inner, Instance) and w.loud_value(inner):
        return Free(expr="the data set's own lines")
    return None


def _turns(w: Walk, node: ast.For | ast.AsyncFor, items: Items, env: Env) -> Flow:
    count = items.count or 0
    turns: list[tuple[Value, tuple[Node, ...]]] = []
    body: Sequence[ast.stmt] = node.body
    targets = _varying(node.target, items.at(0)) if count else set()
    flow: Flow = None
    steady = False
    skip: Skip | None = None
    turn, mark, start, busy, tried = 0, w.mark(), w.left, True, False
    anew = _set_anew(w, node.body)
    own = {(id(env.home(name).names), name) for name in _names(node.target) | anew}
    made: set[str] = set()
    with (
        w.pending("break", "continue"),
        _interrupted(w, node, turns, mark),
        w.state.rebinding(own),
        _around(w, count),
    ):
        while turn < count:
            _bind(w, node, items.at(turn), env, made)
            if turn == 1:
                flow, nodes, body, steady = _second(w, body, targets, env)
                made = _remade(w, node, [each for each in node.body if each not in body])
                skip = skipper(w, body, node.target, items, env) if count > _FEW and not steady else None
                quiet = False
            else:
                flow, nodes, quiet = _watched(w, body, env)
            turns.append((_label(node.target, items.at(turn)), nodes))
            busy = busy and not (quiet and turn > 1)
            cost, start = start - w.left, w.left
            whole = cost * (count - turn) * (_AGAIN if w.around > 1 else 1)
            dear = (busy or skip is None) and turn > 1 and whole > w.left * (1 if turn > _TRIED else 3)
            if dear and (skip is not None or tried or cost * _TRIED > w.left):
                w.give_up()
            if flow in ("break", "return") or (steady and turn >= 1) or not body:
                break
            if turn == count - 2 and _odd(items):
                body, made = node.body, set()
            if turn == 2 and count > _MANY and skip is None and _follow(w, node, items, turns, env):
                turn = count
                continue
            if turn > 1 and skip is None and not tried and (quiet or (dear and turn >= _TRIED)):
                tried = True
                if _kinds(w, node, items, turns, env):
                    turn = count
                    continue
            if dear and tried:
                w.give_up()
            if skip is not None and quiet and _fired(w, node, items, turns, skip, turn, env):
                turn = count
                continue
            turn = skip(turn, count) if skip is not None and quiet else turn + 1
    over = flow in ("break", "return")
    last: list[tuple[Node, ...]] = []
    if not over and 1 < turn + 1 < count and _odd(items):
        flow, nodes = _odd_turn(w, node, items, env)
        last += [nodes] if nodes != turns[-1][1] else []
        over = flow in ("break", "return")
    _emit(w, node, turns, turn + 1 if over and not last else count - len(last), steady and not over)
    for each in last:
        for one in each:
            w.emit(one)
    if not over and count:
        _bind(w, node, items.at(count - 1), env, _remade(w, node, node.body))
    if flow == "return":
        return flow
    return w.execute(node.orelse, env) if flow != "break" else None


@contextmanager
def _around(w: Walk, count: int) -> Iterator[None]:
    """While this is open, what is walked is walked several times."""
    w.around += count > 2
    w.long += count > _LONG
    try:
        yield
    finally:
        w.around -= count > 2
        w.long -= count > _LONG


@contextmanager
def _interrupted(
    w: Walk, node: ast.For | ast.AsyncFor | ast.While, turns: list[tuple[Value, tuple[Node, ...]]], mark: int
) -> Iterator[None]:
    """A turn that ends the loop by an exception: what was printed before it stays before it."""
    try:
        yield
    except (Raised, Exited):
        turns.append((None, w.taken(mark)))
        _emit(w, node, turns, len(turns), False)
        raise


def _set_anew(w: Walk, body: Sequence[ast.stmt]) -> set[str]:
    """The names that every turn sets before it, or a function that it calls, reads them."""
    found: set[str] = set()
    seen: set[str] = set()
    for each in body:
        if isinstance(each, (ast.Assign, ast.AnnAssign)) and each.value is not None:
            targets = each.targets if isinstance(each, ast.Assign) else [each.target]
            seen |= w.touches(each.value)[0]
            found |= {one.id for one in targets if isinstance(one, ast.Name)} - seen
        seen |= w.touches(each)[0] | w.touches(each)[1]
    return found


def _names(target: ast.expr) -> set[str]:
    return {each.id for each in ast.walk(target) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}


def _remade(w: Walk, node: ast.For | ast.AsyncFor, statements: Sequence[ast.stmt]) -> set[str]:
    """The loop's own names that these statements of its body set as well."""
    names = _names(node.target)
    return {name for each in statements for name in w.writes(each) & names}


def _bind(w: Walk, node: ast.For | ast.AsyncFor, item: Value, env: Env, made: set[str]) -> None:
    """Bind the loop's names; what a turn has made of some of them is the same in all turns."""
    held = {name: names[name] for name in made if name in (names := env.home(name).names)}
    assign(w, node.target, item, env, quiet=True)
    for name, value in held.items():
        assign(w, ast.Name(name, ast.Store()), value, env, quiet=True)


def _odd(items: Items) -> bool:
    """Whether the last turn meets something of another shape, as the last batch of an epoch often is."""
    count = items.count or 0
    return count > 2 and _shapes(items.at(count - 1)) != _shapes(items.at(count - 2))


def _shapes(value: Value) -> object:
    if isinstance(value, (list, tuple)):
        return [_shapes(each) for each in value]
    if isinstance(value, Tensor):
        return value.shape
    return value.rows if isinstance(value, Collated) else value.size if isinstance(value, Unknown) else None


def _odd_turn(w: Walk, node: ast.For | ast.AsyncFor, items: Items, env: Env) -> tuple[Flow, tuple[Node, ...]]:
    """Walk the last turn as a whole."""
    assign(w, node.target, items.at((items.count or 1) - 1), env, quiet=True)
    with w.pending("break", "continue"):
        return w.record(lambda: w.execute(node.body, env))


def _follow(
    w: Walk, node: ast.For | ast.AsyncFor, items: Items, turns: list[tuple[Value, tuple[Node, ...]]], env: Env
) -> bool:
    """Fill in all turns from the second, the third and the last, when they differ only in the counter."""
    (one, first), (two, second) = turns[1:3]
    odd = _odd(items)
    count = (items.count or 0) - odd
    last = _label(node.target, items.at(count - 1))
    names = _varying(node.target, items.at(0))
    if not (isinstance(one, int) and isinstance(two, int) and isinstance(last, int)) or one == two:
        return False
    if len(names) != 1 or not indifferent(w, node.body, names):
        return False

    def walked(turn: int) -> tuple[Node, ...] | None:
        assign(w, node.target, items.at(turn), env, quiet=True)
        flow, nodes, changes = _noted(w, lambda: w.execute(node.body, env))
        return None if flow is not None or changes - {"[]"} else nodes

    w.state.begin()
    nodes = walked(count - 1)
    made = fitting(first, second, one, two - one, last, nodes) if nodes is not None else None
    end = walked(count) if odd and made is not None else None
    if nodes is None or made is None or (odd and end is None):
        w.state.rollback()
        return False
    most = told(w, nodes, count)
    _tail(w, node, items, turns, count - most, env)
    w.state.open_up(w.state.commit(), count - 4)
    labels = [_label(node.target, items.at(turn)) for turn in range(3, min(count - 1, most))]
    turns[3:3] = [(label, made(label)) for label in labels if isinstance(label, int)]
    if most < count:
        return True
    turns.append((last, nodes))
    if end is not None:
        turns.append((_label(node.target, items.at(count)), end))
    return True


def _tail(
    w: Walk,
    node: ast.For | ast.AsyncFor,
    items: Items,
    turns: list[tuple[Value, tuple[Node, ...]]],
    count: int,
    env: Env,
) -> None:
    """Add ``count`` last turns by their form: one turn whose counter nobody knows stands for them."""
    if count <= 0:
        return
    w.doubt += 1
    w.state.begin()
    try:
        assign(w, node.target, items.at(None), env, quiet=True)
        _, nodes = w.record(lambda: w.execute(node.body, env))
    finally:
        w.state.rollback()
        w.doubt -= 1
    if nodes:
        turns.append((None, (Loop(count, _word(node.target), (), nodes),)))


def _kinds(
    w: Walk, node: ast.For | ast.AsyncFor, items: Items, turns: list[tuple[Value, tuple[Node, ...]]], env: Env
) -> bool:
    """Fill in all turns from a few of each kind."""
    count, labels = items.count or 0, [label for label, _ in turns]
    names, first = _varying(node.target, items.at(0)), labels[0]
    last = _label(node.target, items.at(count - 1))
    if len(names) != 1 or not isinstance(first, int) or labels != [*range(first, first + len(labels))]:
        return False
    if last != first + count - 1:
        return False

    opened = False

    def visit(turn: int) -> tuple[Node, ...] | None:
        nonlocal opened
        assign(w, node.target, items.at(turn), env, quiet=True)
        w.state.begin()
        flow, nodes, changes = _noted(w, lambda: w.execute(node.body, env))
        if not changes - {"[]"}:
            w.state.commit()
            return nodes if flow is None else None
        held = w.state.rollback()
        w.state.begin()
        w.state.merge([{}, held], widen=True)
        if not w.state.commit().moved():
            return nodes if flow is None else None
        opened = True
        return None

    alike = kinds(w, node.body, names.pop(), range(first, first + count), len(turns), _odd(items), env)
    if alike is None:
        return False
    begun, most = len(turns), told(w, turns[-1][1], count)
    w.state.begin()
    for _ in range(_SETTLING):
        opened = False
        if by_kind(w, alike, first, most, turns, visit) and visit(count - 1) is not None:
            _tail(w, node, items, turns, count - most, env)
            w.state.open_up(w.state.commit(), _TURNS)
            return True
        del turns[begun:]
        if not opened:
            break
    w.state.rollback()
    return False


def _fired(
    w: Walk,
    node: ast.For | ast.AsyncFor,
    items: Items,
    turns: list[tuple[Value, tuple[Node, ...]]],
    skip: Skip,
    turn: int,
    env: Env,
) -> bool:
    """Fill in the turns in which something happens from two of them and the last, when only the counter differs."""
    printing = [(label, nodes) for label, nodes in turns if nodes]
    count = items.count or 0
    if len(printing) != 4:
        return False
    left: list[int] = []
    at = turn
    while (at := skip(at, count)) < count:
        left.append(at)
    (one, first), (two, second) = printing[2:]
    last = _label(node.target, items.at(left[-1])) if left else None
    if len(left) < _FEW or not (isinstance(one, int) and isinstance(two, int) and isinstance(last, int)):
        return False
    inside = [each for stmt in node.body if isinstance(stmt, ast.If) for each in stmt.body]
    plain = [stmt for stmt in node.body if not isinstance(stmt, ast.If)]
    if not indifferent(w, [*plain, *inside], _varying(node.target, items.at(0))):
        return False
    w.state.begin()
    assign(w, node.target, items.at(left[-1]), env, quiet=True)
    flow, nodes, changes = _noted(w, lambda: w.execute(node.body, env))
    made = fitting(first, second, one, two - one, last, nodes)
    if flow is not None or changes - {"[]"} or made is None:
        w.state.rollback()
        return False
    w.state.open_up(w.state.commit(), len(left) - 1)
    labels = [_label(node.target, items.at(each)) for each in left]
    turns += [(label, made(label)) for label in labels if isinstance(label, int)]
    return True


def _watched(w: Walk, body: Sequence[ast.stmt], env: Env) -> tuple[Flow, tuple[Node, ...], bool]:
    """Walk one turn, and see whether it changed anything."""
    flow, nodes, moved = _noted(w, lambda: w.execute(body, env))
    return flow, nodes, not moved


def _noted(w: Walk, way: Callable[[], Flow]) -> tuple[Flow, tuple[Node, ...], set[str]]:
    """Walk one turn; the names that it leaves with another value than they had before."""
    held = w.state.watch()
    w.state.begin()
    try:
        flow, nodes = w.record(way)
    except (Raised, Exited):
        w.state.commit()
        w.state.seen(held)
        raise
    moved = w.state.commit().moved()
    inner = w.state.changed & moved
    w.state.seen(held)
    return flow, nodes, {key for _, key in inner}


def _second(w: Walk, body: Sequence[ast.stmt], targets: set[str], env: Env) -> tuple[Flow, Any, list[ast.stmt], bool]:
    """Walk the second turn and see which statements matter in the following ones."""
    seen: list[tuple[ast.stmt, bool, bool]] = []
    idle: set[int] = set()

    def turned(each: ast.stmt) -> frozenset[str]:
        return w.reads(each.value if id(each) in idle and isinstance(each, ast.Assign) else each) & targets

    def walk() -> Flow:
        for each in body:
            before, calls = len(w.state.changed), w.calls
            ended, nodes = w.record(lambda each=each: w.execute([each], env))  # type: ignore[misc]
            for one in nodes:
                w.emit(one)
            seen.append((each, bool(nodes) or len(w.state.changed) > before, w.calls > calls))
            if _into_unknown(each, env):
                idle.add(id(each))
            if ended is not None:
                return ended
        return None

    flow, nodes, moved = _noted(w, walk)
    quiet = not moved
    if flow is not None:
        return flow, nodes, list(body), False
    kept = {n for n, (each, did, called) in enumerate(seen)
            if did or (called and not quiet) or turned(each) or w.touches(each)[0] & moved}  # fmt: skip
    rest = _with_friends(w, list(body), kept)
    steady = quiet and not any(turned(each) for each in rest)
    return flow, nodes, rest, steady


def _into_unknown(node: ast.stmt, env: Env) -> bool:
    """Whether a statement sets a part of a tensor none of whose numbers is known: that leaves it as it was."""
    match node:
        case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=word))]):
            held = env.home(word).names.get(word)
            return isinstance(held, Tensor) and held.numbers is None
    return False


def _with_friends(w: Walk, body: list[ast.stmt], kept: set[int]) -> list[ast.stmt]:
    """The kept statements, and every other one that touches a name they write."""
    while True:
        written = {name for n in kept for name in w.touches(body[n])[1]}
        more = {n for n, each in enumerate(body) if n not in kept and w.touches(each)[0] & written}
        if not more:
            return [each for n, each in enumerate(body) if n in kept]
        kept |= more


def _varying(target: ast.expr, value: Value) -> set[str]:
    """The loop's names whose value differs from turn to turn as far as anybody knows."""
    if isinstance(target, (ast.Tuple, ast.List)) and isinstance(value, tuple) and len(value) == len(target.elts):
        return {name for each, one in zip(target.elts, value, strict=True) for name in _varying(each, one)}
    if not _tells(value):
        return set()
    return {each.id for each in ast.walk(target) if isinstance(each, ast.Name)}


def _tells(value: Value) -> bool:
    """Whether anything of a value is known but its form."""
    if isinstance(value, (list, tuple)) and value:
        return any(_tells(each) for each in value)
    return not isinstance(value, Unknown) or (isinstance(value, Tensor) and value.cell is not None)


def _label(target: ast.expr, value: Value) -> Value:
    """The value of the loop's first name."""
    while isinstance(target, (ast.Tuple, ast.List)) and isinstance(value, tuple) and value:
        target, value = target.elts[0], value[0]
    return value if known(value) else None


def _word(target: ast.expr) -> str:
    names = [each.id for each in ast.walk(target) if isinstance(each, ast.Name)]
    return names[0] if names else "_"


def _emit(
    w: Walk,
    node: ast.For | ast.AsyncFor | ast.While,
    turns: list[tuple[Value, tuple[Node, ...]]],
    count: int,
    steady: bool,
) -> None:
    word = "" if isinstance(node, ast.While) else _word(node.target)
    most = any(leaves_loop(nodes) for _, nodes in turns)
    if steady and len(turns) > 1:
        first, last = turns[0][1], turns[-1][1]
        if first == last:
            if last:
                _emit_all(w, repeated(Loop(count, word, (), last, (), most)))
            return
        rest = Loop(count - len(turns) + 1, word, (), last, (), most)
        printing = [(value, nodes) for value, nodes in turns[:-1] if nodes]
        for _, nodes in printing:
            for each in nodes:
                w.emit(each)
        if last:
            w.emit(rest)
        return
    printing = [(value, nodes) for value, nodes in turns if nodes]
    if printing:
        values = tuple(value for value, _ in printing)
        bodies = tuple(nodes for _, nodes in printing)
        w.emit(Loop(count, word, values, bodies[0], bodies, most))


def _emit_all(w: Walk, nodes: tuple[Node, ...]) -> None:
    for each in nodes:
        w.emit(each)


def leaves_loop(nodes: tuple[Node, ...]) -> bool:
    """Whether control may leave the loop from these nodes before its last turn."""
    return any(leaves(nodes, target) for target in ("break", "return", "exit"))


def while_(w: Walk, node: ast.While, env: Env) -> Flow:
    """``while``: turn by turn as long as the condition is decided; as a ``for`` where it counts too far for that."""
    counts = counting(w, node, env)
    if counts is not None and counts.count > _LONG:
        return for_(w, counts.loop(), env)
    done, flow = w.attempt(lambda: _whiles(w, node, env), node)
    if done:
        return flow
    generic = Items(None, lambda turn: None)
    return _once(w, node, generic, env, None)


def _whiles(w: Walk, node: ast.While, env: Env) -> Flow:
    turns: list[tuple[Value, tuple[Node, ...]]] = []
    flow: Flow = None
    with w.pending("break", "continue"), _interrupted(w, node, turns, w.mark()):
        while True:
            said = truth(w.evaluate(node.test, env))
            if said is None or len(turns) > _TURNS:
                w.give_up()
            if not said:
                break
            flow, nodes, changed = _noted(w, lambda: w.execute(node.body, env))
            turns.append((None, nodes))
            if flow in ("break", "return"):
                break
            if not changed:
                w.give_up()
    printing = tuple(nodes for _, nodes in turns if nodes)
    if printing:
        most = any(leaves_loop(nodes) for nodes in printing)
        w.emit(Loop(len(turns), "", (None,) * len(printing), printing[0], printing, most))
    if flow == "return":
        return flow
    return w.execute(node.orelse, env) if flow != "break" else None


def _abstract(w: Walk, node: ast.For | ast.AsyncFor | ast.While, items: Items, env: Env, extra: Node | None) -> Flow:
    """The first turn as it is, and one turn that stands for all later ones."""
    loop = Counter()
    later = hanging(items, loop)

    def turn(number: int | None) -> Callable[[], Flow]:
        def walk() -> Flow:
            if isinstance(node, ast.While):
                said = truth(w.evaluate(node.test, env))
                if said is False:
                    return "break"
            else:
                assign(w, node.target, later if number is None else items.at(number), env)
            if extra is not None:
                w.emit(extra)
            return w.execute(node.body, env)

        return walk

    def guarded(way: Callable[[], Flow]) -> tuple[Flow, tuple[Node, ...]]:
        def walk() -> Flow:
            try:
                return way()
            except Exited:
                w.emit(Leave("exit"))
            except Raised:
                w.emit(Leave("raise"))
            return "dead"

        return w.record(walk)

    if items.count == 0:
        return w.execute(node.orelse, env)
    with w.pending("break", "continue"):
        w.state.begin()
        flow, first = guarded(turn(0))
        rest: tuple[Node, ...] = ()
        again: Flow = flow
        if flow is None and _repeats(w, node):
            rest = first
        elif flow in (None, "continue"):
            for _ in range(2):
                w.state.begin()
                guarded(turn(None))
                w.state.merge([{}, w.state.rollback()], widen=True)
            w.state.begin()
            again, rest = guarded(turn(None))
            w.state.merge([{}, w.state.rollback()], widen=True)
        certain = items.count is not None or (isinstance(node, ast.While) and truth(w.evaluate(node.test, env)) is True)
        if certain:
            w.state.commit()
        else:
            w.state.merge([{}, w.state.rollback()])
    each = teller(rest, loop) if certain and items.count is not None and flow == again is None else None
    if each is not None and items.count is not None:
        _tell_each(w, node, items, first, rest, each)
        if not leaves_loop(first) and not leaves_loop(rest) and not isinstance(node, ast.While):
            assign(w, node.target, items.at(items.count - 1), env, quiet=True)
    else:
        _emit_abstract(w, node, items, (flow, first), (again, rest), certain)
    if flow == "return" and certain:
        return "return"
    if "return" in (flow, again):
        w.returns(w.result)
    if node.orelse and (leaves_loop(first) or leaves_loop(rest)):
        return w.fork([lambda: w.execute(node.orelse, env), lambda: None])
    return w.execute(node.orelse, env)


def _repeats(w: Walk, node: ast.For | ast.AsyncFor | ast.While) -> bool:
    """Whether all turns do as the one that was walked: it changed nothing, and nothing in it reads the counter."""
    if isinstance(node, ast.While):
        return False
    names = _names(node.target)
    moved = {key for _, key in w.state.logs[-1].moved()}
    return moved <= names and not any(w.touches(each)[0] & names for each in node.body)


def _tell_each(
    w: Walk,
    node: ast.For | ast.AsyncFor | ast.While,
    items: Items,
    first: tuple[Node, ...],
    rest: tuple[Node, ...],
    each: Callable[[int], tuple[Node, ...]],
) -> None:
    """Emit the first turn, and ``rest``, which stands for all others, as it is in ``each`` of them."""
    assert not isinstance(node, ast.While)
    count = items.count or 0
    most = min(told(w, first or rest, count), _READ, max(2, w.left // 2))
    w.spend(most)
    turns = [(_label(node.target, items.at(0)), first)]
    for turn in range(1, most):
        turns.append((_label(node.target, items.at(turn)), each(turn)))
        end = turns[-1][1][-1:]
        if end and isinstance(end[0], Leave) and end[0].to != "continue":
            break
    else:
        if most < count:
            turns.append((None, (Loop(count - most, _word(node.target), (), rest),)))
    _emit(w, node, turns, count, False)


def _emit_abstract(
    w: Walk,
    node: ast.For | ast.AsyncFor | ast.While,
    items: Items,
    one: tuple[Flow, tuple[Node, ...]],
    later: tuple[Flow, tuple[Node, ...]],
    certain: bool,
) -> None:
    word = "" if isinstance(node, ast.While) else _word(node.target)
    count, times = items.count, items.times
    flow, first = one
    again, rest = later
    if flow == "return" and not certain:
        first = (*first, Leave("return"))
    if again in ("break", "return"):
        rest = (*rest, Leave("break" if again == "break" else "return"))
    if not first and not rest:
        return
    most = leaves_loop(rest)
    if first == rest and flow == again:
        _emit_all(w, repeated(Loop(count, word, (), rest, (), most, times)))
        return
    inner: list[Node] = list(first)
    if rest and flow in (None, "continue"):
        inner.append(Loop(count - 1 if count is not None else None, word, (), rest, (), most))
    wrapped = (Loop(1, word, (), tuple(inner), (), True),) if _breaks(first) else tuple(inner)
    for each in wrapped if certain else (Choice((wrapped, ())),):
        w.emit(each)


def _breaks(nodes: tuple[Node, ...]) -> bool:
    return leaves(nodes, "break") or leaves(nodes, "continue")
