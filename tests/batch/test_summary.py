from __future__ import annotations

from dataclasses import replace

import pytest

from structgen.batch import ReparseStats, Row, RowStatus, Summary
from structgen.batch.summary import folded
from structgen.core.errors import ExtractionFailed
from structgen.core.json import Json
from structgen.core.options import Mode, Risk
from structgen.core.records import Completion, Evidence, Request, Status, Usage
from structgen.core.results import Alone, Attempt, Claim, Conflict, Extraction, Repair


def row(status: RowStatus, usage: Usage | None = None, cost: float | None = 0.0) -> Row:
    return Row("a", "a.txt", status, usage=usage or Usage(), cost=cost)


def test_rows_tokens_and_money_are_added() -> None:
    summary = Summary()
    summary = summary.add(row(RowStatus.OK, Usage(1200, 5, calls=1), 0.5), 1.0)
    summary = summary.add(row(RowStatus.INCOMPLETE, Usage(30, 5, calls=2), 0.25), 2.0)
    summary = summary.add(row(RowStatus.FAILED), 3.0)
    assert (summary.rows, summary.ok, summary.incomplete, summary.failed) == (3, 1, 1, 1)
    assert str(summary) == "3 rows: 1 ok, 1 incomplete, 1 failed; 3 calls; 1,230 tokens in, 10 out; 0.7500 USD; 3.0 s"


def test_what_is_not_known_is_not_made_up() -> None:
    summary = Summary().add(row(RowStatus.OK, Usage(None, None, calls=1), None), 0.0)
    summary = summary.add(row(RowStatus.OK, Usage(5, 5, calls=1), 1.0), 0.0)
    assert summary.cost is None
    assert "2 calls; at least 5 tokens in, 5 out; at least 1.0000 USD; 1 call told no tokens; 0.0 s" in str(summary)


def test_a_price_that_is_not_known_is_said_to_be_so() -> None:
    summary = Summary().add(row(RowStatus.OK, Usage(5, 6, calls=1), None), 0.0)
    assert "1 call; 5 tokens in, 6 out; cost unknown" in str(summary)


def test_nothing_is_said_of_money_where_no_model_was_asked() -> None:
    assert str(Summary().add(row(RowStatus.OK), 0.04)) == "1 row: 1 ok; 0.0 s"


def test_values_that_were_not_found_are_counted() -> None:
    evidence = (Evidence("/a", None, None, None, Status.UNSUPPORTED), Evidence("/b", 0, 1, "x", Status.EXACT))
    assert Summary().add(Row("a", "a", RowStatus.OK, evidence=evidence), 0.0).unsupported == 1


def unsupported(*paths: str, value: Json = None) -> Row:
    evidence = tuple(Evidence(path, None, None, None, Status.UNSUPPORTED) for path in paths)
    return Row("a", "a", RowStatus.OK, value=value, evidence=evidence)


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("/items/3/price", {"items": [{}, {}, {}, {"price": 1}]}, "/items/*/price"),
        ("/rows/0/1", {"rows": [[1, 2]]}, "/rows/*/*"),
        ("/years/2019", {"years": {"2019": 1}}, "/years/2019"),
        ("/a~1b/0", {"a/b": ["x"]}, "/a~1b/*"),
        ("/items/9/price", {"items": []}, "/items/*/price"),
        ("", 5, ""),
    ],
)
def test_indexes_of_lists_are_folded_and_keys_are_not(path: str, value: Json, expected: str) -> None:
    assert folded(path, value) == expected


def test_the_paths_without_evidence_are_counted_and_named_the_most_frequent_first() -> None:
    items: Json = {"items": [{"price": 1}, {"price": 2}], "total": 3}
    summary = Summary().add(unsupported("/items/0/price", "/total", "/items/1/price", value=items), 0.0)
    summary = summary.add(unsupported("/items/1/price", value=items), 0.0)
    assert summary.unsupported_at == {"/items/*/price": 3, "/total": 1}
    assert str(summary) == "2 rows: 2 ok; 4 values unsupported (/items/*/price: 3, /total: 1); 0.0 s"


def test_one_value_without_evidence_is_one_value() -> None:
    assert "1 value unsupported (the whole value: 1)" in str(Summary().add(unsupported("", value=5), 0.0))


def test_of_many_paths_the_most_frequent_are_named() -> None:
    summary = Summary().add(unsupported(*(f"/f{number}" for number in range(20)), value={}), 0.0)
    assert "/f0: 1" in str(summary)
    assert "12 more paths)" in str(summary)


