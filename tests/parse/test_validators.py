"""User validators run at most twice for a value, whatever repairs a response needs."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator
from pydantic.dataclasses import dataclass as checked_dataclass

from structgen import Extractor, Mode, Options
from structgen.core.options import Risk
from structgen.parse.response import Parts, parse_parts
from structgen.schema import Schema
from structgen.testing import Emulator, reply
from tests.parse.samples import read

RUNS: Counter[tuple[str, str]] = Counter()


@pytest.fixture(autouse=True)
def counted() -> Iterator[None]:
    RUNS.clear()
    yield
    RUNS.clear()


def ran(what: str, value: object) -> None:
    """Count a value that a validator sees."""
    RUNS[what, str(value)] += 1


def most() -> int:
    """Return how often a validator saw the same value at most."""
    return max(RUNS.values(), default=0)


class Soup(BaseModel):
    name: str
    serves: int = 4
    made: date | None = None
    tags: set[str] = set()

    @field_validator("name")
    @classmethod
    def see_name(cls, name: str) -> str:
        ran("name", name)
        return name

    @field_validator("serves", mode="before")
    @classmethod
    def see_serves(cls, serves: Any) -> Any:
        ran("serves", serves)
        return serves

    @field_validator("tags", mode="before")
    @classmethod
    def split(cls, tags: Any) -> Any:
        ran("tags", tags)
        return tags.split(",") if isinstance(tags, str) else tags

    @model_validator(mode="after")
    def see_all(self) -> "Soup":
        ran("soup", self.name)
        return self


def seen(name: str) -> str:
    ran("named", name)
    return name


class Cat(BaseModel):
    name: Annotated[str, AfterValidator(seen)]
    lives: int


class Dog(BaseModel):
    name: Annotated[str, AfterValidator(seen)]
    tricks: int


class Number(BaseModel):
    name: Annotated[str, AfterValidator(seen)]
    value: int


class Word(BaseModel):
    name: Annotated[str, AfterValidator(seen)]
    value: str


class Drawn(BaseModel):
    """Only its validator distinguishes it from a picture."""

    name: str
    kind: str

    @field_validator("kind")
    @classmethod
    def is_drawn(cls, kind: str) -> str:
        ran("drawn", kind)
        if kind != "drawing":
            raise ValueError("is no drawing")
        return kind


class Painted(BaseModel):
    name: str
    kind: str

    @field_validator("kind")
    @classmethod
    def is_painted(cls, kind: str) -> str:
        ran("painted", kind)
        if kind != "painting":
            raise ValueError("is no painting")
        return kind


class Built(BaseModel):
    name: Annotated[str, AfterValidator(seen)]
    size: int = 1

    def __init__(self, **given: Any) -> None:
        ran("built", given.get("name"))
        super().__init__(**given)


@checked_dataclass
class Pan:
    name: Annotated[str, AfterValidator(seen)]
    size: int = 1

    def __post_init__(self) -> None:
        ran("pan", self.name)


@dataclass
class Plain:
    name: Annotated[str, BeforeValidator(seen)]
    price: Decimal


RESPONSES = [
    (Soup, '{"name": "a"}', 1),
    (Soup, '```json\n{"name": "a", "serves": 2}\n```', 1),
    (Soup, '{"Name": "a", "serves": 2}', 1),
    (Soup, '{"name": "a", "serves": "2"}', 2),
    (Soup, '{"name": "a", "serves": 2, "more": 1}', 2),
    (Soup, '{"Name": "a", "serves": "2", "more": 1}', 2),
    (Soup, '{"name": "a", "serves": null}', 2),
    (Soup, '{"Name": "a", "serves": null, "tags": "x,y"}', 2),
    (Soup, '{"name": "a", "tags": "x,y"}', 2),
    (Soup, '{"Name": "a", "tags": "x,y", "serves": "1,200"}', 2),
    (Soup, '{"name": "a", "made": "March 5, 2024"}', 1),
    (Soup, '{"name": "a", "made": "March 5, 2024", "tags": "x"}', 2),
    (Soup, "{'name': 'a', 'serves': 2,}", 1),
    (Soup, '{"name": "a"} {"name": "a"}', 1),
    (Soup, '{"name": "a"}\n{"Name": "a"}', 1),
    (list[Soup], '[{"name": "a"}, {"name": "b", "serves": "3"}]', 2),
    (list[Soup], '{"name": "a"}\n{"name": "b"}', 1),
    (list[Soup], '[{"name": "a"}], [{"name": "b"}]', 1),
    (dict[str, Soup], '{"x": {"name": "a", "serves": "3"}}', 2),
    (Cat | Dog, '{"name": "a", "tricks": 1}', 1),
    (Cat | Dog, '{"name": "a", "tricks": "1"}', 1),
    (list[Cat | Dog], '[{"name": "a", "tricks": 1}, {"name": "b", "lives": 9.0}]', 1),
    (Number | Word, '{"name": "a", "value": 1}', 1),
    (Number | Word, '{"name": "a", "value": "one"}', 1),
    (Built, '{"name": "a"}', 1),
    (Built, '{"name": "a", "size": "2"}', 2),
    (Built, '{"name": "a", "size": 2, "more": 1}', 2),
    (Pan, '{"name": "a"}', 1),
    (Pan, '{"name": "a", "size": "2"}', 1),
    (Plain, '{"name": "a", "price": 12345678901234567.89}', 2),
    (Plain, '{"name": "a", "price": "$1,299.00"}', 2),
]


@pytest.mark.parametrize(("schema", "text", "times"), RESPONSES)
def test_no_validator_sees_a_value_more_than_twice(schema: Any, text: str, times: int) -> None:
    parsed = read(schema, text)
    assert parsed.ok, parsed.issues
    assert most() <= times


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        (Soup, '{"name": "a", "serves": "few"}'),
        (Soup, '{"Name": "a", "serves": "few", "made": 5}'),
        (Soup, '{"name": "a", "serves": 1.5, "more": 2}'),
        (Soup, '{"name": "a"} and {"name": "b"}'),
        (Cat | Dog, '{"name": "a"}'),
        (Drawn, '{"name": "a", "kind": "print"}'),
        (Built, '{"name": "a", "size": "large"}'),
    ],
)
def test_no_validator_sees_a_value_more_than_twice_if_the_response_is_refused(schema: Any, text: str) -> None:
    assert not read(schema, text).ok
    assert most() <= 2


@pytest.mark.parametrize("kind", ["drawing", "painting", "print"])
def test_a_union_that_only_validators_can_decide_runs_them_once_more(kind: str) -> None:
    read(Drawn | Painted, json.dumps({"name": "a", "kind": kind}))
    assert most() <= 3


def test_each_drop_under_lossy_shows_the_value_once_more() -> None:
    parsed = read(list[Soup], '[{"name": "a"}, {"name": 5}]', max_risk=Risk.LOSSY)
    assert [soup.name for soup in parsed.value] == ["a"]
    assert most() <= 3


def test_equal_tool_calls_are_shown_once() -> None:
    parsed = parse_parts(Schema.of(Soup), Parts(('{"name": "a"}', '{"name": "a"}')))
    assert parsed.ok
    assert most() == 1


def test_places_that_validators_fault_are_aligned_again() -> None:
    parsed = read(Soup, '{"Name": "a", "serves": "1,200", "tags": "x,y"}')
    assert (parsed.value.serves, parsed.value.tags) == (1200, {"x", "y"})
    assert [(repair.rule, repair.path) for repair in parsed.repairs] == [("key", "/name"), ("number", "/serves")]
    parsed = read(Soup, '{"Name": "a", "serves": null}')
    assert [(repair.rule, repair.path) for repair in parsed.repairs] == [("key", "/name"), ("null_absent", "/serves")]


def test_each_answer_to_a_question_is_shown_at_most_twice(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('{"name": "a", "serves": "few"}'), reply('{"/serves": "3"}'))
    result = Extractor(options=Options(mode=Mode.JSON)).extract(Soup, "A soup for 3.")
    assert (result.value.serves, len(result.attempts)) == (3, 2)
    assert RUNS["name", "a"] <= 2 * len(result.attempts)


def test_a_streamed_item_is_shown_with_its_list_too(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('{"value": [{"name": "a"}, {"name": "b", "serves": "2"}]}'))
    options = Options(mode=Mode.TOOLS)
    assert [soup.name for soup in Extractor(options=options).stream_items(Soup, "Two soups.")] == ["a", "b"]
    assert RUNS["name", "a"] <= 1 + 2
    assert RUNS["name", "b"] <= 2 + 2


def test_a_chunk_is_shown_twice_and_so_is_the_whole(groq_emulator: Emulator) -> None:
    class Menu(BaseModel):
        title: str
        soups: list[Soup]

    text = "Menu: Today.\n\n" + "\n\n".join(f"Soup {name}, for four and no more. " * 6 for name in "ab")
    groq_emulator.script(
        reply('{"title": "Today", "soups": [{"name": "a"}]}'),
        reply('{"title": null, "soups": [{"name": "b"}]}'),
        repeat_last=True,
    )
    result = Extractor(options=Options(mode=Mode.JSON, chunk_chars=220)).extract(Menu, text)
    assert len(result.chunks) > 1
    assert RUNS["name", "a"] <= 2 + 2
    assert RUNS["name", "b"] <= 2 * (len(result.chunks) - 1) + 2


class Tagged(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: Literal["a", "b"]
    name: Annotated[str, AfterValidator(seen)]
    other: int = Field(1, alias="also")


@pytest.mark.parametrize("text", ['{"kind": "A", "name": "x"}', '{"kind": "a", "name": "x", "Also": "2"}'])
def test_choices_and_aliases_are_settled_before_any_validator_runs(text: str) -> None:
    assert read(Tagged, text).ok
    assert most() == 1
