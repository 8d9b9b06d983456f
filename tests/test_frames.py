"""Data frames of three libraries, through the real SDK."""

from __future__ import annotations

import datetime
import decimal
import json
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pydantic import BaseModel, Field, field_serializer

import structgen
import structgen.frames
from structgen import ConfigurationError, Extractor, Mode, Options
from structgen.core.errors import SchemaError
from structgen.testing import Emulator, reply

GROQ = "groq/openai/gpt-oss-20b"


class Part(BaseModel):
    name: str
    grams: int | None = None


class Dish(BaseModel):
    title: str
    serves: int | None
    hours: float | None = None
    vegan: bool | None = None
    since: datetime.date | None = None
    parts: list[Part] = []
    main: Part | None = None
    extra: dict[str, int] = {}


SOUP = {
    "title": "Soup",
    "serves": 4,
    "hours": 0.5,
    "vegan": True,
    "since": "1650-02-03",
    "parts": [{"name": "leek", "grams": 200}, {"name": "salt"}],
    "main": {"name": "leek"},
    "extra": {"a": 1},
}
Frame = Callable[[dict[str, list[Any]]], Any]


@pytest.fixture(params=[pd.DataFrame, pl.DataFrame, pa.table], ids=["pandas", "polars", "pyarrow"])
def frame(request: pytest.FixtureRequest) -> Frame:
    return request.param


def columns_of(frame: Any) -> list[str]:
    return list(getattr(frame, "column_names", None) or frame.columns)


def cells(frame: Any, name: str) -> list[Any]:
    """The cells of a column, with None for null."""
    if isinstance(frame, pd.DataFrame):
        column = frame[name]
        return [None if cell is None or cell is pd.NA or cell is pd.NaT else cell for cell in column.tolist()]
    return frame[name].to_pylist() if isinstance(frame, pa.Table) else frame[name].to_list()


def types_of(frame: Any) -> dict[str, str]:
    if isinstance(frame, pa.Table):
        return {field.name: str(field.type) for field in frame.schema}
    return {str(name): str(kind) for name, kind in zip(columns_of(frame), frame.dtypes, strict=True)}


def script(server: Emulator, *values: object) -> None:
    server.script(*(reply(json.dumps(value)) for value in values), repeat_last=True)


def test_each_field_becomes_a_column_in_the_same_kind_of_frame(frame: Frame, groq_emulator: Emulator) -> None:
    script(groq_emulator, SOUP, {"title": "Tea", "serves": None})
    given = frame({"id": [7, 8], "text": ["Soup for 4", "Tea"], "more": ["x", "y"]})
    found = structgen.frames.extract(given, "text", Dish, model=GROQ, concurrency=1)
    assert type(found) is type(given)
    assert columns_of(found) == ["id", "text", "more", *Dish.model_fields, "status", "error"]
    assert columns_of(given) == ["id", "text", "more"]
    assert (cells(found, "id"), cells(found, "more")) == ([7, 8], ["x", "y"])
    assert (cells(found, "title"), cells(found, "serves")) == (["Soup", "Tea"], [4, None])
    assert (cells(found, "hours"), cells(found, "vegan")) == ([0.5, None], [True, None])
    assert str(cells(found, "since")[0])[:10] == "1650-02-03"
    assert cells(found, "since")[1] is None
    assert cells(found, "parts") == [[{"name": "leek", "grams": 200}, {"name": "salt", "grams": None}], []]
    assert cells(found, "main") == [{"name": "leek", "grams": None}, None]
    assert cells(found, "extra") == ['{"a": 1}', "{}"]
    assert (cells(found, "status"), cells(found, "error")) == (["ok", "ok"], [None, None])


TYPES = {
    pd.DataFrame: ["string", "Int64", "Float64", "boolean", "datetime64[s]", "object", "object", "string"],
    pl.DataFrame: [
        *("String", "Int64", "Float64", "Boolean", "Date"),
        "List(Struct({'name': String, 'grams': Int64}))",
        "Struct({'name': String, 'grams': Int64})",
        "String",
    ],
    pa.Table: [
        *("string", "int64", "double", "bool", "date32[day]"),
        "list<item: struct<name: string, grams: int64>>",
        "struct<name: string, grams: int64>",
        "string",
    ],
}


@pytest.mark.parametrize("count", [0, 1])
def test_the_types_follow_from_the_schema_whatever_the_rows_say(
    count: int, frame: Frame, groq_emulator: Emulator
) -> None:
    script(groq_emulator, {"title": "Tea", "serves": None})
    given = frame({"text": ["Tea"]})
    given = given[:count] if not isinstance(given, pa.Table) else given.slice(0, count)
    found = types_of(structgen.frames.extract(given, "text", Dish, model=GROQ))
    assert [found[name] for name in Dish.model_fields] == TYPES[type(given)]
    assert len(groq_emulator.requests) == count


