"""What type checkers make of the public calls. Never run: pyright and mypy read it (test_overloads.py)."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal, Optional, assert_type

from pydantic import BaseModel, Field
from typing_extensions import TypedDict

import structgen
from structgen import Extraction, ExtractionFailed, Extractor, Parsed, Schema, Task
from structgen.core.json import Json


class Recipe(BaseModel):
    title: str


@dataclass
class Point:
    x: int


class Row(TypedDict):
    name: str


extractor = Extractor("rules")
task = Task("recipe", Recipe)
schema: Schema[Recipe] = Schema.of(Recipe)

assert_type(structgen.extract(Recipe, "text"), Extraction[Recipe])
assert_type(structgen.extract(Recipe, "text").value, Recipe)
assert_type(structgen.extract(list[Recipe], "text").value, list[Recipe])
assert_type(structgen.extract(Recipe | Point, "text").value, Recipe | Point)
assert_type(structgen.extract(Optional[Recipe], "text").value, Recipe | None)
assert_type(structgen.extract(Literal["a", "b"], "text").value, Literal["a", "b"])
assert_type(structgen.extract(Point, "text").value, Point)
assert_type(structgen.extract(Row, "text").value, Row)
assert_type(structgen.extract(dict[str, int], "text").value, dict[str, int])
assert_type(structgen.extract(Annotated[int, Field(ge=0)], "text").value, int)
assert_type(structgen.extract(task, "text").value, Recipe)
assert_type(structgen.extract(schema, "text").value, Recipe)
assert_type(structgen.extract({"type": "object"}, "text").value, Json)
assert_type(structgen.extract("recipe", "text").value, Any)
assert_type(structgen.generate(Recipe, "A recipe for apple pie").value, Recipe)
assert_type(extractor.extract(list[Recipe], "text").value, list[Recipe])
assert_type(structgen.parse_response(Recipe, "{}"), Parsed[Recipe])
assert_type(structgen.parse_response(Recipe, "{}", context={"known": 1}), Parsed[Recipe])
assert_type(structgen.extract(list[Recipe], "text", context={"known": 1}).value, list[Recipe])
assert_type(extractor.generate(Recipe, "text", context=None).value, Recipe)
assert_type(structgen.parse_response(Recipe | None, "{}").value, Recipe | None)

for outcome in extractor.map(Recipe, ["text"], context={"known": 1}):
    assert_type(outcome, Extraction[Recipe] | ExtractionFailed)


async def main() -> None:
    assert_type((await structgen.aextract(Recipe, "text")).value, Recipe)
    assert_type((await extractor.agenerate(list[Recipe], "text")).value, list[Recipe])
    async for outcome in extractor.amap(Recipe, ["text"]):
        assert_type(outcome, Extraction[Recipe] | ExtractionFailed)
