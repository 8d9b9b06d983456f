"""Schemas with quotes: every value goes there and comes back with its quotes, whatever the schema."""

import json
from collections.abc import Iterator
from typing import Any, Literal, Union

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import BaseModel, Field

from structgen.core.json import pointer
from structgen.forms.quotes import Quoted, QuotesRefusal, free_keys, with_quotes
from structgen.forms.quotes.quote_writer import Work
from structgen.forms.strict import StrictRefusal, StrictSchema, strict_of
from structgen.schema import Schema
from structgen.testing.emulator.chat.request_checks import check_strict

NAMES = ("a", "b", "c", "quote", "value", "x/y", "Quote")
WORDS = st.text(st.characters(codec="utf-8"), max_size=5)


def quoted(schema: object) -> Quoted:
    made = with_quotes(Schema.of(schema))
    assert isinstance(made, Quoted), made
    return made


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, path + pointer([key]))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, f"{path}/{index}")
    else:
        yield path, value


# Any schema

SCALARS = st.sampled_from(
    [
        ({"type": "string"}, WORDS),
        ({"type": "integer"}, st.integers(-9, 9)),
        ({"type": "boolean"}, st.booleans()),
        ({"type": ["string", "null"]}, st.none() | WORDS),
        ({"anyOf": [{"type": "number"}, {"type": "null"}], "default": None}, st.none() | st.integers(0, 9)),
        ({"enum": ["x", "y", None]}, st.sampled_from(["x", "y", None])),
        ({"const": "k"}, st.just("k")),
        ({"$ref": "#/$defs/Color"}, st.sampled_from(["red", "blue"])),
        ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, WORDS | st.integers(0, 9)),
        ({"anyOf": [{"const": "auto"}, {"type": "integer"}]}, st.just("auto") | st.integers(0, 9)),
        ({}, st.just({"quote": "kept", "value": 1}) | WORDS),
        ({"type": "object"}, st.just({"quote": None, "value": "kept"})),
        ({"type": "object", "not": {"required": ["z"]}, "properties": {"q": {"type": "string"}}}, st.just({"q": "x"})),
    ]
)


def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    def record(fields: dict[str, Any]) -> Any:
        schema = {"type": "object", "properties": {key: one[0] for key, one in fields.items()}}
        return schema, st.fixed_dictionaries({}, optional={key: one[1] for key, one in fields.items()})

    def tagged(pair: tuple[Any, Any]) -> Any:
        options, values = [], []
        for tag, (schema, value) in zip(("one", "two"), pair, strict=True):
            kind = {"enum": [tag, f"{tag}!"]}
            options.append({"type": "object", "properties": {"kind": kind, "held": schema}, "required": ["kind"]})
            values.append(st.fixed_dictionaries({"kind": st.sampled_from([tag, f"{tag}!"]), "held": value}))
        return {"anyOf": options}, st.one_of(values)

    return st.one_of(
        inner.map(lambda one: ({"type": "array", "items": one[0]}, st.lists(one[1], max_size=3))),
        inner.map(
            lambda one: (
                {"type": "object", "additionalProperties": one[0]},
                st.dictionaries(st.sampled_from(NAMES), one[1], max_size=3),
            )
        ),
        st.lists(inner, min_size=1, max_size=2).map(
            lambda some: (
                {"type": "array", "prefixItems": [one[0] for one in some], "items": False},
                st.tuples(*(one[1] for one in some)).map(list),
            )
        ),
        st.dictionaries(st.sampled_from(NAMES), inner, min_size=1, max_size=4).map(record),
        inner.map(lambda one: ({"anyOf": [one[0], {"type": "null"}]}, st.none() | one[1])),
    ) | st.tuples(SCALARS.filter(lambda one: one[0] != {}), SCALARS).map(tagged)


KINDS = st.recursive(SCALARS, nested, max_leaves=8)


@settings(deadline=None, max_examples=200)
@given(KINDS, st.data())
def test_every_value_goes_there_and_comes_back_with_its_quotes(kind: tuple[Any, Any], data: st.DataObject) -> None:
    schema = {**kind[0], "$defs": {"Color": {"enum": ["red", "blue"]}}}
    made = with_quotes(Schema.of(schema))
    if isinstance(made, QuotesRefusal):
        assert made.reason
        return
    value = data.draw(kind[1])
    asked = made.asked(value)
    assert asked.keys() <= {path for path, leaf in leaves(value) if leaf is not None}
    quotes = {path: data.draw(st.none() | WORDS) for path in asked}
    answer = made.forward(value, quotes)
    assert made.schema.check(answer) == ()
    split = made.split(answer)
    assert split.value == value
    assert split.quotes == quotes


