"""Shell completion of tasks, models and runs. Nothing here raises, prints or sends anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import typer

Completer = Callable[[typer.Context, list[str], str], list[str]]


def _quietly(offer: Callable[[typer.Context, str], Iterable[str]]) -> Completer:
    """Return a completer for typer that offers the words that begin like the incomplete one."""

    def complete(context: typer.Context, _words: list[str], incomplete: str) -> list[str]:
        try:
            return [word for word in offer(context, incomplete) if word.startswith(incomplete)]
        except Exception:  # an error would be printed into the line that the user is typing
            return []

    return complete


def _tasks() -> Iterator[str]:
    from structgen.tasks import list_tasks

    yield from list_tasks().names


@_quietly
def task_names(_context: typer.Context, _incomplete: str) -> Iterable[str]:
    """Offer the names of tasks; for another word the shell offers files."""
    return _tasks()


@_quietly
def task_then_inputs(context: typer.Context, _incomplete: str) -> Iterable[str]:
    """Offer the names of tasks for the first word, unless --fields takes its place. The others are files."""
    known = context.params
    return () if known.get("words") or known.get("fields") else _tasks()


@_quietly
def task_or_command(context: typer.Context, _incomplete: str) -> Iterable[str]:
    """Offer the names of tasks, and the commands of `structgen tasks`: a task may be named in place of one."""
    yield from _tasks()
    yield from getattr(context.parent and context.parent.command, "commands", ())


@_quietly
def model_strings(_context: typer.Context, incomplete: str) -> Iterable[str]:
    """Offer the models in service, rules and replay; in a list of models, for the part behind the last comma."""
    from structgen.send import list_cards

    before, comma, _ = incomplete.rpartition(",")
    cards = (f"{card.provider}/{card.id}" for card in list_cards() if card.status != "retired")
    return (f"{before}{comma}{word}" for word in ("rules", "replay", *cards))


@_quietly
def card_names(_context: typer.Context, _incomplete: str) -> Iterable[str]:
    """Offer the names of all model cards."""
    from structgen.send import list_cards

    return (f"{card.provider}/{card.id}" for card in list_cards())


@_quietly
def run_numbers(context: typer.Context, _incomplete: str) -> Iterable[str]:
    """Offer the numbers of the runs in the store, newest first."""
    from structgen.cli.run_store import default_store
    from structgen.store import Store

    named = context.params.get("store")
    path = Path(named) if named else default_store()
    if not path.exists():
        return ()
    with Store(path) as store:
        return [str(run.id) for run in store.runs()]
