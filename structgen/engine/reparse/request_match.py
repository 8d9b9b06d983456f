"""What a kept request asked for: the form of the whole that it wanted, or single fields of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from structgen.core.json import JsonObject
from structgen.core.records import Request
from structgen.forms.quotes import Keys, Quoted, with_quotes
from structgen.forms.strict import SentSchema, StrictSchema, in_object, strict_of
from structgen.reask.fields import fields_schema
from structgen.schema import Schema


@dataclass(frozen=True, slots=True)
class Form:
    """A schema as its answers came: with quotes, or without."""

    schema: Schema[Any]
    quoted: Quoted | None = None

    @classmethod
    def all_of(cls, schema: Schema[Any]) -> tuple[Form, ...]:
        """The forms in which a schema may have been sent."""
        quoted = with_quotes(schema)
        return (cls(schema), *([cls(schema, quoted)] if isinstance(quoted, Quoted) else []))

    @property
    def asked(self) -> Schema[Any]:
        """The schema of the answer."""
        return self.quoted.schema if self.quoted else self.schema

    def sent_in(self, request: Request) -> SentSchema | None:
        """The same as it stood in a request, None where it was sent as it is, or could not be sent so."""
        if request.strict:
            strict = strict_of(self.asked)
            return strict if isinstance(strict, StrictSchema) else None
        around = in_object(self.asked.json_schema)
        return around if around is not None and around.json_schema == request.json_schema else None

    def is_asked_by(self, request: Request) -> bool:
        """Whether a request asked for a whole value in this form."""
        sent = self.sent_in(request)
        if sent is None:
            return not request.strict and request.json_schema == self.asked.json_schema
        return request.json_schema == sent.json_schema


@dataclass(frozen=True, slots=True)
class AskedFields:
    """Single fields that were asked for: the schema of the answer, by path, and the keys of its quotes, if any."""

    schema: JsonObject
    keys: Keys | None = None

    @classmethod
    def by(cls, request: Request, forms: Iterable[Form]) -> AskedFields | None:
        """What a request asked for, None where it was another question; `forms` are those that it can be a part of."""
        paths = asked_paths(request)
        if not paths:
            return None
        for form in forms:
            asked = cls(fields_schema(form.schema.json_schema, paths), form.quoted.keys if form.quoted else None)
            if asked._is_asked_by(request):
                return asked
        return cls(cast(JsonObject, request.json_schema))

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths of the fields."""
        return tuple(cast(JsonObject, self.schema["properties"]))

    @property
    def form(self) -> Quoted | None:
        """The form with quotes in which the answer came."""
        made = with_quotes(Schema.of(self.schema), self.keys) if self.keys else None
        return made if isinstance(made, Quoted) else None

    def only(self, paths: Sequence[str]) -> AskedFields:
        """The same for some of the fields."""
        properties = cast(JsonObject, self.schema["properties"])
        left: JsonObject = {path: properties[path] for path in paths}
        return replace(self, schema={**self.schema, "properties": left, "required": list(paths)})

    def _is_asked_by(self, request: Request) -> bool:
        sent = self.form.schema.json_schema if self.form else self.schema
        return sent == request.json_schema


def asked_paths(request: Request) -> tuple[str, ...]:
    """The paths that a question for single fields asked for; none where it was another question."""
    schema = request.json_schema
    properties = schema.get("properties") if isinstance(schema, dict) else None
    if request.schema_name != "fields" or not isinstance(properties, dict):
        return ()
    return tuple(properties) if all(path.startswith("/") for path in properties) else ()
