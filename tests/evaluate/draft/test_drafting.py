"""Templates drafted from rows and documents: they load, accept what they were drafted from, and no key becomes code."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from structgen import Schema, extract
from structgen.core.errors import ConfigurationError, TaskError
from structgen.evaluate.draft import draft_task
from structgen.evaluate.lint import Severity, lint_task
from structgen.tasks import find_task


def drafted(tmp_path: Path, rows: list[Any], name: str = "thing", file: str = "rows.jsonl") -> tuple[str, Any]:
    """The source that is drafted from rows, and its task."""
    text = json.dumps(rows) if file.endswith(".json") else "".join(f"{json.dumps(row)}\n" for row in rows)
    (tmp_path / file).write_text(text, encoding="utf-8")
    source = draft_task(name, [str(tmp_path / file)]).source
    (tmp_path / f"{name}.py").write_text(source, encoding="utf-8")
    return source, find_task(f"{name}.py", root=tmp_path)


def field(source: str, name: str) -> str:
    """The line of a field."""
    return re.search(rf"^    {name}: (.*)$", source, re.MULTILINE)[1]  # type: ignore[index]


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ([1, 2], "int = Field(description="),
        ([1, 2.5], "float = Field("),
        ([True, False], "bool = Field("),
        ([1, None], "int | None = Field(None, "),
        ([None, None], "None = Field(None, "),
        (["2024-03-04", "2023-01-31"], "dt.date = Field("),
        (["2024-03-04T10:00:00Z", "2024-03-04T10:00:00"], "dt.datetime = Field("),
        (["10:30", "23:59:00"], "dt.time = Field("),
        (["2024-03-04", "soon"], "str = Field("),
        (["2024-13-04", "2024-01-01"], "str = Field("),
        (["3 May 2024", "4 May 2024"], 'str = Field(description="It (date as written)")'),
        (["$5.00", "$6.50"], 'str = Field(description="It (amount as written)")'),
        (
            ["a@b.example", "c@d.example"],
            'str = Field(description="It (email address)", json_schema_extra={"format": "email"})',
        ),
        (["https://a.example/x", "http://b.example"], 'str = Field(description="It (address of a page)", json_schema'),
        (["007", "12"], 'str = Field(description="It")'),
        (["open"] * 6 + ["paid"] * 6, 'Literal["open", "paid"] = Field('),
        (["open", "paid"], "str = Field("),
        (["open"] * 12, "str = Field("),
        ([*"abcdefghijklmnop"], "str = Field("),
        (["x" * 90, "y" * 90] * 8, "str = Field("),
        ([1, "a"], "int | str = Field("),
        ([[1, 2], []], "list[int] = Field("),
        ([[], []], "list[JsonValue] = Field("),
        ([[1, None]], "list[int | None] = Field("),
        ([{}, {}], "dict[str, JsonValue] = Field("),
        (
            [{f"k{n}": n for n in range(20)}, {f"m{n}": n for n in range(20)}, {"k1": 3}, {"m1": 4}],
            "dict[str, int] = Field(",
        ),
        ([{"a": 1}, [2]], "It | list[int] = Field("),
    ],
)
def test_types_come_from_the_values(values: list[Any], line: str, tmp_path: Path) -> None:
    source, task = drafted(tmp_path, [{"it": value} for value in values])
    assert field(source, "it").startswith(line)
    assert not [issue for value in values for issue in Schema.of(task).check({"it": value})]


def test_a_key_that_is_absent_in_some_rows_is_optional_and_a_comment_counts_them(tmp_path: Path) -> None:
    rows = [{"a": 1, "tags": ["x"]}, {"b": {"c": [{"d": "e"}]}}, {"a": 2}]
    source, _ = drafted(tmp_path, rows)
    assert field(source, "a").startswith("int | None = Field(None, ")
    assert field(source, "tags").startswith("list[str] = Field(default_factory=list[str], ")
    assert field(source, "b").startswith("B | None = Field(None, ")
    assert field(source, "c").startswith("list[CItem] = Field(")
    assert "# Absent in 1 of 3 objects.\n    a:" in source


HOSTILE = [
    '"""', "'''\nimport os\n", "a\nb", "a\\", "__class__", "__init__", "class", "None",
    "a b", "a_b", "A B", "a-b", "é", "ﬁ", "1st",
    "_x", "model_config", "model_dump", "schema", "json", "str", "list", "dt",
    "Field", "Task", "task", "", " ", "🙂", "\u202e", "\u2028x",
    "#", "{x}", "%s", "a" * 300, "Literal", "self", "Thing", "It", "constructor", "ª", "·a", "x·",
]  # fmt: skip


