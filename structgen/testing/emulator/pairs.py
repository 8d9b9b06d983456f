"""What the rules find in a text, in the form that a schema asks for: each value with its quote where it wants pairs.

The rules know nothing of quotes. So they are asked for the same schema without pairs, and what they find is put back
into the pairs, each quote being the words that the rules took the value from:

    {"total": {"quote": "11.85", "value": 11.85}, "tax": null}
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from structgen.core.json import Json, JsonObject, pointer
from structgen.forms.quotes import Keys
from structgen.forms.quotes.quotable import Work, branches
from structgen.forms.strict import WRAPPER
from structgen.schema.keywords import Steps
from structgen.schema.resolve import canonical

_QUOTE = re.compile(r"quote|words|source_quote(?:_\d+)?")
_VALUE = re.compile(r"value|is|quoted_value(?:_\d+)?")
_STRICT_QUOTE: JsonObject = {"anyOf": [{"type": "string"}, {"type": "null"}]}
_OF_THE_OBJECT = frozenset({"type", "properties", "required", "additionalProperties"})
_ROOTS = frozenset({"", pointer([WRAPPER])})
"""The path of the whole answer: its root, or where strict mode puts a root that is no object."""
_DEEPEST = 200
"""Deeper parts of a schema stay as they are: the rules do not look that far, and no recursion runs away."""

Variants: TypeAlias = list[tuple[Steps, JsonObject]]
"""The schemas that one place may follow, behind references and unions, each with its own place."""


def answer_in_form(schema: JsonObject, text: str) -> Json:
    """What the rules find of a schema in a text; with quotes where the schema has pairs.

    What was not found is null, whether or not it may be; a whole answer that has to be a list is an empty one then.
    """
    from structgen.rules import extract_by_rules

    plain = without_pairs(schema)
    found = extract_by_rules(plain if isinstance(plain, dict) else schema, text)
    quotes = {piece.path: piece.text for piece in found.evidence}
    root = canonical(schema)
    return _Form(root, quotes).fill(root, (), found.value)


def keys_of(schema: JsonObject) -> Keys | None:
    """The keys of the pair that a schema describes; None where it describes anything else."""
    held = schema.get("properties")
    if schema.get("type") != "object" or not isinstance(held, dict) or len(held) != 2:
        return None
    quote, value = held
    named = _QUOTE.fullmatch(quote) and _VALUE.fullmatch(value)
    return Keys(quote, value) if named and held[quote] in (Keys().schema, _STRICT_QUOTE) else None


def without_pairs(schema: Json, depth: int = 0) -> Json:
    """The schema with the bare value in place of each pair, and with the words about the pair."""
    if depth > _DEEPEST:
        return schema
    if isinstance(schema, list):
        return [without_pairs(part, depth + 1) for part in schema]
    if not isinstance(schema, dict):
        return schema
    keys, held = keys_of(schema), schema.get("properties")
    value = held[keys.value] if keys and isinstance(held, dict) else None
    if isinstance(value, dict):
        return {**{word: said for word, said in schema.items() if word not in _OF_THE_OBJECT}, **value}
    return {word: without_pairs(said, depth + 1) for word, said in schema.items()}


@dataclass(frozen=True, slots=True)
class _Form:
    """Puts values into the form of a schema. `quotes`: path -> the words of the text that say the value."""

    root: JsonObject | bool
    quotes: Mapping[str, str | None]

    def fill(self, schema: Json, at: Steps, value: Json, path: str = "") -> Json:
        """A value in the form of the schema at a place; what does not fit it stays as it is."""
        options: Variants = list(branches(self.root, schema, at, Work()))[::-1]  # the first of a union first
        if value is None:
            return _nothing(options, whole=path in _ROOTS)
        if isinstance(value, dict):
            return self._object(options, value, path)
        if isinstance(value, list):
            return self._list(options, value, path)
        keys = _pair(options)
        return {keys.quote: self.quotes.get(path), keys.value: value} if keys else value

    def _object(self, options: Variants, value: JsonObject, path: str) -> Json:
        for at, option in options:
            held = option.get("properties")
            if isinstance(held, dict) and value.keys() <= held.keys():
                return {
                    key: self.fill(held[key], (*at, "properties", key), item, path + pointer([key]))
                    for key, item in value.items()
                }
        return value

    def _list(self, options: Variants, value: list[Json], path: str) -> Json:
        for at, option in options:
            if "items" in option:
                items = option["items"]
                return [self.fill(items, (*at, "items"), item, f"{path}/{place}") for place, item in enumerate(value)]
        return value


def _pair(options: Variants) -> Keys | None:
    return next((keys for _, option in options if (keys := keys_of(option))), None)


def _nothing(options: Variants, *, whole: bool) -> Json:
    """What stands for a value that was not found. `whole`: it is all that was asked for."""
    kinds = [option.get("type") for _, option in options]
    if "null" in kinds:
        return None
    if keys := _pair(options):
        return {keys.quote: None, keys.value: None}
    return [] if whole and kinds and all(kind == "array" for kind in kinds) else None