@settings(deadline=None, max_examples=100)
@given(KINDS, st.data())
def test_where_the_server_takes_the_schema_it_takes_the_one_with_quotes(
    kind: tuple[Any, Any], data: st.DataObject
) -> None:
    schema = Schema.of({**kind[0], "$defs": {"Color": {"enum": ["red", "blue"]}}})
    made, plain = with_quotes(schema), strict_of(schema)
    if isinstance(made, QuotesRefusal) or isinstance(plain, StrictRefusal) or check_strict(plain.json_schema):
        return
    strict = strict_of(made.schema)
    if isinstance(strict, StrictRefusal):  # a tuple's places are one union there, and two pairs look alike
        assert "prefixItems" in json.dumps(kind[0])
        return
    assert check_strict(strict.json_schema) is None
    value = data.draw(kind[1])
    answer = strict.forward(made.forward(value, {}))
    Draft202012Validator(strict.json_schema).validate(answer)
    assert made.split(strict.back(answer)).value == plain.back(plain.forward(value))


@settings(deadline=None, max_examples=80)
@given(
    KINDS,
    st.recursive(
        st.none() | st.booleans() | st.integers() | WORDS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
        max_leaves=10,
    ),
)
def test_an_answer_of_any_shape_is_split_without_an_error(kind: tuple[Any, Any], answer: Any) -> None:
    made = with_quotes(Schema.of({**kind[0], "$defs": {"Color": {"enum": ["red", "blue"]}}}))
    if isinstance(made, Quoted):
        json.dumps(made.split(answer).value)


# What is quoted, and how


class Item(BaseModel):
    """One line."""

    name: str = Field(description="As printed")
    price: float | None = None


class Bill(BaseModel):
    kind: Literal["bill"] = "bill"
    paid: bool
    tags: list[str]
    items: list[Item]
    by_day: dict[str, int] = Field(default_factory=dict)


def test_every_single_value_becomes_a_pair_and_nothing_else_changes() -> None:
    assert quoted(Bill).schema.outline() == (
        "{\n"
        '  kind?: "bill" = "bill"\n'
        "  paid: {quote: string | null, value: boolean}\n"
        "  tags: {quote: string | null, value: string}[]\n"
        "  items: Item[]\n"
        "  by_day?: {[key]: {quote: string | null, value: integer}}\n"
        "}\n"
        "type Item = { // One line.\n"
        "  name: {quote: string | null, value: string} // As printed\n"
        "  price?: {quote: string | null, value: number} | null = null\n"
        "}"
    )


def test_the_quote_comes_before_the_value() -> None:
    assert list(quoted(int).schema.json_schema["properties"]) == ["quote", "value"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (int, "{quote: string | null, value: integer}"),
        (int | None, "{quote: string | null, value: integer} | null"),
        (Literal["a", "b"], '{quote: string | null, value: "a" | "b"}'),
        (Literal["a", "b", None], '{quote: string | null, value: "a" | "b"} | null'),
        (int | str, "{quote: string | null, value: integer | string}"),
        (list[str] | str, "{quote: string | null, value: string}[] | {quote: string | null, value: string}"),
    ],
)
def test_unions_and_roots_are_one_pair(kind: Any, words: str) -> None:
    assert quoted(kind).schema.outline() == words


def test_single_values_beside_an_object_are_one_pair() -> None:
    made = quoted(Union[int, Item, Literal["auto"], None])
    assert made.schema.outline().startswith('{quote: string | null, value: integer | "auto"} | Item | null\n')
    for value in (5, "auto", None, {"name": "x", "price": 2}):
        answer = made.forward(value, {})
        assert made.schema.check(answer) == ()
        assert made.split(answer).value == value


def test_a_constant_beside_an_object_stays_as_it_is() -> None:
    made = quoted(Union[Item, Literal["none"]])
    assert made.schema.outline().startswith('Item | "none"\n')
    assert made.forward("none", {}) == "none"


