"""A JSON Schema given as such: copied, checked against its draft and against what could hang or never end."""

from __future__ import annotations

import json
from typing import Any

from structgen.core.errors import SchemaError
from structgen.core.json import Json, JsonObject, pointer
from structgen.schema.endless import refuse_endless
from structgen.schema.files import bundle
from structgen.schema.keywords import walk
from structgen.schema.patterns import matcher
from structgen.schema.refs import Refs
from structgen.schema.resolve import canonical


def compile_json_schema(
    given: JsonObject | bool, assert_formats: bool, folder: str | None = None
) -> tuple[JsonObject | bool, Any]:
    """A copy of the schema with canonical references, and the validator of the schema as it was given.

    Raises SchemaError, with a pointer, if it cannot be used.
    """
    try:
        schema = json.loads(json.dumps(given, allow_nan=False))
        if schema != given:
            raise TypeError("an object has a key that is not a string")
        draft = _draft(schema)
        schema = bundle(schema, folder) if folder else schema
        _check_references(schema, Refs.of(schema))
        _check_patterns(schema)
        made = canonical(schema)
        refuse_endless(made)
        return made, _validator(schema, draft, assert_formats)
    except RecursionError:
        raise SchemaError("The JSON Schema is nested too deep: move inner parts to $defs.") from None
    except (TypeError, ValueError) as error:
        raise SchemaError(f"The JSON Schema is not plain JSON: {error}.") from None


def _draft(schema: JsonObject | bool) -> str:
    """The draft that a schema names, or the newest in which it is valid."""
    from structgen.schema.json_validator import DRAFTS

    named = schema.get("$schema") if isinstance(schema, dict) else None
    if isinstance(named, str):
        stem = named.split("://")[-1].rstrip("#")
        if stem in DRAFTS:
            _raise_first(schema, stem)
            return stem
    errors = {draft: _first_error(schema, draft) for draft in list(DRAFTS)[:1]}
    newest = next(iter(DRAFTS))
    if errors[newest] is None:
        return newest
    for draft in list(DRAFTS)[1:-1]:
        if _first_error(schema, draft) is None:
            return draft
    _raise_first(schema, newest)
    return newest


def _first_error(schema: Json, draft: str) -> Any:
    from structgen.schema.json_validator import DRAFTS

    base = DRAFTS[draft]
    return next(base(base.META_SCHEMA).iter_errors(schema), None)


def _raise_first(schema: Json, draft: str) -> None:
    error = _first_error(schema, draft)
    if error is None:
        return
    from structgen.schema.json_issues import issues_from_jsonschema

    issue = issues_from_jsonschema([error])[0]
    at = issue.path or "its root"
    raise SchemaError(f"The JSON Schema is not valid: {at} {issue.message} (by {draft}).", issue.path)


def _check_references(schema: JsonObject | bool, refs: Refs) -> None:
    for at, part in walk(schema):
        ref = part.get("$ref") if isinstance(part, dict) else None
        if isinstance(ref, str) and refs.find(ref, at) is None and not _known(ref):
            raise SchemaError(
                f"The $ref {ref!r} at {pointer(at) or 'the root'} points to nothing in the schema, and nothing is ever "
                "fetched: put what it names under $defs, or name the folder of its files.",
                pointer((*at, "$ref")),
            )


def _known(ref: str) -> bool:
    """Whether a reference names a metaschema, which jsonschema brings."""
    from jsonschema_specifications import REGISTRY

    return ref.partition("#")[0] in REGISTRY


def _check_patterns(schema: JsonObject | bool) -> None:
    for at, part in walk(schema):
        if not isinstance(part, dict):
            continue
        named = part.get("patternProperties")
        patterns = [(("pattern",), part.get("pattern"))]
        patterns += [(("patternProperties", key), key) for key in named] if isinstance(named, dict) else []
        for steps, pattern in patterns:
            if isinstance(pattern, str):
                try:
                    matcher(pattern)
                except SchemaError as error:
                    where = pointer((*at, *steps))
                    raise SchemaError(f"The JSON Schema cannot be used: at {where}, {error}", where) from None


def _validator(schema: JsonObject | bool, draft: str, assert_formats: bool) -> Any:
    from structgen.schema.json_validator import registry, validator_class

    bare = json.loads(json.dumps(schema))
    for _, part in walk(bare):
        if isinstance(part, dict) and isinstance(part.get("$schema"), str):
            del part["$schema"]
    return validator_class(draft, assert_formats)(bare, registry=registry())
