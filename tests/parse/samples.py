"""Types and readers that many tests of parsing share."""

import enum
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, RootModel
from typing_extensions import TypedDict

from structgen.core.results import Parsed, Repair
from structgen.parse import parse_text
from structgen.schema import Schema


def read(schema: Any, text: str, **options: Any) -> Parsed[Any]:
    return parse_text(Schema.of(schema), text, **options)


PLAIN = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name"],
}


class Size(enum.Enum):
    SMALL = "small"
    EXTRA_LARGE = "extra large"


class Item(BaseModel):
    title: str
    price: float
    size: Size | None = None


class Claim(BaseModel):
    says: str
    born: int | None = None
    evidence: list[str] = []


class Notes(BaseModel):
    title: str
    note: str | None = None
    zip: str = ""
    share: float | None = None


TEA = '{"title": "Tea", "price": 3.5}'


MILK = '{"title": "Milk", "price": 1}'


class Pet(BaseModel):
    name: str
    age: int | None = None
    tags: list[str] = []


@dataclass
class Cat:
    name: str
    age: int


class Dog(TypedDict):
    name: str
    age: int


ONE = [Pet, Cat, Dog, PLAIN, RootModel[Pet]]


REX = '{"name": "Rex", "age": 3}'


TOM = '{"name": "Tom", "age": 7}'


def repair(parsed: Parsed[Any], rule: str) -> Repair:
    return next(one for one in parsed.repairs if one.rule == rule)


def noted(parsed: Parsed[Any]) -> list[tuple[str, str]]:
    return [(repair.rule, repair.path) for repair in parsed.repairs]


def rules(parsed: Parsed[Any]) -> list[str]:
    return [repair.rule for repair in parsed.repairs]


class Loose(BaseModel):
    title: str | None = None
    note: str | None = None


def codes(parsed: Parsed[Any]) -> set[str]:
    assert not parsed.ok
    assert parsed.value is None
    return {issue.code for issue in parsed.issues}


MANY = [list[Pet], list[Cat], list[Dog], {"type": "array", "items": PLAIN}, RootModel[list[Pet]], list[Pet] | None]
