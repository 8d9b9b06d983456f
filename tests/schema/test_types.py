import dataclasses
import datetime as dt
import enum
import functools
import sys
import typing
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Generic, Literal, NamedTuple, Optional, TypeVar

import pytest
import typing_extensions
from pydantic import (
    AliasChoices,
    AliasPath,
    BaseModel,
    ConfigDict,
    Field,
    HttpUrl,
    PrivateAttr,
    RootModel,
    computed_field,
)
from pydantic.dataclasses import dataclass as pydantic_dataclass

from structgen.core.errors import SchemaError
from structgen.core.records import Task
from structgen.schema import Schema

T = TypeVar("T")


class Color(enum.Enum):
    """A colour of light"""

    RED = "red"
    BLUE = "blue"


class Line(BaseModel):
    sku: str
    price: Decimal = Field(ge=0)


class Page(BaseModel, Generic[T]):
    items: list[T]


class Lines(RootModel[list[Line]]):
    """All lines"""


class Aliased(BaseModel):
    model_config = ConfigDict(populate_by_name=True)

    full_name: str = Field(alias="fullName")
    email: str = Field(validation_alias=AliasChoices(AliasPath("mail", 0), "mail", "e-mail"))
    phone: str = Field("", serialization_alias="tel")
    plain: int = 0

    @computed_field
    @property
    def initials(self) -> str:
        return self.full_name[:1]


@dataclasses.dataclass
class Point:
    x: int
    y: int = dataclasses.field(default=0, metadata={})


@dataclasses.dataclass
class Counted:
    text: str
    kinds: ClassVar[int] = 2
    unit: dataclasses.InitVar[str] = "g"
    length: int = dataclasses.field(init=False, default=0)
    marks: list[str] = dataclasses.field(init=False, default_factory=list[str])
    words: int = dataclasses.field(init=False)

    def __post_init__(self, unit: str) -> None:
        self.words = len(self.text.split())


@pydantic_dataclass
class Checked:
    text: str
    length: int = Field(init=False, default=0)
    marks: list[str] = dataclasses.field(init=False, default_factory=list[str])
    kinds: ClassVar[int] = 2


class Thought(BaseModel):
    why: str = Field(exclude=True)
    kinds: ClassVar[int] = 2
    steps: int = Field(0, frozen=True)
    _seen: int = PrivateAttr(0)

    @computed_field
    @property
    def length(self) -> int:
        return len(self.why)

    @functools.cached_property
    def words(self) -> int:
        return len(self.why.split())


class Pair(NamedTuple):
    left: int
    right: str = ""


class Movie(typing_extensions.TypedDict):
    """A film"""

    title: str
    year: typing_extensions.NotRequired[int]


class OldMovie(typing.TypedDict, total=False):
    """A film"""

    title: typing.Required[str]
    cast: "list[OldActor]"


class OldActor(typing.TypedDict):
    name: Annotated[str, Field(min_length=1)]


class OldSelf(typing.TypedDict):
    inner: "OldSelf | None"


@pytest.mark.parametrize(
    ("kind", "name", "words"),
    [
        (str, "str", "string"),
        (int, "int", "integer"),
        (float, "float", "number"),
        (bool, "bool", "boolean"),
        (dt.date, "date", "string (format date)"),
        (dt.datetime, "datetime", "string (format date-time)"),
        (dt.timedelta, "timedelta", "string (format duration)"),
        (uuid.UUID, "UUID", "string (format uuid)"),
        (HttpUrl, "HttpUrl", "string (1..2083 chars, format uri)"),
        (Any, "Any", "any"),
        (Literal["a", 1], "Literal_a_1", '"a" | 1'),
        (int | None, "int_None", "integer | null"),
        (
            Optional[int],  # noqa: UP045 - the old way to write it
            "int_None",
            "integer | null",
        ),
        (list[Line], "list_Line", "Line[]\ntype Line = {sku: string, price: number (>= 0.0) | string}"),
        (dict[str, int], "dict_str_int", "{[key]: integer}"),
        (tuple[int, str], "tuple_int_str", "[integer, string]"),
        (set[int], "set_int", "integer[] (unique)"),
        (Annotated[int, Field(ge=1)], "int", "integer (>= 1)"),
        (Color, "Color", '"red" | "blue" // A colour of light'),
        (Page[int], "Page_int", "{items: integer[]}"),
        (Lines, "Lines", "Line[] // All lines\ntype Line = {sku: string, price: number (>= 0.0) | string}"),
        (Point, "Point", "{x: integer, y?: integer = 0}"),
        (Pair, "Pair", '[integer (title "left"), string (title "right", default "")?]'),
        (Movie, "Movie", "{title: string, year?: integer} // A film"),
        (OldActor, "OldActor", "{name: string (>= 1 chars)}"),
        (list[OldActor] | None, "list_OldActor_None", "OldActor[] | null\ntype OldActor = {name: string (>= 1 chars)}"),
        (Annotated[OldActor, "x"], "OldActor", "{name: string (>= 1 chars)}"),
    ],
)
def test_every_kind_of_type_has_its_name_and_outline(kind, name, words):
    schema = Schema.of(kind)
    assert (schema.name, schema.outline()) == (name, words)


