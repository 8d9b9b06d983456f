"""Schema: a description of a type, compiled once."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Mapping
from copy import copy
from enum import Enum
from functools import cached_property
from typing import Any, Generic, TypeAlias, TypeVar, cast

from pydantic import BaseModel, TypeAdapter
from pydantic_core import SchemaValidator
from typing_extensions import TypeVar as TypeVarWithDefault

from structgen.core.errors import SchemaError
from structgen.core.json import Json, JsonObject
from structgen.core.records import FieldsText, Task
from structgen.core.results import Issue
from structgen.core.screen import visible
from structgen.core.showing import schema_html
from structgen.schema.cache import remembered
from structgen.schema.check import Context, check_json, check_typed
from structgen.schema.core_schema import has_functions, without_functions
from structgen.schema.keywords import without_scoring
from structgen.schema.node import Node
from structgen.schema.types import compile_type, describe, dumped_type

T = TypeVar("T")


class Schema(Generic[T]):
    """What a value must look like.

    `adapter` validates and dumps instances of a type. It is None if the schema was given as a JSON Schema, whose values
    stay plain JSON. `names` maps pointers into `json_schema` to the other names of a property (field name, aliases).
    """

    def __init__(
        self,
        name: str,
        json_schema: JsonObject | bool,
        adapter: TypeAdapter[T] | None,
        names: Mapping[str, tuple[str, ...]],
        validator: Any = None,
    ) -> None:
        self.name = name
        self.annotated = json_schema
        """The JSON Schema with the keywords that only say how values are compared, which no model needs to read."""
        self.json_schema = without_scoring(json_schema)
        self.adapter = adapter
        self.names = names
        self.context: Context = None
        self.bare = False
        """Whether user validators are left out. Values are then not instances of the type."""
        self._validator = validator
        self._free: Schema[T] | None = None

    def __repr__(self) -> str:
        return f"Schema({self.name})"

    def __str__(self) -> str:
        """Return the outline, after the name."""
        return f"{self!r} {visible(self.outline())}"

    def _repr_html_(self) -> str:
        """Return HTML for notebooks."""
        return schema_html(self)

    @classmethod
    def of(cls, schema: object, *, folder: str | None = None, assert_formats: bool = False) -> Schema[Any]:
        """Compile any description of a type; raises SchemaError.

        A class is compiled only once. Relative file references of a JSON Schema are resolved within `folder`; without
        it, and for any other location, a reference to a file is refused. `assert_formats` makes `format` a condition;
        by the standard it is an annotation.
        """
        if isinstance(schema, Schema):
            return cast("Schema[Any]", schema)
        if isinstance(schema, Task):
            task = cast("Task[Any]", schema)
            return cls.of(task.schema, folder=task.folder or folder, assert_formats=assert_formats)
        if isinstance(schema, FieldsText):
            return fields(schema.text)
        if isinstance(schema, (dict, bool)):
            return _of_json_schema(cast("JsonObject | bool", schema), assert_formats, folder)
        return remembered(schema, _of_type)

    @cached_property
    def node(self) -> Node:
        """The root node of the schema."""
        return Node.of(self.json_schema)

    @cached_property
    def dumped(self) -> Node:
        """The root node of the schema of what `dump` returns: a Decimal, for example, is read from numbers too."""
        return self.node if self.adapter is None else Node.of(dumped_type(self.adapter) or self.json_schema)

    @cached_property
    def _outline(self) -> str:
        from structgen.schema.outline import outline

        return outline(self.json_schema, self.name)

    def outline(self) -> str:
        """Return the schema in the compact notation that a model reads."""
        return self._outline

    def within(self, context: Context) -> Schema[T]:
        """Return the same schema with a context (``info.context``) that only its validators see."""
        if context is None:
            return self.free
        bound = copy(self)
        bound.context, bound._free = context, self.free
        return bound

    @property
    def free(self) -> Schema[T]:
        """The same schema without a context. Everything that is cached for a schema is cached for this one."""
        return self._free or self

    @cached_property
    def runs(self) -> bool:
        """Whether the type runs user validators or constructors."""
        return self.adapter is not None and has_functions(cast("dict[str, Any]", self.adapter.core_schema))

    @cached_property
    def structure(self) -> Schema[T]:
        """The same schema without user functions: what can be said about a value without running any."""
        if not self.runs or self.free is not self:
            return self.free.structure if self.runs else self
        made = copy(self)
        made.bare, made.runs, made._free = True, False, self
        return made

    @property
    def whole(self) -> Schema[Any]:
        """The schema of the whole document; another one only for the schema of a chunk."""
        return self

    def dump(self, value: T) -> Json:
        """Return a value of this type as plain JSON, with the keys of `json_schema`."""
        if self.adapter is None:
            return cast(Json, value)
        return cast(Json, self.adapter.dump_python(value, mode="json", by_alias=True, context=self.context))

    def check(self, value: object) -> tuple[Issue, ...]:
        """Return the issues of a value (plain JSON, or an instance of the type); empty if it is valid."""
        if self.adapter is None:
            return check_json(self._validator, cast(Json, value))
        return check_typed(self.adapter, self.node, value, self.context, self._structural)

    @cached_property
    def _structural(self) -> SchemaValidator | None:
        """A validator without user functions, or None if the type has none."""
        if self.free is not self:
            return self.free._structural
        core = self.adapter.core_schema if self.adapter is not None and self.runs else None
        if core is None:
            return None
        return SchemaValidator(cast(Any, without_functions(cast("dict[str, Any]", core))), _use_prebuilt=False)


def fields(text: str) -> Schema[JsonObject]:
    """Return the schema of a shorthand: ``fields("name, age int, price float?, tags list[str], kind: a|b|c")``.

    Its values are plain JSON objects with only these keys. Formats (date, url, ...) are conditions here. Raises
    SchemaError, which points at the column of a mistake.
    """
    from structgen.schema.shorthand import read_fields

    if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance]  what users write is not checked
        raise SchemaError(f"fields() takes a text such as 'name, age int', not {type(text).__name__}.")
    return _of_json_schema(read_fields(text), assert_formats=True)


def _of_json_schema(given: JsonObject | bool, assert_formats: bool, folder: str | None = None) -> Schema[Any]:
    from structgen.schema.json_schema import compile_json_schema

    schema, validator = compile_json_schema(given, assert_formats, folder)
    title = schema.get("title") if isinstance(schema, dict) else None
    return Schema(_name(title if isinstance(title, str) else ""), schema, None, {}, validator)


def _of_type(kind: object) -> Schema[Any]:
    """Compile a Python type. For anything else the error says what to give instead."""
    if isinstance(kind, str):
        raise SchemaError(
            f"{kind!r} is a text, not a type. Give a class, a JSON Schema as a dict, or fields({kind!r}); "
            "the name of a task is looked up by Extractor, extract and the command line."
        )
    if inspect.isroutine(kind):
        name = getattr(kind, "__name__", "This")
        raise SchemaError(f"{name} is a function, not a type. Give the type of what it returns.")
    if isinstance(kind, (BaseModel, Enum)) or (dataclasses.is_dataclass(kind) and not isinstance(kind, type)):
        name = type(kind).__name__
        raise SchemaError(f"This is an instance of {name}, not a type. Give the class itself: {name}.")
    if kind is None or isinstance(kind, (int, float, bytes, list, tuple, set)):
        shown = repr(cast(object, kind))[:80]
        raise SchemaError(f"{shown} is a value, not a type. Give a class, a type such as list[str], or a JSON Schema.")
    adapter, schema, names = compile_type(kind)
    return Schema(_name(describe(kind)), schema, adapter, names)


def _name(text: str) -> str:
    """Return a name that every server accepts: at most 64 letters, digits, ``_`` and ``-``."""
    return re.sub(r"[^A-Za-z0-9_-]+", "_", text)[:64].strip("_") or "answer"


U = TypeVarWithDefault("U", default=Any)
"""What a schema describes; Any if only its name is known."""

SchemaOf: TypeAlias = str | Task[U] | Schema[U]
"""A task's name in the registry, a task, or a compiled schema."""
