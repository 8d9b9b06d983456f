"""The queue: each field once, with every reason, the least sure first."""

from __future__ import annotations

import csv
import io

from structgen.batch import Row, RowStatus
from structgen.core.options import Risk
from structgen.core.records import Evidence, Status
from structgen.core.results import ChunkReport, Claim, Conflict, Issue, Repair
from structgen.evaluate.review import Concern, ReviewDocument, queue_csv, review_queue


def evidence(path: str, status: Status, start: int | None = None) -> Evidence:
    return Evidence(path, start, None if start is None else start + 1, None if start is None else "x", status)


def row(value: object, **parts: object) -> Row:
    return Row("a", "a.txt", parts.pop("status", RowStatus.OK), value=value, **parts)  # type: ignore[arg-type]


def queue(*rows: Row, **parts: object) -> list[tuple[str, tuple[Concern, ...]]]:
    return [(item.path, item.concerns) for item in review_queue(ReviewDocument(one, **parts) for one in rows)]  # type: ignore[arg-type]


def repair(path: str, risk: Risk = Risk.INTERPRETIVE) -> Repair:
    return Repair("number_text", path, "1", 1, risk)


MIXED = row(
    {"a": 1, "b": 2, "c": 3, "d": 4, "e": None},
    evidence=(
        evidence("/a", Status.EXACT, 1),
        evidence("/b", Status.UNSUPPORTED),
        evidence("/c", Status.AMBIGUOUS, 3),
    ),
    repairs=(repair("/d"), repair("/b"), repair("/a", Risk.LOSSLESS)),
    issues=(Issue("/e", "is missing", "missing"),),
    chunks=(ChunkReport(0, 5, "ok"), ChunkReport(5, 9, "ok")),
    conflicts=(Conflict("/a", (Claim(1, (0,)), Claim(7, (1,)))),),
)


def test_a_field_comes_once_with_all_its_concerns_and_the_gravest_kind_comes_first() -> None:
    assert queue(MIXED) == [
        ("/e", (Concern.REFUSED,)),
        ("/a", (Concern.CONFLICTING,)),
        ("/b", (Concern.UNSUPPORTED, Concern.REPAIRED)),
        ("/c", (Concern.AMBIGUOUS,)),
        ("/d", (Concern.REPAIRED,)),
    ]


def test_what_is_sure_is_not_in_the_queue() -> None:
    assert queue(row({"a": 1}, evidence=(evidence("/a", Status.EXACT, 0),), repairs=(repair("", Risk.LOSSLESS),))) == []


def test_with_calibrated_confidence_the_least_sure_comes_first_after_what_was_refused() -> None:
    likely = {"/a": 0.9, "/b": 0.4, "/c": 0.2, "/d": 0.95}
    assert [path for path, _ in queue(MIXED, confidence=likely)] == ["/e", "/c", "/b", "/a", "/d"]


def test_fields_below_the_threshold_are_unsure() -> None:
    sure = row({"a": 1, "b": 2})
    found = queue(sure, confidence={"/a": 0.9, "/b": 0.4}, below=0.99)
    assert found == [("/b", (Concern.UNSURE,)), ("/a", (Concern.UNSURE,))]
    assert queue(sure, confidence={"/a": 0.9, "/b": 0.4}, below=0.5) == [("/b", (Concern.UNSURE,))]


def test_the_rows_own_list_counts_without_a_threshold() -> None:
    marked = row({"a": 1, "b": 2}, review=("/b",))
    assert queue(marked) == [("/b", (Concern.UNSURE,))]


def test_a_document_that_failed_altogether_is_one_item() -> None:
    failed = row(None, status=RowStatus.FAILED, error="The server is down.", issues=(Issue("", "no JSON", "syntax"),))
    assert queue(failed) == [("", (Concern.FAILED,))]


def test_a_refused_field_shows_what_could_be_read_of_it() -> None:
    failed = row(
        None, status=RowStatus.FAILED, partial={"a": "x", "b": 2}, issues=(Issue("/a", "is no number", "type", "x"),)
    )
    (item,) = review_queue([ReviewDocument(failed)])
    assert (item.path, item.value, item.concerns, item.reasons) == (
        "/a",
        "x",
        (Concern.REFUSED,),
        ("is no number",),
    )


def test_a_missing_part_is_known_to_be_missing() -> None:
    lacking = row({"b": 2}, status=RowStatus.INCOMPLETE, issues=(Issue("/a", "is required", "missing"),))
    (item,) = review_queue([ReviewDocument(lacking)])
    assert item.missing
    assert item.value is None


def test_the_list_is_also_a_table_without_formulas() -> None:
    bad = row({"a": "=1+1"}, evidence=(evidence("/a", Status.UNSUPPORTED),))
    documents = [ReviewDocument(bad, confidence={"/a": 0.25})]
    (line,) = csv.DictReader(io.StringIO("".join(queue_csv(review_queue(documents), documents))))
    assert (line["id"], line["path"], line["concerns"], line["confidence"]) == ("a", "/a", "unsupported", "0.25")
    assert line["value"] == "'=1+1"
