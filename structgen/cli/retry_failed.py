"""``structgen extract --retry-failed``: find the documents that earlier runs of the same command left not ok."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from structgen.cli.argument_records import parser_of
from structgen.cli.arguments import ExtractArguments
from structgen.cli.console import say
from structgen.core.errors import ConfigurationError
from structgen.core.screen import escaped

if TYPE_CHECKING:
    from structgen.documents import DocumentOrProblem
    from structgen.store import Run, RunRow, Store

FLAG = "--retry-failed"
_BATCH_OPTIONS = frozenset({"--via", "--retry"})

Key: TypeAlias = tuple[str, str]
"""The source and the id of a document, as the ledger has them."""


@dataclass(frozen=True, slots=True)
class Retry:
    """The newest row of each document that is not ok, by key. `refused` of them have stored answers."""

    rows: dict[Key, RunRow]
    refused: int
    quiet: bool
    _met: set[Key] = field(default_factory=set[Key])

    def announce(self) -> None:
        """Report how many documents are retried, and how many stored answers are not used."""
        if self.quiet:
            return
        failed = sum(row.status == "failed" for row in self.rows.values())
        number = len(self.rows)
        if not number:
            say("no row of this command is failed or incomplete: nothing is retried.")
            return
        kinds = f"{failed} failed, {number - failed} incomplete"
        paid = (
            f"; the refused answers to {self.refused} of them are requested and paid once more" if self.refused else ""
        )
        say(f"retrying {number} document{'' if number == 1 else 's'} ({kinds}){paid}.")

    def chosen(self, documents: Iterable[DocumentOrProblem]) -> Iterator[DocumentOrProblem]:
        """Yield the documents to retry. Read no further than the last of them."""
        left = len(self.rows)
        for document in documents if left else ():
            key = (escaped(document.source), escaped(document.id))
            if key in self.rows:
                self._met.add(key)
                yield document
                if len(self._met) == left:
                    return
        missing = left - len(self._met)
        if missing and not self.quiet:
            say(
                f"{missing} document{' is' if missing == 1 else 's are'} no longer among the inputs: their rows stay "
                "as they are."
            )


def open_retry(store: Store | None, *, quiet: bool) -> Retry:
    """Return what the runs of this command left failed or incomplete, and use no refused answer of theirs.

    Raises ConfigurationError if there is no earlier run.
    """
    if store is None:
        raise ConfigurationError(
            f"{FLAG} reads from the store what failed, and this command has none: the rules and --no-store record no "
            "runs. Run the command without it."
        )
    runs = _runs_of(store, command_line())
    rows = _not_ok(store, runs)
    if runs[-1].finished is None and not quiet:
        say(f"run {runs[-1].id} was interrupted: the same command without {FLAG} continues with what it did not reach.")
    retry = Retry({(row.source, row.id): row for row in rows}, store.ask_afresh(rows), quiet)
    retry.announce()
    return retry


def retry_of(run: Run) -> str:
    """Return the command that retries what a run left failed or incomplete."""
    return run.command if _words(run.command) is None else with_flag(run.command)


def with_flag(command: str) -> str:
    """Return the command of a run with the flag, for people to copy. It uses single calls, also after batches."""
    words = shlex.split(command)
    live = _without_batches(words)
    command = command if live == words else shlex.join(live)
    return command if FLAG in live else f"{command} {FLAG}"


def _without_batches(words: list[str]) -> list[str]:
    """Return the words of a command without the options about batches, which the flag excludes."""
    kept: list[str] = []
    rest = iter(words)
    for word in rest:
        if word == "--":
            return [*kept, word, *rest]
        if word in _BATCH_OPTIONS:
            next(rest, None)  # its value
        elif word != "--wait" and word.partition("=")[0] not in _BATCH_OPTIONS:
            kept.append(word)
    return kept


def retry_command(store: Store | None) -> str:
    """Return the command that retries what this one leaves failed, or "" if there is none."""
    if store is None or store.read_only or _words(command := command_line()) is None:
        return ""
    return with_flag(command)


def command_line() -> str:
    """Return the command line that was typed, in the form of the ledger."""
    from structgen.store.ledger import masked

    return masked(shlex.join(["structgen", *sys.argv[1:]]))


def _runs_of(store: Store, command: str) -> list[Run]:
    """Return the runs of a command, newest first, from the last one that reached all documents on."""
    wanted, parse = _meaning(command), parser_of(ExtractArguments)
    found: list[Run] = []
    for run in store.runs():
        words = _words(run.command)
        if words is None or store.is_going(run):
            continue
        try:
            meant = _neutral(parse(words))
        except ConfigurationError:  # of an older version, with options that no longer exist
            continue
        if meant == wanted:
            found.append(run)
            if run.finished is not None and FLAG not in words:
                return found
    if not found:
        raise ConfigurationError(
            f"{store.path} has no earlier run of this command: run it without {FLAG} first. Apart from that flag it "
            "must be the same command (`structgen runs` lists them)."
        )
    return found


def _meaning(command: str) -> ExtractArguments:
    return _neutral(parser_of(ExtractArguments)(_words(command) or []))


def _words(command: str) -> list[str] | None:
    """Return the words after ``structgen extract``, or None if it is another command."""
    words = [word for word in shlex.split(command)[1:] if word != "--debug"]
    return words[1:] if words[:1] == ["extract"] else None


def _neutral(arguments: ExtractArguments) -> ExtractArguments:
    """Return the arguments without those that change neither the documents nor the requests."""
    return replace(
        arguments,
        retry_failed=False,
        dry_run=False,
        as_json=False,
        quiet=False,
        show=False,
        concurrency=1,
        max_cost=None,
        max_tokens=None,
        max_time=None,
        allow_incomplete=False,
        via=None,
        wait=False,
        retry=None,
    )


def _not_ok(store: Store, runs: list[Run]) -> list[RunRow]:
    """Return the newest row of each document that is not ok."""
    *newer, oldest = runs
    seen: set[int] = set()
    found: list[RunRow] = []
    for run in newer:
        for row in store.rows_of(run.id):
            key = hash((row.source, row.id))
            if key not in seen:
                seen.add(key)
                found += [row] if row.status != "ok" else []
    found += [row for row in store.failures_of(oldest.id) if hash((row.source, row.id)) not in seen]
    if oldest.rows and not seen and next(store.rows_of(oldest.id), None) is None:
        raise ConfigurationError(
            f"Run {oldest.id} is from an older structgen, which recorded no outcomes. Run the command once without "
            f"{FLAG}: stored responses cost nothing."
        )
    return found
