"""The views of a streaming answer: the growing value, or each finished item of a list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar

from structgen.core.errors import ExtractionFailed
from structgen.core.json import Json, pointer
from structgen.core.options import Options
from structgen.core.records import Status
from structgen.core.results import Extraction, Parsed, Partial
from structgen.engine.flow import locate_claims
from structgen.forms import AnswerForm
from structgen.forms.strict import WRAPPER
from structgen.parse import parse_text
from structgen.parse.align import shape_of
from structgen.parse.json_values import exact_text
from structgen.parse.stream.partial_reader import LIST_OR_OBJECT, OBJECT, PartialReader, opens_for
from structgen.schema import Schema
from structgen.schema.spelling import letters

T = TypeVar("T")


class Growing:
    """Pieces of text -> the value so far, whenever it has changed."""

    def __init__(self, form: AnswerForm) -> None:
        # A form that the request adds to that of the prompt always has an object at its root.
        sent_object = form.prompt_form is not form
        self._reader = PartialReader(OBJECT if sent_object else opens_for(shape_of(form.plain)))
        self._view = form.partial_view()
        self._last: Json = None

    def show(self, piece: str) -> Iterator[Partial]:
        """Yield the value after this piece, unless it is unchanged."""
        self._reader.feed(piece)
        value = self._reader.value
        if value is self._last:
            return
        self._last = value
        shown = self._view(value, self._reader.open)
        if shown is not None:
            yield shown


class Finished(Generic[T]):
    """Pieces of text -> each finished item of a list that fits its schema, once.

    The list is the answer itself or the first member of an object around it. An object that is or may be an item does
    not count as such an object. An item that does not fit is left for the end, when the whole list is validated,
    repaired and asked for again like any other value. So is an item that the document does not support, if the options
    require evidence.
    """

    def __init__(self, item: Schema[T], form: AnswerForm, options: Options, document: str | None = None) -> None:
        self._item = item
        self._form = form
        self._item_form = form.for_part(item)
        self._options = options
        self._document = document
        self._reader = PartialReader(OBJECT if form.wrapped else LIST_OR_OBJECT)
        self._fields = shape_of(item).root_keys
        self._list: str | None = None
        self._given: list[T] = []

    def show(self, piece: str) -> Iterator[T]:
        """Yield the items that this piece finishes."""
        self._reader.feed(piece)
        for path, value in self._reader.take_items():
            place = path.rpartition("/")[0]
            self._list = place if self._list is None else self._list
            if place == self._list and self._is_answer(place):
                yield from self._checked(value)

    def _is_answer(self, place: str) -> bool:
        """Whether the list at this path is the one that was asked for, as far as it is known by now."""
        if not place or self._form.wrapped:
            return place == (pointer([WRAPPER]) if self._form.wrapped else "")
        # A list under a key that the item itself has may be a member of a single item.
        key = self._reader.first_key
        return key is not None and place == pointer([key]) and letters(key) not in self._fields

    def _checked(self, value: Json) -> Iterator[T]:
        """Yield the item if the finished value is valid."""
        listed = self._form.unwrap_items([value])
        value = listed[0] if isinstance(listed, list) and listed else value
        # Parsing the text again keeps every digit of a number that a float would lose.
        parsed = parse_text(
            self._item,
            exact_text(value),
            max_risk=self._options.max_risk,
            form=self._item_form,
            document=self._document,
            date_order=self._options.date_order,
        )
        if parsed.ok and self._is_supported(parsed):
            item: T = parsed.value  # pyright: ignore[reportAssignmentType]  an accepted None is a T
            self._given.append(item)
            yield item

    def _is_supported(self, parsed: Parsed[T]) -> bool:
        """Whether the item has the evidence that the options require, if they do."""
        if self._document is None or not self._options.require_evidence:
            return True
        pieces = locate_claims(self._item, parsed, self._document)
        return all(piece.status is not Status.UNSUPPORTED for piece in pieces)

    def show_rest(self, extraction: Extraction[Sequence[T]]) -> Iterator[T]:
        """Yield the items of the accepted list that were not yielded yet.

        Raises ExtractionFailed if an item that was yielded is missing: the second answer contained another list.
        """
        given = iter(self._given)
        nothing = object()
        waiting: object = next(given, nothing)
        rest: list[T] = []
        for item in extraction.value:
            if waiting is not nothing and _same(item, waiting):
                waiting = next(given, nothing)
            else:
                rest.append(item)
        if waiting is not nothing:
            raise ExtractionFailed(
                f"The accepted list does not contain all {len(self._given)} items that were already yielded, in their "
                f"order: {waiting!r:.200} is missing. Discard them and use the list in .attempts, or call extract, "
                "which returns nothing before the end.",
                attempts=extraction.attempts,
                usage=extraction.usage,
            )
        yield from rest


def _same(one: object, other: object) -> bool:
    """Whether two items are equal. Their repr decides if they are not comparable, as with NaN."""
    return one == other or repr(one) == repr(other)
