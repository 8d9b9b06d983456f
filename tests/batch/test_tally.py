"""What a run that reads an earlier one again had to ask for, in words."""

from __future__ import annotations

from structgen.batch import Tally
from structgen.core.errors import ExtractionFailed
from structgen.core.options import Mode
from structgen.core.records import Completion, Request
from structgen.core.results import Attempt, Extraction


def attempt(name: str = "dish", *paths: str, stored: bool = False) -> Attempt:
    schema = {"type": "object", "properties": {path: {"type": "string"} for path in paths}}
    request = Request("groq", "m", (), Mode.JSON, schema, schema_name=name)  # type: ignore[arg-type]
    return Attempt(request, Completion("{}", stored=stored), (), "")


def test_documents_are_counted_by_what_was_paid_for_them_the_most_frequent_first() -> None:
    tally = Tally()
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
        tally.add(Extraction(None, attempts=attempts))
    tally.add(ExtractionFailed("no answer", attempts=(kept,)))
    tally.add(ExtractionFailed("refused", attempts=(kept, attempt("fields", "/b", "/a"))))
    assert str(tally) == (
        "10 documents: 3 read again, 2 asked for /a, /b, 2 asked whole, 1 asked for /items/*/b, "
        "1 asked for the rest, 1 without an answer"
    )


def test_one_document_is_one_document() -> None:
    tally = Tally()
    assert tally.total == 0
    tally.add(Extraction(None, attempts=(attempt(stored=True),)))
    assert (tally.total, str(tally)) == (1, "1 document: 1 read again")