@pytest.mark.parametrize("key", HOSTILE)
def test_a_key_never_becomes_code(key: str, tmp_path: Path) -> None:
    rows = [{key: "x", "other": 1}, {key: key, "other": 2}, {"it": {key: {key: [key]}}, "other": 3}]
    source, task = drafted(tmp_path, rows)
    assert [issue for row in rows for issue in Schema.of(task).check(row)] == []
    assert not re.search(r"^import os$", source, re.MULTILINE)
    if key:
        assert key in Schema.of(task).json_schema["properties"]


def test_all_of_them_together_have_different_names(tmp_path: Path) -> None:
    row = {key: {"deep": {key: key}} for key in HOSTILE if key}
    _, task = drafted(tmp_path, [row, row])
    assert Schema.of(task).check(row) == ()
    assert set(Schema.of(task).json_schema["properties"]) == set(row)


@pytest.mark.parametrize("value", ['"""', "'\"\\", "\n\r\u2028\x85# x", "{0}", "x" * 5_000, "\x00", "\u202e"])
def test_a_value_never_becomes_code(value: str, tmp_path: Path) -> None:
    rows = [{"text": f"a {value}", "value": {"it": value, "kind": f"{value[:9]}{at % 2}"}} for at in range(12)]
    _, task = drafted(tmp_path, rows)
    assert not [issue for row in rows for issue in Schema.of(task).check(row["value"])]
    for example in task.examples:
        assert example.text in {row["text"] for row in rows}


