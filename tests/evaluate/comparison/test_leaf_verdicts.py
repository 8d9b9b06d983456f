"""The verdicts about the leaves of a value and the items of its lists."""

from __future__ import annotations

import random
from collections import Counter
from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from structgen import Schema
from structgen.core.errors import ConfigurationError, TaskError
from structgen.core.json import Json
from structgen.evaluate.comparison import Judgement, ScoredFields, Verdict, judge
from structgen.evaluate.comparison.assignment import best_pairs

RIGHT, WRONG, MISSING, SPURIOUS = Verdict.RIGHT, Verdict.WRONG, Verdict.MISSING, Verdict.SPURIOUS
ANYTHING = ScoredFields.of(Schema.of(True))


class Line(BaseModel):
    name: str
    price: Decimal | None = None
    tags: list[str] = []


class Bill(BaseModel):
    shop: str = Field(json_schema_extra={"compare": "fuzzy"})
    code: Annotated[str, Field(json_schema_extra={"compare": "exact"})] | None = None
    note: str = Field("", json_schema_extra={"compare": "ignore"})
    paid: Annotated[str, Field(json_schema_extra={"compare": "amount"})] | None = None
    steps: list[str] = Field(default=[], json_schema_extra={"compare": ["ordered", "fuzzy"]})
    lines: list[Line] = []
    kind: Literal["a", "A"] = "a"


BILL = ScoredFields.of(Schema.of(Bill))


def found(judgement: Judgement) -> list[tuple[str, Verdict]]:
    return [(leaf.field, leaf.verdict) for leaf in judgement.leaves]


@pytest.mark.parametrize(
    ("gold", "value", "expected"),
    [
        ({"a": 1}, {"a": 1}, [("/a", RIGHT)]),
        ({"a": 1}, {"a": 2}, [("/a", WRONG)]),
        ({"a": 1}, {}, [("/a", MISSING)]),
        ({"a": 1}, {"a": ""}, [("/a", MISSING)]),
        ({"a": None}, {"a": 1}, [("/a", SPURIOUS)]),
        ({}, {"a": 1}, [("/a", SPURIOUS)]),
        ({"a": None}, {}, [("/a", RIGHT)]),
        ({"a": []}, {"a": None}, [("/a", RIGHT)]),
        ({"a": False}, {"a": None}, [("/a", MISSING)]),
        ({"a": 0}, {"a": 0}, [("/a", RIGHT)]),
        ({"a": True}, {"a": 1}, [("/a", WRONG)]),
        ({"a": {"b": 1}}, {"a": None}, [("/a/b", MISSING)]),
        ({"a": None}, {"a": {"b": 1, "c": None}}, [("/a/b", SPURIOUS), ("/a/c", RIGHT)]),
        ({"a": {"b": 1}}, {"a": "x"}, [("/a/b", MISSING), ("/a", SPURIOUS)]),
        ({"a": "x"}, {"a": {"b": 1}}, [("/a/b", SPURIOUS), ("/a", MISSING)]),
        ({"a": ["x", "y"]}, {"a": ["Y", "z"]}, [("/a", MISSING), ("/a", RIGHT), ("/a", SPURIOUS)]),
        ({"a": ["x", "x"]}, {"a": ["x"]}, [("/a", RIGHT), ("/a", MISSING)]),
        ({"a": ["x"]}, {"a": None}, [("/a", MISSING)]),
        ({"a": [None]}, {"a": ["", None]}, [("/a", RIGHT), ("/a", SPURIOUS)]),
        ("positive", "Positive", [("", RIGHT)]),
        (["x"], ["x"], [("", RIGHT)]),
        (None, None, [("", RIGHT)]),
        ({"a/b": 1}, {"a/b": 1}, [("/a~1b", RIGHT)]),
    ],
)
def test_every_leaf_has_a_verdict(gold: Json, value: Json, expected: list[tuple[str, Verdict]]) -> None:
    assert found(judge(gold, value, ANYTHING)) == expected