def test_a_row_without_a_text_fails_and_the_others_keep_their_places(frame: Frame, groq_emulator: Emulator) -> None:
    script(groq_emulator, {"title": "A", "serves": 1}, {"title": "B", "serves": 2})
    given = frame({"text": [None, "A for 1", None, "B for 2"]})
    found = structgen.frames.extract(given, "text", Dish, model=GROQ, concurrency=1)
    assert cells(found, "title") == [None, "A", None, "B"]
    assert cells(found, "status") == ["failed", "ok", "failed", "ok"]
    assert cells(found, "error") == ["The text is missing.", None, "The text is missing.", None]


@pytest.mark.parametrize(
    "cell", [pd.NA, pd.NaT, None, float("nan"), np.float32("nan")], ids=["NA", "NaT", "None", "nan", "float32"]
)
def test_a_null_of_any_kind_is_a_missing_text(cell: object) -> None:
    found = structgen.frames.extract(
        pd.DataFrame({"text": ["Title: A", cell]}, dtype=object), "text", Dish, model="rules"
    )
    assert cells(found, "error")[1] == "The text is missing."


@pytest.mark.parametrize("cell", [b"x", ["a"], np.array([1, 2]), decimal.Decimal("sNaN")], ids=str)
def test_a_cell_that_is_no_text_fails_alone(cell: object) -> None:
    given = pd.DataFrame({"text": pd.Series(["Title: A", None], dtype=object)})
    given.at[1, "text"] = cell
    found = structgen.frames.extract(given, "text", Dish, model="rules")
    assert cells(found, "title")[0] == "A"
    assert "must be a str" in cells(found, "error")[1]


def test_a_column_of_numbers_fails_row_by_row(frame: Frame) -> None:
    found = structgen.frames.extract(frame({"text": [3, 4]}), "text", Dish, model="rules")
    assert cells(found, "status") == ["failed", "failed"]
    assert "is int, but must be a str: convert the column" in cells(found, "error")[0]


def test_a_refused_answer_is_a_failed_row_and_missing_parts_an_incomplete_one(
    frame: Frame, groq_emulator: Emulator
) -> None:
    script(groq_emulator, {"title": "A"}, {"title": 3.5, "serves": "many"}, {"title": "C", "serves": 3})
    options = structgen.Options(budget=structgen.Budget(max_attempts=1))
    given = frame({"text": ["A", "B", "C for 3"]})
    found = structgen.frames.extract(given, "text", Dish, model=GROQ, options=options, concurrency=1)
    assert cells(found, "status") == ["incomplete", "failed", "ok"]
    assert cells(found, "title") == ["A", None, "C"]
    assert "/serves" in cells(found, "error")[0]


def test_an_integer_that_no_column_can_hold_is_said_and_the_other_fields_stay(
    frame: Frame, groq_emulator: Emulator
) -> None:
    script(groq_emulator, {"title": "A", "serves": 2**63})
    found = structgen.frames.extract(frame({"text": ["A"]}), "text", Dish, model=GROQ)
    assert (cells(found, "title"), cells(found, "serves")) == (["A"], [None])
    assert cells(found, "status") == ["incomplete"]
    assert cells(found, "error") == [
        "/serves is an integer of more than 64 bits (/serves as JSON: 9223372036854775808)."
    ]


class Slashed(BaseModel):
    sizes: list[dict[str, int] | None] = []
    parts: list[Part] = Field([], alias="a/b")


def test_a_list_that_no_column_can_hold_is_kept_whole_in_the_error(frame: Frame, groq_emulator: Emulator) -> None:
    parts = [{"name": "salt", "grams": 1}, {"name": "leek", "grams": -(2**70)}]
    script(groq_emulator, {"a/b": parts, "sizes": [{"x": 2**70}]})
    found = structgen.frames.extract(frame({"text": ["A"]}), "text", Slashed, model=GROQ)
    (error,) = cells(found, "error")
    assert error.startswith("/a~1b/1/grams is an integer of more than 64 bits (/a~1b as JSON: ")
    assert json.dumps(parts) in error
    assert cells(found, "sizes") == [json.dumps([{"x": 2**70}])]


