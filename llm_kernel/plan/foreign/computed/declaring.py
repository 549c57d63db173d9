"""The types that a C source names: what a declaration's words and declarators mean."""

from __future__ import annotations

from collections.abc import Callable

from tree_sitter import Node

from llm_kernel.plan.foreign.computed.doubt import Unsure
from llm_kernel.plan.foreign.computed.kinds import (
    BOOL,
    CHAR,
    DOUBLE,
    INT,
    LONG,
    UINT,
    ULONG,
    VOID,
    Array,
    Float,
    Function,
    Int,
    Kind,
    Pointer,
    Struct,
)  # fmt: skip
from llm_kernel.plan.foreign.trees import text

__all__ = ["Kinds", "name_of"]

_LONG_LONG, _ULONG_LONG = Int(8, long=2), Int(8, signed=False, long=2)
_NAMED: dict[str, Kind] = {
    "void": VOID, "char": CHAR, "int": INT, "float": Float(4), "double": DOUBLE, "bool": BOOL, "_Bool": BOOL,
    "size_t": ULONG, "ssize_t": LONG, "ptrdiff_t": LONG, "intptr_t": LONG, "uintptr_t": ULONG,
    "int8_t": CHAR, "int16_t": Int(2), "int32_t": INT, "int64_t": LONG,
    "uint8_t": Int(1, signed=False), "uint16_t": Int(2, signed=False), "uint32_t": UINT, "uint64_t": ULONG,
}  # fmt: skip
_QUALIFIERS = frozenset(["type_qualifier", "storage_class_specifier", "comment", "attribute_specifier"])


def name_of(declarator: Node | None) -> str:
    """The name that a declarator declares; empty for one without."""
    while declarator is not None and declarator.type not in ("identifier", "type_identifier", "field_identifier"):
        inner = declarator.child_by_field_name("declarator")
        if inner is None and declarator.type == "parenthesized_declarator":
            inner = declarator.named_children[0]
        declarator = inner
    return text(declarator)


