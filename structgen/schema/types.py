"""Compile a Python type: its TypeAdapter, the JSON Schema of its input, and the other names of its properties.

Pydantic does the work. Its JSON Schema is stripped of what costs tokens and tells a model nothing: titles made from
field names.

Before Python 3.12 Pydantic refuses a TypedDict from ``typing``, so it is rebuilt with the one from typing_extensions.
"""

from __future__ import annotations

import re
import sys
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin

import typing_extensions
from pydantic import PydanticUserError, TypeAdapter
from pydantic.errors import PydanticInvalidForJsonSchema, PydanticSchemaGenerationError, PydanticUndefinedAnnotation
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, JsonSchemaWarningKind
from pydantic_core import core_schema

from structgen.core.errors import SchemaError
from structgen.core.json import Json, JsonObject, pointer
from structgen.schema.guards import refuse_endless

NAMES = "x-structgen-names"
"""The key under which the generator stores the other names of a property, until `take_names` removes it."""

INSTEAD = {
    "call": "a class or a type",
    "callable": "a type with a JSON form, such as str",
    "generator": "list[...], which can be checked as a whole",
    "is-instance": "a Pydantic model, a dataclass or a TypedDict",
    "is-subclass": "an Enum or a Literal of names",
    "custom-error": "the type itself",
}
"""Types of core schemas without a JSON form -> what to use instead."""


class _Generator(GenerateJsonSchema):
    """Pydantic's generator without generated titles. It adds the other names of each field and refuses any loss."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - the signature is Pydantic's
        return False

    def field_is_present(self, field: Any) -> bool:
        """Whether a field is an input: a dataclass sets a field with ``init=False`` itself."""
        return field.get("init") is not False and super().field_is_present(field)

    def model_fields_schema(self, schema: core_schema.ModelFieldsSchema) -> JsonSchemaValue:
        return _named(super().model_fields_schema(schema), schema["fields"])

    def typed_dict_schema(self, schema: core_schema.TypedDictSchema) -> JsonSchemaValue:
        return _named(super().typed_dict_schema(schema), schema["fields"])

    def dataclass_args_schema(self, schema: core_schema.DataclassArgsSchema) -> JsonSchemaValue:
        return _named(super().dataclass_args_schema(schema), {field["name"]: field for field in schema["fields"]})

    def named_tuple_schema(self, schema: Any) -> JsonSchemaValue:
        """Return the schema of a list, as JSON has no named tuples. Names become titles, or no model would see them."""
        write = cast("Callable[[Any], JsonSchemaValue]", vars(GenerateJsonSchema)["named_tuple_schema"].__get__(self))
        return _titled(write(schema), [field["name"] for field in schema["fields"]])

    def handle_invalid_for_json_schema(self, schema: Any, error_info: str) -> JsonSchemaValue:  # noqa: ARG002 - as above
        raise _unsupported(schema)

    def generator_schema(self, schema: core_schema.GeneratorSchema) -> JsonSchemaValue:
        raise _unsupported(schema)

    def callable_schema(self, schema: core_schema.CallableSchema) -> JsonSchemaValue:
        raise _unsupported(schema)

    def call_schema(self, schema: core_schema.CallSchema) -> JsonSchemaValue:
        """Before 2.13, Pydantic treated a named tuple as a function call."""
        names = getattr(schema["function"], "_fields", None)
        if names is None:
            raise _unsupported(schema)
        return _titled(super().call_schema(schema), names)

    def emit_warning(self, kind: JsonSchemaWarningKind, detail: str) -> None:
        """A default that JSON cannot hold is left out. Any other loss is an error."""
        if kind == "skipped-choice":
            raise PydanticInvalidForJsonSchema(detail)


def _titled(found: JsonSchemaValue, names: Iterable[str]) -> JsonSchemaValue:
    for name, item in zip(names, found.get("prefixItems", ()), strict=False):
        item.setdefault("title", name)
    return found


def _unsupported(schema: Mapping[str, Any]) -> SchemaError:
    kind = str(schema.get("type", ""))
    named = getattr(schema.get("cls"), "__name__", None) or kind.replace("-", " ")
    return SchemaError(f"{named} has no JSON form: use {INSTEAD.get(kind, 'a type that JSON can hold')} instead.")


def _named(found: JsonSchemaValue, fields: Mapping[str, Any]) -> JsonSchemaValue:
    """Store the field name and all aliases with each property, except the name that it has in the JSON Schema."""
    by_name: dict[str, tuple[str, ...]] = {name: (name, *_aliases(field)) for name, field in fields.items()}
    for key, described in found.get("properties", {}).items():
        others = next((names for names in by_name.values() if key in names[1:]), by_name.get(key, ()))
        others = tuple(dict.fromkeys(name for name in others if name != key))  # each once, in order
        if others:
            described[NAMES] = list(others)
    return found


def _aliases(field: Mapping[str, Any]) -> Iterator[str]:
    """Yield the aliases of a field that are a single key; a path into an object is not."""
    found = field.get("validation_alias")
    if isinstance(found, str):
        yield found
    paths = cast("list[Any]", found) if isinstance(found, list) else []
    for path in (
        paths if all(isinstance(one, list) for one in paths) else [paths]
    ):  # Pydantic stores a single path without a list around it
        if len(path) == 1 and isinstance(path[0], str):
            yield path[0]
    serialized = field.get("serialization_alias")
    if isinstance(serialized, str):
        yield serialized


def take_names(schema: Json, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Remove the other names that the generator stored, and yield them with the pointer of their property."""
    if isinstance(schema, dict):
        names = schema.pop(NAMES, None)
        if isinstance(names, list):
            yield pointer(at), tuple(str(name) for name in names)
        for key, value in schema.items():
            yield from take_names(value, (*at, key))
    elif isinstance(schema, list):
        for index, value in enumerate(schema):
            yield from take_names(value, (*at, index))