def test_a_path_cannot_act_on_the_terminal() -> None:
    assert "\x1b" not in str(Summary().add(unsupported("/a\x1b[2J", value={}), 0.0))


def disputed(conflicts: int, *repairs: Repair) -> Row:
    claims = (Claim("8 pm", (0,)), Claim("9 pm", (2,)))
    return Row("a", "a", RowStatus.OK, conflicts=(Conflict("/starts", claims),) * conflicts, repairs=repairs)


def repair(rule: str, before: Json = None, risk: Risk = Risk.INTERPRETIVE) -> Repair:
    return Repair(rule, "/guests/0", before, None, risk)


def test_conflicts_and_merged_and_dropped_items_are_counted_over_all_rows() -> None:
    merged = (repair("same_item", {"name": "Ida"}), repair("repeated_item", ["Ida", "IDA", "ida"]))
    dropped = (repair("dropped_item", "?", Risk.LOSSY), repair("dropped_key", "?", Risk.LOSSY))
    summary = Summary().add(disputed(2, *merged), 0.0).add(disputed(1, *dropped, repair("converted")), 0.0)
    assert (summary.conflicts, summary.merged, summary.dropped) == (3, 4, 2)
    assert str(summary) == "2 rows: 2 ok; 3 conflicts, 4 items merged, 2 values dropped; 0.0 s"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (disputed(1), "1 conflict"),
        (disputed(0, repair("repeated_list", [[2019, 2020]])), "1 item merged"),
        (disputed(0, repair("dropped_item", "?", Risk.LOSSY)), "1 value dropped"),
    ],
)
def test_only_what_there_is_of_conflicts_merged_and_dropped_is_said(row: Row, said: str) -> None:
    assert str(Summary().add(row, 0.0)) == f"1 row: 1 ok; {said}; 0.0 s"


def attempt(name: str = "dish", *paths: str, stored: bool = False) -> Attempt:
    schema = {"type": "object", "properties": {path: {"type": "string"} for path in paths}}
    request = Request("groq", "m", (), Mode.JSON, schema, schema_name=name)  # type: ignore[arg-type]
    return Attempt(request, Completion("{}", stored=stored), (), "")


def test_documents_are_counted_by_what_was_paid_for_them_the_most_frequent_first() -> None:
    stats = ReparseStats()
    kept = attempt(stored=True)
    for attempts in (
        (kept,),
        (kept,),
        (kept, attempt("fields", "/b", "/a")),
        (kept, attempt("fields", "/items/0/b", "/items/12/b"), attempt("rest")),
        (kept, attempt("rest")),
        (kept, attempt("fields", "/a"), attempt()),
        (attempt(),),
        (kept, attempt("fields", "/a", stored=True)),
    ):
        stats.add(Extraction(None, attempts=attempts))
    stats.add(ExtractionFailed("no answer", attempts=(kept,)))
    stats.add(ExtractionFailed("refused", attempts=(kept, attempt("fields", "/b", "/a"))))
    assert str(stats) == (
        "10 documents: 3 from stored answers, 2 requested /a, /b, 2 requested whole, 1 requested /items/*/b, "
        "1 requested the rest, 1 without an answer"
    )


def test_one_document_is_one_document() -> None:
    stats = ReparseStats()
    assert stats.total == 0
    stats.add(Extraction(None, attempts=(attempt(stored=True),)))
    assert (stats.total, str(stats)) == (1, "1 document: 1 from stored answers")


def test_the_fields_of_each_model_of_a_cascade_are_counted_and_what_the_last_would_have_taken() -> None:
    alone = Alone("groq/large", Usage(1000, 50, calls=1), 0.25)
    by = {"/title": "rules", "/cook": "groq/small", "/season": "rules"}
    summary = Summary().add(replace(row(RowStatus.OK), models=by, alone=alone), 1.0)
    summary = summary.add(replace(row(RowStatus.OK), models={"/title": "rules"}, alone=alone), 1.0)
    assert "fields answered: 3 by rules, 1 by groq/small" in str(summary)
    assert "groq/large alone would have taken about 2,000 tokens in, 100 out, 0.5000 USD" in str(summary)
    unpriced = summary.add(replace(row(RowStatus.OK), models=by, alone=replace(alone, cost=None)), 1.0)
    assert "at an unknown cost" in str(unpriced)