def test_a_warning_names_the_columns_that_fields_of_the_schema_displace(frame: Frame, groq_emulator: Emulator) -> None:
    class Order(BaseModel):
        status: str
        error: str | None = None

    script(groq_emulator, {"status": "paid", "error": "none"})
    with pytest.warns(UserWarning, match="The frame or the schema has these names already"):
        found = structgen.frames.extract(frame({"text": ["paid"]}), "text", Order, model=GROQ)
    assert (cells(found, "status"), cells(found, "error")) == (["paid"], ["none"])
    assert (cells(found, "status_extracted"), cells(found, "error_extracted")) == (["ok"], [None])


def test_names_that_are_taken_get_an_ending_and_a_warning(frame: Frame, groq_emulator: Emulator) -> None:
    script(groq_emulator, {"title": "A", "status": "hot"})
    given = frame({"text": ["A, hot"], "title": ["kept"], "title_extracted": ["kept too"]})
    schema = structgen.fields("title, status")
    with pytest.warns(UserWarning, match="'title' is 'title_extracted_2', 'status' is 'status_extracted'"):
        found = structgen.frames.extract(given, "text", schema, model=GROQ)
    assert columns_of(found)[3:] == ["title_extracted_2", "status", "status_extracted", "error"]
    assert [cells(found, name) for name in columns_of(found)] == [
        *(["A, hot"], ["kept"], ["kept too"]),
        *(["A"], ["hot"], ["ok"], [None]),
    ]


@pytest.mark.parametrize(
    ("schema", "answer", "expected"),
    [
        (list[str], ["a", "b"], ["a", "b"]),
        (list[Part], [{"name": "a"}], [{"name": "a", "grams": None}]),
        (int, 3, 3),
        (dict[str, int], {"a": 1}, '{"a": 1}'),
    ],
)
def test_a_value_that_is_no_object_is_one_column(
    schema: Any, answer: object, expected: object, frame: Frame, groq_emulator: Emulator
) -> None:
    script(groq_emulator, answer)
    found = structgen.frames.extract(frame({"text": ["a b 3"]}), "text", schema, model=GROQ)
    assert columns_of(found) == ["text", "value", "status", "error"]
    assert cells(found, "value") == [expected]


OPEN = {"type": "object", "properties": {"title": {"type": "string"}, "serves": {"type": "integer"}}}


def test_keys_that_a_schema_allows_and_does_not_name_are_json_in_one_column(
    frame: Frame, groq_emulator: Emulator
) -> None:
    script(groq_emulator, {"title": "Soup", "serves": 4, "salt": [1]}, {"title": "Stew", "serves": 2})
    found = structgen.frames.extract(
        frame({"text": ["Soup", "Stew"]}),
        "text",
        OPEN,
        model=GROQ,
        options=Options(mode=Mode.JSON),
        concurrency=1,
    )
    assert columns_of(found) == ["text", "title", "serves", "*", "status", "error"]
    assert cells(found, "serves") == [4, 2]
    assert cells(found, "*") == ['{"salt": [1]}', None]


def test_a_schema_may_be_the_name_of_a_task(frame: Frame) -> None:
    found = structgen.frames.extract(frame({"text": ["a fine day"]}), "text", "sentiment", model="rules")
    assert {"sentiment", "status"} <= set(columns_of(found))


def test_evidence_and_usage_are_columns_if_asked_for(frame: Frame, groq_emulator: Emulator) -> None:
    script(groq_emulator, {"title": "Soup", "serves": 4})
    given = frame({"text": ["Soup for 4"]})
    found = structgen.frames.extract(given, "text", Dish, model=GROQ, evidence=True, usage=True)
    first = cells(found, "evidence")[0][0]
    assert first == {"path": "/title", "start": 0, "end": 4, "text": "Soup", "status": "exact"}
    assert cells(found, "usage")[0]["calls"] == 1


def test_the_index_of_pandas_is_kept_even_with_duplicates(groq_emulator: Emulator) -> None:
    script(groq_emulator, *({"title": name, "serves": None} for name in "ABC"))
    given = pd.DataFrame({"text": ["A", "B", "C"]}, index=["x", "x", "y"])
    found = structgen.frames.extract(given, "text", Dish, model=GROQ, concurrency=1)
    assert list(found.index) == ["x", "x", "y"]
    assert list(found["title"]) == ["A", "B", "C"]


def test_columns_of_several_levels_get_names_of_as_many() -> None:
    given = pd.DataFrame({("a", "text"): ["Title: A"], ("serves", "v"): [1]})
    with pytest.warns(UserWarning, match="serves_extracted"):
        found = structgen.frames.extract(given, ("a", "text"), Dish, model="rules")
    assert found.columns.nlevels == 2
    assert found["title", ""].tolist() == ["A"]
    assert list(found.columns[:2]) == list(given.columns)


