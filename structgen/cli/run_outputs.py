"""Find the rows, the texts and the facts of a run, by its number or by its file of rows."""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from structgen.batch.output.read_rows import RowFile, read_row_file
from structgen.batch.reported_rows import RunRows
from structgen.batch.row_texts import RowTexts
from structgen.batch.stored_rows import stored_rows
from structgen.cli.arguments import ExtractArguments
from structgen.cli.commands.runs import find_run, own_arguments
from structgen.cli.run_store import default_store, open_existing_store
from structgen.core.errors import ConfigurationError
from structgen.core.screen import moment, visible_line
from structgen.documents import ReadingOptions
from structgen.store import Run, Store

_NUMBER = re.compile(r"[0-9]{1,12}")


@dataclass(frozen=True, slots=True)
class FoundRun:
    """The rows of a run. `title` names it; `notices` are what a reader must know about them; `file` has its rows."""

    rows: RunRows
    title: str
    facts: tuple[tuple[str, str], ...] = ()
    notices: tuple[str, ...] = ()
    file: Path | None = None
    run: Run | None = None
    """The run in the ledger, or None if only the file is known."""
    arguments: ExtractArguments | None = None
    """The command line of the run, if it can be parsed."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of tables that hold the text and the id. None: those of the run, else the usual ones."""

    text: str | None = None
    id: str | None = None


@contextmanager
def open_run(word: str, store_path: Path | None, columns: Columns) -> Generator[FoundRun]:
    """Find a run by its number in the store, or by its file of rows. The store stays open for the texts of its rows.

    Raises ConfigurationError if there is no such run or file, or if the file has no rows.
    """
    path = Path(word)
    if _NUMBER.fullmatch(word) and not path.exists():
        with open_existing_store(store_path) as store:
            yield _numbered(store, find_run(store, int(word)), columns)
        return
    if not path.name:  # "." and "/" have no name to look for beside them
        raise ConfigurationError(f"{path} is a folder: give the number of a run or a file of rows.")
    file = read_row_file(path)
    if store_path is None and not default_store().exists():
        yield _of_file(file, None, None, columns)
        return
    with open_existing_store(store_path) as store:
        yield _of_file(file, store, _writer_of(store, path), columns)


def _numbered(store: Store, run: Run, columns: Columns) -> FoundRun:
    arguments, going = own_arguments(store, run), store.is_going(run)
    output = None if arguments is None else arguments.output
    # a later run may have replaced the file; a run without an end has its rows beside it
    if output is not None and (later := _writer_of(store, output)) is not None and later.id == run.id:
        with suppress(ConfigurationError):
            return _of_file(read_row_file(output, going=run.finished is None), store, run, columns)
    texts = RowTexts(_reading(arguments, columns), (Path(),), store, run.id)
    rows = stored_rows(store, run, texts)
    if not rows:
        state = "no row yet: wait for the first ones" if going else "no rows in the store"
        raise ConfigurationError(f"Run {run.id} has {state}, and its file of rows is not here.")
    found = _with_facts(FoundRun(RunRows(rows, texts), ""), store, run)
    said = "The file of rows of this run is not here: its values are read again from the stored responses."
    return replace(found, notices=(*found.notices, said))


def _of_file(file: RowFile, store: Store | None, run: Run | None, columns: Columns) -> FoundRun:
    arguments = own_arguments(store, run) if store is not None and run is not None else None
    texts = RowTexts(_reading(arguments, columns), (Path(), file.path.parent), store, None if run is None else run.id)
    rows = RunRows(file.rows, texts, typed=file.path.suffix.lower() != ".csv")
    found = FoundRun(rows, visible_line(file.path.name), (("file", str(file.path)),), file=file.path)
    if run is not None and store is not None:
        found = _with_facts(found, store, run)
    notices = list(found.notices)
    if not file.finished and not notices:
        notices.append(_unfinished("The run that writes this file", found, "is still running, or was stopped"))
    if file.wrong:
        notices.append(f"{file.wrong:,} of its lines are not rows and are left out; {file.first_wrong}.")
    return replace(found, notices=tuple(notices))


def _with_facts(found: FoundRun, store: Store, run: Run) -> FoundRun:
    """Return the run with its facts from the ledger."""
    facts = [("run", str(run.id)), ("task", run.task), ("model", run.model), ("started", moment(run.started))]
    notices: list[str] = []
    if run.finished is not None:
        facts.append(("took", f"{run.finished - run.started:,.1f} s"))
    else:
        how = "is still running" if store.is_going(run) else "was interrupted"
        notices.append(_unfinished(f"Run {run.id}", found, how))
    facts += [*found.facts, ("command", run.command)]
    return replace(
        found,
        title=f"Run {run.id}: {visible_line(run.task)}",
        facts=tuple(facts),
        notices=(*found.notices, *notices),
        run=run,
        arguments=own_arguments(store, run),
    )


def _unfinished(who: str, found: FoundRun, how: str) -> str:
    rows = len(found.rows.rows)
    return f"{who} {how}: this report shows its first {rows:,} row{'' if rows == 1 else 's'}."


def _reading(arguments: ExtractArguments | None, columns: Columns) -> ReadingOptions:
    """Return how the run read its inputs."""
    own = arguments or ExtractArguments()
    return ReadingOptions(
        text_field=columns.text or own.text_field,
        id_field=columns.id or own.id_field,
        encoding=own.encoding,
        format=own.format,
    )


def _writer_of(store: Store, path: Path) -> Run | None:
    """Return the latest run that wrote its rows to a file, or None."""
    for run in store.runs():
        # parsing takes much longer than this look
        if path.name in run.command:
            arguments = own_arguments(store, run)
            if arguments is not None and arguments.output is not None and arguments.output.resolve() == path.resolve():
                return run
    return None