def describe(kind: object) -> str:
    """Return a type as it is written in code: ``Recipe``, ``list[Recipe]``, ``int | None``."""
    origin, args = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return describe(args[0])
    if origin is Literal:
        return f"Literal[{', '.join(map(repr, args))}]"
    if origin in {Union, types.UnionType}:
        return " | ".join(map(describe, args))
    named = getattr(origin or kind, "__name__", None) or repr(kind)
    named = "None" if kind is type(None) else named
    return f"{named}[{', '.join(map(describe, args))}]" if args else named


def compile_type(kind: object) -> tuple[TypeAdapter[Any], JsonObject, dict[str, tuple[str, ...]]]:
    """Return the adapter of a type, its JSON Schema and the other names in it. Raises SchemaError."""
    try:
        adapter = TypeAdapter[Any](cast("Any", modern(kind)))
        schema = cast(JsonObject, adapter.json_schema(schema_generator=_Generator))
    except SchemaError as error:
        raise SchemaError(f"{describe(kind)} cannot be used: {error}") from None
    except (
        PydanticUndefinedAnnotation,
        PydanticSchemaGenerationError,
        PydanticUserError,
        NameError,
        TypeError,
    ) as error:
        raise SchemaError(f"{describe(kind)} cannot be used: {_reason(error)}.") from None
    except RecursionError:
        raise SchemaError(f"{describe(kind)} is nested too deep: give its inner types names of their own.") from None
    refuse_endless(schema, describe(kind))
    _drop_titles(schema, describe(kind))
    return adapter, schema, dict(take_names(schema))


def dumped_type(adapter: TypeAdapter[Any]) -> JsonObject | None:
    """Return the JSON Schema of the instances of a type when they are dumped, or None if Pydantic does not know it."""
    try:
        schema = cast(JsonObject, adapter.json_schema(schema_generator=_Generator, mode="serialization"))
    except (SchemaError, PydanticUserError):
        return None
    dict(take_names(schema))
    return schema


def _reason(error: Exception) -> str:
    """Return the reason that Pydantic gives, on one line, with what to do about it."""
    said = " ".join(str(error).split())
    if isinstance(error, NameError) or "not fully defined" in said:
        return "it names a type that is not defined. Define that one first"
    if found := re.search(r"core schema for (.{1,80}?)\. Set", said):
        return f"{found[1]} has no JSON form. Use a Pydantic model, a dataclass, a TypedDict or a plain type instead"
    return (
        f"{said.split(' For further information')[0][:200].rstrip('.')}. Use a Pydantic model or a plain type instead"
    )


def _drop_titles(schema: JsonObject, name: str) -> None:
    """Remove the titles of classes: they repeat the name of the schema or the key in `$defs`."""
    definitions = schema.get("$defs")
    named = {**definitions, "": schema} if isinstance(definitions, dict) else {"": schema}
    for key, part in named.items():
        if isinstance(part, dict) and part.get("title") == (key or name):
            del part["title"]


def modern(kind: object) -> object:
    """Return the type with every old TypedDict in it replaced; the type itself if it has none."""
    return kind if sys.version_info >= (3, 12) else _modern(kind, ())


def _modern(kind: object, outer: tuple[object, ...]) -> object:
    if typing.is_typeddict(kind):
        return _typed_dict(cast("type[Any]", kind), outer)
    origin, args = get_origin(kind), get_args(kind)
    if not args or origin is Literal:
        return kind
    first = args[:1] if origin is Annotated else args
    renewed = tuple(_modern(arg, outer) for arg in first)
    if all(new is old for new, old in zip(renewed, first, strict=True)):
        return kind
    if origin is Annotated:
        return Annotated[(renewed[0], *args[1:])]
    return Union[renewed] if origin is types.UnionType else cast("Any", origin)[renewed]


def _typed_dict(kind: type[Any], outer: tuple[object, ...]) -> object:
    """Return the TypedDict with the same keys, each required or not as before."""
    if kind in outer:
        raise SchemaError(
            f"{kind.__name__} refers to itself: import its TypedDict from typing_extensions, which "
            "Pydantic needs before Python 3.12."
        )
    hints = typing.get_type_hints(kind)
    described = typing.get_type_hints(kind, include_extras=True)
    required = cast("frozenset[str]", kind.__required_keys__)
    fields: dict[str, Any] = {}
    for name in hints:
        inner = _modern(_bare(described[name]), (*outer, kind))
        mark: Any = typing_extensions.Required if name in required else typing_extensions.NotRequired
        fields[name] = mark[inner]
    make = cast("Callable[[str, dict[str, Any]], type[Any]]", typing_extensions.TypedDict)
    renewed = make(kind.__name__, fields)
    renewed.__doc__, renewed.__module__ = kind.__doc__, kind.__module__
    return renewed


def _bare(kind: object) -> object:
    """Return a type without Required and NotRequired around it."""
    while get_origin(kind) in {typing.Required, typing.NotRequired}:
        kind = get_args(kind)[0]
    return kind