KEYS = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=6), st.sampled_from(["a", "b", "id"]))
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=8),
    st.sampled_from(["2024-01-02", "2024-01-02T03:04:05", "10:20", "a@b.example", "12", "$5", "yes"]),
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=8,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.dictionaries(KEYS, VALUES, min_size=1, max_size=4), min_size=1, max_size=4))
def test_the_schema_accepts_every_row_that_it_was_drafted_from(rows: list[Any], tmp_path: Path) -> None:
    try:
        json.dumps(rows, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return
    _, task = drafted(tmp_path, rows)
    assert [issue for row in rows for issue in Schema.of(task).check(row)] == []


GOLD = [{"text": f"Dish {at}", "gold": {"name": f"Dish {at}", "serves": at}} for at in range(4)]
OUTPUT = [
    {"id": str(at), "source": "x", "status": "ok", "value": {"name": f"Dish {at}", "serves": at}} for at in range(4)
]
FAILED = {"id": "9", "source": "x", "status": "failed", "value": None, "error": "no"}


@pytest.mark.parametrize("file", ["rows.jsonl", "rows.json"])
@pytest.mark.parametrize("rows", [GOLD, OUTPUT, [*OUTPUT, FAILED], [row["value"] for row in OUTPUT]])
def test_gold_output_and_plain_objects_give_the_same_fields(rows: list[Any], file: str, tmp_path: Path) -> None:
    source, task = drafted(tmp_path, rows, file=file)
    assert list(Schema.of(task).json_schema["properties"]) == ["name", "serves"]
    assert len(task.examples) == (2 if rows is GOLD else 0)
    assert "TODO" not in source
    assert max((found.severity for found in lint_task(task)), default=Severity.NOTE) < Severity.ERROR


def test_an_object_with_a_text_and_a_value_of_its_own_is_no_gold(tmp_path: Path) -> None:
    _, task = drafted(tmp_path, [{"text": "a", "value": 3, "unit": "kg"}])
    assert list(Schema.of(task).json_schema["properties"]) == ["text", "value", "unit"]


def test_the_columns_of_a_csv_file_are_typed(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("No.,Price,Sent,Code,Note\n1,2.50,true,007,\n2,3,false,008,x\n")
    source = draft_task("a", [str(tmp_path / "a.csv")]).source
    found = [field(source, name).split(" = ")[0] for name in ("no", "Price", "Sent", "Code", "Note")]
    assert found == ["int", "float", "bool", "str", "str | None"]


def test_a_folder_or_glob_of_rows_is_read_as_rows(tmp_path: Path) -> None:
    for at in range(2):
        (tmp_path / f"{at}.jsonl").write_text(json.dumps({"a": at}))
    for path in (tmp_path, tmp_path / "*.jsonl"):
        assert field(draft_task("thing", [str(path)]).source, "a").startswith("int = ")


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("Name ........ : Ann", "name"),
        ("**Name:** Ann", "name"),
        ("- Name : Ann", "name"),
        ("1. Name: Ann", "name"),
        ("First name\tAnn 2", "first_name"),
        ("Größe: 3", "größe"),
        ("氏名：山田", "氏名"),
        ("Customer no.: 17", "customer_no"),
    ],
)
def test_labels_are_found_as_people_write_them(line: str, name: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(f"{line}\nZone: 1\n" if "\t" not in line else f"{line}\nZone\tB 1\n\nx\n")
    assert field(draft_task("thing", [str(tmp_path / "a.txt")]).source, name)


def test_times_and_addresses_are_no_labels(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Name: Ann\n12:30 lunch\nhttp://foo.example/bar\nhttps: //x\n")
    source = draft_task("thing", [str(tmp_path / "a.txt")]).source
    assert re.findall(r"^    (\w+): .* = Field", source, re.MULTILINE) == ["name", "https"]


NOTES = [
    f"INVOICE\nInvoice number: INV-{at}\nDate: {at + 1} May 2024\nTotal due: ${at}5.00\nPaid: yes\n\n"
    f"Item | Qty | Price\nTea | {at + 1} | 3.00\nMilk | 2 | 1.50\n"
    for at in range(5)
]


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    folder = tmp_path / "samples"
    folder.mkdir()
    for at, note in enumerate(NOTES):
        (folder / f"{at}.txt").write_text(note)
    return folder


def test_documents_give_fields_by_their_labels_and_tables_and_the_rules_fill_them(
    samples: Path, tmp_path: Path
) -> None:
    source = draft_task("bill", [str(samples)]).source
    (tmp_path / "bill.py").write_text(source)
    task = find_task("bill.py", root=tmp_path)
    names = ("invoice_number", "date", "total_due", "paid", "items")
    found = [field(source, name).split(" = ")[0] for name in names]
    assert found == ["str | None", "dt.date | None", "float | None", "bool | None", "list[Item]"]
    value = extract(task, NOTES[2], model="rules").value.model_dump(mode="json")
    assert (value["invoice_number"], value["date"], value["total_due"]) == ("INV-2", "2024-05-03", 25.0)


def test_linked_data_of_pages_and_tables_of_labels_are_read(tmp_path: Path) -> None:
    data = {"@type": "Product", "name": "Lamp", "offers": {"price": "12.50", "priceCurrency": "EUR"}}
    page = (
        f'<html><body><h1>Lamp</h1><script type="application/ld+json">{json.dumps(data)}</script>'
        "<table><tr><td>Height</td><td>40 cm</td></tr><tr><td>Colour</td><td>red</td></tr></table></body></html>"
    )
    (tmp_path / "a.html").write_text(page)
    source = draft_task("lamp", [str(tmp_path / "a.html")]).source
    assert field(source, "name").startswith("str | None")
    assert field(source, "offers").startswith("Offers | None")
    assert field(source, "height").startswith("str | None")


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"a.jsonl": ""}, "no rows to draft"),
        ({"a.jsonl": "[]\n"}, r"a\.jsonl, line 1: this line is not a JSON object"),
        ({"a.jsonl": "{x\n"}, r"a\.jsonl, line 1: this line is not JSON"),
        ({"a.json": "[1]"}, r"item 1: it is no object"),
        ({"a.json": "{"}, "not JSON"),
        ({"a.jsonl": "{}\n{}\n"}, "All objects are empty"),
        ({"a.jsonl": json.dumps(FAILED)}, "no rows with a value"),
        (
            {"a.jsonl": json.dumps(GOLD[0]) + "\n" + json.dumps(OUTPUT[0])},
            "rows are of different kinds: 1 rows of gold",
        ),
        ({"a.jsonl": '{"text": "a", "value": [1]}'}, "its value is a list"),
        ({"a.jsonl": '{"a": "\\ud800"}'}, "half of a character"),
        ({"a.jsonl": '{"a": NaN}'}, "NaN or Infinity"),
        ({"a.jsonl": b"\xff\xfe\x00{"}, "not UTF-8"),
        ({"a.txt": "Nothing here."}, "The sample has no labels"),
        ({"a.txt": "Nothing here.", "b.txt": "Nor here."}, "The 2 samples have no labels"),
        ({"a.txt": "Guest: Kim", "b.txt": "Room: 12", "c.txt": "Nights: 3"}, "The 3 samples share no labels"),
        ({"a.txt": "A: b", "b.jsonl": '{"a": 1}'}, "not from both"),
        ({"a.pdf": b"%PDF-broken"}, "None of the samples can be read"),
    ],
)
def test_what_cannot_be_drafted_from_is_an_error_that_says_why(
    files: dict[str, str | bytes], reason: str, tmp_path: Path
) -> None:
    for name, content in files.items():
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ConfigurationError, match=reason):
        draft_task("thing", [str(tmp_path / name) for name in files])


def test_a_file_that_does_not_exist_and_a_name_that_is_no_module_are_errors(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no such file"):
        draft_task("thing", [str(tmp_path / "none.jsonl")])
    with pytest.raises(ConfigurationError, match="None of the samples"):
        draft_task("thing", [str(tmp_path / "none")])
    with pytest.raises(TaskError, match="not a valid name"):
        draft_task("../x", [])