class Kinds:
    """The types of one source; ``count`` computes a constant of it. A name is a type from where it was declared."""

    def __init__(self, count: Callable[[Node], int]) -> None:
        self._count = count
        self._aliases: dict[str, Kind] = dict(_NAMED)
        self._structs: dict[str, Struct] = {}
        self.constants: dict[str, int] = {}
        """The names of enumerations."""

    def known(self, name: str) -> bool:
        """Whether a name is that of a type."""
        return name in self._aliases

    def named(self, name: str) -> Kind:
        """The type of this name."""
        return self._aliases[name]

    def alias(self, node: Node) -> None:
        """Take a ``typedef``."""
        base = self.base(node)
        for declarator in node.children_by_field_name("declarator"):
            self._aliases[name_of(declarator)] = self.declared(declarator, base)

    def base(self, node: Node) -> Kind:
        """The type that a declaration begins with."""
        named = node.child_by_field_name("type")
        for one in node.named_children:
            if one.type == "storage_class_specifier" and text(one) in ("extern", "thread_local", "_Thread_local"):
                raise Unsure("a storage class")
            if one.type == "type_qualifier" and text(one) in ("_Atomic", "volatile"):
                raise Unsure("a qualifier")
        match named:
            case None:
                raise Unsure("a declaration without a type")
            case Node(type="primitive_type" | "type_identifier") if text(named) in self._aliases:
                return self._aliases[text(named)]
            case Node(type="sized_type_specifier"):
                return _sized(text(named).split())
            case Node(type="struct_specifier" | "enum_specifier"):
                return self.specified(named)
            case _:
                raise Unsure("a type")

    def specified(self, node: Node) -> Kind:
        """The type that ``struct`` or ``enum`` names or defines."""
        return self._struct(node) if node.type == "struct_specifier" else self._enumeration(node)

    def of(self, descriptor: Node) -> Kind:
        """The type that is written in a cast or behind ``sizeof``."""
        return self.declared(descriptor.child_by_field_name("declarator"), self.base(descriptor))

    def declared(self, declarator: Node | None, base: Kind) -> Kind:
        """The type that a declarator gives what it declares."""
        match declarator.type if declarator is not None else "identifier":
            case "identifier" | "type_identifier" | "field_identifier":
                return base
            case "init_declarator":
                return self.declared(_within(declarator), base)
            case "parenthesized_declarator" | "abstract_parenthesized_declarator":
                assert declarator is not None
                return self.declared(declarator.named_children[0], base)
            case "pointer_declarator" | "abstract_pointer_declarator":
                return self.declared(_within(declarator), Pointer(base))
            case "array_declarator" | "abstract_array_declarator":
                assert declarator is not None
                size = declarator.child_by_field_name("size")
                return self.declared(_within(declarator), Array(base, self._length(size)))
            case "function_declarator" | "abstract_function_declarator":
                return self.declared(_within(declarator), self._function(declarator, base))
            case _:
                raise Unsure("a declarator")

    def _length(self, size: Node | None) -> int | None:
        if size is None:
            return None
        try:
            count = self._count(size)
        except Unsure:
            return None
        if count <= 0:
            raise Unsure("an array of nothing")
        return count

    def parameters(self, declarator: Node) -> list[tuple[str, Kind]]:
        """The names of a function's parameters and their types."""
        held = declarator.child_by_field_name("parameters")
        found: list[tuple[str, Kind]] = []
        for one in held.named_children if held is not None else []:
            if one.type == "comment":
                continue
            if one.type != "parameter_declaration":
                raise Unsure("a parameter")
            inner = one.child_by_field_name("declarator")
            kind = self.declared(inner, self.base(one))
            if kind == VOID and inner is None:
                continue
            if isinstance(kind, Array):
                kind = Pointer(kind.of)
            found.append((name_of(inner), Pointer(kind) if isinstance(kind, Function) else kind))
        return found

    def _function(self, declarator: Node | None, result: Kind) -> Kind:
        assert declarator is not None
        return Function(result, tuple(kind for _, kind in self.parameters(declarator)))

    def _struct(self, node: Node) -> Kind:
        name, body = text(node.child_by_field_name("name")), node.child_by_field_name("body")
        if body is None:
            return self._structs.setdefault(name, Struct(name))
        before = self._structs.get(name) if name else None
        made = before if before is not None and not before.known else Struct(name)
        if name and before is None:
            self._structs[name] = made
        members: list[tuple[str, Kind]] = []
        for one in body.named_children:
            if one.type == "comment":
                continue
            if one.type != "field_declaration" or any(part.type == "bitfield_clause" for part in one.named_children):
                raise Unsure("a member")
            base = self.base(one)
            declarators = one.children_by_field_name("declarator")
            if not declarators:
                raise Unsure("a member without a name")
            members += [(name_of(each), self.declared(each, base)) for each in declarators]
        made.define(members)
        if before is not None and before.known and before.fields == made.fields:
            return before  # the same header, read once more
        if name:
            self._structs[name] = made
        return made

    def _enumeration(self, node: Node) -> Kind:
        body = node.child_by_field_name("body")
        value = -1
        for one in body.named_children if body is not None else []:
            if one.type == "enumerator":
                said = one.child_by_field_name("value")
                value = self._count(said) if said is not None else value + 1
                if not INT.low <= value <= INT.high:
                    raise Unsure("an enumeration")
                self.constants[text(one.child_by_field_name("name"))] = value
        return INT if any(value < 0 for value in self.constants.values()) else UINT


def _within(declarator: Node | None) -> Node | None:
    """What a declarator of a type stands around."""
    assert declarator is not None
    inner = declarator.child_by_field_name("declarator")
    if inner is None and declarator.type.startswith("abstract"):
        inner = next((one for one in declarator.named_children if one.type.startswith("abstract")), None)
    return inner


def _sized(words: list[str]) -> Kind:
    signed = "unsigned" not in words
    rest = sorted(word for word in words if word not in ("unsigned", "signed", "int"))
    match rest:
        case []:
            return INT if signed else UINT
        case ["char"]:
            return CHAR if signed and "signed" not in words else Int(1, signed=signed, long=int("signed" in words))
        case ["short"]:
            return Int(2, signed=signed)
        case ["long"]:
            return LONG if signed else ULONG
        case ["long", "long"]:
            return _LONG_LONG if signed else _ULONG_LONG
        case _:
            raise Unsure("a type")
