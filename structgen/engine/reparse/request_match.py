"""Which single fields a stored request asked for, and in which form. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast

from structgen.core.json import JsonObject
from structgen.core.records import Request
from structgen.forms import AnswerForm, PlainForm
from structgen.reask.fields import fields_schema
from structgen.schema import Schema


@dataclass(frozen=True, slots=True)
class AskedFields:
    """Single fields that were asked for: the schema of the answer, by path, and the form of the answer."""

    schema: JsonObject
    form: AnswerForm

    @classmethod
    def by(cls, request: Request, forms: Iterable[AnswerForm]) -> AskedFields | None:
        """The fields that a request asked for, or None if it asked something else.

        `forms` are those of the whole values that the fields may be parts of.
        """
        paths = asked_paths(request)
        if not paths:
            return None
        for form in forms:
            schema = fields_schema(form.plain.node, paths)
            part = form.for_part(Schema.of(schema))
            if part.schema == request.json_schema:
                return cls(schema, part)
        schema = cast(JsonObject, request.json_schema)
        return cls(schema, PlainForm(Schema.of(schema)))

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths of the fields."""
        return tuple(cast(JsonObject, self.schema["properties"]))

    def only(self, paths: Sequence[str]) -> AskedFields:
        """The same for some of the fields."""
        properties = cast(JsonObject, self.schema["properties"])
        left: JsonObject = {path: properties[path] for path in paths}
        schema: JsonObject = {**self.schema, "properties": left, "required": list(paths)}
        return AskedFields(schema, self.form.for_part(Schema.of(schema)))


def asked_paths(request: Request) -> tuple[str, ...]:
    """The paths that a question for single fields asked for; none where it was another question."""
    schema = request.json_schema
    properties = schema.get("properties") if isinstance(schema, dict) else None
    if request.schema_name != "fields" or not isinstance(properties, dict):
        return ()
    return tuple(properties) if all(path.startswith("/") for path in properties) else ()
