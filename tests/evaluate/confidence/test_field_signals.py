"""What a row and its text tell about each field."""

from __future__ import annotations

import json
from typing import Any

import pytest

import structgen
from structgen import Schema
from structgen.evaluate.confidence import signals_of
from structgen.evaluate.confidence.gold_samples import samples_of

NOTE = """DELIVERY 4711

Shipped on: 3 May 2024
Ordered on: 28 April 2024
Total weight: 40.5

| part | qty | price |
| --- | --- | --- |
| brass pump | 3 | 12.50 |
| steel hose | 7 | 8.25 |
| blue valve | 2 | 99.00 |
"""
ITEM = {"part": {"type": "string"}, "qty": {"type": "integer"}, "price": {"type": "number"}}
SCHEMA = Schema.of(
    {
        "type": "object",
        "properties": {
            "shipped_on": {"type": ["string", "null"], "format": "date"},
            "ordered_on": {"type": ["string", "null"], "format": "date"},
            "total_weight": {"type": ["number", "null"]},
            "parts": {"type": "array", "items": {"type": "object", "properties": ITEM}},
        },
    }
)
GOLD: dict[str, Any] = {
    "shipped_on": "2024-05-03",
    "ordered_on": "2024-04-28",
    "total_weight": 40.5,
    "parts": [
        {"part": "brass pump", "qty": 3, "price": 12.5},
        {"part": "steel hose", "qty": 7, "price": 8.25},
        {"part": "blue valve", "qty": 2, "price": 99.0},
    ],
}


def row_of(value: Any, **parts: Any) -> dict[str, Any]:
    found = structgen.ground_value(value, NOTE)
    evidence = [{name: getattr(one, name) for name in ("path", "start", "end", "text", "status")} for one in found]
    return {"id": "a", "source": "a.txt", "value": value, "evidence": evidence, **parts}


def signals(value: Any, text: str | None = NOTE, **parts: Any) -> dict[str, frozenset[str]]:
    return signals_of(row_of(value, **parts), text, SCHEMA)


def changed(**parts: Any) -> dict[str, Any]:
    return {**json.loads(json.dumps(GOLD)), **parts}


def test_every_field_has_the_status_of_its_evidence_and_its_kind() -> None:
    found = signals(changed(total_weight=41.0, ordered_on=None))
    assert {"status:normalized", "kind:date"} <= found["/shipped_on"]
    assert {"status:unsupported", "kind:number"} <= found["/total_weight"]
    assert {"status:empty", "kind:date"} <= found["/ordered_on"]
    assert {"status:exact", "kind:text"} <= found["/parts/0/part"]


def test_a_value_behind_its_own_label_is_told_from_one_behind_anothers() -> None:
    assert "label:own" in signals(GOLD)["/shipped_on"]
    wrong = signals(changed(shipped_on="2024-04-28"))["/shipped_on"]
    assert {"label:other", "label:elsewhere", "rules:disagree", "place:shared"} <= wrong


def test_what_the_rules_read_is_a_second_opinion() -> None:
    assert "rules:agree" in signals(GOLD)["/total_weight"]
    assert "rules:disagree" in signals(changed(total_weight=45.0))["/total_weight"]
    assert "rules:more" in signals(changed(total_weight=None))["/total_weight"]


def test_the_value_of_another_item_lies_among_that_items_fields() -> None:
    parts = [{**part} for part in GOLD["parts"]]
    parts[0]["price"] = 99.0
    found = signals(changed(parts=parts))
    assert "place:neighbour" in found["/parts/0/price"]
    assert "place:neighbour" not in signals(GOLD)["/parts/0/price"]


@pytest.mark.parametrize(
    ("parts", "signal"),
    [
        ({"repairs": [{"rule": "x", "path": "/total_weight", "risk": "interpretive"}]}, "repair:interpretive"),
        ({"issues": [{"path": "/total_weight", "message": "x"}]}, "refused"),
        ({"chunks": {"count": 2, "conflicts": [{"path": "/total_weight", "claims": []}]}}, "conflict"),
        ({"asked_again": ["/total_weight"]}, "asked_again"),
        ({"asked_again": [""]}, "asked_again"),
        ({"models": {"/total_weight": "rules"}}, "model:rules"),
    ],
)
def test_what_happened_to_a_field_is_a_signal(parts: dict[str, Any], signal: str) -> None:
    found = signals(GOLD, **parts)
    assert signal in found["/total_weight"]
    assert signal not in signals(GOLD)["/total_weight"]


def test_without_the_text_the_signals_of_the_row_remain() -> None:
    found = signals(GOLD, None)
    assert "status:exact" in found["/parts/0/part"]
    assert not any(name.startswith(("rules:", "label:")) for name in found["/total_weight"])


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"value": {"a": 1}, "evidence": "none", "repairs": 5, "issues": None, "chunks": []},
        {"value": 5, "evidence": [{"path": "", "start": 10**9, "end": 3, "text": "x"}]},
        {"value": {"parts": [None, 5]}, "evidence": [None, {"path": "/parts/0", "start": True}]},
    ],
)
def test_a_row_of_somebody_else_does_no_harm(row: Any) -> None:
    assert signals_of(row, NOTE, SCHEMA) is not None


def test_a_page_of_html_is_read_too() -> None:
    page = "<html><body><p>Shipped on: 3 May 2024</p></body></html>"
    assert "/shipped_on" in signals_of({"value": {"shipped_on": "2024-05-03"}}, page, SCHEMA)


def test_samples_say_which_fields_gold_agrees_with() -> None:
    value = changed(total_weight=45.0, ordered_on=None, parts=[*GOLD["parts"], {"part": "x", "qty": 1, "price": None}])
    found = list(samples_of(row_of(value), GOLD, NOTE, SCHEMA, unjudged=["/shipped_on"]))
    wrong = [one for one in found if not one.right]
    assert len(wrong) == 4  # the weight, the date, and two fields of the item that gold does not have
    assert len(found) == 13
    assert {one.document for one in found} == {"a.txt a"}


def test_signals_of_many_repairs_take_linear_time(calls: Any) -> None:
    def steps(number: int) -> int:
        value = {"parts": [{"part": "x", "qty": at} for at in range(number)]}
        repairs = [{"rule": "x", "path": f"/parts/{at}/qty", "risk": "lossless"} for at in range(number)]
        return calls(lambda: signals_of({"value": value, "repairs": repairs}, None, SCHEMA))

    assert steps(1_000) < 2.6 * steps(500)


def test_signals_of_a_long_list_take_linear_time(calls: Any) -> None:
    def steps(items: int) -> int:
        spans = {
            f"/parts/{number}/{name}": (number * 30 + at, number * 30 + at + 3)
            for number in range(items)
            for at, name in ((0, "part"), (10, "qty"), (20, "price"))
        }
        from structgen.evaluate.confidence.place_signals import place_signals

        return calls(lambda: place_signals(spans, "x" * 30 * items))

    assert steps(2_000) < 2.6 * steps(1_000)
