import pytest

from structgen import Document
from structgen.core.offsets import OffsetMap
from structgen.core.records import Evidence, Status
from structgen.core.spoken import Spoken, seconds_of

SPOKEN = (Spoken(0, 5, 0.0, 1.0), Spoken(6, 9, 1.5, 2.0), Spoken(20, 30, 7.0, 9.5))


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (0, 5, (0.0, 1.0)),
        (2, 3, (0.0, 1.0)),
        (4, 8, (0.0, 2.0)),
        (6, 25, (1.5, 9.5)),
        (0, 30, (0.0, 9.5)),
        (9, 20, None),
        (12, 15, None),
        (5, 6, None),
        (30, 40, None),
        (9, 21, (7.0, 9.5)),
        (6, 6, (1.5, 2.0)),
    ],
)
def test_a_span_was_said_from_its_first_to_its_last_part_that_has_times(
    start: int, end: int, expected: tuple[float, float] | None
) -> None:
    assert seconds_of(SPOKEN, start, end) == expected


def test_a_document_without_times_has_no_seconds() -> None:
    assert Document("Hello").seconds_at(0, 5) is None
    assert Document("Hello you", spoken=SPOKEN).seconds_at(0, 5) == (0.0, 1.0)


def test_a_map_sets_the_seconds_of_evidence_at_its_new_place() -> None:
    document = Document("x" * 40, spoken=SPOKEN)
    moved = OffsetMap(document.text, lambda start, end: (start + 20, end + 20), None, document.seconds_at)
    (piece,) = moved.evidence([Evidence("/a", 0, 5, "xxxxx", Status.EXACT)])
    assert (piece.start, piece.seconds) == (20, (7.0, 9.5))