def test_a_tagged_union_keeps_its_remark() -> None:
    class Cat(BaseModel):
        kind: Literal["cat"]
        lives: int

    class Dog(BaseModel):
        kind: Literal["dog"]
        name: str

    class Home(BaseModel):
        pet: Union[Cat, Dog] = Field(discriminator="kind")

    made = quoted(Home)
    assert "(by kind)" in made.schema.outline()
    answer = made.forward({"pet": {"kind": "dog", "name": "Rex"}}, {"/pet/name": "Rex"})
    assert answer == {"pet": {"kind": "dog", "name": {"quote": "Rex", "value": "Rex"}}}
    assert made.schema.check(answer) == ()


def test_a_choice_that_is_the_same_in_every_form_tells_nothing_apart_and_is_quoted() -> None:
    def form(name: str) -> Any:
        return {"properties": {"kind": {"const": name}, "mood": {"enum": ["good", "bad"]}}, "required": ["kind"]}

    made = quoted({"anyOf": [{"type": "object", **form("a")}, {"type": "object", **form("b")}]})
    answer = made.forward({"kind": "a", "mood": "bad"}, {"/mood": "awful"})
    assert answer == {"kind": "a", "mood": {"quote": "awful", "value": "bad"}}
    assert made.split(answer).quotes == {"/mood": "awful"}


def test_a_tag_says_whether_what_looks_like_a_pair_is_one() -> None:
    options = [
        {"type": "object", "properties": {"kind": {"const": kind}, "held": held}, "required": ["kind"]}
        for kind, held in (("number", {"type": "integer"}), ("free", {}))
    ]
    made = quoted({"anyOf": options})
    held = {"quote": "kept", "value": 1}
    assert made.split({"kind": "free", "held": held}).value == {"kind": "free", "held": held}
    assert made.split({"kind": "number", "held": held}).value == {"kind": "number", "held": 1}
    assert made.forward({"kind": "free", "held": 1}, {}) == {"kind": "free", "held": 1}


def test_where_other_keys_are_forbidden_the_keys_of_a_pattern_are_quoted() -> None:
    section = {"type": "object", "properties": {"label": {"type": "string"}}, "additionalProperties": False}
    schema = {"type": "object", "patternProperties": {"^s": section}, "additionalProperties": False}
    made = quoted(schema)
    answer = made.forward({"s1": {"label": "One"}}, {"/s1/label": "Section One"})
    assert answer == {"s1": {"label": {"quote": "Section One", "value": "One"}}}
    assert made.schema.check(answer) == ()
    assert made.split({"S-1": {"labels": {"quote": "x", "value": "y"}}}).value == {"S-1": {"labels": "y"}}


def test_a_default_stands_where_its_value_does() -> None:
    class Cup(BaseModel):
        size: int = 5
        fill: int | None = None

    assert quoted(Cup).schema.outline() == (
        "{\n"
        "  size?: {quote: string | null, value: integer = 5}\n"
        "  fill?: {quote: string | null, value: integer} | null = null\n"
        "}"
    )


def test_what_tells_the_objects_of_a_union_apart_is_not_quoted() -> None:
    class Cat(BaseModel):
        kind: Literal["cat", "kitten"]
        lives: int

    class Dog(BaseModel):
        kind: Literal["dog"]
        tricks: list[str]

    made = quoted(Union[Cat, Dog])
    value = {"kind": "kitten", "lives": 9}
    assert made.forward(value, {}) == {"kind": "kitten", "lives": {"quote": None, "value": 9}}
    assert isinstance(strict_of(made.schema), StrictSchema)


def test_a_schema_that_holds_itself_is_quoted_at_every_depth() -> None:
    class Node(BaseModel):
        label: str
        inside: list["Node"] = []

    Node.model_rebuild()
    made = quoted(Node)
    value = {"label": "a", "inside": [{"label": "b", "inside": []}]}
    split = made.split(made.forward(value, {"/label": "an a", "/inside/0/label": "a b"}))
    assert split.value == value
    assert split.quotes == {"/label": "an a", "/inside/0/label": "a b"}


