"""Reads the declarations of `docs/client/yunpu.d.ts`: interfaces, aliases and methods, no more."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

_TOKEN = re.compile(r"'[^']*'|[A-Za-z_]\w*|=>|[^\s]")
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Type:
    """`kind` is object, array, union, literal, method or name; `parts` are what it is made of."""

    kind: str
    name: str = ""
    parts: tuple["Type", ...] = ()
    members: Mapping[str, "Member"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Member:
    """A field, a parameter or a method, and whether it may be left out."""

    type: Type
    optional: bool


@dataclass(frozen=True, slots=True)
class Interface:
    """Its own members, what it extends, and the names of its type parameters."""

    parameters: tuple[str, ...]
    extends: tuple[Type, ...]
    body: Type


class _Reader:
    def __init__(self, text: str) -> None:
        self._tokens = _TOKEN.findall(text)
        self._at = 0

    def next(self) -> str:
        self._at += 1
        return str(self._tokens[self._at - 1])

    def sees(self, *wanted: str) -> bool:
        return self._at < len(self._tokens) and self._tokens[self._at] in wanted

    def take(self, *wanted: str) -> bool:
        found = self.sees(*wanted)
        self._at += found
        return found

    def expect(self, wanted: str) -> None:
        got = self.next()
        if got != wanted:
            raise ValueError(f"{wanted!r} expected, {got!r} found")

    def interface(self) -> tuple[str, Interface]:
        name = self.next()
        parameters = tuple(one.name for one in self.arguments()) if self.sees("<") else ()
        extends: list[Type] = []
        if self.take("extends"):
            extends.append(self.single())
            while self.take(","):
                extends.append(self.single())
        return name, Interface(parameters, tuple(extends), self.single())

    def alias(self) -> tuple[str, Interface]:
        name = self.next()
        self.expect("=")
        return name, Interface((), (), self.type())

    def type(self) -> Type:
        self.take("|")
        parts = [self.single()]
        while self.take("|"):
            parts.append(self.single())
        return parts[0] if len(parts) == 1 else Type("union", parts=tuple(parts))

    def single(self) -> Type:
        """One type with what follows it: `[]`, and `&` of objects."""
        if self.take("{"):
            made = Type("object", members=dict(self.members("}")))
        elif self.take("("):
            made = self.rest_of_parenthesis()
        else:
            word = self.next()
            kind = "literal" if word.startswith("'") else "name"
            parts = tuple(self.arguments()) if self.sees("<") else ()
            made = Type(kind, word.strip("'"), parts)
        while self._tokens[self._at : self._at + 2] == ["[", "]"]:
            self._at += 2
            made = Type("array", parts=(made,))
        if self.take("&"):
            made = Type("both", parts=(made, self.single()))
        return made

    def rest_of_parenthesis(self) -> Type:
        parameters = dict(self.members(")"))
        self.expect("=>")
        return Type("method", parts=(self.type(),), members=parameters)

    def arguments(self) -> Iterator[Type]:
        self.expect("<")
        yield self.type()
        while self.take(","):
            yield self.type()
        self.expect(">")

    def members(self, end: str) -> Iterator[tuple[str, Member]]:
        while not self.take(end):
            if self.take("["):
                # `[more: string]: unknown`
                while self.next() != "]":
                    pass
                self.expect(":")
                self.type()
                continue
            self.take("readonly")
            yield self.member()
            self.take(";", ",")

    def member(self) -> tuple[str, Member]:
        name = self.next()
        optional = self.take("?")
        if self.sees("<"):
            list(self.arguments())
        if self.take("("):
            parameters = dict(self.members(")"))
            self.expect(":")
            return name, Member(Type("method", parts=(self.type(),), members=parameters), optional)
        self.expect(":")
        return name, Member(self.type(), optional)


def read(text: str) -> dict[str, Interface]:
    """The interfaces and aliases that a file exports, by name."""
    made: dict[str, Interface] = {}
    for part in re.split(r"^export ", _COMMENT.sub("", text), flags=re.MULTILINE):
        kind, _, rest = part.partition(" ")
        if kind == "interface":
            name, found = _Reader(rest).interface()
        elif kind == "type":
            name, found = _Reader(rest).alias()
        else:
            continue
        made[name] = found
    return made
