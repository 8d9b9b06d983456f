"""Figures of answers against gold: counting, intervals, two settings, and gold that cannot be used."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from pydantic import BaseModel, Field

from structgen import Extractor, Options, Schema, Style, Task
from structgen.batch import RunBudget
from structgen.core.errors import ConfigurationError, TaskError
from structgen.evaluate import Setting, evaluate
from structgen.evaluate.answer_rows import answer_from_json
from structgen.evaluate.comparison import ScoredFields
from structgen.evaluate.evaluation import SettingResult, compared
from structgen.evaluate.gold.gold_rows import Fault, GoldFormat, GoldProblem, GoldRow, read_gold, text_digest
from structgen.evaluate.gold.gold_source import GoldCount
from structgen.evaluate.scoring.bootstrap import BLOCKS, Blocks
from structgen.evaluate.scoring.figures import ScoredNames
from structgen.evaluate.scoring.scorer import Scorer
from structgen.evaluate.scoring.value_cells import same_cell
from structgen.testing import Emulator, reply

ANY: dict[str, Any] = {"type": "object"}


def score(gold: list[Any], values: list[Any], schema: Any = ANY, **options: Any) -> dict[str, Any]:
    """The figures of these values against gold, in pairs."""
    rows = [{"id": str(number), "gold": one} for number, one in enumerate(gold)]
    answers = [{"id": str(number), "value": one} for number, one in enumerate(values)]
    return evaluate(schema, rows, rows=answers, **options).to_json()


def test_every_field_has_precision_recall_and_f1() -> None:
    gold = [{"a": "x", "b": 1}, {"a": "y", "b": None}, {"a": "z", "b": 3}, {"a": None, "b": None}]
    values = [{"a": "X", "b": 2}, {"a": None, "b": 5}, {"a": "z", "b": 3}, {"a": None, "b": None}]
    found = score(gold, values)
    a, b = found["fields"]["/a"], found["fields"]["/b"]
    assert (a["tp"], a["fp"], a["fn"], a["precision"], a["recall"]) == (2, 0, 1, 1.0, pytest.approx(2 / 3))
    assert (b["tp"], b["fp"], b["fn"], b["f1"]) == (1, 2, 1, pytest.approx(2 / 5))
    assert (b["n"], b["exact_match"], b["false_answers"], b["coverage"]) == (4, 0.5, 0.5, 1.0)
    assert (a["false_answers"], a["coverage"]) == (0.0, pytest.approx(2 / 3))
    assert found["macro_f1"] == pytest.approx((a["f1"] + b["f1"]) / 2)
    assert found["micro_f1"] == pytest.approx(2 * 3 / (2 * 3 + 2 + 2))
    assert (found["documents"], found["exact_match"]) == (4, 0.5)


def test_a_cost_of_which_some_calls_told_nothing_has_a_lower_bound() -> None:
    known = {"calls": 1, "input_tokens": 5, "output_tokens": 2, "cost": 0.5}
    untold = {"calls": 3, "input_tokens": None, "output_tokens": None, "cost": None}
    rows = [{"id": str(number), "gold": {"a": 1}} for number in range(2)]
    answers: list[Any] = [{"id": str(n), "value": {"a": 1}, "usage": one} for n, one in enumerate((known, untold))]
    assert not {"cost_at_least", "untold_calls"} & evaluate(ANY, rows, rows=answers).to_json().keys()
    untold.update({"cost_at_least": 0.25, "untold_calls": 2})
    evaluation = evaluate(ANY, rows, rows=answers)
    found = evaluation.to_json()
    assert (found["cost"], found["cost_at_least"], found["untold_calls"]) == (None, 0.75, 2)
    assert "together at least 0.750000 USD; 2 calls told no tokens" in evaluation.html()


def test_a_list_is_one_field_by_item_and_its_leaves_have_figures_of_their_own() -> None:
    gold = [{"lines": [{"name": "Tea", "price": 3}, {"name": "Milk", "price": 1}]}, {"lines": []}]
    values = [{"lines": [{"name": "milk", "price": 1}, {"name": "Tea", "price": 4}]}, {"lines": [{"name": "Rum"}]}]
    found = score(gold, values)
    lines, price = found["fields"]["/lines"], found["fields"]["/lines/*/price"]
    assert (lines["tp"], lines["fp"], lines["fn"], lines["n"]) == (1, 2, 1, 2)
    assert (lines["exact_match"], lines["false_answers"]) == (0.0, 1.0)
    assert (price["tp"], price["fp"], price["fn"], price["in_macro"]) == (1, 1, 1, False)
    assert found["macro_f1"] == lines["f1"]


def test_a_document_without_an_answer_is_wrong_in_every_field_also_where_gold_is_null() -> None:
    gold = [{"id": "1", "gold": {"a": "x", "b": None}}, {"id": "2", "gold": {"a": "x", "b": None}}]
    answers: list[dict[str, Any]] = [{"id": "1", "status": "failed", "value": None, "error": "cut off"}]
    found = evaluate(ANY, gold, rows=answers).to_json()
    assert found["status"] == {"failed": 1, "missing": 1}
    assert [found["fields"][path]["exact_match"] for path in ("/a", "/b")] == [0.0, 0.0]
    assert (found["fields"]["/a"]["fn"], found["fields"]["/b"]["false_answers"]) == (2, None)
    assert (found["rows_missing"], found["value_f1"], found["exact_match"]) == (1, 0.0, 0.0)


def test_fields_that_no_gold_has_are_listed_and_not_judged() -> None:
    found = score([{"a": "x"}, {"a": "y", "c": None}], [{"a": "x", "b": "more", "c": 1}, {"a": "y", "b": "more"}])
    assert (found["macro_f1"], found["not_in_gold"]) == (pytest.approx(1 / 2), ["/b"])
    assert found["fields"]["/c"]["fp"] == 1


def test_what_gold_does_not_judge_is_left_out() -> None:
    gold = [
        {"id": "1", "gold": {"a": "x", "b": "y"}, "unjudged": ["/b"]},
        {"id": "2", "gold": {"a": "x", "b": "y"}, "gold_in_text": {"b": False}, "alternatives": {"a": ["z"]}},
    ]
    answers = [{"id": "1", "value": {"a": "x"}}, {"id": "2", "value": {"a": "Z"}}]
    everything = evaluate(ANY, gold, rows=answers).to_json()
    assert everything["fields"]["/a"]["f1"] == 1.0
    assert everything["fields"]["/b"]["n"] == 1
    assert "/b" not in evaluate(ANY, gold, rows=answers, in_text=True).to_json()["fields"]


def test_value_f1_counts_cells_as_extractbench_does() -> None:
    schema = {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "note": {"type": ["string", "null"]},
            "day": {"type": "string"},
            "tags": {"type": "array", "items": {"type": "string"}},
            "rows": {
                "type": "array",
                "items": {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}},
            },
        },
    }
    gold = {"name": "Tea  Shop", "note": None, "day": "March 5, 2024", "tags": ["x", "y"], "rows": [{"a": "p", "b": 1}]}
    value = {
        "name": "Tea Shop",
        "day": "2024-03-05",
        "tags": ["y", "x"],
        "rows": [{"a": "q", "b": 2}, {"a": "P", "b": 1}],
    }
    found = score([gold], [value], schema)
    # right: name, note (an absent key is null), day, b of the record; not: tags (a list is one cell), a (case counts)
    assert (found["value_recall"], found["value_precision"]) == (pytest.approx(4 / 6), pytest.approx(4 / 8))
    assert found["value_f1"] == pytest.approx(8 / 14)


@pytest.mark.parametrize(
    ("gold", "value", "same"),
    [
        ("2014-09-04T10:30:00", "2014-09-04", True),
        ("03/04/2024", "2024-03-04", True),
        ("25/12/2018", "December 25, 2018", True),
        ("5 March 2024", "Tuesday, March 5, 2024", True),
        ("3/4/24", "2024-03-04", True),
        ("3/4/98", "1998-03-04", True),
        ("20240304", "2024-03-04", False),
        ("5.3.2024", "2024-03-05", False),
        ("Invoice 2024-03-04", "2024-03-04", False),
        ("1234567890-1-2", "1234567890-01-02", False),
        ("Tea", "tea", False),
        (1, 1.0, True),
        (1, "1", False),
        (["2024-03-04"], ["March 4, 2024"], True),
        (["a "], ["a"], False),
        (["a", "b"], ["b", "a"], False),
        ({}, None, False),
    ],
)
def test_cells_are_equal_as_in_extractbench(gold: Any, value: Any, same: bool) -> None:
    assert same_cell(gold, value) == same_cell(value, gold) == same


def test_an_absent_key_is_a_cell_with_the_default_of_its_schema() -> None:
    tags = {"type": "array", "items": {"type": "string"}, "default": []}
    schema = {"type": "object", "properties": {"a": {"type": "string"}, "tags": tags, "n": {"type": "integer"}}}
    assert score([{"a": "x"}], [{"a": "x", "tags": [], "n": None}], schema)["value_f1"] == 1.0
    assert score([{"a": "x"}], [{"a": "x", "tags": ["y"], "n": 0}], schema)["value_f1"] == pytest.approx(1 / 3)


def test_the_cells_of_documents_are_averaged_so_that_each_document_counts_once() -> None:
    found = score([{"a": 1}, {"a": 1, "b": 2, "c": 3}], [{"a": 2}, {"a": 1, "b": 2, "c": 3}])
    assert found["value_f1"] == 0.5


@pytest.mark.parametrize(
    ("span", "right", "grounded"),
    [((0, 10), True, 1.0), ((0, 5), True, 1.0), ((6, 10), True, 0.0), ((0, 10), False, 0.0)],
)
def test_grounding_f1_needs_a_right_value_at_the_right_place(
    span: tuple[int, int], right: bool, grounded: float
) -> None:
    start, end = span
    gold = [
        {"id": "1", "gold": {"a": "Green tea."}, "evidence": [{"path": "/a", "start": 0, "end": 10}]},
        {"id": "2", "gold": {"a": "x"}},
    ]
    answers = [
        {
            "id": "1",
            "value": {"a": "Green tea." if right else "Tea"},
            "evidence": [{"path": "/a", "start": start, "end": end}],
        },
        {"id": "2", "value": {"a": "x"}},
    ]
    found = evaluate(ANY, gold, rows=answers).to_json()
    assert found["grounding_f1"] == grounded  # the second document has no evidence in gold: it does not count
    assert found["evidence_overlap"] == pytest.approx((end - start) / 10)


def test_evidence_follows_the_items_that_were_paired() -> None:
    gold = [
        {
            "id": "1",
            "text": "tea and milk",
            "gold": [{"text": "tea", "start": 0, "end": 3}, {"text": "milk", "start": 8, "end": 12}],
        }
    ]
    answers = [{"id": "1", "value": [{"text": "milk", "start": 8, "end": 12}, {"text": "tea", "start": 4, "end": 7}]}]
    passage = {
        "type": "object",
        "properties": {"text": {"type": "string"}, "start": {"type": "integer"}, "end": {"type": "integer"}},
    }
    found = evaluate({"type": "array", "items": passage}, gold, rows=answers).to_json()
    assert (found["macro_f1"], found["evidence_recall"], found["evidence_overlap"]) == (1.0, 0.5, 0.5)


def test_entity_and_group_f1_count_as_kieval_does() -> None:
    gold = {"shop": "Tea", "phone": None, "rows": [{"n": "a", "p": "1"}, {"n": "b", "p": "2"}]}
    value = {"shop": "tea", "phone": "5", "rows": [{"n": "b", "p": "2"}, {"n": "a", "p": "9"}, {"n": "c"}]}
    found = score([gold], [value])
    # entities: right b, 2, a; surplus tea, 5, 9, c; missing Tea, 1. Groups: right {b, 2}; wrong {a, 9}; surplus {c}
    assert found["entity_f1"] == pytest.approx(6 / (6 + 4 + 2))
    assert found["group_f1"] == pytest.approx(2 / (2 + 2 + 1))


def test_intervals_are_the_same_for_the_same_seed_and_contain_the_figure() -> None:
    gold = [{"a": "x"}] * 40
    values = [{"a": "x" if number % 4 else "y"} for number in range(40)]
    first, second = score(gold, values), score(gold, values)
    assert first["macro_f1_95"] == second["macro_f1_95"]
    low, high = first["macro_f1_95"]
    assert low < first["macro_f1"] == 0.75 < high
    assert high - low == pytest.approx(2 * 1.96 * (0.75 * 0.25 / 40) ** 0.5, rel=0.2)
    assert score(gold, values, seed=5)["macro_f1_95"] != first["macro_f1_95"]


def test_beyond_a_thousand_documents_groups_are_drawn_and_nothing_is_lost() -> None:
    blocks = Blocks(3)
    for number in range(5 * BLOCKS):
        blocks.add(number, 1)
    assert len(blocks.sums) == BLOCKS
    assert set(blocks.sums.values()) == {5}
    assert blocks.total == 5 * BLOCKS


def test_two_settings_are_compared_on_the_same_documents() -> None:
    gold = [{"id": str(number), "gold": {"a": "x", "b": 1}} for number in range(30)]
    poor = [{"id": str(number), "value": {"a": "x" if number % 3 else "y", "b": 2}} for number in range(30)]
    good = [
        {"id": str(number), "value": {"a": "x" if number else "y", "b": 1 if number < 20 else 3}}
        for number in range(30)
    ]
    found = evaluate(ANY, gold, rows=poor, against=Setting(rows=good, name="good")).to_json()
    comparison = found["comparison"]
    difference = comparison["difference"]["macro_f1"]
    assert found["against"]["setting"] == "good"
    assert difference["difference"] == pytest.approx(found["against"]["macro_f1"] - found["macro_f1"])
    low, high = difference["interval"]
    assert low < difference["difference"] < high
    assert difference["certain"]
    changed = {change["id"]: change for change in comparison["changed"]}
    assert changed["3"] == {"id": "3", "better": ["/a", "/b"], "worse": []}
    assert "25" not in changed  # wrong in both
    assert (comparison["better"], comparison["worse"]) == (len(changed), 0)


def test_the_same_answers_differ_by_nothing_whatever_is_drawn() -> None:
    rows = [{"id": str(number), "value": {"a": "x" if number % 3 else "y"}} for number in range(20)]
    gold = [{"id": str(number), "gold": {"a": "x"}} for number in range(20)]
    comparison = evaluate(ANY, gold, rows=rows, against=Setting(rows=rows)).to_json()["comparison"]
    assert comparison["difference"]["macro_f1"] == {"difference": 0.0, "interval": [0.0, 0.0], "certain": False}
    assert comparison["changed"] == []


def test_a_field_that_gold_does_not_judge_is_no_change() -> None:
    gold = [{"id": "1", "gold": {"a": "x"}}]
    first, second = [{"id": "1", "value": {"a": "x", "b": 1}}], [{"id": "1", "value": {"a": "x"}}]
    assert evaluate(ANY, gold, rows=first, against=Setting(rows=second)).to_json()["comparison"]["changed"] == []


def test_an_empty_item_of_gold_is_an_item() -> None:
    found = score([{"a": [[], ["x"]], "b": ["", "y"]}], [{"a": [["x"], []], "b": ["y", ""]}])
    assert [(found["fields"][path]["tp"], found["fields"][path]["f1"]) for path in ("/a", "/b")] == [(2, 1), (2, 1)]


def test_rows_that_do_not_say_what_they_took_have_unknown_means() -> None:
    assert score([{"a": 1}], [{"a": 1}])["per_document"]["calls"] is None


def test_fields_that_only_one_setting_fills_are_compared_too() -> None:
    gold = [{"id": "1", "gold": {"a": "x", "b": None}}, {"id": "2", "gold": {"a": "x", "b": None}}]
    first = [{"id": "1", "value": {"a": "x"}}, {"id": "2", "value": {"a": "x"}}]
    second = [{"id": "1", "value": {"b": "more", "a": "x"}}, {"id": "2", "value": {"a": "x"}}]
    comparison = evaluate(ANY, gold, rows=first, against=Setting(rows=second)).to_json()["comparison"]
    assert comparison["changed"] == [{"id": "1", "better": [], "worse": ["/b"]}]
    assert comparison["difference"]["false_answers"]["difference"] == 0.5


# Gold that cannot be used


class Ticket(BaseModel):
    who: str = Field(alias="customer")
    urgent: bool = False
    note: str | None = None


def usable(row: dict[str, Any], schema: Any = Ticket, **form: Any) -> GoldRow | GoldProblem:
    return next(read_gold([row], Schema.of(schema), GoldFormat(**form)))


@pytest.mark.parametrize(
    ("row", "fault", "reason"),
    [
        ({"text": "t"}, Fault.UNREADABLE, "neither 'gold' nor 'value'"),
        ({"gold": {"customer": "Ann"}}, Fault.UNREADABLE, "no text under 'text'"),
        ({"text": " ", "gold": {"customer": "Ann"}}, Fault.UNREADABLE, "no text"),
        ({"text": "t", "gold": {"who": 3}}, Fault.INVALID, "customer"),
        ({"text": "t", "gold": None}, Fault.INVALID, "the value"),
        ({"text": "t", "gold": {"customer": "Ann"}, "digest": "0" * 16}, Fault.CHANGED, "digest"),
        (
            {"text": "Ann", "gold": {"customer": "Ann"}, "evidence": [{"path": "/customer", "start": 2, "end": 9}]},
            Fault.CHANGED,
            "not at 2 to 9",
        ),
        (
            {
                "text": "Bob",
                "gold": {"customer": "Ann"},
                "evidence": [{"path": "/customer", "start": 0, "end": 3, "text": "Ann"}],
            },
            Fault.CHANGED,
            "has changed",
        ),
        (
            {"text": "Bob", "gold": {"customer": "Bob"}, "evidence": [{"path": "/name", "start": 0, "end": 3}]},
            Fault.CHANGED,
            "no such path",
        ),
    ],
)
def test_a_row_of_gold_that_cannot_be_used_says_why(row: dict[str, Any], fault: Fault, reason: str) -> None:
    found = usable(row)
    assert isinstance(found, GoldProblem)
    assert (found.fault, reason in found.reason) == (fault, True), found.reason


def test_gold_is_read_as_the_task_writes_values() -> None:
    row = {"text": "Ann", "value": {"customer": "Ann"}, "digest": text_digest("Ann"), "quotes": {"/customer": "Ann"}}
    found = usable(row)
    assert isinstance(found, GoldRow)
    # a default that says something belongs to gold too; null is left open
    assert found.value == {"customer": "Ann", "urgent": False}
    assert found.evidence == {"/customer": ((0, 3),)}


def test_rows_that_structgen_wrote_are_gold() -> None:
    row = {
        "id": "soup.txt", "source": "soup.txt", "status": "ok", "value": {"customer": "Ann", "urgent": True},
        "evidence": [{"path": "/customer", "start": 0, "end": 3, "text": "Ann", "status": "exact"}],
    }  # fmt: skip
    assert isinstance(usable(row, needs_text=False), GoldRow)


def test_unusable_gold_is_listed_and_counted_apart() -> None:
    gold = [{"id": "1", "gold": {"customer": "Ann"}}, {"id": "2", "gold": {"x": 1}}, {"id": "3"}]
    found = evaluate(Ticket, gold, rows=[{"id": "1", "value": {"customer": "Ann", "urgent": False}}]).to_json()
    assert (found["documents"], found["macro_f1"]) == (1, 1.0)
    assert (found["gold"]["rows"], found["gold"]["usable"]) == (3, 1)
    assert [one["id"] for one in found["gold"]["invalid"]] == ["2"]
    assert [one["id"] for one in found["gold"]["unreadable"]] == ["3"]


@pytest.mark.parametrize(
    ("gold", "says"),
    [
        ([], "gold is empty"),
        ([{"id": "1", "gold": {"x": 1}}, {"id": "2", "gold": {"x": 2}}], "Is it gold of another task"),
        ([{"id": "1"}], "neither 'gold' nor 'value'"),
    ],
)
def test_gold_without_a_usable_row_is_an_error(gold: list[dict[str, Any]], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        evaluate(Ticket, gold, rows=[{"id": "1", "value": {}}])


def test_equal_ids_are_scored_in_their_order_and_listed() -> None:
    gold = [{"id": "1", "gold": {"a": "x"}}, {"id": "1", "gold": {"a": "y"}}]
    answers = [{"id": "1", "value": {"a": "x"}}, {"id": "1", "value": {"a": "y"}}, {"id": "9", "value": {}}]
    found = evaluate(ANY, gold, rows=answers).to_json()
    assert (found["macro_f1"], found["gold"]["repeated_ids"], found["rows_not_in_gold"]) == (1.0, {"1": 2}, 1)


def test_of_several_rows_for_one_document_the_last_counts() -> None:
    answers = [{"id": "1", "value": {"a": "y"}}, {"id": "1", "value": {"a": "x"}}]
    found = evaluate(ANY, [{"id": "1", "gold": {"a": "x"}}], rows=answers).to_json()
    assert (found["macro_f1"], found["rows_repeated"]) == (1.0, 1)


def test_files_of_gold_and_rows_are_read_line_by_line(tmp_path: Path) -> None:
    lines = [json.dumps({"id": number, "gold": {"a": number / 2}}) for number in range(3)]
    (tmp_path / "gold.jsonl.gz").write_bytes(gzip.compress("\n".join([*lines, "{broken", "[]"]).encode()))
    (tmp_path / "rows.jsonl").write_text(
        '{"id": "0", "value": {"a": 0.0}}\nno row\n{"id": "1", "value": {"a": "0.5"}}\n'
    )
    found = evaluate(ANY, tmp_path / "gold.jsonl.gz", rows=tmp_path / "rows.jsonl").to_json()
    assert (found["fields"]["/a"]["tp"], found["rows_missing"], found["lines_that_are_no_rows"]) == (2, 1, 1)
    assert [one["place"] for one in found["gold"]["unreadable"]] == ["gold.jsonl.gz:4", "gold.jsonl.gz:5"]


def test_objects_that_are_no_rows_are_counted_and_other_mappings_are_rows() -> None:
    gold: list[Any] = [MappingProxyType({"id": "1", "gold": {"a": "x"}}), ["x"], None, "text"]
    answers: list[Any] = [MappingProxyType({"id": 1, "value": {"a": "x"}}), {"value": {"a": "x"}}, {"id": None}, 7]
    found = evaluate(ANY, gold, rows=answers).to_json()
    assert (found["macro_f1"], found["lines_that_are_no_rows"]) == (1.0, 3)
    assert [one["place"] for one in found["gold"]["unreadable"]] == ["row 2", "row 3", "row 4"]


@pytest.mark.parametrize("name", ["gold.jsonl", "rows.jsonl"])
def test_a_file_that_is_not_there_is_an_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "gold.jsonl").write_text('{"id": "1", "gold": {"a": 1}}\n')
    (tmp_path / "rows.jsonl").write_text('{"id": "1", "value": {"a": 1}}\n')
    (tmp_path / name).unlink()
    with pytest.raises(ConfigurationError, match=name):
        evaluate(ANY, tmp_path / "gold.jsonl", rows=tmp_path / "rows.jsonl")


def test_limit_takes_the_first_rows_and_sample_the_same_ones_for_one_seed() -> None:
    gold = [{"id": str(number), "gold": {"a": number}} for number in range(50)]
    rows = [{"id": str(number), "value": {"a": number}} for number in range(5)]
    assert evaluate(ANY, gold, rows=rows, limit=5).macro_f1 == 1.0
    few, again = (evaluate(ANY, gold, rows=rows, sample=10, seed=2).to_json()["status"] for _ in range(2))
    assert few == again
    assert sum(few.values()) == 10


# Asking models


GOLD = [
    {"id": "a", "text": "Name: Soup", "gold": {"name": "Soup"}},
    {"id": "b", "text": "Name: Pie", "gold": {"name": "Pie"}},
]
DISH = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}


def test_rules_are_scored_without_a_key() -> None:
    found = evaluate(Task("dish", DISH), GOLD, model="rules")
    assert (found.macro_f1, found.documents, found.figure("/name.recall")) == (1.0, 2, 1.0)
    assert found.to_json()["setting"] == "dish with rules"
    with pytest.raises(KeyError):
        found.figure("nothing")
    assert "Evaluation" in found.html()


def test_a_model_is_scored_with_what_it_took(groq_emulator: Emulator, tmp_path: Path) -> None:
    groq_emulator.script(reply('{"name": "Soup"}'), reply('{"name": "Cake"}'))
    store = tmp_path / "store.sqlite"
    found = evaluate(Task("dish", DISH), GOLD, model="groq/openai/gpt-oss-20b", store=store, concurrency=1).to_json()
    assert (found["macro_f1"], found["calls"], found["from_store"]) == (0.5, 2, 0)
    assert found["per_document"]["calls"] == 1.0
    assert found["per_document"]["input_tokens"] > 0
    assert found["cost"] > 0
    assert found["mistakes"] == [
        {"id": "b", "path": "/name", "field": "/name", "verdict": "wrong", "gold": "Pie", "value": "Cake"}
    ]
    again = evaluate(Task("dish", DISH), GOLD, model="groq/openai/gpt-oss-20b", store=store).to_json()
    assert len(groq_emulator.requests) == 2  # nothing is paid for twice
    assert (again["from_store"], again["input_tokens"], again["cost"]) == (2, found["input_tokens"], found["cost"])


@pytest.mark.parametrize("against", [Style.JSON_SCHEMA, Task("other", DISH, instructions="Find the dish."), "rules"])
def test_a_second_setting_is_a_style_a_task_or_a_model(against: Any, groq_emulator: Emulator) -> None:
    groq_emulator.answer_with(lambda _: '{"name": "Soup"}')
    found = evaluate(Task("dish", DISH), GOLD, model="groq/openai/gpt-oss-20b", against=against).to_json()
    assert found["macro_f1"] == 0.5
    assert found["against"]["macro_f1"] == (1.0 if against == "rules" else 0.5)
    prompts = [received.body["messages"][0]["content"] for received in groq_emulator.requests]
    assert len(set(prompts)) == (1 if against == "rules" else 2)


def test_a_budget_is_for_both_settings_together(groq_emulator: Emulator) -> None:
    groq_emulator.answer_with(lambda _: '{"name": "Soup"}')
    model, task = "groq/openai/gpt-oss-20b", Task("dish", DISH)
    alone = evaluate(task, GOLD, model=model).to_json()
    with Extractor(model) as extractor:
        most = extractor.estimate_usage(task, GOLD[0]["text"])
    at_most = (most.input_tokens or 0) + (most.output_tokens or 0)
    one = (alone["input_tokens"] + alone["output_tokens"]) // 2
    found = evaluate(
        task,
        GOLD,
        model=model,
        against=Style.JSON_SCHEMA,
        budget=RunBudget(max_tokens=at_most + one + 9),
        concurrency=1,
    )
    assert found.documents == 2
    assert found.to_json()["against"]["stopped"]
    assert "not read the same documents" in found.to_json()["comparison"]["reason"]


def test_a_wrong_rule_is_an_error_before_anything_is_asked(groq_emulator: Emulator) -> None:
    with pytest.raises(TaskError, match="fuzy"):
        evaluate(Task("dish", DISH), GOLD, model="groq/openai/gpt-oss-20b", compare={"/name": "fuzy"})
    assert groq_emulator.requests == []


def test_options_reach_the_model(groq_emulator: Emulator) -> None:
    groq_emulator.answer_with(lambda _: '{"name": "Soup"}')
    evaluate(
        Task("dish", DISH), GOLD[:1], model="groq/openai/gpt-oss-20b", options=Options(seed=7), instructions="Look."
    )
    body = groq_emulator.requests[0].body
    assert body["seed"] == 7
    assert "Look." in body["messages"][0]["content"]


def test_memory_of_a_scorer_does_not_grow_with_the_documents() -> None:
    fields = ScoredFields.of(Schema.of(ANY))
    scorer = Scorer(fields, Schema.of(ANY).node)
    for number in range(1_100):
        gold = GoldRow(number, str(number), str(number), None, {"a": number, "b": "x"})
        scorer.add(gold, answer_from_json({"value": {"a": number, "b": "y"}}))
    assert len(scorer.blocks.sums) == BLOCKS
    assert len(scorer.mistakes) <= 500 < scorer.mistaken == 1_100
    result = SettingResult("s", "", "t", scorer)
    assert compared(GoldCount(1_100), [result], 0).documents == 1_100
    assert ScoredNames.of(scorer).top.keys() == {"/a", "/b"}