@pytest.mark.parametrize("names", [pd.CategoricalIndex(["text", "b"], name="of"), pd.Index(["text", "b"], name="of")])
def test_the_name_of_the_columns_and_the_attributes_of_a_frame_are_kept(names: Any) -> None:
    given = pd.DataFrame([["Title: A", 1]], columns=names)
    given.attrs["origin"] = "kitchen"
    found = structgen.frames.extract(given, "text", Dish, model="rules")
    assert (found.columns.name, found.attrs, cells(found, "title")) == ("of", {"origin": "kitchen"}, ["A"])


def test_many_columns_do_not_fragment_a_frame() -> None:
    wide = structgen.fields(", ".join(f"part{number} int?" for number in range(120)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        structgen.frames.extract(pd.DataFrame({"text": ["nothing"]}), "text", wide, model="rules")


def test_a_store_and_a_progress_are_passed_on(frame: Frame, groq_emulator: Emulator, tmp_path: Path) -> None:
    script(groq_emulator, {"title": "A", "serves": 1})
    seen: list[int] = []
    for _ in range(2):
        given = frame({"text": ["A for 1", None, "A for 2"]})
        structgen.frames.extract(
            given,
            "text",
            Dish,
            extractor=Extractor(GROQ),
            store=tmp_path / "store.sqlite",
            progress=lambda progress: seen.append(progress.done),
        )
    assert len(groq_emulator.requests) == 2
    assert seen == [1, 2, 1, 2]


@pytest.mark.parametrize(
    ("column", "said"), [("txt", "has no column 'txt'. Its columns: 'id', 'text'"), (3, "has no column 3")]
)
def test_a_column_that_is_missing_is_named_with_those_that_exist(column: Any, said: str, frame: Frame) -> None:
    with pytest.raises(ConfigurationError, match=said):
        structgen.frames.extract(frame({"id": [1], "text": ["a"]}), column, Dish, model="rules")


@pytest.mark.parametrize(
    "given",
    [
        pd.DataFrame([["a", "b"]], columns=["text", "text"]),
        pa.table([pa.array(["a"]), pa.array(["b"])], names=["text", "text"]),
    ],
    ids=["pandas", "pyarrow"],
)
def test_a_column_that_is_there_twice_is_refused(given: Any) -> None:
    with pytest.raises(ConfigurationError, match="several columns"):
        structgen.frames.extract(given, "text", Dish, model="rules")


@pytest.mark.parametrize("given", [["a"], {"text": ["a"]}, "a", None])
def test_what_is_no_frame_is_refused(given: Any) -> None:
    with pytest.raises(ConfigurationError, match="must be a data frame"):
        structgen.frames.extract(given, "text", Dish, model="rules")


def test_a_lazy_frame_is_refused_with_advice() -> None:
    with pytest.raises(ConfigurationError, match="collect"):
        structgen.frames.extract(pl.LazyFrame({"text": ["a"]}), "text", Dish, model="rules")


def test_a_wrong_schema_and_two_extractors_are_refused(frame: Frame) -> None:
    with pytest.raises(SchemaError):
        structgen.frames.extract(frame({"text": ["a"]}), "text", object(), model="rules")
    with pytest.raises(ConfigurationError, match="either extractor="):
        structgen.frames.extract(frame({"text": ["a"]}), "text", Dish, model="rules", extractor=Extractor("rules"))


def test_without_narwhals_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "narwhals", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'structgen\[frames\]'"):
        structgen.frames.extract(object(), "text", Dish, model="rules")


def test_nothing_is_said_about_a_frame_without_clashes(frame: Frame, groq_emulator: Emulator) -> None:
    script(groq_emulator, SOUP)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        structgen.frames.extract(frame({"text": ["Soup"]}), "text", Dish, model=GROQ)


class Picky(BaseModel):
    name: str

    @field_serializer("name")
    def _write(self, name: str) -> str:
        if name == "B":
            raise LookupError("no such page")
        return name


def test_a_serializer_that_raises_fails_its_own_row(frame: Frame, groq_emulator: Emulator) -> None:
    script(groq_emulator, {"name": "A"}, {"name": "B"}, {"name": "C"})
    found = structgen.frames.extract(frame({"text": ["1", "2", "3"]}), "text", Picky, model=GROQ, concurrency=1)
    assert cells(found, "name") == ["A", None, "C"]
    assert cells(found, "status") == ["ok", "failed", "ok"]
    assert "no such page" in cells(found, "error")[1]
