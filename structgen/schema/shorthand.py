"""Read a shorthand for fields into a JSON Schema.

    name "the full name", age int, price float?, tags list[str], kind: a|b|c, items: {sku, qty int}[]

A field is a name, a type (a string if omitted) and a description in quotes; it ends at a comma or a new line. `?` after
the type or the name marks a field that may be absent or null. Types: str int float bool date
datetime time duration url email uuid any object, ``list[T]`` or ``T[]``, ``dict[str, T]``, ``{fields}``, ``1..5``, and
unions with ``|``. Words separated by ``|`` that are not types are the choices of an enum.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import NoReturn, cast

from structgen.core.errors import SchemaError
from structgen.core.json import Json, JsonObject

_TOKEN = re.compile(
    r"""(?P<space>[^\S\n]+) | (?P<string>"(?:[^"\\\n]|\\.)*") | (?P<number>-?\d+(?:\.\d+)?(?![\w]))
    | (?P<word>[^\W\d][\w-]*) | (?P<sign>\.\.|[,:?|\[\](){}\n]) | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)

_SYNONYMS: Mapping[str, JsonObject] = {
    "str string text": {"type": "string"},
    "int integer": {"type": "integer"},
    "float number decimal": {"type": "number"},
    "bool boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
    "time": {"type": "string", "format": "time"},
    "duration": {"type": "string", "format": "duration"},
    "url uri": {"type": "string", "format": "uri"},
    "email": {"type": "string", "format": "email"},
    "uuid": {"type": "string", "format": "uuid"},
    "any": {},
    "object dict": {"type": "object"},
    "null none": {"type": "null"},
}
_NAMED = {name: schema for names, schema in _SYNONYMS.items() for name in names.split()}
_TYPES = "str, int, float, bool, date, datetime, time, duration, url, email, uuid, any, object, list[T], dict[str, T]"
_OF_OTHERS = ("list", "dict")


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class _Member:
    """One member of a union: a type, or a word that may be a choice."""

    schema: JsonObject
    token: _Token
    word: bool = False
    literal: bool = False


def read_fields(text: str) -> JsonObject:
    """Return the JSON Schema of a shorthand. Raises SchemaError, which points at the column."""
    reader = _Reader(text, _tokens(text))
    try:
        schema = reader.fields("")
    except RecursionError:
        raise SchemaError("Fields: nested too deep to be read.") from None
    if not schema["properties"]:
        reader.fail("name at least one field, such as: name, age int, tags list[str]", _Token("end", "", 0))
    return schema


def _tokens(text: str) -> list[_Token]:
    found = [_Token(str(match.lastgroup), match[0], match.start()) for match in _TOKEN.finditer(text)]
    return [*(token for token in found if token.kind != "space"), _Token("end", "", len(text))]


