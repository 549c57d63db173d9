"""Classes of the source, their objects and attributes."""

from __future__ import annotations

import ast

from llm_kernel.plan.shapes.keras.table import own_model
from llm_kernel.plan.shapes.table import base, of_module
from llm_kernel.plan.values import Bound, Class, Env, Function, Instance, Lib, Super, Unknown, Value, Wrapped
from llm_kernel.plan.walk import Raised, Walk

SELVES = frozenset({"to", "cuda", "cpu", "half", "float", "double", "eval", "train", "requires_grad_", "share_memory",
                    "apply", "bfloat16", "type"})  # fmt: skip


def class_(w: Walk, node: ast.ClassDef, env: Env) -> Class:
    """The class a definition makes."""
    bases = [w.evaluate(each, env) for each in node.bases]
    inside = Env({}, env, env.root)
    cls = Class(node.name, bases, inside.names)
    cls.plain = not node.keywords and not node.decorator_list
    w.execute(node.body, inside)
    if any("dataclass" in w.source(each) for each in node.decorator_list):
        inherited = next((base.fields for base in cls.line()[1:] if base.fields), [])
        cls.fields = list(dict.fromkeys([*inherited, *_fields(node)]))
    for value in inside.names.values():
        inner = value.function if isinstance(value, Wrapped) else value
        if isinstance(inner, Function) and inner.owner is None:
            inner.owner = cls
            inner.env = env  # a method does not see the names of its class's body
    return cls


def _fields(node: ast.ClassDef) -> list[str]:
    """The fields of a data class."""
    return [
        each.target.id for each in node.body if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
    ]


def member(cls: Class, name: str, *, behind: Class | None = None) -> Value | None:
    """What a class or its ancestors in the source hold under a name; ``behind`` skips up to that class."""
    line = cls.line()
    if behind is not None:
        line = line[line.index(behind) + 1 :] if behind in line else []
    for each in line:
        if name in each.attrs:
            return each.attrs[name]
    return None


def _members(cls: Class) -> set[str]:
    """All names that ``dir`` lists of a class of the source's."""
    return {*dir(object), "__dict__", "__module__", "__weakref__"}.union(*(each.attrs for each in cls.line()))


def of_instance(w: Walk, this: Instance, name: str) -> Value:
    """``this.name``."""
    if name in this.attrs:
        return this.attrs[name]
    if name == "__class__":
        return this.cls
    if name == "__dict__":
        return this.attrs
    found = member(this.cls, name)
    if found is not None or any(name in each.attrs for each in this.cls.line()):
        return bind(w, found, this)
    foreign = this.cls.foreign()
    asked = of_module(this, name) if foreign else None
    if asked is None and foreign:
        asked = own_model(w, this, foreign, name)
    if asked is not None:
        return asked
    if foreign:
        return Unknown(origin=f"{foreign}().{name}") if name not in SELVES else Bound(Lib("self"), this)
    if w.stored is not None and name not in w.stored and not name.startswith("__") and this.cls.plain:
        near = sorted({*this.attrs, *_members(this.cls)})
        raise Raised("AttributeError", f"'{this.cls.name}' object has no attribute '{name}'", near=[near])
    return Unknown()


def bind(w: Walk, found: Value, this: Value) -> Value:
    """A class's member as its object shows it."""
    match found:
        case Function():
            return Bound(found, this)
        case Wrapped(kind="property"):
            return w.call(found.function, [this], {}, None)
        case Wrapped(kind="staticmethod"):
            return found.function
        case Wrapped(kind="classmethod"):
            return Bound(found.function, this.cls if isinstance(this, Instance) else this)
    return found


def of_class(w: Walk, cls: Class, name: str) -> Value:
    """``cls.name``."""
    if name == "__name__":
        return cls.name
    found = member(cls, name)
    match found:
        case Wrapped(kind="classmethod"):
            return Bound(found.function, cls)
        case Wrapped(kind="staticmethod"):
            return found.function
        case None:
            foreign = cls.foreign()
            if any(name in each.attrs for each in cls.line()):
                return None
            if foreign or w.stored is None or name in w.stored or name.startswith("__") or not cls.plain:
                return Unknown(origin=f"{foreign}.{name}" if foreign else "")
            said = f"type object '{cls.name}' has no attribute '{name}'"
            raise Raised("AttributeError", said, near=[sorted(_members(cls))])
    return found


def _exceptional(foreign: str) -> bool:
    return foreign.startswith("builtins.") and foreign.endswith(("Exception", "Error"))


def of_super(w: Walk, this: Super, name: str) -> Value:
    """``super().name``."""
    cls = this.this.cls if isinstance(this.this, Instance) else this.cls
    found = member(cls, name, behind=this.cls)
    if found is not None:
        return bind(w, found, this.this)
    foreign = this.cls.foreign()
    if name == "__init__" and base(foreign):
        return Bound(Bound(Lib("torch.nn.Module.<descend>"), foreign), this.this)
    if name == "__init__" and isinstance(this.this, Instance) and "args" in this.this.attrs and _exceptional(foreign):
        return Bound(Lib("builtins.BaseException.__init__"), this.this)
    if name == "__init__":
        return Lib("begun")
    if name == "forward" and base(foreign):
        return Bound(Lib("torch.nn.Module.<forward>"), this.this)
    return Unknown(origin=f"{foreign}().{name}" if foreign else "")