def test_a_reference_to_the_root_stays_one() -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}, "next": {"$ref": "#"}}, "required": ["n"]}
    made = quoted(schema)
    value = {"n": 1, "next": {"n": 2}}
    answer = made.forward(value, {"/next/n": "two"})
    assert made.schema.check(answer) == ()
    assert made.split(answer).quotes == {"/n": None, "/next/n": "two"}


def test_a_definition_that_is_needed_with_quotes_and_without_gets_two_names() -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/P"}, "b": {"not": {"$ref": "#/$defs/P"}}},
        "$defs": {"P": {"type": "object", "properties": {"n": {"type": "integer"}}}},
    }
    made = quoted(schema)
    assert set(made.schema.json_schema["$defs"]) == {"P", "P_2"}  # type: ignore[arg-type, call-overload, index]
    assert made.forward({"a": {"n": 1}, "b": {"n": 1}}, {}) == {"a": {"n": {"quote": None, "value": 1}}, "b": {"n": 1}}


def test_a_lone_allof_is_what_it_refers_to() -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"allOf": [{"$ref": "#/$defs/P"}], "description": "A p"}},
        "$defs": {"P": {"type": "object", "properties": {"n": {"type": "integer"}}}},
    }
    assert quoted(schema).schema.outline() == (
        "{\n  a?: P // A p\n}\ntype P = {n?: {quote: string | null, value: integer}}"
    )


def test_references_by_pointer_and_anchor_are_followed() -> None:
    schema = {
        "properties": {
            "a": {"$anchor": "here", "type": "object", "properties": {"n": {"type": "integer"}}},
            "b": {"$ref": "#here"},
            "c": {"$ref": "#/properties/a/properties/n"},
        }
    }
    value = {"a": {"n": 1}, "b": {"n": 2}, "c": 3}
    made = quoted(schema)
    assert made.schema.check(made.forward(value, {})) == ()
    assert made.split(made.forward(value, {"/c": "three"})).quotes == {"/a/n": None, "/b/n": None, "/c": "three"}


@pytest.mark.parametrize(
    ("properties", "keys"),
    [
        (["a"], ("quote", "value")),
        (["Quote"], ("words", "value")),
        (["quote", "words", "source_quote"], ("source_quote_2", "value")),
        (["value", "is"], ("quote", "quoted_value")),
    ],
)
def test_the_keys_of_a_pair_are_names_that_no_property_has(properties: list[str], keys: tuple[str, str]) -> None:
    found = free_keys({"properties": {name: {"type": "string"} for name in properties}})
    assert (found.quote, found.value) == keys


def test_a_property_of_that_name_keeps_its_meaning() -> None:
    schema = {"type": "object", "properties": {"quote": {"type": "string"}, "value": {"type": "string"}}}
    made = quoted(schema)
    value = {"quote": "To be", "value": "x"}
    assert made.split(made.forward(value, {"/quote": "he said: To be"})).value == value
    assert made.split(made.forward(value, {"/quote": "he said: To be"})).quotes["/quote"] == "he said: To be"


@pytest.mark.parametrize("schema", [True, {}, {"type": "object"}, {"const": 5}, {"type": "array"}, {"type": "null"}])
def test_what_holds_no_value_of_a_known_type_is_refused_with_the_reason(schema: Any) -> None:
    made = with_quotes(Schema.of(schema))
    assert isinstance(made, QuotesRefusal)
    assert "no value of a known type" in made.reason


def test_a_union_with_an_object_of_free_keys_stays_as_it_is() -> None:
    made = with_quotes(Schema.of({"anyOf": [{"type": "string"}, {"additionalProperties": {"type": "string"}}]}))
    assert isinstance(made, QuotesRefusal)


def test_a_schema_that_unfolds_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Work.__init__, "__defaults__", (10,))
    made = with_quotes(Schema.of(Bill))
    assert isinstance(made, QuotesRefusal)


def test_hostile_unions_take_bounded_steps() -> None:
    definitions = {
        f"d{n}": {"anyOf": [{"$ref": f"#/$defs/d{n + 1}"}, {"$ref": f"#/$defs/d{n + 1}"}]} for n in range(60)
    }
    definitions["d60"] = {"type": "object", "properties": {"n": {"type": "integer"}}}
    made = with_quotes(Schema.of({"$ref": "#/$defs/d0", "$defs": definitions}))
    assert isinstance(made, Quoted | QuotesRefusal)


