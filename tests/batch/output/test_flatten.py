from __future__ import annotations

from structgen.batch.output.flatten import cells_of, columns_of
from structgen.batch.row import Row, RowStatus
from structgen.core.json import Json, JsonObject


def row(value: Json) -> JsonObject:
    return Row("a", "a.txt", RowStatus.OK, value=value).to_json()


def value_columns(*values: Json) -> list[str]:
    return [name for name in columns_of([row(value) for value in values]) if name.startswith("value")]


def test_nested_objects_become_dotted_columns_in_their_place() -> None:
    columns = columns_of([row({"name": "Soup", "time": {"prep": 5, "cook": 20}})])
    assert columns[:7] == ["id", "source", "status", "value.name", "value.time.prep", "value.time.cook", "evidence"]
    assert columns[-2:] == ["model", "error"]


def test_lists_become_cells_of_json() -> None:
    given = row({"tags": ["a", "ä"], "none": []})
    assert cells_of(given, ["value.tags", "value.none"]) == ['["a", "ä"]', "[]"]


def test_rows_may_have_different_columns() -> None:
    assert value_columns({"a": 1}, {"b": 2}) == ["value.a", "value.b"]
    assert cells_of(row({"a": 1}), ["value.a", "value.b"]) == [1, None]


def test_a_part_that_is_null_somewhere_has_no_column_beside_its_parts() -> None:
    assert value_columns({"shop": None}, {"shop": {"name": "Deli"}}, None) == ["value.shop.name"]


def test_a_part_that_is_null_everywhere_has_its_column() -> None:
    assert value_columns({"shop": None}) == ["value.shop"]


def test_a_dot_in_a_key_is_told_from_a_part() -> None:
    assert value_columns({"a.b": 1, "a": {"b": 2}}) == [r"value.a\.b", "value.a.b"]


def test_a_value_that_is_no_object_is_one_cell() -> None:
    assert value_columns([1, 2]) == ["value"]
    assert cells_of(row([1, 2]), ["value"]) == ["[1, 2]"]


def test_columns_that_differ_only_in_case_leave_the_value_whole() -> None:
    assert value_columns({"Name": 1, "name": 2}) == ["value"]
    assert cells_of(row({"Name": 1, "name": 2}), ["value"]) == ['{"Name": 1, "name": 2}']


def test_open_keys_without_number_leave_the_value_whole() -> None:
    many: JsonObject = {f"word {n}": n for n in range(2000)}
    assert value_columns(many) == ["value"]
