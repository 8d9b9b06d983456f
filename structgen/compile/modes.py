"""Choose the mode of a request from the options, the model card and the schema."""

from __future__ import annotations

from dataclasses import dataclass

from structgen.core.errors import ConfigurationError
from structgen.core.options import Mode
from structgen.core.records import Card
from structgen.forms import AnswerForm, object_form, strict_form
from structgen.forms.strict import StrictRefusal

_WITH_SCHEMA = frozenset({Mode.TOOLS, Mode.JSON_SCHEMA})


@dataclass(frozen=True, slots=True)
class Chosen:
    """A mode (never AUTO), the reason for it, and the form of the answer in that mode."""

    mode: Mode
    why: str
    form: AnswerForm


def choose_mode(asked: Mode, form: AnswerForm, card: Card | None) -> Chosen:
    """Return the mode to use.

    AUTO is JSON_SCHEMA if the server can enforce the schema, else JSON, else the first mode on the card. Raises
    ConfigurationError if the model does not support the mode that the options name.
    """
    if card and card.modes and asked is not Mode.AUTO and asked not in card.modes:
        has = ", ".join(mode.value for mode in card.modes)
        raise ConfigurationError(f"{card.id} does not support mode {asked.value!r}. Use one of its modes: {has}.")
    if asked in {Mode.AUTO, Mode.JSON_SCHEMA}:
        return _with_schema(asked, form, card)
    return _not_strict(asked, form)


def _with_schema(asked: Mode, form: AnswerForm, card: Card | None) -> Chosen:
    """Strict if card and schema allow it; else best effort if the user named JSON_SCHEMA, and JSON for AUTO."""
    fallback = _plainest(card) if asked is Mode.AUTO else Mode.JSON_SCHEMA
    if card is None or not card.strict:
        return _not_strict(fallback, form, ": the model is not known to support strict schemas")
    strict = strict_form(form)
    if isinstance(strict, StrictRefusal):
        where = f" at {strict.path}" if strict.path else ""
        return _not_strict(fallback, form, f": the schema has no strict form: {strict.reason}{where}")
    return Chosen(Mode.JSON_SCHEMA, "mode json_schema, strict", strict)


def _not_strict(mode: Mode, form: AnswerForm, why: str = "") -> Chosen:
    """A mode without enforcement. Servers require an object at the root of a schema that they are sent."""
    return Chosen(mode, f"mode {mode.value}{why}", object_form(form) if mode in _WITH_SCHEMA else form)


def _plainest(card: Card | None) -> Mode:
    """JSON, unless the card says that the model does not support it."""
    return Mode.JSON if card is None or not card.modes or Mode.JSON in card.modes else card.modes[0]