def test_an_old_typed_dict_keeps_what_it_says():
    schema = Schema.of(OldMovie)
    assert schema.json_schema["required"] == ["title"]
    assert schema.json_schema["description"] == "A film"
    assert [issue.path for issue in schema.check({"cast": [{"name": ""}]})] == ["/title", "/cast/0/name"]


def test_an_old_typed_dict_that_holds_itself_says_what_to_take():
    if sys.version_info >= (3, 12):
        assert Schema.of(OldSelf).check({"inner": {"inner": None}}) == ()
        return
    with pytest.raises(SchemaError, match="typing_extensions"):
        Schema.of(OldSelf)


def test_computed_fields_are_left_out_and_aliases_are_the_keys():
    schema = Schema.of(Aliased)
    assert [*schema.json_schema["properties"]] == ["fullName", "mail", "phone", "plain"]
    assert schema.names == {
        "/properties/fullName": ("full_name",),
        "/properties/mail": ("email", "e-mail"),
        "/properties/phone": ("tel",),
    }


def test_other_names_are_found_in_definitions_lists_and_typed_dicts():
    schema = Schema.of(dict[str, list[Aliased]])
    assert schema.names["/$defs/Aliased/properties/fullName"] == ("full_name",)


def test_no_mark_of_the_generator_stays_behind():
    assert "x-structgen" not in repr(Schema.of(list[Aliased]).json_schema)


def test_made_up_titles_are_left_out_and_given_ones_stay():
    class Titled(BaseModel):
        model_config = ConfigDict(title="An order")
        first_name: str
        last: str = Field(title="Family name")

    schema = Schema.of(Titled).json_schema
    assert schema["title"] == "An order"
    assert "title" not in schema["properties"]["first_name"]
    assert schema["properties"]["last"]["title"] == "Family name"


def test_a_default_that_json_cannot_hold_is_left_out():
    class Odd(BaseModel):
        model_config = ConfigDict(arbitrary_types_allowed=True)
        value: Any = object()

    assert Schema.of(Odd).outline() == "{value?: any}"


def test_a_class_is_compiled_once():
    assert Schema.of(Line) is Schema.of(Line)
    assert Schema.of(list[Line]) is Schema.of(list[Line])
    assert Schema.of(int | str) is not Schema.of(str | int)
    assert Schema.of(Literal[1]) is not Schema.of(Literal[True])
    assert Schema.of(Schema.of(Line)) is Schema.of(Line)


def test_the_schema_of_a_class_goes_with_the_class():
    import gc
    import weakref

    def made():
        class Short(BaseModel):
            x: int

        Schema.of(Short)
        return weakref.ref(Short)

    gone = made()
    for _ in range(3):
        gc.collect()
    assert gone() is None


def test_a_task_stands_for_its_schema():
    assert Schema.of(Task("line", Line)) is Schema.of(Line)


def unsupported():
    return 1


class Plain:
    pass


class Holder(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)
    plain: Plain


class WithCall(BaseModel):
    call: int | Callable[[], int]


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("recipe", "'recipe' is a text, not a type"),
        (5, "5 is a value, not a type"),
        (None, "None is a value"),
        ([Line], "is a value, not a type"),
        (unsupported, "unsupported is a function"),
        (len, "is a function"),
        (Line(sku="a", price=Decimal(1)), "an instance of Line"),
        (Point(1), "an instance of Point"),
        (Color.RED, "an instance of Color"),
        (Plain, "Plain cannot be used"),
        (Holder, "Plain has no JSON form: use a Pydantic model"),
        (Callable[[], int], "callable has no JSON form"),
        (WithCall, "callable has no JSON form"),
        (Iterator[int], "cannot be used"),
        (typing.Iterable[int], "generator has no JSON form: use list[...]"),
        (list["Missing"], "names a type that is not defined"),  # noqa: F821
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(kind, says):
    with pytest.raises(SchemaError) as caught:
        Schema.of(kind)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "http" not in str(caught.value)
    assert len(str(caught.value)) < 320


@pytest.mark.parametrize(
    ("kind", "asked"),
    [
        (Counted, {"text", "unit"}),
        (Checked, {"text"}),
        (Thought, {"why", "steps"}),
    ],
)
def test_only_what_is_put_in_is_asked_for(kind: Any, asked: set[str]) -> None:
    schema: Any = Schema.of(kind).json_schema
    assert schema["properties"].keys() == asked
    listed: Any = Schema.of(list[kind]).json_schema
    assert listed["$defs"][kind.__name__]["properties"].keys() == asked