# The way back


def test_a_value_without_its_quote_has_none() -> None:
    split = quoted(Bill).split({"paid": True, "tags": ["a"], "items": [{"name": {"value": "x"}, "price": None}]})
    assert split.value == {"paid": True, "tags": ["a"], "items": [{"name": "x", "price": None}]}
    assert split.quotes == {"/paid": None, "/tags/0": None, "/items/0/name": None}


@pytest.mark.parametrize("quote", [None, 5, ["two", "words"], {"text": "x"}, True])
def test_a_quote_that_is_no_text_is_none(quote: Any) -> None:
    split = quoted(Bill).split({"paid": {"quote": quote, "value": True}})
    assert split.value == {"paid": True}
    assert split.quotes == {"/paid": None}


def test_one_quote_for_a_whole_list_is_that_of_each_item() -> None:
    split = quoted(Bill).split({"tags": {"quote": "a and b", "value": ["a", {"quote": "b", "value": "b"}]}})
    assert split.value == {"tags": ["a", "b"]}
    assert split.quotes == {"/tags/0": "a and b", "/tags/1": "b"}


def test_keys_in_another_spelling_are_split_too() -> None:
    split = quoted(Bill).split({"Paid": {"Quote": "paid", "VALUE": True}, "unknown": {"quote": "u", "value": 1}})
    assert split.value == {"Paid": True, "unknown": 1}
    assert split.quotes == {"/Paid": "paid", "/unknown": "u"}


def test_what_else_stands_in_a_pair_is_left_out_where_only_a_single_value_may_stand() -> None:
    answer: Any = {"paid": {"quote": "paid", "value": True, "confidence": 0.9}}
    split = quoted(Bill).split(answer)
    assert (split.value, split.quotes) == ({"paid": True}, {"/paid": "paid"})
    half: Any = {"paid": {"value": True, "confidence": 0.9}}
    assert quoted(Bill).split(half).value == half


def test_an_object_with_more_keys_is_no_pair_where_an_object_may_stand() -> None:
    answer: Any = {"quote": "a", "value": 1, "shop": "b"}
    assert quoted(Union[int, Bill]).split(answer).value == answer


@pytest.mark.parametrize("kind", [Bill | None, list[int] | None])
def test_null_may_come_as_a_pair_wherever_it_may_stand(kind: Any) -> None:
    assert quoted(kind).split({"quote": None, "value": None}).value is None


def test_a_pair_without_its_value_is_left_out() -> None:
    split = quoted(Bill).split({"paid": {"quote": "paid"}, "tags": [{"quote": "a"}, {"quote": "b", "value": "b"}]})
    assert split.value == {"tags": [None, "b"]}
    assert quoted(list[str]).split([{"value": "a"}, {"quote": "b"}]).value == ["a"]
    assert quoted(int).split({"quote": "x"}).value is None


def test_paths_of_an_answer_lead_to_those_of_the_value() -> None:
    split = quoted(Bill).split({"paid": {"quote": "p", "value": True}, "tags": {"quote": "t", "value": ["a"]}})
    assert split.moved("/paid/quote") == "/paid"
    assert split.moved("/paid/value") == "/paid"
    assert split.moved("/tags/value/0") == "/tags/0"
    assert split.moved("/tags/quote/3") == "/tags"
    assert split.moved("/items/0") == "/items/0"
    assert split.is_quote("/paid/quote")
    assert not split.is_quote("/paid/value")


def test_a_cut_off_pair_is_left_out_wherever_it_stands() -> None:
    made = quoted(Bill)
    assert made.split({"paid": {}}, "/paid/quote").value == {}
    assert made.split({"odd": {"quote": "x"}}, "/odd/quote").value == {}
    assert made.split({"odd": {"quote": "x", "value": "ab"}}, "/odd/value").value == {"odd": "ab"}
    assert made.split({"odd": {"other": 1}}, "/odd/quote").value == {"odd": {"other": 1}}


def test_values_nested_too_deep_stay_as_they_are() -> None:
    class Node(BaseModel):
        inside: "Node | None" = None
        n: int = 0

    value: dict[str, Any] = {"n": 1}
    for _ in range(300):
        value = {"inside": value, "n": 1}
    made = quoted(Node)
    assert made.split(made.forward(value, {})).value == value
