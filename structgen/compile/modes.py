"""Which mode a request takes, and why: from what was asked for, the model's card and the schema."""

from __future__ import annotations

from dataclasses import dataclass

from structgen.core.errors import ConfigurationError
from structgen.core.options import Mode
from structgen.core.records import Card
from structgen.forms.strict import SentSchema, StrictRefusal, in_object, strict_of
from structgen.schema import Schema

_WITH_SCHEMA = frozenset({Mode.TOOLS, Mode.JSON_SCHEMA})


@dataclass(frozen=True, slots=True)
class Chosen:
    """A mode (never AUTO), why, and the form in which the schema is sent, None where that is its own.

    It is a StrictSchema where the server holds the model to it.
    """

    mode: Mode
    why: str
    sent: SentSchema | None = None


def choose_mode(asked: Mode, schema: Schema[object], card: Card | None) -> Chosen:
    """The mode that is used.

    AUTO is JSON_SCHEMA where the server can hold the model to the schema, else JSON, else the first mode that it has.
    Raises ConfigurationError where the model does not have the mode that was asked for.
    """
    if card and card.modes and asked is not Mode.AUTO and asked not in card.modes:
        has = ", ".join(mode.value for mode in card.modes)
        raise ConfigurationError(f"{card.id} cannot answer in mode {asked.value!r}. Use one of its modes: {has}.")
    if asked in {Mode.AUTO, Mode.JSON_SCHEMA}:
        return _with_schema(asked, schema, card)
    return _not_strict(asked, schema)


def _with_schema(asked: Mode, schema: Schema[object], card: Card | None) -> Chosen:
    """Strict where card and schema allow; else best effort where it was asked for, and JSON where not."""
    fallback = _plainest(card) if asked is Mode.AUTO else Mode.JSON_SCHEMA
    if card is None or not card.strict:
        return _not_strict(fallback, schema, ": the model is not known to keep to a schema strictly")
    strict = strict_of(schema)
    if isinstance(strict, StrictRefusal):
        where = f" at {strict.path}" if strict.path else ""
        return _not_strict(fallback, schema, f": the schema has no strict form: {strict.reason}{where}")
    return Chosen(Mode.JSON_SCHEMA, "mode json_schema, strict", strict)


def _not_strict(mode: Mode, schema: Schema[object], why: str = "") -> Chosen:
    """A mode in which nobody promises anything; a schema that goes on the wire has an object at its root."""
    return Chosen(mode, f"mode {mode.value}{why}", in_object(schema.json_schema) if mode in _WITH_SCHEMA else None)


def _plainest(card: Card | None) -> Mode:
    """JSON, unless the model is known not to have it."""
    return Mode.JSON if card is None or not card.modes or Mode.JSON in card.modes else card.modes[0]