def test_items_are_paired_by_what_they_have_in_common_wherever_they_are() -> None:
    gold = {"lines": [{"name": "Tea", "price": "3.5"}, {"name": "Milk", "price": "1.20"}, {"name": "Rum"}]}
    value = {"lines": [{"name": "milk", "price": 1.2}, {"name": "Tea", "price": "3.6"}]}
    whole = [leaf for leaf in judge(gold, value, BILL).leaves if leaf.whole]
    assert [(leaf.gold_path, leaf.value_path, leaf.verdict) for leaf in whole] == [
        ("/lines/0", "/lines/1", WRONG),
        ("/lines/1", "/lines/0", RIGHT),
        ("/lines/2", None, MISSING),
    ]
    leaves = [leaf for leaf in judge(gold, value, BILL).leaves if not leaf.whole]
    assert ("/lines/*/price", WRONG) in [(leaf.field, leaf.verdict) for leaf in leaves]
    assert ("/lines/0/name", "/lines/1/name") in [(leaf.gold_path, leaf.value_path) for leaf in leaves]


def test_the_best_pairs_of_all_count_not_the_first_that_fit() -> None:
    gold = [{"a": 1, "b": 1, "c": 1}, {"a": 1, "b": 1, "c": 2}]
    value = [{"a": 1, "b": 1, "c": 9}, {"a": 1, "b": 7, "c": 1}]
    right = [leaf for leaf in judge(gold, value, ANYTHING).leaves if leaf.verdict is RIGHT]
    assert len(right) == 4  # the first pair that fits would leave only three


@pytest.mark.parametrize(
    ("gold", "value", "expected"),
    [
        ({"shop": "The Grand Hotel"}, {"shop": "the grand hotell"}, RIGHT),
        ({"code": "A1"}, {"code": "a1"}, WRONG),
        ({"paid": "$5.00"}, {"paid": "5 USD"}, RIGHT),
        ({"kind": "a"}, {"kind": "A"}, WRONG),
    ],
)
def test_a_field_is_compared_by_the_rule_that_it_declares(gold: Json, value: Json, expected: Verdict) -> None:
    assert [leaf.verdict for leaf in judge(gold, value, BILL).leaves] == [expected]


def test_an_ignored_field_has_no_verdict() -> None:
    assert judge({"note": "x"}, {"note": "y"}, BILL).leaves == ()


def test_order_counts_if_it_is_asked_for() -> None:
    gold, value = {"steps": ["boil water", "add the tea", "wait"]}, {"steps": ["wait", "boil water", "add the teas"]}
    verdicts = Counter(leaf.verdict for leaf in judge(gold, value, BILL).leaves)
    assert verdicts == {RIGHT: 2, MISSING: 1, SPURIOUS: 1}
    assert judge(gold, gold, BILL).right


def test_offsets_of_a_passage_are_no_values() -> None:
    passages: dict[str, Any] = {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "text": {"type": "string"},
                "start": {"type": "integer"},
                "end": {"type": "integer"},
                "kind": {"type": "string"},
            },
        },
    }
    gold, value = (
        [{"text": "tea", "start": 3, "end": 6, "kind": "x"}],
        [{"text": "tea", "start": 9, "end": 12, "kind": "x"}],
    )
    assert judge(gold, value, ScoredFields.of(Schema.of(passages))).right
    when = {"type": "string", "format": "date"}
    event = {"type": "object", "properties": {"text": {"type": "string"}, "start": when, "end": when}}
    there, here = ({"text": "a", "start": day, "end": day} for day in ("2024-01-01", "2024-01-02"))
    assert not judge(there, here, ScoredFields.of(Schema.of(event))).right


def test_rules_given_for_a_path_replace_those_of_the_task() -> None:
    fields = ScoredFields.of(Schema.of(Bill), {"/lines/*/name": "fuzzy", "/shop": "exact", "/lines": "ordered"})
    assert judge(
        {"shop": "a", "lines": [{"name": "Green tea"}]}, {"shop": "A", "lines": [{"name": "green teas"}]}, fields
    )
    assert [leaf.verdict for leaf in judge({"shop": "a"}, {"shop": "A"}, fields).leaves] == [WRONG]
    swapped = [{"name": "x"}, {"name": "y"}], [{"name": "y"}, {"name": "x"}]
    assert not judge({"lines": swapped[0]}, {"lines": swapped[1]}, fields).right


@pytest.mark.parametrize("extra", [{"compare": "fuzy"}, {"compare": 3}, {"compare": "fuzzy", "compare_threshold": 90}])
def test_an_unknown_rule_is_an_error_that_lists_the_rules(extra: dict[str, Any]) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string", **extra}}}
    with pytest.raises(TaskError, match=r"/a: (.*fuzzy|.*likeness)"):
        judge({"a": "x"}, {"a": "y"}, ScoredFields.of(Schema.of(schema)))


