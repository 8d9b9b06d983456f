"""What of a value is a claim about the document, and what the schema fixes, computes or supplies itself."""

import json
from collections.abc import Callable
from dataclasses import InitVar, dataclass, field
from enum import Enum
from typing import Annotated, Any, Literal, NamedTuple, NotRequired

import pytest
from pydantic import (
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    RootModel,
    computed_field,
    create_model,
    model_validator,
)
from typing_extensions import TypedDict

from structgen.core.json import Json
from structgen.core.options import Risk
from structgen.engine.claims import constants, said, typed_of, unclaimed
from structgen.parse import parse_text
from structgen.schema import Schema


class Only(Enum):
    ONE = "one"


class Line(BaseModel):
    name: str
    version: Literal[2] = 2


class Invoice(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: Literal["invoice"]
    state: Only
    currency: Literal["EUR", "USD"]
    total: float
    paid: bool = False
    lines: list[Line] = []

    @computed_field(alias="grossTotal")
    @property
    def gross_total(self) -> float:
        return self.total * 1.2


class Cat(BaseModel):
    kind: Literal["cat"] = "cat"
    name: str
    lives: int = 9


class Dog(BaseModel):
    kind: Literal["dog"] = "dog"
    name: str
    trained: bool | None = None


class Puppy(Dog):
    months: int


Pet = Annotated[Cat | Dog, Field(discriminator="kind")]


class Aliased(BaseModel):
    tag: Literal["t"] = Field("t", validation_alias=AliasChoices("the-tag", "tagIn"), serialization_alias="tagOut")
    size: int = Field(4, alias="howLarge")
    name: str = Field(alias="theName")


@dataclass
class Parcel:
    name: str
    kind: Literal["parcel"] = "parcel"
    fragile: bool = False
    notes: list[str] = field(default_factory=lambda: ["none"])
    weight: Annotated[int, Field(alias="weightG")] = 100
    label: str = field(init=False, default="")

    def __post_init__(self) -> None:
        self.label = f"to {self.name}"


class Ticket(TypedDict):
    kind: Literal["ticket"]
    seat: str
    row: Annotated[NotRequired[int], Field(default=7)]


class Point(NamedTuple):
    x: int
    y: int = 5


class Split(BaseModel):
    first: str
    last: str = "Smith"

    @model_validator(mode="before")
    @classmethod
    def _split(cls, given: Any) -> Any:
        return dict(zip(("first", "last"), given["name"].split(), strict=True)) if "name" in given else given


class Tree(BaseModel):
    node: Literal["tree"] = "tree"
    name: str
    below: "list[Tree]" = []


def of(schema: object, answer: str) -> tuple[str, ...]:
    """The paths that claim nothing."""
    compiled = Schema.of(schema)
    parsed = parse_text(compiled, answer, max_risk=Risk.INTERPRETIVE)
    assert parsed.ok, parsed.issues
    return tuple(sorted(unclaimed(compiled, parsed.value, parsed.given)))


INVOICE = '{"kind": "invoice", "state": "one", "currency": "EUR", "total": 3, "lines": [{"name": "a", "version": 2}]}'
UNPAID = INVOICE.replace('"total"', '"paid": false, "total"')
PETS = '[{"kind": "cat", "name": "Tom"}, {"kind": "dog", "name": "Rex"}]'
CONST: Json = {"type": "object", "properties": {"kind": {"const": "x"}, "name": {"type": "string"}}}


@pytest.mark.parametrize(
    ("schema", "answer", "expected"),
    [
        (Invoice, INVOICE, ["/grossTotal", "/kind", "/lines/0/version", "/paid", "/state"]),
        (Invoice, UNPAID, ["/grossTotal", "/kind", "/lines/0/version", "/state"]),
        (list[Pet], PETS, ["/0/kind", "/0/lives", "/1/kind", "/1/trained"]),
        (Cat | Dog, '{"kind": "dog", "name": "Rex", "trained": true}', ["/kind"]),
        (RootModel[Pet], '{"kind": "cat", "name": "Tom", "lives": 9}', ["/kind"]),
        (dict[str, Pet], '{"a": {"kind": "cat", "name": "Tom"}}', ["/a/kind", "/a/lives"]),
        (Puppy, '{"name": "Rex", "months": 3}', ["/kind", "/trained"]),
        (Aliased, '{"the-tag": "t", "theName": "n"}', ["/howLarge", "/tagOut"]),
        (Aliased, '{"tagIn": "t", "theName": "n", "howLarge": 4}', ["/tagOut"]),
        (Parcel, '{"name": "Ann"}', ["/fragile", "/kind", "/label", "/notes", "/weightG"]),
        (Parcel, '{"name": "Ann", "fragile": false, "notes": ["none"], "weightG": 100}', ["/kind", "/label"]),
        (list[Parcel], '[{"name": "Ann", "fragile": true}]', ["/0/kind", "/0/label", "/0/notes", "/0/weightG"]),
        (Ticket, '{"kind": "ticket", "seat": "4B"}', ["/kind", "/row"]),
        (list[Ticket], '[{"kind": "ticket", "seat": "4B", "row": 7}]', ["/0/kind"]),
        (list[Point], "[[1], [1, 5]]", ["/0/1"]),
        (Tree, '{"name": "a", "below": [{"name": "b", "node": "tree"}]}', ["/below/0/below", "/below/0/node", "/node"]),
        (Split, '{"name": "Ann Smith"}', []),
        (Split, '{"first": "Ann"}', ["/last"]),
        (Literal["x"], '"x"', [""]),
        (Only, '"one"', [""]),
        (tuple[Literal["x"], str], '["x", "y"]', ["/0"]),
        (CONST, '{"kind": "x", "name": "y"}', ["/kind"]),
        ({"type": "object", "properties": {"kind": {"enum": [5]}}}, '{"kind": 5}', ["/kind"]),
        ({"type": "array", "items": CONST}, '[{"kind": "x", "name": "y"}]', ["/0/kind"]),
        ({"allOf": [CONST, {"properties": {"age": {"type": "integer"}}}]}, '{"kind": "x", "age": 3}', ["/kind"]),
        ({"$ref": "#/$defs/c", "$defs": {"c": CONST}}, '{"kind": "x"}', ["/kind"]),
        ({"oneOf": [CONST, {"type": "object", "properties": {"kind": {"const": "z"}}}]}, '{"kind": "z"}', ["/kind"]),
        ({"type": "object", "properties": {"paid": {"type": "boolean", "default": False}}}, "{}", []),
    ],
)  # fmt: skip
def test_what_the_schema_fixes_computes_or_supplies_claims_nothing(
    schema: object, answer: str, expected: list[str]
) -> None:
    assert of(schema, answer) == tuple(expected)


class Loose(BaseModel):
    kind: str
    name: str
    extra: int = 0


class Tight(BaseModel):
    kind: Literal["tight"]
    name: str


def variant(**properties: Any) -> Json:
    return {"type": "object", "properties": properties}


@pytest.mark.parametrize(
    ("schema", "answer", "claimed"),
    [
        (Invoice, INVOICE, "/currency"),
        (list[Literal["nuts"]], '["nuts"]', "/0"),
        (variant(vegan={"anyOf": [{"const": "vegan"}, {"type": "null"}]}), '{"vegan": "vegan"}', "/vegan"),
        (variant(vegan={"enum": ["vegan", None]}), '{"vegan": "vegan"}', "/vegan"),
        (variant(side={"anyOf": [{"const": "l"}, {"const": "r"}]}), '{"side": "l"}', "/side"),
        ({"type": "object", "additionalProperties": {"const": 1}}, '{"a": 1}', "/a"),
        (
            {"anyOf": [variant(kind={"const": "x"}), variant(kind={"type": "string"})]},
            '{"kind": "x"}',
            "/kind",
        ),
        (Loose | Tight, '{"kind": "tight", "name": "n", "extra": 0}', "/kind"),
        ({"not": {"properties": {"kind": {"const": "x"}}}}, '{"kind": "y"}', "/kind"),
    ],
)
def test_what_may_be_another_value_is_a_claim(schema: object, answer: str, claimed: str) -> None:
    assert claimed not in of(schema, answer)


def test_the_type_of_an_instance_tells_which_form_it_has() -> None:
    assert of(Loose | Tight, '{"kind": "open", "name": "n"}') == ("/extra",)
    assert of(Loose | Tight, '{"kind": "tight", "name": "n"}') == ("/kind",)
    assert "/kind" in unclaimed(Schema.of(Loose | Tight), Tight(kind="tight", name="n"), {})


def test_an_answer_is_a_value_without_what_nobody_gave() -> None:
    compiled = Schema.of(Invoice)
    parsed = parse_text(compiled, INVOICE)
    assert said(compiled, parsed.value, parsed.given) == {
        "kind": "invoice", "state": "one", "currency": "EUR", "total": 3.0, "lines": [{"name": "a", "version": 2}]
    }  # fmt: skip


class Thought(BaseModel):
    model_config = ConfigDict(extra="forbid")

    why: str = Field(alias="because", exclude=True)
    note: str = Field("", exclude=True)
    name: str


@dataclass
class Weighed:
    name: str
    unit: InitVar[str]
    parts: list[Thought] = field(default_factory=list[Thought])
    grams: int = field(init=False, default=0)


@pytest.mark.parametrize(
    ("schema", "answer"),
    [
        (Thought, '{"because": "it says so", "name": "a"}'),
        (list[Thought], '[{"because": "it says so", "name": "a"}]'),
        (Weighed, '{"name": "a", "unit": "kg"}'),
        (Weighed, '{"name": "a", "unit": "kg", "parts": [{"because": "b", "note": "c", "name": "d"}]}'),
        (RootModel[dict[str, Thought]], '{"x": {"because": "it says so", "name": "a"}}'),
    ],
)
def test_an_answer_keeps_what_does_not_show_in_its_value(schema: Any, answer: str) -> None:
    compiled = Schema.of(schema)
    parsed = parse_text(compiled, answer)
    again = said(compiled, parsed.value, parsed.given)
    assert again == json.loads(answer)
    assert parse_text(compiled, json.dumps(again)).value == parsed.value


def test_constants_are_known_in_plain_json_of_any_shape() -> None:
    assert constants(Schema.of(Invoice), {"kind": "invoice", "lines": "none", "state": None}) == {"/kind"}


def test_a_value_that_has_no_json_form_claims_all_that_it_holds() -> None:
    class Held(BaseModel):
        model_config = ConfigDict(arbitrary_types_allowed=True)

        thing: Any = None

    assert unclaimed(Schema.of(Held), Held(thing=object()), {}) == frozenset()


def nested(depth: int) -> tuple[Json, Json]:
    """Unions that hold each other, and a value that every branch may hold."""
    branches: list[Json] = [
        variant(kind={"const": "x"}, a={"$ref": "#/$defs/u"}, b={"$ref": "#/$defs/u"}) for _ in range(3)
    ]
    value: Json = {"kind": "x"}
    for _ in range(depth):
        value = {"kind": "x", "a": value}
    return {"$ref": "#/$defs/u", "$defs": {"u": {"anyOf": branches}}}, value


def long(count: int) -> tuple[Json, Json]:
    item: Json = {"kind": "x", "name": "y"}
    return {"type": "array", "items": CONST}, [item] * count


@pytest.mark.parametrize("case", [nested, long])
def test_the_steps_grow_with_the_value_alone(
    case: Callable[[int], tuple[Json, Json]], calls: Callable[[Callable[[], object]], int]
) -> None:
    def steps(size: int) -> int:
        schema, value = case(size)
        compiled = Schema.of(schema)
        assert len(constants(compiled, value)) >= size
        return calls(lambda: constants(compiled, value))

    assert steps(200) < 4.5 * steps(50)


def test_a_class_that_stands_in_many_places_is_looked_at_once(calls: Callable[[Callable[[], object]], int]) -> None:
    def steps(depth: int) -> int:
        first, second = Cat, Dog
        for _ in range(depth):
            inner: Any = first | second
            first = create_model("First", held=(inner, ...))
            second = create_model("Second", held=(inner, ...), more=(int, 0))
        compiled = Schema.of(first)
        return calls(lambda: typed_of(compiled))

    assert steps(12) < 3 * steps(6)
