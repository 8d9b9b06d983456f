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
from structgen.schema.cache import remembered
from structgen.schema.check import Context, check_json, check_typed
from structgen.schema.core_schema import has_functions, without_functions
from structgen.schema.node import Node
from structgen.schema.types import compile_type, describe

T = TypeVar("T")


class Schema(Generic[T]):
    """What a value must look like.

    `adapter` validates and dumps instances of a type; it is None for a JSON Schema given as such, whose values stay
    plain JSON. `names` maps pointers into `json_schema` to the other names of that property (field name, aliases).
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
        self.json_schema = json_schema
        self.adapter = adapter
        self.names = names
        self.context: Context = None
        self.bare = False
        """Whether validators of the author's are left out; its values are then no values of the type."""
        self._validator = validator
        self._free: Schema[T] | None = None

    def __repr__(self) -> str:
        return f"Schema({self.name})"

    @classmethod
    def of(cls, schema: object, *, folder: str | None = None, assert_formats: bool = False) -> Schema[Any]:
        """Compile any description of a type; raises SchemaError.

        A class is compiled once in its life. `folder` is where a JSON Schema's relative file references may point;
        without it, and for every other place, a reference is refused. `assert_formats` makes the `format` of a JSON
        Schema a condition; by the standard it is a remark.
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
        """The root of the schema as its readers walk it."""
        return Node.of(self.json_schema)

    @cached_property
    def _outline(self) -> str:
        from structgen.schema.outline import outline

        return outline(self.json_schema, self.name)

    def outline(self) -> str:
        """The schema in the compact words that a model reads."""
        return self._outline

    def within(self, context: Context) -> Schema[T]:
        """The same schema, whose validators are told a context (``info.context``). Nobody else sees it."""
        if context is None:
            return self.free
        bound = copy(self)
        bound.context, bound._free = context, self.free
        return bound

    @property
    def free(self) -> Schema[T]:
        """The same without a context: what is worked out of a schema, and kept, does not depend on that."""
        return self._free or self

    @cached_property
    def runs(self) -> bool:
        """Whether a validator or a constructor of the type's author has a say in its values."""
        return self.adapter is not None and has_functions(cast("dict[str, Any]", self.adapter.core_schema))

    @cached_property
    def structure(self) -> Schema[T]:
        """The same schema without these: what can be told of a value without running anything of the author's."""
        if not self.runs or self.free is not self:
            return self.free.structure if self.runs else self
        made = copy(self)
        made.bare, made.runs, made._free = True, False, self
        return made

    @property
    def whole(self) -> Schema[Any]:
        """The schema of what a value of this one is a part of: this one, but where a document is read in chunks."""
        return self

    def dump(self, value: T) -> Json:
        """A value of this type as plain JSON, with the keys that `json_schema` speaks of."""
        if self.adapter is None:
            return cast(Json, value)
        return cast(Json, self.adapter.dump_python(value, mode="json", by_alias=True, context=self.context))

    def check(self, value: object) -> tuple[Issue, ...]:
        """What is wrong with a value (plain JSON, or an instance of the type); empty where nothing is."""
        if self.adapter is None:
            return check_json(self._validator, cast(Json, value))
        return check_typed(self.adapter, self.node, value, self.context, self._structural)

    @cached_property
    def _structural(self) -> SchemaValidator | None:
        """A validator of the type that runs nothing of the author's; None where its own does not either."""
        if self.free is not self:
            return self.free._structural
        core = self.adapter.core_schema if self.adapter is not None and self.runs else None
        if core is None:
            return None
        return SchemaValidator(cast(Any, without_functions(cast("dict[str, Any]", core))), _use_prebuilt=False)


def fields(text: str) -> Schema[JsonObject]:
    """The schema of a shorthand: ``fields("name, age int, price float?, tags list[str], kind: a|b|c")``.

    Its values are plain JSON objects with no other keys than these. Formats (date, url, ...) are conditions here. A
    mistake raises SchemaError, which points at the column.
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
    """A type; what is none gets a word on what to give instead."""
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
    """A name that every server takes: letters, digits, ``_`` and ``-``, at most 64."""
    return re.sub(r"[^A-Za-z0-9_-]+", "_", text)[:64].strip("_") or "answer"


U = TypeVarWithDefault("U", default=Any)
"""What a schema describes; Any if only its name is known."""

SchemaOf: TypeAlias = str | Task[U] | Schema[U]
"""A task's name in the registry, a task, or a compiled schema."""
