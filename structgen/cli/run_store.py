"""The store of the command line, which is on whenever responses cost money, and its ledger of runs."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from structgen.cli.selection import RULES
from structgen.core.errors import ConfigurationError, StoreError

if TYPE_CHECKING:
    from structgen.batch import Batch
    from structgen.batch.run_record import RunRecord
    from structgen.core.records import Task
    from structgen.store import RunSpec, Store

STORE = Path(".structgen") / "store.sqlite"
"""The default file, unless a setting names another."""


def default_store() -> Path:
    """Return the file that the setting `store` names, else the default."""
    from structgen.cli.selection import load_environment

    named = load_environment().get("store")
    return Path(str(named.value)) if named else STORE


@contextmanager
def open_run_store(model: str, path: Path | None, *, off: bool) -> Generator[Store | None]:
    """Open the store for a run, or yield None if it is off or the model is the rules, which cost nothing.

    Raises ConfigurationError, and StoreError if the file cannot be used.
    """
    if off and path is not None:
        raise ConfigurationError("--store and --no-store exclude each other: give only one of them.")
    if off or model == RULES:
        yield None
        return
    from structgen.store import Store

    if model.partition("/")[0] == "replay":
        with open_existing_store(path) as store:
            yield store
        return
    with Store(path or _default_file()) as store:
        yield store


def _default_file() -> Path:
    """Return the default file. The folder of STORE is created with a .gitignore: it belongs in no repository."""
    if (named := default_store()) != STORE:
        return named
    ignore = STORE.parent / ".gitignore"
    try:
        STORE.parent.mkdir(mode=0o700, exist_ok=True)  # it will contain documents and answers
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"Cannot create {STORE.parent} here ({error.strerror}): name another file with --store FILE, or store "
            "nothing with --no-store."
        ) from error
    return STORE


def request_spec(task: Task[Any], instructions: str | None) -> RunSpec:
    """Return what the ledger records about the request of a run: schema, instructions and examples."""
    from structgen.engine.reparse.previous_run import run_spec_of
    from structgen.stages import resolve

    resolved = resolve(task)
    words = resolved.instructions if instructions is None else instructions
    return run_spec_of(resolved.schema, words, resolved.examples)


def begin_run(store: Store, task: str, model: str, specs: Sequence[RunSpec]) -> int:
    """Enter a run in the ledger, and return its number."""
    # sys.argv is what the user typed; `runs reparse` parses it again
    return store.start_run(shlex.join(["structgen", *sys.argv[1:]]), task, model, specs)


@contextmanager
def record_run(
    store: Store | None, task: str, model: str, batch: Batch, specs: Sequence[RunSpec], earlier: int | None = None
) -> Generator[RunRecord | None]:
    """Enter a run in the ledger with what it asks for; add its end if no document is left over.

    `earlier` is a run without an end, which this command continues. Yields the record that takes its rows, or
    None if nothing is recorded.
    """
    if store is None or store.read_only:
        yield None
        return
    from structgen.batch.run_record import RunRecord

    if earlier is not None:
        store.resume_run(earlier)
    run = begin_run(store, task, model, specs) if earlier is None else earlier
    record = RunRecord(store, run)
    try:
        yield record
    finally:
        record.flush()
    # a run without an end is recognised as interrupted
    if not batch.left_over:
        # the rows are written; a full disk, which only loses the end of the run, was reported if a response was lost
        with suppress(StoreError):
            store.finish_run(run, batch.summary.rows)


def no_store(path: Path) -> ConfigurationError:
    """Return the error for a store that does not exist."""
    return ConfigurationError(
        f"No store at {path}: `structgen extract` with a model creates one (runs with the rules are not stored), or "
        "name it with --store."
    )


@contextmanager
def open_existing_store(path: Path | None) -> Generator[Store]:
    """Open a store without creating it. Raises ConfigurationError if there is none."""
    from structgen.store import Store

    chosen = path or default_store()
    if not chosen.exists():
        raise no_store(chosen)
    with Store(chosen) as store:
        yield store
