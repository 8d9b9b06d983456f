"""jsonschema's validators, made safe for hostile schemas and values, and precise in what they report.

The replaced keywords are those that would match a pattern with backtracking, compare all items of a list with all
others, try the branches of a union again and again, round decimals, or not say which key they mean. Only this module
imports jsonschema, so that users of types alone never pay for it.

`anyOf`, `oneOf` and `$ref` take steps that grow with the value, even if a union is recursive. jsonschema gathers the
errors of every branch, and within these the errors of the unions further in: twice the work for each level. Here each
branch is first tested for whether it fits, once for each place of the value. Errors are gathered only if no branch
fits, up to a limit; beyond it a union says no more than that nothing fits.

Other keywords that look at a value twice (two members of `allOf`, `if` and `then`, two patterns for one key) double
the work only through references. So each place of the value is checked against what a reference names once.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache, partial
from typing import Any, TypeAlias, cast

import referencing
from jsonschema import (
    Draft3Validator,
    Draft4Validator,
    Draft6Validator,
    Draft7Validator,
    Draft201909Validator,
    Draft202012Validator,
    validators,
)
from jsonschema.exceptions import ValidationError
from referencing.jsonschema import lookup_recursive_ref

from structgen.core.json import Json, JsonObject
from structgen.schema.formats import has_format
from structgen.schema.issues import NO_BRANCH
from structgen.schema.keywords import hashable
from structgen.schema.patterns import matcher

Errors: TypeAlias = Iterator[ValidationError]

MOST_UNIONS = 200
"""The maximum number of unions that explain why no branch fits."""
MOST_TOLD = 200
"""The maximum number of times that the errors of a place against a definition are gathered again."""


@dataclass(slots=True)
class _Check:
    """What is known while one value is checked. Its parts stay alive for as long, so their ids identify them."""

    known: dict[tuple[object, ...], bool] = field(default_factory=dict[tuple[object, ...], bool])
    told: set[tuple[object, ...]] = field(default_factory=set[tuple[object, ...]])
    told_again: int = 0
    evaluated: dict[tuple[object, ...], frozenset[str]] = field(
        default_factory=dict[tuple[object, ...], frozenset[str]]
    )
    probing: bool = False
    explained: int = 0


_check: ContextVar[_Check] = ContextVar("_check")


@contextmanager
def one_check() -> Generator[None]:
    """Within this context one value is checked, and results are cached."""
    token = _check.set(_Check())
    try:
        yield
    finally:
        _check.reset(token)


def fits(validator: Any, schema: Any, instance: Any) -> bool:
    """Whether a schema accepts a value. The answer may depend on the scope of dynamic references."""
    check = _check.get(None) or _Check()
    key = _key(validator._resolver, schema, instance)
    if key not in check.known:
        before, check.probing = check.probing, True  # only the first error counts, so unions need not explain theirs
        try:
            check.known[key] = next(validator.descend(instance, schema), None) is None
        finally:
            check.probing = before
    return check.known[key]


def _key(resolver: Any, schema: Any, instance: Any) -> tuple[object, ...]:
    """Return the key of a schema, a value and the scope of dynamic references (jsonschema has no public API for it)."""
    return id(schema), id(instance), tuple(uri for uri, _ in resolver.dynamic_scope())


def reference(validator: Any, ref: str, instance: Any, _: Any) -> Errors:
    """Check a value against what a reference names, unless the result is known."""
    check = _check.get(None)
    if check is None:
        yield from validator._validate_reference(ref=ref, instance=instance)
        return
    named = validator._resolver.lookup(ref)
    key = _key(named.resolver, named.contents, instance)
    if check.known.get(key) is True:
        return
    if check.known.get(key) is False and (check.probing or check.told_again >= MOST_TOLD):
        yield ValidationError(NO_BRANCH)  # to gather its errors again could double the work with each level
        return
    if not check.probing:
        check.told_again += key in check.told
        check.told.add(key)
    errors = validator._validate_reference(ref=ref, instance=instance)
    first = next(errors, None)  # the others only if the caller asks for them
    check.known[key] = first is None
    if first is not None:
        yield first
        yield from errors


def evaluated(validator: Any, schema: Any, instance: Any, look: Callable[[], set[str]]) -> frozenset[str]:
    """Return the keys that a schema has evaluated; `look` is called once."""
    check = _check.get(None) or _Check()
    key = _key(validator._resolver, schema, instance)
    if key not in check.evaluated:
        check.evaluated[key] = frozenset(look())
    return check.evaluated[key]


def any_of(validator: Any, branches: Any, instance: Any, _: Any) -> Errors:
    """At least one branch must fit."""
    if not any(fits(validator, branch, instance) for branch in branches):
        yield _no_branch(validator, branches, instance)


def one_of(validator: Any, branches: Any, instance: Any, _: Any) -> Errors:
    """Exactly one branch must fit."""
    fitting = sum(fits(validator, branch, instance) for branch in branches)
    if not fitting:
        yield _no_branch(validator, branches, instance)
    elif fitting > 1:
        yield ValidationError("fits more than one")


def _no_branch(validator: Any, branches: Any, instance: Any) -> ValidationError:
    check = _check.get(None)
    if check is None or check.probing or check.explained >= MOST_UNIONS:
        return ValidationError(NO_BRANCH)
    check.explained += 1
    context = [
        error
        for number, branch in enumerate(branches)
        for error in validator.descend(instance, branch, schema_path=number)
    ]
    return ValidationError(NO_BRANCH, context=context)


Keyword: TypeAlias = Callable[[Any, Any, Any, Any], Errors]

DRAFTS: Mapping[str, Any] = {
    "json-schema.org/draft/2020-12/schema": Draft202012Validator,
    "json-schema.org/draft/2019-09/schema": Draft201909Validator,
    "json-schema.org/draft-07/schema": Draft7Validator,
    "json-schema.org/draft-06/schema": Draft6Validator,
    "json-schema.org/draft-04/schema": Draft4Validator,
    "json-schema.org/draft-03/schema": Draft3Validator,
}
"""The drafts by their URI without scheme and fragment, newest first."""


def _pattern(_: Any, pattern: str, instance: Json, __: Any) -> Errors:
    if isinstance(instance, str) and not matcher(pattern)(instance):
        yield ValidationError("pattern")


def _matching(pattern: str, instance: Mapping[str, Any]) -> list[str]:
    found = matcher(pattern)
    return [key for key in instance if found(key)]


def _pattern_properties(validator: Any, patterns: Mapping[str, Any], instance: Json, _: Any) -> Errors:
    if not isinstance(instance, dict):
        return
    for pattern, schema in patterns.items():
        for key in _matching(pattern, instance):
            yield from validator.descend(instance[key], schema, path=key, schema_path=pattern)


def _named(schema: Mapping[str, Any], instance: Mapping[str, Any]) -> set[str]:
    """Return the keys that `properties` and `patternProperties` describe."""
    found = instance.keys() & schema.get("properties", {}).keys()
    for pattern in schema.get("patternProperties", {}):
        found.update(_matching(pattern, instance))
    return found


def _each(validator: Any, rest: Any, instance: Mapping[str, Any], keys: Iterator[str]) -> Errors:
    for key in keys:
        if rest is False:
            yield ValidationError("unknown key", path=[key], instance=instance[key])
        else:
            yield from validator.descend(instance[key], rest, path=key)


def _additional_properties(validator: Any, rest: Any, instance: Json, schema: Mapping[str, Any]) -> Errors:
    if isinstance(instance, dict):
        named = _named(schema, instance)
        yield from _each(validator, rest, instance, (key for key in instance if key not in named))


def _unevaluated_properties(validator: Any, rest: Any, instance: Json, schema: Mapping[str, Any]) -> Errors:
    if isinstance(instance, dict):
        own = {key: value for key, value in schema.items() if key != "unevaluatedProperties"}
        seen = _looked_at(validator, instance, own)
        yield from _each(validator, rest, instance, (key for key in instance if key not in seen))


def _looked_at(validator: Any, instance: Mapping[str, Any], schema: Any) -> set[str]:
    """Return the keys that a schema, or any schema that applies to the same value, has evaluated."""
    if not isinstance(schema, dict):
        return set()
    schema = cast("Mapping[str, Any]", schema)
    if "additionalProperties" in schema or "unevaluatedProperties" in schema:
        return set(instance)
    found = _named(schema, instance)
    for inner, other in _in_place(validator, instance, schema):
        found |= evaluated(inner, other, instance, partial(_looked_at, inner, instance, other))
    return found


def _in_place(validator: Any, instance: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[tuple[Any, Any]]:
    """Yield the schemas that apply to the same value and accept it, each with the validator for its scope."""
    resolver = validator._resolver  # jsonschema has no public way to follow a reference in its dynamic scope
    for key in ("$ref", "$dynamicRef"):
        if key in schema:
            found = resolver.lookup(schema[key])
            yield validator.evolve(schema=found.contents, _resolver=found.resolver), found.contents
    if "$recursiveRef" in schema:
        found = lookup_recursive_ref(resolver)
        yield validator.evolve(schema=found.contents, _resolver=found.resolver), found.contents
    for key, other in schema.get("dependentSchemas", {}).items():
        if key in instance:
            yield validator, other
    for key in ("allOf", "anyOf", "oneOf"):
        for other in schema.get(key, ()):
            if fits(validator, other, instance):
                yield validator, other
    if "if" in schema:
        holds = fits(validator, schema["if"], instance)
        if holds:
            yield validator, schema["if"]
        yield validator, schema.get("then" if holds else "else", {})


def _required(_: Any, required: list[str], instance: Json, __: Any) -> Errors:
    if isinstance(instance, dict):
        for key in required:
            if key not in instance:
                yield ValidationError("missing", path=[key], instance=None)


def _dependent_required(_: Any, needs: Mapping[str, list[str]], instance: Json, __: Any) -> Errors:
    for key, others in needs.items() if isinstance(instance, dict) else ():
        for other in others if key in cast(JsonObject, instance) else ():
            if other not in cast(JsonObject, instance):
                yield ValidationError("missing", path=[other], instance=None)


def _property_names(validator: Any, names: Any, instance: Json, _: Any) -> Errors:
    for key in instance if isinstance(instance, dict) else ():
        errors = list(validator.descend(key, names))
        if errors:
            yield ValidationError("key", path=[key], instance=key, context=errors)


def _multiple_of(_: Any, unit: float, instance: Json, __: Any) -> Errors:
    """Exact for decimals as written: 19.99 is a multiple of 0.01."""
    if isinstance(instance, bool) or not isinstance(instance, (int, float)):
        return
    if _exact(instance) % _exact(unit):
        yield ValidationError("multiple")


def _exact(number: float) -> Fraction:
    return Fraction(number) if isinstance(number, int) else Fraction(repr(number))


def _unique_items(_: Any, unique: bool, instance: Json, __: Any) -> Errors:
    if unique and isinstance(instance, list):
        seen = {hashable(item) for item in instance}
        if len(seen) < len(instance):
            yield ValidationError("unique")


def _format(_: Any, name: str, instance: Json, __: Any) -> Errors:
    if isinstance(instance, str) and not has_format(instance, name):
        yield ValidationError("format")


_KEYWORDS: Mapping[str, Keyword] = {
    "pattern": _pattern,
    "patternProperties": _pattern_properties,
    "additionalProperties": _additional_properties,
    "unevaluatedProperties": _unevaluated_properties,
    "required": _required,
    "dependentRequired": _dependent_required,
    "propertyNames": _property_names,
    "multipleOf": _multiple_of,
    "uniqueItems": _unique_items,
    "$ref": reference,
    "anyOf": any_of,
    "oneOf": one_of,
}


@cache
def validator_class(draft: str, assert_formats: bool) -> Any:
    """Return the validator of a draft with the keywords of this module."""
    base = DRAFTS[draft]
    ours = {key: value for key, value in _KEYWORDS.items() if key in base.VALIDATORS}
    if base is Draft3Validator:  # there `required` is a boolean in the schema of a property
        ours.pop("required", None)
    formats = {"format": _format if assert_formats else _nothing}
    return cast("Any", validators).extend(base, {**ours, **formats})


def _nothing(*_: Any) -> Errors:
    """`format` is only an annotation."""
    yield from ()


def registry() -> Any:
    """Return the documents that references may name besides the schema itself: only the metaschemas."""
    return cast("Any", referencing.Registry)()