@dataclass(slots=True)
class _Reader:
    """A parser that looks one token ahead."""

    text: str
    tokens: Sequence[_Token]
    position: int = 0

    @property
    def next(self) -> _Token:
        return self.tokens[self.position]

    def take(self, *texts: str) -> _Token | None:
        """Consume and return the next token if it is one of these signs."""
        token = self.next
        if token.kind != "sign" or token.text not in texts:
            return None
        self.position += 1
        return token

    def need(self, text: str, why: str) -> None:
        if not self.take(text):
            self.fail(f'expected "{text}" {why}, {self.seen()}')

    def seen(self) -> str:
        shown = {"": "but the text ends", "\n": "but the line ends"}
        return shown.get(self.next.text, f"not {self.next.text!r}")

    def fail(self, message: str, token: _Token | None = None) -> NoReturn:
        """Raise SchemaError with the line in question and a caret under the column."""
        at = (token or self.next).at
        start = self.text.rfind("\n", 0, at) + 1
        line = self.text[start:].split("\n", 1)[0]
        column = at - start
        where = (
            f"line {self.text.count(chr(10), 0, at) + 1}, column {column + 1}"
            if "\n" in self.text
            else f"column {column + 1}"
        )
        raise SchemaError(f"Fields, {where}: {message}.\n  {line}\n  {' ' * column}^")

    def fields(self, end: str) -> JsonObject:
        """Read fields up to a closing brace or the end of the text."""
        properties: JsonObject = {}
        required: list[Json] = []
        while True:
            while self.take(",", "\n"):
                pass
            if self.next.kind == "end" or self.next.text == end:
                break
            token = self.next
            name, schema, optional = self.field()
            if name in properties:
                self.fail(f"the field {name!r} is there twice", token)
            properties[name] = schema
            required += [] if optional else [name]
            if self.next.kind != "end" and self.next.text not in {",", "\n", end}:
                self.fail(f'expected "," before the next field, {self.seen()}')
        return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}

    def field(self) -> tuple[str, JsonObject, bool]:
        """Read one field: its name, its schema, and whether it may be absent."""
        name = self.name()
        optional = bool(self.take("?"))
        colon = self.take(":")
        schema: JsonObject = {"type": "string"}
        if colon or self.starts_type():
            schema, absent = self.type()
            optional = optional or absent
        optional = bool(self.take("?")) or optional
        if self.next.kind == "string":
            schema = {**schema, "description": self.string()}
        return name, nullable(schema) if optional else schema, optional

    def name(self) -> str:
        token = self.next
        if token.kind == "string":
            return self.string()
        if token.kind != "word":
            self.fail(f"expected the name of a field, {self.seen()}")
        self.position += 1
        return token.text

    def string(self) -> str:
        token = self.next
        self.position += 1
        try:
            return cast(str, json.loads(token.text))
        except ValueError:
            self.fail("this text in quotes has a wrong escape", token)

    def starts_type(self) -> bool:
        """Whether a type follows. A quoted text is a type only as the first of several choices, else a description."""
        token, following = self.next, self.tokens[min(self.position + 1, len(self.tokens) - 1)]
        return (
            token.kind in {"word", "number"}
            or token.text in {"{", "("}
            or (token.kind == "string" and following.text == "|")
        )

    def type(self) -> tuple[JsonObject, bool]:
        """Read a union of types or a choice of words, and whether `?` marks it."""
        members = [self.member()]
        while self.take("|"):
            members.append(self.member())
        return self.union(members), bool(self.take("?"))

    def inner(self) -> JsonObject:
        schema, optional = self.type()
        return nullable(schema) if optional else schema

    def member(self) -> _Member:
        member = self.atom()
        while self.next.text == "[":
            self.take("[")
            self.need("]", "after [")
            if member.word and not self.known(member):
                self.unknown(member.token)
            member = _Member({"type": "array", "items": self.alone(member)}, member.token)
        return member

    def atom(self) -> _Member:
        token = self.next
        if self.take("{"):
            schema = self.fields("}")
            self.need("}", "at the end of the fields in braces")
            return _Member(schema, token)
        if self.take("("):
            schema = self.inner()
            self.need(")", "at the end of the type in parentheses")
            return _Member(schema, token)
        if token.kind == "string":
            return _Member({"const": self.string()}, token, literal=True)
        if token.kind == "number":
            return self.number()
        if token.kind != "word":
            self.fail(f"expected a type, {self.seen()}")
        self.position += 1
        if token.text in _OF_OTHERS and self.next.text == "[" and self.tokens[self.position + 1].text != "]":
            return _Member(self.of_others(token.text), token)
        return _Member(dict(_NAMED.get(token.text.lower(), {})), token, word=True)

    def number(self) -> _Member:
        token = self.next
        self.position += 1
        low = cast("int | float", json.loads(token.text))
        if not self.take(".."):
            return _Member({"const": low}, token, literal=True)
        if self.next.kind != "number":
            self.fail(f"expected the highest number of the range, {self.seen()}")
        high = cast("int | float", json.loads(self.next.text))
        if high < low:
            self.fail("the range ends before it begins")
        self.position += 1
        kind = "integer" if isinstance(low, int) and isinstance(high, int) else "number"
        return _Member({"type": kind, "minimum": low, "maximum": high}, token)

    def of_others(self, name: str) -> JsonObject:
        """Read ``list[T]`` or ``dict[str, T]``."""
        self.take("[")
        if name == "dict":
            if self.next.text not in {"str", "string", "text"}:
                self.fail("the keys of a dict are str: dict[str, int]")
            self.position += 1
            self.need(",", "after the type of the keys")
        items = self.inner()
        self.need("]", f"at the end of {name}[...]")
        return (
            {"type": "array", "items": items} if name == "list" else {"type": "object", "additionalProperties": items}
        )

    def known(self, member: _Member) -> bool:
        return not member.word or member.token.text.lower() in _NAMED

    def unknown(self, token: _Token) -> NoReturn:
        if token.text == "list":
            self.fail("a list of what? Write list[str] or str[]", token)
        close = get_close_matches(token.text.lower(), [*_NAMED, "list"], n=1)
        hint = f'did you mean "{close[0]}"?' if close else f"types are {_TYPES}."
        ways = f"A choice has several words ({token.text}|other), fields have commas between them"
        self.fail(f'"{token.text}" is not a type; {hint} {ways}', token)

    def alone(self, member: _Member) -> JsonObject:
        if not self.known(member):
            self.unknown(member.token)
        return member.schema

    def union(self, members: Sequence[_Member]) -> JsonObject:
        """Return one type, a union of types, or a choice. Raises SchemaError if it could be both of the latter."""
        if len(members) == 1:
            return self.alone(members[0])
        nothing = [member for member in members if member.word and member.token.text.lower() in {"null", "none"}]
        rest = [member for member in members if member not in nothing]
        strange = [member for member in rest if not self.known(member)]
        if strange or any(member.literal for member in rest):
            types = [member for member in rest if not member.literal and member not in strange]
            if types:
                self.fail(
                    f'is "{types[0].token.text}" a type or a word here? Put the words of a choice in quotes',
                    types[0].token,
                )
            values: list[Json] = [member.schema.get("const", member.token.text) for member in rest]
            return {"enum": [*values, None] if nothing else values}
        return {"anyOf": [member.schema for member in members]}


def nullable(schema: JsonObject) -> JsonObject:
    """Return the schema or null, with the description outside of the union."""
    said = {"description": schema["description"]} if "description" in schema else {}
    if isinstance(values := schema.get("enum"), list):
        return {**schema, "enum": values if None in values else [*values, None]}
    inner = {key: value for key, value in schema.items() if key != "description"}
    return {"anyOf": [inner, {"type": "null"}], **said}
