"""``structgen review``: one page with the fields of a run that need a check, to decide on by keyboard."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from structgen.cli import arguments as args
from structgen.cli.argument_records import takes
from structgen.cli.completion import run_numbers, task_names
from structgen.cli.console import say
from structgen.cli.text_files import check_text_file, write_text
from structgen.core.errors import ConfigurationError, StructgenError
from structgen.core.records import Document

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from structgen.batch import Row
    from structgen.cli.run_outputs import FoundRun
    from structgen.core.records import Task
    from structgen.evaluate.review import ReviewDocument, ReviewItem
    from structgen.evaluate.review.review_page import ReviewTask

PAGE = Path("review.html")


@dataclass(frozen=True, kw_only=True)
class ReviewArguments:
    """The command line of `review`."""

    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN|rows.jsonl",
            autocompletion=run_numbers,
            help="The number of a run, from `structgen runs`, or a file of rows that `structgen extract -o` wrote.",
        ),
    ]
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The page, or a .csv file for the list alone. Default: review.html."),
    ] = None
    csv: Annotated[
        bool, typer.Option("--csv", help="Write the list as CSV instead of the page (default: review.csv).")
    ] = False
    task: Annotated[
        str | None,
        typer.Option(
            "--task",
            metavar="TASK",
            autocompletion=task_names,
            help=f"What was extracted, if RUN is a file of rows: {args.TASK}.",
        ),
    ] = None
    texts: Annotated[
        list[str] | None,
        typer.Option("--texts", metavar="INPUT", help="Where the documents are now, if they were moved. Repeatable."),
    ] = None
    below: Annotated[
        float | None,
        typer.Option(
            "--below",
            min=0,
            max=1,
            help="Also review fields whose calibrated confidence is below this (see `structgen tasks calibrate`).",
        ),
    ] = None
    store: args.StorePath = None


@takes(ReviewArguments)
def review(arguments: ReviewArguments) -> None:
    """Write one HTML page with the fields that need a check, each highlighted in its text.

    These are fields that were refused, that parts of a document disagree about, that the text does not support or
    supports in several places, that were repaired, and those below a confidence. The least sure ones come first, by
    calibrated confidence if the task has a calibration. The page needs no server and no network. Accept (a), correct
    (c) or reject (r) each field by keyboard; the page remembers every decision, and saves them (s) as
    corrections.jsonl for `structgen tasks learn`.
    """
    from structgen.cli.run_outputs import Columns, open_run
    from structgen.evaluate.review import queue_csv, review_html, review_queue

    place = arguments.output or (PAGE.with_suffix(".csv") if arguments.csv else PAGE)
    check_text_file(place)
    with open_run(arguments.run, arguments.store, Columns()) as found:
        if found.file is not None and place.exists() and place.samefile(found.file):
            raise ConfigurationError(f"{place} has the rows: name another output file.")
        for notice in found.notices:
            say(notice)
        task = _task_of(found, arguments.task)
        documents = _documents(found, task, arguments.texts or [], arguments.below)
    items = review_queue(documents)
    if arguments.csv or place.suffix.lower() == ".csv":
        write_text(place, "".join(queue_csv(items, documents)))
    else:
        write_text(place, review_html(items, documents, _review_task(found, task)))
    _summarise(items, documents, place)


def _task_of(found: FoundRun, named: str | None) -> Task[Any] | None:
    """Return the task of the rows, or None if it is not named and can no longer be found."""
    from structgen.cli.selection import load_task
    from structgen.tasks import find_task

    if named is not None:
        return find_task(named)
    if found.arguments is None:
        return None
    try:
        return load_task(found.arguments.words or [], found.arguments.fields, None)[0]
    except StructgenError as error:
        say(f"the task of the run cannot be loaded, so the types of its fields are unknown: {error}")
        return None


def _review_task(found: FoundRun, task: Task[Any] | None) -> ReviewTask:
    from structgen.evaluate.review.review_page import ReviewTask
    from structgen.schema import Schema

    if task is None:
        return ReviewTask(found.run.task if found.run is not None else "")
    return ReviewTask(task.name, Schema.of(task))


def _documents(
    found: FoundRun, task: Task[Any] | None, named: Sequence[str], below: float | None
) -> list[ReviewDocument]:
    """Return the rows that may have fields to check, with their texts and the confidence of their fields."""
    from structgen.cli.confidence import row_confidence
    from structgen.evaluate.review import ReviewDocument, review_queue

    rows, model = found.rows.rows, found.run.model if found.run is not None else ""
    judge = row_confidence(task, model, rows, quiet=below is None)
    if below is not None and judge is None and not any(row.confidence for row in rows):
        raise ConfigurationError("--below needs a calibration: see `structgen tasks calibrate`, and name the --task.")
    moved = _moved_texts(rows, named)
    documents: list[ReviewDocument] = []
    for row in rows:
        document = ReviewDocument(row, None, row.confidence, below)
        # most rows of a good run have nothing to check: do not read their texts
        if judge is None and not review_queue([document]):
            continue
        text = moved.get(row.id) or found.rows.texts.of(row).text
        confidence = judge(row, text) if judge is not None and not row.confidence else row.confidence
        documents.append(replace(document, text=text, confidence=confidence))
    return documents


def _moved_texts(rows: Sequence[Row], named: Sequence[str]) -> Mapping[str, str]:
    """Return the texts of documents that are elsewhere now, by their ids; an id of two rows names neither."""
    from structgen.documents import read_documents

    count = Counter(row.id for row in rows)
    texts: dict[str, str] = {}
    for document in read_documents(named) if named else ():
        if not isinstance(document, Document):
            say(document)
        elif count[document.id] == 1:
            texts[document.id] = document.text
    return texts


def _summarise(items: Sequence[ReviewItem], documents: Sequence[ReviewDocument], place: Path) -> None:
    """Report how many fields there are to check, and how many texts are missing."""
    from structgen.report.view import counted

    count = Counter(str(item.concerns[0]) for item in items)
    kinds = ", ".join(f"{number} {kind}" for kind, number in count.most_common())
    rows = {item.document for item in items}
    fields, of_rows = counted(len(items), "field"), counted(len(rows), "row")
    say(f"{place}: {fields} of {of_rows} to look at{f' ({kinds})' if kinds else ''}.")
    lacking = sum(documents[number].text is None for number in rows)
    if lacking:
        texts, teach = ("text", "it teaches") if lacking == 1 else ("texts", "they teach")
        say(
            f"the {texts} of {counted(lacking, 'row')} cannot be read here: name the {texts} with --texts, "
            f"or {teach} nothing."
        )
