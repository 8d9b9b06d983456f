"""What a user sees of an answer while it arrives: the growing value, or each item of a list as it is finished."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Generic, TypeVar

from structgen.compile import Plan
from structgen.core.errors import ExtractionFailed
from structgen.core.json import Json, pointer
from structgen.core.options import Risk
from structgen.core.results import Extraction, Partial
from structgen.engine.stream.plain_view import PlainForm
from structgen.engine.stream.quoted_view import Unquoted
from structgen.forms.quotes import Quoted
from structgen.forms.strict import WRAPPER, SentSchema
from structgen.parse import parse_text
from structgen.parse.align import shape_of
from structgen.parse.json_values import exact_text
from structgen.parse.stream.partial_reader import LIST_OR_OBJECT, OBJECT, PartialReader, opens_for
from structgen.schema import Schema
from structgen.schema.spelling import letters

T = TypeVar("T")


class Growing:
    """Pieces of text -> the value so far, as often as it has changed."""

    def __init__(
        self, sent: SentSchema | None = None, quoted: Quoted | None = None, opens: str = LIST_OR_OBJECT
    ) -> None:
        self._reader = PartialReader(opens if sent is None else OBJECT)
        self._plain = None if sent is None else PlainForm(sent)
        self._unquoted = None if quoted is None else Unquoted(quoted)
        self._last: Json = None

    @classmethod
    def of(cls, plan: Plan[Any]) -> Growing:
        """What shows the first answer to a plan."""
        return cls(plan.sent, plan.quoted, opens_for(shape_of(plan.brief.schema)))

    def show(self, piece: str) -> Iterator[Partial]:
        """The value with this piece; nothing where it is the same as before."""
        self._reader.feed(piece)
        value = self._reader.value
        if value is self._last:
            return
        self._last = value
        opened = self._reader.open
        shown = Partial(value, opened) if self._plain is None else self._plain(value, opened)
        if shown is not None and self._unquoted is not None:
            shown = self._unquoted(shown)
        if shown is not None:
            yield shown


class Finished(Generic[T]):
    """Pieces of text -> each item of the list that is finished and fits its schema, once.

    The list is the answer itself, or what an object around it holds first: an object that is an item, or may be one,
    is no such object. An item that does not fit is left to the end, when the list as a whole is checked, repaired and
    asked for again like any other value.
    """

    def __init__(
        self,
        item: Schema[T],
        sent: SentSchema | None,
        max_risk: Risk,
        quoted: Quoted | None = None,
        document: str | None = None,
    ) -> None:
        self._item = item
        self._sent = sent
        self._quoted = quoted
        self._max_risk = max_risk
        self._document = document
        self._reader = PartialReader(LIST_OR_OBJECT if sent is None else OBJECT)
        self._fields = shape_of(item).root_keys
        self._list: str | None = None
        self._given: list[T] = []

    def show(self, piece: str) -> Iterator[T]:
        """The items that this piece finishes."""
        self._reader.feed(piece)
        for path, value in self._reader.take_items():
            place = path.rpartition("/")[0]
            self._list = place if self._list is None else self._list
            if place == self._list and self._is_answer(place):
                yield from self._checked(value)

    def _is_answer(self, place: str) -> bool:
        """Whether the list at this place is the one that was asked for, as far as anybody can tell by now."""
        if not place or self._sent is not None:
            return place == ("" if self._sent is None else pointer([WRAPPER]))
        key = self._reader.first_key
        return key is not None and place == pointer([key]) and letters(key) not in self._fields

    def _checked(self, value: Json) -> Iterator[T]:
        """The item that a finished value is."""
        if self._sent is not None:
            listed = self._sent.back({WRAPPER: [value]})
            value = listed[0] if isinstance(listed, list) else value
        if self._quoted is not None:
            listed = self._quoted.split([value]).value
            value = listed[0] if isinstance(listed, list) and listed else value
        parsed = parse_text(self._item, exact_text(value), max_risk=self._max_risk, document=self._document)
        if parsed.ok:
            item: T = parsed.value  # pyright: ignore[reportAssignmentType]  an accepted None is a T
            self._given.append(item)
            yield item

    def show_rest(self, extraction: Extraction[Sequence[T]]) -> Iterator[T]:
        """The items of the accepted list that were not given yet.

        Raises ExtractionFailed where one that was given is not in it: asked again, the model gave another list.
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
                f"The list that was accepted in the end does not hold all of the {len(self._given)} items that were "
                f"already given, in their order: {waiting!r:.200} is missing. Drop them, and take the list from "
                ".attempts, or call extract, which gives nothing before the end.",
                attempts=extraction.attempts,
                usage=extraction.usage,
            )
        yield from rest


def _same(one: object, other: object) -> bool:
    """Whether two items are the same; by their words where they cannot be compared, as with NaN."""
    return one == other or repr(one) == repr(other)
