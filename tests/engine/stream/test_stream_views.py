"""Streaming without a wire: what is shown of an answer as it arrives, and the drivers that show it."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from structgen.compile import Brief, compile_brief
from structgen.core.errors import BudgetExceeded, ConnectionFailed, ExtractionFailed, StructgenError, TransportError
from structgen.core.finish_reasons import INTERRUPTED
from structgen.core.json import Json, steps
from structgen.core.options import Budget, Options, Risk
from structgen.core.records import Card, Completion
from structgen.core.results import Extraction, Partial
from structgen.engine import Line, Send, extraction
from structgen.engine.drive import adrive_shown, drive_shown
from structgen.engine.stream.stream_views import Finished, Growing
from structgen.forms import PlainForm, StrictForm, strict_form
from structgen.parse import parse_text
from structgen.schema import Schema

ANYTHING = PlainForm(Schema.of(True))


class Soup(BaseModel):
    title: str
    minutes: int


GOOD = '{"title": "Leek", "minutes": 10}'
Streamed = str | Completion


def line(attempts: int = 3) -> Line[Soup]:
    options = Options(budget=Budget(max_attempts=attempts))
    return extraction(compile_brief(Brief(Schema.of(Soup), "groq", "a", options, card=Card("a"))), "Leek, 10 minutes.")


def tokens(text: str, size: int = 4) -> Iterator[str]:
    return (text[start : start + size] for start in range(0, len(text), size))


Run = Callable[[Line[Any], "list[Streamed | TransportError]", "list[Completion]"], list[Any]]


@pytest.fixture(params=["sync", "async"])
def run(request: pytest.FixtureRequest) -> Run:
    """Everything that a driver shows: of the pieces of the first answer, and of the whole answers that follow."""

    def pieces_of(streamed: list[Streamed | TransportError]) -> Generator[Streamed, None, None]:
        for piece in streamed:
            if isinstance(piece, TransportError):
                raise piece
            yield piece

    def sync(asked: Line[Any], streamed: list[Streamed | TransportError], later: list[Completion]) -> list[Any]:
        waiting = iter(later)
        return list(drive_shown(asked, lambda _: pieces_of(streamed), lambda _: next(waiting), Growing(ANYTHING).show))

    async def awaited(
        asked: Line[Any], streamed: list[Streamed | TransportError], later: list[Completion]
    ) -> list[Any]:
        waiting = iter(later)

        async def arrive(_: Send) -> AsyncGenerator[Streamed, None]:
            for piece in pieces_of(streamed):
                yield piece

        async def perform(_: Send) -> Completion:
            return next(waiting)

        return [shown async for shown in adrive_shown(asked, arrive, perform, Growing(ANYTHING).show)]

    if request.param == "sync":
        return sync
    return lambda asked, streamed, later: asyncio.run(awaited(asked, streamed, later))


def test_the_value_grows_and_at_last_there_is_the_extraction(run: Run) -> None:
    *partials, result = run(line(), [*tokens(GOOD), Completion(GOOD)], [])
    assert all(isinstance(one, Partial) for one in partials)
    assert partials[0] == Partial({}, ("",))
    assert partials[-1] == Partial(json.loads(GOOD), ())
    assert Partial({"title": "L"}, ("", "/title")) in partials
    assert isinstance(result, Extraction)
    assert result.value == Soup(title="Leek", minutes=10)


def test_what_is_asked_again_comes_with_the_extraction(run: Run) -> None:
    bad = '{"title": "Leek"}'
    *partials, result = run(line(), [*tokens(bad), Completion(bad)], [Completion('{"/minutes": 10}')])
    assert partials[-1].value == {"title": "Leek"}
    assert result.value.minutes == 10
    assert len(result.attempts) == 2


def test_an_interrupted_answer_is_refused_as_cut_off_and_asked_again(run: Run) -> None:
    cut = Completion('{"title": "Leek", "minu', INTERRUPTED)
    result = run(line(), [cut.text, cut], [Completion(GOOD)])[-1]
    assert [issue.code for issue in result.attempts[0].issues] == ["cut_off"]
    assert result.value.minutes == 10


def test_the_budget_holds_as_ever(run: Run) -> None:
    with pytest.raises(BudgetExceeded) as caught:
        run(line(attempts=1), [Completion('{"title": "Leek", "minu', INTERRUPTED)], [])
    assert caught.value.partial == {"title": "Leek"}


def test_a_fault_of_the_wire_is_raised(run: Run) -> None:
    with pytest.raises(ConnectionFailed, match="gone"):
        run(line(), ['{"ti', ConnectionFailed("gone")], [])


def test_a_stream_without_a_completion_is_a_fault(run: Run) -> None:
    with pytest.raises(StructgenError, match="without a finish reason"):
        run(line(), ['{"title"'], [])


def test_closing_early_closes_the_pieces() -> None:
    closed: list[str] = []

    def arrive(_: Send) -> Generator[Streamed, None, None]:
        try:
            yield from tokens(GOOD)
        finally:
            closed.append("sync")

    async def aarrive(_: Send) -> AsyncGenerator[Streamed, None]:
        try:
            for piece in tokens(GOOD):
                yield piece
        finally:
            closed.append("async")

    async def never(_: Send) -> Completion:
        raise AssertionError

    shown = drive_shown(line(), arrive, lambda _: Completion(""), Growing(ANYTHING).show)
    next(shown)
    shown.close()

    async def look() -> None:
        arriving = adrive_shown(line(), aarrive, never, Growing(ANYTHING).show)
        await anext(arriving)
        await arriving.aclose()

    asyncio.run(look())
    assert closed == ["sync", "async"]


# Values in the strict form


class Leaf(BaseModel):
    kind: Literal["leaf"]
    size: int | None = None


class Branch(BaseModel):
    kind: Literal["branch"]
    parts: "list[Leaf | Branch]" = []


class Holder(BaseModel):
    name: str
    amount: int = 1
    scores: dict[str, int] = {}
    nested: dict[str, Leaf] = {}
    tree: Branch | Leaf | None = None


def strict_of(kind: object) -> StrictForm:
    found = strict_form(PlainForm(Schema.of(kind)))
    assert isinstance(found, StrictForm)
    return found


def shown_of(kind: object, value: Json, size: int = 4) -> list[Partial]:
    strict = strict_of(kind)
    growing = Growing(strict)
    text = json.dumps(strict.encode(value), ensure_ascii=False)
    return [shown for piece in tokens(text, size) for shown in growing.show(piece)]


def test_the_wrapper_around_a_root_is_not_shown() -> None:
    partials = shown_of(list[int], [10, 20])
    assert [one.value for one in partials] == [[], [10], [10, 20]]
    assert partials[0].open == ("", "/0")
    assert partials[-1].open == ()


def test_a_property_that_was_left_out_is_not_shown() -> None:
    partials = shown_of(Holder, {"name": "A"})
    assert '"amount": null' in json.dumps(strict_of(Holder).encode({"name": "A"}))
    assert partials[-1].value == {"name": "A", "tree": None}


def test_an_object_with_free_keys_is_shown_as_one() -> None:
    partials = shown_of(
        Holder, {"name": "A", "scores": {"x": 1, "y": 22}, "nested": {"l": {"kind": "leaf", "size": 3}}}, 1
    )
    values = [one.value for one in partials if isinstance(one.value, dict)]
    scores = [value["scores"] for value in values if "scores" in value]
    assert all(isinstance(one, dict) for one in scores)
    assert {} in scores
    assert {"x": 1} in scores
    assert "/nested/l" in {path for one in partials for path in one.open}
    assert not any("/value" in path or "/key" in path for one in partials for path in one.open)


def test_an_entry_whose_key_comes_again_does_not_change_what_was_shown() -> None:
    growing = Growing(strict_of(Holder))
    text = '{"name": "A", "scores": [{"key": "x", "value": 1}, {"key": "x", "value": 2}, {"key": "y", "value": 3}, '
    shown = [one.value for piece in tokens(text, 1) for one in growing.show(piece)]
    scores = [value["scores"] for value in shown if isinstance(value, dict) and value.get("scores")]
    assert scores[0] == {"x": 1}
    assert scores[-1] == {"x": 1, "y": 3}


json_values = st.recursive(
    st.one_of(st.builds(lambda n: {"kind": "leaf", "size": n}, st.integers(0, 99))),
    lambda parts: st.builds(lambda p: {"kind": "branch", "parts": p}, st.lists(parts, max_size=3)),
    max_leaves=8,
)
holders = st.builds(
    lambda name, scores, nested, tree: {"name": name, "scores": scores, "nested": nested, "tree": tree},
    st.text(max_size=5),
    st.dictionaries(st.text(max_size=3), st.integers(0, 999), max_size=4),
    st.dictionaries(st.text(max_size=3), st.just({"kind": "leaf", "size": 1}), max_size=3),
    st.one_of(st.none(), json_values),
)


@settings(deadline=None, max_examples=100)
@given(holders, st.integers(1, 9))
def test_the_last_partial_is_the_plain_value_and_every_open_path_stands_in_it(value: Any, size: int) -> None:
    strict = strict_of(Holder)
    partials = shown_of(Holder, value, size)
    assert partials[-1] == Partial(strict.unwrap(strict.encode(value)), ())
    for one in partials:
        for path in one.open[:-1]:
            at: Any = one.value
            for step in steps(path):
                at = at[int(step)] if isinstance(at, list) else at[step]


def test_partials_that_were_given_out_never_change() -> None:
    partials: list[tuple[Partial, str]] = []
    strict = strict_of(Holder)
    growing = Growing(strict)
    value: Json = {"name": "A", "scores": {"x": 1, "y": 2}, "tree": {"kind": "branch", "parts": [{"kind": "leaf"}] * 3}}
    for piece in tokens(json.dumps(strict.encode(value))):
        partials.extend((one, repr(one)) for one in growing.show(piece))
    assert all(repr(one) == then for one, then in partials)


# Items


@dataclass
class Price:
    name: str
    amount: Decimal


def items_of(
    kind: Any, text: str, strict: bool = False, risk: Risk = Risk.INTERPRETIVE
) -> tuple[Finished[Any], list[Any]]:
    finished = Finished[Any](
        Schema.of(kind), strict_of(list[kind]) if strict else PlainForm(Schema.of(list[kind])), Options(max_risk=risk)
    )
    return finished, [item for piece in tokens(text) for item in finished.show(piece)]


def accepted(value: list[Any]) -> Extraction[list[Any]]:
    return Extraction(value)


ROWS = [Soup(title="Leek", minutes=10), Soup(title="Pea", minutes=20)]


@pytest.mark.parametrize("wrapping", ["{}", '{{"value": {}}}', "Here they are:\n```json\n{}\n```", '{{"soups": {}}}'])
def test_each_item_comes_once_as_soon_as_it_is_finished(wrapping: str) -> None:
    text = wrapping.format(f"[{GOOD}, {GOOD.replace('Leek', 'Pea').replace('10', '20')}]")
    finished = Finished[Soup](Schema.of(Soup), PlainForm(Schema.of(list[Soup])), Options())
    seen = [(item, text.index(piece)) for piece in tokens(text, 3) for item in finished.show(piece)]
    assert [item for item, _ in seen] == ROWS
    assert seen[0][1] < text.index("Pea")
    assert list(finished.show_rest(accepted(ROWS))) == []


def test_items_come_out_of_the_strict_form() -> None:
    class Row(BaseModel):
        name: str
        scores: dict[str, int] = {}

    text = '{"value": [{"name": "a", "scores": [{"key": "x", "value": 1}]}, {"name": "b", "scores": null}]}'
    assert items_of(Row, text, strict=True)[1] == [Row(name="a", scores={"x": 1}), Row(name="b")]


def test_an_item_that_does_not_fit_comes_last_once_it_was_mended() -> None:
    finished, seen = items_of(Soup, f'[{{"title": "Pea"}}, {GOOD}]')
    assert seen == [ROWS[0]]
    assert list(finished.show_rest(accepted([ROWS[1], ROWS[0]]))) == [ROWS[1]]


def test_items_that_the_accepted_list_no_longer_holds_are_an_error() -> None:
    finished, _ = items_of(Soup, f"[{GOOD}]")
    with pytest.raises(ExtractionFailed, match=r"1 items.*Leek.*is missing"):
        list(finished.show_rest(accepted([ROWS[1]])))


def test_items_that_were_never_seen_all_come_at_the_end() -> None:
    finished, seen = items_of(Soup, GOOD)
    assert seen == []
    assert list(finished.show_rest(accepted(ROWS))) == ROWS


def test_lists_within_items_and_second_lists_are_none_of_the_items() -> None:
    assert items_of(list[int], '{"a": [[1, 2], [3]], "b": [[4]]}')[1] == [[1, 2], [3]]


class Part(BaseModel):
    name: str
    parts: list["Part"] = []


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "a", "parts": [{"name": "b"}]}',
        '{"parts": [{"name": "b"}], "name": "a"}',
        '{"Parts": [{"name": "b"}], "name": "a"}',
        '{"note": "x", "found": [{"name": "b"}]}',
        '{"found": {"all": [{"name": "b"}]}}',
        '{"name": "a", "parts": [{"name": "b"}]}\n{"name": "c"}',
    ],
)
def test_a_list_that_may_be_a_part_of_an_item_is_none_of_items(text: str) -> None:
    finished, seen = items_of(Part, text)
    assert seen == []
    parsed = parse_text(Schema.of(list[Part]), text)
    if parsed.ok:
        assert list(finished.show_rest(accepted(parsed.value or []))) == parsed.value


@pytest.mark.parametrize(
    "text", [f"[{GOOD}],\n[{GOOD.replace('Leek', 'Pea')}]", f"See [1]: [{GOOD}]", f"[sic] [{GOOD}]"]
)
def test_what_was_given_early_is_what_the_whole_is_read_as(text: str) -> None:
    finished, seen = items_of(Soup, text)
    whole = parse_text(Schema.of(list[Soup]), text).value
    assert whole is not None
    assert [*seen, *finished.show_rest(accepted(whole))] == whole


def test_repairs_beyond_the_allowed_risk_wait_for_the_end() -> None:
    text = '[{"title": "Leek", "minutes": "10"}]'
    assert items_of(Soup, text)[1] == ROWS[:1]
    assert items_of(Soup, text, risk=Risk.LOSSLESS)[1] == []


@pytest.mark.parametrize(
    "refused", ['{"title": "Pea", "title": "Leek", "minutes": 1}', '{"title": "Pea \\ud83d!", "minutes": 1}']
)
def test_what_the_reading_of_the_whole_refuses_is_not_given_early(refused: str) -> None:
    assert items_of(Soup, f"[{GOOD}, {refused}]")[1] == ROWS[:1]


def test_digits_that_no_float_holds_are_kept_in_items_too() -> None:
    text = '[{"name": "a", "amount": 0.1234567890123456789}, {"name": "b", "amount": 1.5}]'
    finished, seen = items_of(Price, text)
    whole = [Price("a", Decimal("0.1234567890123456789")), Price("b", Decimal("1.5"))]
    assert seen == whole
    assert list(finished.show_rest(accepted(whole))) == []


def test_items_that_equal_nothing_are_known_by_their_words() -> None:
    finished, seen = items_of(float, "[1.5, 2.5]")
    assert seen == [1.5, 2.5]
    given_out = float("nan")
    finished._given = [given_out]
    assert list(finished.show_rest(accepted([float("nan")]))) == []
