"""Evidence in a transcript is shown with the time at which it was said."""

import pytest

import structgen
from structgen.batch.row import row_of
from structgen.core.records import Document
from structgen.core.spoken import Spoken
from structgen.report.view import clock_time

TEXT = "The total is 480 euros."
DOCUMENT = Document(TEXT, "call", spoken=(Spoken(0, 12, 3725.0, 3726.0), Spoken(13, 16, 3726.4, 3727.9)))


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.0, "0:00"), (9.99, "0:09"), (65.0, "1:05"), (3599.0, "59:59"), (3725.0, "1:02:05")]
)
def test_a_time_is_written_as_on_a_clock(seconds: float, shown: str) -> None:
    assert clock_time(seconds) == shown


def test_views_and_rows_say_when_a_value_was_said() -> None:
    schema = structgen.fields("total float")
    result = structgen.extract(schema, DOCUMENT, model="rules")
    assert result.evidence[0].seconds == (3726.4, 3727.9)
    assert "exact, 1:02:06</span>" in result._repr_html_()
    row = row_of(DOCUMENT, result, structgen.Schema.of(schema)).to_json()
    (piece,) = row["evidence"]
    assert piece["seconds"] == (3726.4, 3727.9)


def test_a_text_that_is_no_transcript_has_no_seconds_in_its_row() -> None:
    schema = structgen.fields("total float")
    document = Document(TEXT, "call")
    row = row_of(document, structgen.extract(schema, document, model="rules"), structgen.Schema.of(schema)).to_json()
    assert "seconds" not in row["evidence"][0]


def test_evidence_of_a_transcript_read_in_chunks_has_seconds_too() -> None:
    long = "Hello again. " * 200 + TEXT
    document = Document(long, spoken=(Spoken(len(long) - 10, len(long) - 7, 90.0, 91.0),))
    options = structgen.Options(chunk_chars=600)
    (piece,) = structgen.extract(structgen.fields("total float"), document, model="rules", options=options).evidence
    assert (long[piece.start : piece.end], piece.seconds) == ("480", (90.0, 91.0))
