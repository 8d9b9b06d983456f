"""The form in which an answer is requested, and the conversion of values to that form and back.

Compiling chooses the form once, and the plan carries it. The request sends its `schema`, worked examples are encoded,
responses are decoded, and a response that is still streaming in is shown through the partial view of the form.

    PlainForm     the schema as it is:   {"total": 11.85}
    QuotedForm    with quotes:           {"total": {"quote": "TOTAL RM 11.85", "value": 11.85}}
    WrappedForm   with an object around a root that is not an object (function parameters, JSON Schema mode)
    StrictForm    the subset of JSON Schema that strict mode accepts

The last two wrap another form, so that strict and quotes combine: a value first gets its quotes and is then written in
the strict form. An answer is converted back in the reverse order.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from typing_extensions import override

from structgen.core.json import Json, JsonObject
from structgen.core.records import Request
from structgen.core.results import Partial
from structgen.forms.quotes import Quoted, with_quotes
from structgen.forms.quotes.quoted_partial import QuotedPartial
from structgen.forms.quotes.quoted_schema import Split, Splitter
from structgen.forms.strict import WRAPPER, SentSchema, StrictRefusal, in_object, strict_of
from structgen.forms.strict.strict_partial import StrictPartial
from structgen.schema import Schema

NO_QUOTES: Mapping[str, str | None] = {}


class PartialView(Protocol):
    """Shows the values of one response while it streams in. It caches finished parts, so that its work is linear."""

    def __call__(self, value: Json, opened: Sequence[str]) -> Partial | None:
        """Return the plain form of a value with these open paths, or None if there is nothing new to show."""
        ...


@dataclass(frozen=True, slots=True)
class AnswerForm(ABC):
    """One form of an answer to the schema `plain`."""

    plain: Schema[Any]

    @property
    def quoted(self) -> bool:
        """Whether values come with quotes."""
        return False

    @property
    def strict(self) -> bool:
        """Whether the server enforces the schema."""
        return False

    @property
    def wrapped(self) -> bool:
        """Whether the value is in an object that only the request adds."""
        return False

    @property
    def prompt_form(self) -> AnswerForm:
        """The form that the prompt describes, which `unwrap` leads to."""
        return self

    @property
    @abstractmethod
    def shown(self) -> Schema[Any]:
        """The schema as the prompt describes it."""

    @property
    def schema(self) -> JsonObject | bool:
        """The JSON Schema that is sent."""
        return self.shown.json_schema

    @abstractmethod
    def encode(self, value: Json, quotes: Mapping[str, str | None] = NO_QUOTES) -> Json:
        """Return a plain value as a model should answer it. What does not fit the schema stays as it is."""

    def decode(self, answer: Json) -> Split:
        """Return the plain value of an answer and its quotes. What does not fit stays, for validation to refuse."""
        return self.split(self.unwrap(answer))

    def unwrap(self, answer: Json) -> Json:
        """Do the first step of `decode`: convert from the form in which the schema was sent. The quotes stay in it.

        Only for a response that is clean JSON. Only a server that enforces the schema writes this form reliably, and
        such a server writes nothing but JSON. A response with words around it is aligned with the schema instead.
        """
        return answer

    @abstractmethod
    def split(self, tree: Json, opened: str = "") -> Split:
        """Do the second step of `decode`: split off the quotes. `opened` is the deepest path still open."""

    @abstractmethod
    def quotable(self, value: Json) -> Collection[str]:
        """Return the paths in a plain value that should have a quote."""

    def without_quotes(self, tree: Json) -> Json:
        """Return JSON that was found inside a string, without quotes: the paths of their values are not known yet."""
        return tree

    def unwrap_items(self, items: list[Json]) -> Json:
        """Do the first step of `decode` for some items of the list that is the answer."""
        return self.unwrap({WRAPPER: items} if self.wrapped else items)

    def partial_view(self) -> PartialView:
        """Return a view that shows the values of one response while it streams in."""
        return _as_it_is

    def partial(self, value: Json, opened: Sequence[str]) -> Partial | None:
        """Return the plain form of one unfinished value with these open paths."""
        return self.partial_view()(value, opened)

    @abstractmethod
    def for_part(self, part: Schema[Any]) -> AnswerForm:
        """Return the form for asking again for a part of the schema: with quotes if this one has them, not strict."""


@dataclass(frozen=True, slots=True)
class PlainForm(AnswerForm):
    """The schema as it is."""

    @property
    @override
    def shown(self) -> Schema[Any]:
        return self.plain

    @override
    def encode(self, value: Json, quotes: Mapping[str, str | None] = NO_QUOTES) -> Json:
        return value

    @override
    def split(self, tree: Json, opened: str = "") -> Split:
        return Split(tree, NO_QUOTES, {}, frozenset())

    @override
    def quotable(self, value: Json) -> Collection[str]:
        return ()

    @override
    def for_part(self, part: Schema[Any]) -> AnswerForm:
        return PlainForm(part)


@dataclass(frozen=True, slots=True)
class QuotedForm(AnswerForm):
    """The schema with a quote beside every value that is read from a text."""

    made: Quoted

    @property
    @override
    def quoted(self) -> bool:
        return True

    @property
    @override
    def shown(self) -> Schema[Any]:
        return self.made.schema

    @override
    def encode(self, value: Json, quotes: Mapping[str, str | None] = NO_QUOTES) -> Json:
        return self.made.forward(value, quotes)

    @override
    def split(self, tree: Json, opened: str = "") -> Split:
        return self.made.split(tree, opened)

    @override
    def without_quotes(self, tree: Json) -> Json:
        return Splitter.anywhere(self.made.keys, tree)

    @override
    def quotable(self, value: Json) -> Collection[str]:
        return self.made.asked(value)

    @override
    def partial_view(self) -> PartialView:
        return QuotedPartial(self.made)

    @override
    def for_part(self, part: Schema[Any]) -> AnswerForm:
        made = with_quotes(part, self.made.keys)
        return QuotedForm(part, made) if isinstance(made, Quoted) else PlainForm(part)


@dataclass(frozen=True, slots=True)
class WrappedForm(AnswerForm):
    """Another form, sent with an object at its root. No server enforces it."""

    inner: AnswerForm
    sent: SentSchema

    @property
    @override
    def quoted(self) -> bool:
        return self.inner.quoted

    @property
    @override
    def wrapped(self) -> bool:
        return self.sent.wrapped

    @property
    @override
    def prompt_form(self) -> AnswerForm:
        return self.inner

    @property
    @override
    def shown(self) -> Schema[Any]:
        return self.inner.shown

    @property
    @override
    def schema(self) -> JsonObject | bool:
        return self.sent.json_schema

    @override
    def encode(self, value: Json, quotes: Mapping[str, str | None] = NO_QUOTES) -> Json:
        return self.sent.forward(self.inner.encode(value, quotes))

    @override
    def unwrap(self, answer: Json) -> Json:
        return self.sent.back(answer)

    @override
    def split(self, tree: Json, opened: str = "") -> Split:
        return self.inner.split(tree, opened)

    @override
    def without_quotes(self, tree: Json) -> Json:
        return self.inner.without_quotes(tree)

    @override
    def quotable(self, value: Json) -> Collection[str]:
        return self.inner.quotable(value)

    @override
    def partial_view(self) -> PartialView:
        return _Chained(StrictPartial(self.sent), self.inner.partial_view())

    @override
    def for_part(self, part: Schema[Any]) -> AnswerForm:
        return self.inner.for_part(part)


class StrictForm(WrappedForm):
    """Another form in the subset of JSON Schema that the server can enforce."""

    __slots__ = ()

    @property
    @override
    def strict(self) -> bool:
        return True


def _as_it_is(value: Json, opened: Sequence[str]) -> Partial:
    return Partial(value, tuple(opened))


@dataclass(frozen=True, slots=True)
class _Chained:
    outer: PartialView
    inner: PartialView

    def __call__(self, value: Json, opened: Sequence[str]) -> Partial | None:
        shown = self.outer(value, opened)
        return None if shown is None else self.inner(shown.value, shown.open)


def prompt_forms(schema: Schema[Any]) -> tuple[AnswerForm, ...]:
    """Return the forms in which a prompt can describe a schema: plain and, if it can have quotes, with quotes."""
    made = with_quotes(schema)
    return (PlainForm(schema), *([QuotedForm(schema, made)] if isinstance(made, Quoted) else []))


def strict_form(form: AnswerForm) -> StrictForm | StrictRefusal:
    """Return the strict form around a form, or the reason why it has none."""
    strict = strict_of(form.shown)
    return strict if isinstance(strict, StrictRefusal) else StrictForm(form.plain, form, strict)


def object_form(form: AnswerForm) -> AnswerForm:
    """Return a form with an object at its root: the form itself if it has one already."""
    sent = in_object(form.schema)
    return form if sent is None else WrappedForm(form.plain, form, sent)


def sent_by(request: Request, form: AnswerForm) -> AnswerForm | None:
    """Return a form as a request sent it, or None if the request asked for something else."""
    made = strict_form(form) if request.strict else object_form(form)
    if isinstance(made, StrictRefusal):
        return None
    if made.schema == request.json_schema:
        return made
    return form if not request.strict and form.schema == request.json_schema else None
