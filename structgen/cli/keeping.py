"""The store of the command line: on where answers cost something, and the ledger of its runs."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from structgen.cli.choose import RULES
from structgen.core.errors import ConfigurationError

if TYPE_CHECKING:
    from structgen.batch import Batch
    from structgen.store import Asked, Store

STORE = Path(".structgen") / "store.sqlite"
"""Where completions are kept unless another file is named."""


@contextmanager
def keeping(model: str, path: Path | None, *, off: bool) -> Generator[Store | None]:
    """The store of a run, closed at its end; None where it is off, and for the rules, which cost nothing.

    Raises ConfigurationError, and StoreError where the file cannot be used.
    """
    if off and path is not None:
        raise ConfigurationError("--store and --no-store exclude each other: give one of them.")
    if off or model == RULES:
        yield None
        return
    from structgen.store import Store

    with Store(path or _own_place()) as store:
        yield store


def _own_place() -> Path:
    """The usual file; its folder says itself that it belongs into no repository."""
    ignore = STORE.parent / ".gitignore"
    try:
        STORE.parent.mkdir(exist_ok=True)
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"{STORE.parent} cannot be made here ({error.strerror}): name another place with --store FILE, or keep no "
            "answers with --no-store."
        ) from error
    return STORE


@contextmanager
def noted(store: Store | None, task: str, model: str, batch: Batch, asked: Sequence[Asked]) -> Generator[None]:
    """Enter a run in the ledger with what it asks for, and its end where it came to its end."""
    if store is None:
        yield
        return
    run = store.start_run(shlex.join(["structgen", *sys.argv[1:]]), task, model, asked)
    yield
    if not batch.left_over:
        store.finish_run(run, batch.summary.rows)


@contextmanager
def opened(path: Path | None) -> Generator[Store]:
    """A store that is there already. Raises ConfigurationError where there is none."""
    from structgen.store import Store

    chosen = path or STORE
    if not chosen.exists():
        raise ConfigurationError(f"There is no store {chosen}: `structgen extract` makes one, or name it with --store.")
    with Store(chosen) as store:
        yield store
