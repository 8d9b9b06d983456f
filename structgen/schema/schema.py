"""Schema: a description of a type, compiled once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, TypeVar, cast

from pydantic import BaseModel, TypeAdapter, ValidationError

from structgen.core.errors import SchemaError
from structgen.core.json import Json, JsonObject, pointer
from structgen.core.records import Issue, Task

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
    ) -> None:
        self.name = name
        self.json_schema = json_schema
        self.adapter = adapter
        self.names = names

    @classmethod
    def of(cls, schema: object, *, folder: str | None = None) -> Schema[Any]:
        """Compile any description of a type; raises SchemaError."""
        if isinstance(schema, Schema):
            return cast("Schema[Any]", schema)
        if isinstance(schema, Task):
            return cls.of(schema.schema, folder=schema.folder)
        if isinstance(schema, (dict, bool)):
            return Schema("answer", cast("JsonObject | bool", schema), None, {})
        if isinstance(schema, type) and issubclass(schema, BaseModel):
            adapter = TypeAdapter[Any](schema)
            return Schema(schema.__name__, cast(JsonObject, adapter.json_schema()), adapter, {})
        raise SchemaError(f"{schema!r} is no description of a type.")

    def outline(self) -> str:
        """The schema in the compact words that a model reads."""
        raise NotImplementedError

    def check(self, value: object) -> tuple[Issue, ...]:
        """What is wrong with a value (plain JSON, or an instance of the type); empty where nothing is."""
        raise NotImplementedError