def test_no_model_reads_the_rules_of_comparison() -> None:
    schema = Schema.of(Bill)
    assert "compare" not in schema.outline()
    assert "compare" not in str(schema.json_schema)
    named = {"type": "object", "properties": {"compare": {"type": "string"}}}
    assert Schema.of(named).json_schema == named


def test_other_answers_may_be_right_too() -> None:
    more = {"/a": ["Wien"]}
    assert judge({"a": "Vienna"}, {"a": "wien"}, ANYTHING, alternatives=more).right
    assert not judge({"a": "Vienna"}, {"a": "Graz"}, ANYTHING, alternatives=more).right


def test_without_an_answer_nothing_is_right() -> None:
    leaves = judge({"a": 1, "b": None, "c": ["x"]}, {"a": 1}, ANYTHING, answered=False).leaves
    assert [leaf.verdict for leaf in leaves] == [MISSING, Verdict.UNANSWERED, MISSING]


def test_long_lists_are_paired_by_the_values_that_they_share() -> None:
    rows: list[Json] = [{"id": number, "name": f"row {number}", "x": number % 7} for number in range(700)]
    mixed: list[Json] = [{"id": number, "name": f"row {number}", "x": 99} for number in range(700)]
    random.Random(3).shuffle(mixed)
    judgement = judge(rows, mixed, ANYTHING)
    assert judgement.approximate
    right = Counter(leaf.field for leaf in judgement.leaves if leaf.verdict is RIGHT and not leaf.whole)
    assert right == {"/*/id": 700, "/*/name": 700}


def test_long_lists_that_agree_are_compared_in_linear_time() -> None:
    rows: list[Json] = [{"id": number, "name": f"row {number}"} for number in range(5_000)]
    assert judge(rows, rows[::-1], ANYTHING).right


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(0, 9), min_size=5, max_size=5), min_size=1, max_size=6))
def test_no_other_way_to_pair_has_more_in_common(weights: list[list[int]]) -> None:
    from scipy.optimize import linear_sum_assignment

    pairs = best_pairs(weights)
    rows, columns = linear_sum_assignment(weights, maximize=True)
    best = sum(weights[row][column] for row, column in zip(rows, columns, strict=True))
    assert sum(weights[row][column] for row, column in pairs) == best
    assert len({row for row, _ in pairs}) == len({column for _, column in pairs}) == min(len(weights), 5)


def test_without_scipy_long_lists_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'structgen\[evaluate\]'"):
        best_pairs([[1] * 201] * 201)
    assert len(best_pairs([[1] * 50] * 50)) == 50


LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(0, 3), st.sampled_from(["", "a", "A", "b", "1,299", "03/04/2024"])
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(["x", "y", "z"]), inner, max_size=3)
    ),
    max_leaves=12,
)


def shuffled(value: Json, rng: random.Random) -> Json:
    if isinstance(value, dict):
        names = [*value]
        rng.shuffle(names)
        return {name: shuffled(value[name], rng) for name in names}
    if isinstance(value, list):
        items = [shuffled(one, rng) for one in value]
        rng.shuffle(items)
        return items
    return value


def tally(judgement: Judgement) -> Counter[tuple[str, Verdict]]:
    return Counter((leaf.field, leaf.verdict) for leaf in judgement.leaves)


@settings(max_examples=150, deadline=None)
@given(VALUES, VALUES, st.randoms(use_true_random=False))
@example([None], [[None, None, None], None, {"x": None}], random.Random(1))
@example([[None]], [[None, ""], {"x": None}], random.Random(1))
@example([{"x": 1}], [{"x": 1, "y": None}, {"x": 1}], random.Random(1))
@example([{"x": 2}], [{"x": 1, "y": None}, {"x": 1}], random.Random(1))
def test_comparing_is_reflexive_symmetric_and_blind_to_order(gold: Json, value: Json, rng: random.Random) -> None:
    assert judge(gold, gold, ANYTHING).right
    forth = tally(judge(gold, value, ANYTHING))
    turned = {MISSING: SPURIOUS, SPURIOUS: MISSING}
    back = tally(judge(value, gold, ANYTHING))
    assert forth == Counter({(path, turned.get(verdict, verdict)): n for (path, verdict), n in back.items()})
    assert forth == tally(judge(shuffled(gold, rng), shuffled(value, rng), ANYTHING))
